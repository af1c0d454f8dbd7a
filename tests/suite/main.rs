//! What crosses modules: the program as a user types it, the promises of the README, planted truth, the library,
//! and the seeds of the project.
//!
//! Everything runs the built program on corpora made here or written under `fixtures/`; nothing is timed.

mod brute;
mod cases;
mod library;
mod newsroom;
mod output;
mod planted;
mod program;
mod promises;
mod shared;

// The generator and the scorer of planted corpora are those of `examples/plant`; they name each other from the
// root of their crate, so they stand at the root of this one.
#[allow(dead_code)]
#[path = "../../examples/plant/article.rs"]
mod article;
#[allow(dead_code)]
#[path = "../../examples/plant/generate.rs"]
mod generate;
#[allow(dead_code)]
#[path = "../../examples/plant/grammar.rs"]
mod grammar;
#[allow(dead_code)]
#[path = "../../examples/plant/page.rs"]
mod page;
#[allow(dead_code)]
#[path = "../../examples/plant/plan.rs"]
mod plan;
#[allow(dead_code)]
#[path = "../../examples/plant/repeats.rs"]
mod repeats;
#[allow(dead_code)]
#[path = "../../examples/plant/rng.rs"]
mod rng;
#[allow(dead_code)]
#[path = "../../examples/plant/score.rs"]
mod score;
#[allow(dead_code)]
#[path = "../../examples/plant/sentences.rs"]
mod sentences;
#[allow(dead_code)]
#[path = "../../examples/plant/site.rs"]
mod site;
#[allow(dead_code)]
#[path = "../../examples/plant/variants.rs"]
mod variants;
#[allow(dead_code)]
#[path = "../../examples/plant/vocabulary.rs"]
mod vocabulary;
#[allow(dead_code)]
#[path = "../../examples/plant/wording_test.rs"]
mod wording_test;
#[allow(dead_code)]
#[path = "../../examples/plant/wording_tune.rs"]
mod wording_tune;

//! The whole of it in memory, on as many threads as there are cores (`RAYON_NUM_THREADS=1` for one), in bytes of
//! text a second.

mod texts;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dechaff::document::Kind;
use dechaff::{Config, Document};
use std::hint::black_box;
use texts::{Author, Script};

/// Bytes of text in the corpus.
const BYTES: usize = 2_000_000;

fn cleaning(c: &mut Criterion) {
    let documents = Author::new(Script::Ascii, 1).corpus(BYTES);
    let kinds: [(&str, &[Kind]); 3] =
        [("all-kinds", &Kind::ALL), ("document", &[Kind::Document]), ("boilerplate", &[Kind::Boilerplate])];
    let mut group = c.benchmark_group("clean");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(documents.iter().map(|d: &Document| d.text.len() as u64).sum()));
    for (name, only) in kinds {
        let config = Config { only: only.to_vec(), ..Config::default() };
        let found = dechaff::clean(&documents, &config).expect("the settings are in range");
        // A corpus without anything to find would be another measurement.
        assert!(!found.clusters.is_empty() || found.documents.iter().any(|d| !d.cuts.is_empty()));
        group.bench_function(name, |b| {
            b.iter(|| dechaff::clean(black_box(&documents), black_box(&config)).map(|c| c.documents.len()));
        });
    }
}

criterion_group!(pipeline, cleaning);
criterion_main!(pipeline);

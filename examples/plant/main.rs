//! `plant`: a seeded generator and scorer of synthetic scraped-news corpora.
//!
//! `plant generate` writes a corpus with planted repeats, furniture, passages,
//! near-duplicate documents and near-misses, and the truth about them;
//! `plant score` compares the truth with the receipts of a cleaning.

mod article;
mod generate;
mod grammar;
mod page;
mod plan;
mod repeats;
mod rng;
mod score;
mod sentences;
mod site;
mod variants;
mod vocabulary;
mod wording_test;
mod wording_tune;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Synthetic scraped-news corpora with planted truth.
#[derive(Parser)]
#[command(name = "plant")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write corpus.jsonl and truth.jsonl into a folder.
    Generate {
        /// How many documents (100 or more).
        #[arg(long)]
        docs: usize,
        /// The seed; the same arguments give the same bytes.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The wording of what is planted.
        #[arg(long, value_enum)]
        set: generate::Set,
        /// How many furnished sites.
        #[arg(long)]
        sites: Option<usize>,
        /// The folder to write to.
        #[arg(short)]
        o: PathBuf,
    },
    /// Compare a folder's truth.jsonl with an output folder of dechaff.
    Score {
        /// The folder with corpus.jsonl and truth.jsonl.
        dir: PathBuf,
        /// The output folder, with receipts/receipts.jsonl.
        out: PathBuf,
        /// Show so many errors of each sort.
        #[arg(long, default_value_t = 0)]
        examples: usize,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

fn run(arguments: Arguments) -> Result<(), String> {
    match arguments.command {
        Command::Generate { docs, seed, set, sites, o } => {
            let order = generate::Order { docs, seed, set, sites };
            print!("{}", generate::generate(&order, &o)?.table());
        }
        Command::Score { dir, out, examples, json } => {
            let report = score::score_folders(&dir, &out, examples)?;
            if json {
                let text = serde_json::to_string_pretty(&report).map_err(|e| e.to_string())?;
                println!("{text}");
            } else {
                print!("{}", report.table());
            }
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("plant: {message}");
            ExitCode::FAILURE
        }
    }
}

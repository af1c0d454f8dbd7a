//! `evaluate`: measures what dechaff did, from the files that went in and came out.
//!
//! ```text
//! cargo run --release --example evaluate -- head CORPUS.jsonl --bytes 20000000 -o SLICE.jsonl
//! cargo run --release --example evaluate -- cover SLICE.jsonl OUT
//! cargo run --release --example evaluate -- words CORPUS.jsonl OUT
//! cargo run --release --example evaluate -- joined DOCS.jsonl PAIRS.jsonl OUT/clusters.jsonl
//! cargo run --release --example evaluate -- reshape PAGES.jsonl --text-from gold -o CLEAN.jsonl
//! cargo run --release --example evaluate -- cost CORPUS.jsonl -- dechaff clean -q CORPUS.jsonl -o OUT
//! cargo run --release --example evaluate -- scaling -- dechaff clean -q -j JOBS CORPUS.jsonl -o OUT
//! ```
//!
//! Every figure can be asked for (`--min-recall 0.99`): the exit status is 1 where it is missed, 2 where nothing
//! could be measured. MB are 1,000,000 bytes everywhere.

mod cost;
mod cover;
mod joined;
mod records;
mod scaling;
mod sets;
mod slices;
mod words;

use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use std::fmt::Display;
use std::process::ExitCode;

/// Measures what dechaff did, from the files that went in and came out.
#[derive(Parser)]
#[command(name = "evaluate")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compare the documents that were removed with an exact greedy cover in the order of the input
    Cover(cover::Arguments),
    /// Tell the share of words that each kind but `document` cut
    Words(words::Arguments),
    /// Score clusters against labelled pairs, and count what else was joined
    Joined(joined::Arguments),
    /// Set the CPU time and the memory of a command beside `wc -w` on the same file
    Cost(cost::Arguments),
    /// Tell how many times as fast more threads are, and how much more the machine does for as many commands
    Scaling(scaling::Arguments),
    /// Take the first whole lines of a file
    Head(slices::Head),
    /// Write records with another field as their text, or without some fields
    Reshape(slices::Reshape),
}

/// How a figure is shown.
#[derive(Args)]
pub struct Form {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints a report as one line of text, or as JSON.
fn show(report: &(impl Serialize + Display), form: &Form) -> Result<(), String> {
    if form.json {
        println!("{}", serde_json::to_string(report).map_err(|e| e.to_string())?);
    } else {
        println!("{report}");
    }
    Ok(())
}

/// Figures that were asked for and missed, in words.
#[derive(Default)]
pub struct Missed(Vec<String>);

impl Missed {
    /// Notes a figure below `floor`, if there is one; one that cannot be told is below any.
    pub fn below(&mut self, name: &str, figure: f64, floor: Option<f64>) {
        if let Some(floor) = floor.filter(|&f| figure.is_nan() || figure < f) {
            self.0.push(format!("{name} is {figure:.4}, asked for at least {floor}"));
        }
    }

    /// Notes a figure above `ceiling`, if there is one; one that cannot be told is above any.
    pub fn above(&mut self, name: &str, figure: f64, ceiling: Option<f64>) {
        if let Some(ceiling) = ceiling.filter(|&c| figure.is_nan() || figure > c) {
            self.0.push(format!("{name} is {figure:.4}, asked for at most {ceiling}"));
        }
    }
}

/// `part` of `whole`; not a number where there is nothing to take a part of.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { f64::NAN } else { part as f64 / whole as f64 }
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Cover(arguments) => cover::run(&arguments),
        Command::Words(arguments) => words::run(&arguments),
        Command::Joined(arguments) => joined::run(&arguments),
        Command::Cost(arguments) => cost::run(&arguments),
        Command::Scaling(arguments) => scaling::run(&arguments),
        Command::Head(arguments) => slices::head(&arguments),
        Command::Reshape(arguments) => slices::reshape(&arguments),
    };
    match result {
        Ok(Missed(missed)) => {
            missed.iter().for_each(|figure| eprintln!("evaluate: {figure}"));
            if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(error) => {
            eprintln!("evaluate: {error}");
            ExitCode::from(2)
        }
    }
}

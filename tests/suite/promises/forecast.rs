//! What a run will take is told beforehand, and is about what it takes. Time is not looked at: a test must not hang on it.

use crate::newsroom;
use crate::output::tree;
use crate::program::expect;
use dechaff::Config;
use dechaff::batch::{Product, Run};
use dechaff::config::Builtin;
use dechaff::corpus::walk::Inputs;
use dechaff::disk::RealDisk;
use dechaff::engine::{Cancel, Lists};
use dechaff::store::Store;
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn is_near(told: u64, took: u64) -> bool {
    told as f64 <= took as f64 * 1.5 && took as f64 <= told as f64 * 1.5
}

fn size(folder: &Path) -> u64 {
    tree(folder).values().map(|bytes| bytes.len() as u64).sum()
}

#[test]
fn disk_and_documents_are_told_beforehand() {
    let dir = tempfile::tempdir().unwrap();
    let lines = newsroom::corpus(6, 1500);
    let input = dir.path().join("in");
    fs::create_dir(&input).unwrap();
    for (number, part) in lines.chunks(400).enumerate() {
        fs::write(input.join(format!("{number}.jsonl")), part.join("\n")).unwrap();
    }
    let (config, lists, cancel) = (Config::default(), Lists::shipped(Builtin::None), Cancel::default());
    let inputs = Inputs { named: vec![input], listed: Vec::new() };
    // None, one that holds nothing, and two within which a part of the tables fits.
    for memory in [None, Some(1), Some(20 << 20), Some(32 << 20)] {
        let store = Arc::new(Store::new(Arc::new(RealDisk), memory, dir.path()));
        let run = Run { store: Arc::clone(&store), ..Run::new(&config, &lists, &cancel) };
        let told = run.forecast(&inputs, Product::Corpus, true).unwrap();
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["in"], "a forecast leaves nothing");
        let out = dir.path().join("out");
        let done = run.files(&inputs, Some(&out), Product::Corpus).unwrap();
        assert_eq!(told.documents, done.summary.records_in);
        assert!(is_near(told.output_bytes, size(&out)), "{told:?}, {} bytes of output", size(&out));
        let took = store.temporary_peak();
        assert_eq!(told.temporary_bytes > 0, memory.is_some());
        assert!(
            is_near(told.temporary_bytes, took),
            "{told:?}, {took} bytes of temporary files within {memory:?}"
        );
        fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn a_forecast_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("in.jsonl"), newsroom::corpus(2, 60).join("\n")).unwrap();
    let told = expect(dir.path(), &["clean", "in.jsonl", "--forecast", "--tmp-dir", "."], 0);
    assert!(told.stdout.contains("documents: about "), "{}", told.stdout);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

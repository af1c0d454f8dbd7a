//! A run that is killed leaves nothing or a folder that says it is unfinished; resumed, it gives the bytes of a run that was
//! not.

use crate::newsroom;
use crate::output::tree;
use crate::program::expect;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many runs are killed and completed, each once to three times; `DECHAFF_KILLS` asks for another number, as CI does.
const KILLS: u64 = 40;

fn start(folder: &Path) -> std::process::Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dechaff"));
    command.args(["clean", "in", "-o", "out", "-q", "--resume"]).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn output(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = tree(&folder.join("out"));
    files.remove("run.json");
    files
}

#[test]
fn a_killed_run_is_completed_to_the_same_bytes() {
    let kills = std::env::var("DECHAFF_KILLS").ok().and_then(|k| k.parse().ok()).unwrap_or(KILLS);
    // Small runs of many files, and larger ones of a few.
    for (share, files, records) in [(9, 40, 240), (1, 3, 4000)] {
        let dir = tempfile::tempdir().unwrap();
        let lines = newsroom::corpus(3, records);
        for (number, part) in lines.chunks(lines.len().div_ceil(files)).enumerate() {
            let folder = dir.path().join("in").join(format!("{}", number % 5));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{number}.jsonl")), part.join("\n")).unwrap();
        }
        let timed = || {
            let _ = fs::remove_dir_all(dir.path().join("out"));
            let began = Instant::now();
            start(dir.path()).wait().unwrap();
            began.elapsed()
        };
        let whole = (0..3).map(|_| timed()).min().unwrap();
        let expected = output(dir.path());
        assert!(expected.len() > files, "{}", expected.len());
        let (mut unfinished, mut resumed) = (0, 0);
        for kill in 0..(kills * share / 10).max(1) {
            fs::remove_dir_all(dir.path().join("out")).unwrap();
            // Moments all over the run, and some that come twice in one.
            for moment in 0..1 + kill % 3 {
                let mut child = start(dir.path());
                let at = (kill * 7919 + moment * 104_729) % 1000;
                std::thread::sleep(
                    whole * u32::try_from(at).unwrap() / 900 + Duration::from_micros(kill * 13 % 700),
                );
                child.kill().unwrap();
                child.wait().unwrap();
                if dir.path().join("out").exists() {
                    assert!(
                        output(dir.path()) == expected,
                        "kill {kill}: a wrong output under its final name"
                    );
                    fs::remove_dir_all(dir.path().join("out")).unwrap();
                }
                unfinished += u32::from(dir.path().join("out.unfinished").exists());
                resumed += u32::from(dir.path().join("out.unfinished/documents").exists());
            }
            assert!(start(dir.path()).wait().unwrap().code().is_some_and(|c| c < 2), "kill {kill}");
            assert!(output(dir.path()) == expected, "kill {kill}: the resumed run differs");
            assert!(!dir.path().join("out.unfinished").exists());
        }
        assert!(unfinished > 0, "no kill came within a run");
        eprintln!("{unfinished} kills left an unfinished folder, {resumed} of them with documents");
    }
}

#[test]
fn an_unfinished_folder_is_not_touched_unasked() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.jsonl"), newsroom::corpus(3, 30).join("\n")).unwrap();
    fs::create_dir(dir.path().join("out.unfinished")).unwrap();
    fs::write(dir.path().join("out.unfinished/notes"), "mine").unwrap();
    let ran = expect(dir.path(), &["clean", "a.jsonl", "-o", "out", "--force"], 2);
    assert!(ran.stderr.contains("is in the way and is not of dechaff"), "{}", ran.stderr);
    fs::write(dir.path().join("out.unfinished/.lock"), "").unwrap();
    fs::write(dir.path().join("out.unfinished/.journal"), "").unwrap();
    let ran = expect(dir.path(), &["clean", "a.jsonl", "-o", "out"], 2);
    assert!(ran.stderr.contains("--resume completes it, --force starts anew"), "{}", ran.stderr);
    assert!(dir.path().join("out.unfinished/notes").exists());
    let other = r#"{"format":"dechaff journal","version":1,"fingerprint":"of another input"}"#;
    fs::write(dir.path().join("out.unfinished/.journal"), format!("{other}\n")).unwrap();
    let ran = expect(dir.path(), &["clean", "a.jsonl", "-o", "out", "--resume"], 2);
    assert!(ran.stderr.contains("was begun over other input or with other settings"), "{}", ran.stderr);
    assert!(dir.path().join("out.unfinished/notes").exists());
    expect(dir.path(), &["clean", "a.jsonl", "-o", "out", "-q", "--force"], 0);
    assert!(!dir.path().join("out.unfinished").exists());
}

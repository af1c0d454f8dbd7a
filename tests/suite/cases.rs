//! What a user types: every folder of `fixtures/cases` is a case.
//!
//! - `cmd`: arguments after `dechaff`, a command a line; `IN` is the copied `input/`, `OUT` the output folder.
//!   The last command is what the case is about; the ones before it must not fail.
//! - `stdin`: its standard input. `input/`: the corpus, and whatever else the command names.
//! - `stdout`: all of its standard output (of the line `time` only the word). `stderr`: lines that must stand in
//!   what it says. `status`: its exit status, 0 where there is no file.
//! - `out/...`, `back/...`: files that must be there byte by byte. `absent`: paths that must not be there.
//!
//! With `UPDATE=1` the files `stdout`, `status`, and those that stand below `out/` and `back/` are written anew;
//! with `UPDATE=new` a case without `out/` gets what the run wrote. `CASE=part` runs the cases whose names hold
//! `part`. What was written is read before it is committed: it is right by the issue, not because it came out.

use crate::output::tree;
use crate::program::{Ran, dechaff};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Outputs that a case may hold; receipts and summary are checked where the promises are.
const KEPT: [&str; 7] =
    ["documents/", "removed/", "rejected/", "attributes/", "clusters.jsonl", "rejected.jsonl", "-ids.txt"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases")
}

#[test]
fn what_a_user_types_does_what_its_case_says() {
    let update = std::env::var("UPDATE").ok();
    let only = std::env::var("CASE").ok();
    let mut cases: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 25, "only {} cases", cases.len());
    let mut wrong = String::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_string_lossy();
        if only.as_ref().is_some_and(|o| !name.contains(o.as_str())) {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        let ran = run(case, dir.path());
        if let Some(how) = &update {
            rewrite(case, dir.path(), &ran, how == "new");
        }
        for problem in problems(case, dir.path(), &ran) {
            let _ = writeln!(wrong, "{name}: {problem}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// Runs the commands of a case below `dir`; what the last one did.
fn run(case: &Path, dir: &Path) -> Ran {
    fs::create_dir(dir.join("in")).unwrap();
    for (name, bytes) in tree(&case.join("input")) {
        let path = dir.join("in").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let commands = read(&case.join("cmd")).expect("a case has a file cmd");
    let stdin = fs::read(case.join("stdin")).unwrap_or_default();
    let mut commands = commands.lines().filter(|l| !l.is_empty()).peekable();
    loop {
        let command = commands.next().expect("a case has a command");
        let words: Vec<String> = command.split(' ').map(placed).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = dechaff(dir, &words, &stdin);
        if commands.peek().is_none() {
            return ran;
        }
        assert!(ran.status < 2, "{}: {command}\n{}", case.display(), ran.stderr);
    }
}

/// A word of a command with the places it names.
fn placed(word: &str) -> String {
    for (mark, name) in [("IN", "in"), ("OUT", "out")] {
        if let Some(rest) = word.strip_prefix(mark)
            && (rest.is_empty() || rest.starts_with('/'))
        {
            return format!("{name}{rest}");
        }
    }
    word.to_owned()
}

/// Standard output without what differs from run to run.
fn steady(stdout: &str) -> String {
    let lines = stdout.split_inclusive('\n');
    lines.map(|l| if l.starts_with("time ") { "time\n" } else { l }).collect()
}

fn rewrite(case: &Path, dir: &Path, ran: &Ran, adds: bool) {
    let put = |name: &str, text: String, needed: bool| {
        if needed {
            fs::write(case.join(name), text).unwrap();
        } else {
            let _ = fs::remove_file(case.join(name));
        }
    };
    put("stdout", steady(&ran.stdout), !ran.stdout.is_empty());
    put("status", format!("{}\n", ran.status), ran.status != 0);
    for top in ["out", "back"] {
        let made = tree(&dir.join(top));
        let known = tree(&case.join(top));
        let new = |n: &str| {
            adds && known.is_empty()
                && (top == "back" || KEPT.iter().any(|k| n.starts_with(k) || n.ends_with(k)))
        };
        for name in made.keys().filter(|n| known.contains_key(*n) || new(n)) {
            let path = case.join(top).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &made[name]).unwrap();
        }
    }
}

/// The first line in which two texts differ.
fn first_difference(got: &str, wanted: &str) -> String {
    let (mut got, mut wanted) = (got.split_inclusive('\n'), wanted.split_inclusive('\n'));
    let mut line = 1;
    loop {
        match (got.next(), wanted.next()) {
            (g, w) if g == w => line += 1,
            (g, w) => return format!("line {line}: {g:?}\ninstead of {w:?}"),
        }
    }
}

fn problems(case: &Path, dir: &Path, ran: &Ran) -> Vec<String> {
    let mut out = Vec::new();
    let status: i32 = read(&case.join("status")).map_or(0, |s| s.trim().parse().unwrap());
    if ran.status != status {
        out.push(format!("exit status {} instead of {status}\n{}", ran.status, ran.stderr));
    }
    let stdout = read(&case.join("stdout")).unwrap_or_default();
    if steady(&ran.stdout) != stdout {
        out.push(format!(
            "standard output {}\n{}",
            first_difference(&steady(&ran.stdout), &stdout),
            ran.stderr
        ));
    }
    for line in read(&case.join("stderr")).unwrap_or_default().lines() {
        if !ran.stderr.contains(line) {
            out.push(format!("standard error lacks `{line}`:\n{}", ran.stderr));
        }
    }
    for top in ["out", "back"] {
        let made = tree(&dir.join(top));
        for (name, bytes) in tree(&case.join(top)) {
            match made.get(&name) {
                None => out.push(format!("no file {top}/{name}")),
                Some(got) if *got != bytes => {
                    let (got, bytes) = (String::from_utf8_lossy(got), String::from_utf8_lossy(&bytes));
                    out.push(format!("{top}/{name} {}", first_difference(&got, &bytes)));
                }
                Some(_) => {}
            }
        }
    }
    for path in read(&case.join("absent")).unwrap_or_default().lines() {
        if dir.join(placed(path)).exists() {
            out.push(format!("{path} is there"));
        }
    }
    let unfinished = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name());
    for name in unfinished.filter(|n| n.to_string_lossy().contains("unfinished")) {
        out.push(format!("{} was left behind", name.to_string_lossy()));
    }
    out
}

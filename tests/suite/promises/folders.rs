//! Nothing is written over the input, and an output appears under its name only when it is whole.

use crate::newsroom;
use crate::output::tree;
use crate::program::{dechaff, expect};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A folder with an input `in` of two texts.
fn texts() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("in")).unwrap();
    fs::write(dir.path().join("in/a.txt"), "A page of the harbour paper.\n").unwrap();
    fs::write(dir.path().join("in/b.txt"), "Another page of the harbour paper.\n").unwrap();
    dir
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_run_that_fails_leaves_the_earlier_output() {
    let dir = texts();
    expect(dir.path(), &["clean", "in", "-o", "out", "-q"], 0);
    let before = tree(&dir.path().join("out"));
    for refused in [
        &["clean", "in/none.txt", "-o", "out", "-q", "--force"][..],
        &["clean", "in", "-o", "out", "-q", "--force", "--threshold", "7"],
        &["clean", "in", "-o", "out", "-q"],
    ] {
        expect(dir.path(), refused, 2);
        assert!(tree(&dir.path().join("out")) == before, "{refused:?}");
        assert_eq!(names(dir.path()), ["in", "out"]);
    }
}

/// A record without a receipt was once put back as it was found, whatever had become of it.
#[test]
fn restore_refuses_documents_that_were_changed() {
    let dir = texts();
    expect(dir.path(), &["clean", "in", "-o", "out", "-q"], 0);
    let document = dir.path().join("out/documents/b.txt");
    fs::write(&document, "Another page of another paper.\n").unwrap();
    let ran = expect(dir.path(), &["restore", "out", "-o", "back"], 2);
    assert!(ran.stderr.contains("b.txt: is not as the run wrote it"), "{}", ran.stderr);
    assert_eq!(names(dir.path()), ["in", "out"]);
    fs::write(&document, "Another page of the harbour paper.\n").unwrap();
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
    assert!(tree(&dir.path().join("back")) == tree(&dir.path().join("in")));
}

#[test]
fn restore_replaces_what_it_restored_before_and_nothing_else() {
    let dir = texts();
    expect(dir.path(), &["clean", "in", "-o", "out", "-q"], 0);
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
    let ran = expect(dir.path(), &["restore", "out", "-o", "back"], 2);
    assert!(ran.stderr.contains("--force"), "{}", ran.stderr);
    expect(dir.path(), &["restore", "out", "-o", "back", "-q", "--force"], 0);
    assert!(tree(&dir.path().join("back")) == tree(&dir.path().join("in")));
    let mine = dir.path().join("back/a.txt");
    let before = fs::read(&mine).unwrap();
    fs::write(&mine, "changed").unwrap();
    let ran = expect(dir.path(), &["restore", "out", "-o", "back", "--force"], 2);
    assert!(ran.stderr.contains("differs from what would be restored"), "{}", ran.stderr);
    assert!(fs::read(&mine).unwrap() == b"changed" && !dir.path().join("back.unfinished").exists());
    fs::write(&mine, before).unwrap();
    fs::write(dir.path().join("back/mine.txt"), "mine").unwrap();
    let ran = expect(dir.path(), &["restore", "out", "-o", "back", "--force"], 2);
    assert!(ran.stderr.contains("is not an output of dechaff"), "{}", ran.stderr);
    assert!(dir.path().join("back/mine.txt").is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_without_a_name_is_read_as_standard_input_is() {
    let dir = tempfile::tempdir().unwrap();
    let lines = "{\"id\": \"1\", \"text\": \"A page of the harbour paper.\"}\n";
    let ran = dechaff(dir.path(), &["clean", "/dev/stdin", "-o", "out", "-q"], lines.as_bytes());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(dir.path().join("out/documents/stdin.jsonl")).unwrap(), lines);
}

#[cfg(unix)]
#[test]
fn names_with_line_breaks_and_backslashes_are_verified_and_restored() {
    let dir = texts();
    for name in ["a\nb.txt", "a\\nb.txt", "c\\.txt", "d\r.txt"] {
        fs::write(dir.path().join("in").join(name), format!("A page of {name:?}.\n")).unwrap();
    }
    expect(dir.path(), &["clean", "in", "-o", "out", "-q"], 0);
    expect(dir.path(), &["verify", "out", "-q"], 0);
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
    assert!(tree(&dir.path().join("back")) == tree(&dir.path().join("in")));
}

#[test]
fn the_input_is_as_it_was_after_every_command() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("in")).unwrap();
    fs::write(dir.path().join("in/corpus.jsonl"), newsroom::corpus(9, 80).join("\n")).unwrap();
    let before = tree(&dir.path().join("in"));
    for arguments in [
        &["scan", "in", "-q"][..],
        &["clean", "in", "-o", "out", "-q"],
        &["restore", "out", "-o", "back", "-q"],
        &["clean", "in", "-o", "in/out", "-q"],
        &["clean", "in", "-o", "in/corpus.jsonl", "-q", "--force"],
    ] {
        dechaff(dir.path(), arguments, b"");
        assert!(tree(&dir.path().join("in")) == before, "{arguments:?}");
    }
    assert_eq!(names(dir.path()), ["back", "in", "out"]);
}

#[test]
fn an_output_in_the_input_is_refused_under_every_name() {
    let dir = texts();
    fs::create_dir(dir.path().join("beside")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("in", dir.path().join("link")).unwrap();
    let before = tree(&dir.path().join("in"));
    for (input, output) in [
        ("in", "in/out"),
        ("in", "in/new/out"),
        ("in", "./in/../in/out"),
        ("in", "beside/../in/new/out"),
        ("in", "link/out"),
        ("link", "link/new/out"),
        ("link", "in/new/out"),
    ] {
        let ran = dechaff(dir.path(), &["clean", input, "-o", output, "-q"], b"");
        assert_eq!(ran.status, 2, "{input} to {output}: {}", ran.stderr);
        assert!(tree(&dir.path().join("in")) == before, "{input} to {output}");
    }
}

#[test]
fn a_file_and_a_folder_of_one_name_go_apart() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in [("one/page.txt/story.txt", "A story in a folder.\n"), ("two/page.txt", "A page.\n")]
    {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    expect(dir.path(), &["clean", "one", "two", "-o", "out", "-q"], 0);
    assert_eq!(tree(&dir.path().join("out/documents")).len(), 2);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dechaff"))
        .args(["clean", "-", "--receipts", "why"])
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds: when it is written the program reads, and has long been listening for signals.
    stdin.write_all((newsroom::corpus(4, 300).join("\n") + "\n").as_bytes()).unwrap();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    std::thread::sleep(std::time::Duration::from_millis(300));
    drop(stdin);
    let out = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{told}");
    assert!(told.contains("interrupted"), "{told}");
    assert!(out.stdout.is_empty());
    assert!(names(dir.path()).is_empty());
}

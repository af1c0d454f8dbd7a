//! Shapes that no article has: time and memory stay in proportion, and nothing leaves its place. The sizes here are those of
//! an ordinary test run; `DECHAFF_HOSTILE=10` makes them ten times as large.

use crate::output::tree;
use crate::program::{dechaff, expect};
use std::fs;
use std::path::Path;

fn times() -> usize {
    std::env::var("DECHAFF_HOSTILE").ok().and_then(|t| t.parse().ok()).unwrap_or(1)
}

fn record(id: &str, text: &str) -> String {
    serde_json::json!({"id": id, "text": text, "site": "harbour.example"}).to_string() + "\n"
}

/// Cleans and restores `lines`; they come back.
fn there_and_back(lines: &str) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.jsonl"), lines).unwrap();
    expect(dir.path(), &["clean", "a.jsonl", "-o", "out", "-q"], 0);
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
    assert!(fs::read_to_string(dir.path().join("back/a.jsonl")).unwrap() == lines);
}

#[test]
fn a_document_of_a_million_lines() {
    let lines: String =
        (0..1_000_000 * times()).map(|n| format!("line {} of the log\n", n * 7919 % 1_000_003)).collect();
    there_and_back(&(record("log", &lines) + &record("short", "The quay was mended.")));
}

#[test]
fn a_million_copies_of_one_line_in_a_document_and_in_documents_of_their_own() {
    let line = "Share this story with your friends and neighbours on the quay today";
    there_and_back(&record("a", &format!("{line}\n").repeat(1_000_000 * times())));
    there_and_back(&record("a", line).repeat(100_000 * times()));
}

#[test]
fn lines_alike_but_for_a_number_beside_copies_of_one() {
    let alike = |n: usize| format!("The ferry {n} to the island leaves at nine on week days.\n");
    let lines: String = (0..1_000_000 * times()).map(alike).collect();
    there_and_back(&record("alike", &lines));
    let pair = |n: usize| alike(n) + "The ferry to the island leaves at nine on week days.\n";
    let lines: String = (0..200_000 * times()).map(pair).collect();
    there_and_back(&record("pairs", &lines));
    let documents: String = (0..100_000 * times()).map(|n| record(&n.to_string(), &pair(n))).collect();
    there_and_back(&documents);
}

#[test]
fn long_runs_of_furniture_and_of_marks() {
    let many = 200_000 * times();
    let told = |n: usize| format!("Stone {n} of the long quay was laid in the year {}.\n", 1000 + n % 700);
    let stones: String = (0..many).map(told).collect();
    let page = "Subscribe to our newsletter\n".repeat(many) + &stones;
    there_and_back(&(record("a", &page) + &record("b", &page)));
    there_and_back(&record("marks", &("Subscribe to our newsletter\n".to_owned() + &"* * *\n".repeat(many))));
}

#[test]
fn one_character_a_million_times() {
    for character in ["a", ".", " ", "\n", "é", "中", "\u{e01}", "\u{301}", "\"", "1"] {
        there_and_back(&record("a", &character.repeat(1_000_000 * times())));
    }
}

#[test]
fn other_fields_may_be_deep_long_and_odd() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let long = "x".repeat(5_000_000 * times());
    let record = format!(
        "{{\"deep\":{deep},\"long\":\"{long}\",\"n\":123456789012345678901234567890,\"half\":\"\\ud83d\",\"n\":-0.0e-0,\"nul\":\"\\u0000\",\
         \"text\":\"The quay was mended.\\u0000\\ud83d\\n\\nRead more\\n\\nRead more\\udc00\"}}\n"
    );
    there_and_back(&record);
}

#[test]
fn no_name_leads_out_of_the_output() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path().join("a/b");
    fs::create_dir_all(&here).unwrap();
    fs::write(dir.path().join("secret.jsonl"), record("x", "The quay was mended.")).unwrap();
    fs::write(here.join("list"), "../../secret.jsonl\n").unwrap();
    expect(&here, &["clean", "--files-from", "list", "-o", "out", "-q"], 0);
    assert!(here.join("out/documents/secret.jsonl").exists());
    let names: Vec<String> = tree(dir.path()).into_keys().filter(|n| !n.starts_with("a/b/out/")).collect();
    assert_eq!(names, ["a/b/list", "secret.jsonl"]);
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_and_files_that_may_not_be_read_are_named() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("in");
    fs::create_dir(&input).unwrap();
    fs::write(input.join("a.jsonl"), record("x", "The quay was mended.")).unwrap();
    fs::write(input.join("b.jsonl"), record("y", "The ferry is late.")).unwrap();
    fs::set_permissions(input.join("b.jsonl"), fs::Permissions::from_mode(0o0)).unwrap();
    symlink(&input, input.join("round")).unwrap();
    symlink(input.join("nowhere"), input.join("gone.jsonl")).unwrap();
    let ran = dechaff(dir.path(), &["clean", "in", "-o", "out"], b"");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("in/round: a loop of links"), "{}", ran.stderr);
    assert!(ran.stderr.contains("gone.jsonl"), "{}", ran.stderr);
    // A superuser may read everything.
    let all = fs::File::open(input.join("b.jsonl")).is_ok();
    assert!(all || ran.stderr.contains("b.jsonl"), "{}", ran.stderr);
    assert!(dir.path().join("out/documents/a.jsonl").exists());
    expect(dir.path(), &["verify", "out", "-q"], 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_handful_of_open_files_is_enough() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("in");
    fs::create_dir(&folder).unwrap();
    for n in 0..300 {
        fs::write(folder.join(format!("{n}.txt")), format!("The quay of port {n} was mended.\n")).unwrap();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_dechaff"));
    let command = format!("ulimit -n 32; exec '{}' clean in -o out -q", program.display());
    let done =
        std::process::Command::new("sh").args(["-c", &command]).current_dir(dir.path()).status().unwrap();
    assert!(done.success());
    assert_eq!(fs::read_dir(dir.path().join("out/documents")).unwrap().count(), 300);
}

#[test]
fn verify_finds_every_flipped_bit() {
    let dir = tempfile::tempdir().unwrap();
    let lines: String =
        (0..12).map(|n| record(&n.to_string(), &format!("Port {n} is open.\n\nTT\n\nTT"))).collect();
    fs::write(dir.path().join("a.jsonl"), lines).unwrap();
    expect(dir.path(), &["clean", "a.jsonl", "-o", "out", "-q"], 0);
    let out = dir.path().join("out");
    let mut flipped = 0;
    for (name, bytes) in tree(&out) {
        for at in (0..bytes.len()).step_by(bytes.len() / 9 + 1) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            fs::write(out.join(&name), &damaged).unwrap();
            let ran = dechaff(dir.path(), &["verify", "out", "-q"], b"");
            assert!(ran.status == 1 || ran.status == 2, "{name} byte {at}: {} {}", ran.status, ran.stderr);
            assert!(
                !ran.stderr.is_empty() && !ran.stderr.contains("panicked"),
                "{name} byte {at}: {}",
                ran.stderr
            );
            flipped += 1;
        }
        fs::write(out.join(&name), &bytes).unwrap();
    }
    assert!(flipped > 50, "{flipped}");
    expect(dir.path(), &["verify", "out", "-q"], 0);
    fs::write(out.join("documents/stray"), "x").unwrap();
    expect(dir.path(), &["verify", "out", "-q"], 1);
}

/// A line of the receipts was once deleted, and restore gave the cleaned record back as if it had never been cut.
#[test]
fn restore_refuses_an_output_that_lost_a_receipt() {
    let dir = tempfile::tempdir().unwrap();
    let lines: String = (0..12)
        .map(|n| record(&n.to_string(), &format!("Port {n} is open.\n\nAll rights reserved.\n\nShare this")))
        .collect();
    fs::write(dir.path().join("a.jsonl"), lines).unwrap();
    expect(dir.path(), &["clean", "a.jsonl", "-o", "out", "-q"], 0);
    let receipts = dir.path().join("out/receipts/receipts.jsonl");
    let whole = fs::read_to_string(&receipts).unwrap();
    let last = whole.trim_end().rfind('\n').unwrap();
    assert!(whole[..last].contains("removed"), "more than one record was cut");
    fs::write(&receipts, &whole[..=last]).unwrap();
    let ran = expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 2);
    assert!(ran.stderr.contains("receipts.jsonl: is not as the run wrote it"), "{}", ran.stderr);
    assert!(!dir.path().join("back").exists());
    fs::write(&receipts, &whole).unwrap();
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
}

/// White space within broken values once went, and what stands between values came into them.
#[test]
fn damage_in_arrays_and_values_is_set_aside_as_it_is_and_no_further_than_it_goes() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let value = |n: usize| serde_json::json!({ "id": n.to_string(), "text": format!("Pier {n} [is]  open, {{at}} noon.") });
    let pretty = |n: usize| serde_json::to_string_pretty(&value(n)).unwrap();
    let all =
        |show: &dyn Fn(usize) -> String, between: &str| (0..12).map(show).collect::<Vec<_>>().join(between);
    let styles = [
        format!("[\n {}\n]\n", all(&|n| value(n).to_string(), ",\n ")),
        format!("[{}]", all(&|n| value(n).to_string(), ",")),
        format!("[\n{}\n]\n", all(&pretty, ",\n")),
        format!("{}\n", all(&pretty, "\n")),
    ];
    let mut rng = fastrand::Rng::with_seed(8);
    let (mut runs, mut exact, mut rejected) = (0, 0, 0);
    for style in styles {
        for mode in ["reject", "keep"] {
            for _ in 0..12 {
                let mut bytes = style.clone().into_bytes();
                let at = rng.usize(1..bytes.len() - 2);
                match rng.u8(..3) {
                    0 => _ = bytes.remove(at),
                    1 => bytes.insert(at, *rng.choice(b"\"{}[],x".iter()).unwrap()),
                    _ => bytes[at] = *rng.choice(b"\"{}[],x".iter()).unwrap(),
                }
                fs::write(path("a.json"), &bytes).unwrap();
                let ran = dechaff(
                    dir.path(),
                    &["clean", "a.json", "-o", "out", "-q", "--force", "--on-error", mode],
                    b"",
                );
                let _ = fs::remove_dir_all(path("back"));
                expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
                let (given, back) =
                    (String::from_utf8(bytes).unwrap(), fs::read_to_string(path("back/a.json")).unwrap());
                let bare = |text: &str| text.replace([' ', '\n'], "");
                assert_eq!(bare(&back), bare(&given), "{mode} {at}");
                runs += 1;
                exact += usize::from(back == given);
                rejected += fs::read_to_string(path("out/rejected.jsonl")).unwrap().lines().count();
                assert!(ran.status < 2, "{}", ran.stderr);
            }
        }
    }
    assert!(exact * 20 >= runs * 19, "{exact} of {runs} to the byte");
    assert!(rejected < runs, "{rejected} records of {runs} files with one damage each");
}

/// What is broken in an array of JSON was once looked for by what it looks like, and put together otherwise than it had been
/// read: restore then missed a record.
#[test]
fn a_broken_array_comes_back_by_the_lengths_of_its_pieces() {
    let dir = tempfile::tempdir().unwrap();
    let array = "[\"t\": \"fares rise\",\n \"site\": \"a\"\n},\n{\"text \n\": \"Ferry\",\n \"site\": \"a\"\n}, i1site,textn {\n";
    fs::write(dir.path().join("a.json"), array).unwrap();
    expect(dir.path(), &["clean", "a.json", "-o", "out", "-q"], 1);
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
    let bare = |text: String| text.replace([' ', '\n', ','], "");
    assert_eq!(bare(fs::read_to_string(dir.path().join("back/a.json")).unwrap()), bare(array.into()));
    expect(dir.path(), &["verify", "out", "-q"], 0);
}

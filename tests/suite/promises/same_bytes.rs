//! The same bytes out, whatever the number of threads; the same verdicts, however the input is cut into files.

use super::cleaned;
use crate::newsroom;
use crate::output::{json_lines, receipts, tree};
use crate::program::expect;
use dechaff::clean::receipt::Receipt;
use serde_json::Value;
use std::fs;
use std::path::Path;

#[test]
fn threads_do_not_change_a_byte() {
    let corpus = cleaned();
    let dir = tempfile::tempdir().unwrap();
    let input = corpus.path("corpus.jsonl");
    let mut expected = tree(&corpus.path("out"));
    expected.remove("run.json").expect("what differs from run to run is in run.json");
    for threads in ["1", "2", "7"] {
        let arguments = ["clean", input.to_str().unwrap(), "-o", threads, "-q", "-j", threads];
        expect(dir.path(), &arguments, 1);
        let mut made = tree(&dir.path().join(threads));
        made.remove("run.json");
        let names = |t: &std::collections::BTreeMap<String, Vec<u8>>| t.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&made), names(&expected));
        for (name, bytes) in &made {
            assert!(*bytes == expected[name], "{name} differs with {threads} threads");
        }
    }
}

#[test]
fn batches_do_not_change_a_byte() {
    let corpus = cleaned();
    let dir = tempfile::tempdir().unwrap();
    let input = corpus.path("corpus.jsonl");
    let mut expected = tree(&corpus.path("out"));
    expected.remove("run.json");
    for size in ["1", "7", "1000000"] {
        let arguments = ["clean", input.to_str().unwrap(), "-o", size, "-q", "--batch-size", size];
        expect(dir.path(), &arguments, 1);
        let mut made = tree(&dir.path().join(size));
        made.remove("run.json");
        assert!(made == expected, "batches of {size}");
    }
}

#[test]
fn memory_does_not_change_a_byte() {
    let corpus = cleaned();
    let dir = tempfile::tempdir().unwrap();
    let input = corpus.path("corpus.jsonl");
    let mut expected = tree(&corpus.path("out"));
    expected.remove("run.json");
    // With the first all tables are on disk, with the last all are in memory.
    for memory in ["1", "300K", "3M", "1G"] {
        let arguments =
            ["clean", input.to_str().unwrap(), "-o", memory, "-q", "--memory", memory, "--tmp-dir", "."];
        expect(dir.path(), &arguments, 1);
        let mut made = tree(&dir.path().join(memory));
        let run: Value = serde_json::from_slice(&made.remove("run.json").unwrap()).unwrap();
        let temporary = run["temporary_bytes"].as_u64().unwrap();
        assert_eq!(temporary > 0, memory != "1G", "{temporary} bytes with {memory}");
        assert!(made == expected, "a budget of {memory}");
    }
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn a_large_file_is_the_same_read_by_one_thread_or_several() {
    let mut rng = fastrand::Rng::with_seed(12);
    let mut text = |bytes: usize| -> String {
        std::iter::repeat_with(|| if rng.u8(..) < 40 { ' ' } else { rng.lowercase() }).take(bytes).collect()
    };
    // Records that are longer than the room that parts have before them, and than parts; and some that are none.
    let mut texts: Vec<String> =
        (0..3000).map(|i| text(if i % 100 == 99 { 100_000 } else { 3000 })).collect();
    texts.insert(2000, text(9_000_000));
    let record = |(i, text): (usize, &String)| serde_json::json!({"id": i.to_string(), "text": text});
    let records: Vec<String> = texts.iter().enumerate().map(|r| record(r).to_string()).collect();
    let lines: Vec<&str> =
        records.iter().enumerate().map(|(i, r)| if i % 700 == 300 { &r[..r.len() / 2] } else { r }).collect();
    let rows: String = texts.iter().enumerate().map(|(i, text)| format!("{i},\"{text}\"\n")).collect();

    let dir = tempfile::tempdir().unwrap();
    let array = format!("[{}]", records.join(",\n"));
    for (name, bytes) in
        [("a.jsonl", lines.join("\r\n")), ("a.json", array), ("a.csv", format!("id,text\n{rows}"))]
    {
        fs::write(dir.path().join(name), &bytes).unwrap();
        let trees = ["1", "2", "5"].map(|threads| {
            let out = format!("{name}-{threads}");
            // Memory enough for parts, on whatever machine.
            let options = ["-q", "-j", threads, "--memory", "4G", "--only", "document"];
            let arguments = [&["clean", name, "-o", &out], &options[..]].concat();
            expect(dir.path(), &arguments, i32::from(name == "a.jsonl"));
            let mut tree = tree(&dir.path().join(&out));
            tree.remove("run.json");
            tree
        });
        assert!(trees[0] == trees[1] && trees[0] == trees[2], "{name}");
        if name != "a.jsonl" {
            assert!(trees[0][&format!("documents/{name}")] == bytes.as_bytes(), "{name}");
        }
    }
}

#[test]
fn a_table_in_columns_is_read_in_parts_where_there_is_little_memory() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("corpus.jsonl"), lines_in_many_documents()).unwrap();
    expect(dir.path(), &["clean", "corpus.jsonl", "-q", "-o", "table", "--output-format", "parquet"], 0);
    let table = "table/documents/corpus.jsonl.parquet";
    let mut made = Vec::new();
    for memory in ["1", "1M", "1G"] {
        expect(dir.path(), &["clean", table, "-q", "-o", memory, "--memory", memory], 0);
        let mut files = tree(&dir.path().join(memory));
        files.remove("run.json");
        made.push(files);
    }
    assert!(made[0] == made[2] && made[1] == made[2]);
}

/// Lines that stand in more documents than are held at a time where all tables are on disk: on all pages of a site, but for a
/// number in some; on a part of them; on pages that were saved twice; on many sites; nearly the same everywhere.
fn lines_in_many_documents() -> String {
    let mut rng = fastrand::Rng::with_seed(11);
    let mut said = |words: usize| {
        let word = |_| (0..rng.usize(2..8)).map(|_| rng.lowercase()).collect::<String>();
        (0..words).map(word).collect::<Vec<_>>().join(" ")
    };
    let (all, part, everywhere, nearly) = (said(9), said(12), said(40), said(30));
    let mut documents = Vec::new();
    for i in 0..10_000 {
        let mut lines = vec![said(3), said(14), all.clone(), format!("Page {} of 12 is shown", i % 13)];
        if i % 5 == 0 {
            lines.insert(1, part.clone());
        }
        if i % 45 == 0 {
            lines.push(part.clone());
        }
        let text = lines.join("\n");
        documents.extend(vec![("large.example".to_owned(), text); if i % 50 == 0 { 2 } else { 1 }]);
    }
    for i in 0..4_500 {
        let site = if i % 10 == 0 { String::new() } else { format!("s{}.example", i % 700) };
        documents.push((site, format!("{}\n{everywhere}\n{nearly} {}", said(20), said(1))));
    }
    let record = |(i, (site, text)): (usize, &(String, String))| {
        let site = (!site.is_empty()).then_some(site);
        serde_json::json!({"id": i.to_string(), "site": site, "text": text}).to_string() + "\n"
    };
    documents.iter().enumerate().map(record).collect()
}

#[test]
fn lines_that_are_too_many_to_be_held_are_judged_as_others() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("corpus.jsonl"), lines_in_many_documents()).unwrap();
    for only in ["boilerplate,document,repeat,passage", "document,repeat,passage", "passage"] {
        let mut made = Vec::new();
        for memory in ["1", "1G"] {
            let out = format!("{only} {memory}");
            expect(
                dir.path(),
                &["clean", "corpus.jsonl", "-q", "-o", &out, "--only", only, "--memory", memory],
                0,
            );
            let mut files = tree(&dir.path().join(out));
            files.remove("run.json");
            made.push(files);
        }
        assert!(made[0] == made[1], "{only}");
    }
}

#[test]
fn a_second_run_over_the_same_name_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("corpus.jsonl"), newsroom::corpus(8, 60).join("\n")).unwrap();
    let mut made = Vec::new();
    for _ in 0..2 {
        let ran =
            crate::program::dechaff(dir.path(), &["clean", "corpus.jsonl", "-o", "out", "--force"], b"");
        assert!(ran.status < 2, "{}", ran.stderr);
        let mut files = tree(&dir.path().join("out"));
        files.remove("run.json");
        made.push(files);
    }
    assert!(made[0] == made[1]);
}

/// Where a record stands is not part of a verdict.
fn verdicts(out: &Path) -> Vec<Receipt<'static>> {
    receipts(out).into_iter().map(|r| Receipt { file: "".into(), line: 0, row: 0, ..r }).collect()
}

#[test]
fn one_file_or_many_give_the_same_verdicts() {
    let corpus = cleaned();
    let dir = tempfile::tempdir().unwrap();
    for (number, piece) in corpus.lines.chunks(37).enumerate() {
        // One folder, so that no part of a name tells a site.
        let path = dir.path().join(format!("in/part-{number:03}.jsonl"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, piece.join("\n") + "\n").unwrap();
    }
    expect(dir.path(), &["clean", "in", "-o", "out", "-q"], 1);
    let (one, many) = (corpus.path("out"), dir.path().join("out"));
    assert!(verdicts(&one) == verdicts(&many));
    assert!(fs::read(one.join("clusters.jsonl")).unwrap() == fs::read(many.join("clusters.jsonl")).unwrap());
    for top in ["documents", "removed", "rejected"] {
        let joined = |out: &Path| tree(&out.join(top)).into_values().flatten().collect::<Vec<u8>>();
        assert!(joined(&one) == joined(&many), "{top}");
    }
}

#[test]
fn a_pipe_gives_the_records_that_a_run_over_files_writes() {
    let corpus = cleaned();
    let dir = tempfile::tempdir().unwrap();
    let input = fs::read(corpus.path("corpus.jsonl")).unwrap();
    let ran = crate::program::dechaff(dir.path(), &["clean", "-", "-q", "--receipts", "why"], &input);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let written = fs::read_to_string(corpus.path("out/documents/corpus.jsonl")).unwrap();
    assert!(ran.stdout == written);
    assert!(verdicts(&dir.path().join("why")) == verdicts(&corpus.path("out")));
}

#[test]
fn a_scan_decides_what_a_cleaning_does() {
    let corpus = cleaned();
    let dir = tempfile::tempdir().unwrap();
    let input = corpus.path("corpus.jsonl");
    expect(dir.path(), &["scan", input.to_str().unwrap(), "-o", "out", "-q"], 1);
    let (scan, clean) = (tree(&dir.path().join("out")), tree(&corpus.path("out")));
    for name in ["receipts/receipts.jsonl", "clusters.jsonl", "rejected.jsonl", "summary.json", "config.toml"]
    {
        assert!(scan[name] == clean[name], "{name}");
    }
    assert!(!scan.keys().any(|n| n.starts_with("documents/")));
}

#[test]
fn settings_written_down_give_the_same_run() {
    let corpus = cleaned();
    let dir = tempfile::tempdir().unwrap();
    let (input, settings) = (corpus.path("corpus.jsonl"), corpus.path("out/config.toml"));
    let (input, settings) = (input.to_str().unwrap(), settings.to_str().unwrap());
    expect(dir.path(), &["clean", input, "-o", "out", "-q", "--config", settings], 1);
    let clusters = |out: &Path| json_lines(&out.join("clusters.jsonl")) as Vec<Value>;
    assert!(verdicts(&dir.path().join("out")) == verdicts(&corpus.path("out")));
    assert!(clusters(&dir.path().join("out")) == clusters(&corpus.path("out")));
}

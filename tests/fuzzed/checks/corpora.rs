//! Whole corpora: cleaned in memory, cleaned on disk and restored, and restored from outputs that were damaged.

use super::chosen;
use dechaff::batch::files::Conversion;
use dechaff::batch::opened::Opened;
use dechaff::batch::restore::restore as restore_folder;
use dechaff::batch::verify::verify;
use dechaff::batch::{Output, Product, Run};
use dechaff::clean::cuts;
use dechaff::config::{Builtin, Keep, Level};
use dechaff::corpus::reading::OnError;
use dechaff::corpus::walk::Inputs;
use dechaff::disk::{Disk, ReadFile, RealDisk, Temporary, WriteFile};
use dechaff::engine::{Cancel, Lists};
use dechaff::{Config, Document, Kind, Span, clean_with};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::LazyLock;
use xxhash_rust::xxh3::xxh3_128;

const MOST: usize = 1 << 12;
/// Documents of a corpus.
const MOST_DOCUMENTS: usize = 32;

static LISTS: LazyLock<Lists> = LazyLock::new(|| Lists::shipped(Builtin::All));

/// A line that a site prints below its stories.
const FURNITURE: &str = "Share this story with your friends and colleagues";

/// A story of its own, with a line below it that all have.
fn story(n: usize) -> String {
    format!(
        "Ferry fares rise in port {n}\n\nThe harbour board of port {n} said on Monday that fares will rise by {n} in the \
         hundred, since the quay number {n} must be mended before the storms of winter {n}.\n\n{FURNITURE}\n"
    )
}

fn settings(choice: usize) -> Config {
    let mut config = Config::default();
    config.boilerplate.level = [Level::Conservative, Level::Balanced, Level::Strict][choice % 3];
    config.document.keep = [Keep::First, Keep::Longest, Keep::Earliest, Keep::Latest][choice / 4 % 4];
    match choice / 16 {
        0 => config.only = vec![Kind::Document],
        1 => config.only = vec![Kind::Repeat, Kind::Passage],
        2 => config.passage.documents = 2,
        _ => {}
    }
    config
}

/// A few documents, which zero bytes separate: cuts lie in order and undo, witnesses are there.
pub fn clean(data: &[u8]) {
    let (choice, data) = chosen(data, MOST);
    let documents: Vec<Document> = data
        .split(|&b| b == 0)
        .take(MOST_DOCUMENTS)
        .enumerate()
        .map(|(n, text)| {
            let text = String::from_utf8_lossy(text).into_owned();
            Document::new(n.to_string(), text).with_site(["a.example", "b.example"][n % 5 / 4])
        })
        .collect();
    let cleaned = clean_with(&documents, &settings(choice), &LISTS).expect("settings in range");
    assert_eq!(cleaned.documents.len(), documents.len());
    let text_of = |n: u32| documents[n as usize].text.as_str();
    for (before, after) in documents.iter().zip(&cleaned.documents) {
        let ranges: Vec<Span> = after.cuts.iter().map(|c| c.range).collect();
        assert!(ranges.windows(2).all(|w| w[0].end <= w[1].start));
        assert!(ranges.iter().all(|r| r.start < r.end));
        assert!(!after.removed || ranges.is_empty());
        assert_eq!(cuts::cut(&before.text, &ranges), after.text);
        for cut in &after.cuts {
            assert!((0.0..=1.0).contains(&cut.score));
            if let Some((record, span)) = cut.witness {
                assert!(!span.of(text_of(record)).is_empty());
            }
        }
    }
    for cluster in &cleaned.clusters {
        assert!(!cleaned.documents[cluster.kept as usize].removed);
        assert!(cluster.removed.iter().all(|r| cleaned.documents[r.0 as usize].removed));
    }
    let removed: usize = cleaned.clusters.iter().map(|c| c.removed.len()).sum();
    assert_eq!(removed, cleaned.documents.iter().filter(|d| d.removed).count());
}

/// The disk of the machine, but nobody waits until it is safe.
struct Unsynced;

impl Disk for Unsynced {
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadFile>> {
        RealDisk.open(path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        RealDisk.create(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_folder(path)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_file(path)
    }
    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_folder(path)
    }
    fn sync(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
    fn temporary(&self, folder: &Path) -> io::Result<Box<dyn Temporary>> {
        RealDisk.temporary(folder)
    }
    fn open_parts(&self, path: &Path) -> io::Result<Box<dyn Temporary>> {
        RealDisk.open_parts(path)
    }
}

/// Cleans the folder `in` of `dir` into `out`.
fn run(dir: &Path, config: &Config, on_error: OnError, conversion: Conversion) -> dechaff::Result<()> {
    let cancel = Cancel::default();
    let output = Output { conversion, ..Output::default() };
    let run = Run { on_error, output, disk: &Unsynced, ..Run::new(config, &LISTS, &cancel) };
    let inputs = Inputs { named: vec![dir.join("in")], listed: Vec::new() };
    run.files(&inputs, Some(&dir.join("out")), Product::Corpus).map(|_| ())
}

/// Texts, which line breaks separate, as JSON Lines; spelt with more escapes than needed where `escapes` says so.
fn json_lines(texts: &str, escapes: bool) -> Vec<u8> {
    let mut file = String::new();
    for (n, text) in texts.split('\n').take(MOST_DOCUMENTS).enumerate() {
        let text = if n % 3 < 2 { format!("{text}\n\n{FURNITURE}") } else { text.to_owned() };
        let mut line = serde_json::json!({"site": "a.example", "text": text}).to_string();
        if escapes {
            line = line.chars().map(|c| if c.is_ascii() { c.to_string() } else { escaped(c) }).collect();
        }
        file += &line;
        file.push('\n');
    }
    file.into_bytes()
}

fn escaped(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().map(|half| format!("\\u{half:04x}")).collect()
}

/// What a cleaned file was before comes back. JSON over several lines has its first separator everywhere.
pub fn restore(data: &[u8]) {
    let (choice, data) = chosen(data, MOST);
    let name =
        ["a.jsonl", "a.csv", "a.txt", "a.json", "a.jsonl", "a.jsonl", "a.jsonl", "a.jsonl"][choice % 8];
    let made = choice % 8 > 4;
    let text = String::from_utf8_lossy(data);
    let file = if made { json_lines(&text, choice % 8 == 6) } else { data.to_vec() };
    let dir = tempfile::tempdir().expect("a folder for this check");
    let path = |name: &str| dir.path().join(name);
    fs::create_dir(path("in")).expect("a new folder");
    fs::write(path("in").join(name), &file).expect("a new file");
    let on_error = [OnError::Reject, OnError::Keep][choice / 8 % 2];
    if run(dir.path(), &settings(choice / 16), on_error, Conversion::default()).is_err() {
        // Such as a table without a column of texts.
        assert!(!made && !path("out").exists());
        return;
    }
    let opened = Opened::new(&Unsynced, &path("out")).expect("an output that was just written");
    if let Some(converted) = opened.files.iter().find(|f| f.is_converted()) {
        assert!(!made, "{}", converted.file);
        return;
    }
    restore_folder(&opened, &path("back"), false).unwrap_or_else(|error| panic!("{error}"));
    let back = fs::read(path("back").join(name)).expect("the file again");
    if name == "a.json" {
        let bare = |bytes: &[u8]| -> Vec<u8> {
            bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect()
        };
        assert_eq!(bare(&back), bare(&file));
    } else if back != file {
        panic!("{:?}\ninstead of\n{:?}", String::from_utf8_lossy(&back), String::from_utf8_lossy(&file));
    }
    let verified = verify(&Unsynced, &path("out")).expect("an output that was just written");
    assert!(verified.problems.is_empty(), "{:?}", verified.problems);
}

/// What was written in another format comes back in it, and every cut text of it is the text that it was.
pub fn converted(data: &[u8]) {
    let (choice, data) = chosen(data, MOST);
    let (target, choice) = (["csv", "parquet", "jsonl"][choice % 3], choice / 3);
    let (name, choice) = (["a.jsonl", "a.csv", "a.json", "a.txt", "a.jsonl"][choice % 5], choice / 5);
    let text = String::from_utf8_lossy(data);
    let file = if choice % 2 == 1 && name == "a.jsonl" {
        json_lines(&text, choice / 2 % 2 == 1)
    } else {
        data.to_vec()
    };
    let dir = tempfile::tempdir().expect("a folder for this check");
    let path = |name: &str| dir.path().join(name);
    fs::create_dir(path("in")).expect("a new folder");
    fs::write(path("in").join(name), &file).expect("a new file");
    let conversion = Conversion::parse(target).expect("a format that there is");
    if let Err(error) = run(dir.path(), &settings(choice / 4), OnError::Reject, conversion) {
        assert!(!error.to_string().contains("cannot be written"), "{error}");
        assert!(!path("out").exists());
        return;
    }
    let opened = Opened::new(&Unsynced, &path("out")).expect("an output that was just written");
    restore_folder(&opened, &path("back"), false).unwrap_or_else(|error| panic!("{error}"));
    let verified = verify(&Unsynced, &path("out")).expect("an output that was just written");
    assert!(verified.problems.is_empty(), "{:?}", verified.problems);
}

/// An output of all formats: names below the folder, and bytes.
static OUTPUT: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder for this check");
    let texts: Vec<String> = (3..9).chain([4]).map(story).collect();
    let records: Vec<String> = texts
        .iter()
        .map(|text| serde_json::json!({"id": text.len(), "site": "a.example", "text": text}).to_string())
        .collect();
    let quoted: String = texts.iter().map(|t| format!("b.example,\"{t}\"\n")).collect();
    fs::create_dir(dir.path().join("in")).expect("a new folder");
    for (name, bytes) in [
        ("a.jsonl", records.join("\n") + "\nnot a record\n"),
        ("b.csv", format!("site,text\n{quoted}")),
        ("c.json", format!("[{}]\n", records.join(",\n"))),
        ("d.txt", story(20)),
    ] {
        fs::write(dir.path().join("in").join(name), bytes).expect("a new file");
    }
    run(dir.path(), &Config::default(), OnError::Reject, Conversion::default())
        .expect("a corpus that can be cleaned");
    let mut files = Vec::new();
    collect(&dir.path().join("out"), "", &mut files);
    files.sort();
    files
});

fn collect(folder: &Path, name: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let below = format!("{name}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{below}/"), files);
        } else {
            files.push((below, fs::read(&path).expect("a file")));
        }
    }
}

/// One file of an output is changed: it is restored, or an error says what is wrong, and nothing lies elsewhere. The
/// first byte tells the file, the next two the place, then how many bytes go; the rest stands there instead. The checksums
/// follow, or nothing else would be looked at.
pub fn damaged(data: &[u8]) {
    let (choice, data) = chosen(data, MOST);
    let (head, put) = data.split_at(data.len().min(3));
    let [high, low, gone] = [0, 1, 2].map(|n| usize::from(head.get(n).copied().unwrap_or(0)));
    let dir = tempfile::tempdir().expect("a folder for this check");
    let (out, back) = (dir.path().join("out"), dir.path().join("back"));
    let mut sums = String::new();
    for (n, (name, bytes)) in OUTPUT.iter().enumerate() {
        let mut bytes = bytes.clone();
        if n == choice % OUTPUT.len() {
            let from = (high * 256 + low) % (bytes.len() + 1);
            // All that follows goes with the most.
            let to = if gone == 255 { bytes.len() } else { bytes.len().min(from + gone) };
            bytes.splice(from..to, put.iter().copied());
        }
        sums.push_str(&format!("{:032x}  {name}\n", xxh3_128(&bytes)));
        let path = out.join(name);
        fs::create_dir_all(path.parent().expect("a folder around it")).expect("a new folder");
        fs::write(path, bytes).expect("a new file");
    }
    if OUTPUT[choice % OUTPUT.len()].0 != "checksums.txt" {
        fs::write(out.join("checksums.txt"), sums).expect("a new file");
    }
    let _ = verify(&Unsynced, &out);
    if let Ok(opened) = Opened::new(&Unsynced, &out) {
        for place in opened.receipts.values().flatten().take(3) {
            let Ok(receipt) = opened.receipt(place) else { continue };
            let _ = opened.original_text(&receipt);
        }
        let _ = restore_folder(&opened, &back, false);
    }
    let names = fs::read_dir(dir.path()).expect("a folder").map(|e| e.expect("an entry").file_name());
    assert!(names.into_iter().all(|n| n == "out" || n == "back"));
}

//! Each format in each packing: cleaned to the same texts, restored to the same records. Nothing of the matrix is written
//! by hand: every cell is made from one corpus.

use crate::newsroom;
use crate::output::{receipts, tree};
use crate::program::{dechaff, expect};
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, Date64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::DataType;
use dechaff::corpus::format::Compression;
use dechaff::corpus::packing::{pack, unpack};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

/// Id, site and text of the records of the corpus.
fn corpus() -> Vec<[String; 3]> {
    let rows =
        newsroom::corpus(5, 60).into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    let field = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let mut rows: Vec<[String; 3]> = rows
        .filter(|row| row["text"].is_string())
        .map(|row| [field(&row, "id"), field(&row, "site"), field(&row, "text")])
        .collect();
    // Formats without fields have no ids but these; texts without end marks survive all of them.
    rows.iter_mut().enumerate().for_each(|(n, row)| row[0] = format!("r{n:04}"));
    rows
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lines,
    Array,
    Values,
    Commas,
    Tabs,
    Archive,
    Columns,
}

const KINDS: [(Kind, &str); 7] = [
    (Kind::Lines, "jsonl"),
    (Kind::Array, "json"),
    (Kind::Values, "json"),
    (Kind::Commas, "csv"),
    (Kind::Tabs, "tsv"),
    (Kind::Archive, "warc.wet"),
    (Kind::Columns, "parquet"),
];

fn object(row: &[String; 3]) -> Value {
    serde_json::json!({"id": row[0], "site": row[1], "text": row[2], "n": 0.1})
}

fn file_of(kind: Kind, rows: &[[String; 3]]) -> Vec<u8> {
    let mut out = Vec::new();
    match kind {
        Kind::Lines => rows.iter().for_each(|r| writeln!(out, "{}", object(r)).unwrap()),
        Kind::Array => {
            let rows: Vec<Value> = rows.iter().map(object).collect();
            out = serde_json::to_vec_pretty(&rows).unwrap();
        }
        Kind::Values => {
            rows.iter().for_each(|r| {
                writeln!(out, "{}", serde_json::to_string_pretty(&object(r)).unwrap()).unwrap()
            });
        }
        Kind::Commas | Kind::Tabs => {
            let delimiter = if kind == Kind::Commas { b',' } else { b'\t' };
            let mut table = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            table.write_record(["id", "site", "text", "n"]).unwrap();
            rows.iter().for_each(|r| table.write_record([&r[0], &r[1], &r[2], "0.10"]).unwrap());
            out = table.into_inner().unwrap();
        }
        Kind::Archive => {
            for [id, site, text] in rows {
                let (url, length) = (format!("http://{site}/{id}"), text.len());
                write!(
                    out,
                    "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: {id}\r\nWARC-Target-URI: {url}\r\nContent-Type: \
                     text/plain\r\nContent-Length: {length}\r\n\r\n{text}\r\n\r\n"
                )
                .unwrap();
            }
        }
        Kind::Columns => {
            let column =
                |n: usize| Arc::new(StringArray::from_iter_values(rows.iter().map(|r| &r[n]))) as ArrayRef;
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows.len() as i64));
            let table = [("n", numbers), ("id", column(0)), ("site", column(1)), ("text", column(2))];
            let batch = RecordBatch::try_from_iter(table).unwrap();
            let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
            for start in (0..rows.len()).step_by(17) {
                writer.write(&batch.slice(start, 17.min(rows.len() - start))).unwrap();
                writer.flush().unwrap();
            }
            writer.close().unwrap();
        }
    }
    out
}

fn plain(path: &Path) -> Vec<u8> {
    let packed = fs::read(path).unwrap();
    let mut out = Vec::new();
    unpack(Compression::of_bytes(&packed), packed.as_slice()).unwrap().read_to_end(&mut out).unwrap();
    out
}

/// Id and text of the records of a file that was written.
fn read(path: &Path, kind: Kind) -> Vec<(String, String)> {
    let pair =
        |row: &Value| (row["id"].as_str().unwrap().to_owned(), row["text"].as_str().unwrap().to_owned());
    match kind {
        Kind::Lines | Kind::Archive | Kind::Values => {
            let bytes = plain(path);
            serde_json::Deserializer::from_slice(&bytes)
                .into_iter::<Value>()
                .map(|v| pair(&v.unwrap()))
                .collect()
        }
        Kind::Array => serde_json::from_slice::<Vec<Value>>(&plain(path)).unwrap().iter().map(pair).collect(),
        Kind::Commas | Kind::Tabs => {
            let delimiter = if kind == Kind::Commas { b',' } else { b'\t' };
            let bytes = plain(path);
            let mut table = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes.as_slice());
            let place =
                |name: &str, header: &csv::StringRecord| header.iter().position(|n| n == name).unwrap();
            let header = table.headers().unwrap().clone();
            let (id, text) = (place("id", &header), place("text", &header));
            table.records().map(|r| r.unwrap()).map(|r| (r[id].to_owned(), r[text].to_owned())).collect()
        }
        Kind::Columns => {
            let file = fs::File::open(path).unwrap();
            let batches = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
            let rows = |batch: RecordBatch| {
                let strings = |name: &str| {
                    arrow_cast::cast(batch.column_by_name(name).unwrap(), &DataType::LargeUtf8).unwrap()
                };
                let (ids, texts) = (strings("id"), strings("text"));
                let (ids, texts) = (ids.as_string::<i64>(), texts.as_string::<i64>());
                (0..batch.num_rows())
                    .map(|r| (ids.value(r).into(), texts.value(r).into()))
                    .collect::<Vec<_>>()
            };
            batches.flat_map(|b| rows(b.unwrap())).collect()
        }
    }
}

#[test]
fn every_format_in_every_packing_is_cleaned_alike_and_comes_back() {
    let rows = corpus();
    let dir = tempfile::tempdir().unwrap();
    let given: Vec<(String, String)> = rows.iter().map(|r| (r[0].clone(), r[2].clone())).collect();
    let mut cleaned: Option<(Vec<(String, String)>, usize)> = None;
    for (kind, ending) in KINDS {
        let file = file_of(kind, &rows);
        for packing in Compression::ALL {
            if kind == Kind::Columns && packing != Compression::None {
                continue;
            }
            let name = format!("c.{ending}{}", packing.ending());
            let packed = if packing == Compression::Gzip && kind == Kind::Archive {
                // A member a record, as archives are written.
                let mut records: Vec<usize> = memchr::memmem::find_iter(&file, b"WARC/1.0").collect();
                records.push(file.len());
                let member = |w: &[usize]| pack(packing, None, file[w[0]..w[1]].to_vec()).unwrap();
                records.windows(2).flat_map(member).collect()
            } else {
                pack(packing, None, file.clone()).unwrap()
            };
            let cell = dir.path().join(format!("{kind:?}-{packing:?}"));
            fs::create_dir(&cell).unwrap();
            fs::write(cell.join(&name), &packed).unwrap();
            expect(&cell, &["clean", &name, "-o", "out", "-q"], 0);
            expect(&cell, &["verify", "out", "-q"], 0);
            expect(&cell, &["restore", "out", "-o", "back", "-q"], 0);
            let written =
                if kind == Kind::Archive { format!("c.{ending}.jsonl{}", packing.ending()) } else { name };
            let back = cell.join("back").join(&written);
            assert_eq!(read(&back, kind), given, "{kind:?} {packing:?}");
            if !matches!(kind, Kind::Archive | Kind::Columns) {
                assert!(plain(&back) == file, "{kind:?} {packing:?} does not come back byte for byte");
            }
            let head = fs::read(cell.join("out/documents").join(&written)).unwrap();
            assert_eq!(Compression::of_bytes(&head), packing, "{kind:?}");
            let texts = read(&cell.join("out/documents").join(&written), kind);
            let receipts = receipts(&cell.join("out")).len();
            assert!(receipts > 10, "{kind:?} {receipts}");
            let found = (texts, receipts);
            match &cleaned {
                None => cleaned = Some(found),
                Some(first) => assert!(*first == found, "{kind:?} {packing:?} was cleaned otherwise"),
            }
        }
    }
}

#[test]
fn every_format_is_converted_to_every_other_and_comes_back_in_it() {
    let rows = corpus();
    let dir = tempfile::tempdir().unwrap();
    let given: Vec<(String, String)> = rows.iter().map(|r| (r[0].clone(), r[2].clone())).collect();
    let mut cleaned: Option<Vec<(String, String)>> = None;
    let targets =
        [(Kind::Lines, "jsonl", ""), (Kind::Commas, "csv.zst", ".zst"), (Kind::Columns, "parquet", "")];
    for (kind, ending) in KINDS {
        let name = format!("c.{ending}");
        for (target, format, packing) in targets {
            let cell = dir.path().join(format!("{kind:?}-{target:?}"));
            fs::create_dir(&cell).unwrap();
            fs::write(cell.join(&name), file_of(kind, &rows)).unwrap();
            let clean = ["clean", &name, "-q", "--output-format", format];
            expect(&cell, &[&clean[..], &["-o", "out"]].concat(), 0);
            expect(&cell, &["verify", "out", "-q"], 0);
            expect(&cell, &["restore", "out", "-o", "back", "-q"], 0);
            // Nothing but the format of a file tells what it is called: a table of tabs is one of commas.
            let same = kind == target || (kind == Kind::Tabs && target == Kind::Commas);
            let ending = format.trim_end_matches(packing);
            let written = if same { format!("{name}{packing}") } else { format!("{name}.{ending}{packing}") };
            let read_as = if same { kind } else { target };
            let texts = read(&cell.join("out/documents").join(&written), read_as);
            match &cleaned {
                None => cleaned = Some(texts),
                Some(first) => assert!(*first == texts, "{kind:?} to {target:?} was cleaned otherwise"),
            }
            let back = if same { name.clone() } else { written.clone() };
            assert_eq!(read(&cell.join("back").join(back), read_as), given, "{kind:?} to {target:?}");
            // However the work is shared out, the bytes are the same.
            let alone = ["-o", "alone", "-j", "1", "--batch-size", "7"];
            expect(&cell, &[&clean[..], &alone[..]].concat(), 0);
            let bytes = |out: &str| fs::read(cell.join(out).join("documents").join(&written)).unwrap();
            assert!(bytes("out") == bytes("alone"), "{kind:?} to {target:?}");
        }
    }
}

#[test]
fn values_survive_conversion_and_the_spans_stand_in_a_column() {
    let dir = tempfile::tempdir().unwrap();
    let records = [
        r#"{"id":1,"text":"The quay is \"mended\", at last.\nFerries run.","n":1.5,"meta":{"a":[1,null]},"wide":12345678901234567890}"#,
        r#"{"text":"Half a pair \ud800 stands here.","n":2,"meta":{"b":"x"},"n":3,"odd":"\udc00"}"#,
        "broken",
    ];
    fs::write(dir.path().join("a.jsonl"), records.join("\n")).unwrap();
    fs::write(dir.path().join("b.csv"), "id,text\n1,Short rows are filled.\n\n2,Long ones go on.,more\n")
        .unwrap();
    fs::write(dir.path().join("c.txt"), "A text has no fields.\n").unwrap();
    let inputs = ["a.jsonl", "b.csv", "c.txt"];
    let clean = |arguments: &[&str], status: i32| {
        expect(dir.path(), &[&["clean", "--only", "repeat"][..], arguments, &inputs[..]].concat(), status)
    };
    let text = |name: &str| String::from_utf8(plain(&dir.path().join(name))).unwrap();
    clean(&["-o", "csv", "--output-format", "csv"], 1);
    assert_eq!(
        text("csv/documents/a.jsonl.csv"),
        "\"id\",\"text\",\"n\",\"meta\",\"wide\",\"n.1\",\"odd\"\n\
         1,\"The quay is \"\"mended\"\", at last.\nFerries run.\",1.5,\"{\"\"a\"\":[1,null]}\",12345678901234567890,,\n\
         ,\"Half a pair \u{fffd} stands here.\",3,\"{\"\"b\"\":\"\"x\"\"}\",,2,\"\"\"\\udc00\"\"\"\n"
    );
    assert_eq!(fs::read(dir.path().join("csv/rejected/a.jsonl")).unwrap(), b"broken");
    clean(&["-o", "table", "--output-format", "parquet"], 1);
    let file = fs::File::open(dir.path().join("table/documents/a.jsonl.parquet")).unwrap();
    let table = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let types: Vec<String> =
        table.schema().fields().iter().map(|f| format!("{} {}", f.name(), f.data_type())).collect();
    assert_eq!(
        types,
        [
            "id Int64",
            "text LargeUtf8",
            "n Float64",
            "meta Struct(\"a\": List(Int64), \"b\": LargeUtf8)",
            "wide LargeUtf8",
            "n.1 Int64",
            "odd LargeUtf8"
        ]
    );
    expect(dir.path(), &["restore", "table", "-o", "back", "-q"], 0);
    let ids = ["--emit", "field,ids,attributes", "-o"];
    clean(&[&ids[..], &["lines", "--output-format", "jsonl"]].concat(), 1);
    let spans = r#""dechaff":{"removed":false,"spans":[]}}"#;
    assert_eq!(
        text("lines/documents/b.csv.jsonl"),
        format!(
            "{{\"id\":\"1\",\"text\":\"Short rows are filled.\",{spans}\n\
             {{\"id\":\"2\",\"text\":\"Long ones go on.\",\"column 3\":\"more\",{spans}\n"
        )
    );
    // A text alone has no place for a field.
    clean(&[&ids[..], &["same"]].concat(), 1);
    let line = format!("{{\"id\":\"c.txt\",\"text\":\"A text has no fields.\\n\",{spans}\n");
    assert_eq!(
        (text("same/documents/c.txt.jsonl"), text("lines/documents/c.txt.jsonl")),
        (line.clone(), line)
    );
    clean(&[&ids[..], &["marked", "--output-format", "parquet"]].concat(), 1);
    assert!(dir.path().join("marked/attributes/dechaff/a.jsonl").is_file());
    let file = fs::File::open(dir.path().join("marked/documents/b.csv.parquet")).unwrap();
    let table = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let names: Vec<&str> = table.schema().fields().iter().map(|f| f.name().as_str()).collect();
    assert_eq!(names, ["id", "text", "column 3", "dechaff"]);
    let ran = clean(&["-o", "no", "--output-format", "csv", "--text-field", "page.body"], 2);
    assert!(ran.stderr.contains("lies within another field"), "{}", ran.stderr);
    for (format, says) in
        [("xml", "neither a format"), ("parquet.zst", "packed within"), ("csv.rar", "neither a format")]
    {
        let ran = clean(&["-o", "no", "--output-format", format], 2);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
    // Two files that would be one: nothing is begun.
    fs::write(dir.path().join("a.jsonl.csv"), "id,text\n1,One\n").unwrap();
    let ran = clean(&["-o", "no", "--output-format", "csv", "a.jsonl.csv"], 2);
    assert!(ran.stderr.contains("as another file is"), "{}", ran.stderr);
    assert!(!dir.path().join("no").exists() && !dir.path().join("no.unfinished").exists());
}

#[test]
fn fields_of_one_name_rows_of_nothing_and_broken_records_come_back_too() {
    let dir = tempfile::tempdir().unwrap();
    let known = "Subscribe to our harbour letter today and miss no ferry";
    fs::write(dir.path().join("known.txt"), known).unwrap();
    let text = |n: u32| format!("Story {n} of the quay.\\n{known}\\nMore of story {n}.");
    let twice = format!("{{\"text\":\"{}\",\"text\":\"{}\",\"id\":1}}\nbroken\n", text(1), text(2));
    let columns = format!("id\ttext\ttext\n1\t\"{}\"\t\"{}\"\n", text(3), text(4)).replace("\\n", "\n");
    let first = "[\n {\"text\":\"One that is first\"} broken,\n {\"text\":\"Two that is behind it\"},\n {\"text\":\"Three\"}]\n";
    for (name, file) in [
        ("twice.jsonl", twice),
        ("columns.tsv", columns),
        ("bare.csv", format!("text\r\nA good row\r\n{known}\r\n\"{known}\"\r\nThe last row\r\n")),
        ("first.json", first.to_owned()),
        ("empty.csv", String::new()),
    ] {
        fs::write(dir.path().join(name), &file).unwrap();
        for (format, on_error) in
            [("", "keep"), ("", "reject"), ("jsonl", "keep"), ("csv", "reject"), ("parquet", "keep")]
        {
            let mut arguments = vec!["clean", name, "-o", "out", "-q", "--force", "--known", "known.txt"];
            arguments.extend(["--on-error", on_error]);
            if !format.is_empty() {
                arguments.extend(["--output-format", format]);
            }
            let cell = format!("{name} {format} {on_error}");
            assert!(dechaff(dir.path(), &arguments, b"").status < 2, "{cell}");
            expect(dir.path(), &["verify", "out", "-q"], 0);
            let _ = fs::remove_dir_all(dir.path().join("back"));
            expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
            if format.is_empty() && name != "first.json" {
                let back = fs::read_to_string(dir.path().join("back").join(name)).unwrap();
                assert_eq!(back, file, "{cell}");
            } else if format.is_empty() && on_error == "reject" {
                let left = fs::read_to_string(dir.path().join("out/documents").join(name)).unwrap();
                // What is broken is set aside with the value that it spoils.
                assert_eq!(serde_json::from_str::<Vec<Value>>(&left).unwrap().len(), 2, "{left}");
            }
            // What has no place in another format is set aside.
            let set_aside = dir.path().join("out/rejected").join(name).is_file();
            let broken = name == "twice.jsonl" || name == "first.json";
            let converted = !format.is_empty() && (name, format) != ("twice.jsonl", "jsonl");
            assert_eq!(set_aside, broken && (on_error == "reject" || converted), "{cell}");
        }
    }
}

#[test]
fn texts_of_a_folder_come_back_in_their_packing() {
    let rows = corpus();
    let dir = tempfile::tempdir().unwrap();
    for [id, site, text] in &rows {
        let folder = dir.path().join("in").join(site);
        fs::create_dir_all(&folder).unwrap();
        let packing = Compression::ALL[text.len() % Compression::ALL.len()];
        let packed = pack(packing, None, text.clone().into_bytes()).unwrap();
        fs::write(folder.join(format!("{id}.txt{}", packing.ending())), packed).unwrap();
    }
    expect(dir.path(), &["clean", "in", "-o", "out", "-q"], 0);
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
    let texts = |root: &str| -> BTreeMap<String, Vec<u8>> {
        tree(&dir.path().join(root))
            .into_keys()
            .map(|n| (n.clone(), plain(&dir.path().join(root).join(n))))
            .collect()
    };
    assert!(texts("in") == texts("back"));
}

#[test]
fn records_that_span_many_buffers_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let long = "The quay was mended in four days and the ferries run again. ".repeat(200_000);
    let lines =
        format!("\u{feff}\n{{\"id\":1,\"text\":\"{long}\"}}\r\n  \n{{\"id\":2,\"text\":\"{long}x\"}}");
    fs::write(dir.path().join("a.jsonl"), &lines).unwrap();
    fs::write(dir.path().join("b.csv"), format!("id,text\r\n1,\"{long}\"\r\n\r\n2,{long}x")).unwrap();
    fs::write(dir.path().join("c.json"), format!("[{{\"text\":\"{long}\"}} , {{\"text\":\"{long}x\"}}]"))
        .unwrap();
    let inputs = ["a.jsonl", "b.csv", "c.json"];
    expect(dir.path(), &[&["clean", "-o", "out", "-q"][..], &inputs[..]].concat(), 0);
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
    for name in inputs {
        let (was, is) =
            (fs::read(dir.path().join(name)).unwrap(), fs::read(dir.path().join("back").join(name)).unwrap());
        assert!(was == is, "{name}");
    }
}

/// Cleans a file whose packed bytes are damaged, which is named, and what restoring gives.
fn back_from_damaged(packed: &[u8]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("c.jsonl"), packed).unwrap();
    let ran = expect(dir.path(), &["clean", "c.jsonl", "-o", "out"], 1);
    assert!(ran.stderr.contains("its packed bytes break off or are damaged"), "{}", ran.stderr);
    expect(dir.path(), &["verify", "out", "-q"], 0);
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
    expect(dir.path(), &["clean", "c.jsonl", "-o", "other", "-q", "--on-error", "fail"], 2);
    plain(&dir.path().join("back/c.jsonl"))
}

#[test]
fn a_file_that_breaks_off_gives_its_whole_records_and_names_the_rest() {
    let file = file_of(Kind::Lines, &corpus());
    let (first, second) = file.split_at(file.len() / 2);
    for packing in &Compression::ALL[1..] {
        let packed = [first, second].map(|half| pack(*packing, None, half.to_vec()).unwrap()).concat();
        let back = back_from_damaged(&packed[..packed.len() - 20]);
        assert!(back.len() >= first.len() - 4096 && file.starts_with(&back), "{packing:?} {}", back.len());
    }
}

#[test]
fn what_is_damaged_behind_the_last_record_costs_none() {
    let file = file_of(Kind::Lines, &corpus());
    for packing in &Compression::ALL[1..] {
        let mut packed = pack(*packing, None, file.clone()).unwrap();
        packed.extend([7; 100]);
        assert!(back_from_damaged(&packed) == file, "{packing:?}");
    }
}

/// A file of which nothing could be unpacked once passed for an empty one.
#[test]
fn a_file_that_breaks_off_before_its_first_record_is_named() {
    let file = file_of(Kind::Lines, &corpus());
    for packing in &Compression::ALL[1..] {
        let packed = pack(*packing, None, file.clone()).unwrap();
        assert!(back_from_damaged(&packed[..20]).is_empty(), "{packing:?}");
    }
}

/// What a failed download leaves: no bytes under the name of a packed file.
#[test]
fn a_packed_file_without_a_byte_is_named_and_a_plain_one_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.jsonl"), "").unwrap();
    expect(dir.path(), &["clean", "a.jsonl", "-o", "plain", "-q"], 0);
    fs::write(dir.path().join("b.jsonl.gz"), "").unwrap();
    fs::write(dir.path().join("c.jsonl"), file_of(Kind::Lines, &corpus())).unwrap();
    let ran = expect(dir.path(), &["clean", "b.jsonl.gz", "c.jsonl", "-o", "out"], 1);
    assert!(ran.stderr.contains("b.jsonl.gz") && ran.stderr.contains("it has no bytes"), "{}", ran.stderr);
    expect(dir.path(), &["verify", "out", "-q"], 0);
    expect(dir.path(), &["restore", "out", "-o", "back", "-q"], 0);
    for name in ["b.jsonl.gz", "c.jsonl"] {
        let (was, is) = (fs::read(dir.path().join(name)), fs::read(dir.path().join("back").join(name)));
        assert!(was.unwrap() == is.unwrap(), "{name}");
    }
}

#[test]
fn a_small_file_that_unpacks_to_a_huge_one_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let member = pack(Compression::Zstd, None, vec![b' '; 1 << 26]).unwrap();
    fs::write(dir.path().join("bomb.jsonl.zst"), member.repeat(17)).unwrap();
    let ran = expect(dir.path(), &["clean", "bomb.jsonl.zst", "-o", "out"], 2);
    assert!(ran.stderr.contains("unpacks to more than 200 times its size"), "{}", ran.stderr);
    assert!(!dir.path().join("out").exists() && !dir.path().join("out.unfinished").exists());
}

/// Dates of a zone with a name once counted for none, and could not be written as JSON Lines; days became milliseconds.
#[test]
fn columns_of_dates_may_have_zones_and_stay_dates() {
    let text = "The harbour ferry left the old market pier at noon with forty crates of lanterns for the island school.";
    let day = 86_400_000_000_i64;
    for zone in ["UTC", "Europe/Berlin", "+02:00"] {
        let dates = TimestampMicrosecondArray::from(vec![18_264 * day, 18_262 * day, 18_263 * day, 0]);
        let days = Date64Array::from(vec![18_264 * day / 1000, 18_262 * day / 1000, 18_263 * day / 1000, 0]);
        let table: [(&str, ArrayRef); 4] = [
            ("id", Arc::new(StringArray::from(vec!["a", "b", "c", "none"]))),
            ("text", Arc::new(StringArray::from(vec![Some(text), Some(text), Some(text), None]))),
            ("date", Arc::new(dates.with_timezone(zone))),
            ("day", Arc::new(days)),
        ];
        let batch = RecordBatch::try_from_iter(table).unwrap();
        // As other writers do: a day is a day.
        let properties = WriterProperties::builder().set_coerce_types(true).build();
        let dir = tempfile::tempdir().unwrap();
        let file = fs::File::create(dir.path().join("t.parquet")).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();

        expect(dir.path(), &["clean", "t.parquet", "-o", "out", "-q", "--keep", "earliest"], 1);
        // The row without a text is set aside, and counts.
        expect(dir.path(), &["verify", "out", "-q"], 0);
        let written = dir.path().join("out/documents/t.parquet");
        assert_eq!(read(&written, Kind::Columns), [("b".to_owned(), text.to_owned())], "{zone}");
        let metadata = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&written).unwrap()).unwrap();
        assert_eq!(metadata.schema().field_with_name("day").unwrap().data_type(), &DataType::Date32);

        let arguments =
            ["clean", "t.parquet", "-o", "lines", "-q", "--keep", "earliest", "--output-format", "jsonl"];
        expect(dir.path(), &arguments, 1);
        let lines = fs::read_to_string(dir.path().join("lines/documents/t.parquet.jsonl")).unwrap();
        let row: Value = serde_json::from_str(&lines).unwrap();
        let expected = match zone {
            "UTC" => "2020-01-01T00:00:00Z",
            "Europe/Berlin" => "2020-01-01T01:00:00+01:00",
            _ => "2020-01-01T02:00:00+02:00",
        };
        assert_eq!((row["date"].as_str(), row["day"].as_str()), (Some(expected), Some("2020-01-01")));
    }
}

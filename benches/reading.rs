//! Files to records, beside the least that reading them can cost: unpack them, and find the ends and the fields of their
//! records with the libraries of the formats. In bytes of the unpacked JSON Lines a second.

mod texts;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dechaff::Config;
use dechaff::batch::Run;
use dechaff::config::Builtin;
use dechaff::corpus::format::Compression;
use dechaff::corpus::packing::{MEMBER, pack};
use dechaff::corpus::walk::{self, Inputs};
use dechaff::engine::{Cancel, Lists};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression as Codec, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Deserialize;
use std::borrow::Cow;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use texts::{Author, Script};

/// Bytes of text in the corpus.
const BYTES: usize = 30_000_000;

/// What a program wants to know of a record at least.
#[derive(Deserialize)]
struct Row<'r> {
    #[serde(borrow)]
    id: Cow<'r, str>,
    #[serde(borrow)]
    text: Cow<'r, str>,
}

fn bare_lines(path: &Path, compression: Compression) -> usize {
    let mut plain = String::new();
    let file = BufReader::with_capacity(1 << 18, File::open(path).expect("the file was written"));
    let read = match compression {
        Compression::Gzip => flate2::bufread::MultiGzDecoder::new(file).read_to_string(&mut plain),
        Compression::Zstd => zstd::stream::read::Decoder::with_buffer(file)
            .and_then(|mut file| file.read_to_string(&mut plain)),
        _ => { file }.read_to_string(&mut plain),
    };
    read.expect("the file is whole");
    let row = |line: &str| serde_json::from_str::<Row<'_>>(line).map(|r| r.id.len() + r.text.len());
    plain.lines().map(|line| row(line).expect("a line is a record")).sum()
}

fn bare_columns(path: &Path) -> usize {
    let file = File::open(path).expect("the file was written");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("the file is whole");
    let batches = builder.with_batch_size(1024).build().expect("the file is whole");
    let rows = |batch: RecordBatch| -> usize {
        let column = |n: usize| batch.column(n).as_string::<i32>().clone();
        let (ids, texts) = (column(0), column(1));
        let row = |n| (ids.value(n).to_owned(), texts.value(n).to_owned());
        (0..batch.num_rows()).map(row).map(|(id, text)| id.len() + text.len()).sum()
    };
    batches.map(|b| rows(b.expect("the file is whole"))).sum()
}

fn reading(c: &mut Criterion) {
    let documents = Author::new(Script::Ascii, 1).corpus(BYTES);
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let row = |d: &dechaff::Document| serde_json::json!({"id": d.id, "text": d.text}).to_string() + "\n";
    let lines: String = documents.iter().map(row).collect();
    let mut group = c.benchmark_group("read");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(lines.len() as u64));
    let (config, lists, cancel) = (Config::default(), Lists::shipped(Builtin::None), Cancel::default());
    let run = Run::new(&config, &lists, &cancel);
    let ours = |path: &Path| {
        let inputs = Inputs { named: vec![path.to_path_buf()], listed: Vec::new() };
        let found = walk::list(&inputs).expect("the file is there");
        run.reading().files(found.files).expect("the file is whole").rows.len()
    };
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let path = folder.path().join(format!("c.jsonl{}", compression.ending()));
        let members = lines.as_bytes().chunks(MEMBER).map(|m| pack(compression, None, m.to_vec()));
        let packed: Vec<u8> = members.flat_map(|m| m.expect("packing needs no more than memory")).collect();
        fs::write(&path, packed).expect("there is room for a temporary file");
        group.bench_function(format!("{}/bare", compression.name()), |b| {
            b.iter(|| bare_lines(black_box(&path), compression));
        });
        group
            .bench_function(format!("{}/dechaff", compression.name()), |b| b.iter(|| ours(black_box(&path))));
    }
    let column = |field: fn(&dechaff::Document) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(documents.iter().map(field)))
    };
    let batch = RecordBatch::try_from_iter([("id", column(|d| &d.id)), ("text", column(|d| &d.text))])
        .expect("the columns are of one length");
    let zstd = Codec::ZSTD(ZstdLevel::default());
    for (name, codec) in [("plain", Codec::UNCOMPRESSED), ("snappy", Codec::SNAPPY), ("zstd", zstd)] {
        let path = folder.path().join(format!("{name}.parquet"));
        write_table(&path, &batch, codec);
        group.bench_function(format!("parquet-{name}/bare"), |b| b.iter(|| bare_columns(black_box(&path))));
        group.bench_function(format!("parquet-{name}/dechaff"), |b| b.iter(|| ours(black_box(&path))));
    }
}

/// Row groups of 2,000 rows.
fn write_table(path: &Path, batch: &RecordBatch, codec: Codec) {
    let file = File::create(path).expect("there is room for a temporary file");
    let properties = WriterProperties::builder().set_compression(codec).build();
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("strings can be written");
    for start in (0..batch.num_rows()).step_by(2000) {
        writer.write(&batch.slice(start, 2000.min(batch.num_rows() - start))).expect("there is room");
        writer.flush().expect("there is room");
    }
    writer.close().expect("there is room");
}

criterion_group!(files, reading);
criterion_main!(files);

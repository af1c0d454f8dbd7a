//! The kernels, one thread, in bytes of text (or of what they read) a second.

mod texts;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use dechaff::Document;
use dechaff::clean::cuts;
use dechaff::config::Fields;
use dechaff::corpus::json::{self, FieldPaths};
use dechaff::document::Span;
use dechaff::sketch::banding::Banding;
use dechaff::sketch::bins::Bins;
use dechaff::sketch::lanes;
use dechaff::sketch::minhash::{self, MinHash, SketchScratch};
use dechaff::tables::{NEAR_BANDS, NEAR_ROWS, UNIT_SHINGLE};
use dechaff::text::segment::{self, Lines, Unit};
use dechaff::text::surface::Surface;
use dechaff::text::words::{self, Words};
use dechaff::text::{fold, shingle};
use std::hint::black_box;
use texts::{Author, Script};

/// Bytes of the texts, about those of a long page: scratch and text stay in the second cache.
const BYTES: usize = 64_000;
/// Words a shingle.
const SHINGLE: usize = 5;

fn units(text: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    segment::segment_into(text, &mut Lines::default(), &mut units);
    units
}

fn body<'t>(text: &'t str, unit: &Unit) -> &'t str {
    &text[unit.start as usize..unit.end as usize]
}

/// The units of a text in normal form.
fn folded(text: &str) -> Vec<String> {
    units(text)
        .iter()
        .map(|unit| {
            let mut out = String::new();
            fold::fold_into(body(text, unit), &mut out);
            out
        })
        .collect()
}

fn word_hashes(text: &str) -> Vec<u64> {
    let mut words = Words::default();
    folded(text).iter().for_each(|unit| words::words_into(unit, &mut words));
    words.exact
}

fn scripts() -> [(&'static str, String); 3] {
    [("ascii", Script::Ascii), ("accented", Script::Accented), ("thai", Script::Thai)]
        .map(|(name, script)| (name, Author::new(script, 1).article(BYTES)))
}

fn group<'c>(c: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    c.benchmark_group(name)
}

fn segmenting(c: &mut Criterion) {
    let mut author = Author::new(Script::Ascii, 2);
    let long_lines = (0..20).map(|_| author.paragraph(BYTES / 20) + "\n\n").collect::<String>();
    let layouts = [
        ("lines", author.article(BYTES)),
        ("wrapped", author.wrapped_article(BYTES)),
        ("long-lines", long_lines),
    ];
    let mut group = group(c, "segment");
    for (name, text) in &layouts {
        let (mut lines, mut units) = (Lines::default(), Vec::new());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |b| {
            b.iter(|| {
                units.clear();
                segment::segment_into(black_box(text), &mut lines, &mut units);
                units.len()
            });
        });
    }
}

fn folding(c: &mut Criterion) {
    let mut group = group(c, "fold");
    for (name, text) in &scripts() {
        let (units, mut out) = (units(text), String::new());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |b| {
            b.iter(|| {
                units.iter().for_each(|unit| fold::fold_into(body(black_box(text), unit), &mut out));
                out.len()
            });
        });
    }
}

fn reading_words(c: &mut Criterion) {
    let mut group = group(c, "words");
    for (name, text) in &scripts() {
        let (units, mut words) = (folded(text), Words::default());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |b| {
            b.iter(|| {
                words.clear();
                black_box(&units).iter().for_each(|unit| words::words_into(unit, &mut words));
                words.exact.len()
            });
        });
    }
}

fn surfaces(c: &mut Criterion) {
    let mut group = group(c, "surface");
    for (name, text) in &scripts()[..2] {
        let units = units(text);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |b| {
            b.iter(|| {
                units.iter().map(|unit| u64::from(Surface::of(black_box(text), unit).flags)).sum::<u64>()
            });
        });
    }
}

fn shingles(c: &mut Criterion) {
    let text = Author::new(Script::Ascii, 3).article(BYTES);
    let (words, mut set) = (word_hashes(&text), Vec::new());
    let mut group = group(c, "shingles");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("stream", |b| {
        b.iter(|| {
            let mut sum = 0;
            shingle::for_each(black_box(&words), SHINGLE, |s| sum ^= s);
            sum
        });
    });
    group.bench_function("sorted-set", |b| {
        b.iter(|| {
            shingle::set_into(black_box(&words), SHINGLE, &mut set);
            set.len()
        });
    });
}

fn signatures(c: &mut Criterion) {
    let text = Author::new(Script::Ascii, 4).article(BYTES);
    let banding = Banding::choose(0.7, 0.95, 128);
    let (minhash, bins) = (MinHash::new(banding), Bins::new(banding));
    let (mut scratch, mut keys) = (SketchScratch::default(), Vec::new());
    shingle::for_each(&word_hashes(&text), SHINGLE, |s| scratch.values().push(minhash::value(s)));
    let values = scratch.values().clone();
    let mut random = fastrand::Rng::with_seed(4);
    let odd: Vec<u32> = (0..banding.hashes()).map(|_| random.u32(..) | 1).collect();
    let seeds: Vec<u32> = (0..banding.hashes()).map(|_| random.u32(..)).collect();
    let mut mins = vec![u32::MAX; banding.hashes()];
    let mut group = group(c, "minhash");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("dispatched", |b| {
        b.iter(|| {
            mins.fill(u32::MAX);
            lanes::update(black_box(&values), &odd, &seeds, &mut mins);
            mins[0]
        });
    });
    group.bench_function("scalar", |b| {
        b.iter(|| {
            mins.fill(u32::MAX);
            lanes::update_scalar(black_box(&values), &odd, &seeds, &mut mins);
            mins[0]
        });
    });
    group.bench_function("band-keys", |b| {
        b.iter(|| {
            keys.clear();
            minhash.keys_into(black_box(&mut scratch), &mut keys);
            keys[0]
        });
    });
    // The same text as one document, and in documents of 450 shingles, of which a few bins stay empty.
    group.bench_function("bins", |b| {
        b.iter(|| {
            keys.clear();
            bins.keys_into(black_box(&mut scratch), &mut keys);
            keys[0]
        });
    });
    group.bench_function("bins-short", |b| {
        b.iter(|| {
            keys.clear();
            for values in black_box(&values).chunks(450) {
                scratch.values().clear();
                scratch.values().extend_from_slice(values);
                bins.keys_into(&mut scratch, &mut keys);
            }
            keys[0]
        });
    });
}

/// The short signatures of lines and paragraphs.
fn unit_signatures(c: &mut Criterion) {
    let text = Author::new(Script::Ascii, 8).article(BYTES);
    let minhash = MinHash::new(Banding { bands: NEAR_BANDS, rows: NEAR_ROWS });
    let values: Vec<Vec<u32>> = folded(&text)
        .iter()
        .map(|unit| {
            let (mut words, mut values) = (Words::default(), Vec::new());
            words::words_into(unit, &mut words);
            shingle::for_each(&words.exact, UNIT_SHINGLE, |s| values.push(minhash::value(s)));
            values
        })
        .collect();
    let (mut scratch, mut keys) = (SketchScratch::default(), Vec::new());
    let mut group = group(c, "minhash");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("units", |b| {
        b.iter(|| {
            keys.clear();
            for unit in black_box(&values) {
                scratch.values().clear();
                scratch.values().extend_from_slice(unit);
                minhash.keys_into(&mut scratch, &mut keys);
            }
            keys.len()
        });
    });
}

fn similarity(c: &mut Criterion) {
    let mut author = Author::new(Script::Ascii, 5);
    let (common, one, other) = (author.article(4000), author.article(600), author.article(600));
    let set = |texts: [&str; 2]| {
        let mut set = Vec::new();
        shingle::set_into(&word_hashes(&texts.concat()), SHINGLE, &mut set);
        set
    };
    let (a, b) = (set([&common, &one]), set([&common, &other]));
    let mut group = group(c, "jaccard");
    // Bytes of the texts that the two sets stand for: about 5 kB each, three quarters of it shared.
    group.throughput(Throughput::Bytes((2 * common.len() + one.len() + other.len()) as u64));
    group.bench_function("two-sets", |bench| bench.iter(|| shingle::jaccard(black_box(&a), black_box(&b))));
}

/// Records as they stand in news archives, with escapes where `text` has line breaks and quotes.
fn json_records() -> Vec<String> {
    let documents = Author::new(Script::Ascii, 6).corpus(4 * BYTES);
    let record = |d: &Document| {
        serde_json::json!({"id": d.id, "url": format!("https://{}.example/{}", d.id, d.id), "source": d.site,
                           "title": d.id, "date": "2001-02-03", "text": d.text})
        .to_string()
    };
    documents.iter().map(record).collect()
}

fn json_reading(c: &mut Criterion) {
    let (records, fields) = (json_records(), Fields::default());
    let paths = FieldPaths::new(&fields);
    let raw = |record: &str| {
        let range = paths.read(record).and_then(|f| f.text_range(record, &fields.text));
        record[range.expect("each record has a text")].to_owned()
    };
    let texts: Vec<String> = records.iter().map(|r| raw(r)).collect();
    let bytes = |of: &[String]| Throughput::Bytes(of.iter().map(String::len).sum::<usize>() as u64);
    let mut out = String::new();
    let mut group = group(c, "json");
    group.throughput(bytes(&records));
    group.bench_function("fields", |b| {
        b.iter(|| black_box(&records).iter().filter(|r| paths.read(r).is_ok()).count());
    });
    group.throughput(bytes(&texts));
    group.bench_function("unescape", |b| {
        b.iter(|| {
            black_box(&texts).iter().for_each(|raw| json::unescape_into(raw, &mut out));
            out.len()
        });
    });
}

fn cutting(c: &mut Criterion) {
    let text = Author::new(Script::Ascii, 7).article(BYTES);
    let spans: Vec<Span> =
        units(&text).iter().step_by(3).map(|u| Span { start: u.start, end: u.end }).collect();
    let mut group = group(c, "cuts");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("ranges", |b| b.iter(|| cuts::ranges(black_box(&text), &spans)));
    let ranges = cuts::ranges(&text, &spans);
    group.bench_function("cut", |b| b.iter(|| cuts::cut(black_box(&text), &ranges)));
}

criterion_group!(
    kernels,
    segmenting,
    folding,
    reading_words,
    surfaces,
    shingles,
    signatures,
    unit_signatures,
    similarity,
    json_reading,
    cutting
);
criterion_main!(kernels);

//! Files of any format: packed, encoded, of the web, in columns.

use super::chosen;
use dechaff::Config;
use dechaff::corpus::encoding as spelt;
use dechaff::corpus::format::{Compression, Format};
use dechaff::corpus::html as page;
use dechaff::corpus::packing::{pack, unpack};
use dechaff::corpus::reading::{OnError, Reading};
use dechaff::corpus::walk::InputFile;
use dechaff::disk::{Disk, ReadFile, RealDisk, Temporary, WriteFile};
use dechaff::engine::{Cancel, RawBuffer, Source, TextBuffer};
use dechaff::progress::Silent;
use dechaff::store::Store;
use encoding_rs::Encoding;
use std::io::{self, Cursor, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

/// What only reads takes larger inputs.
const MOST: usize = 1 << 16;
/// Bytes of a page, for the reader of HTML.
const MOST_PAGE: usize = 1 << 12;
/// Plain bytes that are unpacked.
const MOST_PLAIN: u64 = 1 << 20;

/// Labels of encodings that dechaff is given, told or finds.
const LABELS: [&str; 16] = [
    "",
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1252",
    "gb18030",
    "gbk",
    "shift_jis",
    "euc-jp",
    "big5",
    "euc-kr",
    "iso-2022-jp",
    "koi8-r",
    "x-user-defined",
    "replacement",
    "none",
];

/// What is decoded is spelt the same again.
pub fn encoding(data: &[u8]) {
    let (choice, data) = chosen(data, MOST_PAGE);
    let given = Encoding::for_label(LABELS[choice % LABELS.len()].as_bytes());
    if let Ok(decoded) = spelt::decode(data, given) {
        assert_eq!(spelt::encode(&decoded.text, decoded.spelt).as_deref(), Some(data));
    }
}

/// A page of any bytes has a visible text, or none.
pub fn html(data: &[u8]) {
    let (choice, data) = chosen(data, MOST_PAGE);
    let label = LABELS[choice % LABELS.len()];
    let decoded = page::decode(data, Some(label).filter(|l| !l.is_empty()));
    if let Ok(text) = page::visible_text(&decoded) {
        assert!(text.len() <= decoded.len() * 64 + 1024, "{} bytes of {}", text.len(), decoded.len());
        assert_eq!(text.trim_end(), text);
    }
}

/// Any bytes are unpacked or refused; what was packed comes back.
pub fn packing(data: &[u8]) {
    let (choice, data) = chosen(data, MOST_PAGE);
    let compression = Compression::ALL[choice % 6];
    if choice & 128 == 0 {
        let mut plain = Vec::new();
        let _ = unpack(compression, data).and_then(|r| r.take(MOST_PLAIN).read_to_end(&mut plain));
        return;
    }
    let level = if choice & 64 == 0 { None } else { Some(choice as u32 / 6 % 8) };
    let cut = data.len() / 2;
    let mut packed = Vec::new();
    for part in [&data[..cut], &data[cut..]] {
        packed.extend(pack(compression, level, part.to_vec()).expect("bytes that can be packed"));
    }
    if compression != Compression::None {
        assert_eq!(Compression::of_bytes(&packed), compression);
    }
    let mut plain = Vec::new();
    unpack(compression, &*packed)
        .and_then(|mut r| r.read_to_end(&mut plain))
        .expect("bytes that were packed");
    assert_eq!(plain, data);
}

/// A disk that holds one file, whatever it is called, and takes nothing.
struct One(Vec<u8>);

impl Disk for One {
    fn open(&self, _: &Path) -> io::Result<Box<dyn ReadFile>> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
    fn create(&self, _: &Path) -> io::Result<Box<dyn WriteFile>> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }
    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }
    fn create_folder(&self, _: &Path) -> io::Result<()> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }
    fn remove_file(&self, _: &Path) -> io::Result<()> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }
    fn remove_folder(&self, _: &Path) -> io::Result<()> {
        Err(ErrorKind::ReadOnlyFilesystem.into())
    }
    fn sync(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
    fn temporary(&self, folder: &Path) -> io::Result<Box<dyn Temporary>> {
        RealDisk.temporary(folder)
    }
    fn open_parts(&self, _: &Path) -> io::Result<Box<dyn Temporary>> {
        Err(ErrorKind::Unsupported.into())
    }
}

const FORMATS: [Format; 6] =
    [Format::JsonLines, Format::Json, Format::Csv, Format::Text, Format::Warc, Format::Parquet];

/// A file of any format, read to its end: all records are in order and their texts lie within them.
pub fn reading(data: &[u8]) {
    let (choice, data) = chosen(data, MOST);
    let disk = One(data.to_vec());
    // With no room at all what was read is read again from a temporary file.
    let budget = (choice / 32 % 2 == 1).then_some(1);
    let store = Arc::new(Store::new(Arc::new(RealDisk), budget, &std::env::temp_dir()));
    let config = Config::default();
    let reading = Reading {
        config: &config,
        site: None,
        encoding: None,
        max_expansion: 2,
        on_error: [OnError::Reject, OnError::Keep, OnError::Fail][choice / 8 % 3],
        disk: &disk,
        store: &store,
        progress: &Silent,
        cancel: &Cancel::default(),
    };
    let file = InputFile {
        path: "a file".into(),
        name: "a file".into(),
        format: FORMATS.get(choice % 8).copied(),
        folder: None,
        named: true,
        most: None,
    };
    let Ok(records) = reading.files(vec![file]) else { return };
    let usable = records.count();
    let Some(read) = records.files.first() else {
        assert!(usable == 0 && records.unreadable.len() == 1);
        return;
    };
    assert_eq!(read.bytes, data.len() as u64);
    assert_eq!(records.of_file(0), 0..usable);
    assert_eq!(u64::from(read.records), u64::from(usable) + records.rejected.count() as u64);
    let (mut buffer, mut raw, mut other) =
        (TextBuffer::default(), RawBuffer::default(), RawBuffer::default());
    for record in 0..usable {
        let text = records.text(record as usize, &mut buffer).to_owned();
        let raw = records.load(record, &mut raw);
        assert_eq!(text, raw.spelling().read(raw.raw_text()));
        records.site(record);
        records.id(record, &mut other);
        let places = records.rows.cursor().map(|r| r.row);
        assert!(places.is_sorted());
    }
}

//! What a trial reads of an input: places spread evenly over all bytes of it, for its beginning need not be like the rest.
//!
//! The files are taken as one behind the other, and so many blocks of equal size as evenly from them as can be. A file that is
//! no larger than a block is read if it begins in one. Of a larger file with a record a line, the lines of its blocks are
//! read; one that is packed, or of another format, can be read from its beginning only, and as much of it is.

use crate::corpus::format::{Compression, Format};
use crate::corpus::walk::InputFile;
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

/// Blocks of the input that are tried.
const BLOCKS: u64 = 12;
/// Files of a block at most.
const FILES: u32 = 340;
/// A packed file is taken to hold so many times its size.
const EXPANSION: u64 = 4;

/// The blocks: where each begins, of how many bytes in all, and how long each is.
struct Blocks {
    bytes: u64,
    length: u64,
}

impl Blocks {
    /// Of `bytes`, as many as `most` and no more in all.
    fn new(bytes: u64, most: u64) -> Blocks {
        Blocks { bytes: bytes.max(1), length: most.min(bytes).div_ceil(BLOCKS).max(1) }
    }

    fn begin(&self, block: u64) -> u64 {
        (u128::from(block) * u128::from(self.bytes) / u128::from(BLOCKS)) as u64
    }

    /// The block that a place lies in.
    fn at(&self, place: u64) -> Option<u64> {
        (0..BLOCKS).rev().find(|&b| self.begin(b) <= place).filter(|&b| place - self.begin(b) < self.length)
    }

    /// What of this range lies in blocks, from its own beginning on.
    fn within(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let clipped = (0..BLOCKS).map(|b| {
            let begin = self.begin(b);
            begin.max(range.start)..(begin + self.length).min(range.end)
        });
        clipped.filter(|r| r.start < r.end).map(|r| r.start - range.start..r.end - range.start).collect()
    }
}

/// The files to try of `files`, about `most` bytes unpacked; parts of files are copied below `folder`.
///
/// # Errors
/// What cannot be read, or copied.
pub(super) fn of(files: &[InputFile], most: u64, folder: &Path) -> Result<Vec<InputFile>> {
    let sizes: Vec<u64> = files.iter().map(unpacked).collect();
    let blocks = Blocks::new(sizes.iter().sum(), most);
    let (mut sample, mut begin) = (Vec::new(), 0);
    let mut taken = [0; BLOCKS as usize];
    for (file, &size) in files.iter().zip(&sizes) {
        let range = begin..begin + size;
        begin = range.end;
        if size <= blocks.length || blocks.length * BLOCKS >= blocks.bytes {
            let block = blocks.at(range.start).filter(|&block| taken[block as usize] < FILES);
            if let Some(block) = block {
                taken[block as usize] += 1;
                sample.push(file.clone());
            }
            continue;
        }
        let places = blocks.within(range);
        let bytes: u64 = places.iter().map(|r| r.end - r.start).sum();
        if has_a_record_a_line(file).map_err(Error::io("read", &file.path))? {
            let path = folder.join(format!("{}.jsonl", sample.len()));
            let copied = copy_lines(&file.path, &places, &path).map_err(Error::io("write", &path))?;
            if copied > 0 {
                sample.push(InputFile { path, ..file.clone() });
                continue;
            }
        }
        if bytes >= blocks.length / 2 {
            sample.push(InputFile { most: Some(bytes), ..file.clone() });
        }
    }
    if sample.is_empty() {
        sample.extend(files.first().map(|file| InputFile { most: Some(most), ..file.clone() }));
    }
    Ok(sample)
}

/// About how many bytes a file holds.
fn unpacked(file: &InputFile) -> u64 {
    let size = std::fs::metadata(&file.path).map_or(0, |m| m.len());
    match Compression::of_name(&file.name).0 {
        Compression::None => size,
        _ => size.saturating_mul(EXPANSION),
    }
}

/// Whether a file is of objects in lines, neither packed nor in another encoding, whatever its name says.
fn has_a_record_a_line(file: &InputFile) -> io::Result<bool> {
    if file.format != Some(Format::JsonLines) {
        return Ok(false);
    }
    let mut head = Vec::new();
    File::open(&file.path)?.take(64).read_to_end(&mut head)?;
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    Ok(head.starts_with(b"{"))
}

/// Copies the lines that begin in the places, none of which is much longer than its place; how many bytes that are.
fn copy_lines(from: &Path, places: &[Range<u64>], to: &Path) -> io::Result<u64> {
    let mut file = File::open(from)?;
    let end = file.metadata()?.len();
    let mut out = BufWriter::new(File::create(to)?);
    let (mut line, mut copied) = (Vec::new(), 0);
    for place in places {
        // A line begins where the byte before ends one.
        let begin = place.start.saturating_sub(1);
        let most = 2 * (place.end - place.start) + (1 << 16);
        file.seek(SeekFrom::Start(begin))?;
        let mut lines = BufReader::new((&mut file).take(most));
        let mut at = begin;
        if place.start > 0 {
            at += lines.skip_until(b'\n')? as u64;
        }
        while at < place.end {
            line.clear();
            let length = lines.read_until(b'\n', &mut line)? as u64;
            at += length;
            // One that ends neither here nor at the end of the file is too long.
            if length == 0 || !(line.ends_with(b"\n") || at == end) {
                break;
            }
            out.write_all(&line)?;
            if !line.ends_with(b"\n") {
                out.write_all(b"\n")?;
            }
            copied += length;
        }
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(copied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn input(path: &Path, name: &str, format: Format) -> InputFile {
        InputFile {
            path: path.join(name),
            name: name.into(),
            format: Some(format),
            folder: None,
            named: true,
            most: None,
        }
    }

    fn numbered(lines: std::ops::Range<usize>) -> String {
        lines.map(|i| format!("{{\"n\":{i:06}}}\n")).collect()
    }

    #[test]
    fn blocks_lie_evenly() {
        let blocks = Blocks::new(1200, 120);
        assert_eq!(
            (blocks.at(0), blocks.at(9), blocks.at(10), blocks.at(105)),
            (Some(0), Some(0), None, Some(1))
        );
        assert_eq!(blocks.within(95..205), [5..15, 105..110]);
        let all = Blocks::new(1201, 5000);
        assert!((0..1201).all(|place| all.at(place).is_some()));
    }

    #[test]
    fn lines_are_whole_and_from_everywhere() {
        let dir = tempfile::tempdir().unwrap();
        let text = numbered(0..10_000);
        fs::write(dir.path().join("a.jsonl"), &text).unwrap();
        let files = [input(dir.path(), "a.jsonl", Format::JsonLines)];
        let sample = of(&files, 12_000, dir.path()).unwrap();
        assert_eq!((sample.len(), sample[0].name.as_str(), sample[0].most), (1, "a.jsonl", None));
        let part = fs::read_to_string(&sample[0].path).unwrap();
        let lines: Vec<usize> = part.lines().map(|line| line[5..11].parse().unwrap()).collect();
        assert!((11_000..13_000).contains(&part.len()) && lines.is_sorted());
        for twelfth in 0..12 {
            let there = lines.iter().filter(|&&n| n * 12 / 10_000 == twelfth).count();
            assert!((76..=78).contains(&there), "{there} lines of {twelfth}");
        }
    }

    #[test]
    fn small_files_are_read_whole_and_others_from_their_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        for number in 0..100 {
            let name = format!("{number:02}.txt");
            fs::write(dir.path().join(&name), vec![b'a'; 100]).unwrap();
            files.push(input(dir.path(), &name, Format::Text));
        }
        fs::write(dir.path().join("z.csv"), vec![b'a'; 10_000]).unwrap();
        files.push(input(dir.path(), "z.csv", Format::Csv));
        let sample = of(&files, 6000, dir.path()).unwrap();
        assert_eq!(sample.len(), 31);
        assert!(sample[..30].iter().all(|file| file.most.is_none()));
        assert_eq!((sample[30].name.as_str(), sample[30].most), ("z.csv", Some(3000)));
        // All of them where there are no more bytes than may be tried.
        assert_eq!(of(&files, 20_000, dir.path()).unwrap(), files);
    }

    #[test]
    fn a_line_that_is_longer_than_its_place_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let text = format!("{{\"text\":\"{}\"}}\n", "a".repeat(1 << 20));
        fs::write(dir.path().join("a.jsonl"), text).unwrap();
        let files = [input(dir.path(), "a.jsonl", Format::JsonLines)];
        let sample = of(&files, 1 << 16, dir.path()).unwrap();
        assert_eq!(sample, [InputFile { most: Some(sample[0].most.unwrap()), ..files[0].clone() }]);
    }
}

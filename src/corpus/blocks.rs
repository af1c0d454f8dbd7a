//! A file of bzip2 whose blocks are unpacked in parallel, however few streams they are in.
//!
//! In: packed bytes. Out: plain ones, the same as libbz2 makes of the whole. Blocks depend on nothing before them, and begin
//! at any bit with a number of 48 bits. Where such numbers stand is looked for in some packed bytes ahead; what lies between
//! two is made a stream of its own, header and end put around it, and libbz2 unpacks it and checks its sum. The number may
//! stand within a block by chance: then neither half of it is sound, and it is tried up to the next number. The sum of a
//! stream is made of those of its blocks, and compared at its end.

use super::streams::Pieces;
use bzip2::bufread::BzDecoder;
use rayon::prelude::*;
use std::io::{self, BufRead, Cursor, Read};

/// Packed bytes that are read at a time. A block has less than a million.
const AHEAD: usize = 1 << 23;
/// Blocks that are unpacked at a time.
const BLOCKS: usize = 32;
/// A block that unpacks to more bytes is unpacked as it is read.
const LARGE: usize = 1 << 22;

/// A block begins with this number, a stream ends with the other.
const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;
const NUMBER: usize = 48;
const SUM: usize = 32;

/// Reads blocks in parallel.
pub(super) struct Blocks<R> {
    packed: R,
    /// Packed bytes that were read, and how many bits of them are done with.
    buffer: Vec<u8>,
    done: usize,
    /// Whether all was read.
    last: bool,
    /// The header of the stream, its size of blocks in it; `None` between streams.
    header: Option<[u8; 4]>,
    sum: u32,
    plain: Pieces<Box<dyn Read + Send>>,
}

/// What stands at a bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    bit: usize,
    is_end: bool,
}

impl<R: BufRead + Send> Blocks<R> {
    /// All streams that `packed` holds.
    pub fn new(packed: R) -> Self {
        Blocks {
            packed,
            buffer: Vec::new(),
            done: 0,
            last: false,
            header: None,
            sum: 0,
            plain: Pieces::default(),
        }
    }

    /// Unpacks the blocks that come next; false where nothing follows.
    fn fill(&mut self) -> io::Result<bool> {
        let whole = self.done / 8;
        self.buffer.drain(..whole);
        self.done -= 8 * whole;
        let missing = AHEAD.saturating_sub(self.buffer.len()) as u64;
        let read = (&mut self.packed).take(missing).read_to_end(&mut self.buffer)?;
        self.last |= (read as u64) < missing;
        let Some(header) = self.header else { return self.begin() };
        let numbers = numbers(&self.buffer, self.done);
        if numbers.first().is_none_or(|first| first.bit != self.done) {
            return Err(if self.bits_left() < NUMBER {
                broken_off()
            } else {
                damaged("no block where one should be")
            });
        }
        if numbers[0].is_end {
            return self.end();
        }
        let streams = |at: usize, to: usize| stream(header, &self.buffer, at, to);
        let blocks = &numbers[..numbers.len() - 1];
        let unpack = |n: usize| unpacked(streams(numbers[n].bit, numbers[n + 1].bit));
        let unpacked_all: Vec<Option<Block>> = (0..blocks.len()).into_par_iter().map(unpack).collect();
        let mut at = 0;
        let mut unpacked_all = unpacked_all.into_iter();
        let mut found = Vec::new();
        while at < blocks.len() && !numbers[at].is_end {
            let mut block = unpacked_all.next().flatten();
            let mut to = at + 1;
            while block.is_none() && to + 1 < numbers.len() {
                // A number by chance.
                to += 1;
                block = unpacked(streams(numbers[at].bit, numbers[to].bit));
                unpacked_all.next();
            }
            let Some(block) = block else { break };
            found.push((bits(&self.buffer, numbers[at].bit + NUMBER, SUM) as u32, block, numbers[to].bit));
            at = to;
        }
        if found.is_empty() {
            // No block is as long as what is read at a time.
            let ends = numbers.len() > 1 || !self.last;
            return Err(if ends { damaged("a block that is not sound") } else { broken_off() });
        }
        for (sum, block, to) in found {
            self.sum = self.sum.rotate_left(1) ^ sum;
            self.plain.push(match block {
                Block::Small(plain) => Box::new(Cursor::new(plain)),
                Block::Large(stream) => Box::new(BzDecoder::new(Cursor::new(stream))),
            });
            self.done = to;
        }
        Ok(true)
    }

    /// Reads the header of a stream.
    fn begin(&mut self) -> io::Result<bool> {
        let bytes = &self.buffer[self.done / 8..];
        if bytes.is_empty() {
            return Ok(false);
        }
        match bytes.first_chunk() {
            Some(&header @ [b'B', b'Z', b'h', b'1'..=b'9']) => {
                self.header = Some(header);
                self.sum = 0;
                self.done += 32;
                Ok(true)
            }
            None if b"BZh".starts_with(bytes) => Err(broken_off()),
            _ => Err(damaged("no stream where one should be")),
        }
    }

    /// Reads the end of a stream.
    fn end(&mut self) -> io::Result<bool> {
        if self.bits_left() < NUMBER + SUM {
            return Err(broken_off());
        }
        if bits(&self.buffer, self.done + NUMBER, SUM) != u64::from(self.sum) {
            return Err(damaged("the sum of a stream is another"));
        }
        self.done = (self.done + NUMBER + SUM).next_multiple_of(8);
        self.header = None;
        Ok(true)
    }

    fn bits_left(&self) -> usize {
        8 * self.buffer.len() - self.done
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("bzip2: {what}"))
}

fn broken_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "bzip2: the stream breaks off")
}

impl<R: BufRead + Send> Read for Blocks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.plain.read(buffer)?;
            if read > 0 || buffer.is_empty() || !self.fill()? {
                return Ok(read);
            }
        }
    }
}

/// Where the numbers stand from bit `from` on: one more than blocks are unpacked at a time, if there are so many.
fn numbers(bytes: &[u8], from: usize) -> Vec<Number> {
    let mut found = Vec::new();
    let mut window = 0u64;
    for (at, &byte) in bytes.iter().enumerate().skip(from / 8) {
        window = window << 8 | u64::from(byte);
        let mut shifts = SHIFTS[usize::from((window >> 8) as u8)];
        while shifts != 0 {
            let shift = shifts.ilog2();
            shifts ^= 1 << shift;
            let number = window >> shift & ((1 << NUMBER) - 1);
            let end = 8 * at + 8 - shift as usize;
            if (number == BLOCK || number == END) && end >= from + NUMBER {
                found.push(Number { bit: end - NUMBER, is_end: number == END });
            }
        }
        if found.len() > BLOCKS {
            break;
        }
    }
    found
}

/// How far a number may be shifted whose last byte but one is this one.
const SHIFTS: [u8; 256] = {
    let mut shifts = [0; 256];
    let mut shift = 0;
    while shift < 8 {
        shifts[(BLOCK << shift >> 8) as u8 as usize] |= 1 << shift;
        shifts[(END << shift >> 8) as u8 as usize] |= 1 << shift;
        shift += 1;
    }
    shifts
};

/// So many bits (64 at most) from one on.
fn bits(bytes: &[u8], from: usize, count: usize) -> u64 {
    (from..from + count).fold(0, |all, bit| all << 1 | u64::from(bytes[bit / 8] >> (7 - bit % 8) & 1))
}

/// A block from bit `from` to bit `to` as a stream of its own.
fn stream(header: [u8; 4], bytes: &[u8], from: usize, to: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity((to - from) / 8 + 24);
    out.extend_from_slice(&header);
    let shift = from % 8;
    let last = (to - 1) / 8;
    for at in from / 8..from / 8 + (to - from).div_ceil(8) {
        let next = if at < last { u16::from(bytes[at + 1]) } else { 0 };
        out.push(((u16::from(bytes[at]) << 8 | next) << shift >> 8) as u8);
    }
    // Its end begins within the last byte.
    let used = (to - from) % 8;
    let end = u128::from(END) << SUM | u128::from(bits(bytes, from + NUMBER, SUM));
    let mut end = end << (128 - NUMBER - SUM - used);
    if used > 0 {
        let kept = out.pop().unwrap_or_default() & !(0xff >> used);
        end |= u128::from(kept) << 120;
    }
    out.extend_from_slice(&end.to_be_bytes()[..(used + NUMBER + SUM).div_ceil(8)]);
    out
}

/// What a block unpacks to.
enum Block {
    Small(Vec<u8>),
    /// The stream that it is.
    Large(Vec<u8>),
}

/// Unpacks a block; `None` where it is not sound.
fn unpacked(stream: Vec<u8>) -> Option<Block> {
    let mut plain = Vec::new();
    BzDecoder::new(stream.as_slice()).take(LARGE as u64 + 1).read_to_end(&mut plain).ok()?;
    Some(if plain.len() > LARGE { Block::Large(stream) } else { Block::Small(plain) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::format::Compression;
    use crate::corpus::packing::{pack, unpack_serially};

    /// Words by a generator, so that little of them repeats.
    fn text(bytes: usize, mut seed: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes + 16);
        while out.len() < bytes {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            out.extend_from_slice(format!("{:x} ", seed >> 40).as_bytes());
        }
        out
    }

    fn packed(level: u32, plain: &[u8]) -> Vec<u8> {
        pack(Compression::Bzip2, Some(level), plain.to_vec()).unwrap()
    }

    fn read(packed: &[u8]) -> (Vec<u8>, Option<io::ErrorKind>) {
        let mut plain = Vec::new();
        let result = Blocks::new(packed).read_to_end(&mut plain);
        (plain, result.err().map(|e| e.kind()))
    }

    #[test]
    fn blocks_of_one_stream_are_unpacked_by_themselves() {
        let plain = text(3_000_000, 1);
        let file = packed(1, &plain);
        let found = numbers(&file, 32);
        assert!(found.len() > 25 && found.iter().any(|n| n.bit % 8 != 0) && found.last().unwrap().is_end);
        let (back, error) = read(&file);
        assert!(back == plain && error.is_none(), "{error:?}");
    }

    #[test]
    fn streams_in_a_row_and_empty_ones_are_one_file() {
        let parts = [text(250_000, 2), Vec::new(), text(10, 3), vec![b'a'; 60_000_000], text(100_000, 4)];
        let file: Vec<u8> = parts.iter().flat_map(|p| packed(1, p)).collect();
        let (back, error) = read(&file);
        assert!(back == parts.concat() && error.is_none(), "{error:?}");
        assert_eq!(read(&[]), (Vec::new(), None));
    }

    #[test]
    fn a_number_by_chance_is_none() {
        let plain = text(50_000, 5);
        let mut file = packed(1, &plain);
        let (start, end) = (32, *numbers(&file, 32).last().unwrap());
        // As if the block went on behind a number that is none.
        let streams = stream(file[..4].try_into().unwrap(), &file, start, end.bit);
        assert_eq!(streams, file, "a block as a stream is the stream of one block");
        let middle = file.len() / 2;
        file.splice(middle..middle + 6, BLOCK.to_be_bytes()[2..].iter().copied());
        let (back, error) = read(&file);
        assert_eq!((back.len(), error), (0, Some(io::ErrorKind::InvalidData)));
    }

    #[test]
    fn what_is_cut_short_or_damaged_is_an_error_as_for_one_decoder() {
        let plain = text(700_000, 6);
        let file = packed(1, &plain);
        let serially = |packed: &[u8]| {
            let mut plain = Vec::new();
            let read = unpack_serially(Compression::Bzip2, packed).unwrap().read_to_end(&mut plain);
            (plain, read.is_err())
        };
        for cut in (1..file.len()).step_by(file.len() / 97).chain(file.len() - 12..file.len()) {
            let (back, error) = read(&file[..cut]);
            assert_eq!(error.is_some(), serially(&file[..cut]).1, "{cut}");
            assert!(plain.starts_with(&back));
            assert!(error == Some(io::ErrorKind::UnexpectedEof), "{cut} {error:?}");
        }
        for bit in (0..8 * file.len()).step_by(file.len() / 11 + 3) {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let (back, error) = read(&damaged);
            assert!(plain.starts_with(&back) && error.is_some() == serially(&damaged).1, "{bit} {error:?}");
        }
        for tail in [&b"x"[..], b"BZ", b"BZh0"] {
            let file = [&file[..], tail].concat();
            assert_eq!(read(&file).1.is_some(), serially(&file).1, "{tail:?}");
        }
    }
}

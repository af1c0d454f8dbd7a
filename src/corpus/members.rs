//! A packed file whose members are unpacked in parallel.
//!
//! In: packed bytes. Out: plain ones, the same as one decoder after the other makes of them. Parallel writers, and archives
//! that pack each record by itself, write many small members. Where the next ones may begin is looked for in some packed
//! bytes ahead, by the first bytes of a member; all are unpacked at once, and counted only where each ends as the next
//! begins, so that bytes that look like a beginning cost time and nothing else. From the first member on that is too large,
//! damaged or cut short, one decoder goes through the rest, and tells what is wrong as it would have told it alone.

use super::format::Compression;
use super::packing::unpack_large;
use super::streams::Pieces;
use memchr::memmem;
use rayon::prelude::*;
use std::io::{self, BufRead, Read};

/// Packed bytes in which members are looked for.
const AHEAD: usize = 1 << 23;
/// A member that unpacks to more bytes is left to one decoder.
const LARGE: usize = 1 << 22;
/// Members that are unpacked at a time, for what they unpack to is held. As many whatever the number of threads, so that
/// damage is met in the same place.
const MEMBERS: usize = 32;

/// Whether more of a member than its first bytes looks like one.
type Holds = fn(&[u8]) -> bool;

/// Reads members in parallel, as far as they are small.
pub(super) struct Members<'r, R> {
    compression: Compression,
    packed: Option<R>,
    /// Packed bytes that were read, and how many of them are done with.
    buffer: Vec<u8>,
    done: usize,
    plain: Pieces<io::Cursor<Vec<u8>>>,
    rest: Option<Box<dyn Read + Send + 'r>>,
}

impl<'r, R: BufRead + Send + 'r> Members<'r, R> {
    /// All of what `packed` holds.
    pub fn new(compression: Compression, packed: R) -> Self {
        Members {
            compression,
            packed: Some(packed),
            buffer: Vec::new(),
            done: 0,
            plain: Pieces::default(),
            rest: None,
        }
    }

    /// Unpacks the members that come next; false where nothing follows.
    fn fill(&mut self) -> io::Result<bool> {
        let Some(mut packed) = self.packed.take() else { return Ok(false) };
        let mut starts = self.starts();
        if starts.len() <= MEMBERS {
            self.buffer.drain(..self.done);
            self.done = 0;
            let missing = AHEAD.saturating_sub(self.buffer.len()) as u64;
            (&mut packed).take(missing).read_to_end(&mut self.buffer)?;
            starts = self.starts();
        }
        if self.buffer.is_empty() {
            return Ok(false);
        }
        // Where bytes follow that were not read, the last member may go on in them.
        if self.buffer.len() >= AHEAD || starts.len() > MEMBERS {
            starts.pop();
        }
        let of = |&start: &usize| member(self.compression, &self.buffer[start..]);
        let unpacked: Vec<Option<(Vec<u8>, usize)>> = starts.par_iter().map(of).collect();
        let before = self.done;
        for (start, unpacked) in starts.into_iter().zip(unpacked) {
            // One that begins within another is none.
            if start < self.done {
                continue;
            }
            let Some((plain, length)) = unpacked.filter(|_| start == self.done) else { break };
            self.plain.push(io::Cursor::new(plain));
            self.done += length;
            // Streams of xz may be padded.
            while self.compression == Compression::Xz && self.buffer[self.done..].starts_with(&[0; 4]) {
                self.done += 4;
            }
        }
        if self.done == before {
            let buffer = std::mem::take(&mut self.buffer);
            let mut ahead = io::Cursor::new(buffer);
            ahead.set_position(before as u64);
            self.rest = Some(unpack_large(self.compression, ahead.chain(packed))?);
        } else {
            self.packed = Some(packed);
        }
        Ok(true)
    }

    /// Where members may begin in what is not done with yet: one more than are unpacked at a time, if there are so many.
    fn starts(&self) -> Vec<usize> {
        let bytes = &self.buffer[self.done..];
        let (first, holds): (&[u8], Holds) = match self.compression {
            Compression::None => return Vec::new(),
            // Deflated, and no flag that means nothing.
            Compression::Gzip => {
                (&[0x1f, 0x8b, 8], |member| member.get(3).is_some_and(|flags| flags & 0xe0 == 0))
            }
            Compression::Zstd => (&[0x28, 0xb5, 0x2f, 0xfd], |_| true),
            // What follows the size of its blocks is the beginning of one.
            Compression::Bzip2 => (b"BZh", |member| member.get(4..10) == Some(b"1AY&SY")),
            Compression::Xz => (&[0xfd, b'7', b'z', b'X', b'Z', 0], |_| true),
            Compression::Lz4 => (&[0x04, 0x22, 0x4d, 0x18], |_| true),
        };
        let found = memmem::find_iter(bytes, first).filter(|&at| holds(&bytes[at..]));
        found.take(MEMBERS + 1).map(|at| self.done + at).collect()
    }
}

/// Unpacks the member at the beginning of `packed`: its plain bytes, and how many packed ones it has. `None` where it is
/// damaged, goes on behind them, or is large.
fn member(compression: Compression, packed: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut left = packed;
    let mut plain = Vec::new();
    match compression {
        Compression::None => return None,
        Compression::Gzip => up_to_large(flate2::bufread::GzDecoder::new(&mut left), &mut plain)?,
        Compression::Zstd => {
            // Only those that say how long they are, as parallel writers make them.
            let length = zstd::zstd_safe::find_frame_compressed_size(packed).ok()?;
            let size = zstd::zstd_safe::get_frame_content_size(packed).ok()??;
            let size = usize::try_from(size).ok().filter(|&size| size <= LARGE)?;
            plain = zstd::bulk::decompress(&packed[..length], size).ok()?;
            left = &packed[length..];
        }
        Compression::Bzip2 => up_to_large(bzip2::bufread::BzDecoder::new(&mut left), &mut plain)?,
        Compression::Xz => up_to_large(liblzma::bufread::XzDecoder::new(&mut left), &mut plain)?,
        Compression::Lz4 => up_to_large(lz4_flex::frame::FrameDecoder::new(&mut left), &mut plain)?,
    }
    Some((plain, packed.len() - left.len()))
}

/// Reads all that a decoder gives, if that is not too much.
fn up_to_large(decoder: impl Read, plain: &mut Vec<u8>) -> Option<()> {
    decoder.take(LARGE as u64 + 1).read_to_end(plain).ok()?;
    (plain.len() <= LARGE).then_some(())
}

impl<'r, R: BufRead + Send + 'r> Read for Members<'r, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.plain.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            if let Some(rest) = &mut self.rest {
                return rest.read(buffer);
            }
            if !self.fill()? {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::packing::{pack, unpack, unpack_serially};
    use proptest::prelude::*;

    fn text(words: usize) -> String {
        (0..words).map(|n| format!("{} ", n * 7919 % 10_007)).collect()
    }

    fn read(reader: io::Result<Box<dyn Read + Send + '_>>) -> (Vec<u8>, Option<String>) {
        let mut plain = Vec::new();
        let result = reader.and_then(|mut reader| reader.read_to_end(&mut plain));
        (plain, result.err().map(|e| e.to_string()))
    }

    #[test]
    fn small_members_are_found_and_unpacked_by_themselves() {
        for &compression in &Compression::ALL[1..] {
            let text = text(400_000);
            let mut packed = Vec::new();
            for part in text.as_bytes().chunks(300_000) {
                packed.extend(pack(compression, Some(1), part.to_vec()).unwrap());
            }
            let mut members = Members::new(compression, packed.as_slice());
            let mut plain = String::new();
            members.read_to_string(&mut plain).unwrap();
            assert!(plain == text, "{compression:?}");
            assert!(members.rest.is_none(), "{compression:?}");
        }
    }

    #[test]
    fn frames_of_zstd_that_do_not_say_how_long_they_are_go_through_one_decoder() {
        let text = text(100_000);
        let mut packed = pack(Compression::Zstd, None, text.clone().into()).unwrap();
        // A skippable frame, too.
        packed.extend([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
        packed.extend(zstd::stream::encode_all(text.as_bytes(), 1).unwrap());
        let (plain, error) = read(unpack(Compression::Zstd, packed.as_slice()));
        assert!(plain == format!("{text}{text}").into_bytes() && error.is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn whatever_the_bytes_it_is_what_one_decoder_after_the_other_gives(
            which in 1usize..6, parts in prop::collection::vec(0usize..4000, 1..12),
            damage in prop::option::of((any::<prop::sample::Index>(), 1u8..)), cut in prop::option::of(any::<prop::sample::Index>()),
            tail in prop::collection::vec(any::<u8>(), 0..3)
        ) {
            let compression = Compression::ALL[which];
            let mut packed: Vec<u8> =
                parts.iter().flat_map(|&words| pack(compression, Some(1), text(words).into()).unwrap()).collect();
            packed.extend(tail);
            if let Some((at, flip)) = damage {
                let at = at.index(packed.len());
                packed[at] ^= flip;
            }
            // One byte stays: no compression is told of a file without any, so that no decoder ever sees one.
            if let Some(at) = cut {
                packed.truncate(1 + at.index(packed.len()));
            }
            let (plain, error) = read(unpack(compression, packed.as_slice()));
            let (twin, twin_error) = read(unpack_serially(compression, packed.as_slice()));
            prop_assert_eq!(error.is_some(), twin_error.is_some(), "{:?} {:?}", error, twin_error);
            // Of a member that is damaged a decoder gives what it had, in pieces that depend on where it began.
            let all: String = parts.iter().map(|&words| text(words)).collect();
            let whole = |plain: &[u8]| damage.is_some() || all.as_bytes().starts_with(plain);
            let agree = if error.is_none() { plain == twin } else { whole(&plain) && whole(&twin) };
            prop_assert!(agree);
        }
    }
}

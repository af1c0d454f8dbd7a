//! Packed bytes to plain ones and back. All formats are written as series of independent members of
//! [`MEMBER`] plain bytes, which are packed in parallel and which every reader of the format takes for one file.

use super::format::Compression;
use rayon::prelude::*;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read, Write};
use std::ops::Range;

/// Plain bytes a member.
pub const MEMBER: usize = 1 << 21;

/// The window of zstd that is accepted: 2^31 bytes, as `zstd --long=31` writes.
const ZSTD_WINDOW_LOG: u32 = 31;

/// Unpacks what `packed` holds, all members of it.
///
/// # Errors
/// A decoder that cannot be set up. Reading gives `UnexpectedEof` or `InvalidData` where the packed bytes are cut short
/// or damaged.
pub fn unpack<'r>(
    compression: Compression,
    packed: impl BufRead + Send + 'r,
) -> io::Result<Box<dyn Read + Send + 'r>> {
    Ok(match compression {
        Compression::None => Box::new(packed),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        Compression::Zstd => Box::new(ZstdFrames::new(packed)),
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(packed)),
        Compression::Xz => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(packed)),
        Compression::Lz4 => Box::new(Frames(lz4_flex::frame::FrameDecoder::new(packed))),
    })
}

/// Packed bytes in which whole zstd frames are looked for.
const FRAMES: usize = 1 << 23;
/// Frames that unpack to more bytes are unpacked as they are read.
const WHOLE_FRAME: u64 = 1 << 26;

/// A series of zstd frames: those that are small and say how long they are, as parallel writers make them, are unpacked
/// in parallel; from the first other one on the rest goes through one decoder.
struct ZstdFrames<'r, R> {
    packed: Option<R>,
    buffer: Vec<u8>,
    plain: VecDeque<io::Result<io::Cursor<Vec<u8>>>>,
    rest: Option<Box<dyn Read + Send + 'r>>,
}

impl<'r, R: BufRead + Send + 'r> ZstdFrames<'r, R> {
    fn new(packed: R) -> Self {
        ZstdFrames { packed: Some(packed), buffer: Vec::new(), plain: VecDeque::new(), rest: None }
    }

    /// Unpacks the frames that come next; false where nothing follows.
    fn fill(&mut self) -> io::Result<bool> {
        let Some(mut packed) = self.packed.take() else { return Ok(false) };
        let missing = FRAMES.saturating_sub(self.buffer.len()) as u64;
        (&mut packed).take(missing).read_to_end(&mut self.buffer)?;
        if self.buffer.is_empty() {
            return Ok(false);
        }
        let (frames, used) = whole_frames(&self.buffer);
        if frames.is_empty() {
            let rest = io::Cursor::new(std::mem::take(&mut self.buffer)).chain(packed);
            let mut decoder = zstd::stream::read::Decoder::with_buffer(rest)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            self.rest = Some(Box::new(decoder));
            return Ok(true);
        }
        let unpack = |(range, size): &(Range<usize>, usize)| {
            zstd::bulk::decompress(&self.buffer[range.clone()], *size).map(io::Cursor::new)
        };
        self.plain = frames.par_iter().map(unpack).collect::<Vec<_>>().into();
        self.buffer.drain(..used);
        self.packed = Some(packed);
        Ok(true)
    }
}

/// Where the frames at the beginning of `bytes` lie, and how many bytes they unpack to.
fn whole_frames(bytes: &[u8]) -> (Vec<(Range<usize>, usize)>, usize) {
    let (mut frames, mut at) = (Vec::new(), 0);
    while at < bytes.len()
        && let Ok(length) = zstd::zstd_safe::find_frame_compressed_size(&bytes[at..])
        && let Ok(Some(size)) = zstd::zstd_safe::get_frame_content_size(&bytes[at..at + length])
        && size <= WHOLE_FRAME
    {
        frames.push((at..at + length, size as usize));
        at += length;
    }
    (frames, at)
}

impl<'r, R: BufRead + Send + 'r> Read for ZstdFrames<'r, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(rest) = &mut self.rest {
                return rest.read(buffer);
            }
            if self.plain.is_empty() && !self.fill()? {
                return Ok(0);
            }
            match self.plain.front_mut() {
                Some(Ok(plain)) => {
                    let read = plain.read(buffer)?;
                    if read > 0 || buffer.is_empty() {
                        return Ok(read);
                    }
                    self.plain.pop_front();
                }
                Some(Err(_)) => {
                    let failed = self.plain.pop_front().and_then(Result::err);
                    return Err(failed.unwrap_or_else(|| io::ErrorKind::InvalidData.into()));
                }
                None => {}
            }
        }
    }
}

/// LZ4 frames in a row: the decoder stops behind each.
struct Frames<R: BufRead>(lz4_flex::frame::FrameDecoder<R>);

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.0.read(buffer)?;
            if read > 0 || buffer.is_empty() || self.0.get_mut().fill_buf()?.is_empty() {
                return Ok(read);
            }
        }
    }
}

/// Packs bytes as one member; `level` as the format's own tools count, their default where it is `None`.
///
/// # Errors
/// An encoder that cannot be set up.
pub fn pack(compression: Compression, level: Option<u32>, plain: Vec<u8>) -> io::Result<Vec<u8>> {
    let at = |default: u32, most: u32| level.unwrap_or(default).min(most);
    let out = Vec::with_capacity(plain.len() / 3 + 64);
    match compression {
        Compression::None => Ok(plain),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::new(at(6, 9)));
            encoder.write_all(&plain)?;
            encoder.finish()
        }
        Compression::Zstd => {
            let mut encoder = zstd::stream::write::Encoder::new(out, at(3, 22) as i32)?;
            encoder.include_checksum(true)?;
            encoder.set_pledged_src_size(Some(plain.len() as u64))?;
            encoder.write_all(&plain)?;
            encoder.finish()
        }
        Compression::Bzip2 => {
            let level = bzip2::Compression::new(at(9, 9).max(1));
            let mut encoder = bzip2::write::BzEncoder::new(out, level);
            encoder.write_all(&plain)?;
            encoder.finish()
        }
        Compression::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(out, at(6, 9));
            encoder.write_all(&plain)?;
            encoder.finish()
        }
        Compression::Lz4 => {
            let frame = lz4_flex::frame::FrameInfo::new().content_checksum(true);
            let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(frame, out);
            encoder.write_all(&plain)?;
            encoder.finish().map_err(io::Error::other)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_in_a_row_are_one_file() {
        for compression in Compression::ALL {
            let mut packed = Vec::new();
            for part in ["first, ", "", "second, ", "third"] {
                packed.extend(pack(compression, None, part.into()).unwrap());
            }
            assert_eq!(Compression::of_bytes(&packed), compression);
            let mut plain = String::new();
            unpack(compression, packed.as_slice()).unwrap().read_to_string(&mut plain).unwrap();
            assert_eq!(plain, "first, second, third", "{compression:?}");
        }
    }

    #[test]
    fn frames_of_zstd_are_unpacked_in_parallel_as_one_by_one() {
        let text: String = (0..400_000).map(|n| format!("{} ", n * 7919 % 10_007)).collect();
        let mut packed = Vec::new();
        for part in text.as_bytes().chunks(300_000) {
            packed.extend(pack(Compression::Zstd, None, part.to_vec()).unwrap());
        }
        let (frames, used) = whole_frames(&packed);
        assert!(frames.len() > 5 && used == packed.len());
        // A frame that does not say how long it is, and a skippable one.
        packed.extend([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
        packed.extend(zstd::stream::encode_all(text.as_bytes(), 1).unwrap());
        let mut plain = String::new();
        unpack(Compression::Zstd, packed.as_slice()).unwrap().read_to_string(&mut plain).unwrap();
        assert!(plain == format!("{text}{text}"));
        let mut damage = packed.clone();
        damage[packed.len() / 3] ^= 0x55;
        let mut plain = Vec::new();
        assert!(unpack(Compression::Zstd, damage.as_slice()).unwrap().read_to_end(&mut plain).is_err());
        assert!(!plain.is_empty() && text.as_bytes().starts_with(&plain));
    }

    #[test]
    fn a_file_that_is_cut_short_is_an_error_never_a_shorter_text() {
        for &compression in &Compression::ALL[1..] {
            let text: String = (0..5000).map(|n| format!("{} ", n * 7919 % 10_007)).collect();
            let packed = pack(compression, None, text.clone().into()).unwrap();
            for length in [packed.len() - 1, packed.len() / 2, 12] {
                let mut plain = Vec::new();
                let read = unpack(compression, &packed[..length]).and_then(|mut r| r.read_to_end(&mut plain));
                assert!(read.is_err(), "{compression:?} {length} of {}", packed.len());
                assert!(text.as_bytes().starts_with(&plain), "{compression:?}");
            }
        }
    }
}

//! Packed bytes to plain ones and back. All formats are written as series of independent members of
//! [`MEMBER`] plain bytes, which are packed in parallel and which every reader of the format takes for one file.

use super::blocks::Blocks;
use super::decoders::{Gzip, Zstd};
use super::format::Compression;
use super::members::Members;
use super::streams::{Frames, Streams};
use std::io::{self, BufRead, Read, Write};

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
        _ => Box::new(Members::new(compression, packed)),
    })
}

/// Unpacks all members, the blocks in one of them in parallel where the format has such.
pub(super) fn unpack_large<'r>(
    compression: Compression,
    packed: impl BufRead + Send + 'r,
) -> io::Result<Box<dyn Read + Send + 'r>> {
    Ok(match compression {
        Compression::Bzip2 => Box::new(Blocks::new(packed)),
        Compression::Xz => Box::new(Streams::new(packed)?),
        _ => return unpack_serially(compression, packed),
    })
}

/// Unpacks all members one after the other.
pub(super) fn unpack_serially<'r>(
    compression: Compression,
    packed: impl BufRead + Send + 'r,
) -> io::Result<Box<dyn Read + Send + 'r>> {
    Ok(match compression {
        Compression::None => Box::new(packed),
        Compression::Gzip => Box::new(Gzip::new(packed)),
        Compression::Zstd => Box::new(Zstd::new(packed, ZSTD_WINDOW_LOG)?),
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(packed)),
        Compression::Xz => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(packed)),
        Compression::Lz4 => Box::new(Frames(lz4_flex::frame::FrameDecoder::new(packed))),
    })
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

//! Decoders of one packed stream that hand on all that comes before damage.
//!
//! The usual ones tell of an error in place of what they unpacked in the same call: up to a whole buffer of records.

use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, BufRead, Read};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

/// Members of gzip in a row.
pub(super) struct Gzip<R> {
    packed: R,
    /// Of the member that is read; none between two.
    inflate: Option<Decompress>,
    /// What went wrong behind the bytes that were handed on last.
    failed: Option<io::Error>,
}

impl<R: BufRead> Gzip<R> {
    /// All of what `packed` holds.
    pub fn new(packed: R) -> Self {
        Gzip { packed, inflate: None, failed: None }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        /// The base-two logarithm of the largest window that there is.
        const WINDOW: u8 = 15;
        loop {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            let input = self.packed.fill_buf()?;
            let over = input.is_empty();
            if buffer.is_empty() || over && self.inflate.is_none() {
                return Ok(0);
            }
            let inflate = self.inflate.get_or_insert_with(|| Decompress::new_gzip(WINDOW));
            let before = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(input, buffer, FlushDecompress::None);
            let (taken, given) = (inflate.total_in() - before.0, inflate.total_out() - before.1);
            self.packed.consume(taken as usize);
            match status {
                Ok(Status::StreamEnd) => self.inflate = None,
                Ok(_) if over && given == 0 => return Err(cut_short()),
                Ok(_) => {}
                Err(e) => {
                    let reason = format!("gzip: {e}");
                    self.failed = Some(io::Error::new(io::ErrorKind::InvalidData, reason));
                }
            }
            if given > 0 {
                return Ok(given as usize);
            }
        }
    }
}

fn cut_short() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "incomplete frame")
}

/// Frames of zstd in a row, unpacked block by block.
pub(super) struct Zstd<R> {
    packed: R,
    decoder: Decoder<'static>,
    /// Packed bytes that the decoder would like next; 0 between two frames.
    wanted: usize,
    /// There may be more of what was unpacked than there was room for.
    full: bool,
}

impl<R: BufRead> Zstd<R> {
    /// All of what `packed` holds, of frames whose window is at most two to the power of `window_log` bytes.
    ///
    /// # Errors
    /// A decoder that cannot be set up.
    pub fn new(packed: R, window_log: u32) -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(zstd::zstd_safe::DParameter::WindowLogMax(window_log))?;
        Ok(Zstd { packed, decoder, wanted: 0, full: false })
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        /// Bytes that begin a frame.
        const FRAME: usize = 5;
        /// Bytes that begin a block. The decoder would like those of the next one with the bytes of a block.
        const BLOCK: usize = 3;
        while !buffer.is_empty() {
            let input = self.packed.fill_buf()?;
            if input.is_empty() && self.wanted == 0 {
                return Ok(0);
            }
            // Never more than a block, for of two nothing would be handed on where the second is damaged.
            let most = match self.wanted {
                _ if self.full => 0,
                0 => FRAME,
                wanted if wanted > BLOCK => wanted - BLOCK,
                wanted => wanted,
            };
            let mut taken = InBuffer::around(&input[..most.min(input.len())]);
            let mut given = OutBuffer::around(&mut *buffer);
            self.wanted = self.decoder.run(&mut taken, &mut given)?;
            let (taken, given, over) = (taken.pos(), given.pos(), input.is_empty());
            self.packed.consume(taken);
            let was_full = std::mem::replace(&mut self.full, given == buffer.len());
            if given > 0 {
                return Ok(given);
            }
            if over && !was_full && self.wanted > 0 {
                return Err(cut_short());
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::format::Compression;
    use crate::corpus::packing::{pack, unpack_serially};

    /// What a decoder gives before it fails or ends, in reads of so many bytes, and whether it failed.
    fn all_of(mut decoder: impl Read, bytes: usize) -> (Vec<u8>, bool) {
        let (mut all, mut piece) = (Vec::new(), vec![0; bytes]);
        loop {
            match decoder.read(&mut piece) {
                Ok(0) => return (all, false),
                Ok(read) => all.extend_from_slice(&piece[..read]),
                Err(_) => return (all, true),
            }
        }
    }

    /// The decoder of the library, which loses nothing where it gives one byte at a time.
    fn of_library<'p>(compression: Compression, packed: &'p [u8]) -> Box<dyn Read + 'p> {
        match compression {
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
            _ => Box::new(zstd::stream::read::Decoder::with_buffer(packed).unwrap()),
        }
    }

    #[test]
    fn all_that_comes_before_damage_is_handed_on() {
        let mut rng = fastrand::Rng::with_seed(3);
        let text: Vec<u8> = (0..700_000).map(|_| b'a' + rng.u8(..4) * rng.u8(..4)).collect();
        for compression in [Compression::Gzip, Compression::Zstd] {
            let mut packed = pack(compression, None, text[..500_000].to_vec()).unwrap();
            packed.extend(pack(compression, None, text[500_000..].to_vec()).unwrap());
            assert!(
                all_of(unpack_serially(compression, &*packed).unwrap(), 1 << 20) == (text.clone(), false)
            );
            let mut some = 0;
            for _ in 0..60 {
                let mut damaged = packed.clone();
                let at = rng.usize(..packed.len());
                match rng.u8(..3) {
                    0 => damaged.truncate(at),
                    1 => damaged[at] ^= 1 << rng.u8(..8),
                    _ => damaged[at..].iter_mut().take(40).for_each(|b| *b = 0xff),
                }
                let expected = all_of(of_library(compression, &damaged), 1);
                for bytes in [1, 1000, 1 << 17, 1 << 22] {
                    let found = all_of(unpack_serially(compression, &*damaged).unwrap(), bytes);
                    assert_eq!(found.1, expected.1, "{compression:?} at {at}, {bytes} bytes at a time");
                    assert!(found.0.starts_with(&expected.0), "{compression:?} at {at}: {}", found.0.len());
                }
                some += usize::from(expected.1 && expected.0.len() > 100_000);
            }
            assert!(some > 10, "{some}");
        }
    }
}

//! Streams and pieces in a row, for decoders that stop behind each.

use liblzma::bufread::XzDecoder;
use liblzma::stream::{MtStreamBuilder, Stream};
use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

/// Unpacked pieces, read one after the other.
#[derive(Debug)]
pub(super) struct Pieces<R>(VecDeque<R>);

impl<R> Default for Pieces<R> {
    fn default() -> Self {
        Pieces(VecDeque::new())
    }
}

impl<R: Read> Pieces<R> {
    /// Adds a piece behind all others.
    pub fn push(&mut self, piece: R) {
        self.0.push_back(piece);
    }

    /// Reads some bytes; none where all pieces are over.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(piece) = self.0.front_mut() {
            let read = piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.0.pop_front();
        }
        Ok(0)
    }
}

/// LZ4 frames in a row.
pub(super) struct Frames<R: BufRead>(pub lz4_flex::frame::FrameDecoder<R>);

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

/// Memory for blocks of xz that are unpacked at a time: three or four as `xz -T0` writes them.
const BLOCKS_MEMORY: u64 = 128 << 20;

/// Streams of xz in a row, their blocks unpacked in parallel where a stream says how long they are.
pub(super) struct Streams<R: BufRead> {
    decoder: Option<XzDecoder<R>>,
    /// What went wrong behind the bytes that were handed on last.
    failed: Option<io::Error>,
}

impl<R: BufRead> Streams<R> {
    /// All of what `packed` holds.
    ///
    /// # Errors
    /// A decoder that cannot be set up.
    pub fn new(packed: R) -> io::Result<Self> {
        Ok(Streams { decoder: Some(XzDecoder::new_stream(packed, decoder()?)), failed: None })
    }

    /// Goes on with the next stream; false where none follows.
    fn next(&mut self) -> io::Result<bool> {
        let Some(ended) = self.decoder.take() else { return Ok(false) };
        let mut packed = ended.into_inner();
        let mut padding = 0;
        loop {
            let bytes = packed.fill_buf()?;
            let zeros = bytes.iter().take_while(|&&b| b == 0).count();
            let (more, all) = (zeros < bytes.len(), bytes.is_empty());
            packed.consume(zeros);
            padding += zeros;
            if (more || all) && padding % 4 != 0 {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "xz: streams are padded by fours"));
            }
            if all {
                return Ok(false);
            }
            if more {
                self.decoder = Some(XzDecoder::new_stream(packed, decoder()?));
                return Ok(true);
            }
        }
    }
}

fn decoder() -> io::Result<Stream> {
    let threads = u32::try_from(rayon::current_num_threads()).unwrap_or(1);
    let mut builder = MtStreamBuilder::new();
    builder.threads(threads).memlimit_threading(BLOCKS_MEMORY).memlimit_stop(u64::MAX);
    builder.decoder().map_err(io::Error::other)
}

impl<R: BufRead> Read for Streams<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            let before = decoder.total_out();
            let read = match decoder.read(buffer) {
                Ok(read) => read,
                Err(error) => {
                    // The decoder tells of the error, and not of what it unpacked before.
                    let read = (decoder.total_out() - before) as usize;
                    self.failed = Some(error);
                    if read > 0 {
                        return Ok(read);
                    }
                    continue;
                }
            };
            if read > 0 || buffer.is_empty() || !self.next()? {
                return Ok(read);
            }
        }
    }
}

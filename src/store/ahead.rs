//! Reading on in a temporary file: who asks for one piece after another gets most of them without a call to the system.

use super::Store;
use crate::disk::Temporary;
use std::io;
use std::sync::Arc;

/// Bytes that are read at once where one piece follows another: few at first, for many ask for a few pieces only, and twice as
/// many each time.
const AHEAD: std::ops::RangeInclusive<usize> = 1 << 12..=1 << 15;
/// Pieces so many bytes apart follow one another: to read what lies between them costs no more than to ask again.
const GAP: u64 = 1 << 10;

/// A part of a file that was read.
#[derive(Debug, Default)]
pub struct Ahead {
    file: Option<Arc<dyn Temporary>>,
    from: u64,
    /// Its bytes, and behind them what is left of a longer one.
    bytes: Vec<u8>,
    length: usize,
    /// Where the last piece ended.
    last: u64,
    /// Bytes that were read ahead the last time; none where the piece did not follow another.
    ahead: usize,
}

impl Ahead {
    /// The bytes of a piece. Those behind it, but not those from `end` on, may be read as well.
    pub(crate) fn read(
        &mut self,
        store: &Store,
        file: &Arc<dyn Temporary>,
        at: u64,
        length: usize,
        end: u64,
    ) -> &[u8] {
        let read = self.try_read(file, at, length, end);
        store.must("read a temporary file in", read);
        self.piece(at, length)
    }

    /// Reads the bytes of a piece, and some behind it.
    pub(crate) fn try_read(
        &mut self,
        file: &Arc<dyn Temporary>,
        at: u64,
        length: usize,
        end: u64,
    ) -> io::Result<()> {
        let same = self.file.as_ref().is_some_and(|held| Arc::ptr_eq(held, file));
        let held = self.from..self.from + self.length as u64;
        let piece = at + length as u64;
        if !same || at < held.start || piece > held.end {
            let follows = same && at >= self.last && at - self.last < GAP;
            self.ahead = if follows { (2 * self.ahead).clamp(*AHEAD.start(), *AHEAD.end()) } else { 0 };
            let length = (end.max(piece) - at).min(length.max(self.ahead) as u64) as usize;
            let held = self.file.take().filter(|_| same);
            if self.bytes.len() < length {
                self.bytes.resize(length, 0);
            }
            self.length = 0;
            file.read_at(&mut self.bytes[..length], at)?;
            (self.from, self.length) = (at, length);
            self.file = Some(held.unwrap_or_else(|| Arc::clone(file)));
        }
        self.last = piece;
        Ok(())
    }

    /// The bytes of a piece that was read.
    pub(crate) fn piece(&self, at: u64, length: usize) -> &[u8] {
        let from = (at - self.from) as usize;
        &self.bytes[from..from + length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_what_stands_in_the_file() {
        let store = Arc::new(Store::default());
        let all: Vec<u8> = (0..200_000u32).map(|i| (i * 7 % 251) as u8).collect();
        let files = [store.file(), store.file()];
        store.write(&*files[0], 0, &all);
        store.write(&*files[1], 5, &all);
        let mut ahead = Ahead::default();
        let mut rng = fastrand::Rng::with_seed(3);
        let mut at = 0;
        for _ in 0..5_000 {
            if rng.u8(..) < 16 {
                at = rng.usize(..all.len());
            }
            let to = (at + rng.usize(..900)).min(all.len());
            let (file, offset) = if rng.u8(..) < 4 { (&files[1], 5) } else { (&files[0], 0) };
            let end = all.len() as u64 + offset;
            assert_eq!(ahead.read(&store, file, at as u64 + offset, to - at, end), &all[at..to]);
            at = if to == all.len() { 0 } else { to };
        }
    }
}

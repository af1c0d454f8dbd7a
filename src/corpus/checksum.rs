//! The checksum of a file whose parts are read out of order.
//!
//! In: parts of the file, as its readers have them in memory. Out: the hash of all of it, as if it had been read from front
//! to end; of what nobody read, and of what would have to wait for too long, the file is read once more.

use crate::disk::ReadFile;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};
use xxhash_rust::xxh3::Xxh3;

/// Parts that wait for others before them hold no more bytes than this.
const WAITING: usize = 1 << 25;
/// Bytes that are read at a time.
const BLOCK: usize = 1 << 18;

/// Hashes parts in their order.
pub(super) struct Checksum(Mutex<State>);

struct State {
    file: Box<dyn ReadFile>,
    hash: Xxh3,
    /// All before this is hashed.
    done: u64,
    waiting: BTreeMap<u64, Bytes>,
    held: usize,
}

impl Checksum {
    /// Of a file, which is read where parts are missing.
    pub fn new(file: Box<dyn ReadFile>) -> Checksum {
        let waiting = BTreeMap::new();
        Checksum(Mutex::new(State { file, hash: Xxh3::new(), done: 0, waiting, held: 0 }))
    }

    /// Takes a part that was read.
    pub fn take(&self, at: u64, part: &Bytes) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if at >= state.done && state.held + part.len() <= WAITING {
            state.held += part.len();
            state.waiting.insert(at, part.clone());
            state.hash_waiting();
        }
    }

    /// Hashes all before some place, where that was not done yet.
    ///
    /// # Errors
    /// A file that cannot be read, or ends before.
    pub fn go_to(&self, end: u64) -> io::Result<()> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut block = Vec::new();
        while state.done < end {
            let next = state.waiting.keys().next().map_or(end, |&at| at.min(end));
            let missing = (next - state.done).min(BLOCK as u64) as usize;
            if missing > 0 {
                block.resize(missing, 0);
                let at = state.done;
                state.file.seek(SeekFrom::Start(at))?;
                state.file.read_exact(&mut block)?;
                state.hash.update(&block);
                state.done += missing as u64;
            }
            state.hash_waiting();
        }
        Ok(())
    }

    /// The hash of what was gone through.
    pub fn xxh3(&self) -> u128 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).hash.digest128()
    }
}

impl State {
    /// Hashes the parts whose turn it is.
    fn hash_waiting(&mut self) {
        while let Some(first) = self.waiting.first_entry().filter(|first| *first.key() <= self.done) {
            let (at, part) = first.remove_entry();
            self.held -= part.len();
            // A part may begin in what was hashed already.
            let new = &part[((self.done - at) as usize).min(part.len())..];
            self.hash.update(new);
            self.done += new.len() as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use xxhash_rust::xxh3::xxh3_128;

    proptest! {
        #[test]
        fn whatever_was_read_in_whatever_order_the_file_has_one_hash(
            file in prop::collection::vec(any::<u8>(), 0..3000),
            parts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..900), 0..12),
            stop in any::<prop::sample::Index>()
        ) {
            let checksum = Checksum::new(Box::new(io::Cursor::new(file.clone())));
            let take = |&(at, length): &(prop::sample::Index, usize)| {
                let at = at.index(file.len() + 1);
                let part = &file[at..(at + length).min(file.len())];
                checksum.take(at as u64, &Bytes::copy_from_slice(part));
            };
            let (first, second) = parts.split_at(parts.len() / 2);
            first.iter().for_each(take);
            checksum.go_to(stop.index(file.len() + 1) as u64).unwrap();
            second.iter().for_each(take);
            checksum.go_to(file.len() as u64).unwrap();
            prop_assert_eq!(checksum.xxh3(), xxh3_128(&file));
            prop_assert!(checksum.go_to(file.len() as u64 + 1).is_err());
        }
    }
}

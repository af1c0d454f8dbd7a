//! A plain file whose parts are read by several threads at once, and handed on in order.
//!
//! To read is mostly to be given fresh memory, which one thread is given no faster than a gigabyte a second, and on
//! virtual machines a fraction of that; several are given it beside one another.

use super::queue::Queue;
use crate::disk::Temporary;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Bytes of a part.
const PART: usize = super::arriving::CHUNK;

/// Before each part there is room for what is left of the one before, so that most parts need not be moved.
pub(super) const ROOM: usize = 1 << 15;

/// More threads would wait for what is done in order: hashing, and looking for the ends of records.
const READERS: usize = 8;

/// The parts of a range of a file.
pub(super) struct Parts {
    queue: Arc<Queue<io::Result<Vec<u8>>>>,
    next: usize,
    parts: usize,
    readers: Vec<JoinHandle<()>>,
}

impl Parts {
    /// Begins to read `range`, which the file has, on so many threads.
    pub fn new(file: &Arc<dyn Temporary>, range: Range<u64>, threads: usize) -> Parts {
        let parts = range.end.saturating_sub(range.start).div_ceil(PART as u64) as usize;
        let readers = threads.min(READERS).min(parts);
        let queue = Arc::new(Queue::new(parts, readers, 1));
        let read = |file: &dyn Temporary, range: &Range<u64>, part: usize| {
            let at = range.start + (part * PART) as u64;
            let length = (range.end - at).min(PART as u64) as usize;
            // Memory that comes as zeros need not be cleared before it is read into.
            let mut bytes = vec![0; ROOM + length];
            file.read_at(&mut bytes[ROOM..], at).map(|()| bytes)
        };
        let readers = (0..readers)
            .map(|_| {
                let (queue, file, range) = (Arc::clone(&queue), Arc::clone(file), range.clone());
                std::thread::spawn(move || {
                    while let Some(part) = queue.take() {
                        // Closed whatever happens, so that nobody waits for a reader that is gone.
                        let _closing = queue.closing(part);
                        queue.put(part, read(&*file, &range, part));
                    }
                })
            })
            .collect();
        Parts { queue, next: 0, parts, readers }
    }

    /// The next part, behind [`ROOM`] bytes of no meaning; none at the end.
    pub fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.next == self.parts {
            return Ok(None);
        }
        let part = self.queue.next(self.next);
        self.next += 1;
        part.transpose()?
            .map_or_else(|| Err(io::Error::other("a thread that read it is gone")), |p| Ok(Some(p)))
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.queue.stop();
        for reader in self.readers.drain(..) {
            // One that broke off has told so where its part was missing.
            let _ = reader.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(bytes: usize) -> (Vec<u8>, Arc<dyn Temporary>) {
        let all: Vec<u8> = (0..bytes).map(|i| (i / 7 + i / 1001) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&all).unwrap();
        (all, Arc::new(file))
    }

    #[test]
    fn parts_come_in_the_order_of_the_file() {
        let (all, file) = file(3 * PART + 5);
        for threads in [1, 2, 20] {
            for range in [0..all.len(), 4096..all.len(), 9..9, 7..2 * PART + 7] {
                let mut parts = Parts::new(&file, range.start as u64..range.end as u64, threads);
                let mut read = Vec::new();
                while let Some(part) = parts.next().unwrap() {
                    read.extend_from_slice(&part[ROOM..]);
                }
                assert!(read == all[range.clone()], "{range:?} by {threads} threads");
                assert!(parts.next().unwrap().is_none());
            }
        }
    }

    #[test]
    fn a_file_that_got_shorter_is_an_error() {
        let (all, file) = file(PART + 5);
        let mut parts = Parts::new(&file, 0..all.len() as u64 + 1, 2);
        assert!(parts.next().unwrap().is_some());
        assert_eq!(parts.next().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn readers_end_where_nobody_takes_what_they_read() {
        let (all, file) = file(9 * PART);
        let mut parts = Parts::new(&file, 0..all.len() as u64, 2);
        assert!(parts.next().unwrap().is_some());
        drop(parts);
        assert_eq!(Arc::strong_count(&file), 1);
    }
}

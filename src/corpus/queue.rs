//! Messages of several reading threads, a file each, handed on in the order of the files.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Hands files to readers, and their messages to one taker. No reader runs further ahead of the taker than twice the
/// number of readers, and none holds more than a few messages.
pub struct Queue<T> {
    files: usize,
    readers: usize,
    /// Messages of a file that wait at most.
    waiting: usize,
    state: Mutex<State<T>>,
    changed: Condvar,
}

/// A file that a reader has.
pub struct Closing<'a, T> {
    queue: &'a Queue<T>,
    file: usize,
}

impl<T> Drop for Closing<'_, T> {
    fn drop(&mut self) {
        if let Some((_, closed)) = self.queue.lock().open.get_mut(&self.file) {
            *closed = true;
        }
        self.queue.changed.notify_all();
    }
}

struct State<T> {
    /// The next file that no reader has.
    next: usize,
    /// The file whose messages are taken.
    current: usize,
    open: BTreeMap<usize, (VecDeque<T>, bool)>,
    stopped: bool,
}

impl<T> Queue<T> {
    /// For so many files and readers, and so many messages that wait a file.
    pub fn new(files: usize, readers: usize, waiting: usize) -> Queue<T> {
        let state = State { next: 0, current: 0, open: BTreeMap::new(), stopped: false };
        Queue { files, readers, waiting, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// How many readers it is for.
    pub fn readers(&self) -> usize {
        self.readers
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// The next file to read; none where all are taken, or the taker stopped.
    pub fn take(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.stopped || state.next >= self.files {
                return None;
            }
            if state.next < state.current + 2 * self.readers {
                let file = state.next;
                state.next += 1;
                state.open.insert(file, (VecDeque::new(), false));
                self.changed.notify_all();
                return Some(file);
            }
            state = self.wait(state);
        }
    }

    /// Whether it is this file whose messages are taken.
    pub fn is_taken(&self, file: usize) -> bool {
        self.lock().current == file
    }

    /// Hands on a message of a file; false where nobody takes it any more.
    pub fn put(&self, file: usize, message: T) -> bool {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return false;
            }
            match state.open.get_mut(&file) {
                Some((messages, _)) if messages.len() < self.waiting => {
                    messages.push_back(message);
                    self.changed.notify_all();
                    return true;
                }
                Some(_) => state = self.wait(state),
                None => return false,
            }
        }
    }

    /// Says, when it is dropped, that a file has no more messages.
    pub fn closing(&self, file: usize) -> Closing<'_, T> {
        Closing { queue: self, file }
    }

    /// The next message of a file; none where it has no more. Files are asked for in order.
    pub fn next(&self, file: usize) -> Option<T> {
        let mut state = self.lock();
        if state.current != file {
            let current = state.current;
            state.open.remove(&current);
            state.current = file;
            self.changed.notify_all();
        }
        loop {
            if let Some((messages, closed)) = state.open.get_mut(&file) {
                if let Some(message) = messages.pop_front() {
                    self.changed.notify_all();
                    return Some(message);
                }
                if *closed {
                    return None;
                }
            }
            state = self.wait(state);
        }
    }

    /// Lets the readers end.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Stops when it is dropped, so that readers do not wait for a taker that is gone.
    pub fn stopping(&self) -> Stopping<'_, T> {
        Stopping(self)
    }
}

/// See [`Queue::stopping`].
pub struct Stopping<'a, T>(&'a Queue<T>);

impl<T> Drop for Stopping<'_, T> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_in_the_order_of_files_whoever_is_first() {
        for readers in [1, 2, 5] {
            let queue = Queue::new(20, readers, 4);
            let taken: Vec<usize> = std::thread::scope(|scope| {
                for _ in 0..readers {
                    scope.spawn(|| {
                        while let Some(file) = queue.take() {
                            // The first of a window take longest.
                            std::thread::sleep(std::time::Duration::from_micros(((20 - file) * 50) as u64));
                            let _closing = queue.closing(file);
                            (0..file % 7).for_each(|n| assert!(queue.put(file, file * 10 + n)));
                        }
                    });
                }
                (0..20).flat_map(|file| std::iter::from_fn(|| queue.next(file)).collect::<Vec<_>>()).collect()
            });
            let wanted: Vec<usize> = (0..20).flat_map(|f| (0..f % 7).map(move |n| f * 10 + n)).collect();
            assert_eq!(taken, wanted);
        }
    }

    #[test]
    fn a_taker_that_stops_lets_the_readers_end() {
        let queue = Queue::new(3, 1, 4);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while let Some(file) = queue.take() {
                    while queue.put(file, 1) {}
                }
            });
            assert_eq!(queue.next(0), Some(1));
            queue.stop();
        });
    }
}

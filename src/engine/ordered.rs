//! Work that is done in parallel and taken in order, a few pieces ahead.

use crate::error::Result;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvError, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often a thread of the pool asks for a piece and for other work before it sleeps, and how long it sleeps at most.
const SPINS: usize = 100;
const LOOK_AROUND: Duration = Duration::from_millis(1);

/// Tells the taker that a piece is lost if making it panics.
struct Sending<R> {
    number: usize,
    sender: Sender<(usize, Option<R>)>,
    sent: bool,
}

impl<R> Sending<R> {
    fn send(&mut self, made: Option<R>) {
        self.sent = true;
        // Nobody takes what comes after an error.
        let _ = self.sender.send((self.number, made));
    }
}

impl<R> Drop for Sending<R> {
    fn drop(&mut self) {
        if !self.sent {
            self.send(None);
        }
    }
}

/// Makes something of each item, on all threads, and hands it on in the order of the items, on the thread that calls.
/// A few pieces a thread are made or wait at a time. `S` is scratch that threads keep from one item to the next.
///
/// Called from a thread of the pool, that thread makes pieces too; a thread outside has to be woken for each.
///
/// # Errors
/// The first error of `take`; no further items are made then.
pub fn ordered<I: Send, R: Send, S: Default + Send>(
    items: impl IntoIterator<Item = I>,
    make: impl Fn(&mut S, I) -> R + Sync,
    take: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    // While a few threads are at work one of them may be long at its piece; of many one is always about to end.
    few_ahead(items, 2 * rayon::current_num_threads() + 4, make, take)
}

/// The same with at most `ahead` pieces that are made or wait.
fn few_ahead<I: Send, R: Send, S: Default + Send>(
    items: impl IntoIterator<Item = I>,
    ahead: usize,
    make: impl Fn(&mut S, I) -> R + Sync,
    mut take: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let (sender, receiver) = channel();
    let scratches: Mutex<Vec<S>> = Mutex::new(Vec::new());
    let pool = || scratches.lock().unwrap_or_else(PoisonError::into_inner);
    let (make, pool) = (&make, &pool);
    rayon::in_place_scope_fifo(|scope| {
        let mut items = items.into_iter().enumerate();
        let mut waiting: BTreeMap<usize, Option<R>> = BTreeMap::new();
        let (mut begun, mut taken) = (0, 0);
        loop {
            while begun - taken < ahead.max(1) {
                let Some((number, item)) = items.next() else { break };
                let mut sending = Sending { number, sender: sender.clone(), sent: false };
                scope.spawn_fifo(move |_| {
                    let mut scratch = pool().pop().unwrap_or_default();
                    let made = make(&mut scratch, item);
                    pool().push(scratch);
                    sending.send(Some(made));
                });
                begun += 1;
            }
            if begun == taken {
                return Ok(());
            }
            let made = loop {
                if let Some(made) = waiting.remove(&taken) {
                    break made;
                }
                match next(&receiver) {
                    Ok((number, made)) => _ = waiting.insert(number, made),
                    Err(RecvError) => break None,
                }
            };
            taken += 1;
            match made {
                Some(made) => take(made)?,
                // It panicked, and so will the scope when all are done.
                None => return Ok(()),
            }
        }
    })
}

/// The next message; a thread of the pool does other work while it waits, for there may be no other thread.
fn next<T>(receiver: &Receiver<T>) -> std::result::Result<T, RecvError> {
    if rayon::current_thread_index().is_none() {
        return receiver.recv();
    }
    let mut idle = 0;
    loop {
        match receiver.try_recv() {
            Ok(message) => return Ok(message),
            Err(TryRecvError::Disconnected) => return Err(RecvError),
            Err(TryRecvError::Empty) if rayon::yield_now() == Some(rayon::Yield::Executed) => idle = 0,
            Err(TryRecvError::Empty) if idle < SPINS => {
                idle += 1;
                std::thread::yield_now();
            }
            // The others are long at their pieces, and may have work for this thread now and then.
            Err(TryRecvError::Empty) => match receiver.recv_timeout(LOOK_AROUND) {
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Disconnected) => return Err(RecvError),
                Err(RecvTimeoutError::Timeout) => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn squares(ahead: usize, until: u64) -> (Vec<u64>, Result<()>) {
        let mut taken = Vec::new();
        let result = few_ahead(
            0..500u64,
            ahead,
            |calls: &mut u64, i| {
                *calls += 1;
                std::thread::sleep(std::time::Duration::from_micros(i * 7 % 50));
                i * i
            },
            |square| {
                taken.push(square);
                if square == until { Err(Error::Interrupted) } else { Ok(()) }
            },
        );
        (taken, result)
    }

    #[test]
    fn pieces_come_in_order_on_any_thread() {
        let all: Vec<u64> = (0..500).map(|i| i * i).collect();
        for ahead in [1, 3, 1000] {
            assert_eq!(squares(ahead, u64::MAX).0, all);
            let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
            assert_eq!(one.install(|| squares(ahead, u64::MAX).0), all);
        }
    }

    #[test]
    fn nothing_is_taken_after_an_error() {
        let (taken, result) = squares(8, 49);
        assert_eq!(taken, [0, 1, 4, 9, 16, 25, 36, 49]);
        assert!(matches!(result, Err(Error::Interrupted)));
    }
}

//! Tables that are looked up at random, and are larger than caches.
//!
//! Nearly each look at such a table asks for a page that the processor has not in mind, and to find it takes as long as the
//! look itself, on a virtual machine several times as long. In large pages there are few to keep in mind.

use rayon::prelude::*;
use std::mem::MaybeUninit;

/// Slots that a thread fills at least.
const FILLED: usize = 1 << 16;

/// A table of so many empty slots, in large pages where the system has them.
pub fn table<T: Default + Send>(slots: usize) -> Vec<T> {
    let mut table = Vec::with_capacity(slots);
    ask_for_large_pages(table.spare_capacity_mut());
    table.par_extend((0..slots).into_par_iter().with_min_len(FILLED).map(|_| T::default()));
    table
}

/// Asks for what is looked at soon, so that it has come by then. Where the processor has no such word nothing is asked for.
#[inline(always)]
#[allow(unsafe_code)]
pub fn ask_for<T>(at: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint about memory that is borrowed here, which it does not change.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(at).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

#[cfg(not(target_os = "linux"))]
fn ask_for_large_pages<T>(_: &mut [MaybeUninit<T>]) {}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn ask_for_large_pages<T>(memory: &mut [MaybeUninit<T>]) {
    use rustix::mm::{Advice, madvise};
    /// Their size on most machines; where they are larger, fewer parts of the memory get them.
    const PAGE: usize = 1 << 21;
    let bytes = size_of_val(memory);
    let memory = memory.as_mut_ptr().cast::<u8>();
    let skipped = memory.align_offset(PAGE);
    if bytes < 2 * PAGE || skipped > bytes {
        return;
    }
    let whole = (bytes - skipped) / PAGE * PAGE;
    // SAFETY: `whole` bytes from `skipped` on lie within the memory that is borrowed here, and this advice changes none of them.
    // A system that does not take it goes on with small pages.
    let _ = unsafe { madvise(memory.add(skipped).cast(), whole, Advice::LinuxHugepage) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn all_slots_are_empty() {
        for slots in [0, 1, 1000, 1 << 18, (1 << 20) + 1] {
            let table: Vec<AtomicU64> = table(slots);
            assert_eq!(table.len(), slots);
            assert!(table.iter().all(|slot| slot.swap(1, Ordering::Relaxed) == 0));
        }
    }
}

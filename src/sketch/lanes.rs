//! The inner loop of MinHash, for the widest vectors that the processor has.

use crate::simd::{self, Kernel};

/// Lanes come in multiples of this: a vector of the widest kind.
pub const WIDTH: usize = 16;

struct Update<'a> {
    values: &'a [u32],
    odd: &'a [u32],
    seeds: &'a [u32],
    mins: &'a mut [u32],
}

impl Kernel for Update<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Update { values, odd, seeds, mins } = self;
        let wide = mins.len() / (4 * WIDTH) * (4 * WIDTH);
        update_blocks::<{ 4 * WIDTH }>(values, &odd[..wide], &seeds[..wide], &mut mins[..wide]);
        update_blocks::<WIDTH>(values, &odd[wide..], &seeds[wide..], &mut mins[wide..]);
    }
}

/// The lanes of a block stay in registers while all values pass.
#[inline(always)]
fn update_blocks<const BLOCK: usize>(values: &[u32], odd: &[u32], seeds: &[u32], mins: &mut [u32]) {
    let blocks = mins.as_chunks_mut::<BLOCK>().0.iter_mut();
    for ((mins, odd), seeds) in blocks.zip(odd.as_chunks::<BLOCK>().0).zip(seeds.as_chunks::<BLOCK>().0) {
        let mut lane = *mins;
        for &x in values {
            for k in 0..BLOCK {
                lane[k] = lane[k].min((x ^ seeds[k]).wrapping_mul(odd[k]));
            }
        }
        *mins = lane;
    }
}

/// Lowers every lane of `mins` to the permuted `values` where these are smaller: lane k permutes x to
/// `(x ^ seeds[k]) * odd[k]` modulo 2^32, a bijection of the 32-bit values. All slices have the same length, a
/// multiple of [`WIDTH`].
pub fn update(values: &[u32], odd: &[u32], seeds: &[u32], mins: &mut [u32]) {
    simd::run(Update { values, odd, seeds, mins });
}

/// The same in the portable form, to measure against.
pub fn update_scalar(values: &[u32], odd: &[u32], seeds: &[u32], mins: &mut [u32]) {
    Update { values, odd, seeds, mins }.run();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn vectors_and_scalar_agree(values in prop::collection::vec(any::<u32>(), 0..50), blocks in 1usize..10) {
            let lanes = blocks * WIDTH;
            let odd: Vec<u32> = (0..lanes as u32).map(|k| k.wrapping_mul(0x9e37_79b9) | 1).collect();
            let seeds: Vec<u32> = (0..lanes as u32).map(|k| k.wrapping_mul(0x85eb_ca6b)).collect();
            let (mut fast, mut twin) = (vec![u32::MAX; lanes], vec![u32::MAX; lanes]);
            update(&values, &odd, &seeds, &mut fast);
            for &x in &values {
                for k in 0..lanes {
                    twin[k] = twin[k].min((x ^ seeds[k]).wrapping_mul(odd[k]));
                }
            }
            prop_assert_eq!(&fast, &twin);
        }
    }
}

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
#[allow(unsafe_code)]
pub fn update(values: &[u32], odd: &[u32], seeds: &[u32], mins: &mut [u32]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor was just found to have AVX-512F, all that the callee needs.
        return unsafe { update_avx512(values, (odd, seeds), mins) };
    }
    simd::run(Update { values, odd, seeds, mins });
}

/// The same with as many lanes in registers as there are registers for. Of a block of few lanes compilers make no such code.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn update_avx512(values: &[u32], (odd, seeds): (&[u32], &[u32]), mins: &mut [u32]) {
    let (odd, seeds, mins) =
        (odd.as_chunks::<WIDTH>().0, seeds.as_chunks::<WIDTH>().0, mins.as_chunks_mut::<WIDTH>().0);
    let at = vectors_avx512::<8>(values, (odd, seeds), mins, 0);
    let at = vectors_avx512::<4>(values, (odd, seeds), mins, at);
    vectors_avx512::<1>(values, (odd, seeds), mins, at);
}

/// Lowers the vectors of lanes from `at` on, so many together, and tells where those begin that are left.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
#[inline]
#[allow(unsafe_code)]
fn vectors_avx512<const TOGETHER: usize>(
    values: &[u32],
    (odd, seeds): (&[[u32; WIDTH]], &[[u32; WIDTH]]),
    mins: &mut [[u32; WIDTH]],
    mut at: usize,
) -> usize {
    use std::arch::x86_64::{
        __m512i, _mm512_loadu_si512, _mm512_min_epu32, _mm512_mullo_epi32, _mm512_set1_epi32,
        _mm512_storeu_si512, _mm512_xor_si512,
    };
    // SAFETY: the load needs no alignment, and reads the 64 bytes of these lanes.
    let load = |lanes: &[u32; WIDTH]| -> __m512i { unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) } };
    while let (Some(odd), Some(seeds), Some(mins)) = (
        odd.get(at..).and_then(<[_]>::first_chunk::<TOGETHER>),
        seeds.get(at..).and_then(<[_]>::first_chunk::<TOGETHER>),
        mins.get_mut(at..).and_then(<[_]>::first_chunk_mut::<TOGETHER>),
    ) {
        let mut lanes: [__m512i; TOGETHER] = [_mm512_set1_epi32(0); TOGETHER];
        let (mut factors, mut masks) = (lanes, lanes);
        for i in 0..TOGETHER {
            (lanes[i], factors[i], masks[i]) = (load(&mins[i]), load(&odd[i]), load(&seeds[i]));
        }
        for &value in values {
            let x = _mm512_set1_epi32(value as i32);
            for i in 0..TOGETHER {
                let permuted = _mm512_mullo_epi32(_mm512_xor_si512(x, masks[i]), factors[i]);
                lanes[i] = _mm512_min_epu32(lanes[i], permuted);
            }
        }
        for (mins, lanes) in mins.iter_mut().zip(lanes) {
            // SAFETY: the store needs no alignment, and writes the 64 bytes of these lanes.
            unsafe { _mm512_storeu_si512(mins.as_mut_ptr().cast(), lanes) };
        }
        at += TOGETHER;
    }
    at
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
            // What processors without AVX-512 run.
            let (mut portable, mut vectors) = (vec![u32::MAX; lanes], vec![u32::MAX; lanes]);
            update_scalar(&values, &odd, &seeds, &mut portable);
            simd::run(Update { values: &values, odd: &odd, seeds: &seeds, mins: &mut vectors });
            for &x in &values {
                for k in 0..lanes {
                    twin[k] = twin[k].min((x ^ seeds[k]).wrapping_mul(odd[k]));
                }
            }
            prop_assert_eq!(&fast, &twin);
            prop_assert_eq!(&portable, &twin);
            prop_assert_eq!(&vectors, &twin);
        }
    }
}

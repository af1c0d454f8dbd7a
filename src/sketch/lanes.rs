//! The inner loop of MinHash, for the widest vectors that the processor has.
//!
//! The only unsafe code of the crate: calls to functions compiled for AVX2 and AVX-512 after the processor was
//! asked whether it has them. [`update_scalar`] is the twin that they are tested against.

/// Lanes come in multiples of this: a vector of the widest kind.
pub const WIDTH: usize = 16;

/// Lowers every lane of `mins` to the permuted `values` where these are smaller: lane k permutes x to
/// `(x ^ seeds[k]) * odd[k]` modulo 2^32, a bijection of the 32-bit values.
#[inline(always)]
fn update_body(values: &[u32], odd: &[u32], seeds: &[u32], mins: &mut [u32]) {
    let wide = mins.len() / (4 * WIDTH) * (4 * WIDTH);
    update_blocks::<{ 4 * WIDTH }>(values, &odd[..wide], &seeds[..wide], &mut mins[..wide]);
    update_blocks::<WIDTH>(values, &odd[wide..], &seeds[wide..], &mut mins[wide..]);
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

/// The portable form.
pub fn update_scalar(values: &[u32], odd: &[u32], seeds: &[u32], mins: &mut [u32]) {
    update_body(values, odd, seeds, mins);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn update_avx2(values: &[u32], odd: &[u32], seeds: &[u32], mins: &mut [u32]) {
    update_body(values, odd, seeds, mins);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn update_avx512(values: &[u32], odd: &[u32], seeds: &[u32], mins: &mut [u32]) {
    update_body(values, odd, seeds, mins);
}

/// The fastest form that this processor can run; all give the same lanes. All slices have the same length, a
/// multiple of [`WIDTH`].
#[allow(unsafe_code)]
pub fn update(values: &[u32], odd: &[u32], seeds: &[u32], mins: &mut [u32]) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor was just found to have AVX-512F, all that the callee needs.
            return unsafe { update_avx512(values, odd, seeds, mins) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor was just found to have AVX2, all that the callee needs.
            return unsafe { update_avx2(values, odd, seeds, mins) };
        }
    }
    update_scalar(values, odd, seeds, mins);
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

//! Trees over blocks of 32 units, for AVX2 and AVX-512 where the processor has them.
//!
//! In: columns of features, what is asked of them, trees. Out: for each unit what the trees add up to, and the leaves
//! that it reached. With `simd` and `text/masks` the only unsafe kernels of the crate: calls of what was compiled for AVX2 and
//! AVX-512 after the processor was asked whether it has them, and loads and stores of whole arrays. The portable forms are
//! the twins that the others are tested against.

/// Units a block: the 16-bit lanes of the widest vector.
pub const BLOCK: usize = 32;
/// Units that narrower vectors do at once.
const HALF: usize = BLOCK / 2;
/// Leaves that the bits of a lane can tell apart.
pub const LEAVES: usize = 16;

/// A bit for each leaf of a tree, for each unit of a block.
pub type Lanes = [u16; BLOCK];

/// What the tests on a block said, as whoever adds up reads it.
#[derive(Debug, Default)]
pub struct Kept {
    /// For each test a bit a unit: whether the left side of a node stays.
    #[cfg(target_arch = "x86_64")]
    masks: Vec<u32>,
    /// For each half of the block and each test a lane a unit: all bits where the left side stays.
    lanes: [Vec<[u16; HALF]>; 2],
}

/// What is asked of an input; several nodes may ask the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// Where the input of the first unit stands in the columns of a block.
    pub at: usize,
    /// Whether it is no more than this.
    pub split: f32,
}

/// A node of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// Place of its test.
    test: u32,
    /// The leaves that are left where the input is above the split, twice.
    right: u32,
}

impl Node {
    /// A node with a test, and the leaves that are left where the input is above its split.
    pub fn new(test: usize, right: u16) -> Node {
        Node { test: test as u32, right: u32::from(right) * 0x1_0001 }
    }
}

/// A tree whose leaves are bits, left to right.
#[derive(Debug, Clone)]
pub struct Bits {
    /// All nodes, in any order.
    pub nodes: Vec<Node>,
    /// What each leaf adds.
    pub leaves: [f32; LEAVES],
}

/// Makes all tests on the units of a block.
pub fn test(tests: &[Test], columns: &[f32], kept: &mut Kept) {
    #[cfg(target_arch = "x86_64")]
    if has_avx512() {
        kept.masks.resize(tests.len(), 0);
        // SAFETY: the processor was just found to have AVX-512F and AVX-512BW, all that the callee needs.
        #[allow(unsafe_code)]
        return unsafe { avx512::test(tests, columns, &mut kept.masks) };
    }
    for (half, kept) in kept.lanes.iter_mut().enumerate() {
        kept.resize(tests.len(), [0; HALF]);
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor was just found to have AVX2, all that the callee needs.
            #[allow(unsafe_code)]
            unsafe {
                avx2::test(tests, &columns[half * HALF..], kept)
            };
            continue;
        }
        test_portable(tests, &columns[half * HALF..], kept);
    }
}

fn test_portable(tests: &[Test], columns: &[f32], kept: &mut [[u16; HALF]]) {
    for (test, kept) in tests.iter().zip(kept) {
        for (kept, &input) in kept.iter_mut().zip(inputs::<HALF>(columns, test)) {
            *kept = u16::from(input > test.split).wrapping_sub(1);
        }
    }
}

fn inputs<'a, const UNITS: usize>(columns: &'a [f32], test: &Test) -> &'a [f32; UNITS] {
    columns[test.at..].first_chunk().expect("columns have a value for each unit")
}

/// Adds what the trees say of the units of a block, and tells the leaf that each unit reaches: the first that is left.
pub fn add_up(trees: &[Bits], kept: &Kept, sums: &mut [f32; BLOCK], left: &mut [Lanes]) {
    #[cfg(target_arch = "x86_64")]
    if has_avx512() {
        // SAFETY: the processor was just found to have AVX-512F and AVX-512BW, all that the callee needs.
        #[allow(unsafe_code)]
        return unsafe { avx512::add_up(trees, &kept.masks, sums, left) };
    }
    for (half, (kept, sums)) in kept.lanes.iter().zip(sums.as_chunks_mut().0).enumerate() {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor was just found to have AVX2, all that the callee needs.
            #[allow(unsafe_code)]
            unsafe {
                avx2::add_up(trees, kept, sums, (left, half))
            };
            continue;
        }
        add_up_portable(trees, kept, sums, (left, half));
    }
}

fn add_up_portable(
    trees: &[Bits],
    kept: &[[u16; HALF]],
    sums: &mut [f32; HALF],
    (left, half): (&mut [Lanes], usize),
) {
    for (tree, left) in trees.iter().zip(left) {
        let left = &mut left.as_chunks_mut::<HALF>().0[half];
        *left = [u16::MAX; HALF];
        for node in &tree.nodes {
            for (left, kept) in left.iter_mut().zip(&kept[node.test as usize]) {
                *left &= node.right as u16 | kept;
            }
        }
        for (sum, left) in sums.iter_mut().zip(left) {
            *sum += tree.leaves[leaf(*left)];
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")
}

/// The leaf that is reached where these are left.
pub fn leaf(left: u16) -> usize {
    left.trailing_zeros() as usize % LEAVES
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{BLOCK, Bits, Lanes, Test, inputs};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn test(tests: &[Test], columns: &[f32], kept: &mut [u32]) {
        for (test, kept) in tests.iter().zip(kept) {
            let [low, high] = load(inputs(columns, test)).map(|input| {
                let split = _mm512_set1_ps(test.split);
                u32::from(_mm512_cmp_ps_mask::<_CMP_NGT_UQ>(input, split))
            });
            *kept = low | high << 16;
        }
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn add_up(trees: &[Bits], kept: &[u32], sums: &mut [f32; BLOCK], left: &mut [Lanes]) {
        let all = _mm512_set1_epi16(-1);
        let [mut low, mut high] = load(sums);
        for (tree, reached) in trees.iter().zip(left) {
            let mut left = all;
            for node in &tree.nodes {
                let right = _mm512_set1_epi32(node.right as i32);
                let stays = kept[node.test as usize];
                left = _mm512_and_si512(left, _mm512_mask_mov_epi16(right, stays, all));
            }
            store_lanes(reached, left);
            let first = _mm512_and_si512(left, _mm512_sub_epi16(_mm512_setzero_si512(), left));
            let leaves = load_leaves(&tree.leaves);
            low = _mm512_add_ps(low, pick(leaves, _mm512_castsi512_si256(first)));
            high = _mm512_add_ps(high, pick(leaves, _mm512_extracti64x4_epi64::<1>(first)));
        }
        store(sums, [low, high]);
    }

    /// Of sixteen numbers that of each of sixteen bits: the exponent of a power of two is the number of its bit.
    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    fn pick(leaves: __m512, bit: __m256i) -> __m512 {
        let power = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(bit));
        let exponent = _mm512_srli_epi32::<23>(_mm512_castps_si512(power));
        _mm512_permutexvar_ps(_mm512_sub_epi32(exponent, _mm512_set1_epi32(127)), leaves)
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    #[allow(unsafe_code)]
    fn load_leaves(leaves: &[f32; 16]) -> __m512 {
        // SAFETY: an array of 64 bytes is read, from wherever it lies.
        unsafe { _mm512_loadu_ps(leaves.as_ptr()) }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    #[allow(unsafe_code)]
    fn store_lanes(out: &mut Lanes, lanes: __m512i) {
        // SAFETY: an array of 64 bytes is written, wherever it lies.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), lanes) }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    #[allow(unsafe_code)]
    fn load(lanes: &[f32; BLOCK]) -> [__m512; 2] {
        // SAFETY: the two halves of an array of 128 bytes are read, from wherever it lies.
        unsafe { [_mm512_loadu_ps(lanes.as_ptr()), _mm512_loadu_ps(lanes.as_ptr().add(BLOCK / 2))] }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    #[allow(unsafe_code)]
    fn store(out: &mut [f32; BLOCK], [low, high]: [__m512; 2]) {
        // SAFETY: the two halves of an array of 128 bytes are written, wherever it lies.
        unsafe {
            _mm512_storeu_ps(out.as_mut_ptr(), low);
            _mm512_storeu_ps(out.as_mut_ptr().add(BLOCK / 2), high);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Bits, HALF, Lanes, Test, inputs};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2")]
    pub fn test(tests: &[Test], columns: &[f32], kept: &mut [[u16; HALF]]) {
        for (test, kept) in tests.iter().zip(kept) {
            let [low, high] = load_floats(inputs(columns, test));
            let split = _mm256_set1_ps(test.split);
            let stays = |input| _mm256_castps_si256(_mm256_cmp_ps::<_CMP_NGT_UQ>(input, split));
            store(kept, in_order(_mm256_packs_epi32(stays(low), stays(high))));
        }
    }

    #[target_feature(enable = "avx2")]
    pub fn add_up(
        trees: &[Bits],
        kept: &[[u16; HALF]],
        sums: &mut [f32; HALF],
        (left, half): (&mut [Lanes], usize),
    ) {
        let [mut low, mut high] = load_floats(sums);
        for (tree, reached) in trees.iter().zip(left) {
            let mut left = _mm256_set1_epi16(-1);
            for node in &tree.nodes {
                let right = _mm256_set1_epi32(node.right as i32);
                let stays = load(&kept[node.test as usize]);
                left = _mm256_and_si256(left, _mm256_or_si256(right, stays));
            }
            store(&mut reached.as_chunks_mut().0[half], left);
            let zero = _mm256_setzero_si256();
            let first = in_order(_mm256_and_si256(left, _mm256_sub_epi16(zero, left)));
            let leaves = load_floats(&tree.leaves);
            low = _mm256_add_ps(low, pick(leaves, _mm256_unpacklo_epi16(first, zero)));
            high = _mm256_add_ps(high, pick(leaves, _mm256_unpackhi_epi16(first, zero)));
        }
        store_floats(sums, [low, high]);
    }

    /// Of sixteen numbers that of each of eight bits: the exponent of a power of two is the number of its bit.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn pick([first, second]: [__m256; 2], bit: __m256i) -> __m256 {
        let exponent = _mm256_srli_epi32::<23>(_mm256_castps_si256(_mm256_cvtepi32_ps(bit)));
        let number = _mm256_sub_epi32(exponent, _mm256_set1_epi32(127));
        let is_second = _mm256_castsi256_ps(_mm256_cmpgt_epi32(bit, _mm256_set1_epi32(0xff)));
        let [first, second] = [first, second].map(|half| _mm256_permutevar8x32_ps(half, number));
        _mm256_blendv_ps(first, second, is_second)
    }

    /// The second and the third quarter changed: from how halves are packed to the order of units, and back.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn in_order(lanes: __m256i) -> __m256i {
        _mm256_permute4x64_epi64::<0b11_01_10_00>(lanes)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    #[allow(unsafe_code)]
    fn load(lanes: &[u16; HALF]) -> __m256i {
        // SAFETY: an array of 32 bytes is read, from wherever it lies.
        unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    #[allow(unsafe_code)]
    fn store(out: &mut [u16; HALF], lanes: __m256i) {
        // SAFETY: an array of 32 bytes is written, wherever it lies.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), lanes) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    #[allow(unsafe_code)]
    fn load_floats(lanes: &[f32; HALF]) -> [__m256; 2] {
        // SAFETY: the two halves of an array of 64 bytes are read, from wherever it lies.
        unsafe { [_mm256_loadu_ps(lanes.as_ptr()), _mm256_loadu_ps(lanes.as_ptr().add(HALF / 2))] }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    #[allow(unsafe_code)]
    fn store_floats(out: &mut [f32; HALF], [low, high]: [__m256; 2]) {
        // SAFETY: the two halves of an array of 64 bytes are written, wherever it lies.
        unsafe {
            _mm256_storeu_ps(out.as_mut_ptr(), low);
            _mm256_storeu_ps(out.as_mut_ptr().add(HALF / 2), high);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What [`test`] and [`add_up`] do, by others than those that they choose.
    #[allow(unsafe_code)]
    fn halves(avx2: bool, tests: &[Test], columns: &[f32], trees: &[Bits]) -> ([f32; BLOCK], Vec<Lanes>) {
        let (mut sums, mut left) = ([0.25; BLOCK], vec![[0; BLOCK]; trees.len()]);
        for (half, sums) in sums.as_chunks_mut().0.iter_mut().enumerate() {
            let (mut kept, columns) = (vec![[7; HALF]; tests.len()], &columns[half * HALF..]);
            #[cfg(target_arch = "x86_64")]
            if avx2 {
                // SAFETY: the caller asked the processor.
                unsafe {
                    avx2::test(tests, columns, &mut kept);
                    avx2::add_up(trees, &kept, sums, (&mut left, half));
                }
                continue;
            }
            test_portable(tests, columns, &mut kept);
            add_up_portable(trees, &kept, sums, (&mut left, half));
        }
        (sums, left)
    }

    proptest! {
        #[test]
        fn vectors_say_what_the_portable_forms_say(seed in any::<u64>()) {
            let mut rng = fastrand::Rng::with_seed(seed);
            let value = |rng: &mut fastrand::Rng| [0.0, -0.0, 0.5, 1.0, f32::NAN, -3.0, 4.0][rng.usize(0..7)];
            let columns: Vec<f32> = (0..120).map(|_| value(&mut rng)).collect();
            let tests: Vec<Test> = (0..40).map(|_| Test { at: rng.usize(0..80), split: value(&mut rng) }).collect();
            let node = |rng: &mut fastrand::Rng| Node::new(rng.usize(0..40), rng.u16(..) | 0x8000);
            let tree = |rng: &mut fastrand::Rng| Bits {
                nodes: (0..rng.usize(0..16)).map(|_| node(rng)).collect(),
                leaves: std::array::from_fn(|_| rng.f32()),
            };
            let trees: Vec<Bits> = (0..9).map(|_| tree(&mut rng)).collect();
            let twin = halves(false, &tests, &columns, &trees);
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                prop_assert_eq!(&halves(true, &tests, &columns, &trees), &twin);
            }
            let (mut kept, mut sums, mut left) = (Kept::default(), [0.25; BLOCK], vec![[0; BLOCK]; 9]);
            test(&tests, &columns, &mut kept);
            add_up(&trees, &kept, &mut sums, &mut left);
            prop_assert_eq!((sums, left), twin);
        }
    }
}

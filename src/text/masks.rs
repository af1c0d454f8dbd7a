//! The classes of 64 bytes of ASCII at once, a bit a byte, for the widest vectors that the processor has.
//!
//! With `simd`, `sketch/lanes` and `judge/blocks` the only unsafe kernels of the crate: the calls of what was compiled for AVX2 and AVX-512
//! after the processor was asked whether it has them, and the loads of a block. [`Masks::of_scalar`] is the twin that the
//! vectors are tested against.

/// What is done with masks: compiled once for each way to make them, so that `run` is to be `#[inline(always)]`.
pub trait Kernel {
    /// What comes out.
    type Output;
    /// Does it, with `masks` for the blocks that it wants to know of, and `places` as [`places_scalar`].
    fn run(
        self,
        masks: impl Fn(&[u8; BLOCK]) -> Masks,
        places: impl Fn(u64, u32, &mut [u32; BLOCK]),
    ) -> Self::Output;
}

/// The places of the bits that are set, from `base` on, at the beginning of `out`. What stands behind them there is lost.
pub fn places_scalar(mut bits: u64, base: u32, out: &mut [u32; BLOCK]) {
    for place in &mut out[..bits.count_ones() as usize] {
        *place = base + bits.trailing_zeros();
        bits &= bits - 1;
    }
}

/// The same, sixteen at a time.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,popcnt")]
#[inline]
#[allow(unsafe_code)]
fn places_avx512(bits: u64, base: u32, out: &mut [u32; BLOCK]) {
    use std::arch::x86_64::{
        _mm512_add_epi32, _mm512_maskz_compress_epi32, _mm512_set1_epi32, _mm512_setr_epi32,
        _mm512_storeu_si512,
    };
    const LANES: usize = 16;
    let mut numbers = _mm512_add_epi32(
        _mm512_set1_epi32(base as i32),
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    );
    let mut at = 0;
    for part in 0..BLOCK / LANES {
        let bits = (bits >> (LANES * part)) as u16;
        if let Some(lanes) = out.get_mut(at..at + LANES) {
            // SAFETY: the store needs no alignment, and writes the 64 bytes of these sixteen numbers.
            unsafe {
                _mm512_storeu_si512(lanes.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(bits, numbers))
            };
        }
        at += bits.count_ones() as usize;
        numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(LANES as i32));
    }
}

/// Runs `kernel` in the fastest form that this processor can run; all give the same masks.
#[inline]
#[allow(unsafe_code)]
pub fn run<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("popcnt")
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
            // SAFETY: the processor was just found to have all that the callee was compiled for.
            return unsafe { run_avx512(kernel) };
        }
        // SAFETY: the processor was just found to have all that the callee was compiled for.
        return unsafe { run_avx2(kernel) };
    }
    kernel.run(Masks::of_scalar, places_scalar)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi1,bmi2,popcnt")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(|block| Masks::of_avx512(block), |bits, base, out| places_avx512(bits, base, out))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(|block| Masks::of_avx2(block), places_scalar)
}

/// Bytes a block.
pub const BLOCK: usize = 64;

/// Bit i of each mask tells of byte i of the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Masks {
    /// `A` to `Z`.
    pub upper: u64,
    /// `a` to `z`.
    pub lower: u64,
    /// `0` to `9`.
    pub digit: u64,
    /// Space, tab, line feed, carriage return.
    pub white: u64,
    /// Tab, which is white as well.
    pub tab: u64,
    /// `_`.
    pub join: u64,
    /// `:`.
    pub colon: u64,
    /// `,`.
    pub comma: u64,
    /// `;`.
    pub semicolon: u64,
    /// `.`.
    pub dot: u64,
    /// `'`.
    pub apostrophe: u64,
    /// `|`, `<`, `>`, `[`, `]`: separators of menus, but for the slash.
    pub separator: u64,
    /// `/`.
    pub slash: u64,
    /// `@`.
    pub at: u64,
    /// A small `w`.
    pub w: u64,
    /// Not ASCII.
    pub high: u64,
}

impl Masks {
    /// Those of the bytes that `inside` names.
    #[inline(always)]
    pub fn within(self, inside: u64) -> Masks {
        Masks {
            upper: self.upper & inside,
            lower: self.lower & inside,
            digit: self.digit & inside,
            white: self.white & inside,
            tab: self.tab & inside,
            join: self.join & inside,
            colon: self.colon & inside,
            comma: self.comma & inside,
            semicolon: self.semicolon & inside,
            dot: self.dot & inside,
            apostrophe: self.apostrophe & inside,
            separator: self.separator & inside,
            slash: self.slash & inside,
            at: self.at & inside,
            w: self.w & inside,
            high: self.high & inside,
        }
    }

    /// The portable form.
    pub fn of_scalar(block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks::default();
        for (i, &byte) in block.iter().enumerate() {
            let mask = match byte {
                b'A'..=b'Z' => &mut masks.upper,
                b'a'..=b'z' => &mut masks.lower,
                b'0'..=b'9' => &mut masks.digit,
                b' ' | b'\t' | b'\n' | b'\r' => &mut masks.white,
                b'_' => &mut masks.join,
                b':' => &mut masks.colon,
                b',' => &mut masks.comma,
                b';' => &mut masks.semicolon,
                b'.' => &mut masks.dot,
                b'\'' => &mut masks.apostrophe,
                b'|' | b'<' | b'>' | b'[' | b']' => &mut masks.separator,
                b'/' => &mut masks.slash,
                b'@' => &mut masks.at,
                0x80.. => &mut masks.high,
                _ => continue,
            };
            *mask |= 1 << i;
            masks.w |= u64::from(byte == b'w') << i;
            masks.tab |= u64::from(byte == b'\t') << i;
        }
        masks
    }

    /// The same with vectors.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    #[inline]
    fn of_avx2(block: &[u8; BLOCK]) -> Masks {
        use std::arch::x86_64::{
            __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_min_epu8, _mm256_movemask_epi8,
            _mm256_or_si256, _mm256_set1_epi8, _mm256_slli_epi16, _mm256_sub_epi8,
        };
        let (low, high) = halves(block);
        macro_rules! bits {
            (|$x:ident| $of:expr) => {{
                let ($x, other) = (low, high);
                let first = _mm256_movemask_epi8($of) as u32;
                let $x = other;
                u64::from(first) | u64::from(_mm256_movemask_epi8($of) as u32) << 32
            }};
        }
        let is = |x: __m256i, byte: u8| _mm256_cmpeq_epi8(x, _mm256_set1_epi8(byte as i8));
        let among = |x: __m256i, first: u8, count: u8| {
            let from_first = _mm256_sub_epi8(x, _mm256_set1_epi8(first as i8));
            _mm256_cmpeq_epi8(_mm256_min_epu8(from_first, _mm256_set1_epi8(count as i8 - 1)), from_first)
        };
        let or = |a, b| _mm256_or_si256(a, b);
        // With bit 0x20 set the two cases are one letter; the bit itself tells which.
        let folded = |x| or(x, _mm256_set1_epi8(0x20));
        let letter = bits!(|x| among(folded(x), b'a', 26));
        let small = bits!(|x| _mm256_slli_epi16::<2>(_mm256_and_si256(x, _mm256_set1_epi8(0x20))));
        Masks {
            upper: letter & !small,
            lower: letter & small,
            digit: bits!(|x| among(x, b'0', 10)),
            white: bits!(|x| or(or(is(x, b' '), is(x, b'\t')), or(is(x, b'\n'), is(x, b'\r')))),
            tab: bits!(|x| is(x, b'\t')),
            join: bits!(|x| is(x, b'_')),
            colon: bits!(|x| is(x, b':')),
            comma: bits!(|x| is(x, b',')),
            semicolon: bits!(|x| is(x, b';')),
            dot: bits!(|x| is(x, b'.')),
            apostrophe: bits!(|x| is(x, b'\'')),
            separator: bits!(|x| {
                let brackets = or(is(x, b'['), is(x, b']'));
                or(brackets, or(is(x, b'|'), or(is(x, b'<'), is(x, b'>'))))
            }),
            slash: bits!(|x| is(x, b'/')),
            at: bits!(|x| is(x, b'@')),
            w: bits!(|x| is(x, b'w')),
            high: bits!(|x| x),
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Masks {
    /// The same with vectors as wide as a block, whose comparisons are masks.
    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    fn of_avx512(block: &[u8; BLOCK]) -> Masks {
        use std::arch::x86_64::{
            _mm512_cmpeq_epi8_mask, _mm512_cmplt_epu8_mask, _mm512_movepi8_mask, _mm512_or_si512,
            _mm512_set1_epi8, _mm512_sub_epi8, _mm512_test_epi8_mask,
        };
        let x = whole(block);
        let byte = |byte: u8| _mm512_set1_epi8(byte as i8);
        let is = |b: u8| _mm512_cmpeq_epi8_mask(x, byte(b));
        // With bit 0x20 set the two cases are one letter; the bit itself tells which.
        let case = byte(0x20);
        let letter = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(_mm512_or_si512(x, case), byte(b'a')), byte(26));
        let small = _mm512_test_epi8_mask(x, case);
        let tab = is(b'\t');
        Masks {
            upper: letter & !small,
            lower: letter & small,
            digit: _mm512_cmplt_epu8_mask(_mm512_sub_epi8(x, byte(b'0')), byte(10)),
            white: is(b' ') | tab | is(b'\n') | is(b'\r'),
            tab,
            join: is(b'_'),
            colon: is(b':'),
            comma: is(b','),
            semicolon: is(b';'),
            dot: is(b'.'),
            apostrophe: is(b'\''),
            separator: is(b'[') | is(b']') | is(b'|') | is(b'<') | is(b'>'),
            slash: is(b'/'),
            at: is(b'@'),
            w: is(b'w'),
            high: _mm512_movepi8_mask(x),
        }
    }
}

/// A block as one vector.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
#[inline]
#[allow(unsafe_code)]
fn whole(block: &[u8; BLOCK]) -> std::arch::x86_64::__m512i {
    // SAFETY: the load needs no alignment, and reads the 64 bytes of the block.
    unsafe { std::arch::x86_64::_mm512_loadu_si512(block.as_ptr().cast()) }
}

/// A block as two vectors.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
#[allow(unsafe_code)]
fn halves(block: &[u8; BLOCK]) -> (std::arch::x86_64::__m256i, std::arch::x86_64::__m256i) {
    let at = block.as_ptr().cast::<std::arch::x86_64::__m256i>();
    // SAFETY: the loads need no alignment, and read the 32 + 32 bytes of the block.
    unsafe { (std::arch::x86_64::_mm256_loadu_si256(at), std::arch::x86_64::_mm256_loadu_si256(at.add(1))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct One<'b>(&'b [u8; BLOCK]);

    impl Kernel for One<'_> {
        type Output = Masks;

        fn run(
            self,
            masks: impl Fn(&[u8; BLOCK]) -> Masks,
            _: impl Fn(u64, u32, &mut [u32; BLOCK]),
        ) -> Masks {
            masks(self.0)
        }
    }

    struct Places(u64, u32);

    impl Kernel for Places {
        type Output = Vec<u32>;

        fn run(
            self,
            _: impl Fn(&[u8; BLOCK]) -> Masks,
            places: impl Fn(u64, u32, &mut [u32; BLOCK]),
        ) -> Vec<u32> {
            let mut out = [0; BLOCK];
            places(self.0, self.1, &mut out);
            out[..self.0.count_ones() as usize].to_vec()
        }
    }

    /// What [`run`] does not choose where there is better.
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code)]
    fn avx2(block: &[u8; BLOCK]) -> Masks {
        // SAFETY: the caller asked the processor.
        unsafe { Masks::of_avx2(block) }
    }

    proptest! {
        #[test]
        fn places_are_those_of_the_bits_that_are_set(
            bits in prop_oneof![any::<u64>(), Just(0), Just(u64::MAX), Just(1), Just(1 << 63)],
            base in 0u32..1 << 31,
        ) {
            let expected: Vec<u32> = (0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| base + bit).collect();
            let mut out = [7; BLOCK];
            places_scalar(bits, base, &mut out);
            prop_assert_eq!(&out[..expected.len()], &expected);
            prop_assert_eq!(run(Places(bits, base)), expected);
        }

        #[test]
        fn vectors_and_scalar_agree(bytes in prop::collection::vec(any::<u8>(), BLOCK)) {
            let block: [u8; BLOCK] = bytes.try_into().unwrap();
            prop_assert_eq!(run(One(&block)), Masks::of_scalar(&block));
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                prop_assert_eq!(avx2(&block), Masks::of_scalar(&block));
            }
            prop_assert_eq!(Masks::of_scalar(&block).high.count_ones() as usize, block.iter().filter(|b| !b.is_ascii()).count());
        }
    }
}

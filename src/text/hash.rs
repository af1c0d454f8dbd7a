//! The hash of a word: two multiplications' worth of work for words of up to 16 bytes, which most are.
//!
//! In: the bytes of a word in normal form. Out: 64 bits. The product of both halves is folded to 64 bits as in
//! wyhash (Wang Yi); longer words go to xxh3. The same on every machine.

use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3::xxh3_64;

/// The longest word that takes the short way.
pub const SHORT: usize = 16;

const LOW: u64 = 0x2d35_8dcc_aa6c_78a5;
const HIGH: u64 = 0x8bb8_4b93_962e_acc9;
const FIRST: u64 = 0x4b33_a62e_d433_d4a3;
const SECOND: u64 = 0x4d5a_2da5_1de1_aa47;

/// `MASKS[n]` keeps the first n bytes of a little-endian load.
const MASKS: [u128; SHORT + 1] = {
    let mut masks = [u128::MAX; SHORT + 1];
    let mut n = 0;
    while n < SHORT {
        masks[n] = (1 << (8 * n)) - 1;
        n += 1;
    }
    masks
};

/// Hashes keys that are hashes already, by themselves, and small numbers by a product.
#[derive(Debug, Default, Clone)]
pub struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = fold(self.0 ^ u64::from(number) ^ LOW, HIGH);
    }
}

/// Maps and sets by keys that are hashes or numbers; nothing that comes out may depend on their order.
pub type BySame = BuildHasherDefault<Same>;

/// The hash of a word.
#[inline]
pub fn word(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if length > SHORT {
        xxh3_64(bytes)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let rest = u64::from_le_bytes(*last).unbounded_shr(8 * (16 - length as u32));
        mix(u128::from(u64::from_le_bytes(*first)) | u128::from(rest) << 64)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let rest = u64::from(u32::from_le_bytes(*last)) >> (8 * (8 - length));
        mix(u128::from(u64::from(u32::from_le_bytes(*first)) | rest << 32))
    } else {
        short(bytes)
    }
}

/// The hash of the word at `start..end` of `padded`. Fastest where another [`SHORT`] bytes follow its start.
#[inline(always)]
pub fn word_in(padded: &[u8], start: usize, end: usize) -> u64 {
    let length = end - start;
    match padded.get(start..start + SHORT) {
        Some(first) if length <= SHORT => {
            let mut bytes = [0; SHORT];
            bytes.copy_from_slice(first);
            mix(u128::from_le_bytes(bytes) & MASKS[length])
        }
        _ => word(&padded[start..end]),
    }
}

/// The hash of a word of at most [`SHORT`] bytes, a byte at a time.
pub const fn short(bytes: &[u8]) -> u64 {
    let mut value = 0u128;
    let mut i = 0;
    while i < bytes.len() {
        value |= (bytes[i] as u128) << (8 * i);
        i += 1;
    }
    mix(value)
}

/// The fingerprint of a run of words: two streams of folded products, each over every word.
pub fn run(words: &[u64]) -> u128 {
    // Neither start is a factor below, or swapped words would go unseen.
    let (mut a, mut b) = (FIRST ^ words.len() as u64, SECOND);
    let (pairs, last) = words.as_chunks::<2>();
    for &[x, y] in pairs {
        (a, b) = (fold(a ^ x, y ^ HIGH), fold(b ^ y, x ^ LOW));
    }
    if let &[x] = last {
        (a, b) = (fold(a ^ x, HIGH), fold(b ^ x, LOW));
    }
    u128::from(fold(a ^ LOW, HIGH)) << 64 | u128::from(fold(b ^ HIGH, LOW))
}

#[inline(always)]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    product as u64 ^ (product >> 64) as u64
}

/// No word has a zero byte, so that words of different lengths differ here.
#[inline(always)]
const fn mix(word: u128) -> u64 {
    fold(word as u64 ^ LOW, (word >> 64) as u64 ^ HIGH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn committed_vector() {
        assert_eq!(
            [word(b""), word(b"ferry"), word("fähre".as_bytes())],
            [14_592_010_190_165_110_953, 13_119_192_447_705_650_862, 15_359_150_236_128_062_332]
        );
    }

    #[test]
    fn words_that_differ_little_have_hashes_that_differ_everywhere() {
        let words =
            (0..1000).flat_map(|n| [format!("{n}"), format!("ferry{n}"), format!("a-long-word-{n:04}")]);
        let hashes: Vec<u64> = words.map(|w| word(w.as_bytes())).collect();
        for shift in [0, 16, 32, 48] {
            // 3,000 balls in 65,536 bins fill 2,932 of them on average, with a deviation of 8.
            let bins: HashSet<u16> = hashes.iter().map(|h| (h >> shift) as u16).collect();
            assert!(bins.len() > 2_880, "{shift}: {}", bins.len());
        }
    }

    #[test]
    fn runs_of_words_differ_by_any_word_and_any_order() {
        let mut seen = HashSet::new();
        for length in 0..40u64 {
            let mut words: Vec<u64> = (0..length).map(|n| short(format!("{n}").as_bytes())).collect();
            assert!(seen.insert(run(&words)));
            for i in 1..words.len() {
                words.swap(i - 1, i);
                assert!(seen.insert(run(&words)));
                words.swap(i - 1, i);
            }
            for i in 0..words.len() {
                words[i] += 1;
                assert!(seen.insert(run(&words)));
                words[i] -= 1;
            }
        }
        let halves: HashSet<u64> = seen.iter().flat_map(|h| [*h as u64, (h >> 64) as u64]).collect();
        assert_eq!(halves.len(), 2 * seen.len());
    }

    proptest! {
        #[test]
        fn a_word_has_one_hash_wherever_it_stands(before in "[a-z ]{0,20}", word_bytes in "[a-z0-9é]{0,24}",
                                                  after in "[a-z ]{0,20}") {
            let text = format!("{before}{word_bytes}{after}");
            let (start, end) = (before.len(), before.len() + word_bytes.len());
            prop_assert_eq!(word_in(text.as_bytes(), start, end), word(word_bytes.as_bytes()));
            if word_bytes.len() <= SHORT {
                prop_assert_eq!(short(word_bytes.as_bytes()), word(word_bytes.as_bytes()));
            }
        }
    }
}

//! Anchors: a few masked words at a fixed distance from one end of a unit, which the lines of one template share.
//!
//! In: the masked words of a unit. Out: a key an anchor. Where an anchor stands follows from how many words there are, so that a
//! key is all that is kept of one.

/// Units of fewer masked words, or more, are no templates.
const WORDS: std::ops::RangeInclusive<usize> = 3..=32;
/// Words of an anchor, and how far it may stand from an end of its unit.
const LENGTH: usize = 3;
const DISTANCE: usize = 6;

/// The first word of an anchor, one past its last, and what tells the end and the distance.
type Place = (usize, usize, u64);

/// How many masked words of a unit its anchors stand in; 0 where it has none.
pub fn words(masked: &[u64]) -> u8 {
    if WORDS.contains(&masked.len()) { masked.len() as u8 } else { 0 }
}

/// Where the anchors of a unit of so many [`words`] stand: its first and its last two words, and every three words at a small
/// distance from either end.
pub fn places(words: u8) -> impl Iterator<Item = Place> + Clone {
    let words = usize::from(words);
    let ends = (words > 0).then(|| [(0, 2, 1), (words - 2, words, 2)]);
    let distances = if words > LENGTH { 0..(DISTANCE + 1).min(words - LENGTH) } else { 0..0 };
    let of_distance = move |distance: usize| {
        let (from, to) = (distance + LENGTH, words - distance);
        [(distance, from, 16 + distance as u64), (to - LENGTH, to, 32 + distance as u64)]
    };
    ends.into_iter().flatten().chain(distances.flat_map(of_distance))
}

/// How many anchors a unit of so many [`words`] has.
pub fn count(words: u8) -> usize {
    let words = usize::from(words);
    if words == 0 { 0 } else { 2 + 2 * (DISTANCE + 1).min(words - LENGTH) }
}

/// Adds the keys of the anchors of a unit, in the order of their [`places`].
pub fn keys_into(masked: &[u64], keys: &mut Vec<u32>) {
    keys.extend(places(words(masked)).map(|(from, to, end)| {
        let add = |hash: u64, word: &u64| (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (masked[from..to].iter().fold(end, add) >> 32) as u32
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_has_as_many_anchors_as_are_counted() {
        for length in 0..40 {
            let masked: Vec<u64> = (0..length).map(|w| w * 0x9e37_79b9).collect();
            let mut keys = Vec::new();
            keys_into(&masked, &mut keys);
            assert_eq!(keys.len(), count(words(&masked)), "{length} words");
            assert!(places(words(&masked)).all(|(from, to, _)| from < to && to <= masked.len()));
        }
    }

    #[test]
    fn lines_that_begin_or_end_alike_share_anchors() {
        let keys = |masked: &[u64]| {
            let mut keys = Vec::new();
            keys_into(masked, &mut keys);
            keys
        };
        let [one, other] = [keys(&[1, 2, 3, 9, 4, 5, 6]), keys(&[1, 2, 3, 8, 8, 4, 5, 6])];
        // The first and last two words, and the first and last three.
        assert_eq!(one.iter().filter(|key| other.contains(key)).count(), 4);
        assert!(keys(&[7, 8]).is_empty());
    }
}

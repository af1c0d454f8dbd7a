//! Lines that begin as another does: versions of one sentence or caption.
//!
//! In: some lines. Out: for another line whether one of them begins as it does, for so long that both are versions of one
//! line. Looked up in sorted order, so that a page of a million lines costs no more a line than a short one.

/// Lines that begin alike for fewer bytes than this have a turn of phrase in common, or a name.
const LEAST: usize = 24;

/// Lines in the order of their bytes.
#[derive(Debug, Default)]
pub struct Versions<'t>(Vec<&'t str>);

impl<'t> Versions<'t> {
    /// These lines.
    pub fn new(lines: impl Iterator<Item = &'t str>) -> Versions<'t> {
        let mut lines: Vec<&str> = lines.collect();
        lines.sort_unstable();
        Versions(lines)
    }

    /// Whether one of the lines begins as `line` does, at least as far as two fifths of the shorter one of both.
    pub fn has(&self, line: &str) -> bool {
        // None shares a longer beginning with it than one of its neighbours.
        let after = self.0.partition_point(|&other| other < line);
        let neighbours = after.saturating_sub(1)..(after + 1).min(self.0.len());
        self.0[neighbours].iter().any(|other| {
            let alike = line.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
            alike >= LEAST && 5 * alike >= 2 * line.len().min(other.len())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_version_begins_alike_for_two_fifths_of_it() {
        let lines = ["The ferry Aurora leaves the old harbour for the last time.", "A crane by the quay."];
        let versions = Versions::new(lines.into_iter());
        assert!(versions.has("The ferry Aurora leaves the old harbour, which nobody will miss, by night"));
        assert!(versions.has("The ferry Aurora leaves the"));
        assert!(!versions.has("The ferry Aurora and three others are for sale, said the harbour board."));
        assert!(!versions.has("A crane by the quay."), "too short to tell");
        assert!(!Versions::default().has("The ferry Aurora leaves the old harbour"));
    }

    proptest! {
        #[test]
        fn neighbours_are_enough(lines in prop::collection::vec("[ab]{0,2}x{20,28}[ab]{0,12}", 0..8), line in "[ab]{0,2}x{20,28}[ab]{0,12}") {
            let found = Versions::new(lines.iter().map(String::as_str)).has(&line);
            let alike = |other: &String| line.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
            let longest = lines.iter().map(alike).max().unwrap_or(0);
            let all = lines.iter().any(|o| alike(o) == longest && longest >= LEAST && 5 * longest >= 2 * line.len().min(o.len()));
            // Of several that begin alike for as long, the neighbour need not be the one of the right length.
            prop_assert!(!found || lines.iter().any(|o| alike(o) >= LEAST));
            prop_assert!(found || !all || lines.iter().filter(|o| alike(o) == longest).count() > 1);
        }
    }
}

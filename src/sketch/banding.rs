//! How many bands of how many rows, from the threshold and the recall that were asked for.
//!
//! A pair of Jaccard similarity s agrees in one row with probability s, and shares at least one of b bands of
//! r rows with probability 1 - (1 - s^r)^b (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4).

/// The shape of a banded signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Banding {
    /// Bands, one bucket key each.
    pub bands: usize,
    /// Signature rows a band.
    pub rows: usize,
}

impl Banding {
    /// The banding with the most rows (so the fewest needless comparisons) whose chance of finding a pair
    /// exactly at `threshold` is at least `recall`, within `max_hashes` signature rows; the bands that remain
    /// within the budget are used as well. Falls back to single rows where nothing else reaches the recall.
    pub fn choose(threshold: f64, recall: f64, max_hashes: usize) -> Banding {
        (1..=max_hashes)
            .rev()
            .map(|rows| Banding { bands: max_hashes / rows, rows })
            .find(|b| b.chance(threshold) >= recall)
            .unwrap_or(Banding { bands: max_hashes, rows: 1 })
    }

    /// The smallest banding with this many `rows` that reaches `recall` at `threshold`.
    pub fn with_rows(rows: usize, threshold: f64, recall: f64) -> Banding {
        (1..=64)
            .map(|bands| Banding { bands, rows })
            .find(|b| b.chance(threshold) >= recall)
            .unwrap_or(Banding { bands: 64, rows })
    }

    /// The chance that a pair of this similarity shares a band.
    pub fn chance(self, similarity: f64) -> f64 {
        1.0 - (1.0 - similarity.powi(self.rows as i32)).powi(self.bands as i32)
    }

    /// Signature rows in all.
    pub fn hashes(self) -> usize {
        self.bands * self.rows
    }

    /// In words, for people.
    pub fn in_words(self, threshold: f64) -> String {
        let at = |s: f64| format!("{:.1} % of pairs at {s:.2}", 100.0 * self.chance(s));
        format!(
            "{} bands of {} rows compare {}, {} and {}",
            self.bands,
            self.rows,
            at((threshold - 0.2).max(0.0)),
            at(threshold),
            at((threshold + 0.1).min(1.0))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recall_asked_for_is_reached_with_as_many_rows_as_possible() {
        let banding = Banding::choose(0.7, 0.95, 128);
        assert_eq!(banding, Banding { bands: 25, rows: 5 });
        assert!(banding.chance(0.7) >= 0.95);
        assert!(Banding { bands: 21, rows: 6 }.chance(0.7) < 0.95);
    }

    #[test]
    fn figures_of_other_tools_come_out_as_published() {
        assert!((Banding { bands: 14, rows: 8 }.chance(0.7) - 0.57).abs() < 0.01);
        assert!((Banding { bands: 9, rows: 13 }.chance(0.8) - 0.40).abs() < 0.01);
    }

    #[test]
    fn thresholds_out_of_reach_fall_back_to_single_rows() {
        assert_eq!(Banding::choose(0.001, 0.99, 128).rows, 1);
    }
}

//! Whether a paragraph that stands in several kept documents is a passage to cut or a quotation to leave.
//!
//! In: where its copies stand. Out: whether all but one go, and by which rule. A passage goes where many
//! documents carry it for the size of the corpus and of their sites, or where it stands at the edge of the
//! articles and several independent stories carry it.

use crate::config::Passage;
use crate::tables::Rule;

/// Where the copies of one passage stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carriers {
    /// Distinct stories that carry it: versions of one story count once.
    pub stories: u32,
    /// Copies at an edge of their article.
    pub at_edge: u32,
    /// Copies in all.
    pub copies: u32,
    /// Distinct documents in the corpus.
    pub corpus: u32,
    /// Pages of the sites that carry it, together.
    pub site_pages: u32,
}

/// One document in this many must carry a passage in a large corpus.
const CORPUS_SHARE: u32 = 1000;
/// One page in this many of the sites that carry it must do so.
const SITE_SHARE: u32 = 100;

/// The rule by which all copies but one go, or none.
pub fn judge(seen: &Carriers, settings: &Passage) -> Option<Rule> {
    if settings.documents <= 2 {
        return (seen.copies > 1).then_some(Rule::ManyDocuments);
    }
    let many = settings.documents.max(seen.corpus / CORPUS_SHARE).max(seen.site_pages / SITE_SHARE);
    if seen.stories >= many {
        return Some(Rule::ManyDocuments);
    }
    let few = settings.edge_documents.max(seen.site_pages / (10 * SITE_SHARE));
    (seen.stories >= few && seen.at_edge * 3 >= seen.copies * 2).then_some(Rule::ArticleEdge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carriers(stories: u32, at_edge: u32) -> Carriers {
        Carriers { stories, at_edge, copies: stories, corpus: 1000, site_pages: 100 }
    }

    #[test]
    fn a_quotation_that_two_articles_share_stays() {
        assert_eq!(judge(&carriers(2, 2), &Passage::default()), None);
        assert_eq!(judge(&carriers(3, 0), &Passage::default()), None);
    }

    #[test]
    fn many_carriers_or_a_place_at_the_edge_cut() {
        assert_eq!(judge(&carriers(8, 0), &Passage::default()), Some(Rule::ManyDocuments));
        assert_eq!(judge(&carriers(3, 3), &Passage::default()), Some(Rule::ArticleEdge));
    }

    #[test]
    fn versions_of_one_story_are_one_carrier() {
        let versions = Carriers { stories: 1, copies: 20, at_edge: 20, ..carriers(1, 1) };
        assert_eq!(judge(&versions, &Passage::default()), None);
    }

    #[test]
    fn large_corpora_and_sites_ask_for_more() {
        let large = Carriers { corpus: 100_000, ..carriers(20, 0) };
        assert_eq!(judge(&large, &Passage::default()), None);
        let training = crate::config::Config::preset(crate::config::Preset::Training).passage;
        assert_eq!(judge(&large, &training), Some(Rule::ManyDocuments));
    }
}

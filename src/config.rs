//! The settings: plain structs with defaults, as they stand in the settings file.

use crate::document::Kind;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// All settings that decide what is found and cut. The same settings and the same input give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which kinds are looked for and cut; what is not named does not run.
    pub only: Vec<Kind>,
    /// Names of the fields of a record.
    pub fields: Fields,
    /// Furniture of sites.
    pub boilerplate: Boilerplate,
    /// Near-duplicate and contained documents.
    pub document: DocumentSettings,
    /// Lines again in the same document.
    pub repeat: Repeat,
    /// Paragraphs in several documents.
    pub passage: Passage,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            only: Kind::ALL.to_vec(),
            fields: Fields::default(),
            boilerplate: Boilerplate::default(),
            document: DocumentSettings::default(),
            repeat: Repeat::default(),
            passage: Passage::default(),
        }
    }
}

/// Field names; a dotted path (`metadata.url`) reaches into objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// The text.
    pub text: String,
    /// The id.
    pub id: String,
    /// The address.
    pub url: String,
    /// The site; empty: the first of `site`, `host`, `domain`, `source_domain` that a record has.
    pub site: String,
    /// The date.
    pub date: String,
}

impl Default for Fields {
    fn default() -> Self {
        Fields {
            text: "text".into(),
            id: "id".into(),
            url: "url".into(),
            site: String::new(),
            date: "date".into(),
        }
    }
}

/// How eagerly lines are taken for furniture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Keep where in doubt: hardly a word of an article is lost.
    Conservative,
    /// The best of both.
    Balanced,
    /// Cut where in doubt.
    Strict,
}

/// Settings of the judgement `boilerplate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Boilerplate {
    /// How eagerly to cut.
    pub level: Level,
    /// Whether to use the lists of known furniture that ship with dechaff.
    pub builtin: Builtin,
}

/// Which of the shipped lists of known furniture are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Builtin {
    /// None.
    None,
    /// Only what was mined from corpora.
    Mined,
    /// That and the list written by hand.
    All,
}

impl Default for Boilerplate {
    fn default() -> Self {
        Boilerplate { level: Level::Balanced, builtin: Builtin::All }
    }
}

/// Which document of a cluster stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// The one with the most words.
    Longest,
    /// The first in the input.
    First,
    /// The one with the earliest date.
    Earliest,
    /// The one with the latest date.
    Latest,
}

/// Settings of the judgement `document`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentSettings {
    /// Jaccard similarity of shingle sets from which two documents are near-duplicates, 0 to 1.
    pub threshold: f64,
    /// The chance with which a pair exactly at the threshold must be found, 0 to 1.
    pub recall: f64,
    /// Words a shingle.
    pub shingle: usize,
    /// Share of a document's shingles that must stand in a longer one for it to be contained, 0 to 1; 0: off.
    pub containment: f64,
    /// Documents of fewer words are never taken for contained ones.
    pub containment_min_words: u32,
    /// Which document of a cluster stays.
    pub keep: Keep,
    /// Sites whose documents stay before others', most preferred first.
    pub prefer: Vec<String>,
}

impl Default for DocumentSettings {
    fn default() -> Self {
        DocumentSettings {
            threshold: 0.7,
            recall: 0.95,
            shingle: 5,
            containment: 0.9,
            containment_min_words: 40,
            keep: Keep::Longest,
            prefer: Vec::new(),
        }
    }
}

/// Settings of the judgement `repeat`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Repeat {
    /// Jaccard similarity of word 3-gram sets from which two lines of a document are the same, 0 to 1.
    pub similarity: f64,
    /// In running text a line of this many words is a repeat wherever it stands again; speech and lines of other pages
    /// need 15. Below 8 only the same words are found.
    pub min_words: u16,
}

impl Default for Repeat {
    fn default() -> Self {
        Repeat { similarity: 0.8, min_words: 8 }
    }
}

/// Settings of the judgement `passage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Passage {
    /// Jaccard similarity of word 3-gram sets from which two paragraphs are the same, 0 to 1.
    pub similarity: f64,
    /// Paragraphs of fewer words are no passages.
    pub min_words: u16,
    /// Stories that must carry a passage for it to be cut anywhere (versions of one story count once); the size of the corpus and of the sites
    /// raises it, see ARCHITECTURE.md.
    pub documents: u32,
    /// Stories that must carry a passage for it to be cut at the edge of an article.
    pub edge_documents: u32,
}

impl Default for Passage {
    fn default() -> Self {
        Passage { similarity: 0.8, min_words: 15, documents: 8, edge_documents: 3 }
    }
}

/// A named set of defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// News archives: the defaults.
    News,
    /// Whole pages of the web, furniture and all.
    Web,
    /// Text to train models on: of a passage one copy in the whole corpus.
    Training,
}

impl Config {
    /// The defaults under a preset.
    pub fn preset(preset: Preset) -> Config {
        let mut config = Config::default();
        match preset {
            Preset::News => {}
            Preset::Web => config.document.threshold = 0.75,
            Preset::Training => {
                config.passage.documents = 2;
                config.passage.edge_documents = 2;
                config.document.containment = 0.8;
            }
        }
        config
    }

    /// Whether a kind is looked for.
    pub fn runs(&self, kind: Kind) -> bool {
        self.only.contains(&kind)
    }

    /// Checks ranges.
    pub fn validate(&self) -> Result<()> {
        let bad = |setting: &str, reason: &str| {
            Err(Error::Setting { setting: setting.into(), reason: reason.into() })
        };
        let unit = |x: f64| x > 0.0 && x <= 1.0;
        if self.only.is_empty() {
            return bad("only", "names no kind; it may name boilerplate, document, repeat and passage");
        }
        if !unit(self.document.threshold) {
            return bad("document.threshold", "must be above 0 and at most 1");
        }
        if !(self.document.recall > 0.0 && self.document.recall < 1.0) {
            return bad("document.recall", "must be above 0 and below 1");
        }
        if self.document.containment != 0.0 && !unit(self.document.containment) {
            return bad("document.containment", "must be between 0 (off) and 1");
        }
        if !(1..=64).contains(&self.document.shingle) {
            return bad("document.shingle", "must be between 1 and 64 words");
        }
        if !unit(self.repeat.similarity) || self.repeat.similarity < 0.5 {
            return bad("repeat.similarity", "must be between 0.5 and 1");
        }
        if !unit(self.passage.similarity) || self.passage.similarity < 0.5 {
            return bad("passage.similarity", "must be between 0.5 and 1");
        }
        if self.passage.documents < 2 || self.passage.edge_documents < 2 {
            return bad("passage.documents", "must be at least 2, as must passage.edge_documents");
        }
        if self.fields.text.is_empty() {
            return bad("fields.text", "must name a field");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_settings_are_refused_by_name() {
        let error = toml::from_str::<Config>("[document]\nthreshhold = 0.8\n").unwrap_err().to_string();
        assert!(error.contains("threshhold"), "{error}");
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let mut config = Config::default();
        config.document.threshold = 1.5;
        assert!(config.validate().unwrap_err().to_string().starts_with("document.threshold"));
        assert!(Config::default().validate().is_ok());
    }

    #[test]
    fn settings_survive_their_file() {
        let config = Config::preset(Preset::Training);
        assert_eq!(toml::from_str::<Config>(&toml::to_string(&config).unwrap()).unwrap(), config);
    }
}

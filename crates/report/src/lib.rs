//! Pages and pictures: the ladder report and the profile page, and the words and tables that the terminal shows.
//!
//! Nothing here computes a score: [`model::LadderReport`] and [`gyeol_data::profile::Profile`] come in, one
//! self-contained HTML file or a plain-text table goes out, in English or Korean. The same input gives the same bytes.
//!
//! - [`ladder_page`], [`profile_page`], [`corpus_page`]: the pages, without any network
//! - [`topic_map_page`]: what a corpus speaks of, by topics
//! - [`terminal`]: the tables after `run` and `inspect`
//! - [`text`]: names, verdicts and figures as each language writes them
//! - [`svg`]: the writer behind every picture

pub mod language;
pub mod model;
pub mod svg;
pub mod terminal;
pub mod text;
pub mod topic_map;

mod page;
mod picture;

use std::str::FromStr;

/// What can go wrong while a page is made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A language that has no catalogue.
    #[error("unknown language '{0}': the report is written in en or ko; name one of them with --language")]
    Language(String),
    /// A report that cannot be drawn.
    #[error(
        "the report names rung {best} as the best, but holds {rungs}: it was cut or edited; run the ladder again"
    )]
    Best {
        /// Index given.
        best: usize,
        /// Rungs there are.
        rungs: usize,
    },
    /// A topic map that cannot be drawn.
    #[error("the topic map cannot be drawn: {0}; it was cut or edited, fit the model again")]
    TopicMap(String),
    /// Figures that could not be written into the page; a defect of this crate.
    #[error("the figures could not be written into the page: {0}; please report this")]
    Figures(#[from] serde_json::Error),
    /// A template failed; a defect of this crate.
    #[error("the page could not be put together: {0}; please report this with the scores.json of the run")]
    Template(#[from] minijinja::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A language with a message catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean.
    Korean,
}

impl Language {
    /// The two-letter code: `en`, `ko`.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }
}

impl FromStr for Language {
    type Err = Error;

    /// ```
    /// assert_eq!("ko".parse::<gyeol_report::Language>().unwrap(), gyeol_report::Language::Korean);
    /// assert!("fr".parse::<gyeol_report::Language>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Language> {
        match text.to_ascii_lowercase().as_str() {
            "en" => Ok(Language::English),
            "ko" => Ok(Language::Korean),
            _ => Err(Error::Language(text.to_string())),
        }
    }
}

/// The ladder's report as one self-contained HTML file: no network, no script needed to read it.
pub fn ladder_page(report: &model::LadderReport, language: Language) -> Result<String> {
    page::ladder_page(report, language)
}

/// What inspection found as one self-contained HTML file; `name` is the data's name for people.
pub fn profile_page(
    profile: &gyeol_data::profile::Profile,
    name: &str,
    language: Language,
) -> Result<String> {
    page::profile_page(profile, name, language)
}

/// What was found in a corpus as one self-contained HTML file; `name` is the corpus's name for people.
pub fn corpus_page(
    profile: &gyeol_text::profile::CorpusProfile,
    name: &str,
    language: Language,
) -> Result<String> {
    page::corpus_page(profile, name, language)
}

/// The ladder of language models as one self-contained HTML file.
pub fn language_page(report: &language::LanguageReport, language: Language) -> Result<String> {
    page::language_page(report, language)
}

/// A topic model as one self-contained HTML file: the map of its topics, their words and documents.
///
/// # Errors
///
/// When the map has no topic, or its parts do not agree with each other.
pub fn topic_map_page(map: &topic_map::TopicMap, language: Language) -> Result<String> {
    page::topic_map_page(map, language)
}

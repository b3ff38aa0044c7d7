//! Pages and pictures: the page of a ladder, the pages of inspection and of topics, and what the terminal shows.
//!
//! Nothing here computes a score: [`model::Report`], [`topic_map::TopicMap`] and the profiles of tables and texts come
//! in, one self-contained HTML file or a plain-text table goes out, in English or Korean. The same input gives the same
//! bytes.
//!
//! - [`page()`]: a ladder of any task, chapter by chapter, without any network
//! - [`profile_page`], [`corpus_page`]: what is in a table, what is in texts
//! - [`lesson_page`]: what a machine does, number by number
//! - [`topic_map_page`]: what a corpus speaks of, by topics
//! - [`terminal`]: the tables after `run` and `inspect`
//! - [`text`]: names, verdicts and figures as each language writes them
//! - [`svg`]: the writer behind every picture

pub mod lesson;
pub mod model;
pub mod svg;
pub mod terminal;
pub mod text;
pub mod topic_map;

mod page;
mod picture;

pub use gyeol_base::{Error, Result};

/// A language with a message catalogue.
///
/// ```
/// assert_eq!("ko".parse::<gyeol_report::Language>().unwrap(), gyeol_report::Language::Korean);
/// assert!("fr".parse::<gyeol_report::Language>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean.
    Korean,
}

gyeol_base::named!(Language, "a language of the report", "en" => Language::English, "ko" => Language::Korean);

/// The page of a ladder as one self-contained HTML file: no network, no script needed to read it.
///
/// # Errors
///
/// When the report names a best rung that it does not hold, or has a chapter of another task.
pub fn page(report: &model::Report, language: Language) -> Result<String> {
    page::page(report, language)
}

/// What inspection found as one self-contained HTML file; `name` is the data's name for people.
///
/// # Errors
///
/// Only by a defect.
pub fn profile_page(
    profile: &gyeol_data::profile::Profile,
    name: &str,
    language: Language,
) -> Result<String> {
    page::profile_page(profile, name, language)
}

/// What was found in a corpus as one self-contained HTML file; `name` is the corpus's name for people.
///
/// # Errors
///
/// Only by a defect.
pub fn corpus_page(
    profile: &gyeol_text::profile::CorpusProfile,
    name: &str,
    language: Language,
) -> Result<String> {
    page::corpus_page(profile, name, language)
}

/// A lesson as one self-contained HTML file.
///
/// # Errors
///
/// Only by a defect.
pub fn lesson_page(lesson: &lesson::Lesson, language: Language) -> Result<String> {
    page::lesson_page(lesson, language)
}

/// A topic model as one self-contained HTML file: the map of its topics, their words and documents.
///
/// # Errors
///
/// When the map has no topic, or its parts do not agree with each other.
pub fn topic_map_page(map: &topic_map::TopicMap, language: Language) -> Result<String> {
    page::topic_map_page(map, language)
}

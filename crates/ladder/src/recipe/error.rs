//! What can be wrong with a recipe: what was found, on which line, why, and what to write instead.

use std::fmt;
use std::sync::Arc;

/// Result of reading a recipe.
pub type Result<T> = std::result::Result<T, RecipeError>;

/// Where in a recipe something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, or another word for where the text came from.
    pub origin: Arc<str>,
    /// Line counted from 1; `None` where no single line is to blame.
    pub line: Option<u32>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}, line {line}", self.origin),
            None => out.write_str(&self.origin),
        }
    }
}

/// Why a recipe was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The file could not be read.
    #[error(
        "cannot read the recipe {origin}: {source}. Next: check the path, or let `gyeol init FILE -o RECIPE` write one"
    )]
    Read {
        /// The file.
        origin: String,
        /// What the system said.
        source: std::io::Error,
    },

    /// The file is not a text, or far too long for a recipe.
    #[error(
        "{origin} is not a recipe: {found}. Next: give the TOML file that `gyeol init` wrote, not the readings themselves"
    )]
    NotARecipe {
        /// The file.
        origin: String,
        /// What was found.
        found: String,
    },

    /// Not TOML.
    #[error(
        "{place}: {message}. Likely cause: a missing quote, bracket or `=`. Next: write `key = value`, texts in quotes"
    )]
    Syntax {
        /// Where.
        place: Place,
        /// What the TOML reader said.
        message: String,
    },

    /// A key or section that no recipe has.
    #[error("{place}: unknown {what} `{key}`{}. Next: {}", within(.section), did_you_mean(.nearest, "docs/recipe.md lists every key"))]
    UnknownKey {
        /// Where.
        place: Place,
        /// `key` or `section`.
        what: &'static str,
        /// The key as written.
        key: String,
        /// The section it stands in, empty at the top.
        section: String,
        /// The known key whose spelling is nearest, where one is near.
        nearest: Option<String>,
    },

    /// A value of another kind than the key takes.
    #[error("{place}: `{key}` is {found}, but it takes {expected}. Next: write {example}")]
    WrongKind {
        /// Where.
        place: Place,
        /// The key, with its section.
        key: String,
        /// What the key takes.
        expected: String,
        /// What was found.
        found: Box<str>,
        /// A line that would be right.
        example: String,
    },

    /// A number outside its range.
    #[error("{place}: `{key}` is {found}, outside {range}. Next: choose a number within it")]
    OutOfRange {
        /// Where.
        place: Place,
        /// The key, with its section.
        key: String,
        /// The number.
        found: String,
        /// The range in words.
        range: String,
    },

    /// A word that is not one of the allowed ones.
    #[error("{place}: `{key}` is \"{found}\", which is not one of {}. Next: {}", .allowed.join(", "), did_you_mean(.nearest, "choose one of them"))]
    NotAllowed {
        /// Where.
        place: Place,
        /// The key, with its section.
        key: String,
        /// The word.
        found: String,
        /// The words that would do.
        allowed: Box<[String]>,
        /// The nearest of them, where one is near.
        nearest: Option<String>,
    },

    /// A text that is not what the key takes: a date that is none, an unknown zone.
    #[error("{place}: `{key}`: {problem}. Next: {next}")]
    BadText {
        /// Where.
        place: Place,
        /// The key, with its section.
        key: String,
        /// What is wrong.
        problem: String,
        /// What to write instead.
        next: String,
    },

    /// A key that must be there is not.
    #[error("{place}: `{key}` is missing: {why}. Next: add it")]
    Missing {
        /// Where it should be.
        place: Place,
        /// The key, with its section.
        key: String,
        /// Why it is needed.
        why: String,
    },

    /// Values that are fine alone but not together.
    #[error("{place}: {what}. Likely cause: {cause}. Next: {next}")]
    Contradiction {
        /// Where.
        place: Place,
        /// What contradicts what.
        what: String,
        /// The likely cause.
        cause: String,
        /// The way out.
        next: String,
    },

    /// A series split at random.
    #[error(
        "{place}: a \"{found}\" split of a time series is refused: rows that stand side by side in time would fall into \
         different parts, so that the model is judged on hours whose neighbours it has seen, and its score would be \
         better than it is. Next: write by = \"dates\", \"shares\" or \"rows\", which split in the order of time"
    )]
    ShuffledSplit {
        /// Where.
        place: Place,
        /// The word that was written.
        found: String,
    },
}

impl RecipeError {
    /// The stable word of the failure and its place.
    fn code_and_place(&self) -> (&'static str, Option<&Place>) {
        match self {
            RecipeError::Read { .. } => ("io", None),
            RecipeError::NotARecipe { .. } => ("not-a-recipe", None),
            RecipeError::Syntax { place, .. } => ("recipe-syntax", Some(place)),
            RecipeError::UnknownKey { place, .. } => ("unknown-key", Some(place)),
            RecipeError::WrongKind { place, .. } => ("wrong-value", Some(place)),
            RecipeError::OutOfRange { place, .. } => ("out-of-range", Some(place)),
            RecipeError::NotAllowed { place, .. } => ("unknown-option", Some(place)),
            RecipeError::BadText { place, .. } => ("bad-value", Some(place)),
            RecipeError::Missing { place, .. } => ("missing-key", Some(place)),
            RecipeError::Contradiction { place, .. } => ("contradiction", Some(place)),
            RecipeError::ShuffledSplit { place, .. } => ("shuffled-split", Some(place)),
        }
    }
}

impl From<RecipeError> for gyeol_base::Error {
    fn from(error: RecipeError) -> Self {
        let text = error.to_string();
        let (code, place) = error.code_and_place();
        let text = place.and_then(|place| text.strip_prefix(&format!("{place}: "))).unwrap_or(&text);
        let mut fault = gyeol_base::Fault::said(code, text);
        if let Some(place) = place {
            fault = fault.file(&*place.origin);
            if let Some(line) = place.line {
                fault = fault.line(line as usize);
            }
        }
        fault.input()
    }
}

fn within(section: &str) -> String {
    if section.is_empty() { String::new() } else { format!(" in [{section}]") }
}

fn did_you_mean(nearest: &Option<String>, otherwise: &str) -> String {
    match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => otherwise.to_owned(),
    }
}

/// The candidate with the fewest letters to change, if it is near enough to be a slip.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let word = word.to_lowercase().replace('-', "_");
    candidates
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&word, &name.replace('-', "_")), name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name.to_owned())
}

//! The recipe: what a run is told, as TOML.
//!
//! Every key stands once in the [`Schema`] of its task, and everything else comes from there: the check (an unknown key is an error that names
//! the nearest one), defaults, ranges, the comments that [`Recipe::init`] writes, and `docs/recipe.md`.
//!
//! ```
//! use gyeol_ladder::recipe::Recipe;
//!
//! let recipe = Recipe::parse("[data]\nfile = 'load.csv'\n[forecast]\nhorizon = 48\n", "mine.toml")?;
//! assert_eq!((recipe.forecast.look_back, recipe.forecast.horizon), (168, 48));
//!
//! let error = Recipe::parse("[forecast]\nhorizn = 48\n", "mine.toml").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "mine.toml, line 2: unknown key `horizn` in [forecast]. Next: did you mean `horizon`?"
//! );
//! # Ok::<(), gyeol_ladder::recipe::RecipeError>(())
//! ```

mod check;
mod document;
mod error;
mod examples;
mod guess;
mod init;
mod keys;
mod lm;
mod model;
mod pairs;
mod rules;
mod search;
mod sequences;
mod tags;
mod translate;
mod writer;

#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;

use gyeol_bundle::Summary;
use gyeol_forecast::Forecaster;

pub use document::document;
pub use error::{Place, RecipeError, Result};
pub use examples::*;
pub use guess::{Guessed, Said};
pub use keys::{Key, Kind, SCHEMAS, Schema, Section, Without};
pub use lm::*;
pub use model::*;
pub(crate) use model::{MIXTURE, rung_kind};
pub use pairs::*;
pub use sequences::Seen;
pub use tags::*;

/// A recipe of any task.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyRecipe {
    /// `task = "forecast"`.
    Forecast(Box<Recipe>),
    /// `task = "language-model"`.
    LanguageModel(Box<LmRecipe>),
    /// `task = "classify"` or `task = "regress"`.
    Examples(Box<ExamplesRecipe>),
    /// `task = "translate"`.
    Translate(Box<PairsRecipe>),
    /// `task = "tag"`.
    Tag(Box<TagsRecipe>),
}

impl AnyRecipe {
    /// Sets the seed.
    pub fn set_seed(&mut self, seed: u64) {
        match self {
            AnyRecipe::Forecast(recipe) => recipe.seed = seed,
            AnyRecipe::LanguageModel(recipe) => recipe.seed = seed,
            AnyRecipe::Examples(recipe) => recipe.seed = seed,
            AnyRecipe::Translate(recipe) => recipe.seed = seed,
            AnyRecipe::Tag(recipe) => recipe.seed = seed,
        }
    }

    /// Language of the report, by its code.
    pub fn language(&self) -> &str {
        match self {
            AnyRecipe::Forecast(recipe) => &recipe.language,
            AnyRecipe::LanguageModel(recipe) => &recipe.language,
            AnyRecipe::Examples(recipe) => &recipe.language,
            AnyRecipe::Translate(recipe) => &recipe.language,
            AnyRecipe::Tag(recipe) => &recipe.language,
        }
    }

    /// Sets the language of the report.
    pub fn set_language(&mut self, code: &str) {
        match self {
            AnyRecipe::Forecast(recipe) => recipe.language = code.to_owned(),
            AnyRecipe::LanguageModel(recipe) => recipe.language = code.to_owned(),
            AnyRecipe::Examples(recipe) => recipe.language = code.to_owned(),
            AnyRecipe::Translate(recipe) => recipe.language = code.to_owned(),
            AnyRecipe::Tag(recipe) => recipe.language = code.to_owned(),
        }
    }

    /// Takes one file in place of those of the recipe.
    pub fn set_data(&mut self, file: &str) {
        match self {
            AnyRecipe::Forecast(recipe) => recipe.data.take(file),
            AnyRecipe::LanguageModel(recipe) => {
                let data = &mut recipe.data;
                (data.train, data.valid, data.test) = (None, None, None);
                data.file = Some(file.to_owned());
            }
            AnyRecipe::Examples(recipe) => {
                let data = &mut recipe.data;
                (data.train, data.valid, data.test) = (None, None, None);
                data.file = Some(file.to_owned());
            }
            AnyRecipe::Tag(recipe) => recipe.data.file = file.to_owned(),
            AnyRecipe::Translate(recipe) => {
                let data = &mut recipe.data;
                (data.sources, data.targets) = (None, None);
                data.file = Some(file.to_owned());
            }
        }
    }

    /// The rung on which the ladder ends.
    pub fn last_rung(&self) -> &str {
        match self {
            AnyRecipe::Forecast(recipe) => {
                recipe.rungs.last().map_or(Recipe::LAST_DEFAULT, |rung| &rung.name)
            }
            AnyRecipe::LanguageModel(recipe) => {
                recipe.rungs.last().map_or(LmRecipe::LAST_DEFAULT, |rung| &rung.name)
            }
            AnyRecipe::Examples(recipe) => {
                let default = if recipe.is_regression() { "ridge" } else { "logistic" };
                recipe.rungs.last().map_or(default, |rung| &rung.name)
            }
            AnyRecipe::Tag(recipe) => recipe.rungs.last().map_or(TagsRecipe::LAST_DEFAULT, |rung| &rung.name),
            AnyRecipe::Translate(recipe) => {
                recipe.rungs.last().map_or(recipe.last_default(), |rung| &rung.name)
            }
        }
    }

    /// Reads a recipe from its text, as its `task` says; `origin` is the name that errors give it.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str, origin: &str) -> Result<AnyRecipe> {
        // What is no TOML, or names no known task, is said by the check of the first task.
        let table: toml::Table = text.parse().unwrap_or_default();
        match table.get("task").and_then(toml::Value::as_str) {
            Some(task) if task == keys::lm::SCHEMA.task => {
                Ok(AnyRecipe::LanguageModel(Box::new(LmRecipe::parse(text, origin)?)))
            }
            Some(task) if task == keys::examples::CLASSIFY.task || task == keys::examples::REGRESS.task => {
                Ok(AnyRecipe::Examples(Box::new(ExamplesRecipe::parse(text, origin)?)))
            }
            Some(task) if task == keys::tags::SCHEMA.task => {
                Ok(AnyRecipe::Tag(Box::new(TagsRecipe::parse(text, origin)?)))
            }
            Some(task) if task == keys::pairs::SCHEMA.task => {
                Ok(AnyRecipe::Translate(Box::new(PairsRecipe::parse(text, origin)?)))
            }
            _ => Ok(AnyRecipe::Forecast(Box::new(Recipe::parse(text, origin)?))),
        }
    }

    /// Reads a recipe from a file; `-` is standard input.
    ///
    /// # Errors
    /// A file that cannot be read or is no text, and as [`AnyRecipe::parse`].
    pub fn load(path: impl AsRef<Path>) -> Result<AnyRecipe> {
        let (text, origin) = read(path.as_ref())?;
        AnyRecipe::parse(&text, &origin)
    }
}

/// Whether the scores of a forecaster are taken in scaled units. Models of the first version say so in their recipe alone.
///
/// # Errors
/// Such a recipe that cannot be read any more: the scores would be in an unknown unit.
pub fn scored_scaled(forecaster: &Forecaster, summary: &Summary) -> gyeol_base::Result<bool> {
    if let Some(scaled) = forecaster.about.scaled {
        return Ok(scaled);
    }
    let recipe = Recipe::parse(&summary.recipe, "the recipe in the model").map_err(|e| {
        gyeol_base::Error::from(e)
            .while_at("the model does not say whether its scores are scaled, and its recipe cannot be read")
            .with_next("train the model again with this version")
    })?;
    Ok(recipe.score.scaled)
}

/// The text of a recipe and the name that errors give it.
fn read(path: &Path) -> Result<(String, String)> {
    let stdin = path.as_os_str() == "-";
    let origin = if stdin { "standard input".to_owned() } else { path.display().to_string() };
    let read = |source| RecipeError::Read { origin: origin.clone(), source };
    let mut bytes = Vec::new();
    // A little more than any recipe has, so that a whole table of readings given by mistake is not read.
    let most = 2 << 20;
    if stdin {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(read)?;
    } else {
        std::fs::File::open(path).map_err(read)?.take(most).read_to_end(&mut bytes).map_err(read)?;
    }
    let text = String::from_utf8(bytes).map_err(|error| RecipeError::NotARecipe {
        origin: origin.clone(),
        found: format!("byte {} is not UTF-8 text", error.utf8_error().valid_up_to()),
    })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok((text, origin))
}

impl Recipe {
    /// The rung on which the default ladder ends.
    pub const LAST_DEFAULT: &str = "lstm";

    /// Reads a recipe of a forecast from its text; `origin` is the name that errors give it.
    pub fn parse(text: &str, origin: &str) -> Result<Recipe> {
        let (recipe, lines): (Recipe, _) = check::read(text, origin, &keys::forecast::SCHEMA)?;
        if recipe.task != keys::forecast::SCHEMA.task {
            return Err(rules::contradiction(
                lines.place("task"),
                format!("a recipe of a {}", recipe.task),
                "a recipe for text where one for readings is needed",
                "give this one to `gyeol run`",
            ));
        }
        rules::check(&recipe, &lines)?;
        Ok(recipe)
    }
    /// Reads a recipe of a forecast from a file; `-` is standard input.
    ///
    /// # Errors
    /// A file that cannot be read or is no text, and as [`Recipe::parse`].
    pub fn load(path: impl AsRef<Path>) -> Result<Recipe> {
        let (text, origin) = read(path.as_ref())?;
        Recipe::parse(&text, &origin)
    }

    /// The protocol of the built-in power load: two years train, one validates, one judges; a day ahead from a week back.
    pub fn default_power() -> Recipe {
        Recipe {
            task: "forecast".to_owned(),
            name: Some("New England load".to_owned()),
            language: "en".to_owned(),
            seed: 0,
            data: DataRecipe {
                file: BUILTIN_POWER.to_owned(),
                query: None,
                delimiter: None,
                decimal_comma: None,
                encoding: None,
                date_format: None,
                header: None,
                skip: None,
                reshape: None,
                zone: None,
            },
            columns: ColumnsRecipe {
                time: Some("time".to_owned()),
                targets: Some(vec!["load".to_owned()]),
                past: Some(vec!["temperature".to_owned()]),
                known: None,
                id: None,
                parents: None,
                total_id: None,
                ignored: Vec::new(),
                unit: Some("MW".to_owned()),
            },
            available: Default::default(),
            clean: Vec::new(),
            split: SplitRecipe {
                by: SplitBy::Dates,
                train_from: Some("2011-01-01".to_owned()),
                valid_from: Some("2013-01-01".to_owned()),
                test_from: Some("2014-01-01".to_owned()),
                end: None,
                train: None,
                valid: None,
                test: None,
            },
            forecast: ForecastRecipe {
                look_back: 168,
                horizon: 24,
                seasons: None,
                stride: 1,
                interval: 0.9,
                quantiles: Vec::new(),
                adaptive: false,
                limit: None,
                miss_cost: 10.0,
                known_ahead: false,
                reconcile: None,
            },
            calendar: CalendarRecipe {
                features: true,
                holidays: Some(HolidaysRecipe::Country("US".to_owned())),
                bridging: true,
                latitude: None,
                longitude: None,
            },
            scale: ScaleRecipe { kind: gyeol_data::ScalerKind::Standard },
            score: ScoreRecipe {
                metric: Metric::Mae,
                scaled: false,
                step: 1,
                at: None,
                origins: None,
                refit: "never".to_owned(),
                refit_rows: None,
                bootstrap_block: None,
                bootstrap_draws: 1000,
                margin: 0.02,
            },
            rungs: Vec::new(),
        }
    }

    /// The recipe as TOML: every value that holds, in one order, so that equal recipes give equal texts.
    pub fn to_toml(&self) -> String {
        writer::write(self, &keys::forecast::SCHEMA, &writer::Comments::none())
    }

    /// Whether each part of a split holds at least one window: a whole one in training, the rows ahead in the others.
    pub fn check_lengths(&self, train: usize, valid: usize, test: usize) -> Result<()> {
        let place = |_: &str| Place { origin: "the recipe".into(), line: None };
        rules::long_enough(self, &place, train, valid, test)
    }
}

//! The tasks that climb, and the one place that lists them.

pub mod examples;
pub mod forecast;
pub mod lm;
pub mod pairs;
pub mod tags;
pub mod topics;
mod training;
mod vectors;

use std::path::Path;

use gyeol_base::Result;
use gyeol_supervised::{Classifier, Regressor};
use gyeol_tensor::Pool;

use crate::climb::climb;
use crate::options::{Climb, Outcome};
use crate::recipe::AnyRecipe;
use crate::watch::Watch;

/// A file of a recipe: beside the recipe where it is there.
fn resolved(file: &str, beside: Option<&Path>) -> String {
    beside
        .map(|folder| folder.join(file))
        .filter(|path| path.exists())
        .and_then(|path| path.to_str().map(str::to_owned))
        .unwrap_or_else(|| file.to_owned())
}

/// Climbs the ladder of a recipe, whatever its task; relative files are looked for in `beside` first.
///
/// # Errors
/// As the stations say; nothing is left half written.
pub fn run(
    recipe: &AnyRecipe,
    beside: Option<&Path>,
    options: &Climb,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Outcome> {
    match recipe {
        AnyRecipe::Forecast(recipe) => {
            let mut task = forecast::Forecasts::prepare(recipe, beside, options, pool, watch)?;
            climb(&mut task, options, pool, watch)
        }
        AnyRecipe::LanguageModel(recipe) => {
            let texts = lm::read(recipe, beside, pool, watch)?;
            let mut task = lm::Words::prepare(recipe, &texts, options, pool, watch)?;
            climb(&mut task, options, pool, watch)
        }
        AnyRecipe::Examples(recipe) => {
            let prepared = examples::read(recipe, beside, pool, watch)?;
            if recipe.is_regression() {
                let mut task = examples::Machines::<Regressor>::prepare(recipe, &prepared, options, pool)?;
                return climb(&mut task, options, pool, watch);
            }
            let mut task = examples::Machines::<Classifier>::prepare(recipe, &prepared, options, pool)?;
            climb(&mut task, options, pool, watch)
        }
        AnyRecipe::Tag(recipe) => {
            let prepared = tags::read(recipe, beside, watch)?;
            let mut task = tags::Labels::prepare(recipe, &prepared, options, pool)?;
            climb(&mut task, options, pool, watch)
        }
        AnyRecipe::Translate(recipe) => {
            let prepared = pairs::read(recipe, beside, watch)?;
            let mut task = pairs::Translations::prepare(recipe, &prepared, options, pool)?;
            climb(&mut task, options, pool, watch)
        }
    }
}

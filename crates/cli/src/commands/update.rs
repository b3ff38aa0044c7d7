//! `gyeol update`, and `run --refit`: a forecaster fitted again on all rows.

use std::path::Path;

use gyeol_bundle::{Bundle, DataHash};
use gyeol_forecast::Forecaster;
use gyeol_ladder::recipe::Recipe;
use serde_json::json;

use super::model::{one_stdin, reading_of, time};
use super::{pool, table};
use crate::args::{Common, Reading};
use crate::failure::Result;
use crate::output;

/// `gyeol update`.
pub fn update(common: &Common, model: &Path, file: &str, out: &Path, reading: &Reading) -> Result<()> {
    one_stdin(model, file)?;
    let bundle = Bundle::open(model)?;
    let manifest = bundle.manifest.clone();
    let (before, _) = gyeol_models::Registry::standard().opened_as::<Forecaster>(bundle, model)?;
    let table = table(file, &reading_of(&before, reading))?;
    let source = table.source();
    let data =
        DataHash { name: source.name.clone(), sha256: source.sha256.clone(), rows: table.rows() as u64 };
    let after = before.updated(table, &pool(common)).map_err(|e| match e.code() {
        "nothing-to-fit" => e.in_file(model),
        _ => e.in_file(file),
    })?;
    let bundle = Bundle::of(&after, gyeol_bundle::Manifest { data, ..manifest })?;
    if out.as_os_str() == "-" {
        output::bytes(out, &bundle.to_bytes()?)?;
    } else {
        bundle.save(out)?;
    }
    said(common, &after, out)
}

/// `run --refit`: the model that a run left, fitted again on all of its rows.
pub fn refit(common: &Common, recipe: &Recipe, beside: Option<&Path>, model: &Path) -> Result<()> {
    let bundle = Bundle::open(model)?;
    let manifest = bundle.manifest.clone();
    let before = bundle.open_as::<Forecaster>().map_err(|e| e.in_file(model))?;
    // By the model's own roles and cleaning: columns that were left out of the run stay so.
    let table = gyeol_ladder::tasks::forecast::open::table(recipe, beside)?;
    let after = before.updated(table, &pool(common)).map_err(|e| e.in_file(model))?;
    Bundle::of(&after, manifest)?.save(model)?;
    if common.json { Ok(()) } else { said(common, &after, model) }
}

fn said(common: &Common, model: &Forecaster, out: &Path) -> Result<()> {
    let (from, until) = model.about.learnt.unwrap_or_default();
    let (from, until) = (time(model, from), time(model, until));
    if common.json && out.as_os_str() != "-" {
        return output::json(&json!({ "model": out, "rung": model.rung, "from": from, "until": until }));
    }
    if !common.quiet {
        say!(
            "gyeol: {} is fitted on {from} to {until}; its scores are those of the fit that was judged",
            model.rung
        );
    }
    Ok(())
}

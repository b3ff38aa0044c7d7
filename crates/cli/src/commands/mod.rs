//! The verbs.

mod climb;
mod model;
mod ngram;
mod serve;
mod shell;
mod tables;

use gyeol_data::{ReadOptions, Table};

use crate::args::{Args, Common, Reading, Verb};
use crate::failure::{Failure, Result};

/// Runs a verb.
pub fn run(args: Args) -> Result<()> {
    if let Some(problem) = gyeol_tensor::path::forced_path_problem() {
        return Err(Failure::Usage(problem));
    }
    let common = args.common;
    match args.verb {
        Verb::Run(run) => climb::run(&common, &run),
        Verb::Train { recipe, rung, output, resume, quick } => {
            climb::train(&common, recipe.as_deref(), rung, &output, resume, quick)
        }
        Verb::Init { file, output, reading } => tables::init(&common, &file, &output, &reading),
        Verb::Inspect { file, html, reading } => tables::inspect(&common, &file, html.as_deref(), &reading),
        Verb::Clean { file, output, recipe, reading } => {
            tables::clean(&common, &file, &output, recipe.as_deref(), &reading)
        }
        Verb::Evaluate(scoring) => model::evaluate(&common, &scoring),
        Verb::Predict { model, file, output, every_origin, span, reading } => {
            model::predict(&common, &model, &file, output.as_deref(), every_origin, &span, &reading)
        }
        Verb::Show { model } => model::show(&common, &model),
        Verb::Serve { models, addr, max_body, timeout } => {
            serve::serve(&common, &models, addr, max_body, timeout)
        }
        Verb::Language(verb) => ngram::run(&common, verb),
        Verb::Completions { shell } => shell::completions(shell),
        Verb::Man { verb } => shell::man(verb.as_deref()),
    }
}

/// Reads a table as the options say.
fn table(file: &str, reading: &Reading) -> Result<Table> {
    if file == gyeol_ladder::recipe::BUILTIN_POWER {
        return Ok(gyeol_data::builtin::power_load()?);
    }
    Ok(gyeol_data::read(file, &options(reading)?)?)
}

fn options(reading: &Reading) -> Result<ReadOptions> {
    let delimiter = match reading.delimiter.as_deref() {
        None => None,
        Some("tab" | "\\t" | "\t") => Some(b'\t'),
        Some(text) if text.len() == 1 => text.bytes().next(),
        Some(text) => {
            return Err(Failure::Usage(format!(
                "--delimiter is \"{text}\"; it must be one plain character, or the word tab"
            )));
        }
    };
    Ok(ReadOptions {
        delimiter,
        encoding: reading.encoding.clone(),
        zone: reading.zone.clone(),
        date_format: reading.date_format.clone(),
        ..ReadOptions::default()
    })
}

fn pool(common: &Common) -> gyeol_tensor::Pool {
    gyeol_tensor::Pool::new(common.threads.min(1024))
}

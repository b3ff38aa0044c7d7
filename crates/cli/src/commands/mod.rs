//! The verbs.

mod climb;
mod correct;
mod examples;
mod inside;
mod labels;
mod lessons;
mod model;
mod models;
mod ngram;
mod plane;
mod reasons;
mod rescore;
mod sequences;
mod serve;
mod shell;
mod strongest;
mod tables;
mod terms;
mod text;
mod topic;
mod update;
mod watch;

use std::io::Read;

use gyeol_data::database::is_database;
use gyeol_data::{ReadOptions, Table};

use crate::args::topic::TopicVerb;
use crate::args::{Args, Common, Reading, Verb, Wanted};
use crate::failure::{Failure, Result};
use crate::progress::ends_at_once;

/// Runs a verb.
pub fn run(args: Args) -> Result<()> {
    if let Some(problem) = gyeol_tensor::path::forced_path_problem() {
        return Err(Failure::Usage(problem));
    }
    let common = args.common;
    if !matches!(args.verb, Verb::Serve(_)) {
        gyeol_data::database::stops_with(crate::progress::stop_flag());
    }
    // A climb and a fit of topics leave a state, and a server lets requests end; everything else is done again.
    let state = match &args.verb {
        Verb::Run(_) | Verb::Train { .. } | Verb::Serve(_) => true,
        Verb::Topic(TopicVerb::Topics(topics)) => topics.infer.is_none() && topics.method == "lda",
        _ => false,
    };
    if !state {
        ends_at_once();
    }
    match args.verb {
        Verb::Run(run) => climb::run(&common, &run),
        Verb::Train { recipe, rung, output, resume, quick, wanted, reading } => {
            climb::train(&common, recipe.as_deref(), rung, &output, (resume, quick), &wanted, &reading)
        }
        Verb::Init { file, output, force, wanted, reading } => {
            tables::init(&common, &file, &output, force, &wanted, &reading)
        }
        Verb::Inspect { file, text, against, texts, prepare, html, reading } => {
            let looked = text::Looked { file: &file, against: against.as_deref(), html: html.as_deref() };
            if text || against.is_some() || text::is_text(&file, &texts, &reading)? {
                return text::inspect(&common, &looked, &texts, &prepare, &reading);
            }
            tables::inspect(&common, &file, html.as_deref(), &reading)
        }
        Verb::Text(verb) => text::run(&common, verb),
        Verb::Clean { list_rules: true, .. } => text::clean::rules(&common),
        Verb::Clean {
            file, output, text, rules, placeholders, drop_empty, texts, recipe, reading, ..
        } => {
            let (file, output) = (file.unwrap_or_default(), output.unwrap_or_default());
            let as_text = text || !rules.is_empty() || placeholders || drop_empty;
            if recipe.is_none() && (as_text || text::is_text(&file, &texts, &reading)?) {
                let wanted = text::clean::Wanted { output: &output, rules: &rules, placeholders, drop_empty };
                return text::clean::clean(&common, &file, &wanted, &texts, &reading);
            }
            tables::clean(&common, &file, &output, recipe.as_deref(), &reading)
        }
        Verb::Evaluate(scoring) => model::evaluate(&common, &scoring),
        Verb::Predict { model, file, output, every_origin, ahead, new_series, span, reading } => {
            let tables = (file.as_str(), ahead.as_deref());
            let asked = (every_origin, new_series);
            model::predict(&common, &model, tables, output.as_deref(), asked, &span, &reading)
        }
        Verb::Update { model, file, output, reading } => {
            update::update(&common, &model, &file, &output, &reading)
        }
        Verb::Watch(asked) => watch::watch(&common, &asked),
        Verb::Show { model } => model::show(&common, &model),
        Verb::Serve(args) => serve::serve(&common, args),
        Verb::Language(verb) => ngram::run(&common, verb),
        Verb::Sequence(verb) => sequences::run(&common, verb),
        Verb::Topic(verb) => topic::run(&common, verb),
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
    Ok(ReadOptions {
        delimiter: delimiter(reading.bytes.delimiter.as_deref())?,
        encoding: reading.bytes.encoding.clone(),
        zone: reading.zone.clone(),
        date_format: reading.date_format.clone(),
        decimal_comma: reading.decimal.as_deref().map(|sign| sign == "comma"),
        header: reading.bytes.named(),
        skip: reading.skip,
        reshape: reading.reshape.as_deref().map(|word| word == "yes"),
        query: query(reading)?,
        ..ReadOptions::default()
    })
}

/// The query of --query or --query-file.
fn query(reading: &Reading) -> Result<Option<String>> {
    let Some(path) = &reading.sql_file else { return Ok(reading.sql.clone()) };
    let most = 1 << 20;
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(|e| gyeol_base::Error::reading(path, e))?;
    if bytes.len() as u64 > most {
        // A part of a query is another query.
        let found =
            format!("{} has more than {most} bytes. Next: name a file that holds one SELECT", path.display());
        return Err(Failure::failed("not-a-query", found));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        let found = format!("{} is not UTF-8 text. Next: name a file that holds one SELECT", path.display());
        Failure::failed("not-a-query", found)
    })?;
    // Editors put a mark of order there, which SQL does not know.
    Ok(Some(text.trim_start_matches('\u{feff}').to_owned()))
}

/// Reads a table of what is known of the rows ahead: a file beside readings that may come from a database.
fn ahead_table(file: &str, reading: &Reading) -> Result<Table> {
    if is_database(file) {
        return Err(Failure::Usage("--ahead takes a file: --query is that of the readings".into()));
    }
    table(file, &Reading { sql: None, sql_file: None, ..reading.clone() })
}

/// A query goes with a database; from one come readings, and nothing else is learnt of its rows.
fn of_readings(file: &str, wanted: Option<&Wanted>, reading: &Reading) -> Result<()> {
    let asked = reading.sql.is_some() || reading.sql_file.is_some();
    if asked && !is_database(file) {
        return Err(Failure::Usage(format!(
            "--query goes with the address of a database (postgresql://USER@HOST/NAME), and {file} is none"
        )));
    }
    let other = |w: &Wanted| {
        w.task.as_deref().is_some_and(|task| task != "forecast") || w.label.is_some() || w.column.is_some()
    };
    if is_database(file) && wanted.is_some_and(other) {
        return Err(Failure::Usage(
            "a database is read as readings, to be forecast; for other tasks save its rows as CSV first"
                .into(),
        ));
    }
    Ok(())
}

/// The byte that a --delimiter means.
fn delimiter(text: Option<&str>) -> Result<Option<u8>> {
    match text {
        None => Ok(None),
        Some("tab" | "\\t" | "\t") => Ok(Some(b'\t')),
        Some(text) if text.len() == 1 => Ok(text.bytes().next()),
        Some(text) => Err(Failure::Usage(format!(
            "--delimiter is \"{text}\"; it must be one plain character, or the word tab"
        ))),
    }
}

fn pool(common: &Common) -> gyeol_tensor::Pool {
    gyeol_tensor::Pool::new(common.threads.min(1024))
}

//! `run` and `train`.

use std::path::{Path, PathBuf};

use gyeol_data::Roles;
use gyeol_ladder::recipe::{AnyRecipe, ExamplesRecipe, Guessed, LmRecipe, Recipe, Said};
use gyeol_ladder::{Climb, Outcome};
use gyeol_report::model::Note;
use gyeol_report::{Language, terminal, text};

use super::{pool, tables};
use crate::args::{Common, Reading, Run, Wanted, in_shell};
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::Watcher;

/// A recipe with the folder beside which its files lie.
struct Asked {
    recipe: AnyRecipe,
    beside: Option<PathBuf>,
}

/// The recipe named; a table or texts get the recipe that fits them; nothing is the built-in load.
fn asked(common: &Common, name: Option<&str>, wanted: &Wanted, reading: &Reading) -> Result<Asked> {
    let is_recipe = |name: &str| {
        name == "-"
            || name == gyeol_ladder::recipe::BUILTIN_POWER
            || Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"))
    };
    if name.is_none_or(is_recipe) && !wanted.typed().is_empty() {
        let found = "--task, --label and --column go with a file; a recipe says them itself";
        return Err(Failure::Usage(found.into()));
    }
    let examples = match name.filter(|name| !is_recipe(name)) {
        Some(file) => examples(file, wanted, reading)?,
        None => None,
    };
    let sequences = match name.filter(|name| !is_recipe(name)) {
        Some(file) => super::sequences::fitting(file, wanted, reading)?,
        None => None,
    };
    let forecast = |recipe: Recipe| AnyRecipe::Forecast(Box::new(recipe));
    let mut asked = match name {
        _ if sequences.is_some() => {
            let (recipe, words) = sequences.unwrap_or_else(|| unreachable!("looked at above"));
            if !common.quiet {
                words.iter().for_each(|words| say!("  {words}"));
            }
            Asked { recipe, beside: None }
        }
        _ if examples.is_some() => {
            let guessed = examples.unwrap_or_else(|| unreachable!("looked at above"));
            if !common.quiet {
                say!("  {}", guessed.words);
            }
            Asked { recipe: AnyRecipe::Examples(Box::new(guessed.recipe)), beside: None }
        }
        None => Asked { recipe: forecast(Recipe::default_power()), beside: None },
        Some(name) if name == gyeol_ladder::recipe::BUILTIN_POWER => {
            Asked { recipe: forecast(Recipe::default_power()), beside: None }
        }
        Some("-") => Asked { recipe: AnyRecipe::load("-")?, beside: None },
        Some(name) if Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) => {
            let beside = Path::new(name).parent().map(Path::to_path_buf);
            Asked { recipe: AnyRecipe::load(name)?, beside }
        }
        Some(file)
            if wanted.task.as_deref() == Some("language-model")
                || (wanted.task.is_none() && super::text::is_text(file, &Default::default(), reading)?) =>
        {
            Asked { recipe: AnyRecipe::LanguageModel(Box::new(LmRecipe::fitting(file)?)), beside: None }
        }
        Some(file) => {
            let (table, roles, profile) = tables::looked_at(file, reading)?;
            tables::heeded(common, file, &profile, true)?;
            Asked { recipe: forecast(Recipe::fitting(&table, &roles, &profile, file)), beside: None }
        }
    };
    tables::said(&mut asked.recipe, reading)?;
    if let Some(seed) = common.seed {
        asked.recipe.set_seed(seed);
    }
    if let Some(language) = &common.language {
        asked.recipe.set_language(language);
    }
    Ok(asked)
}

/// The recipe of a file of examples; none where it is for another task.
pub fn examples(file: &str, wanted: &Wanted, reading: &Reading) -> Result<Option<Guessed>> {
    let regression = match wanted.task.as_deref() {
        Some("forecast" | "language-model" | "translate" | "tag") => return Ok(None),
        Some("regress") => Some(true),
        Some("classify") => Some(false),
        _ => None,
    };
    if gyeol_data::database::is_database(file) {
        return Ok(None);
    }
    let said = Said { label: wanted.label.clone(), column: wanted.column.clone(), regression };
    let asked = regression.is_some() || said.label.is_some();
    if file == "-" && asked {
        return Err(Failure::Usage(
            "examples are read more than once: save them to a file and name it".into(),
        ));
    }
    if regression != Some(true) && file != "-" && super::text::is_text(file, &Default::default(), reading)? {
        let options = gyeol_text::corpus::CorpusOptions {
            encoding: reading.bytes.encoding.clone(),
            delimiter: super::delimiter(reading.bytes.delimiter.as_deref())?,
            header: reading.bytes.named(),
            ..Default::default()
        };
        let found = ExamplesRecipe::of_texts(file, options, &said, asked)?;
        return match found {
            None if asked => Err(gyeol_data::Fault::new("no-labels", "texts without a class")
                .file(file)
                .cause("no folder a class, and no column or key of labels that was recognised")
                .next("name the column of labels with --label")
                .input()
                .into()),
            found => Ok(found),
        };
    }
    if file == "-" {
        return Ok(None);
    }
    // A table that cannot be read says so where it is read for its task.
    let Ok(table) = super::table(file, reading) else { return Ok(None) };
    for column in [&said.label, &said.column].into_iter().flatten() {
        gyeol_supervised::has_column(&table, column)?;
    }
    let roles = Roles::guess(&table);
    let found = ExamplesRecipe::of_table(&table, &roles, file, &said);
    match found {
        None if asked => Err(gyeol_data::Fault::new("no-label", "no column to be said was found")
            .file(file)
            .next("name it with --label")
            .input()
            .into()),
        found => Ok(found),
    }
}

/// `gyeol run`.
pub fn run(common: &Common, run: &Run) -> Result<()> {
    let mut asked = asked(common, run.recipe.as_deref(), &run.wanted, &run.reading)?;
    let out = match &run.out {
        Some(out) => out.clone(),
        None => PathBuf::from(format!("run-{}", chrono::Local::now().format("%Y%m%d-%H%M%S"))),
    };
    output::left_by_a_run(&out, run.force)?;
    let mut command = "gyeol run".to_string();
    if let Some(recipe) = &run.recipe {
        command += &format!(" {}", in_shell(recipe));
    }
    if let Some(file) = &run.data {
        command += &format!(" --data {}", in_shell(file));
    }
    command += &run.wanted.typed();
    command += &run.reading.typed();
    let flags = [(run.quick, " --quick"), (run.known_ahead, " --known-ahead"), (run.refit, " --refit")];
    for (on, flag) in flags {
        if on {
            command += flag;
        }
    }
    if let Some(seed) = common.seed {
        command += &format!(" --seed {seed}");
    }
    match &mut asked.recipe {
        AnyRecipe::Forecast(recipe) => recipe.forecast.known_ahead |= run.known_ahead,
        _ if run.known_ahead => {
            return Err(Failure::Usage("--known-ahead goes with readings, not with texts".into()));
        }
        _ => {}
    }
    if let Some(file) = &run.data {
        asked.recipe.set_data(file);
        asked.beside = None;
    }
    tables::queried(&mut asked.recipe, &run.reading)?;
    if run.refit && !matches!(asked.recipe, AnyRecipe::Forecast(_)) {
        return Err(Failure::Usage("--refit goes with forecasts".into()));
    }
    let language = output::language(None, Some(asked.recipe.language()))?;
    let fresh = run.out.is_none();
    let options = Climb { out, fresh, quick: run.quick, resume: run.resume, only: None, command };
    let outcome = climb(common, &asked, &options, language)?;
    if let (true, AnyRecipe::Forecast(recipe)) = (run.refit, &asked.recipe) {
        super::update::refit(common, recipe, asked.beside.as_deref(), &outcome.model)?;
    }
    if common.json {
        let scores = std::fs::read_to_string(&outcome.scores)?;
        return output::text(&format!("{}\n", scores.trim_end()));
    }
    if !common.quiet {
        // What was left out was said before the first fit.
        let notes = outcome.report.notes.iter().filter(|note| !matches!(note, Note::Doubt(_)));
        notes.for_each(|note| say!("  {}", text::remark(note, language)));
    }
    let table = terminal::table(&outcome.report, output::width(), output::color(), language);
    output::text(&format!("\n{table}\n{}", next_steps(&asked.recipe, &outcome, language)))
}

/// Climbs; a stop says with which command to go on.
fn climb(common: &Common, asked: &Asked, options: &Climb, language: Language) -> Result<Outcome> {
    let mut watcher = Watcher::new(common.quiet, language, &asked.recipe);
    let climbed =
        gyeol_ladder::run(&asked.recipe, asked.beside.as_deref(), options, &pool(common), &mut watcher);
    climbed.map_err(|e| match e.code() {
        "stopped" if options.only.is_none() && options.out.exists() => {
            e.with_next(format!("{} --out {} --resume", options.command, options.out.display())).into()
        }
        _ => Failure::from(e),
    })
}

fn next_steps(recipe: &AnyRecipe, outcome: &Outcome, language: Language) -> String {
    let say = |key: &str| text::message(key, &[], language);
    let model = outcome.model.display();
    let (first, second) = match recipe {
        AnyRecipe::Forecast(_) => {
            (format!("gyeol serve {model}"), format!("gyeol predict {model} {}", say("next-file")))
        }
        AnyRecipe::Examples(_) => {
            (format!("gyeol serve {model}"), format!("gyeol predict {model} {}", say("next-file")))
        }
        AnyRecipe::Tag(_) => (format!("gyeol tag {model} -"), format!("gyeol serve {model}")),
        AnyRecipe::Translate(_) => (format!("gyeol translate {model} -"), format!("gyeol serve {model}")),
        AnyRecipe::LanguageModel(_) => {
            (format!("gyeol generate {model}"), format!("gyeol perplexity {model} {}", say("next-text")))
        }
    };
    format!(
        "  {}  {}\n  {}   {model}\n  {}    {first}\n          {second}\n",
        say("next-report"),
        outcome.page.display(),
        say("next-model"),
        say("next-next"),
    )
}

/// Removes what a climb left in its working folder, and the folder if nothing else lies there.
fn clear(left: [&PathBuf; 3], work: &Path) -> Result<()> {
    for file in left.into_iter().chain([&work.join("times.json")]) {
        std::fs::remove_file(file)?;
    }
    std::fs::remove_dir_all(work.join("rungs"))?;
    // Something of the user's own lies there: it stays.
    let _ = std::fs::remove_dir(work);
    Ok(())
}

/// `gyeol train`.
pub fn train(
    common: &Common,
    recipe: Option<&str>,
    rung: Option<String>,
    output_file: &Path,
    (resume, quick): (bool, bool),
    wanted: &Wanted,
    reading: &Reading,
) -> Result<()> {
    let mut asked = asked(common, recipe, wanted, reading)?;
    tables::queried(&mut asked.recipe, reading)?;
    let language = output::language(None, Some(asked.recipe.language()))?;
    let rung = rung.unwrap_or_else(|| asked.recipe.last_rung().to_owned());
    output::one_result(common.json, output_file.to_str().unwrap_or_default())?;
    let to_stdout = output_file.as_os_str() == "-";
    let name = output_file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if name.is_empty() {
        return Err(Failure::Usage(format!("{} names no file", output_file.display())));
    }
    // Report and states go beside the model, so that --resume finds them.
    let work = if to_stdout {
        PathBuf::from("gyeol-train.run")
    } else {
        output_file.with_file_name(format!("{name}.run"))
    };
    let command = format!("gyeol train --rung {rung}");
    let options = Climb { out: work.clone(), fresh: false, quick, resume, only: Some(rung), command };
    let outcome = climb(common, &asked, &options, language)?;
    if to_stdout {
        output::bytes(output_file, &std::fs::read(&outcome.model)?)?;
    } else {
        let copied = gyeol_base::copy_whole(&outcome.model, output_file);
        copied.map_err(|e| gyeol_base::Error::writing(output_file, e))?;
    }
    clear([&outcome.page, &outcome.scores, &outcome.model], &work)?;
    let one = outcome.report.best_rung();
    if to_stdout {
        return Ok(());
    }
    if common.json {
        let epochs: Vec<serde_json::Value> = one
            .curve
            .iter()
            .map(|e| {
                serde_json::json!({
                    "epoch": e.epoch, "train_loss": e.train_loss, "valid_loss": e.valid_loss, "seconds": e.seconds,
                })
            })
            .collect();
        // A rung without epochs has an empty list; what was tried stands beside it.
        let mut result = serde_json::json!({
            "model": output_file, "rung": one.name, "epochs": epochs, "best_epoch": one.verdict.best_epoch,
            "valid": one.valid, "parameters": one.parameters, "fit_seconds": one.fit_seconds,
        });
        if let Some(words) = one.words() {
            let tried: Vec<serde_json::Value> = one
                .tried
                .iter()
                .map(|t| {
                    let facts = t.setting.iter().map(|f| (f.key.clone(), number_or_text(&f.value)));
                    let mut object: serde_json::Map<String, serde_json::Value> = facts.collect();
                    object.insert("perplexity".into(), t.value.into());
                    object.into()
                })
                .collect();
            result["tried"] = tried.into();
            result["order"] = words.order.into();
            result["smoothing"] = words.smoothing.clone().into();
        }
        return output::json(&result);
    }
    for e in &one.curve {
        output::text(&format!(
            "  epoch {:3}  train {:.5}  valid {:.5}  {:.2} s\n",
            e.epoch, e.train_loss, e.valid_loss, e.seconds
        ))?;
    }
    let metric = &outcome.report.metric;
    let valid = one.valid.get(metric).copied().unwrap_or(f64::NAN);
    let said = match one.words() {
        Some(words) => {
            format!("order {}, {}, {metric} {valid:.3} on the validation part", words.order, words.smoothing)
        }
        None => text::verdict(&one.verdict, language),
    };
    output::text(&format!("  {said}\n  {}\n", output_file.display()))
}

fn number_or_text(value: &str) -> serde_json::Value {
    value.parse::<u64>().map_or_else(|_| value.into(), Into::into)
}

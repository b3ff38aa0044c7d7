//! `run` and `train`.

use std::path::{Path, PathBuf};

use gyeol_data::Roles;
use gyeol_ladder::recipe::{AnyRecipe, LanguageRecipe, Metric, Recipe};
use gyeol_ladder::{Climb, Error, Outcome, climb, language, open, plan};
use gyeol_report::{Language, terminal, text};

use super::pool;
use crate::args::{Common, Run};
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::{TextWatcher, Watcher};

/// A recipe with the folder beside which its files lie.
struct Asked<R = AnyRecipe> {
    recipe: R,
    beside: Option<PathBuf>,
}

/// The recipe named; a table or texts get the recipe that fits them; nothing is the built-in load.
fn asked(common: &Common, name: Option<&str>) -> Result<Asked> {
    let forecast = |recipe: Recipe| AnyRecipe::Forecast(Box::new(recipe));
    let mut asked = match name {
        None => Asked { recipe: forecast(Recipe::default_power()), beside: None },
        Some(name) if name == gyeol_ladder::recipe::BUILTIN_POWER => {
            Asked { recipe: forecast(Recipe::default_power()), beside: None }
        }
        Some("-") => Asked { recipe: AnyRecipe::load("-")?, beside: None },
        Some(name) if Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) => {
            let beside = Path::new(name).parent().map(Path::to_path_buf);
            Asked { recipe: AnyRecipe::load(name)?, beside }
        }
        Some(file) if super::text::is_text(file, &Default::default(), &Default::default())? => {
            Asked { recipe: AnyRecipe::LanguageModel(Box::new(LanguageRecipe::fitting(file)?)), beside: None }
        }
        Some(file) => {
            let table = super::table(file, &Default::default())?;
            let roles = Roles::guess(&table);
            let profile = gyeol_data::profile::profile(&table, &roles, None)?;
            Asked { recipe: forecast(Recipe::fitting(&table, &roles, &profile, file)), beside: None }
        }
    };
    let (seed, language) = match &mut asked.recipe {
        AnyRecipe::Forecast(recipe) => (&mut recipe.seed, &mut recipe.language),
        AnyRecipe::LanguageModel(recipe) => (&mut recipe.seed, &mut recipe.language),
    };
    if let Some(given) = common.seed {
        *seed = given;
    }
    if let Some(given) = &common.language {
        language.clone_from(given);
    }
    Ok(asked)
}

/// `gyeol run`.
pub fn run(common: &Common, run: &Run) -> Result<()> {
    let asked = asked(common, run.recipe.as_deref())?;
    let out = match &run.out {
        Some(out) => out.clone(),
        None => PathBuf::from(format!("run-{}", chrono::Local::now().format("%Y%m%d-%H%M%S"))),
    };
    let mut command = "gyeol run".to_string();
    if let Some(recipe) = &run.recipe {
        command += &format!(" {recipe}");
    }
    if let Some(file) = &run.data {
        command += &format!(" --data {file}");
    }
    for (on, flag) in [(run.quick, " --quick"), (run.known_ahead, " --known-ahead")] {
        if on {
            command += flag;
        }
    }
    if let Some(seed) = common.seed {
        command += &format!(" --seed {seed}");
    }
    let fresh = run.out.is_none();
    let climb = Climb { out, fresh, quick: run.quick, resume: run.resume, only: None, command };
    let (mut recipe, mut beside) = match asked {
        Asked { recipe: AnyRecipe::Forecast(recipe), beside } => (*recipe, beside),
        Asked { recipe: AnyRecipe::LanguageModel(recipe), beside } => {
            return run_texts(common, run, Asked { recipe: *recipe, beside }, &climb);
        }
    };
    let language = output::language(None, Some(&recipe.language))?;
    recipe.forecast.known_ahead |= run.known_ahead;
    if let Some(file) = &run.data {
        recipe.data.file.clone_from(file);
        beside = None;
    }
    let outcome = go(common, &Asked { recipe, beside }, &climb, language)?;
    if common.json {
        let scores = std::fs::read_to_string(&outcome.scores)?;
        return output::text(&format!("{}\n", scores.trim_end()));
    }
    let table = terminal::ladder_table(&outcome.report, output::width(), output::color(), language);
    output::text(&format!("\n{table}\n{}", next_steps(&outcome, language)))
}

/// `gyeol run` on texts.
fn run_texts(common: &Common, run: &Run, asked: Asked<LanguageRecipe>, climb: &Climb) -> Result<()> {
    let Asked { mut recipe, mut beside } = asked;
    if run.known_ahead {
        return Err(Failure::Usage("--known-ahead goes with readings, not with texts".into()));
    }
    if let Some(file) = &run.data {
        let data = &mut recipe.data;
        (data.train, data.valid, data.test) = (None, None, None);
        data.file = Some(file.clone());
        beside = None;
    }
    let language = output::language(None, Some(&recipe.language))?;
    let outcome = go_texts(common, &Asked { recipe, beside }, climb, language)?;
    if common.json {
        let scores = std::fs::read_to_string(&outcome.scores)?;
        return output::text(&format!("{}\n", scores.trim_end()));
    }
    if !common.quiet {
        outcome
            .report
            .notes
            .iter()
            .for_each(|note| eprintln!("  {}", text::spoken("remark", note, language)));
    }
    let table = terminal::language_table(&outcome.report, output::width(), output::color(), language);
    let say = |key: &str| text::message(key, &[], language);
    let model = outcome.model.display();
    output::text(&format!(
        "\n{table}\n  {}  {}\n  {}   {model}\n  {}    gyeol generate {model}\n          gyeol perplexity {model} {}\n",
        say("next-report"),
        outcome.page.display(),
        say("next-model"),
        say("next-next"),
        say("next-text"),
    ))
}

fn go_texts(
    common: &Common,
    asked: &Asked<LanguageRecipe>,
    options: &Climb,
    language: Language,
) -> Result<language::LanguageOutcome> {
    let mut watcher = TextWatcher::new(common.quiet, language);
    language::climb(&asked.recipe, asked.beside.as_deref(), options, &pool(common), &mut watcher)
        .map_err(|e| with_next_step(e, options))
}

/// The error knows the folder but not the command, which is the next step.
fn with_next_step(error: Error, options: &Climb) -> Failure {
    match error {
        Error::Stopped { rung, out } if options.only.is_none() => Failure::Failed(format!(
            "stopped while fitting '{rung}'; what was done is kept in {}. Next: {} --out {} --resume",
            out.display(),
            options.command,
            out.display()
        )),
        e => e.into(),
    }
}

fn go(common: &Common, asked: &Asked<Recipe>, climb_options: &Climb, language: Language) -> Result<Outcome> {
    let recipe = &asked.recipe;
    let opened = open::open(recipe, asked.beside.as_deref())?;
    let metric = match recipe.score.metric {
        Metric::Mae => "mae",
        Metric::Mse => "mse",
    };
    let unit = if recipe.score.scaled { "" } else { recipe.columns.unit.as_deref().unwrap_or_default() };
    if !common.quiet {
        for change in opened.changes.iter().filter(|c| c.touched > 0) {
            let column = change.column.as_deref().map(|c| format!(" {c}")).unwrap_or_default();
            eprintln!("  {}{column}: {} ({})", change.operation, change.touched, change.detail);
        }
    }
    let mut watcher = Watcher::new(common.quiet, language, metric, unit);
    climb(recipe, opened, climb_options, &pool(common), &mut watcher)
        .map_err(|e| with_next_step(e, climb_options))
}

fn next_steps(outcome: &Outcome, language: Language) -> String {
    let say = |key: &str| text::message(key, &[], language);
    let model = outcome.model.display();
    format!(
        "  {}  {}\n  {}   {model}\n  {}    gyeol serve {model}\n          gyeol predict {model} {}\n",
        say("next-report"),
        outcome.page.display(),
        say("next-model"),
        say("next-next"),
        say("next-file"),
    )
}

/// Removes what a climb left in its working folder, and the folder if nothing else lies there.
fn clear(left: [&PathBuf; 3], work: &Path) -> Result<()> {
    for file in left {
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
    resume: bool,
    quick: bool,
) -> Result<()> {
    let asked = asked(common, recipe)?;
    let (last, wanted) = match &asked.recipe {
        AnyRecipe::Forecast(r) => {
            (r.rungs.last().map_or(plan::LAST_DEFAULT, |rung| &rung.name).to_owned(), r.language.clone())
        }
        AnyRecipe::LanguageModel(r) => {
            (r.rungs.last().map_or(language::LAST_DEFAULT, |rung| &rung.name).to_owned(), r.language.clone())
        }
    };
    let language = output::language(None, Some(&wanted))?;
    let rung = rung.unwrap_or(last);
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
    let climb = Climb { out: work.clone(), fresh: false, quick, resume, only: Some(rung), command };
    let Asked { recipe, beside } = asked;
    let recipe = match recipe {
        AnyRecipe::Forecast(recipe) => *recipe,
        AnyRecipe::LanguageModel(recipe) => {
            return train_texts(common, Asked { recipe: *recipe, beside }, &climb, output_file, language);
        }
    };
    let outcome = go(common, &Asked { recipe, beside }, &climb, language)?;
    let bytes = std::fs::read(&outcome.model)?;
    output::bytes(output_file, &bytes)?;
    let Some(one) = outcome.report.rungs.first() else { return Ok(()) };
    let epochs: Vec<serde_json::Value> = one
        .curve
        .iter()
        .map(|e| {
            serde_json::json!({
                "epoch": e.epoch, "train_loss": e.train_loss, "valid_loss": e.valid_loss, "seconds": e.seconds,
            })
        })
        .collect();
    let result = serde_json::json!({
        "model": output_file, "rung": one.name, "epochs": epochs, "best_epoch": one.verdict.best_epoch,
        "valid": one.valid, "parameters": one.parameters, "fit_seconds": one.fit_seconds,
    });
    clear([&outcome.page, &outcome.scores, &outcome.model], &work)?;
    if to_stdout {
        return Ok(());
    }
    if common.json {
        return output::json(&result);
    }
    for e in &one.curve {
        output::text(&format!(
            "  epoch {:3}  train {:.5}  valid {:.5}  {:.2} s\n",
            e.epoch, e.train_loss, e.valid_loss, e.seconds
        ))?;
    }
    output::text(&format!("  {}\n  {}\n", text::verdict(&one.verdict, language), output_file.display()))
}

/// `gyeol train` on texts.
fn train_texts(
    common: &Common,
    asked: Asked<LanguageRecipe>,
    climb: &Climb,
    output_file: &Path,
    language: Language,
) -> Result<()> {
    let outcome = go_texts(common, &asked, climb, language)?;
    let bytes = std::fs::read(&outcome.model)?;
    output::bytes(output_file, &bytes)?;
    clear([&outcome.page, &outcome.scores, &outcome.model], &climb.out)?;
    let Some(one) = outcome.report.rungs.first().filter(|_| output_file.as_os_str() != "-") else {
        return Ok(());
    };
    if common.json {
        // Counting has no epochs: the list is empty, what was tried stands beside it.
        return output::json(&serde_json::json!({
            "model": output_file, "rung": one.name, "epochs": [], "tried": one.tried, "order": one.order,
            "smoothing": one.smoothing, "valid": one.valid, "parameters": one.parameters,
            "fit_seconds": one.fit_seconds,
        }));
    }
    let valid = one.valid.get("perplexity").copied().unwrap_or(f64::NAN);
    output::text(&format!(
        "  order {}, {}, perplexity {valid:.3} on the validation part\n  {}\n",
        one.order,
        one.smoothing,
        output_file.display()
    ))
}

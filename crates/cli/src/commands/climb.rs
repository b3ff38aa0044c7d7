//! `run` and `train`.

use std::path::{Path, PathBuf};

use gyeol_data::Roles;
use gyeol_ladder::recipe::{Metric, Recipe};
use gyeol_ladder::{Climb, Error, Outcome, climb, open, plan};
use gyeol_report::{Language, terminal, text};

use super::pool;
use crate::args::{Common, Run};
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::Watcher;

/// A recipe with the folder beside which its file lies.
struct Asked {
    recipe: Recipe,
    beside: Option<PathBuf>,
}

/// The recipe named; a table gets the recipe that fits it; nothing is the built-in load.
fn asked(common: &Common, name: Option<&str>) -> Result<Asked> {
    let mut asked = match name {
        None => Asked { recipe: Recipe::default_power(), beside: None },
        Some(name) if name == gyeol_ladder::recipe::BUILTIN_POWER => {
            Asked { recipe: Recipe::default_power(), beside: None }
        }
        Some("-") => Asked { recipe: Recipe::load("-")?, beside: None },
        Some(name) if Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) => {
            let beside = Path::new(name).parent().map(Path::to_path_buf);
            Asked { recipe: Recipe::load(name)?, beside }
        }
        Some(file) => {
            let table = super::table(file, &Default::default())?;
            let roles = Roles::guess(&table);
            let profile = gyeol_data::profile::profile(&table, &roles, None)?;
            Asked { recipe: Recipe::fitting(&table, &roles, &profile, file), beside: None }
        }
    };
    if let Some(seed) = common.seed {
        asked.recipe.seed = seed;
    }
    if let Some(language) = &common.language {
        asked.recipe.language = language.clone();
    }
    Ok(asked)
}

/// `gyeol run`.
pub fn run(common: &Common, run: &Run) -> Result<()> {
    let mut asked = asked(common, run.recipe.as_deref())?;
    let language = output::language(None, Some(&asked.recipe.language))?;
    asked.recipe.forecast.known_ahead |= run.known_ahead;
    if let Some(file) = &run.data {
        asked.recipe.data.file = file.clone();
        asked.beside = None;
    }
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
    let outcome = go(common, &asked, &climb, language)?;
    if common.json {
        let scores = std::fs::read_to_string(&outcome.scores)?;
        return output::text(&format!("{}\n", scores.trim_end()));
    }
    let table = terminal::ladder_table(&outcome.report, output::width(), output::color(), language);
    output::text(&format!("\n{table}\n{}", next_steps(&outcome, language)))
}

fn go(common: &Common, asked: &Asked, climb_options: &Climb, language: Language) -> Result<Outcome> {
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
    climb(recipe, opened, climb_options, &pool(common), &mut watcher).map_err(|e| match e {
        // The error knows the folder but not the command, which is the next step.
        Error::Stopped { rung, out } if climb_options.only.is_none() => Failure::Failed(format!(
            "stopped while fitting '{rung}'; what was done is kept in {}. Next: {} --out {} --resume",
            out.display(),
            climb_options.command,
            out.display()
        )),
        e => e.into(),
    })
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
fn clear(outcome: &Outcome, work: &Path) -> Result<()> {
    for file in [&outcome.page, &outcome.scores, &outcome.model] {
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
    let language = output::language(None, Some(&asked.recipe.language))?;
    let rung = match rung {
        Some(rung) => rung,
        None => match asked.recipe.rungs.last() {
            Some(last) => last.name.clone(),
            None => plan::LAST_DEFAULT.to_string(),
        },
    };
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
    let outcome = go(common, &asked, &climb, language)?;
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
    clear(&outcome, &work)?;
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

//! The second look at a recipe: values that are each fine but not together, and what can be known without the readings.

use gyeol_data::calendar::Holidays;

use super::check::Lines;
use super::error::{Place, RecipeError, Result};
use super::model::{HolidaysRecipe, Metric, Recipe, SplitBy, SplitRecipe, rung_kind};

/// Checks a whole recipe.
pub(crate) fn check(recipe: &Recipe, lines: &Lines) -> Result<()> {
    columns(recipe, lines)?;
    quantiles(recipe, lines)?;
    data(recipe, lines)?;
    split(&recipe.split, lines)?;
    parts(recipe, lines)?;
    rungs(recipe, lines)
}

pub(super) fn contradiction(place: Place, what: String, cause: &str, next: impl Into<String>) -> RecipeError {
    RecipeError::Contradiction { place, what, cause: cause.to_owned(), next: next.into() }
}

pub(super) fn bad(place: Place, key: &str, problem: String, next: impl Into<String>) -> RecipeError {
    RecipeError::BadText { place, key: key.to_owned(), problem, next: next.into() }
}

fn columns(recipe: &Recipe, lines: &Lines) -> Result<()> {
    let columns = &recipe.columns;
    let list = |names: &Option<Vec<String>>| names.clone().unwrap_or_default();
    let roles = [
        ("time", columns.time.iter().cloned().collect()),
        ("id", columns.id.iter().cloned().collect()),
        ("targets", list(&columns.targets)),
        ("past", list(&columns.past)),
        ("known", list(&columns.known)),
        ("parents", list(&columns.parents)),
        ("ignored", columns.ignored.clone()),
    ];
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (role, names) in &roles {
        for name in names {
            if let Some((before, _)) = seen.iter().find(|(_, known)| known == name) {
                let what = if before == role {
                    format!("column \"{name}\" stands twice in `{role}`")
                } else {
                    format!("column \"{name}\" is in `{before}` and in `{role}`")
                };
                let next = "leave it in the one role that it has";
                return Err(contradiction(
                    lines.place(&format!("columns.{role}")),
                    what,
                    "a line copied",
                    next,
                ));
            }
            seen.push((role, name));
        }
    }
    if columns.parents.as_ref().is_some_and(Vec::is_empty) {
        let next = "name the column of the nearest level first, or leave the key out";
        return Err(bad(lines.place("columns.parents"), "columns.parents", "the list is empty".into(), next));
    }
    if columns.targets.as_ref().is_some_and(Vec::is_empty) {
        let place = lines.place("columns.targets");
        return Err(bad(
            place,
            "columns.targets",
            "the list is empty".into(),
            "name at least one column to forecast",
        ));
    }
    Ok(())
}

fn quantiles(recipe: &Recipe, lines: &Lines) -> Result<()> {
    let key = "forecast.quantiles";
    if let Err(error) = gyeol_forecast::interval::levels(&recipe.forecast.quantiles) {
        let next = "write levels such as [0.1, 0.5, 0.9]";
        return Err(bad(lines.place(key), key, error.fault().found.clone(), next));
    }
    if recipe.forecast.limit.is_some() && recipe.forecast.quantiles.is_empty() {
        return Err(contradiction(
            lines.place("forecast.limit"),
            "a limit is to be warned of, but `forecast.quantiles` names no level".into(),
            "the probability of crossing it is read off the quantiles",
            "write quantiles = [0.1, 0.5, 0.9] beside it, or more of them",
        ));
    }
    if let (Some(_), Some(targets)) = (recipe.forecast.limit, &recipe.columns.targets)
        && targets.len() > 1
    {
        return Err(contradiction(
            lines.place("forecast.limit"),
            format!("one limit for {} targets", targets.len()),
            "each target would need one of its own",
            "forecast one target, or leave the limit out",
        ));
    }
    if recipe.score.metric == Metric::Pinball && recipe.forecast.quantiles.is_empty() {
        return Err(contradiction(
            lines.place("score.metric"),
            "the pinball loss is to choose, but `forecast.quantiles` names no level".into(),
            "the levels were forgotten",
            "write quantiles = [0.1, 0.5, 0.9] under [forecast], or metric = \"mae\"",
        ));
    }
    Ok(())
}

fn data(recipe: &Recipe, lines: &Lines) -> Result<()> {
    if let Some(text) = recipe.data.delimiter.as_ref().filter(|text| *text != "tab" && text.len() != 1) {
        let next = "write one of \",\", \";\", \"|\" or \"tab\"";
        let problem = format!("\"{text}\" is not one plain character");
        return Err(bad(lines.place("data.delimiter"), "data.delimiter", problem, next));
    }
    if let Some(name) = &recipe.data.zone
        && let Err(error) = gyeol_data::clock::zone(name)
    {
        let usual = "write a zone such as Europe/Berlin";
        let next =
            Some(error.fault().next.as_str()).filter(|next| !next.is_empty()).unwrap_or(usual).to_owned();
        let problem = format!("\"{name}\" is not a time zone");
        return Err(bad(lines.place("data.zone"), "data.zone", problem, next));
    }
    if let Some(HolidaysRecipe::Country(code)) = &recipe.calendar.holidays
        && let Err(error) = Holidays::country(code)
    {
        let place = lines.place("calendar.holidays");
        let fault = error.fault();
        return Err(bad(place, "calendar.holidays", fault.found.clone(), &fault.next));
    }
    if recipe.calendar.longitude.is_some() && recipe.calendar.latitude.is_none() {
        let place = lines.place("calendar.longitude");
        let problem = "a longitude without a latitude".to_owned();
        return Err(bad(place, "calendar.longitude", problem, "give `latitude` too, or neither"));
    }
    let given = |name: &str| lines.has(&format!("data.{name}"));
    if given("file") && given("database") {
        return Err(contradiction(
            lines.place("data.database"),
            "`data.file` and `data.database` are both set".into(),
            "readings lie in one of them",
            "leave one out",
        ));
    }
    if given("database") && !recipe.data.is_database() {
        // Not repeated: another kind of address may hold a password.
        let problem = "no address of a PostgreSQL database".to_owned();
        return Err(bad(
            lines.place("data.database"),
            "data.database",
            problem,
            "write postgresql://user@host:5432/name",
        ));
    }
    if recipe.data.is_database() != given("query") {
        let (what, next) = match recipe.data.is_database() {
            true => (
                "a database without `data.query`",
                "write query = \"select time, load from readings order by time\"",
            ),
            false => (
                "`data.query` without a database",
                "leave it out, or write database = \"postgresql://user@host/name\"",
            ),
        };
        let at = if given("query") { "data.query" } else { "data.database" };
        return Err(contradiction(lines.place(at), what.into(), "one of the two keys was forgotten", next));
    }
    let file = &recipe.data.file;
    let files = ["delimiter", "decimal_comma", "encoding", "header", "skip"];
    if let Some(key) = files.iter().find(|key| recipe.data.is_database() && given(key)) {
        return Err(contradiction(
            lines.place(&format!("data.{key}")),
            format!("`data.{key}` is set, and rows of a database have none"),
            "a key of files",
            "leave it out",
        ));
    }
    if file.starts_with("builtin:") && file != super::BUILTIN_POWER {
        let next = format!("the one data set inside the program is \"{}\"", super::BUILTIN_POWER);
        return Err(bad(lines.place("data.file"), "data.file", format!("there is no \"{file}\""), next));
    }
    Ok(())
}

fn split(split: &SplitRecipe, lines: &Lines) -> Result<()> {
    let by = match split.by {
        SplitBy::Dates => "dates",
        SplitBy::Shares => "shares",
        SplitBy::Rows => "rows",
    };
    let (dates, sizes) = (["train_from", "valid_from", "test_from", "end"], ["train", "valid", "test"]);
    let foreign: &[&str] = if split.by == SplitBy::Dates { &sizes } else { &dates };
    if let Some(key) = foreign.iter().find(|key| lines.has(&format!("split.{key}"))) {
        let other = if split.by == SplitBy::Dates { "by = \"shares\" or \"rows\"" } else { "by = \"dates\"" };
        return Err(contradiction(
            lines.place(&format!("split.{key}")),
            format!("`split.{key}` is set, but the borders are given by {by}"),
            "two ways of splitting in one recipe",
            format!("leave it out, or write {other}"),
        ));
    }
    match split.by {
        SplitBy::Dates => dates_in_order(split, lines),
        SplitBy::Shares => {
            let shares =
                [split.train.unwrap_or(0.7), split.valid.unwrap_or(0.15), split.test.unwrap_or(0.15)];
            let sum: f64 = shares.iter().sum();
            if shares.iter().all(|share| *share > 0.0 && *share < 1.0) && sum <= 1.0 + 1e-9 {
                return Ok(());
            }
            let [train, valid, test] = shares;
            Err(contradiction(
                lines.place("split"),
                format!("the shares {train} + {valid} + {test} make {sum:.3}"),
                "each share must be above 0 and all together at most 1; with numbers of rows, by = \"rows\" is meant",
                "write for example train = 0.7, valid = 0.15, test = 0.15",
            ))
        }
        SplitBy::Rows => {
            for (name, rows) in sizes.iter().zip([split.train, split.valid, split.test]) {
                let key = format!("split.{name}");
                match rows {
                    Some(rows) if rows >= 1.0 && rows.fract() == 0.0 => {}
                    Some(rows) => {
                        let next = "write how many rows, or by = \"shares\"";
                        return Err(bad(
                            lines.place(&key),
                            &key,
                            format!("{rows} is not a number of rows"),
                            next,
                        ));
                    }
                    None => {
                        let why = "by = \"rows\" needs the rows of each part".to_owned();
                        return Err(RecipeError::Missing { place: lines.place("split"), key, why });
                    }
                }
            }
            Ok(())
        }
    }
}

fn dates_in_order(split: &SplitRecipe, lines: &Lines) -> Result<()> {
    for (name, given) in [("valid_from", &split.valid_from), ("test_from", &split.test_from)] {
        if given.is_none() {
            let why = "by = \"dates\" needs the moment at which this part begins".to_owned();
            return Err(RecipeError::Missing {
                place: lines.place("split"),
                key: format!("split.{name}"),
                why,
            });
        }
    }
    let given = [
        ("train_from", &split.train_from),
        ("valid_from", &split.valid_from),
        ("test_from", &split.test_from),
        ("end", &split.end),
    ];
    let given: Vec<(&str, &str)> =
        given.iter().filter_map(|(name, moment)| Some((*name, moment.as_deref()?))).collect();
    for pair in given.windows(2) {
        let [(first, earlier), (second, later)] = [pair[0], pair[1]];
        // The one form of a moment sorts as its letters do; a bare date is its midnight.
        if earlier >= later || later == format!("{earlier} 00:00:00") {
            return Err(contradiction(
                lines.place(&format!("split.{second}")),
                format!("`{second}` ({later}) is not after `{first}` ({earlier})"),
                "dates out of order: the parts would overlap, and the model be judged on what it was fitted on",
                "let train, valid, test and end follow one another in time",
            ));
        }
    }
    Ok(())
}

/// What a part must hold: training at least one whole window, the others at least the rows ahead of one (their look-back
/// reaches into the part before).
fn parts(recipe: &Recipe, lines: &Lines) -> Result<()> {
    let split = &recipe.split;
    if let (SplitBy::Rows, Some(train), Some(valid), Some(test)) =
        (split.by, split.train, split.valid, split.test)
    {
        long_enough(recipe, &|key| lines.place(key), train as usize, valid as usize, test as usize)?;
    }
    Ok(())
}

/// Whether each part is long enough for a window; `place` finds the line of a key.
pub(crate) fn long_enough(
    recipe: &Recipe,
    place: &dyn Fn(&str) -> Place,
    train: usize,
    valid: usize,
    test: usize,
) -> Result<()> {
    let (look_back, horizon) = (recipe.forecast.look_back, recipe.forecast.horizon);
    for (name, rows, wanted, what) in [
        ("train", train, look_back + horizon, "look_back + horizon"),
        ("valid", valid, horizon, "horizon"),
        ("test", test, horizon, "horizon"),
    ] {
        if rows < wanted {
            return Err(contradiction(
                place(&format!("split.{name}")),
                format!("the {name} part has {rows} rows, but one window needs {wanted} ({what})"),
                "too short a series, or a look-back or horizon meant for a finer clock",
                format!(
                    "give the {name} part more rows, or make forecast.{} smaller",
                    if name == "train" { "look_back" } else { "horizon" }
                ),
            ));
        }
    }
    Ok(())
}

/// Names that can be told apart and be part of a file's name.
pub(super) fn rung_names<'r>(names: impl Iterator<Item = &'r str>, lines: &Lines) -> Result<()> {
    let mut before: Vec<&str> = Vec::new();
    for (index, name) in names.enumerate() {
        let place = || lines.place(&format!("rung[{index}].name"));
        let kind = rung_kind(name);
        if let Some((_, suffix)) = name.split_once(':') {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
            if suffix.is_empty() || suffix.len() > 60 || !suffix.chars().all(plain) {
                let next = format!("write letters, digits and - after the colon, such as {kind}:plain");
                let problem = format!("\"{}\" has no plain suffix", name.escape_debug());
                return Err(bad(place(), "rung.name", problem, next));
            }
        }
        if before.contains(&name) {
            return Err(contradiction(
                place(),
                format!("the rung \"{name}\" stands twice"),
                "two of one kind",
                format!("give one a suffix, such as {kind}:second"),
            ));
        }
        before.push(name);
    }
    Ok(())
}

/// Mixtures join rungs that stand before them, each once; `such_as` is one that people would write.
pub(super) fn mixtures<'r>(names: impl Iterator<Item = &'r str>, such_as: &str, lines: &Lines) -> Result<()> {
    let mut before: Vec<&str> = Vec::new();
    for (index, name) in names.enumerate() {
        let parts: Vec<&str> = name.split('+').collect();
        let twice = parts.iter().enumerate().any(|(j, part)| parts[..j].contains(part));
        let bare = rung_kind(name) == super::MIXTURE && parts.len() == 1;
        if bare || (parts.len() > 1 && (twice || !parts.iter().all(|part| before.contains(part)))) {
            return Err(contradiction(
                lines.place(&format!("rung[{index}].name")),
                format!("\"{}\" does not join rungs that stand before it", name.escape_debug()),
                "a mixture takes the answers of other rungs, by their whole names",
                format!("put its members before it and join their names, such as {such_as}"),
            ));
        }
        if parts.len() == 1 {
            before.push(name);
        }
    }
    Ok(())
}

fn rungs(recipe: &Recipe, lines: &Lines) -> Result<()> {
    let forecast = &recipe.forecast;
    rung_names(recipe.rungs.iter().map(|rung| rung.name.as_str()), lines)?;
    mixtures(recipe.rungs.iter().map(|rung| rung.name.as_str()), "response+gru", lines)?;
    if recipe.score.refit_rows.is_some() && recipe.score.refit == "never" {
        return Err(contradiction(
            lines.place("score.refit_rows"),
            "`score.refit_rows` is set, but nothing is fitted again".into(),
            "`refit` was left out",
            "write when, such as refit = \"week\", or leave the rows out",
        ));
    }
    if recipe.score.at.is_some() && recipe.score.step > 1 {
        return Err(contradiction(
            lines.place("score.at"),
            format!("`score.at` and `score.step = {}` both say which origins are judged", recipe.score.step),
            "one of them was meant",
            "leave one out",
        ));
    }
    for (index, rung) in recipe.rungs.iter().enumerate() {
        let at = |key: &str| lines.place(&format!("rung[{index}].{key}"));
        let whole = |rows: usize, segment: &usize| rows.is_multiple_of((*segment).max(1));
        let spans = [("look_back", forecast.look_back), ("horizon", forecast.horizon)];
        if let Some(segment) = rung.segment
            && let Some((span, rows)) = spans.into_iter().find(|(_, rows)| !whole(*rows, &segment))
        {
            return Err(contradiction(
                at("segment"),
                format!("segments of {segment} rows do not fill a {span} of {rows}"),
                "a segment meant for another look-back or horizon",
                format!("choose a divisor of {rows}, or another forecast.{span}"),
            ));
        }
        if rung.ridge.as_ref().is_some_and(Vec::is_empty) {
            return Err(bad(
                at("ridge"),
                "rung.ridge",
                "the list is empty".into(),
                "name at least one penalty; 0 is none",
            ));
        }
    }
    Ok(())
}

/// Rules of vectors that the `at`-th rung begins with.
pub(super) fn vectors(file: Option<&str>, format: Option<&str>, at: usize, lines: &Lines) -> Result<()> {
    match (file, format) {
        (None, Some(format)) => Err(contradiction(
            lines.place(&format!("rung[{at}].vectors_format")),
            format!("`vectors_format = \"{format}\"` without a file of vectors"),
            "`vectors` was taken out alone",
            "name the file, as `vectors = \"FILE\"`, or leave the form out",
        )),
        _ => Ok(()),
    }
}

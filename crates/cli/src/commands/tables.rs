//! `init`, `inspect` and `clean`.

use std::collections::HashSet;
use std::path::Path;

use gyeol_data::profile::{CODES, Severity};
use gyeol_data::{Fault, Profile, Roles, Table, Warning, clean};
use gyeol_ladder::recipe::{AnyRecipe, LmRecipe, Recipe};
use gyeol_report::terminal;
use serde_json::json;

use super::table;
use crate::args::{Common, Reading, Wanted};
use crate::failure::{Failure, Result};
use crate::output;

pub fn looked_at(file: &str, reading: &Reading) -> Result<(Table, Roles, Profile)> {
    let table = table(file, reading)?;
    let roles = Roles::guess(&table);
    let profile = gyeol_data::profile::profile(&table, &roles, None)?;
    Ok((table, roles, profile))
}

/// Says what was guessed of a table and what deserves attention; with `fit`, what forbids to clean or fit it is a failure.
pub fn heeded(common: &Common, file: &str, profile: &Profile, fit: bool) -> Result<()> {
    let stops = |w: &&Warning| matches!(w.code.as_str(), "unread-time" | "many-repeats" | "many-gaps");
    if let Some(stop) = profile.warnings.iter().find(stops).filter(|_| fit) {
        let mut fault = Fault::new(
            CODES.iter().find(|c| c.0 == stop.code).map_or("unfit", |c| c.0),
            &stop.words,
        )
        .file(file)
        .cause("another clock than the one that was read, or several series in one")
        .next(format!(
            "see gyeol inspect {file}; mend the table, name how it is read, or write a recipe (gyeol init)"
        ));
        if let Some(column) = &stop.column {
            fault = fault.column(column);
        }
        return Err(fault.input().into());
    }
    if !common.quiet {
        let noted: HashSet<&str> = profile.source.notes.iter().map(|n| n.code.as_str()).collect();
        let told = |w: &&Warning| noted.contains(w.code.as_str()) || w.severity != Severity::Note;
        profile.warnings.iter().filter(told).for_each(|w| say!("  {}", w.words));
    }
    Ok(())
}

/// Puts what was said about reading a file into its recipe.
pub fn said(recipe: &mut AnyRecipe, reading: &Reading) -> Result<()> {
    let set = |key: &mut Option<String>, given: &Option<String>| {
        if given.is_some() {
            key.clone_from(given);
        }
    };
    match recipe {
        AnyRecipe::Forecast(recipe) => {
            let data = &mut recipe.data;
            set(&mut data.delimiter, &reading.bytes.delimiter);
            set(&mut data.encoding, &reading.bytes.encoding);
            set(&mut data.zone, &reading.zone);
            set(&mut data.date_format, &reading.date_format);
            data.decimal_comma =
                reading.decimal.as_deref().map(|sign| sign == "comma").or(data.decimal_comma);
            data.header = reading.bytes.named().or(data.header);
            data.skip = reading.skip.or(data.skip);
            data.reshape = reading.reshape.as_deref().map(|word| word == "yes").or(data.reshape);
        }
        AnyRecipe::LanguageModel(recipe) => {
            set(&mut recipe.data.delimiter, &reading.bytes.delimiter);
            set(&mut recipe.data.encoding, &reading.bytes.encoding);
        }
        AnyRecipe::Tag(recipe) => set(&mut recipe.data.encoding, &reading.bytes.encoding),
        AnyRecipe::Translate(recipe) => {
            set(&mut recipe.data.encoding, &reading.bytes.encoding);
            recipe.data.header = reading.bytes.named().or(recipe.data.header);
        }
        AnyRecipe::Examples(recipe) => {
            let data = &mut recipe.data;
            set(&mut data.delimiter, &reading.bytes.delimiter);
            set(&mut data.encoding, &reading.bytes.encoding);
            set(&mut data.date_format, &reading.date_format);
            data.decimal_comma =
                reading.decimal.as_deref().map(|sign| sign == "comma").or(data.decimal_comma);
            data.header = reading.bytes.named().or(data.header);
            data.skip = reading.skip.or(data.skip);
        }
    }
    Ok(())
}

/// Puts a query that was given into the recipe of a database.
pub fn queried(recipe: &mut AnyRecipe, reading: &Reading) -> Result<()> {
    let Some(query) = super::query(reading)? else { return Ok(()) };
    match recipe {
        AnyRecipe::Forecast(recipe) if recipe.data.is_database() => recipe.data.query = Some(query),
        _ => {
            return Err(Failure::Usage(
                "--query goes with a database, and the recipe reads files: name one with --data postgresql://USER@HOST/NAME".into(),
            ));
        }
    }
    Ok(())
}

/// `gyeol init`.
pub fn init(
    common: &Common,
    file: &str,
    out: &str,
    force: bool,
    wanted: &Wanted,
    reading: &Reading,
) -> Result<()> {
    if let Some((mut any, words)) = super::sequences::fitting(file, wanted, reading)? {
        any.set_data(&beside(file, out)?);
        said(&mut any, reading)?;
        if !common.quiet {
            words.iter().for_each(|words| say!("  {words}"));
        }
        let mut head = vec![
            format!("A recipe for gyeol, fitted to {file}."),
            "Keys marked with # are not set; the line shows how they are written. docs/recipe.md lists them all.".into(),
        ];
        head.extend(words.iter().map(|words| format!("Seen: {words}.")));
        let (task, written) = match any {
            AnyRecipe::Translate(recipe) => ("translate", recipe.commented(head)),
            AnyRecipe::Tag(recipe) => ("tag", recipe.commented(head)),
            _ => return Ok(()),
        };
        return self::recipe(common, out, force, written, (task, &words.join("; ")));
    }
    if let Some(guessed) = super::climb::examples(file, wanted, reading)? {
        let mut any = AnyRecipe::Examples(Box::new(guessed.recipe));
        any.set_data(&beside(file, out)?);
        said(&mut any, reading)?;
        let AnyRecipe::Examples(recipe) = any else { return Ok(()) };
        let head = vec![
            format!("A recipe for gyeol: {} of {file}.", if recipe.is_regression() { "a number" } else { "the class" }),
            "Keys marked with # are not set; the line shows how they are written. docs/recipe.md lists them all.".into(),
            format!("Seen: {}.", guessed.words),
        ];
        if !common.quiet {
            say!("  {}", guessed.words);
        }
        let written = recipe.commented(head);
        let task = recipe.task.clone();
        return self::recipe(common, out, force, written, (&task, &guessed.words));
    }
    if super::text::is_text(file, &Default::default(), reading)? {
        let because = "texts without labels: the next word is learnt";
        return recipe(common, out, force, texts(file, out, reading)?, ("language-model", because));
    }
    let (table, roles, profile) = looked_at(file, reading)?;
    heeded(common, file, &profile, false)?;
    let recipe = Recipe::fitting(&table, &roles, &profile, &beside(file, out)?);
    // What was said about reading this file holds for every run on it.
    let mut recipe = AnyRecipe::Forecast(Box::new(recipe));
    said(&mut recipe, reading)?;
    queried(&mut recipe, reading)?;
    let AnyRecipe::Forecast(recipe) = recipe else { return Ok(()) };
    let written = recipe.commented(&roles, &profile);
    let because = match roles.time() {
        Some(time) => format!("'{time}' is a clock"),
        None => "rows that follow one another, without a clock".into(),
    };
    self::recipe(common, out, force, written, ("forecast", &because))
}

/// The recipe of a language model for texts.
fn texts(file: &str, out: &str, reading: &Reading) -> Result<String> {
    if file == "-" {
        return Err(Failure::Usage("texts are read more than once: save them to a file and name it".into()));
    }
    let mut recipe = LmRecipe::fitting(file)?;
    recipe.data.file = Some(beside(file, out)?);
    recipe.data.delimiter.clone_from(&reading.bytes.delimiter);
    recipe.data.encoding.clone_from(&reading.bytes.encoding);
    let mut head = vec![
        format!("A recipe for gyeol: what word comes next in {file}."),
        "Keys marked with # are not set; the line shows how they are written. docs/recipe.md lists them all."
            .into(),
    ];
    if recipe.text.scheme == "whitespace" {
        head.push(
            "Seen: punctuation stands apart from the words already, so tokens are cut at spaces alone."
                .into(),
        );
    }
    Ok(recipe.commented(head))
}

/// Writes a recipe.
fn recipe(
    common: &Common,
    out: &str,
    force: bool,
    recipe: String,
    (task, because): (&str, &str),
) -> Result<()> {
    if out != "-" {
        output::unwritten(out, recipe.as_bytes(), force)?;
        output::bytes(Path::new(out), recipe.as_bytes())?;
        if !common.quiet {
            say!("  {out}: read it, change what is wrong, then: gyeol run {out}");
        }
    }
    if common.json {
        return output::json(&json!({ "recipe": recipe, "task": task, "because": because }));
    }
    if out == "-" { output::text(&recipe) } else { Ok(()) }
}

/// The table as the recipe names it: a path that is found from the recipe's own folder.
fn beside(file: &str, recipe: &str) -> Result<String> {
    let folder = Path::new(recipe).parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_none()
        || file == "-"
        || file.starts_with("builtin:")
        || gyeol_data::database::is_database(file)
    {
        return Ok(file.to_owned());
    }
    if Path::new(file).parent() == folder {
        return Ok(Path::new(file).file_name().map_or(file.to_owned(), |name| name.to_string_lossy().into()));
    }
    Ok(std::path::absolute(file)?.display().to_string())
}

/// `gyeol inspect`.
pub fn inspect(common: &Common, file: &str, html: Option<&Path>, reading: &Reading) -> Result<()> {
    output::one_result(common.json, html.and_then(Path::to_str).unwrap_or_default())?;
    let is_recipe = Path::new(file).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    let (profile, name, wanted) = if is_recipe {
        let recipe = Recipe::load(file)?;
        let table = gyeol_ladder::open::table(&recipe, Path::new(file).parent())?;
        let roles = recipe.roles(&table);
        let profile = gyeol_data::profile::profile(&table, &roles, Some(&recipe.split_spec()))?;
        (profile, recipe.title(), Some(recipe.language.clone()))
    } else {
        let (table, _, profile) = looked_at(file, reading)?;
        (profile, table.source().name.clone(), None)
    };
    let language = output::language(common.language.as_deref(), wanted.as_deref())?;
    if let Some(path) = html {
        let page = gyeol_report::profile_page(&profile, &name, language)?;
        output::bytes(path, page.as_bytes())?;
        if path.as_os_str() == "-" {
            return Ok(());
        }
    }
    if common.json {
        return output::json(&serde_json::to_value(&profile)?);
    }
    output::text(&terminal::profile_table(&profile, output::width(), output::color(), language))
}

/// `gyeol clean`.
pub fn clean(common: &Common, file: &str, out: &str, recipe: Option<&Path>, reading: &Reading) -> Result<()> {
    output::one_result(common.json, out)?;
    let (table, roles, operations) = match recipe {
        Some(path) => {
            let mut recipe = Recipe::load(path)?;
            recipe.data.take(file);
            recipe.data.query = super::query(reading)?;
            let table = gyeol_ladder::open::table(&recipe, None)?;
            let roles = recipe.roles(&table);
            (table, roles, recipe.clean)
        }
        None => {
            let (table, roles, profile) = looked_at(file, reading)?;
            heeded(common, file, &profile, true)?;
            let operations = clean::propose(&table, &roles, &profile);
            (table, roles, operations)
        }
    };
    let rows_in = table.rows();
    let (cleaned, changes) = clean::apply(table, &roles, &operations)?;
    gyeol_data::write(out, &cleaned)?;
    if common.json {
        return output::json(&json!({ "rows_in": rows_in, "rows_out": cleaned.rows(), "changes": changes }));
    }
    if !common.quiet {
        say!("  {rows_in} rows in, {} rows out", cleaned.rows());
        for change in &changes {
            let column = change.column.as_deref().map(|c| format!(" {c}")).unwrap_or_default();
            say!("  {}{column}: {} ({})", change.operation, change.touched, change.detail);
        }
        if changes.is_empty() {
            say!("  nothing to change");
        }
    }
    Ok(())
}

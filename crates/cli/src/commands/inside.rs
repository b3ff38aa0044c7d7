//! `gyeol explain MODEL INPUT` of nets that remember: gates and states, step by step.

use std::path::Path;

use gyeol_bundle::{Bundle, Summary};
use gyeol_forecast::Forecaster;
use gyeol_models::{LmModel, bits, chosen, layers_json};
use gyeol_neural::Cell;
use gyeol_neural::net::{LayerInside, Part};
use gyeol_report::lesson::{Bars, Block, Lesson, Section, Sheet, Tints};
use gyeol_report::terminal::display_width;
use gyeol_report::{Language, text};
use serde_json::{Value, json};

use super::model::{instant, reading_of, say, time};
use super::reasons::one_text;
use super::table;
use crate::args::Common;
use crate::args::topic::{Asked, Units};
use crate::failure::{Failure, Result};
use crate::output;

/// Units shown on the terminal and on a page, unless others are asked for.
const SHOWN: (usize, usize) = (8, 32);
/// Letters of the longest word of a step.
const WORD: usize = 24;
/// Sizes that a letter of the terminal shows.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What was read at a step, and what is said beside its units.
pub(super) struct Read {
    /// On the terminal and in tables.
    pub name: String,
    /// Above a column of the page.
    pub short: String,
    /// Beside: bits or a reading; NaN for nothing.
    pub value: f64,
    pub written: String,
    /// After the units.
    pub after: String,
}

/// A walk of a net, ready to be told.
pub(super) struct Walk {
    /// Title of the page.
    pub title: String,
    /// What was read.
    pub deck: String,
    /// What is to be said of it, in sentences.
    pub sentences: Vec<String>,
    /// Heads of the name, the value and what comes after the units.
    pub heads: [String; 3],
    pub steps: Vec<Read>,
    pub layers: Vec<LayerInside<f32>>,
    /// Chapters of the page before that of what was read.
    pub more: Vec<Section>,
    pub json: Value,
}

/// What is shown of a walk.
struct Chosen {
    layer: usize,
    part: Part,
    /// From 0.
    units: Vec<usize>,
    /// Whether they were chosen by how much they move.
    most: bool,
}

/// A model of counts shows nothing of this kind; it answers other verbs.
pub fn of_counts(verbs: &[&str]) -> gyeol_base::Error {
    gyeol_models::no_gates(false)
        .next(format!("ask it by {}; score --explain shows the n-grams that were found", verbs.join(", ")))
        .input()
}

/// A line of words through the net of a language model.
pub fn words(common: &Common, asked: &Asked, bundle: Bundle, path: &Path, input: &str) -> Result<()> {
    if asked.at.is_some() {
        return Err(Failure::Usage("--at goes with forecasts".into()));
    }
    let standard = gyeol_models::Registry::standard();
    let summary = bundle.summary();
    let model: LmModel = bundle.open_as().map_err(|e| e.in_file(path))?;
    if !model.has_net() {
        let verbs = standard.commands(&summary.kind, &summary.rung);
        if model.model.net_parameters() > 0 {
            let why = gyeol_models::no_gates(true).next(format!("ask it by {}", verbs.join(", ")));
            return Err(why.input().in_file(path).into());
        }
        return Err(of_counts(verbs).in_file(path).into());
    }
    if asked.reach {
        return super::strongest::reach(common, asked, &model, input);
    }
    if let Some(unit) = asked.select {
        return super::strongest::select(common, asked, &model, input, unit);
    }
    let language = output::language(common.language.as_deref(), None)?;
    let line = one_text(common, None, input, asked)?;
    let told = model.inside(&line)?;
    let t = |key: &str, args: &[(&str, String)]| text::message(key, args, language);
    let count = |n: usize| text::count(n, language);
    let cost = |scored: Option<&gyeol_ngram::Scored>| {
        let value = scored.map_or(f64::NAN, bits);
        (value, if value.is_nan() { String::new() } else { text::number(value, 1, language) })
    };
    let mut steps: Vec<Read> = Vec::new();
    for (i, step) in told.line.steps.iter().enumerate() {
        let short = gyeol_base::shorten(told.word(i), WORD);
        let unknown = step.scored.as_ref().is_some_and(|scored| scored.unknown);
        let (value, written) = cost(step.scored.as_ref());
        let next: Vec<&str> = step.next.iter().map(|(word, _)| told.net.words().word(*word)).collect();
        let name = if unknown { format!("{short} <unk>") } else { short.clone() };
        steps.push(Read { name, short, value, written, after: next.join(" · ") });
    }
    let (value, written) = cost(Some(&told.line.end));
    steps.push(Read {
        name: t("inside-end", &[]),
        short: t("inside-end", &[]),
        value,
        written,
        after: String::new(),
    });

    let (total, n) = (told.bits(), told.words.len());
    let mut sentences = vec![t(
        "inside-bits",
        &[
            ("bits", text::number(total, 1, language)),
            ("n", count(n)),
            ("each", text::number(total / (n + 1) as f64, 1, language)),
        ],
    )];
    let unknown = steps.iter().filter(|step| step.name != step.short).count();
    if unknown > 0 {
        sentences.push(t("inside-unknown", &[("n", count(unknown))]));
    }
    if told.share < 1.0 {
        sentences.push(t("inside-mixture", &[("share", text::percent(told.share, 0, language))]));
    }
    let mut json = told.to_json(None, None);
    json["rung"] = json!(summary.rung);
    let walk = Walk {
        title: t("inside-kicker-title", &[("rung", text::rung_title(&summary.rung, language))]),
        deck: told.words.join(" "),
        sentences,
        heads: ["inside-word", "inside-surprise", "inside-next"].map(|key| t(key, &[])),
        steps,
        layers: told.line.layers,
        more: Vec::new(),
        json,
    };
    show(common, asked, walk, language)
}

/// The readings that a forecast looks back on, through its net.
pub fn readings(
    common: &Common,
    asked: &Asked,
    (forecaster, summary): &(Forecaster, Summary),
    path: &Path,
    file: &str,
) -> Result<()> {
    if asked.select.is_some() {
        return Err(Failure::Usage("--select goes with nets of words".into()));
    }
    let language = output::language(common.language.as_deref(), None)?;
    let table = table(file, &reading_of(forecaster, &asked.reading))?;
    let at = instant(forecaster, asked.at.as_ref())?;
    let which = usize::try_from(asked.row - 1).unwrap_or(usize::MAX);
    let found = forecaster.inside(table, at, which).map_err(|e| match e.code() {
        "not-explained" => e.in_file(path),
        "no-such-window" => e.with_next("name one that is there with --row"),
        _ => e.in_file(file),
    })?;
    say(common, &found.warnings);
    let t = |key: &str, args: &[(&str, String)]| text::message(key, args, language);
    let count = |n: usize| text::count(n, language);
    let steps: Vec<Read> = found
        .steps
        .iter()
        .map(|step| {
            let stamp = time(forecaster, step.time);
            let (name, short) = (to_the_minute(&stamp), short(&stamp));
            let written = text::significant(step.reading, 4, language);
            Read { name, short, value: step.reading, written, after: String::new() }
        })
        .collect();
    let origin = time(forecaster, found.origin);
    let target = match &found.id {
        Some(id) => format!("{}, {id}", found.target),
        None => found.target.clone(),
    };
    let rows = found.rows * steps.len();
    let mut sentences = vec![t(
        "inside-readings",
        &[("n", count(rows)), ("target", target.clone()), ("time", origin.clone())],
    )];
    if found.rows > 1 {
        sentences.push(t("inside-segments", &[("n", count(found.rows))]));
    }
    if found.members > 1 {
        sentences.push(t("inside-members", &[("n", count(found.members))]));
    }
    if found.windows > 1 {
        sentences.push(t("inside-windows", &[("n", count(found.windows))]));
    }
    let read = found
        .steps
        .iter()
        .map(|step| json!({ "time": time(forecaster, step.time), "reading": step.reading }));
    let mut json = json!({
        "rung": summary.rung, "target": found.target, "origin": origin, "rows": found.rows, "members": found.members,
        "steps": read.collect::<Vec<_>>(),
        "layers": layers_json(&found.layers, None, None),
        "warnings": found.warnings,
    });
    if let Some(id) = &found.id {
        json["id"] = json!(id);
    }
    let time = forecaster.about.time.clone().unwrap_or_else(|| "row".into());
    let walk = Walk {
        title: t("inside-readings-title", &[("rung", text::rung_title(&summary.rung, language))]),
        deck: target,
        sentences,
        heads: [time, text::with_unit(&found.target, &forecaster.about.unit), String::new()],
        steps,
        layers: found.layers,
        more: Vec::new(),
        json,
    };
    show(common, asked, walk, language)
}

/// `2016-03-01T14:00:00` as `2016-03-01 14:00`; what is no stamp of a whole minute stays.
fn to_the_minute(stamp: &str) -> String {
    match (stamp.get(..10), stamp.get(10..11), stamp.get(11..16), stamp.get(16..19), stamp.get(19..)) {
        (Some(day), Some("T"), Some(minute), Some(":00"), Some(rest)) => format!("{day} {minute}{rest}"),
        _ => stamp.to_owned(),
    }
}

/// A stamp above a narrow column: the hour, at midnight the day.
fn short(stamp: &str) -> String {
    match (stamp.get(5..10), stamp.get(11..13), stamp.get(13..16)) {
        (_, Some(hour), Some(":00")) if hour != "00" => hour.to_owned(),
        (Some(_), Some(hour), Some(minutes)) if minutes != ":00" => format!("{hour}{minutes}"),
        (Some(day), ..) => day.to_owned(),
        _ => stamp.to_owned(),
    }
}

/// Tells a walk as it was asked for.
pub(super) fn show(common: &Common, asked: &Asked, mut walk: Walk, language: Language) -> Result<()> {
    output::one_result(common.json, asked.html.as_deref().and_then(Path::to_str).unwrap_or_default())?;
    let first = &walk.layers[0];
    chosen(first.cell, walk.layers.len(), asked.layer, asked.gate)?;
    let layer = asked.layer.unwrap_or(walk.layers.len()) - 1;
    let part = asked.gate.unwrap_or_else(|| Part::memory(first.cell));
    let of = |most: usize| units(asked.units.as_ref(), &walk.layers[layer], part, most);
    if let Some(out) = &asked.html {
        let chosen = Chosen { layer, part, units: of(SHOWN.1)?, most: !asked.names_units() };
        let page = gyeol_report::lesson_page(&lesson(&walk, &chosen, asked.gate, language), language)?;
        output::bytes(out, page.as_bytes())?;
        if out.as_os_str() == "-" {
            return Ok(());
        }
    }
    let chosen = Chosen { layer, part, units: of(SHOWN.0)?, most: !asked.names_units() };
    if common.json {
        let numbers: Vec<usize> = chosen.units.iter().map(|unit| unit + 1).collect();
        walk.json["shown"] = json!({ "layer": layer + 1, "gate": part.name(), "units": numbers });
        return output::json(&walk.json);
    }
    output::text(&told(&walk, &chosen, output::width(), language))
}

/// The units that are shown, from 0.
fn units(asked: Option<&Units>, layer: &LayerInside<f32>, part: Part, most: usize) -> Result<Vec<usize>> {
    let moving = |n: usize| layer.movers(part).into_iter().take(n).map(|(unit, _)| unit).collect();
    match asked {
        None => Ok(moving(most)),
        Some(Units::Most(n)) => Ok(moving(*n)),
        Some(Units::These(list)) => match list.iter().find(|&&unit| unit > layer.units) {
            Some(unit) => Err(Failure::Usage(format!(
                "--units names unit {unit} of a layer of {}; they are numbered from 1",
                layer.units
            ))),
            None => Ok(list.iter().map(|unit| unit - 1).collect()),
        },
    }
}

/// The size that is drawn in full: 1 of gates and of what tanh has bounded, else the largest that is shown.
fn full(layer: &LayerInside<f32>, chosen: &[usize], part: Part) -> f64 {
    if let Some(bound) = part.bound(layer.cell) {
        return bound;
    }
    let values = layer.part(part).unwrap_or_default().chunks(layer.units);
    let shown = values.flat_map(|row| chosen.iter().map(|&unit| f64::from(row[unit]).abs()));
    shown.fold(f64::from(f32::MIN_POSITIVE), f64::max)
}

/// A value as a sign and a block; of gates the block alone.
fn block(value: f64, full: f64, part: Part) -> String {
    let size = (value.abs() / full * BLOCKS.len() as f64).round() as usize;
    let Some(&block) = size.checked_sub(1).and_then(|at| BLOCKS.get(at.min(BLOCKS.len() - 1))) else {
        return "·".into();
    };
    match part.is_gate() {
        true => block.to_string(),
        false => format!("{}{block}", if value < 0.0 { '−' } else { '+' }),
    }
}

pub fn pad(text: &str, width: usize, right: bool) -> String {
    let fill = " ".repeat(width.saturating_sub(display_width(text)));
    if right { format!("{fill}{text}") } else { format!("{text}{fill}") }
}

/// What fits so many columns; whole where there is no room at all.
pub fn fitted(text: &str, width: usize) -> String {
    if display_width(text) <= width || width < 4 {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if display_width(&out) + display_width(c.encode_utf8(&mut [0; 4])) >= width {
            break;
        }
        out.push(c);
    }
    format!("{}…", out.trim_end())
}

/// `LSTM, layer 2 of 2: cell state of 8 of its 64 units`.
fn head(walk: &Walk, chosen: &Chosen, language: Language) -> String {
    let layer = &walk.layers[chosen.layer];
    let count = |n: usize| text::count(n, language);
    let args = [
        ("cell", layer.cell.title().to_owned()),
        ("layer", count(chosen.layer + 1)),
        ("layers", count(walk.layers.len())),
        ("part", text::message(&format!("part-{}", chosen.part), &[], language)),
        ("shown", count(chosen.units.len())),
        ("units", count(layer.units)),
    ];
    text::message("inside-head", &args, language)
}

/// The table of the terminal: a line a step.
fn told(walk: &Walk, chosen: &Chosen, width: usize, language: Language) -> String {
    let layer = &walk.layers[chosen.layer];
    let full = full(layer, &chosen.units, chosen.part);
    let mut out = format!("  {}\n", head(walk, chosen, language));
    for sentence in &walk.sentences {
        gyeol_report::terminal::wrap(sentence, width - 2)
            .iter()
            .for_each(|line| out += &format!("  {line}\n"));
    }
    out.push('\n');
    let widest = |of: fn(&Read) -> &String, head: &String| {
        walk.steps.iter().map(of).chain([head]).map(|cell| display_width(cell)).max().unwrap_or(0)
    };
    let name = widest(|step| &step.name, &walk.heads[0]);
    let value = widest(|step| &step.written, &walk.heads[1]);
    let slots: Vec<usize> = chosen.units.iter().map(|unit| (unit + 1).to_string().len().max(2) + 1).collect();
    let room = width.saturating_sub(2 + name + 2 + value + 1 + slots.iter().sum::<usize>() + 3);
    let line = |of_name: &str, of_value: &str, cells: &[String], after: &str| {
        let cells: String = cells.iter().zip(&slots).map(|(cell, slot)| pad(cell, *slot, true)).collect();
        let line = format!(
            "  {}  {} {cells}   {}",
            pad(of_name, name, false),
            pad(of_value, value, true),
            fitted(after, room)
        );
        format!("{}\n", line.trim_end())
    };
    let numbers: Vec<String> = chosen.units.iter().map(|unit| (unit + 1).to_string()).collect();
    out += &line(&walk.heads[0], &walk.heads[1], &numbers, &walk.heads[2]);
    let values: Vec<&[f32]> = layer.part(chosen.part).unwrap_or_default().chunks(layer.units).collect();
    for (i, step) in walk.steps.iter().enumerate() {
        let cells: Vec<String> = match values.get(i) {
            Some(row) => {
                chosen.units.iter().map(|&unit| block(f64::from(row[unit]), full, chosen.part)).collect()
            }
            None => Vec::new(),
        };
        out += &line(&step.name, &step.written, &cells, &step.after);
    }
    let scale = text::message("inside-scale", &[("full", text::significant(full, 3, language))], language);
    out + &format!("\n  {scale}\n")
}

/// The page: a map of the part that is shown, then of the layer's others.
fn lesson(walk: &Walk, chosen: &Chosen, asked: Option<Part>, language: Language) -> Lesson {
    let layer = &walk.layers[chosen.layer];
    let t = |key: &str, args: &[(&str, String)]| text::message(key, args, language);
    let others = Part::of(layer.cell).iter().filter(|&&part| asked.is_none() && part != chosen.part);
    let parts = std::iter::once(&chosen.part).chain(others);
    let blocks = parts.map(|&part| Block::Tints(Box::new(tints(walk, chosen, part, language))));
    let counted = |n: usize| text::count(n, language);
    let title = [
        ("part", layer.cell.title().to_owned()),
        ("layer", counted(chosen.layer + 1)),
        ("layers", counted(walk.layers.len())),
    ];
    let most = if chosen.most { t("inside-most", &[]) } else { String::new() };
    let mut blocks: Vec<Block> = blocks.collect();
    if !most.is_empty() {
        blocks.insert(0, Block::Words(most));
    }
    let all = Sheet {
        title: String::new(),
        see: String::new(),
        head: walk.heads.to_vec(),
        rows: walk
            .steps
            .iter()
            .map(|step| vec![step.name.clone(), step.written.clone(), step.after.clone()])
            .collect(),
    };
    Lesson {
        title: walk.title.clone(),
        deck: walk.deck.clone(),
        sentence: walk.sentences.join(" "),
        chapters: std::iter::once(Section { title: t("inside-page-head", &title), blocks })
            .chain(walk.more.iter().cloned())
            .chain([Section { title: t("inside-read", &[]), blocks: vec![Block::Sheet(all)] }])
            .collect(),
    }
}

fn tints(walk: &Walk, chosen: &Chosen, part: Part, language: Language) -> Tints {
    let layer = &walk.layers[chosen.layer];
    let t = |key: &str, args: &[(&str, String)]| text::message(key, args, language);
    let values = layer.part(part).unwrap_or_default();
    // Its update gate writes where the GRU's keeps, and nothing bounds its candidate.
    let of = match (layer.cell, part) {
        (Cell::MinGru, Part::Update | Part::Candidate) => "-mingru",
        _ => "",
    };
    // What comes after the last step is expected, but was not read.
    let read = &walk.steps[..layer.steps().min(walk.steps.len())];
    let of_unit = |unit: usize| values.chunks(layer.units).map(move |row| f64::from(row[unit])).collect();
    let rows: Vec<(String, Vec<f64>)> =
        chosen.units.iter().map(|&unit| (text::count(unit + 1, language), of_unit(unit))).collect();
    let names = read.iter().map(|step| step.name.clone());
    let table =
        Sheet::of_values(t("inside-units", &[]), names, &rows, |value| text::signed(value, 2, language));
    Tints {
        title: text::sentence_case(&t(&format!("part-{part}"), &[])),
        see: t(&format!("part-{part}-see{of}"), &[]),
        columns: read.iter().map(|step| step.short.clone()).collect(),
        bars: Some(Bars {
            title: walk.heads[1].clone(),
            values: read.iter().map(|step| step.value).collect(),
            written: read.iter().map(|step| step.written.clone()).collect(),
        }),
        full: full(layer, &chosen.units, part),
        rows,
        table,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_short_and_blocks_have_their_sign() {
        let stamps =
            ["2016-03-01T14:00:00", "2016-03-01T00:00:00+01:00", "2016-03-01T14:30:00", "2016-03-01", "712"];
        assert_eq!(stamps.map(short), ["14", "03-01", "14:30", "03-01", "712"]);
        assert_eq!(
            stamps.map(to_the_minute),
            ["2016-03-01 14:00", "2016-03-01 00:00+01:00", "2016-03-01 14:30", "2016-03-01", "712"]
        );
        let blocks = [2.0, -2.0, 0.2, 0.01, -1.0].map(|v| block(v, 2.0, Part::Cell));
        assert_eq!(blocks, ["+█", "−█", "+▁", "·", "−▄"]);
        assert_eq!([0.0, 0.5, 1.0].map(|v| block(v, 1.0, Part::Forget)), ["·", "▄", "█"]);
        assert_eq!((fitted("at · rose", 6), fitted("올랐다 내렸다", 8)), ("at ·…".into(), "올랐다…".into()));
    }
}

//! `gyeol explain MODEL READINGS` of forecasts: the level, and what each thing read adds to it, row by row ahead.

use std::path::Path;

use gyeol_bundle::Bundle;
use gyeol_forecast::{Forecaster, RungPredictor, TermPart};
use gyeol_report::{Language, text};
use serde_json::{Map, Value, json};

use super::model::{instant, reading_of, say, time};
use super::{pool, table};
use crate::args::Common;
use crate::args::topic::Asked;
use crate::failure::{Failure, Result};
use crate::output;

/// Terms shown on the terminal, unless another number is asked for.
const SHOWN: usize = 6;

/// Shows the terms of a forecast where they were asked for or its rung has no gates to show; else what its net does.
pub fn readings(common: &Common, asked: &Asked, bundle: Bundle, path: &Path, file: &str) -> Result<()> {
    let opened = gyeol_models::Registry::standard().opened_as::<Forecaster>(bundle, path)?;
    let (forecaster, summary) = &opened;
    let remembers = matches!(
        &forecaster.predictor,
        RungPredictor::Net { params, .. } if params.encoder.cell().is_some()
    );
    if remembers && asked.terms.is_none() {
        return super::inside::readings(common, asked, &opened, path, file);
    }
    if let Some(option) = asked.of_nets().filter(|option| *option != "--at") {
        return Err(Failure::Usage(format!("{option} goes with recurrent nets of words or of readings")));
    }
    let language = output::language(common.language.as_deref(), None)?;
    let table = table(file, &reading_of(forecaster, &asked.reading))?;
    let at = instant(forecaster, asked.at.as_ref())?;
    let which = usize::try_from(asked.row - 1).unwrap_or(usize::MAX);
    let told = forecaster.terms(table, at, which, &pool(common)).map_err(|e| match e.code() {
        "not-explained" => e.in_file(path),
        "no-such-window" => e.with_next("name one that is there with --row"),
        _ => e.in_file(file),
    })?;
    say(common, &told.warnings);
    let stamps: Vec<String> = told.times.iter().map(|&ms| time(forecaster, ms)).collect();
    if common.json {
        let rows: Vec<Value> = (0..stamps.len())
            .map(|j| {
                let parts: Map<String, Value> =
                    told.terms.parts.iter().map(|(part, v)| (part.key().to_owned(), json!(v[j]))).collect();
                json!({ "time": stamps[j], "value": told.values[j], "level": told.terms.level[j], "terms": parts })
            })
            .collect();
        return output::json(&json!({
            "rung": summary.rung, "target": told.target, "id": told.id, "unit": forecaster.about.unit,
            "rows": rows, "warnings": told.warnings,
        }));
    }
    // The largest first, by what they move on average; the rest in one column.
    let mut order: Vec<(f64, usize)> = told
        .terms
        .parts
        .iter()
        .enumerate()
        .map(|(i, (_, v))| (v.iter().map(|v| v.abs()).sum::<f64>() / v.len().max(1) as f64, i))
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = asked.terms.unwrap_or(SHOWN).min(order.len());
    let t = |key: &str, args: &[(&str, String)]| text::message(key, args, language);
    let mut heads = vec![
        forecaster.about.time.clone().unwrap_or_else(|| "row".into()),
        t("terms-forecast", &[]),
        t("terms-level", &[]),
    ];
    heads.extend(order[..most].iter().map(|&(_, i)| name(&told.terms.parts[i].0, language)));
    let rest = &order[most..];
    if !rest.is_empty() {
        heads.push(t("terms-rest", &[("n", text::count(rest.len(), language))]));
    }
    let digits = digits(&told.values);
    let plain = |v: f64| text::number(v, digits, language);
    let signed = |v: f64| format!("{}{}", if v < 0.0 { '−' } else { '+' }, plain(v.abs()));
    let mut rows = vec![heads];
    for (j, stamp) in stamps.iter().enumerate() {
        let mut row = vec![stamp.replace('T', " "), plain(told.values[j]), plain(told.terms.level[j])];
        row.extend(order[..most].iter().map(|&(_, i)| signed(told.terms.parts[i].1[j])));
        if !rest.is_empty() {
            row.push(signed(rest.iter().map(|&(_, i)| told.terms.parts[i].1[j]).sum()));
        }
        rows.push(row);
    }
    let target = text::with_unit(&told.target, &forecaster.about.unit);
    let of = told.id.as_ref().map_or_else(|| target.clone(), |id| format!("{target}, {id}"));
    let mut out = format!("  {}\n", t("terms-lead", &[("target", of)]));
    if told.windows > 1 {
        out += &format!("  {}\n", t("inside-windows", &[("n", text::count(told.windows, language))]));
    }
    out.push('\n');
    out += &output::columns(&rows);
    output::text(&out)
}

/// Digits after the point that tell the largest value by four digits.
fn digits(values: &[f64]) -> usize {
    let largest = values.iter().map(|v| v.abs()).fold(0.0, f64::max);
    if largest <= 0.0 { 0 } else { (4.0 - largest.log10().ceil()).clamp(0.0, 6.0) as usize }
}

fn name(part: &TermPart, language: Language) -> String {
    match part {
        TermPart::Column(name) => name.clone(),
        part => text::message(&format!("term-{}", part.key()), &[], language),
    }
}

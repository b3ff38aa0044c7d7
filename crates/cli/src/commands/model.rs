//! `predict`, `evaluate` and `show`.

use std::path::Path;

use gyeol_bundle::{Bundle, Summary};
use gyeol_data::clock::stamp;
use gyeol_data::{ColumnData, Step, Table};
use gyeol_forecast::interval::quantile_name;
use gyeol_forecast::score::metrics;
use gyeol_forecast::{Backtest, Every, Forecast, ForecastRow, Forecaster, Origins, Refit};
use gyeol_report::text;
use serde_json::{Value, json};

use super::{pool, table};
use crate::args::{Common, Reading, Scoring, Span};
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::Meter;

fn opened(bundle: Bundle, path: &Path) -> Result<(Forecaster, Summary)> {
    Ok(gyeol_models::Registry::standard().opened_as::<Forecaster>(bundle, path)?)
}

const ONLY_FORECASTS: &str = "--every-origin, --from, --until, --step, --at and --refit go with forecasts";

/// Standard input can be read once.
pub(super) fn one_stdin(model: &Path, file: &str) -> Result<()> {
    if model.as_os_str() == "-" && file == "-" {
        return Err(Failure::Usage("model and table cannot both come from standard input".into()));
    }
    Ok(())
}

/// What speaks against relying on an answer, in every language the same.
pub(super) fn say(common: &Common, warnings: &[gyeol_data::Warning]) {
    if !common.quiet {
        warnings.iter().for_each(|warning| say!("gyeol: warning: {}", warning.words));
    }
}

/// The zone of a model's readings goes for the file too, unless one is given.
pub(super) fn reading_of(forecaster: &Forecaster, reading: &Reading) -> Reading {
    let mut reading = reading.clone();
    if reading.zone.is_none() {
        reading.zone.clone_from(&forecaster.about.spec.zone);
    }
    reading
}

pub(super) fn time(forecaster: &Forecaster, ms: i64) -> String {
    if forecaster.about.spec.step == Step::Rows {
        return ms.to_string();
    }
    stamp(ms, forecaster.about.spec.zone.as_deref().and_then(|z| gyeol_data::clock::zone(z).ok()))
}

pub(super) fn instant(forecaster: &Forecaster, text: Option<&String>) -> Result<Option<i64>> {
    let spec = &forecaster.about.spec;
    let zone = spec.zone.as_deref().and_then(|z| gyeol_data::clock::zone(z).ok());
    Ok(text.map(|text| gyeol_data::split::moment(text, spec.step, zone)).transpose()?)
}

/// `gyeol predict`.
pub fn predict(
    common: &Common,
    model: &Path,
    (file, ahead): (&str, Option<&str>),
    out: Option<&str>,
    (every_origin, new_series): (bool, bool),
    span: &Span,
    reading: &Reading,
) -> Result<()> {
    output::one_result(common.json, out.unwrap_or_default())?;
    one_stdin(model, file)?;
    if let Some(ahead) = ahead {
        one_stdin(model, ahead)?;
        if file == "-" && ahead == "-" {
            return Err(Failure::Usage(
                "readings and rows ahead cannot both come from standard input".into(),
            ));
        }
    }
    let bundle = Bundle::open(model)?;
    if (ahead.is_some() || new_series) && !bundle.is::<Forecaster>() {
        return Err(Failure::Usage("--ahead and --new-series go with forecasts".into()));
    }
    let (bundle, machine) = super::examples::machine(bundle, model)?;
    if let Some(machine) = machine {
        if every_origin || span.any() {
            return Err(Failure::Usage(ONLY_FORECASTS.into()));
        }
        return super::examples::predict(common, &machine, file, out, reading);
    }
    let bundle = bundle.unwrap_or_else(|| unreachable!("no machine was in it"));
    let Some(bundle) = super::examples::placed(common, bundle, model, (file, out), reading)? else {
        return Ok(());
    };
    let (forecaster, _) = opened(bundle, model)?;
    let reading = reading_of(&forecaster, reading);
    let known = ahead.map(|file| super::ahead_table(file, &reading)).transpose()?;
    let table = table(file, &reading)?;
    let pool = pool(common);
    let time_name = forecaster.about.time.clone().unwrap_or_else(|| "row".into());
    if every_origin {
        return every(common, &forecaster, table, out, span, &time_name);
    }
    if span.any() {
        return Err(Failure::Usage(
            "--from, --until, --step, --at and --refit go with --every-origin".into(),
        ));
    }
    let Forecast { rows, warnings } = match known {
        Some(known) => forecaster.forecast_ahead(&table, &known, &pool)?,
        None if new_series => forecaster.forecast_new(table, &pool)?,
        None => forecaster.forecast(table, &pool)?,
    };
    say(common, &warnings);
    let names: Vec<String> = forecaster.about.intervals.levels.iter().map(|l| quantile_name(*l)).collect();
    if common.json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|r| {
                let mut row = json!({
                    "time": time(&forecaster, r.time), "target": r.target,
                    "value": r.value, "low": r.low, "high": r.high,
                });
                if let Some(id) = &r.id {
                    row["id"] = json!(id);
                }
                for (name, q) in names.iter().zip(&r.quantiles) {
                    row[name] = json!(q);
                }
                if let Some(over) = r.over {
                    row["p_over"] = json!(over);
                }
                row
            })
            .collect();
        output::json(
            &json!({ "rows": rows, "rung": forecaster.rung, "interval": forecaster.about.intervals.level, "warnings": warnings }),
        )?;
        if out.is_none() {
            return Ok(());
        }
    }
    let number = |f: fn(&ForecastRow) -> f64| ColumnData::Number(rows.iter().map(f).collect());
    let mut columns = vec![(time_name, times(&forecaster, rows.iter().map(|r| r.time)))];
    if let Some(id) = &forecaster.about.id {
        columns.push((id.clone(), ColumnData::Text(rows.iter().map(|r| r.id.as_deref()).collect())));
    }
    columns.push(("target".into(), ColumnData::Text(rows.iter().map(|r| Some(&r.target)).collect())));
    columns.push(("value".into(), number(|r| r.value)));
    columns.push(("low".into(), number(|r| r.low)));
    columns.push(("high".into(), number(|r| r.high)));
    for (k, name) in names.into_iter().enumerate() {
        columns.push((name, ColumnData::Number(rows.iter().map(|r| r.quantiles[k]).collect())));
    }
    if rows.iter().any(|r| r.over.is_some()) {
        columns.push(("p_over".into(), number(|r| r.over.unwrap_or(f64::NAN))));
    }
    write(&forecaster, columns, out.unwrap_or("-"))
}

fn times(forecaster: &Forecaster, times: impl Iterator<Item = i64>) -> ColumnData {
    if forecaster.about.spec.step == Step::Rows {
        ColumnData::Integer(times.map(Some).collect())
    } else {
        ColumnData::Time(times.map(Some).collect())
    }
}

fn write(forecaster: &Forecaster, columns: Vec<(String, ColumnData)>, out: &str) -> Result<()> {
    let table = Table::from_columns(columns)?;
    let source = gyeol_data::Source { zone: forecaster.about.spec.zone.clone(), ..table.source().clone() };
    Ok(gyeol_data::write(out, &table.with_source(source))?)
}

/// Forecasts from the origins of a table that were asked for.
fn backtest(common: &Common, forecaster: &Forecaster, table: Table, span: &Span) -> Result<Backtest> {
    let every = span.refit.as_deref().and_then(Every::named);
    let asked = Origins {
        from: instant(forecaster, span.from.as_ref())?,
        until: instant(forecaster, span.until.as_ref())?,
        step: span.step.unwrap_or(1),
        at: span.at.as_deref().and_then(Every::named),
        last: None,
        refit: every.map(|every| Refit { every, window: span.refit_rows }),
    };
    // What the recipe judged differently is said: scores would be of another kind.
    if let (Some(judged), None) = (forecaster.about.refit, &span.refit)
        && !common.quiet
    {
        say!(
            "gyeol: the recipe judged this model with refit = \"{}\"; here it forecasts as it was fitted (--refit {} for the same)",
            judged.every.name(),
            judged.every.name()
        );
    }
    let mut meter = Meter::new(common.quiet);
    Ok(forecaster.backtest(table, &asked, &pool(common), &mut |done, of| meter.at(done, of))?)
}

/// Every origin's forecast with the truth beside: what scores can be taken from elsewhere.
fn every(
    common: &Common,
    forecaster: &Forecaster,
    table: Table,
    out: Option<&str>,
    span: &Span,
    time_name: &str,
) -> Result<()> {
    let test = backtest(common, forecaster, table, span)?;
    say(common, &test.warnings);
    let horizon = forecaster.about.spec.horizon;
    let n = test.forecasts.len();
    let mut origins = Vec::with_capacity(n);
    let mut stamps = Vec::with_capacity(n);
    let (mut ids, mut targets, mut ahead) = (Vec::new(), Vec::new(), Vec::new());
    let mut truth = Vec::with_capacity(n);
    let (mut low, mut high) = (vec![0.0; n], vec![0.0; n]);
    let intervals = &forecaster.about.intervals;
    let mut names: Vec<String> = intervals.levels.iter().map(|l| quantile_name(*l)).collect();
    names.extend(intervals.limit.iter().map(|_| "p_over".to_owned()));
    let mut quantiles = vec![vec![0.0; n]; names.len()];
    intervals.each(&test.data, &test.windows, &test.forecasts, &mut |i, j, ends| {
        let at = i * horizon + j;
        (low[at], high[at]) = (ends.low, ends.high);
        let all = ends.quantiles.iter().chain(&ends.over);
        quantiles.iter_mut().zip(all).for_each(|(column, number)| column[at] = *number);
    });
    for w in &test.windows {
        let s = &test.data.series[w.series as usize];
        let (channel, origin) = (w.channel as usize, w.origin as usize);
        for j in 0..horizon {
            origins.push(s.clock.at(origin));
            stamps.push(s.clock.at(origin + j));
            ids.push(s.id.clone());
            targets.push(Some(forecaster.about.spec.targets[channel].clone()));
            ahead.push(Some(j as i64 + 1));
            truth.push(s.truth[channel][origin + j]);
        }
    }
    if common.json {
        let rows: Vec<Value> = (0..stamps.len())
            .map(|i| {
                let mut row = json!({
                    "origin": time(forecaster, origins[i]), "time": time(forecaster, stamps[i]), "ahead": ahead[i],
                    "target": targets[i], "value": test.forecasts[i], "low": low[i], "high": high[i],
                    "truth": Some(truth[i]).filter(|t| !t.is_nan()),
                });
                if let Some(id) = &ids[i] {
                    row["id"] = json!(id);
                }
                for (name, column) in names.iter().zip(&quantiles) {
                    row[name] = json!(column[i]);
                }
                row
            })
            .collect();
        let level = forecaster.about.intervals.level;
        output::json(
            &json!({ "rows": rows, "rung": forecaster.rung, "interval": level, "warnings": test.warnings }),
        )?;
        if out.is_none() {
            return Ok(());
        }
    }
    let mut columns = vec![
        ("origin".to_string(), times(forecaster, origins.into_iter())),
        (time_name.to_string(), times(forecaster, stamps.into_iter())),
        ("ahead".into(), ColumnData::Integer(ahead)),
    ];
    if let Some(id) = &forecaster.about.id {
        columns.push((id.clone(), ColumnData::Text(ids.into())));
    }
    columns.push(("target".into(), ColumnData::Text(targets.into())));
    columns.push(("value".into(), ColumnData::Number(test.forecasts.clone())));
    columns.push(("low".into(), ColumnData::Number(low)));
    columns.push(("high".into(), ColumnData::Number(high)));
    columns.extend(names.into_iter().zip(quantiles.into_iter().map(ColumnData::Number)));
    columns.push(("truth".into(), ColumnData::Number(truth)));
    write(forecaster, columns, out.unwrap_or("-"))
}

/// `gyeol evaluate`.
pub fn evaluate(common: &Common, args: &Scoring) -> Result<()> {
    one_stdin(&args.model, &args.file)?;
    let bundle = Bundle::open(&args.model)?;
    let (bundle, machine) = super::examples::machine(bundle, &args.model)?;
    if let Some(machine) = machine {
        if args.span.any() {
            return Err(Failure::Usage(ONLY_FORECASTS.into()));
        }
        return super::examples::evaluate(common, &machine, &args.file, args.label.as_deref(), &args.reading);
    }
    let bundle = bundle.unwrap_or_else(|| unreachable!("no machine was in it"));
    if bundle.is::<gyeol_sequence::Tagger>() {
        return super::sequences::evaluate_tags(common, bundle, args);
    }
    if bundle.is::<gyeol_sequence::Translator>() {
        if args.span.any() {
            return Err(Failure::Usage(ONLY_FORECASTS.into()));
        }
        return super::sequences::evaluate(common, bundle, args);
    }
    if args.label.is_some() {
        return Err(Failure::Usage("--label goes with classifiers and regressions".into()));
    }
    let (forecaster, summary) = opened(bundle, &args.model)?;
    let language = output::language(common.language.as_deref(), None)?;
    let scaled = gyeol_ladder::recipe::scored_scaled(&forecaster, &summary)?;
    let table = table(&args.file, &reading_of(&forecaster, &args.reading))?;
    let test = backtest(common, &forecaster, table, &args.span)?;
    let found = forecaster.evaluate(&test, scaled, common.seed.unwrap_or(0));
    say(common, &test.warnings);
    let (limit, warned) = (&forecaster.about.intervals.limit, &found.warned);
    if common.json {
        let metrics: serde_json::Map<String, Value> = found
            .metrics
            .iter()
            .map(|(k, s)| {
                (k.clone(), json!({ "value": s.value, "low": s.low, "high": s.high, "n": found.values }))
            })
            .collect();
        return output::json(&json!({
            "rung": forecaster.rung, "windows": found.windows, "values": found.values, "metrics": metrics,
            "scaled": found.scaled, "coverage": found.coverage, "promised": found.promised,
            "width": found.width,
            "calibration": found.calibration.iter().map(|(level, below)| json!({ "level": level, "below": below })).collect::<Vec<_>>(),
            "seen": found.seen, "warnings": test.warnings, "limit": limit.as_ref().map(|limit| json!({
                "limit": limit.value, "threshold": limit.threshold, "miss_cost": limit.miss_cost,
                "above": warned.hits + warned.misses, "warned": warned.hits + warned.false_alarms, "hits": warned.hits,
                "precision": warned.precision(), "recall": warned.recall(), "f_beta": warned.f_beta(limit.miss_cost),
                "cost": warned.cost(limit.miss_cost),
            })),
        }));
    }
    let n = |v: f64| text::significant(v, 5, language);
    output::text(&format!(
        "  {} · {}\n",
        text::rung_title(&summary.rung, language),
        text::message(
            "evaluate-counts",
            &[
                (
                    "windows",
                    text::count(found.windows / forecaster.about.spec.targets.len().max(1), language)
                ),
                ("values", text::count(found.values, language)),
            ],
            language
        )
    ))?;
    if found.seen > 0 {
        let of = |n: usize| text::count(n / forecaster.about.spec.targets.len().max(1), language);
        let counts = [("seen", of(found.seen)), ("windows", of(found.windows))];
        output::text(&format!("  {}\n", text::message("evaluate-seen", &counts, language)))?;
    }
    for metric in metrics(!found.calibration.is_empty()) {
        let metric = metric.name();
        if let Some(s) = found.metrics.get(metric) {
            output::text(&format!(
                "  {:12} {:>12}   {}\n",
                text::metric_name(metric, language),
                n(s.value),
                text::range(&n(s.low), &n(s.high), language)
            ))?;
        }
    }
    output::text(&format!(
        "  {:12} {:>12}   ({})\n",
        text::message("evaluate-coverage", &[], language),
        text::percent(found.coverage, 1, language),
        text::percent(found.promised, 0, language)
    ))?;
    output::text(&format!(
        "  {:12} {:>12}\n",
        text::message("evaluate-width", &[], language),
        n(found.width)
    ))?;
    let Some(limit) = limit else { return Ok(()) };
    let share = |share: Option<f64>| share.map_or(text::MISSING.into(), |s| text::percent(s, 1, language));
    let args = [
        ("limit", n(limit.value)),
        ("above", text::count((warned.hits + warned.misses) as usize, language)),
        ("warned", text::count((warned.hits + warned.false_alarms) as usize, language)),
        ("threshold", text::percent(limit.threshold, 1, language)),
        ("precision", share(warned.precision())),
        ("recall", share(warned.recall())),
    ];
    output::text(&format!("  {}\n", text::message("evaluate-limit", &args, language)))
}

/// What clusters and components say of themselves beside their tensors.
fn unlabelled(summary: &Summary) -> String {
    if !matches!(summary.kind.as_str(), "clusters" | "components") {
        return String::new();
    }
    let list = |key: &str, of: fn(&Value) -> String| {
        summary.model[key].as_array().map(|all| all.iter().map(of).collect::<Vec<_>>().join(", "))
    };
    let features = list("features", |v| v.as_str().unwrap_or_default().to_owned())
        .or_else(|| summary.model["terms"].as_u64().map(|terms| format!("{terms} terms of texts")));
    let share = |v: &Value| v.as_f64().map_or(String::new(), |v| format!("{:.1} %", 100.0 * v));
    let rows = [
        ("k", Some(summary.model["k"].to_string())),
        ("sizes", list("sizes", Value::to_string)),
        ("explained", list("explained", share)),
        ("features", features),
    ];
    let row = |(key, words): (&str, String)| format!("  {key:9} {}\n", gyeol_base::shorten(&words, 300));
    rows.into_iter().filter_map(|(key, words)| Some(row((key, words?)))).collect()
}

/// `gyeol show`.
pub fn show(common: &Common, model: &Path) -> Result<()> {
    let bundle = Bundle::open(model)?;
    let summary = bundle.summary();
    let verbs = gyeol_models::Registry::standard().commands(&summary.kind, &summary.rung);
    if common.json {
        let mut value = serde_json::to_value(&summary)?;
        value["verbs"] = json!(verbs);
        return output::json(&value);
    }
    let answers = if verbs.is_empty() { String::new() } else { format!("  answers {}\n", verbs.join(", ")) };
    output::text(&format!("{summary}\n{}{answers}{}", unlabelled(&summary), threshold(&summary.model)))
}

/// From which probability on a classifier says its second class, where mistakes have costs.
fn threshold(model: &serde_json::Value) -> String {
    let (rule, classes) = (&model["decision"], &model["classes"]);
    let (Some(from), Some(first), Some(second)) =
        (rule["threshold"].as_f64(), classes[0].as_str(), classes[1].as_str())
    else {
        return String::new();
    };
    let (first_cost, second_cost) = (&rule["costs"][0], &rule["costs"][1]);
    format!(
        "  says     {second} from a probability of {from:.4} on ({first} -> {second} costs {first_cost}, {second} -> {first} {second_cost})\n"
    )
}

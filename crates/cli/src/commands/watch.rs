//! `gyeol watch`: the newest forecasts of a model against what came, and what speaks against going on with it.

use std::path::Path;

use gyeol_bundle::Bundle;
use gyeol_forecast::Forecaster;
use gyeol_forecast::watch::{Rivals, Watched};
use gyeol_report::text;
use serde_json::{Value, json};

use super::model::{instant, one_stdin, reading_of, say, time};
use super::{pool, table};
use crate::args::{Common, Watching};
use crate::failure::{Failure, Result};
use crate::output;

/// Forecasts shown on the terminal; all are in `--json`.
const SHOWN: usize = 14;

/// `gyeol watch`.
pub fn watch(common: &Common, asked: &Watching) -> Result<()> {
    one_stdin(&asked.model, &asked.file)?;
    let (model, watched) = one(common, asked, &asked.model)?;
    let rivals = match &asked.against {
        None => None,
        Some(path) => {
            let (rival, theirs) = one(common, asked, path)?;
            if rival.about.spec.targets != model.about.spec.targets {
                let targets = |m: &Forecaster| m.about.spec.targets.join(", ");
                return Err(Failure::Usage(format!(
                    "--against names a model of {}, this one is of {}",
                    targets(&rival),
                    targets(&model)
                )));
            }
            Some((rival.rung.clone(), watched.against(&theirs, common.seed.unwrap_or(0))?))
        }
    };
    let alarms = alarms(&watched, rivals.as_ref().map(|(_, found)| found));
    match common.json {
        true => print_json(&model, &watched, rivals.as_ref(), &alarms)?,
        false => print(common, &model, &watched, rivals.as_ref(), &alarms)?,
    }
    if asked.strict && !alarms.is_empty() {
        let found = format!("{} spoke against the model: {}", alarms.len(), alarms.join(", "));
        let fault = gyeol_base::Fault::new("alarm", found)
            .next("look at the days above; `gyeol update` fits the model again on newer rows");
        return Err(fault.input().into());
    }
    Ok(())
}

fn one(common: &Common, asked: &Watching, path: &Path) -> Result<(Forecaster, Watched)> {
    let bundle = Bundle::open(path)?;
    let (model, _) = gyeol_models::Registry::standard().opened_as::<Forecaster>(bundle, path)?;
    let table = table(&asked.file, &reading_of(&model, &asked.reading))?;
    let from = instant(&model, asked.from.as_ref())?;
    let found = model.newest(table, from, asked.last, &pool(common)).map_err(|e| e.in_file(&asked.file))?;
    say(common, &found.warnings);
    let watched = model.watched(&found);
    Ok((model, watched))
}

/// Keys of what speaks against the model.
fn alarms(watched: &Watched, rivals: Option<&Rivals>) -> Vec<&'static str> {
    let found = [
        (watched.drift.is_some(), "drift"),
        (watched.missed, "coverage"),
        (rivals.is_some_and(Rivals::lost), "challenger"),
    ];
    found.into_iter().filter(|(rings, _)| *rings).map(|(_, key)| key).collect()
}

fn print_json(
    model: &Forecaster,
    watched: &Watched,
    rivals: Option<&(String, Rivals)>,
    alarms: &[&str],
) -> Result<()> {
    let forecasts: Vec<Value> = watched
        .forecasts
        .iter()
        .map(|f| {
            json!({
                "origin": time(model, f.origin), "values": f.values, "mae": f.error, "ratio": f.ratio,
                "within": f.within, "gathered": f.gathered,
            })
        })
        .collect();
    output::json(&json!({
        "rung": model.rung, "forecasts": forecasts, "mae": watched.error, "ratio": watched.ratio,
        "coverage": watched.coverage.0, "promised": watched.coverage.1,
        "drift_since": watched.drift.map(|at| time(model, at)), "alarms": alarms,
        "challenger": rivals.map(|(rung, r)| json!({
            "rung": rung, "forecasts": r.forecasts, "difference": r.difference.value,
            "low": finite(r.difference.low), "high": finite(r.difference.high),
        })),
    }))
}

fn finite(v: f64) -> Option<f64> {
    Some(v).filter(|v| v.is_finite())
}

fn print(
    common: &Common,
    model: &Forecaster,
    watched: &Watched,
    rivals: Option<&(String, Rivals)>,
    alarms: &[&str],
) -> Result<()> {
    let language = output::language(common.language.as_deref(), None)?;
    let t = |key: &str, args: &[(&str, String)]| text::message(key, args, language);
    let n = |v: f64| text::significant(v, 4, language);
    let share = |v: f64| text::percent(v, 0, language);
    let mut out = format!(
        "  {} · {}\n\n",
        text::rung_title(&model.rung, language),
        t("watch-lead", &[("n", text::count(watched.forecasts.len(), language))])
    );
    let mut rows = vec![vec![
        t("watch-origin", &[]),
        text::with_unit(&t("watch-error", &[]), &model.about.unit),
        t("watch-ratio", &[]),
        t("watch-within", &[]),
    ]];
    let skipped = watched.forecasts.len().saturating_sub(SHOWN);
    for f in &watched.forecasts[skipped..] {
        let stamp = time(model, f.origin).replace('T', " ");
        let ratio = f.ratio.map_or(text::MISSING.into(), |r| text::number(r, 2, language));
        rows.push(vec![stamp, n(f.error), ratio, share(f.within)]);
    }
    let ratio = watched.ratio.map_or(text::MISSING.into(), |r| text::number(r, 2, language));
    rows.push(vec![t("watch-all", &[]), n(watched.error), ratio, share(watched.coverage.0)]);
    out += &output::columns(&rows);
    out.push('\n');
    let (held, promised) = watched.coverage;
    for alarm in alarms {
        let args = match *alarm {
            "drift" => {
                vec![("since", watched.drift.map_or(String::new(), |at| time(model, at).replace('T', " ")))]
            }
            "coverage" => vec![("held", share(held)), ("promised", share(promised))],
            _ => Vec::new(),
        };
        out += &format!("  {}\n", t(&format!("watch-alarm-{alarm}"), &args));
    }
    if alarms.is_empty() {
        out += &format!("  {}\n", t("watch-fine", &[]));
    }
    if let Some((rung, found)) = rivals {
        let d = &found.difference;
        let args = [
            ("rung", text::rung_title(rung, language)),
            ("n", text::count(found.forecasts, language)),
            ("difference", n(d.value)),
            ("range", text::range(&n(d.low), &n(d.high), language)),
        ];
        out += &format!("  {}\n", t("watch-rival", &args));
    }
    output::text(&out)
}

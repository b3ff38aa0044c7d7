//! Climbs the ladder: fits every rung under one protocol, judges it once on every test window, and leaves the
//! report, the scores and the bundles.

use std::path::{Path, PathBuf};

use gyeol_bundle::DataHash;
use gyeol_data::Split;
use gyeol_forecast::forecaster::About;
use gyeol_forecast::rung::Progress;
use gyeol_forecast::score::{Bootstrap, Yardsticks};
use gyeol_forecast::{Intervals, Prepared, Spec, Window, Windows};
use gyeol_report::Language;
use gyeol_report::model::{ChangeRow, ColumnRole, DataFacts, LadderReport, Pair, Protocol, RungReport, Span};
use gyeol_tensor::{Pool, kernel_path};

use crate::detail::Bench;
use crate::error::{Error, Result};
use crate::examples::{self, Drawn};
use crate::folder;
use crate::judge::{Judged, Setting};
use crate::open::Opened;
use crate::plan::plan;
use crate::recipe::{HolidaysRecipe, Metric, Recipe};
use crate::scores::scores_json;

/// Rows (windows times look-back) that `--quick` learns from.
const QUICK_ROWS: usize = 3_000_000;

/// How to climb.
#[derive(Debug, Clone)]
pub struct Climb {
    /// Output folder; made once data, split and rungs are known to be sound.
    pub out: PathBuf,
    /// Whether the folder must be a new one: a number is added to its name where that is taken.
    pub fresh: bool,
    /// Smaller nets, fewer epochs.
    pub quick: bool,
    /// Go on with what the folder holds.
    pub resume: bool,
    /// Only this rung, by name.
    pub only: Option<String>,
    /// The command that repeats the run, for the report.
    pub command: String,
}

/// What a climb is watched by.
pub trait Watch {
    /// A rung begins; `of` rungs in all, `index` from 0.
    fn begin(&mut self, _rung: &str, _index: usize, _of: usize) {}
    /// Progress of a net; false stops the climb.
    fn progress(&mut self, _rung: &str, _progress: Progress) -> bool {
        true
    }
    /// A rung is done; true in `kept` when it was taken from an earlier run.
    fn done(&mut self, _rung: &RungReport, _kept: bool) {}
}

/// What a climb leaves.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Everything, as the page shows it.
    pub report: LadderReport,
    /// `DIR/report.html`.
    pub page: PathBuf,
    /// `DIR/scores.json`.
    pub scores: PathBuf,
    /// `DIR/model.gyeol`.
    pub model: PathBuf,
}

/// Climbs.
///
/// # Errors
/// As the stations say; nothing is left half written.
pub fn climb(
    recipe: &Recipe,
    opened: Opened,
    options: &Climb,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Outcome> {
    let Opened { table, roles, changes, readings } = opened;
    let split = Split::of(&readings, &recipe.split_spec())?;
    let calendar = recipe.calendar_spec();
    let seasons = recipe.forecast.seasons.clone().unwrap_or_default();
    let spec = Spec::new(
        &readings,
        recipe.forecast.look_back,
        recipe.forecast.horizon,
        calendar,
        &seasons,
        recipe.scale.kind,
    )?;
    let data = Prepared::fit(&readings, &split, spec)?;
    let mut windows = Windows::of(&data, &split, 1)?;
    // A first look learns from origins farther apart where the table is long.
    let thinned = if options.quick {
        (windows.train.len() * data.spec.look_back / recipe.forecast.stride).div_ceil(QUICK_ROWS).max(1)
    } else {
        1
    };
    let every = recipe.forecast.stride * thinned;
    if every > 1 {
        let channels = data.spec.targets.len();
        let stride = every * channels;
        windows.train = windows.train.chunks(stride).flat_map(|c| c.iter().take(channels)).copied().collect();
    }
    let profile = gyeol_data::profile::profile(&table, &roles, Some(&recipe.split_spec()))?;
    let mut planned = plan(recipe, &data.spec, windows.train.len(), options.quick);
    if let Some(only) = &options.only {
        let known: Vec<String> = planned.iter().map(|p| p.name.clone()).collect();
        planned.retain(|p| p.name == *only);
        if planned.is_empty() {
            return Err(Error::NoRung { name: only.clone(), known: known.join(", ") });
        }
    }
    for rung in &planned {
        rung.params.check(&data).map_err(|source| Error::Rung { rung: rung.name.clone(), source })?;
    }
    let source = table.source();
    let hash =
        DataHash { name: source.name.clone(), sha256: source.sha256.clone(), rows: table.rows() as u64 };
    let canonical = recipe.to_toml();
    // Words are no part of what was fitted: a report can be drawn again in another language.
    let fitted_by = Recipe { language: "en".into(), ..recipe.clone() }.to_toml();
    let yardsticks = Yardsticks::fit(&data, &split);
    let test_origins = origins(&data, &windows.test);
    let block = recipe.score.bootstrap_block.unwrap_or_else(|| Bootstrap::block_of(&data.spec, test_origins));
    let scaled = recipe.score.scaled;
    let holidays = data.spec.calendar.holidays()?;
    let bench = Bench::new(&data, &split, &windows.test, scaled, holidays, &readings);
    let naive_season = data.spec.seasons.first().map(|s| s.rows);
    let naive_loss = naive_loss(&data, &windows.valid, naive_season);
    let setting = Setting {
        recipe,
        data: &data,
        windows: &windows,
        yardsticks: &yardsticks,
        bench: &bench,
        bootstrap: Bootstrap::new(test_origins, block, recipe.score.bootstrap_draws, recipe.seed),
        scaled,
        naive_loss,
        about: About {
            spec: data.spec.clone(),
            scalers: data.scalers.clone(),
            intervals: Intervals::default(),
            yardsticks: yardsticks.clone(),
            time: roles.time().map(str::to_string),
            id: roles.id().map(str::to_string),
            clean: recipe.clean.clone(),
            unit: recipe.columns.unit.clone().unwrap_or_default(),
        },
        hash,
        // A quick run is another run: its rungs are never taken for full ones.
        canonical: if options.quick { format!("{fitted_by}\n# quick\n") } else { fitted_by },
        pool,
    };
    let mut calendar_names = data.calendar_columns()?;
    if let Some(HolidaysRecipe::Country(code)) = &recipe.calendar.holidays {
        calendar_names.iter_mut().filter(|n| *n == "holiday").for_each(|n| *n = format!("holiday ({code})"));
    }
    // Data, split and rungs are sound: only now is anything written.
    let options = &Climb { out: folder::make(options)?, ..options.clone() };
    let mut judged: Vec<Judged> = Vec::new();
    for (index, rung) in planned.iter().enumerate() {
        watch.begin(&rung.name, index, planned.len());
        let (one, kept) = setting.rung(rung, options, watch)?;
        watch.done(&one.report, kept);
        judged.push(one);
    }

    let metric = match recipe.score.metric {
        Metric::Mae => "mae",
        Metric::Mse => "mse",
    };
    let valid = |j: &Judged| j.report.valid.get(metric).copied().unwrap_or(f64::INFINITY);
    let best =
        (0..judged.len()).min_by(|&a, &b| valid(&judged[a]).total_cmp(&valid(&judged[b]))).unwrap_or(0);
    let mut pairs = Vec::new();
    for a in 0..judged.len() {
        for b in 0..judged.len() {
            if b != best && (a == best || b > a) {
                let d = setting.bootstrap.difference(&judged[a].errors, &judged[b].errors, metric);
                let (a, b) = (judged[a].report.name.clone(), judged[b].report.name.clone());
                pairs.push(Pair { a, b, difference: d.value, low: d.low, high: d.high });
            }
        }
    }
    let mut order: Vec<usize> = (0..judged.len()).filter(|&i| i != best).collect();
    order.sort_by(|&a, &b| valid(&judged[a]).total_cmp(&valid(&judged[b])));
    order.insert(0, best);
    order.truncate(2);
    let drawn: Vec<Drawn<'_>> = order
        .iter()
        .filter_map(|&i| judged.get(i))
        .map(|j| Drawn { rung: &j.report.name, forecasts: &j.forecasts, intervals: &j.intervals })
        .collect();
    let days = examples::days(&bench, &drawn, naive_season);
    let span = |part: &std::ops::Range<i64>, list: &[Window]| span_of(&data, part, list);
    let unscored = bench.windows.iter().map(|w| bench.truth(w).iter().filter(|y| y.is_nan()).count()).sum();
    let mut notes = Vec::new();
    if recipe.forecast.known_ahead {
        notes.push("known-ahead".to_string());
    }
    if recipe.data.file == crate::recipe::BUILTIN_POWER {
        notes.push("built-in".to_string());
    }
    if options.quick {
        notes.push("quick".to_string());
    }
    let report = LadderReport {
        version: env!("CARGO_PKG_VERSION").into(),
        machine: machine(),
        threads: pool.threads(),
        seed: recipe.seed,
        command: options.command.clone(),
        recipe: canonical,
        data: DataFacts {
            name: recipe.title(),
            sha256: source.sha256.clone(),
            rows: table.rows(),
            series: data.series.len(),
            targets: data.spec.targets.clone(),
            unit: recipe.columns.unit.clone().unwrap_or_default(),
            step: data.spec.step.label(),
            zone: data.spec.zone.clone().unwrap_or_else(|| "UTC".into()),
        },
        protocol: Protocol {
            look_back: data.spec.look_back,
            horizon: data.spec.horizon,
            train: span(&split.train, &windows.train),
            valid: span(&split.valid, &windows.valid),
            test: span(&split.test, &windows.test),
            columns: table
                .columns()
                .iter()
                .map(|c| ColumnRole { name: c.name.clone(), role: roles.get(&c.name).word().into() })
                .collect(),
            calendar: calendar_names,
            known_ahead: recipe.forecast.known_ahead,
            interval_level: recipe.forecast.interval,
            scaled,
            mase_season: yardsticks.season,
            unscored,
            skipped: windows.skipped,
            bootstrap_block: setting.bootstrap.block,
            bootstrap_draws: recipe.score.bootstrap_draws,
        },
        metric: metric.into(),
        best,
        rungs: judged.iter().map(|j| j.report.clone()).collect(),
        pairs,
        days,
        profile,
        changes: changes
            .iter()
            .map(|c| ChangeRow {
                operation: c.operation.clone(),
                column: c.column.clone().unwrap_or_default(),
                touched: c.touched,
                detail: c.detail.clone(),
            })
            .collect(),
        notes,
    };
    let language: Language = recipe.language.parse().unwrap_or(Language::English);
    let html = gyeol_report::ladder_page(&report, language).map_err(|e| Error::Report(e.to_string()))?;
    let out = |name: &str| options.out.join(name);
    let scores =
        serde_json::to_vec_pretty(&scores_json(&report)).map_err(|e| Error::Report(e.to_string()))?;
    write(&out("report.html"), html.as_bytes())?;
    write(&out("scores.json"), &scores)?;
    if let Some(b) = report.rungs.get(best) {
        let from = setting.bundle_path(&options.out, &b.name);
        let bytes = std::fs::read(&from).map_err(|source| Error::Write { path: from, source })?;
        write(&out("model.gyeol"), &bytes)?;
    }
    Ok(Outcome { report, page: out("report.html"), scores: out("scores.json"), model: out("model.gyeol") })
}

fn origins(data: &Prepared, windows: &[Window]) -> usize {
    let mut times: Vec<i64> =
        windows.iter().map(|w| data.series[w.series as usize].clock.at(w.origin as usize)).collect();
    times.sort_unstable();
    times.dedup();
    times.len()
}

/// Validation MAE, in scaled units, of repeating the season: what a net must beat to have learnt anything.
fn naive_loss(data: &Prepared, windows: &[Window], season: Option<usize>) -> f64 {
    let horizon = data.spec.horizon;
    let mut out = vec![0.0; horizon];
    let (mut sum, mut n) = (0.0, 0.0);
    for w in windows {
        match season {
            Some(season) => gyeol_forecast::baseline::seasonal_naive(data, season, w, &mut out),
            None => gyeol_forecast::baseline::last_value(data, w, &mut out),
        }
        let s = &data.series[w.series as usize];
        let (channel, origin) = (w.channel as usize, w.origin as usize);
        for (p, y) in out.iter().zip(&s.truth[channel][origin..origin + horizon]) {
            if !y.is_nan() {
                sum += (p - y).abs() / s.scalers[channel].scale;
                n += 1.0;
            }
        }
    }
    sum / n
}

fn span_of(data: &Prepared, part: &std::ops::Range<i64>, windows: &[Window]) -> Span {
    let (mut from, mut to, mut rows) = (i64::MAX, i64::MIN, 0);
    for s in &data.series {
        let first = s.clock.index_at_or_after(part.start).min(s.history);
        let end = s.clock.index_at_or_after(part.end).min(s.history);
        if first < end {
            from = from.min(s.clock.at(first));
            to = to.max(s.clock.at(end - 1));
            rows += end - first;
        }
    }
    // All targets of one origin are one window.
    Span { from, to, rows, windows: windows.len() / data.spec.targets.len().max(1) }
}

pub(crate) fn machine() -> String {
    let name = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_string())
    });
    format!("{}, {}", name.unwrap_or_else(|| std::env::consts::ARCH.to_string()), kernel_path().name())
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    gyeol_data::write_bytes(path, bytes).map_err(|source| Error::Write { path: path.to_path_buf(), source })
}

//! Climbs the ladder: fits every rung under one protocol, judges it once on every test window, and leaves the
//! report, the scores and the bundles.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gyeol_bundle::{Bundle, DataHash, Manifest};
use gyeol_data::Split;
use gyeol_forecast::calendar::CalendarSpec;
use gyeol_forecast::forecaster::About;
use gyeol_forecast::rung::{Observer, Progress, RungParams};
use gyeol_forecast::score::{Bootstrap, Errors, Yardsticks};
use gyeol_forecast::{Fitted, Forecaster, Intervals, Prepared, Spec, Window, Windows};
use gyeol_neural::State;
use gyeol_report::Language;
use gyeol_report::model::{
    ChangeRow, ColumnRole, DataFacts, EpochPoint, Interval, LadderReport, LayerRow, Pair, Protocol,
    RungReport, Span,
};
use gyeol_tensor::{Pool, kernel_path};

use crate::checkpoint::{Checkpoints, stem};
use crate::detail::Bench;
use crate::error::{Error, Result};
use crate::examples::{self, Drawn};
use crate::open::Opened;
use crate::plan::{Planned, plan};
use crate::recipe::{HolidaysRecipe, Metric, Recipe};
use crate::scores::scores_json;
use crate::verdict::verdict;

/// How to climb.
#[derive(Debug, Clone)]
pub struct Climb {
    /// Output folder.
    pub out: PathBuf,
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

struct Judged {
    report: RungReport,
    intervals: Intervals,
    forecasts: Vec<f64>,
    errors: Errors,
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
    let calendar = calendar_spec(recipe);
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
    if recipe.forecast.stride > 1 {
        let channels = data.spec.targets.len();
        let stride = recipe.forecast.stride * channels;
        windows.train = windows.train.chunks(stride).flat_map(|c| c.iter().take(channels)).copied().collect();
    }
    let profile = gyeol_data::profile::profile(&table, &roles, Some(&recipe.split_spec()))?;
    let mut planned = plan(recipe, &data.spec, options.quick);
    if let Some(only) = &options.only {
        let known: Vec<String> = planned.iter().map(|p| p.name.clone()).collect();
        planned.retain(|p| p.name == *only);
        if planned.is_empty() {
            return Err(Error::NoRung { name: only.clone(), known: known.join(", ") });
        }
    }
    let rungs_folder = options.out.join("rungs");
    std::fs::create_dir_all(&rungs_folder)
        .map_err(|source| Error::Write { path: rungs_folder.clone(), source })?;

    let source = table.source();
    let hash =
        DataHash { name: source.name.clone(), sha256: source.sha256.clone(), rows: table.rows() as u64 };
    let canonical = recipe.to_toml();
    let yardsticks = Yardsticks::fit(&data, &split);
    let block = recipe.score.bootstrap_block.unwrap_or_else(|| default_block(&data));
    let scaled = recipe.score.scaled;
    let holidays = recipe.holidays()?;
    let bench = Bench::new(&data, &split, &windows.test, scaled, holidays, &readings);
    let naive_season = data.spec.seasons.first().map(|s| s.rows);
    let naive_loss = naive_loss(&data, &windows.valid, naive_season);
    let setting = Setting {
        recipe,
        data: &data,
        windows: &windows,
        yardsticks: &yardsticks,
        bench: &bench,
        bootstrap: Bootstrap::new(
            origins(&data, &windows.test),
            block,
            recipe.score.bootstrap_draws,
            recipe.seed,
        ),
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
        canonical: if options.quick { format!("{canonical}\n# quick\n") } else { canonical.clone() },
        pool,
    };
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
            if a == best && b != best || a != best && b > a && b != best {
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
    let mut calendar_names = data.calendar_columns()?;
    if let Some(HolidaysRecipe::Country(code)) = &recipe.calendar.holidays {
        calendar_names.iter_mut().filter(|n| *n == "holiday").for_each(|n| *n = format!("holiday ({code})"));
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

/// What every rung shares.
struct Setting<'a> {
    recipe: &'a Recipe,
    data: &'a Prepared,
    windows: &'a Windows,
    yardsticks: &'a Yardsticks,
    bench: &'a Bench<'a>,
    bootstrap: Bootstrap,
    scaled: bool,
    naive_loss: f64,
    about: About,
    hash: DataHash,
    canonical: String,
    pool: &'a Pool,
}

impl Setting<'_> {
    fn bundle_path(&self, out: &Path, rung: &str) -> PathBuf {
        let mut name = stem(out, rung).into_os_string();
        name.push(".gyeol");
        PathBuf::from(name)
    }

    /// Fits (or takes over from an earlier run), judges and saves one rung.
    fn rung(&self, rung: &Planned, options: &Climb, watch: &mut dyn Watch) -> Result<(Judged, bool)> {
        let path = self.bundle_path(&options.out, &rung.name);
        if options.resume
            && let Some(judged) = self.kept(rung, &path)?
        {
            return Ok((judged, true));
        }
        let checkpoints = Checkpoints {
            stem: stem(&options.out, &rung.name),
            rung: rung.name.clone(),
            data: self.hash.clone(),
            recipe: format!("{}\n# {:?}\n", self.canonical, rung.params),
        };
        memory::reset();
        let mut observer = Seen { watch, checkpoints: &checkpoints, resume: options.resume, failure: None };
        let fitted = rung.params.fit(self.data, self.windows, self.pool, &mut observer);
        if let Some(failure) = observer.failure {
            return Err(failure);
        }
        let fitted = fitted.map_err(|source| match source {
            gyeol_forecast::Error::Neural(gyeol_neural::Error::Stopped { .. }) => {
                Error::Stopped { rung: rung.name.clone(), out: options.out.clone() }
            }
            source => Error::Rung { rung: rung.name.clone(), source },
        })?;
        let peak = memory::peak();
        let (judged, forecaster) = self.judge(rung, &fitted, peak);
        let mut manifest = Manifest::new("forecast", &rung.name, self.hash.clone());
        manifest.recipe = self.canonical.clone();
        manifest.scores = serde_json::to_value(&judged.report).map_err(|e| Error::Report(e.to_string()))?;
        Bundle::of_forecaster(&forecaster, manifest)?.save(&path)?;
        let members = if let RungParams::Net { members, .. } = &rung.params { *members } else { 0 };
        checkpoints.remove(members);
        Ok((judged, false))
    }

    /// A rung of an earlier run in the same folder.
    fn kept(&self, rung: &Planned, path: &Path) -> Result<Option<Judged>> {
        if !path.exists() {
            return Ok(None);
        }
        let bundle = Bundle::open(path)?;
        let m = &bundle.manifest;
        if m.recipe != self.canonical || m.data != self.hash {
            let out = path.parent().and_then(Path::parent).unwrap_or(path).to_path_buf();
            return Err(Error::OtherRun { out });
        }
        if m.rung != rung.name || m.gyeol_version != env!("CARGO_PKG_VERSION") {
            return Ok(None);
        }
        let Ok(report) = serde_json::from_value::<RungReport>(m.scores.clone()) else { return Ok(None) };
        let forecaster = bundle.forecaster()?;
        let forecasts = forecaster.predictor.predict(self.data, &self.windows.test, self.pool);
        let errors = Errors::of(self.data, &self.windows.test, &forecasts, self.yardsticks, self.scaled);
        Ok(Some(Judged { report, intervals: forecaster.about.intervals, forecasts, errors }))
    }

    fn judge(&self, rung: &Planned, fitted: &Fitted, peak_memory: u64) -> (Judged, Forecaster) {
        let data = self.data;
        let predictor = &fitted.predictor;
        let valid_forecasts = predictor.predict(data, &self.windows.valid, self.pool);
        let valid =
            Errors::of(data, &self.windows.valid, &valid_forecasts, self.yardsticks, self.scaled).total();
        let intervals = Intervals::fit(
            self.recipe.forecast.interval,
            &residuals(data, &self.windows.valid, &valid_forecasts),
        );
        let forecasts = predictor.predict(data, &self.windows.test, self.pool);
        let errors = Errors::of(data, &self.windows.test, &forecasts, self.yardsticks, self.scaled);
        let test = self.bootstrap.scores(&errors);
        let d = self.bench.detail(&forecasts, &intervals);
        let finite = |v: &f64| v.is_finite();
        let valid: BTreeMap<String, f64> = gyeol_forecast::score::METRICS
            .iter()
            .map(|m| (m.to_string(), valid.metric(m)))
            .filter(|(_, v)| finite(v))
            .collect();
        let test: BTreeMap<String, Interval> = test
            .into_iter()
            .filter(|(_, s)| [s.value, s.low, s.high].iter().all(finite))
            .map(|(k, s)| (k, Interval { value: s.value, low: s.low, high: s.high }))
            .collect();
        let report = RungReport {
            name: rung.name.clone(),
            inputs: self.inputs(&rung.params),
            valid,
            test,
            parameters: predictor.parameters(),
            fit_seconds: fitted.seconds,
            predict_us: self.predict_us(fitted),
            peak_memory,
            verdict: verdict(&fitted.curve, fitted.best_epoch, Some(self.naive_loss)),
            curve: fitted
                .curve
                .iter()
                .map(|e| EpochPoint {
                    epoch: e.epoch,
                    train_loss: e.train_loss,
                    valid_loss: e.valid_loss,
                    learning_rate: e.learning_rate,
                    seconds: e.seconds,
                })
                .collect(),
            mae_by_step: d.mae_by_step,
            bias_by_step: d.bias_by_step,
            coverage_by_step: d.coverage_by_step,
            width_by_step: d.width_by_step,
            coverage: d.coverage,
            width: d.width,
            pinball: d.pinball,
            mae_by_weekday_hour: d.mae_by_weekday_hour,
            mae_by_weekday: d.mae_by_weekday,
            residual_edges: d.residual_edges,
            residual_counts: d.residual_counts,
            peak: d.peak,
            worst_days: d.worst_days,
            layers: predictor
                .layers()
                .into_iter()
                .map(|l| LayerRow { name: l.name, x: l.x, w: l.w, b: l.b, y: l.y, parameters: l.parameters })
                .collect(),
            training: facts(&rung.params, fitted),
        };
        let about = About { intervals: intervals.clone(), ..self.about.clone() };
        let forecaster = Forecaster { rung: rung.name.clone(), about, predictor: predictor.clone() };
        (Judged { report, intervals, forecasts, errors }, forecaster)
    }

    /// Microseconds a forecast of one window costs, one window at a time on one thread: the median of 101.
    fn predict_us(&self, fitted: &Fitted) -> f64 {
        let one = Pool::new(1);
        let Some(window) = self.windows.test.first() else { return 0.0 };
        let mut took: Vec<f64> = (0..101)
            .map(|_| {
                let begun = Instant::now();
                std::hint::black_box(fitted.predictor.predict(self.data, &[*window], &one));
                begun.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        took.sort_unstable_by(f64::total_cmp);
        took[50]
    }

    fn inputs(&self, params: &RungParams) -> Vec<String> {
        let spec = &self.data.spec;
        let mut inputs = vec!["target".to_string()];
        let calendar = |inputs: &mut Vec<String>| {
            if spec.calendar.enabled && self.data.calendar_width > 0 {
                inputs.push("calendar".into());
                if spec.calendar.country.is_some() || !spec.calendar.dates.is_empty() {
                    inputs.push("holiday".into());
                }
            }
        };
        match params {
            RungParams::LastValue | RungParams::SeasonalNaive { .. } => {}
            RungParams::Linear { .. } => {
                inputs.extend(spec.past.iter().chain(&spec.known).cloned());
                calendar(&mut inputs);
                inputs.extend(["lags".to_string(), "centred".to_string()]);
            }
            RungParams::Net { net, .. } => {
                inputs.extend(spec.past.iter().chain(&spec.known).cloned());
                if net.calendar || net.row_calendar {
                    calendar(&mut inputs);
                }
                if net.season_values {
                    for s in spec.near_seasons() {
                        inputs.push(match s.name.as_str() {
                            "day" => "day-before".into(),
                            "week" => "week-before".into(),
                            _ => "season".into(),
                        });
                    }
                }
                if net.centred {
                    inputs.push("centred".into());
                }
                if net.segment.is_some() {
                    inputs.push("segments".into());
                }
            }
        }
        inputs
    }
}

/// Passes on what a fit reports, and saves its states.
struct Seen<'a> {
    watch: &'a mut dyn Watch,
    checkpoints: &'a Checkpoints,
    resume: bool,
    failure: Option<Error>,
}

impl Observer for Seen<'_> {
    fn progress(&mut self, progress: Progress) -> bool {
        self.failure.is_none() && self.watch.progress(&self.checkpoints.rung, progress)
    }
    fn checkpoint(&mut self, member: usize, state: &State<f32>) {
        if let Err(e) = self.checkpoints.save(member, state) {
            self.failure.get_or_insert(e);
        }
    }
    fn resume(&mut self, member: usize) -> Option<State<f32>> {
        if !self.resume {
            return None;
        }
        match self.checkpoints.load(member) {
            Ok(state) => state,
            Err(e) => {
                self.failure.get_or_insert(e);
                None
            }
        }
    }
}

fn facts(params: &RungParams, fitted: &Fitted) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut say = |key: &str, value: String| facts.push((key.to_string(), value));
    match (params, &fitted.predictor) {
        (RungParams::Linear { .. }, gyeol_forecast::Predictor::Linear(m)) => {
            let chosen: Vec<String> = m.ridge.iter().map(|r| format!("{r:e}")).collect();
            say("ridge", chosen.join(", "));
        }
        (RungParams::Net { net, train, members }, _) => {
            say("optimizer", train.optimizer.name().into());
            say("learning-rate", train.learning_rate.to_string());
            say("schedule", train.schedule.name().into());
            say("loss", format!("{:?}", net.loss));
            say("batch", train.batch.to_string());
            say("epochs", train.epochs.to_string());
            say("iterations", fitted.iterations.to_string());
            if let Some(clip) = train.clip {
                say("clip", clip.to_string());
            }
            if let gyeol_neural::Optimizer::Adam { weight_decay, .. } = train.optimizer
                && weight_decay > 0.0
            {
                say("weight-decay", weight_decay.to_string());
            }
            if net.dropout > 0.0 {
                say("dropout", net.dropout.to_string());
            }
            say("seeds", members.to_string());
            say("precision", "f32".into());
        }
        _ => {}
    }
    facts
}

fn calendar_spec(recipe: &Recipe) -> CalendarSpec {
    let (country, dates) = match &recipe.calendar.holidays {
        Some(HolidaysRecipe::Country(code)) => (Some(code.clone()), Vec::new()),
        Some(HolidaysRecipe::Dates(dates)) => (None, dates.clone()),
        None => (None, Vec::new()),
    };
    CalendarSpec { enabled: recipe.calendar.features, country, dates }
}

/// A week of rows, or the horizon where that is longer.
fn default_block(data: &Prepared) -> usize {
    let week = data.spec.step.per_day().map_or(1, |n| 7 * n);
    week.max(data.spec.horizon)
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

/// Residuals (truth minus forecast) in scaled units, by channel and row ahead.
fn residuals(data: &Prepared, windows: &[Window], forecasts: &[f64]) -> Vec<Vec<Vec<f64>>> {
    let horizon = data.spec.horizon;
    let mut out = vec![vec![Vec::new(); horizon]; data.spec.targets.len()];
    for (w, forecast) in windows.iter().zip(forecasts.chunks_exact(horizon)) {
        let s = &data.series[w.series as usize];
        let (channel, origin) = (w.channel as usize, w.origin as usize);
        for j in 0..horizon {
            let y = s.truth[channel][origin + j];
            if !y.is_nan() {
                out[channel][j].push((y - forecast[j]) / s.scalers[channel].scale);
            }
        }
    }
    out
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
    Span { from, to, rows, windows: windows.len() }
}

fn machine() -> String {
    let name = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_string())
    });
    format!("{}, {}", name.unwrap_or_else(|| std::env::consts::ARCH.to_string()), kernel_path().name())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    gyeol_data::write_bytes(path, bytes).map_err(|source| Error::Write { path: path.to_path_buf(), source })
}

/// Highest resident memory, where the system tells.
mod memory {
    /// Begins a new measurement.
    pub fn reset() {
        // Linux: "5" sets the high-water mark back; elsewhere, or without the right, peaks are of the process.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }

    /// Bytes since the last reset; 0 where the system does not tell.
    pub fn peak() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1024
    }
}

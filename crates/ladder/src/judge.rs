//! One rung: fitted or taken over from a stopped run, judged once on the test windows, saved as a bundle.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gyeol_bundle::{Bundle, DataHash, Manifest};
use gyeol_forecast::forecaster::About;
use gyeol_forecast::rung::{Observer, Progress, RungParams};
use gyeol_forecast::score::{Bootstrap, Errors, Yardsticks};
use gyeol_forecast::{Fitted, Forecaster, Intervals, Prepared, Window, Windows};
use gyeol_neural::State;
use gyeol_report::model::{EpochPoint, Interval, LayerRow, RungReport};
use gyeol_tensor::Pool;

use crate::checkpoint::{Checkpoints, stem};
use crate::climb::{Climb, Watch};
use crate::detail::Bench;
use crate::error::{Error, Result};
use crate::plan::Planned;
use crate::recipe::Recipe;
use crate::verdict::verdict;

/// A rung with what it forecast.
pub(crate) struct Judged {
    pub(crate) report: RungReport,
    pub(crate) intervals: Intervals,
    pub(crate) forecasts: Vec<f64>,
    pub(crate) errors: Errors,
}

/// What every rung shares.
pub(crate) struct Setting<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) data: &'a Prepared,
    pub(crate) windows: &'a Windows,
    pub(crate) yardsticks: &'a Yardsticks,
    pub(crate) bench: &'a Bench<'a>,
    pub(crate) bootstrap: Bootstrap,
    pub(crate) scaled: bool,
    pub(crate) naive_loss: f64,
    pub(crate) about: About,
    pub(crate) hash: DataHash,
    pub(crate) canonical: String,
    pub(crate) pool: &'a Pool,
}

impl Setting<'_> {
    pub(crate) fn bundle_path(&self, out: &Path, rung: &str) -> PathBuf {
        let mut name = stem(out, rung).into_os_string();
        name.push(".gyeol");
        PathBuf::from(name)
    }

    /// Fits (or takes over from an earlier run), judges and saves one rung.
    pub(crate) fn rung(
        &self,
        rung: &Planned,
        options: &Climb,
        watch: &mut dyn Watch,
    ) -> Result<(Judged, bool)> {
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
            RungParams::Net { net, members, .. } => {
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
                if net.base {
                    inputs.push("linear".into());
                }
                if *members > 1 {
                    inputs.push("mean".into());
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
            say("loss", net.loss.name().into());
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

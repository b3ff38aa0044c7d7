//! One rung of forecasts: fitted, or gone on with from the states of a stopped run; its inputs and facts for people.

use gyeol_base::{Error, Result};
use gyeol_forecast::forecaster::About;
use gyeol_forecast::response::Slow;
use gyeol_forecast::rung::{Observer, Progress};
use gyeol_forecast::score::{self, Sums};
use gyeol_forecast::{Fitted, Forecaster, Intervals, Mixture, RungParams, RungPredictor, Trust, Window};
use gyeol_judge::Outcomes;
use gyeol_neural::State;
use gyeol_report::model::{Fact, Input, LayerRow};

use super::Forecasts;
use super::plan::Planned;
use super::verdict::{points, verdict};
use crate::checkpoint::Checkpoints;
use crate::recipe::ForecastRecipe;
use crate::task::{Fit, Running};
use crate::watch::{Step, Watch};

impl Forecasts<'_> {
    /// Fits a rung, and the interval around its forecasts on the validation part.
    pub(super) fn fit_rung(&mut self, rung: &Planned, running: &mut Running<'_>) -> Result<Fit<Forecaster>> {
        if let RungParams::Mixture { parts } = &rung.params {
            return self.mix(rung, parts, running);
        }
        let checkpoints = Checkpoints::of(running.stem, &rung.name, &self.plan.head, &rung.params);
        let mut observer = Seen {
            watch: &mut *running.watch,
            checkpoints: &checkpoints,
            resume: running.resume,
            failure: None,
        };
        let fitted = rung.params.fit_on(&mut self.base, &self.data, &self.windows, self.pool, &mut observer);
        if let Some(failure) = observer.failure {
            return Err(failure);
        }
        let fitted = fitted?;
        let about = self.judged_on_valid(&rung.name, &fitted.predictor, running.watch)?;
        Ok(Fit {
            seconds: fitted.seconds,
            inputs: self.inputs(&rung.params),
            tried: Vec::new(),
            curve: points(&fitted.curve),
            verdict: verdict(&fitted.curve, fitted.best_epoch, Some(self.naive_loss)),
            layers: fitted
                .predictor
                .layers()
                .into_iter()
                .map(|l| LayerRow { name: l.name, x: l.x, w: l.w, b: l.b, y: l.y, parameters: l.parameters })
                .collect(),
            training: facts(&rung.params, &fitted),
            model: Forecaster::new(rung.name.clone(), about, fitted.predictor),
        })
    }

    /// Forecasts the validation windows, keeps them for mixtures, and fits the interval around them.
    fn judged_on_valid(
        &mut self,
        name: &str,
        predictor: &RungPredictor,
        watch: &mut dyn Watch,
    ) -> Result<About> {
        let valid = self.forecasts(predictor, &self.judged, watch)?;
        self.around_and_kept(name, predictor, valid)
    }

    /// Makes forecasts of the judged validation windows add up where they should, keeps them, and fits the interval around them.
    fn around_and_kept(&mut self, name: &str, predictor: &RungPredictor, valid: Vec<f64>) -> Result<About> {
        let (reconciliation, reconciled) = self.reconciled(&valid)?;
        let about = About { reconciliation, ..self.around(predictor, &reconciled)? };
        let reconciled = self.summed.is_some().then_some(reconciled);
        self.fitted
            .insert(name.to_owned(), super::Fitted { predictor: predictor.clone(), valid, reconciled });
        Ok(about)
    }

    /// Interval, quantiles and warning around forecasts of the judged validation windows.
    fn around(&self, predictor: &RungPredictor, valid: &[f64]) -> Result<About> {
        let ForecastRecipe { quantiles, limit, miss_cost, .. } = &self.recipe.forecast;
        let levels = gyeol_forecast::interval::levels(quantiles)?;
        let mut intervals = self.spread(&levels, &self.judged, valid, Some(predictor));
        if let Some(limit) = limit {
            intervals = intervals.warning(*limit, *miss_cost, &self.data, &self.judged, valid);
        }
        Ok(About { intervals, ..self.about.clone() })
    }

    /// Interval and quantiles by the residuals of forecasts, or by the scenarios of a predictor where it has any.
    fn spread(
        &self,
        levels: &[f64],
        windows: &[Window],
        forecasts: &[f64],
        predictor: Option<&RungPredictor>,
    ) -> Intervals {
        let ForecastRecipe { interval, adaptive, .. } = &self.recipe.forecast;
        let mut intervals = Intervals::fit(*interval, levels, &self.data, windows, forecasts);
        if let Some(predictor) = predictor {
            intervals = intervals.of(predictor);
        }
        if *adaptive { intervals.following(&self.data, windows, forecasts) } else { intervals }
    }

    /// Errors on the judged validation windows: quantiles that come of their residuals are those of other stretches.
    pub(super) fn on_valid(&self, intervals: &Intervals, forecasts: &[f64]) -> Outcomes<Sums> {
        let (yardsticks, scaled) = (&self.yardsticks, self.recipe.score.scaled);
        if intervals.levels.is_empty() || intervals.own.is_some() {
            return score::errors(&self.data, &self.judged, forecasts, intervals, yardsticks, scaled);
        }
        let fit = |windows: &[Window], said: &[f64]| self.spread(&intervals.levels, windows, said, None);
        score::crossed(&self.data, &self.judged, forecasts, intervals, &fit, yardsticks, scaled)
    }

    /// Mixes rungs before it; those taken over from another run are read from their files, those never fitted are fitted.
    fn mix(
        &mut self,
        rung: &Planned,
        parts: &[String],
        running: &mut Running<'_>,
    ) -> Result<Fit<Forecaster>> {
        for part in parts {
            if self.fitted.contains_key(part) {
                continue;
            }
            // A state lies at DIR/rungs/NAME.
            let file = running.stem.ancestors().nth(2).map(|out| out.join(crate::climb::file_name(part)));
            if let Some(file) = file.filter(|file| running.resume && file.exists()) {
                let model: Forecaster = gyeol_bundle::Bundle::open(&file)?.open_as()?;
                self.judged_on_valid(part, &model.predictor, running.watch)?;
                continue;
            }
            let planned = self.planned.iter().find(|p| p.name == *part).cloned();
            let planned = planned.ok_or_else(|| Error::defect(format!("no rung is called {part}")))?;
            self.fit_rung(&planned, running)?;
        }
        let begun = std::time::Instant::now();
        let members = parts.iter().map(|part| {
            let fitted = &self.fitted[part];
            (part.clone(), fitted.predictor.clone(), fitted.valid.as_slice())
        });
        let mixture = Mixture::of(members.collect(), &self.data, &self.judged);
        let shares: Vec<String> = mixture
            .shares()
            .iter()
            .map(|shares| {
                let one = |(part, share): (&String, &f64)| format!("{part} {share:.2}");
                parts.iter().zip(shares).map(one).collect::<Vec<_>>().join(", ")
            })
            .collect();
        let said: Vec<&[f64]> = parts.iter().map(|part| self.fitted[part].valid.as_slice()).collect();
        let valid = mixture.mixed(&said, &self.judged, self.data.spec.horizon);
        let predictor = RungPredictor::Mixture(mixture);
        let about = self.around_and_kept(&rung.name, &predictor, valid)?;
        let mut fit =
            Fit::plain(Forecaster::new(rung.name.clone(), about, predictor), begun.elapsed().as_secs_f64());
        fit.training.push(Fact { key: "shares".into(), value: shares.join("; ") });
        for part in parts {
            let planned = self.planned.iter().find(|p| p.name == *part);
            for input in planned.map(|p| self.inputs(&p.params)).unwrap_or_default() {
                if !fit.inputs.contains(&input) {
                    fit.inputs.push(input);
                }
            }
        }
        Ok(fit)
    }

    /// What nets and trees start from.
    fn start(&self) -> Input {
        match &self.base {
            Some(base) if base.name() == "response" => Input::Response,
            _ => Input::Linear,
        }
    }

    fn inputs(&self, params: &RungParams) -> Vec<Input> {
        let spec = &self.data.spec;
        let columns = || spec.past.iter().chain(&spec.known).cloned().map(Input::Column);
        let mut inputs = vec![Input::Target];
        let calendar = |inputs: &mut Vec<Input>| {
            if spec.calendar.enabled && self.data.calendar_width > 0 {
                inputs.push(Input::Calendar);
                if spec.calendar.country.is_some() || !spec.calendar.dates.is_empty() {
                    inputs.push(Input::Holiday);
                }
            }
        };
        match params {
            RungParams::LastValue | RungParams::SeasonalNaive { .. } => {}
            RungParams::Mixture { .. } => {}
            RungParams::Trees(params) => {
                inputs.extend(columns());
                calendar(&mut inputs);
                inputs.extend([Input::Lags, Input::Centred]);
                if params.base {
                    inputs.push(self.start());
                }
            }
            RungParams::Response { .. } => {
                inputs.extend(columns());
                calendar(&mut inputs);
                inputs.push(Input::Residual);
            }
            RungParams::Linear { .. } => {
                inputs.extend(columns());
                calendar(&mut inputs);
                inputs.extend([Input::Lags, Input::Centred]);
            }
            RungParams::Net { net, members, .. } => {
                inputs.extend(columns());
                if net.calendar || net.row_calendar {
                    calendar(&mut inputs);
                }
                if net.season_values {
                    for s in spec.near_seasons() {
                        inputs.push(match s.name.as_str() {
                            "day" => Input::DayBefore,
                            "week" => Input::WeekBefore,
                            _ => Input::Season,
                        });
                    }
                }
                if net.centred {
                    inputs.push(Input::Centred);
                }
                if net.segment.is_some() {
                    inputs.push(Input::Segments);
                }
                if net.base {
                    inputs.push(self.start());
                }
                if *members > 1 {
                    inputs.push(Input::Mean);
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
        self.failure.is_none() && self.watch.step(Step::Training(progress))
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

/// The least and the largest share of the way that is gone.
fn share_range(trust: &Trust) -> String {
    let (least, most) = trust.range();
    if least == most { least.to_string() } else { format!("{least}–{most}") }
}

fn facts(params: &RungParams, fitted: &Fitted) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut say = |key: &str, value: String| facts.push(Fact { key: key.to_string(), value });
    match (params, &fitted.predictor) {
        (RungParams::Linear { .. }, RungPredictor::Linear(m)) => {
            let chosen: Vec<String> = m.ridge.iter().map(|r| format!("{r:e}")).collect();
            say("ridge", chosen.join(", "));
        }
        (RungParams::Trees(params), RungPredictor::Trees(m)) => {
            say("rounds", fitted.iterations.to_string());
            say("learning-rate", params.learning_rate.to_string());
            say("leaves", params.leaves.to_string());
            say("trust", share_range(m.trust()));
        }
        (RungParams::Response { .. }, RungPredictor::Response(m)) => {
            let of = |(log, slow, ridge): (bool, Slow, f64)| {
                let slow = match slow {
                    Slow::Nothing => "",
                    Slow::Year => "year, ",
                    Slow::YearAndTrend => "year, trend, ",
                };
                format!("{}{slow}{ridge:e}", if log { "log, " } else { "" })
            };
            say("response", m.chosen().map(of).collect::<Vec<_>>().join("; "));
            say("columns", m.columns().to_string());
            if let Some((days, share, fading)) = m.scenarios() {
                let anomaly =
                    if share > 0.0 { format!(", anomaly {share} / {fading} d") } else { String::new() };
                say("scenarios", format!("±{days} d{anomaly}"));
            }
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
            if net.series_embedding > 0 {
                say("series-embedding", net.series_embedding.to_string());
            }
            if net.dropout > 0.0 {
                say("dropout", net.dropout.to_string());
            }
            if let RungPredictor::Net { trust, .. } = &fitted.predictor
                && trust.range().0 < 1.0
            {
                say("trust", share_range(trust));
            }
            say("seeds", members.to_string());
            say("precision", "f32".into());
        }
        _ => {}
    }
    facts
}

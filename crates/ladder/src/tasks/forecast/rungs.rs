//! One rung of forecasts: fitted, or gone on with from the states of a stopped run; its inputs and facts for people.

use gyeol_base::{Error, Result};
use gyeol_forecast::forecaster::About;
use gyeol_forecast::rung::{Observer, Progress};
use gyeol_forecast::{Fitted, Forecaster, Intervals, RungParams, RungPredictor};
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
        let valid = fitted.predictor.predict(&self.data, &self.windows.valid, self.pool);
        let ForecastRecipe { interval, quantiles, adaptive, limit, miss_cost, .. } = &self.recipe.forecast;
        let levels = gyeol_forecast::interval::levels(quantiles)?;
        let mut intervals = Intervals::fit(*interval, &levels, &self.data, &self.windows.valid, &valid);
        if *adaptive {
            intervals = intervals.following(&self.data, &self.windows.valid, &valid);
        }
        if let Some(limit) = limit {
            intervals = intervals.warning(*limit, *miss_cost, &self.data, &self.windows.valid, &valid);
        }
        let about = About { intervals, ..self.about.clone() };
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
            model: Forecaster { rung: rung.name.clone(), about, predictor: fitted.predictor },
        })
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
                    inputs.push(Input::Linear);
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

fn facts(params: &RungParams, fitted: &Fitted) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut say = |key: &str, value: String| facts.push(Fact { key: key.to_string(), value });
    match (params, &fitted.predictor) {
        (RungParams::Linear { .. }, RungPredictor::Linear(m)) => {
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
            if let RungPredictor::Net { trust, .. } = &fitted.predictor
                && *trust < 1.0
            {
                say("trust", trust.to_string());
            }
            say("seeds", members.to_string());
            say("precision", "f32".into());
        }
        _ => {}
    }
    facts
}

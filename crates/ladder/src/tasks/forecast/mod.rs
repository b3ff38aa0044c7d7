//! The ladder of forecasts: readings on a clock, from repeating the last value to recurrent nets.

mod detail;
mod examples;
mod judged;
mod measures;
pub mod open;
pub mod plan;
mod remarks;
mod rungs;
mod sums;
pub(super) mod verdict;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_bundle::DataHash;
use gyeol_data::calendar::Holidays;
use gyeol_data::profile::Profile;
use gyeol_data::{Change, Readings, Roles, Split};
use gyeol_forecast::forecaster::About;
use gyeol_forecast::score::{self, Sums, Yardsticks};
use gyeol_forecast::{
    Base, Delays, Forecaster, Intervals, LeftOut, Prepared, Refit, Refits, RungParams, RungPredictor, Spec,
    Window, Windows, leave_out, rare_columns,
};
use gyeol_judge::Bootstrap;
use gyeol_report::Language;
use gyeol_report::model::{
    ChangeRow, Chapter, ColumnRole, DataChapter, DataFacts, Detail, Facts, ForecastFacts, Note, Protocol,
    Report, Role, RungReport, Span,
};
use gyeol_tensor::Pool;
use serde_json::{Map, Value, json};

use crate::options::Climb;
use crate::recipe::{ForecastRecipe, HolidaysRecipe, Recipe};
use crate::task::{Answered, Findings, Fit, Head, Judged, Part, Plan, RungName, Running, Task};
use crate::watch::{Step, Watch};
use detail::{Shared, TestWindows};
use examples::Drawn;
use judged::Judging;
use measures::{naive_loss, origins, span_of};
use open::Opened;
use plan::Planned;
use sums::Summed;

/// Cells (windows times look-back times columns) that `--quick` learns from, and chooses on.
const QUICK_CELLS: usize = 6_000_000;
/// The same of a whole run on many series, whose windows are the more alike the more there are.
const MANY_CELLS: usize = 24_000_000;

/// What mixtures take of a rung.
struct Fitted {
    predictor: RungPredictor,
    /// Of the judged validation windows.
    valid: Vec<f64>,
    /// The same made to add up; `None` where nothing is added up.
    reconciled: Option<Vec<f64>>,
}

/// Readings prepared under a recipe, with the rungs to climb.
pub struct Forecasts<'a> {
    recipe: &'a Recipe,
    pool: &'a Pool,
    plan: Plan,
    planned: Vec<Planned>,
    /// Rows of the table, and its columns: its cells are not kept.
    rows: usize,
    columns: Vec<gyeol_data::ColumnInfo>,
    roles: Roles,
    changes: Vec<Change>,
    /// Rows that a later one with the same stamp took the place of.
    corrected: usize,
    /// Times of which no forecast of a column known ahead was out early enough.
    without: usize,
    profile: Profile,
    data: Prepared,
    split: Split,
    windows: Windows,
    yardsticks: Yardsticks,
    holidays: Option<Holidays>,
    shared: Shared,
    naive_season: Option<usize>,
    naive_loss: f64,
    about: About,
    calendar: Vec<String>,
    left_out: Vec<LeftOut>,
    columns_out: Vec<LeftOut>,
    /// What nets start from, once one needed it.
    base: Option<Base>,
    /// Validation windows that rungs are judged on; all of them choose epochs and penalties.
    judged: Vec<Window>,
    /// When rungs are fitted again on the way.
    refit: Option<Refit>,
    /// Responses fitted again on the way, for all that start from them.
    refits: RefCell<Refits>,
    /// What rungs forecast of the test part, for mixtures of them.
    on_test: RefCell<BTreeMap<String, Vec<f64>>>,
    /// Rungs fitted so far with their forecasts of the judged validation windows, and of all.
    fitted: BTreeMap<String, Fitted>,
    /// Rows from one origin of the test part to the next, and its windows before, where many series made it so.
    judged_of: Option<(usize, usize)>,
    /// Series that are sums of others.
    summed: Option<Summed>,
    /// Errors of the test part by level, by rung.
    levels: RefCell<BTreeMap<String, gyeol_report::model::Levels>>,
    /// Training windows before they were thinned.
    whole: usize,
    quick: bool,
}

impl<'a> Forecasts<'a> {
    /// Reads, cleans, splits and prepares.
    ///
    /// # Errors
    /// As the stations say.
    pub fn prepare(
        recipe: &'a Recipe,
        beside: Option<&Path>,
        options: &Climb,
        pool: &'a Pool,
        watch: &mut dyn Watch,
    ) -> Result<Forecasts<'a>> {
        let opened = open::open(recipe, beside)?;
        if !watch.step(Step::Cleaned(&opened.changes)) {
            return Err(Error::stopped());
        }
        let prepared = Forecasts::of(recipe, opened, options, pool)?;
        if !prepared.remarks().iter().all(|said| watch.step(Step::Said(&said.words))) {
            return Err(Error::stopped());
        }
        Ok(prepared)
    }

    /// Splits and prepares readings that are there already.
    ///
    /// # Errors
    /// As the stations say.
    pub fn of(recipe: &'a Recipe, opened: Opened, options: &Climb, pool: &'a Pool) -> Result<Forecasts<'a>> {
        let Opened { table, mut roles, changes, mut readings, corrected, without } = opened;
        let ForecastRecipe { look_back, horizon, .. } = recipe.forecast;
        let columns_out = rare_columns(&readings, look_back, horizon);
        if !columns_out.is_empty() {
            columns_out.iter().for_each(|left| roles.set(&left.id, gyeol_data::Role::Ignored));
            readings = Readings::from_table(&table, &roles)?;
        }
        let mut rules = recipe.available.clone();
        rules.retain(|column, _| !columns_out.iter().any(|left| left.id == *column));
        gyeol_forecast::publish(&rules, &mut readings, &table, &roles)?;
        let mut summed = Summed::of(recipe, &table, &roles, &mut readings)?;
        let split = Split::of(&readings, &recipe.split_spec())?;
        // Origins that begin days of the clock may lie at any row of it.
        let apart = if recipe.score.at.is_some() { 1 } else { recipe.score.step };
        let delays = Delays::of(&rules, &readings, horizon, apart, &split)?;
        let split = delays.cut(&split, &readings.timeline().0)?;
        let spec = Spec::new(
            &readings,
            recipe.forecast.look_back,
            recipe.forecast.horizon,
            recipe.calendar_spec(),
            &recipe.forecast.seasons.clone().unwrap_or_default(),
            recipe.scale.kind,
        )?
        .known(delays)?;
        let left_out = leave_out(&mut readings, &split, &spec);
        if let Some(summed) = &mut summed {
            summed.add_up(&mut readings, &split, &spec, &left_out)?;
        }
        let ForecastRecipe { quantiles, adaptive, .. } = &recipe.forecast;
        if recipe.forecast.limit.is_some() && spec.targets.len() > 1 {
            let found = format!("`forecast.limit` is one, the targets are {}", spec.targets.join(", "));
            let next = "name one target (columns.targets), or leave the limit out";
            return Err(gyeol_base::Fault::new("one-limit", found).next(next).option());
        }
        gyeol_forecast::interval::room(quantiles.len(), *adaptive, &spec)?;
        // Its cells are in the readings: the table is let go before windows are made.
        let profile = gyeol_data::profile::profile(&table, &roles, Some(&recipe.split_spec()))?;
        let (source, table_rows, columns) = (table.source().clone(), table.rows(), table.columns().to_vec());
        drop(table);
        let data = Prepared::fit(&readings, &split, spec)?;
        let mut windows = Windows::of(&data, &split)?;
        let many = data.series.len() >= plan::MANY_SERIES;
        let whole = windows.train.len();
        // A first look learns from origins farther apart, and chooses on such, where the table is long or wide.
        let thinned = |windows: usize| {
            let cells = windows * data.spec.look_back * (1 + data.covariate_width());
            match (options.quick, many) {
                (true, _) => cells.div_ceil(QUICK_CELLS).max(1),
                (false, true) => cells.div_ceil(MANY_CELLS).max(1),
                (false, false) => 1,
            }
        };
        let every = recipe.forecast.stride * thinned(windows.train.len() / recipe.forecast.stride);
        windows.thin(gyeol_forecast::Part::Train, every, &data.spec.seasons, recipe.seed, None);
        if let Some(summed) = &mut summed {
            summed.whole_origins(&data, &mut windows)?;
        }
        let refit = recipe.score.schedule();
        if let Some(refit) = refit {
            refit.check(data.spec.step)?;
        }
        let asked = judged::Asked { recipe, many, together: summed.is_some(), thinned: &thinned };
        let Judging { step, judged_of, judged } = asked.of(&data, &mut windows)?;
        let rows = (0..data.series.len()).map(|i| data.rows(&split, i).train.len()).max().unwrap_or(0);
        let planned =
            plan::plan(recipe, &data.spec, rows, data.series.len(), windows.train.len(), options.quick);
        for rung in planned.iter().filter(|r| options.only.as_ref().is_none_or(|only| *only == r.name)) {
            let params = rung.params.check(&data);
            params.map_err(|e| e.while_at(format_args!("rung '{}'", rung.name)))?;
        }
        let rungs = planned
            .iter()
            .map(|rung| RungName {
                name: rung.name.clone(),
                role: match rung.params {
                    RungParams::LastValue | RungParams::SeasonalNaive { .. } => Role::Naive,
                    _ => Role::Learned,
                },
                plain: rung.plain,
            })
            .collect();
        // Words are no part of what was fitted: a report can be drawn again in another language.
        let fitted_by = Recipe { language: "en".into(), ..recipe.clone() }.to_toml();
        // A quick run is another run: its rungs are never taken for full ones.
        let canonical = if options.quick { format!("{fitted_by}\n# quick\n") } else { fitted_by };
        let yardsticks = Yardsticks::fit(&data, &split);
        let test_origins = origins(&data, &windows.test);
        let block =
            recipe.score.bootstrap_block.unwrap_or_else(|| score::block_of(&data.spec, step, test_origins));
        let naive_season = data.spec.seasons.first().map(|s| s.rows);
        let mut calendar = data.calendar_names.clone();
        if let Some(HolidaysRecipe::Country(code)) = &recipe.calendar.holidays {
            let named = format!("holiday ({code})");
            calendar.iter_mut().filter(|n| *n == "holiday").for_each(|n| n.clone_from(&named));
        }
        let unit = recipe.columns.unit.clone().unwrap_or_default();
        Ok(Forecasts {
            plan: Plan {
                head: Head {
                    task: "forecast",
                    title: recipe.title(),
                    data: DataHash {
                        name: source.name.clone(),
                        sha256: source.sha256.clone(),
                        rows: table_rows as u64,
                    },
                    recipe: canonical.clone(),
                    canonical,
                    seed: recipe.seed,
                    language: recipe.language.parse().unwrap_or(Language::English),
                    metric: recipe.score.metric.name(),
                    unit: if recipe.score.scaled { String::new() } else { unit.clone() },
                    draws: recipe.score.bootstrap_draws,
                    margin: recipe.score.margin,
                },
                rungs,
                // Windows share rows as long as they overlap.
                bootstrap: Bootstrap::new(test_origins, block, recipe.score.bootstrap_draws, recipe.seed)
                    .apart(data.spec.horizon.div_ceil(step)),
            },
            planned,
            naive_loss: naive_loss(&data, &windows.valid, naive_season),
            naive_season,
            holidays: data.spec.calendar.holidays()?,
            shared: Shared::new(&data, &split, &readings),
            about: About {
                spec: data.spec.clone(),
                scalers: data.scalers.clone(),
                intervals: Intervals::default(),
                yardsticks: yardsticks.clone(),
                scaled: Some(recipe.score.scaled),
                time: roles.time().map(str::to_string),
                id: roles.id().map(str::to_string),
                clean: recipe.clean.clone(),
                unit,
                left_out: left_out.iter().map(|left| left.id.clone()).collect(),
                refit,
                updated: false,
                learnt: Some((split.train.start.min(split.valid.start), split.valid.end)),
                hierarchy: summed.as_ref().map(|summed| summed.hierarchy.clone()),
                reconciliation: None,
            },
            judged,
            refit,
            refits: RefCell::default(),
            on_test: RefCell::default(),
            fitted: BTreeMap::new(),
            summed,
            levels: RefCell::default(),
            left_out,
            columns_out,
            base: None,
            whole,
            quick: options.quick,
            recipe,
            pool,
            rows: table_rows,
            columns,
            judged_of,
            roles,
            changes,
            corrected,
            without,
            profile,
            data,
            split,
            windows,
            yardsticks,
            calendar,
        })
    }

    /// Forecasts of the test part: of a mixture by those of its members where they are there.
    fn on_test(&self, predictor: &RungPredictor, watch: &mut dyn Watch) -> Result<Vec<f64>> {
        if let RungPredictor::Mixture(m) = predictor {
            let known = self.on_test.borrow();
            let said: Option<Vec<&[f64]>> =
                m.members().map(|(_, name)| known.get(name).map(Vec::as_slice)).collect();
            if let Some(said) = said {
                return Ok(m.mixed(&said, &self.windows.test, self.data.spec.horizon));
            }
        }
        self.forecasts(predictor, &self.windows.test, watch)
    }

    /// Forecasts of windows, by fits on the way where the recipe asks for them.
    fn forecasts(
        &self,
        predictor: &RungPredictor,
        windows: &[Window],
        watch: &mut dyn Watch,
    ) -> Result<Vec<f64>> {
        let Some(refit) = self.refit else { return Ok(predictor.predict(&self.data, windows, self.pool)) };
        let from = self.split.train.start;
        let mut seen = |done, of| watch.step(Step::Refitted { done, of });
        let refits = &mut self.refits.borrow_mut();
        refit.predict(predictor, &self.data, windows, from, refits, self.pool, &mut seen)
    }

    /// Whether a rung is made of others, whose forecasts are kept for it.
    fn mixes(&self) -> bool {
        self.planned.iter().any(|rung| matches!(rung.params, RungParams::Mixture { .. }))
    }

    fn test(&self) -> TestWindows<'_> {
        TestWindows {
            data: &self.data,
            windows: &self.windows.test,
            scaled: self.recipe.score.scaled,
            holidays: self.holidays.as_ref(),
            shared: &self.shared,
        }
    }
}

impl Task for Forecasts<'_> {
    type Model = Forecaster;
    type Sums = Sums;
    /// Forecasts (windows, horizon) in the targets' unit.
    type Answers = Vec<f64>;

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn fit(&mut self, rung: usize, running: &mut Running<'_>) -> Result<Fit<Forecaster>> {
        let rung = self.planned[rung].clone();
        self.fit_rung(&rung, running)
    }

    fn answer(
        &self,
        model: &Forecaster,
        part: Part,
        watch: &mut dyn Watch,
    ) -> Result<Answered<Sums, Vec<f64>>> {
        let windows = match part {
            Part::Valid => &self.judged,
            Part::Test => &self.windows.test,
        };
        let forecasts = match (part, self.fitted.get(&model.rung)) {
            (Part::Valid, Some(fitted)) => fitted.reconciled.as_ref().unwrap_or(&fitted.valid).clone(),
            (Part::Test, _) => {
                let base = self.on_test(&model.predictor, watch)?;
                let mut own = base.clone();
                model.about.reconciled(&self.data, windows, &mut own);
                if let Some(levels) = self.levels(&model.about, windows, &base, &own) {
                    self.levels.borrow_mut().insert(model.rung.clone(), levels);
                }
                if self.mixes() {
                    self.on_test.borrow_mut().insert(model.rung.clone(), base);
                }
                own
            }
            _ => self.forecasts(&model.predictor, windows, watch)?,
        };
        let scaled = self.recipe.score.scaled;
        let intervals = &model.about.intervals;
        let outcomes = match part {
            Part::Valid => self.on_valid(intervals, &forecasts),
            Part::Test => score::errors(&self.data, windows, &forecasts, intervals, &self.yardsticks, scaled),
        };
        Ok(Answered { outcomes, answers: forecasts })
    }

    /// One window at a time on one thread: the median of 101.
    fn microseconds(&self, model: &Forecaster, _test: &Answered<Sums, Vec<f64>>) -> f64 {
        let one = Pool::new(1);
        let Some(window) = self.windows.test.first() else { return 0.0 };
        let mut took: Vec<f64> = (0..101)
            .map(|_| {
                let begun = Instant::now();
                std::hint::black_box(model.predictor.predict(&self.data, &[*window], &one));
                begun.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        took.sort_unstable_by(f64::total_cmp);
        took[50]
    }

    fn detail(&self, model: &Forecaster, test: &Answered<Sums, Vec<f64>>) -> Detail {
        let mut detail = self.test().detail(&test.answers, &model.about.intervals);
        detail.levels = self.levels.borrow().get(&model.rung).cloned();
        Detail::Forecast(Box::new(detail))
    }

    fn saved(&self, rung: usize, stem: &Path) {
        if let RungParams::Net { members, .. } = &self.planned[rung].params {
            crate::checkpoint::remove(stem, *members);
        }
    }

    fn findings(&mut self, judged: &[Judged<Self>], best: usize, _watch: &mut dyn Watch) -> Result<Findings> {
        let (recipe, data, windows) = (self.recipe, &self.data, &self.windows);
        let test = self.test();
        let valid =
            |i: &usize| judged[*i].report.valid.get(self.plan.head.metric).copied().unwrap_or(f64::INFINITY);
        let mut order: Vec<usize> = (0..judged.len()).filter(|&i| i != best).collect();
        order.sort_by(|a, b| valid(a).total_cmp(&valid(b)));
        order.insert(0, best);
        order.truncate(2);
        let drawn: Vec<Drawn<'_>> = order
            .iter()
            .filter_map(|&i| judged.get(i))
            .map(|j| Drawn {
                rung: &j.report.name,
                forecasts: &j.test.answers,
                intervals: &j.model.about.intervals,
            })
            .collect();
        let days = examples::days(&test, &drawn, self.naive_season);
        let span = |part: &std::ops::Range<i64>, list: &[Window]| span_of(data, part, list);
        let unscored = windows.test.iter().map(|w| test.truth(w).iter().filter(|y| y.is_nan()).count()).sum();
        let mut notes = Vec::new();
        if recipe.forecast.known_ahead {
            notes.push(Note::KnownAhead);
        }
        if recipe.data.file == crate::recipe::BUILTIN_POWER {
            notes.push(Note::BuiltIn);
        }
        if self.quick {
            notes.push(Note::Quick);
        }
        let by_name = recipe.rungs.iter().filter(|rung| rung.plain_by_name());
        notes.extend(by_name.map(|rung| Note::PlainByName(rung.name.clone())));
        notes.extend(self.remarks().into_iter().map(|said| Note::Doubt(said.words)));
        let column = |c: &gyeol_data::ColumnInfo| ColumnRole {
            name: c.name.clone(),
            role: self.roles.get(&c.name).word().into(),
        };
        let facts = ForecastFacts {
            data: DataFacts {
                rows: self.rows,
                series: data.series.len(),
                targets: data.spec.targets.clone(),
                unit: self.about.unit.clone(),
                step: data.spec.step.label(),
                zone: data.spec.zone.clone().unwrap_or_else(|| "UTC".into()),
            },
            protocol: Protocol {
                look_back: data.spec.look_back,
                horizon: data.spec.horizon,
                train: span(&self.split.train, &windows.train),
                valid: span(&self.split.valid, &windows.valid),
                test: span(&self.split.test, &windows.test),
                columns: self.columns.iter().map(column).collect(),
                calendar: self.calendar.clone(),
                known_ahead: recipe.forecast.known_ahead,
                interval_level: recipe.forecast.interval,
                adaptive: recipe.forecast.adaptive,
                scaled: recipe.score.scaled,
                mase_season: self.yardsticks.season,
                unscored,
                skipped: windows.skipped,
            },
        };
        let change = |c: &Change| ChangeRow {
            operation: c.operation.clone(),
            column: c.column.clone().unwrap_or_default(),
            touched: c.touched,
            detail: c.detail.clone(),
        };
        let table =
            DataChapter { profile: self.profile.clone(), changes: self.changes.iter().map(change).collect() };
        Ok(Findings {
            facts: Facts::Forecast(Box::new(facts)),
            chapters: vec![
                Chapter::Answer,
                Chapter::Ladder,
                Chapter::Days(days),
                Chapter::Errors,
                // Not drawn where nothing is added up.
                Chapter::Levels,
                Chapter::Learning,
                Chapter::Certainty,
                Chapter::Data(Box::new(table)),
                Chapter::Inside,
                Chapter::Protocol,
            ],
            notes,
        })
    }

    fn scores(&self, r: &Report) -> Map<String, Value> {
        let Some(ForecastFacts { data, protocol: p }) = r.forecast() else { return Map::new() };
        let span = |s: &Span| json!({ "from": s.from, "to": s.to, "rows": s.rows, "windows": s.windows });
        let denominator = json!({ "windows": p.test.windows, "unscored": p.unscored, "skipped": p.skipped });
        let keys = [
            (
                "data",
                json!({
                    "name": r.head.name, "sha256": r.head.sha256, "rows": data.rows, "series": data.series,
                    "targets": data.targets, "unit": data.unit,
                }),
            ),
            ("split", json!({ "train": span(&p.train), "valid": span(&p.valid), "test": span(&p.test) })),
            ("scaled", json!(p.scaled)),
            ("look_back", json!(p.look_back)),
            ("horizon", json!(p.horizon)),
            ("interval", json!(p.interval_level)),
            ("adaptive", json!(p.adaptive)),
            ("denominator", denominator),
        ];
        let delays = &self.data.spec.delays;
        let known = json!({
            "rules": delays.rules, "gap": delays.gap, "embargo": delays.embargo, "late": self.windows.late,
        });
        let known = (!delays.is_none()).then_some(("available", known));
        // Words of a leak or of what was left out, by their codes.
        let said: Vec<Value> =
            self.remarks().iter().map(|w| json!({ "code": w.code, "words": w.words })).collect();
        let said = (!said.is_empty()).then(|| ("warnings", json!(said)));
        keys.into_iter().chain(known).chain(said).map(|(key, value)| (key.to_owned(), value)).collect()
    }

    fn rung_scores(&self, rung: &RungReport) -> Map<String, Value> {
        let Some(d) = rung.forecast() else { return Map::new() };
        let keys = [
            ("peak_memory", json!(rung.peak_memory)),
            ("verdict", json!(rung.verdict)),
            ("mae_by_step", json!(d.mae_by_step)),
            ("coverage", json!(d.coverage)),
            ("width", json!(d.width)),
            ("pinball", json!(d.pinball)),
            ("peak", json!(d.peak)),
        ];
        let calibration = Some(&d.calibration).filter(|c| !c.is_empty()).map(|c| ("calibration", json!(c)));
        let limit = d.warnings.as_ref().map(|w| ("limit", json!(w)));
        let levels = d.levels.as_ref().map(|l| ("levels", json!(l.rows)));
        let ways = d.levels.as_ref().map(|l| {
            let ways =
                json!({ "way": l.way, "chosen": l.chosen, "shrinkage": l.shrinkage, "tried": l.tried });
            ("reconciliation", ways)
        });
        let month = d.peak_month.as_ref().map(|p| ("peak_month", json!(p)));
        keys.into_iter()
            .chain(calibration)
            .chain(limit)
            .chain(month)
            .chain(levels)
            .chain(ways)
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }
}

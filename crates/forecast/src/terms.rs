//! This forecast, term by term: a level, and what each thing read adds to it in the target's unit.

use gyeol_base::{Fault, Result, Warning};
use gyeol_data::Table;
use gyeol_tensor::Pool;

use crate::forecaster::Forecaster;
use crate::linear::LinearModel;
use crate::prepare::Prepared;
use crate::rung::RungPredictor;
use crate::start::Start;
use crate::windows::Window;

/// Something that moves a forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Hour of the week, place in the day or season.
    Calendar,
    /// Holidays and the days beside them.
    Holidays,
    /// Season of the year.
    Year,
    /// Trend.
    Trend,
    /// A column of the table.
    Column(String),
    /// What the newest readings left of the response, carried ahead.
    Carried,
    /// The readings looked back on, one by one.
    Lags,
    /// What a net adds to what it starts from.
    Net,
    /// What trees add.
    Trees,
    /// What the median over scenarios has over the forecast from the covariates that are expected.
    Scenarios,
    /// Repeating the past, in a mixture.
    Naive,
}

impl Part {
    /// Its key in messages and in JSON; a column has its own name.
    pub fn key(&self) -> &str {
        match self {
            Part::Calendar => "calendar",
            Part::Holidays => "holidays",
            Part::Year => "year",
            Part::Trend => "trend",
            Part::Column(name) => name,
            Part::Carried => "carried",
            Part::Lags => "lags",
            Part::Net => "net",
            Part::Trees => "trees",
            Part::Scenarios => "scenarios",
            Part::Naive => "naive",
        }
    }
}

/// Level and parts of a forecast, row by row ahead: their sum is the forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Before anything is added.
    pub level: Vec<f64>,
    /// What is added.
    pub parts: Vec<(Part, Vec<f64>)>,
}

impl Terms {
    fn add(&mut self, part: Part, values: Vec<f64>) {
        match self.parts.iter_mut().find(|(known, _)| *known == part) {
            Some((_, sum)) => sum.iter_mut().zip(values).for_each(|(s, v)| *s += v),
            None => self.parts.push((part, values)),
        }
    }

    fn join(&mut self, share: f64, other: Terms) {
        self.level.iter_mut().zip(&other.level).for_each(|(l, o)| *l += share * o);
        for (part, values) in other.parts {
            self.add(part, values.into_iter().map(|v| share * v).collect());
        }
    }

    /// Level and parts together.
    pub fn sums(&self) -> Vec<f64> {
        let parts = |j: usize| self.parts.iter().map(|(_, v)| v[j]).sum::<f64>();
        self.level.iter().enumerate().map(|(j, level)| level + parts(j)).collect()
    }
}

/// A forecast with its terms.
#[derive(Debug, Clone)]
pub struct ForecastTold {
    /// Series, where there are several.
    pub id: Option<String>,
    /// Target column.
    pub target: String,
    /// Milliseconds UTC of each row ahead (a row number where the readings have no clock).
    pub times: Vec<i64>,
    /// The forecast.
    pub values: Vec<f64>,
    /// What it is made of.
    pub terms: Terms,
    /// Windows that were there to choose from: a series and a target each.
    pub windows: usize,
    /// What speaks against relying on it.
    pub warnings: Vec<Warning>,
}

impl RungPredictor {
    /// The terms of a window's forecast; none of a rung that has none.
    pub(crate) fn terms(&self, data: &Prepared, window: &Window, pool: &Pool) -> Option<Terms> {
        let Terms { level, parts } =
            self.terms_read(data.read(), &data.read_from(std::slice::from_ref(window))[0], pool)?;
        let parts = parts.into_iter().map(|(part, values)| (part, data.asked(values)));
        Some(Terms { level: data.asked(level), parts: parts.collect() })
    }

    /// The same from the first target that is not known on.
    fn terms_read(&self, data: &Prepared, window: &Window, pool: &Pool) -> Option<Terms> {
        let start = |base: &Option<Start>| match base {
            Some(Start::Linear(m)) => Some(linear(m, data, window)),
            Some(Start::Response(m)) => Some(m.terms(data, window)),
            None => None,
        };
        let with = |mut terms: Terms, part: Part| {
            let values = self.predict(data, &[*window], pool);
            let more = values.iter().zip(terms.sums()).map(|(v, s)| v - s).collect();
            terms.add(part, more);
            terms
        };
        match self {
            RungPredictor::LastValue | RungPredictor::SeasonalNaive { .. } => None,
            RungPredictor::Linear(m) => Some(linear(m, data, window)),
            RungPredictor::Response(m) => {
                let terms = m.terms(data, window);
                Some(if m.scenarios().is_some() { with(terms, Part::Scenarios) } else { terms })
            }
            RungPredictor::Net { base, .. } => Some(with(start(base)?, Part::Net)),
            RungPredictor::Trees(m) => Some(with(start(m.base())?, Part::Trees)),
            RungPredictor::Mixture(m) => {
                let mut all = Terms { level: vec![0.0; data.spec.horizon], parts: Vec::new() };
                let shares = &m.shares()[window.channel as usize];
                for ((member, _), &share) in m.members().zip(shares).filter(|(_, share)| **share > 0.0) {
                    let own = member.terms_read(data, window, pool).unwrap_or_else(|| {
                        let values = member.predict(data, &[*window], pool);
                        Terms { level: vec![0.0; values.len()], parts: vec![(Part::Naive, values)] }
                    });
                    all.join(share, own);
                }
                Some(all)
            }
        }
    }
}

/// The terms of a linear forecast: what repeats the past is its level.
fn linear(m: &LinearModel, data: &Prepared, w: &Window) -> Terms {
    let (level, blocks) = m.terms(data, w);
    let scaler = &data.series[w.series as usize].scalers[w.channel as usize];
    let columns: Vec<&String> = data.spec.past.iter().chain(&data.spec.known).collect();
    let mut terms =
        Terms { level: level.into_iter().map(|v| scaler.inverse(v)).collect(), parts: Vec::new() };
    for (at, values) in blocks {
        let part = match at {
            crate::linear::Block::Lags => Part::Lags,
            crate::linear::Block::Calendar => Part::Calendar,
            crate::linear::Block::Covariate(c) => Part::Column(columns[c].clone()),
        };
        terms.add(part, values.into_iter().map(|v| v * scaler.scale).collect());
    }
    terms
}

impl Forecaster {
    /// The forecast from `at` (milliseconds UTC; none is after the last reading) with its terms, of the window `which` from 0: all
    /// targets of the first series, then those of the next. Rows ahead whose known columns the table holds are read from it.
    ///
    /// # Errors
    /// `not-explained` of a rung without terms, `no-such-window`, and what [`Forecaster::forecast`] says of readings.
    pub fn terms(&self, table: Table, at: Option<i64>, which: usize, pool: &Pool) -> Result<ForecastTold> {
        let mut readings = self.readings(table)?;
        let spec = &self.about.spec;
        spec.same_step(&readings)?;
        let mut warnings = self.about.laid_out(&mut readings)?;
        warnings.extend(self.about.outside(&readings, spec.look_back));
        let windows = spec.targets.len() * readings.series.len();
        if which >= windows {
            return Err(crate::inside::no_window(which, windows));
        }
        let (index, channel) = (which / spec.targets.len(), which % spec.targets.len());
        let series = &mut readings.series[index];
        let gap = spec.delays.gap;
        // Up to this row targets are read; the origin lies as many rows behind it as are not known there.
        if at.is_none() {
            warnings.extend(spec.delays.count_until(spec, series));
        }
        let read = at.map_or(series.history, |ms| {
            series.clock.index_at_or_after(ms).saturating_sub(gap).min(series.history)
        });
        let need = self.predictor.needs(spec.look_back);
        if read < need {
            let place = series.id.as_ref().map_or("the series".into(), |id| format!("series '{id}'"));
            return Err(crate::error::short_history(&place, read, need));
        }
        let origin = read + gap;
        self.longer(series, origin + spec.horizon);
        let data = Prepared::apply(&readings, spec.clone(), self.about.scalers.clone())?;
        if !self.predictor.fits(&data) {
            return Err(crate::error::parts("its net reads other inputs than its spec names"));
        }
        let s = &data.series[index];
        self.whole(&readings.series[index], s, channel, read)?;
        let window = Window { series: index as u32, channel: channel as u32, origin: origin as u32 };
        if !data.is_known(&window) {
            return Err(crate::known::not_known(&s.clock, origin));
        }
        let Some(terms) = self.predictor.terms(&data, &window, pool) else {
            return Err(Fault::new(
                "not-explained",
                format!(
                    "the rung '{}' has no terms: it repeats the past, or is a net that starts from nothing",
                    self.rung
                ),
            )
            .next("explain response, linear, trees, a net with base = true, or a mixture of the same run")
            .input());
        };
        Ok(ForecastTold {
            id: s.id.clone(),
            target: spec.targets[channel].clone(),
            times: (0..spec.horizon).map(|j| s.clock.at(origin + j)).collect(),
            values: self.predictor.predict(&data, &[window], pool),
            terms,
            windows,
            warnings,
        })
    }
}

//! Windows: which origins each part holds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use gyeol_base::Result;
use gyeol_data::{RowSplit, Split};
use gyeol_tensor::Rng;

use crate::error::too_short;
use crate::prepare::Prepared;
use crate::refit::Every;
use crate::season::Season;

/// A sample: forecast `horizon` rows of one target of one series from row `origin` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Index of the series.
    pub series: u32,
    /// Index of the target column.
    pub channel: u32,
    /// First row of the forecast.
    pub origin: u32,
}

/// Of the windows of each series those every so many rows, counted back from its last, and of these the last `origins`.
pub fn stepped(mut windows: Vec<Window>, every: usize, origins: Option<usize>) -> Vec<Window> {
    let series = windows.iter().map(|w| w.series as usize + 1).max().unwrap_or(0);
    let mut last = vec![0; series];
    windows.iter().for_each(|w| last[w.series as usize] = w.origin.max(last[w.series as usize]));
    windows.retain(|w| {
        let back = (last[w.series as usize] - w.origin) as usize;
        back.is_multiple_of(every.max(1)) && origins.is_none_or(|n| back / every.max(1) < n)
    });
    windows.shrink_to_fit();
    windows
}

/// Of the windows those whose origin begins a day, a week or a month of its clock, and of these the last `origins` of each series.
pub fn begun(p: &Prepared, windows: Vec<Window>, every: Every, origins: Option<usize>) -> Vec<Window> {
    let first = |w: &Window| {
        let s = &p.series[w.series as usize];
        let origin = w.origin as usize;
        origin == 0 || every.stretch(s, origin) != every.stretch(s, origin - 1)
    };
    let begun: Vec<Window> = windows.into_iter().filter(first).collect();
    match origins {
        Some(most) => newest(begun, most),
        None => begun,
    }
}

/// Of windows with their forecasts, (windows, horizon), those that are to be kept.
pub(crate) fn picked(
    windows: &[Window],
    forecasts: &[f64],
    horizon: usize,
    keep: impl Fn(&Window) -> bool,
) -> (Vec<Window>, Vec<f64>) {
    let kept = windows.iter().zip(forecasts.chunks_exact(horizon)).filter(|(w, _)| keep(w));
    let (windows, forecasts): (Vec<Window>, Vec<&[f64]>) = kept.map(|(w, f)| (*w, f)).unzip();
    (windows, forecasts.concat())
}

/// Of windows in the order of time those of the last `most` origins of each series.
pub(crate) fn newest(mut windows: Vec<Window>, most: usize) -> Vec<Window> {
    let mut kept: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for w in windows.iter().rev() {
        let last = kept.entry(w.series).or_default();
        if last.len() < most && last.last() != Some(&w.origin) {
            last.push(w.origin);
        }
    }
    windows.retain(|w| kept[&w.series].contains(&w.origin));
    windows
}

/// Adds the windows of a series from `origins` that touch no missing reading, all targets of one origin together; gives how many
/// origins were passed over because the row before was made by cleaning, and how many windows lacked a reading.
pub(crate) fn whole_ones(
    p: &Prepared,
    index: usize,
    origins: std::ops::Range<usize>,
    list: &mut Vec<Window>,
) -> (usize, usize) {
    let (s, spec) = (&p.series[index], &p.spec);
    let (mut skipped, mut holed) = (0, 0);
    let gap = spec.delays.gap;
    for origin in origins {
        if !s.complete[origin - gap - 1] {
            skipped += 1;
            continue;
        }
        for channel in 0..spec.targets.len() {
            if s.whole(channel, origin - gap, spec.look_back, spec.ahead()) {
                list.push(Window { series: index as u32, channel: channel as u32, origin: origin as u32 });
            } else {
                holed += 1;
            }
        }
    }
    (skipped, holed)
}

/// Windows whose look-back and horizon lie between two moments (milliseconds UTC, the second excluded) and touch no missing
/// reading.
pub(crate) fn between(p: &Prepared, from: i64, until: i64) -> Vec<Window> {
    let spec = &p.spec;
    debug_assert_eq!(spec.delays.gap, 0, "fits on the way read what rungs read");
    let mut list = Vec::new();
    for (index, s) in p.series.iter().enumerate() {
        let first = s.clock.index_at_or_after(from) + spec.look_back;
        let end = (s.clock.index_at_or_after(until).min(s.history) + 1).saturating_sub(spec.horizon);
        whole_ones(p, index, first..end, &mut list);
    }
    list
}

/// The random streams of thinning.
const THINNING: u64 = 0x7417;

fn divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// A part of the split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What models are fitted on.
    Train,
    /// What picks epochs and hyper-parameters.
    Valid,
    /// What is scored once.
    Test,
}

/// The windows of every part, each in time order within series and channel: origin by origin, channels of one
/// origin together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Windows {
    /// Training windows: look-back and horizon lie in the part.
    pub train: Vec<Window>,
    /// Validation windows: the horizon lies in the part, the look-back may reach into the part before.
    pub valid: Vec<Window>,
    /// Test windows, likewise.
    pub test: Vec<Window>,
    /// Test origins left out because the row before them was made by cleaning, which may have used readings after
    /// them.
    pub skipped: usize,
    /// Windows left out because they touch a reading that is missing: of the training, validation and test part.
    pub holed: [usize; 3],
    /// Test windows left out because a reading they look back on was not known yet at their origin.
    pub late: usize,
}

impl Windows {
    /// Every origin whose window touches no missing reading.
    ///
    /// # Errors
    /// `too-short` when a part holds none.
    pub fn of(prepared: &Prepared, split: &Split) -> Result<Windows> {
        let spec = &prepared.spec;
        let mut windows = Windows::default();
        let mut longest = [(0usize, String::new()), (0, String::new()), (0, String::new())];
        for (index, series) in prepared.series.iter().enumerate() {
            let RowSplit { train, valid, test } = prepared.rows(split, index);
            let parts = [(train, true), (valid, false), (test, false)];
            let Windows { train: of_train, valid: of_valid, test: of_test, skipped, holed, .. } =
                &mut windows;
            let lists = [of_train, of_valid, of_test];
            for (slot, ((rows, own), list)) in parts.into_iter().zip(lists).enumerate() {
                if rows.len() >= longest[slot].0 {
                    longest[slot] = (rows.len(), series.name());
                }
                let back = spec.look_back + spec.delays.gap;
                let first = if own { rows.start + back } else { rows.start.max(back) };
                let end = (rows.end.min(series.history) + 1).saturating_sub(spec.horizon);
                let (without, lacking) = whole_ones(prepared, index, first..end, list);
                *skipped += if slot == 2 { without } else { 0 };
                holed[slot] += lacking;
            }
        }
        let before = windows.test.len();
        windows.test.retain(|w| prepared.is_known(w));
        windows.late = before - windows.test.len();
        let parts = [
            ("train", &windows.train, true),
            ("valid", &windows.valid, false),
            ("test", &windows.test, false),
        ];
        for (slot, (part, list, own)) in parts.into_iter().enumerate() {
            if list.is_empty() {
                let (rows, place) = longest[slot].clone();
                let need = if own { spec.look_back + spec.ahead() } else { spec.horizon };
                let late = if slot == 2 { windows.late } else { 0 };
                return Err(too_short(part, need, spec, &place, rows, windows.holed[slot], late));
            }
        }
        Ok(windows)
    }

    /// Keeps one origin of a part in each `every` neighbouring rows, drawn by `seed` so that a series shows every phase of the
    /// shortest of `seasons` (the day, say) equally often, and each on every phase of the longest (on every weekday): the rows
    /// of a stratum are taken in turn, in a drawn order, from one round of strata and season to the next. All targets of an origin stay
    /// together. With a start, which is the first row of each series on one clock, all series keep the same moments.
    pub fn thin(
        &mut self,
        part: Part,
        every: usize,
        seasons: &[Season],
        seed: u64,
        together: Option<&[usize]>,
    ) {
        if every <= 1 {
            return;
        }
        let day = seasons.first().map_or(1, |season| season.rows);
        let days = seasons.last().map_or(1, |season| season.rows / day).max(1);
        let phases = day / divisor(every, day);
        let drawn = |series: u32| {
            let series = if together.is_some() { 0 } else { series };
            let mut order: Vec<usize> = (0..every).collect();
            let mut rng = Rng::stream(seed, THINNING ^ u64::from(series) << 16);
            for last in (1..every).rev() {
                order.swap(last, rng.below(last as u64 + 1) as usize);
            }
            order
        };
        let list = match part {
            Part::Train => &mut self.train,
            Part::Valid => &mut self.valid,
            Part::Test => &mut self.test,
        };
        let mut order: Option<(u32, Vec<usize>)> = None;
        list.retain(|w| {
            let (_, order) = match order.take() {
                Some(same) if same.0 == w.series => order.insert(same),
                _ => order.insert((w.series, drawn(w.series))),
            };
            let origin = w.origin as usize + together.map_or(0, |starts| starts[w.series as usize]);
            let round = origin / every / phases;
            // Where turns and weekdays go round together, each time round begins one later.
            let later = if divisor(every, days) > 1 { round / every } else { 0 };
            order[(round + later) % every] == origin % every
        });
        // Of many series most are gone, and their room with them.
        list.shrink_to_fit();
    }

    /// As rungs read them: see [`crate::Delays`].
    pub(crate) fn read(&self, data: &Prepared) -> Cow<'_, Windows> {
        if data.spec.delays.gap == 0 {
            return Cow::Borrowed(self);
        }
        let of = |windows: &[Window]| data.read_from(windows).into_owned();
        let (train, valid, test) = (of(&self.train), of(&self.valid), of(&self.test));
        Cow::Owned(Windows { train, valid, test, ..*self })
    }

    /// The windows of a part.
    pub fn part(&self, part: Part) -> &[Window] {
        match part {
            Part::Train => &self.train,
            Part::Valid => &self.valid,
            Part::Test => &self.test,
        }
    }
}

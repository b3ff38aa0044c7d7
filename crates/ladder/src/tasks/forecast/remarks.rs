//! What a run says before it climbs: what was left out or held back, when values become known, and what smells of a leak.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use gyeol_base::Warning;
use gyeol_data::Availability;
use gyeol_data::clean::{CleanOp, Keep};

use super::Forecasts;
use crate::recipe::HolidaysRecipe;

/// Codes of a profile's warnings that a run repeats: a column gives the target away.
const LEAKS: [&str; 2] = ["leakage", "foresight"];
/// Fewest listed days after the training part that are looked at, and the share of them that must be the oddest days there are.
const FEWEST_DAYS: usize = 5;
const ODD: f64 = 0.9;
/// Lines of a kind that are said one by one; of a thousand series nobody reads more.
const LINES: usize = 12;

/// The first warnings of a kind, and how many more there are.
fn first(mut said: Vec<Warning>, code: &'static str, what: &str) -> Vec<Warning> {
    let more = said.len().saturating_sub(LINES);
    said.truncate(LINES);
    if more > 0 {
        said.push(Warning::new(code, format!("{more} more {what}.")));
    }
    said
}

impl Forecasts<'_> {
    /// What was left out, or held back, in words.
    pub(super) fn remarks(&self) -> Vec<Warning> {
        let mut said: Vec<Warning> = self.leak_remarks();
        for left in &self.columns_out {
            said.push(Warning::new(
                "column-left-out",
                format!("Column '{}' is left out: {}.", left.id, left.why),
            ));
        }
        let left = self.left_out.iter().map(|left| {
            Warning::new("series-left-out", format!("Series '{}' is left out: {}.", left.id, left.why))
        });
        said.extend(first(left.collect(), "series-left-out", "series are left out"));
        if self.windows.train.len() < self.whole {
            let (n, all) = (self.windows.train.len(), self.whole);
            let why = match (self.quick, self.recipe.forecast.stride) {
                (true, _) => "a first look",
                (_, 1) => "many series",
                _ => "stride",
            };
            said.push(Warning::new("thinned", format!("Learnt from {n} of {all} training windows, drawn so that every hour of day and week is seen alike ({why}).")));
        }
        if let Some((step, all)) = self.judged_of {
            said.push(Warning::new("thinned", format!(
                "The test part is judged at origins {step} rows apart, counted back from the last: {} of {all} windows (many series; score.step or score.origins asks for others).",
                self.windows.test.len()
            )));
        }
        let thinned = super::plan::thinned(self.recipe, self.data.series.len()).into_iter();
        said.extend(thinned.map(|words| Warning::new("thinned", words)));
        let sums = self.summed.iter().flat_map(super::Summed::remarks);
        said.extend(sums.map(|words| Warning::new("sums", words)));
        if self.without > 0 {
            let words = format!(
                "{} times have no forecast of a column known ahead that was out for every origin that would read it: windows with them \
                 are left out.",
                self.without
            );
            said.push(Warning::new("no-forecast-in-time", words));
        }
        said.extend(self.delay_remarks());
        said.extend(self.calendar_remarks());
        let [train, valid, test] = self.windows.holed;
        if train + valid + test > 0 {
            said.push(Warning::new("holes", format!(
                "Windows that touch a missing reading are left out: {train} of training, {valid} of validation, {test} of the test part."
            )));
        }
        let mut held = Vec::new();
        for s in self.data.series.iter() {
            for (name, scaler) in self.data.spec.targets.iter().zip(&s.scalers) {
                let (Some((low, high)), Some((least, most))) = (scaler.fence, scaler.seen) else { continue };
                let of = s.id.as_ref().map_or(String::new(), |id| format!(" of series '{id}'"));
                held.push(Warning::new("far-readings", format!(
                    "'{name}'{of} has readings far from all others (from {least} to {most}): models read them as no farther than {low:.6} \
                     to {high:.6}. If they cannot be, set them to missing (clean: op = \"missing\")."
                )));
            }
        }
        said.extend(first(held, "far-readings", "series have readings far from all others"));
        said
    }

    /// What is read later than it was measured.
    fn delay_remarks(&self) -> Vec<Warning> {
        let delays = &self.data.spec.delays;
        if delays.is_none() {
            return Vec::new();
        }
        let rules: Vec<String> =
            delays.rules.iter().map(|(column, rule)| format!("'{column}' {rule}")).collect();
        let mut said = vec![Warning::new(
            "available",
            format!(
                "Values count from when they became known ({}): a forecast begins {} rows after the last target that it reads, and training \
             and validation end {} rows before the part that follows.",
                rules.join(", "),
                delays.gap,
                delays.embargo
            ),
        )];
        if self.windows.late > 0 {
            said.push(Warning::new("not-known", format!(
                "{} test windows are left out: a reading that they look back on was not known yet at their origin.",
                self.windows.late
            )));
        }
        said
    }

    /// What the calendar does not know of the years at hand, or guesses.
    fn calendar_remarks(&self) -> Vec<Warning> {
        let mut said = Vec::new();
        let spec = &self.data.spec;
        let days = self.data.series.iter().filter(|s| s.rows > 0);
        let days = days.flat_map(|s| [s.clock.local(0).date(), s.clock.local(s.rows - 1).date()]);
        let (first, last) = (days.clone().min(), days.max());
        if let (Some(holidays), Some(first), Some(last)) = (&self.holidays, first, last) {
            let span =
                holidays.years().filter(|_| !(holidays.covers(first.year()) && holidays.covers(last.year())));
            if let Some((from, to)) = span {
                said.push(Warning::new("holidays-unknown", format!(
                    "Holidays are known from {from} to {to}, the readings are from {first} to {last}: in the other years every day \
                     counts as an ordinary one. Give them as a list of dates (calendar.holidays)."
                )));
            }
            let guessed =
                holidays.iter().filter(|(day, _)| (first..=last).contains(day) && holidays.estimated(*day));
            let guessed = guessed.count();
            if guessed > 0 {
                said.push(Warning::new("holidays-estimated", format!(
                    "{guessed} holidays follow the moon being seen: their dates are estimates and may be a day off."
                )));
            }
        }
        let sub_daily = spec.step.approximate_ms().is_some_and(|ms| ms < gyeol_data::clock::DAY_MS);
        if spec.calendar.enabled && spec.calendar.latitude.is_some() && sub_daily {
            match spec.calendar.place(spec.zone.as_deref()) {
                Ok(Some((_, east))) if spec.calendar.longitude.is_none() => said.push(Warning::new("sun-by-zone", format!(
                    "The sun is followed at {east}° east, where the zone's clocks are right: calendar.longitude gives the place itself."
                ))),
                Ok(Some(_)) => {}
                _ => said.push(Warning::new("no-sun", "The height of the sun is not told: it needs data.zone, and calendar.longitude where that is UTC.")),
            }
        }
        said
    }

    /// What gives answers away, or may: a column of the table, a correction, a list of holidays.
    fn leak_remarks(&self) -> Vec<Warning> {
        let mut said: Vec<Warning> =
            self.profile.warnings.iter().filter(|w| LEAKS.contains(&w.code.as_str())).cloned().collect();
        said.extend(self.late_correction());
        said.extend(self.odd_holidays());
        said
    }

    /// Rows that later ones corrected are read as if the correction had been there at once, unless each row says when it came.
    fn late_correction(&self) -> Option<Warning> {
        let keeps = |wanted: Keep| {
            self.recipe.clean.iter().any(|op| matches!(op, CleanOp::Deduplicate { keep } if *keep == wanted))
        };
        let told = |column: &String| {
            matches!(self.data.spec.delays.rules.get(column), Some(Availability::Column(_)))
        };
        let told = self.data.spec.targets.iter().all(told);
        if self.corrected == 0 || !(keeps(Keep::Mean) || keeps(Keep::Last) && !told) {
            return None;
        }
        let words = format!(
            "{} readings were corrected by rows that stand behind later ones, and the correction is read as if it had been there at once. \
             Keep the first (clean: op = \"deduplicate\", keep = \"first\"), or say by `available` in which column each row has the \
             moment it came.",
            self.corrected
        );
        Some(Warning::new("late-correction", words))
    }

    /// Holidays of the recipe's own list that are just the oddest days of what is judged: a list made of the readings.
    fn odd_holidays(&self) -> Option<Warning> {
        let Some(HolidaysRecipe::Dates(_)) = &self.recipe.calendar.holidays else { return None };
        let (holidays, series) = (self.holidays.as_ref()?, self.data.series.first()?);
        let mut days: BTreeMap<NaiveDate, (f64, f64)> = BTreeMap::new();
        for (row, value) in series.truth.first()?.iter().enumerate().filter(|(_, v)| v.is_finite()) {
            let day = days.entry(series.clock.local(row).date()).or_default();
            *day = (day.0 + value, day.1 + 1.0);
        }
        let mean = |day: NaiveDate| days.get(&day).map(|(sum, n)| sum / n);
        let judged = series.clock.local(series.clock.index_at_or_after(self.split.valid.start)).date();
        // How far each day lies from the same weekday of the weeks around it.
        let mut odd: Vec<(f64, bool)> = Vec::new();
        for &day in days.keys().filter(|day| **day >= judged) {
            let weeks = (1..=4).flat_map(|k| {
                [day.checked_sub_days(Days::new(7 * k)), day.checked_add_days(Days::new(7 * k))]
            });
            let mut around: Vec<f64> = weeks.flatten().filter_map(mean).collect();
            around.sort_unstable_by(f64::total_cmp);
            let (Some(middle), Some(own)) = (around.get(around.len() / 2), mean(day)) else { continue };
            odd.push(((own - middle).abs(), holidays.name(day).is_some()));
        }
        let listed = odd.iter().filter(|(_, listed)| *listed).count();
        odd.sort_by(|a, b| b.0.total_cmp(&a.0));
        let among = odd.iter().take(listed).filter(|(_, listed)| *listed).count();
        if listed < FEWEST_DAYS || (among as f64) < ODD * listed as f64 {
            return None;
        }
        let words = format!(
            "{among} of the {listed} days that calendar.holidays lists after the training part are just the {listed} days whose readings \
             are farthest from those of the weeks around: was the list known before, or was it made of the readings?"
        );
        Some(Warning::new("holidays-from-target", words))
    }
}

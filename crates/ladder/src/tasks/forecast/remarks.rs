//! What was left out, held back, thinned or guessed, in words: said before the first rung, and on the report.

use chrono::Datelike;

use super::sums::Summed;
use super::{Forecasts, plan};

/// Lines of a kind that are said one by one; of a thousand series nobody reads more.
const LINES: usize = 12;

/// The first lines, and how many more there are.
fn first(mut lines: Vec<String>, what: &str) -> Vec<String> {
    let more = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    if more > 0 {
        lines.push(format!("{more} more {what}."));
    }
    lines
}

impl Forecasts<'_> {
    /// What was left out, or held back, in words.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        for left in &self.columns_out {
            said.push(format!("Column '{}' is left out: {}.", left.id, left.why));
        }
        let left =
            self.left_out.iter().map(|left| format!("Series '{}' is left out: {}.", left.id, left.why));
        said.extend(first(left.collect(), "series are left out"));
        if self.windows.train.len() < self.whole {
            let (n, all) = (self.windows.train.len(), self.whole);
            let many = self.recipe.forecast.stride == 1;
            let why = if self.quick {
                "a first look"
            } else if many {
                "many series"
            } else {
                "stride"
            };
            said.push(format!("Learnt from {n} of {all} training windows, drawn so that every hour of day and week is seen alike ({why})."));
        }
        if let Some((step, all)) = self.judged_of {
            said.push(format!(
                "The test part is judged at origins {step} rows apart, counted back from the last: {} of {all} windows (many series; score.step or score.origins asks for others).",
                self.windows.test.len()
            ));
        }
        said.extend(plan::thinned(self.recipe, self.data.series.len()));
        said.extend(self.summed.iter().flat_map(Summed::remarks));
        said.extend(self.calendar_remarks());
        let [train, valid, test] = self.windows.holed;
        if train + valid + test > 0 {
            said.push(format!(
                "Windows that touch a missing reading are left out: {train} of training, {valid} of validation, {test} of the test part."
            ));
        }
        let mut held: Vec<String> = Vec::new();
        for s in &self.data.series {
            for (name, scaler) in self.data.spec.targets.iter().zip(&s.scalers) {
                let (Some((low, high)), Some((least, most))) = (scaler.fence, scaler.seen) else { continue };
                let of = s.id.as_ref().map_or(String::new(), |id| format!(" of series '{id}'"));
                held.push(format!(
                    "'{name}'{of} has readings far from all others (from {least} to {most}): models read them as no farther than {low:.6} \
                     to {high:.6}. If they cannot be, set them to missing (clean: op = \"missing\")."
                ));
            }
        }
        said.extend(first(held, "series have readings far from all others"));
        said
    }

    /// What the calendar does not know of the years at hand, or guesses.
    fn calendar_remarks(&self) -> Vec<String> {
        let mut said = Vec::new();
        let spec = &self.data.spec;
        let days = self.data.series.iter().filter(|s| s.rows > 0);
        let days = days.flat_map(|s| [s.clock.local(0).date(), s.clock.local(s.rows - 1).date()]);
        let (first, last) = (days.clone().min(), days.max());
        if let (Some(holidays), Some(first), Some(last)) = (&self.holidays, first, last) {
            let span =
                holidays.years().filter(|_| !(holidays.covers(first.year()) && holidays.covers(last.year())));
            if let Some((from, to)) = span {
                said.push(format!(
                    "Holidays are known from {from} to {to}, the readings are from {first} to {last}: in the other years every day \
                     counts as an ordinary one. Give them as a list of dates (calendar.holidays)."
                ));
            }
            let guessed =
                holidays.iter().filter(|(day, _)| (first..=last).contains(day) && holidays.estimated(*day));
            let guessed = guessed.count();
            if guessed > 0 {
                said.push(format!(
                    "{guessed} holidays follow the moon being seen: their dates are estimates and may be a day off."
                ));
            }
        }
        let sub_daily = spec.step.approximate_ms().is_some_and(|ms| ms < gyeol_data::clock::DAY_MS);
        if spec.calendar.enabled && spec.calendar.latitude.is_some() && sub_daily {
            match spec.calendar.place(spec.zone.as_deref()) {
                Ok(Some((_, east))) if spec.calendar.longitude.is_none() => said.push(format!(
                    "The sun is followed at {east}° east, where the zone's clocks are right: calendar.longitude gives the place itself."
                )),
                Ok(Some(_)) => {}
                _ => said.push(
                    "The height of the sun is not told: it needs data.zone, and calendar.longitude where that is UTC.".into(),
                ),
            }
        }
        said
    }
}

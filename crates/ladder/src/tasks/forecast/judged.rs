//! At which origins rungs are judged: of the test part as the recipe asks, of the validation part a day apart at the most.

use gyeol_base::{Fault, Result};
use gyeol_forecast::{Every, Part, Prepared, Window, Windows, begun, no_beginning, stepped};

use super::measures::starts;
use crate::recipe::Recipe;

/// Windows of the test part beyond which many series are judged from one origin a day.
const MANY_JUDGED: usize = 200_000;

/// What decides it.
pub(super) struct Asked<'a> {
    pub recipe: &'a Recipe,
    /// Whether there are many series.
    pub many: bool,
    /// Whether all series are judged at the same origins, since they are added up.
    pub together: bool,
    /// Of so many validation windows every how manieth chooses.
    pub thinned: &'a dyn Fn(usize) -> usize,
}

/// Where rungs are judged.
pub(super) struct Judging {
    /// Rows from one origin of the test part to the next.
    pub step: usize,
    /// The same with its windows before, where many series made it so.
    pub judged_of: Option<(usize, usize)>,
    /// Validation windows.
    pub judged: Vec<Window>,
}

impl Asked<'_> {
    /// Keeps the test windows that are judged, and thins those of validation that choose.
    ///
    /// # Errors
    /// `not-known` and `no-origin` where none is left.
    pub fn of(&self, data: &Prepared, windows: &mut Windows) -> Result<Judging> {
        let score = &self.recipe.score;
        // What is fitted again for each day of validation is seen a day apart: more would tell little more.
        let day = data.spec.seasons.first().map_or(data.spec.horizon, |s| s.rows);
        let all = windows.test.len();
        let at = score.at();
        let asked = score.step > 1 || score.origins.is_some();
        let step = match at {
            Some(at) => at.rows(data.spec.step),
            None if self.many && !asked && all > MANY_JUDGED => day,
            None => score.step,
        };
        let test = std::mem::take(&mut windows.test);
        windows.test = match at {
            None => stepped(test, step, score.origins),
            Some(at) => {
                at.check(data.spec.step, "score.at")?;
                let begun = begun(data, test, at, score.origins);
                if begun.is_empty() {
                    return Err(no_beginning(at));
                }
                begun
            }
        };
        let judged_of = (at.is_none() && step != score.step).then_some((step, all));
        let apart = if step == 1 && score.schedule().is_none() { 1 } else { step.min(day) };
        let known = |mut windows: Vec<Window>| {
            windows.retain(|w| data.is_known(w));
            windows
        };
        let all_known = known(windows.valid.clone());
        if all_known.is_empty() {
            let found = "no window of the validation part lies at an origin where all that it looks back on was known";
            return Err(Fault::new("not-known", found)
                .cause("a validation part shorter than a day, or rows that came late throughout it")
                .next("give it more rows (split), or correct `available`")
                .input());
        }
        // Before windows are thinned: of origins a day apart those drawn would be few, and at other hours than the test part's.
        let judged = match at {
            Some(_) => Some(begun(data, all_known, Every::Day, None)),
            None => (apart > 1).then(|| stepped(all_known, apart, None)),
        };
        let every = (self.thinned)(windows.valid.len());
        // What is added up is judged at origins that all series share.
        let starts = self.together.then(|| starts(data));
        windows.thin(Part::Valid, every, &data.spec.seasons, self.recipe.seed, starts.as_deref());
        let judged = judged.unwrap_or_else(|| known(windows.valid.clone()));
        if judged.is_empty() {
            return Err(no_beginning(at.unwrap_or(Every::Day)));
        }
        Ok(Judging { step, judged_of, judged })
    }
}

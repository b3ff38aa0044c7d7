//! A forecaster fitted again on newer rows.

use gyeol_base::{Fault, Result};
use gyeol_data::Table;
use gyeol_tensor::Pool;

use crate::forecaster::Forecaster;
use crate::prepare::Prepared;
use crate::start::Refits;

/// Share of the time learnt from before that a table must cover: less would forget more than it adds.
const LEAST: f64 = 0.5;

impl Forecaster {
    /// The same rung fitted on all readings of a table, and on them alone: regressions whole, of nets and trees what they start
    /// from. Penalties, shares, intervals and yardsticks stay those that were judged.
    ///
    /// # Errors
    /// As [`Forecaster::forecast`]; `nothing-to-fit` of a rung that has nothing to fit again, `too-short` where the table covers
    /// less than half of the time that was learnt from.
    pub fn updated(&self, table: Table, pool: &Pool) -> Result<Forecaster> {
        let mut readings = self.readings(table)?;
        let spec = &self.about.spec;
        spec.same_step(&readings)?;
        self.about.laid_out(&mut readings)?;
        let data = Prepared::apply(&readings, spec.clone(), self.about.scalers.clone())?;
        if !self.predictor.fits(&data) {
            return Err(crate::error::parts("its net reads other inputs than its spec names"));
        }
        let read = data.series.iter().filter(|s| s.history > 0);
        let begun = read.clone().map(|s| s.clock.at(0)).min().unwrap_or(0);
        let until = read.map(|s| s.clock.at(s.history)).max().unwrap_or(0);
        if let Some((from, end)) = self.about.learnt
            && ((until - begun) as f64) < LEAST * (end - from) as f64
        {
            let share = 100.0 * (until - begun) as f64 / (end - from) as f64;
            let found = format!("the table covers {share:.0} % of the time that the model learnt from");
            return Err(Fault::new("too-short", found)
                .cause(
                    "the newest rows alone: a model is fitted again on the table's rows and on nothing else",
                )
                .next("give the whole history with the new rows at its end")
                .input());
        }
        let between = (begun, until);
        let Some(predictor) = self.predictor.refit(&data, between, &mut Refits::default(), pool)? else {
            let found = format!("the rung '{}' has nothing to fit again", self.rung);
            let next = "it forecasts from the readings that it is given; for a net without a start, run the recipe again";
            return Err(Fault::new("nothing-to-fit", found).next(next).input());
        };
        let mut about = self.about.clone();
        about.learnt = Some(between);
        about.updated = true;
        Ok(Forecaster::new(self.rung.clone(), about, predictor))
    }
}

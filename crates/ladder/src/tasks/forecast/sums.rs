//! Series that are sums of others: made from the table, forecast like all others, and made to add up.

use gyeol_base::{Fault, Result};
use gyeol_data::hierarchy::LevelMade;
use gyeol_data::{Hierarchy, Readings, Roles, Split, Table};
use gyeol_forecast::forecaster::About;
use gyeol_forecast::hierarchy::{self, LevelError};
use gyeol_forecast::{LeftOut, Prepared, Reconciliation, Spec, Way, Window, Windows, leave_out};
use gyeol_report::model::{LevelRow, Levels, TriedWay};

use super::Forecasts;
use crate::recipe::Recipe;

/// A hierarchy with what making its sums gave.
pub(super) struct Summed {
    pub hierarchy: Hierarchy,
    /// How much of each level is missing.
    pub made: Vec<LevelMade>,
    /// Windows of validation and test that went because another series has none at their origin.
    pub gone: [usize; 2],
    asked: Option<Way>,
}

impl Summed {
    /// What the recipe says of parents; the table's own total is held against the sum and taken out.
    ///
    /// # Errors
    /// As [`Hierarchy::of`] and [`Hierarchy::without_total`] say.
    pub fn of(
        recipe: &Recipe,
        table: &Table,
        roles: &Roles,
        readings: &mut Readings,
    ) -> Result<Option<Summed>> {
        let Some(parents) = &recipe.columns.parents else {
            let lonely = [
                ("columns.total_id", recipe.columns.total_id.is_some()),
                ("forecast.reconcile", recipe.forecast.reconcile.is_some()),
            ];
            return match lonely.into_iter().find(|(_, given)| *given) {
                None => Ok(None),
                Some((key, _)) => {
                    let found =
                        format!("`{key}` is given, and `columns.parents` is not: nothing is added up");
                    Err(Fault::new("no-parents", found)
                        .next("name the columns that say to what each series belongs: columns.parents = [\"feeder\"]")
                        .option())
                }
            };
        };
        let Some(id) = roles.id() else {
            return Err(Fault::new("no-id", "`columns.parents` is given, and no column tells series apart")
                .next("name it: columns.id = \"…\"")
                .option());
        };
        let hierarchy = Hierarchy::of(table, id, parents, recipe.columns.total_id.as_deref())?;
        hierarchy.without_total(readings, true)?;
        let asked = recipe.forecast.reconcile.as_deref().filter(|way| *way != "auto");
        let asked = asked.map(str::parse).transpose()?;
        Ok(Some(Summed { hierarchy, made: Vec::new(), gone: [0; 2], asked }))
    }

    /// Adds the series of the upper levels; those that the ladder left out are left out of the sums.
    ///
    /// # Errors
    /// As [`Hierarchy::add_up`] says; `no-sum-to-learn` where one cannot be learnt from.
    pub fn add_up(
        &mut self,
        readings: &mut Readings,
        split: &Split,
        spec: &Spec,
        left: &[LeftOut],
    ) -> Result<()> {
        if !left.is_empty() {
            self.hierarchy.keep(&|id| !left.iter().any(|left| left.id == id));
        }
        self.made = self.hierarchy.add_up(readings)?;
        if let Some(first) = leave_out(readings, split, spec).first() {
            let found = format!("the sum '{}' cannot be learnt: {}", first.id, first.why);
            return Err(Fault::new("no-sum-to-learn", found)
                .cause("meters that came late or went early: a sum is missing wherever one of its series is")
                .next("leave out those meters, or split later, so that the training part has all of them")
                .input());
        }
        Ok(())
    }

    /// Keeps origins of validation and test that every series has.
    ///
    /// # Errors
    /// `no-common-origin`.
    pub fn whole_origins(&mut self, data: &Prepared, windows: &mut Windows) -> Result<()> {
        let parts = [("validation", &mut windows.valid), ("test", &mut windows.test)];
        for ((part, list), gone) in parts.into_iter().zip(&mut self.gone) {
            *gone = hierarchy::whole_origins(&self.hierarchy, data, list);
            if list.is_empty() {
                let found = format!("no origin of the {part} part has a window of every series");
                return Err(Fault::new("no-common-origin", found)
                    .cause("some series have holes wherever others have readings")
                    .next(
                        "fill the holes (clean: op = \"fill\"), or leave out the meters that are seldom read",
                    )
                    .input());
            }
        }
        Ok(())
    }

    /// What was made, in words.
    pub fn remarks(&self) -> Vec<String> {
        let levels = self.made.iter().map(|made| {
            let holes = match made.missing {
                0 => "none of its readings is missing".to_owned(),
                n => format!("{n} of {} readings are missing because a series under them is", made.cells),
            };
            let series =
                if made.series == 1 { "1 series".to_owned() } else { format!("{} series", made.series) };
            format!("Level '{}': {series} made by adding up; {holes}.", made.level)
        });
        let mut said: Vec<String> = levels.collect();
        let [valid, test] = self.gone;
        if valid + test > 0 {
            said.push(format!(
                "Windows at origins that not every series has are left out: {valid} of validation, {test} of the test part."
            ));
        }
        said
    }
}

impl Forecasts<'_> {
    /// What base forecasts of the judged validation windows tell of how to make them add up, and the same made to add up.
    pub(super) fn reconciled(&self, valid: &[f64]) -> Result<(Option<Reconciliation>, Vec<f64>)> {
        let Some(summed) = &self.summed else { return Ok((None, valid.to_vec())) };
        let (fitted, valid) =
            Reconciliation::fit(&summed.hierarchy, summed.asked, &self.data, &self.judged, valid)?;
        Ok((Some(fitted), valid))
    }

    /// The levels of the test part under a model, for the page and the scores.
    pub(super) fn levels(
        &self,
        about: &About,
        windows: &[Window],
        base: &[f64],
        own: &[f64],
    ) -> Option<Levels> {
        let (summed, reconciliation) = (self.summed.as_ref()?, about.reconciliation.as_ref()?);
        let h = &summed.hierarchy;
        let found = hierarchy::by_level(h, &self.data, windows, (base, own), &self.yardsticks.mase);
        let places = h.places();
        let level: Vec<Option<usize>> =
            self.data.series.iter().map(|s| places.get(s.id.as_deref()?).map(|&at| h.level(at))).collect();
        let mut within = vec![(0.0f64, 0.0f64); h.levels.len()];
        about.intervals.each(&self.data, windows, own, &mut |i, ahead, ends| {
            let w = &windows[i];
            let y = self.data.series[w.series as usize].truth[w.channel as usize][w.origin as usize + ahead];
            if let (Some(level), false) = (level[w.series as usize], y.is_nan()) {
                within[level].0 += f64::from(u8::from(y >= ends.low && y <= ends.high));
                within[level].1 += 1.0;
            }
        });
        let row = |(e, (inside, n)): (LevelError, (f64, f64))| LevelRow {
            level: e.level,
            series: e.series,
            base: e.base,
            reconciled: e.reconciled,
            base_mase: e.base_mase,
            reconciled_mase: e.reconciled_mase,
            coverage: inside / n.max(1.0),
        };
        Some(Levels {
            way: reconciliation.way.name().to_owned(),
            chosen: reconciliation.chosen,
            shrinkage: reconciliation.shrinkage.clone(),
            tried: reconciliation
                .tried
                .iter()
                .map(|t| TriedWay { way: t.way.name().to_owned(), error: t.error })
                .collect(),
            rows: found.into_iter().zip(within).map(row).collect(),
        })
    }
}

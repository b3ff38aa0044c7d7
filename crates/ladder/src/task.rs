//! The contract of a task: what it fits, how it judges, what its page shows. The climb itself is [`crate::climb`]'s.

use std::collections::BTreeMap;
use std::path::Path;

use gyeol_base::Result;
use gyeol_bundle::{DataHash, Packed};
use gyeol_judge::{Bootstrap, Interval, Outcomes, Partial, least};
use gyeol_report::Language;
use gyeol_report::model::{
    Chapter, Detail, EpochPoint, Fact, Facts, Input, LayerRow, Note, Report, Role, RungReport, Tried, Verdict,
};
use serde_json::{Map, Value};

use crate::watch::Watch;

/// A part that models are judged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Chooses epochs, settings and the best rung.
    Valid,
    /// Scored once.
    Test,
}

/// What holds for every rung of a prepared task.
#[derive(Debug, Clone)]
pub struct Head {
    /// The task's public word: `forecast`, `language-model` …
    pub task: &'static str,
    /// Name of the data for people.
    pub title: String,
    /// The bytes read.
    pub data: DataHash,
    /// The recipe by which rungs are known again: what was fitted, without words for people.
    pub canonical: String,
    /// The recipe as the report shows it.
    pub recipe: String,
    /// Seed.
    pub seed: u64,
    /// Language of the page.
    pub language: Language,
    /// The metric that orders the rungs; less is better.
    pub metric: &'static str,
    /// Its unit; empty where it has none.
    pub unit: String,
    /// Draws of the bootstrap.
    pub draws: usize,
    /// Share of the best rung's metric within which a plainer rung is enough.
    pub margin: f64,
}

/// A rung by the name that scripts know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RungName {
    /// Name with its suffix, which is shown and decides nothing.
    pub name: String,
    /// What it is in its ladder.
    pub role: Role,
    /// True for a net without anything that makes the question easier.
    pub plain: bool,
}

/// What is known of a ladder before it is climbed.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What holds for every rung.
    pub head: Head,
    /// The rungs, from plain to complex.
    pub rungs: Vec<RungName>,
    /// Resamples of the test part.
    pub bootstrap: Bootstrap,
}

/// What a rung's fit may use of the climb.
pub struct Running<'a> {
    /// Where the rung's states lie: `DIR/rungs/NAME`, without an ending.
    pub stem: &'a Path,
    /// Go on with the states that are there.
    pub resume: bool,
    /// Progress; false stops.
    pub watch: &'a mut dyn Watch,
}

/// A fitted rung.
#[derive(Debug, Clone)]
pub struct Fit<M> {
    /// What goes into the bundle.
    pub model: M,
    /// Wall seconds, choosing included.
    pub seconds: f64,
    /// What it was told.
    pub inputs: Vec<Input>,
    /// What the validation part chose from.
    pub tried: Vec<Tried>,
    /// Learning curve; empty without epochs.
    pub curve: Vec<EpochPoint>,
    /// What the curve says.
    pub verdict: Verdict,
    /// Layers of a net.
    pub layers: Vec<LayerRow>,
    /// Facts of the fit in order.
    pub training: Vec<Fact>,
}

impl<M> Fit<M> {
    /// A fit without epochs, layers and facts.
    pub fn plain(model: M, seconds: f64) -> Self {
        Fit {
            model,
            seconds,
            inputs: Vec::new(),
            tried: Vec::new(),
            curve: Vec::new(),
            verdict: Verdict::no_curve(),
            layers: Vec::new(),
            training: Vec::new(),
        }
    }
}

/// A model's answers on a part.
#[derive(Debug, Clone)]
pub struct Answered<P, A> {
    /// Unit by unit, with the metrics.
    pub outcomes: Outcomes<P>,
    /// What the page needs of them.
    pub answers: A,
}

/// A rung that was fitted (or taken over from an earlier run) and judged on the test part.
pub struct Judged<T: Task + ?Sized> {
    /// Everything measured.
    pub report: RungReport,
    /// The model.
    pub model: T::Model,
    /// What it did on the test part.
    pub test: Answered<T::Sums, T::Answers>,
}

/// What the page and the scores say of the whole ladder.
pub struct Findings {
    /// What it was climbed on.
    pub facts: Facts,
    /// The page.
    pub chapters: Vec<Chapter>,
    /// Remarks.
    pub notes: Vec<Note>,
}

/// A prepared task: data read, split and prepared with the training part alone, rungs planned.
pub trait Task {
    /// What a rung's fit gives, and a bundle holds.
    type Model: Packed;
    /// Additive outcomes of a unit.
    type Sums: Partial;
    /// A model's answers on a part, beside its outcomes.
    type Answers;

    /// What is known before the climb.
    fn plan(&self) -> &Plan;

    /// What holds for every rung.
    fn head(&self) -> &Head {
        &self.plan().head
    }

    /// The rungs, from plain to complex.
    fn rungs(&self) -> &[RungName] {
        &self.plan().rungs
    }

    /// Resamples of the test part.
    fn bootstrap(&self) -> &Bootstrap {
        &self.plan().bootstrap
    }

    /// Fits a rung; training and validation part alone may be looked at.
    ///
    /// # Errors
    /// As the stations say; `stopped` where the watch said so.
    fn fit(&mut self, rung: usize, running: &mut Running<'_>) -> Result<Fit<Self::Model>>;

    /// What a model does on a part.
    ///
    /// # Errors
    /// As the stations say.
    fn answer(
        &self,
        model: &Self::Model,
        part: Part,
        watch: &mut dyn Watch,
    ) -> Result<Answered<Self::Sums, Self::Answers>>;

    /// Which rung the validation part chooses: that of the least metric, the plainer one of equals.
    fn choose(&self, valid: &[Outcomes<Self::Sums>]) -> usize {
        let metric = self.head().metric;
        let value = |o: &Outcomes<Self::Sums>| o.values().get(metric).copied().unwrap_or(f64::INFINITY);
        least(valid.iter().map(value)).unwrap_or(0)
    }

    /// Microseconds an answer costs.
    fn microseconds(&self, model: &Self::Model, test: &Answered<Self::Sums, Self::Answers>) -> f64;

    /// Figures of the test part that no sum of units gives, by name.
    fn more(
        &self,
        _model: &Self::Model,
        _test: &Answered<Self::Sums, Self::Answers>,
    ) -> BTreeMap<String, Interval> {
        BTreeMap::new()
    }

    /// What only this task measures on a rung.
    fn detail(&self, _model: &Self::Model, _test: &Answered<Self::Sums, Self::Answers>) -> Detail {
        Detail::None
    }

    /// A rung is saved: states of its fit may go.
    fn saved(&self, _rung: usize, _stem: &Path) {}

    /// What the page shows of all rungs; `best` by validation.
    ///
    /// # Errors
    /// As the stations say.
    fn findings(&mut self, judged: &[Judged<Self>], best: usize, watch: &mut dyn Watch) -> Result<Findings>;

    /// Keys of `scores.json` beside those that every task has: split, denominator …
    fn scores(&self, report: &Report) -> Map<String, Value>;

    /// Keys of a rung in `scores.json` beside those that every task has.
    fn rung_scores(&self, _rung: &RungReport) -> Map<String, Value> {
        Map::new()
    }
}

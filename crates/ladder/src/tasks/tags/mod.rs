//! The ladder of labels: from the commonest label upwards, under one protocol.
//!
//! ```text
//! texts ──units and labels──▶ train, valid, test (distinct sequences, drawn)
//!           for each rung: fit(train), epochs by valid ──▶ share of labels that are wrong on test, once
//! ```

mod nets;
mod prepare;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_bundle::DataHash;
use gyeol_judge::{Bootstrap, Interval, Outcomes, TagSums};
use gyeol_ngram::Stage;
use gyeol_report::Language;
use gyeol_report::model::{Chapter, Fact, Facts, Note, Report, Role, TranslationExample};
use gyeol_report::text::message;
use gyeol_sequence::{TagData, Tagged, Tagger};
use gyeol_tensor::{Pool, Rng};
use serde_json::{Map, Value, json};

use crate::options::Climb;
use crate::recipe::{TagsRecipe, TagsRung, rung_kind};
use crate::task::{Answered, Findings, Fit, Head, Judged, Part, Plan, RungName, Running, Task};
use crate::watch::{Step, Watch};
pub use prepare::Prepared;

/// Sequences that are labelled before the watch is asked again.
const AT_ONCE: usize = 512;
/// Test sequences that the page shows.
const SHOWN: usize = 20;
/// Draws of the intervals of [`evaluate`].
const DRAWS: usize = 1000;

/// Sequences prepared under a recipe, with the rungs to climb.
pub struct Labels<'a> {
    recipe: &'a TagsRecipe,
    prepared: &'a Prepared,
    data: TagData,
    plan: Plan,
    rungs: Vec<TagsRung>,
    quick: bool,
    pool: &'a Pool,
}

/// What a tagger said on a part.
pub struct Told {
    said: Vec<Vec<u32>>,
    /// Cells of the confusion of each sequence: right, said, how often.
    confusion: Vec<Vec<(u32, u32, f64)>>,
    labels: usize,
    units: usize,
    seconds: f64,
}

/// Reads and splits the texts of a recipe.
///
/// # Errors
/// As the stations say.
pub fn read(recipe: &TagsRecipe, beside: Option<&Path>, watch: &mut dyn Watch) -> Result<Prepared> {
    prepare::prepare(recipe, beside, watch)
}

/// What a tagger does with sequences, by the metrics of the task; `watch` may stop it.
fn judged<'s>(
    model: &Tagger,
    sequences: impl Iterator<Item = &'s Tagged>,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Answered<TagSums, Told>> {
    let since = Instant::now();
    let all: Vec<&Tagged> = sequences.collect();
    let mut said: Vec<Vec<u32>> = Vec::with_capacity(all.len());
    for some in all.chunks(AT_ONCE) {
        let units: Vec<&[String]> = some.iter().map(|one| one.units.as_slice()).collect();
        said.extend(model.tags(&units, pool)?);
        if !watch.step(Step::Counting(Stage::Scoring(said.len() as u64))) {
            return Err(Error::stopped());
        }
    }
    let seconds = since.elapsed().as_secs_f64();
    let right: Vec<Vec<u32>> =
        all.iter().map(|one| one.labels.iter().map(|label| model.label(label)).collect()).collect();
    let sought = model.sought();
    let units = said.iter().zip(&right).map(|(said, right)| TagSums::of(said, right, sought)).collect();
    let cells = |(said, right): (&Vec<u32>, &Vec<u32>)| {
        let mut cells: BTreeMap<(u32, u32), f64> = BTreeMap::new();
        for (&said, &right) in said.iter().zip(right) {
            *cells.entry((right, said)).or_default() += 1.0;
        }
        cells.into_iter().map(|((right, said), n)| (right, said, n)).collect()
    };
    let confusion = said.iter().zip(&right).map(cells).collect();
    let count = said.iter().map(Vec::len).sum();
    let outcomes = Outcomes::new(units, TagSums::metrics(sought.is_some()));
    // A label that the training part does not have is one more.
    let answers = Told { said, confusion, labels: model.labels.len() + 1, units: count, seconds };
    Ok(Answered { outcomes, answers })
}

impl Told {
    /// F1 of every label that is there or was said, their mean; with its interval.
    fn macro_f1(&self, bootstrap: &Bootstrap, pool: &Pool) -> Interval {
        let of = |weights: &[f64]| {
            let mut sums = vec![[0.0f64; 3]; self.labels];
            for (cells, weight) in self.confusion.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
                for &(right, said, n) in cells {
                    let n = n * weight;
                    sums[right as usize][2] += n;
                    sums[said as usize][1] += n;
                    if right == said {
                        sums[said as usize][0] += n;
                    }
                }
            }
            let f = sums.iter().filter(|[_, said, there]| said + there > 0.0);
            let f: Vec<f64> = f.map(|[found, said, there]| 2.0 * found / (said + there)).collect();
            vec![f.iter().sum::<f64>() / f.len() as f64]
        };
        bootstrap.statistics(pool, of)[0]
    }
}

/// What a tagger scored on a file.
#[derive(Debug, Clone)]
pub struct TagScores {
    /// Sequences and units.
    pub n: (usize, usize),
    /// Metrics with their intervals.
    pub metrics: Vec<(&'static str, Interval)>,
}

/// Scores a tagger on the file of a recipe, whose split and rungs are not looked at.
///
/// # Errors
/// As the stations say; a file without a unit (`too-few-texts`).
pub fn evaluate(
    model: &Tagger,
    recipe: &TagsRecipe,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<TagScores> {
    let all = prepare::read(recipe, &recipe.data.file, &mut Vec::new())?;
    let sequences: Vec<&Tagged> =
        all.iter().map(|(one, _)| one).filter(|one| !one.units.is_empty()).collect();
    if sequences.is_empty() {
        return Err(gyeol_base::Fault::new("too-few-texts", "no text with a unit")
            .file(&recipe.data.file)
            .cause("an empty file")
            .next("give one with texts")
            .input());
    }
    let n = sequences.len();
    let found = judged(model, sequences.into_iter(), pool, watch)?;
    let bootstrap = Bootstrap::new(n, 1, DRAWS, recipe.seed);
    let mut by_name = bootstrap.intervals(&found.outcomes);
    by_name.insert("macro_f1".into(), found.answers.macro_f1(&bootstrap, pool));
    let order = ["accuracy", "macro_f1", "f1", "exact"];
    let metrics = order.into_iter().filter_map(|name| Some((name, *by_name.get(name)?))).collect();
    Ok(TagScores { n: (n, found.answers.units), metrics })
}

impl<'a> Labels<'a> {
    /// Numbers units and labels by the training part, and plans the rungs.
    ///
    /// # Errors
    /// A part without a unit.
    pub fn prepare(
        recipe: &'a TagsRecipe,
        prepared: &'a Prepared,
        options: &Climb,
        pool: &'a Pool,
    ) -> Result<Labels<'a>> {
        let rungs: Vec<TagsRung> = match recipe.rungs.is_empty() {
            true => TagsRecipe::DEFAULT.map(TagsRung::named).to_vec(),
            false => recipe.rungs.clone(),
        };
        let only = |part: usize| prepared.parts[part].iter().map(|(one, _)| one.clone()).collect::<Vec<_>>();
        let data = TagData::new(recipe.data.labels, &only(0), &only(1), recipe.data.min_count)?;
        let count = prepared.parts[2].len();
        // Words are no part of what was fitted: a report can be drawn again in another language.
        let fitted_by = TagsRecipe { language: "en".into(), ..recipe.clone() }.to_toml();
        Ok(Labels {
            plan: Plan {
                head: Head {
                    task: "tag",
                    title: recipe.title(),
                    data: DataHash {
                        name: recipe.title(),
                        sha256: prepared.sha256.clone(),
                        rows: prepared.parts.iter().map(|part| part.len() as u64).sum(),
                    },
                    canonical: if options.quick { format!("{fitted_by}\n# quick\n") } else { fitted_by },
                    recipe: recipe.to_toml(),
                    seed: recipe.seed,
                    language: recipe.language.parse().unwrap_or(Language::English),
                    metric: "error",
                    unit: String::new(),
                    draws: recipe.score.bootstrap_draws,
                    margin: recipe.score.margin,
                },
                rungs: rungs
                    .iter()
                    .map(|rung| RungName {
                        name: rung.name.clone(),
                        role: if rung_kind(&rung.name) == "majority" { Role::Naive } else { Role::Learned },
                        plain: false,
                    })
                    .collect(),
                bootstrap: Bootstrap::new(count, 1, recipe.score.bootstrap_draws, recipe.seed),
            },
            data,
            recipe,
            prepared,
            rungs,
            quick: options.quick,
            pool,
        })
    }

    fn shown(&self, one: &Tagged, labels: &[String]) -> String {
        let told = Tagged { units: one.units.clone(), labels: labels.to_vec() };
        self.recipe.data.labels.text(&told).unwrap_or_else(|| {
            let pairs = told.units.iter().zip(&told.labels).map(|(unit, label)| format!("{unit}/{label}"));
            pairs.collect::<Vec<_>>().join(" ")
        })
    }
}

impl Task for Labels<'_> {
    type Model = Tagger;
    type Sums = TagSums;
    type Answers = Told;

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn fit(&mut self, rung: usize, running: &mut Running<'_>) -> Result<Fit<Tagger>> {
        let since = Instant::now();
        let rung = self.rungs[rung].clone();
        let mut go_on = || running.watch.step(Step::Trying(&[&rung.name]));
        let model = match rung_kind(&rung.name) {
            _ if !go_on() => return Err(Error::stopped()),
            "majority" => self.data.majority(),
            "unigram" => self.data.unigram(),
            "window" => self.data.window(&mut |_| go_on())?,
            _ => return self.net(&rung, running),
        };
        Ok(Fit::plain(model, since.elapsed().as_secs_f64()))
    }

    fn answer(&self, model: &Tagger, part: Part, watch: &mut dyn Watch) -> Result<Answered<TagSums, Told>> {
        let part = &self.prepared.parts[if part == Part::Valid { 1 } else { 2 }];
        judged(model, part.iter().map(|(one, _)| one), self.pool, watch)
    }

    fn microseconds(&self, _: &Tagger, test: &Answered<TagSums, Told>) -> f64 {
        test.answers.seconds / test.answers.said.len().max(1) as f64 * 1e6
    }

    fn more(&self, _: &Tagger, test: &Answered<TagSums, Told>) -> BTreeMap<String, Interval> {
        BTreeMap::from([("macro_f1".to_owned(), test.answers.macro_f1(self.bootstrap(), self.pool))])
    }

    fn saved(&self, _: usize, stem: &Path) {
        crate::checkpoint::remove(stem, 1);
    }

    fn findings(&mut self, judged: &[Judged<Self>], best: usize, _: &mut dyn Watch) -> Result<Findings> {
        let Prepared { parts, repeated, empty, notes, .. } = self.prepared;
        let fact = |key: &str, value: String| Fact { key: key.into(), value };
        let units = |part: usize| parts[part].iter().map(|(one, _)| one.units.len()).sum::<usize>();
        let three = |of: &dyn Fn(usize) -> usize| {
            (0..3).map(|part| of(part).to_string()).collect::<Vec<_>>().join(" / ")
        };
        let facts = vec![
            fact("sequences", three(&|part| parts[part].len())),
            fact("labelled-units", three(&units)),
            fact("left-out", format!("{empty} / {repeated}")),
            fact("labels", self.data.labels().len().to_string()),
            fact("sought", self.recipe.data.labels.sought().unwrap_or("–").to_owned()),
            fact("known-units", self.data.vocabulary().to_string()),
        ];
        let test = &parts[2];
        let mut places: Vec<usize> = (0..test.len()).collect();
        Rng::stream(self.plan.head.seed, 0x5a4b).shuffle(&mut places);
        places.truncate(SHOWN);
        places.sort_unstable();
        let named = |of: &Judged<Self>, at: usize| -> Vec<String> {
            of.test.answers.said[at].iter().map(|&label| of.model.labels[label as usize].clone()).collect()
        };
        let first = judged.iter().rposition(|one| one.model.layers().is_empty()).filter(|at| *at != best);
        let shown = places.iter().map(|&at| TranslationExample {
            row: test[at].1,
            source: self.recipe.data.labels.bare(&test[at].0),
            right: self.shown(&test[at].0, &test[at].0.labels),
            said: self.shown(&test[at].0, &named(&judged[best], at)),
            plain: first.map(|rung| self.shown(&test[at].0, &named(&judged[rung], at))),
        });
        let mut chapters = vec![Chapter::Answer, Chapter::Ladder, Chapter::Labelled(shown.collect())];
        if judged.iter().any(|one| !one.report.curve.is_empty()) {
            chapters.push(Chapter::Learning);
        }
        chapters.extend([Chapter::Inside, Chapter::Protocol]);
        let mut notes: Vec<Note> = notes.iter().cloned().map(Note::Words).collect();
        if self.quick {
            notes.push(Note::QuickExamples);
        }
        let count = |n: usize| gyeol_report::text::count(n, self.plan.head.language);
        let args = [("train", count(parts[0].len())), ("test", count(test.len()))];
        let deck = message("deck-sequences", &args, self.plan.head.language);
        Ok(Findings { facts: Facts::Plain { deck, facts, judged: units(2) as u64 }, chapters, notes })
    }

    fn scores(&self, r: &Report) -> Map<String, Value> {
        let Prepared { parts, repeated, empty, .. } = self.prepared;
        let [train, valid, test] = parts.each_ref().map(Vec::len);
        let units: usize = parts[2].iter().map(|(one, _)| one.units.len()).sum();
        let keys = [
            (
                "data",
                json!({
                    "name": r.head.name, "sha256": r.head.sha256, "rows": train + valid + test,
                    "empty": empty, "repeated": repeated, "labels": self.data.labels(),
                }),
            ),
            (
                "split",
                json!({
                    "by": "distinct sequences",
                    "train": { "sequences": train }, "valid": { "sequences": valid }, "test": { "sequences": test },
                }),
            ),
            ("protocol", json!(self.recipe.data.labels.to_string())),
            ("denominator", json!({ "units": units, "sequences": test })),
        ];
        keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
    }
}

//! The ladders of examples: the class, or the number, of a text or of a row of a table.
//!
//! ```text
//! examples ──split──▶ train, valid, test ──▶ chain, encoder fitted on train
//!                                                  │
//!      for each rung: features and settings chosen on valid ──▶ probabilities or numbers on test, once
//! ```

mod chapters;
mod columns;
mod evaluate;
mod features;
mod judge;
mod mixture;
mod more;
mod nets;
mod ordered;
mod prepare;
mod remedies;
mod rungs;
mod search;
mod settings;

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_bundle::DataHash;
use gyeol_judge::{Bootstrap, Interval};
use gyeol_report::Language;
use gyeol_report::model::{Chapter, CostsChapter, ExampleFacts, ExamplePart, Facts, Note, Report, Role};
use gyeol_supervised::{Head as Learnt, MOST_SEEN, Machine, Said, Seen, Target, Wrapped};
use gyeol_tensor::Pool;
use serde_json::{Map, Value, json};

use crate::options::Climb;
use crate::recipe::{ExamplesRecipe, ExamplesRung, ExamplesSplitBy, MIXTURE, rung_kind};
use crate::task::{Answered, Findings, Fit, Head, Judged, Part, Plan, RungName, Running, Task};
use crate::tasks::vectors;
use crate::watch::{Step, Watch};
pub use evaluate::{ExampleScores, evaluate};
use features::Maker;
pub use judge::Sums;
use rungs::Workbench;

/// Classes listed in the report and in `scores.json`.
const LISTED: usize = 100;

/// Examples prepared under a recipe, with the rungs to climb.
pub struct Machines<'a, M> {
    bench: Workbench<'a>,
    plan: Plan,
    rungs: Vec<ExamplesRung>,
    prints: Vec<Arc<Seen>>,
    kind: PhantomData<M>,
}

/// Reads, splits and prepares the examples of a recipe.
///
/// # Errors
/// As the stations say.
pub fn read(
    recipe: &ExamplesRecipe,
    beside: Option<&Path>,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Prepared> {
    let mut prepared = prepare::prepare(recipe, beside, pool, watch)?;
    if recipe.rungs.is_empty() && prepared.scores() > settings::MOST_SCORES {
        prepared.remarks.push(format!(
            "{} classes: rungs that keep a score of each example for each class are left out; join rare classes, or name them as [[rung]]",
            prepared.classes.len()
        ));
    }
    if !prepared.remarks.iter().all(|words| watch.step(Step::Said(words))) {
        return Err(Error::stopped());
    }
    Ok(Prepared(prepared))
}

/// The examples of a recipe in three parts.
pub struct Prepared(prepare::Prepared);

impl<'a, M: Wrapped> Machines<'a, M> {
    /// Plans the rungs.
    ///
    /// # Errors
    /// As the stations say.
    pub fn prepare(
        recipe: &'a ExamplesRecipe,
        prepared: &'a Prepared,
        options: &Climb,
        pool: &'a Pool,
    ) -> Result<Machines<'a, M>> {
        let prepared = &prepared.0;
        let texts = prepared.chain.is_some();
        let rungs = match recipe.rungs.is_empty() {
            true => settings::default_rungs(
                recipe.is_regression(),
                texts,
                prepared.scores(),
                ordered::belongs(prepared),
            ),
            false => recipe.rungs.clone(),
        };
        let count = prepared.parts[2].examples.len();
        let block = Bootstrap::block_within(recipe.score.bootstrap_block, count);
        // Words are no part of what was fitted: a report can be drawn again in another language.
        let fitted_by = ExamplesRecipe { language: "en".into(), ..recipe.clone() }.to_toml();
        Ok(Machines {
            plan: Plan {
                head: Head {
                    task: if recipe.is_regression() { "regress" } else { "classify" },
                    title: recipe.title(),
                    data: DataHash {
                        name: recipe.title(),
                        sha256: prepared.sha256.clone(),
                        rows: prepared.count(),
                    },
                    canonical: vectors::known_by(
                        if options.quick { format!("{fitted_by}\n# quick\n") } else { fitted_by },
                        &prepared.vectors,
                    ),
                    recipe: recipe.to_toml(),
                    seed: recipe.seed,
                    language: recipe.language.parse().unwrap_or(Language::English),
                    metric: recipe.metric(),
                    unit: String::new(),
                    draws: recipe.score.bootstrap_draws,
                    margin: recipe.score.margin,
                },
                rungs: rungs
                    .iter()
                    .map(|rung| RungName {
                        name: rung.name.clone(),
                        role: match rung_kind(&rung.name) {
                            "majority" | "mean" => Role::Naive,
                            _ => Role::Learned,
                        },
                        plain: false,
                    })
                    .collect(),
                bootstrap: Bootstrap::new(count, block, recipe.score.bootstrap_draws, recipe.seed),
            },
            bench: Workbench {
                recipe,
                prepared,
                pool,
                quick: options.quick,
                maker: Maker::new(),
                on_valid: Default::default(),
                chosen: Default::default(),
                machines: Default::default(),
            },
            rungs,
            prints: Vec::new(),
            kind: PhantomData,
        })
    }

    /// Fingerprints of the training and the validation part, which chose; none of very many examples.
    fn seen(&mut self, machine: &Machine) -> Result<Option<Arc<Seen>>> {
        let parts = &self.bench.prepared.parts[..2];
        if parts.iter().map(|part| part.examples.len()).sum::<usize>() > MOST_SEEN {
            return Ok(None);
        }
        let mut prints = Vec::new();
        for part in parts {
            let (texts, table) = (part.examples.texts.as_deref(), part.examples.table.as_ref());
            match machine.fingerprints(texts, table)? {
                Some(more) => prints.extend(more),
                None => return Ok(None),
            }
        }
        // Rungs that read the same share them.
        let found = Seen::new(prints);
        if let Some(known) = self.prints.iter().find(|known| ***known == found) {
            return Ok(Some(Arc::clone(known)));
        }
        self.prints.push(Arc::new(found));
        Ok(self.prints.last().cloned())
    }

    /// What a threshold by cost does on the test part.
    fn costs(&self, machine: &Machine, said: &Said) -> Option<Chapter> {
        let (Some(rule), Target::Classes { of, .. }) =
            (machine.decision, &self.bench.prepared.parts[2].examples.target)
        else {
            return None;
        };
        let [first, second] = machine.classes() else { return None };
        let before = judge::scored(said, of, &said.classes(), Some(&rule));
        let after = judge::scored(said, of, &rule.classes(said), Some(&rule));
        let bootstrap = &self.plan.bootstrap;
        let told = |i: Interval| gyeol_report::model::Interval { value: i.value, low: i.low, high: i.high };
        let mean = |outcomes| Some(told(*bootstrap.intervals(outcomes).get("cost")?));
        Some(Chapter::Costs(Box::new(CostsChapter {
            classes: [first.clone(), second.clone()],
            costs: rule.costs,
            threshold: rule.threshold,
            before: mean(&before)?,
            after: mean(&after)?,
            difference: told(bootstrap.difference(&after, &before, after.metric("cost")?)),
        })))
    }

    fn said(&self, machine: &Machine, part: usize, watch: &mut dyn Watch) -> Result<Said> {
        if let Learnt::Mixture(members) = &machine.head {
            let said = members.iter().map(|(share, member)| Ok((*share, self.said(member, part, watch)?)));
            return Said::mixed(said.collect::<Result<Vec<_>>>()?);
        }
        let rows = features::rows_of(self.bench.prepared, &machine.inputs, part, self.bench.pool, watch)?;
        machine.of_rows(&rows, self.bench.pool)
    }
}

impl<M: Wrapped> Task for Machines<'_, M> {
    type Model = M;
    type Sums = Sums;
    type Answers = Said;

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn fit(&mut self, rung: usize, running: &mut Running<'_>) -> Result<Fit<M>> {
        let rung = self.rungs[rung].clone();
        let fitted = match rung_kind(&rung.name) {
            MIXTURE => self.bench.mix(&rung, &self.rungs, running.watch)?,
            _ => self.bench.fit(&rung, running.watch)?,
        };
        let nets::Inside { curve, verdict, layers, .. } = fitted.inside;
        let mut machine = fitted.machine;
        machine.seen = self.seen(&machine)?;
        let plain = Fit::plain(M::wrap(machine), fitted.seconds);
        Ok(Fit { tried: fitted.tried, training: fitted.facts, curve, verdict, layers, ..plain })
    }

    fn answer(&self, model: &M, part: Part, watch: &mut dyn Watch) -> Result<Answered<Sums, Said>> {
        let model = model.machine();
        let part = match part {
            Part::Valid => 1,
            Part::Test => 2,
        };
        // A model that was fitted once more with the validation part says nothing of itself there.
        let before = self.bench.on_valid.get(&model.rung).filter(|_| part == 1);
        let said = match before {
            Some(said) => said.clone(),
            None => self.said(model, part, watch)?,
        };
        let outcomes = match &self.bench.prepared.parts[part].examples.target {
            Target::Classes { of, .. } => judge::classes(&said, of, model.decision.as_ref()),
            Target::Values(truth) => judge::values(&said, truth, self.bench.prepared.centre()),
        };
        Ok(Answered { outcomes, answers: said })
    }

    /// One example at a time on one thread: the median of 101.
    fn microseconds(&self, model: &M, _test: &Answered<Sums, Said>) -> f64 {
        let one = Pool::new(1);
        let test = &self.bench.prepared.parts[2].examples;
        let Ok(first) = test.take(&[0]) else { return 0.0 };
        let mut took: Vec<f64> = (0..101)
            .map(|_| {
                let begun = Instant::now();
                let _ = std::hint::black_box(model.machine().ask(
                    first.texts.as_deref(),
                    first.table.as_ref(),
                    &one,
                ));
                begun.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        took.sort_unstable_by(f64::total_cmp);
        took[50]
    }

    fn more(&self, model: &M, test: &Answered<Sums, Said>) -> BTreeMap<String, Interval> {
        let target = &self.bench.prepared.parts[2].examples.target;
        judge::more(
            &test.answers,
            model.machine().decision.as_ref(),
            target,
            self.bench.prepared.classes.len(),
            self.bootstrap(),
            self.bench.pool,
        )
    }

    fn findings(&mut self, judged: &[Judged<Self>], best: usize, watch: &mut dyn Watch) -> Result<Findings> {
        let prepared = self.bench.prepared;
        let machine = judged[best].model.machine();
        let mut chapters =
            chapters::chapters(prepared, machine, &judged[best].test.answers, self.plan.head.seed)?;
        // Before the examples themselves.
        let at = chapters.iter().position(|c| matches!(c, Chapter::Examples)).unwrap_or(chapters.len());
        let sizes =
            more::sizes(&mut self.bench, machine, watch)?.map(|found| Chapter::Sizes(Box::new(found)));
        let climbed = self.rungs.iter().any(|rung| rung_kind(&rung.name) == "linear");
        let linear = more::coefficients(&mut self.bench, climbed, watch)?
            .map(|found| Chapter::Coefficients(Box::new(found)));
        let costs = self.costs(machine, &judged[best].test.answers);
        let curves = judged.iter().any(|one| !one.report.curve.is_empty()).then_some(Chapter::Learning);
        chapters.splice(at..at, costs.into_iter().chain(linear).chain(curves).chain(sizes));
        let part = |i: usize| ExamplePart {
            file: prepared.parts[i].file.clone(),
            examples: prepared.parts[i].examples.len() as u64,
        };
        let test = &prepared.parts[2].examples;
        let of = |name: &str| test.labels().filter(|label| *label == name).count() as u64;
        let recipe = self.bench.recipe;
        let facts = ExampleFacts {
            target: test.target_name.clone(),
            classes: prepared.counts().into_iter().take(LISTED).collect(),
            unseen: prepared.unseen.iter().map(|name| (name.clone(), of(name))).filter(|u| u.1 > 0).collect(),
            train: part(0),
            valid: part(1),
            test: part(2),
            chain: prepared.chain.as_ref().map(|(_, chain)| {
                let params = chain.params();
                (params.language.clone(), params.scheme.clone())
            }),
            columns: prepared.columns(),
            split: match (recipe.data.file.is_some() || recipe.data.valid.is_none(), recipe.split.by) {
                (false, _) => "files",
                (true, ExamplesSplitBy::Random) => "random",
                (true, ExamplesSplitBy::Order) => "order",
                (true, ExamplesSplitBy::Group) => "group",
            }
            .into(),
            folds: prepared.folds.len() as u64,
            near: prepared.near.map_or((0, 0), |(groups, texts)| (groups as u64, texts as u64)),
            repeated: prepared.repeated as u64,
        };
        let said = prepared.notes.iter().chain(&self.bench.maker.said);
        let mut notes: Vec<Note> = said.cloned().map(Note::Words).collect();
        if self.bench.quick {
            notes.push(Note::QuickExamples);
        }
        notes.extend(prepared.remarks.iter().cloned().map(Note::Doubt));
        Ok(Findings { facts: Facts::Examples(Box::new(facts)), chapters, notes })
    }

    fn scores(&self, r: &Report) -> Map<String, Value> {
        let Some(facts) = r.examples() else { return Map::new() };
        let part = |p: &ExamplePart| json!({ "file": p.file, "examples": p.examples });
        let ExampleFacts { train, valid, test, .. } = facts;
        let keys = [
            (
                "data",
                json!({
                    "name": r.head.name, "sha256": r.head.sha256, "label": facts.target,
                    "rows": facts.examples(),
                    "classes": self.bench.prepared.classes.len(), "unseen": facts.unseen,
                }),
            ),
            (
                "split",
                json!({ "by": facts.split, "folds": facts.folds, "train": part(train), "valid": part(valid), "test": part(test) }),
            ),
            ("protocol", json!("one example, one answer")),
            (
                "denominator",
                json!({ (if facts.chain.is_some() { "documents" } else { "rows" }): test.examples }),
            ),
        ];
        let mut keys: Map<String, Value> =
            keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
        for chapter in &r.chapters {
            match chapter {
                Chapter::Sizes(found) if !found.remedies.is_empty() => {
                    keys.insert("remedies".into(), json!(found.remedies));
                }
                Chapter::Costs(found) => {
                    keys.insert("costs".into(), json!(found));
                }
                _ => {}
            }
        }
        keys
    }

    fn rung_scores(&self, rung: &gyeol_report::model::RungReport) -> Map<String, Value> {
        let setting = |facts: &[gyeol_report::model::Fact]| -> Map<String, Value> {
            facts.iter().map(|fact| (fact.key.replace('-', "_"), json!(fact.value))).collect()
        };
        let tried: Vec<Value> =
            rung.tried.iter().map(|t| json!({ "setting": setting(&t.setting), "valid": t.value })).collect();
        let keys = [
            ("verdict", json!(rung.verdict)),
            ("setting", json!(setting(&rung.training))),
            ("tried", json!(tried)),
        ];
        keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
    }
}

//! The ladder of language models: from the unigram upwards, under one protocol.
//!
//! ```text
//! texts --split--> train, valid, test --chain fitted on train--> lines of tokens
//!                                                                      |
//!         for each rung: fit(train), choose order and smoothing(valid) --> perplexity on test, once
//! ```
//!
//! All rungs share one vocabulary, that of the training part, so that their perplexities can be compared.

mod examples;
mod fit;
mod judge;
mod nets;
mod parts;
mod readers;

use std::path::Path;
use std::time::Instant;

use gyeol_base::Result;
use gyeol_bundle::DataHash;
use gyeol_judge::Bootstrap;
use gyeol_lm::AnyLm;
use gyeol_models::LmModel;
use gyeol_ngram::{Layout, NgramModel, Protocol, ScoresWords};
use gyeol_report::Language;
use gyeol_report::model::{
    Chapter, Detail, Fact, Facts, Grid, GridRows, Note, Report, Role, RungReport, TextFacts, TextPart,
    WordsDetail,
};
use gyeol_tensor::Pool;
use serde_json::{Map, Value, json};

use crate::options::Climb;
use crate::recipe::{LmRecipe, LmRung, MIXTURE, rung_kind};
use crate::task::{Answered, Findings, Fit, Head, Judged, Part, Plan, RungName, Running, Task};
use crate::tasks::vectors;
use crate::watch::{Step, Watch};
use fit::{Choice, Workbench};
use judge::{Scored, Sums};
use parts::Parts;

/// The name under which the table of settings is watched.
pub const TABLE: &str = "compare";

/// Texts prepared under a recipe, with the rungs to climb.
pub struct Words<'a> {
    recipe: &'a LmRecipe,
    parts: &'a Parts,
    workbench: Workbench<'a>,
    plan: Plan,
    rungs: Vec<LmRung>,
    frequencies: Vec<u64>,
    quick: bool,
    only: bool,
    pool: &'a Pool,
    /// What fits had to say.
    notes: Vec<String>,
}

/// Reads, splits and prepares the texts of a recipe; what is read lies in files that go with the value.
///
/// # Errors
/// As the stations say.
pub fn read(
    recipe: &LmRecipe,
    beside: Option<&Path>,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Prepared> {
    Ok(Prepared(parts::prepare(recipe, beside, pool, watch)?))
}

/// The texts of a recipe as lines of tokens.
pub struct Prepared(Parts);

impl<'a> Words<'a> {
    /// Plans the rungs and counts the vocabulary.
    ///
    /// # Errors
    /// As the stations say.
    pub fn prepare(
        recipe: &'a LmRecipe,
        prepared: &'a Prepared,
        options: &Climb,
        pool: &'a Pool,
        watch: &mut dyn Watch,
    ) -> Result<Words<'a>> {
        let parts = &prepared.0;
        let rungs = match recipe.rungs.is_empty() {
            true => fit::default_rungs(nets::enough(parts)),
            false => recipe.rungs.clone(),
        };
        let mut workbench = Workbench::new(parts, &recipe.vocabulary, pool);
        let frequencies = workbench.frequencies(watch)?;
        let lines = parts.facts[2].lines as usize;
        let block = Bootstrap::block_within(recipe.score.bootstrap_block, lines);
        Ok(Words {
            plan: Plan {
                head: Head {
                    task: "language-model",
                    title: recipe.title(),
                    data: DataHash {
                        name: recipe.title(),
                        sha256: parts.sha256.clone(),
                        rows: parts.facts.iter().map(|part| part.documents).sum(),
                    },
                    // Words are no part of what was fitted: a report can be drawn again in another language.
                    canonical: vectors::known_by(
                        LmRecipe { language: "en".into(), ..recipe.clone() }.to_toml(),
                        &parts.vectors,
                    ),
                    recipe: recipe.to_toml(),
                    seed: recipe.seed,
                    language: recipe.language.parse().unwrap_or(Language::English),
                    metric: "perplexity",
                    unit: String::new(),
                    draws: recipe.score.bootstrap_draws,
                    margin: recipe.score.margin,
                },
                rungs: rungs
                    .iter()
                    .map(|rung| RungName { name: rung.name.clone(), role: Role::Learned, plain: false })
                    .collect(),
                bootstrap: Bootstrap::new(lines, block, recipe.score.bootstrap_draws, recipe.seed),
            },
            quick: options.quick,
            only: options.only.is_some(),
            recipe,
            parts,
            workbench,
            rungs,
            frequencies,
            pool,
            notes: Vec::new(),
        })
    }

    /// How lines are read.
    fn protocol(&self) -> Protocol {
        if self.recipe.score.protocol == "stream" { Protocol::Stream } else { Protocol::Sentence }
    }

    fn score(&self, model: &AnyLm, part: usize, watch: &mut dyn Watch) -> Result<Answered<Sums, Scored>> {
        let classes = judge::classes();
        let class_of = |word: u32, unknown: bool| {
            let count = if unknown { 0 } else { self.frequencies.get(word as usize).copied().unwrap_or(0) };
            classes.iter().position(|class| (class.from..=class.to).contains(&count)).unwrap_or(0)
        };
        let characters = self.parts.facts[part].characters;
        let (outcomes, answers) = judge::score(
            model,
            self.parts.path(part),
            characters,
            classes.len(),
            &class_of,
            self.protocol(),
            self.pool,
            watch,
        )?;
        Ok(Answered { outcomes, answers })
    }

    /// The table of orders and smoothings on the validation part.
    fn compare(&mut self, watch: &mut dyn Watch) -> Result<Option<Grid>> {
        let mut orders = self.recipe.compare.orders.clone();
        orders.sort_unstable();
        orders.dedup();
        let smoothings = &self.recipe.compare.smoothings;
        if orders.is_empty() || smoothings.is_empty() || self.quick || self.only {
            return Ok(None);
        }
        watch.begin(TABLE, self.rungs.len(), self.rungs.len() + 1);
        let mut rows: GridRows = smoothings.iter().map(|name| (name.clone(), Vec::new())).collect();
        let mut known = rows.clone();
        let mut unknown = false;
        for &order in &orders {
            for ((smoothing, row), (_, known)) in rows.iter_mut().zip(&mut known) {
                let choice =
                    Choice { order, smoothing: smoothing.clone(), prune: Vec::new(), entropy_prune: None };
                choice.say(watch)?;
                let found = self.workbench.try_out(&choice, watch)?;
                unknown |= found.known.is_some();
                row.push(Some(found.perplexity).filter(|p| p.is_finite()));
                known.push(found.known.filter(|p| p.is_finite()));
            }
        }
        Ok(Some(Grid { orders, rows, without_unknown: unknown.then_some(known) }))
    }
}

impl Task for Words<'_> {
    type Model = LmModel;
    type Sums = Sums;
    type Answers = Scored;

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn fit(&mut self, at: usize, running: &mut Running<'_>) -> Result<Fit<LmModel>> {
        let rung = self.rungs[at].clone();
        match rung_kind(&rung.name) {
            "nnlm" | "rnn" | "gru" | "lstm" | "slstm" | "mingru" => return self.net(&rung, running),
            "cache" => return self.cache(&rung, running),
            "neural-cache" | "dynamic" => return self.reader(at, running),
            MIXTURE => return self.mix(&rung, running),
            _ => {}
        }
        let (choice, tried, choosing) = self.workbench.choose(&rung, running.watch)?;
        let since = Instant::now();
        let (made, _) = self.workbench.estimate(&choice, running.watch)?;
        let model = LmModel {
            lines: self.parts.lines.clone(),
            counts: made.tables.counts(),
            model: AnyLm::Ngram(NgramModel::from_tables(
                &made.tables,
                Layout::Probing,
                "{}",
                self.pool,
                &mut |stage| running.watch.step(Step::Counting(stage)),
            )?),
            smoothing: choice.smoothing.clone(),
            discounts: made.report.discounts,
            warnings: made.report.warnings.iter().map(ToString::to_string).collect(),
        };
        let training = choice.facts();
        Ok(Fit { tried, training, ..Fit::plain(model, choosing + since.elapsed().as_secs_f64()) })
    }

    fn answer(&self, model: &LmModel, part: Part, watch: &mut dyn Watch) -> Result<Answered<Sums, Scored>> {
        self.score(&model.model, if part == Part::Valid { 1 } else { 2 }, watch)
    }

    fn microseconds(&self, _model: &LmModel, test: &Answered<Sums, Scored>) -> f64 {
        test.answers.seconds / test.outcomes.units.iter().map(|line| line.tokens).sum::<f64>() * 1e6
    }

    fn detail(&self, model: &LmModel, test: &Answered<Sums, Scored>) -> Detail {
        Detail::Words(Box::new(WordsDetail {
            bytes: model.model.size(),
            order: model.model.as_ngram().map_or(0, NgramModel::order),
            smoothing: model.smoothing.clone(),
            counts: model.counts.clone(),
            discounts: model.discounts.clone(),
            warnings: model.warnings.clone(),
            matched: test.answers.matched.clone(),
            unseen: test.answers.unseen.clone(),
            bits_by_class: test.answers.bits_by_class(),
            samples: examples::samples(&model.model, &self.parts.lines, self.recipe.seed).unwrap_or_default(),
        }))
    }

    fn saved(&self, _rung: usize, stem: &Path) {
        crate::checkpoint::remove(stem, 1);
    }

    fn findings(&mut self, judged: &[Judged<Self>], best: usize, watch: &mut dyn Watch) -> Result<Findings> {
        let grid = self.compare(watch)?;
        let chosen = &judged[best];
        let mut classes = judge::classes();
        for (class, tokens) in classes.iter_mut().zip(chosen.test.answers.tokens_by_class()) {
            class.tokens = tokens;
        }
        let [train, mut valid, mut test] = self.parts.facts.clone();
        test.unknown = chosen.test.answers.unknown;
        valid.unknown = self.score(&chosen.model.model, 1, watch)?.answers.unknown;
        let chain = self.parts.lines.chain.params();
        let facts = TextFacts {
            protocol: self.recipe.score.protocol.clone(),
            language: chain.language.clone(),
            scheme: chain.scheme.clone(),
            steps: steps(self.recipe),
            vocabulary: chosen.model.model.vocabulary_len() as u64,
            train,
            valid,
            test,
        };
        let said = self.parts.notes.iter().chain(&self.notes);
        let mut notes: Vec<Note> = said.cloned().map(Note::Words).collect();
        if self.quick {
            notes.push(Note::QuickText);
        }
        let nets = judged.iter().any(|j| j.model.model.net_parameters() > 0);
        let counts = judged.iter().any(|j| j.model.model.as_ngram().is_some());
        if nets && counts && facts.test.unknown > 0 {
            let share = facts.test.unknown as f64 / facts.test.tokens.max(1) as f64;
            notes.push(Note::UnknownToNets(share * 100.0));
        }
        let lines = examples::lines(
            &chosen.test.outcomes.units,
            &judged[0].model.model,
            &chosen.model.model,
            &self.parts.files[2],
        )?;
        let mut chapters = vec![Chapter::Answer, Chapter::Ladder];
        chapters.extend(grid.map(Chapter::Grid));
        chapters.extend([
            Chapter::Classes(classes),
            Chapter::Lines(lines),
            Chapter::Texts,
            Chapter::Inside,
            Chapter::Protocol,
        ]);
        Ok(Findings { facts: Facts::Words(Box::new(facts)), chapters, notes })
    }

    fn scores(&self, r: &Report) -> Map<String, Value> {
        let Some(facts) = r.words() else { return Map::new() };
        let part = |p: &TextPart| {
            json!({
                "file": p.file, "documents": p.documents, "lines": p.lines, "empty": p.empty, "tokens": p.tokens,
                "characters": p.characters, "oov": p.unknown, "repeated": p.repeated,
            })
        };
        let TextFacts { train, valid, test, .. } = facts;
        let grid = r.chapters.iter().find_map(|chapter| match chapter {
            Chapter::Grid(grid) => Some(grid),
            _ => None,
        });
        let keys = [
            (
                "data",
                json!({
                    "name": r.head.name, "sha256": r.head.sha256,
                    "rows": train.documents + valid.documents + test.documents,
                    "language": facts.language, "scheme": facts.scheme, "vocabulary": facts.vocabulary,
                }),
            ),
            ("split", json!({ "train": part(train), "valid": part(valid), "test": part(test) })),
            ("protocol", json!(self.recipe.score.protocol)),
            ("denominator", json!({ "tokens": test.tokens, "lines": test.lines, "oov": test.unknown })),
            ("grid", json!(grid)),
        ];
        keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
    }

    fn rung_scores(&self, rung: &RungReport) -> Map<String, Value> {
        let Some(d) = rung.words() else { return Map::new() };
        let said = |setting: &[Fact], key: &str| {
            setting.iter().find(|fact| fact.key == key).map(|fact| fact.value.clone()).unwrap_or_default()
        };
        let tried: Vec<Value> = rung
            .tried
            .iter()
            .map(|t| {
                json!({
                    "order": said(&t.setting, "order").parse::<usize>().ok(),
                    "smoothing": said(&t.setting, "smoothing"),
                    "perplexity": t.value,
                })
            })
            .collect();
        let vectors = rung.training.iter().any(|fact| fact.key == "vectors").then(|| {
            json!({ "file": said(&rung.training, "vectors"), "found": said(&rung.training, "vectors-found") })
        });
        let keys = [
            ("bytes", json!(d.bytes)),
            ("verdict", json!({ "order": d.order, "smoothing": d.smoothing, "tried": tried })),
            ("counts", json!(d.counts)),
            ("discounts", json!(d.discounts)),
            ("warnings", json!(d.warnings)),
            ("matched", json!(d.matched)),
            ("unseen", json!(d.unseen)),
        ];
        let keys = keys.into_iter().chain(vectors.map(|found| ("vectors", found)));
        keys.map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

/// What the chain does, as keys of the recipe with their values.
fn steps(recipe: &LmRecipe) -> Vec<(String, String)> {
    let text = &recipe.text;
    let mut steps = Vec::new();
    let mut say = |key: &str, value: String| {
        if !value.is_empty() {
            steps.push((key.to_owned(), value));
        }
    };
    say("clean", text.clean.join(", "));
    say("normalise", text.normalise.join(", "));
    say("stem", if text.stem == "none" { String::new() } else { text.stem.clone() });
    say("stop-words", text.stop_words.join(", "));
    steps
}

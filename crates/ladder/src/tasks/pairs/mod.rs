//! The ladder of translations: from the source itself upwards, under one protocol.
//!
//! ```text
//! pairs ──grouped by shared texts──▶ train, valid, test
//!            for each rung: fit(train), epochs by valid ──▶ BLEU, chrF2 and exact share on test, once
//! ```
//!
//! Every pair is judged against its own target alone, so that a source with several right translations is judged by each.
//! Where perplexity judges, nothing is translated: each target is expected, given its source.

mod judge;
mod nets;
mod prepare;
mod reader;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_bundle::DataHash;
use gyeol_judge::{BLEU_SIGNATURE, Bootstrap, CHRF_SIGNATURE, Interval};
use gyeol_report::model::{
    Chapter, DrawnChapter, DrawnText, Fact, Facts, Note, Report, Role, TranslationExample,
};
use gyeol_report::{Language, text};
use gyeol_sequence::{Memory, Translator, Way};
use gyeol_tensor::{Pool, Rng};
use serde_json::{Map, Value, json};

use crate::options::Climb;
use crate::recipe::{PairsMetric, PairsRecipe, PairsRung, Shared, rung_kind};
use crate::task::{Answered, Findings, Fit, Head, Judged, Part, Plan, RungName, Running, Task};
use crate::watch::{Step, Watch};
use judge::{PairSums, Told, judged};
use prepare::Pair;
pub use prepare::Prepared;
use reader::Reader;

/// Order of n-grams, where a rung names none.
const ORDER: usize = 5;
/// Test pairs that the page shows.
const SHOWN: usize = 20;

/// Pairs prepared under a recipe, with the rungs to climb.
pub struct Translations<'a> {
    recipe: &'a PairsRecipe,
    prepared: &'a Prepared,
    plan: Plan,
    rungs: Vec<PairsRung>,
    /// The sources, where they are classes that texts are written for.
    classes: Vec<String>,
    reader: Option<Reader>,
    /// Tokens of the test part and those unknown, where targets are expected.
    tokens: Option<(f64, f64)>,
    quick: bool,
    pool: &'a Pool,
}

/// Reads and splits the pairs of a recipe.
///
/// # Errors
/// As the stations say.
pub fn read(recipe: &PairsRecipe, beside: Option<&Path>, watch: &mut dyn Watch) -> Result<Prepared> {
    prepare::prepare(recipe, beside, watch)
}

/// What a translator scored on a file of pairs.
#[derive(Debug, Clone)]
pub struct PairScores {
    /// Pairs.
    pub n: usize,
    /// `bleu`, `chrf` and `exact`, or `perplexity` and `bits_per_token`, with their intervals.
    pub metrics: Vec<(&'static str, Interval)>,
    /// How `bleu` and `chrf` were computed.
    pub signatures: &'static [(&'static str, &'static str)],
}

/// Draws of the intervals of [`evaluate`].
const DRAWS: usize = 1000;

/// Scores a translator on the file of a recipe, whose split and rungs are not looked at; one that writes texts for classes by
/// perplexity.
///
/// # Errors
/// As the stations say; a file without a pair (`too-few-pairs`).
pub fn evaluate(
    model: &Translator,
    recipe: &PairsRecipe,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<PairScores> {
    let (all, files) = prepare::read(recipe, None, &mut Vec::new())?;
    let pairs: Vec<(&str, &str)> = all
        .iter()
        .filter(|(source, target, _)| !source.is_empty() && !target.is_empty())
        .map(|(source, target, _)| (source.as_str(), target.as_str()))
        .collect();
    if pairs.is_empty() {
        return Err(gyeol_base::Fault::new("too-few-pairs", "no pair with a text on both sides")
            .file(&files[0])
            .cause("the wrong columns")
            .next("name the columns")
            .input());
    }
    let expects = !model.classes.is_empty() || matches!(model.way, Way::Counts(_));
    let mut recipe = recipe.clone();
    if expects {
        recipe.score.metric = PairsMetric::Perplexity;
    }
    let outcomes = judged(model, &recipe, &pairs, pool, watch)?.outcomes;
    let found = Bootstrap::new(pairs.len(), 1, DRAWS, recipe.seed).intervals(&outcomes);
    let order = ["perplexity", "bits_per_token", "bleu", "chrf", "exact"];
    let metrics = order.into_iter().filter_map(|name| Some((name, *found.get(name)?)));
    let signatures = if expects { &[][..] } else { &[("bleu", BLEU_SIGNATURE), ("chrf", CHRF_SIGNATURE)] };
    Ok(PairScores { n: pairs.len(), metrics: metrics.collect(), signatures })
}

impl<'a> Translations<'a> {
    /// Plans the rungs, and reads the classes of the training texts where texts are written for classes.
    ///
    /// # Errors
    /// Texts of classes without a character.
    pub fn prepare(
        recipe: &'a PairsRecipe,
        prepared: &'a Prepared,
        options: &Climb,
        pool: &'a Pool,
    ) -> Result<Translations<'a>> {
        let rungs = recipe.ladder();
        let [train, _, test] = &prepared.parts;
        let classes = match recipe.score.metric {
            PairsMetric::Perplexity => reader::classes(train),
            _ => Vec::new(),
        };
        let reader = Reader::fit(train, test, &classes, pool)?;
        let groups: Vec<u64> = prepared.parts[2].iter().map(|pair| pair.group).collect();
        // Words are no part of what was fitted: a report can be drawn again in another language.
        let fitted_by = PairsRecipe { language: "en".into(), ..recipe.clone() }.to_toml();
        Ok(Translations {
            plan: Plan {
                head: Head {
                    task: "translate",
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
                    metric: recipe.score.metric.metric(),
                    unit: String::new(),
                    draws: recipe.score.bootstrap_draws,
                    margin: recipe.score.margin,
                },
                rungs: rungs
                    .iter()
                    .map(|rung| RungName {
                        name: rung.name.clone(),
                        role: match rung_kind(&rung.name) {
                            "copy" | "frequent" | "ngram" => Role::Naive,
                            _ => Role::Learned,
                        },
                        plain: false,
                    })
                    .collect(),
                bootstrap: Bootstrap::grouped(&groups, recipe.score.bootstrap_draws, recipe.seed),
            },
            recipe,
            prepared,
            rungs,
            classes,
            reader,
            tokens: None,
            quick: options.quick,
            pool,
        })
    }

    fn plain(&self, way: Way) -> Translator {
        let data = &self.recipe.data;
        let columns = (data.source.clone(), data.target.clone());
        Translator { units: self.recipe.units(), columns, classes: self.classes.clone(), way }
    }

    /// Counts of the targets.
    fn counts(&self, rung: &PairsRung) -> Result<Fit<Translator>> {
        let since = Instant::now();
        let train: Vec<(String, String)> =
            self.prepared.parts[0].iter().map(|p| (p.source.clone(), p.target.clone())).collect();
        let order = rung.order.unwrap_or(ORDER);
        let params = rung.params(self.recipe.units(), train.len(), self.recipe.seed);
        let (counts, left_out) = params.count(&train, order, self.pool)?;
        let fact = |key: &str, value: String| Fact { key: key.into(), value };
        let mut training = vec![
            fact("order", order.to_string()),
            fact("smoothing", "kneser-ney".into()),
            fact("vocabulary", counts.target.len().to_string()),
        ];
        if left_out > 0 {
            training.push(fact("too-long", left_out.to_string()));
        }
        let model = self.plain(Way::Counts(Box::new(counts)));
        Ok(Fit { training, ..Fit::plain(model, since.elapsed().as_secs_f64()) })
    }

    /// What was drawn for the classes by the rung whose texts carry them most, with what the reader took each for.
    fn drawn(&self, judged: &[Judged<Self>]) -> Option<Chapter> {
        let reader = self.reader.as_ref()?;
        let drawn = judged.iter().filter_map(|of| Some((of, of.test.answers.drawn.as_ref()?)));
        let (of, drawing) = drawn.max_by(|(_, a), (_, b)| a.kept().value.total_cmp(&b.kept().value))?;
        let name = |k: &u32| reader.classes.get(*k as usize).cloned().unwrap_or_default();
        let shown = drawing.texts.iter().take(SHOWN).map(|(asked, text, read)| DrawnText {
            class: name(asked),
            text: text.clone(),
            read: name(read),
        });
        let chapter = DrawnChapter {
            rung: of.report.name.clone(),
            texts: shown.collect(),
            count: drawing.texts.len() as u64,
            kept: drawing.kept().value,
            right: reader.right,
        };
        Some(Chapter::Drawn(Box::new(chapter)))
    }
}

/// The commonest target, the first of equally common ones.
fn commonest(train: &[Pair]) -> String {
    let mut counts: HashMap<&str, (u64, std::cmp::Reverse<usize>)> = HashMap::new();
    for (at, pair) in train.iter().enumerate() {
        counts.entry(&pair.target).or_insert((0, std::cmp::Reverse(at))).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or_else(String::new, |(text, _)| text.to_owned())
}

impl Task for Translations<'_> {
    type Model = Translator;
    type Sums = PairSums;
    type Answers = Told;

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn fit(&mut self, rung: usize, running: &mut Running<'_>) -> Result<Fit<Translator>> {
        let since = Instant::now();
        let rung = self.rungs[rung].clone();
        let train = &self.prepared.parts[0];
        let way = match rung_kind(&rung.name) {
            "copy" => Way::Copy,
            "frequent" => Way::Frequent(commonest(train)),
            "ngram" if running.watch.step(Step::Trying(&[&rung.name])) => return self.counts(&rung),
            "ngram" => return Err(Error::stopped()),
            "nearest" => {
                let (sources, targets) =
                    train.iter().map(|pair| (pair.source.clone(), pair.target.clone())).unzip();
                Way::Nearest(Memory::new(sources, targets)?)
            }
            _ => return self.net(&rung, running),
        };
        if !running.watch.step(Step::Trying(&[&rung.name])) {
            return Err(Error::stopped());
        }
        Ok(Fit::plain(self.plain(way), since.elapsed().as_secs_f64()))
    }

    fn answer(
        &self,
        model: &Translator,
        part: Part,
        watch: &mut dyn Watch,
    ) -> Result<Answered<PairSums, Told>> {
        let pairs = &self.prepared.parts[if part == Part::Valid { 1 } else { 2 }];
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|p| (p.source.as_str(), p.target.as_str())).collect();
        let mut found = judged(model, self.recipe, &pairs, self.pool, watch)?;
        if let (Some(reader), Part::Test) = (&self.reader, part) {
            found.answers.drawn =
                reader.draw(model, self.recipe.score.samples, self.recipe.seed, self.pool)?;
        }
        Ok(found)
    }

    fn more(&self, _: &Translator, test: &Answered<PairSums, Told>) -> BTreeMap<String, Interval> {
        test.answers.drawn.iter().map(|drawn| ("class_kept".to_owned(), drawn.kept())).collect()
    }

    fn microseconds(&self, _: &Translator, test: &Answered<PairSums, Told>) -> f64 {
        test.answers.seconds / test.answers.texts.max(1) as f64 * 1e6
    }

    fn saved(&self, _: usize, stem: &Path) {
        crate::checkpoint::remove(stem, 1);
    }

    fn findings(&mut self, judged: &[Judged<Self>], best: usize, _: &mut dyn Watch) -> Result<Findings> {
        let Prepared { parts, groups, empty, repeated, notes, .. } = self.prepared;
        let fact = |key: &str, value: String| Fact { key: key.into(), value };
        let (source, target) = self.recipe.units();
        let expects = self.recipe.score.metric.order().is_none();
        let mut facts = vec![
            fact("pairs", parts.iter().map(|part| part.len().to_string()).collect::<Vec<_>>().join(" / ")),
            fact("text-groups", format!("{} ({})", groups.0, groups.1)),
            fact("left-out", format!("{empty} / {repeated}")),
            fact("units", format!("{source} → {target}")),
        ];
        if expects {
            let total = judged[best].test.outcomes.total();
            self.tokens = Some((total.tokens, total.unknown));
            facts.push(fact("expected-tokens", format!("{} / {}", total.tokens, total.unknown)));
            let language = self.plan.head.language;
            facts.extend(self.reader.iter().flat_map(|reader| {
                let right = text::percent(reader.right, 1, language);
                [fact("classes", reader.classes.join(", ")), fact("class-reader", right)]
            }));
        } else {
            facts.push(fact("bleu", BLEU_SIGNATURE.into()));
            facts.push(fact("chrf", CHRF_SIGNATURE.into()));
            facts.push(fact("beam", self.recipe.score.beam.to_string()));
        }
        let test = &parts[2];
        let mut places: Vec<usize> = (0..test.len()).collect();
        Rng::stream(self.plan.head.seed, 0x5a4b).shuffle(&mut places);
        places.truncate(SHOWN);
        places.sort_unstable();
        let first = judged.iter().rposition(|one| one.model.net().is_none()).filter(|at| *at != best);
        let shown = places.iter().map(|&at| TranslationExample {
            row: test[at].line,
            source: test[at].source.clone(),
            right: test[at].target.clone(),
            said: judged[best].test.answers.said[at].clone(),
            plain: first.map(|rung| judged[rung].test.answers.said[at].clone()),
        });
        let mut chapters = vec![Chapter::Answer, Chapter::Ladder];
        match expects {
            true => chapters.extend(self.drawn(judged)),
            false => chapters.push(Chapter::Translations(shown.collect())),
        }
        if judged.iter().any(|one| !one.report.curve.is_empty()) {
            chapters.push(Chapter::Learning);
        }
        chapters.extend([Chapter::Inside, Chapter::Protocol]);
        let mut notes: Vec<Note> = notes.iter().cloned().map(Note::Words).collect();
        if self.quick {
            notes.push(Note::QuickExamples);
        }
        let language = self.plan.head.language;
        let count = |n: usize| text::count(n, language);
        let args = [("train", count(parts[0].len())), ("test", count(test.len()))];
        let deck = text::message("deck-pairs", &args, language);
        let facts = Facts::Plain { deck, facts, judged: test.len() as u64 };
        Ok(Findings { facts, chapters, notes })
    }

    fn scores(&self, r: &Report) -> Map<String, Value> {
        let Prepared { parts, groups, empty, repeated, .. } = self.prepared;
        let [train, valid, test] = parts.each_ref().map(Vec::len);
        let (protocol, denominator) = match self.tokens {
            None => (
                json!({ "bleu": BLEU_SIGNATURE, "chrf": CHRF_SIGNATURE, "beam": self.recipe.score.beam }),
                json!({ "pairs": test }),
            ),
            Some((tokens, unknown)) => {
                let reader = self.reader.as_ref().map(|reader| {
                    let samples = self.recipe.score.samples;
                    json!({ "classes": reader.classes, "right_on_test": reader.right, "samples": samples })
                });
                (
                    json!({ "perplexity": "per target token, ends counted", "class_reader": reader }),
                    json!({ "pairs": test, "tokens": tokens, "unknown": unknown }),
                )
            }
        };
        let held = match self.recipe.split.by {
            Shared::Texts => "groups of pairs that share a text",
            Shared::Targets => "groups of pairs that share a target",
        };
        let keys = [
            (
                "data",
                json!({
                    "name": r.head.name, "sha256": r.head.sha256, "rows": train + valid + test,
                    "empty": empty, "repeated": repeated,
                }),
            ),
            (
                "split",
                json!({
                    "by": held, "groups": groups.0, "largest": groups.1,
                    "train": { "pairs": train }, "valid": { "pairs": valid }, "test": { "pairs": test },
                }),
            ),
            ("protocol", protocol),
            ("denominator", denominator),
        ];
        keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
    }
}

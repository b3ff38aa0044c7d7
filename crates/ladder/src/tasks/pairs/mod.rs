//! The ladder of translations: from the source itself upwards, under one protocol.
//!
//! ```text
//! pairs ──grouped by shared texts──▶ train, valid, test
//!            for each rung: fit(train), epochs by valid ──▶ BLEU, chrF2 and exact share on test, once
//! ```
//!
//! Every pair is judged against its own target alone, so that a source with several right translations is judged by each.

mod nets;
mod prepare;

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use gyeol_base::{Error, Result};
use gyeol_bundle::DataHash;
use gyeol_judge::{BLEU_SIGNATURE, Bootstrap, CHRF_SIGNATURE, Interval, Outcomes, TranslationSums};
use gyeol_ngram::Stage;
use gyeol_report::model::{Chapter, Fact, Facts, Note, Report, Role, TranslationExample};
use gyeol_report::{Language, text};
use gyeol_sequence::{Memory, Translator, Way};
use gyeol_tensor::{Pool, Rng};
use serde_json::{Map, Value, json};

use crate::options::Climb;
use crate::recipe::{PairsRecipe, PairsRung, rung_kind};
use crate::task::{Answered, Findings, Fit, Head, Judged, Part, Plan, RungName, Running, Task};
use crate::watch::{Step, Watch};
use prepare::Pair;
pub use prepare::Prepared;

/// Sources that are translated before the watch is asked again.
const AT_ONCE: usize = 512;
/// Test pairs that the page shows.
const SHOWN: usize = 20;

/// Pairs prepared under a recipe, with the rungs to climb.
pub struct Translations<'a> {
    recipe: &'a PairsRecipe,
    prepared: &'a Prepared,
    plan: Plan,
    rungs: Vec<PairsRung>,
    quick: bool,
    pool: &'a Pool,
}

/// What a translator said on a part.
pub struct Told {
    /// Of each pair.
    said: Vec<String>,
    /// Distinct sources and the seconds that they took together.
    sources: usize,
    seconds: f64,
}

/// Reads and splits the pairs of a recipe.
///
/// # Errors
/// As the stations say.
pub fn read(recipe: &PairsRecipe, beside: Option<&Path>, watch: &mut dyn Watch) -> Result<Prepared> {
    prepare::prepare(recipe, beside, watch)
}

/// What a translator does with pairs, by the metrics of the task; `watch` may stop it.
fn judged(
    model: &Translator,
    recipe: &PairsRecipe,
    pairs: &[(&str, &str)],
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Answered<TranslationSums, Told>> {
    let since = Instant::now();
    // A source with several targets is translated once.
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut sources: Vec<&str> = Vec::new();
    let of: Vec<usize> = pairs
        .iter()
        .map(|(source, _)| {
            *places.entry(source).or_insert_with(|| {
                sources.push(source);
                sources.len() - 1
            })
        })
        .collect();
    let mut said: Vec<String> = Vec::with_capacity(sources.len());
    for some in sources.chunks(AT_ONCE) {
        said.extend(model.translate(some, &recipe.asked(), pool)?.into_iter().map(|one| one.text));
        if !watch.step(Step::Counting(Stage::Scoring(said.len() as u64))) {
            return Err(Error::stopped());
        }
    }
    let seconds = since.elapsed().as_secs_f64();
    let units = pairs.iter().zip(&of).map(|((_, right), &at)| TranslationSums::of(&said[at], right));
    let outcomes = Outcomes::new(units.collect(), TranslationSums::metrics(recipe.score.metric));
    let answers =
        Told { said: of.iter().map(|&at| said[at].clone()).collect(), sources: sources.len(), seconds };
    Ok(Answered { outcomes, answers })
}

/// What a translator scored on a file of pairs.
#[derive(Debug, Clone)]
pub struct PairScores {
    /// Pairs.
    pub n: usize,
    /// `bleu`, `chrf` and `exact` with their intervals.
    pub metrics: Vec<(&'static str, Interval)>,
    /// How `bleu` and `chrf` were computed.
    pub signatures: [&'static str; 2],
}

/// Draws of the intervals of [`evaluate`].
const DRAWS: usize = 1000;

/// Scores a translator on the file of a recipe, whose split and rungs are not looked at.
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
    let outcomes = judged(model, recipe, &pairs, pool, watch)?.outcomes;
    let found = Bootstrap::new(pairs.len(), 1, DRAWS, recipe.seed).intervals(&outcomes);
    let metrics = ["bleu", "chrf", "exact"].into_iter().filter_map(|name| Some((name, *found.get(name)?)));
    Ok(PairScores {
        n: pairs.len(),
        metrics: metrics.collect(),
        signatures: [BLEU_SIGNATURE, CHRF_SIGNATURE],
    })
}

impl<'a> Translations<'a> {
    /// Plans the rungs.
    ///
    /// # Errors
    /// None so far.
    pub fn prepare(
        recipe: &'a PairsRecipe,
        prepared: &'a Prepared,
        options: &Climb,
        pool: &'a Pool,
    ) -> Result<Translations<'a>> {
        let rungs: Vec<PairsRung> = match recipe.rungs.is_empty() {
            true => PairsRecipe::DEFAULT.map(PairsRung::named).to_vec(),
            false => recipe.rungs.clone(),
        };
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
                            "copy" | "frequent" => Role::Naive,
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
            quick: options.quick,
            pool,
        })
    }

    fn plain(&self, way: Way) -> Translator {
        let data = &self.recipe.data;
        Translator { units: self.recipe.units(), columns: (data.source.clone(), data.target.clone()), way }
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
    type Sums = TranslationSums;
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
    ) -> Result<Answered<TranslationSums, Told>> {
        let pairs = &self.prepared.parts[if part == Part::Valid { 1 } else { 2 }];
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|p| (p.source.as_str(), p.target.as_str())).collect();
        judged(model, self.recipe, &pairs, self.pool, watch)
    }

    fn microseconds(&self, _: &Translator, test: &Answered<TranslationSums, Told>) -> f64 {
        test.answers.seconds / test.answers.sources.max(1) as f64 * 1e6
    }

    fn saved(&self, _: usize, stem: &Path) {
        crate::checkpoint::remove(stem, 1);
    }

    fn findings(&mut self, judged: &[Judged<Self>], best: usize, _: &mut dyn Watch) -> Result<Findings> {
        let Prepared { parts, groups, empty, repeated, notes, .. } = self.prepared;
        let fact = |key: &str, value: String| Fact { key: key.into(), value };
        let (source, target) = self.recipe.units();
        let facts = vec![
            fact("pairs", parts.iter().map(|part| part.len().to_string()).collect::<Vec<_>>().join(" / ")),
            fact("text-groups", format!("{} ({})", groups.0, groups.1)),
            fact("left-out", format!("{empty} / {repeated}")),
            fact("units", format!("{source} → {target}")),
            fact("bleu", BLEU_SIGNATURE.into()),
            fact("chrf", CHRF_SIGNATURE.into()),
            fact("beam", self.recipe.score.beam.to_string()),
        ];
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
        let mut chapters = vec![Chapter::Answer, Chapter::Ladder, Chapter::Translations(shown.collect())];
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
                    "by": "groups of pairs that share a text", "groups": groups.0, "largest": groups.1,
                    "train": { "pairs": train }, "valid": { "pairs": valid }, "test": { "pairs": test },
                }),
            ),
            (
                "protocol",
                json!({ "bleu": BLEU_SIGNATURE, "chrf": CHRF_SIGNATURE, "beam": self.recipe.score.beam }),
            ),
            ("denominator", json!({ "pairs": test })),
        ];
        keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
    }
}

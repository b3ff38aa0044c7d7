//! The ladder of language models: from the unigram upwards, under one protocol.
//!
//! ```text
//! texts --split--> train, valid, test --chain fitted on train--> lines of tokens
//!                                                                      |
//!         for each rung: fit(train), choose order and smoothing(valid) --> perplexity on test, once
//!                                                                      |
//!                            report.html   scores.json   model.gyeol   rungs/*.gyeol
//! ```
//!
//! All rungs share one vocabulary, that of the training part, so that their perplexities can be compared.

mod examples;
mod fit;
mod judge;
mod parts;
mod scores;

use std::path::{Path, PathBuf};
use std::time::Instant;

use gyeol_bundle::{Bundle, DataHash, LANGUAGE_MODEL, Manifest};
use gyeol_ngram::{Layout, Model, Stage};
use gyeol_report::Language;
use gyeol_report::language::{Grid, LanguageReport, LanguageRungReport, TextFacts};
use gyeol_report::model::Pair;
use gyeol_tensor::Pool;

pub use fit::LAST_DEFAULT;
pub use scores::scores_json;

use crate::checkpoint::stem;
use crate::climb::{Climb, machine, write};
use crate::error::{Error, Result};
use crate::folder;
use crate::recipe::{LanguageRecipe, LanguageRung};
use fit::{Setting, Workbench};
use judge::{Bootstrap, Scored};
use parts::Parts;

/// What a climb of language models is watched by. What returns a flag stops the climb with `false`.
pub trait LanguageWatch {
    /// Texts of a part are read: `bytes` so far, of about `of` where that is known.
    fn reading(&mut self, _part: &str, _bytes: u64, _of: Option<u64>) -> bool {
        true
    }
    /// N-grams are counted.
    fn counting(&mut self, _stage: Stage) {}
    /// A setting of a rung, or of the table of settings, is fitted.
    fn fitting(&mut self, _rung: &str, _order: usize, _smoothing: &str) -> bool {
        true
    }
    /// A rung is done; true in `kept` when it was taken from an earlier run.
    fn done(&mut self, _rung: &LanguageRungReport, _kept: bool) {}
}

/// What a climb leaves.
#[derive(Debug, Clone)]
pub struct LanguageOutcome {
    /// Everything, as the page shows it.
    pub report: LanguageReport,
    /// `DIR/report.html`.
    pub page: PathBuf,
    /// `DIR/scores.json`.
    pub scores: PathBuf,
    /// `DIR/model.gyeol`.
    pub model: PathBuf,
}

/// The name under which the table of settings is watched.
pub const TABLE: &str = "compare";

fn stopped(rung: &str) -> Error {
    Error::Stopped { rung: rung.to_owned(), out: PathBuf::new() }
}

/// The folder of a stopped run, which deeper steps do not know; a stop while texts are read has kept nothing.
fn in_folder(error: Error, out: &Path) -> Error {
    match error {
        Error::Stopped { rung, .. } => Error::Stopped { rung, out: out.to_path_buf() },
        other => other,
    }
}

/// A rung with how it scored.
struct Judged {
    report: LanguageRungReport,
    test: Scored,
    model: Model,
}

/// What every rung shares.
struct Bench<'a> {
    parts: &'a Parts,
    hash: DataHash,
    canonical: String,
    frequencies: Vec<u64>,
    bootstrap: Bootstrap,
    out: PathBuf,
    resume: bool,
    pool: &'a Pool,
}

/// Climbs.
///
/// # Errors
/// As the stations say; nothing is left half written.
pub fn climb(
    recipe: &LanguageRecipe,
    beside: Option<&Path>,
    options: &Climb,
    pool: &Pool,
    watch: &mut dyn LanguageWatch,
) -> Result<LanguageOutcome> {
    let mut rungs = if recipe.rungs.is_empty() { fit::default_rungs() } else { recipe.rungs.clone() };
    if let Some(only) = &options.only {
        let known: Vec<String> = rungs.iter().map(|rung| rung.name.clone()).collect();
        rungs.retain(|rung| rung.name == *only);
        if rungs.is_empty() {
            return Err(Error::NoRung { name: only.clone(), known: known.join(", ") });
        }
    }
    let parts = parts::prepare(recipe, beside, pool, watch)?;
    let mut workbench = Workbench::new(&parts, &recipe.vocabulary, pool);
    let frequencies = workbench.frequencies(watch)?;
    // Texts and chain are sound: only now is anything written.
    let bench = Bench {
        hash: DataHash {
            name: recipe.title(),
            sha256: parts.sha256.clone(),
            rows: parts.facts.iter().map(|part| part.documents).sum(),
        },
        parts: &parts,
        // Words are no part of what was fitted: a report can be drawn again in another language.
        canonical: LanguageRecipe { language: "en".into(), ..recipe.clone() }.to_toml(),
        frequencies,
        bootstrap: Bootstrap::new(
            parts.facts[2].lines as usize,
            recipe.score.bootstrap_block,
            recipe.score.bootstrap_draws,
            recipe.seed,
        ),
        out: folder::make(options)?,
        resume: options.resume,
        pool,
    };
    let mut judged: Vec<Judged> = Vec::new();
    for rung in &rungs {
        judged.push(bench.rung(rung, &mut workbench, watch).map_err(|e| in_folder(e, &bench.out))?);
    }
    let grid = if options.quick || options.only.is_some() {
        None
    } else {
        compare(recipe, &mut workbench, watch).map_err(|e| in_folder(e, &bench.out))?
    };
    let report = bench.report(recipe, options, &judged, grid)?;
    let language: Language = recipe.language.parse().unwrap_or(Language::English);
    let html = gyeol_report::language_page(&report, language).map_err(|e| Error::Report(e.to_string()))?;
    let path = |name: &str| bench.out.join(name);
    let scores =
        serde_json::to_vec_pretty(&scores_json(&report)).map_err(|e| Error::Report(e.to_string()))?;
    write(&path("report.html"), html.as_bytes())?;
    write(&path("scores.json"), &scores)?;
    let from = bundle_path(&bench.out, &report.rungs[report.best].name);
    let bytes = std::fs::read(&from).map_err(|source| Error::Write { path: from, source })?;
    write(&path("model.gyeol"), &bytes)?;
    Ok(LanguageOutcome {
        page: path("report.html"),
        scores: path("scores.json"),
        model: path("model.gyeol"),
        report,
    })
}

impl Bench<'_> {
    /// Fits (or takes over from an earlier run), judges and saves one rung.
    fn rung(
        &self,
        rung: &LanguageRung,
        workbench: &mut Workbench,
        watch: &mut dyn LanguageWatch,
    ) -> Result<Judged> {
        let path = bundle_path(&self.out, &rung.name);
        if self.resume
            && let Some(judged) = self.kept(rung, &path)?
        {
            watch.done(&judged.report, true);
            return Ok(judged);
        }
        let (setting, tried, choosing) = workbench.choose(rung, watch)?;
        let since = Instant::now();
        let (made, _) = workbench.estimate(&setting, watch)?;
        let model = Model::from_tables(&made.tables, Layout::Probing, "{}", self.pool)?;
        let fit_seconds = choosing + since.elapsed().as_secs_f64();
        let valid = self.score(&model, 1)?;
        let test = self.score(&model, 2)?;
        let mut report = LanguageRungReport {
            name: rung.name.clone(),
            valid: valid.metrics(),
            test: self.bootstrap.intervals(&test),
            parameters: made.tables.counts().iter().sum(),
            bytes: model.size() as u64,
            fit_seconds,
            predict_us: test.seconds / test.total().tokens * 1e6,
            order: setting.order,
            smoothing: setting.smoothing,
            counts: made.tables.counts(),
            discounts: made.report.discounts,
            warnings: made.report.warnings.iter().map(ToString::to_string).collect(),
            tried,
            matched: test.matched.clone(),
            unseen: test.unseen.clone(),
            bits_by_class: test.bits_by_class(),
        };
        // A figure that is not finite has no place in a JSON file, and none on a page.
        report.valid.retain(|_, value| value.is_finite());
        report.test.retain(|_, i| [i.value, i.low, i.high].iter().all(|v| v.is_finite()));
        let mut manifest = Manifest::new(LANGUAGE_MODEL, &rung.name, self.hash.clone());
        manifest.recipe.clone_from(&self.canonical);
        manifest.scores = serde_json::to_value(&report).map_err(|e| Error::Report(e.to_string()))?;
        Bundle::of_language_model(&self.parts.lines, &made.tables, manifest, self.pool)?.save(&path)?;
        watch.done(&report, false);
        Ok(Judged { report, test, model })
    }

    /// A rung of an earlier run in the same folder.
    fn kept(&self, rung: &LanguageRung, path: &Path) -> Result<Option<Judged>> {
        if !path.exists() {
            return Ok(None);
        }
        let bundle = Bundle::open(path)?;
        let m = &bundle.manifest;
        if m.recipe != self.canonical || m.data != self.hash {
            return Err(Error::OtherRun { out: self.out.clone() });
        }
        if m.rung != rung.name || m.gyeol_version != env!("CARGO_PKG_VERSION") {
            return Ok(None);
        }
        let Ok(report) = serde_json::from_value::<LanguageRungReport>(m.scores.clone()) else {
            return Ok(None);
        };
        let model = bundle.language_model()?.model;
        let test = self.score(&model, 2)?;
        Ok(Some(Judged { report, test, model }))
    }

    fn score(&self, model: &Model, part: usize) -> Result<Scored> {
        let classes = judge::classes();
        let class_of = |word: u32, unknown: bool| {
            let count = if unknown { 0 } else { self.frequencies.get(word as usize).copied().unwrap_or(0) };
            classes.iter().position(|class| (class.from..=class.to).contains(&count)).unwrap_or(0)
        };
        judge::score(
            model,
            self.parts.path(part),
            self.parts.facts[part].characters,
            classes.len(),
            &class_of,
        )
    }

    fn report(
        &self,
        recipe: &LanguageRecipe,
        options: &Climb,
        judged: &[Judged],
        grid: Option<Grid>,
    ) -> Result<LanguageReport> {
        let valid = |j: &Judged| j.report.valid.get("perplexity").copied().unwrap_or(f64::INFINITY);
        let best =
            (0..judged.len()).min_by(|&a, &b| valid(&judged[a]).total_cmp(&valid(&judged[b]))).unwrap_or(0);
        let mut pairs = Vec::new();
        for a in 0..judged.len() {
            for b in (0..judged.len()).filter(|&b| b != best && (a == best || b > a)) {
                let d = self.bootstrap.difference(&judged[a].test, &judged[b].test);
                let (a, b) = (judged[a].report.name.clone(), judged[b].report.name.clone());
                pairs.push(Pair { a, b, difference: d.value, low: d.low, high: d.high });
            }
        }
        let chosen = &judged[best];
        let mut classes = judge::classes();
        for (class, tokens) in classes.iter_mut().zip(chosen.test.tokens_by_class()) {
            class.tokens = tokens;
        }
        let [train, mut validation, mut test] = self.parts.facts.clone();
        test.unknown = chosen.test.unknown;
        validation.unknown = self.score(&chosen.model, 1)?.unknown;
        let chain = self.parts.lines.chain.params();
        let mut notes = self.parts.notes.clone();
        if options.quick {
            notes.push("quick-text".into());
        }
        let samples = judged
            .iter()
            .map(|one| Ok((one.report.name.clone(), examples::samples(&one.model, recipe.seed)?)))
            .collect::<Result<_>>()?;
        Ok(LanguageReport {
            version: env!("CARGO_PKG_VERSION").into(),
            machine: machine(),
            threads: self.pool.threads(),
            seed: recipe.seed,
            command: options.command.clone(),
            recipe: recipe.to_toml(),
            data: TextFacts {
                name: recipe.title(),
                sha256: self.parts.sha256.clone(),
                language: chain.language.clone(),
                scheme: chain.scheme.clone(),
                steps: steps(recipe),
                vocabulary: chosen.model.vocabulary_len() as u64,
                train,
                valid: validation,
                test,
            },
            bootstrap_block: self.bootstrap.block(),
            bootstrap_draws: recipe.score.bootstrap_draws,
            best,
            rungs: judged.iter().map(|one| one.report.clone()).collect(),
            pairs,
            classes,
            grid,
            lines: examples::lines(&chosen.test, &judged[0].model, &chosen.model, &self.parts.files[2])?,
            samples,
            notes,
        })
    }
}

/// The table of orders and smoothings on the validation part.
fn compare(
    recipe: &LanguageRecipe,
    workbench: &mut Workbench,
    watch: &mut dyn LanguageWatch,
) -> Result<Option<Grid>> {
    let mut orders = recipe.compare.orders.clone();
    orders.sort_unstable();
    orders.dedup();
    if orders.is_empty() || recipe.compare.smoothings.is_empty() {
        return Ok(None);
    }
    let mut rows: Vec<(String, Vec<Option<f64>>)> =
        recipe.compare.smoothings.iter().map(|name| (name.clone(), Vec::new())).collect();
    for &order in &orders {
        for (smoothing, row) in &mut rows {
            if !watch.fitting(TABLE, order, smoothing) {
                return Err(stopped(TABLE));
            }
            let setting =
                Setting { order, smoothing: smoothing.clone(), prune: Vec::new(), entropy_prune: None };
            let (perplexity, _) = workbench.try_out(&setting, watch)?;
            row.push(Some(perplexity).filter(|p| p.is_finite()));
        }
    }
    Ok(Some(Grid { orders, rows }))
}

/// What the chain does, as keys of the recipe with their values.
fn steps(recipe: &LanguageRecipe) -> Vec<(String, String)> {
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

fn bundle_path(out: &Path, rung: &str) -> PathBuf {
    let mut name = stem(out, rung).into_os_string();
    name.push(".gyeol");
    PathBuf::from(name)
}

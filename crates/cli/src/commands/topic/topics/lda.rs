//! `gyeol topics --method lda`: from texts to a model, its coherence, its map.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gyeol_bundle::DataHash;
use gyeol_tensor::Pool;
use gyeol_text::prepare::language_of;
use gyeol_topic::coherence::{Coherence, CoherenceParams, MOST_WORDS, Measure, Scores};
use gyeol_topic::lda::{Fit, Gibbs, Lda, LdaParams, LdaValid};
use gyeol_topic::matrix::Csr;
use gyeol_topic::variational::{Learning, Vb, VbParams};
use gyeol_topic::vectorize::{Documents, Vectorizer, VectorizerParams, Weight};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::super::super::pool;
use super::super::mean_something;
use super::scan::{self, Tried};
use super::{Source, map};
use crate::args::topic::Topics;
use crate::args::{Common, Prepare};
use crate::commands::text::bar::Bar;
use crate::failure::{Failure, Result};
use crate::progress::stop_flag;

/// Topics unless another number is named.
const TOPICS: usize = 20;
/// Documents from which on rare words are left out, and how many must have a word then.
const MANY: u64 = 1_000;
const LEAST: u64 = 5;
/// Sweeps between two points of the likelihood's curve.
const EVERY: usize = 10;
/// Words of a topic whose coherence is measured.
const WORDS: usize = 10;
/// Seconds between two writings of the state.
const KEPT: Duration = Duration::from_secs(60);
/// The measures shown, as they stand in results.
pub const MEASURES: [(&str, Measure); 4] =
    [("umass", Measure::UMass), ("uci", Measure::Uci), ("npmi", Measure::Npmi), ("cv", Measure::Cv)];

/// Fits a model and shows it.
pub fn topics(common: &Common, args: &Topics) -> Result<()> {
    let output = super::output(args)?;
    mean_something(&[("--svd", args.svd.is_some())], "--method lda")?;
    if args.terms.weight.as_deref().is_some_and(|w| w != "count") {
        let words = "topics are drawn for single words: --method lda takes counts; weights suit --method lsa";
        return Err(Failure::Usage(words.into()));
    }
    let ks = if args.k.is_empty() { vec![TOPICS] } else { args.k.clone() };
    let ways = ks.iter().map(|&k| Way::new(common, args, k)).collect::<Result<Vec<_>>>()?;
    let holdout = scan::holdout(args, ks.len())?;
    let pool = pool(common);
    let texts = Texts::read(common, args, &pool)?;
    let begun = Instant::now();
    let scan = holdout.map(|share| scan::scan(common, &texts, &ways, share, &pool)).transpose()?;
    let chosen = scan.as_ref().map_or(&ways[0], |scan| &ways[scan.chosen]);
    let (model, scores) = fit(common, args, &texts, chosen, output, &pool)?;
    let seconds = begun.elapsed().as_secs_f64();
    model.write(output, texts.data.clone())?;
    // The state has served; that it is gone or cannot be taken away hurts nobody.
    let _ = std::fs::remove_file(state_of(output));
    let fitted = Fitted { texts, model, scores, scan };
    let page = map::write(common, args, &fitted, output)?;
    show(common, args, &fitted, page, seconds)
}

/// A model and what is known of it.
pub struct Fitted<'a> {
    pub texts: Texts<'a>,
    pub model: Lda,
    /// Coherence by each of [`MEASURES`].
    pub scores: Option<Vec<Scores>>,
    pub scan: Option<Tried>,
}

/// How topics are found.
pub enum Way {
    Gibbs(LdaValid),
    Variational(VbParams),
}

impl Way {
    fn new(common: &Common, args: &Topics, k: usize) -> Result<Way> {
        let o = &args.lda;
        let seed = common.seed.unwrap_or(0);
        let inference = o.inference.as_deref().unwrap_or("gibbs");
        if inference == "gibbs" {
            let new = LdaParams::new(k);
            let params = LdaParams {
                alpha: o.alpha.map(|a| vec![a]),
                beta: o.beta.unwrap_or(new.beta),
                iterations: o.iterations.unwrap_or(new.iterations),
                learn_every: if o.fixed_priors { 0 } else { new.learn_every },
                learn_beta: o.learn_beta,
                samples: o.samples.unwrap_or(new.samples),
                seed,
                ..new
            };
            return Ok(Way::Gibbs(params.check()?));
        }
        let given = [
            ("--fixed-priors", o.fixed_priors),
            ("--learn-beta", o.learn_beta),
            ("--samples", o.samples.is_some()),
            ("--resume", o.resume),
        ];
        mean_something(&given, &format!("--inference {inference}"))?;
        let new = VbParams::new(k);
        let learning = if inference == "online" { Learning::online() } else { new.learning };
        let epochs = o.iterations.unwrap_or(new.epochs);
        let params = VbParams { document_prior: o.alpha, word_prior: o.beta, learning, epochs, seed, ..new };
        Ok(Way::Variational(params.check()?))
    }

    pub fn k(&self) -> usize {
        match self {
            Way::Gibbs(valid) => valid.params().k,
            Way::Variational(params) => params.topics,
        }
    }

    /// Fits counts from the beginning; `None` where it was stopped.
    pub fn fit(
        &self,
        common: &Common,
        what: &str,
        vectorizer: &Vectorizer,
        counts: &Csr,
        pool: &Pool,
    ) -> Result<Option<Lda>> {
        let params = match self {
            Way::Gibbs(valid) => {
                let mut fit = Fit::new(Gibbs::new(counts, valid)?, valid.params().iterations.max(1));
                let bar = SweepBar::new(common, what, fit.gibbs().tokens(), valid.params().iterations);
                let whole = fit.run(pool, |_, sweep| bar.moved(sweep.sweep, sweep.log_likelihood));
                return Ok(if whole { Some(fit.model(vectorizer.clone())?) } else { None });
            }
            Way::Variational(params) => params,
        };
        let mut vb = Vb::new(*params, counts.cols())?;
        let tokens = counts.data().iter().sum::<f64>() as u64;
        let bar = SweepBar::new(common, what, tokens, params.epochs);
        let mut stopped = false;
        vb.fit(counts, pool, |at| {
            stopped = !bar.moved(at.epoch - usize::from(at.documents < at.of), None);
            !stopped
        })?;
        if stopped {
            return Ok(None);
        }
        Ok(Some(Lda::of_variational(vectorizer.clone(), &vb, counts, params.epochs, pool)?))
    }
}

/// The texts as counts, and as columns in order.
pub struct Texts<'a> {
    pub source: Source<'a>,
    pub vectorizer: Vectorizer,
    pub counts: Csr,
    /// Columns of each document's tokens; `None` where terms are runs of tokens, which no window holds.
    pub sequences: Option<Vec<Vec<u32>>>,
    pub data: DataHash,
}

impl<'a> Texts<'a> {
    fn read(common: &'a Common, args: &'a Topics, pool: &Pool) -> Result<Texts<'a>> {
        let mut source =
            Source::new(common, &args.file, &args.terms, &args.prepare, &args.texts, &args.bytes)?;
        source.prepare = Cow::Owned(prepared(&source, &args.prepare)?);
        let mut params = source.params()?;
        params.weight = Weight::Count;
        if args.terms.min_df.is_none() && source.corpus()?.each(|_| Ok(()))?.documents >= MANY {
            params.min_documents = Documents::Count(LEAST);
        }
        let tokens = source.preparation()?;
        let (mut vectorizer, mut counts) = source.fit_with(params.clone(), tokens.clone(), pool)?;
        // A scheme that was not asked for should not make topics of punctuation.
        let says = |term: &str| term.chars().any(char::is_alphanumeric);
        if args.prepare.scheme.is_none() && args.prepare.like.is_none() && !vectorizer.terms().all(says) {
            let words: Vec<String> = vectorizer.terms().filter(|t| says(t)).map(str::to_owned).collect();
            if !words.is_empty() {
                let params = VectorizerParams { vocabulary: Some(words), ..params };
                (vectorizer, counts) = source.fit_with(params, tokens, pool)?;
            }
        }
        let sequences = if args.terms.ngrams == (1, 1) {
            let corpus = source.corpus()?;
            let bar = Bar::new(common, &corpus);
            Some(vectorizer.sequences(&corpus, pool, |_| bar.moved())?)
        } else {
            None
        };
        let data = super::data(&args.file, &source, counts.rows())?;
        Ok(Texts { source, vectorizer, counts, sequences, data })
    }
}

/// Where nothing is asked for: the words of the language, small, without its stop words; stems in Korean.
fn prepared(source: &Source<'_>, asked: &Prepare) -> Result<Prepare> {
    let mut prepare = asked.clone();
    if prepare.like.is_some() {
        return Ok(prepare);
    }
    if prepare.lang == "auto" {
        prepare.lang = language_of(&source.corpus()?)?.to_owned();
    }
    let korean = prepare.lang == "ko";
    if prepare.scheme.is_none() {
        prepare.scheme = Some(if korean { "korean-stems" } else { "scikit-learn" }.into());
    }
    if prepare.stop_words.is_empty() {
        prepare.stop_words = vec![if korean { "korean" } else { "english" }.into()];
    }
    Ok(prepare)
}

/// Where the state of a fit stands.
fn state_of(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".state");
    name.into()
}

/// The model of all documents, and its coherence.
fn fit(
    common: &Common,
    args: &Topics,
    texts: &Texts<'_>,
    way: &Way,
    output: &Path,
    pool: &Pool,
) -> Result<(Lda, Option<Vec<Scores>>)> {
    let Way::Gibbs(params) = way else {
        let model = way.fit(common, "", &texts.vectorizer, &texts.counts, pool)?;
        let stopped = "stopped; nothing was written. Next: the same command again, or --inference gibbs, which can be resumed";
        let model = model.ok_or_else(|| Failure::Failed(stopped.into()))?;
        let scores = coherence(&model, texts.sequences.as_deref(), pool)?;
        return Ok((model, scores));
    };
    let state = state_of(output);
    let mut fit = if args.lda.resume {
        if !state.exists() {
            return Err(Failure::Failed(format!(
                "{}: there is no such state. Likely cause: the fit came to its end, was stopped before its first sweep, or had another -o. Next: the same command without --resume",
                state.display()
            )));
        }
        Fit::read_state(&state, &texts.counts, params, EVERY, &texts.data)?
    } else {
        Fit::new(Gibbs::new(&texts.counts, params)?, EVERY)
    };
    let mut written = Instant::now();
    let mut refused = None;
    let bar = SweepBar::new(common, "", fit.gibbs().tokens(), params.params().iterations);
    let whole = fit.run(pool, |fit, sweep| {
        if written.elapsed() > KEPT {
            written = Instant::now();
            refused = fit.write_state(&state, texts.data.clone()).err();
        }
        bar.moved(sweep.sweep, sweep.log_likelihood) && refused.is_none()
    });
    drop(bar);
    if let Some(error) = refused {
        return Err(error.into());
    }
    if !whole {
        fit.write_state(&state, texts.data.clone())?;
        return Err(Failure::Failed(format!(
            "stopped at sweep {} of {}; the state is kept in {}. Next: the same command with --resume",
            fit.gibbs().sweeps(),
            params.params().iterations,
            state.display()
        )));
    }
    let model = fit.model(texts.vectorizer.clone())?;
    let scores = coherence(&model, texts.sequences.as_deref(), pool)?;
    Ok((model, scores))
}

/// Coherence of a model's topics in texts; `None` where there is nothing to measure, or more than can be counted.
pub fn coherence(model: &Lda, sequences: Option<&[Vec<u32>]>, pool: &Pool) -> Result<Option<Vec<Scores>>> {
    let enough = model.vectorizer().len() > 1 && model.k() * WORDS <= MOST_WORDS;
    let Some(sequences) = sequences.filter(|_| enough) else { return Ok(None) };
    let topics: Vec<Vec<u32>> =
        (0..model.k()).map(|t| model.topic(t, WORDS).iter().map(|w| w.column).collect()).collect();
    let params = MEASURES.map(|(_, measure)| CoherenceParams::new(measure));
    let mut coherence = Coherence::new(&topics, &params)?;
    coherence.add(sequences, pool);
    Ok(Some(coherence.scores()?))
}

/// A bar over the sweeps: rate, likelihood, time left.
struct SweepBar {
    bar: Option<ProgressBar>,
    stop: Arc<AtomicBool>,
    tokens: u64,
    /// Sweeps that were made before, known from the first that is told.
    first: Cell<Option<usize>>,
    begun: Instant,
}

impl SweepBar {
    fn new(common: &Common, what: &str, tokens: u64, sweeps: usize) -> SweepBar {
        let bar = (!common.quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(sweeps as u64);
            let form = "  {prefix}{bar:30} {pos} of {len} · {msg} · {eta} left";
            let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.progress_chars("━╸─"));
            bar.set_prefix(what.to_owned());
            bar
        });
        SweepBar { bar, stop: stop_flag(), tokens, first: Cell::new(None), begun: Instant::now() }
    }

    /// Moves on; false when the work is to stop.
    fn moved(&self, sweep: usize, log_likelihood: Option<f64>) -> bool {
        if let Some(bar) = &self.bar {
            let first = self.first.get().unwrap_or_else(|| sweep.saturating_sub(1));
            self.first.set(Some(first));
            bar.set_position(sweep as u64);
            let seconds = self.begun.elapsed().as_secs_f64().max(1e-9);
            let rate = self.tokens as f64 * (sweep - first) as f64 / seconds / 1e6;
            if let Some(likelihood) = log_likelihood {
                bar.set_message(format!("{rate:.1} M words/s · {likelihood:.4} nats a word"));
            } else if bar.message().is_empty() {
                bar.set_message(format!("{rate:.1} M words/s"));
            }
        }
        !self.stop.load(Ordering::SeqCst)
    }
}

impl Drop for SweepBar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Measures by name: of a topic, or the means.
pub fn measured(scores: Option<&[Scores]>, value: impl Fn(&Scores) -> f64) -> Value {
    let Some(scores) = scores else { return Value::Null };
    MEASURES.iter().zip(scores).map(|((name, _), s)| ((*name).to_owned(), json!(value(s)))).collect()
}

fn show(
    common: &Common,
    args: &Topics,
    fitted: &Fitted<'_>,
    page: Option<PathBuf>,
    seconds: f64,
) -> Result<()> {
    let Fitted { model, scores, scan, .. } = fitted;
    let (scores, scan) = (scores.as_deref(), scan.as_ref());
    let facts = model.facts();
    let perplexity = scan.map(|s| s.rows[s.chosen].completion.perplexity());
    let likelihood = facts.curve.last().map(|(_, l)| *l);
    if common.json {
        let topics: Vec<Value> = (0..model.k())
            .map(|t| {
                let words = model.topic(t, args.words);
                json!({
                    "words": words.iter().map(|w| w.word).collect::<Vec<_>>(),
                    "probabilities": words.iter().map(|w| w.probability).collect::<Vec<_>>(),
                    "share": model.shares()[t],
                    "alpha": model.alpha()[t],
                    "coherence": measured(scores, |s| s.each[t]),
                })
            })
            .collect();
        return crate::output::json(&json!({
            "method": "lda",
            "inference": facts.inference,
            "k": model.k(),
            "documents": facts.documents,
            "tokens": facts.tokens,
            "terms": model.vectorizer().len(),
            "iterations": facts.iterations,
            "beta": model.beta(),
            "log_likelihood": likelihood,
            "perplexity": perplexity,
            "coherence": measured(scores, |s| s.mean),
            "topics": topics,
            "scan": scan.map(scan::json),
            "page": page,
            "seconds": seconds,
        }));
    }
    if common.quiet {
        return Ok(());
    }
    let mut text = format!(
        "{} documents, {} words of {} terms, {} topics after {} sweeps\n",
        facts.documents,
        facts.tokens,
        model.vectorizer().len(),
        model.k(),
        facts.iterations
    );
    if let Some(scan) = scan {
        text += &scan::table(scan);
    }
    text += " topic   share    npmi  words\n";
    let mut order: Vec<usize> = (0..model.k()).collect();
    order.sort_by(|a, b| model.shares()[*b].total_cmp(&model.shares()[*a]).then(a.cmp(b)));
    for t in order {
        let npmi = scores.map_or("     –".to_owned(), |s| format!("{:6.3}", s[2].each[t]));
        let words: Vec<&str> = model.topic(t, args.words).iter().map(|w| w.word).collect();
        text += &format!("{t:6}  {:5.1} %  {npmi}  {}\n", 100.0 * model.shares()[t], words.join(" "));
    }
    if let Some(scores) = scores {
        let of = |i: usize| scores[i].mean;
        text += &format!(
            "coherence: UMass {:.3}, UCI {:.3} and NPMI {:.3} (window 10), C_V {:.3} (window 110)\n",
            of(0),
            of(1),
            of(2),
            of(3)
        );
    }
    if let Some(page) = &page {
        text += &format!("map: {}\n", page.display());
    }
    crate::output::text(&text)
}

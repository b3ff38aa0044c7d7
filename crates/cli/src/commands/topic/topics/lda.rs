//! `gyeol topics --method lda`: from texts to a model, its coherence, its map.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use gyeol_bundle::{DataHash, Manifest, Packed};
use gyeol_ladder::tasks::topics as task;
use gyeol_ladder::tasks::topics::{Counts, MANY, MEASURES, MOST_MAPPED, Numbers, RARE, TOPICS, Way};
use gyeol_ladder::{Step, Sweep, Watch};
use gyeol_tensor::Pool;
use gyeol_text::prepare::language_of;
use gyeol_topic::coherence::Scores;
use gyeol_topic::lda::{Lda, LdaParams};
use gyeol_topic::variational::{Learning, VbParams};
use gyeol_vectors::vectorize::Documents;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::super::super::pool;
use super::super::mean_something;
use super::Source;
use super::scan;
use crate::args::topic::Topics;
use crate::args::{Common, Prepare};
use crate::commands::text::{bar::Bar, notes};
use crate::failure::{Failure, Result};
use crate::progress::stop_flag;

/// Fits a model and shows it.
pub fn topics(common: &Common, args: &Topics) -> Result<()> {
    let output = super::output(args)?;
    mean_something(&[("--svd", args.svd.is_some())], "--method lda")?;
    if args.terms.weight.as_deref().is_some_and(|w| w != "count") {
        let words = "topics are drawn for single words: --method lda takes counts; weights suit --method lsa";
        return Err(Failure::Usage(words.into()));
    }
    let ks = if args.k.is_empty() { vec![TOPICS] } else { args.k.clone() };
    let ways = ks.iter().map(|&k| way(common, args, k)).collect::<Result<Vec<_>>>()?;
    let holdout = scan::holdout(args, ks.len())?;
    let pool = pool(common);
    let texts = Texts::read(common, args, &pool)?;
    let begun = Instant::now();
    let seed = common.seed.unwrap_or(0);
    let numbers = holdout
        .map(|share| {
            task::choose(&texts.counts, &texts.data, &ways, share, seed, &pool, &mut SweepBar::new(common))
        })
        .transpose()?;
    let way = numbers.as_ref().map_or(&ways[0], |numbers| &ways[numbers.chosen]);
    let state = task::state_of(output);
    let (resume, mut bar) = (args.lda.resume, SweepBar::new(common));
    let model = task::fit_all(&texts.counts, &texts.data, way, &state, resume, &pool, &mut bar)?;
    drop(bar);
    let scores = task::coherence(&model, texts.counts.sequences.as_deref(), &pool)?;
    let seconds = begun.elapsed().as_secs_f64();
    model.save(output, Manifest::new("topics", "lda", texts.data.clone()))?;
    // The state has served; that it is gone or cannot be taken away hurts nobody.
    let _ = std::fs::remove_file(state);
    let fitted = Fitted { texts, model, scores, numbers };
    let page = map(common, args, &fitted, output, &pool)?;
    show(common, args, &fitted, page, seconds)
}

/// A model and what is known of it.
struct Fitted<'a> {
    texts: Texts<'a>,
    model: Lda,
    /// Coherence by each of [`MEASURES`].
    scores: Option<Vec<Scores>>,
    numbers: Option<Numbers>,
}

/// How topics are found, as the options say.
fn way(common: &Common, args: &Topics, k: usize) -> Result<Way> {
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
            starts: o.starts.unwrap_or(new.starts),
            seed,
            ..new
        };
        return Ok(Way::Gibbs(params.check()?));
    }
    let given = [
        ("--fixed-priors", o.fixed_priors),
        ("--learn-beta", o.learn_beta),
        ("--samples", o.samples.is_some()),
        ("--starts", o.starts.is_some()),
        ("--resume", o.resume),
    ];
    mean_something(&given, &format!("--inference {inference}"))?;
    let new = VbParams::new(k);
    let learning = if inference == "online" { Learning::online() } else { new.learning };
    let epochs = o.iterations.unwrap_or(new.epochs);
    let params = VbParams { document_prior: o.alpha, word_prior: o.beta, learning, epochs, seed, ..new };
    Ok(Way::Variational(params.check()?))
}

/// The texts, read.
struct Texts<'a> {
    source: Source<'a>,
    counts: Counts,
    data: DataHash,
}

impl<'a> Texts<'a> {
    fn read(common: &'a Common, args: &'a Topics, pool: &Pool) -> Result<Texts<'a>> {
        let mut source =
            Source::new(common, &args.file, &args.terms, &args.prepare, &args.texts, &args.bytes)?;
        source.prepare = Cow::Owned(prepared(&source, &args.prepare)?);
        let mut params = source.params()?;
        let corpus = source.corpus()?;
        if args.terms.min_df.is_none() && corpus.each(|_| Ok(()))?.documents >= MANY {
            params.min_documents = Documents::Count(RARE);
        }
        let chain = source.preparation()?;
        // A scheme that was not asked for should not make topics of punctuation.
        let words_only = args.prepare.scheme.is_none() && args.prepare.like.is_none();
        let bar = Bar::new(common, &corpus);
        let counts = Counts::of(&corpus, &chain, params, words_only, pool, |_| bar.moved())?;
        drop(bar);
        notes(common, &corpus);
        warn_of_boilerplate(common, &counts);
        let data = super::data(&args.file, &source, counts.counts.rows())?;
        Ok(Texts { source, counts, data })
    }
}

/// Names the words that stand in over half of the documents: heads of mails, marks of a form, which say nothing of topics.
fn warn_of_boilerplate(common: &Common, counts: &Counts) {
    let documents = counts.counts.rows() as u64;
    let vectorizer = &counts.vectorizer;
    let mut common_words: Vec<(u64, &str)> = vectorizer
        .terms()
        .zip(vectorizer.tallies())
        .filter(|(_, (of, _))| 2 * of > documents)
        .map(|(term, (of, _))| (*of, term))
        .collect();
    if common.quiet || documents < 20 || common_words.is_empty() {
        return;
    }
    common_words.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let shown: Vec<String> = common_words.iter().take(8).map(|(_, word)| format!("'{word}'")).collect();
    let more =
        if common_words.len() > 8 { format!(" and {} more", common_words.len() - 8) } else { String::new() };
    say!(
        "gyeol: warning: over half of the documents have {}{more}: the heads of mails, or a form, rather than topics; --max-df 0.5 leaves such words out",
        shown.join(", ")
    );
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
        let lists: &[&str] = if korean { &["korean", "korean-stems"] } else { &["english"] };
        prepare.stop_words = lists.iter().map(|list| (*list).to_owned()).collect();
    }
    Ok(prepare)
}

/// Writes the map beside the model unless it is not wanted.
fn map(
    common: &Common,
    args: &Topics,
    fitted: &Fitted<'_>,
    output: &Path,
    pool: &Pool,
) -> Result<Option<PathBuf>> {
    if args.lda.no_map {
        return Ok(None);
    }
    let k = fitted.model.k();
    if k > MOST_MAPPED {
        if !common.quiet {
            say!("gyeol: no map: {k} topics are more than the {MOST_MAPPED} that a page can show");
        }
        return Ok(None);
    }
    let path = args.lda.map.clone().unwrap_or_else(|| output.with_extension("html"));
    let language = crate::output::language(common.language.as_deref(), None)?;
    let Fitted { texts, model, scores, numbers } = fitted;
    let mut beginnings = |numbers: &[u32]| texts.source.beginnings(numbers.iter().copied(), 200);
    let map = task::map(model, &texts.data, scores.as_deref(), numbers.as_ref(), &mut beginnings, pool)?;
    crate::output::bytes(&path, gyeol_report::topic_map_page(&map, language)?.as_bytes())?;
    Ok(Some(path))
}

/// A bar over the sweeps: rate, likelihood, time left.
struct SweepBar {
    bar: Option<ProgressBar>,
    stop: Arc<AtomicBool>,
    /// Sweeps that were made before the first that is told, and when that was.
    first: Option<(usize, Instant)>,
}

impl SweepBar {
    fn new(common: &Common) -> SweepBar {
        let bar = (!common.quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(1);
            let form = "  {prefix}{bar:30} {pos} of {len} · {msg} · {eta} left";
            let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.progress_chars("━╸─"));
            bar
        });
        SweepBar { bar, stop: stop_flag(), first: None }
    }

    fn moved(&mut self, at: Sweep) {
        let Some(bar) = &self.bar else { return };
        let (first, since) = *self.first.get_or_insert_with(|| (at.done.saturating_sub(1), Instant::now()));
        bar.set_length(at.of as u64);
        bar.set_position(at.done as u64);
        let seconds = since.elapsed().as_secs_f64().max(1e-9);
        let rate = at.tokens as f64 * at.done.saturating_sub(first) as f64 / seconds / 1e6;
        if let Some(likelihood) = at.log_likelihood {
            bar.set_message(format!("{rate:.1} M words/s · {likelihood:.4} nats a word"));
        } else if bar.message().is_empty() {
            bar.set_message(format!("{rate:.1} M words/s"));
        }
    }
}

impl Watch for SweepBar {
    fn begin(&mut self, rung: &str, _index: usize, _of: usize) {
        self.first = None;
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_message("");
            bar.set_prefix(format!("{rung}  "));
        }
    }

    fn step(&mut self, step: Step<'_>) -> bool {
        if let Step::Sweep(at) = step {
            self.moved(at);
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
    let Fitted { model, scores, numbers, .. } = fitted;
    let (scores, scan) = (scores.as_deref(), numbers.as_ref());
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
            "starts": facts.starts.as_ref().map(|s| json!({
                "tried": s.perplexity.len(), "chosen": s.chosen + 1, "sweeps": s.sweeps, "perplexity": s.perplexity,
            })),
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
    if let Some(s) = &facts.starts {
        let each: Vec<String> = s.perplexity.iter().map(|p| format!("{p:.1}")).collect();
        text += &format!(
            "{} starts of {} sweeps, perplexity of documents held out {}; number {} went on\n",
            each.len(),
            s.sweeps,
            each.join(", "),
            s.chosen + 1
        );
    }
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

//! `gyeol rescore`: lists of a recogniser in a new order, and what that is worth.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use gyeol_ngram::rescore::{
    AcousticScore, Candidate, Features, Judged, List, Lists, Rates, References, RescoreWeights, Tuned,
    Tuning, Utterance, features, judge, tune,
};
use gyeol_ngram::{ErrorRate, Source, Unit, errors};
use gyeol_tensor::Pool;
use serde_json::{Value, json};

use super::models::{Loaded, load};
use crate::args::Common;
use crate::args::rescore::{Base, Measure, Rescore};
use crate::failure::{Failure, Result};
use crate::output;

/// Lists, and about how many hypotheses, that are in memory at once.
const BATCH: (usize, usize) = (1024, 1 << 16);

/// Runs the verb.
pub fn run(common: &Common, args: &Rescore) -> Result<()> {
    let inputs = [
        Some(&args.model),
        Some(&args.nbest),
        args.reference.as_ref(),
        args.tune.as_ref(),
        args.tune_reference.as_ref(),
    ];
    if inputs.into_iter().flatten().filter(|i| *i == "-").count() > 1 {
        return Err(Failure::Usage("only one file can be standard input; name the others".into()));
    }
    let pool = super::pool(common);
    let model = load(common, &args.model)?;
    let references = args.reference.as_deref().map(read_references).transpose()?;
    let (weights, tuned) = weights(common, args, &model, &pool)?;
    if let Some(path) = &args.save_weights {
        weights.save(path, json!({ "model": args.model, "lists": args.tune, "tuned": tuned }))?;
    }
    let mut lists = Lists::new(Source::open(&args.nbest)?, scale(args));
    let name = lists.name().to_owned();
    let mut utterances = Vec::new();
    let (mut count, mut hypotheses) = (0usize, 0usize);
    loop {
        let batch = lists.batch(BATCH.0, BATCH.1)?;
        if batch.is_empty() {
            break;
        }
        count += batch.len();
        hypotheses += batch.iter().map(|l| l.hypotheses.len()).sum::<usize>();
        let found = of_each(&pool, &batch, |list| heard(&model, list));
        if let Some(references) = &references {
            let judged = of_each_result(&pool, &batch, |at, list| {
                Utterance::new(list, &found[at], weights, references.of(list, &name)?)
                    .map_err(|e| e.at(&name, list.row))
            })?;
            utterances.extend(judged);
        }
        if common.json || references.is_none() {
            let mut out = Vec::new();
            for (list, features) in batch.iter().zip(&found) {
                write_list(&mut out, common.json, list, features, weights, args.k)?;
            }
            output::bytes(Path::new("-"), &out)?;
        }
    }
    if let Some(references) = &references {
        references.all_used(&lists)?;
    }
    let judged = references.map(|_| judge(&utterances, common.seed.unwrap_or(0), &pool)).transpose()?;
    if common.json {
        if judged.is_none() && tuned.is_none() {
            return Ok(());
        }
        let summary = json!({
            "utterances": count,
            "hypotheses": hypotheses,
            "weights": weights,
            "tuned": tuned,
            "judged": judged,
        });
        return output::text(&format!("{}\n", json!({ "summary": summary })));
    }
    match judged {
        Some(judged) => output::text(&table(weights, tuned.as_ref(), &judged, count, hypotheses)),
        None => {
            if let (Some(tuned), false) = (tuned, common.quiet) {
                say!("gyeol: {}", tuned_text(weights, &tuned).trim_end());
            }
            Ok(())
        }
    }
}

/// The features of a list, its texts put through the model's own way to its words.
fn heard(model: &Loaded, list: &List) -> Vec<Features> {
    let mut list = list.clone();
    for hypothesis in &mut list.hypotheses {
        if let Cow::Owned(words) = model.words(&hypothesis.text) {
            hypothesis.text = words;
        }
    }
    features(&**model, &list)
}

fn scale(args: &Rescore) -> AcousticScore {
    AcousticScore { base10: args.base == Base::Ten, cost: args.cost }
}

fn read_references(path: &str) -> Result<References> {
    Ok(References::read(Source::open(path)?)?)
}

fn weights(
    common: &Common,
    args: &Rescore,
    model: &Loaded,
    pool: &Pool,
) -> Result<(RescoreWeights, Option<Tuned>)> {
    let (Some(file), Some(reference)) = (&args.tune, &args.tune_reference) else {
        if let Some(path) = &args.weights {
            return Ok((RescoreWeights::load(path)?, None));
        }
        let given = RescoreWeights {
            language: args.weight.unwrap_or(1.0),
            word_penalty: args.word_penalty.unwrap_or(0.0),
        };
        return Ok((given.check()?, None));
    };
    let references = read_references(reference)?;
    let unit = if args.tune_by == Measure::Wer { Unit::Word } else { Unit::Character };
    let mut lists = Lists::new(Source::open(file)?, scale(args));
    let name = lists.name().to_owned();
    let mut candidates: Vec<Vec<Candidate>> = Vec::new();
    loop {
        let batch = lists.batch(BATCH.0, BATCH.1)?;
        if batch.is_empty() {
            break;
        }
        candidates.extend(of_each_result(pool, &batch, |_, list| {
            let said = references.of(list, &name)?;
            let with = |(features, hypothesis): (Features, &gyeol_ngram::rescore::Hypothesis)| {
                Ok(Candidate { features, errors: errors(said, &hypothesis.text, unit)?.total() })
            };
            let all: gyeol_ngram::Result<Vec<Candidate>> =
                heard(model, list).into_iter().zip(&list.hypotheses).map(with).collect();
            all.map_err(|e| e.at(&name, list.row))
        })?);
    }
    references.all_used(&lists)?;
    let tuning = Tuning { restarts: args.restarts, seed: common.seed.unwrap_or(0), no_word_penalty: false };
    let tuned = tune(&candidates, &tuning, pool, &mut crate::progress::until_stopped())?;
    Ok((tuned.weights, Some(tuned)))
}

/// Something of every list, in their order, on all threads.
fn of_each<T: Send>(pool: &Pool, lists: &[List], of: impl Fn(&List) -> T + Sync) -> Vec<T> {
    let mut out: Vec<Option<T>> = lists.iter().map(|_| None).collect();
    pool.each_mut(&mut out, |_, at, value| *value = Some(of(&lists[at])));
    out.into_iter().flatten().collect()
}

/// The same where it can fail: the failure is that of the first list.
fn of_each_result<T: Send>(
    pool: &Pool,
    lists: &[List],
    of: impl Fn(usize, &List) -> gyeol_ngram::Result<T> + Sync,
) -> Result<Vec<T>> {
    let mut out: Vec<Option<gyeol_ngram::Result<T>>> = lists.iter().map(|_| None).collect();
    pool.each_mut(&mut out, |_, at, value| *value = Some(of(at, &lists[at])));
    Ok(out.into_iter().flatten().collect::<gyeol_ngram::Result<Vec<T>>>()?)
}

fn write_list(
    out: &mut Vec<u8>,
    as_json: bool,
    list: &List,
    features: &[Features],
    weights: RescoreWeights,
    k: usize,
) -> Result<()> {
    let shown = if k == 0 { features.len() } else { k };
    let order = weights.order(features);
    if as_json {
        let ranked: Vec<Value> = order
            .iter()
            .take(shown)
            .map(|&at| {
                let f = &features[at];
                json!({
                    "text": list.hypotheses[at].text,
                    "score": weights.score(f),
                    "acoustic": f.acoustic,
                    "language": f.language,
                    "words": f.words,
                    "unknown": f.unknown,
                    "place": at + 1,
                })
            })
            .collect();
        writeln!(out, "{}", json!({ "id": list.id, "ranked": ranked }))?;
        return Ok(());
    }
    for (place, &at) in order.iter().take(shown).enumerate() {
        let score = weights.score(&features[at]);
        writeln!(out, "{}\t{}\t{score:.4}\t{}", list.id, place + 1, list.hypotheses[at].text)?;
    }
    Ok(())
}

fn tuned_text(weights: RescoreWeights, tuned: &Tuned) -> String {
    format!(
        "weight {:.6}, word penalty {:.6}: errors on the validation lists {} before, {} now, {} at best\n",
        weights.language, weights.word_penalty, tuned.errors_before, tuned.errors, tuned.errors_of_oracle
    )
}

fn table(
    weights: RescoreWeights,
    tuned: Option<&Tuned>,
    judged: &Judged,
    count: usize,
    hypotheses: usize,
) -> String {
    let mut text = match tuned {
        Some(tuned) => tuned_text(weights, tuned),
        None => format!("weight {:.6}, word penalty {:.6}\n", weights.language, weights.word_penalty),
    };
    text +=
        &format!("{count} utterances, {hypotheses} hypotheses; 95 % intervals by resampling utterances\n");
    let percent = |share: Option<f64>| share.map_or("–".to_owned(), |s| format!("{:.2}", s * 100.0));
    let mut row = |name: &str, rates: &Rates<ErrorRate>| {
        for (unit, r) in [("WER", &rates.wer), ("CER", &rates.cer)] {
            let e = r.errors;
            text += &format!(
                "{:10} {unit} {:>6} %  [{}, {}]  {} of {}: {} substituted, {} deleted, {} inserted\n",
                if unit == "WER" { name } else { "" },
                percent(r.rate),
                percent(r.low),
                percent(r.high),
                e.total(),
                e.reference,
                e.substitutions,
                e.deletions,
                e.insertions
            );
        }
    };
    row("first pass", &judged.first_pass);
    row("rescored", &judged.rescored);
    row("oracle", &judged.oracle);
    for (unit, d) in [("WER", judged.difference.wer), ("CER", judged.difference.cer)] {
        let name = if unit == "WER" { "change" } else { "" };
        text += &format!(
            "{name:10} {unit} {:>6} points  [{}, {}]\n",
            percent(d.value),
            percent(d.low),
            percent(d.high)
        );
    }
    text
}

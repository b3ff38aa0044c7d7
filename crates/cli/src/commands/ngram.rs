//! Count-based language models: fitting, perplexity, scores, next words, samples.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use gyeol_base::Fault;
use gyeol_ngram::smoothing::jelinek_mercer;
use gyeol_ngram::{
    Accuracy, Counted, Layout, Markers, Options, Perplexity, Protocol, Report, Sampling, Scored, ScoresWords,
    Smoothing, Source, Stage, Tables, count, full_scores, next_words, perplexity, prune_by_entropy,
    read_arpa, sample, score_ids, write_arpa, write_binary,
};
use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, CorpusOptions, Format};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::models::{lines, load};
use crate::args::ngram::{LanguageVerb, Ngram};
use crate::args::{Bytes, Common, Texts};
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::until_stopped;

/// Rounds in which interpolation weights are learned, at most.
const ROUNDS: usize = 100;

/// Runs a verb of language models.
pub fn run(common: &Common, verb: LanguageVerb) -> Result<()> {
    match verb {
        LanguageVerb::Ngram(args) => fit(common, &args),
        LanguageVerb::Perplexity { model, file, protocol, verify, texts, bytes } => {
            two_inputs(&model, &file)?;
            let model = load(common, &model)?;
            if verify {
                model.counts("--verify")?.verify(&super::pool(common), &mut until_stopped())?;
            }
            let taught = model.protocol();
            let protocol = protocol.unwrap_or(taught);
            if protocol != taught && model.net_parameters() > 0 && !common.quiet {
                let word = |protocol| if protocol == Protocol::Stream { "stream" } else { "sentence" };
                say!(
                    "gyeol: warning: this net was trained by the protocol {}, and is read by {}: it never met lines like this",
                    word(taught),
                    word(protocol)
                );
            }
            let mut texts = model.texts(common, &file, &texts, &bytes)?;
            show_perplexity(
                common,
                &perplexity(&*model, &mut texts.source, protocol, &mut until_stopped())?,
                protocol,
                model.learns_while_it_reads(),
            )
        }
        LanguageVerb::Score { model, file, explain, counts, texts, bytes } => {
            two_inputs(&model, &file)?;
            score(common, &model, &file, explain, counts.as_deref(), (&texts, &bytes))
        }
        LanguageVerb::Rank { model, file, normalise, accuracy } => {
            two_inputs(&model, &file)?;
            if accuracy {
                return rank_accuracy(common, &model, &file, normalise);
            }
            ranked(common, &model, &file, normalise)
        }
        LanguageVerb::Rescore(args) => super::rescore::run(common, &args),
        LanguageVerb::Correct(args) => super::correct::run(common, &args),
        LanguageVerb::Next { model, context, k } => next(common, &model, &context, k),
        LanguageVerb::Generate { model, prompt, max, temperature, top_k, top_p } => {
            let model = load(common, &model)?;
            let how = Sampling { max, temperature, top_k, top_p, seed: common.seed.unwrap_or(0) };
            let prompt = model.words(&prompt);
            let words: Vec<&str> = prompt.split_whitespace().collect();
            let drawn = sample(&*model, &words, &how)?;
            let all: Vec<&str> = words.into_iter().chain(drawn.iter().map(|&id| model.word(id))).collect();
            let text = model.text(all);
            if common.json {
                output::json(&json!({ "text": text }))
            } else {
                output::text(&format!("{text}\n"))
            }
        }
    }
}

pub(super) fn two_inputs(model: &str, file: &str) -> Result<()> {
    if model == "-" && file == "-" {
        return Err(Failure::Usage(
            "model and text cannot both be standard input; name a file for one of them".into(),
        ));
    }
    Ok(())
}

fn smoothing(args: &Ngram) -> Result<Smoothing> {
    let mut smoothing: Smoothing = args.smoothing.parse()?;
    let mut unused: Vec<&str> = Vec::new();
    let mut given = [
        ("--k", args.k.is_some()),
        ("--discount", args.discount.is_some()),
        ("--factor", args.factor.is_some()),
        ("--cutoff", args.cutoff.is_some()),
        ("--validation", args.validation.is_some()),
    ];
    let mut used = |name: &str| given.iter_mut().filter(|g| g.0 == name).for_each(|g| g.1 = false);
    match &mut smoothing {
        Smoothing::Additive { k } if args.smoothing == "add-k" => {
            *k = args.k.unwrap_or(*k);
            used("--k");
        }
        Smoothing::AbsoluteDiscounting { discount } => {
            *discount = args.discount;
            used("--discount");
        }
        Smoothing::StupidBackOff { factor } => {
            *factor = args.factor.unwrap_or(*factor);
            used("--factor");
        }
        Smoothing::Katz { cutoff } => {
            *cutoff = args.cutoff.unwrap_or(*cutoff);
            used("--cutoff");
        }
        Smoothing::JelinekMercer { .. } => {
            used("--validation");
            if args.validation.is_none() {
                return Err(Failure::Usage(
                    "jelinek-mercer learns its weights on other text: name one with --validation".into(),
                ));
            }
        }
        _ => {}
    }
    unused.extend(given.iter().filter(|g| g.1).map(|g| g.0));
    if !unused.is_empty() {
        return Err(Failure::Usage(format!("{} means nothing to {}", unused.join(", "), args.smoothing)));
    }
    Ok(smoothing)
}

fn fit(common: &Common, args: &Ngram) -> Result<()> {
    output::one_result(common.json, &args.output)?;
    let since = Instant::now();
    let pool = super::pool(common);
    let (mut tables, report) = if args.arpa {
        let (tables, repairs) = read_arpa(&mut Source::open(&args.file)?, &mut until_stopped())?;
        if !common.quiet && (repairs.suffixes + repairs.contexts > 0 || repairs.unknown_missing) {
            let unknown =
                if repairs.unknown_missing { "; it has no <unk>, which gets log10 p = -100" } else { "" };
            say!(
                "gyeol: {}: {} n-grams added that longer ones need{unknown}",
                args.file,
                repairs.suffixes + repairs.contexts
            );
        }
        (tables, None)
    } else {
        let (tables, report) = estimated(common, args, &pool)?;
        (tables, Some(report))
    };
    if let Some(threshold) = args.entropy_prune {
        prune_by_entropy(&mut tables, threshold, &mut until_stopped())?;
    }
    let note = json!({
        "smoothing": report.as_ref().map(|_| &args.smoothing),
        "report": report,
        "prune": args.prune,
        "entropy_prune": args.entropy_prune,
    });
    write(&tables, args, &note.to_string(), &pool)?;
    let report = report.unwrap_or_default();
    let bytes = std::fs::metadata(&args.output).map(|m| m.len()).ok();
    if common.json {
        return output::json(&json!({
            "order": tables.order(),
            "counts": tables.counts(),
            "discounts": report.discounts,
            "weights": report.weights,
            "smoothing": args.smoothing,
            "tokens": report.tokens,
            "sentences": report.sentences,
            "types": tables.vocabulary().len(),
            "warnings": report.warnings,
            "bytes": bytes,
            "seconds": since.elapsed().as_secs_f64(),
        }));
    }
    if args.output == "-" || common.quiet {
        return Ok(());
    }
    let mut text =
        format!("order {}, {} words, {}\n", tables.order(), tables.vocabulary().len(), args.smoothing);
    for (n, count) in tables.counts().iter().enumerate() {
        text += &format!("  {}-grams {count:>12}", n + 1);
        if let Some([one, two, three]) = report.discounts.get(n) {
            text += &format!("   discounts {one:.6} {two:.6} {three:.6}");
        }
        text.push('\n');
    }
    let size = bytes.map_or(String::new(), |b| format!(", {:.1} MB", b as f64 / 1e6));
    text += &format!("{}{size}, {:.1} s\n", args.output, since.elapsed().as_secs_f64());
    output::text(&text)
}

fn estimated(common: &Common, args: &Ngram, pool: &Pool) -> Result<(Tables, Report)> {
    let &[one, two, three] = &args.fallback[..] else {
        return Err(Failure::Usage("--fallback takes three discounts, such as 0.5,1,1.5".into()));
    };
    let smoothing = smoothing(args)?;
    let mut options = Options {
        order: args.order,
        prune: args.prune.clone(),
        fallback: [one, two, three],
        memory: args.memory,
        ..Options::default()
    };
    options.corpus.markers = if args.skip_markers { Markers::Skip } else { Markers::Refuse };
    options.corpus.keep_blank_lines = args.keep_blank_lines;
    options.corpus.vocabulary_limit = args.vocabulary;
    options.corpus.minimum_count = args.min_count;
    if let Some(folder) = &args.temporary {
        options.temporary.clone_from(folder);
    }
    let bar = (!common.quiet && std::io::stderr().is_terminal()).then(|| {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    });
    let mut going = until_stopped();
    let mut on = |stage| {
        if let Some(bar) = &bar {
            bar.set_message(match stage {
                Stage::Reading(words) => format!("{:.1} million words read", words as f64 / 1e6),
                Stage::Counting(share) => format!("sorting n-grams, {:.0} %", share * 100.0),
                Stage::Learning => "learning weights".into(),
                _ => "estimating".into(),
            });
        }
        going(stage)
    };
    let mut text = lines(common, &args.file, &args.texts, &args.bytes)?;
    let counted = count(&mut text.source, &options, pool, &mut on).map_err(|e| text.named(e))?;
    options.smoothing = match smoothing {
        Smoothing::JelinekMercer { .. } => {
            let text = args.validation.as_deref().unwrap_or("-");
            let mut text = lines(common, text, &args.texts, &args.bytes)?;
            Smoothing::JelinekMercer {
                weights: jelinek_mercer::learn(&counted, &mut text.source, ROUNDS, pool, &mut on)?,
            }
        }
        other => other,
    };
    let made = counted.into_estimate(&options, pool, &mut on)?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    if !common.quiet {
        for warning in &made.report.warnings {
            say!("gyeol: warning: {warning}");
        }
    }
    Ok((made.tables, made.report))
}

fn write(tables: &Tables, args: &Ngram, note: &str, pool: &Pool) -> Result<()> {
    let path = Path::new(&args.output);
    let lower = args.output.to_lowercase();
    if args.output == "-" {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        return match write_arpa(tables, &mut out, pool, &mut until_stopped()) {
            // The reader has seen enough (`| head`): that is no failure.
            Err(e) if e.system().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe) => {
                let _ = out.into_parts();
                Ok(())
            }
            other => Ok(other?),
        };
    }
    if lower.ends_with(".arpa") {
        return Ok(gyeol_ngram::write_whole(path, |out| {
            write_arpa(tables, out, pool, &mut until_stopped())
        })?);
    }
    if lower.ends_with(".arpa.gz") {
        return Ok(gyeol_ngram::write_whole(path, |out| {
            let mut packer = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            write_arpa(tables, &mut packer, pool, &mut until_stopped())?;
            packer.try_finish().map_err(|source| {
                gyeol_ngram::Error::io("write", args.output.clone(), "check that there is room", source)
            })
        })?);
    }
    let layout = args.compact.map_or(Layout::Probing, |bits| Layout::Compact { bits });
    Ok(write_binary(tables, layout, note, path, pool, &mut until_stopped())?)
}

fn show_perplexity(common: &Common, found: &Perplexity, protocol: Protocol, learns: bool) -> Result<()> {
    let unseen = found.unseen();
    if common.json {
        let mut value = serde_json::to_value(found)?;
        // A model without mass for some word has no finite perplexity: null.
        value["protocol"] = serde_json::to_value(protocol)?;
        value["unseen"] = json!(unseen);
        value["learns_while_it_reads"] = json!(learns);
        return output::json(&value);
    }
    let name = if protocol == Protocol::Sentence { "sentence" } else { "stream" };
    let mut text = format!(
        "perplexity {:.3} ({:.3} without unknown words), {:.4} bits a token\n{} tokens in {} lines, {} unknown, protocol {name}\n",
        found.perplexity,
        found.perplexity_without_oov,
        found.bits_per_token,
        found.tokens,
        found.sentences,
        found.oov
    );
    if learns {
        text += "the model learnt from each window of words once it had been scored\n";
    }
    for (n, share) in unseen.iter().enumerate() {
        text += &format!(
            "  {}-grams  {:5.1} % never seen   {:5.1} % of the words predicted by one\n",
            n + 1,
            share * 100.0,
            100.0 * found.matched[n] as f64 / found.tokens as f64
        );
    }
    output::text(&text)
}

fn score(
    common: &Common,
    model: &str,
    file: &str,
    explain: bool,
    counts: Option<&str>,
    (texts, bytes): (&Texts, &Bytes),
) -> Result<()> {
    let pool = super::pool(common);
    let model = load(common, model)?;
    let counted = match counts {
        None => None,
        Some(text) => {
            let options = Options { order: model.counts("--counts")?.order(), ..Options::default() };
            let mut lines = lines(common, text, texts, bytes)?;
            Some(count(&mut lines.source, &options, &pool, &mut until_stopped())?)
        }
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut failed = None;
    let mut texts = model.texts(common, file, texts, bytes)?;
    full_scores(
        &*model,
        &mut texts.source,
        &mut |line, scored| {
            if failed.is_some() {
                return;
            }
            let line = String::from_utf8_lossy(line);
            let words: Vec<&str> = line.split([' ', '\t', '\r', '\0']).filter(|w| !w.is_empty()).collect();
            let written = if common.json {
                writeln!(out, "{}", line_json(&line, &words, scored, explain, counted.as_ref()))
            } else {
                out.write_all(line_text(&line, &words, scored, explain, counted.as_ref()).as_bytes())
            };
            failed = written.err();
        },
        &mut until_stopped(),
    )?;
    match failed.or_else(|| out.flush().err()) {
        Some(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {
            let _ = out.into_parts();
            Ok(())
        }
        Some(e) => Err(e.into()),
        None => Ok(()),
    }
}

/// Calls `each` with the key, the candidates and the line of every set.
fn each_set(file: &str, mut each: impl FnMut(&str, &[&str], usize) -> gyeol_ngram::Result<()>) -> Result<()> {
    let corpus =
        Corpus::open(file, CorpusOptions { format: Some(Format::Text), ..CorpusOptions::default() })?;
    let mut failed = None;
    corpus.each(|set| {
        if failed.is_some() || set.text.trim().is_empty() {
            return Ok(());
        }
        let mut fields = set.text.split('\t');
        let key = fields.next().unwrap_or_default();
        let candidates: Vec<&str> = fields.map(str::trim).filter(|c| !c.is_empty()).collect();
        if candidates.is_empty() {
            return Err(Fault::new("no-candidates", "a key without candidates")
                .file(file)
                .row(set.line as usize)
                .cause("the fields are not set apart by tabs")
                .next("write: key, tab, sentence, tab, sentence …")
                .input());
        }
        failed = each(key, &candidates, set.line as usize).err();
        Ok(())
    })?;
    failed.map_or(Ok(()), |e| Err(e.into()))
}

/// `gyeol rank`: JSON lines, or a line a candidate with its key and place.
fn ranked(common: &Common, model: &str, file: &str, normalise: bool) -> Result<()> {
    let model = load(common, model)?;
    let mut out = Vec::new();
    each_set(file, |key, candidates, _| {
        let words: Vec<Cow<str>> = candidates.iter().map(|text| model.words(text)).collect();
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let ranked = gyeol_ngram::rank_by(&*model, &words, normalise);
        // Writing to memory cannot fail.
        let _ = if common.json {
            let ranked: Vec<Value> = ranked
                .iter()
                .map(|r| json!({ "text": candidates[r.place], "log10": r.log10, "log10_per_word": r.per_word }))
                .collect();
            writeln!(out, "{}", json!({ "key": key, "ranked": ranked }))
        } else {
            ranked.iter().enumerate().try_for_each(|(place, r)| {
                let score = if normalise { r.per_word } else { r.log10 };
                writeln!(out, "{key}\t{}\t{score:.4}\t{}", place + 1, candidates[r.place])
            })
        };
        Ok(())
    })?;
    output::bytes(Path::new("-"), &out)
}

/// `gyeol rank --accuracy`: how often the first candidate is the likeliest; keys that only one set has are not shown.
fn rank_accuracy(common: &Common, model: &str, file: &str, normalise: bool) -> Result<()> {
    let model = load(common, model)?;
    let (mut all, mut keys) = (Accuracy::default(), Vec::<(String, Accuracy)>::new());
    let mut places = std::collections::HashMap::<String, usize>::new();
    each_set(file, |key, candidates, row| {
        let words: Vec<Cow<str>> = candidates.iter().map(|text| model.words(text)).collect();
        let candidates: &[&str] = &words.iter().map(AsRef::as_ref).collect::<Vec<_>>();
        all.add(&*model, candidates, normalise).map_err(|e| e.at(file, row))?;
        let place = *places.entry(key.to_owned()).or_insert_with(|| {
            keys.push((key.to_owned(), Accuracy::default()));
            keys.len() - 1
        });
        keys[place].1.add(&*model, candidates, normalise)
    })?;
    if all.count == 0 {
        return Err(Failure::failed(
            "no-sets",
            format!(
                "{file}: there is no set in it. Next: write: key, tab, true sentence, tab, another sentence …"
            ),
        ));
    }
    if keys.len() == all.count {
        keys.clear();
    }
    if common.json {
        let of = |a: &Accuracy| -> Result<Value> {
            let mut value = serde_json::to_value(a)?;
            let (low, high) = a.interval();
            value["accuracy"] = json!(a.share());
            (value["low"], value["high"]) = (json!(low), json!(high));
            value["chance"] = json!(a.chance / a.count as f64);
            Ok(value)
        };
        let mut each = Vec::new();
        for (key, accuracy) in &keys {
            let mut value = of(accuracy)?;
            value["key"] = json!(key);
            each.push(value);
        }
        return output::json(&json!({ "accuracy": of(&all)?, "keys": each }));
    }
    keys.push(("all".into(), all));
    let wide = keys.iter().map(|k| k.0.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (key, a) in &keys {
        let (low, high) = a.interval();
        let pad = " ".repeat(wide - key.chars().count());
        text += &format!(
            "{key}{pad}  {:5.1} %  [{:.1}, {:.1}]  {} of {} right, {} ties, chance {:.1} %\n",
            a.share() * 100.0,
            low * 100.0,
            high * 100.0,
            a.right,
            a.count,
            a.ties,
            a.chance / a.count as f64 * 100.0
        );
    }
    output::text(&text)
}

fn total(scored: &[Scored]) -> f64 {
    scored.iter().map(|s| f64::from(s.log10)).sum()
}

/// The n-gram that a word was scored by, and its count.
fn used<'a>(words: &[&'a str], at: usize, matched: u8) -> Vec<&'a str> {
    let all: Vec<&str> = ["<s>"].into_iter().chain(words[..at].iter().copied()).collect();
    // A model that is not made of n-grams had all of them in mind.
    let before = usize::from(matched).checked_sub(1).unwrap_or(all.len());
    let last = words.get(at).copied().unwrap_or("</s>");
    all[all.len().saturating_sub(before)..].iter().copied().chain([last]).collect()
}

fn line_json(
    line: &str,
    words: &[&str],
    scored: &[Scored],
    explain: bool,
    counted: Option<&Counted>,
) -> Value {
    let tokens: Vec<Value> = scored
        .iter()
        .enumerate()
        .map(|(at, s)| {
            let token = words.get(at).copied().unwrap_or("</s>");
            let mut value = json!({ "token": token, "log10": s.log10 });
            if explain {
                let gram = used(words, at, s.matched);
                value["p"] = json!(10f64.powf(f64::from(s.log10)));
                value["order"] = json!(s.matched);
                value["ngram"] = json!(gram.join(" "));
                value["back_off"] = json!(s.back_off);
                value["unknown"] = json!(s.unknown);
                if let Some(counted) = counted {
                    value["count"] = json!(counted.count_of(&gram));
                }
            }
            value
        })
        .collect();
    json!({ "text": line.trim(), "log10": total(scored), "tokens": tokens })
}

fn line_text(
    line: &str,
    words: &[&str],
    scored: &[Scored],
    explain: bool,
    counted: Option<&Counted>,
) -> String {
    let mut text = format!("{:.4}\t{}\n", total(scored), line.trim());
    if explain {
        for (at, s) in scored.iter().enumerate() {
            let gram = used(words, at, s.matched);
            let (last, before) = gram.split_last().map_or(("", &[][..]), |(last, before)| (*last, before));
            text += &format!(
                "  p({last} | {}) = {:.3e}   log10 {:.4}",
                before.join(" "),
                10f64.powf(f64::from(s.log10)),
                s.log10,
            );
            // A net has all words before it in mind.
            if s.matched > 0 {
                text += &format!("   order {}   back-off {:.4}", s.matched, s.back_off);
            }
            if let Some(counted) = counted {
                text += &format!("   count {}", counted.count_of(&gram));
            }
            text += if s.unknown { "   unknown word\n" } else { "\n" };
        }
    }
    text
}

fn next(common: &Common, model: &str, context: &str, k: usize) -> Result<()> {
    let model = load(common, model)?;
    let context = model.words(context);
    let ids: Vec<u32> = context.split_whitespace().map(|w| model.text_id(w.as_bytes())).collect();
    let state = score_ids(&*model, &ids, false, |_| {});
    let words = next_words(&*model, &state, k);
    if common.json {
        let next: Vec<Value> =
            words.iter().map(|&(id, p)| json!({ "token": model.word(id), "p": p })).collect();
        return output::json(&json!({ "next": next }));
    }
    let lines: String = words.iter().map(|&(id, p)| format!("{p:.6}  {}\n", model.word(id))).collect();
    output::text(&lines)
}

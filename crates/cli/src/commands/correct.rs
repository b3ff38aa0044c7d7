//! Spelling in context.

use std::fmt::Write;

use gyeol_lm::AnyLm;
use gyeol_ngram::Source;
use gyeol_ngram::correct::{
    Change, Correction, Corrector, ErrorModel, Learning, Params, is_counts, read_counts, read_errors,
};
use gyeol_text::corpus::{Corpus, CorpusOptions, Format, Unit};

use super::models::load;
use super::ngram::two_inputs;
use super::text::{Lines, notes};
use crate::args::Common;
use crate::args::ngram::Correct;
use crate::failure::{Failure, Result};
use crate::progress::until_stopped;

/// Bytes that a thread works on at a time: a second or less of work, so that small files use all threads too.
const BLOCK: usize = 64 << 10;

/// `gyeol correct`: JSON lines, or the corrected lines.
pub fn run(common: &Common, args: &Correct) -> Result<()> {
    two_inputs(&args.model, &args.file)?;
    if args.errors.as_deref() == Some("-") && (args.model == "-" || args.file == "-") {
        return Err(Failure::Usage("only one of model, text and errors can be standard input".into()));
    }
    let params = Params {
        max_distance: args.max_distance,
        typo_rate: args.typo_rate,
        unknown_rate: args.unknown_rate,
        real_words: args.real_words,
        channel_weight: args.weight,
        candidates: args.tried,
    };
    params.check()?;
    let errors = errors(common, args)?;
    let pool = super::pool(common);
    let corrector = if args.model != "-" && is_counts(&args.model)? {
        let counts = read_counts(&mut Source::open(&args.model)?, &mut until_stopped())?;
        Corrector::from_counts(&counts, &errors, params, &mut until_stopped())?.held_as(AnyLm::from)
    } else {
        let model = load(common, &args.model)?.of_words(&args.model)?;
        Corrector::new(model, &errors, params, &mut until_stopped())?
    };
    let options = CorpusOptions {
        format: Some(Format::Text),
        unit: Some(Unit::Line),
        block_bytes: BLOCK,
        ..CorpusOptions::default()
    };
    let corpus = Corpus::open(&args.file, options)?;
    let mut lines = Lines::new();
    let mut failed = None;
    corpus.map(
        &pool,
        |_, block| {
            let mut out = String::with_capacity(2 * block.bytes());
            for document in block.documents() {
                let correction = corrector.correct_listing(document.text, args.candidates);
                if common.json {
                    // Strings and numbers always have a JSON form.
                    out += &serde_json::to_string(&correction).unwrap_or_default();
                    out.push('\n');
                } else {
                    plain(&mut out, &correction);
                }
            }
            out
        },
        |_, out| {
            if failed.is_none() {
                failed = lines.write(out.as_bytes()).err();
            }
            Ok(())
        },
    )?;
    if let Some(e) = failed {
        return Err(e.into());
    }
    lines.finish()?;
    notes(common, &corpus);
    Ok(())
}

fn errors(common: &Common, args: &Correct) -> Result<ErrorModel> {
    if let Some(path) = &args.error_model {
        return Ok(ErrorModel::open(path)?);
    }
    let Some(list) = &args.errors else { return Ok(ErrorModel::flat()) };
    let pairs = read_errors(&mut Source::open(list)?, &mut until_stopped())?;
    let (model, learned) = ErrorModel::learn(
        &pairs,
        &Learning { window: args.window, ..Learning::default() },
        &mut until_stopped(),
    )?;
    if !common.quiet {
        say!(
            "gyeol: {list}: {} pairs learned from, {} edits; left out: {} of equal words, {} with blanks or too long, {} more than three edits apart",
            learned.pairs,
            model.len(),
            learned.equal,
            learned.unfit,
            learned.far
        );
    }
    if let Some(path) = &args.save_error_model {
        model.save(path)?;
    }
    Ok(model)
}

/// The corrected line, and below it what was doubted, if candidates are asked for.
fn plain(out: &mut String, correction: &Correction) {
    let mut doubted: Vec<&Change> = correction
        .changes
        .iter()
        .chain(&correction.kept)
        .filter(|change| !change.candidates.is_empty())
        .collect();
    doubted.sort_by_key(|change| change.position);
    out.push_str(&correction.corrected);
    out.push('\n');
    for change in doubted {
        for candidate in &change.candidates {
            // Writing to memory cannot fail.
            let _ = writeln!(
                out,
                "  {}\t{}\t{:.4}\t{:.4}",
                change.from, candidate.text, candidate.log10, candidate.confidence
            );
        }
    }
}

//! `gyeol vocab`.

use std::path::Path;

use gyeol_text::vocabulary::{Coverage, Vocabulary, VocabularyParams};
use gyeol_text::words::{Subword, SubwordKind};
use serde_json::json;

use super::bar::Bar;
use super::{corpus, notes, preparation, spooled};
use crate::args::{Bytes, Common, Prepare, Texts};
use crate::failure::{Failure, Result};
use crate::output;

/// What is asked for.
pub struct Wanted<'a> {
    pub output: &'a str,
    pub size: Option<usize>,
    pub min_count: u64,
    pub memory: Option<usize>,
    pub keras: bool,
}

/// Counts words and writes the vocabulary.
pub fn vocab(
    common: &Common,
    file: &str,
    wanted: &Wanted<'_>,
    prepare: &Prepare,
    texts: &Texts,
    bytes: &Bytes,
) -> Result<()> {
    output::one_result(common.json, wanted.output)?;
    let spooled = spooled(file)?;
    let chain = preparation(common, prepare, &spooled.name, texts, bytes)?;
    let corpus = corpus(&spooled.name, texts, bytes)?;
    let params = VocabularyParams {
        min_count: wanted.min_count,
        size: wanted.size,
        memory: wanted.memory,
        ..VocabularyParams::default()
    };
    let pool = super::super::pool(common);
    let (mut vocabulary, curve) = {
        let bar = Bar::new(common, &corpus);
        Vocabulary::fit(&corpus, &chain, params, &pool, |_| bar.moved())?
    };
    if vocabulary.words().next().is_none() {
        let tokens = vocabulary.total().tokens;
        let next = if tokens == 0 {
            "give texts with words in them"
        } else {
            "lower --min-count, or give more texts"
        };
        return Err(Failure::failed(
            "empty-vocabulary",
            format!("{file}: of {tokens} tokens no word is left for a vocabulary. Next: {next}"),
        ));
    }
    vocabulary.set_preparation(chain.to_json());
    let text = if wanted.keras { vocabulary.to_keras_json()? } else { vocabulary.to_json() };
    output::bytes(Path::new(wanted.output), text.as_bytes())?;
    notes(common, &corpus);
    let total = vocabulary.total();
    let share = total.covered as f64 / total.tokens.max(1) as f64;
    if common.json {
        return output::json(&json!({
            "size": vocabulary.len(),
            "words": vocabulary.words().count(),
            "tokens": total.tokens,
            "types": total.types,
            "documents": total.documents,
            "coverage": share,
            "curve": curve,
        }));
    }
    if !common.quiet {
        say!(
            "  {} documents · {} tokens · {} distinct words, {} of them kept: {:.2} % of the text",
            total.documents,
            total.tokens,
            total.types,
            vocabulary.words().count(),
            100.0 * share
        );
        let points: Vec<String> = curve
            .iter()
            .map(|Coverage { size, coverage }| format!("{size} → {:.1} %", 100.0 * coverage))
            .collect();
        if !points.is_empty() {
            say!("  most frequent words → share of the text: {}", points.join(" · "));
        }
    }
    Ok(())
}

/// Learns sub-words and writes their `tokenizer.json`.
pub fn subwords(
    common: &Common,
    file: &str,
    wanted: &Wanted<'_>,
    kind: &str,
    texts: &Texts,
    bytes: &Bytes,
) -> Result<()> {
    output::one_result(common.json, wanted.output)?;
    let corpus = corpus(file, texts, bytes)?;
    let mut all = Vec::new();
    {
        let bar = Bar::new(common, &corpus);
        corpus.each(|document| {
            all.push(document.text.to_owned());
            if bar.moved() { Ok(()) } else { Err(gyeol_base::Error::stopped()) }
        })?;
    }
    if all.iter().all(|text| text.trim().is_empty()) {
        return Err(Failure::failed(
            "empty-corpus",
            format!("{file}: there is no word in it. Next: give texts with words in them"),
        ));
    }
    let model = Subword::train(
        all.iter(),
        kind.parse::<SubwordKind>()?,
        wanted.size.unwrap_or(16_000),
        wanted.min_count,
    )?;
    output::bytes(Path::new(wanted.output), model.to_json()?.as_bytes())?;
    notes(common, &corpus);
    if common.json {
        return output::json(&json!({ "size": model.size(), "documents": all.len() }));
    }
    if !common.quiet {
        say!("  {} sub-words; use them by --scheme subword:{}", model.size(), wanted.output);
    }
    Ok(())
}

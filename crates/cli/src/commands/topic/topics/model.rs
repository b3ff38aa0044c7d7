//! What a fitted model says: a document drawn from it, and the topics of other documents.

use gyeol_topic::lda::Lda;
use serde_json::{Value, json};

use super::super::super::pool;
use crate::args::Common;
use crate::args::topic::Topics;
use crate::commands::text::{bar::Bar, corpus, notes, spooled};
use crate::failure::{Failure, Result};

/// Most words of a drawn document.
const MOST: usize = 1_000_000;
/// Words of a line, and of a topic that is named.
const LINE: usize = 12;

/// Draws a document by the story of the model.
pub fn generate(common: &Common, args: &Topics) -> Result<()> {
    let (model, _) = gyeol_models::open_as::<Lda>(&args.file)?;
    let facts = model.facts();
    let mean = (facts.tokens as f64 / facts.documents.max(1) as f64).round().max(1.0) as usize;
    let length = args.length.unwrap_or(mean);
    if length > MOST {
        return Err(Failure::Usage(format!("--length is {length}: at most {MOST} words are drawn")));
    }
    let drawn = model.generate(length, common.seed.unwrap_or(0));
    if common.json {
        let words: Vec<Value> =
            drawn.words.iter().map(|(topic, word)| json!({ "topic": topic, "word": word })).collect();
        return crate::output::json(&json!({ "mix": drawn.mix, "words": words }));
    }
    let mut text = String::from("1. shares of the topics, drawn from the Dirichlet of alpha:\n");
    let mut order: Vec<usize> = (0..model.k()).collect();
    order.sort_by(|a, b| drawn.mix[*b].total_cmp(&drawn.mix[*a]).then(a.cmp(b)));
    for &t in order.iter().filter(|t| drawn.mix[**t] >= 0.01) {
        let words: Vec<&str> = model.topic(t, 6).iter().map(|w| w.word).collect();
        text += &format!("{:6.1} %  topic {t}: {}\n", 100.0 * drawn.mix[t], words.join(" "));
    }
    text += &format!("2. {length} times a topic from the shares, then a word from the topic:\n");
    for line in drawn.words.chunks(LINE) {
        let words: Vec<String> = line.iter().map(|(topic, word)| format!("{word}/{topic}")).collect();
        text += &format!("  {}\n", words.join(" "));
    }
    crate::output::text(&text)
}

/// Shares of topics of the documents of a file.
pub fn infer(common: &Common, args: &Topics, file: &str) -> Result<()> {
    if let Some(path) = &args.output {
        crate::output::one_result(common.json, &path.to_string_lossy())?;
    }
    let (model, _) = gyeol_models::open_as::<Lda>(&args.file)?;
    let pool = pool(common);
    let spooled = spooled(file)?;
    let corpus = corpus(&spooled.name, &args.texts, &args.bytes)?;
    let rows = {
        let bar = Bar::new(common, &corpus);
        model.vectorizer().transform(&corpus, &pool, |_| bar.moved())?
    };
    notes(common, &corpus);
    let documents = model.read(&rows, &pool);
    let unknown = documents.iter().filter(|d| d.mix.is_none()).count();
    if unknown > 0 && !common.quiet {
        say!(
            "  {unknown} of {} documents have no word that the model knows, and get no topics",
            documents.len()
        );
    }
    if let Some(path) = &args.output {
        let mut table = String::from("document");
        (0..model.k()).for_each(|t| table += &format!(",topic_{t}"));
        table.push('\n');
        for (doc, read) in documents.iter().enumerate() {
            table += &(doc + 1).to_string();
            match &read.mix {
                Some(mix) => mix.iter().for_each(|share| table += &format!(",{share}")),
                None => table += &",".repeat(model.k()),
            }
            table.push('\n');
        }
        crate::output::bytes(path, table.as_bytes())?;
    }
    if common.json {
        return crate::output::json(&gyeol_models::inferred(model.k(), &documents));
    }
    if common.quiet || args.output.is_some() {
        return Ok(());
    }
    let mut text = String::new();
    for (doc, read) in documents.iter().enumerate() {
        let Some(mix) = &read.mix else {
            text += &format!("{:6}  no known word\n", doc + 1);
            continue;
        };
        let mut order: Vec<usize> = (0..mix.len()).collect();
        order.sort_by(|a, b| mix[*b].total_cmp(&mix[*a]).then(a.cmp(b)));
        let shares: Vec<String> = order.iter().take(4).map(|&t| format!("{t}:{:.3}", mix[t])).collect();
        text += &format!("{:6}  {}\n", doc + 1, shares.join("  "));
    }
    crate::output::text(&text)
}

//! `gyeol tokenize`.

use gyeol_text::Tokenize;
use gyeol_text::corpus::Block;
use gyeol_text::prepare::{BY_DICTIONARY, LEARNED, Preparation};
use gyeol_text::sentences::{self, Rules};
use gyeol_text::words::SCHEMES;
use serde_json::json;

use super::bar::Bar;
use super::{Lines, corpus, notes, preparation, spooled};
use crate::args::{Bytes, Common, Prepare, Texts};
use crate::failure::{Failure, Result};
use crate::output;

/// Lists the schemes.
pub fn schemes(common: &Common) -> Result<()> {
    if common.json {
        let all: Vec<_> = all().map(|(name, what)| json!({"name": name, "what": what})).collect();
        return output::json(&json!({ "schemes": all }));
    }
    let lines: String = all().map(|(name, what)| format!("  {name:18} {what}\n")).collect();
    output::text(&lines)
}

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCHEMES.iter().chain(LEARNED).chain(BY_DICTIONARY).copied()
}

/// A line a text, or a line a sentence.
pub fn tokenize(
    common: &Common,
    file: &str,
    unit: &str,
    prepare: &Prepare,
    texts: &Texts,
    bytes: &Bytes,
) -> Result<()> {
    let spooled = spooled(file)?;
    let mut prepare = prepare.clone();
    match unit {
        "char" => prepare.scheme = Some("character".into()),
        "subword"
            if !prepare.scheme.as_deref().is_some_and(|s| s.starts_with("subword:"))
                && prepare.like.is_none() =>
        {
            return Err(Failure::Usage(
                "sub-words need a model: --scheme subword:tokenizer.json, which gyeol vocab --subword bpe makes".into(),
            ));
        }
        // Sentences are cut before words are, and need no scheme of them.
        "sentence" => prepare.scheme = Some("whitespace".into()),
        _ => {}
    }
    let rules = match prepare.lang.as_str() {
        "en" => Rules::English,
        "ko" => Rules::Korean,
        _ => Rules::ByText,
    };
    let chain = preparation(common, &prepare, &spooled.name, texts, bytes)?;
    let corpus = corpus(&spooled.name, texts, bytes)?;
    let pool = super::super::pool(common);
    let mut lines = Lines::new();
    {
        let bar = Bar::new(common, &corpus);
        corpus
            .map(
                &pool,
                |_, block| match unit {
                    "sentence" => write_sentences(block, rules, &chain, common.json),
                    _ => write_block(block, &chain, common.json),
                },
                |_, out: Vec<u8>| {
                    lines.write(&out).map_err(output_failed)?;
                    if bar.moved() && !lines.closed { Ok(()) } else { Err(gyeol_base::Error::stopped()) }
                },
            )
            .map(|_| ())
            .or_else(|e| if lines.closed { Ok(()) } else { Err(e) })?;
    }
    lines.finish()?;
    notes(common, &corpus);
    Ok(())
}

pub fn output_failed(source: std::io::Error) -> gyeol_text::Error {
    gyeol_text::Error::io("write", "standard output", "check that there is room where it goes", source)
}

fn write_block(block: &Block, chain: &dyn Tokenize, as_json: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(block.bytes() + block.bytes() / 4);
    for document in block.documents() {
        let start = out.len();
        if as_json {
            out.extend_from_slice(b"{\"tokens\":[");
            let mut first = true;
            chain.each(document.text, &mut |token| {
                if !first {
                    out.push(b',');
                }
                first = false;
                // Writing to memory cannot fail.
                let _ = serde_json::to_writer(&mut out, token);
            });
            out.extend_from_slice(b"]}\n");
        } else {
            chain.each(document.text, &mut |token| {
                if out.len() > start {
                    out.push(b' ');
                }
                // A token that holds white space would look like two.
                if token.contains(char::is_whitespace) {
                    out.extend_from_slice(token.replace(char::is_whitespace, "\u{2581}").as_bytes());
                } else {
                    out.extend_from_slice(token.as_bytes());
                }
            });
            out.push(b'\n');
        }
    }
    out
}

/// A line a sentence; with JSON, a line a text.
fn write_sentences(block: &Block, rules: Rules, chain: &Preparation, as_json: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(block.bytes() + block.bytes() / 8);
    for document in block.documents() {
        let text = chain.cleaned(document.text);
        let mut first = true;
        if as_json {
            out.extend_from_slice(b"{\"sentences\":[");
        }
        sentences::each(&text, rules, &mut |sentence| {
            if as_json {
                if !first {
                    out.push(b',');
                }
                first = false;
                // Writing to memory cannot fail.
                let _ = serde_json::to_writer(&mut out, sentence);
            } else {
                let line = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
                out.extend_from_slice(line.as_bytes());
                out.push(b'\n');
            }
        });
        if as_json {
            out.extend_from_slice(b"]}\n");
        }
    }
    out
}

//! `gyeol encode`.

use std::io::BufRead;
use std::path::Path;

use gyeol_text::encode::{Length, Padding, Side, encode_corpus, one_hot};
use gyeol_text::prepare::Preparation;
use gyeol_text::vocabulary::Vocabulary;
use serde_json::json;

use super::bar::Bar;
use super::tokenize::output_failed;
use super::{Lines, corpus, notes};
use crate::args::{Bytes, Common, Texts};
use crate::failure::{Failure, Result};

/// How rows are written.
pub struct Form<'a> {
    pub pad: Option<&'a str>,
    pub truncate: &'a str,
    pub max_len: Option<usize>,
    pub one_hot: bool,
}

pub fn open(path: &Path) -> Result<Vocabulary> {
    let name = path.display().to_string();
    let next = "make a vocabulary with: gyeol vocab FILE -o VOCAB";
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::Failed(format!("cannot read {name}: {e}. Next: {next}")))?;
    Ok(Vocabulary::from_json(&name, &text)?)
}

/// The chain that a vocabulary was counted with.
pub fn chain(vocabulary: &Vocabulary, path: &Path) -> Result<Preparation> {
    let Some(chain) = vocabulary.preparation() else {
        let words =
            "the vocabulary does not say how its texts were prepared; make it again with: gyeol vocab";
        return Err(Failure::Failed(format!("{}: {words}", path.display())));
    };
    Ok(Preparation::from_json(chain)?)
}

/// Texts to ids.
pub fn encode(
    common: &Common,
    file: &str,
    vocab: &Path,
    form: &Form<'_>,
    texts: &Texts,
    bytes: &Bytes,
) -> Result<()> {
    let vocabulary = open(vocab)?;
    let chain = chain(&vocabulary, vocab)?;
    let corpus = corpus(file, texts, bytes)?;
    let pool = super::super::pool(common);
    let mut lines = Lines::new();
    let truncate: Side = form.truncate.parse()?;
    let (mut rows, mut cut) = (Vec::new(), 0usize);
    let mut out = Vec::new();
    {
        let bar = Bar::new(common, &corpus);
        encode_corpus(&corpus, &vocabulary, &chain, &pool, |ids| {
            let most = form.max_len.unwrap_or(usize::MAX);
            cut += usize::from(ids.len() > most);
            let ids = match truncate {
                _ if ids.len() <= most => ids,
                Side::Pre => &ids[ids.len() - most..],
                Side::Post => &ids[..most],
            };
            if form.pad.is_some() && form.max_len.is_none() {
                rows.push(ids.to_vec());
            } else {
                out.clear();
                write_rows(&[ids], form, vocabulary.len(), common.json, &mut out)?;
                lines.write(&out).map_err(output_failed)?;
            }
            if bar.moved() && !lines.closed { Ok(()) } else { Err(gyeol_text::error::stopped()) }
        })
        .map(|_| ())
        .or_else(|e| if lines.closed { Ok(()) } else { Err(e) })?;
    }
    // The longest row is known only now.
    if !rows.is_empty() {
        let longest = rows.iter().map(Vec::len).max();
        let form = Form { max_len: longest, ..*form };
        for row in &rows {
            out.clear();
            write_rows(&[row], &form, vocabulary.len(), common.json, &mut out)?;
            lines.write(&out)?;
        }
    }
    lines.finish()?;
    notes(common, &corpus);
    if cut > 0 && !common.quiet {
        eprintln!("  {cut} rows were longer than {} and cut", form.max_len.unwrap_or_default());
    }
    Ok(())
}

fn write_rows(
    rows: &[&[u32]],
    form: &Form<'_>,
    size: usize,
    as_json: bool,
    out: &mut Vec<u8>,
) -> gyeol_text::Result<()> {
    let (ids, mask) = match form.pad {
        None => (rows.concat(), None),
        Some(side) => {
            let length = form.max_len.map_or(Length::Longest, Length::Fixed);
            let padding = Padding {
                side: side.parse()?,
                truncate: form.truncate.parse()?,
                length,
                ..Padding::default()
            };
            let padded = padding.apply(rows)?;
            (padded.ids, Some(padded.mask))
        }
    };
    let written = if form.one_hot {
        let hot = one_hot(&ids, size)?;
        let rows: Vec<&[f32]> = hot.chunks(size.max(1)).collect();
        if as_json {
            let rows: Vec<Vec<u8>> =
                rows.iter().map(|r| r.iter().map(|&v| u8::from(v > 0.0)).collect()).collect();
            json!({ "ids": ids, "one_hot": rows }).to_string()
        } else {
            let row =
                |r: &&[f32]| r.iter().map(|v| if *v > 0.0 { "1" } else { "0" }).collect::<Vec<_>>().join(" ");
            rows.iter().map(row).collect::<Vec<_>>().join("\t")
        }
    } else if as_json {
        match mask {
            Some(mask) => {
                json!({ "ids": ids, "mask": mask.iter().map(|&m| u8::from(m)).collect::<Vec<_>>() })
            }
            None => json!({ "ids": ids }),
        }
        .to_string()
    } else {
        ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
    };
    out.extend_from_slice(written.as_bytes());
    out.push(b'\n');
    Ok(())
}

/// Ids back to tokens.
pub fn decode(common: &Common, file: &str, vocab: &Path) -> Result<()> {
    let vocabulary = open(vocab)?;
    let failed =
        |e: std::io::Error| Failure::Failed(format!("cannot read {file}: {e}. Next: check the path"));
    let reader: Box<dyn BufRead> = if file == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::io::BufReader::new(std::fs::File::open(file).map_err(failed)?))
    };
    let mut lines = Lines::new();
    for (number, line) in reader.lines().enumerate() {
        let line = line.map_err(failed)?;
        let place = |what: &str| Failure::Failed(format!("{file}, row {}: {what}", number + 1));
        let ids: Vec<u32> = if line.trim_start().starts_with('{') {
            #[derive(serde::Deserialize)]
            struct Row {
                ids: Vec<u32>,
            }
            serde_json::from_str::<Row>(&line).map_err(|e| place(&format!("not {{\"ids\":[…]}}: {e}")))?.ids
        } else {
            let ids: std::result::Result<Vec<u32>, _> = line.split_whitespace().map(str::parse).collect();
            ids.map_err(|e| place(&format!("not ids between spaces: {e}")))?
        };
        let tokens = vocabulary.decode(&ids).map_err(|e| place(&e.to_string()))?;
        let row = if common.json { json!({ "tokens": tokens }).to_string() } else { tokens.join(" ") };
        lines.write(row.as_bytes())?;
        lines.write(b"\n")?;
    }
    lines.finish()
}

//! `gyeol encode`.

use std::io::BufRead;
use std::path::Path;

use gyeol_text::corpus::Labels;
use gyeol_text::encode::{Length, Padding, Side, encode_corpus, one_hot};
use gyeol_text::prepare::Preparation;
use gyeol_text::vocabulary::Vocabulary;
use serde_json::json;

use super::bar::Bar;
use super::tokenize::output_failed;
use super::{Lines, labelled, notes};
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
        .map_err(|e| Failure::failed("io", format!("cannot read {name}: {e}. Next: {next}")))?;
    Ok(Vocabulary::from_json(&name, &text)?)
}

/// The chain that a vocabulary was counted with.
pub fn chain(vocabulary: &Vocabulary, path: &Path) -> Result<Preparation> {
    let Some(chain) = vocabulary.preparation() else {
        let words =
            "the vocabulary does not say how its texts were prepared; make it again with: gyeol vocab";
        return Err(Failure::failed("bad-vocabulary", format!("{}: {words}", path.display())));
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
    let corpus = labelled(file, texts, bytes, Labels::Kept)?;
    let pool = super::super::pool(common);
    let mut lines = Lines::new();
    let truncate: Side = form.truncate.parse()?;
    let (mut rows, mut cut) = (Vec::new(), 0usize);
    let mut out = Vec::new();
    {
        let bar = Bar::new(common, &corpus);
        encode_corpus(&corpus, &vocabulary, &chain, &pool, |ids, label| {
            let most = form.max_len.unwrap_or(usize::MAX);
            cut += usize::from(ids.len() > most);
            let ids = match truncate {
                _ if ids.len() <= most => ids,
                Side::Pre => &ids[ids.len() - most..],
                Side::Post => &ids[..most],
            };
            if form.pad.is_some() && form.max_len.is_none() {
                rows.push((ids.to_vec(), label.map(str::to_owned)));
            } else {
                out.clear();
                write_row(ids, label, form, vocabulary.len(), common.json, &mut out)?;
                lines.write(&out).map_err(output_failed)?;
            }
            if bar.moved() && !lines.closed { Ok(()) } else { Err(gyeol_base::Error::stopped()) }
        })
        .map(|_| ())
        .or_else(|e| if lines.closed { Ok(()) } else { Err(e) })?;
    }
    // The longest row is known only now.
    if !rows.is_empty() {
        let longest = rows.iter().map(|(ids, _)| ids.len()).max();
        let form = Form { max_len: longest, ..*form };
        for (ids, label) in &rows {
            out.clear();
            write_row(ids, label.as_deref(), &form, vocabulary.len(), common.json, &mut out)?;
            lines.write(&out)?;
        }
    }
    lines.finish()?;
    notes(common, &corpus);
    if cut > 0 && !common.quiet {
        say!("  {cut} rows were longer than {} and cut", form.max_len.unwrap_or_default());
    }
    Ok(())
}

fn write_row(
    ids: &[u32],
    label: Option<&str>,
    form: &Form<'_>,
    size: usize,
    as_json: bool,
    out: &mut Vec<u8>,
) -> gyeol_text::Result<()> {
    let (ids, mask) = match form.pad {
        None => (ids.to_vec(), None),
        Some(side) => {
            let length = form.max_len.map_or(Length::Longest, Length::Fixed);
            let padding = Padding {
                side: side.parse()?,
                truncate: form.truncate.parse()?,
                length,
                ..Padding::default()
            };
            let padded = padding.apply(&[ids])?;
            (padded.ids, Some(padded.mask))
        }
    };
    let hot = if form.one_hot { Some(one_hot(&ids, size)?) } else { None };
    let written = if as_json {
        let mut row = json!({ "ids": ids });
        if let Some(hot) = hot {
            let of = |row: &[f32]| row.iter().map(|&v| u8::from(v > 0.0)).collect::<Vec<u8>>();
            row["one_hot"] = hot.chunks(size.max(1)).map(of).collect::<Vec<_>>().into();
        }
        if let Some(mask) = mask {
            row["mask"] = mask.into_iter().map(u8::from).collect::<Vec<u8>>().into();
        }
        if let Some(label) = label {
            row["label"] = label.into();
        }
        row.to_string()
    } else if let Some(hot) = hot {
        let of =
            |row: &[f32]| row.iter().map(|v| if *v > 0.0 { "1" } else { "0" }).collect::<Vec<_>>().join(" ");
        hot.chunks(size.max(1)).map(of).collect::<Vec<_>>().join("\t")
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
        |e: std::io::Error| Failure::failed("io", format!("cannot read {file}: {e}. Next: check the path"));
    let reader: Box<dyn BufRead> = if file == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::io::BufReader::new(std::fs::File::open(file).map_err(failed)?))
    };
    let mut lines = Lines::new();
    for (number, line) in reader.lines().enumerate() {
        let line = line.map_err(failed)?;
        let place = |what: &str| Failure::failed("bad-row", format!("{file}, row {}: {what}", number + 1));
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

//! Verbs between raw text and integers.

pub mod bar;
pub mod clean;
mod encode;
mod inspect;
mod split;
mod tokenize;
mod vocab;

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use gyeol_text::corpus::{Corpus, CorpusOptions, Format, Labels, format_of};
use gyeol_text::prepare::{Preparation, PreparationParams};
use gyeol_text::stop_words::StopWords;

pub use inspect::{Looked, inspect, is_text};

use super::pool;
use crate::args::{Bytes, Common, Prepare, TextVerb, Texts};
use crate::failure::{Failure, Result};

/// Runs a verb.
pub fn run(common: &Common, verb: TextVerb) -> Result<()> {
    match verb {
        TextVerb::Tokenize { schemes: true, .. } => tokenize::schemes(common),
        TextVerb::Tokenize { file, unit, prepare, texts, bytes, .. } => {
            tokenize::tokenize(common, file.as_deref().unwrap_or("-"), &unit, &prepare, &texts, &bytes)
        }
        TextVerb::Vocab { file, output, size, min_count, memory, keras, subword, prepare, texts, bytes } => {
            let wanted = vocab::Wanted { output: &output, size, min_count, memory, keras };
            if let Some(kind) = subword {
                return vocab::subwords(common, &file, &wanted, &kind, &texts, &bytes);
            }
            vocab::vocab(common, &file, &wanted, &prepare, &texts, &bytes)
        }
        TextVerb::Encode { file, decode: true, vocab, .. } => encode::decode(common, &file, &vocab),
        TextVerb::Encode { file, vocab, pad, truncate, max_len, one_hot, texts, bytes, .. } => {
            let form = encode::Form { pad: pad.as_deref(), truncate: &truncate, max_len, one_hot };
            encode::encode(common, &file, &vocab, &form, &texts, &bytes)
        }
        TextVerb::Split { file, out, valid, test, no_stratify, texts, bytes } => {
            split::split(common, &file, &out, (valid, test), !no_stratify, &texts, &bytes)
        }
    }
}

/// Opens the texts that the options mean, for a verb that looks at no labels.
pub fn corpus(file: &str, texts: &Texts, bytes: &Bytes) -> Result<Corpus> {
    labelled(file, texts, bytes, Labels::Ignored)
}

/// Opens the texts that the options mean.
pub fn labelled(file: &str, texts: &Texts, bytes: &Bytes, labels: Labels) -> Result<Corpus> {
    let parse = |what: &Option<String>| what.as_deref().map(str::parse).transpose();
    let options = CorpusOptions {
        format: texts.format.as_deref().map(str::parse).transpose()?,
        unit: parse(&texts.document)?,
        text: texts.column.clone(),
        label: texts.label.clone(),
        name: shown(file),
        encoding: bytes.encoding.clone(),
        delimiter: super::delimiter(bytes.delimiter.as_deref())?,
        quoting: texts.quotes.as_deref().map(|q| q == "on"),
        header: bytes.named(),
        invalid: texts.invalid.parse()?,
        labels,
        skip_bad: texts.skip_bad,
        max_document_bytes: texts.max_document,
        ..CorpusOptions::default()
    };
    Ok(Corpus::open(file, options)?)
}

/// The chain that the options mean, fitted to the texts where something in it learns.
pub fn preparation(
    common: &Common,
    prepare: &Prepare,
    file: &str,
    texts: &Texts,
    bytes: &Bytes,
) -> Result<Preparation> {
    if let Some(vocab) = &prepare.like {
        return encode::chain(&encode::open(vocab)?, vocab);
    }
    let mut normalise = prepare.normalise.clone();
    if prepare.lower && !normalise.iter().any(|step| step == "lower") {
        normalise.push("lower".into());
    }
    let (mut stop_words, mut stop_above) = (Vec::new(), None);
    for list in &prepare.stop_words {
        match list.strip_prefix("above:") {
            Some(share) => stop_above = Some(share.parse().unwrap_or(f64::NAN)),
            None => {
                let listed = match StopWords::named(list) {
                    Ok(listed) => listed,
                    Err(_) if std::path::Path::new(list).exists() => StopWords::read(list.as_ref())?,
                    Err(e) => return Err(e.into()),
                };
                stop_words.extend(listed.words().into_iter().map(str::to_owned));
            }
        }
    }
    let variants = prepare.variants.as_deref().map(table).transpose()?;
    let params = PreparationParams {
        language: prepare.lang.clone(),
        clean: prepare.clean.clone(),
        scheme: prepare.scheme.clone().unwrap_or("auto".into()),
        dictionary: prepare.dictionary.clone(),
        normalise,
        variants,
        stem: prepare.stem.clone().unwrap_or_default(),
        stop_words,
        stop_above,
    };
    let valid = params.check()?;
    if !valid.learns() {
        return Ok(valid.plain()?);
    }
    let corpus = corpus(file, texts, bytes)?;
    let bar = bar::Bar::new(common, &corpus);
    Ok(valid.fit(&corpus, &pool(common), |_| bar.moved())?)
}

/// A small table of the user's own.
fn table(path: &std::path::Path) -> Result<String> {
    let name = path.display();
    let refused =
        |what: String, next: &str| Failure::failed("io", format!("cannot read {name}: {what}. Next: {next}"));
    let length = std::fs::metadata(path).map_err(|e| refused(e.to_string(), "check the path"))?.len();
    if length > 64 << 20 {
        return Err(refused(
            format!("{length} bytes, more than the limit of 64 MiB"),
            "give a smaller table",
        ));
    }
    std::fs::read_to_string(path).map_err(|e| refused(e.to_string(), "give a table in UTF-8"))
}

/// What was kept in a file because it can be read once alone: the file, and what was named.
static KEPT: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// What a file that [`spooled`] made is called in messages.
pub fn shown(file: &str) -> Option<String> {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.iter().find(|(path, _)| path == file).map(|(_, name)| name.clone())
}

/// Standard input or another pipe as a file, since texts are looked at before they are read; other names stay.
pub struct Spooled {
    pub name: String,
    _kept: Option<(gyeol_base::Partial, tempfile::TempPath)>,
}

pub fn spooled(file: &str) -> Result<Spooled> {
    let pipe = file == "-" || std::fs::metadata(file).is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
    if !pipe {
        return Ok(Spooled { name: file.to_owned(), _kept: None });
    }
    let named = if file == "-" { "standard input" } else { file };
    let failed = |e: std::io::Error| {
        let folder = std::env::temp_dir();
        Failure::failed(
            "io",
            format!(
                "cannot keep {named} in {}: {e}. Next: make room there, or name another folder in TMPDIR",
                folder.display()
            ),
        )
    };
    let mut kept = tempfile::NamedTempFile::new().map_err(failed)?;
    let partial = gyeol_base::Partial::new(kept.path());
    let mut pipe: Box<dyn std::io::Read> = match file {
        "-" => Box::new(std::io::stdin()),
        _ => Box::new(std::fs::File::open(file)?),
    };
    std::io::copy(&mut pipe, &mut kept).map_err(failed)?;
    let path = kept.into_temp_path();
    let name = path.display().to_string();
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).push((name.clone(), named.to_owned()));
    Ok(Spooled { name, _kept: Some((partial, path)) })
}

/// Standard output for many lines; a reader that has seen enough (`| head`) ends it without a failure.
pub(super) struct Lines {
    out: std::io::BufWriter<std::io::StdoutLock<'static>>,
    closed: bool,
}

impl Lines {
    pub fn new() -> Self {
        Lines { out: std::io::BufWriter::with_capacity(1 << 18, std::io::stdout().lock()), closed: false }
    }

    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.closed {
            return Ok(());
        }
        match self.out.write_all(bytes) {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other,
        }
    }

    pub fn finish(mut self) -> Result<()> {
        match self.out.flush() {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e.into()),
            _ => Ok(()),
        }
    }
}

/// Says what reading decided, unless it is to be quiet.
pub(super) fn notes(common: &Common, corpus: &Corpus) {
    if !common.quiet {
        corpus.notes().iter().for_each(|note| say!("  {note}"));
    }
}

fn kind(file: &str, texts: &Texts) -> Result<Format> {
    Ok(match &texts.format {
        Some(name) => name.parse()?,
        None => format_of(file),
    })
}

//! Language models as verbs open them: a bundle with its way from text to tokens, a binary or an ARPA file without.

use std::borrow::Cow;
use std::io::{Read, Write};
use std::ops::Deref;
use std::path::Path;

use gyeol_bundle::{Bundle, Limits};
use gyeol_models::{LmModel, Registry};
use gyeol_ngram::{Layout, NgramModel, Source, read_arpa};
use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, CorpusOptions, Format};
use gyeol_text::lines::TokenLines;

use crate::failure::{Failure, Result};
use crate::progress::until_stopped;

/// A language model; without `lines`, texts are cut at spaces alone.
pub struct Loaded {
    model: NgramModel,
    lines: Option<TokenLines>,
    pool: Pool,
}

impl Deref for Loaded {
    type Target = NgramModel;

    fn deref(&self) -> &NgramModel {
        &self.model
    }
}

/// A text ready to be scored, and the file that holds it until then.
pub struct Prepared {
    pub source: Source,
    _kept: Option<tempfile::TempPath>,
}

impl Loaded {
    /// A text that is in memory, as the model's words with spaces between.
    pub fn words<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.lines {
            Some(lines) => Cow::Owned(lines.line(text)),
            None => Cow::Borrowed(text),
        }
    }

    /// A file as lines of the model's words.
    pub fn texts(&self, file: &str) -> Result<Prepared> {
        let Some(lines) = &self.lines else {
            return Ok(Prepared { source: Source::open(file)?, _kept: None });
        };
        let options = CorpusOptions {
            // A table's columns would have to be named; lines are what every language model reads.
            format: (file == "-").then_some(Format::Text),
            ..CorpusOptions::default()
        };
        let corpus = Corpus::open(file, options)?;
        let mut kept = tempfile::NamedTempFile::new()?;
        lines.write(&corpus, &self.pool, &mut kept, |_| true)?;
        kept.flush()?;
        let path = kept.into_temp_path();
        let name = path.to_str().ok_or_else(|| {
            Failure::failed(
                "temporary-folder",
                "the folder for temporary files has a name that is no text. Next: set TMPDIR",
            )
        })?;
        Ok(Prepared { source: Source::open(name)?, _kept: Some(path) })
    }
}

impl Loaded {
    /// The model alone, for a verb that cuts texts into words itself.
    pub fn of_words(self, path: &str) -> Result<NgramModel> {
        let scheme = self.lines.as_ref().map_or("whitespace", |lines| &lines.chain.params().scheme);
        if !["whitespace", "word", "word-punct", "treebank", "unicode", "auto"].contains(&scheme) {
            return Err(Failure::failed(
                "not-words",
                format!(
                    "{path} is a model of tokens by '{scheme}', and words are corrected. Next: fit one with scheme = \"word\" in [text]"
                ),
            ));
        }
        Ok(self.model)
    }
}

/// A bundle, a binary model, or an ARPA file.
pub fn load(path: &str, pool: Pool) -> Result<Loaded> {
    let plain = |model: NgramModel, pool: Pool| Ok(Loaded { model, lines: None, pool });
    if path == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        if bytes.starts_with(b"gyeolNGR") {
            return plain(NgramModel::from_bytes(bytes, "standard input")?, pool);
        }
        if is_bundle(&bytes) {
            return of_bundle(Bundle::from_bytes(&bytes, &Limits::default())?, "standard input", pool);
        }
        return plain(from_arpa(&mut Source::from_text(bytes), &pool)?, pool);
    }
    let lower = path.to_lowercase();
    if [".arpa", ".arpa.gz", ".arpa.zst", ".lm", ".lm.gz"].iter().any(|end| lower.ends_with(end)) {
        return plain(from_arpa(&mut Source::open(path)?, &pool)?, pool);
    }
    let head = head(path);
    if is_bundle(&head) {
        return of_bundle(Bundle::open(path)?, path, pool);
    }
    match NgramModel::open(Path::new(path)) {
        Err(e) if e.code() == "not-a-model" && begins_as_arpa(&head) => {
            plain(from_arpa(&mut Source::open(path)?, &pool)?, pool)
        }
        other => plain(other?, pool),
    }
}

fn of_bundle(bundle: Bundle, path: &str, pool: Pool) -> Result<Loaded> {
    if !bundle.is::<LmModel>() {
        return Err(Registry::standard().wrong_kind(&bundle, "a language model").in_file(path).into());
    }
    let opened: LmModel = bundle.open_as().map_err(|e| e.in_file(path))?;
    Ok(Loaded { model: opened.model, lines: Some(opened.lines), pool })
}

/// A safetensors file begins with the length of its header, then the header.
fn is_bundle(head: &[u8]) -> bool {
    head.get(4..9).is_some_and(|bytes| bytes == b"\0\0\0\0{")
}

/// The first bytes of a file; none where it cannot be read, which its opening says.
fn head(path: &str) -> Vec<u8> {
    let mut head = Vec::new();
    if let Ok(file) = std::fs::File::open(path) {
        let _ = file.take(256).read_to_end(&mut head);
    }
    head
}

fn begins_as_arpa(head: &[u8]) -> bool {
    // Packed text cannot be seen into here; it is tried.
    head.starts_with(&[0x1f, 0x8b])
        || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || String::from_utf8_lossy(head).trim_start().starts_with("\\data\\")
}

fn from_arpa(source: &mut Source, pool: &Pool) -> Result<NgramModel> {
    let (tables, _) = read_arpa(source, &mut until_stopped())?;
    Ok(NgramModel::from_tables(&tables, Layout::Probing, "{}", pool, &mut until_stopped())?)
}

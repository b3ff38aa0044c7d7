//! Language models as verbs open them: a bundle with its way from text to tokens, a binary or an ARPA file without.

use std::borrow::Cow;
use std::io::{BufWriter, Read, Write};
use std::ops::Deref;
use std::path::Path;

use gyeol_bundle::{Bundle, Limits};
use gyeol_lm::AnyLm;
use gyeol_models::{LmModel, Registry};
use gyeol_ngram::{Layout, NgramModel, Source, read_arpa};
use gyeol_tensor::Pool;
use gyeol_text::lines::TokenLines;

use super::text::{Spooled, bar::Bar, corpus, notes, shown, spooled};
use crate::args::{Bytes, Common, Texts};
use crate::failure::{Failure, Result};
use crate::progress::until_stopped;

/// A language model; without `lines`, texts are cut at spaces alone.
pub struct Loaded {
    model: AnyLm,
    lines: Option<TokenLines>,
    pool: Pool,
}

impl Deref for Loaded {
    type Target = AnyLm;

    fn deref(&self) -> &AnyLm {
        &self.model
    }
}

/// A text ready to be scored, and the file that holds it until then.
pub struct Prepared {
    pub source: Source,
    /// The name that was given, and the file that holds the lines.
    kept: Option<(String, tempfile::TempPath)>,
    _partial: Option<gyeol_base::Partial>,
    _spooled: Option<Spooled>,
}

impl Loaded {
    /// A text that is in memory, as the model's words with spaces between.
    pub fn words<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.lines {
            Some(lines) => Cow::Owned(lines.line(text)),
            None => gyeol_base::plain(text),
        }
    }

    /// The tables of a model of counts, for an option that asks for them.
    pub fn counts(&self, option: &str) -> Result<&NgramModel> {
        let found = format!("{option} is about tables of n-grams, and the model is of another kind");
        self.model.as_ngram().ok_or_else(|| Failure::Usage(format!("{found}: leave it out")))
    }

    /// Tokens as people read them.
    pub fn text(&self, tokens: Vec<&str>) -> String {
        match &self.lines {
            Some(lines) => lines.text(tokens),
            None => tokens.join(" "),
        }
    }

    /// A file as lines of the model's words.
    pub fn texts(&self, common: &Common, file: &str, texts: &Texts, bytes: &Bytes) -> Result<Prepared> {
        let Some(lines) = &self.lines else { return self::lines(common, file, texts, bytes) };
        let spooled = spooled(file)?;
        let corpus = corpus(&spooled.name, texts, bytes)?;
        let bar = Bar::new(common, &corpus);
        let prepared = Prepared::written(file, |kept| {
            lines.write(&corpus, &self.pool, kept, |_| bar.moved())?;
            Ok(())
        })?;
        notes(common, &corpus);
        Ok(prepared)
    }
}

impl Prepared {
    fn written(file: &str, write: impl FnOnce(&mut dyn Write) -> gyeol_base::Result<()>) -> Result<Prepared> {
        let kept = tempfile::NamedTempFile::new()?;
        let partial = Some(gyeol_base::Partial::new(kept.path()));
        let mut kept = BufWriter::new(kept);
        write(&mut kept)?;
        let path = kept.into_inner().map_err(std::io::IntoInnerError::into_error)?.into_temp_path();
        let name = path.to_str().ok_or_else(|| {
            Failure::failed(
                "temporary-folder",
                "the folder for temporary files has a name that is no text. Next: set TMPDIR",
            )
        })?;
        Ok(Prepared {
            source: Source::open(name)?.plain(),
            kept: Some((file.to_owned(), path)),
            _partial: partial,
            _spooled: None,
        })
    }

    /// An error with the name of the file that was given, instead of the one that holds its texts.
    pub fn named(&self, mut error: gyeol_base::Error) -> gyeol_base::Error {
        if let Some((file, _)) = &self.kept {
            let fault = error.fault_mut();
            fault.file = Some(file.clone());
            if let Some(line) = fault.row.take() {
                fault.found += &format!(", in text {line}");
            }
        }
        error
    }
}

/// The texts of a file as lines whose words lie between spaces: as it stands where it is lines already, else a line
/// for each text of a table, of objects, or of a folder.
pub fn lines(common: &Common, file: &str, texts: &Texts, bytes: &Bytes) -> Result<Prepared> {
    let asked = texts.column.is_some()
        || texts.format.is_some()
        || texts.document.is_some()
        || texts.invalid != "refuse"
        || bytes.encoding.is_some()
        || bytes.delimiter.is_some()
        || bytes.named().is_some();
    let spooled = spooled(file)?;
    let corpus = corpus(&spooled.name, texts, bytes)?;
    if !asked && corpus.is_plain_lines()? {
        let name = shown(&spooled.name).unwrap_or_else(|| file.to_owned());
        let source = Source::open(&spooled.name)?.plain().named(name);
        return Ok(Prepared { source, kept: None, _partial: None, _spooled: Some(spooled) });
    }
    let bar = Bar::new(common, &corpus);
    let prepared = Prepared::written(file, |kept| {
        corpus.each(|document| {
            let mut pieces = document.text.lines();
            write!(kept, "{}", pieces.next().unwrap_or_default())
                .and_then(|()| pieces.try_for_each(|piece| write!(kept, " {piece}")))
                .and_then(|()| writeln!(kept))
                .map_err(|e| gyeol_base::Error::writing(std::env::temp_dir(), e))?;
            if bar.moved() { Ok(()) } else { Err(gyeol_base::Error::stopped()) }
        })?;
        Ok(())
    })?;
    drop(bar);
    notes(common, &corpus);
    Ok(prepared)
}

impl Loaded {
    /// The model alone, for a verb that cuts texts into words itself.
    pub fn of_words(self, path: &str) -> Result<AnyLm> {
        let scheme = self.lines.as_ref().map_or("whitespace", |lines| &lines.chain.params().scheme);
        if !["whitespace", "word", "word-punct", "treebank", "word-tokenize", "unicode", "auto"]
            .contains(&scheme)
        {
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
pub fn load(common: &Common, path: &str) -> Result<Loaded> {
    let pool = super::pool(common);
    let plain = |model: NgramModel, pool: Pool| Ok(Loaded { model: model.into(), lines: None, pool });
    if path == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        if bytes.starts_with(b"gyeolNGR") {
            return plain(NgramModel::from_bytes(bytes, "standard input")?, pool);
        }
        if is_bundle(&bytes) {
            return of_bundle(Bundle::from_bytes(&bytes, &Limits::default())?, "standard input", pool);
        }
        return plain(from_arpa(common, &mut Source::from_text(bytes), &pool)?, pool);
    }
    let lower = path.to_lowercase();
    if [".arpa", ".arpa.gz", ".arpa.zst", ".lm", ".lm.gz"].iter().any(|end| lower.ends_with(end)) {
        return plain(from_arpa(common, &mut Source::open(path)?, &pool)?, pool);
    }
    let head = head(path);
    if is_bundle(&head) {
        return of_bundle(Bundle::open(path)?, path, pool);
    }
    match NgramModel::open(Path::new(path)) {
        Err(e) if e.code() == "not-a-model" && begins_as_arpa(&head) => {
            plain(from_arpa(common, &mut Source::open(path)?, &pool)?, pool)
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

/// Whether a file holds a model of counts as `ngram` or KenLM writes it, beside bundles.
pub fn is_counts(path: &Path) -> bool {
    let head = path.to_str().map(head).unwrap_or_default();
    head.starts_with(b"gyeolNGR") || String::from_utf8_lossy(&head).trim_start().starts_with("\\data\\")
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

fn from_arpa(common: &Common, source: &mut Source, pool: &Pool) -> Result<NgramModel> {
    let (tables, repairs) = read_arpa(source, &mut until_stopped())?;
    if repairs.unknown_missing && !common.quiet {
        say!(
            "gyeol: warning: {} has no <unk>: each unknown word gets log10 p = -100, so that perplexities of texts with such words say nothing",
            source.name()
        );
    }
    Ok(NgramModel::from_tables(&tables, Layout::Probing, "{}", pool, &mut until_stopped())?)
}

//! From a recipe to three files of token lines: read, split, prepare.
//!
//! The chain is fitted on the training part alone; each part is then written as lines of tokens into a folder of its own
//! that is gone afterwards, so that texts larger than memory pass through.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use gyeol_base::{Error, Fault, Result};
use gyeol_report::model::TextPart;
use gyeol_tensor::{Pool, Rng};
use gyeol_text::corpus::{Corpus, CorpusOptions, Format, Totals, sha256_of};
use gyeol_text::lines::TokenLines;
use sha2::{Digest, Sha256};

use crate::recipe::{LmRecipe, TextSplitBy};
use crate::tasks::resolved;
use crate::tasks::vectors::{self, VectorFile};
use crate::watch::{Step, Watch};

/// The three parts by the keys of the recipe.
pub(super) const PARTS: [&str; 3] = ["train", "valid", "test"];

/// A line is known again by 128 bits of its hash: among 10⁹ lines two are mistaken with a chance below 10⁻²⁰.
type LineHash = u128;

/// The parts, prepared.
pub(super) struct Parts {
    /// Keeps the files below alive.
    _folder: tempfile::TempDir,
    /// Lines of tokens of each part.
    pub files: [PathBuf; 3],
    /// What each part holds; its unknown tokens are counted when it is scored.
    pub facts: [TextPart; 3],
    /// From text to tokens.
    pub lines: TokenLines,
    /// Hash of the files read.
    pub sha256: String,
    /// Files of vectors that rungs begin with.
    pub vectors: Vec<VectorFile>,
    /// What reading decided where it was not certain.
    pub notes: Vec<String>,
}

impl Parts {
    pub fn path(&self, part: usize) -> &str {
        // Temporary folders have names of ASCII letters in a folder whose name the system gave us as text.
        self.files[part].to_str().unwrap_or_default()
    }
}

fn refused(code: &'static str, found: String, file: &str, cause: &str, next: &str) -> Error {
    Fault::new(code, found).file(file).cause(cause).next(next).input()
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    move |source| Error::writing(path, source)
}

/// Reads, splits and prepares.
pub(super) fn prepare(
    recipe: &LmRecipe,
    beside: Option<&Path>,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Parts> {
    let data = &recipe.data;
    let options = recipe.corpus_options()?;
    let folder = tempfile::tempdir().map_err(io(&std::env::temp_dir()))?;
    let named: Vec<String> = match &data.file {
        Some(file) => vec![resolved(file, beside)],
        None => [&data.train, &data.valid, &data.test]
            .into_iter()
            .flatten()
            .map(|f| resolved(f, beside))
            .collect(),
    };
    if named.iter().any(|file| file == "-") {
        return Err(refused(
            "standard-input",
            "texts are read more than once, standard input only once".into(),
            "-",
            "`-` as a file of [data]",
            "save the texts to a file and name it",
        ));
    }
    let sha256 = sha256_of(&named)?;
    let asked = recipe.rungs.iter().map(|rung| vectors::Asked {
        rung: &rung.name,
        vectors: rung.vectors.as_deref(),
        format: rung.vectors_format.as_deref(),
        embedding: rung.embedding,
    });
    let vectors = vectors::files(asked, beside)?;
    let mut notes = Vec::new();
    let corpora: Vec<Corpus> = if data.file.is_some() {
        let whole = Corpus::open(&named[0], options)?;
        let parts = split(recipe, &whole, &named[0], folder.path(), watch)?;
        notes.extend(whole.notes());
        parts
    } else {
        named.iter().map(|file| Corpus::open(file, options.clone())).collect::<Result<_>>()?
    };
    let mut progress = |part: usize, corpus: &Corpus, seen: Totals| {
        watch.step(Step::Reading { part: PARTS[part], bytes: seen.bytes, of: corpus.bytes() })
    };
    let valid = recipe.preparation().check()?;
    let chain = valid.fit(&corpora[0], pool, |seen| progress(0, &corpora[0], seen))?;
    let lines = TokenLines {
        chain,
        sentences: recipe.text.sentences,
        unknown_is_word: recipe.vocabulary.unknown == "word",
    };
    let mut facts: [TextPart; 3] = Default::default();
    let files = PARTS.map(|part| folder.path().join(format!("{part}.lines")));
    for (part, corpus) in corpora.iter().enumerate() {
        let path = &files[part];
        let mut out = BufWriter::new(File::create(path).map_err(io(path))?);
        let totals = lines.write(corpus, pool, &mut out, |seen| progress(part, corpus, seen))?;
        out.flush().map_err(io(path))?;
        let file = match &data.file {
            Some(file) => file.clone(),
            None => named[part].clone(),
        };
        if totals.tokens == 0 {
            return Err(refused(
                "empty-part",
                format!("the {} part has no token in its {} texts", PARTS[part], totals.documents),
                &file,
                "an empty file, a part with too small a share, or a chain that leaves nothing",
                "give it more texts, or look at them with `gyeol tokenize`",
            ));
        }
        facts[part] = TextPart {
            file,
            documents: totals.documents,
            lines: totals.lines,
            empty: totals.empty,
            tokens: totals.tokens + totals.lines,
            characters: totals.characters,
            unknown: 0,
            repeated: 0,
        };
    }
    repeats(&files, &mut facts)?;
    if data.file.is_none() {
        notes.extend(corpora.iter().flat_map(Corpus::notes));
    }
    Ok(Parts { _folder: folder, files, facts, lines, sha256, vectors, notes })
}

/// Writes one corpus as three, as JSON lines, since a text may hold line ends.
fn split(
    recipe: &LmRecipe,
    whole: &Corpus,
    name: &str,
    folder: &Path,
    watch: &mut dyn Watch,
) -> Result<Vec<Corpus>> {
    let shares = &recipe.split;
    let mut documents = 0u64;
    whole.each(|_| {
        documents += 1;
        Ok(())
    })?;
    if documents < 3 {
        return Err(refused(
            "too-few-texts",
            format!("{documents} texts cannot be split into three parts"),
            name,
            "the whole file was taken for one text, or it is nearly empty",
            "set data.document to \"line\" or \"paragraph\", or give train, valid and test",
        ));
    }
    let paths = PARTS.map(|part| folder.join(format!("{part}.jsonl")));
    let mut outs = Vec::new();
    for path in &paths {
        outs.push(BufWriter::new(File::create(path).map_err(io(path))?));
    }
    // At least one text for each part, in the order of the corpus.
    let bound =
        |share: f64, least: u64, most: u64| ((documents as f64 * share).round() as u64).clamp(least, most);
    let first = bound(shares.train, 1, documents - 2);
    let second = bound(shares.train + shares.valid, first + 1, documents - 1);
    let (mut number, mut problem) = (0u64, None);
    let done = whole.each(|document| {
        let part = match shares.by {
            TextSplitBy::Order => usize::from(number >= first) + usize::from(number >= second),
            TextSplitBy::Random => {
                let drawn = Rng::stream(recipe.seed, line_hash(document.text) as u64).uniform();
                usize::from(drawn >= shares.train) + usize::from(drawn >= shares.train + shares.valid)
            }
        };
        number += 1;
        let written = serde_json::to_writer(&mut outs[part], &serde_json::json!({ "text": document.text }))
            .map_err(std::io::Error::from)
            .and_then(|()| outs[part].write_all(b"\n"));
        let on = number % 4096 != 0 || watch.step(Step::Reading { part: "split", bytes: 0, of: None });
        match written {
            Ok(()) if on => Ok(()),
            Ok(()) => Err(Error::stopped()),
            Err(source) => {
                problem = Some(Error::writing(&paths[part], source));
                Err(Error::stopped())
            }
        }
    });
    if let Some(problem) = problem {
        return Err(problem);
    }
    done?;
    for (out, path) in outs.iter_mut().zip(&paths) {
        out.flush().map_err(io(path))?;
    }
    let options = CorpusOptions {
        format: Some(Format::JsonLines),
        text: Some("text".into()),
        ..CorpusOptions::default()
    };
    paths.iter().map(|path| Corpus::open(path.to_str().unwrap_or_default(), options.clone())).collect()
}

fn line_hash(line: &str) -> LineHash {
    let digest = Sha256::digest(line.as_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    LineHash::from_le_bytes(half)
}

/// Counts the lines of validation and test that stand word for word in the training part.
fn repeats(files: &[PathBuf; 3], facts: &mut [TextPart; 3]) -> Result<()> {
    // The smaller parts are kept, the training part goes by.
    let mut wanted: HashSet<LineHash> = HashSet::new();
    for part in [1, 2] {
        each_line(&files[part], &mut |line| {
            wanted.insert(line_hash(line));
        })?;
    }
    let mut found: HashSet<LineHash> = HashSet::new();
    each_line(&files[0], &mut |line| {
        let hash = line_hash(line);
        if wanted.contains(&hash) {
            found.insert(hash);
        }
    })?;
    for part in [1, 2] {
        let mut repeated = 0;
        each_line(&files[part], &mut |line| repeated += u64::from(found.contains(&line_hash(line))))?;
        facts[part].repeated = repeated;
    }
    Ok(())
}

/// Calls `take` with each line of a file that was written here.
pub(super) fn each_line(path: &Path, take: &mut dyn FnMut(&str)) -> Result<()> {
    let failed = |source: std::io::Error| Error::reading(path, source);
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).map_err(failed)? == 0 {
            return Ok(());
        }
        take(line.trim_end_matches('\n'));
    }
}

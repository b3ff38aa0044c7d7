//! Files of vectors that the embeddings of rungs begin with.

use std::path::{Path, PathBuf};

use gyeol_base::{Error, Fault, Result};
use gyeol_report::model::Fact;
use gyeol_supervised::UnitVectors;
use gyeol_text::corpus::sha256_of;
use gyeol_vectors::pretrained::{Form, Pretrained};

/// What a rung says of vectors.
pub(super) struct Asked<'a> {
    pub rung: &'a str,
    pub vectors: Option<&'a str>,
    pub format: Option<&'a str>,
    pub embedding: Option<usize>,
}

/// A file of vectors.
#[derive(Debug, Clone)]
pub(super) struct VectorFile {
    /// As the recipe names it.
    pub named: String,
    pub path: PathBuf,
    pub form: Option<Form>,
    /// Numbers of a vector.
    pub dimension: usize,
    sha256: String,
}

/// What came of a file: words that were looked for, and those that were found.
pub(super) struct Coverage<'a> {
    pub form: Form,
    pub because: &'a str,
    pub found: [usize; 2],
    pub composed: usize,
    /// Of the training part's words.
    pub share: f64,
}

/// The files that rungs name, each looked at once.
///
/// # Errors
/// A file that cannot be read or holds no vectors; embeddings of another width than its vectors.
pub(super) fn files<'a>(
    asked: impl IntoIterator<Item = Asked<'a>>,
    beside: Option<&Path>,
) -> Result<Vec<VectorFile>> {
    let mut files: Vec<VectorFile> = Vec::new();
    for Asked { rung, vectors, format, embedding } in asked {
        let Some(named) = vectors else { continue };
        let form = format.map(str::parse).transpose()?;
        let known = files.iter().position(|file| file.named == named && file.form == form);
        let at = match known {
            Some(at) => at,
            None => {
                let path = super::resolved(named, beside);
                let dimension = Pretrained::dimension_of(Path::new(&path), form)?;
                let sha256 = sha256_of(std::slice::from_ref(&path))?;
                files.push(VectorFile {
                    named: named.to_owned(),
                    path: path.into(),
                    form,
                    dimension,
                    sha256,
                });
                files.len() - 1
            }
        };
        let dimension = files[at].dimension;
        if let Some(embedding) = embedding.filter(|&embedding| embedding != dimension) {
            let found = format!(
                "the rung '{rung}' has embeddings of {embedding} numbers, and the vectors have {dimension}"
            );
            return Err(Fault::new("other-width", found)
                .file(&files[at].path)
                .next(format!("leave `embedding` out, or write `embedding = {dimension}`"))
                .option());
        }
    }
    Ok(files)
}

/// The file that a rung names.
pub(super) fn of<'v>(
    files: &'v [VectorFile],
    named: Option<&str>,
    format: Option<&str>,
) -> Option<&'v VectorFile> {
    let form = format.and_then(|format| format.parse().ok());
    files.iter().find(|file| Some(file.named.as_str()) == named && file.form == form)
}

/// What a rung is known again by beside its recipe.
pub(super) fn known_by(mut recipe: String, files: &[VectorFile]) -> String {
    for file in files {
        recipe.push_str(&format!("\n# vectors {} {}\n", file.named, file.sha256));
    }
    recipe
}

/// The name of a file without its folder.
fn name(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

impl<'a> Coverage<'a> {
    /// Of the units of texts.
    pub fn of(begins: &'a UnitVectors) -> Coverage<'a> {
        let UnitVectors { form, because, found, composed, share, .. } = begins;
        Coverage { form: *form, because, found: *found, composed: *composed, share: *share }
    }

    /// What the page and the scores say.
    pub fn facts(&self, path: &Path, dimension: usize) -> [Fact; 2] {
        let fact = |key: &str, value| Fact { key: key.into(), value };
        let [found, of] = self.found;
        [
            fact("vectors", format!("{}, {}, {dimension}", name(path), self.form)),
            fact("vectors-found", format!("{found} / {of} ({:.1} %)", 100.0 * self.share)),
        ]
    }

    /// The same in words, with the evidence.
    pub fn words(&self, path: &Path) -> String {
        let [found, of] = self.found;
        let composed = match self.composed {
            0 => String::new(),
            some => format!(", {some} of them by their character n-grams"),
        };
        format!(
            "{}: {found} of {of} words begin with a vector{composed}, {:.1} % of the training part; read as {}: {}",
            name(path),
            100.0 * self.share,
            self.form,
            self.because
        )
    }
}

/// A file of nothing that anybody looks for.
pub(super) fn none_found(path: &Path) -> Error {
    Fault::new("no-word-found", "none of the words of the training part has a vector in it")
        .file(path)
        .cause("vectors of another language, or words cut or written in another way, such as in lower case")
        .next("compare some of its words with those of `gyeol vocab`, or leave `vectors` out")
        .input()
}

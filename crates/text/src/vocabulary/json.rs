//! A vocabulary as a versioned JSON file.
//!
//! ```json
//! {"format":"gyeol-vocabulary","version":1,"padding":"<pad>","unknown":"<unk>",
//!  "documents":3,"tokens":9,"types":5,"preparation":null,"words":[["the",3,3],["load",2,2]]}
//! ```
//! Words stand in the order of their ids, each with its occurrences and the documents that have it. Without an unknown
//! word `"unknown"` is null and words begin at id 1.

use gyeol_base::Fault;
use serde::{Deserialize, Serialize};

use super::{PADDING_TOKEN, Vocabulary};
use gyeol_base::{Error, Result};

const FORMAT: &str = "gyeol-vocabulary";
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Out<'a> {
    format: &'a str,
    version: u32,
    padding: &'a str,
    unknown: Option<&'a str>,
    documents: u64,
    tokens: u64,
    types: u64,
    preparation: Option<&'a serde_json::Value>,
    words: Vec<(&'a str, u64, u64)>,
}

#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u32>,
}

#[derive(Deserialize)]
struct In {
    unknown: Option<String>,
    #[serde(default)]
    documents: u64,
    #[serde(default)]
    tokens: u64,
    #[serde(default)]
    types: u64,
    preparation: Option<serde_json::Value>,
    words: Vec<(String, u64, u64)>,
}

impl Vocabulary {
    /// The vocabulary as JSON, one word a line.
    pub fn to_json(&self) -> String {
        let head = Out {
            format: FORMAT,
            version: VERSION,
            padding: PADDING_TOKEN,
            unknown: self.unknown.map(|_| self.unknown_token.as_str()),
            documents: self.total.documents,
            tokens: self.total.tokens,
            types: self.total.types,
            preparation: self.preparation.as_ref(),
            words: Vec::new(),
        };
        // Plain structures of strings and numbers always have a JSON form.
        let mut json = serde_json::to_string(&head).unwrap_or_default();
        json.truncate(json.len().saturating_sub(2));
        for (i, (_, word, count, documents)) in self.words().enumerate() {
            json.push_str(if i == 0 { "\n" } else { ",\n" });
            json.push_str(&serde_json::to_string(&(word, count, documents)).unwrap_or_default());
        }
        json.push_str("\n]}\n");
        json
    }

    /// Reads [`Vocabulary::to_json`] or the `to_json` of a Keras `Tokenizer`; `name` is for messages.
    ///
    /// # Errors
    /// No JSON of either kind, another version, words that stand twice.
    pub fn from_json(name: &str, json: &str) -> Result<Self> {
        let fault = |code, found: String| Fault::new(code, found).file(name);
        let broken = |e: serde_json::Error| {
            Error::input(
                fault("broken-vocabulary", format!("not a vocabulary: {e}"))
                    .row(e.line())
                    .cause("the file was cut off or altered, or is no vocabulary")
                    .next("make it again with: gyeol vocab FILE -o VOCAB"),
            )
        };
        let head: Head = serde_json::from_str(json).map_err(broken)?;
        if head.format.is_none() && json.contains("word_index") {
            return super::keras::read(name, json);
        }
        if head.format.as_deref() != Some(FORMAT) {
            let found = head.format.map_or("no \"format\"".into(), |f| format!("format \"{f}\""));
            return Err(Error::input(
                fault("not-a-vocabulary", format!("{found} where \"{FORMAT}\" is expected"))
                    .cause("another kind of JSON file")
                    .next("make a vocabulary with: gyeol vocab FILE -o VOCAB"),
            ));
        }
        if head.version != Some(VERSION) {
            let found = head.version.map_or("none".into(), |v| v.to_string());
            return Err(Error::input(
                fault(
                    "other-version",
                    format!("version {found} of the vocabulary form; this program reads {VERSION}"),
                )
                .cause("a file of a newer program")
                .next("read it with the program that made it, or make it again"),
            ));
        }
        let body: In = serde_json::from_str(json).map_err(broken)?;
        let mut vocabulary = Vocabulary::empty(body.unknown.is_some());
        if let Some(unknown) = body.unknown {
            vocabulary.unknown_token = unknown;
        }
        vocabulary.preparation = body.preparation;
        for (i, (word, count, documents)) in body.words.iter().enumerate() {
            if !vocabulary.push(word, *count, *documents) {
                let id = i as u32 + vocabulary.first();
                let before = vocabulary.id(word).unwrap_or_default();
                return Err(Error::input(repeated(name, word, before, id)));
            }
        }
        vocabulary.total.documents = body.documents;
        vocabulary.total.tokens = body.tokens.max(vocabulary.total.covered);
        vocabulary.total.types = body.types.max(body.words.len() as u64);
        Ok(vocabulary)
    }
}

pub(super) fn repeated(name: &str, word: &str, before: u32, id: u32) -> Fault {
    let word = gyeol_base::shorten(word, 60);
    Fault::new("repeated-word", format!("'{word}' has the ids {before} and {id}"))
        .file(name)
        .cause("the file was edited, or two vocabularies were put together")
        .next("take one of the two out, or make the vocabulary again")
}

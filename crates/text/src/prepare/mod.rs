//! The chain from raw text to tokens as one value: fitted on the training part, saved with the model, the same at serving.
//!
//! ```
//! use gyeol_text::prepare::{Preparation, PreparationParams};
//! use gyeol_text::Tokenize;
//!
//! let params = PreparationParams {
//!     language: "en".into(),
//!     normalise: vec!["lower".into()],
//!     stem: "english".into(),
//!     ..PreparationParams::default()
//! };
//! let chain = params.check()?.plain()?;
//! assert_eq!(chain.tokens("The loads were falling."), ["the", "load", "were", "fall", "."]);
//! let again = Preparation::from_json(&chain.to_json())?;
//! assert_eq!(again.tokens("Don't"), chain.tokens("Don't"));
//! # Ok::<(), gyeol_text::Error>(())
//! ```

mod steps;

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use serde::{Deserialize, Serialize};

use crate::clean::Cleaner;
use crate::corpus::{Corpus, Totals};
use crate::korean::{EojeolCounts, Keep, MorphemeParams, Morphemes, Splitter, SplitterParams, SplitterState};
use crate::normalise::lower_into;
use crate::profile::Scripts;
use crate::stop_words::StopWords;
use crate::vocabulary::{Vocabulary, VocabularyParams};
use crate::words::{SCHEMES, Scheme, Tokenize};
use gyeol_base::{Error, Result};
use steps::{Normaliser, Root};

pub use steps::STEPS;

/// Number of the form that [`Preparation::to_json`] writes.
const VERSION: u32 = 1;
/// Schemes that learn from a corpus, beside those of [`SCHEMES`].
pub const LEARNED: &[(&str, &str)] = &[
    ("korean", "stems and particles of Korean, learned from the texts themselves"),
    ("korean-stems", "the same, particles and endings left out"),
];
/// Schemes that read a dictionary.
pub const BY_DICTIONARY: &[(&str, &str)] = &[
    ("morphemes", "morphemes of Korean by a MeCab dictionary on disk"),
    ("morphemes-content", "the same, words with a meaning of their own alone"),
];

fn among(schemes: &[(&str, &str)], name: &str) -> bool {
    schemes.iter().any(|(known, _)| *known == name)
}

/// What a chain does, in the order in which it does it; also the `[text]` part of a recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreparationParams {
    /// Language: `en`, `ko`, or `auto`, which looks at the first texts.
    pub language: String,
    /// Names of the rules of cleaning, see [`crate::clean::RULES`].
    pub clean: Vec<String>,
    /// Name of the scheme that cuts into tokens, or `auto`: `korean` for Korean, `word` for other text.
    pub scheme: String,
    /// Folder of the dictionary that the schemes `morphemes` and `morphemes-content` read.
    pub dictionary: Option<String>,
    /// Names of steps of normalisation, see [`STEPS`].
    pub normalise: Vec<String>,
    /// A table of spellings of the user's own, as [`crate::normalise::Variants`] reads it.
    pub variants: Option<String>,
    /// What is made of each token: nothing, `lemma` (English), or the name of a Snowball stemmer.
    pub stem: String,
    /// Words that are left out, whatever their case (after the stem is taken, if one is).
    pub stop_words: Vec<String>,
    /// Leaves out words that stand in more than this share of the texts too; they are added to `stop_words` by the fit.
    pub stop_above: Option<f64>,
}

impl Default for PreparationParams {
    fn default() -> Self {
        PreparationParams {
            language: "auto".into(),
            clean: Vec::new(),
            scheme: "auto".into(),
            dictionary: None,
            normalise: Vec::new(),
            variants: None,
            stem: String::new(),
            stop_words: Vec::new(),
            stop_above: None,
        }
    }
}

impl PreparationParams {
    /// Checks every name.
    ///
    /// # Errors
    /// A name that is not known, or options that do not fit each other.
    pub fn check(self) -> Result<PreparationValid> {
        if !["auto", "en", "ko"].contains(&self.language.as_str()) {
            let found = gyeol_base::shorten(&self.language, 40);
            return Err(Error::option(
                Fault::new("unknown-language", format!("no language is called '{found}'"))
                    .next("use en, ko or auto"),
            ));
        }
        let morphemes = among(BY_DICTIONARY, &self.scheme);
        let known = self.scheme == "auto" || morphemes || among(LEARNED, &self.scheme);
        if !known && let Err(error) = self.scheme.parse::<Scheme>() {
            // What is wrong with a model is said by who reads it.
            if self.scheme.starts_with("subword:") {
                return Err(error);
            }
            let found = gyeol_base::shorten(&self.scheme, 40);
            let names: Vec<&str> =
                SCHEMES.iter().chain(LEARNED).chain(BY_DICTIONARY).map(|(name, _)| *name).collect();
            return Err(Error::option(
                Fault::new("unknown-scheme", format!("no scheme of words is called '{found}'"))
                    .next(format!("use auto, or one of {}", names.join(", "))),
            ));
        }
        if self.stop_above.is_some_and(|share| !(share > 0.0 && share < 1.0)) {
            return Err(Error::option(
                Fault::new(
                    "bad-share",
                    format!("stop words above a share of {}", self.stop_above.unwrap_or_default()),
                )
                .next("give a share of the texts between 0 and 1, such as 0.5"),
            ));
        }
        if morphemes != self.dictionary.is_some() {
            let found =
                if morphemes { "no dictionary for morphemes" } else { "a dictionary that no scheme reads" };
            return Err(Error::option(
                Fault::new("dictionary", format!("{found}: scheme '{}'", self.scheme))
                    .cause("the schemes morphemes and morphemes-content read a MeCab dictionary on disk, others none")
                    .next("pip download --no-deps python-mecab-ko-dic, unzip it, and name its folder with --dictionary"),
            ));
        }
        let steps = Arc::new(Steps {
            cleaner: Cleaner::named(&self.clean)?,
            normaliser: Normaliser::named(&self.normalise, self.variants.as_deref())?,
            root: Root::named(&self.stem)?,
            stop_words: StopWords::of(&self.stop_words),
        });
        Ok(PreparationValid { params: self, steps })
    }
}

/// A checked chain, to be fitted.
#[derive(Debug, Clone)]
pub struct PreparationValid {
    params: PreparationParams,
    steps: Arc<Steps>,
}

/// What is done around the cut.
#[derive(Debug, Default)]
struct Steps {
    cleaner: Cleaner,
    normaliser: Normaliser,
    root: Root,
    stop_words: StopWords,
}

impl Steps {
    fn prepared<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.normaliser.apply(self.cleaned(text))
    }

    /// The text in one form of Hangul, without what is never seen, after the rules of cleaning.
    fn cleaned<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match gyeol_base::plain(text) {
            Cow::Borrowed(text) => self.cleaner.clean(text),
            Cow::Owned(text) => Cow::Owned(self.cleaner.clean(&text).into_owned()),
        }
    }
}

impl PreparationValid {
    fn learns_to_cut(&self) -> bool {
        let p = &self.params;
        among(LEARNED, &p.scheme) || (p.scheme == "auto" && p.language != "en")
    }

    /// Whether the chain must see texts before it can be used.
    pub fn learns(&self) -> bool {
        let p = &self.params;
        self.learns_to_cut() || p.stop_above.is_some()
    }

    /// The chain where nothing in it learns from texts.
    ///
    /// # Errors
    /// A step that must be fitted.
    pub fn plain(self) -> Result<Preparation> {
        if self.learns() {
            return Err(Error::option(
                Fault::new("not-fitted", format!("scheme '{}' learns from texts", self.params.scheme))
                    .next("fit it, or name the language en or a scheme that does not learn"),
            ));
        }
        let cutter = match (&self.params.dictionary, self.params.scheme.as_str()) {
            (Some(folder), scheme) => {
                let params = MorphemeParams { content_only: scheme == "morphemes-content", tags: false };
                Cutter::Morphemes(Arc::new(Morphemes::open(folder, params)?))
            }
            (None, "auto") => Cutter::Scheme(Scheme::Word),
            (None, scheme) => Cutter::Scheme(scheme.parse()?),
        };
        Ok(self.with(cutter))
    }

    fn with(self, cutter: Cutter) -> Preparation {
        Preparation { params: self.params, steps: self.steps, cutter }
    }

    /// Learns from a corpus (the training part alone) what the chain needs; reads it once where something learns, else not
    /// at all.
    ///
    /// # Errors
    /// Of reading; a scheme for Korean on texts without Hangul; or when `progress` stops it.
    pub fn fit(
        mut self,
        corpus: &Corpus,
        pool: &Pool,
        mut progress: impl FnMut(Totals) -> bool,
    ) -> Result<Preparation> {
        let above = self.params.stop_above.take();
        let mut chain = self.fit_cutter(corpus, pool, &mut progress)?;
        if let Some(share) = above {
            let (counted, _) =
                Vocabulary::fit(corpus, &chain, VocabularyParams::default(), pool, |totals| {
                    progress(totals)
                })?;
            let least = share * counted.total().documents as f64;
            let frequent = counted.words().filter(|(.., documents)| *documents as f64 > least);
            chain.params.stop_words.extend(frequent.map(|(_, word, ..)| word.to_owned()));
            let valid = chain.params.clone().check()?;
            chain.steps = valid.steps;
        }
        Ok(chain)
    }

    fn fit_cutter(
        mut self,
        corpus: &Corpus,
        pool: &Pool,
        progress: &mut dyn FnMut(Totals) -> bool,
    ) -> Result<Preparation> {
        if !self.learns() {
            return self.plain();
        }
        if self.params.language == "auto" {
            self.params.language = language_of(corpus)?.to_owned();
        }
        if self.params.scheme == "auto" {
            self.params.scheme = if self.params.language == "ko" { "korean" } else { "word" }.to_owned();
        }
        if !self.learns() {
            return self.plain();
        }
        let parts: Vec<Mutex<EojeolCounts>> = (0..pool.threads()).map(|_| Mutex::default()).collect();
        let mut seen = Totals::default();
        corpus.map(
            pool,
            |thread, block| {
                let mut counts = parts[thread].lock().unwrap_or_else(PoisonError::into_inner);
                block.documents().for_each(|d| counts.add(&self.steps.prepared(d.text)));
                Totals { documents: block.len() as u64, bytes: block.bytes() as u64 }
            },
            |_, done| {
                seen.documents += done.documents;
                seen.bytes += done.bytes;
                if progress(seen) { Ok(()) } else { Err(Error::stopped()) }
            },
        )?;
        let mut counts = EojeolCounts::new();
        for part in parts {
            counts.merge(part.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
        let keep = if self.params.scheme == "korean-stems" { Keep::Stems } else { Keep::All };
        let splitter = SplitterParams { keep, ..SplitterParams::default() }.check()?.fit(&counts)?;
        Ok(self.with(Cutter::Korean(Arc::new(splitter))))
    }
}

/// `ko` where Hangul makes the larger part of the letters of the first texts, else `en`.
///
/// # Errors
/// Of the corpus.
pub fn language_of(corpus: &Corpus) -> Result<&'static str> {
    let mut scripts = Scripts::default();
    let enough = corpus.each(|document| {
        scripts.add(document.text);
        if scripts.letters() < 100_000 { Ok(()) } else { Err(Error::stopped()) }
    });
    match enough {
        Err(e) if e.code() != "stopped" => Err(e),
        _ if scripts.hangul * 2 > scripts.letters() => Ok("ko"),
        _ => Ok("en"),
    }
}

/// What cuts into tokens.
#[derive(Debug, Clone)]
enum Cutter {
    Scheme(Scheme),
    Korean(Arc<Splitter>),
    Morphemes(Arc<Morphemes>),
    Keras(Keras),
}

/// How a Keras `Tokenizer` cuts: letters made small, every character of `filters` taken for `split`, cut at `split`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Keras {
    lower: bool,
    char_level: bool,
    filters: Option<String>,
    split: Option<String>,
}

impl Tokenize for Keras {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        let split = self.split.as_deref().unwrap_or(" ");
        let filters = self.filters.as_deref().unwrap_or("");
        let text = if self.lower { crate::normalise::lower(text) } else { text.to_owned() };
        if self.char_level {
            let mut buffer = [0; 4];
            text.chars().for_each(|c| token(c.encode_utf8(&mut buffer)));
            return;
        }
        let mut clear = String::with_capacity(text.len());
        for c in text.chars() {
            if filters.contains(c) { clear.push_str(split) } else { clear.push(c) }
        }
        clear.split(split).filter(|word| !word.is_empty()).for_each(token);
    }
}

/// A chain that is ready.
#[derive(Debug, Clone)]
pub struct Preparation {
    params: PreparationParams,
    steps: Arc<Steps>,
    cutter: Cutter,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    params: PreparationParams,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    splitter: Option<SplitterState>,
    /// The `tokenizer.json` of a sub-word scheme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subword: Option<String>,
    /// Words of the dictionary, so that another one is noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dictionary_words: Option<usize>,
}

impl Preparation {
    /// What the chain does; language and scheme as they were found where they were `auto`.
    pub fn params(&self) -> &PreparationParams {
        &self.params
    }

    /// The text after cleaning, before it is cut.
    pub fn cleaned<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.steps.cleaned(text)
    }

    /// The chain with all that it learned.
    pub fn to_json(&self) -> serde_json::Value {
        let mut saved = Saved {
            version: VERSION,
            params: self.params.clone(),
            splitter: None,
            subword: None,
            dictionary_words: None,
        };
        match &self.cutter {
            Cutter::Korean(splitter) => saved.splitter = Some(splitter.state().clone()),
            Cutter::Morphemes(morphemes) => saved.dictionary_words = Some(morphemes.words()),
            // A model that was read has a form to be written in.
            #[cfg(feature = "subword")]
            Cutter::Scheme(Scheme::Subword(_, model)) => saved.subword = model.to_json().ok(),
            Cutter::Scheme(_) => {}
            Cutter::Keras(keras) => return serde_json::json!({ "keras": keras }),
        }
        // Plain structures of strings, numbers and lists always have a JSON form.
        serde_json::to_value(saved).unwrap_or_default()
    }

    /// Reads [`Preparation::to_json`].
    ///
    /// # Errors
    /// Another form or version, or names that are not known.
    pub fn from_json(json: &serde_json::Value) -> Result<Self> {
        let broken = |e: serde_json::Error| {
            Error::input(
                Fault::new("broken-preparation", format!("the preparation cannot be read: {e}"))
                    .cause("a file of another program or version")
                    .next("make it again"),
            )
        };
        if let Some(keras) = json.get("keras") {
            let keras: Keras = serde_json::from_value(keras.clone()).map_err(broken)?;
            let params = PreparationParams { scheme: "keras".into(), ..Default::default() };
            return Ok(Preparation { params, steps: Arc::default(), cutter: Cutter::Keras(keras) });
        }
        let saved: Saved = serde_json::from_value(json.clone()).map_err(broken)?;
        if saved.version != VERSION {
            return Err(Error::input(
                Fault::new(
                    "other-version",
                    format!("version {} of the preparation; this program reads {VERSION}", saved.version),
                )
                .next("read it with the program that made it, or make it again"),
            ));
        }
        #[cfg(feature = "subword")]
        if let Some(model) = &saved.subword {
            // The file may be gone: the model itself travels.
            let mut params = saved.params;
            let name = std::mem::replace(&mut params.scheme, "whitespace".into());
            let valid = params.check()?;
            let model = Arc::new(crate::words::Subword::from_json(&name, model.as_bytes())?);
            let file = name.strip_prefix("subword:").unwrap_or(&name).to_owned();
            let mut chain = valid.with(Cutter::Scheme(Scheme::Subword(file, model)));
            chain.params.scheme = name;
            return Ok(chain);
        }
        let valid = saved.params.check()?;
        match saved.splitter {
            Some(state) if valid.learns() => {
                let splitter = Arc::new(Splitter::from_state(state)?);
                Ok(valid.with(Cutter::Korean(splitter)))
            }
            _ => {
                let chain = valid.plain()?;
                if let (Cutter::Morphemes(m), Some(words)) = (&chain.cutter, saved.dictionary_words)
                    && m.words() != words
                {
                    return Err(Error::input(
                        Fault::new(
                            "other-dictionary",
                            format!("a dictionary of {} words where {words} are expected", m.words()),
                        )
                        .cause("another version of the dictionary lies there now")
                        .next("put the old one back, or make the model again"),
                    ));
                }
                Ok(chain)
            }
        }
    }
}

thread_local! {
    /// Room for a lower-cased text, used again.
    static LOWERED: Cell<String> = const { Cell::new(String::new()) };
}

impl Tokenize for Preparation {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        let steps = &*self.steps;
        let plain = matches!(steps.root, Root::Whole) && self.params.stop_words.is_empty();
        let mut kept = |piece: &str| {
            let root = steps.root.of(piece);
            if !steps.stop_words.contains(&root) {
                token(&root);
            }
        };
        let token: &mut dyn FnMut(&str) = if plain { token } else { &mut kept };
        let mut cut = |text: &str| match &self.cutter {
            Cutter::Scheme(scheme) => scheme.each(text, token),
            Cutter::Korean(splitter) => splitter.each(text, token),
            Cutter::Morphemes(morphemes) => morphemes.each(text, token),
            Cutter::Keras(keras) => keras.each(text, token),
        };
        let cleaned = steps.cleaned(text);
        if steps.normaliser.is_lower_alone() {
            // Taken out while in use, so that a chain inside of `token` finds an empty one.
            let mut lowered = LOWERED.take();
            lower_into(&cleaned, &mut lowered);
            cut(&lowered);
            LOWERED.set(lowered);
        } else {
            cut(&steps.normaliser.apply(cleaned));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::CorpusOptions;

    fn corpus(text: &str) -> (tempfile::TempDir, Corpus) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.txt");
        std::fs::write(&path, text).unwrap();
        let options = CorpusOptions { block_bytes: 64, ..CorpusOptions::default() };
        let corpus = Corpus::open(&path.display().to_string(), options).unwrap();
        (folder, corpus)
    }

    #[test]
    fn the_language_chooses_the_scheme_and_what_was_learned_travels() {
        let nouns = ["학교", "나무", "시장", "바다"];
        let lines: String = nouns
            .iter()
            .flat_map(|noun| ["에", "에서", "는", "도", "까지", "를"].map(|p| format!("{noun}{p} 갔다\n")))
            .collect();
        let (_f, korean) = corpus(&lines);
        let params = PreparationParams::default();
        let mut saved = None;
        for threads in [1, 2, 3, 7] {
            let chain = params.clone().check().unwrap().fit(&korean, &Pool::new(threads), |_| true).unwrap();
            assert_eq!((chain.params().language.as_str(), chain.params().scheme.as_str()), ("ko", "korean"));
            assert_eq!(chain.tokens("나무에서 바다까지")[..2], ["나무", "에서"]);
            let json = chain.to_json();
            assert_eq!(*saved.get_or_insert(json.clone()), json);
            let again = Preparation::from_json(&json).unwrap();
            assert_eq!(again.tokens("시장까지 학교를"), chain.tokens("시장까지 학교를"));
        }
        let (_f, english) = corpus("The load fell.\nIt rose again.\n");
        let chain = params.check().unwrap().fit(&english, &Pool::new(2), |_| true).unwrap();
        assert_eq!((chain.params().language.as_str(), chain.params().scheme.as_str()), ("en", "word"));
    }

    #[test]
    fn a_keras_tokenizer_cuts_as_keras_does() {
        // `Tokenizer().texts_to_sequences` of keras-preprocessing 1.1.2 cuts "The load; fell\tBY 3.5%!" into the load fell by 3 5.
        let filters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";
        let json = serde_json::json!({"keras": {"lower": true, "char_level": false, "filters": filters, "split": " "}});
        let chain = Preparation::from_json(&json).unwrap();
        assert_eq!(chain.tokens("The load; fell\tBY 3.5%!"), ["the", "load", "fell", "by", "3", "5"]);
        assert_eq!(chain.to_json(), json);
    }

    #[test]
    fn steps_work_in_their_order_and_travel() {
        let params = PreparationParams {
            language: "en".into(),
            clean: vec!["html".into(), "entities".into()],
            // Named in another order than they work in.
            normalise: ["lower", "american", "nfc"].map(String::from).to_vec(),
            variants: Some("kWh\tkilowatt hour\n".into()),
            stem: "lemma".into(),
            stop_words: vec!["the".into(), "be".into()],
            ..PreparationParams::default()
        };
        let chain = params.check().unwrap().plain().unwrap();
        let text = "<b>The colours were 3 kWh</b> &amp; cafe\u{301}s";
        let expected = ["color", "3", "kilowatt", "hour", "&", "cafés"];
        assert_eq!(chain.tokens(text), expected);
        let again = Preparation::from_json(&chain.to_json()).unwrap();
        assert_eq!(again.tokens(text), expected);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let of = |language: &str, scheme: &str| PreparationParams {
            language: language.into(),
            scheme: scheme.into(),
            ..PreparationParams::default()
        };
        assert_eq!(of("ko", "morphemes").check().unwrap_err().code(), "dictionary");
        let clean = PreparationParams { clean: vec!["tags".into()], ..of("en", "word") };
        assert_eq!(clean.check().unwrap_err().code(), "unknown-rule");
        let step = PreparationParams { normalise: vec!["upper".into()], ..of("en", "word") };
        assert_eq!(step.check().unwrap_err().code(), "unknown-step");
        let stem = PreparationParams { stem: "klingon".into(), ..of("en", "word") };
        assert!(stem.check().unwrap_err().to_string().contains("english"));
        assert_eq!(of("fr", "auto").check().unwrap_err().code(), "unknown-language");
        let message = of("en", "words").check().unwrap_err().to_string();
        assert!(message.contains("treebank") && message.contains("korean-stems"), "{message}");
        assert_eq!(of("auto", "korean").check().unwrap().plain().unwrap_err().code(), "not-fitted");
        let (_f, english) = corpus("no Hangul here\n");
        let refused = of("auto", "korean").check().unwrap().fit(&english, &Pool::new(1), |_| true);
        assert_eq!(refused.unwrap_err().code(), "no-hangul");
        let mut json = of("en", "word").check().unwrap().plain().unwrap().to_json();
        json["version"] = 2.into();
        assert_eq!(Preparation::from_json(&json).unwrap_err().code(), "other-version");
        assert_eq!(Preparation::from_json(&serde_json::json!({})).unwrap_err().code(), "broken-preparation");
    }
}

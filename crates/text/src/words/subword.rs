//! Sub-words: byte-pair encoding, unigram and WordPiece.
//!
//! By the crate tokenizers, whose `tokenizer.json` is read and written as it is: any such file works here, and a file
//! from here works there. Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units"
//! (2016); Kudo, "Subword Regularization" (2018); Schuster and Nakajima, "Japanese and Korean Voice Search" (2012).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use gyeol_base::Fault;
use tokenizers::decoders::metaspace::Metaspace;
use tokenizers::decoders::wordpiece::WordPiece as WordPieceDecoder;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::unigram::{Unigram, UnigramTrainer};
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::metaspace::PrependScheme;
use tokenizers::{
    AddedToken, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Tokenizer, Trainer,
};

use super::Tokenize;
use crate::{Error, Result};

/// The largest file of a model that is read: far above any in use.
const LARGEST: u64 = 1 << 30;
/// What stands for characters that training did not see.
const UNKNOWN: &str = "[UNK]";

/// How sub-words are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubwordKind {
    /// The most frequent pair becomes one, again and again.
    Bpe,
    /// The pieces that make the corpus most probable, pruned from many.
    Unigram,
    /// Pairs by likelihood, words cut greedily from the left, `##` inside a word.
    WordPiece,
}

impl FromStr for SubwordKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "bpe" => SubwordKind::Bpe,
            "unigram" => SubwordKind::Unigram,
            "wordpiece" => SubwordKind::WordPiece,
            _ => {
                let shown = gyeol_base::shorten(name, 40);
                return Err(Error::option(
                    Fault::new("unknown-subword", format!("no kind of sub-words is called '{shown}'"))
                        .cause("a slip of the pen")
                        .next("use bpe, unigram or wordpiece"),
                ));
            }
        })
    }
}

/// A trained model of sub-words.
///
/// ```
/// use gyeol_text::words::{Subword, SubwordKind, Tokenize};
/// let texts = ["low lower lowest", "new newer newest"].repeat(20);
/// let model = Subword::train(texts.iter(), SubwordKind::Bpe, 40, 2)?;
/// let ids = model.encode("newest low")?;
/// assert_eq!(model.decode(&ids)?, "newest low");
/// # Ok::<(), gyeol_text::Error>(())
/// ```
#[derive(Clone)]
pub struct Subword {
    model: Tokenizer,
}

impl fmt::Debug for Subword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subword({} pieces)", self.size())
    }
}

fn failed(code: &'static str, error: tokenizers::Error) -> Error {
    Error::input(
        Fault::new(code, error.to_string())
            .cause("the text or the model does not fit what the crate tokenizers expects")
            .next("check the file, or train the model anew"),
    )
}

/// Asks the crate, which panics over some models that it has read.
fn within<T>(ask: impl FnOnce() -> tokenizers::Result<T>) -> tokenizers::Result<T> {
    gyeol_base::contained(ask).unwrap_or_else(|| Err("its parts contradict one another".into()))
}

/// The part of a `tokenizer.json` that cannot be read, and why: the crate does not say which, and panics over some.
fn damaged_part(json: &[u8]) -> Option<String> {
    let whole: serde_json::Value = match serde_json::from_slice(json) {
        Ok(whole) => whole,
        Err(e) => return Some(format!("no sound JSON: {e}")),
    };
    let check = |name: &str, read: fn(serde_json::Value) -> serde_json::Result<()>| {
        let part = whole.get(name).filter(|part| !part.is_null())?.clone();
        let read = || read(part).map_err(|e| e.to_string());
        let why = gyeol_base::contained(read)
            .unwrap_or_else(|| Err("its values contradict one another".into()))
            .err()?;
        Some(format!("the field \"{name}\" cannot be read: {why}"))
    };
    fn part<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> serde_json::Result<()> {
        serde_json::from_value::<T>(value).map(drop)
    }
    check("normalizer", part::<tokenizers::NormalizerWrapper>)
        .or_else(|| check("pre_tokenizer", part::<tokenizers::PreTokenizerWrapper>))
        .or_else(|| check("model", part::<tokenizers::ModelWrapper>))
        .or_else(|| check("post_processor", part::<tokenizers::PostProcessorWrapper>))
        .or_else(|| check("decoder", part::<tokenizers::DecoderWrapper>))
}

fn no_text() -> Error {
    Error::input(
        Fault::new("no-text", "no text to learn sub-words from")
            .cause("the corpus is empty or holds white space alone")
            .next("give some texts"),
    )
}

/// Words with a mark for the blank before them.
fn blanks() -> Metaspace {
    Metaspace::new('▁', PrependScheme::Always, true)
}

/// Trains BPE, or WordPiece when its pieces inside a word have a mark; nothing where there is no text.
///
/// The trainer of the crate numbers marked pieces in the order of a hash table, and numbers decide between pairs of one
/// count. Here single characters get their numbers before it begins.
fn pairs<S: AsRef<str> + Send>(
    texts: impl Iterator<Item = S> + Send,
    size: usize,
    min_count: u64,
    mark: Option<&str>,
) -> tokenizers::Result<Option<Subword>> {
    let mut trainer = BpeTrainer::builder().vocab_size(size).min_frequency(min_count).show_progress(false);
    if let Some(mark) = mark {
        trainer = trainer.continuing_subword_prefix(mark.to_owned());
    }
    let mut trainer = trainer.build();
    let inner = Mutex::new(BTreeSet::new());
    let empty = AtomicBool::new(true);
    trainer.feed(texts, |text| {
        let mut pieces = PreTokenizedString::from(text);
        match mark {
            Some(_) => BertPreTokenizer.pre_tokenize(&mut pieces)?,
            None => blanks().pre_tokenize(&mut pieces)?,
        }
        let splits = pieces.get_splits(OffsetReferential::Original, OffsetType::Byte);
        let words: Vec<String> = splits.into_iter().map(|(word, ..)| word.to_owned()).collect();
        if words.iter().any(|w| !w.trim_matches('▁').trim().is_empty()) {
            empty.store(false, Ordering::Relaxed);
        }
        if mark.is_some() {
            let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.extend(words.iter().flat_map(|w| w.chars().skip(1)));
        }
        Ok(words)
    })?;
    if empty.into_inner() {
        return Ok(None);
    }
    trainer.special_tokens = vec![AddedToken::from(UNKNOWN, true)];
    if let Some(mark) = mark {
        let inner = inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        trainer
            .special_tokens
            .extend(inner.into_iter().map(|c| AddedToken::from(format!("{mark}{c}"), false)));
    }
    let mut builder = BPE::builder().unk_token(UNKNOWN.to_owned());
    if let Some(mark) = mark {
        builder = builder.continuing_subword_prefix(mark.to_owned());
    }
    let mut bpe = builder.build()?;
    trainer.train(&mut bpe)?;
    let mut model = match mark {
        Some(_) => Tokenizer::new(WordPiece::from_bpe(&bpe)),
        None => Tokenizer::new(bpe),
    };
    model.add_special_tokens([AddedToken::from(UNKNOWN, true)])?;
    match mark {
        Some(_) => {
            model.with_pre_tokenizer(Some(BertPreTokenizer)).with_decoder(Some(WordPieceDecoder::default()))
        }
        None => model.with_pre_tokenizer(Some(blanks())).with_decoder(Some(blanks())),
    };
    Ok(Some(Subword { model }))
}

/// Trains a unigram model so that the same texts give the same model.
///
/// The trainer of the crate adds probabilities in the order of a hash table and by as many parts as there are threads.
/// Here it gets its words in their order and one thread.
fn unigram<S: AsRef<str>>(
    texts: impl Iterator<Item = S>,
    size: usize,
    fault: impl Fn(tokenizers::Error) -> Error,
) -> Result<Subword> {
    let mut words: BTreeMap<String, u32> = BTreeMap::new();
    for text in texts {
        let mut pieces = PreTokenizedString::from(text.as_ref());
        blanks().pre_tokenize(&mut pieces).map_err(&fault)?;
        for (word, ..) in pieces.get_splits(OffsetReferential::Original, OffsetType::Byte) {
            let count = words.entry(word.to_owned()).or_insert(0);
            *count = count.saturating_add(1);
        }
    }
    words.retain(|word, _| !word.trim_matches('▁').trim().is_empty());
    if words.is_empty() {
        return Err(no_text());
    }
    let mut trainer = UnigramTrainer::builder();
    trainer.vocab_size(u32::try_from(size).unwrap_or(u32::MAX)).show_progress(false);
    trainer.special_tokens(vec![AddedToken::from(UNKNOWN, true)]).unk_token(Some(UNKNOWN.to_owned()));
    let trainer = trainer.build().map_err(|e| fault(e.into()))?;
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|e| fault(e.into()))?;
    let mut model = Unigram::default();
    let special =
        one.install(|| trainer.do_train(words.into_iter().collect(), &mut model)).map_err(&fault)?;
    let mut model = Tokenizer::new(in_order(&model).map_err(&fault)?);
    model.add_special_tokens(special).map_err(&fault)?;
    model.with_pre_tokenizer(Some(blanks())).with_decoder(Some(blanks()));
    Ok(Subword { model })
}

/// The same pieces in an order that hangs on them alone.
///
/// Characters that training dropped come back with the lowest score, the next 0.0001 above it and so on, in the order
/// of a hash table: here in the order of the characters.
fn in_order(model: &Unigram) -> tokenizers::Result<Unigram> {
    let mut pieces: Vec<(String, f64)> = model.iter().cloned().collect();
    let body = &mut pieces[1..];
    let lowest = body.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
    let mut above = 0.0;
    let mut back: Vec<usize> = Vec::new();
    loop {
        let score = lowest + above;
        let before = back.len();
        back.extend((0..body.len()).filter(|&i| body[i].1 == score && body[i].0.chars().nth(1).is_none()));
        if back.len() == before {
            break;
        }
        above += 0.0001;
    }
    let mut scores: Vec<f64> = back.iter().map(|&i| body[i].1).collect();
    scores.sort_by(f64::total_cmp);
    back.sort_by(|&a, &b| body[a].0.cmp(&body[b].0));
    for (i, score) in back.into_iter().zip(scores) {
        body[i].1 = score;
    }
    body.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Unigram::from(pieces, Some(0), model.byte_fallback())
}

impl Subword {
    /// Learns at most `size` sub-words from texts; pairs seen fewer than `min_count` times are not joined (BPE and
    /// WordPiece). BPE and unigram mark blanks by `▁`, so that [`Subword::decode`] gives the text back; WordPiece
    /// gives its words back, set apart by blanks.
    ///
    /// # Errors
    /// No text at all, or a size that leaves no room for pieces.
    pub fn train<S: AsRef<str> + Send>(
        texts: impl Iterator<Item = S> + Send,
        kind: SubwordKind,
        size: usize,
        min_count: u64,
    ) -> Result<Self> {
        if size < 2 {
            return Err(Error::option(
                Fault::new("subword-size", format!("a vocabulary of {size}"))
                    .cause("one entry is for what is unknown")
                    .next("give some thousands"),
            ));
        }
        let fault = |e| failed("subword-training", e);
        match kind {
            SubwordKind::Bpe => pairs(texts, size, min_count, None).map_err(fault),
            SubwordKind::WordPiece => pairs(texts, size, min_count, Some("##")).map_err(fault),
            SubwordKind::Unigram => return unigram(texts, size, fault),
        }?
        .ok_or_else(no_text)
    }

    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// The file cannot be read, is larger than 1 GiB, or is no such file.
    pub fn read(path: &Path) -> Result<Self> {
        let io =
            |source| Error::io("read", path, "name a tokenizer.json that exists and may be read", source);
        let length = std::fs::metadata(path).map_err(io)?.len();
        if length > LARGEST {
            return Err(Error::limit(
                Fault::new("subword-file-size", format!("{length} bytes"))
                    .file(path)
                    .cause("this is no tokenizer.json")
                    .next("name the right file"),
            ));
        }
        Subword::from_json(&path.display().to_string(), &std::fs::read(path).map_err(io)?)
    }

    /// Takes the bytes of a `tokenizer.json`; `name` is for messages.
    ///
    /// # Errors
    /// They are no such file.
    pub fn from_json(name: &str, json: &[u8]) -> Result<Self> {
        let model = within(|| Tokenizer::from_bytes(json)).map_err(|e| {
            let found = damaged_part(json).unwrap_or_else(|| e.to_string());
            Error::input(
                Fault::new("subword-file", found)
                    .file(name)
                    .cause("this is no tokenizer.json, one of a later version, or a damaged one")
                    .next("write it anew with the library that made it, or train a model"),
            )
        })?;
        Ok(Subword { model })
    }

    /// The model as the text of a `tokenizer.json`.
    ///
    /// # Errors
    /// The model holds a part that has no such form.
    pub fn to_json(&self) -> Result<String> {
        self.model.to_string(false).map_err(|e| failed("subword-file", e))
    }

    /// Writes a `tokenizer.json`, whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        gyeol_base::write_bytes(path, self.to_json()?.as_bytes()).map_err(|source| {
            Error::io("write", path, "choose a folder that exists and may be written", source)
        })
    }

    /// Entries of the vocabulary, special ones too.
    pub fn size(&self) -> usize {
        self.model.get_vocab_size(true)
    }

    /// The sub-word of an id.
    pub fn token(&self, id: u32) -> Option<String> {
        self.model.id_to_token(id)
    }

    /// The id of a sub-word.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.model.token_to_id(token)
    }

    /// The ids of a text, without the special ones that a model's template would add.
    ///
    /// # Errors
    /// The model cannot encode the text, such as one without an entry for unknown characters.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let found =
            within(|| self.model.encode_fast(text, false)).map_err(|e| failed("subword-encoding", e))?;
        Ok(found.get_ids().to_vec())
    }

    /// The ids of many texts, on all threads, in order.
    ///
    /// # Errors
    /// See [`Subword::encode`].
    pub fn encode_batch(&self, texts: &[&str]) -> Result<Vec<Vec<u32>>> {
        let found = within(|| self.model.encode_batch_fast(texts.to_vec(), false))
            .map_err(|e| failed("subword-encoding", e))?;
        Ok(found.iter().map(|e| e.get_ids().to_vec()).collect())
    }

    /// The text of ids, without special ones.
    ///
    /// # Errors
    /// An id that the vocabulary does not have.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        if let Some(id) = ids.iter().find(|&&id| self.model.id_to_token(id).is_none()) {
            return Err(Error::input(
                Fault::new("unknown-id", format!("id {id} in a vocabulary of {}", self.size()))
                    .cause("the ids were made with another model")
                    .next("decode with the model that encoded"),
            ));
        }
        // Some decoders of the crate fail on nothing at all.
        let special = self.model.get_added_vocabulary();
        let plain = |id: &u32| self.model.id_to_token(*id).is_some_and(|t| !special.is_special_token(&t));
        if !ids.iter().any(plain) {
            return Ok(String::new());
        }
        within(|| self.model.decode(ids, true)).map_err(|e| failed("subword-decoding", e))
    }
}

impl Tokenize for Subword {
    /// The sub-words as the model writes them. A text that the model cannot encode has none: [`Subword::encode`] says
    /// why.
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        // `encode_fast` leaves the pieces of some models empty.
        if let Ok(found) = within(|| self.model.encode(text, false)) {
            found.get_tokens().iter().for_each(|t| token(t));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> Vec<String> {
        let words = [
            "the",
            "lower",
            "lowest",
            "newer",
            "widest",
            "river",
            "나는",
            "나무",
            "나무에서",
            "집에서",
            "the",
            "a",
        ];
        let mut state = 5u64;
        let line = |_| {
            let mut line = Vec::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                line.push(words[(state >> 33) as usize % words.len()]);
            }
            line.join(" ")
        };
        (0..200).map(line).collect()
    }

    #[test]
    fn what_is_encoded_is_decoded_and_files_keep_it() {
        let folder = tempfile::tempdir().unwrap();
        for kind in [SubwordKind::Bpe, SubwordKind::Unigram, SubwordKind::WordPiece] {
            let model = Subword::train(texts().iter(), kind, 120, 2).unwrap();
            assert!(model.size() > 20 && model.size() <= 120, "{kind:?} {}", model.size());
            let again = Subword::train(texts().iter(), kind, 120, 2).unwrap();
            assert_eq!(model.to_json().unwrap(), again.to_json().unwrap(), "{kind:?}: two trainings differ");
            let path = folder.path().join("tokenizer.json");
            model.write(&path).unwrap();
            let read = Subword::read(&path).unwrap();
            for text in ["the lowest river", "나무에서 나는 newer", "a"] {
                let ids = model.encode(text).unwrap();
                assert_eq!(model.decode(&ids).unwrap(), text, "{kind:?}");
                assert_eq!(read.encode(text).unwrap(), ids);
                assert_eq!(model.encode_batch(&[text, text]).unwrap(), [ids.clone(), ids.clone()]);
                let tokens: Vec<String> = ids.iter().map(|&id| model.token(id).unwrap()).collect();
                assert_eq!(model.tokens(text), tokens);
            }
            let pieces = model.tokens("the lowest river");
            assert!(
                pieces.len() < "the lowest river".len() - 2,
                "{kind:?} learned nothing: {pieces:?} of {}",
                model.size()
            );
        }
    }

    /// A file by Python's tokenizers 0.23.3, with its ids: see `fixtures/subword.py`.
    #[test]
    fn a_file_of_the_python_library_gives_its_ids() {
        let known: serde_json::Value = serde_json::from_str(include_str!("fixtures/subword.json")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.json");
        for (name, model) in known["models"].as_object().unwrap() {
            std::fs::write(&path, model["file"].to_string()).unwrap();
            let read = Subword::read(&path).unwrap();
            for case in model["cases"].as_array().unwrap() {
                let text = case["text"].as_str().unwrap();
                let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
                assert_eq!(read.encode(text).unwrap(), ids, "{name}: {text:?}");
                assert_eq!(read.decode(&ids).unwrap(), case["decoded"].as_str().unwrap(), "{name}: {text:?}");
            }
            // Written and read again it is the same model.
            let before: serde_json::Value = serde_json::from_str(&read.to_json().unwrap()).unwrap();
            read.write(&path).unwrap();
            let after: serde_json::Value =
                serde_json::from_str(&Subword::read(&path).unwrap().to_json().unwrap()).unwrap();
            assert_eq!(before, after);
        }
    }

    #[test]
    fn bad_input_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.json");
        std::fs::write(&path, "{\"model\": 3}").unwrap();
        assert_eq!(Subword::read(&path).unwrap_err().code(), "subword-file");
        assert_eq!(Subword::read(&folder.path().join("none")).unwrap_err().code(), "io");
        let none: [&str; 2] = ["", "  "];
        assert_eq!(Subword::train(none.iter(), SubwordKind::Bpe, 50, 1).unwrap_err().code(), "no-text");
        assert_eq!(Subword::train(["a"].iter(), SubwordKind::Bpe, 1, 1).unwrap_err().code(), "subword-size");
        let model = Subword::train(texts().iter(), SubwordKind::Bpe, 60, 2).unwrap();
        assert_eq!(model.decode(&[9999]).unwrap_err().code(), "unknown-id");
        assert_eq!("bpee".parse::<SubwordKind>().unwrap_err().code(), "unknown-subword");
    }

    #[test]
    fn altered_tokenizers_are_read_or_refused() {
        let kinds = [SubwordKind::Bpe, SubwordKind::Unigram, SubwordKind::WordPiece];
        let samples = kinds
            .map(|kind| Subword::train(texts().iter(), kind, 90, 2).unwrap().to_json().unwrap().into_bytes());
        crate::mutate::fuzz(400, &samples, |bytes| {
            let model = Subword::from_json("tokenizer.json", bytes).map_err(|e| e.to_string())?;
            for text in ["the lowest river", "나무에서"] {
                model.each(text, &mut |_| ());
                if let Ok(ids) = model.encode(text) {
                    let _ = model.decode(&ids);
                }
            }
            Ok(())
        });
    }

    #[test]
    fn the_damaged_part_of_a_tokenizer_is_named() {
        let sound = Subword::train(texts().iter(), SubwordKind::Bpe, 90, 2).unwrap().to_json().unwrap();
        for (part, from, to) in [
            ("decoder", "\"decoder\":{\"type\":\"Metaspace\"", "\"decoder\":{\"type\":\"Metospace\""),
            ("model", "\"type\":\"BPE\"", "\"type\":\"BPX\""),
        ] {
            assert!(sound.contains(from), "{sound}");
            let error = Subword::from_json("t.json", sound.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.to_string().contains(&format!("\"{part}\"")), "{error}");
        }
        assert!(Subword::from_json("t.json", b"{\"version\":").unwrap_err().to_string().contains("JSON"));
    }
}

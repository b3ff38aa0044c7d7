//! `gyeol similar`.

use std::collections::HashMap;
use std::path::Path;

use gyeol_bundle::{Bundle, DataHash};
use gyeol_models::Registry;
use gyeol_tensor::Pool;
use gyeol_text::Tokenize;
use gyeol_text::corpus::sha256_of;
use gyeol_text::encode::fit_encode;
use gyeol_text::prepare::Preparation;
use gyeol_text::vocabulary::VocabularyParams;
use gyeol_topic::lda::Lda;
use gyeol_topic::lsa::Lsa;
use gyeol_vectors::similarity::{DenseIndex, Index, Near};
use gyeol_vectors::svd::TruncatedParams;
use gyeol_vectors::words::{Cooccurrence, WindowParams, WordVectors, ppmi};
use serde_json::{Value, json};

use super::super::pool;
use super::{Source, beginnings};
use crate::args::Common;
use crate::args::topic::Similar;
use crate::commands::text::bar::Bar;
use crate::commands::text::{corpus, notes};
use crate::failure::{Failure, Result};
use crate::output;

/// Dimensions of the words of texts, where there are enough words.
const DIMENSIONS: usize = 100;
/// Least occurrences of a word with a vector.
const LEAST: u64 = 2;

/// The nearest documents or words.
pub fn similar(common: &Common, args: &Similar) -> Result<()> {
    let pool = pool(common);
    if Path::new(&args.file).extension().is_some_and(|e| e == "gyeol") {
        return by_model(common, args, &pool);
    }
    let mut source = Source::new(common, &args.file, &args.terms, &args.prepare, &args.texts, &args.bytes)?;
    source.by_korean_stems()?;
    if args.words {
        let tokens = source.preparation()?;
        // The word as the texts have it: its stem, its small letters.
        let query = match &tokens.tokens(&args.query)[..] {
            [word] => word.clone(),
            _ => args.query.clone(),
        };
        return near_words(common, &word_vectors(&source, tokens, args, &pool)?, &query, args, &pool);
    }
    let (vectorizer, matrix) = source.fit(&pool)?;
    let query = vectorizer.queries(&[&args.query]);
    if query.nonzeros() == 0 {
        return Err(unseen(args));
    }
    let near: Vec<Near> =
        Index::new(&matrix, args.measure)?.search(&query, args.k, &pool)?.into_iter().flatten().collect();
    let mut texts = source.beginnings(near.iter().map(|n| n.row), 160)?;
    let found = |n: &Near| (json!(n.row), n.score, texts.remove(&u64::from(n.row)));
    show(common, near.iter().map(found).collect())
}

/// By a model of `gyeol topics`: words and documents as the coordinates or the topics that it gives them.
fn by_model(common: &Common, args: &Similar, pool: &Pool) -> Result<()> {
    let bundle = Bundle::open(Path::new(&args.file))?;
    if !bundle.is::<Lda>() && !bundle.is::<Lsa>() {
        return Err(Registry::standard().wrong_kind(&bundle, "a model of topics").in_file(&args.file).into());
    }
    let (texts, data) = ([&args.query], bundle.manifest.data.clone());
    let (vectors, documents, query) = if bundle.is::<Lda>() {
        let lda: Lda = bundle.open_as().map_err(|e| e.in_file(&args.file))?;
        let query = lda.vectorizer().transform_texts(&texts);
        let mix = match query.nonzeros() {
            0 => None,
            _ => Some(lda.mixes(&query, pool)?),
        };
        let words = if args.words {
            Some(WordVectors::new(lda.vectorizer().terms(), lda.word_topics()?)?)
        } else {
            None
        };
        (words, lda.document_topics()?, mix)
    } else {
        let lsa: Lsa = bundle.open_as().map_err(|e| e.in_file(&args.file))?;
        let query = lsa.coordinates(&texts, pool);
        let query = query.data().iter().any(|v| *v != 0.0).then_some(query);
        let words =
            if args.words { Some(WordVectors::new(lsa.vectorizer().terms(), lsa.words())?) } else { None };
        (words, lsa.documents().clone(), query)
    };
    if let Some(vectors) = vectors {
        return near_words(common, &vectors, &args.query, args, pool);
    }
    let query = query.ok_or_else(|| unseen(args))?;
    let near = DenseIndex::new(&documents, args.measure)?.search(&query, args.k, pool)?;
    let near: Vec<Near> = near.into_iter().flatten().collect();
    let mut texts = match documents_of(args, &data)? {
        Some(file) => {
            let corpus = corpus(&file, &args.texts, &args.bytes)?;
            beginnings(&corpus, near.iter().map(|n| n.row), 160)?
        }
        None => {
            if !common.quiet {
                say!("  the texts themselves are not in the model: --documents FILE shows those found");
            }
            HashMap::new()
        }
    };
    show(common, near.iter().map(|n| (json!(n.row), n.score, texts.remove(&u64::from(n.row)))).collect())
}

/// The file of the texts that a model was made from: the one named, else that of its name beside the model or here.
fn documents_of(args: &Similar, data: &DataHash) -> Result<Option<String>> {
    let is = |file: &String| sha256_of(std::slice::from_ref(file)).is_ok_and(|sha256| sha256 == data.sha256);
    if let Some(file) = &args.documents {
        sha256_of(std::slice::from_ref(file))?;
        return match is(file) {
            true => Ok(Some(file.clone())),
            false => Err(Failure::failed(
                "other-texts",
                format!(
                    "{file}: not the texts that {} was made from. Likely cause: they were changed, or are others. Next: name {}",
                    args.file, data.name
                ),
            )),
        };
    }
    let beside = Path::new(&args.file).with_file_name(&data.name).display().to_string();
    Ok([beside, data.name.clone()].into_iter().filter(|file| Path::new(file).exists()).find(is))
}

fn unseen(args: &Similar) -> Failure {
    let query = gyeol_base::shorten(&args.query, 60);
    Failure::failed(
        "no-known-word",
        format!(
            "{}: no word of '{query}' is a term of these documents. Likely cause: other words, or another form of them than --scheme cuts out. Next: ask with words that occur there",
            args.file
        ),
    )
}

fn word_vectors(
    source: &Source<'_>,
    tokens: Preparation,
    args: &Similar,
    pool: &Pool,
) -> Result<WordVectors> {
    let corpus = source.corpus()?;
    let params = VocabularyParams { min_count: LEAST, ..VocabularyParams::default() };
    let (vocabulary, encoded) = {
        let bar = Bar::new(source.common, &corpus);
        fit_encode(&corpus, &tokens, params, pool, |_| bar.moved())?
    };
    notes(source.common, &corpus);
    let words: Vec<&str> = vocabulary.words().map(|(_, word, ..)| word).collect();
    let window = WindowParams { window: args.window, ..WindowParams::default() };
    if words.len() < 2 {
        return Err(Failure::failed(
            "too-few-words",
            format!(
                "{}: {} words occur {LEAST} times or more, and words are compared by their company. Likely cause: few or short texts. Next: give more texts, or compare texts without --words",
                args.file,
                words.len()
            ),
        ));
    }
    let counted = Cooccurrence::count(&encoded, vocabulary.first(), words.len(), window, pool)?;
    let matrix = ppmi(&counted.counts, 1.0, 0.75)?;
    let k = args.dimensions.unwrap_or(DIMENSIONS.min(words.len()));
    let params = TruncatedParams { seed: source.common.seed.unwrap_or(0), ..TruncatedParams::new(k) };
    Ok(WordVectors::of(words, &matrix, params, 0.5, pool)?)
}

fn near_words(
    common: &Common,
    vectors: &WordVectors,
    query: &str,
    args: &Similar,
    pool: &Pool,
) -> Result<()> {
    if args.measure != gyeol_vectors::similarity::Measure::Cosine {
        return Err(Failure::Usage("words are compared by the cosine alone".into()));
    }
    let near = match &args.analogy[..] {
        [a, b] => vectors.analogy(a, b, query, args.k, pool)?,
        _ => vectors.nearest(query, args.k, pool)?,
    };
    show(common, near.into_iter().map(|(word, score)| (json!(word), score, None)).collect())
}

fn show(common: &Common, near: Vec<(Value, f64, Option<String>)>) -> Result<()> {
    if common.json {
        let near: Vec<Value> = near
            .into_iter()
            .map(|(id, score, text)| match text {
                Some(text) => json!({ "id": id, "score": score, "text": text }),
                None => json!({ "id": id, "score": score }),
            })
            .collect();
        return output::json(&json!({ "nearest": near }));
    }
    let width = output::width();
    let mut lines = String::new();
    for (id, score, text) in near {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let head = format!("{score:9.4}  {id:10}");
        let room = width.saturating_sub(head.len() + 2);
        let text = text.map(|t| gyeol_base::shorten(&t, room)).unwrap_or_default();
        lines += format!("{head}  {text}").trim_end();
        lines.push('\n');
    }
    output::text(&lines)
}

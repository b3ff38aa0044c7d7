//! Verbs of documents as vectors.

pub(super) mod explain;
mod similar;
mod topics;
mod unlabelled;
mod vectorize;

use std::borrow::Cow;
use std::collections::HashMap;

use gyeol_tensor::Pool;
use gyeol_text::corpus::Corpus;
use gyeol_text::prepare::{Preparation, language_of};
use gyeol_vectors::matrix::Csr;
use gyeol_vectors::vectorize::{Documents, TfIdf, Vectorizer, VectorizerParams, Weight};

use super::text::bar::Bar;
use super::text::{Spooled, corpus, notes, preparation, spooled};
use crate::args::topic::{Terms, TopicVerb};
use crate::args::{Bytes, Common, Prepare, Texts};
use crate::failure::{Failure, Result};

/// Runs a verb.
pub fn run(common: &Common, verb: TopicVerb) -> Result<()> {
    match verb {
        TopicVerb::Vectorize(args) => vectorize::vectorize(common, &args),
        TopicVerb::Similar(args) => similar::similar(common, &args),
        TopicVerb::Topics(args) => topics::topics(common, &args),
        TopicVerb::Cluster(args) => unlabelled::cluster(common, &args),
        TopicVerb::Reduce(args) => unlabelled::reduce(common, &args),
        TopicVerb::Explain(asked) => match &asked.lesson {
            Some(lesson) => super::lessons::run(common, lesson),
            None => super::reasons::explain(common, &asked.asked),
        },
    }
}

/// The texts that a verb reads, and how.
struct Source<'a> {
    common: &'a Common,
    terms: &'a Terms,
    /// As asked for, or as the verb has it where nothing was.
    prepare: Cow<'a, Prepare>,
    texts: &'a Texts,
    bytes: &'a Bytes,
    spooled: Spooled,
}

/// Refuses options that were given and mean nothing to what was chosen.
fn mean_something(given: &[(&str, bool)], to: &str) -> Result<()> {
    let unused: Vec<&str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    if unused.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(format!("{} means nothing to {to}", unused.join(", "))))
}

/// The beginnings of some documents of a corpus, by their numbers.
fn beginnings(
    corpus: &Corpus,
    numbers: impl Iterator<Item = u32>,
    length: usize,
) -> gyeol_base::Result<HashMap<u64, String>> {
    let mut texts: HashMap<u64, String> = numbers.map(|n| (u64::from(n), String::new())).collect();
    corpus.each(|document| {
        if let Some(text) = texts.get_mut(&document.number) {
            *text = gyeol_base::shorten(document.text, length);
        }
        Ok(())
    })?;
    Ok(texts)
}

impl<'a> Source<'a> {
    fn new(
        common: &'a Common,
        file: &str,
        terms: &'a Terms,
        prepare: &'a Prepare,
        texts: &'a Texts,
        bytes: &'a Bytes,
    ) -> Result<Self> {
        Ok(Source { common, terms, prepare: Cow::Borrowed(prepare), texts, bytes, spooled: spooled(file)? })
    }

    fn corpus(&self) -> Result<Corpus> {
        corpus(&self.spooled.name, self.texts, self.bytes)
    }

    /// scikit-learn's rule of tokens unless a scheme or a language is named.
    fn preparation(&self) -> Result<Preparation> {
        let mut prepare = self.prepare.clone().into_owned();
        if prepare.like.is_none() {
            if prepare.scheme.is_none() && prepare.lang == "auto" {
                prepare.scheme = Some("scikit-learn".into());
                prepare.lang = "en".into();
            }
            prepare.lower |= !self.terms.keep_case;
        }
        preparation(self.common, &prepare, &self.spooled.name, self.texts, self.bytes)
    }

    fn params(&self) -> Result<VectorizerParams> {
        let terms = self.terms;
        let named = terms.weight.as_deref().unwrap_or("tfidf");
        let weight = match named {
            "count" => Weight::Count,
            "binary" => Weight::Binary,
            "bm25" => Weight::bm25(),
            _ => Weight::TfIdf(TfIdf {
                tf: terms.tf.unwrap_or_default(),
                idf: terms.idf.unwrap_or_default(),
                norm: terms.norm.unwrap_or_default(),
            }),
        };
        if named != "tfidf" {
            let given = [
                ("--tf", terms.tf.is_some()),
                ("--idf", terms.idf.is_some()),
                ("--norm", terms.norm.is_some()),
            ];
            mean_something(&given, &format!("--weight {named}"))?;
        }
        Ok(VectorizerParams {
            ngrams: terms.ngrams,
            min_documents: terms.min_df.unwrap_or(Documents::Count(1)),
            max_documents: terms.max_df,
            max_terms: terms.max_terms,
            vocabulary: None,
            weight,
        })
    }

    /// The beginnings of some documents, by their numbers.
    fn beginnings(
        &self,
        numbers: impl Iterator<Item = u32>,
        length: usize,
    ) -> gyeol_base::Result<HashMap<u64, String>> {
        beginnings(&self.corpus().map_err(Failure::into_error)?, numbers, length)
    }

    /// Korean texts by their stems, where neither a scheme nor a language is named; it is said.
    fn by_korean_stems(&mut self) -> Result<()> {
        let asked = &self.prepare;
        if asked.like.is_none()
            && asked.scheme.is_none()
            && asked.lang == "auto"
            && language_of(&self.corpus()?)? == "ko"
        {
            let prepare = self.prepare.to_mut();
            prepare.lang = "ko".into();
            prepare.scheme = Some("korean-stems".into());
            if !self.common.quiet {
                say!("  Korean: words by their stems; --scheme scikit-learn takes them as they stand");
            }
        }
        Ok(())
    }

    /// Fits a vectorizer on the texts.
    fn fit(&self, pool: &Pool) -> Result<(Vectorizer, Csr)> {
        let params = self.params()?;
        let tokens = self.preparation()?;
        self.fit_with(params, tokens, pool)
    }

    fn fit_with(
        &self,
        params: VectorizerParams,
        tokens: Preparation,
        pool: &Pool,
    ) -> Result<(Vectorizer, Csr)> {
        let valid = params.check()?;
        let corpus = self.corpus()?;
        let fitted = {
            let bar = Bar::new(self.common, &corpus);
            valid.fit(&corpus, tokens, pool, |_| bar.moved())?
        };
        notes(self.common, &corpus);
        Ok(fitted)
    }
}

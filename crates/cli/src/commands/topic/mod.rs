//! Verbs of documents as vectors.

mod explain;
mod similar;
mod topics;
mod vectorize;

use gyeol_text::corpus::Corpus;
use gyeol_text::prepare::Preparation;
use gyeol_topic::vectorize::{Documents, TfIdf, Vectorizer, VectorizerParams, Weight};

use super::text::bar::Bar;
use super::text::{Spooled, corpus, notes, preparation, spooled};
use crate::args::topic::{Explained, Terms, TopicVerb};
use crate::args::{Bytes, Common, Prepare, Texts};
use crate::failure::{Failure, Result};

/// Runs a verb.
pub fn run(common: &Common, verb: TopicVerb) -> Result<()> {
    match verb {
        TopicVerb::Vectorize(args) => vectorize::vectorize(common, &args),
        TopicVerb::Similar(args) => similar::similar(common, &args),
        TopicVerb::Topics(args) => topics::topics(common, &args),
        TopicVerb::Explain(Explained::Svd { file, digits }) => {
            explain::svd(common, file.as_deref(), usize::from(digits))
        }
    }
}

/// The texts that a verb reads, and how.
struct Source<'a> {
    common: &'a Common,
    terms: &'a Terms,
    prepare: &'a Prepare,
    texts: &'a Texts,
    bytes: &'a Bytes,
    spooled: Spooled,
    /// How texts are cut where the verb has a rule of its own.
    own_prepare: Option<Prepare>,
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
        Ok(Source { common, terms, prepare, texts, bytes, spooled: spooled(file)?, own_prepare: None })
    }

    fn corpus(&self) -> Result<Corpus> {
        corpus(&self.spooled.name, self.texts, self.bytes)
    }

    /// scikit-learn's rule of tokens unless a scheme or a language is named.
    fn preparation(&self) -> Result<Preparation> {
        let mut prepare = self.own_prepare.as_ref().unwrap_or(self.prepare).clone();
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
        let unused =
            [("--tf", terms.tf.is_some()), ("--idf", terms.idf.is_some()), ("--norm", terms.norm.is_some())];
        let unused: Vec<&str> = unused.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        if named != "tfidf" && !unused.is_empty() {
            return Err(Failure::Usage(format!("{} means nothing to --weight {named}", unused.join(", "))));
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

    /// Fits a vectorizer on the texts.
    fn fit(&self, pool: &gyeol_tensor::Pool) -> Result<(Vectorizer, gyeol_topic::matrix::Csr)> {
        let valid = self.params()?.check()?;
        let tokens = self.preparation()?;
        let corpus = self.corpus()?;
        let fitted = {
            let bar = Bar::new(self.common, &corpus);
            valid.fit(&corpus, tokens, pool, |_| bar.moved())?
        };
        notes(self.common, &corpus);
        Ok(fitted)
    }
}

//! From a file to a model, whatever its kind.

use std::path::Path;

use gyeol_base::{Error, Fault, Result};
use gyeol_bundle::{Bundle, Packed, Summary};
use gyeol_forecast::Forecaster;
use gyeol_sequence::{Tagger, Translator};
use gyeol_supervised::{Classifier, ClusterModel, ComponentModel, Regressor};
use gyeol_topic::lda::Lda;
use gyeol_topic::lsa::Lsa;

use crate::topics::Searched;
use crate::{Answers, LmModel};

/// A model that was opened.
pub struct Opened {
    /// What the file says of it.
    pub summary: Summary,
    /// The model.
    pub model: Box<dyn Answers>,
}

/// How one kind of model is opened.
struct Entry {
    kind: &'static str,
    rung: Option<&'static str>,
    /// Which rungs it is about.
    of: fn(&str) -> bool,
    open: fn(Bundle) -> Result<Box<dyn Answers>>,
    /// Verbs of the command that take such a file.
    commands: &'static [&'static str],
}

/// The kinds of models that can be opened.
pub struct Registry {
    entries: Vec<Entry>,
}

impl Registry {
    /// No kind at all.
    pub fn empty() -> Registry {
        Registry { entries: Vec::new() }
    }

    /// Every kind that this program fits.
    pub fn standard() -> Registry {
        Registry::empty()
            .with_of::<Forecaster>(learns, &["predict", "evaluate", "explain", "update", "serve", "show"])
            .with::<Forecaster>(&["predict", "evaluate", "serve", "show"])
            .with::<Classifier>(&["predict", "evaluate", "explain", "serve", "show"])
            .with::<Regressor>(&["predict", "evaluate", "explain", "serve", "show"])
            .with::<ClusterModel>(&["predict", "serve", "show"])
            .with::<ComponentModel>(&["predict", "serve", "show"])
            .with_of::<LmModel>(
                has_net,
                &[
                    "perplexity",
                    "score",
                    "next",
                    "generate",
                    "rank",
                    "correct",
                    "rescore",
                    "explain",
                    "serve",
                    "show",
                ],
            )
            .with::<LmModel>(&[
                "perplexity",
                "score",
                "next",
                "generate",
                "rank",
                "correct",
                "rescore",
                "serve",
                "show",
            ])
            .with::<Tagger>(&["tag", "evaluate", "explain", "serve", "show"])
            .with_of::<Translator>(reads_source, &["translate", "evaluate", "explain", "serve", "show"])
            .with::<Translator>(&["translate", "evaluate", "serve", "show"])
            .with_as::<Lda, Searched<Lda>>(&[
                "topics --infer",
                "topics --generate",
                "similar",
                "serve",
                "show",
            ])
            .with_as::<Lsa, Searched<Lsa>>(&["similar", "serve", "show"])
    }

    /// One kind more; `commands` are the verbs of the command that take it.
    #[must_use]
    pub fn with<M: Packed + Answers + 'static>(self, commands: &'static [&'static str]) -> Registry {
        self.with_as::<M, M>(commands)
    }

    /// Some rungs of a kind, whose others come after.
    #[must_use]
    pub fn with_of<M: Packed + Answers + 'static>(
        self,
        of: fn(&str) -> bool,
        commands: &'static [&'static str],
    ) -> Registry {
        let mut all = self.with_as::<M, M>(commands);
        all.entries.iter_mut().rev().take(1).for_each(|entry| entry.of = of);
        all
    }

    /// One kind more that is asked through another type: one that keeps what answers are found with.
    #[must_use]
    pub fn with_as<M: Packed, A: Answers + From<M> + 'static>(
        mut self,
        commands: &'static [&'static str],
    ) -> Registry {
        self.entries.push(Entry {
            kind: M::KIND,
            rung: M::RUNG,
            of: |_| true,
            open: |bundle| Ok(Box::new(A::from(bundle.open_as::<M>()?))),
            commands,
        });
        self
    }

    fn entry(&self, kind: &str, rung: &str) -> Option<&Entry> {
        let fits = |e: &&Entry| e.kind == kind && e.rung.is_none_or(|wanted| wanted == rung) && (e.of)(rung);
        self.entries.iter().find(fits)
    }

    /// Verbs of the command that take a file of this kind; none for an unknown one.
    pub fn commands(&self, kind: &str, rung: &str) -> &'static [&'static str] {
        self.entry(kind, rung).map_or(&[], |entry| entry.commands)
    }

    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// A file that is no bundle or is damaged; a kind that is not known (`unknown-kind`).
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Opened> {
        let path = path.as_ref();
        let bundle = Bundle::open(path)?;
        let m = &bundle.manifest;
        let Some(entry) = self.entry(&m.kind, &m.rung) else {
            let found = format!("a file of kind '{}' (rung {}), which holds no model to ask", m.kind, m.rung);
            return Err(Fault::new("unknown-kind", found)
                .file(path)
                .cause("a state of a stopped fit, or a model of a newer version")
                .next("see with `gyeol show` what it holds")
                .input());
        };
        let summary = bundle.summary();
        let model = (entry.open)(bundle).map_err(|e| e.in_file(path))?;
        Ok(Opened { summary, model })
    }

    /// Opens a file that must hold a model of one type.
    ///
    /// # Errors
    /// As [`Registry::open`]; another kind (`wrong-kind`), with the verbs that it answers.
    pub fn open_as<M: Packed>(&self, path: impl AsRef<Path>) -> Result<(M, Summary)> {
        let path = path.as_ref();
        self.opened_as(Bundle::open(path)?, path)
    }

    /// The same of a bundle that was opened from `path`.
    ///
    /// # Errors
    /// As [`Registry::open_as`].
    pub fn opened_as<M: Packed>(&self, bundle: Bundle, path: impl AsRef<Path>) -> Result<(M, Summary)> {
        let path = path.as_ref();
        if !bundle.is::<M>() {
            return Err(self.wrong_kind(&bundle, M::KIND).in_file(path));
        }
        let summary = bundle.summary();
        Ok((bundle.open_as::<M>().map_err(|e| e.in_file(path))?, summary))
    }

    /// The error of a model of another kind than was needed: what the file is, and which verbs it answers.
    pub fn wrong_kind(&self, bundle: &Bundle, wanted: &str) -> Error {
        let error = bundle.wrong_kind(wanted);
        match self.commands(&bundle.manifest.kind, &bundle.manifest.rung) {
            [] => error,
            commands => error.with_next(format!("ask it by {}", commands.join(", "))),
        }
    }
}

/// Whether a rung of forecasts learns anything: it has terms or gates to show, and may be fitted again.
fn learns(rung: &str) -> bool {
    !matches!(rung.split(':').next(), Some("last-value" | "seasonal-naive"))
}

/// Whether a rung is a recurrent net, or a mixture with one.
fn has_net(rung: &str) -> bool {
    const NETS: [&str; 7] = ["rnn", "gru", "lstm", "slstm", "mingru", "neural-cache", "dynamic"];
    rung.split('+').any(|part| part.split(':').next().is_some_and(|kind| NETS.contains(&kind)))
}

/// Whether a rung is a net that translates, which says on what it leans.
fn reads_source(rung: &str) -> bool {
    rung.split(':').next().is_some_and(|kind| kind.ends_with("-attention") || matches!(kind, "gru" | "lstm"))
}

/// Opens a file of any kind that this program fits.
///
/// # Errors
/// As [`Registry::open`].
pub fn open(path: impl AsRef<Path>) -> Result<Opened> {
    Registry::standard().open(path)
}

/// Opens a file that must hold a model of one type.
///
/// # Errors
/// As [`Registry::open_as`].
pub fn open_as<M: Packed>(path: impl AsRef<Path>) -> Result<(M, Summary)> {
    Registry::standard().open_as(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_with_a_recurrent_net_are_explained_and_others_of_their_kind_are_not() {
        let all = Registry::standard();
        let explains = |kind, rung| all.commands(kind, rung).contains(&"explain");
        for rung in
            ["lstm", "gru:wide", "ngram+rnn", "ngram:trigram+lstm:deep", "slstm", "ngram+mingru", "dynamic:b"]
        {
            assert!(explains(LmModel::KIND, rung), "{rung}");
        }
        for rung in ["ngram", "unigram", "ngram:lstm", ""] {
            assert!(!explains(LmModel::KIND, rung), "{rung}");
            assert!(all.commands(LmModel::KIND, rung).contains(&"score"), "{rung}");
        }
        assert!(explains(Forecaster::KIND, "lstm") && !explains(Forecaster::KIND, "seasonal-naive:day"));
        assert!(explains(Classifier::KIND, "logistic") && all.commands("nothing", "lstm").is_empty());
    }
}

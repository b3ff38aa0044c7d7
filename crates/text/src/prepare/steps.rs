//! Steps of normalisation by name, in the order in which they work.

use std::borrow::Cow;

use gyeol_base::Fault;

use crate::normalise::{Form, Stemmer, Variants, fold, lemma, lower, narrow, strip_accents, strip_to_ascii};
use gyeol_base::{Error, Result};

/// Steps of normalisation with what each does, in the order in which they work, however they were named.
pub const STEPS: &[(&str, &str)] = &[
    ("nfc", "characters composed, Hangul letters put together (UAX #15)"),
    ("nfd", "characters taken apart"),
    ("nfkc", "composed, and compatibility characters (ﬁ, ①) evened out"),
    ("nfkd", "taken apart, and compatibility characters evened out"),
    ("narrow", "full-width letters, digits and blanks made narrow"),
    ("accents", "letters without their accents"),
    ("ascii", "what ASCII has no letter for left out"),
    ("contractions", "can't written cannot"),
    ("american", "colour written color"),
    ("british", "color written colour"),
    ("lower", "letters made small"),
    ("fold", "letters folded for comparison (ß as ss)"),
];

#[derive(Debug, Clone)]
enum Step {
    Form(Form),
    Narrow,
    Accents,
    Ascii,
    Variants(Variants),
    Lower,
    Fold,
}

/// Some steps, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Normaliser(Vec<Step>);

impl Normaliser {
    /// The steps of these names, and a user's own table before letters are made small.
    pub fn named(names: &[String], table: Option<&str>) -> Result<Self> {
        for name in names {
            if !super::among(STEPS, name) {
                let found = gyeol_base::shorten(name, 40);
                let known: Vec<&str> = STEPS.iter().map(|(n, _)| *n).collect();
                return Err(Error::option(
                    Fault::new("unknown-step", format!("no step of normalisation is called '{found}'"))
                        .next(format!("use some of {}", known.join(", "))),
                ));
            }
        }
        let mut steps = Vec::new();
        for (name, _) in STEPS.iter().filter(|(n, _)| names.iter().any(|given| given == n)) {
            steps.push((
                *name,
                match *name {
                    "narrow" => Step::Narrow,
                    "accents" => Step::Accents,
                    "ascii" => Step::Ascii,
                    "contractions" => Step::Variants(Variants::contractions()),
                    "american" => Step::Variants(Variants::american()),
                    "british" => Step::Variants(Variants::british()),
                    "lower" => Step::Lower,
                    "fold" => Step::Fold,
                    form => Step::Form(form.parse()?),
                },
            ));
        }
        if let Some(table) = table {
            let at =
                steps.iter().position(|(name, _)| matches!(*name, "lower" | "fold")).unwrap_or(steps.len());
            steps.insert(at, ("variants", Step::Variants(Variants::parse(table, "the table of variants")?)));
        }
        Ok(Normaliser(steps.into_iter().map(|(_, step)| step).collect()))
    }

    pub fn apply<'a>(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        let mut text = text;
        for step in &self.0 {
            let next = match step {
                Step::Form(form) => form.apply(&text),
                Step::Narrow => narrow(&text),
                Step::Accents => strip_accents(&text),
                Step::Ascii => strip_to_ascii(&text),
                Step::Variants(table) => table.apply(&text),
                Step::Lower => Cow::Owned(lower(&text)),
                Step::Fold => Cow::Owned(fold(&text)),
            };
            if let Cow::Owned(changed) = next {
                text = Cow::Owned(changed);
            }
        }
        text
    }

    /// Whether letters are made small and nothing else is done.
    pub fn is_lower_alone(&self) -> bool {
        matches!(self.0[..], [Step::Lower])
    }
}

/// What is made of a token.
#[derive(Debug, Default)]
pub(super) enum Root {
    /// The token itself.
    #[default]
    Whole,
    /// Its stem.
    Stem(Box<Stemmer>),
    /// Its English dictionary form by rules.
    Lemma,
}

impl Root {
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "" => Ok(Root::Whole),
            "lemma" => Ok(Root::Lemma),
            stemmer => Ok(Root::Stem(Box::new(stemmer.parse()?))),
        }
    }

    pub fn of<'a>(&self, token: &'a str) -> Cow<'a, str> {
        match self {
            Root::Whole => token.into(),
            Root::Stem(stemmer) => stemmer.stem(token),
            Root::Lemma => lemma(token),
        }
    }
}

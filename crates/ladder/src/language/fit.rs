//! Fitting n-gram models: every setting that a rung or the table asks for, counted once an order.

use std::time::Instant;

use gyeol_ngram::smoothing::jelinek_mercer;
use gyeol_ngram::{
    Counted, Estimate, Layout, Model, Options, Protocol, Smoothing, Source, count, perplexity,
    prune_by_entropy,
};
use gyeol_report::language::Tried;
use gyeol_tensor::Pool;

use super::LanguageWatch;
use super::parts::Parts;
use crate::error::Result;
use crate::recipe::{LanguageRung, VocabularyRecipe};

/// Rounds in which Jelinek and Mercer's weights are learnt, at most.
const ROUNDS: usize = 100;

/// What a model is fitted with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    pub order: usize,
    pub smoothing: String,
    pub prune: Vec<u32>,
    pub entropy_prune: Option<f64>,
}

/// Fits models on the training lines and asks the validation lines.
pub(super) struct Workbench<'a> {
    parts: &'a Parts,
    vocabulary: &'a VocabularyRecipe,
    pool: &'a Pool,
    /// The counts of the order that was asked for last.
    counted: Option<(usize, Counted, f64)>,
    /// Settings that were tried, with their perplexity and the seconds that they took.
    tried: Vec<(Setting, f64, f64)>,
}

impl<'a> Workbench<'a> {
    pub fn new(parts: &'a Parts, vocabulary: &'a VocabularyRecipe, pool: &'a Pool) -> Self {
        Workbench { parts, vocabulary, pool, counted: None, tried: Vec::new() }
    }

    fn options(&self, setting: &Setting) -> Options {
        let mut options =
            Options { order: setting.order, prune: setting.prune.clone(), ..Options::default() };
        options.corpus.vocabulary_limit = self.vocabulary.size;
        options.corpus.minimum_count = self.vocabulary.min_count;
        options
    }

    /// The counts up to an order, and the seconds that counting took.
    fn counted(&mut self, setting: &Setting, watch: &mut dyn LanguageWatch) -> Result<(&Counted, f64)> {
        if self.counted.as_ref().is_none_or(|(order, ..)| *order != setting.order) {
            self.counted = None;
            let since = Instant::now();
            let mut source = Source::open(self.parts.path(0))?;
            let counted =
                count(&mut source, &self.options(setting), self.pool, &mut |stage| watch.counting(stage))?;
            self.counted = Some((setting.order, counted, since.elapsed().as_secs_f64()));
        }
        let (_, counted, seconds) = self.counted.as_ref().unwrap_or_else(|| unreachable!("set above"));
        Ok((counted, *seconds))
    }

    /// Estimates a setting; also the seconds that it took, counting included.
    pub fn estimate(&mut self, setting: &Setting, watch: &mut dyn LanguageWatch) -> Result<(Estimate, f64)> {
        let mut options = self.options(setting);
        let (pool, validation) = (self.pool, self.parts.path(1).to_owned());
        let (counted, counting) = self.counted(setting, watch)?;
        let since = Instant::now();
        options.smoothing = match setting.smoothing.parse()? {
            Smoothing::JelinekMercer { .. } => Smoothing::JelinekMercer {
                weights: jelinek_mercer::learn(counted, &mut Source::open(&validation)?, ROUNDS, pool)?,
            },
            other => other,
        };
        let mut made = counted.estimate(&options, pool)?;
        if let Some(threshold) = setting.entropy_prune {
            prune_by_entropy(&mut made.tables, threshold)?;
        }
        Ok((made, counting + since.elapsed().as_secs_f64()))
    }

    /// Perplexity of a setting on the validation part, and the seconds that fitting and asking took.
    pub fn try_out(&mut self, setting: &Setting, watch: &mut dyn LanguageWatch) -> Result<(f64, f64)> {
        if let Some((_, perplexity, seconds)) = self.tried.iter().find(|(known, ..)| known == setting) {
            return Ok((*perplexity, *seconds));
        }
        let (made, fitting) = self.estimate(setting, watch)?;
        let since = Instant::now();
        let model = Model::from_tables(&made.tables, Layout::Probing, "{}", self.pool)?;
        let found = perplexity(&model, &mut Source::open(self.parts.path(1))?, Protocol::Sentence)?;
        let seconds = fitting + since.elapsed().as_secs_f64();
        self.tried.push((setting.clone(), found.perplexity, seconds));
        Ok((found.perplexity, seconds))
    }

    /// How often each word of the vocabulary occurs in the training part, by its number.
    pub fn frequencies(&mut self, watch: &mut dyn LanguageWatch) -> Result<Vec<u64>> {
        let setting = Setting { order: 1, smoothing: String::new(), prune: Vec::new(), entropy_prune: None };
        let (counted, _) = self.counted(&setting, watch)?;
        let words = counted.vocabulary();
        Ok((0..words.len() as u32).map(|id| counted.count_of(&[words.word(id)])).collect())
    }

    /// The best of a rung's settings by the validation part, with all that were tried and the seconds they took together.
    pub fn choose(
        &mut self,
        rung: &LanguageRung,
        watch: &mut dyn LanguageWatch,
    ) -> Result<(Setting, Vec<Tried>, f64)> {
        let settings = settings(rung);
        let mut best: Option<(f64, Setting)> = None;
        let (mut tried, mut took) = (Vec::new(), 0.0);
        for setting in &settings {
            if !watch.fitting(&rung.name, setting.order, &setting.smoothing) {
                return Err(super::stopped(&rung.name));
            }
            let (perplexity, seconds) = self.try_out(setting, watch)?;
            took += seconds;
            tried.push(Tried { order: setting.order, smoothing: setting.smoothing.clone(), perplexity });
            if best.as_ref().is_none_or(|(least, _)| perplexity < *least) {
                best = Some((perplexity, setting.clone()));
            }
        }
        let best = best.map(|(_, setting)| setting).or_else(|| settings.into_iter().next());
        Ok((best.unwrap_or_else(|| unreachable!("a rung has a setting")), tried, took))
    }
}

/// The settings that a rung may take, the orders rising.
fn settings(rung: &LanguageRung) -> Vec<Setting> {
    let mut orders = match &rung.order {
        Some(orders) => orders.clone(),
        None if crate::recipe::rung_kind(&rung.name) == "unigram" => vec![1],
        None => vec![2, 3, 4, 5],
    };
    orders.sort_unstable();
    orders.dedup();
    let smoothings = rung.smoothing.clone().unwrap_or_else(|| vec![Smoothing::default().to_string()]);
    orders
        .iter()
        .flat_map(|&order| {
            smoothings.iter().map(move |smoothing| Setting {
                order,
                smoothing: smoothing.clone(),
                prune: rung.prune.clone().unwrap_or_default(),
                entropy_prune: rung.entropy_prune,
            })
        })
        .collect()
}

/// The rung on which the default ladder ends.
pub const LAST_DEFAULT: &str = "ngram";

/// The ladder that a recipe without `[[rung]]` climbs.
pub(super) fn default_rungs() -> Vec<LanguageRung> {
    let of =
        |name: &str, order: usize| LanguageRung { order: Some(vec![order]), ..LanguageRung::named(name) };
    vec![
        LanguageRung::named("unigram"),
        of("ngram:bigram", 2),
        of("ngram:trigram", 3),
        LanguageRung::named(LAST_DEFAULT),
    ]
}

//! How a rung's settings are searched: one list after another, at random, or many on few examples of which the better ones
//! go on with more (successive halving).

use gyeol_base::{Error, Result};
use gyeol_judge::{halving, least};
use gyeol_report::model::Tried;
use gyeol_supervised::Target;
use gyeol_tensor::Rng;

use super::more;
use super::rungs::{Fit, Workbench};
use super::settings::{Choice, fact};
use crate::recipe::ExamplesRung;
use crate::watch::Watch;

/// Settings that are drawn where the recipe says no number.
const TRIALS: usize = 20;
/// The better third goes on.
const FACTOR: usize = 3;
/// Fewest examples of the first round where the recipe says no number.
const FROM: usize = 200;
const STREAM: u64 = 0x7e1a15;

/// The best choice, and all that was tried where there was more than one.
pub(super) struct Found {
    pub best: Fit,
    pub tried: Vec<Tried>,
}

impl Workbench<'_> {
    /// Searches the settings of a rung by the validation part.
    pub fn search(&mut self, rung: &ExamplesRung, watch: &mut dyn Watch) -> Result<Found> {
        match rung.search.as_deref() {
            Some("random") => {
                let choices = self.drawn_choices(rung, Some(rung.trials.unwrap_or(TRIALS)))?;
                let mut kept = Kept::new();
                for choice in choices {
                    kept.add(self.try_out(rung, choice, None, watch)?, None);
                }
                kept.found()
            }
            Some("halving") => self.halve(rung, watch),
            _ => self.one_after_another(rung, watch),
        }
    }

    /// Features first, by the first setting, then settings.
    fn one_after_another(&mut self, rung: &ExamplesRung, watch: &mut dyn Watch) -> Result<Found> {
        let (features, settings) = self.choices(rung)?;
        let mut kept = Kept::new();
        for text in &features {
            let choice = Choice { text: text.clone(), setting: settings[0].clone() };
            kept.add(self.try_out(rung, choice, None, watch)?, None);
        }
        let text = kept.best.as_ref().and_then(|best| best.choice.text.clone());
        for setting in &settings[1..] {
            let choice = Choice { text: text.clone(), setting: setting.clone() };
            kept.add(self.try_out(rung, choice, None, watch)?, None);
        }
        kept.found()
    }

    /// All on few examples, the better third of them on three times as many, until all examples are used or one is left;
    /// that one is then fitted on all.
    fn halve(&mut self, rung: &ExamplesRung, watch: &mut dyn Watch) -> Result<Found> {
        let choices = self.drawn_choices(rung, rung.trials)?;
        let all = self.prepared.parts[0].examples.len();
        let from = rung.halving_from.unwrap_or(FROM.max(10 * self.prepared.classes.len())).min(all);
        let mut kept = Kept::new();
        let found = halving(choices, from, all, FACTOR, |choice, examples| {
            let fit = self.try_out(rung, choice.clone(), Some(examples), watch)?;
            let value = fit.value;
            // Only fits on all examples can be the rung.
            if examples == all {
                kept.add(fit, Some(all));
            } else {
                kept.tried.push(told(&fit, Some(examples)));
            }
            Ok(value)
        })?;
        if kept.best.is_none() {
            let choice = found.best().setting.clone();
            kept.add(self.try_out(rung, choice, None, watch)?, Some(all));
        }
        kept.found()
    }

    /// Settings with features: every one, or so many drawn of them, in their order.
    fn drawn_choices(&self, rung: &ExamplesRung, trials: Option<usize>) -> Result<Vec<Choice>> {
        let mut rng = Rng::stream(self.recipe.seed, STREAM);
        if rung.draw_from.as_deref() == Some("ranges") && !self.quick {
            let trials = trials.unwrap_or(TRIALS);
            return (0..trials).map(|_| self.between(rung, &mut rng)).collect();
        }
        let (features, settings) = self.choices(rung)?;
        let all: Vec<Choice> = features
            .iter()
            .flat_map(|text| {
                settings.iter().map(|setting| Choice { text: text.clone(), setting: setting.clone() })
            })
            .collect();
        let Some(trials) = trials.filter(|&trials| trials < all.len()) else { return Ok(all) };
        let mut places: Vec<usize> = (0..all.len()).collect();
        rng.shuffle(&mut places);
        places.truncate(trials);
        places.sort_unstable();
        Ok(places.into_iter().map(|at| all[at].clone()).collect())
    }

    /// A choice whose numbers lie anywhere between the ends of their lists, their logarithm uniform.
    fn between(&self, rung: &ExamplesRung, rng: &mut Rng) -> Result<Choice> {
        let mut one = rung.clone();
        for list in
            [&mut one.c, &mut one.alpha, &mut one.penalty, &mut one.learning_rate].into_iter().flatten()
        {
            let (low, high) = ends(list.iter().copied());
            // Zero has no logarithm.
            let drawn = match low > 0.0 {
                true => (low.ln() + rng.uniform() * (high.ln() - low.ln())).exp().clamp(low, high),
                false => low + rng.uniform() * (high - low),
            };
            *list = vec![three_figures(drawn).clamp(low, high)];
        }
        for list in [&mut one.neighbours, &mut one.leaves].into_iter().flatten() {
            let (low, high) = ends(list.iter().map(|&n| n as f64));
            let drawn = (low.ln() + rng.uniform() * ((high + 1.0).ln() - low.ln())).exp();
            *list = vec![drawn.clamp(low, high) as usize];
        }
        let (features, settings) = self.choices(&one)?;
        let (text, setting): (usize, usize) =
            (rng.below(features.len() as u64) as usize, rng.below(settings.len() as u64) as usize);
        Ok(Choice { text: features[text].clone(), setting: settings[setting].clone() })
    }
}

/// Three figures are enough to tell settings apart, and can be written into a recipe.
fn three_figures(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// What was tried, and the best of it; the first of equal ones.
struct Kept {
    best: Option<Fit>,
    tried: Vec<Tried>,
}

impl Kept {
    fn new() -> Kept {
        Kept { best: None, tried: Vec::new() }
    }

    fn add(&mut self, fit: Fit, examples: Option<usize>) {
        self.tried.push(told(&fit, examples));
        let before = self.best.as_ref().map_or(f64::NAN, |best| best.value);
        if self.best.is_none() || least([before, fit.value]) == Some(1) {
            self.best = Some(fit);
        }
    }

    fn found(self) -> Result<Found> {
        let best = self.best.ok_or_else(|| Error::defect("a rung without a setting"))?;
        Ok(Found { best, tried: if self.tried.len() > 1 { self.tried } else { Vec::new() } })
    }
}

fn told(fit: &Fit, examples: Option<usize>) -> Tried {
    let mut setting = fit.choice.facts();
    setting.extend(examples.map(|n| fact("examples", n.to_string())));
    Tried { setting, value: fit.value, train: fit.train }
}

/// Places of so many examples, each class alike and none left out.
pub(super) fn drawn(target: &Target, count: usize, examples: usize, seed: u64) -> Result<Vec<usize>> {
    let mut at = more::subset(target, count, examples as f64 / count as f64, seed)?;
    if let Target::Classes { of, .. } = target {
        let mut seen: Vec<u32> = at.iter().map(|&i| of[i]).collect();
        seen.sort_unstable();
        seen.dedup();
        for (i, class) in of.iter().enumerate() {
            if let Err(place) = seen.binary_search(class) {
                seen.insert(place, *class);
                at.push(i);
            }
        }
        at.sort_unstable();
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_numbers_have_three_figures() {
        assert_eq!([12588.267, 0.0012349, 3.0, 0.0].map(three_figures), [12600.0, 0.00123, 3.0, 0.0]);
    }

    #[test]
    fn a_class_of_few_examples_is_in_every_draw() {
        let of: Vec<u32> = (0..1000).map(|i| if i == 777 { 2 } else { i % 2 }).collect();
        let target = Target::Classes { names: ["a", "b", "c"].map(String::from).to_vec(), of: of.clone() };
        let at = drawn(&target, of.len(), 50, 3).unwrap();
        assert!((48..=53).contains(&at.len()) && at.contains(&777) && at.is_sorted(), "{at:?}");
        assert_eq!(at, drawn(&target, of.len(), 50, 3).unwrap());
    }
}

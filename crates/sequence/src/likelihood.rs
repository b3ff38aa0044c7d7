//! How probable a target is, given its source.
//!
//! ```text
//! ln P(y | x) = Σ_t ln p(y_t | y_<t, x),   t = 1 … |y| + 1, the end counted
//! perplexity  = exp(-Σ ln P / Σ (|y| + 1))
//! ```

use gyeol_base::{Fault, Result};
use gyeol_neural::net::PairsLearner;
use gyeol_neural::{Chunk, Trainable};
use gyeol_tensor::Pool;

use crate::translator::{Net, Translator, Way};
use crate::vocabulary::{END, UNKNOWN};

/// Pairs that walk together.
const ROWS: usize = 16;

/// A target as a model expects it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Likelihood {
    /// ln P of its tokens and the end.
    pub ln: f64,
    /// Tokens, the end among them.
    pub tokens: u64,
    /// Of those unknown to the vocabulary; their probability is that of all unknown tokens together.
    pub unknown: u64,
}

impl Translator {
    /// How probable each target is given its source.
    ///
    /// # Errors
    /// A rung without probabilities (`no-probabilities`).
    pub fn likelihoods(&self, pairs: &[(&str, &str)], pool: &Pool) -> Result<Vec<Likelihood>> {
        let target = match &self.way {
            Way::Counts(counts) => &counts.target,
            Way::Net(net) => &net.target,
            Way::Copy | Way::Frequent(_) | Way::Nearest(_) => {
                let found = "this rung knows one answer, and gives a text no probability";
                let next = "ask a net or an n-gram rung, or judge by `metric = \"chrf\"` in [score]";
                return Err(Fault::new("no-probabilities", found).next(next).input());
            }
        };
        let ids: Vec<Vec<u32>> = pairs.iter().map(|(_, text)| target.ids(&self.units.1.cut(text))).collect();
        let mut ln = vec![0.0; pairs.len()];
        match &self.way {
            Way::Counts(counts) => pool.each_mut(&mut ln, |_, at, ln| *ln = counts.log_probability(&ids[at])),
            Way::Net(net) => ln = self.net_likelihoods(net, pairs, &ids, pool)?,
            _ => {}
        }
        let of = |(ids, ln): (&Vec<u32>, f64)| Likelihood {
            ln,
            tokens: ids.len() as u64 + 1,
            unknown: ids.iter().filter(|&&id| id == UNKNOWN).count() as u64,
        };
        Ok(ids.iter().zip(ln).map(of).collect())
    }

    /// One pair a chunk: what one gets does not depend on the others.
    fn net_likelihoods(
        &self,
        net: &Net,
        pairs: &[(&str, &str)],
        targets: &[Vec<u32>],
        pool: &Pool,
    ) -> Result<Vec<f64>> {
        let read = |text: &str| if net.blind { Vec::new() } else { net.source.ids(&self.units.0.cut(text)) };
        let sources: Vec<Vec<u32>> =
            pairs.iter().map(|(text, _)| read(text).into_iter().chain([END]).collect()).collect();
        let (shape, params) = (net.predictor.net(), net.predictor.params());
        let learner = PairsLearner::new(shape, &sources, targets)?;
        let mut packed = shape.packed();
        shape.pack(params, &mut packed);
        let mut found: Vec<Vec<f64>> = vec![Vec::new(); pairs.len().div_ceil(ROWS)];
        pool.each_mut(&mut found, |_, task, found| {
            let mut room = learner.workspace(1);
            for at in task * ROWS..((task + 1) * ROWS).min(pairs.len()) {
                let samples = &[at as u32][..];
                let chunk = Chunk { samples, scale: 1.0, stream: None, shared: None, carry: &mut [] };
                found.push(-learner.loss(params, &packed, &mut room, chunk));
            }
        });
        Ok(found.concat())
    }
}

#[cfg(test)]
mod tests {
    use gyeol_neural::net::Drawn;
    use gyeol_tensor::Draw;

    use super::*;
    use crate::{Asked, TranslatorParams, Units};

    fn pairs() -> Vec<(String, String)> {
        let text = |n: usize| (0..n % 4).map(|i| ['x', 'y', 'z'][(n / 4 + i * n) % 3]).collect();
        (1..60).map(|n| (if n % 2 == 0 { "even" } else { "odd" }.to_owned(), text(n))).collect()
    }

    fn params(blind: bool) -> TranslatorParams {
        TranslatorParams {
            hidden: 8,
            embedding: 4,
            epochs: 2,
            batch: 4,
            blind,
            ..TranslatorParams::suited((Units::Word, Units::Character), 60, false)
        }
    }

    fn counted(order: usize) -> Translator {
        let (counts, left_out) = params(false).count(&pairs(), order, &Pool::new(1)).unwrap();
        assert_eq!(left_out, 0);
        let columns = ("1".into(), "2".into());
        let way = Way::Counts(Box::new(counts));
        Translator { units: (Units::Word, Units::Character), columns, classes: Vec::new(), way }
    }

    #[test]
    fn counts_give_all_texts_together_a_mass_of_one_and_are_drawn_by_it() {
        let model = counted(2);
        // Every text of up to four known letters; longer ones and unknown letters have the rest.
        let mut texts = vec![String::new()];
        let mut first = 0;
        for _ in 0..4 {
            let upto = texts.len();
            for at in first..upto {
                for letter in ['x', 'y', 'z'] {
                    texts.push(format!("{}{letter}", texts[at]));
                }
            }
            first = upto;
        }
        let asked: Vec<(&str, &str)> = texts.iter().map(|text| ("odd", text.as_str())).collect();
        let found = model.likelihoods(&asked, &Pool::new(2)).unwrap();
        let mass: f64 = found.iter().map(|one| one.ln.exp()).sum();
        assert!((0.9..1.0).contains(&mass), "{mass}");
        assert_eq!((found[0].tokens, found[5].tokens, found[5].unknown), (1, 3, 0));
        let unknown = model.likelihoods(&[("odd", "q")], &Pool::new(1)).unwrap()[0];
        assert!(unknown.unknown == 1 && unknown.ln.is_finite() && unknown.ln < found[0].ln);
        // What is drawn comes as often as it is probable, but for what is unknown: five standard errors.
        let drawn = Some(Drawn { by: Draw::default(), seed: 1, first: 0 });
        let n = 4000;
        let said = model.translate(&vec!["odd"; n], &Asked { drawn, ..Asked::default() }, &Pool::new(2));
        let said = said.unwrap();
        for (text, p) in texts.iter().zip(&found).take(13) {
            let share = said.iter().filter(|one| one.ended && one.text == *text).count() as f64 / n as f64;
            let p = p.ln.exp();
            assert!((share - p).abs() < 5.0 * (p / n as f64).sqrt() + 0.02, "{text} {share} {p}");
        }
        assert!(said.iter().all(|one| !one.text.contains('<')));
    }

    #[test]
    fn a_net_expects_what_it_says_as_its_search_does_and_a_blind_one_whatever_the_source() {
        let pool = Pool::new(2);
        let of = |blind: bool| {
            let all = pairs();
            params(blind).fit(&all[..50], &all[50..], &pool, None, &mut |_| true).unwrap().model
        };
        let model = of(false);
        // Too many tokens, and one word of more bytes than are cut.
        for text in ["a ".repeat(2001), "a".repeat(200_000)] {
            let e = model.translate(&["odd", &text], &Asked::default(), &pool).unwrap_err();
            assert!(e.code() == "too-long" && e.to_string().contains("text 2 has"), "{e}");
        }
        for source in ["odd", "even"] {
            let said = &model.translate(&[source], &Asked::default(), &pool).unwrap()[0];
            let found = model.likelihoods(&[(source, &said.text)], &pool).unwrap()[0];
            if said.ended {
                assert!((found.ln - said.log_probability.unwrap()).abs() < 1e-4, "{found:?} {said:?}");
            }
        }
        let both = |model: &Translator| {
            let found = model.likelihoods(&[("odd", "xyz"), ("even", "xyz")], &pool).unwrap();
            (found[0].ln, found[1].ln)
        };
        assert_ne!(both(&model).0, both(&model).1);
        let blind = of(true);
        assert_eq!(both(&blind).0, both(&blind).1);
    }

    #[test]
    fn what_has_no_probabilities_and_what_is_no_class_is_refused() {
        let pool = Pool::new(1);
        let mut model = counted(3);
        model.classes = vec!["even".into(), "odd".into()];
        let e = model.translate(&["odd", "zero"], &Asked::default(), &pool).unwrap_err();
        assert!(e.code() == "no-such-class" && e.to_string().contains("even, odd"), "{e}");
        model.classes.clear();
        model.way = Way::Copy;
        assert_eq!(model.likelihoods(&[("odd", "x")], &pool).unwrap_err().code(), "no-probabilities");
        let drawn = Some(Drawn { by: Draw::default(), seed: 1, first: 0 });
        let e = model.translate(&["odd"], &Asked { drawn, ..Asked::default() }, &pool).unwrap_err();
        assert_eq!(e.code(), "not-drawn");
    }
}

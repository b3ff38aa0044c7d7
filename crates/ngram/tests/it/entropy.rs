//! Entropy pruning beside the relative entropy summed directly over all words (Stolcke 1998, equation 2).
//!
//! Nothing of the crate is used for the direct way but the ARPA text: probabilities by a back-off over a table of words,
//! each n-gram taken out alone, the weight of its context set anew, and Σ p(h) p(w|h) ln (p(w|h) / p′(w|h)) summed.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::*;
use gyeol_ngram::{Options, Tables, prune_by_entropy};

type Gram = Vec<String>;

/// n-grams with log10 p and log10 of the back-off weight.
#[derive(Clone)]
struct Direct {
    grams: BTreeMap<Gram, (f64, f64)>,
    words: Vec<String>,
}

impl Direct {
    fn new(tables: &Tables) -> Direct {
        let text = String::from_utf8(arpa_text(tables)).unwrap();
        let mut grams = BTreeMap::new();
        for line in text.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            if fields.len() < 2 {
                continue;
            }
            let weight = fields.get(2).map_or(0.0, |w| w.parse().unwrap());
            let gram: Gram = fields[1].split(' ').map(str::to_owned).collect();
            grams.insert(gram, (fields[0].parse().unwrap(), weight));
        }
        let words = grams.keys().filter(|g| g.len() == 1 && g[0] != "<s>").map(|g| g[0].clone()).collect();
        Direct { grams, words }
    }

    fn p(&self, history: &[String], word: &str) -> f64 {
        let gram: Gram = history.iter().cloned().chain([word.to_owned()]).collect();
        if let Some(found) = self.grams.get(&gram) {
            return 10f64.powf(found.0);
        }
        let weight = self.grams.get(history).map_or(0.0, |g| g.1);
        10f64.powf(weight) * self.p(&history[1..], word)
    }

    /// The weight that makes the context sum to one, by its sums over all words.
    fn weigh(&mut self, history: &[String]) {
        let seen: Vec<&String> = self.words.iter().filter(|w| self.has(history, w)).collect();
        let own: f64 = seen.iter().map(|w| self.p(history, w)).sum();
        let below: f64 = seen.iter().map(|w| self.p(&history[1..], w)).sum();
        self.grams.get_mut(history).unwrap().1 = ((1.0 - own) / (1.0 - below)).log10();
    }

    fn has(&self, history: &[String], word: &str) -> bool {
        self.grams.contains_key(&history.iter().cloned().chain([word.to_owned()]).collect::<Gram>())
    }

    /// The relative rise of perplexity if this n-gram alone were left out.
    fn rise(&self, gram: &Gram) -> f64 {
        let history = &gram[..gram.len() - 1];
        let mut without = self.clone();
        without.grams.remove(gram);
        without.weigh(history);
        let p_history: f64 = (0..history.len())
            .filter(|&i| history[i] != "<s>")
            .map(|i| self.p(&history[..i], &history[i]))
            .product();
        let divergence: f64 = self
            .words
            .iter()
            .map(|w| self.p(history, w) * (self.p(history, w) / without.p(history, w)).ln())
            .sum();
        (p_history * divergence).exp() - 1.0
    }

    fn longest(&self, order: usize) -> BTreeSet<Gram> {
        self.grams.keys().filter(|g| g.len() == order).cloned().collect()
    }
}

#[test]
fn what_is_left_out_is_what_costs_less_than_the_threshold_summed_directly() {
    let text: String = SMALL.lines().take(12).map(|l| format!("{l}\n")).collect();
    for order in [2, 3] {
        let fresh = || made(&text, &Options { order, ..Options::default() }).tables;
        let direct = Direct::new(&fresh());
        let mut rises: Vec<(f64, Gram)> =
            direct.longest(order).into_iter().map(|g| (direct.rise(&g), g)).collect();
        rises.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(rises.len() > 20 && rises[0].0 > 0.0);
        let mut checked = 0;
        for at in 1..rises.len() {
            let (below, above) = (rises[at - 1].0, rises[at].0);
            // The tables hold f32: thresholds lie where the two ways must agree.
            if above < below * 1.001 {
                continue;
            }
            let mut tables = fresh();
            prune_by_entropy(&mut tables, 0.5 * (below + above), &mut |_| true).unwrap();
            let wanted: BTreeSet<Gram> = rises[at..].iter().map(|r| r.1.clone()).collect();
            let pruned = Direct::new(&tables);
            assert_eq!(pruned.longest(order), wanted, "order {order}, between {below} and {above}");
            // The weights that are left are those of the sums.
            if order == 2 {
                for history in
                    pruned.grams.keys().filter(|g| g.len() == 1 && g[0] != "</s>" && g[0] != "<unk>")
                {
                    let sum: f64 = pruned.words.iter().map(|w| pruned.p(history, w)).sum();
                    assert!((sum - 1.0).abs() < 1e-5, "{history:?}: {sum}");
                }
            }
            checked += 1;
        }
        assert!(checked > 5, "only {checked} thresholds");
    }
}

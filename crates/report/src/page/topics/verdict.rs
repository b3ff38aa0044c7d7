//! What the topic map says in words: how many topics, how large, which are twins, which do not hold together.

use super::{MEASURES, View};
use crate::page::answer::Stat;
use crate::text;
use crate::topic_map::Coherence;

/// Two topics are called twins when they are nearer than this share of the median distance between topics …
const TWINS: f64 = 0.5;
/// … and there are topics enough for a median to mean something.
const ENOUGH: usize = 4;
/// Topics or pairs named in a sentence; the others are counted.
const NAMED: usize = 4;

impl View<'_> {
    pub(super) fn deck(&self) -> String {
        let m = &self.map.method;
        let mut parts = vec![m.name.clone()];
        for (key, n) in [
            ("topics-deck-documents", m.documents),
            ("topics-deck-tokens", m.tokens),
            ("topics-deck-words", m.vocabulary),
        ] {
            parts.push(self.t(key, &[("n", self.count(n))]));
        }
        parts.retain(|p| !p.is_empty());
        parts.join(" · ")
    }

    pub(super) fn sentence(&self) -> String {
        let largest = self.order[0];
        let args = [
            ("k", self.count(self.map.topics.len() as u64)),
            ("topic", self.named(largest)),
            ("share", self.share(self.map.topics[largest].share)),
        ];
        if self.map.topics.len() == 1 {
            self.t("topics-one", &args)
        } else {
            self.t("topics-sentence", &args)
        }
    }

    pub(super) fn figures(&self, pairs: &[(f64, usize, usize)]) -> Vec<Stat> {
        let stat =
            |value: String, label: String, detail: String| Stat { value, unit: String::new(), label, detail };
        let topics = &self.map.topics;
        let (largest, smallest) = (self.order[0], self.order[self.order.len() - 1]);
        let mut figures = vec![stat(
            self.count(topics.len() as u64),
            self.t("topics-stat-k", &[]),
            self.t(
                "topics-stat-k-detail",
                &[("most", self.share(topics[largest].share)), ("least", self.share(topics[smallest].share))],
            ),
        )];
        if let Some((key, figure)) = self.coherences().first() {
            let mut values: Vec<f64> =
                topics.iter().filter_map(|t| figure(&t.coherence)).filter(|v| v.is_finite()).collect();
            values.sort_by(f64::total_cmp);
            if let (Some(low), Some(high)) = (values.first(), values.last()) {
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                let range = text::range(
                    &self.voice.number(*low, 2),
                    &self.voice.number(*high, 2),
                    self.voice.language,
                );
                figures.push(stat(
                    self.voice.number(mean, 3),
                    self.t("topics-stat-coherence", &[("name", self.t(key, &[]))]),
                    self.t("topics-stat-coherence-detail", &[("range", range)]),
                ));
            }
        }
        let m = &self.map.method;
        if let Some(perplexity) = m.perplexity.filter(|p| p.is_finite()) {
            figures.push(stat(
                self.voice.significant(perplexity, 3),
                self.t("topics-stat-perplexity", &[]),
                self.t("topics-stat-perplexity-detail", &[]),
            ));
        } else if let Some(likelihood) = m.log_likelihood.filter(|p| p.is_finite()) {
            figures.push(stat(
                self.voice.number(likelihood, 3),
                self.t("topics-stat-likelihood", &[]),
                self.t("topics-stat-likelihood-detail", &[]),
            ));
        }
        if let (Some(&(d, a, b)), true) = (pairs.first(), figures.len() < 3) {
            figures.push(stat(
                self.voice.number(d, 2),
                self.t("topics-stat-nearest", &[]),
                self.t("topics-stat-nearest-detail", &[("a", self.number(a)), ("b", self.number(b))]),
            ));
        }
        figures
    }

    /// Topics whose words do not hold together, and by which measure. Where 0 means chance (NPMI, UCI), those at or
    /// under it; else those under the lower fence of Tukey's box plot.
    fn incoherent(&self) -> Option<(&'static str, bool, Vec<usize>)> {
        let topics = &self.map.topics;
        let of = |figure: fn(&Coherence) -> Option<f64>, i: usize| {
            figure(&topics[i].coherence).filter(|v| v.is_finite())
        };
        let has = |key: &str| {
            MEASURES.into_iter().find(|m| m.0 == key && topics.iter().any(|t| m.1(&t.coherence).is_some()))
        };
        if let Some((key, figure)) = has("topics-npmi").or_else(|| has("topics-uci")) {
            let found = (0..topics.len()).filter(|&i| of(figure, i).is_some_and(|v| v <= 0.0)).collect();
            return Some((key, true, found));
        }
        let (key, figure) = has("topics-cv").or_else(|| has("topics-umass"))?;
        let mut values: Vec<f64> = (0..topics.len()).filter_map(|i| of(figure, i)).collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = share * (values.len() - 1) as f64;
            let (low, rest) = (place.floor() as usize, place.fract());
            values[low] + rest * (values[(low + 1).min(values.len() - 1)] - values[low])
        };
        if values.len() < ENOUGH {
            return Some((key, false, Vec::new()));
        }
        let fence = at(0.25) - 1.5 * (at(0.75) - at(0.25));
        Some((key, false, (0..topics.len()).filter(|&i| of(figure, i).is_some_and(|v| v < fence)).collect()))
    }

    fn listed(&self, topics: &[usize]) -> String {
        let mut parts: Vec<String> = topics.iter().take(NAMED).map(|&i| self.named(i)).collect();
        if topics.len() > NAMED {
            parts.push(self.t("topics-more", &[("n", (topics.len() - NAMED).to_string())]));
        }
        parts.join(", ")
    }

    pub(super) fn doubts(&self, pairs: &[(f64, usize, usize)]) -> Vec<String> {
        let mut doubts = Vec::new();
        let median = pairs.get(pairs.len() / 2).map_or(f64::NAN, |p| p.0);
        let twins: Vec<_> = pairs.iter().take_while(|p| p.0 < TWINS * median).collect();
        if self.map.topics.len() >= ENOUGH && !twins.is_empty() {
            for &&(d, a, b) in twins.iter().take(NAMED) {
                doubts.push(self.t(
                    "topics-twins",
                    &[
                        ("a", self.named(a)),
                        ("b", self.named(b)),
                        ("distance", self.voice.number(d, 2)),
                        ("median", self.voice.number(median, 2)),
                    ],
                ));
            }
            if twins.len() > NAMED {
                doubts.push(self.t("topics-twins-more", &[("n", (twins.len() - NAMED).to_string())]));
            }
        } else if let Some(&(d, a, b)) = pairs.first() {
            let key = if self.map.topics.len() >= ENOUGH { "topics-no-twins" } else { "topics-closest" };
            doubts.push(self.t(
                key,
                &[("a", self.named(a)), ("b", self.named(b)), ("distance", self.voice.number(d, 2))],
            ));
        }
        match self.incoherent() {
            Some((key, chance, found)) if !found.is_empty() => {
                let sentence = if chance { "topics-incoherent" } else { "topics-stand-out" };
                let args = [
                    ("n", found.len().to_string()),
                    ("name", self.t(key, &[])),
                    ("topics", self.listed(&found)),
                ];
                doubts.push(self.t(sentence, &args));
            }
            Some((key, true, _)) => doubts.push(self.t("topics-coherent", &[("name", self.t(key, &[]))])),
            _ => {}
        }
        let empty = self.map.topics.iter().filter(|topic| topic.words.is_empty()).count();
        if empty > 0 {
            doubts.push(self.t("topics-empty", &[("n", empty.to_string())]));
        }
        doubts.extend(self.climbing());
        doubts.iter().map(|d| text::sentence_case(d)).collect()
    }
}

//! How the fit went, and what other numbers of topics would give.

use super::{Figure, MEASURES, Table, View};
use crate::picture::{self, Trace};
use crate::text;
use crate::topic_map::ScanRow;

/// Points of the curve that are drawn; more cannot be told apart.
const POINTS: usize = 300;
/// A curve has settled when its last tenth rose by less than this share of the whole climb.
const SETTLED: f64 = 0.01;

/// A figure of the scan: key of its name, the figure, and whether more is better.
type Score = (&'static str, fn(&ScanRow) -> Option<f64>, bool);

const SCORES: [Score; 6] = [
    ("topics-perplexity", |r| r.perplexity, false),
    ("topics-npmi", |r| r.coherence.npmi, true),
    ("topics-cv", |r| r.coherence.cv, true),
    ("topics-umass", |r| r.coherence.umass, true),
    ("topics-uci", |r| r.coherence.uci, true),
    ("topics-likelihood", |r| r.log_likelihood, true),
];

impl View<'_> {
    fn scan_rows(&self) -> &[ScanRow] {
        self.map.scan.as_deref().unwrap_or(&[])
    }

    /// Row of the scan that has as many topics as the model.
    pub(super) fn scan_chosen(&self) -> Option<usize> {
        self.scan_rows().iter().position(|r| r.topics == self.map.topics.len())
    }

    pub(super) fn fit(&self) -> Vec<Figure> {
        let mut figures: Vec<Figure> = self.curve().into_iter().collect();
        for (key, figure, _) in self.scores() {
            let points: Vec<(f64, f64)> = self
                .scan_rows()
                .iter()
                .filter_map(|r| figure(r).filter(|v| v.is_finite()).map(|v| (r.topics as f64, v)))
                .collect();
            if points.len() < 2 {
                continue;
            }
            let name = self.t(key, &[]);
            let chosen = self.map.topics.len();
            let mark = self.t("topics-chosen", &[("k", self.count(chosen as u64))]);
            figures.push(Figure::draw(
                "half",
                self.t("topics-by-k", &[("name", name.clone())]),
                self.says(key),
                None,
                &|words, width| {
                    let trace = Trace {
                        words: words.clone(),
                        points: &points,
                        marked: Some((chosen as f64, mark.clone())),
                        x_title: self.t("topics-k", &[]),
                        y_title: name.clone(),
                    };
                    picture::trace(&trace, width, self.voice.language)
                },
            ));
        }
        figures
    }

    fn scores(&self) -> impl Iterator<Item = Score> {
        SCORES.into_iter().filter(|s| self.scan_rows().iter().any(|r| s.1(r).is_some()))
    }

    /// What a score means.
    fn says(&self, key: &str) -> String {
        match key {
            "topics-perplexity" => self.t("topics-perplexity-see", &[]),
            "topics-likelihood" => self.t("topics-likelihood-see", &[]),
            _ => self.t("topics-coherence-see", &[]),
        }
    }

    /// Row of the scan where a score is best; the fewest topics of equal ones.
    fn best(&self, score: Score) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        for row in self.scan_rows() {
            let Some(value) = score.1(row).filter(|v| v.is_finite()) else { continue };
            if best.is_none_or(|(_, b)| if score.2 { value > b } else { value < b }) {
                best = Some((row.topics, value));
            }
        }
        best
    }

    /// What the scan says in words: where each score is best, and whether that is at an end.
    pub(super) fn fit_see(&self) -> String {
        let rows = self.scan_rows();
        if rows.len() < 2 {
            return String::new();
        }
        let mut said = Vec::new();
        // The likelihood of the fitted documents only rises with topics: it chooses nothing.
        for score in self.scores().filter(|s| s.0 != "topics-likelihood") {
            let Some((k, value)) = self.best(score) else { continue };
            let key = if score.2 { "topics-highest" } else { "topics-lowest" };
            let digits = if score.2 { self.voice.number(value, 3) } else { self.voice.significant(value, 3) };
            said.push(
                self.t(key, &[("name", self.t(score.0, &[])), ("k", k.to_string()), ("value", digits)]),
            );
        }
        let largest = rows.iter().map(|r| r.topics).max();
        if SCORES.first().and_then(|s| self.best(*s)).is_some_and(|(k, _)| Some(k) == largest) {
            said.push(self.t("topics-scan-end", &[]));
        }
        said.push(match self.scan_chosen() {
            Some(_) => self.t("topics-scan-shown", &[("k", self.map.topics.len().to_string())]),
            None => self.t("topics-scan-other", &[("k", self.map.topics.len().to_string())]),
        });
        said.join(" ")
    }

    pub(super) fn scan_table(&self) -> Option<Table> {
        let rows = self.scan_rows();
        if rows.is_empty() {
            return None;
        }
        let scores: Vec<Score> = self.scores().collect();
        let mut head = vec![self.t("topics-k", &[])];
        head.extend(scores.iter().map(|s| self.t(s.0, &[])));
        let timed = rows.iter().any(|r| r.seconds.is_some());
        if timed {
            head.push(self.t("topics-seconds", &[]));
        }
        let mut table = Table::new(head);
        for row in rows {
            let mut cells = vec![self.count(row.topics as u64)];
            for score in &scores {
                let digits = |v: f64| if score.0 == "topics-perplexity" { text::decimals(v, 4) } else { 3 };
                cells.push(score.1(row).map_or(text::MISSING.into(), |v| self.voice.number(v, digits(v))));
            }
            if timed {
                cells.push(
                    row.seconds.map_or(text::MISSING.into(), |s| text::duration(s, self.voice.language)),
                );
            }
            table.push(cells);
        }
        Some(table)
    }

    /// How much the last tenth of the curve rose, as a share of the whole climb; none for a short curve. Means of the
    /// last two tenths are compared, because a sampler's likelihood wanders.
    fn last_rise(&self) -> Option<f64> {
        let values: Vec<f64> = self.map.curve.iter().map(|p| p.1).filter(|v| v.is_finite()).collect();
        let tenth = values.len() / 10;
        if tenth == 0 {
            return None;
        }
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let (before, last) = values[values.len() - 2 * tenth..].split_at(tenth);
        let climb = mean(last) - values[0];
        (climb > 0.0).then(|| (mean(last) - mean(before)) / climb)
    }

    /// The remark on a curve that has not settled.
    pub(super) fn climbing(&self) -> Option<String> {
        let rise = self.last_rise().filter(|r| *r > SETTLED)?;
        Some(self.t("topics-climbing", &[("share", self.share(rise))]))
    }

    fn curve(&self) -> Option<Figure> {
        let points: Vec<(f64, f64)> =
            self.map.curve.iter().filter(|p| p.1.is_finite()).map(|&(i, v)| (i as f64, v)).collect();
        if points.len() < 2 {
            return None;
        }
        let step = points.len().div_ceil(POINTS);
        let last = points.len() - 1;
        let thin: Vec<(f64, f64)> =
            points.iter().enumerate().filter(|(i, _)| i % step == 0 || *i == last).map(|(_, p)| *p).collect();
        let see = match self.last_rise() {
            Some(rise) if rise <= SETTLED => self.t("topics-settled", &[]),
            Some(rise) => self.t("topics-climbing", &[("share", self.share(rise))]),
            None => self.t("topics-curve-short", &[]),
        };
        let mut table = Table::new(vec![self.t("topics-iteration", &[]), self.t("topics-likelihood", &[])]);
        for &(i, v) in thin.iter().step_by(thin.len().div_ceil(20)) {
            table.push(vec![self.count(i as u64), self.voice.number(v, 4)]);
        }
        Some(Figure::draw("half", self.t("topics-curve", &[]), see, Some(table), &|words, width| {
            let trace = Trace {
                words: words.clone(),
                points: &thin,
                marked: None,
                x_title: self.t("topics-iteration", &[]),
                y_title: self.t("topics-likelihood", &[]),
            };
            picture::trace(&trace, width, self.voice.language)
        }))
    }

    pub(super) fn facts(&self) -> Vec<(String, String)> {
        let m = &self.map.method;
        let mut facts = Vec::new();
        let mut fact = |key: &str, value: Option<String>| facts.extend(value.map(|v| (self.t(key, &[]), v)));
        let figure = |v: f64| self.voice.significant(v, 3);
        fact("topics-method", Some(m.name.clone()));
        fact("topics-k", Some(self.count(self.map.topics.len() as u64)));
        fact("topics-documents-read", Some(self.count(m.documents)));
        fact("topics-tokens", Some(self.count(m.tokens)));
        fact("topics-vocabulary", Some(self.count(m.vocabulary)));
        fact("topics-iterations", m.iterations.map(|n| self.count(n)));
        fact("topics-alpha-sum", m.alpha.map(figure));
        fact("topics-beta", m.beta.map(figure));
        fact("topics-likelihood", m.log_likelihood.map(|v| self.voice.number(v, 4)));
        fact("topics-perplexity", m.perplexity.map(|v| self.voice.significant(v, 4)));
        for (key, value) in MEASURES {
            let values: Vec<f64> = self.map.topics.iter().filter_map(|t| value(&t.coherence)).collect();
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            let written = self.t("topics-mean", &[("value", self.voice.number(mean, 4))]);
            fact(key, (!values.is_empty()).then_some(written));
        }
        fact("fact-seed", m.seed.map(|s| s.to_string()));
        facts
    }
}

//! The page of a language-model ladder: the answer, the rungs, the settings, where it errs, words and texts, the protocol.

use serde::Serialize;

use super::answer::{Answer, Stat};
use super::ladder::{Entry, Frame, Ladder, framed};
use super::protocol::Protocol;
use super::{Figure, Table, Voice};
use crate::Language;
use crate::language::{FrequencyClass, LanguageReport, LanguageRungReport, LineKind, TextPart};
use crate::picture;
use crate::text;

#[derive(Serialize)]
pub(crate) struct Page {
    pub answer: Answer,
    pub ladder: Ladder,
    grid: Option<Table>,
    tried: Vec<(String, Table)>,
    halves: Vec<Figure>,
    lines_see: String,
    lines: Vec<Line>,
    samples: Vec<(String, Vec<String>)>,
    parts: Table,
    inside_see: String,
    inside: Table,
    warnings: Vec<String>,
    pub protocol: Protocol,
}

/// A line of the test part.
#[derive(Serialize)]
struct Line {
    kind: String,
    words: Vec<Word>,
    below: String,
}

#[derive(Serialize)]
struct Word {
    text: String,
    /// How dark it is, 0 to 100.
    shade: u32,
    hint: String,
}

/// Bits at which a word is darkest.
const DARKEST: f64 = 16.0;

struct View<'a> {
    report: &'a LanguageReport,
    best: &'a LanguageRungReport,
    voice: Voice<'a>,
    titles: Vec<String>,
    digits: usize,
}

pub(crate) fn page(report: &LanguageReport, language: Language) -> Page {
    let best = &report.rungs[report.best];
    let view = View {
        report,
        best,
        voice: Voice { language, zone: "UTC" },
        titles: text::model_titles(report, language),
        digits: text::decimals(text::perplexity(best).map_or(f64::NAN, |m| m.value), 4),
    };
    Page {
        answer: view.answer(),
        ladder: view.ladder(),
        grid: view.grid(),
        tried: view.tried(),
        halves: view.halves(),
        lines_see: view
            .t("lines-see", &[("rung", view.titles[report.best].clone()), ("plain", view.titles[0].clone())]),
        lines: view.lines(),
        samples: report
            .samples
            .iter()
            .enumerate()
            .map(|(i, (_, s))| (view.titles[i].clone(), s.clone()))
            .collect(),
        parts: view.parts(),
        inside_see: view.t(
            "inside-ngrams-see",
            &[("rung", view.titles[report.best].clone()), ("smoothing", best.smoothing.clone())],
        ),
        inside: view.inside(),
        warnings: best.warnings.clone(),
        protocol: view.protocol(),
    }
}

impl View<'_> {
    fn t(&self, key: &str, args: &[(&str, String)]) -> String {
        self.voice.t(key, args)
    }

    fn language(&self) -> Language {
        self.voice.language
    }

    fn count(&self, n: u64) -> String {
        self.voice.count(n as usize)
    }

    fn bare(&self, value: f64) -> String {
        self.voice.number(value, self.digits)
    }

    fn bits(&self, value: f64) -> String {
        self.voice.number(value, 1)
    }

    fn share(&self, part: u64, of: u64) -> f64 {
        part as f64 / of.max(1) as f64
    }

    fn answer(&self) -> Answer {
        let language = self.language();
        let mut sentences = text::model_answer(self.report, language).into_iter();
        let metric = |name: &str| self.best.test.get(name).copied();
        let mut figures = Vec::new();
        if let Some(m) = metric("perplexity") {
            let range = text::range(&self.bare(m.low), &self.bare(m.high), language);
            figures.push(Stat {
                value: self.bare(m.value),
                unit: String::new(),
                label: self.t("stat-perplexity", &[]),
                detail: self.t("stat-interval", &[("range", range)]),
            });
        }
        if let (Some(token), Some(character)) = (metric("bits_per_token"), metric("bits_per_character")) {
            figures.push(Stat {
                value: self.voice.number(token.value, 2),
                unit: String::new(),
                label: self.t("stat-bits", &[]),
                detail: self.t("stat-bits-detail", &[("bits", self.voice.number(character.value, 2))]),
            });
        }
        figures.push(Stat {
            value: text::duration(self.best.fit_seconds, language),
            unit: String::new(),
            label: self.t("stat-cost", &[]),
            detail: self.t(
                "stat-model-detail",
                &[
                    ("parameters", self.count(self.best.parameters)),
                    ("size", text::bytes(self.best.bytes, language)),
                    ("answer", text::microseconds(self.best.predict_us, language)),
                ],
            ),
        });
        Answer {
            kicker: self.t("model-kicker", &[]),
            deck: text::model_deck(self.report, language),
            sentence: sentences.next().unwrap_or_default(),
            advice: sentences.collect::<Vec<_>>().join(" "),
            figures,
            doubts: self.doubts(),
        }
    }

    /// What a careful reader should know, from the measured figures alone.
    fn doubts(&self) -> Vec<String> {
        let test = &self.report.data.test;
        let mut doubts = Vec::new();
        let percent = |share: f64| self.voice.percent(share, 1);
        let class = |holds: &dyn Fn(&FrequencyClass) -> bool| {
            let classes = self.report.classes.iter().zip(&self.best.bits_by_class).filter(|(c, _)| holds(c));
            let (bits, tokens) =
                classes.fold((0.0, 0), |(bits, n), (c, b)| (bits + b * c.tokens as f64, n + c.tokens));
            (tokens > 0 && bits.is_finite()).then(|| bits / tokens as f64)
        };
        if test.unknown > 0
            && let Some(bits) = class(&|c| c.to == 0)
        {
            let share = percent(self.share(test.unknown, test.tokens));
            doubts.push(self.t("doubt-unknown", &[("share", share), ("bits", self.bits(bits))]));
        }
        if self.share(test.repeated, test.lines) >= 0.005 {
            let share = percent(self.share(test.repeated, test.lines));
            doubts.push(self.t("doubt-repeated", &[("share", share)]));
        }
        if let (Some(rare), Some(common)) = (class(&|c| c.from >= 1 && c.to <= 10), class(&|c| c.from > 1000))
        {
            doubts.push(self.t("doubt-rare", &[("bits", self.bits(rare)), ("common", self.bits(common))]));
        }
        if let Some(unseen) = self.best.unseen.get(self.best.order - 1).filter(|_| self.best.order > 1) {
            let args = [("share", percent(*unseen)), ("order", self.best.order.to_string())];
            doubts.push(self.t("doubt-sparse", &args));
        }
        if !self.best.warnings.is_empty() {
            doubts.push(self.t("doubt-discounts", &[]));
        }
        doubts
    }

    fn ladder(&self) -> Ladder {
        let report = self.report;
        let language = self.language();
        let entries: Vec<Entry> = report
            .rungs
            .iter()
            .enumerate()
            .map(|(i, rung)| Entry {
                title: self.titles[i].clone(),
                value: text::perplexity(rung),
                pair: text::pair_against(&report.pairs, &rung.name, &self.best.name)
                    .filter(|_| i != report.best),
                extra: rung.test.get("bits_per_token").map_or(String::new(), |m| {
                    self.t("lines-bits-short", &[("bits", self.voice.number(m.value, 2))])
                }),
                seconds: rung.fit_seconds,
                parameters: rung.parameters as usize,
                answer: text::microseconds(rung.predict_us, language),
            })
            .collect();
        framed(Frame {
            voice: self.voice,
            lead: self.lead(&entries),
            entries,
            best: report.best,
            unit: "",
            digits: self.digits,
            metric: text::metric_name("perplexity", language),
            judged: self.t("judged-tokens", &[("tokens", self.count(report.data.test.tokens))]),
            error_title: text::sentence_case(&text::metric_name("perplexity", language)),
            answer_title: self.t("col-token", &[]),
            cost_title: self.t("cost-title-model", &[]),
            metrics: self.metrics(),
        })
    }

    fn lead(&self, entries: &[Entry]) -> String {
        let value = |i: usize| entries[i].value.map(|m| m.value);
        let steps = (1..entries.len()).filter_map(|i| Some((i, value(i - 1)? - value(i)?)));
        match steps.max_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((i, gain)) if gain > 0.0 => self.t(
                "model-lead",
                &[
                    ("from", self.titles[i - 1].clone()),
                    ("to", self.titles[i].clone()),
                    ("gain", self.bare(gain)),
                ],
            ),
            _ => self.t("ladder-lead-flat", &[]),
        }
    }

    fn metrics(&self) -> Table {
        let language = self.language();
        let names = ["perplexity", "bits_per_token", "bits_per_character", "perplexity_without_unknown"];
        let mut head = vec![self.t("col-rung", &[])];
        head.extend(names.iter().map(|name| text::metric_name(name, language)));
        head.extend(["col-smoothing", "col-size"].map(|key| self.t(key, &[])));
        let mut table = Table::new(head);
        for (title, rung) in self.titles.iter().zip(&self.report.rungs) {
            let mut row = vec![title.clone()];
            row.extend(names.iter().map(|name| match rung.test.get(*name) {
                Some(m) => {
                    let digits = text::decimals(m.value, 4);
                    let write = |v: f64| self.voice.number(v, digits);
                    format!("{} ({})", write(m.value), text::range(&write(m.low), &write(m.high), language))
                }
                None => text::MISSING.to_string(),
            }));
            row.push(rung.smoothing.clone());
            row.push(text::bytes(rung.bytes, language));
            table.push(row);
        }
        table
    }

    fn grid(&self) -> Option<Table> {
        let grid = self.report.grid.as_ref()?;
        let mut head = vec![self.t("col-smoothing", &[])];
        head.extend(grid.orders.iter().map(|n| self.t("col-order", &[("order", n.to_string())])));
        let least =
            grid.rows.iter().flat_map(|(_, row)| row.iter().flatten()).copied().fold(f64::INFINITY, f64::min);
        let digits = text::decimals(least, 4);
        let mut table = Table::new(head);
        for (smoothing, row) in &grid.rows {
            let mut cells = vec![smoothing.clone()];
            cells.extend(row.iter().map(|value| match value {
                Some(v) if *v == least => format!("● {}", self.voice.number(*v, digits)),
                Some(v) => self.voice.number(*v, digits),
                None => text::MISSING.to_string(),
            }));
            table.push(cells);
        }
        Some(table)
    }

    /// What each rung was chosen from, where there was a choice.
    fn tried(&self) -> Vec<(String, Table)> {
        self.report
            .rungs
            .iter()
            .zip(&self.titles)
            .filter(|(rung, _)| rung.tried.len() > 1)
            .map(|(rung, title)| {
                let keys = ["col-smoothing", "col-length"].map(|k| self.t(k, &[]));
                let mut table = Table::new(
                    keys.into_iter().chain([text::metric_name("perplexity", self.language())]).collect(),
                );
                for t in &rung.tried {
                    let digits = text::decimals(t.perplexity, 4);
                    table.push(vec![
                        t.smoothing.clone(),
                        t.order.to_string(),
                        self.voice.number(t.perplexity, digits),
                    ]);
                }
                (self.t("tried-title", &[("rung", title.clone())]), table)
            })
            .collect()
    }

    fn class(&self, class: &FrequencyClass) -> String {
        match (class.from, class.to) {
            (_, 0) => self.t("class-unknown", &[]),
            (1, 1) => self.t("class-once", &[]),
            (from, u64::MAX) => self.t("class-more", &[("from", self.count(from))]),
            (from, to) => text::range(&self.count(from), &self.count(to), self.language()),
        }
    }

    fn halves(&self) -> Vec<Figure> {
        let rung = || [("rung", self.titles[self.report.best].clone())];
        let classes: Vec<(&FrequencyClass, f64)> = self
            .report
            .classes
            .iter()
            .zip(self.best.bits_by_class.iter().copied())
            .filter(|(class, bits)| class.tokens > 0 && bits.is_finite())
            .collect();
        let bars: Vec<(String, f64)> = classes.iter().map(|(c, bits)| (self.class(c), *bits)).collect();
        let mut head = vec![self.t("col-class", &[]), self.t("col-tokens", &[])];
        head.extend(self.titles.iter().cloned());
        let mut table = Table::new(head);
        for (i, class) in self.report.classes.iter().enumerate().filter(|(_, c)| c.tokens > 0) {
            let mut row = vec![self.class(class), self.count(class.tokens)];
            row.extend(
                self.report
                    .rungs
                    .iter()
                    .map(|r| self.bits(r.bits_by_class.get(i).copied().unwrap_or(f64::NAN))),
            );
            table.push(row);
        }
        let mut figures = vec![Figure::draw(
            "half",
            self.t("class-title", &[]),
            self.t("class-see", &rung()),
            Some(table),
            &|words, width| picture::bars(words, &bars, &|v| self.bits(v), width),
        )];
        let order = |n: usize| self.t("matched-order", &[("order", (n + 1).to_string())]);
        let total: u64 = self.best.matched.iter().sum();
        let used: Vec<(String, f64)> =
            self.best.matched.iter().enumerate().map(|(n, &m)| (order(n), self.share(m, total))).collect();
        let percent = |v: f64| self.voice.percent(v, 1);
        figures.push(Figure::draw(
            "half",
            self.t("matched-title", &[]),
            self.t("matched-see", &rung()),
            None,
            &|words, width| picture::bars(words, &used, &percent, width),
        ));
        let unseen: Vec<(String, f64)> =
            self.best.unseen.iter().enumerate().map(|(n, &share)| (order(n), share)).collect();
        figures.push(Figure::draw(
            "half",
            self.t("unseen-title", &[]),
            self.t("unseen-see", &[]),
            None,
            &|words, width| picture::bars(words, &unseen, &percent, width),
        ));
        figures
    }

    fn lines(&self) -> Vec<Line> {
        let mean = |bits: &[f64]| bits.iter().sum::<f64>() / bits.len().max(1) as f64;
        self.report
            .lines
            .iter()
            .map(|line| Line {
                kind: self.t(
                    match line.kind {
                        LineKind::Easy => "kind-easy",
                        LineKind::Typical => "kind-typical",
                        LineKind::Hard => "kind-hard",
                    },
                    &[],
                ),
                words: line
                    .words
                    .iter()
                    .enumerate()
                    .map(|(i, word)| Word {
                        text: word.chars().map(|c| if c.is_control() { '\u{b7}' } else { c }).collect(),
                        shade: (line.chosen[i] / DARKEST * 100.0).clamp(0.0, 100.0) as u32,
                        hint: self.t(
                            "word-hint",
                            &[("bits", self.bits(line.chosen[i])), ("matched", line.matched[i].to_string())],
                        ),
                    })
                    .collect(),
                below: self.t(
                    "lines-bits",
                    &[
                        ("bits", self.bits(mean(&line.chosen))),
                        ("plain", self.titles[0].clone()),
                        ("other", self.bits(mean(&line.plain))),
                    ],
                ),
            })
            .collect()
    }

    fn parts(&self) -> Table {
        let keys = [
            "col-part",
            "col-documents",
            "col-lines",
            "col-tokens",
            "col-characters",
            "col-unknown",
            "col-repeated",
            "col-file",
        ];
        let mut table = Table::new(keys.iter().map(|key| self.t(key, &[])).collect());
        let data = &self.report.data;
        for (key, part) in
            [("part-train", &data.train), ("part-valid", &data.valid), ("part-test", &data.test)]
        {
            let TextPart { file, documents, lines, tokens, characters, unknown, repeated, .. } = part;
            let learns = key == "part-train";
            let share = |n: u64, of: u64| {
                if learns { text::MISSING.to_string() } else { self.voice.percent(self.share(n, of), 2) }
            };
            table.push(vec![
                self.t(key, &[]),
                self.count(*documents),
                self.count(*lines),
                self.count(*tokens),
                self.count(*characters),
                share(*unknown, *tokens),
                share(*repeated, *lines),
                file.clone(),
            ]);
        }
        table
    }

    fn inside(&self) -> Table {
        let keys = ["col-length", "col-ngrams", "col-discounts"];
        let mut table = Table::new(keys.iter().map(|key| self.t(key, &[])).collect());
        for (n, count) in self.best.counts.iter().enumerate() {
            let discounts = self.best.discounts.get(n).map_or(text::MISSING.to_string(), |d| {
                d.iter().map(|v| self.voice.number(f64::from(*v), 4)).collect::<Vec<_>>().join("  ")
            });
            table.push(vec![(n + 1).to_string(), self.count(*count), discounts]);
        }
        table
    }

    fn protocol(&self) -> Protocol {
        let report = self.report;
        let mut facts = Vec::new();
        let mut fact = |key: &str, value: String| facts.push((self.t(key, &[]), value));
        fact("fact-data", report.data.name.clone());
        fact("fact-protocol", self.t("protocol-sentence", &[]));
        fact("fact-vocabulary", self.count(report.data.vocabulary));
        fact("fact-text-language", text::spoken("language", &report.data.language, self.language()));
        fact("fact-scheme", report.data.scheme.clone());
        for (key, value) in &report.data.steps {
            fact(&format!("fact-{key}"), value.clone());
        }
        let blocks = [
            ("draws", self.voice.count(report.bootstrap_draws)),
            ("block", self.voice.count(report.bootstrap_block)),
        ];
        fact("fact-bootstrap", self.t("bootstrap-lines", &blocks));
        fact("fact-seed", report.seed.to_string());
        fact("fact-version", report.version.clone());
        fact("fact-machine", report.machine.clone());
        fact("fact-threads", self.voice.count(report.threads));
        Protocol {
            lead: self.t("protocol-lead-text", &[]),
            facts,
            inputs: Vec::new(),
            saw: Vec::new(),
            roles: Vec::new(),
            notes: report.notes.iter().map(|n| text::spoken("remark", n, self.language())).collect(),
            command: report.command.clone(),
            recipe: report.recipe.clone(),
            sha256: report.data.sha256.clone(),
        }
    }
}

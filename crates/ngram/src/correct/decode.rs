//! The best sentence: a beam over the candidates of each word, joined where the model remembers the same words.

use super::pieces::{self, Case, Run};
use super::{Candidate, Change, Correction, Corrector, NO_MASS};
use crate::scores_words::ScoresWords;
use crate::vocabulary::{SENTENCE_END, UNKNOWN, WordId};

/// Sentences that are kept side by side.
const BEAM: usize = 16;

/// One way to read a place of the line.
#[derive(Debug, Clone)]
struct Reading {
    /// What the model is asked for, in order.
    ids: Vec<WordId>,
    /// log10 of everything else.
    extra: f64,
    /// What stands in the line then; `None` as it was written.
    text: Option<String>,
}

/// A place of the line with its readings, that as written first.
#[derive(Debug)]
struct Place {
    begin: usize,
    end: usize,
    readings: Vec<Reading>,
}

#[derive(Debug, Clone)]
struct Hypothesis<S> {
    state: S,
    log10: f64,
    /// Where in the history this one's last choice is.
    link: usize,
}

impl<M: ScoresWords> Corrector<M> {
    /// The number of a written piece, if the model has it.
    fn id_of(&self, text: &str) -> Option<WordId> {
        Some(self.model.text_id(text.as_bytes())).filter(|&id| id != UNKNOWN)
    }

    /// What is asked of the model for what stands beside a word: the whole, else its characters, as far as they are known.
    fn beside(&self, text: &str, ids: &mut Vec<WordId>) {
        if text.is_empty() {
            return;
        }
        if let Some(id) = self.id_of(text) {
            ids.push(id);
            return;
        }
        let mut buffer = [0; 4];
        ids.extend(text.chars().filter_map(|c| self.id_of(c.encode_utf8(&mut buffer))));
    }

    /// What is asked of the model for a word with what stands beside it.
    fn ids(&self, word: WordId, text: &str, front: &str, back: &str) -> Vec<WordId> {
        if !front.is_empty() || !back.is_empty() {
            let whole: String = [front, text, back].concat();
            if let Some(id) = self.id_of(&whole) {
                return vec![id];
            }
        }
        let mut ids = Vec::with_capacity(3);
        self.beside(front, &mut ids);
        ids.push(word);
        self.beside(back, &mut ids);
        ids
    }

    /// The word of a form that fits the written case best: its number in the model and its text.
    fn cased(&self, form: u32, case: Case) -> (WordId, String) {
        let meant = self.meant(form, case);
        let text = case.apply(meant);
        let lower = meant.to_lowercase();
        let id = [text.as_str(), meant, &lower].into_iter().find_map(|t| self.id_of(t));
        let likeliest = || {
            let words = self.dictionary.words(form).iter().copied();
            words.max_by(|&a, &b| self.dictionary.prior(a).total_cmp(&self.dictionary.prior(b)))
        };
        (id.or_else(likeliest).unwrap_or(UNKNOWN), text)
    }

    /// The readings of a word between `front` and `back`.
    fn readings(&self, word: &str, front: &str, back: &str) -> Vec<Reading> {
        let params = &self.params;
        let mut units = Vec::with_capacity(word.len());
        self.dictionary.alphabet.read(word, &mut units);
        let right = (1.0 - params.typo_rate).log10();
        let case = Case::of(word);
        let mut known = self.dictionary.find(&units);
        // Of a word and 's the word alone may be known.
        let mut stem = word;
        let mut ending = "";
        if known.is_none()
            && let Some(at) = word.rfind(['\'', '\u{2019}'])
            && at > 0
            && matches!(&word[at..], "'s" | "\u{2019}s" | "'S" | "\u{2019}S")
        {
            (stem, ending) = word.split_at(at);
            self.dictionary.alphabet.read(stem, &mut units);
            known = self.dictionary.find(&units);
        }
        let back: &str = &[ending, back].concat();
        let as_written = match known {
            Some(form) => {
                let (id, _) = self.cased(form, case);
                Reading { ids: self.ids(id, stem, front, back), extra: right, text: None }
            }
            None => {
                let ids = self.ids(UNKNOWN, stem, front, back);
                let letters = self.dictionary.letters.log10(&units);
                let unknown = self.unknown_rate - f64::from(self.unknown) + letters;
                // A whole token that the model knows after all is no unknown word.
                let extra = if ids.contains(&UNKNOWN) { right + unknown } else { right };
                Reading { ids, extra, text: None }
            }
        };
        let mut readings = vec![as_written];
        if known.is_some() && !params.real_words || !readings[0].ids.contains(&UNKNOWN) && known.is_none() {
            return readings;
        }
        let weight = params.channel_weight;
        let reach = self.reach(units.len());
        let near = self.dictionary.near(&units, reach, &self.channel, weight as f32, params.candidates);
        for near in near {
            let (id, text) = self.cased(near.form, case);
            readings.push(Reading {
                ids: self.ids(id, &text, front, back),
                extra: params.typo_rate.log10() + weight * f64::from(near.channel),
                text: Some(text + ending),
            });
        }
        readings
    }

    /// A line as places in order.
    fn places(&self, line: &str) -> Vec<Place> {
        let mut places = Vec::new();
        let mut runs: Vec<Run> = Vec::new();
        for (begin, end) in pieces::tokens(line) {
            let token = &line[begin..end];
            let fixed = |ids: Vec<WordId>| Place {
                begin,
                end,
                readings: vec![Reading { ids, extra: 0.0, text: None }],
            };
            let whole = self.id_of(token);
            pieces::runs(line, begin, end, &mut runs);
            let words = runs.iter().filter(|r| r.word).count();
            if pieces::is_left_alone(token) || words == 0 || (whole.is_some() && words > 1) {
                places.push(fixed(vec![whole.unwrap_or(UNKNOWN)]));
                continue;
            }
            if words == 1 {
                // One word is always there, so this finds it.
                let Some(&run) = runs.iter().find(|r| r.word) else { continue };
                let (front, back) = (&line[begin..run.begin], &line[run.end..end]);
                let readings = self.readings(&line[run.begin..run.end], front, back);
                places.push(Place { begin: run.begin, end: run.end, readings });
                continue;
            }
            for run in &runs {
                let text = &line[run.begin..run.end];
                if run.word {
                    places.push(Place {
                        begin: run.begin,
                        end: run.end,
                        readings: self.readings(text, "", ""),
                    });
                } else {
                    let mut ids = Vec::new();
                    self.beside(text, &mut ids);
                    places.push(fixed(ids));
                }
            }
        }
        places
    }

    fn step(&self, state: &M::State, reading: &Reading) -> (f64, M::State) {
        let (mut log10, mut state) = (reading.extra, state.clone());
        for &id in &reading.ids {
            let (scored, next) = self.model.score(&state, id);
            // An unknown word's own probability is taken out by `extra`; without any mass its context says nothing.
            let value = if scored.log10.is_finite() {
                f64::from(scored.log10)
            } else if id == UNKNOWN {
                f64::from(self.unknown)
            } else {
                f64::from(NO_MASS)
            };
            log10 += value;
            state = next;
        }
        (log10, state)
    }

    /// The number of the reading chosen at each place.
    fn best(&self, places: &[Place]) -> Vec<usize> {
        // Choices with the link to the one before.
        let mut history: Vec<(usize, usize)> = vec![(usize::MAX, 0)];
        let mut beam = vec![Hypothesis { state: self.model.start(), log10: 0.0, link: 0 }];
        let mut next: Vec<(Hypothesis<M::State>, usize)> = Vec::new();
        for place in places {
            next.clear();
            for from in &beam {
                for (choice, reading) in place.readings.iter().enumerate() {
                    let (log10, state) = self.step(&from.state, reading);
                    next.push((Hypothesis { state, log10: from.log10 + log10, link: from.link }, choice));
                }
            }
            // Stable: of equal ones the earlier stays first.
            next.sort_by(|a, b| b.0.log10.total_cmp(&a.0.log10));
            beam.clear();
            for (hypothesis, choice) in &next {
                if beam.len() == BEAM {
                    break;
                }
                if beam.iter().any(|held| self.model.alike(&held.state, &hypothesis.state)) {
                    continue;
                }
                history.push((hypothesis.link, *choice));
                beam.push(Hypothesis { link: history.len() - 1, ..hypothesis.clone() });
            }
        }
        let ended = |h: &Hypothesis<M::State>| h.log10 + self.end(&h.state);
        let mut best = 0;
        for (i, hypothesis) in beam.iter().enumerate() {
            if ended(hypothesis) > ended(&beam[best]) {
                best = i;
            }
        }
        let mut choices = vec![0; places.len()];
        let mut link = beam[best].link;
        for choice in choices.iter_mut().rev() {
            (link, *choice) = history[link];
        }
        choices
    }

    /// log10 of the end of the sentence; models of single words, and those without ends, have none.
    fn end(&self, state: &M::State) -> f64 {
        if self.model.context() == Some(0) {
            return 0.0;
        }
        let log10 = self.model.score(state, SENTENCE_END).0.log10;
        if log10.is_finite() { f64::from(log10) } else { 0.0 }
    }

    /// log10 of the line with the reading `choice` at `at` and the chosen ones elsewhere; `before` is the state and score
    /// before that place.
    fn with(
        &self,
        places: &[Place],
        chosen: &[usize],
        at: usize,
        choice: usize,
        before: (&M::State, f64),
    ) -> f64 {
        let (mut state, mut sum) = (before.0.clone(), before.1);
        let order = self.model.context().map_or(usize::MAX, |words| words + 1);
        let mut alike = 0;
        for (i, place) in places.iter().enumerate().skip(at) {
            let reading = &place.readings[if i == at { choice } else { chosen[i] }];
            let (log10, next) = self.step(&state, reading);
            (state, sum) = (next, sum + log10);
            alike += reading.ids.len() * usize::from(i > at);
            if alike >= order {
                break;
            }
        }
        if alike < order { sum + self.end(&state) } else { sum }
    }
}

/// Corrects a line and lists up to `k` candidates of each word that was doubted.
pub(super) fn correct<M: ScoresWords>(corrector: &Corrector<M>, line: &str, k: usize) -> Correction {
    let places = corrector.places(line);
    let chosen = corrector.best(&places);
    let mut correction = Correction {
        text: line.to_owned(),
        corrected: String::with_capacity(line.len()),
        changes: Vec::new(),
        kept: Vec::new(),
    };
    let mut total = None;
    let mut before = (corrector.model.start(), 0.0);
    let (mut copied, mut position, mut counted) = (0, 0, 0);
    for (at, place) in places.iter().enumerate() {
        let reading = &place.readings[chosen[at]];
        let doubted = place.readings.len() > 1;
        if doubted && (chosen[at] != 0 || k > 0) {
            let total = *total.get_or_insert_with(|| {
                let mut state = corrector.model.start();
                let mut sum = 0.0;
                for (place, &choice) in places.iter().zip(&chosen) {
                    let (log10, next) = corrector.step(&state, &place.readings[choice]);
                    (state, sum) = (next, sum + log10);
                }
                sum + corrector.end(&state)
            });
            let scores: Vec<f64> = (0..place.readings.len())
                .map(|choice| corrector.with(&places, &chosen, at, choice, (&before.0, before.1)))
                .collect();
            // What follows the words that depend on the choice is in `total` alone.
            let rest = total - scores[chosen[at]];
            let sum: f64 = scores.iter().map(|s| 10f64.powf(s - scores[chosen[at]])).sum();
            let share = |choice: usize| 10f64.powf(scores[choice] - scores[chosen[at]]) / sum;
            position += line[counted..place.begin].chars().count();
            counted = place.begin;
            let from = &line[place.begin..place.end];
            let text = |choice: usize| place.readings[choice].text.clone().unwrap_or_else(|| from.to_owned());
            let mut order: Vec<usize> = (0..scores.len()).collect();
            order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
            let change = Change {
                position,
                from: from.to_owned(),
                to: text(chosen[at]),
                log10_from: Some(scores[0] + rest).filter(|s| s.is_finite()),
                log10_to: total,
                confidence: share(chosen[at]),
                candidates: order
                    .iter()
                    .take(k)
                    .filter(|&&choice| scores[choice].is_finite())
                    .map(|&choice| Candidate {
                        text: text(choice),
                        log10: scores[choice] + rest,
                        confidence: share(choice),
                    })
                    .collect(),
            };
            let list = if chosen[at] == 0 { &mut correction.kept } else { &mut correction.changes };
            list.push(change);
        }
        if let Some(text) = &reading.text {
            correction.corrected.push_str(&line[copied..place.begin]);
            correction.corrected.push_str(text);
            copied = place.end;
        }
        let (log10, state) = corrector.step(&before.0, reading);
        before = (state, before.1 + log10);
    }
    correction.corrected.push_str(&line[copied..]);
    correction
}

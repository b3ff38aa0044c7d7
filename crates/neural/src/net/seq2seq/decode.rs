//! What an encoder-decoder says: greedily, or by beam search (Graves 2012; Sutskever, Vinyals and Le 2014).
//!
//! A beam of width w keeps the w likeliest beginnings. Each is continued by every token; of all continuations the w − f
//! likeliest are kept, f of them having ended before; those that say the end are done. A width of 1 is greedy decoding.
//! The search is over when w have ended, or none may go on. Of those the best has the largest
//!
//! ```text
//! sum        ln P(y | x) = Σ_t ln p(y_t | y_<t, x)
//! mean       ln P / |y|
//! gnmt(α)    ln P / ((5 + |y|) / 6)^α                      (Wu et al. 2016, equation 14)
//! ```
//!
//! where |y| counts the end. Rows of several sources walk together; nothing of one reaches another.
//!
//! Where a search draws, the one beginning that is kept goes on by a token drawn from p(y_t | y_<t, x) instead of the
//! likeliest; each source has random numbers of its own.

use gyeol_tensor::{Buffer, Draw, Pool, Real, Rng};
use serde::{Deserialize, Serialize};

use super::{EncoderDecoder, EncoderDecoderPacked, EncoderDecoderTape, SourceTape, check_tokens};
use crate::error::{Error, Result};

/// Rows of the decoder that walk together.
const ROWS: usize = 16;

/// How beginnings of different lengths are held against each other at the end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// By the sum of their log-probabilities: short ones gain.
    Sum,
    /// By the mean.
    Mean,
    /// By ((5 + |y|) / 6)^α.
    Gnmt(f64),
}

impl Length {
    pub(super) fn score(self, log_probability: f64, tokens: usize) -> f64 {
        match self {
            Length::Sum => log_probability,
            Length::Mean => log_probability / tokens.max(1) as f64,
            Length::Gnmt(alpha) => log_probability / ((5.0 + tokens as f64) / 6.0).powf(alpha),
        }
    }
}

/// How a net is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// Beginnings that are kept; 1 is greedy.
    pub width: usize,
    /// How they are held against each other.
    pub length: Length,
    /// A token that is never said, such as that of unknown words.
    pub never: Option<u32>,
    /// Most tokens: so many, and so many more a token of the source.
    pub longest: (usize, f64),
    /// Whether the weights of attention are wanted.
    pub weights: bool,
    /// How tokens are drawn; none takes the likeliest.
    pub drawn: Option<Drawn>,
}

/// How a search draws its tokens; it keeps one beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// From all tokens, or from the likeliest.
    pub by: Draw,
    /// Seed.
    pub seed: u64,
    /// The random numbers of source i are those of stream `first` + i.
    pub first: u64,
}

impl Search {
    /// Greedy decoding of up to `longest` tokens.
    pub fn greedy(longest: usize) -> Search {
        Search {
            width: 1,
            length: Length::Sum,
            never: None,
            longest: (longest, 0.0),
            weights: false,
            drawn: None,
        }
    }

    fn check(&self) -> Result<()> {
        let bad = |name, value: String, allowed| Err(Error::Parameter { name, value, allowed });
        if !(1..=1000).contains(&self.width) {
            return bad("beam", self.width.to_string(), "between 1 and 1000");
        }
        if let Some(Drawn { by, .. }) = &self.drawn {
            if self.width != 1 {
                return bad("beam", self.width.to_string(), "1 where tokens are drawn");
            }
            if !by.is_fine() {
                let found = format!("temperature {}, top-p {}", by.temperature, by.top_p);
                return bad("sampling", found, "a temperature of at least 0, top-p above 0 and at most 1");
            }
        }
        match self.length {
            Length::Gnmt(alpha) if !(alpha.is_finite() && (0.0..=5.0).contains(&alpha)) => {
                bad("alpha", alpha.to_string(), "between 0 and 5")
            }
            _ => Ok(()),
        }
    }
}

/// One thing that a net said.
#[derive(Debug, Clone, PartialEq)]
pub struct Said<T> {
    /// Its tokens, without the end.
    pub tokens: Vec<u32>,
    /// ln P of them, the end included where it was said.
    pub log_probability: f64,
    /// What it was chosen by.
    pub score: f64,
    /// False where it was cut off.
    pub ended: bool,
    /// Weights of the source's tokens, (tokens, S), with a row more for the end where it was said; empty unless wanted, or
    /// without attention.
    pub weights: Vec<T>,
}

/// A beginning that may go on.
#[derive(Debug, Clone)]
struct Open<T> {
    tokens: Vec<u32>,
    log_probability: f64,
    weights: Vec<T>,
}

/// A beginning (by its place among those open), the token that goes on, and ln P of both.
type Continued = (usize, u32, f64);

/// A source whose search goes on.
struct Beam<T> {
    source: usize,
    open: Vec<Open<T>>,
    done: Vec<Said<T>>,
    longest: usize,
    rng: Option<Rng>,
}

impl<T: Real> Beam<T> {
    /// `place` is that of the source among all that are asked, `source` that among those that walk together.
    fn new(place: usize, source: usize, tokens: usize, search: &Search) -> Beam<T> {
        let start = Open { tokens: Vec::new(), log_probability: 0.0, weights: Vec::new() };
        let longest = search.longest.0 + (search.longest.1 * tokens as f64) as usize;
        let rng = search.drawn.map(|d| Rng::stream(d.seed, d.first.wrapping_add(place as u64)));
        let mut beam = Beam { source, open: vec![start], done: Vec::new(), longest, rng };
        beam.cut(search);
        beam
    }

    /// What is as long as may be is done, though it did not end.
    fn cut(&mut self, search: &Search) {
        if self.open.first().is_some_and(|open| open.tokens.len() >= self.longest) {
            let done = self.open.drain(..).map(|open| Said {
                score: search.length.score(open.log_probability, open.tokens.len()),
                tokens: open.tokens,
                log_probability: open.log_probability,
                ended: false,
                weights: open.weights,
            });
            self.done.extend(done);
        }
    }

    /// The token drawn to go on the one beginning, with ln P of both as the net has it.
    fn drawn(&mut self, by: &Draw, chances: &[T], sign: u32, never: Option<u32>) -> Vec<Continued> {
        let Some(rng) = &mut self.rng else { return Vec::new() };
        let mut weights: Vec<f64> = chances.iter().map(|chance| chance.to_f64().exp()).collect();
        if let Some(weight) = never.and_then(|never| weights.get_mut(never as usize)) {
            *weight = 0.0;
        }
        // What has no weight at all ends.
        let class = by.of(&weights, rng).map_or(sign, |place| place as u32);
        let before = self.open.first().map_or(0.0, |open| open.log_probability);
        vec![(0, class, before + chances[class as usize].to_f64())]
    }

    /// Goes on by one token; `chances` (open, V) are log-probabilities, `weights` the rows of attention. Gives the row
    /// that each one now open came from.
    fn go_on(&mut self, chances: &[T], weights: &[T], sign: u32, search: &Search) -> Vec<usize> {
        let classes = sign as usize + 1;
        let of_weights = weights.len() / self.open.len().max(1);
        let wanted = search.width - self.done.len();
        let mut best: Vec<Continued> = match &search.drawn {
            Some(drawn) => self.drawn(&drawn.by, &chances[..classes], sign, search.never),
            None => Vec::with_capacity(wanted + 1),
        };
        let rows = if search.drawn.is_some() { &[][..] } else { &self.open[..] };
        for (row, (open, chances)) in rows.iter().zip(chances.chunks_exact(classes)).enumerate() {
            for (class, chance) in chances.iter().enumerate() {
                let all = open.log_probability + chance.to_f64();
                // Of equals the first stays: the earlier row, the smaller token.
                if best.len() == wanted && best.last().is_some_and(|last| all <= last.2)
                    || search.never == Some(class as u32)
                {
                    continue;
                }
                let at = best.partition_point(|found| found.2 >= all);
                best.insert(at, (row, class as u32, all));
                best.truncate(wanted);
            }
        }
        let mut parents = Vec::with_capacity(best.len());
        let mut open = Vec::with_capacity(best.len());
        for (row, class, log_probability) in best {
            let before = &self.open[row];
            let own = &weights[row * of_weights..(row + 1) * of_weights];
            let mut weights = before.weights.clone();
            weights.extend_from_slice(own);
            let mut tokens = before.tokens.clone();
            if class == sign {
                let score = search.length.score(log_probability, tokens.len() + 1);
                self.done.push(Said { tokens, log_probability, score, ended: true, weights });
            } else {
                tokens.push(class);
                open.push(Open { tokens, log_probability, weights });
                parents.push(row);
            }
        }
        self.open = open;
        if self.done.len() >= search.width {
            self.open.clear();
        }
        self.cut(search);
        parents.truncate(self.open.len());
        parents
    }
}

impl EncoderDecoder {
    /// Tokens that the net says after reading the tokens `source`, each the likeliest after those before (greedy
    /// decoding), up to the end or `longest` tokens.
    ///
    /// # Errors
    /// [`Error::Shape`] when a token is outside the vocabulary, the net reads numbers or the parameters are not its.
    pub fn decode<T: Real>(&self, params: &[T], source: &[u32], longest: usize) -> Result<Vec<u32>> {
        self.expect("source", self.vocabulary().is_some(), "tokens", "numbers")?;
        check_tokens("source", source, self.vocabulary().unwrap_or(0))?;
        let mut tape = self.room(source.len(), 1, 1, false);
        if let SourceTape::Tokens(side) = &mut tape.source {
            side.gather([source.len()], |_, t| source[t]);
        }
        self.say(params, tape, longest)
    }

    /// The same after reading the numbers `x`, (I).
    ///
    /// # Errors
    /// [`Error::Shape`] when the net reads tokens, or another number of numbers, or the parameters are not its.
    pub fn decode_numbers<T: Real>(&self, params: &[T], x: &[T], longest: usize) -> Result<Vec<u32>> {
        self.check_numbers(x.len(), 1)?;
        let mut tape = self.room(0, 1, 1, false);
        if let SourceTape::Numbers { x: to, .. } = &mut tape.source {
            to.copy_from_slice(x);
        }
        self.say(params, tape, longest)
    }

    fn say<T: Real>(&self, params: &[T], tape: EncoderDecoderTape<T>, longest: usize) -> Result<Vec<u32>> {
        self.check_parameters(params.len())?;
        let mut packed = self.packed();
        self.pack(params, &mut packed);
        let said = self.search(params, &packed, tape, &[(0, 0)], &Search::greedy(longest));
        Ok(said.into_iter().flatten().next().map_or_else(Vec::new, |said| said.tokens))
    }

    fn check_parameters(&self, found: usize) -> Result<()> {
        let expected = self.layout.len();
        self.expect("parameters", found == expected, &found.to_string(), &expected.to_string())
    }

    /// Searches for each source of a tape, whose decoder has room for one step of all rows; `asked` has the place of each
    /// source among all that are asked, and its length. The best of each come first.
    fn search<T: Real>(
        &self,
        params: &[T],
        packed: &EncoderDecoderPacked<T>,
        mut tape: EncoderDecoderTape<T>,
        asked: &[(usize, usize)],
        search: &Search,
    ) -> Vec<Vec<Said<T>>> {
        let (sign, classes, h) = (self.sign(), self.softmax.classes, self.params.hidden);
        tape.rows = asked.len();
        self.encode(params, packed, None, &mut tape);
        let beams = asked.iter().enumerate();
        let mut beams: Vec<Beam<T>> =
            beams.map(|(source, &(place, n))| Beam::new(place, source, n, search)).collect();
        let EncoderDecoderTape { target, attention, h: states, c: cells, .. } = &mut tape;
        let of_layer = self.decoder.params.layers;
        let most = asked.len() * search.width;
        let mut kept = [Buffer::zeros(states.len()), Buffer::zeros(cells.len())];
        let mut chances = vec![T::ZERO; most * classes];
        let mut rows = asked.len();
        let (mut last, mut sources): (Vec<u32>, Vec<usize>) = (Vec::new(), Vec::new());
        // Sources whose search was over before it began keep no row.
        let mut parents: Vec<usize> =
            beams.iter().filter(|beam| !beam.open.is_empty()).map(|beam| beam.source).collect();
        while !parents.is_empty() {
            // States of the rows that go on, by the row they came from: (L, B, H) and (L, B, M H).
            let now = parents.len();
            let both = [(&mut *states, h), (&mut *cells, self.params.cell.memories() * h)];
            for ((state, h), kept) in both.into_iter().zip(&mut kept) {
                for layer in 0..of_layer {
                    for (to, &from) in parents.iter().enumerate() {
                        let (from, to) = ((layer * rows + from) * h, (layer * now + to) * h);
                        kept[to..to + h].copy_from_slice(&state[from..from + h]);
                    }
                }
                std::mem::swap(state, kept);
            }
            rows = now;
            last.clear();
            sources.clear();
            for beam in &beams {
                last.extend(beam.open.iter().map(|open| open.tokens.last().copied().unwrap_or(sign)));
                sources.extend(beam.open.iter().map(|_| beam.source));
            }
            let size = of_layer * rows * h;
            let of_cells = size * self.params.cell.memories();
            target.gather(std::iter::repeat_n(1, rows), |row, _| last[row]);
            let state = Some((&states[..size], &cells[..of_cells]));
            target.forward(&self.target, &self.decoder, params, &packed.decoder, state, None);
            self.decoder.state_into(&target.steps, &target.tape, &mut states[..size], &mut cells[..of_cells]);
            let y = self.decoder.output(&target.steps, &target.tape);
            let chances = &mut chances[..rows * classes];
            let read = match (&self.attention, &packed.attention, &mut *attention) {
                (Some(layer), Some(p), Some(room)) => {
                    layer.attend(params, p, &target.steps, y, |row| sources[row], room)
                }
                _ => y,
            };
            self.softmax.log_probabilities(params, &packed.softmax, read, chances);
            parents.clear();
            let mut first = 0;
            for beam in &mut beams {
                let own = first..first + beam.open.len();
                first = own.end;
                let weights: Vec<T> = match (&self.attention, &*attention) {
                    (Some(layer), Some(room)) if search.weights => {
                        own.clone().flat_map(|row| layer.weights(room, row)).copied().collect()
                    }
                    _ => Vec::new(),
                };
                let chances = &chances[own.start * classes..own.end * classes];
                if !own.is_empty() {
                    let came = beam.go_on(chances, &weights, sign, search);
                    parents.extend(came.into_iter().map(|row| own.start + row));
                }
            }
        }
        let best_first = |beam: Beam<T>| {
            let mut said = beam.done;
            said.sort_by(|a, b| b.score.total_cmp(&a.score));
            said
        };
        beams.into_iter().map(best_first).collect()
    }
}

/// A net of tokens with fixed parameters that answers: weights packed once.
#[derive(Debug)]
pub struct SequencePredictor<T: Real> {
    net: EncoderDecoder,
    params: Vec<T>,
    packed: EncoderDecoderPacked<T>,
}

impl<T: Real> SequencePredictor<T> {
    /// A predictor.
    ///
    /// # Errors
    /// [`Error::Shape`] when the parameters are not as many as the net has, or it reads numbers.
    pub fn new(net: EncoderDecoder, params: Vec<T>) -> Result<Self> {
        net.expect("source", net.vocabulary().is_some(), "tokens", "numbers")?;
        net.check_parameters(params.len())?;
        let mut packed = net.packed();
        net.pack(&params, &mut packed);
        Ok(SequencePredictor { net, params, packed })
    }

    /// The net.
    pub fn net(&self) -> &EncoderDecoder {
        &self.net
    }

    /// The parameters.
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// For each source what was found, the best first; sources of like length walk together, on the pool. What a source
    /// gets does not depend on the others.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a search that cannot be; [`Error::Shape`] for a token outside the vocabulary.
    pub fn say(&self, sources: &[&[u32]], search: &Search, pool: &Pool) -> Result<Vec<Vec<Said<T>>>> {
        search.check()?;
        let vocabulary = self.net.vocabulary().unwrap_or(0);
        sources.iter().try_for_each(|source| check_tokens("source", source, vocabulary))?;
        let mut order: Vec<usize> = (0..sources.len()).collect();
        order.sort_by_key(|&at| sources[at].len());
        let chunks: Vec<&[usize]> = order.chunks((ROWS / search.width).max(1)).collect();
        let mut found: Vec<Vec<Vec<Said<T>>>> = vec![Vec::new(); chunks.len()];
        pool.each_mut(&mut found, |_, task, found| {
            let own: Vec<&[u32]> = chunks[task].iter().map(|&at| sources[at]).collect();
            let asked: Vec<(usize, usize)> = chunks[task].iter().map(|&at| (at, sources[at].len())).collect();
            let longest = own.iter().map(|source| source.len()).max().unwrap_or(0);
            let mut tape = self.net.room(longest, 1, own.len() * search.width, false);
            if let SourceTape::Tokens(side) = &mut tape.source {
                side.gather(own.iter().map(|source| source.len()), |row, t| own[row][t]);
            }
            *found = self.net.search(&self.params, &self.packed, tape, &asked, search);
        });
        let mut said = vec![Vec::new(); sources.len()];
        for (chunk, found) in chunks.iter().zip(found) {
            chunk.iter().zip(found).for_each(|(&at, found)| said[at] = found);
        }
        Ok(said)
    }
}

//! Counts, nets and mixtures of both as one kind of model.

use gyeol_base::{Fault, Result};
use gyeol_ngram::{NgramModel, Protocol, SENTENCE_END, SENTENCE_START, Scored, ScoresWords, WordId};
use gyeol_tensor::Pool;

use crate::cache::{CacheLm, CacheState};
use crate::dynamic::{DynamicLm, DynamicState};
use crate::net::{NetLm, NetState};
use crate::neural_cache::{NeuralCacheLm, NeuralCacheState};

/// A language model.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there are few of them, and counts are asked without a pointer between"
)]
pub enum AnyLm {
    /// Of counts.
    Ngram(NgramModel),
    /// Of a net.
    Net(Box<NetLm>),
    /// Of the words before.
    Cache(Box<CacheLm>),
    /// Of a net that remembers where it was in a like state.
    NeuralCache(Box<NeuralCacheLm>),
    /// Of a net that learns while it reads.
    Dynamic(Box<DynamicLm>),
    /// Σ share · P, of models that have the same words under the same numbers.
    Mixed(Vec<(f64, AnyLm)>),
}

/// What it remembers.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "states of counts are copied a word, and are kept off the heap")]
pub enum AnyLmState {
    /// Of counts.
    Ngram(<NgramModel as ScoresWords>::State),
    /// Of a net.
    Net(NetState),
    /// Of a cache.
    Cache(CacheState),
    /// Of a net with its cache.
    NeuralCache(NeuralCacheState),
    /// Of a net that learns while it reads.
    Dynamic(DynamicState),
    /// Of each member.
    Mixed(Vec<AnyLmState>),
}

impl From<NgramModel> for AnyLm {
    fn from(model: NgramModel) -> Self {
        AnyLm::Ngram(model)
    }
}

impl From<NetLm> for AnyLm {
    fn from(model: NetLm) -> Self {
        AnyLm::Net(Box::new(model))
    }
}

impl From<CacheLm> for AnyLm {
    fn from(model: CacheLm) -> Self {
        AnyLm::Cache(Box::new(model))
    }
}

impl From<NeuralCacheLm> for AnyLm {
    fn from(model: NeuralCacheLm) -> Self {
        AnyLm::NeuralCache(Box::new(model))
    }
}

impl From<DynamicLm> for AnyLm {
    fn from(model: DynamicLm) -> Self {
        AnyLm::Dynamic(Box::new(model))
    }
}

/// One expression for a model of any kind, `$many` for a mixture.
macro_rules! of_any {
    ($any:expr, $one:ident => $body:expr, $members:ident => $many:expr) => {
        match $any {
            AnyLm::Ngram($one) => $body,
            AnyLm::Net($one) => $body,
            AnyLm::Cache($one) => $body,
            AnyLm::NeuralCache($one) => $body,
            AnyLm::Dynamic($one) => $body,
            AnyLm::Mixed($members) => $many,
        }
    };
}

/// The same with a state of that kind; `$wrap` is the kind of state.
macro_rules! of_any_with {
    ($any:expr, $state:expr, ($one:ident, $of_one:ident, $wrap:ident) => $body:expr, ($members:ident, $states:ident) => $many:expr) => {
        match ($any, $state) {
            (AnyLm::Ngram($one), AnyLmState::Ngram($of_one)) => {
                #[allow(unused_imports, reason = "who gives no state back has no use for its kind")]
                use AnyLmState::Ngram as $wrap;
                $body
            }
            (AnyLm::Net($one), AnyLmState::Net($of_one)) => {
                #[allow(unused_imports, reason = "who gives no state back has no use for its kind")]
                use AnyLmState::Net as $wrap;
                $body
            }
            (AnyLm::Cache($one), AnyLmState::Cache($of_one)) => {
                #[allow(unused_imports, reason = "who gives no state back has no use for its kind")]
                use AnyLmState::Cache as $wrap;
                $body
            }
            (AnyLm::NeuralCache($one), AnyLmState::NeuralCache($of_one)) => {
                #[allow(unused_imports, reason = "who gives no state back has no use for its kind")]
                use AnyLmState::NeuralCache as $wrap;
                $body
            }
            (AnyLm::Dynamic($one), AnyLmState::Dynamic($of_one)) => {
                #[allow(unused_imports, reason = "who gives no state back has no use for its kind")]
                use AnyLmState::Dynamic as $wrap;
                $body
            }
            (AnyLm::Mixed($members), AnyLmState::Mixed($states)) => $many,
            _ => of_another_model(),
        }
    };
}

impl AnyLm {
    /// A mixture.
    ///
    /// # Errors
    /// No member, shares that do not sum to one, or other words under the same numbers.
    pub fn mixed(members: Vec<(f64, AnyLm)>) -> Result<AnyLm> {
        let shares: f64 = members.iter().map(|(share, _)| share).sum();
        let sound =
            members.iter().all(|(share, _)| (0.0..=1.0).contains(share)) && (shares - 1.0).abs() < 1e-6;
        let alike = members.windows(2).all(|pair| same_words(&pair[0].1, &pair[1].1));
        if members.is_empty() || !sound || !alike {
            let found = format!("{} models whose shares sum to {shares}", members.len());
            return Err(Fault::new("unlike-models", found)
                .cause("a mixture is of models with the same words, and its shares sum to one")
                .next("fit them on one training part")
                .input());
        }
        Ok(AnyLm::Mixed(members))
    }

    /// The shares of models in their mixture: those that give the words of a text the most probability, by expectation
    /// maximisation (Jelinek and Mercer 1980). `log10` is that of the probability of each word, model by model.
    pub fn shares(log10: &[Vec<f32>], rounds: usize) -> Vec<f64> {
        let models = log10.len();
        let words = log10.iter().map(Vec::len).min().unwrap_or(0);
        let p = |model: usize, word: usize| 10f64.powf(f64::from(log10[model][word]));
        // Word by word, the models side by side.
        let said: Vec<f64> = (0..words * models).map(|at| p(at % models, at / models)).collect();
        let mut shares = vec![1.0 / models.max(1) as f64; models];
        for _ in 0..rounds {
            let mut sums = vec![0.0; models];
            let mut told = 0.0;
            for said in said.chunks_exact(models) {
                let all: f64 = said.iter().zip(&shares).map(|(p, share)| p * share).sum();
                if all > 0.0 {
                    told += 1.0;
                    sums.iter_mut()
                        .zip(said)
                        .zip(&shares)
                        .for_each(|((sum, p), share)| *sum += p * share / all);
                }
            }
            if told == 0.0 {
                break;
            }
            shares = sums.into_iter().map(|sum| sum / told).collect();
        }
        shares
    }

    /// The counts, of a model that has no net.
    pub fn as_ngram(&self) -> Option<&NgramModel> {
        match self {
            AnyLm::Ngram(model) => Some(model),
            _ => None,
        }
    }

    /// The counts in it: those of the first member that has any.
    pub fn ngram_within(&self) -> Option<&NgramModel> {
        match self {
            AnyLm::Ngram(model) => Some(model),
            AnyLm::Net(_) | AnyLm::Cache(_) | AnyLm::NeuralCache(_) | AnyLm::Dynamic(_) => None,
            AnyLm::Mixed(members) => members.iter().find_map(|(_, model)| model.ngram_within()),
        }
    }

    /// How it was taught to read lines: that of its nets; in one stream with a cache; and each alone without either.
    pub fn protocol(&self) -> Protocol {
        match self {
            AnyLm::Ngram(_) => Protocol::Sentence,
            AnyLm::Net(net) => net.protocol(),
            AnyLm::Cache(_) | AnyLm::NeuralCache(_) | AnyLm::Dynamic(_) => Protocol::Stream,
            AnyLm::Mixed(members) => {
                let streams = members.iter().any(|(_, model)| model.protocol() == Protocol::Stream);
                if streams { Protocol::Stream } else { Protocol::Sentence }
            }
        }
    }

    /// Whether it goes on learning from what it reads.
    pub fn learns_while_it_reads(&self) -> bool {
        match self {
            AnyLm::Dynamic(_) => true,
            AnyLm::Mixed(members) => members.iter().any(|(_, model)| model.learns_while_it_reads()),
            _ => false,
        }
    }

    /// Numbers that nets learnt.
    pub fn net_parameters(&self) -> u64 {
        match self {
            AnyLm::Ngram(_) | AnyLm::Cache(_) => 0,
            AnyLm::Net(net) => net.parameters().len() as u64,
            AnyLm::NeuralCache(model) => model.net().parameters().len() as u64,
            AnyLm::Dynamic(model) => model.net().parameters().len() as u64,
            AnyLm::Mixed(members) => members.iter().map(|(_, model)| model.net_parameters()).sum(),
        }
    }

    /// Bytes of its tables and parameters.
    pub fn size(&self) -> u64 {
        match self {
            AnyLm::Ngram(model) => model.size() as u64,
            AnyLm::Net(_) | AnyLm::NeuralCache(_) | AnyLm::Dynamic(_) => 4 * self.net_parameters(),
            AnyLm::Cache(cache) => 4 * (cache.shares().len() + 2 * cache.size()) as u64,
            AnyLm::Mixed(members) => members.iter().map(|(_, model)| model.size()).sum(),
        }
    }

    /// Scores lines of words, each a sentence, `</s>` after it: line by line on the pool.
    pub fn score_lines(&self, lines: &[Vec<WordId>], pool: &Pool) -> Vec<Vec<Scored>> {
        let mut out: Vec<Vec<Scored>> = vec![Vec::new(); lines.len()];
        pool.each_mut(&mut out, |_, at, scored| {
            scored.reserve(lines[at].len() + 1);
            gyeol_ngram::score_ids(self, &lines[at], true, |one| scored.push(one));
        });
        out
    }

    /// Scores lines that follow one another, each a sentence, `</s>` after it, from a state on: nets remember the lines
    /// before, counts begin each line anew. Also the state after them.
    pub fn score_stream(
        &self,
        lines: &[Vec<WordId>],
        mut state: AnyLmState,
    ) -> (Vec<Vec<Scored>>, AnyLmState) {
        let mut out = Vec::with_capacity(lines.len());
        for line in lines {
            let mut ids = Vec::with_capacity(line.len() + 2);
            ids.push(SENTENCE_START);
            ids.extend_from_slice(line);
            ids.push(SENTENCE_END);
            let mut scored = Vec::with_capacity(ids.len());
            state = self.score_run(&ids, state, &mut |one| scored.push(one));
            state = self.begin_line(state);
            out.push(scored);
        }
        (out, state)
    }

    /// Scores lines by a protocol; of a stream `state` is what stands before them, and then what stands after.
    pub fn score_by(
        &self,
        protocol: Protocol,
        lines: &[Vec<WordId>],
        state: &mut AnyLmState,
        pool: &Pool,
    ) -> Vec<Vec<Scored>> {
        match protocol {
            Protocol::Sentence => self.score_lines(lines, pool),
            Protocol::Stream => {
                let (scored, next) = self.score_stream(lines, state.clone());
                *state = next;
                scored
            }
        }
    }

    /// What stands before a line of a stream: nets and caches go on with what they remember; counts, which never met a word
    /// after `</s>`, begin anew.
    fn begin_line(&self, state: AnyLmState) -> AnyLmState {
        match self {
            AnyLm::Ngram(_) => self.start(),
            _ => self.next_line(state),
        }
    }
}

fn same_words(a: &AnyLm, b: &AnyLm) -> bool {
    a.vocabulary_len() == b.vocabulary_len()
        && (0..a.vocabulary_len() as WordId).all(|id| a.word(id) == b.word(id))
}

/// log10 of Σ share · 10^log10.
fn mixed(members: &[(f64, AnyLm)], mut log10: impl FnMut(usize) -> f32) -> f32 {
    let sum: f64 = (0..members.len()).map(|i| members[i].0 * 10f64.powf(f64::from(log10(i)))).sum();
    sum.log10() as f32
}

fn of_another_model() -> ! {
    unreachable!("a state of another kind of model")
}

impl ScoresWords for AnyLm {
    type State = AnyLmState;

    fn vocabulary_len(&self) -> usize {
        of_any!(self, model => model.vocabulary_len(), members => members[0].1.vocabulary_len())
    }

    fn id(&self, word: &[u8]) -> WordId {
        of_any!(self, model => model.id(word), members => members[0].1.id(word))
    }

    fn word(&self, id: WordId) -> &str {
        of_any!(self, model => model.word(id), members => members[0].1.word(id))
    }

    fn start(&self) -> AnyLmState {
        match self {
            AnyLm::Ngram(model) => AnyLmState::Ngram(model.start()),
            AnyLm::Net(model) => AnyLmState::Net(model.start()),
            AnyLm::Cache(model) => AnyLmState::Cache(model.start()),
            AnyLm::NeuralCache(model) => AnyLmState::NeuralCache(model.start()),
            AnyLm::Dynamic(model) => AnyLmState::Dynamic(model.start()),
            AnyLm::Mixed(members) => AnyLmState::Mixed(members.iter().map(|(_, m)| m.start()).collect()),
        }
    }

    fn score(&self, state: &AnyLmState, word: WordId) -> (Scored, AnyLmState) {
        of_any_with!(self, state, (model, state, Of) => {
            let (scored, next) = model.score(state, word);
            (scored, Of(next))
        }, (members, states) => {
            let (scored, next): (Vec<Scored>, Vec<AnyLmState>) =
                members.iter().zip(states).map(|((_, model), state)| model.score(state, word)).unzip();
            let log10 = mixed(members, |i| scored[i].log10);
            (Scored { word: scored[0].word, ..Scored::new(scored[0].word, log10) }, AnyLmState::Mixed(next))
        })
    }

    fn context(&self) -> Option<usize> {
        match self {
            AnyLm::Ngram(model) => model.context(),
            _ => None,
        }
    }

    fn alike(&self, a: &AnyLmState, b: &AnyLmState) -> bool {
        match (self, a, b) {
            (AnyLm::Ngram(model), AnyLmState::Ngram(a), AnyLmState::Ngram(b)) => model.alike(a, b),
            _ => false,
        }
    }

    fn after(&self, state: &AnyLmState, word: WordId) -> AnyLmState {
        of_any_with!(self, state, (model, state, Of) => Of(model.after(state, word)), (members, states) => {
            let after = members.iter().zip(states).map(|((_, model), state)| model.after(state, word));
            AnyLmState::Mixed(after.collect())
        })
    }

    fn score_run(&self, words: &[WordId], state: AnyLmState, each: &mut impl FnMut(Scored)) -> AnyLmState {
        // Through a pointer, so that a mixture of mixtures is not a type without end.
        let each: &mut dyn FnMut(Scored) = each;
        self.run(words, state, each)
    }

    /// A mixture's members begin a line as [`AnyLm::score_stream`] says.
    fn next_line(&self, state: AnyLmState) -> AnyLmState {
        match (self, state) {
            (AnyLm::Mixed(members), AnyLmState::Mixed(states)) => {
                let next = members.iter().zip(states).map(|((_, model), state)| model.begin_line(state));
                AnyLmState::Mixed(next.collect())
            }
            (_, state) => state,
        }
    }

    fn distribution(&self, state: &AnyLmState, out: &mut Vec<f64>) {
        of_any_with!(self, state, (model, state, _Of) => model.distribution(state, out), (members, states) => {
            let mut sum = vec![0.0; self.vocabulary_len()];
            for ((share, model), state) in members.iter().zip(states) {
                model.distribution(state, out);
                sum.iter_mut().zip(&*out).for_each(|(s, p)| *s += share * p);
            }
            *out = sum;
            out[SENTENCE_START as usize] = 0.0;
        })
    }

    fn priors(&self) -> Vec<f32> {
        match self.ngram_within() {
            Some(model) => model.priors(),
            None => {
                let mut all = Vec::new();
                self.distribution(&self.start(), &mut all);
                all.into_iter().map(|p| p.log10() as f32).collect()
            }
        }
    }
}

impl AnyLm {
    fn run(&self, words: &[WordId], state: AnyLmState, mut each: &mut dyn FnMut(Scored)) -> AnyLmState {
        of_any_with!(self, state, (model, state, Of) => Of(model.score_run(words, state, &mut each)), (members, states) => {
            let mut all: Vec<Vec<Scored>> = vec![Vec::with_capacity(words.len()); members.len()];
            let next = members
                .iter()
                .zip(states)
                .zip(&mut all)
                .map(|(((_, model), state), all)| model.run(words, state, &mut |scored| all.push(scored)))
                .collect();
            for at in 0..all[0].len() {
                let word = all[0][at].word;
                each(Scored::new(word, mixed(members, |i| all[i][at].log10)));
            }
            AnyLmState::Mixed(next)
        })
    }
}

//! What the verbs of language models ask a model for: a start, and the probability of a word after a state. Counts, nets
//! and whatever else scores words answer alike; perplexity, next words, texts drawn, ranking, rescoring and spelling in
//! context are made of these questions.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::vocabulary::{SENTENCE_END, SENTENCE_START, UNKNOWN, WordId};

/// How a word was scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The word.
    pub word: WordId,
    /// log10 of its probability after the words before.
    pub log10: f32,
    /// Length of the longest n-gram that was found, 1 to the order; 0 of a model that is not made of n-grams.
    pub matched: u8,
    /// log10 of the back-off weights in it.
    pub back_off: f32,
    /// Whether the word is not in the vocabulary.
    pub unknown: bool,
}

impl Scored {
    /// A word scored by a model that is not made of n-grams.
    pub fn new(word: WordId, log10: f32) -> Self {
        Scored { word, log10, matched: 0, back_off: 0.0, unknown: word == UNKNOWN }
    }
}

/// A model that scores one word after another.
///
/// Words are numbers: 0 is `<unk>`, 1 `<s>`, 2 `</s>` ([`UNKNOWN`], [`SENTENCE_START`], [`SENTENCE_END`]), the others
/// follow. Five methods say what a model is; the others have an answer made of those, which a model may give faster.
///
/// ```
/// use gyeol_ngram::{Sampling, Scored, ScoresWords, WordId, rank, sample};
///
/// /// Heads, tails, or the end, whatever came before.
/// struct Coin;
///
/// impl ScoresWords for Coin {
///     type State = ();
///
///     fn vocabulary_len(&self) -> usize {
///         5
///     }
///     fn id(&self, word: &[u8]) -> WordId {
///         match word {
///             b"heads" => 3,
///             b"tails" => 4,
///             _ => 0,
///         }
///     }
///     fn word(&self, id: WordId) -> &str {
///         ["<unk>", "<s>", "</s>", "heads", "tails"][id as usize]
///     }
///     fn start(&self) {}
///     fn score(&self, _: &(), word: WordId) -> (Scored, ()) {
///         let p = [0.0f32, 0.0, 0.5, 0.3, 0.2][word as usize];
///         (Scored::new(word, p.log10()), ())
///     }
/// }
///
/// assert_eq!(rank(&Coin, &["tails", "heads"])[0].0, "heads");
/// // The end is likelier than any word.
/// assert!(sample(&Coin, &[], &Sampling { temperature: 0.0, ..Sampling::default() })?.is_empty());
/// # Ok::<(), gyeol_ngram::Error>(())
/// ```
pub trait ScoresWords: Send + Sync {
    /// What the model remembers of the words before: of a net, its hidden vectors.
    type State: Clone + Send + Sync + 'static;

    /// How many words there are, the three reserved ones counted.
    fn vocabulary_len(&self) -> usize;

    /// The number of a word, 0 (`<unk>`) if it is not known.
    fn id(&self, word: &[u8]) -> WordId;

    /// The word of a number; `<unk>` for a number that is not one.
    fn word(&self, id: WordId) -> &str;

    /// What stands before the first word of a sentence.
    fn start(&self) -> Self::State;

    /// Scores a word after a state and makes the state after it. A number that is no word of the model is an unknown word.
    fn score(&self, state: &Self::State, word: WordId) -> (Scored, Self::State);

    /// The number of a word of a text; the reserved words are no words of a text and count as unknown.
    #[inline]
    fn text_id(&self, word: &[u8]) -> WordId {
        let id = self.id(word);
        if id <= SENTENCE_END { UNKNOWN } else { id }
    }

    /// On how many words before it the probability of a word may hang: the order less one; `None` where on all of them.
    fn context(&self) -> Option<usize> {
        None
    }

    /// Whether two states are known to predict alike, so that of two sentences that lead there only the better one need
    /// be followed. `false` is always right.
    fn alike(&self, a: &Self::State, b: &Self::State) -> bool {
        let _ = (a, b);
        false
    }

    /// The state after a word, without its score: what a softmax would cost a net is saved.
    fn after(&self, state: &Self::State, word: WordId) -> Self::State {
        self.score(state, word).1
    }

    /// Scores all but the first of some words from a state on, in order. The first is the word before, or `<s>`: the
    /// state has it already.
    fn score_run(
        &self,
        words: &[WordId],
        mut state: Self::State,
        each: &mut impl FnMut(Scored),
    ) -> Self::State {
        for &word in words.iter().skip(1) {
            let (scored, next) = self.score(&state, word);
            each(scored);
            state = next;
        }
        state
    }

    /// What stands before the first word of a line where the line before ended in this state, its `</s>` counted, and what
    /// came before is context still.
    fn next_line(&self, state: Self::State) -> Self::State {
        state
    }

    /// Probability of every word after a state, by number; that of `<s>`, which is never predicted, is 0.
    fn distribution(&self, state: &Self::State, out: &mut Vec<f64>) {
        out.clear();
        out.extend((0..self.vocabulary_len() as u32).map(|word| match word {
            SENTENCE_START => 0.0,
            _ => 10f64.powf(f64::from(self.score(state, word).0.log10)),
        }));
    }

    /// log10 of the probability of every word, by number, where nothing is known of what came before; a model that knows
    /// no such thing says what may begin a sentence.
    fn priors(&self) -> Vec<f32> {
        let mut all = Vec::new();
        self.distribution(&self.start(), &mut all);
        all.into_iter().map(|p| p.log10() as f32).collect()
    }
}

/// A language model of any kind behind a pointer, for whoever opens a file and cannot know what is in it. Every
/// [`ScoresWords`] is one, and `dyn LanguageModel`, a box and an [`Arc`] of it are [`ScoresWords`] again: whatever
/// takes a model takes them. A state is then on the heap, and a run of words costs one call.
///
/// ```
/// use gyeol_ngram::{LanguageModel, Layout, NgramModel, Options, Source, estimate, rank};
/// # use gyeol_tensor::Pool;
/// # let pool = Pool::new(1);
/// # let options = Options { order: 2, ..Options::default() };
/// # let made = estimate(&mut Source::from_text("the load fell\n"), &options, &pool, &mut |_| true)?;
/// let counts = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", &pool, &mut |_| true)?;
/// let opened: Vec<Box<dyn LanguageModel>> = vec![Box::new(counts)];
/// assert_eq!(rank(&opened[0], &["load the", "the load"])[0].0, "the load");
/// # Ok::<(), gyeol_ngram::Error>(())
/// ```
pub trait LanguageModel: Send + Sync {
    #[doc(hidden)]
    fn erased_vocabulary_len(&self) -> usize;
    #[doc(hidden)]
    fn erased_id(&self, word: &[u8]) -> WordId;
    #[doc(hidden)]
    fn erased_word(&self, id: WordId) -> &str;
    #[doc(hidden)]
    fn erased_context(&self) -> Option<usize>;
    #[doc(hidden)]
    fn erased_start(&self) -> AnyState;
    #[doc(hidden)]
    fn erased_score(&self, state: &AnyState, word: WordId) -> (Scored, AnyState);
    #[doc(hidden)]
    fn erased_alike(&self, a: &AnyState, b: &AnyState) -> bool;
    #[doc(hidden)]
    fn erased_after(&self, state: &AnyState, word: WordId) -> AnyState;
    #[doc(hidden)]
    fn erased_run(&self, words: &[WordId], state: AnyState, each: &mut dyn FnMut(Scored)) -> AnyState;
    #[doc(hidden)]
    fn erased_next_line(&self, state: AnyState) -> AnyState;
    #[doc(hidden)]
    fn erased_distribution(&self, state: &AnyState, out: &mut Vec<f64>);
    #[doc(hidden)]
    fn erased_priors(&self) -> Vec<f32>;
}

/// The state of a [`LanguageModel`].
///
/// # Panics
/// Asking a model about the state of another kind of model panics: it is a mistake in the program, not in its input.
pub struct AnyState(Box<dyn Held>);

trait Held: Any + Send + Sync {
    fn copy(&self) -> Box<dyn Held>;
}

impl<S: Any + Clone + Send + Sync> Held for S {
    fn copy(&self) -> Box<dyn Held> {
        Box::new(self.clone())
    }
}

impl AnyState {
    fn get<S: 'static>(&self) -> &S {
        let held: &dyn Any = &*self.0;
        match held.downcast_ref() {
            Some(state) => state,
            None => panic!("a state of another kind of model, not {}", std::any::type_name::<S>()),
        }
    }
}

impl Clone for AnyState {
    fn clone(&self) -> Self {
        AnyState((*self.0).copy())
    }
}

impl fmt::Debug for AnyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyState").finish_non_exhaustive()
    }
}

impl<M: ScoresWords> LanguageModel for M {
    fn erased_vocabulary_len(&self) -> usize {
        self.vocabulary_len()
    }
    fn erased_id(&self, word: &[u8]) -> WordId {
        self.id(word)
    }
    fn erased_word(&self, id: WordId) -> &str {
        self.word(id)
    }
    fn erased_context(&self) -> Option<usize> {
        self.context()
    }
    fn erased_start(&self) -> AnyState {
        AnyState(Box::new(self.start()))
    }
    fn erased_score(&self, state: &AnyState, word: WordId) -> (Scored, AnyState) {
        let (scored, next) = self.score(state.get(), word);
        (scored, AnyState(Box::new(next)))
    }
    fn erased_alike(&self, a: &AnyState, b: &AnyState) -> bool {
        self.alike(a.get(), b.get())
    }
    fn erased_after(&self, state: &AnyState, word: WordId) -> AnyState {
        AnyState(Box::new(self.after(state.get(), word)))
    }
    fn erased_run(&self, words: &[WordId], state: AnyState, each: &mut dyn FnMut(Scored)) -> AnyState {
        let state = state.get::<M::State>().clone();
        AnyState(Box::new(self.score_run(words, state, &mut |scored| each(scored))))
    }
    fn erased_next_line(&self, state: AnyState) -> AnyState {
        AnyState(Box::new(self.next_line(state.get::<M::State>().clone())))
    }
    fn erased_distribution(&self, state: &AnyState, out: &mut Vec<f64>) {
        self.distribution(state.get(), out);
    }
    fn erased_priors(&self) -> Vec<f32> {
        self.priors()
    }
}

impl ScoresWords for dyn LanguageModel + '_ {
    type State = AnyState;

    fn vocabulary_len(&self) -> usize {
        self.erased_vocabulary_len()
    }
    fn id(&self, word: &[u8]) -> WordId {
        self.erased_id(word)
    }
    fn word(&self, id: WordId) -> &str {
        self.erased_word(id)
    }
    fn context(&self) -> Option<usize> {
        self.erased_context()
    }
    fn start(&self) -> AnyState {
        self.erased_start()
    }
    fn score(&self, state: &AnyState, word: WordId) -> (Scored, AnyState) {
        self.erased_score(state, word)
    }
    fn alike(&self, a: &AnyState, b: &AnyState) -> bool {
        self.erased_alike(a, b)
    }
    fn after(&self, state: &AnyState, word: WordId) -> AnyState {
        self.erased_after(state, word)
    }
    fn score_run(&self, words: &[WordId], state: AnyState, each: &mut impl FnMut(Scored)) -> AnyState {
        self.erased_run(words, state, each)
    }
    fn next_line(&self, state: AnyState) -> AnyState {
        self.erased_next_line(state)
    }
    fn distribution(&self, state: &AnyState, out: &mut Vec<f64>) {
        self.erased_distribution(state, out);
    }
    fn priors(&self) -> Vec<f32> {
        self.erased_priors()
    }
}

macro_rules! through {
    ($($pointer:ty),*) => {$(
        impl<M: ScoresWords + ?Sized> ScoresWords for $pointer {
            type State = M::State;

            fn vocabulary_len(&self) -> usize {
                (**self).vocabulary_len()
            }
            #[inline]
            fn id(&self, word: &[u8]) -> WordId {
                (**self).id(word)
            }
            fn word(&self, id: WordId) -> &str {
                (**self).word(id)
            }
            fn context(&self) -> Option<usize> {
                (**self).context()
            }
            fn start(&self) -> M::State {
                (**self).start()
            }
            #[inline]
            fn score(&self, state: &M::State, word: WordId) -> (Scored, M::State) {
                (**self).score(state, word)
            }
            fn alike(&self, a: &M::State, b: &M::State) -> bool {
                (**self).alike(a, b)
            }
            fn after(&self, state: &M::State, word: WordId) -> M::State {
                (**self).after(state, word)
            }
            fn score_run(
                &self,
                words: &[WordId],
                state: M::State,
                each: &mut impl FnMut(Scored),
            ) -> M::State {
                (**self).score_run(words, state, each)
            }
            fn next_line(&self, state: M::State) -> M::State {
                (**self).next_line(state)
            }
            fn distribution(&self, state: &M::State, out: &mut Vec<f64>) {
                (**self).distribution(state, out);
            }
            fn priors(&self) -> Vec<f32> {
                (**self).priors()
            }
        }
    )*};
}
through!(&M, Box<M>, Arc<M>);

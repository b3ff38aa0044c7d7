//! What asks for a language model takes any: here one made up of three words, whose answers follow by hand.

use crate::common::*;
use gyeol_ngram::correct::{Corrector, ErrorModel, Params};
use gyeol_ngram::mix::{Mixture, cached_perplexity};
use gyeol_ngram::rescore::{AcousticScore, Lists, RescoreWeights, features};
use gyeol_ngram::*;

/// Words of fixed probability, and a memory: the end of a sentence of `n` words is likelier by a factor of 2 for each
/// even `n`. So a state that is not handed on shows.
#[derive(Debug)]
struct Fixed;

const WORDS: [&str; 6] = ["<unk>", "<s>", "</s>", "sun", "rain", "wind"];
/// After an even number of words, and after an odd one.
const CHANCES: [[f32; 6]; 2] =
    [[0.0625, 0.0, 0.25, 0.375, 0.25, 0.0625], [0.0625, 0.0, 0.125, 0.5, 0.25, 0.0625]];

impl ScoresWords for Fixed {
    /// Words so far, on the heap as the hidden vectors of a net are.
    type State = Vec<f32>;

    fn vocabulary_len(&self) -> usize {
        WORDS.len()
    }
    fn id(&self, word: &[u8]) -> WordId {
        WORDS.iter().position(|w| w.as_bytes() == word).unwrap_or(0) as WordId
    }
    fn word(&self, id: WordId) -> &str {
        WORDS.get(id as usize).unwrap_or(&WORDS[0])
    }
    fn start(&self) -> Vec<f32> {
        Vec::new()
    }
    fn score(&self, state: &Vec<f32>, word: WordId) -> (Scored, Vec<f32>) {
        let chance = CHANCES[state.len() % 2][word as usize];
        (Scored::new(word, chance.log10()), [&state[..], &[1.0]].concat())
    }
}

/// The chance of a sentence by the table.
fn chance(words: &[usize]) -> f64 {
    let all = words.iter().chain([&2]).enumerate();
    all.map(|(i, &w)| f64::from(CHANCES[i % 2][w])).product()
}

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-6 * wanted.abs().max(1.0), "{found}, not {wanted}");
}

/// All verbs on a model that is, or stands for, `Fixed`.
fn verbs_follow_the_table<M: ScoresWords + ?Sized>(model: &M) {
    // sun rain </s> | wind </s> | snow </s>: 3/8 · 1/4 · 1/4, 1/16 · 1/8, and the unknown word as `wind`.
    let text = "sun rain\n\nwind\nsnow\n";
    let all = chance(&[3, 4]) * chance(&[5]) * chance(&[0]);
    let judged = perplexity(model, &mut Source::from_text(text), Protocol::Sentence, &mut |_| true).unwrap();
    assert_eq!((judged.tokens, judged.oov, judged.sentences), (7, 1, 3));
    near(judged.perplexity, all.powf(-1.0 / 7.0));
    near(judged.perplexity_without_oov, (all / 0.0625).powf(-1.0 / 6.0));
    near(judged.bits_per_token, -all.log2() / 7.0);
    assert!(judged.matched.is_empty() && judged.unseen().is_empty());
    // In one stream: sun rain </s> wind </s> snow </s>, seven words that go on counting.
    let stream = perplexity(model, &mut Source::from_text(text), Protocol::Stream, &mut |_| true).unwrap();
    let chain: f64 =
        [3, 4, 2, 5, 2, 0, 2].iter().enumerate().map(|(i, &w)| f64::from(CHANCES[i % 2][w])).product();
    near(stream.perplexity, chain.powf(-1.0 / 7.0));

    let mut lines = Vec::new();
    let mut each = |line: &[u8], scored: &[Scored]| lines.push((line.to_vec(), scored.len()));
    full_scores(model, &mut Source::from_text(text), &mut each, &mut |_| true).unwrap();
    assert_eq!(lines, [(b"sun rain".to_vec(), 3), (b"wind".to_vec(), 2), (b"snow".to_vec(), 2)]);
    near(sentence_log10(model, &["sun", "rain"]), chance(&[3, 4]).log10());
    assert_eq!(score_words(model, &["<s>"])[0].word, UNKNOWN);

    let names = |found: Vec<(WordId, f64)>| -> Vec<(String, f64)> {
        found.into_iter().map(|(word, p)| (model.word(word).to_owned(), p)).collect()
    };
    let first = names(next_words(model, &model.start(), 3));
    // </s> and `rain` are as likely: by number.
    assert_eq!(first.iter().map(|f| &f.0[..]).collect::<Vec<_>>(), ["sun", "</s>", "rain"]);
    near(first[0].1, 0.375);
    let after = model.after(&model.start(), model.id(b"rain"));
    near(names(next_words(model, &after, 1))[0].1, 0.5);
    near(total_mass(model, &after), 1.0);

    let ranked = rank(model, &["wind", "sun", "sun sun"]);
    assert_eq!(ranked.iter().map(|r| r.0).collect::<Vec<_>>(), ["sun", "sun sun", "wind"]);
    near(ranked[1].1, (0.375f64 * 0.5 * 0.25).log10());
    let mut accuracy = Accuracy::default();
    accuracy.add(model, &["sun", "wind"], false).unwrap();
    accuracy.add(model, &["wind", "sun"], false).unwrap();
    assert_eq!((accuracy.right, accuracy.count), (1, 2));

    // 1.5 + ln P(rain) = 1.5 + ln(1/32) loses to ln P(sun) = ln(3/64) plus 2: with weight 1 the better text wins.
    let heard = Source::from_text("u\train\t1.5\nu\tsun\t1.4\nu\tsnow\t-3\n");
    let list = Lists::new(heard, AcousticScore::default()).next_list().unwrap().unwrap();
    let of = features(model, &list);
    near(of[0].language, chance(&[4]).ln());
    assert_eq!((of[0].words, of[0].unknown, of[2].unknown), (1, 0, 1));
    let order = |language| RescoreWeights { language, word_penalty: 0.0 }.order(&of);
    assert_eq!((order(0.0), order(1.0)), (vec![0, 1, 2], vec![1, 0, 2]));

    // Drawn: never `<unk>`, every word as often as the table says among those that can be drawn.
    let how = Sampling { max: 1, ..Sampling::default() };
    let mut drawn = [0f64; 6];
    for seed in 0..4000 {
        let words = sample(model, &["sun"], &Sampling { seed, ..how.clone() }).unwrap();
        drawn[words.first().map_or(2, |&w| w as usize)] += 1.0 / 4000.0;
    }
    for (found, wanted) in drawn.iter().zip(CHANCES[1].map(|c| f64::from(c) / 0.9375)).skip(1) {
        // Five standard errors.
        assert!((found - wanted).abs() < 5.0 * 0.5 / 4000f64.sqrt(), "{drawn:?}");
    }
    assert_eq!(drawn[0], 0.0);
    let greedy = Sampling { temperature: 0.0, max: 3, ..Sampling::default() };
    assert_eq!(sample(model, &[], &greedy).unwrap(), [3, 3, 3]);

    // Half the table and half itself is the table; half a model of counts is the mean.
    let mut valid = Source::from_text(text);
    let same = Mixture::learn(vec![model, model], &mut valid, 3, &mut |_| true).unwrap();
    assert_eq!(same.weights(), [0.5, 0.5]);
    near(same.perplexity(&mut Source::from_text(text), &mut |_| true).unwrap().0, judged.perplexity);
    near(same.score(&same.start(), Some("sun")).0, 0.375f64.log10());
    // The cache holds nothing before the first word, `sun` before the second, which is 0.4 · 1/4 + 0.6 · 0.
    let (cached, words) =
        cached_perplexity(model, &mut Source::from_text("sun\n"), 9, 0.6, &mut |_| true).unwrap();
    near(cached, (0.375f64 * 0.4 * 0.125).powf(-0.5));
    assert_eq!(words, 2);
}

#[test]
fn a_model_made_up_in_thirty_lines_answers_every_verb_as_by_hand() {
    verbs_follow_the_table(&Fixed);
}

#[test]
fn behind_a_pointer_it_answers_alike() {
    verbs_follow_the_table::<dyn LanguageModel>(&Fixed);
    let held: Vec<Box<dyn LanguageModel>> = vec![Box::new(Fixed)];
    verbs_follow_the_table(&held[0]);
    verbs_follow_the_table(&std::sync::Arc::new(Fixed));
}

#[test]
fn spelling_is_corrected_in_the_context_of_any_model() {
    let params = Params { typo_rate: 0.2, ..Params::default() };
    let (flat, mut on) = (ErrorModel::flat(), |_| true);
    let direct = Corrector::new(Fixed, &flat, params.clone(), &mut on).unwrap();
    let held: Box<dyn LanguageModel> = Box::new(Fixed);
    let erased = Corrector::new(held, &flat, params, &mut on).unwrap();
    for (line, wanted) in [("The suun rian.", "The sun rain."), ("windd sun", "wind sun"), ("", "")] {
        let found = direct.correct_listing(line, 3);
        assert_eq!(found.corrected, wanted);
        assert_eq!(found, erased.correct_listing(line, 3));
    }
    // P(sentence) · rate · P(suun | sun): log10 of the whole is what the change says.
    let change = &direct.correct("suun").changes[0];
    let channel = f64::from(flat.log10("suun", "sun").unwrap());
    near(change.log10_to, chance(&[3]).log10() + 0.2f64.log10() + channel);
}

#[test]
fn an_n_gram_model_has_the_same_bits_behind_a_pointer() {
    let made = smoothed(SMALL, 3, Smoothing::ModifiedKneserNey);
    let counts = model(&made.tables);
    let erased: &dyn LanguageModel = &counts;
    let text = || Source::from_text(fixture("small.test.txt"));
    for protocol in [Protocol::Sentence, Protocol::Stream] {
        let direct = perplexity(&counts, &mut text(), protocol, &mut |_| true).unwrap();
        assert_eq!(direct, perplexity(erased, &mut text(), protocol, &mut |_| true).unwrap());
        assert_eq!(direct.matched.len(), 3);
    }
    let prompt = ["the", "boat"];
    let how = Sampling { max: 30, top_k: 20, seed: 4, ..Sampling::default() };
    assert_eq!(sample(&counts, &prompt, &how).unwrap(), sample(erased, &prompt, &how).unwrap());
    let bits = |words: Vec<Scored>| -> Vec<u32> { words.iter().map(|s| s.log10.to_bits()).collect() };
    let words = ["the", "boat", "came", "zzz"];
    assert_eq!(bits(score_words(&counts, &words)), bits(score_words(erased, &words)));
    // Word by word and in one run.
    let mut state = counts.start();
    let one_by_one: Vec<Scored> = words
        .iter()
        .map(|w| counts.text_id(w.as_bytes()))
        .chain([SENTENCE_END])
        .map(|word| {
            let (scored, next) = counts.score(&state, word);
            state = next;
            scored
        })
        .collect();
    assert_eq!(bits(one_by_one), bits(score_words(&counts, &words)));
}

#[test]
#[should_panic(expected = "a state of another kind of model")]
fn the_state_of_another_kind_of_model_is_a_mistake_of_the_program() {
    let made = smoothed(SMALL, 2, Smoothing::ModifiedKneserNey);
    let (counts, fixed): (Box<dyn LanguageModel>, &dyn LanguageModel) =
        (Box::new(model(&made.tables)), &Fixed);
    fixed.score(&counts.start(), 3);
}

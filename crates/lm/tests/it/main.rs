//! Nets of words: trained, asked in every way, mixed, saved.

mod reading;

use gyeol_bundle::{Bundle, DataHash, Limits, Manifest};
use gyeol_lm::{AnyLm, Classes, Kind, NetLm, NetLmParams, Trained, Words};
use gyeol_neural::net::Part;
use gyeol_neural::{Cell, Fit, State, TokenVectors};
use gyeol_ngram::{
    Layout, NgramModel, Options, Protocol, Sampling, ScoresWords, Source, count, next_words, perplexity,
    sample, score_ids, score_words,
};
use gyeol_tensor::{Pool, Rng};

/// Sentences in which the last word is told by the first: what no n-gram of order 3 can know.
fn text(lines: usize, seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let mut out = String::new();
    for _ in 0..lines {
        let subject = rng.below(3) as usize;
        let middle: Vec<&str> =
            (0..2 + rng.below(3)).map(|_| ["very", "quite", "rather"][rng.below(3) as usize]).collect();
        let one = [("wind", "blows"), ("rain", "falls"), ("sun", "shines")][subject];
        out += &format!("the {} {} {}\n", one.0, middle.join(" "), one.1);
    }
    out
}

struct Corpus {
    ngram: NgramModel,
    counts: Vec<u64>,
    train: Vec<Vec<u32>>,
    valid: Vec<Vec<u32>>,
}

fn ids(model: &NgramModel, text: &str) -> Vec<Vec<u32>> {
    text.lines().map(|l| l.split(' ').map(|w| model.text_id(w.as_bytes())).collect()).collect()
}

fn corpus(pool: &Pool) -> Corpus {
    let (train, valid) = (text(600, 1), text(100, 2));
    let options = Options { order: 3, ..Options::default() };
    let counted = count(&mut Source::from_text(train.clone()), &options, pool, &mut |_| true).unwrap();
    let made = counted.estimate(&options, pool, &mut |_| true).unwrap();
    let ngram = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", pool, &mut |_| true).unwrap();
    let words = counted.vocabulary();
    let counts = (0..words.len() as u32).map(|id| counted.count_of(&[words.word(id)])).collect();
    Corpus { counts, train: ids(&ngram, &train), valid: ids(&ngram, &valid), ngram }
}

fn params(kind: impl Into<Kind>) -> NetLmParams {
    NetLmParams {
        units: 24,
        layers: 1,
        embedding: 16,
        dropout: 0.1,
        rows: 8,
        steps: 12,
        epochs: 12,
        learning_rate: 1e-2,
        tied: false,
        ..NetLmParams::suited(kind, 3000, 300, 12, Protocol::Stream)
    }
}

fn trained(corpus: &Corpus, params: &NetLmParams, pool: &Pool) -> Trained {
    let words = Words::of(&corpus.ngram);
    let parts = (&corpus.train[..], &corpus.valid[..]);
    params.fit(parts, words, &corpus.counts, pool, None, &mut |_| true).unwrap()
}

fn asked(model: &(impl ScoresWords + ?Sized), valid: &str) -> f64 {
    let mut source = Source::from_text(valid.to_owned());
    perplexity(model, &mut source, Protocol::Sentence, &mut |_| true).unwrap().perplexity
}

#[test]
fn a_net_knows_what_counts_cannot_and_answers_alike_in_every_way() {
    let pool = Pool::new(2);
    let corpus = corpus(&pool);
    let test = text(200, 3);
    for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm, Cell::SLstm, Cell::MinGru] {
        let found = trained(&corpus, &params(cell), &pool);
        let net = found.model;
        let (counts, nets) = (asked(&corpus.ngram, &test), asked(&net, &test));
        assert!(nets < 0.93 * counts, "{cell:?}: {nets} against {counts} of counts");
        // The least that can be: ln 3 for the subject, the words between, and when they end.
        assert!(found.curve.last().unwrap().valid_loss < 0.62 * found.naive);

        // Word by word, all at once, and by the distribution: one answer.
        let line: Vec<u32> = corpus.valid[0].clone();
        let (mut state, mut alone) = (net.start(), Vec::new());
        for &word in line.iter().chain([&2]) {
            let mut all = Vec::new();
            net.distribution(&state, &mut all);
            assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{}", all.iter().sum::<f64>());
            assert_eq!(all[1], 0.0, "<s> is never predicted");
            let (scored, next) = net.score(&state, word);
            assert!((all[word as usize].log10() - f64::from(scored.log10)).abs() < 1e-5);
            alone.push(scored.log10);
            state = next;
        }
        let mut run = Vec::new();
        score_ids(&net, &line, true, |scored| run.push(scored.log10));
        let near =
            |a: &[f32], b: &[f32]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(near(&run, &alone), "{run:?} {alone:?}");
        // In two runs, the second from the state of the first, once asked before and once not.
        for ask_first in [false, true] {
            let mut halves = Vec::new();
            let state = net.score_run(&[1, line[0], line[1]], net.start(), &mut |s| halves.push(s.log10));
            if ask_first {
                net.distribution(&state, &mut Vec::new());
            }
            let rest: Vec<u32> = line[1..].iter().copied().chain([2]).collect();
            net.score_run(&rest, state, &mut |s| halves.push(s.log10));
            assert!(near(&halves, &alone), "{halves:?} {alone:?}");
        }
        let mut after = net.start();
        for &word in &line[..3] {
            after = net.after(&after, word);
        }
        assert!((net.score(&after, line[3]).0.log10 - alone[3]).abs() < 1e-4);
        let lines = AnyLm::from(net).score_lines(&corpus.valid, &pool);
        assert!(near(&lines[0].iter().map(|s| s.log10).collect::<Vec<_>>(), &alone));
        assert_eq!(lines.len(), corpus.valid.len());
    }
}

#[test]
fn a_window_gives_a_good_probability_to_words_never_seen_together() {
    // Two kinds of nouns and two of verbs; every pair of a kind but one is in the training part.
    let pool = Pool::new(2);
    let nouns = [["dog", "cat", "horse", "cow"], ["car", "train", "ship", "plane"]];
    let verbs = [["sleeps", "eats", "runs", "barks"], ["rusts", "starts", "stops", "breaks"]];
    let mut rng = Rng::new(4);
    let mut line = || {
        let (kind, noun, verb) = (rng.below(2) as usize, rng.below(4) as usize, rng.below(4) as usize);
        (format!("the {} {}\n", nouns[kind][noun], verbs[kind][verb]), (kind, noun, verb) == (0, 3, 2))
    };
    let mut of = |n: usize| -> String {
        (0..n).map(|_| line()).filter(|(_, held)| !held).map(|(line, _)| line).collect()
    };
    let (train, valid) = (of(900), of(120));
    let options = Options { order: 3, ..Options::default() };
    let counted = count(&mut Source::from_text(train.clone()), &options, &pool, &mut |_| true).unwrap();
    let made = counted.estimate(&options, &pool, &mut |_| true).unwrap();
    let ngram = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", &pool, &mut |_| true).unwrap();
    let words = counted.vocabulary();
    let counts = (0..words.len() as u32).map(|id| counted.count_of(&[words.word(id)])).collect();
    let corpus = Corpus { counts, train: ids(&ngram, &train), valid: ids(&ngram, &valid), ngram };
    let params = NetLmParams {
        protocol: Protocol::Sentence,
        units: 8,
        embedding: 8,
        tied: true,
        rows: 32,
        epochs: 20,
        dropout: 0.0,
        ..params(Kind::Window(2))
    };
    let net = trained(&corpus, &params, &pool).model;
    let of = |model: &dyn gyeol_ngram::LanguageModel| {
        10f64.powf(f64::from(score_words(model, &["the", "cow", "runs"])[2].log10))
    };
    let (counts, nets) = (of(&corpus.ngram), of(&net));
    assert!(counts < 0.1 && nets > 0.15, "{counts} of counts, {nets} of the net; true is 0.25");

    let mut bundle = Bundle::new(Manifest::new("", "made", DataHash::default()));
    let packed = AnyLm::from(net);
    let value = packed.pack(&mut bundle, "").unwrap();
    let back = AnyLm::unpack(&bundle, &value, "").unwrap();
    assert_eq!((of(&back), back.protocol()), (nets, Protocol::Sentence));
}

#[test]
fn a_word_that_was_never_seen_has_a_probability() {
    let pool = Pool::new(1);
    let corpus = corpus(&pool);
    let net = trained(&corpus, &NetLmParams { epochs: 2, ..params(Cell::Gru) }, &pool).model;
    let scored = score_words(&net, &["the", "storm", "very", "blows"]);
    assert!(scored[1].unknown && scored.iter().all(|s| s.log10.is_finite()), "{scored:?}");
    assert_eq!(net.text_id(b"</s>"), 0, "a reserved word is no word of a text");
    let empty = score_words(&net, &[]);
    assert_eq!(empty.len(), 1, "an empty line is its end");
    let long = vec!["very"; 1000];
    assert!(score_words(&net, &long).iter().all(|s| s.log10.is_finite()));
    assert_eq!(next_words(&net, &net.start(), 3).len(), 3);
    sample(&net, &["the"], &Sampling::default()).unwrap();
}

#[test]
fn any_number_of_threads_and_a_resumed_fit_give_the_same_bits() {
    let corpus = corpus(&Pool::new(1));
    let params = NetLmParams { epochs: 3, ..params(Cell::Lstm) };
    let of = |threads: usize| trained(&corpus, &params, &Pool::new(threads)).model.parameters().to_vec();
    let one = of(1);
    for threads in [2, 3, 7] {
        assert!(of(threads) == one, "{threads} threads");
    }
    let pool = Pool::new(2);
    let parts = (&corpus.train[..], &corpus.valid[..]);
    let mut kept: Option<State<f32>> = None;
    let stopped =
        params.fit(parts, Words::of(&corpus.ngram), &corpus.counts, &pool, None, &mut |step| match step {
            Fit::Epoch(state) => {
                kept = Some(state.clone());
                false
            }
            Fit::Iteration { .. } => true,
        });
    assert_eq!(stopped.unwrap_err().code(), "stopped");
    let again =
        params.fit(parts, Words::of(&corpus.ngram), &corpus.counts, &pool, kept, &mut |_| true).unwrap();
    assert!(again.model.parameters() == one && again.curve.len() == 3);
}

#[test]
fn a_mixture_is_the_sum_of_its_shares_and_comes_back_from_a_file() {
    let pool = Pool::new(2);
    let corpus = corpus(&pool);
    let test = text(200, 3);
    let net = trained(&corpus, &params(Cell::Lstm), &pool).model;
    let (alone, counts) = (asked(&net, &test), asked(&corpus.ngram, &test));
    let log10 = |model: &dyn Fn(&[u32]) -> Vec<f32>| -> Vec<f32> {
        corpus.valid.iter().flat_map(|l| model(l)).collect()
    };
    let of = |model: &dyn gyeol_ngram::LanguageModel, line: &[u32]| {
        let mut out = Vec::new();
        score_ids(model, line, true, |s| out.push(s.log10));
        out
    };
    let (a, b) = (log10(&|l| of(&net, l)), log10(&|l| of(&corpus.ngram, l)));
    let shares = AnyLm::shares(&[a, b], 50);
    let (share, other) = (shares[0], shares[1]);
    assert!((share + other - 1.0).abs() < 1e-12 && share > 0.5, "{share}");
    let mixed = AnyLm::mixed(vec![(share, AnyLm::from(net)), (other, AnyLm::from(corpus.ngram))]).unwrap();
    let both = asked(&mixed, &test);
    assert!(both <= alone * 1.001 && both < counts, "{both} of {alone} and {counts}");
    let line = &corpus.valid[3];
    let found = of(&mixed, line);
    let AnyLm::Mixed(members) = &mixed else { panic!("a mixture") };
    let (net, ngram) = (of(&members[0].1, line), of(&members[1].1, line));
    for ((found, a), b) in found.iter().zip(&net).zip(&ngram) {
        let sum = share * 10f64.powf(f64::from(*a)) + other * 10f64.powf(f64::from(*b));
        assert!((f64::from(*found) - sum.log10()).abs() < 1e-5);
    }
    let mut all = Vec::new();
    mixed.distribution(&mixed.start(), &mut all);
    assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-5);

    let data = DataHash { name: "t".into(), sha256: "0".repeat(64), rows: 1 };
    let mut bundle = Bundle::new(Manifest::new("language-model", "ngram+lstm", data));
    bundle.manifest.model = mixed.pack(&mut bundle, "").unwrap();
    let bytes = bundle.to_bytes().unwrap();
    let read = Bundle::from_bytes(&bytes, &Limits::default()).unwrap();
    let again = AnyLm::unpack(&read, &read.manifest.model, "").unwrap();
    assert_eq!(of(&again, line), found);
    assert_eq!(again.net_parameters(), mixed.net_parameters());
    let broken = serde_json::json!({ "kind": "net", "net": 3 });
    assert!(AnyLm::unpack(&read, &broken, "").is_err());
    assert!(AnyLm::mixed(Vec::new()).is_err());
}

#[test]
fn too_little_text_is_said() {
    let pool = Pool::new(1);
    let corpus = corpus(&pool);
    let fit = |rows: usize, valid: &[Vec<u32>]| {
        let params = NetLmParams { rows, epochs: 1, ..params(Cell::Rnn) };
        params
            .fit((&corpus.train, valid), Words::of(&corpus.ngram), &corpus.counts, &pool, None, &mut |_| true)
    };
    assert_eq!(fit(8, &[]).unwrap_err().code(), "too-little-text");
    assert_eq!(fit(0, &corpus.valid).unwrap_err().code(), "too-little-text");
    assert!(fit(2, &corpus.valid[..1]).is_ok());
    let _: NetLm = fit(1, &corpus.valid[..1]).unwrap().model;
}

/// Pairs of lines of which the second is told by the first: what only a net that remembers lines can know.
fn pairs(count: usize, seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let all = [("who blows", "the wind"), ("who falls", "the rain"), ("who shines", "a star")];
    (0..count).map(|_| all[rng.below(3) as usize]).map(|(ask, say)| format!("{ask}\n{say}\n")).collect()
}

#[test]
fn a_net_is_trained_as_it_is_asked() {
    let pool = Pool::new(2);
    let (train, valid, test) = (pairs(500, 1), pairs(60, 2), pairs(120, 3));
    let options = Options { order: 3, ..Options::default() };
    let counted = count(&mut Source::from_text(train.clone()), &options, &pool, &mut |_| true).unwrap();
    let made = counted.estimate(&options, &pool, &mut |_| true).unwrap();
    let ngram = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", &pool, &mut |_| true).unwrap();
    let words = counted.vocabulary();
    let counts = (0..words.len() as u32).map(|id| counted.count_of(&[words.word(id)])).collect();
    let corpus = Corpus { counts, train: ids(&ngram, &train), valid: ids(&ngram, &valid), ngram };
    let by = |model: &AnyLm, protocol| {
        perplexity(model, &mut Source::from_text(test.clone()), protocol, &mut |_| true).unwrap().perplexity
    };
    let lines = ids(&corpus.ngram, &test);
    let of = |scored: &[Vec<gyeol_ngram::Scored>]| {
        let all: Vec<f64> = scored.iter().flatten().map(|s| f64::from(s.log10)).collect();
        10f64.powf(-all.iter().sum::<f64>() / all.len() as f64)
    };
    let mut asked = Vec::new();
    for (protocol, tied) in [(Protocol::Sentence, true), (Protocol::Stream, true), (Protocol::Stream, false)]
    {
        let params = NetLmParams { protocol, tied, epochs: 14, dropout: 0.0, ..params(Cell::Lstm) };
        let found = trained(&corpus, &params, &pool);
        assert_eq!(found.model.shape().softmax(), if tied { "full, W = E" } else { "full" });
        let net = AnyLm::from(found.model);
        asked.push([by(&net, Protocol::Sentence), by(&net, Protocol::Stream)]);
        // Line after line, with a break between: what the verb says.
        let (first, state) = net.score_stream(&lines[..7], net.start());
        let (rest, _) = net.score_stream(&lines[7..], state);
        let streamed = of(&[first, rest].concat());
        assert!((streamed / by(&net, Protocol::Stream) - 1.0).abs() < 1e-4, "{streamed}");
        if protocol == Protocol::Stream && tied {
            // Counts begin each line anew, in a mixture too.
            let alone = AnyLm::from(NgramModel::from_bytes(corpus.ngram.bytes(), "again").unwrap());
            let counted = of(&alone.score_stream(&lines, alone.start()).0);
            assert!((counted / by(&alone, Protocol::Sentence) - 1.0).abs() < 1e-6);
            let nearly = AnyLm::mixed(vec![(1.0 - 1e-9, alone), (1e-9, net)]).unwrap();
            assert!((by(&nearly, Protocol::Stream) / counted - 1.0).abs() < 1e-4);
        }
    }
    let [alone, streamed, free] = asked[..] else { panic!() };
    // One of three questions, then what must follow, of six tokens; to a net that forgets, one of six lines of three tokens.
    let (knows, guesses) = (3f64.powf(1.0 / 6.0), 6f64.powf(1.0 / 3.0));
    assert!(streamed[1] < 1.1 * knows && free[1] < 1.1 * knows, "{asked:?}");
    assert!(alone[0] > 0.97 * guesses && alone[0] < 1.1 * guesses, "{asked:?}");
    assert!(streamed[0] > alone[0], "{asked:?}");
}

#[test]
fn a_net_shows_what_it_does_over_a_line() {
    let pool = Pool::new(1);
    let corpus = corpus(&pool);
    for (cell, layers) in
        [(Cell::Lstm, 2), (Cell::Gru, 1), (Cell::Rnn, 1), (Cell::SLstm, 2), (Cell::MinGru, 1)]
    {
        let net = trained(&corpus, &NetLmParams { epochs: 2, layers, ..params(cell) }, &pool).model;
        let words = ["the", "storm", "very", "blows"];
        let ids: Vec<u32> = words.iter().map(|w| net.text_id(w.as_bytes())).collect();
        let line = net.inside(&ids, 3).unwrap();
        // The end of the line before, then the words; each is given what every other verb gives it.
        let told: Vec<u32> = line.steps.iter().map(|step| step.word).collect();
        assert_eq!(told, [&[2], &ids[..]].concat());
        let scored: Vec<_> = line.steps.iter().filter_map(|step| step.scored).chain([line.end]).collect();
        for (found, told) in score_words(&net, &words).iter().zip(&scored) {
            assert!((found.log10 - told.log10).abs() < 1e-4 && found.unknown == told.unknown);
        }
        assert!(line.steps[0].scored.is_none() && scored[1].unknown && scored.len() == 5);
        let mut state = net.start();
        for (step, &word) in line.steps.iter().zip(&ids) {
            assert_eq!(step.next, next_words(&net, &state, 3));
            state = net.score(&state, word).1;
        }
        assert_eq!(line.layers.len(), layers);
        for layer in &line.layers {
            assert_eq!((layer.cell, layer.units, layer.steps()), (cell, 24, 5));
            for &part in Part::of(cell) {
                let values = layer.part(part).unwrap();
                assert_eq!(values.len(), 5 * 24);
                let low = if part.is_gate() { 0.0 } else { -1.0 };
                // A hidden state is a gate times what lies between -1 and 1, but in the minGRU.
                let bounded = part.bound(cell).is_some() || (part == Part::Hidden && cell != Cell::MinGru);
                assert!(!bounded || values.iter().all(|v| (low..=1.0).contains(v)), "{part}");
            }
        }
        assert_eq!(net.inside(&[], 3).unwrap_err().code(), "no-words");

        // In a mixture it is the net that is asked.
        let ngram = || {
            let bytes = corpus.ngram.bytes().to_vec();
            AnyLm::from(NgramModel::from_bytes(bytes, "counts").unwrap())
        };
        assert!(ngram().net_within().is_none());
        let mixed = AnyLm::mixed(vec![(0.4, ngram()), (0.6, AnyLm::from(net))]).unwrap();
        let (share, within) = mixed.net_within().unwrap();
        assert_eq!(share, 0.6);
        assert_eq!(within.inside(&ids, 3).unwrap().layers, line.layers);
    }
}

#[test]
fn a_net_begins_with_vectors_and_goes_on_from_them() {
    let pool = Pool::new(2);
    let corpus = corpus(&pool);
    let words = Words::of(&corpus.ngram);
    let classes = Classes::of_counts(&corpus.counts);
    let heads = classes.heads();
    assert!(heads.iter().enumerate().all(|(class, &word)| classes.of(word) as usize == class));
    let own = |class: usize| (0..16).map(|j| ((class * 16 + j) as f32).cos()).collect::<Vec<f32>>();
    let own: Vec<Vec<f32>> = (0..classes.len()).map(own).collect();
    // Every class but the first has one.
    let given = own.iter().enumerate().map(|(class, row)| (class > 0).then_some(row.as_slice()));
    let vectors = TokenVectors::new(16, given).unwrap();
    for kind in [Kind::from(Cell::Gru), Kind::Window(2)] {
        let still = NetLmParams { learning_rate: 1e-7, weight_decay: 0.0, epochs: 1, ..params(kind) };
        let train = |threads, begun| {
            let pool = Pool::new(threads);
            let parts = (&corpus.train[..], &corpus.valid[..]);
            still.fit(parts, words.clone(), &corpus.counts, &pool, begun, &mut |_| true).unwrap()
        };
        let begun = still.begun(&vectors).unwrap();
        let trained = train(1, Some(begun.clone()));
        let again = train(3, Some(begun.clone()));
        assert_eq!(trained.model.parameters(), again.model.parameters(), "the same bits on three threads");
        // Whether or not the table is the softmax's too, its numbers stand one behind the other.
        let near = |parameters: &[f32], row: &[f32]| {
            parameters.windows(16).any(|at| at.iter().zip(row).all(|(a, b)| (a - b).abs() < 1e-4))
        };
        assert!(own[1..].iter().all(|row| near(trained.model.parameters(), row)), "{kind:?}");
        assert!(!near(trained.model.parameters(), &own[0]));
        assert!(!near(train(1, None).model.parameters(), &own[1]));
    }
    let narrow = NetLmParams { embedding: 8, ..params(Cell::Gru) };
    assert!(narrow.begun(&vectors).is_err());
}

#[test]
fn what_is_learnt_by_samples_is_asked_over_all_words_and_loses_little() {
    let pool = Pool::new(2);
    let corpus = corpus(&pool);
    let valid = text(100, 2);
    for tied in [false, true] {
        let full = NetLmParams { tied, ..params(Cell::Lstm) };
        let by_samples = NetLmParams { samples: Some(40), ..full.clone() };
        let (whole, drawn) = (trained(&corpus, &full, &pool), trained(&corpus, &by_samples, &pool));
        assert_eq!(drawn.model.shape(), whole.model.shape(), "the same kind of file");
        let (whole, drawn) = (asked(&whole.model, &valid), asked(&drawn.model, &valid));
        assert!(drawn < 1.05 * whole, "{tied} {drawn} {whole}");
        let one = trained(&corpus, &by_samples, &Pool::new(1));
        assert_eq!(asked(&one.model, &valid), drawn, "the same on one thread");
    }
}

//! Attention, both directions and beams: gradients against differences in f64, what other rows may change (nothing), and
//! searches against all that could be said.

use gyeol_tensor::{Draw, Pool};

use super::*;
use crate::Optimizer;
use crate::differences;
use crate::trainer::{TrainParams, fit, gradient};

fn shape(cell: Cell, layers: usize, bidirectional: bool, attention: Option<Score>) -> EncoderDecoderParams {
    EncoderDecoderParams {
        source: Source::Tokens { vocabulary: 6 },
        target: 5,
        embedding: 3,
        cell,
        hidden: 4,
        layers,
        dropout: 0.0,
        bidirectional,
        attention,
    }
}

fn net(cell: Cell, layers: usize, bidirectional: bool, attention: Option<Score>) -> EncoderDecoder {
    EncoderDecoder::new(&shape(cell, layers, bidirectional, attention)).unwrap()
}

fn noisy(net: &EncoderDecoder) -> Vec<f64> {
    differences::noisy(net.layout(), &mut Rng::new(3), 0.4)
}

/// Sources and targets of other lengths in another order, none among them.
fn pairs() -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    (
        vec![vec![1, 5, 1, 0], vec![], vec![2], vec![3, 4]],
        vec![vec![4], vec![0, 1, 2, 3, 4], vec![], vec![2, 2]],
    )
}

const SCORES: [Option<Score>; 3] = [None, Some(Score::Dot), Some(Score::General)];

#[test]
fn gradients_agree_with_differences_for_every_combination() {
    let (sources, targets) = pairs();
    for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm, Cell::SLstm, Cell::MinGru] {
        for (layers, dropout) in [(1, 0.0), (2, 0.3)] {
            for bidirectional in [false, true] {
                for attention in SCORES {
                    let params =
                        EncoderDecoderParams { dropout, ..shape(cell, layers, bidirectional, attention) };
                    let net = EncoderDecoder::new(&params).unwrap();
                    let learner = PairsLearner::new(&net, &sources, &targets).unwrap();
                    differences::check(&learner, &noisy(&net), &[2, 0, 3, 1], 1e-5, &params);
                    // Without any source step nothing is attended.
                    differences::check(&learner, &noisy(&net), &[1], 1e-5, &params);
                }
            }
        }
    }
}

#[test]
fn sources_of_other_lengths_in_a_batch_change_nothing() {
    let (sources, targets) = pairs();
    for attention in SCORES {
        let net = net(Cell::Lstm, 2, true, attention);
        let learner = PairsLearner::new(&net, &sources, &targets).unwrap();
        let params = noisy(&net);
        let (together, all) = gradient(&learner, &params, &[0, 1, 2, 3], None);
        let mut alone = vec![0.0; all.len()];
        let mut loss = 0.0;
        for i in 0..4 {
            let (own, of_one) = gradient(&learner, &params, &[i], None);
            loss += own;
            alone.iter_mut().zip(&of_one).for_each(|(a, g)| *a += g);
        }
        assert!((together - loss).abs() < 1e-12, "{attention:?}");
        for (i, (a, b)) in alone.iter().zip(&all).enumerate() {
            assert!((a - b).abs() < 1e-12, "{attention:?}, {}", net.layout().name_at(i));
        }
    }
}

#[test]
fn answers_do_not_depend_on_what_is_asked_beside() {
    let (sources, _) = pairs();
    for attention in SCORES {
        for width in [1, 3] {
            let net = net(Cell::Gru, 2, true, attention);
            let asked = SequencePredictor::new(net.clone(), noisy(&net)).unwrap();
            let search = Search { width, weights: true, ..Search::greedy(6) };
            let all: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
            let together = asked.say(&all, &search, &Pool::new(2)).unwrap();
            for (source, said) in all.iter().zip(&together) {
                assert_eq!(&asked.say(&[source], &search, &Pool::new(1)).unwrap()[0], said);
                if width == 1 {
                    assert_eq!(net.decode(asked.params(), source, 6).unwrap(), said[0].tokens);
                }
                for said in said {
                    let steps = said.tokens.len() + usize::from(said.ended);
                    let expected = if attention.is_some() { steps * source.len() } else { 0 };
                    assert_eq!(said.weights.len(), expected);
                    for row in said.weights.chunks(source.len().max(1)) {
                        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                    }
                }
            }
        }
    }
}

/// ln P of every sequence of up to `longest` tokens that ends, by the loss that trains.
fn all_said(net: &EncoderDecoder, params: &[f64], source: &[u32], longest: usize) -> Vec<(Vec<u32>, f64)> {
    let target = net.params().target as u32;
    let mut all: Vec<Vec<u32>> = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..longest {
        let end = all.len();
        for at in from..end {
            all.extend((0..target).map(|token| [&all[at][..], &[token]].concat()).collect::<Vec<_>>());
        }
        from = end;
    }
    let sources = vec![source.to_vec(); all.len()];
    let learner = PairsLearner::new(net, &sources, &all).unwrap();
    let losses: Vec<f64> = (0..all.len() as u32).map(|i| -gradient(&learner, params, &[i], None).0).collect();
    all.into_iter().zip(losses).collect()
}

#[test]
fn a_beam_finds_what_greed_misses() {
    let params = EncoderDecoderParams { target: 2, ..shape(Cell::Rnn, 1, false, Some(Score::Dot)) };
    let net = EncoderDecoder::new(&params).unwrap();
    let (mut better, mut equal) = (0, 0);
    for seed in 0..30 {
        let weights = differences::noisy(net.layout(), &mut Rng::new(seed), 2.0);
        let all = all_said(&net, &weights, &[1, 2], 4);
        let asked = SequencePredictor::new(net.clone(), weights).unwrap();
        let said = |width| {
            let search = Search { width, ..Search::greedy(5) };
            asked.say(&[&[1, 2]], &search, &Pool::new(1)).unwrap().remove(0)
        };
        let (greedy, beam) = (said(1), said(40));
        let likeliest = all.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        // Probabilities are those of the loss, and a beam as wide as there are sequences finds the likeliest.
        for found in beam.iter().filter(|said| said.ended && said.tokens.len() < 5) {
            let (_, p) = all.iter().find(|(tokens, _)| *tokens == found.tokens).unwrap();
            assert!((p - found.log_probability).abs() < 1e-9);
        }
        let ended = beam.iter().filter(|said| said.ended).max_by(|a, b| a.score.total_cmp(&b.score)).unwrap();
        assert!(ended.log_probability >= likeliest.1 - 1e-9);
        if greedy[0].ended {
            assert!(ended.log_probability >= greedy[0].log_probability - 1e-12);
            better += u32::from(ended.log_probability > greedy[0].log_probability + 1e-6);
            equal += u32::from(ended.tokens == greedy[0].tokens);
        }
    }
    assert!(better > 0 && equal > 0, "{better} better, {equal} equal");
}

#[test]
fn lengths_are_held_against_each_other_by_their_formulas() {
    assert_eq!(Length::Sum.score(-6.0, 3), -6.0);
    assert_eq!(Length::Mean.score(-6.0, 3), -2.0);
    // ((5 + 7) / 6)^1 = 2.
    assert_eq!(Length::Gnmt(1.0).score(-6.0, 7), -3.0);
    assert_eq!(Length::Gnmt(0.0).score(-6.0, 7), -6.0);
}

#[test]
fn attention_points_at_the_token_that_is_copied() {
    // Strings backwards: the t-th token said is the t-th from the end.
    let mut rng = Rng::new(1);
    let string = |_| (0..2 + rng.below(5)).map(|_| rng.below(5) as u32).collect::<Vec<u32>>();
    let sources: Vec<Vec<u32>> = (0..600).map(string).collect();
    let targets: Vec<Vec<u32>> = sources.iter().map(|s| s.iter().rev().copied().collect()).collect();
    let params = EncoderDecoderParams {
        embedding: 12,
        hidden: 24,
        ..shape(Cell::SLstm, 1, true, Some(Score::General))
    };
    let net = EncoderDecoder::new(&params).unwrap();
    let learner = PairsLearner::new(&net, &sources, &targets).unwrap();
    let ids: Vec<u32> = (0..600).collect();
    let p = TrainParams::new(12, 16, Optimizer::adam(), 0.02);
    let run = |threads| {
        fit::<f32, _>(&learner, &p, &ids[60..], &ids[..60], &Pool::new(threads), None, &mut |_| true).unwrap()
    };
    let state = run(1);
    assert_eq!(run(3).best, state.best);
    let asked = SequencePredictor::new(net, state.best).unwrap();
    let new: Vec<&[u32]> = sources[..60].iter().map(Vec::as_slice).collect();
    let search = Search { weights: true, ..Search::greedy(12) };
    let said = asked.say(&new, &search, &Pool::new(2)).unwrap();
    let (mut right, mut pointed, mut tokens) = (0, 0, 0);
    for ((source, target), said) in sources.iter().zip(&targets).zip(&said) {
        right += usize::from(said[0].tokens == *target);
        for (t, row) in said[0].weights.chunks(source.len()).take(source.len()).enumerate() {
            let most = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
            pointed += usize::from(most + t + 1 == source.len());
            tokens += 1;
        }
    }
    assert!(right > 50, "{right} of 60 right");
    // Outputs of an encoder that reads both ways hold their neighbours too, so that it may look one beside.
    assert!(pointed * 2 > tokens, "{pointed} of {tokens}");
}

#[test]
fn the_layers_hold_all_parameters() {
    for bidirectional in [false, true] {
        for attention in SCORES {
            let net = net(Cell::Gru, 2, bidirectional, attention);
            assert_eq!(net.layers().iter().map(|l| l.parameters).sum::<usize>(), net.layout().len());
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let odd = EncoderDecoderParams { hidden: 5, ..shape(Cell::Lstm, 1, true, None) };
    assert!(EncoderDecoder::new(&odd).unwrap_err().to_string().contains("even"));
    for (bidirectional, attention) in [(true, None), (false, Some(Score::Dot))] {
        let params = EncoderDecoderParams {
            source: Source::Numbers { width: 2 },
            ..shape(Cell::Lstm, 1, bidirectional, attention)
        };
        assert!(EncoderDecoder::new(&params).is_err());
    }
    let net = net(Cell::Lstm, 1, false, None);
    let params = noisy(&net);
    assert!(SequencePredictor::new(net.clone(), params[1..].to_vec()).is_err());
    let asked = SequencePredictor::new(net, params).unwrap();
    let pool = Pool::new(1);
    for width in [0, 1001] {
        assert!(asked.say(&[&[1]], &Search { width, ..Search::greedy(5) }, &pool).is_err());
    }
    let steep = Search { length: Length::Gnmt(f64::NAN), ..Search::greedy(5) };
    assert!(asked.say(&[&[1]], &steep, &pool).is_err());
    assert!(asked.say(&[&[6]], &Search::greedy(5), &pool).is_err());
    // Nothing may be said, or one token is never said.
    assert!(asked.say(&[&[1]], &Search::greedy(0), &pool).unwrap()[0][0].tokens.is_empty());
    let likeliest = asked.say(&[&[1]], &Search::greedy(1), &pool).unwrap()[0][0].tokens.first().copied();
    let never = Search { never: likeliest, width: 2, ..Search::greedy(4) };
    for said in &asked.say(&[&[1]], &never, &pool).unwrap()[0] {
        assert!(likeliest.is_none_or(|token| !said.tokens.contains(&token)));
    }
    assert!(asked.say(&[], &Search::greedy(5), &pool).unwrap().is_empty());
}

#[test]
fn texts_are_drawn_as_often_as_they_are_probable() {
    let net = net(Cell::Gru, 1, false, Some(Score::Dot));
    let asked = SequencePredictor::new(net.clone(), noisy(&net)).unwrap();
    let by = Draw::default();
    let search = Search { drawn: Some(Drawn { by, seed: 3, first: 0 }), ..Search::greedy(2) };
    let sources = vec![&[1u32, 5][..]; 20_000];
    let said = asked.say(&sources, &search, &Pool::new(2)).unwrap();
    let mut counts: std::collections::BTreeMap<(Vec<u32>, bool), (f64, f64)> = Default::default();
    for one in &said {
        let cell = counts.entry((one[0].tokens.clone(), one[0].ended)).or_default();
        *cell = (cell.0 + 1.0 / 20_000.0, one[0].log_probability.exp());
    }
    // What there is to say has a mass of 1 together; five standard errors each.
    let all: f64 = counts.values().map(|(_, p)| p).sum();
    assert!(counts.len() > 20 && (all - 1.0).abs() < 1e-3, "{} {all}", counts.len());
    for (share, p) in counts.values() {
        assert!((share - p).abs() < 5.0 * (p / 20_000.0).sqrt() + 1e-9, "{share} {p}");
    }
    // Random numbers hang on the place alone; without a temperature nothing is drawn.
    let later = Search { drawn: Some(Drawn { by, seed: 3, first: 7 }), ..search };
    assert_eq!(asked.say(&sources[..9], &later, &Pool::new(1)).unwrap(), said[7..16]);
    let cold = Draw { temperature: 0.0, ..by };
    let greedy = Search { drawn: Some(Drawn { by: cold, seed: 3, first: 0 }), ..search };
    assert_eq!(
        asked.say(&sources[..1], &greedy, &Pool::new(1)).unwrap(),
        asked.say(&sources[..1], &Search::greedy(2), &Pool::new(1)).unwrap()
    );
    let bad = Search { drawn: Some(Drawn { by: Draw { top_p: 0.0, ..by }, seed: 0, first: 0 }), ..search };
    assert!(asked.say(&sources[..1], &bad, &Pool::new(1)).is_err());
    assert!(asked.say(&sources[..1], &Search { width: 2, ..search }, &Pool::new(1)).is_err());
}

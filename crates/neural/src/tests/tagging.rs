//! Labels of every step: learnt both ways, whatever walks beside.

use gyeol_tensor::{Pool, Rng};

use super::*;
use crate::net::{Input, Labelled, Learner, NetParams, Output};
use crate::{Cell, Optimizer, StackParams, TrainParams, fit};

fn net(bidirectional: bool) -> Net {
    Net::new(&NetParams {
        input: Input::Tokens { vocabulary: 4 },
        stack: StackParams { bidirectional, ..StackParams::new(Cell::Gru, 6, 8) },
        dropout: 0.0,
        reads: Reads::Every,
        projection: None,
        output: Output::Classes { classes: 4 },
        tied: false,
    })
    .unwrap()
}

#[test]
fn what_comes_next_is_seen_by_a_net_that_reads_both_ways_alone() {
    // The label of a token is the token after it, 0 at the end.
    let mut rng = Rng::new(2);
    let mut sequence = |_| (0..1 + rng.below(8)).map(|_| 1 + rng.below(3) as u32).collect::<Vec<u32>>();
    let sequences: Vec<Vec<u32>> = (0..300).map(&mut sequence).collect();
    let tags: Vec<Vec<u32>> = sequences.iter().map(|s| s[1..].iter().copied().chain([0]).collect()).collect();
    let ids: Vec<u32> = (0..300).collect();
    let share = |both: bool| {
        let net = net(both);
        let labelled = Labelled::tagged(&net, &sequences, &tags, 100).unwrap();
        let learner = Learner { net: &net, samples: &labelled };
        let p = TrainParams::new(8, 16, Optimizer::adam(), 0.02);
        let best = fit::<f32, _>(&learner, &p, &ids[50..], &ids[..50], &Pool::new(2), None, &mut |_| true)
            .unwrap()
            .best;
        let asked = TagPredictor::new(net, best).unwrap();
        let new: Vec<&[u32]> = sequences[..50].iter().map(Vec::as_slice).collect();
        let all = asked.tags(&new, &Pool::new(2)).unwrap();
        for (one, said) in new.iter().zip(&all) {
            assert_eq!(&asked.tags(&[one], &Pool::new(1)).unwrap()[0], said);
            assert!(said.len() == one.len() && said.iter().all(|(_, p)| *p <= 0.0));
        }
        let right = all.iter().zip(&tags).flat_map(|(s, t)| s.iter().zip(t)).filter(|(s, t)| s.0 == **t);
        right.count() as f64 / tags[..50].iter().map(Vec::len).sum::<usize>() as f64
    };
    let (one, both) = (share(false), share(true));
    assert!(both > 0.98 && one < 0.7, "{both} {one}");
}

#[test]
fn no_sequence_no_step_and_foreign_tokens() {
    let net = net(true);
    let params: Vec<f32> = net.layout().initial(&mut Rng::new(1));
    let asked = TagPredictor::new(net.clone(), params.clone()).unwrap();
    assert!(asked.tags(&[], &Pool::new(1)).unwrap().is_empty());
    let empty: &[u32] = &[];
    assert_eq!(asked.tags(&[empty, &[1]], &Pool::new(1)).unwrap()[0], []);
    assert!(asked.tags(&[&[4]], &Pool::new(1)).is_err());
    assert!(TagPredictor::new(net.clone(), params[1..].to_vec()).is_err());
    let last = Net::new(&NetParams { reads: Reads::Last, ..net.params().clone() }).unwrap();
    let params: Vec<f32> = last.layout().initial(&mut Rng::new(1));
    assert!(TagPredictor::new(last, params).is_err());
}

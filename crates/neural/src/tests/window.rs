//! Nets over a window: gradients, one answer however they are asked, what does not fit.

use gyeol_tensor::Pool;

use super::*;
use crate::differences;
use crate::{Optimizer, TrainParams, fit};

fn params(tied: bool) -> WindowParams {
    WindowParams {
        vocabulary: 11,
        context: 3,
        embedding: 4,
        hidden: vec![6, 4],
        activation: Activation::Tanh,
        dropout: 0.3,
        output: Output::Classes { classes: 11 },
        tied,
    }
}

#[test]
fn gradients_agree_with_differences() {
    for tied in [false, true] {
        let net = Window::new(&params(tied)).unwrap();
        assert_eq!(net.layout().tables().len(), usize::from(!tied));
        assert_eq!(net.summary().parameters(), net.layout().len());
        let text: Vec<u32> = (0..20).map(|i| i * i % 11).collect();
        let windows = Windows::new(&net, [&text[..8], &text[8..9], &text[9..]], 0).unwrap();
        assert_eq!(windows.len(), 20);
        let at = differences::noisy(net.layout(), &mut Rng::new(2), 0.3);
        let learner = WindowsLearner { net: &net, windows: &windows };
        differences::check(&learner, &at, &[0, 7, 8, 12, 19], 1e-5, net.params());
    }
}

#[test]
fn it_learns_what_three_tokens_tell_and_answers_alike_in_every_way() {
    // A cycle in which the next token hangs on the third before.
    let cycle = [1u32, 2, 3, 1, 4, 3, 5, 2, 3, 5, 4, 3];
    let text: Vec<u32> = (0..600).map(|i| cycle[i % cycle.len()]).collect();
    let net = Window::new(&WindowParams { dropout: 0.0, ..params(true) }).unwrap();
    let windows = Windows::new(&net, [&text[..]], 0).unwrap();
    let ids: Vec<u32> = (0..600).collect();
    let (learns, judges) = ids.split_at(500);
    let mut train = TrainParams::new(30, 20, Optimizer::adam(), 0.03);
    train.schedule = crate::Schedule::OneCycle;
    let learner = WindowsLearner { net: &net, windows: &windows };
    let run =
        |threads| fit(&learner, &train, learns, judges, &Pool::new(threads), None, &mut |_| true).unwrap();
    let state: crate::State<f32> = run(1);
    assert!(state.curve.last().unwrap().valid_loss < 0.7, "{:?}", state.curve.last());
    assert_eq!(state.best, run(2).best);

    let asked = WindowPredictor::new(net, state.best, 2).unwrap();
    let mut all = Vec::new();
    let mut window = vec![0; 3];
    asked.score(&text[..99], &text[1..100], &mut window, &mut |ln| all.push(ln)).unwrap();
    assert_eq!(window, text[96..99]);
    let mut window = vec![0; 3];
    for (at, &id) in text[..99].iter().enumerate() {
        let said = asked.next(&[id], &mut window).unwrap();
        assert!((said[text[at + 1] as usize] - all[at]).abs() < 1e-5);
        let sum: f32 = said.iter().map(|ln| ln.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-5);
    }
    let mut skipped = vec![0; 3];
    let said = asked.next(&text[..99], &mut skipped).unwrap();
    assert!((said[text[99] as usize] - all[98]).abs() < 1e-5);
}

#[test]
fn what_does_not_fit_is_refused() {
    for wrong in [
        WindowParams { context: 0, ..params(false) },
        WindowParams { hidden: Vec::new(), ..params(false) },
        WindowParams { hidden: vec![6], ..params(true) },
        WindowParams { context: usize::MAX, ..params(false) },
        WindowParams { output: Output::Classes { classes: 5 }, ..params(true) },
    ] {
        assert!(Window::new(&wrong).is_err(), "{wrong:?}");
    }
    let net = Window::new(&params(false)).unwrap();
    assert!(Windows::new(&net, [&[11][..]], 0).is_err());
    let numbers = vec![0.0f32; net.layout().len()];
    assert!(WindowPredictor::new(net.clone(), numbers[1..].to_vec(), 1).is_err());
    let asked = WindowPredictor::new(net, numbers, 1).unwrap();
    assert!(asked.next(&[11], &mut vec![0; 3]).is_err());
    assert!(asked.next(&[], &mut vec![0; 3]).is_err());
    assert!(asked.next(&[1], &mut vec![0; 2]).is_err());
    assert!(asked.score(&[1], &[1, 2], &mut vec![0; 3], &mut |_| {}).is_err());
}

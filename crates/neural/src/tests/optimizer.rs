//! Twenty steps of every optimizer against loops written from the papers and against PyTorch.

use gyeol_tensor::Rng;

use super::*;

fn all() -> [Optimizer; 7] {
    let sgd = |momentum, nesterov| Optimizer::Sgd { momentum, nesterov };
    [
        sgd(0.0, false),
        sgd(0.9, false),
        sgd(0.9, true),
        Optimizer::Adagrad { epsilon: 1e-10 },
        Optimizer::RmsProp { decay: 0.99, epsilon: 1e-8 },
        Optimizer::adam(),
        Optimizer::adam_w(0.1),
    ]
}

const STEPS: usize = 20;

/// A gradient that depends on the step, on the place and on the parameter.
fn slope(i: usize, t: usize, p: f64) -> f64 {
    ((i + t) as f64).cos() + 0.1 * p
}

fn walk<T: Real>(optimizer: Optimizer, step: &Step, start: &[f64]) -> Vec<f64> {
    let mut p: Vec<T> = start.iter().map(|&v| T::from_f64(v)).collect();
    let mut state = optimizer.state(p.len());
    for t in 0..STEPS {
        let g: Vec<T> = p.iter().enumerate().map(|(i, v)| T::from_f64(slope(i, t, v.to_f64()))).collect();
        optimizer.step(&mut state, step, &g, &mut p);
    }
    assert_eq!(state.steps, STEPS as u64);
    p.iter().map(|v| v.to_f64()).collect()
}

/// One parameter at a time, with the bias corrections where Kingma and Ba have them (algorithm 1).
fn by_the_papers(optimizer: Optimizer, step: &Step, start: &[f64]) -> Vec<f64> {
    let eta = step.learning_rate;
    let one = |(i, &start): (usize, &f64)| {
        let (mut p, mut v, mut m, mut s) = (start, 0.0, 0.0, 0.0);
        for t in 0..STEPS {
            let mut g = slope(i, t, p) * step.factor;
            if let Some(most) = step.clip_value {
                g = g.clamp(-most, most);
            }
            if step.decays {
                g += step.l1 * p.signum() + step.l2 * p;
            }
            match optimizer {
                Optimizer::Sgd { momentum, nesterov } => {
                    v = momentum * v + g;
                    p -= eta * if nesterov { g + momentum * v } else { v };
                }
                Optimizer::Adagrad { epsilon } => {
                    s += g * g;
                    p -= eta * g / (f64::sqrt(s) + epsilon);
                }
                Optimizer::RmsProp { decay, epsilon } => {
                    s = decay * s + (1.0 - decay) * g * g;
                    p -= eta * g / (f64::sqrt(s) + epsilon);
                }
                Optimizer::Adam { beta1, beta2, epsilon, weight_decay } => {
                    let decay = if step.decays { eta * weight_decay * p } else { 0.0 };
                    m = beta1 * m + (1.0 - beta1) * g;
                    s = beta2 * s + (1.0 - beta2) * g * g;
                    let m_hat = m / (1.0 - beta1.powi(t as i32 + 1));
                    let s_hat = s / (1.0 - beta2.powi(t as i32 + 1));
                    p -= eta * m_hat / (s_hat.sqrt() + epsilon) + decay;
                }
            }
        }
        p
    };
    start.iter().enumerate().map(one).collect()
}

fn steps() -> [Step; 3] {
    let bare = Step::new(0.03);
    [
        bare,
        Step { factor: 0.6, clip_value: Some(0.4), l1: 0.01, l2: 0.05, ..bare },
        Step { l1: 0.01, l2: 0.05, decays: false, ..bare },
    ]
}

#[test]
fn twenty_steps_are_those_of_the_papers() {
    let mut start = vec![0.0; 37];
    Rng::new(4).fill_uniform(&mut start, 2.0);
    for optimizer in all() {
        for step in steps() {
            let want = by_the_papers(optimizer, &step, &start);
            let (double, single) =
                (walk::<f64>(optimizer, &step, &start), walk::<f32>(optimizer, &step, &start));
            for i in 0..start.len() {
                assert!((double[i] - want[i]).abs() < 1e-12, "{optimizer:?} {step:?}");
                assert!(
                    (single[i] - want[i]).abs() < 2e-5,
                    "{optimizer:?} {step:?}: {} {}",
                    single[i],
                    want[i]
                );
            }
        }
    }
}

// torch.optim 2.15 in float64 from p = [0.5, -1, 2] with p.grad[i] = cos(i + t) + 0.1 p[i], 20 steps, lr=0.05.
#[test]
fn twenty_steps_are_those_of_pytorch() {
    let want = [
        [0.3979785114020935, -0.9338391544430954, 1.8319630491830563],
        // SGD(momentum=0.9, weight_decay=0.1): PyTorch's coupled weight decay is l2 here.
        [-0.0094524826504578, -0.04240518441801258, 0.3855038771333931],
        [0.07747577691934687, -0.3982785716587299, 1.1605925441533345],
        [0.43789473264752765, -0.9613261415656628, 1.9988605475699293],
        [0.01530699874132721, -0.7223258047314854, 1.8337937874007828],
        [0.3295017267673527, -0.8452186634738412, 1.961769067233624],
        // AdamW(weight_decay=0.1).
        [0.29563314812442537, -0.7603727937395331, 1.7715205139733883],
    ];
    for (n, (optimizer, want)) in all().into_iter().zip(want).enumerate() {
        let step = Step { l2: if n == 1 { 0.1 } else { 0.0 }, ..Step::new(0.05) };
        for (got, want) in walk::<f64>(optimizer, &step, &[0.5, -1.0, 2.0]).iter().zip(want) {
            assert!((got - want).abs() < 1e-12, "{optimizer:?}: {got} {want}");
        }
    }
}

#[test]
fn ranges_and_pools_give_the_bits_of_one_whole_step() {
    let len = 70_001;
    let (mut start, mut g) = (vec![0.0f32; len], vec![0.0f32; len]);
    Rng::new(1).fill_uniform(&mut start, 1.0);
    Rng::new(2).fill_uniform(&mut g, 1.0);
    // Numbers 100..200 have no gradient: given as zeros, or not at all.
    g[100..200].fill(0.0);
    let step = Step { factor: 0.3, l2: 0.01, ..Step::new(0.01) };
    for optimizer in all() {
        let (mut p, mut state) = (start.clone(), optimizer.state(len));
        for _ in 0..3 {
            optimizer.step(&mut state, &step, &g, &mut p);
        }
        for threads in [1, 2, 3, 7] {
            let pool = Pool::new(threads);
            let (mut q, mut other) = (start.clone(), optimizer.state(len));
            for _ in 0..3 {
                optimizer.begin(&mut other);
                for (range, dense) in [(0..100, true), (100..200, false), (200..len, true)] {
                    let gradient = dense.then(|| &g[range.clone()]);
                    let params = &mut q[range.clone()];
                    optimizer.update_on(&pool, &mut other, &step, range, gradient, params);
                }
            }
            assert!(p == q && state == other, "{optimizer:?} on {threads} threads");
        }
    }
}

#[test]
fn a_state_of_another_optimizer_is_told() {
    for (i, a) in all().into_iter().enumerate() {
        let state = a.state::<f32>(5);
        assert!(a.fits(&state, 5) && !(i > 0 && a.fits(&state, 6)), "{a:?}");
    }
    assert!(!Optimizer::adam().fits(&Optimizer::Adagrad { epsilon: 0.1 }.state::<f32>(5), 5));
}

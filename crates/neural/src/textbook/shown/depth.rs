//! What becomes of a gradient: it shrinks by every sigmoid that it passes, σ' ≤ 1/4 (Hochreiter 1991; Glorot and Bengio 2010), and
//! keeps its size through ReLU with He's start (He et al. 2015). And a unit of ReLU that answers 0 to every row has no gradient
//! at all, so that it never comes back; a leaky one does (Maas et al. 2013).

use gyeol_tensor::Rng;
use serde::Serialize;

use super::backprop::{outputs, walked};
use crate::textbook::{Curve, Dense};

/// Hidden layers, their width, and rows.
const LAYERS: usize = 10;
const WIDTH: usize = 16;
const ROWS: usize = 32;

/// A hidden layer of a deep net before training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DepthLayer {
    /// From 1, nearest to the inputs.
    pub layer: usize,
    /// Root mean square of ∂L/∂W.
    pub gradient: f64,
    /// Mean of f'(z) over rows and units.
    pub slope: f64,
    /// Share of units and rows at exactly 0.
    pub zeros: f64,
}

/// A deep net with one f throughout.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Depth {
    /// `sigmoid`, `tanh`, `relu` or `leaky-relu`.
    pub curve: &'static str,
    /// Every hidden layer.
    pub layers: Vec<DepthLayer>,
    /// Gradient of the first by that of the last.
    pub first_by_last: f64,
}

/// Ten hidden layers of sixteen units under a linear output, for each f: sigmoid and tanh from Glorot's start, ReLU from He's.
///
/// ```
/// let nets = gyeol_neural::textbook::shown::depths(0);
/// let of = |name| nets.iter().find(|net| net.curve == name).unwrap().first_by_last;
/// assert!(of("sigmoid") < 1e-4 && of("relu") > 0.05);
/// ```
pub fn depths(seed: u64) -> Vec<Depth> {
    let curves = [
        ("sigmoid", Curve::Sigmoid),
        ("tanh", Curve::Tanh),
        ("relu", Curve::Relu),
        ("leaky-relu", Curve::LeakyRelu),
    ];
    curves.map(|(name, curve)| depth(name, curve, seed)).into()
}

fn depth(name: &'static str, curve: Curve, seed: u64) -> Depth {
    let (mut net, rows, targets) = deep(curve, seed);
    let mut squares = [0.0; LAYERS];
    let (mut slopes, mut zeros) = (vec![0.0; LAYERS], vec![0.0; LAYERS]);
    let mut sums: Vec<Vec<f64>> = net.iter().map(|layer| vec![0.0; layer.w.len()]).collect();
    for (x, target) in rows.iter().zip(&targets) {
        let (y, gradient, _) = walked(&net, x, target);
        for l in 0..LAYERS {
            sums[l].iter_mut().zip(&gradient[l].w).for_each(|(sum, d)| *sum += d / ROWS as f64);
            slopes[l] += y[l].iter().map(|&y| curve.slope(y)).sum::<f64>();
            zeros[l] += y[l].iter().filter(|y| **y == 0.0).count() as f64;
        }
    }
    net.truncate(LAYERS);
    for (square, sum) in squares.iter_mut().zip(&sums) {
        *square = (sum.iter().map(|d| d * d).sum::<f64>() / sum.len() as f64).sqrt();
    }
    let cells = (ROWS * WIDTH) as f64;
    let layer = |l: usize| DepthLayer {
        layer: l + 1,
        gradient: squares[l],
        slope: slopes[l] / cells,
        zeros: zeros[l] / cells,
    };
    Depth {
        curve: name,
        layers: (0..LAYERS).map(layer).collect(),
        first_by_last: squares[0] / squares[LAYERS - 1],
    }
}

type Rows = Vec<Vec<f64>>;

/// A deep net with its rows and targets, all drawn from the seed.
pub(crate) fn deep(curve: Curve, seed: u64) -> (Vec<Dense>, Rows, Rows) {
    let mut rng = Rng::stream(seed, 1);
    let relu = matches!(curve, Curve::Relu | Curve::LeakyRelu);
    let mut layer = |output: usize, curve: Curve| {
        let bound = if relu { 6.0 / WIDTH as f64 } else { 6.0 / (WIDTH + output) as f64 };
        let mut w = vec![0.0; WIDTH * output];
        rng.fill_uniform(&mut w, bound.sqrt());
        Dense { w, b: vec![0.0; output], curve }
    };
    let mut net: Vec<Dense> = (0..LAYERS).map(|_| layer(WIDTH, curve)).collect();
    net.push(layer(1, Curve::Linear));
    let mut rng = Rng::stream(seed, 2);
    let rows = (0..ROWS).map(|_| (0..WIDTH).map(|_| rng.normal()).collect()).collect();
    (net, rows, (0..ROWS).map(|_| vec![rng.normal()]).collect())
}

/// A step of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct UnitStep {
    /// Steps done.
    pub step: usize,
    /// w.
    pub w: f64,
    /// b.
    pub b: f64,
    /// Rows at which z > 0, of all.
    pub active: usize,
    /// ∂L/∂w.
    pub d_w: f64,
    /// ∂L/∂b.
    pub d_b: f64,
    /// Mean of (y - t)² / 2.
    pub loss: f64,
}

/// One unit y = f(w x + b) that learns t = x.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unit {
    /// `relu` or `leaky-relu`.
    pub curve: &'static str,
    /// η.
    pub rate: f64,
    /// Rows.
    pub rows: usize,
    /// Every step.
    pub steps: Vec<UnitStep>,
    /// Whether no row is left to learn from at the end.
    pub dead: bool,
}

/// ReLU at a rate too large and at a smaller one, and leaky ReLU at the large one, all from w = 3, b = 1.
///
/// ```
/// let units = gyeol_neural::textbook::shown::dying(150);
/// assert_eq!(units.iter().map(|unit| unit.dead).collect::<Vec<_>>(), [true, false, false]);
/// ```
pub fn dying(steps: usize) -> Vec<Unit> {
    let all = [("relu", Curve::Relu, 0.7), ("relu", Curve::Relu, 0.2), ("leaky-relu", Curve::LeakyRelu, 0.7)];
    all.map(|(name, curve, rate)| unit(name, curve, rate, steps)).into()
}

fn unit(name: &'static str, curve: Curve, rate: f64, steps: usize) -> Unit {
    let x: Vec<f64> = (1..=8).map(|i| f64::from(i) / 4.0).collect();
    let mut net = vec![Dense { w: vec![3.0], b: vec![1.0], curve }];
    let mut walked_steps = Vec::new();
    for step in 0..=steps {
        let (mut d_w, mut d_b, mut loss, mut active) = (0.0, 0.0, 0.0, 0);
        for &x in &x {
            let n = 8.0;
            let y = outputs(&net, &[x])[0][0];
            let gradient = &walked(&net, &[x], &[x]).1[0];
            (d_w, d_b) = (d_w + gradient.w[0] / n, d_b + gradient.b[0] / n);
            loss += 0.5 * (y - x) * (y - x) / n;
            active += usize::from(y > 0.0);
        }
        let (w, b) = (net[0].w[0], net[0].b[0]);
        walked_steps.push(UnitStep { step, w, b, active, d_w, d_b, loss });
        net[0].w[0] -= rate * d_w;
        net[0].b[0] -= rate * d_b;
    }
    let dead = walked_steps.last().is_some_and(|step| step.active == 0);
    Unit { curve: name, rate, rows: x.len(), steps: walked_steps, dead }
}

//! Back-propagation with every number: a net of one hidden layer of sigmoids, squared error L = Σ (y - t)² / 2 of a row, its mean
//! over rows; forward, backward, and one step (Rumelhart, Hinton and Williams 1986). Then the same start and the same
//! gradients under eight optimizers.
//!
//! x (I), W₁ (I, H), b₁ (H), y₁ = σ(x W₁ + b₁), W₂ (H, O), b₂ (O), y₂ = σ(y₁ W₂ + b₂).

use gyeol_tensor::Rng;
use serde::Serialize;

use crate::textbook::{Curve, Dense};
use crate::{Error, Optimizer, Result, Step};

/// Widest layer, and most rows, of a net that is shown.
pub const MOST_WIDTH: usize = 16;
const MOST_ROWS: usize = 1000;
/// Half the width of a difference quotient.
const NUDGE: f64 = 1e-5;

/// W and b of a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weights {
    /// A row an input.
    pub w: Vec<Vec<f64>>,
    /// A number an output.
    pub b: Vec<f64>,
}

/// A layer's numbers, forward and backward.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerWalk {
    /// What goes in.
    pub x: Vec<f64>,
    /// z = x W + b.
    pub z: Vec<f64>,
    /// y = σ(z).
    pub y: Vec<f64>,
    /// ∂L/∂y.
    pub d_y: Vec<f64>,
    /// ∂L/∂z = ∂L/∂y · y (1 - y).
    pub d_z: Vec<f64>,
    /// ∂L/∂W = xᵀ ∂L/∂z, and ∂L/∂b = ∂L/∂z.
    pub gradient: Weights,
    /// ∂L/∂x = ∂L/∂z Wᵀ: ∂L/∂y of the layer before.
    pub d_x: Vec<f64>,
}

/// An optimizer as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Method {
    /// Stable word, such as `mini-batch`.
    pub name: &'static str,
    /// Its hyper-parameters.
    pub optimizer: Optimizer,
    /// η.
    pub rate: f64,
    /// Rows of a step; all where none.
    pub rows: Option<usize>,
}

/// The way down of one optimizer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Descended {
    /// Which.
    #[serde(flatten)]
    pub method: Method,
    /// The mean loss over all rows at the start and after each step.
    pub losses: Vec<f64>,
    /// All parameters after the first step: W₁, b₁, W₂, b₂.
    pub after_one: Vec<f64>,
}

/// The lesson.
///
/// ```
/// use gyeol_neural::textbook::shown::BackpropLesson;
/// let lesson = BackpropLesson::example(20)?;
/// assert!(lesson.largest_difference < 1e-9 && lesson.loss_after < lesson.loss);
/// assert!(lesson.methods.iter().all(|way| way.losses.len() == 21));
/// # Ok::<(), gyeol_neural::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackpropLesson {
    /// All rows.
    pub rows: Vec<Vec<f64>>,
    /// What should come out of each.
    pub targets: Vec<Vec<f64>>,
    /// The net at the start.
    pub before: Vec<Weights>,
    /// The walk of the first row.
    pub walk: Vec<LayerWalk>,
    /// Its loss.
    pub loss: f64,
    /// The largest distance of a derivative from its difference quotient.
    pub largest_difference: f64,
    /// η of the step on the first row.
    pub rate: f64,
    /// The net after it.
    pub after: Vec<Weights>,
    /// The loss of the first row after it.
    pub loss_after: f64,
    /// Each optimizer from the same start.
    pub methods: Vec<Descended>,
}

/// Every way down, each at a rate of its own: adaptive steps are as long as the rate, those of a gradient as the gradient.
fn methods() -> [Method; 8] {
    let sgd = |momentum, nesterov| Optimizer::Sgd { momentum, nesterov };
    let method = |name, optimizer, rate, rows| Method { name, optimizer, rate, rows };
    [
        method("batch", sgd(0.0, false), 2.0, None),
        method("stochastic", sgd(0.0, false), 2.0, Some(1)),
        method("mini-batch", sgd(0.0, false), 2.0, Some(4)),
        method("momentum", sgd(0.9, false), 0.5, None),
        method("nesterov", sgd(0.9, true), 0.5, None),
        method("adagrad", Optimizer::Adagrad { epsilon: 1e-8 }, 0.3, None),
        method("rmsprop", Optimizer::RmsProp { decay: 0.9, epsilon: 1e-8 }, 0.05, None),
        method("adam", Optimizer::adam(), 0.1, None),
    ]
}

impl BackpropLesson {
    /// Two inputs, two hidden units, two outputs, eight rows.
    ///
    /// # Errors
    /// None.
    pub fn example(steps: usize) -> Result<Self> {
        let first =
            [[0.2, 0.9], [0.9, 0.2], [0.4, 0.7], [0.8, 0.4], [0.1, 0.6], [0.7, 0.1], [0.3, 1.0], [1.0, 0.3]];
        let rows: Vec<Vec<f64>> = first.map(|row| row.to_vec()).to_vec();
        let targets = (0..8).map(|i| if i % 2 == 0 { vec![1.0, 0.0] } else { vec![0.0, 1.0] }).collect();
        let layer = |w: [f64; 4], b: [f64; 2]| Dense { w: w.to_vec(), b: b.to_vec(), curve: Curve::Sigmoid };
        let net = vec![layer([0.3, -0.2, 0.5, 0.4], [0.1, -0.3]), layer([0.6, -0.5, -0.1, 0.7], [0.2, -0.1])];
        Self::shown(rows, targets, net, steps, 0)
    }

    /// Rows of a table of classes: inputs scaled to 0 … 1 (a constant to 0), targets one-hot.
    ///
    /// # Errors
    /// As [`BackpropLesson::of`]; a class that is none.
    pub fn of_classes(
        x: &[Vec<f64>],
        y: &[f64],
        classes: usize,
        hidden: usize,
        steps: usize,
        seed: u64,
    ) -> Result<Self> {
        if let Some(bad) = y.iter().find(|y| y.fract() != 0.0 || **y < 0.0 || **y >= classes as f64) {
            return Err(Error::Parameter {
                name: "a class",
                value: bad.to_string(),
                allowed: "a number below that of the classes",
            });
        }
        let width = x.iter().map(Vec::len).min().unwrap_or(0);
        let range = |j: usize| {
            x.iter()
                .map(|row| row[j])
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
        };
        let ranges: Vec<(f64, f64)> = (0..width).map(range).collect();
        let scaled = |row: &Vec<f64>| {
            if row.len() != width {
                return row.clone(); // Refused below.
            }
            row.iter()
                .zip(&ranges)
                .map(|(v, (low, high))| if high > low { (v - low) / (high - low) } else { 0.0 })
                .collect()
        };
        let one_hot = |y: &f64| (0..classes).map(|c| f64::from(u8::from(c == *y as usize))).collect();
        Self::of(x.iter().map(scaled).collect(), y.iter().map(one_hot).collect(), hidden, steps, seed)
    }

    /// Rows and their targets, best from 0 to 1, through `hidden` units; weights are drawn as Glorot has them.
    ///
    /// # Errors
    /// [`Error::Shape`] without rows, with rows of different lengths, with more than 1,000; [`Error::Parameter`] for a layer wider than
    /// [`MOST_WIDTH`], or a number that is none.
    pub fn of(
        rows: Vec<Vec<f64>>,
        targets: Vec<Vec<f64>>,
        hidden: usize,
        steps: usize,
        seed: u64,
    ) -> Result<Self> {
        let (input, output) = (rows.first().map_or(0, Vec::len), targets.first().map_or(0, Vec::len));
        let alike = rows.iter().all(|r| r.len() == input) && targets.iter().all(|t| t.len() == output);
        if rows.is_empty() || rows.len() > MOST_ROWS || rows.len() != targets.len() || !alike {
            return Err(Error::Shape {
                what: "rows and targets",
                found: format!("{} rows, {} targets", rows.len(), targets.len()),
                expected: format!("1 to {MOST_ROWS} of both, all as long"),
            });
        }
        for (name, width) in [("inputs", input), ("hidden units", hidden), ("outputs", output)] {
            if !(1..=MOST_WIDTH).contains(&width) {
                return Err(Error::Parameter {
                    name,
                    value: width.to_string(),
                    allowed: "1 to 16 where every number is shown",
                });
            }
        }
        if let Some(bad) = rows.iter().chain(&targets).flatten().find(|v| !v.is_finite() || v.abs() > 1e30) {
            return Err(Error::Parameter {
                name: "a cell",
                value: bad.to_string(),
                allowed: "a number up to 1e30",
            });
        }
        let mut rng = Rng::stream(seed, 0);
        let mut layer = |i: usize, o: usize| {
            let mut w = vec![0.0; i * o];
            rng.fill_uniform(&mut w, (6.0 / (i + o) as f64).sqrt());
            Dense { w, b: vec![0.0; o], curve: Curve::Sigmoid }
        };
        let net = vec![layer(input, hidden), layer(hidden, output)];
        Self::shown(rows, targets, net, steps, seed)
    }

    fn shown(
        rows: Vec<Vec<f64>>,
        targets: Vec<Vec<f64>>,
        net: Vec<Dense>,
        steps: usize,
        seed: u64,
    ) -> Result<Self> {
        let (x, target) = (&rows[0], &targets[0]);
        let (y, gradient, d_xs) = walked(&net, x, target);
        let flat = flattened(&net);
        let of_first = |params: &[f64]| loss(&filled(&net, params), x, target);
        let largest_difference = (0..flat.len()).zip(flattened(&gradient)).fold(0.0f64, |most, (i, d)| {
            let at = |by: f64| {
                let mut moved = flat.clone();
                moved[i] += by;
                of_first(&moved)
            };
            most.max((d - (at(NUDGE) - at(-NUDGE)) / (2.0 * NUDGE)).abs())
        });
        let walk = net.iter().enumerate().map(|(l, layer)| {
            let x = if l == 0 { x.clone() } else { y[l - 1].clone() };
            let d_y: Vec<f64> = match d_xs.get(l + 1) {
                Some(d_x) => d_x.clone(),
                None => y[l].iter().zip(target).map(|(y, t)| y - t).collect(),
            };
            let linear = Dense { curve: Curve::Linear, ..layer.clone() };
            LayerWalk {
                z: linear.forward(&x),
                x,
                y: y[l].clone(),
                d_y,
                d_z: gradient[l].b.clone(),
                gradient: weights(&gradient[l]),
                d_x: d_xs[l].clone(),
            }
        });
        let rate = 0.5;
        let stepped: Vec<f64> = flat.iter().zip(flattened(&gradient)).map(|(v, d)| v - rate * d).collect();
        let methods = methods().into_iter().map(|method| {
            let (losses, after_one) = descend(&net, &rows, &targets, method, steps, seed);
            Descended { method, losses, after_one }
        });
        Ok(BackpropLesson {
            before: net.iter().map(weights).collect(),
            walk: walk.collect(),
            loss: of_first(&flat),
            largest_difference,
            rate,
            after: filled(&net, &stepped).iter().map(weights).collect(),
            loss_after: of_first(&stepped),
            methods: methods.collect(),
            rows,
            targets,
        })
    }
}

/// The outputs of each layer for one row.
pub(super) fn outputs(net: &[Dense], x: &[f64]) -> Vec<Vec<f64>> {
    let mut y: Vec<Vec<f64>> = Vec::new();
    for (l, layer) in net.iter().enumerate() {
        y.push(layer.forward(if l == 0 { x } else { &y[l - 1] }));
    }
    y
}

/// Outputs, gradient of each layer, and ∂L/∂x of each, for one row.
pub(super) fn walked(net: &[Dense], x: &[f64], target: &[f64]) -> (Vec<Vec<f64>>, Vec<Dense>, Vec<Vec<f64>>) {
    let y = outputs(net, x);
    let mut d_y: Vec<f64> = y[net.len() - 1].iter().zip(target).map(|(y, t)| y - t).collect();
    let (mut gradients, mut d_xs) = (Vec::new(), Vec::new());
    for (l, layer) in net.iter().enumerate().rev() {
        let (gradient, d_x) = layer.backward(if l == 0 { x } else { &y[l - 1] }, &y[l], &d_y);
        gradients.push(gradient);
        d_xs.push(d_x.clone());
        d_y = d_x;
    }
    gradients.reverse();
    d_xs.reverse();
    (y, gradients, d_xs)
}

/// Σ (y - t)² / 2 of one row.
fn loss(net: &[Dense], x: &[f64], target: &[f64]) -> f64 {
    let y = outputs(net, x).pop().unwrap_or_default();
    y.iter().zip(target).map(|(y, t)| 0.5 * (y - t) * (y - t)).sum()
}

/// The mean gradient over the rows at `at`, all parameters in one row.
pub(super) fn mean_gradient(
    net: &[Dense],
    rows: &[Vec<f64>],
    targets: &[Vec<f64>],
    at: &[usize],
) -> Vec<f64> {
    let mut sum = vec![0.0; flattened(net).len()];
    for &i in at {
        let gradient = flattened(&walked(net, &rows[i], &targets[i]).1);
        sum.iter_mut().zip(gradient).for_each(|(sum, d)| *sum += d / at.len() as f64);
    }
    sum
}

fn descend(
    net: &[Dense],
    rows: &[Vec<f64>],
    targets: &[Vec<f64>],
    method: Method,
    steps: usize,
    seed: u64,
) -> (Vec<f64>, Vec<f64>) {
    let n = rows.len();
    let mean = |net: &[Dense]| (0..n).map(|i| loss(net, &rows[i], &targets[i])).sum::<f64>() / n as f64;
    let mut params = flattened(net);
    let mut state = method.optimizer.state(params.len());
    let (mut losses, mut after_one) = (vec![mean(net)], params.clone());
    let batch = method.rows.unwrap_or(n).min(n);
    let (mut order, mut left, mut epoch) = ((0..n).collect::<Vec<_>>(), 0, 0);
    for step in 0..steps {
        if left == 0 {
            if batch < n {
                Rng::stream(seed, epoch).shuffle(&mut order);
            }
            (left, epoch) = (n, epoch + 1);
        }
        let begin = n - left;
        let now = begin..(begin + batch).min(n);
        left -= now.len();
        let gradient = mean_gradient(&filled(net, &params), rows, targets, &order[now]);
        method.optimizer.step(&mut state, &Step::new(method.rate), &gradient, &mut params);
        if step == 0 {
            after_one.clone_from(&params);
        }
        losses.push(mean(&filled(net, &params)));
    }
    (losses, after_one)
}

/// W and b of each layer, one after another.
pub(super) fn flattened(net: &[Dense]) -> Vec<f64> {
    net.iter().flat_map(|layer| layer.w.iter().chain(&layer.b).copied()).collect()
}

/// A net of the same shape with these parameters.
fn filled(net: &[Dense], params: &[f64]) -> Vec<Dense> {
    let mut rest = params;
    let mut take = |count: usize| {
        let (now, later) = rest.split_at(count);
        rest = later;
        now.to_vec()
    };
    net.iter().map(|l| Dense { w: take(l.w.len()), b: take(l.b.len()), curve: l.curve }).collect()
}

fn weights(layer: &Dense) -> Weights {
    Weights { w: layer.w.chunks(layer.b.len()).map(<[f64]>::to_vec).collect(), b: layer.b.clone() }
}

//! Values and slopes of the losses, of each number and summed.

use gyeol_neural::{Layout, Loss, NO_TARGET, Softmax};
use gyeol_tensor::softmax::{cross_entropy, softmax_cross_entropy};
use gyeol_tensor::{Real, Write};
use serde_json::Value;

use super::fixture::{json, near, number, numbers};

fn rounded<T: Real>(v: &[f64]) -> Vec<T> {
    v.iter().map(|&v| T::from_f64(v)).collect()
}

#[test]
fn losses_of_numbers() {
    let data = json("losses.json");
    // PyTorch's smooth L1 is Huber's loss over β.
    let cases = [
        ("mse", Loss::Mse, 1.0),
        ("l1", Loss::Mae, 1.0),
        ("huber", Loss::Huber { delta: 0.7 }, 1.0),
        ("huber_1", Loss::Huber { delta: 1.0 }, 1.0),
        ("smooth_l1", Loss::Huber { delta: 0.7 }, 0.7),
        ("pinball_10", Loss::Pinball { quantile: 0.1 }, 1.0),
        ("pinball_50", Loss::Pinball { quantile: 0.5 }, 1.0),
        ("pinball_90", Loss::Pinball { quantile: 0.9 }, 1.0),
        ("bce_with_logits", Loss::BinaryCrossEntropy, 1.0),
    ];
    for (name, loss, over) in cases {
        let case = &data[name];
        let (p, y) = (numbers(&case["p"]), numbers(&case["y"]));
        let (values, slopes): (Vec<f64>, Vec<f64>) = p.iter().zip(&y).map(|(&p, &y)| loss.of(p, y)).unzip();
        let scaled = |v: &[f64]| v.iter().map(|v| v / over).collect::<Vec<f64>>();
        near(name, &scaled(&values), &numbers(&case["values"]), 1e-14);
        near(name, &scaled(&slopes), &numbers(&case["slopes"]), 1e-14);
        in_sum::<f64>(name, loss, case, over, 1e-14);
        in_sum::<f32>(name, loss, case, over, 1e-6);
    }
}

/// The mean, as the trainer takes it: a sum with a factor on the slopes.
fn in_sum<T: Real>(name: &str, loss: Loss, case: &Value, over: f64, most: f64) {
    let (mut p, y): (Vec<T>, Vec<T>) = (rounded(&numbers(&case["p"])), rounded(&numbers(&case["y"])));
    let n = p.len() as f64;
    near(name, &[loss.sum(&p, &y) / over], &[number(&case["sum"])], most);
    let mean = loss.sum_in_place(&mut p, &y, 1.0 / (n * over)) / (n * over);
    near(name, &[mean], &[number(&case["mean"])], most);
    near(name, &p, &numbers(&case["mean_slopes"]), most);
}

struct Rows {
    p: Vec<f64>,
    classes: usize,
    targets: Vec<u32>,
    values: Vec<f64>,
    slopes: Vec<f64>,
    mean: f64,
    mean_slopes: Vec<f64>,
    /// Rows that count.
    seen: f64,
}

/// Cross-entropy: p (rows, classes), targets with `ignore_index` as ours.
fn rows(case: &Value) -> Rows {
    let flat = |v: &Value| v.as_array().unwrap().iter().flat_map(numbers).collect::<Vec<f64>>();
    let ignored = case["settings"]["ignore_index"].as_i64();
    let targets: Vec<u32> = (case["y"].as_array().unwrap().iter())
        .map(|y| y.as_i64().unwrap())
        .map(|y| if Some(y) == ignored { NO_TARGET } else { y as u32 })
        .collect();
    let p = flat(&case["p"]);
    Rows {
        classes: p.len() / targets.len(),
        p,
        values: numbers(&case["values"]),
        slopes: flat(&case["slopes"]),
        mean: number(&case["mean"]),
        mean_slopes: flat(&case["mean_slopes"]),
        seen: targets.iter().filter(|t| **t != NO_TARGET).count() as f64,
        targets,
    }
}

fn kernel<T: Real>(name: &str, r: &Rows, most: f64) {
    let (n, k) = (r.targets.len(), r.classes);
    let p: Vec<T> = rounded(&r.p);
    let values: Vec<f64> =
        (0..n).map(|i| cross_entropy(&p[i * k..(i + 1) * k], 1, k, k, &r.targets[i..i + 1])).collect();
    near(name, &values, &r.values, most);
    let mut slopes = p.clone();
    let sum = softmax_cross_entropy(&mut slopes, n, k, k, &r.targets, T::ONE);
    near(name, &[sum / r.seen], &[r.mean], most);
    near(name, &slopes, &r.slopes, most);
    let mut slopes = p;
    softmax_cross_entropy(&mut slopes, n, k, k, &r.targets, T::from_f64(1.0 / r.seen));
    near(name, &slopes, &r.mean_slopes, most);
}

/// The layer, made to have the logits p: H = p - b, W = 1.
fn layer<T: Real>(name: &str, r: &Rows, most: f64) {
    let (n, k) = (r.targets.len(), r.classes);
    let mut layout = Layout::new();
    let layer = Softmax::new(&mut layout, "output", k, k);
    let mut params = vec![T::ZERO; layout.len()];
    let bias: Vec<f64> = (0..k).map(|v| v as f64 * 0.5 - 0.75).collect();
    layer.b.of_mut(&mut params).copy_from_slice(&rounded::<T>(&bias));
    layer.w.of_mut(&mut params).iter_mut().step_by(k + 1).for_each(|w| *w = T::ONE);
    let exact: Vec<f64> = r.p.iter().enumerate().map(|(at, p)| p - bias[at % k]).collect();
    let h: Vec<T> = rounded(&exact);
    let mut packed = layer.packed();
    layer.pack(&params, &mut packed);
    let mut wanted = vec![0.0; layout.len()];
    for (dz, h) in r.mean_slopes.chunks(k).zip(exact.chunks(k)) {
        for (v, d) in dz.iter().enumerate() {
            layer.b.of_mut(&mut wanted)[v] += d;
            for (i, h) in h.iter().enumerate() {
                layer.w.of_mut(&mut wanted)[v * k + i] += d * h;
            }
        }
    }
    // All rows at once, and in groups of three.
    for group in [n, 3] {
        let mut tape = layer.tape(group);
        let value = layer.loss(&params, &packed, &h, &r.targets, &mut tape);
        near(name, &[value / r.seen], &[r.mean], most);
        let (mut dh, mut gradient) = (vec![T::ZERO; n * k], vec![T::from_f64(f64::NAN); layout.len()]);
        let scale = 1.0 / r.seen;
        let value = layer.learn(
            &params,
            &packed,
            &h,
            &r.targets,
            scale,
            &mut tape,
            &mut dh,
            &mut gradient,
            Write::Set,
        );
        near(name, &[value / r.seen], &[r.mean], most);
        near(name, &dh, &r.mean_slopes, most);
        near(name, &gradient, &wanted, most);
    }
}

#[test]
fn cross_entropy_with_and_without_ignored_rows() {
    let data = json("losses.json");
    for name in ["cross_entropy", "cross_entropy_ignore"] {
        let r = rows(&data[name]);
        kernel::<f64>(name, &r, 1e-14);
        kernel::<f32>(name, &r, 1e-6);
        layer::<f64>(name, &r, 1e-14);
        layer::<f32>(name, &r, 1e-6);
    }
}

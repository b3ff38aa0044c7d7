//! What the modules share: reading fixtures, and comparing.

use gyeol_learn::LinearClassifier;
use gyeol_vectors::matrix::Dense;
use serde_json::Value;

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

pub fn labels(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u32).collect()
}

/// The rows under `x` of a data set with `rows`.
pub fn dense(data: &Value) -> Dense {
    let x = numbers(&data["x"]);
    let rows = data["rows"].as_u64().unwrap() as usize;
    Dense::new(rows, x.len() / rows, x).unwrap()
}

/// Every number as far from the wanted one as `tolerance` times the larger of it and 1, at the most.
#[track_caller]
pub fn near(found: &[f64], want: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), want.len(), "{what}");
    for (i, (f, w)) in found.iter().zip(want).enumerate() {
        assert!((f - w).abs() <= tolerance * w.abs().max(1.0), "{what}, {i}: {f} where {w} is wanted");
    }
}

/// W as scikit-learn keeps it: a row an output.
pub fn coefficients(model: &LinearClassifier) -> Vec<f64> {
    let k = model.outputs;
    (0..k).flat_map(|c| model.weights[c..].iter().step_by(k).copied()).collect()
}

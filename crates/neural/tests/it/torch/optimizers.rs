//! Twenty steps of each optimizer on the gradients that PyTorch saw.

use gyeol_neural::{Optimizer, Step};
use gyeol_tensor::Real;
use serde_json::Value;

use super::fixture::{distance, json, number, numbers};
use crate::farthest::farthest;

/// PyTorch's class and settings as ours: its `weight_decay` is AdamW's, or the loss's L2 for every other class.
fn of(case: &Value) -> (Optimizer, Step) {
    let settings = &case["settings"];
    let or = |name: &str, otherwise: f64| settings[name].as_f64().unwrap_or(otherwise);
    let decay = or("weight_decay", 0.0);
    let mut step = Step { l2: decay, ..Step::new(number(&settings["lr"])) };
    let epsilon = or("eps", f64::NAN);
    let adam = |weight_decay| Optimizer::Adam {
        beta1: number(&settings["betas"][0]),
        beta2: number(&settings["betas"][1]),
        epsilon,
        weight_decay,
    };
    let optimizer = match case["class"].as_str().unwrap() {
        "SGD" => Optimizer::Sgd {
            momentum: or("momentum", 0.0),
            nesterov: settings["nesterov"].as_bool().unwrap_or(false),
        },
        "Adagrad" => Optimizer::Adagrad { epsilon },
        "RMSprop" => Optimizer::RmsProp { decay: number(&settings["alpha"]), epsilon },
        "Adam" => adam(0.0),
        "AdamW" => {
            step.l2 = 0.0;
            adam(decay)
        }
        other => panic!("no optimizer {other}"),
    };
    (optimizer, step)
}

fn worst<T: Real>(case: &Value, start: &[f64]) -> f64 {
    let (optimizer, step) = of(case);
    let rounded = |v: &[f64]| v.iter().map(|&v| T::from_f64(v)).collect::<Vec<T>>();
    let mut params = rounded(start);
    let mut state = optimizer.state(params.len());
    let rounds = case["gradients"].as_array().unwrap().iter().zip(case["params"].as_array().unwrap());
    assert_eq!(rounds.len(), 20);
    farthest(rounds.map(|(gradient, after)| {
        optimizer.step(&mut state, &step, &rounded(&numbers(gradient)), &mut params);
        distance(&params, &numbers(after))
    }))
}

#[test]
fn twenty_steps_of_each() {
    let data = json("optimizers.json");
    let start = numbers(&data["problem"]["start"]);
    let cases = data.as_object().unwrap().iter().filter(|(name, _)| *name != "problem");
    assert_eq!(cases.clone().count(), 10);
    for (name, case) in cases {
        let (double, single) = (worst::<f64>(case, &start), worst::<f32>(case, &start));
        assert!(double <= 1e-12 && single <= 1e-6, "{name}: {double:e} and {single:e} apart");
    }
}

//! Learning rates. Not compared, since they differ by definition: `one_cycle` (PyTorch turns one iteration earlier than
//! 30 % of the way and ends at 1/250,000; `one_cycle_matched` is the same curve with our turn and end) and
//! `plateau_cooldown` (ours has neither a cooldown nor a least rate).

use gyeol_neural::Schedule;

use super::fixture::{json, near, number, numbers};

#[test]
fn rates_of_each_step() {
    let data = json("schedules.json");
    let settings = |name: &str, key: &str| number(&data[name]["settings"][key]);
    let every = settings("step", "step_size") as usize;
    let cases = [
        ("step", Schedule::Step { every, factor: settings("step", "gamma") }),
        // A fall after every epoch, from the second on.
        ("exponential", Schedule::Zaremba { hold: 1, factor: settings("exponential", "gamma") }),
        ("cosine", Schedule::Cosine),
        ("one_cycle_matched", Schedule::OneCycle),
    ];
    for (name, schedule) in cases {
        let want = numbers(&data[name]["rates"]);
        // PyTorch counts as its caller does; here one iteration is one epoch.
        let got: Vec<f64> = (0..want.len()).map(|i| schedule.factor(i, 1, want.len(), [])).collect();
        near(name, &got, &want, 1e-14);
    }
}

#[test]
fn rates_after_each_loss() {
    let data = json("schedules.json");
    for name in ["plateau", "plateau_any"] {
        let settings = &data[name]["settings"];
        let schedule = Schedule::Plateau {
            patience: number(&settings["patience"]) as usize,
            factor: number(&settings["factor"]),
            threshold: number(&settings["threshold"]),
        };
        let losses = numbers(&data[name]["losses"]);
        let after = |seen: usize| schedule.factor(seen, 1, losses.len(), losses[..seen].iter().copied());
        let got: Vec<f64> = (1..=losses.len()).map(after).collect();
        assert_eq!(got, numbers(&data[name]["rates"]), "{name}");
    }
}

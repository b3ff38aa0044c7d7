//! Fits one net on the built-in load and prints its curve and scores.
//!
//! `cargo run --release -p gyeol-forecast --example tune -- encoder=lstm hidden=64 epochs=7 lr=0.004 batch=128`
use std::collections::HashMap;

use gyeol_data::{Readings, Role, Roles, ScalerKind, Split, SplitSpec};
use gyeol_forecast::calendar::CalendarSpec;
use gyeol_forecast::net::{Encoder, ForecastNetParams};
use gyeol_forecast::rung::{Observer, Progress, RungParams};
use gyeol_forecast::score::{Yardsticks, errors};
use gyeol_forecast::{Intervals, Prepared, Spec, Windows};
use gyeol_neural::{Loss, Optimizer, Schedule, State, TrainParams};
use gyeol_tensor::Pool;

struct Print;
impl Observer for Print {
    fn progress(&mut self, _: Progress) -> bool {
        true
    }
    fn checkpoint(&mut self, member: usize, s: &State<f32>) {
        if let Some(e) = s.curve.last() {
            eprintln!(
                "  member {member} epoch {} train {:.5} valid {:.5} {:.2} s",
                e.epoch, e.train_loss, e.valid_loss, e.seconds
            );
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: HashMap<String, String> = std::env::args()
        .skip(1)
        .filter_map(|a| a.split_once('=').map(|(k, v)| (k.into(), v.into())))
        .collect();
    let get = |k: &str, d: f64| args.get(k).and_then(|v| v.parse().ok()).unwrap_or(d);
    let table = gyeol_data::builtin::power_load()?;
    let mut roles = Roles::default();
    roles.set("time", Role::Time);
    roles.set("load", Role::Target);
    roles.set("temperature", Role::Past);
    let readings = Readings::from_table(&table, &roles)?;
    let split = Split::of(
        &readings,
        &SplitSpec::Dates {
            train_from: Some("2011-01-01".into()),
            valid_from: "2013-01-01".into(),
            test_from: "2014-01-01".into(),
            end: None,
        },
    )?;
    let calendar = CalendarSpec {
        enabled: true,
        country: (get("holidays", 1.0) > 0.0).then(|| "US".into()),
        ..Default::default()
    };
    let spec =
        Spec::new(&readings, get("look_back", 168.0) as usize, 24, calendar, &[], ScalerKind::Standard)?;
    let data = Prepared::fit(&readings, &split, spec)?;
    let windows = Windows::of(&data, &split)?;
    eprintln!("{} {} {}", windows.train.len(), windows.valid.len(), windows.test.len());
    let pool = Pool::new(get("threads", 0.0) as usize);
    let encoder = match args.get("encoder").map(String::as_str) {
        Some("mlp") => Encoder::Mlp,
        Some("rnn") => Encoder::Rnn,
        Some("gru") => Encoder::Gru,
        Some("slstm") => Encoder::SLstm,
        Some("mingru") => Encoder::MinGru,
        _ => Encoder::Lstm,
    };
    let well = get("well", 1.0) > 0.0;
    let rung = match args.get("rung").map(String::as_str) {
        Some("last") => RungParams::LastValue,
        Some("day") => RungParams::SeasonalNaive { season: 24 },
        Some("week") => RungParams::SeasonalNaive { season: 168 },
        Some("linear") => RungParams::Linear { ridge: vec![1e-5, 1e-4, 1e-3, 1e-2, 1e-1] },
        _ => RungParams::Net {
            net: ForecastNetParams {
                encoder,
                hidden: get("hidden", 64.0) as usize,
                layers: get("layers", 1.0) as usize,
                head: if well { get("head", 64.0) as usize } else { 0 },
                dropout: get("dropout", 0.0),
                centred: well,
                calendar: well,
                season_values: well,
                row_calendar: get("row_calendar", 0.0) > 0.0,
                base: get("base", 0.0) > 0.0,
                segment: args.get("segment").and_then(|s| s.parse().ok()),
                series_embedding: 0,
                loss: match args.get("loss").map(String::as_str) {
                    Some("mse") => Loss::Mse,
                    Some("huber") => Loss::Huber { delta: 0.2 },
                    _ => Loss::Mae,
                },
            },
            train: TrainParams {
                schedule: Schedule::OneCycle,
                clip: Some(get("clip", 1.0)),
                average: args.get("average").and_then(|s| s.parse().ok()),
                seed: get("seed", 0.0) as u64,
                ..TrainParams::new(
                    get("epochs", 7.0) as usize,
                    get("batch", 128.0) as usize,
                    Optimizer::adam_w(get("wd", 0.0)),
                    get("lr", 0.004),
                )
            },
            members: get("members", 1.0) as usize,
        },
    };
    let fitted = rung.fit(&data, &windows, &pool, &mut Print)?;
    let yard = Yardsticks::fit(&data, &split);
    for (part, list) in [("valid", &windows.valid), ("test", &windows.test)] {
        let p = fitted.predictor.predict(&data, list, &pool);
        let e = errors(&data, list, &p, &Intervals::default(), &yard, false);
        let plan = gyeol_judge::Bootstrap::new(e.units.len(), 168, 500, 0);
        let s = plan.intervals(&e);
        println!(
            "{part} MAE {:.2} ({:.1}-{:.1}) MAPE {:.3} RMSE {:.1}  best {} params {} fit {:.1} s",
            s["mae"].value,
            s["mae"].low,
            s["mae"].high,
            s["mape"].value,
            s["rmse"].value,
            fitted.best_epoch,
            fitted.predictor.parameters(),
            fitted.seconds
        );
    }
    Ok(())
}

//! An LSTM of one's own on a year of the built-in load: its shape, its learning curve, its scores.
//!
//! `cargo run --release -p gyeol --example train_a_net`

use gyeol::neural::State;
use gyeol::prelude::*;

/// Prints each epoch as it ends.
struct Curve;

impl Observer for Curve {
    fn checkpoint(&mut self, member: usize, state: &State<f32>) {
        if let Some(e) = state.curve.last() {
            println!(
                "  net {member}  epoch {:2}  train {:.4}  valid {:.4}",
                e.epoch, e.train_loss, e.valid_loss
            );
        }
    }
}

struct Done {
    fitted: Fitted,
    windows: usize,
    mae: f64,
    yesterday: f64,
}

fn train(encoder: Encoder, epochs: usize) -> Result<Done, Box<dyn std::error::Error>> {
    let table = gyeol::data::builtin::power_load()?;
    let mut roles = Roles::default();
    roles.set("time", Role::Time);
    roles.set("load", Role::Target);
    roles.set("temperature", Role::Past);
    let readings = Readings::from_table(&table, &roles)?;
    let parts = SplitSpec::Dates {
        train_from: Some("2011-01-01".into()),
        valid_from: "2012-01-01".into(),
        test_from: "2012-02-01".into(),
        end: Some("2012-03-01".into()),
    };
    let split = Split::of(&readings, &parts)?;
    let spec = Spec::new(
        &readings,
        48,
        24,
        CalendarSpec { enabled: true, ..Default::default() },
        &[],
        ScalerKind::Standard,
    )?;
    let data = Prepared::fit(&readings, &split, spec)?;
    let windows = Windows::of(&data, &split)?;

    let rung = RungParams::Net {
        net: ForecastNetParams {
            encoder,
            hidden: 24,
            layers: 1,
            head: 32,
            dropout: 0.0,
            centred: true,
            calendar: true,
            season_values: true,
            row_calendar: false,
            base: false,
            segment: None,
            series_embedding: 0,
            loss: Loss::Mae,
        },
        train: TrainParams {
            schedule: Schedule::OneCycle,
            clip: Some(1.0),
            ..TrainParams::new(epochs, 64, Optimizer::adam_w(0.01), 0.005)
        },
        members: 1,
    };
    let pool = Pool::new(0);
    let fitted = rung.fit(&data, &windows, &pool, &mut Curve)?;

    let yardsticks = Yardsticks::fit(&data, &split);
    let none = Intervals::default();
    let mae = |predictor: &RungPredictor| {
        let forecasts = predictor.predict(&data, &windows.test, &pool);
        errors(&data, &windows.test, &forecasts, &none, &yardsticks, false).values()["mae"]
    };
    let (mae, yesterday) = (mae(&fitted.predictor), mae(&RungPredictor::SeasonalNaive { season: 24 }));
    Ok(Done { fitted, windows: windows.test.len(), mae, yesterday })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let done = train(Encoder::Lstm, 8)?;
    println!();
    for layer in done.fitted.predictor.layers() {
        println!(
            "  {:20} X {:16} W {:16} b {:8} {:>7}",
            layer.name, layer.x, layer.w, layer.b, layer.parameters
        );
    }
    println!();
    println!("  kept epoch {} of {}", done.fitted.best_epoch, done.fitted.curve.len());
    println!(
        "  MAE over {} test windows: {:.0} MW; yesterday's values: {:.0} MW",
        done.windows, done.mae, done.yesterday
    );
    Ok(())
}

#[test]
fn the_curve_falls_and_the_net_beats_yesterday() -> Result<(), Box<dyn std::error::Error>> {
    for encoder in [Encoder::Lstm, Encoder::Mlp] {
        let done = train(encoder, 4)?;
        let curve = &done.fitted.curve;
        assert_eq!(curve.len(), 4);
        assert!(curve[3].train_loss < 0.8 * curve[0].train_loss, "{curve:?}");
        assert!(done.mae < done.yesterday, "{} {}", done.mae, done.yesterday);
    }
    Ok(())
}

//! Models whose bundles are almost right: read and usable, or refused with words; never a panic.

use gyeol_bundle::{Bundle, DataHash, Limits, Manifest};
use gyeol_data::{ColumnData, Readings, Role, Roles, ScalerKind, Split, Table};
use gyeol_forecast::calendar::CalendarSpec;
use gyeol_forecast::forecaster::About;
use gyeol_forecast::net::{Encoder, ForecastNetParams};
use gyeol_forecast::rung::{Quiet, RungParams, RungPredictor};
use gyeol_forecast::score::Yardsticks;
use gyeol_forecast::{Forecaster, Intervals, Mixture, Prepared, Spec, Windows};
use gyeol_models::LmModel;
use gyeol_neural::{Loss, Optimizer, TrainParams};
use gyeol_ngram::{Layout, NgramModel, Options, Source, estimate, score_words};
use gyeol_tensor::Pool;
use gyeol_text::lines::TokenLines;
use gyeol_text::prepare::PreparationParams;

use crate::mutate::fuzz;

const HOURS: i64 = 300;

fn table() -> Table {
    let wave = |i: i64| 50.0 + 9.0 * (i as f64 / 24.0 * std::f64::consts::TAU).sin() + (i % 7) as f64;
    Table::from_columns(vec![
        ("time".into(), ColumnData::Time((0..HOURS).map(|i| Some(i * 3_600_000)).collect())),
        ("load".into(), ColumnData::Number((0..HOURS).map(wave).collect())),
    ])
    .unwrap()
}

fn net(encoder: Encoder, base: bool) -> RungParams {
    let net = ForecastNetParams {
        encoder,
        hidden: 3,
        layers: 1,
        head: 3,
        dropout: 0.0,
        centred: true,
        calendar: true,
        season_values: true,
        row_calendar: false,
        base,
        segment: None,
        loss: Loss::Mae,
        series_embedding: 0,
    };
    RungParams::Net { net, train: TrainParams::new(1, 32, Optimizer::adam(), 0.01), members: 1 }
}

fn manifest(kind: &str) -> Manifest {
    Manifest::new(kind, "linear", DataHash { name: "load.csv".into(), sha256: "ab".repeat(32), rows: 300 })
}

/// A fitted forecaster of every kind that has parts of its own.
fn forecasters() -> Vec<Bundle> {
    let roles = Roles::from_pairs([("time", Role::Time), ("load", Role::Target)]);
    let readings = Readings::from_table(&table(), &roles).unwrap();
    let at = |i: i64| i * 3_600_000;
    let split = Split { train: at(0)..at(200), valid: at(200)..at(250), test: at(250)..at(300) };
    let spec = Spec::new(&readings, 24, 6, CalendarSpec::default(), &[], ScalerKind::Standard).unwrap();
    let data = Prepared::fit(&readings, &split, spec).unwrap();
    let windows = Windows::of(&data, &split).unwrap();
    let rungs = [
        RungParams::SeasonalNaive { season: 24 },
        RungParams::Linear { ridge: vec![0.1] },
        RungParams::Response { scenarios: None },
        net(Encoder::Mlp, true),
        net(Encoder::Lstm, false),
    ];
    let pool = Pool::new(1);
    let mut fitted: Vec<RungPredictor> =
        rungs.iter().map(|rung| rung.fit(&data, &windows, &pool, &mut Quiet).unwrap().predictor).collect();
    let said: Vec<Vec<f64>> = fitted[..3].iter().map(|p| p.predict(&data, &windows.valid, &pool)).collect();
    let members = fitted.iter().zip(&said).map(|(p, said)| ("member".to_owned(), p.clone(), said.as_slice()));
    let mixture = Mixture::of(members.collect(), &data, &windows.valid);
    fitted.push(RungPredictor::Mixture(mixture));
    let made = fitted.into_iter().map(|predictor| {
        let about = About {
            spec: data.spec.clone(),
            scalers: data.scalers.clone(),
            intervals: Intervals {
                level: 0.9,
                low: vec![vec![-1.0; 6]],
                high: vec![vec![1.0; 6]],
                ..Intervals::default()
            },
            yardsticks: Yardsticks { mase: vec![vec![1.0]], range: vec![vec![1.0]], season: 24 },
            scaled: Some(false),
            time: Some("time".into()),
            id: None,
            clean: Vec::new(),
            unit: "MW".into(),
            left_out: Vec::new(),
            refit: None,
            updated: false,
            learnt: None,
            hierarchy: None,
            reconciliation: None,
        };
        let forecaster = Forecaster { rung: "rung".into(), about, predictor };
        Bundle::of(&forecaster, manifest("forecast")).unwrap()
    });
    made.collect()
}

fn language_model() -> Bundle {
    let params = PreparationParams { language: "en".into(), ..PreparationParams::default() };
    let chain = params.check().unwrap().plain().unwrap();
    let lines = TokenLines { chain, sentences: true, unknown_is_word: false };
    let options = Options { order: 2, ..Options::default() };
    let mut text = Source::from_text("the boat left the harbour\nthe boat came back\n");
    let pool = Pool::new(1);
    let tables = estimate(&mut text, &options, &pool, &mut |_| true).unwrap().tables;
    let model = LmModel {
        lines,
        model: NgramModel::from_tables(&tables, Layout::Probing, "{}", &pool, &mut |_| true).unwrap().into(),
        counts: tables.counts(),
        smoothing: "modified Kneser-Ney".into(),
        discounts: Vec::new(),
        warnings: Vec::new(),
    };
    Bundle::of(&model, manifest("language-model")).unwrap()
}

/// Opens a bundle and uses whatever is in it.
fn read(bytes: &[u8]) -> Result<(), String> {
    let bundle = Bundle::from_bytes(bytes, &Limits::default()).map_err(|e| e.to_string())?;
    if bundle.is::<Forecaster>() {
        let forecaster: Forecaster = bundle.open_as().map_err(|e| e.to_string())?;
        if let Ok(found) = forecaster.inside(table(), None, 0) {
            assert!(found.layers.iter().all(|layer| layer.steps() == found.steps.len()));
        }
        return forecaster.forecast(table(), &Pool::new(1)).map(drop).map_err(|e| e.to_string());
    }
    let read: LmModel = bundle.open_as().map_err(|e| e.to_string())?;
    score_words(&read.model, &["the", "boat", "sank"]);
    drop(read.lines.line("The boat sank."));
    Ok(())
}

#[test]
fn altered_bundles_are_read_or_refused() {
    let mut samples: Vec<Vec<u8>> = forecasters().iter().map(|b| b.to_bytes().unwrap()).collect();
    samples.push(language_model().to_bytes().unwrap());
    fuzz(1000, &samples, read);
}

/// What a forger writes: the digest fits, the description of the model does not.
#[test]
fn altered_descriptions_of_models_are_read_or_refused() {
    for bundle in forecasters().into_iter().chain([language_model()]) {
        let description = serde_json::to_vec(&bundle.manifest.model).unwrap();
        fuzz(300, &[description], |json| {
            let mut bundle = bundle.clone();
            bundle.manifest.model = serde_json::from_slice(json).map_err(|e| e.to_string())?;
            read(&bundle.to_bytes().map_err(|e| e.to_string())?)
        });
    }
}

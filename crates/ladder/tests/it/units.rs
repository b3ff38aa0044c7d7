//! The unit in which a model's scores are taken.

use gyeol_bundle::{Bundle, DataHash, Manifest};
use gyeol_data::{Role, Roles, Scaler, ScalerKind};
use gyeol_forecast::forecaster::About;
use gyeol_forecast::prepare::{Scalers, SeriesScalers};
use gyeol_forecast::{Forecaster, Intervals, RungPredictor, Spec};
use gyeol_ladder::recipe::scored_scaled;

#[test]
fn a_model_whose_unit_of_scores_is_unknown_is_refused_not_scored_in_another() {
    let roles = Roles::from_pairs([("time", Role::Time), ("load", Role::Target)]);
    let table = gyeol_data::builtin::power_load().unwrap();
    let readings = gyeol_data::Readings::from_table(&table, &roles).unwrap();
    let spec = Spec::new(&readings, 24, 24, Default::default(), &[], ScalerKind::Standard).unwrap();
    let targets =
        vec![Scaler { kind: ScalerKind::Standard, center: 0.0, scale: 1.0, fence: None, seen: None }];
    let about = About {
        spec,
        scalers: Scalers { series: vec![SeriesScalers { id: None, targets }], covariates: vec![] },
        intervals: Intervals::default(),
        yardsticks: Default::default(),
        scaled: None,
        time: None,
        id: None,
        clean: vec![],
        unit: String::new(),
        left_out: Vec::new(),
        refit: None,
        updated: false,
        learnt: None,
        hierarchy: None,
        reconciliation: None,
    };
    let mut forecaster = Forecaster { rung: "last-value".into(), about, predictor: RungPredictor::LastValue };
    let summary = |recipe: &str| {
        let mut manifest = Manifest::new("forecast", "last-value", DataHash::default());
        manifest.recipe = recipe.into();
        Bundle::new(manifest).summary()
    };
    let scaled = "[data]\nfile = \"a.csv\"\n[score]\nscaled = true\n";
    assert!(scored_scaled(&forecaster, &summary(scaled)).unwrap());
    let error = scored_scaled(&forecaster, &summary(&scaled.replace("scaled", "in_sigmas"))).unwrap_err();
    assert_eq!(error.code(), "unknown-key");
    assert!(error.to_string().contains("train the model again"), "{error}");
    forecaster.about.scaled = Some(false);
    assert!(!scored_scaled(&forecaster, &summary("no recipe at all")).unwrap());
}

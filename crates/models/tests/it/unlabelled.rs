//! Clusters and components behind the one door, and what a forger writes of them.

use gyeol_bundle::{Bundle, DataHash, Limits, Manifest, Packed};
use gyeol_data::{ColumnData, Table};
use gyeol_models::{Answers, Ask, Registry, Reply};
use gyeol_supervised::unlabelled::{ClusterParams, Unlabelled, reduced};
use gyeol_supervised::{ClusterModel, ComponentModel};
use gyeol_tensor::Pool;
use serde_json::{Value, json};

use crate::mutate::fuzz;

fn table() -> Table {
    let column = |by: usize| ColumnData::Number((0..60).map(|i| (i % 2 * 9 + i * by % 7) as f64).collect());
    Table::from_columns(vec![("u".into(), column(3)), ("v".into(), column(5))]).unwrap()
}

fn bundles() -> [Bundle; 2] {
    let (data, pool) = (Unlabelled::of_table(&table(), &[], true).unwrap(), Pool::new(1));
    let found = ClusterParams { clusters: 2..=2, ..ClusterParams::default() }.fit(&data, &pool).unwrap();
    let manifest = || Manifest::new("", "made", DataHash::default());
    let clusters = ClusterModel::new(&data, &found, None, None).unwrap();
    let components = ComponentModel::new(&data, &reduced(&data, 2, &pool).unwrap()).unwrap();
    [Bundle::of(&clusters, manifest()).unwrap(), Bundle::of(&components, manifest()).unwrap()]
}

fn ask(model: &dyn Answers, body: Value) -> gyeol_base::Result<Value> {
    let Value::Object(object) = body else { panic!("no object") };
    match model.answer("predict", Ask::Json(object), &Pool::new(1))? {
        Reply::Json(answer) => Ok(answer),
        Reply::Forecast(_) => panic!("a forecast"),
    }
}

#[test]
fn clusters_and_components_answer_rows_and_name_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    for (bundle, keys) in bundles().into_iter().zip([["cluster", "distance"], ["c1", "c2"]]) {
        let path = folder.path().join("m.gyeol");
        bundle.save(&path).unwrap();
        let opened = Registry::standard().open(&path).unwrap();
        let model = opened.model.as_ref();
        let rows = json!({ "rows": [{ "u": 1, "v": 2 }, { "u": 12, "v": 11 }] });
        let found = ask(model, rows).unwrap();
        assert!(keys.iter().all(|key| found["answers"][1][key].is_number()), "{found}");
        assert_ne!(found["answers"][0][keys[0]], found["answers"][1][keys[0]]);
        let error = ask(model, json!({ "rows": [{ "w": 1 }] })).unwrap_err();
        assert!(error.code() == "missing-column" && error.to_string().contains("u, v"), "{error}");
        assert_eq!(ask(model, json!({ "texts": ["a"] })).unwrap_err().code(), "wrong-shape");
        assert_eq!(
            model.answer("explain", Ask::Table(table()), &Pool::new(1)).unwrap_err().code(),
            "no-such-verb"
        );
    }
}

#[test]
fn altered_descriptions_of_clusters_and_components_are_read_or_refused() {
    fn used<M: Packed + Answers>(bundle: Bundle) -> Result<(), String> {
        let model = bundle.open_as::<M>().map_err(|e| e.to_string())?;
        model.answer("predict", Ask::Table(table()), &Pool::new(1)).map(drop).map_err(|e| e.to_string())
    }
    for bundle in bundles() {
        let description = serde_json::to_vec(&bundle.manifest.model).unwrap();
        fuzz(300, &[description], |json| {
            let mut bundle = bundle.clone();
            bundle.manifest.model = serde_json::from_slice(json).map_err(|e| e.to_string())?;
            let bytes = bundle.to_bytes().map_err(|e| e.to_string())?;
            let bundle = Bundle::from_bytes(&bytes, &Limits::default()).map_err(|e| e.to_string())?;
            if bundle.is::<ClusterModel>() {
                used::<ClusterModel>(bundle)
            } else {
                used::<ComponentModel>(bundle)
            }
        });
    }
}

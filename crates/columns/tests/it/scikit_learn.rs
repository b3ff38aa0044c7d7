//! Features equal those of scikit-learn's preprocessing (`fixtures/columns.py`).

use gyeol_columns::{ColumnParams, ColumnsParams, DatePart, Encoded, Encoder, Fill, Levels, Matrix, Scaling};
use gyeol_data::{ColumnData, Table};
use serde_json::Value;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/columns.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn table(all: &Value) -> Table {
    let texts = |name: &str| {
        ColumnData::Text(
            all[name].as_array().unwrap().iter().map(|v| Some(v.as_str().unwrap().to_owned())).collect(),
        )
    };
    let when = all["when"].as_array().unwrap().iter().map(Value::as_i64).collect();
    Table::from_columns(vec![
        ("width".into(), ColumnData::Number(floats(&all["width"]))),
        ("count".into(), ColumnData::Number(floats(&all["count"]))),
        ("city".into(), texts("city")),
        ("grade".into(), texts("grade")),
        ("when".into(), ColumnData::Time(when)),
    ])
    .unwrap()
}

/// Only one column encoded, over all rows.
fn one(table: &Table, column: &str, params: ColumnsParams) -> (Encoder, Vec<Vec<f64>>, Encoded) {
    let skip: Vec<&str> =
        table.columns().iter().map(|c| c.name.as_str()).filter(|name| *name != column).collect();
    let train: Vec<usize> = (0..33).collect();
    let fitted = params.check().unwrap().fit(table, &train, &skip).unwrap();
    let encoded = fitted.transform(table, &(0..60).collect::<Vec<_>>()).unwrap();
    let Matrix::Dense(features) = &encoded.features else { panic!("wide") };
    let rows = (0..60).map(|row| features.row(row).to_vec()).collect();
    (fitted, rows, encoded)
}

fn near(found: f64, want: f64, what: &str) {
    assert!((found - want).abs() <= 1e-12 * want.abs().max(1.0), "{what}: {found} {want}");
}

#[test]
fn scales() {
    let all = fixture();
    let table = table(&all);
    for name in ["standard", "min-max", "robust", "quantile"] {
        let params = || ColumnsParams { scale: name.parse().unwrap(), ..ColumnsParams::default() };
        for (column, key) in [("count", name.to_owned()), ("width", format!("width-{name}"))] {
            let (_, found, _) = one(&table, column, params());
            for (row, want) in
                floats(&all["scaled"][&key]).into_iter().enumerate().filter(|(_, w)| !w.is_nan())
            {
                near(found[row][0], want, &format!("{key}, row {row}"));
            }
        }
    }
}

#[test]
fn missing_cells_are_filled_and_marked() {
    let all = fixture();
    for fill in [Fill::Mean, Fill::Median] {
        let params = ColumnsParams { scale: Scaling::None, fill, ..ColumnsParams::default() };
        let (encoder, found, _) = one(&table(&all), "width", params);
        assert_eq!(
            encoder.names().iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["width", "width: missing"]
        );
        for (row, want) in all["imputed"][fill.name()].as_array().unwrap().iter().enumerate() {
            let want = floats(want);
            near(found[row][0], want[0], "filled");
            assert_eq!(found[row][1], want[1]);
        }
    }
}

#[test]
fn levels_one_hot_rare_and_unseen() {
    let all = fixture();
    for (unseen_to_other, key) in [(true, "one-hot-other"), (false, "one-hot-zeros")] {
        let params = ColumnsParams { unseen_to_other, rare_min_count: 5, ..ColumnsParams::default() };
        let (encoder, found, encoded) = one(&table(&all), "city", params);
        for (row, want) in all[key].as_array().unwrap().iter().enumerate() {
            assert_eq!(found[row], floats(want), "{key}, row {row}");
        }
        assert!(encoder.columns()[0].reason.words.ends_with("in fewer than 5 rows and gathered"));
        assert_eq!(encoder.names().last().unwrap().to_string(), "city: other");
        assert_eq!(encoded.warnings.len(), 1);
        let warning = &encoded.warnings[0];
        assert_eq!((warning.code.as_str(), warning.column.as_deref()), ("unseen-levels", Some("city")));
        assert!(
            warning.words.contains("'Paris'") && warning.words.starts_with("1 cells"),
            "{}",
            warning.words
        );
    }
}

#[test]
fn levels_in_an_order() {
    let all = fixture();
    let order = ["low", "middle", "high"].map(str::to_owned).to_vec();
    let own = ColumnParams {
        levels: Some(Levels::Ordinal(order)),
        scale: Some(Scaling::None),
        ..ColumnParams::default()
    };
    let params = ColumnsParams { columns: [("grade".to_owned(), own)].into(), ..ColumnsParams::default() };
    let (_, found, _) = one(&table(&all), "grade", params);
    assert_eq!(found.concat(), floats(&all["ordinal"]));
}

#[test]
fn parts_of_dates() {
    let all = fixture();
    let params = ColumnsParams { scale: Scaling::None, ..ColumnsParams::default() };
    let (encoder, found, _) = one(&table(&all), "when", params);
    assert_eq!(encoder.width(), DatePart::ALL.len());
    for (row, want) in all["dates"].as_array().unwrap().iter().enumerate() {
        found[row].iter().zip(floats(want)).for_each(|(found, want)| near(*found, want, "part"));
    }
}

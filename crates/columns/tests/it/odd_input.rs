//! Every degenerate table has an error with a code, or a result that the documents name.

use gyeol_columns::{ColumnParams, ColumnsParams, Kind, Levels, Matrix, Scaling};
use gyeol_data::{ColumnData, ReadOptions, Table, read_bytes};

fn number(cells: &[f64]) -> ColumnData {
    ColumnData::Number(cells.to_vec())
}

fn table(columns: Vec<(&str, ColumnData)>) -> Table {
    Table::from_columns(columns.into_iter().map(|(n, d)| (n.to_owned(), d)).collect()).unwrap()
}

#[test]
fn no_rows_no_features_and_rows_that_are_not_there() {
    let checked = ColumnsParams::default().check().unwrap();
    let t = table(vec![("x", number(&[1.0, 2.0])), ("y", number(&[1.0, 1.0]))]);
    assert_eq!(checked.fit(&t, &[], &[]).unwrap_err().code(), "no-rows");
    assert_eq!(checked.fit(&t, &[2], &[]).unwrap_err().code(), "row-outside");
    assert_eq!(checked.fit(&t, &[0, 1], &["z"]).unwrap_err().code(), "no-such-column");
    let error = checked.fit(&t, &[0, 1], &["x"]).unwrap_err();
    assert!(error.code() == "no-features" && error.to_string().contains("y (constant)"), "{error}");
    let own = [("z".to_owned(), ColumnParams::default())].into();
    let error = ColumnsParams { columns: own, ..ColumnsParams::default() }
        .check()
        .unwrap()
        .fit(&t, &[0, 1], &[])
        .unwrap_err();
    assert_eq!(error.code(), "no-such-column");
    let fitted = checked.fit(&t, &[0, 1], &[]).unwrap();
    assert_eq!(fitted.transform(&t, &[7]).unwrap_err().code(), "row-outside");
    assert_eq!(fitted.transform(&t, &[]).unwrap().features.shape(), (0, 1));
}

#[test]
fn options_that_cannot_be_meant() {
    let level = |levels| ColumnsParams {
        columns: [(
            "x".to_owned(),
            ColumnParams { levels: Some(levels), kind: Some(Kind::Number), ..Default::default() },
        )]
        .into(),
        ..Default::default()
    };
    for (params, code) in [
        (ColumnsParams { hash_buckets: 0, ..Default::default() }, "bad-buckets"),
        (ColumnsParams { hash_buckets: usize::MAX, ..Default::default() }, "bad-buckets"),
        (ColumnsParams { one_hot_max_levels: usize::MAX, ..Default::default() }, "bad-levels"),
        (level(Levels::Ordinal(vec![])), "bad-order"),
        (level(Levels::Ordinal(vec!["a".into(), "a".into()])), "bad-order"),
        (level(Levels::Ordinal(vec!["a".into()])), "bad-order"),
    ] {
        assert_eq!(params.check().unwrap_err().code(), code);
    }
}

#[test]
fn extreme_and_infinite_numbers_stay_finite() {
    let cells = [f64::MAX, -f64::MAX, 0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-300, 5.0];
    let t = table(vec![("x", number(&cells)), ("c", number(&[7.0, 7.0, f64::NAN, 7.0, 7.0, 7.0, 7.0, 7.0]))]);
    for scale in [Scaling::Standard, Scaling::MinMax, Scaling::Robust, Scaling::Quantile, Scaling::None] {
        let params = ColumnsParams { scale, ..ColumnsParams::default() };
        let all: Vec<usize> = (0..8).collect();
        let encoded = params.check().unwrap().fit(&t, &all, &[]).unwrap().transform(&t, &all).unwrap();
        let Matrix::Dense(features) = &encoded.features else { panic!("wide") };
        assert!(features.data().iter().all(|v| v.is_finite()), "{scale}: {features:?}");
        // Infinite numbers are missing, and said to be.
        assert_eq!([3, 4, 5, 7].map(|row| features.at(row, 1)), [1.0, 1.0, 1.0, 0.0]);
        assert_eq!(encoded.warnings[0].code, "infinite-numbers");
        // A column that is constant where it is there says by its mark where it is not.
        assert_eq!([2, 3].map(|row| features.at(row, 3)), [1.0, 0.0]);
    }
}

#[test]
fn a_table_to_predict_has_other_columns() {
    let train = read_bytes(
        "train.csv",
        b"age,city,when,id\n31,Seoul,2024-01-05,a\n25,Busan,2024-02-07,b\n,Seoul,2024-03-09,c\n",
        &ReadOptions::default(),
    )
    .unwrap();
    let params = ColumnsParams { rare_min_count: 1, ..ColumnsParams::default() };
    let fitted = params.check().unwrap().fit(&train, &[0, 1, 2], &["id"]).unwrap();
    // Extra columns are said, skipped ones need not be there, an empty column of any kind is missing.
    let other = table(vec![
        ("note", ColumnData::Text([Some("hello")].into_iter().collect())),
        ("age", ColumnData::Text([Some(" 40 ")].into_iter().collect())),
        ("city", ColumnData::Text(gyeol_data::Texts::missing(1))),
        ("when", ColumnData::Text(gyeol_data::Texts::missing(1))),
    ]);
    let encoded = fitted.transform(&other, &[0]).unwrap();
    let codes: Vec<&str> = encoded.warnings.iter().map(|w| w.code.as_str()).collect();
    assert_eq!(codes, ["new-missing", "new-missing", "extra-columns"]);
    assert!(encoded.warnings[2].words.ends_with("note"));
    let Matrix::Dense(features) = encoded.features else { panic!("wide") };
    // (40 − 28) / 3; the level of a missing cell is none.
    assert_eq!(features.row(0)[..4], [4.0, 0.0, 0.0, 0.0]);

    let error = fitted.transform(&other.without(&["city".into()]).unwrap(), &[0]).unwrap_err();
    assert_eq!((error.code(), error.fault().column.as_deref()), ("missing-column", Some("city")));
    let broken = other.with_column("age", ColumnData::Text([Some("forty")].into_iter().collect())).unwrap();
    let error = fitted.transform(&broken, &[0]).unwrap_err();
    assert_eq!(
        (error.code(), error.fault().column.as_deref(), error.fault().row),
        ("wrong-kind", Some("age"), Some(1))
    );
}

#[test]
fn ten_thousand_levels_are_hashed_and_forced_one_hot_stays_sparse() {
    let cells = || ColumnData::Text((0..30_000).map(|i| Some(format!("v{}", i % 10_000))).collect());
    let t = table(vec![("level", cells())]);
    let all: Vec<usize> = (0..30_000).collect();
    let hashed = ColumnsParams::default().check().unwrap().fit(&t, &all, &[]).unwrap();
    assert_eq!((hashed.width(), hashed.columns()[0].reason.code.as_str()), (64, "many-levels"));
    let own =
        [("level".to_owned(), ColumnParams { levels: Some(Levels::OneHot), ..Default::default() })].into();
    let params = ColumnsParams { columns: own, rare_min_count: 1, ..ColumnsParams::default() };
    let wide = params.check().unwrap().fit(&t, &all, &[]).unwrap();
    let Matrix::Sparse(features) = wide.transform(&t, &all).unwrap().features else { panic!("dense") };
    assert_eq!((features.cols(), features.nonzeros()), (10_000, 30_000));
}

#[test]
fn more_columns_than_rows_and_a_single_row() {
    let t = table(vec![("a", number(&[1.0, 5.0])), ("b", number(&[2.0, 2.5])), ("c", number(&[3.0, -1.0]))]);
    let fitted = ColumnsParams::default().check().unwrap().fit(&t, &[0, 1], &[]).unwrap();
    assert_eq!(fitted.transform(&t, &[0, 1]).unwrap().features.shape(), (2, 3));
    // Of a single row every column is constant.
    assert_eq!(
        ColumnsParams::default().check().unwrap().fit(&t, &[0], &[]).unwrap_err().code(),
        "no-features"
    );
}

//! How columns are read, what is said of it, and how it is overruled.

use gyeol_columns::{ColumnParams, ColumnsParams, Encoder, FeatureOf, Kind, Levels, Matrix, Scaling};
use gyeol_data::{ColumnData, Table};

fn text(cells: impl Iterator<Item = String>) -> ColumnData {
    ColumnData::Text(cells.map(Some).collect())
}

fn table() -> Table {
    let words = ["good", "bad", "fine film", "too long", "moving"];
    let columns = vec![
        ("order", ColumnData::Integer((0..40).map(|i| Some(1000 + i)).collect())),
        ("code", text((0..40).map(|i| format!("A-{}", i * 7919 % 1009)))),
        ("review", text((0..40).map(|i| format!("{} {} and {i} more", words[i % 5], words[i * 3 % 5])))),
        ("colour", text((0..40).map(|i| ["red", "green", "blue"][i % 3].to_owned()))),
        ("size", ColumnData::Number((0..40).map(|i| f64::from(i * i % 17)).collect())),
        ("zip", ColumnData::Integer((0..40).map(|i| Some(10_000 + i * 31 % 7)).collect())),
        ("flag", ColumnData::Boolean((0..40).map(|i| Some(i % 3 == 0)).collect())),
        ("bit", ColumnData::Integer((0..40).map(|i| Some(i * i % 3 % 2)).collect())),
        ("day", ColumnData::Time((0..40).map(|i| Some(i * 86_400_000)).collect())),
        ("same", text((0..40).map(|_| "x".to_owned()))),
        ("empty", ColumnData::Number(vec![f64::NAN; 40])),
        ("label", ColumnData::Boolean((0..40).map(|i| Some(i % 2 == 0)).collect())),
    ];
    Table::from_columns(columns.into_iter().map(|(name, data)| (name.to_owned(), data)).collect()).unwrap()
}

fn rows() -> Vec<usize> {
    (0..40).collect()
}

fn fit(params: ColumnsParams) -> Encoder {
    params.check().unwrap().fit(&table(), &rows(), &["label"]).unwrap()
}

#[test]
fn every_column_is_read_with_its_evidence() {
    let encoder = fit(ColumnsParams::default());
    let found: Vec<(&str, Kind, &str)> =
        encoder.columns().iter().map(|c| (c.name.as_str(), c.kind, c.reason.code.as_str())).collect();
    let want = [
        ("order", Kind::Dropped, "rising"),
        ("code", Kind::Dropped, "all-different"),
        ("review", Kind::Text, "long-texts"),
        ("colour", Kind::Level, "few-levels"),
        ("size", Kind::Number, "numbers"),
        ("zip", Kind::Number, "numbers"),
        ("flag", Kind::Flag, "true-false"),
        ("bit", Kind::Flag, "zeros-and-ones"),
        ("day", Kind::Date, "moments"),
        ("same", Kind::Dropped, "constant"),
        ("empty", Kind::Dropped, "all-missing"),
    ];
    assert_eq!(found, want);
    assert_eq!(encoder.texts().collect::<Vec<_>>(), ["review"]);
    let colour = &encoder.columns()[3];
    assert_eq!((colour.rows, colour.missing, colour.distinct, colour.features), (40, 0, 3, 3));
    // Of forty midnights from January 1970 year and hour never vary.
    let parts: Vec<String> =
        encoder.names().iter().filter(|n| n.column == "day").map(ToString::to_string).collect();
    assert_eq!(parts, ["day: month", "day: day", "day: weekday", "day: year-sin", "day: year-cos"]);
}

#[test]
fn whole_numbers_that_are_all_different_are_an_id_by_their_name_alone() {
    let cells = || ColumnData::Integer((0..40).map(|i| Some(i * 7919 % 1009)).collect());
    let names = ["id", "user_id", "userId", "회원 번호", "price", "grid", "liquid"];
    let table = Table::from_columns(names.map(|name| (name.to_owned(), cells())).to_vec()).unwrap();
    let encoder = ColumnsParams::default().check().unwrap().fit(&table, &rows(), &[]).unwrap();
    let used: Vec<&str> =
        encoder.columns().iter().filter(|c| c.kind == Kind::Number).map(|c| c.name.as_str()).collect();
    assert_eq!(used, ["price", "grid", "liquid"]);
}

#[test]
fn every_guess_can_be_overruled() {
    let kind = |kind| ColumnParams { kind: Some(kind), ..ColumnParams::default() };
    let own = [
        ("order", kind(Kind::Number)),
        ("zip", kind(Kind::Level)),
        ("review", kind(Kind::Dropped)),
        ("code", ColumnParams { levels: Some(Levels::Hashed), ..ColumnParams::default() }),
        ("colour", kind(Kind::Text)),
        ("same", kind(Kind::Level)),
    ];
    let columns = own.map(|(name, own)| (name.to_owned(), own)).into();
    let encoder = fit(ColumnsParams { columns, hash_buckets: 8, ..ColumnsParams::default() });
    let of = |name: &str| encoder.columns().iter().find(|c| c.name == name).unwrap();
    for (name, kind, features) in [
        ("order", Kind::Number, 1),
        ("zip", Kind::Level, 7),
        ("review", Kind::Dropped, 0),
        ("code", Kind::Level, 8),
        ("colour", Kind::Text, 0),
        ("same", Kind::Level, 1),
    ] {
        assert_eq!(
            (of(name).kind, of(name).features, of(name).reason.code.as_str()),
            (kind, features, "overruled"),
            "{name}"
        );
    }
    assert!(of("zip").reason.words.contains("it looked like number"), "{}", of("zip").reason.words);
    let levels: Vec<FeatureOf> =
        encoder.names().into_iter().filter(|n| n.column == "zip").map(|n| n.level).collect();
    assert_eq!(levels[0], FeatureOf::Level("10000".into()));
    // A text cannot be read as a number.
    let columns = [("review".to_owned(), kind(Kind::Number))].into();
    let error = ColumnsParams { columns, ..ColumnsParams::default() }
        .check()
        .unwrap()
        .fit(&table(), &rows(), &["label"])
        .unwrap_err();
    assert_eq!((error.code(), error.fault().column.as_deref()), ("wrong-kind", Some("review")));
}

#[test]
fn nothing_is_learned_from_other_rows() {
    let table = table();
    let cells = table.numbers("size").unwrap();
    let changed = cells.iter().enumerate().map(|(i, v)| if i < 20 { *v } else { 1e9 }).collect();
    let other = table.with_column("size", ColumnData::Number(changed)).unwrap();
    let train: Vec<usize> = (0..20).collect();
    let fit =
        |table: &Table| ColumnsParams::default().check().unwrap().fit(table, &train, &["label"]).unwrap();
    assert_eq!(fit(&table), fit(&other));
}

#[test]
fn the_encoder_travels_as_json_and_gives_the_same_bits() {
    for scale in [Scaling::Standard, Scaling::Quantile] {
        let encoder = fit(ColumnsParams { scale, one_hot_max_levels: 2, ..ColumnsParams::default() });
        let json = serde_json::to_string(&encoder).unwrap();
        let kept: Encoder = serde_json::from_str(&json).unwrap();
        assert_eq!(kept, encoder);
        assert_eq!(kept.transform(&table(), &rows()).unwrap(), encoder.transform(&table(), &rows()).unwrap());
    }
    let json = serde_json::to_string(&fit(ColumnsParams::default())).unwrap();
    for (from, to) in [
        ("\"blue\",\"green\"", "\"green\",\"blue\""),
        ("\"scale\":1.0", "\"scale\":0.0"),
        ("\"skipped\"", "\"skip\""),
    ] {
        assert!(json.contains(from), "{from} {json}");
        assert!(serde_json::from_str::<Encoder>(&json.replacen(from, to, 1)).is_err(), "{from}");
    }
}

#[test]
fn many_levels_make_a_sparse_matrix_equal_to_the_dense_one() {
    let cells = |n: usize, of: usize| text((0..n).map(|i| format!("level {}", i * 37 % of)));
    let table = Table::from_columns(vec![
        ("many".into(), cells(300, 60)),
        ("few".into(), cells(300, 30)),
        ("x".into(), ColumnData::Number((0..300).map(f64::from).collect())),
    ])
    .unwrap();
    let all: Vec<usize> = (0..300).collect();
    let encoder = ColumnsParams { hash_buckets: 16, ..ColumnsParams::default() }
        .check()
        .unwrap()
        .fit(&table, &all, &[])
        .unwrap();
    let Matrix::Sparse(sparse) = encoder.transform(&table, &all).unwrap().features else { panic!("dense") };
    assert_eq!((sparse.rows(), sparse.cols()), (300, 16 + 30 + 1));
    let dense = sparse.to_dense().unwrap();
    for row in 0..300 {
        assert_eq!(dense.row(row)[..16].iter().sum::<f64>(), 1.0);
        assert_eq!(dense.row(row)[16..46].iter().sum::<f64>(), 1.0);
    }
    // sklearn.utils.murmurhash3_32("level 0", positive=True) % 16
    assert_eq!(dense.row(0)[LEVEL_0], 1.0);
}

const LEVEL_0: usize = 15;

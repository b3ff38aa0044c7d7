//! Clusters and components against scikit-learn (`fixtures/unlabelled.py`).

use gyeol_data::{ColumnData, Table};
use gyeol_supervised::unlabelled::{ClusterParams, Unlabelled, reduced};
use gyeol_supervised::{ClusterModel, ComponentModel, Placed};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Csr;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn near(found: &[f64], want: &[f64], what: &str) {
    assert_eq!(found.len(), want.len(), "{what}");
    for (f, w) in found.iter().zip(want) {
        assert!((f - w).abs() <= 1e-9 * w.abs().max(1.0), "{what}: {f} where {w} is wanted");
    }
}

fn iris() -> (Table, Value) {
    let fixture: Value = serde_json::from_str(include_str!("../fixtures/unlabelled.json")).unwrap();
    let x = numbers(&fixture["x"]);
    let column = |j: usize| ColumnData::Number(x[j..].iter().step_by(4).copied().collect());
    let mut columns: Vec<(String, ColumnData)> =
        (0..4).map(|j| (fixture["names"][j].as_str().unwrap().to_owned(), column(j))).collect();
    columns.push(("note".into(), ColumnData::Text(gyeol_data::Texts::repeated("a flower", 150))));
    (Table::from_columns(columns).unwrap(), fixture)
}

#[test]
fn clusters_of_iris_are_those_of_scikit_learn() {
    let (table, fixture) = iris();
    let data = Unlabelled::of_table(&table, &[], true).unwrap();
    assert_eq!((data.names.len(), data.left_out.len()), (4, 1));
    let pool = Pool::new(2);
    for case in fixture["kmeans"].as_array().unwrap() {
        let k = case["k"].as_u64().unwrap() as usize;
        let params = ClusterParams { clusters: k..=k, starts: 50, ..ClusterParams::default() };
        let found = params.fit(&data, &pool).unwrap();
        let one = |key: &str| case[key].as_f64().unwrap();
        near(
            &[found.inertia, found.silhouette.unwrap()],
            &[one("inertia"), one("silhouette")],
            "inertia and silhouette",
        );
        near(&found.sizes.iter().map(|s| *s as f64).collect::<Vec<_>>(), &numbers(&case["sizes"]), "sizes");
        let each: Vec<f64> = found.clusters.iter().map(|c| c.silhouette.unwrap()).collect();
        near(&each, &numbers(&case["silhouettes"]), "silhouettes of each");
        for (cluster, means) in found.clusters.iter().zip(case["means"].as_array().unwrap()) {
            near(&cluster.centre.iter().map(|c| c.value).collect::<Vec<_>>(), &numbers(means), "centre");
            assert!(cluster.nearest.len() == 3 && cluster.size > 0);
        }
        let again = params.fit(&data, &Pool::new(1)).unwrap();
        assert_eq!((again.labels, again.inertia.to_bits()), (found.labels, found.inertia.to_bits()));
    }
    let range = ClusterParams { clusters: 1..=5, ..ClusterParams::default() }.fit(&data, &pool).unwrap();
    assert_eq!((range.k, range.tried.len(), range.tried[0].silhouette), (2, 5, None));
    assert!(range.tried.windows(2).all(|pair| pair[1].inertia < pair[0].inertia));
}

#[test]
fn components_of_iris_are_those_of_scikit_learn() {
    let (table, fixture) = iris();
    let data = Unlabelled::of_table(&table, &[], true).unwrap();
    let found = reduced(&data, 3, &Pool::new(2)).unwrap();
    let want = &fixture["pca"];
    near(&found.explained, &numbers(&want["ratio"]), "ratio");
    near(&found.variance, &numbers(&want["variance"]), "variance");
    near(&[found.cumulative[2]], &[found.explained.iter().sum()], "cumulative");
    // The sign of a direction is nobody's to say.
    for (c, row) in found.loadings.iter().enumerate() {
        let row_want = numbers(&want["components"][c]);
        let sign = if row[0] * row_want[0] < 0.0 { -1.0 } else { 1.0 };
        near(row, &row_want.iter().map(|v| sign * v).collect::<Vec<_>>(), "loadings");
        for i in 0..2 {
            near(
                &[found.coordinates.at(i, c)],
                &[sign * want["first"][i][c].as_f64().unwrap()],
                "coordinates",
            );
        }
    }
}

#[test]
fn what_cannot_be_parted_is_said() {
    let pool = Pool::new(1);
    let column = |name: &str, values: Vec<f64>| (name.to_owned(), ColumnData::Number(values));
    let text = ("t".to_owned(), ColumnData::Text([Some("x"), None].into_iter().collect()));
    let code = |table: Table| Unlabelled::of_table(&table, &[], true).map(|_| ()).unwrap_err().code();
    assert_eq!(code(Table::from_columns(vec![text]).unwrap()), "no-features");
    assert_eq!(code(Table::from_columns(vec![column("a", vec![5.0; 3])]).unwrap()), "no-features");
    assert_eq!(code(Table::from_columns(vec![column("a", vec![])]).unwrap()), "no-rows");
    let few = Table::from_columns(vec![
        column("a", vec![1.5, f64::NAN, 4.0, 4.5]),
        column("b", vec![2.5, 3.5, 2.0, 1.0]),
    ])
    .unwrap();
    assert_eq!(
        Unlabelled::of_table(&few, &["z".into()], true).unwrap_err().code(),
        few.data("z").unwrap_err().code()
    );
    let data = Unlabelled::of_table(&few, &[], true).unwrap();
    let fit = |clusters: std::ops::RangeInclusive<usize>| {
        ClusterParams { clusters, ..ClusterParams::default() }.fit(&data, &pool)
    };
    assert_eq!(fit(5..=5).unwrap_err().code(), "too-many-clusters");
    assert_eq!(fit(2..=200).unwrap_err().code(), "option-range");
    assert_eq!(fit(1..=1).unwrap().silhouette, None);
    assert_eq!(fit(4..=4).unwrap().sizes, [1; 4]);
    assert_eq!(reduced(&data, 3, &pool).unwrap_err().code(), "too-many-components");
    // Rows that are all alike but one: constant columns go, and clusters that have no rows have no centre of NaN.
    let alike = Table::from_columns(vec![column("a", vec![1.0, 1.0, 1.0, 1.0, 9.5])]).unwrap();
    let data = Unlabelled::of_table(&alike, &[], true).unwrap();
    let found = ClusterParams { clusters: 3..=3, ..ClusterParams::default() }.fit(&data, &pool).unwrap();
    assert!(found.clusters.iter().all(|c| c.centre.iter().all(|v| v.value.is_finite())), "{found:?}");
}

#[test]
fn texts_are_parted_by_their_words() {
    // Six texts over four terms, two kinds.
    let triplets: Vec<(u32, u32, f64)> = vec![
        (0, 0, 1.0),
        (0, 1, 1.0),
        (1, 0, 1.0),
        (2, 1, 1.0),
        (2, 0, 0.5),
        (3, 2, 1.0),
        (4, 3, 1.0),
        (4, 2, 1.0),
        (5, 3, 1.0),
        (5, 2, 0.5),
    ];
    let pointers = [0, 2, 3, 5, 6, 8, 10].to_vec();
    let mut sorted = triplets;
    sorted.sort_by_key(|t| (t.0, t.1));
    let matrix =
        Csr::new(4, pointers, sorted.iter().map(|t| t.1).collect(), sorted.iter().map(|t| t.2).collect())
            .unwrap();
    let terms = ["wind", "storm", "bread", "honey"].map(String::from).to_vec();
    let pool = Pool::new(1);
    let data = Unlabelled::of_terms(matrix, terms, 0, &pool).unwrap();
    let found = ClusterParams { clusters: 2..=2, ..ClusterParams::default() }.fit(&data, &pool).unwrap();
    assert_eq!(found.sizes, [3, 3]);
    assert!(
        found.labels[..3].iter().all(|l| *l == found.labels[0])
            && found.labels[3..].iter().all(|l| *l != found.labels[0])
    );
    let first = &found.clusters[found.labels[0] - 1].centre[0];
    assert_eq!(first.name, "wind");
    assert_eq!(reduced(&data, 1, &pool).unwrap_err().code(), "texts");
}

fn again<M: gyeol_bundle::Packed>(model: &M) -> M {
    use gyeol_bundle::{Bundle, DataHash, Limits, Manifest};
    let bundle = Bundle::of(model, Manifest::new("x", "r", DataHash::default())).unwrap();
    let bytes = bundle.to_bytes().unwrap();
    Bundle::from_bytes(&bytes, &Limits::default()).unwrap().open_as::<M>().unwrap()
}

#[test]
fn models_of_clusters_and_components_place_the_rows_of_the_fit_where_it_did() {
    let (table, _) = iris();
    let pool = Pool::new(2);
    for scaled in [true, false] {
        let data = Unlabelled::of_table(&table, &[], scaled).unwrap();
        let found = ClusterParams { clusters: 3..=3, ..ClusterParams::default() }.fit(&data, &pool).unwrap();
        let model = again(&ClusterModel::new(&data, &found, None, None).unwrap());
        let (columns, _) = model.place(None, Some(&table), &pool).unwrap();
        let ColumnData::Integer(labels) = &columns[0].1 else { panic!() };
        assert!(labels.iter().zip(&found.labels).all(|(a, b)| *a == Some(*b as i64)));
        let ColumnData::Number(far) = &columns[1].1 else { panic!() };
        let inertia: f64 = far.iter().map(|d| d * d).sum();
        assert!((inertia - found.inertia).abs() < 1e-9 * found.inertia);

        let found = reduced(&data, 2, &pool).unwrap();
        let model = again(&ComponentModel::new(&data, &found).unwrap());
        let (columns, _) = model.place(None, Some(&table), &pool).unwrap();
        for (c, (name, column)) in columns.iter().enumerate() {
            let ColumnData::Number(column) = column else { panic!() };
            assert_eq!(*name, format!("c{}", c + 1));
            assert!((0..150).all(|i| column[i].to_bits() == found.coordinates.at(i, c).to_bits()));
        }
        let short = table.without(&[data.names[1].clone(), data.names[3].clone()]).unwrap();
        let error = model.place(None, Some(&short), &pool).unwrap_err();
        assert_eq!(error.code(), "missing-column");
        assert!(data.names[1..].iter().step_by(2).all(|name| error.to_string().contains(name)), "{error}");
        assert_eq!(model.place(Some(&["a".into()]), None, &pool).unwrap_err().code(), "wrong-shape");
    }
}

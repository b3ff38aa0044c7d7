//! `gyeol cluster` and `gyeol reduce`.

use std::collections::HashMap;
use std::path::Path;

use gyeol_bundle::{DataHash, Manifest, Packed};
use gyeol_data::{ColumnData, Table};
use gyeol_report::lesson::{Block, Lesson, Look, Sheet, Trail};
use gyeol_supervised::unlabelled::{ClusterParams, Clusters, Reduced, Unlabelled, reduced};
use gyeol_supervised::{ClusterModel, ComponentModel};
use serde_json::json;

use super::super::lessons::{Voice, shown};
use super::super::{pool, table, text};
use super::Source;
use crate::args::Common;
use crate::args::topic::{Cluster, Reduce};
use crate::failure::{Failure, Result};
use crate::output;

/// Longest piece of a text, and of a row, that is shown.
const SHOWN: usize = 70;
/// Points of a picture at the most.
const POINTS: usize = 2000;

/// A column's name that the table does not have.
fn unused(table: &Table, name: &str) -> String {
    let taken = |name: &str| table.kind(name).is_some();
    let numbered = (2..).map(|i| format!("{name}_{i}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// Whether an output is a model; else it is a table.
fn is_model(out: &str) -> bool {
    Path::new(out).extension().is_some_and(|end| end.eq_ignore_ascii_case("gyeol"))
}

/// What a bundle says of itself.
fn manifest(rung: &str, file: &str, sha256: String, rows: usize, scores: serde_json::Value) -> Manifest {
    let data = DataHash { name: file_name(file), sha256, rows: rows as u64 };
    Manifest { scores, ..Manifest::new("", rung, data) }
}

/// Says which columns are not looked at.
fn left_out(common: &Common, data: &Unlabelled) {
    if !common.quiet {
        for (name, why) in data.left_out.iter().take(20) {
            say!("  '{}' is left out: {why}", gyeol_base::shorten(name, 40));
        }
    }
}

/// `gyeol cluster`.
pub fn cluster(common: &Common, args: &Cluster) -> Result<()> {
    output::one_result(common.json, args.output.as_deref().unwrap_or_default())?;
    if args.nearest > 100 {
        return Err(Failure::Usage("--nearest is 100 at the most".into()));
    }
    let pool = pool(common);
    let params = ClusterParams {
        clusters: args.k.0..=args.k.1,
        starts: usize::from(args.starts),
        nearest: args.nearest,
        seed: common.seed.unwrap_or(0),
        ..ClusterParams::default()
    };
    let as_text = args.text || text::is_text(&args.file, &args.texts, &args.reading)?;
    // What is parted, and the table that gets a column.
    let (data, rows, vectorizer, sha256) = if as_text {
        let mut source =
            Source::new(common, &args.file, &args.terms, &args.prepare, &args.texts, &args.reading.bytes)?;
        source.by_korean_stems()?;
        let (vectorizer, matrix) = source.fit(&pool)?;
        let terms = vectorizer.terms().map(str::to_owned).collect();
        let mut texts = Vec::with_capacity(matrix.rows());
        source.corpus()?.each(|document| {
            texts.push(Some(document.text.to_owned()));
            Ok(())
        })?;
        let rows = Table::from_columns(vec![("text".into(), ColumnData::Text(texts.into()))])?;
        let sha256 = gyeol_text::corpus::sha256_of(std::slice::from_ref(&source.spooled.name))?;
        (Unlabelled::of_terms(matrix, terms, params.seed, &pool)?, rows, Some(vectorizer), sha256)
    } else {
        let rows = table(&args.file, &args.reading)?;
        let data = Unlabelled::of_table(&rows, &args.without, !args.unscaled)?;
        left_out(common, &data);
        let sha256 = rows.source().sha256.clone();
        (data, rows, None, sha256)
    };
    let found = params.fit(&data, &pool)?;
    if let Some(out) = args.output.as_ref().filter(|out| is_model(out)) {
        let model = ClusterModel::new(&data, &found, vectorizer, args.texts.column.clone())?;
        let scores = json!({ "silhouette": found.silhouette, "inertia": found.inertia });
        model.save(out, manifest("k-means", &args.file, sha256, found.labels.len(), scores))?;
    } else if let Some(out) = &args.output {
        let labels = found.labels.iter().map(|label| Some(*label as i64)).collect();
        gyeol_data::write(out, &rows.with_column(&unused(&rows, "cluster"), ColumnData::Integer(labels))?)?;
        if out == "-" {
            return Ok(());
        }
    }
    let voice = Voice::new(common, &args.shown)?;
    let mut numbers = serde_json::to_value(&found)?;
    if let Some(all) = numbers.as_object_mut() {
        all.insert("columns".into(), json!(if data.is_texts() { &[][..] } else { &data.names[..] }));
        all.insert("rows".into(), json!(found.labels.len()));
    }
    let near: Vec<usize> =
        found.clusters.iter().flat_map(|cluster| cluster.nearest.iter().copied()).collect();
    let names = shown_rows(&rows, &near)?;
    shown(common, &args.shown, "", numbers, || clusters(&voice, &found, &data, &names, &args.file))
}

/// The first cells of some rows, as they are shown.
fn shown_rows(table: &Table, at: &[usize]) -> gyeol_base::Result<HashMap<usize, String>> {
    let some = table.at_rows(at)?;
    let cells = |name: &String| -> gyeol_base::Result<Vec<String>> {
        Ok(match some.data(name)? {
            ColumnData::Text(cells) => cells.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect(),
            ColumnData::Time(_) => vec![String::new(); at.len()],
            _ => some
                .numbers(name)?
                .iter()
                .map(|v| if v.is_finite() { v.to_string() } else { String::new() })
                .collect(),
        })
    };
    let names: Vec<String> = some.columns().iter().take(6).map(|column| column.name.clone()).collect();
    let columns = names.iter().map(cells).collect::<gyeol_base::Result<Vec<_>>>()?;
    let row = |i: usize| columns.iter().map(|column| column[i].as_str()).collect::<Vec<_>>().join(", ");
    Ok(at.iter().enumerate().map(|(i, &row_at)| (row_at, gyeol_base::shorten(&row(i), SHOWN))).collect())
}

fn file_name(file: &str) -> String {
    Path::new(file).file_name().map_or(file.to_owned(), |name| name.to_string_lossy().into())
}

fn clusters(
    v: &Voice,
    found: &Clusters,
    data: &Unlabelled,
    names: &HashMap<usize, String>,
    file: &str,
) -> Lesson {
    let silhouette = |s: Option<f64>| s.map_or("–".to_owned(), |s| v.n(s));
    let strong = match found.silhouette {
        Some(s) if s >= 0.5 => "clusters-strong",
        Some(s) if s >= 0.25 => "clusters-some",
        Some(_) => "clusters-weak",
        None => "clusters-one",
    };
    let args = [
        ("k", v.count(found.k)),
        ("silhouette", silhouette(found.silhouette)),
        ("inertia", v.n(found.inertia)),
    ];
    let head = v.heads(&[
        "clusters-col-cluster",
        "clusters-col-rows",
        "clusters-col-share",
        "clusters-col-silhouette",
    ]);
    let row = |(c, of): (usize, &gyeol_supervised::unlabelled::Cluster)| {
        let share = of.size as f64 / found.labels.len().max(1) as f64;
        vec![v.count(c + 1), v.count(of.size), v.percent(share), silhouette(of.silhouette)]
    };
    let mut sizes =
        vec![v.sheet("clusters-sizes", &[], head, found.clusters.iter().enumerate().map(row).collect())];
    if found.compared < found.labels.len() {
        sizes.push(v.words("clusters-compared", &[("n", v.count(found.compared))]));
    }
    let mut chapters = vec![v.section("clusters-sizes-chapter", sizes)];
    if found.tried.len() > 1 {
        let trail = |value: fn(&gyeol_supervised::unlabelled::TriedClusters) -> f64| {
            let points = found.tried.iter().map(|t| (t.k as f64, value(t))).collect();
            vec![Trail { points, look: Look::Accent, line: true, dots: true, ..Trail::default() }]
        };
        let mut apart =
            v.plane("clusters-silhouettes", &[], ["k", ""], trail(|t| t.silhouette.unwrap_or(f64::NAN)));
        let head = [vec!["k".into()], v.heads(&["clusters-col-silhouette", "clusters-col-inertia"])].concat();
        let rows = found.tried.iter().map(|t| vec![v.count(t.k), silhouette(t.silhouette), v.n(t.inertia)]);
        apart.table = Some(Sheet { head, rows: rows.collect(), ..Sheet::default() });
        let elbow = v.plane("clusters-elbow", &[], ["k", ""], trail(|t| t.inertia));
        chapters.push(v.section(
            "clusters-choice-chapter",
            vec![Block::Plane(Box::new(apart)), Block::Plane(Box::new(elbow))],
        ));
    }
    let numbered = (1..=found.k).map(|c| v.count(c));
    let centres = if data.is_texts() {
        let head = v.heads(&["clusters-col-cluster", "clusters-col-terms"]);
        let terms = |of: &gyeol_supervised::unlabelled::Cluster| {
            of.centre.iter().filter(|t| t.value > 0.0).map(|t| t.name.clone()).collect::<Vec<_>>().join(", ")
        };
        let rows = found.clusters.iter().zip(numbered).map(|(of, c)| vec![c, terms(of)]).collect();
        v.sheet("clusters-terms", &[], head, rows)
    } else {
        let head = [v.heads(&["clusters-col-column"]), numbered.collect()].concat();
        let row = |(j, name): (usize, &String)| {
            [vec![name.clone()], found.clusters.iter().map(|of| v.n(of.centre[j].value)).collect()].concat()
        };
        v.sheet("clusters-centres", &[], head, data.names.iter().enumerate().map(row).collect())
    };
    let head = v.heads(&["clusters-col-cluster", "clusters-col-row", "clusters-col-shown"]);
    let near =
        found.clusters.iter().enumerate().flat_map(|(c, of)| of.nearest.iter().map(move |row| (c, *row)));
    let near = near
        .map(|(c, row)| vec![v.count(c + 1), v.count(row + 1), names.get(&row).cloned().unwrap_or_default()]);
    let nearest = v.sheet("clusters-nearest", &[], head, near.collect());
    chapters.push(v.section("clusters-centres-chapter", vec![centres, nearest]));
    Lesson {
        title: v.t("clusters", &[]),
        deck: v.t(
            "clusters-deck",
            &[
                ("name", file_name(file)),
                ("n", v.count(found.labels.len())),
                ("columns", v.count(data.names.len())),
            ],
        ),
        sentence: format!("{} {}", v.t("clusters-answer", &args), v.t(strong, &[])),
        chapters,
    }
}

/// `gyeol reduce`.
pub fn reduce(common: &Common, args: &Reduce) -> Result<()> {
    output::one_result(common.json, args.output.as_deref().unwrap_or_default())?;
    let pool = pool(common);
    let rows = table(&args.file, &args.reading)?;
    let data = Unlabelled::of_table(&rows, &args.without, !args.unscaled)?;
    left_out(common, &data);
    let found = reduced(&data, args.k, &pool)?;
    if found.explained.len() < args.k && !common.quiet {
        say!("  the rows vary in {} directions alone", found.explained.len());
    }
    if let Some(out) = args.output.as_ref().filter(|out| is_model(out)) {
        let scores = json!({ "explained": found.explained });
        let sha256 = rows.source().sha256.clone();
        ComponentModel::new(&data, &found)?
            .save(out, manifest("pca", &args.file, sha256, rows.rows(), scores))?;
    } else if let Some(out) = &args.output {
        let column = |c: usize| (0..rows.rows()).map(|i| found.coordinates.at(i, c)).collect();
        let columns =
            (0..found.explained.len()).map(|c| (format!("pc{}", c + 1), ColumnData::Number(column(c))));
        gyeol_data::write(out, &Table::from_columns(columns.collect())?)?;
        if out == "-" {
            return Ok(());
        }
    }
    let voice = Voice::new(common, &args.shown)?;
    shown(common, &args.shown, "", serde_json::to_value(&found)?, || components(&voice, &found, &args.file))
}

fn components(v: &Voice, found: &Reduced, file: &str) -> Lesson {
    let k = found.explained.len();
    let total = found.cumulative.last().copied().unwrap_or(0.0);
    let head = v.heads(&[
        "reduce-col-component",
        "reduce-col-variance",
        "reduce-col-share",
        "reduce-col-cumulative",
    ]);
    let row = |c: usize| {
        vec![
            v.count(c + 1),
            v.n(found.variance[c]),
            v.percent(found.explained[c]),
            v.percent(found.cumulative[c]),
        ]
    };
    let trail = |name: &str, values: &[f64], look| {
        let points = values.iter().enumerate().map(|(c, share)| (c as f64 + 1.0, *share)).collect();
        Trail { name: v.t(name, &[]), points, look, line: true, dots: true }
    };
    let trails = vec![
        trail("reduce-share", &found.explained, Look::Plain),
        trail("reduce-together", &found.cumulative, Look::Accent),
    ];
    let component = v.t("reduce-col-component", &[]);
    let mut shares = v.plane("reduce-explained", &[], [&component, ""], trails);
    shares.y = Some([0.0, 1.02]);
    shares.table = Some(Sheet { head, rows: (0..k).map(row).collect(), ..Sheet::default() });
    let columns: Vec<String> = (1..=k).map(|c| format!("PC{c}")).collect();
    let loading =
        |(j, name): (usize, &String)| (name.clone(), found.loadings.iter().map(|row| row[j]).collect());
    let rows: Vec<Vec<String>> = found
        .names
        .iter()
        .enumerate()
        .map(loading)
        .map(|(name, row): (String, Vec<f64>)| [vec![name], row.iter().map(|x| v.n(*x)).collect()].concat())
        .collect();
    let head = [v.heads(&["clusters-col-column"]), columns].concat();
    let mut chapters = vec![
        v.section("reduce-explained-chapter", vec![Block::Plane(Box::new(shares))]),
        v.section("reduce-loadings-chapter", vec![v.sheet("reduce-loadings", &[], head, rows)]),
    ];
    if k > 1 {
        let z = &found.coordinates;
        let every = z.rows().div_ceil(POINTS).max(1);
        let points = (0..z.rows()).step_by(every).map(|i| (z.at(i, 0), z.at(i, 1))).collect();
        let plane = v.plane(
            "reduce-map",
            &[],
            ["PC1", "PC2"],
            vec![Trail { points, look: Look::Accent, ..Trail::default() }],
        );
        chapters.push(v.section("reduce-map-chapter", vec![Block::Plane(Box::new(plane))]));
    }
    let args = [("k", v.count(k)), ("share", v.percent(total)), ("columns", v.count(found.names.len()))];
    Lesson {
        title: v.t("reduce", &[]),
        deck: v.t(
            "clusters-deck",
            &[
                ("name", file_name(file)),
                ("n", v.count(found.coordinates.rows())),
                ("columns", v.count(found.names.len())),
            ],
        ),
        sentence: v.t("reduce-answer", &args),
        chapters,
    }
}

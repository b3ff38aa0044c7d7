//! `gyeol explain svd`.

use std::io::Read;

use gyeol_vectors::matrix::Dense;
use gyeol_vectors::svd::shown::{Labelled, Shown};
use serde_json::{Value, json};

use crate::args::Common;
use crate::failure::{Failure, Result};
use crate::output;

/// Largest file of a matrix that is looked at.
const LARGEST: u64 = 1 << 20;

fn labelled(file: Option<&str>) -> Result<Labelled> {
    let Some(file) = file else { return Ok(Labelled::example()) };
    let failed = |e: std::io::Error| {
        Failure::failed("io", format!("cannot read {file}: {e}. Next: give a CSV of numbers"))
    };
    let mut text = String::new();
    let read = if file == "-" {
        std::io::stdin().lock().take(LARGEST + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).map_err(failed)?.take(LARGEST + 1).read_to_string(&mut text)
    };
    if read.map_err(failed)? as u64 > LARGEST {
        return Err(Failure::failed(
            "too-large",
            format!("{file}: more than 1 MiB. Next: cut a small part out"),
        ));
    }
    Ok(Labelled::from_csv(file, &text)?)
}

/// Shows a matrix taken apart.
pub fn svd(common: &Common, file: Option<&str>, digits: usize) -> Result<()> {
    let labelled = labelled(file)?;
    let shown = Shown::of(&labelled.matrix)?;
    if common.json {
        return output::json(&as_json(&labelled, &shown));
    }
    let k = shown.svd.sigma.len();
    let numbered = |letter: &str| (1..=k).map(|i| format!("{letter}{i}")).collect::<Vec<_>>();
    let (rows, columns, values) = (&labelled.rows, &labelled.columns, numbered("σ"));
    let mut text = String::new();
    let mut part = |title: &str, matrix: &Dense, rows: &[String], columns: &[String]| {
        text += &format!("{title}\n{}\n", table(matrix, rows, columns, digits));
    };
    part("A", &labelled.matrix, rows, columns);
    part("Aᵀ, the transpose: rows become columns", &shown.transpose, columns, rows);
    part("A = U Σ Vᵀ. U: a row a row of A", &shown.svd.u, rows, &values);
    part("Σ, diagonal: the singular values, falling", &Dense::diagonal(&shown.svd.sigma)?, &values, &values);
    part("Vᵀ: a column a column of A", &shown.svd.v.t(), &values, columns);
    part(
        "UᵀU, the identity: columns of U are at right angles and of length one",
        &shown.left_product,
        &values,
        &values,
    );
    text += &format!("largest distance of UᵀU and VᵀV from the identity: {:.1e}\n", shown.off_identity);
    text += &format!("rank {} of at most {k}", shown.rank);
    for (is, what) in [
        (shown.diagonal, "diagonal"),
        (shown.orthogonal, "orthogonal: AᵀA is the identity, and Aᵀ the inverse"),
    ] {
        if is {
            text += &format!(" · {what}");
        }
    }
    text += "\n\n";
    match (&shown.inverse, shown.inverse_error) {
        (Some(inverse), Some(error)) => {
            let (rows, columns) = (columns, rows);
            text += &format!(
                "A⁻¹ = V Σ⁻¹ Uᵀ (A A⁻¹ is the identity up to {error:.1e})\n{}\n",
                table(inverse, rows, columns, digits)
            );
        }
        _ => text += "no inverse: only a square matrix of full rank has one\n\n",
    }
    text += "rank  what is kept   ‖A - Aₖ‖   √(σ² left out)\n";
    for at in &shown.ranks {
        let (kept, error, expected) = (100.0 * at.kept, at.error, at.expected);
        text += &format!("{:4}  {kept:10.1} %  {error:9.digits$}  {expected:14.digits$}\n", at.rank);
    }
    for at in shown.ranks.iter().take(2) {
        text += &format!("\nA of rank {}\n{}", at.rank, table(&at.matrix, rows, columns, digits));
    }
    output::text(&text)
}

/// Numbers under the names of columns, beside those of rows.
fn table(matrix: &Dense, rows: &[String], columns: &[String], digits: usize) -> String {
    // What rounds to zero is written without a sign.
    let cell = |v: f64| {
        let text = format!("{v:.digits$}");
        if text.trim_start_matches(['-', '0', '.']).is_empty() { format!("{:.digits$}", 0.0) } else { text }
    };
    let length = |s: &String| s.chars().count();
    let cells: Vec<String> = matrix.data().iter().map(|&v| cell(v)).collect();
    let width = cells.iter().chain(columns).map(length).max().unwrap_or(0);
    let names = rows.iter().map(length).max().unwrap_or(0);
    let mut text = format!("  {:names$}", "");
    columns.iter().for_each(|c| text += &format!("  {c:>width$}"));
    text.push('\n');
    for (name, row) in rows.iter().zip(cells.chunks(matrix.cols().max(1))) {
        text += &format!("  {name:names$}");
        row.iter().for_each(|c| text += &format!("  {c:>width$}"));
        text.push('\n');
    }
    text
}

fn as_json(labelled: &Labelled, shown: &Shown) -> Value {
    let rows = |m: &Dense| (0..m.rows()).map(|i| m.row(i).to_vec()).collect::<Vec<_>>();
    json!({
        "rows": labelled.rows,
        "columns": labelled.columns,
        "matrix": rows(&labelled.matrix),
        "transpose": rows(&shown.transpose),
        "u": rows(&shown.svd.u),
        "sigma": shown.svd.sigma,
        "vt": rows(&shown.svd.v.t()),
        "rank": shown.rank,
        "off_identity": shown.off_identity,
        "orthogonal": shown.orthogonal,
        "diagonal": shown.diagonal,
        "inverse": shown.inverse.as_ref().map(rows),
        "ranks": shown.ranks.iter().map(|at| json!({
            "rank": at.rank, "matrix": rows(&at.matrix), "error": at.error, "expected": at.expected, "kept": at.kept,
        })).collect::<Vec<_>>(),
    })
}

//! Rows without labels: put on a common scale, parted by k-means, or seen along their principal components.
//!
//! Of a table the numeric columns are taken, z = (x - mean) / deviation, a missing cell as the median; of texts the rows of a weighted
//! document-term matrix along its first singular directions, each divided by its length (latent semantic analysis, as clusters
//! of texts are usually found; Manning et al. 2008, 16.4 and 18.4).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use gyeol_base::{Fault, Result};
use gyeol_columns::{ColumnParams, ColumnsParams, Encoder, Fill, Kind, Matrix, Scaling};
use gyeol_data::{ColumnKind, Table};
use gyeol_learn::{KMeans, KMeansParams, Pca, silhouettes};
use gyeol_tensor::{Pool, Rng};
use gyeol_vectors::matrix::{Csr, Dense};
use gyeol_vectors::svd::{Svd, TruncatedParams};
use serde::Serialize;

/// Rows that are compared with each other for silhouettes; of more, so many are drawn.
const COMPARED: usize = 5000;
/// Directions of texts that are kept.
const DIRECTIONS: usize = 100;
/// Most values of k that are tried, and the largest.
const MOST_TRIED: usize = 100;
const MOST_CLUSTERS: usize = 10_000;

/// Rows on a common scale.
#[derive(Debug, Clone)]
pub struct Unlabelled {
    /// What distances are measured over.
    pub rows: Dense,
    /// What a centre is told in: a name each.
    pub names: Vec<String>,
    /// The same rows in units of the table, or weights of terms.
    units: Units,
    /// From a table to the rows; none of texts.
    pub encoder: Option<Encoder>,
    /// Singular directions (terms, k) that texts are seen along; none of a table.
    pub directions: Option<Dense>,
    /// Columns of the table that were not taken, with the reason.
    pub left_out: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
enum Units {
    Numbers(Dense),
    Terms(Csr),
}

impl Unlabelled {
    /// The numeric columns of a table, but those named; standardised where `scaled`, else centred when it comes to that.
    ///
    /// # Errors
    /// A column that is not there; no numeric column that varies (`no-features`); no rows.
    pub fn of_table(table: &Table, skip: &[String], scaled: bool) -> Result<Unlabelled> {
        for name in skip {
            table.data(name)?;
        }
        let numeric = |name: &str| table.kind(name).is_some_and(ColumnKind::is_numeric);
        let names: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
        let skipped: Vec<&str> =
            names.iter().copied().filter(|&name| !numeric(name) || skip.iter().any(|s| s == name)).collect();
        if skipped.len() == names.len() {
            return Err(Fault::new("no-features", "no column of numbers is left")
                .file(&table.source().name)
                .next("name a table with columns of numbers, or texts (--text)")
                .input());
        }
        let rows: Vec<usize> = (0..table.rows()).collect();
        let fitted = |scale: Scaling, columns| -> Result<Encoder> {
            let params = ColumnsParams {
                columns,
                scale,
                fill: Fill::Median,
                missing_indicator: false,
                ..ColumnsParams::default()
            };
            params.check()?.fit(table, &rows, &skipped)
        };
        // Whole numbers that look like levels or flags are numbers here; what is dropped stays dropped.
        let guessed = fitted(Scaling::Standard, BTreeMap::new())?;
        let own = |c: &gyeol_columns::ColumnReading| {
            (c.kind != Kind::Dropped && c.kind != Kind::Number).then(|| c.name.clone())
        };
        let number = || ColumnParams { kind: Some(Kind::Number), ..ColumnParams::default() };
        let columns: BTreeMap<_, _> =
            guessed.columns().iter().filter_map(own).map(|name| (name, number())).collect();
        let apply = |scale| -> Result<(Dense, Encoder)> {
            let encoder = fitted(scale, columns.clone())?;
            match encoder.transform(table, &rows)?.features {
                Matrix::Dense(x) => Ok((x, encoder)),
                Matrix::Sparse(x) => Ok((x.to_dense()?, encoder)),
            }
        };
        let (units, encoder) = apply(Scaling::None)?;
        let dropped = encoder.columns().iter().filter(|c| c.features == 0);
        let mut left_out: Vec<(String, String)> =
            dropped.map(|c| (c.name.clone(), c.reason.words.clone())).collect();
        let texts = skipped.iter().filter(|name| !skip.iter().any(|s| s == *name));
        left_out.extend(texts.map(|name| ((*name).to_owned(), "no numbers".to_owned())));
        let names = encoder.names().iter().map(ToString::to_string).collect();
        let (rows, encoder) = if scaled { apply(Scaling::Standard)? } else { (units.clone(), encoder) };
        let units = Units::Numbers(units);
        Ok(Unlabelled { rows, names, units, encoder: Some(encoder), directions: None, left_out })
    }

    /// Rows of a weighted document-term matrix; `terms` are its columns.
    ///
    /// # Errors
    /// Of the decomposition: no rows, no terms.
    pub fn of_terms(matrix: Csr, terms: Vec<String>, seed: u64, pool: &Pool) -> Result<Unlabelled> {
        let k = DIRECTIONS.min(matrix.rows().min(matrix.cols()).saturating_sub(1)).max(1);
        let svd = Svd::truncated(&matrix, TruncatedParams { seed, ..TruncatedParams::new(k) }, pool)?;
        Ok(Unlabelled {
            rows: along(&matrix, &svd.v, pool),
            names: terms,
            units: Units::Terms(matrix),
            encoder: None,
            directions: Some(svd.v),
            left_out: Vec::new(),
        })
    }

    /// Whether these are texts.
    pub fn is_texts(&self) -> bool {
        matches!(self.units, Units::Terms(_))
    }

    /// Means in units of the table, or of the weights of terms, over the rows of each of `k` clusters.
    fn centres(&self, labels: &[u32], sizes: &[usize]) -> Vec<Vec<f64>> {
        let mut sums = vec![vec![0.0; self.names.len()]; sizes.len()];
        for (i, &label) in labels.iter().enumerate() {
            let sum = &mut sums[label as usize];
            match &self.units {
                Units::Numbers(x) => sum.iter_mut().zip(x.row(i)).for_each(|(s, v)| *s += v),
                Units::Terms(x) => x.row(i).for_each(|(j, v)| sum[j as usize] += v),
            }
        }
        for (sum, &size) in sums.iter_mut().zip(sizes) {
            sum.iter_mut().for_each(|s| *s /= size.max(1) as f64);
        }
        sums
    }
}

/// Rows of terms along directions, each divided by its length: of texts of the fit and of new ones alike.
pub(crate) fn along(matrix: &Csr, directions: &Dense, pool: &Pool) -> Dense {
    let mut rows = matrix.times(directions, pool);
    for i in 0..rows.rows() {
        let row = rows.row_mut(i);
        let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        if length > 0.0 {
            row.iter_mut().for_each(|v| *v /= length);
        }
    }
    rows
}

/// The mean silhouette, and that of each row that was compared; none of one cluster.
type Scored = Option<(f64, Vec<f64>)>;

/// Options of clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterParams {
    /// k, or from and to: the one of the largest silhouette is taken.
    pub clusters: RangeInclusive<usize>,
    /// Starts of each, of which the one of least inertia counts.
    pub starts: usize,
    /// Rows shown of each cluster, those nearest to its centre.
    pub nearest: usize,
    /// Numbers, or terms, shown of a centre of texts.
    pub terms: usize,
    /// Seed of the starts.
    pub seed: u64,
}

impl Default for ClusterParams {
    fn default() -> Self {
        ClusterParams { clusters: 2..=10, starts: 10, nearest: 3, terms: 10, seed: 0 }
    }
}

/// A value of k that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TriedClusters {
    /// k.
    pub k: usize,
    /// Σ of the squared distances of rows to their centres.
    pub inertia: f64,
    /// Mean silhouette; none of one cluster.
    pub silhouette: Option<f64>,
}

/// One number of a centre, or one term.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CentreValue {
    /// Name of the column, or the term.
    pub name: String,
    /// Mean over the cluster, in units of the table.
    pub value: f64,
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cluster {
    /// Rows of it.
    pub size: usize,
    /// Their mean silhouette, of those that were compared; none where none was.
    pub silhouette: Option<f64>,
    /// All numbers of a table; of texts the terms that weigh most.
    pub centre: Vec<CentreValue>,
    /// Rows nearest to the centre, from 0.
    pub nearest: Vec<usize>,
}

/// Clusters, the largest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Clusters {
    /// k.
    pub k: usize,
    /// Rows of each.
    pub sizes: Vec<usize>,
    /// Mean silhouette; none of one cluster.
    pub silhouette: Option<f64>,
    /// Σ of the squared distances of rows to their centres.
    pub inertia: f64,
    /// Whether rows were drawn for the silhouettes, and how many.
    pub compared: usize,
    /// What was tried.
    pub tried: Vec<TriedClusters>,
    /// One after another.
    pub clusters: Vec<Cluster>,
    /// The cluster of each row, from 1.
    #[serde(skip)]
    pub labels: Vec<usize>,
    /// Centres (k, features), as rows are compared.
    #[serde(skip)]
    pub centres: Dense,
}

impl ClusterParams {
    /// Parts rows; the same bits for any pool.
    ///
    /// # Errors
    /// A range that is empty, of more than 100 values, or past 10,000 (`option-range`); more clusters than rows.
    pub fn fit(&self, data: &Unlabelled, pool: &Pool) -> Result<Clusters> {
        let (from, to) = (*self.clusters.start(), *self.clusters.end());
        if from == 0 || from > to || to - from >= MOST_TRIED || to > MOST_CLUSTERS {
            return Err(Fault::new("option-range", format!("k from {from} to {to}"))
                .next(format!("give k, or a range of {MOST_TRIED} values at most such as 2..10"))
                .option());
        }
        let n = data.rows.rows();
        let mut sample: Vec<usize> = (0..n).collect();
        if n > COMPARED {
            Rng::stream(self.seed, u64::MAX).shuffle(&mut sample);
            sample.truncate(COMPARED);
            sample.sort_unstable();
        }
        let cells = sample.iter().flat_map(|&i| data.rows.row(i).iter().copied()).collect();
        let compared = Dense::trusted(sample.len(), data.rows.cols(), cells);
        let mut tried = Vec::new();
        let mut best: Option<(KMeans, Scored)> = None;
        for k in self.clusters.clone() {
            let params = KMeansParams { starts: self.starts, seed: self.seed, ..KMeansParams::new(k) };
            let fit = params.fit(&data.rows, pool)?;
            let labels: Vec<u32> = sample.iter().map(|&i| fit.labels[i]).collect();
            let apart = labels.iter().any(|label| *label != labels[0]);
            let each = if apart { Some(silhouettes(&compared, &labels, pool)?) } else { None };
            let scored = each.map(|each| (each.iter().sum::<f64>() / each.len() as f64, each));
            tried.push(TriedClusters { k, inertia: fit.inertia, silhouette: scored.as_ref().map(|s| s.0) });
            let better = |(_, had): &(KMeans, Scored)| match (&scored, had) {
                (Some(new), Some(had)) => new.0 > had.0,
                (Some(_), None) => true,
                (None, _) => false,
            };
            if best.as_ref().is_none_or(better) {
                best = Some((fit, scored));
            }
        }
        let (fit, scored) = best.ok_or_else(gyeol_learn::no_rows)?;
        Ok(self.told(data, &fit, scored, (&sample, tried)))
    }

    fn told(
        &self,
        data: &Unlabelled,
        fit: &KMeans,
        scored: Scored,
        (sample, tried): (&[usize], Vec<TriedClusters>),
    ) -> Clusters {
        let k = fit.centres.rows();
        let mut counts = vec![0usize; k];
        fit.labels.iter().for_each(|&label| counts[label as usize] += 1);
        let mut order: Vec<usize> = (0..k).collect();
        order.sort_by_key(|&c| (std::cmp::Reverse(counts[c]), c));
        let mut place = vec![0u32; k];
        order.iter().enumerate().for_each(|(to, &from)| place[from] = to as u32);
        let labels: Vec<u32> = fit.labels.iter().map(|&label| place[label as usize]).collect();
        let sizes: Vec<usize> = order.iter().map(|&c| counts[c]).collect();
        let (mut sums, mut seen) = (vec![0.0; k], vec![0usize; k]);
        if let Some((_, each)) = &scored {
            for (&row, s) in sample.iter().zip(each) {
                sums[labels[row] as usize] += s;
                seen[labels[row] as usize] += 1;
            }
        }
        let mut members: Vec<Vec<(f64, usize)>> = vec![Vec::new(); k];
        for (row, &label) in labels.iter().enumerate() {
            let centre = fit.centres.row(order[label as usize]);
            let far = data.rows.row(row).iter().zip(centre).map(|(x, c)| (x - c) * (x - c)).sum::<f64>();
            members[label as usize].push((far, row));
        }
        let centres = data.centres(&labels, &sizes);
        let clusters = (0..k).map(|c| {
            let near = &mut members[c];
            near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let mut centre: Vec<CentreValue> = data
                .names
                .iter()
                .zip(&centres[c])
                .map(|(name, &value)| CentreValue { name: name.clone(), value })
                .collect();
            if data.is_texts() {
                centre.sort_by(|a, b| b.value.total_cmp(&a.value));
                centre.truncate(self.terms);
            }
            Cluster {
                size: sizes[c],
                silhouette: (seen[c] > 0).then(|| sums[c] / seen[c] as f64),
                centre,
                nearest: near.iter().take(self.nearest).map(|(_, row)| *row).collect(),
            }
        });
        Clusters {
            k,
            clusters: clusters.collect(),
            silhouette: scored.map(|s| s.0),
            inertia: fit.inertia,
            compared: sample.len(),
            tried,
            centres: Dense::trusted(
                k,
                fit.centres.cols(),
                order.iter().flat_map(|&c| fit.centres.row(c)).copied().collect(),
            ),
            labels: labels.iter().map(|&label| label as usize + 1).collect(),
            sizes,
        }
    }
}

/// Rows along their principal components.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reduced {
    /// Names of the columns that went in.
    pub names: Vec<String>,
    /// Share of the variance along each component.
    pub explained: Vec<f64>,
    /// Up to and with each.
    pub cumulative: Vec<f64>,
    /// Variance along each.
    pub variance: Vec<f64>,
    /// A row a component, a number a column: the direction, of length 1.
    pub loadings: Vec<Vec<f64>>,
    /// A row each, a number a component.
    #[serde(skip)]
    pub coordinates: Dense,
    /// The fit.
    #[serde(skip)]
    pub pca: Option<Pca>,
}

/// The first `k` principal components of rows.
///
/// # Errors
/// As [`Pca::fit`]; texts (`texts`), whose directions are those of singular values.
pub fn reduced(data: &Unlabelled, k: usize, pool: &Pool) -> Result<Reduced> {
    if data.is_texts() {
        return Err(Fault::new("texts", "principal components of texts")
            .cause("their matrix is never centred, since that would fill it")
            .next("take its singular directions: gyeol topics --method lsa")
            .input());
    }
    let pca = Pca::fit(&data.rows, k, pool)?;
    let mut sum = 0.0;
    let cumulative = pca.variance_ratio.iter().map(|ratio| {
        sum += ratio;
        sum
    });
    Ok(Reduced {
        names: data.names.clone(),
        cumulative: cumulative.collect(),
        loadings: (0..pca.components.rows()).map(|c| pca.components.row(c).to_vec()).collect(),
        coordinates: pca.transform(&data.rows, pool)?,
        explained: pca.variance_ratio.clone(),
        variance: pca.variance.clone(),
        pca: Some(pca),
    })
}

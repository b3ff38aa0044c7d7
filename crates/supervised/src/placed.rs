//! Clusters and components as models: rows and texts that come later go through what was fitted.

use gyeol_base::{Error, Fault, Result, Warning};
use gyeol_bundle::{Bundle, Packed, Tensor, bad_manifest};
use gyeol_columns::{Encoder, Matrix};
use gyeol_data::{ColumnData, Table};
use gyeol_learn::Pca;
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;
use gyeol_vectors::vectorize::Vectorizer;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::unlabelled::{Clusters, Reduced, Unlabelled, along};

/// Answers by name, a number a row each, and what deserves to be said.
pub type Answered = (Vec<(String, ColumnData)>, Vec<Warning>);

/// A model of rows without labels.
pub trait Placed: Packed {
    /// Whether it reads texts; else columns of a table.
    fn reads_texts(&self) -> bool;

    /// Name of the column of texts, where they stood in a table.
    fn text_column(&self) -> Option<&str>;

    /// Where rows or texts lie: a column each of numbers.
    ///
    /// # Errors
    /// A column that is not there (`missing-column`); texts where a table is needed, or the other way round.
    fn place(&self, texts: Option<&[String]>, table: Option<&Table>, pool: &Pool) -> Result<Answered>;
}

/// From examples to rows.
#[derive(Debug, Clone)]
enum Made {
    Columns(Encoder),
    /// Terms along directions (terms, k).
    Texts {
        vectorizer: Box<Vectorizer>,
        directions: Dense,
        column: Option<String>,
    },
}

impl Made {
    fn rows(
        &self,
        texts: Option<&[String]>,
        table: Option<&Table>,
        pool: &Pool,
    ) -> Result<(Dense, Vec<Warning>)> {
        let from_table: Vec<String>;
        match (self, texts, table) {
            (Made::Columns(encoder), _, Some(table)) => {
                let all: Vec<usize> = (0..table.rows()).collect();
                let found = encoder.transform(table, &all)?;
                let rows = match found.features {
                    Matrix::Dense(x) => x,
                    Matrix::Sparse(x) => x.to_dense()?,
                };
                Ok((rows, found.warnings))
            }
            (Made::Texts { vectorizer, directions, column }, texts, table) => {
                let texts = match (texts, column, table) {
                    (Some(texts), ..) => texts,
                    (None, Some(column), Some(table)) => {
                        from_table =
                            table.texts(column)?.into_iter().map(Option::unwrap_or_default).collect();
                        &from_table
                    }
                    _ => return Err(other_input("a table", "give texts")),
                };
                Ok((along(&vectorizer.transform_texts(texts), directions, pool), Vec::new()))
            }
            (Made::Columns(_), ..) => Err(other_input("texts", "give a table with the columns of the fit")),
        }
    }

    fn width(&self) -> usize {
        match self {
            Made::Columns(encoder) => encoder.width(),
            Made::Texts { directions, .. } => directions.cols(),
        }
    }
}

fn other_input(found: &str, next: &str) -> Error {
    Fault::new("wrong-shape", format!("{found} where it was fitted on others")).next(next).input()
}

/// Numbers of a tensor that must be so many, and finite.
fn numbers(bundle: &Bundle, name: &str, shape: &[usize]) -> Result<Vec<f64>> {
    let tensor = bundle.tensor(name, shape.len())?;
    let found = bundle.f64(name, shape.len())?;
    if tensor.shape != shape || !found.iter().all(|v| v.is_finite()) {
        return Err(bad_manifest(format!("'{name}' of shape {:?} where {shape:?} is needed", tensor.shape)));
    }
    Ok(found.to_vec())
}

/// Clusters by k-means: their centres, and what makes rows comparable.
#[derive(Debug, Clone)]
pub struct ClusterModel {
    made: Made,
    /// (k, features).
    centres: Dense,
    sizes: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
struct ClusterWords {
    k: usize,
    sizes: Vec<usize>,
    /// Columns, or none of texts.
    features: Option<Vec<String>>,
    /// Terms of texts.
    terms: Option<usize>,
    text_column: Option<String>,
    columns: Option<Encoder>,
}

impl ClusterModel {
    /// Of clusters that were found; `vectorizer` is what made the terms of texts, `column` where they stood.
    ///
    /// # Errors
    /// Texts without their vectorizer.
    pub fn new(
        data: &Unlabelled,
        found: &Clusters,
        vectorizer: Option<Vectorizer>,
        column: Option<String>,
    ) -> Result<ClusterModel> {
        let made = match (&data.encoder, &data.directions, vectorizer) {
            (Some(encoder), ..) => Made::Columns(encoder.clone()),
            (None, Some(directions), Some(vectorizer)) => {
                Made::Texts { vectorizer: Box::new(vectorizer), directions: directions.clone(), column }
            }
            _ => return Err(Error::defect("clusters of texts without their terms")),
        };
        Ok(ClusterModel { made, centres: found.centres.clone(), sizes: found.sizes.clone() })
    }
}

impl Packed for ClusterModel {
    const KIND: &'static str = "clusters";

    fn pack(&self, bundle: &mut Bundle) -> Result<()> {
        let shape = |x: &Dense| [x.rows(), x.cols()];
        let mut put = |name: &str, tensor: Tensor| {
            bundle.tensors.insert(name.to_owned(), tensor);
        };
        put("centres", Tensor::f64(shape(&self.centres), self.centres.data().to_vec())?);
        let (mut terms, mut text_column, mut columns) = (None, None, None);
        match &self.made {
            Made::Columns(encoder) => columns = Some(encoder.clone()),
            Made::Texts { vectorizer, directions, column } => {
                put("directions", Tensor::f64(shape(directions), directions.data().to_vec())?);
                put("vectorizer", Tensor::bytes(vectorizer.to_json().into_bytes()));
                (terms, text_column) = (Some(vectorizer.len()), column.clone());
            }
        }
        let features = columns.as_ref().map(|c| c.names().iter().map(ToString::to_string).collect());
        let words = ClusterWords {
            k: self.sizes.len(),
            sizes: self.sizes.clone(),
            features,
            terms,
            text_column,
            columns,
        };
        bundle.manifest.model = serde_json::to_value(words).map_err(Error::defect)?;
        Ok(())
    }

    fn unpack(bundle: Bundle) -> Result<Self> {
        let words: ClusterWords =
            serde_json::from_value(bundle.manifest.model.clone()).map_err(bad_manifest)?;
        let made = match (words.columns, words.terms) {
            (Some(encoder), _) => Made::Columns(encoder),
            (None, Some(terms)) => {
                let vectorizer = Box::new(Vectorizer::from_json("the model", &bundle.text("vectorizer")?)?);
                let width = bundle.tensor("directions", 2)?.shape[1];
                if vectorizer.len() != terms {
                    return Err(bad_manifest(format!("{} terms where {terms} are named", vectorizer.len())));
                }
                let directions = Dense::new(terms, width, numbers(&bundle, "directions", &[terms, width])?)?;
                Made::Texts { vectorizer, directions, column: words.text_column }
            }
            (None, None) => return Err(bad_manifest("clusters of neither columns nor texts")),
        };
        let shape = [words.k, made.width()];
        if words.k == 0 || words.sizes.len() != words.k {
            return Err(bad_manifest(format!("{} sizes of {} clusters", words.sizes.len(), words.k)));
        }
        let centres = Dense::new(shape[0], shape[1], numbers(&bundle, "centres", &shape)?)?;
        Ok(ClusterModel { made, centres, sizes: words.sizes })
    }

    fn parameters(&self) -> u64 {
        self.centres.data().len() as u64
    }
}

impl Placed for ClusterModel {
    fn reads_texts(&self) -> bool {
        matches!(self.made, Made::Texts { .. })
    }

    fn text_column(&self) -> Option<&str> {
        match &self.made {
            Made::Texts { column, .. } => column.as_deref(),
            Made::Columns(_) => None,
        }
    }

    /// `cluster` from 1, the nearest centre, and `distance` from it.
    fn place(&self, texts: Option<&[String]>, table: Option<&Table>, pool: &Pool) -> Result<Answered> {
        let (rows, warnings) = self.made.rows(texts, table, pool)?;
        let (mut clusters, mut distances) = (Vec::new(), Vec::new());
        for row in 0..rows.rows() {
            let far = |c: usize| {
                rows.row(row).iter().zip(self.centres.row(c)).map(|(x, c)| (x - c) * (x - c)).sum::<f64>()
            };
            let (mut best, mut least) = (0, f64::INFINITY);
            for c in 0..self.centres.rows() {
                let far = far(c);
                if far < least {
                    (best, least) = (c, far);
                }
            }
            clusters.push(Some(best as i64 + 1));
            distances.push(least.sqrt());
        }
        let columns = vec![
            ("cluster".to_owned(), ColumnData::Integer(clusters)),
            ("distance".to_owned(), ColumnData::Number(distances)),
        ];
        Ok((columns, warnings))
    }
}

/// Principal components of the columns of a table.
#[derive(Debug, Clone)]
pub struct ComponentModel {
    encoder: Encoder,
    pca: Pca,
}

#[derive(Serialize, Deserialize)]
struct ComponentWords {
    k: usize,
    explained: Vec<f64>,
    features: Vec<String>,
    columns: Encoder,
}

impl ComponentModel {
    /// Of components that were found.
    ///
    /// # Errors
    /// Rows of texts.
    pub fn new(data: &Unlabelled, found: &Reduced) -> Result<ComponentModel> {
        match (&data.encoder, &found.pca) {
            (Some(encoder), Some(pca)) => Ok(ComponentModel { encoder: encoder.clone(), pca: pca.clone() }),
            _ => Err(Error::defect("components without their columns")),
        }
    }
}

impl Packed for ComponentModel {
    const KIND: &'static str = "components";

    fn pack(&self, bundle: &mut Bundle) -> Result<()> {
        let Pca { means, components, variance, variance_ratio, singular_values } = &self.pca;
        let mut put = |name: &str, shape: &[usize], data: &[f64]| -> Result<()> {
            bundle.tensors.insert(name.to_owned(), Tensor::f64(shape, data.to_vec())?);
            Ok(())
        };
        let k = variance.len();
        put("means", &[means.len()], means)?;
        put("components", &[k, means.len()], components.data())?;
        put("variance", &[k], variance)?;
        put("singular_values", &[k], singular_values)?;
        let words = ComponentWords {
            k,
            explained: variance_ratio.clone(),
            features: self.encoder.names().iter().map(ToString::to_string).collect(),
            columns: self.encoder.clone(),
        };
        bundle.manifest.model = json!(words);
        Ok(())
    }

    fn unpack(bundle: Bundle) -> Result<Self> {
        let words: ComponentWords =
            serde_json::from_value(bundle.manifest.model.clone()).map_err(bad_manifest)?;
        let (k, p) = (words.k, words.columns.width());
        if k == 0 || words.explained.len() != k {
            return Err(bad_manifest(format!("{} shares of {k} components", words.explained.len())));
        }
        let pca = Pca {
            means: numbers(&bundle, "means", &[p])?,
            components: Dense::new(k, p, numbers(&bundle, "components", &[k, p])?)?,
            variance: numbers(&bundle, "variance", &[k])?,
            variance_ratio: words.explained,
            singular_values: numbers(&bundle, "singular_values", &[k])?,
        };
        Ok(ComponentModel { encoder: words.columns, pca })
    }

    fn parameters(&self) -> u64 {
        (self.pca.components.data().len() + self.pca.means.len()) as u64
    }
}

impl Placed for ComponentModel {
    fn reads_texts(&self) -> bool {
        false
    }

    fn text_column(&self) -> Option<&str> {
        None
    }

    /// Coordinates `c1`, `c2` … along the components.
    fn place(&self, texts: Option<&[String]>, table: Option<&Table>, pool: &Pool) -> Result<Answered> {
        let (rows, warnings) = Made::Columns(self.encoder.clone()).rows(texts, table, pool)?;
        let found = self.pca.transform(&rows, pool)?;
        let column = |c: usize| (0..found.rows()).map(|row| found.at(row, c)).collect();
        let columns = (0..found.cols()).map(|c| (format!("c{}", c + 1), ColumnData::Number(column(c))));
        Ok((columns.collect(), warnings))
    }
}

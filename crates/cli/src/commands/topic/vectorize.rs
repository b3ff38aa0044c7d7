//! `gyeol vectorize`.

use std::path::{Path, PathBuf};

use gyeol_vectors::matrix::{Csr, Numbers, write_market, write_npz};
use gyeol_vectors::vectorize::{HashingParams, Norm, Vectorizer, VectorizerParams};
use serde_json::json;

use super::super::pool;
use super::Source;
use crate::args::Common;
use crate::args::topic::Vectorize;
use crate::commands::text::bar::Bar;
use crate::commands::text::notes;
use crate::failure::{Failure, Result};
use crate::output;

/// Form of the matrix file, by its name.
fn is_market(path: &Path) -> Result<bool> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("npz") => Ok(false),
        Some("mtx") => Ok(true),
        _ => Err(Failure::Usage(format!(
            "{}: a matrix is written as .npz (scipy) or .mtx (Matrix Market); end the name with one of them",
            path.display()
        ))),
    }
}

fn text(path: &Path, next: &str) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|e| Failure::failed("io", format!("cannot read {}: {e}. Next: {next}", path.display())))
}

/// Texts to a matrix and its vectorizer.
pub fn vectorize(common: &Common, args: &Vectorize) -> Result<()> {
    let market = is_market(&args.output)?;
    let source = Source::new(common, &args.file, &args.terms, &args.prepare, &args.texts, &args.bytes)?;
    let pool = pool(common);
    if let Some(path) = &args.fitted {
        let vectorizer = Vectorizer::from_json(
            &path.display().to_string(),
            &text(path, "name the .vectorizer.json that gyeol vectorize wrote")?,
        )?;
        let corpus = source.corpus()?;
        let matrix = {
            let bar = Bar::new(common, &corpus);
            vectorizer.transform(&corpus, &pool, |_| bar.moved())?
        };
        notes(common, &corpus);
        write(&args.output, &matrix, market, vectorizer.params().weight.is_whole())?;
        return said(common, &args.output, None, (matrix.rows(), vectorizer.len(), matrix.nonzeros()));
    }
    if let Some(columns) = args.hash {
        let matrix = hashed(&source, columns, &pool)?;
        write(&args.output, &matrix, market, false)?;
        return said(common, &args.output, None, (matrix.rows(), matrix.cols(), matrix.nonzeros()));
    }
    let model = args.model.clone().unwrap_or_else(|| args.output.with_extension("vectorizer.json"));
    let (vectorizer, shape) = match args.memory {
        Some(memory) => bounded(&source, args, memory, market, &pool)?,
        None => {
            let params = params(&source, args)?;
            let tokens = source.preparation()?;
            let corpus = source.corpus()?;
            let valid = params.check()?;
            let (vectorizer, matrix) = {
                let bar = Bar::new(common, &corpus);
                valid.fit(&corpus, tokens, &pool, |_| bar.moved())?
            };
            notes(common, &corpus);
            write(&args.output, &matrix, market, vectorizer.params().weight.is_whole())?;
            (vectorizer, (matrix.rows(), matrix.cols(), matrix.nonzeros()))
        }
    };
    output::bytes(&model, vectorizer.to_json().as_bytes())?;
    said(common, &args.output, Some(model), shape)
}

/// Options, with the terms of a file where one is named.
fn params(source: &Source<'_>, args: &Vectorize) -> Result<VectorizerParams> {
    let mut params = source.params()?;
    if let Some(path) = &args.vocabulary {
        let terms = text(path, "name a file with a term a line")?;
        params.vocabulary = Some(terms.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect());
    }
    Ok(params)
}

fn bounded(
    source: &Source<'_>,
    args: &Vectorize,
    memory: usize,
    market: bool,
    pool: &gyeol_tensor::Pool,
) -> Result<(Vectorizer, (usize, usize, usize))> {
    let valid = params(source, args)?.check()?;
    let tokens = source.preparation()?;
    let (first, second) = (source.corpus()?, source.corpus()?);
    let (vectorizer, mut spooled) = {
        let bar = Bar::new(source.common, &first);
        valid.fit_bounded(&first, &second, tokens, memory, pool, |_| bar.moved())?
    };
    notes(source.common, &first);
    let shape = (spooled.rows(), vectorizer.len(), spooled.nonzeros());
    if market {
        write_market(&args.output, &spooled.into_matrix()?)?;
    } else {
        spooled.write_npz(&args.output, numbers(vectorizer.params().weight.is_whole()))?;
    }
    Ok((vectorizer, shape))
}

fn hashed(source: &Source<'_>, columns: usize, pool: &gyeol_tensor::Pool) -> Result<Csr> {
    let terms = source.terms;
    let named = terms.weight.as_deref().unwrap_or("tfidf");
    let binary = named == "binary";
    let whole = binary || named == "count";
    if terms.tf.is_some() || terms.idf.is_some() || terms.max_terms.is_some() || named == "bm25" {
        return Err(Failure::Usage(
            "--hash knows no documents but the one at hand: --tf, --idf, --max-terms and bm25 mean nothing to it".into(),
        ));
    }
    let norm = terms.norm.unwrap_or(if whole { Norm::None } else { Norm::L2 });
    let params = HashingParams { columns, ngrams: terms.ngrams, binary, norm, ..HashingParams::default() };
    let vectorizer = params.check(source.preparation()?)?;
    let corpus = source.corpus()?;
    let matrix = {
        let bar = Bar::new(source.common, &corpus);
        vectorizer.transform(&corpus, pool, |_| bar.moved())?
    };
    notes(source.common, &corpus);
    Ok(matrix)
}

fn numbers(whole: bool) -> Numbers {
    if whole { Numbers::Integer } else { Numbers::Float }
}

fn write(path: &Path, matrix: &Csr, market: bool, whole: bool) -> Result<()> {
    if market {
        return Ok(write_market(path, matrix)?);
    }
    Ok(write_npz(path, matrix, numbers(whole))?)
}

fn said(common: &Common, path: &Path, model: Option<PathBuf>, shape: (usize, usize, usize)) -> Result<()> {
    let (documents, terms, nonzeros) = shape;
    let model = model.map(|m| m.display().to_string());
    if common.json {
        return output::json(&json!({
            "documents": documents,
            "terms": terms,
            "nonzeros": nonzeros,
            "matrix": path.display().to_string(),
            "vectorizer": model,
        }));
    }
    if !common.quiet {
        let share = 100.0 * nonzeros as f64 / (documents.max(1) as f64 * terms.max(1) as f64);
        let beside = model.map_or(String::new(), |m| format!(", {m}"));
        say!(
            "  {documents} documents · {terms} terms · {nonzeros} numbers ({share:.2} %) → {}{beside}",
            path.display()
        );
    }
    Ok(())
}

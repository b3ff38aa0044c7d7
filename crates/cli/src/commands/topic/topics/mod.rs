//! `gyeol topics`.

mod lda;
mod lsa;
mod model;
mod scan;

use gyeol_bundle::DataHash;
use gyeol_text::corpus::sha256_of;

use super::Source;
use crate::args::Common;
use crate::args::topic::Topics;
use crate::failure::{Failure, Result};

/// Fits topics and writes the model, or shows what a model says.
pub fn topics(common: &Common, args: &Topics) -> Result<()> {
    if args.generate {
        return model::generate(common, args);
    }
    if let Some(texts) = &args.infer {
        return model::infer(common, args, texts);
    }
    match args.method.as_str() {
        "lsa" => lsa::topics(common, args),
        _ => lda::topics(common, args),
    }
}

/// The file that the model goes to; clap asks for it where a model is made.
fn output(args: &Topics) -> Result<&std::path::Path> {
    args.output.as_deref().ok_or_else(|| Failure::Usage("name a file for the model: -o MODEL".into()))
}

/// What names the texts in a model.
fn data(file: &str, source: &Source<'_>, rows: usize) -> Result<DataHash> {
    let name = std::path::Path::new(file).file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(DataHash { name, sha256: sha256_of(std::slice::from_ref(&source.spooled.name))?, rows: rows as u64 })
}

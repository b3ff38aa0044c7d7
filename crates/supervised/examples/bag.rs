//! Trains a bag of embeddings on labelled texts and says its accuracy on others, with the seconds of each step:
//! `cargo run --release -p gyeol-supervised --example bag -- TRAIN.tsv TEST.tsv TEXT LABEL FEATURES DIMENSION HIDDEN RATE EPOCHS DROPOUT MIN`

use std::error::Error;
use std::time::Instant;

use gyeol_neural::Loss;
use gyeol_supervised::{Examples, NetParams, Rows, Target, TextFeatures, TextParams, Weighing};
use gyeol_tensor::Pool;
use gyeol_text::corpus::CorpusOptions;
use gyeol_text::prepare::PreparationParams;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [train, test, text, label, features, dimension, hidden, rate, epochs, dropout, least] =
        args.as_slice()
    else {
        return Err("eleven words are expected, see the head of the file".into());
    };
    let pool = Pool::new(2);
    let options =
        CorpusOptions { text: Some(text.clone()), label: Some(label.clone()), ..CorpusOptions::default() };
    let (train, test) =
        (Examples::of_texts(train, options.clone(), |_| true)?, Examples::of_texts(test, options, |_| true)?);
    let (Target::Classes { names, .. }, Target::Classes { names: other, of: right }) =
        (&train.target, &test.target)
    else {
        return Err("classes are expected".into());
    };
    let right: Vec<u32> = right
        .iter()
        .map(|&k| names.iter().position(|n| *n == other[k as usize]).map_or(u32::MAX, |k| k as u32))
        .collect();
    let begun = Instant::now();
    let folder = tempfile::tempdir()?;
    let open = |e: &Examples, name: &str| {
        e.corpus(folder.path(), name)?.ok_or_else(|| gyeol_base::Error::defect("no texts"))
    };
    let (corpus, others) = (open(&train, "a.jsonl")?, open(&test, "b.jsonl")?);
    let chain = PreparationParams {
        language: "ko".into(),
        scheme: "word".into(),
        normalise: vec!["lower".into()],
        ..PreparationParams::default()
    };
    let words = chain.clone().check()?.plain()?;
    let params = TextParams {
        terms: features.parse()?,
        weighing: Weighing::Presence,
        min_documents: 1,
        max_terms: None,
    };
    let (found, x) = TextFeatures::fit(&params, &corpus, &chain, &words, &pool, |_| true)?;
    let tested = Rows::Sparse(found.transform(&others, &pool, |_| true)?);
    println!("features {:.1} s, {} numbers", begun.elapsed().as_secs_f64(), x.nonzeros());
    let begun = Instant::now();
    let hidden: Vec<usize> = hidden.split(',').filter_map(|h| h.parse().ok()).collect();
    let params = NetParams {
        hidden,
        dimension: dimension.parse()?,
        min_examples: least.parse()?,
        dropout: dropout.parse()?,
        epochs: epochs.parse()?,
        until: None,
        batch: 64,
        learning_rate: rate.parse()?,
        weight_decay: 0.0,
        patience: 100,
        loss: Loss::Mse,
        seed: 1,
    };
    let truth = Target::Classes { names: names.clone(), of: right.clone() };
    let fit = params.fit_bag(
        (&Rows::Sparse(x), &train.target),
        Some((&tested, &truth)),
        names.len(),
        &pool,
        &mut |e| {
            println!("{} {:.4} {:.4} {:.1} s", e.epoch, e.train_loss, e.valid_loss, e.seconds);
            true
        },
    )?;
    let said = fit.net.probabilities(&tested, &pool)?;
    let hits =
        said.chunks(names.len()).zip(&right).filter(|(p, k)| p.iter().all(|v| *v <= p[**k as usize])).count();
    println!(
        "epoch {}: accuracy {:.4}, {:.1} s, {} embeddings",
        fit.best_epoch,
        hits as f64 / right.len() as f64,
        begun.elapsed().as_secs_f64(),
        fit.net.parts().seen.len()
    );
    Ok(())
}

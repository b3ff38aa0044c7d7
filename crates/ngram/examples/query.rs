//! `query MODEL TEXT`.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let a: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let model = gyeol_ngram::Model::open(a[1].as_ref())?;
    eprintln!("opened {:.4}", t.elapsed().as_secs_f64());
    if a.get(3).is_some() { model.verify(&gyeol_tensor::Pool::new(0))?; eprintln!("verified {:.4}", t.elapsed().as_secs_f64()); }
    let p = gyeol_ngram::perplexity(&model, &mut gyeol_ngram::Source::open(&a[2])?, gyeol_ngram::Protocol::Sentence)?;
    eprintln!("{:.4} {p:?} {:.2} M/s", t.elapsed().as_secs_f64(), p.tokens as f64 / t.elapsed().as_secs_f64() / 1e6);
    Ok(())
}

//! Text to ARPA: `estimate TEXT OUT ORDER [MEMORY_MIB] [prune,…]`.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let a: Vec<String> = std::env::args().collect();
    let pool = gyeol_tensor::Pool::new(0);
    let t = std::time::Instant::now();
    let options = gyeol_ngram::Options {
        order: a[3].parse()?,
        memory: a.get(4).map_or(Ok(4096), |m| m.parse())? << 20,
        prune: a.get(5).map_or(Ok(vec![]), |p| p.split(',').map(str::parse).collect())?,
        corpus: gyeol_ngram::CorpusOptions { keep_blank_lines: true, ..Default::default() },
        ..Default::default()
    };
    let made = gyeol_ngram::estimate(&mut gyeol_ngram::Source::open(&a[1])?, &options, &pool, &mut |s| {
        if !matches!(s, gyeol_ngram::Stage::Reading(_)) {
            eprintln!("{:.2} {s:?}", t.elapsed().as_secs_f64());
        }
    })?;
    eprintln!("{:.2} estimated {:?}", t.elapsed().as_secs_f64(), made.report);
    match a[2].rsplit_once('.') {
        Some((_, "arpa")) => gyeol_ngram::write_arpa(&made.tables, &mut std::fs::File::create(&a[2])?, &pool)?,
        Some((_, "q8")) => gyeol_ngram::write_binary(&made.tables, gyeol_ngram::Layout::Compact { bits: 8 }, "{}", a[2].as_ref(), &pool)?,
        _ => gyeol_ngram::write_binary(&made.tables, gyeol_ngram::Layout::Probing, "{}", a[2].as_ref(), &pool)?,
    }
    eprintln!("{:.2} written", t.elapsed().as_secs_f64());
    Ok(())
}

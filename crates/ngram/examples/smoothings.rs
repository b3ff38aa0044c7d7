//! The effect of each smoothing and order on one small table: `smoothings TRAIN VALIDATION TEST [ORDER]`.
//!
//! Perplexity by the sentence protocol. Smoothings that give unseen words no mass have none.

use gyeol_ngram::smoothing::{SMOOTHINGS, jelinek_mercer};
use gyeol_ngram::{Layout, NgramModel, Options, Protocol, Smoothing, Source, count, perplexity};
use gyeol_tensor::Pool;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let [train, validation, test, rest @ ..] = &files[..] else {
        return Err("usage: smoothings TRAIN VALIDATION TEST [ORDER]".into());
    };
    let most: usize = rest.first().map_or(Ok(3), |order| order.parse())?;
    let pool = Pool::new(0);
    print!("{:24}", "perplexity");
    (1..=most).for_each(|order| print!("{order:>12}"));
    println!();
    let mut rows = vec![String::new(); SMOOTHINGS.len()];
    for order in 1..=most {
        let mut options = Options { order, ..Options::default() };
        let counted = count(&mut Source::open(train)?, &options, &pool, &mut |_| true)?;
        for (name, row) in SMOOTHINGS.iter().zip(&mut rows) {
            options.smoothing = name.parse()?;
            if let Smoothing::JelinekMercer { weights } = &mut options.smoothing {
                *weights =
                    jelinek_mercer::learn(&counted, &mut Source::open(validation)?, 50, &pool, &mut |_| {
                        true
                    })?;
            }
            let made = counted.estimate(&options, &pool, &mut |_| true)?;
            let model = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", &pool, &mut |_| true)?;
            let found = perplexity(&model, &mut Source::open(test)?, Protocol::Sentence, &mut |_| true)?;
            row.push_str(&format!("{:12.2}", found.perplexity));
        }
    }
    for (name, row) in SMOOTHINGS.iter().zip(rows) {
        println!("{name:24}{row}");
    }
    Ok(())
}

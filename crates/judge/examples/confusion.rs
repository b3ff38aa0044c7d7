//! Times the confusion matrix, its scores and an area under the ROC curve on labels from a file of `bench/judge/compare.py`:
//! `confusion FILE CLASSES ROUNDS`, rows as two little-endian u32 (label, predicted). Prints JSON, the best of the rounds.

use std::time::Instant;

use gyeol_judge::{Average, Bootstrap, Confusion, Ranked};

/// Milliseconds of the fastest round, and what it gave.
fn best<T>(rounds: usize, mut of: impl FnMut() -> T) -> (f64, T) {
    let mut found = None;
    for _ in 0..rounds.max(1) {
        let begun = Instant::now();
        let value = of();
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        if found.as_ref().is_none_or(|(least, _)| ms < *least) {
            found = Some((ms, value));
        }
    }
    found.unwrap_or_else(|| unreachable!("a round at least"))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, classes, rounds] = &arguments[..] else {
        return Err("confusion FILE CLASSES ROUNDS".into());
    };
    let (bytes, classes, rounds) =
        (std::fs::read(file)?, classes.parse::<usize>()?, rounds.parse::<usize>()?);
    let (pairs, _) = bytes.as_chunks::<8>();
    let at = |pair: &[u8; 8], i: usize| u32::from_le_bytes([pair[i], pair[i + 1], pair[i + 2], pair[i + 3]]);
    let labels: Vec<u32> = pairs.iter().map(|pair| at(pair, 0)).collect();
    let predicted: Vec<u32> = pairs.iter().map(|pair| at(pair, 4)).collect();

    let (confusion_ms, found) = best(rounds, || Confusion::of(&labels, &predicted, classes, None));
    let found = found?;
    let (scores_ms, scores) = best(rounds, || {
        let f = found.average(Average::Macro, 1.0).f;
        (found.accuracy(), found.balanced_accuracy(), f, found.matthews())
    });
    let positive: Vec<bool> = labels.iter().map(|&label| label > 0).collect();
    let numbers: Vec<f64> = predicted.iter().map(|&p| f64::from(p)).collect();
    let (area_ms, area) = best(rounds, || Ranked::new(&numbers).and_then(|r| r.roc_area(&positive, None)));
    let (accuracy, balanced, f, matthews) = scores;
    let (plan_ms, _) = best(1, || Bootstrap::new(labels.len(), 1, 20, 0).counts(19));
    println!(
        "{{\"rows\": {}, \"classes\": {classes}, \"confusion_ms\": {confusion_ms:.3}, \"scores_ms\": {scores_ms:.3}, \"area_ms\": \
         {area_ms:.3}, \"twenty_draws_ms\": {plan_ms:.3}, \"accuracy\": {accuracy:?}, \"balanced\": {balanced:?}, \"f\": {f:?}, \
         \"matthews\": {matthews:?}, \"area\": {:?}}}",
        labels.len(),
        area?
    );
    Ok(())
}

//! What a model makes of single lines, and the lines that it makes up.

use std::path::Path;

use gyeol_base::Result;
use gyeol_lm::AnyLm;
use gyeol_ngram::{Sampling, ScoresWords, sample, score_words};
use gyeol_report::model::{LineExample, LineKind};
use gyeol_text::lines::TokenLines;

use super::judge::Sums;
use super::parts::each_line;

/// Words of a line that is shown.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=25;
/// Lines of each kind.
const EACH: usize = 3;
/// Lines that a rung makes up.
const SAMPLES: u64 = 3;
/// Words of such a line, at most.
const LONGEST: usize = 25;
/// Where a token is less than a word.
const LONGEST_IN_PIECES: usize = 150;

/// Easy, typical and hard lines of the test part, word by word: neighbours at the 5th, 50th and 95th hundredth of bits a token.
pub(super) fn lines(scored: &[Sums], plain: &AnyLm, chosen: &AnyLm, test: &Path) -> Result<Vec<LineExample>> {
    let mut order: Vec<(f64, usize)> = scored
        .iter()
        .enumerate()
        .filter(|(_, line)| LENGTHS.contains(&(line.tokens as usize - 1)) && line.log10.is_finite())
        .map(|(i, line)| (-line.log10 / line.tokens, i))
        .collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut wanted: Vec<(usize, LineKind)> = Vec::new();
    for (kind, share) in [(LineKind::Easy, 0.05), (LineKind::Typical, 0.5), (LineKind::Hard, 0.95)] {
        let first = ((order.len() as f64 * share) as usize).min(order.len().saturating_sub(EACH));
        for &(_, line) in order.iter().skip(first).take(EACH) {
            if wanted.iter().all(|(known, _)| *known != line) {
                wanted.push((line, kind));
            }
        }
    }
    let mut texts: Vec<Option<String>> = vec![None; wanted.len()];
    let mut number = 0;
    each_line(test, &mut |text| {
        for (slot, _) in texts.iter_mut().zip(&wanted).filter(|(_, (line, _))| *line == number) {
            *slot = Some(text.to_owned());
        }
        number += 1;
    })?;
    let bits = |log10: f32| f64::from(-log10) * std::f64::consts::LOG2_10;
    Ok(wanted
        .iter()
        .zip(texts)
        .filter_map(|(&(_, kind), text)| {
            let text = text?;
            let words: Vec<&str> = text.split(' ').collect();
            let by_chosen = score_words(chosen, &words);
            Some(LineExample {
                kind,
                plain: score_words(plain, &words).iter().map(|s| bits(s.log10)).collect(),
                chosen: by_chosen.iter().map(|s| bits(s.log10)).collect(),
                matched: by_chosen.iter().map(|s| s.matched).collect(),
                words: words.iter().map(|w| (*w).to_owned()).chain(["</s>".to_owned()]).collect(),
            })
        })
        .collect())
}

/// Lines that a model makes up.
pub(super) fn samples(model: &AnyLm, lines: &TokenLines, seed: u64) -> Result<Vec<String>> {
    let longest = if lines.in_pieces() { LONGEST_IN_PIECES } else { LONGEST };
    (0..SAMPLES)
        .map(|i| {
            let how = Sampling { max: longest, seed: seed.wrapping_add(i), ..Sampling::default() };
            let words = sample(model, &[], &how)?;
            let mut text = lines.text(words.iter().map(|&id| model.word(id)));
            if words.len() == longest {
                text.push_str(" …");
            }
            Ok(text)
        })
        .collect()
}

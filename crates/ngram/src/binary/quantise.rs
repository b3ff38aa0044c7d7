//! A codebook for floats: equally filled bins at first, then Lloyd's steps towards the least squared error (Lloyd 1982).

use gyeol_base::Result;

use crate::watch::sort_by;

/// Bins that values are summed in before the steps.
const FINE: usize = 1 << 16;
const STEPS: usize = 30;

/// Rising values of a codebook with at most 2^bits entries.
///
/// # Errors
/// Stopped.
pub(crate) fn codebook(values: &[f32], bits: u8, ask: &mut dyn FnMut() -> Result<()>) -> Result<Vec<f32>> {
    let size = 1usize << bits;
    let mut sorted: Vec<f32> = values.to_vec();
    sort_by(&mut sorted, f32::total_cmp, ask)?;
    let mut distinct: Vec<f32> = Vec::new();
    for &value in &sorted {
        if distinct.last() != Some(&value) {
            if distinct.len() == size {
                distinct.clear();
                break;
            }
            distinct.push(value);
        }
    }
    if !distinct.is_empty() || sorted.is_empty() {
        return Ok(distinct);
    }
    // Values that are not finite would spoil the means: they keep entries of their own.
    let infinite = sorted.iter().take_while(|v| !v.is_finite()).count();
    let special = usize::from(infinite > 0);
    let sorted = &sorted[infinite..];
    let size = size - special;
    let chunk = sorted.len().div_ceil(FINE).max(1);
    let points: Vec<(f64, f64)> = sorted
        .chunks(chunk)
        .map(|c| (c.iter().map(|&v| f64::from(v)).sum::<f64>() / c.len() as f64, c.len() as f64))
        .collect();
    let mut sums = vec![(0f64, 0f64)];
    for &(mean, weight) in &points {
        let (sum, count) = sums[sums.len() - 1];
        sums.push((sum + mean * weight, count + weight));
    }
    let mut borders: Vec<usize> = (0..=size).map(|i| i * points.len() / size).collect();
    let mut centres = vec![0f64; size];
    for _ in 0..STEPS {
        for i in 0..size {
            let (a, b) = (sums[borders[i]], sums[borders[i + 1]]);
            if b.1 > a.1 {
                centres[i] = (b.0 - a.0) / (b.1 - a.1);
            }
        }
        for i in 1..size {
            let middle = (centres[i - 1] + centres[i]) / 2.0;
            let border = points.partition_point(|p| p.0 < middle);
            borders[i] = border.clamp(borders[i - 1], points.len());
        }
    }
    let mut out: Vec<f32> = centres.iter().map(|&c| c as f32).collect();
    if special > 0 {
        out.insert(0, f32::NEG_INFINITY);
    }
    out.sort_unstable_by(f32::total_cmp);
    out.dedup();
    Ok(out)
}

/// The entry nearest to a value.
#[inline]
pub(crate) fn nearest(codebook: &[f32], value: f32) -> u64 {
    let above = codebook.partition_point(|&c| c < value);
    if above == 0 {
        return 0;
    }
    if above == codebook.len() || (value - codebook[above - 1]) < (codebook[above] - value) {
        return above as u64 - 1;
    }
    above as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codebook(values: &[f32], bits: u8) -> Vec<f32> {
        super::codebook(values, bits, &mut || Ok(())).unwrap()
    }

    #[test]
    fn few_values_are_kept_and_many_are_met_closely() {
        assert_eq!(codebook(&[-1.0, 0.0, -1.0, -2.5], 4), [-2.5, -1.0, 0.0]);
        let values: Vec<f32> = (0..100_000).map(|i| -(i as f32 / 12_500.0).powi(2)).collect();
        let book = codebook(&values, 8);
        assert_eq!(book.len(), 256);
        let worst = |bits: u8| {
            let book = codebook(&values, bits);
            values.iter().map(|&v| f64::from(book[nearest(&book, v) as usize] - v).powi(2)).sum::<f64>()
                / values.len() as f64
        };
        // One bit more quarters the squared error.
        assert!((3.0..5.0).contains(&(worst(7) / worst(8))), "{}", worst(7) / worst(8));
    }
}

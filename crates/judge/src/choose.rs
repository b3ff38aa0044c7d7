//! Rules of choice on validation.

/// The place of the least value; what is not a number comes last, and of equals the first is taken.
///
/// ```
/// assert_eq!(gyeol_judge::least([3.0, f64::NAN, 1.0, 1.0]), Some(2));
/// assert_eq!(gyeol_judge::least([]), None);
/// ```
pub fn least(values: impl IntoIterator<Item = f64>) -> Option<usize> {
    let last = |value: f64| if value.is_nan() { f64::INFINITY } else { value };
    let found = values.into_iter().map(last).enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    found.map(|(place, _)| place)
}

/// The cheapest choice that is no worse than the best by more than one standard error of their difference over units
/// (Breiman, Friedman, Olshen and Stone 1984); each choice has its cost and its units as (loss, weight), all over the same
/// units.
///
/// # Panics
/// If there is no choice.
///
/// ```
/// let near = [(7.0, 1.0), (6.0, 1.0), (7.5, 1.0), (6.6, 1.0)];
/// let best = [(6.9, 1.0), (6.3, 1.0), (7.2, 1.0), (6.6, 1.0)];
/// assert_eq!(gyeol_judge::fewest_within_one_error(&[(50, &best), (20, &near)]), 1);
/// ```
pub fn fewest_within_one_error<C: Ord>(tried: &[(C, &[(f64, f64)])]) -> usize {
    let mean = |units: &[(f64, f64)]| {
        let weight: f64 = units.iter().map(|(_, weight)| weight).sum();
        units.iter().map(|(loss, _)| loss).sum::<f64>() / weight
    };
    // Of equals the cheaper one is listed first.
    let best = least(tried.iter().map(|(_, units)| mean(units)));
    let best = best.unwrap_or_else(|| panic!("nothing to choose from"));
    let within = |place: usize| {
        let (a, b) = (tried[best].1, tried[place].1);
        let weight: f64 = a.iter().map(|(_, weight)| weight).sum();
        let mean = a.iter().zip(b).map(|(a, b)| b.0 - a.0).sum::<f64>() / weight;
        let squares: f64 = a.iter().zip(b).map(|(a, b)| (b.0 - a.0 - mean * a.1).powi(2)).sum();
        mean <= squares.sqrt() / weight
    };
    let good = (0..tried.len()).filter(|&place| place == best || within(place));
    good.min_by(|&a, &b| tried[a].0.cmp(&tried[b].0)).unwrap_or(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_within_one_error_is_chosen() {
        let units = |losses: [f64; 4]| losses.map(|loss| (loss, 10.0));
        let worse = units([80.0, 81.0, 80.0, 82.0]);
        let near = units([70.0, 60.0, 75.0, 66.0]);
        let best = units([69.0, 63.0, 72.0, 66.0]);
        assert_eq!(fewest_within_one_error(&[(10, &worse[..]), (50, &best), (20, &near)]), 2);
        assert_eq!(fewest_within_one_error(&[(10, &worse[..]), (50, &best)]), 1);
        assert_eq!(fewest_within_one_error(&[(10, &worse[..])]), 0);
    }
}

//! The largest of many numbers, without sorting them all.

/// The places of the `most` largest of `n` numbers, largest first, equal ones in order.
pub fn largest(n: usize, most: usize, value: impl Fn(usize) -> f64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    let by = |a: &u32, b: &u32| value(*b as usize).total_cmp(&value(*a as usize)).then(a.cmp(b));
    if most < n {
        order.select_nth_unstable_by(most, by);
        order.truncate(most);
    }
    order.sort_unstable_by(by);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_come_first_and_equal_ones_in_order() {
        let numbers = [2.0, 5.0, 5.0, 1.0, 3.0];
        for (most, want) in [(0, &[][..]), (2, &[1, 2]), (4, &[1, 2, 4, 0]), (5, &[1, 2, 4, 0, 3])] {
            assert_eq!(largest(5, most, |i| numbers[i]), want);
            assert_eq!(largest(5, most + 9, |i| numbers[i]), [1, 2, 4, 0, 3]);
        }
    }
}

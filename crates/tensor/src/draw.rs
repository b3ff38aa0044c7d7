//! One of several things drawn by its weight: with a temperature (Ackley, Hinton and Sejnowski 1985), among the heaviest
//! alone (Fan, Lewis and Dauphin 2018), or among those that have a mass together (Holtzman et al. 2020).

use crate::Rng;

/// How something is drawn from weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// Weights are raised to 1 / temperature; 0 always takes the heaviest.
    pub temperature: f64,
    /// Only the so many heaviest are drawn; 0 for all.
    pub top_k: usize,
    /// Only the heaviest that together have this share are drawn; 1 for all.
    pub top_p: f64,
}

impl Default for Draw {
    /// By the weights as they are.
    fn default() -> Self {
        Draw { temperature: 1.0, top_k: 0, top_p: 1.0 }
    }
}

impl Draw {
    /// Whether the temperature is a number of at least 0 and the share above 0 and at most 1.
    pub fn is_fine(&self) -> bool {
        self.temperature.is_finite() && self.temperature >= 0.0 && self.top_p > 0.0 && self.top_p <= 1.0
    }

    /// The place of one of the weights, of equals the first before the others; none if nothing has any.
    ///
    /// ```
    /// use gyeol_tensor::{Draw, Rng};
    /// let heaviest = Draw { temperature: 0.0, ..Draw::default() };
    /// assert_eq!(heaviest.of(&[0.2, 0.5, 0.3], &mut Rng::new(0)), Some(1));
    /// assert_eq!(heaviest.of(&[0.0, 0.0], &mut Rng::new(0)), None);
    /// ```
    pub fn of(&self, weights: &[f64], rng: &mut Rng) -> Option<usize> {
        let mut order: Vec<usize> = (0..weights.len()).filter(|&w| weights[w] > 0.0).collect();
        let rank = |a: &usize, b: &usize| weights[*b].total_cmp(&weights[*a]).then(a.cmp(b));
        if self.temperature == 0.0 {
            return order.into_iter().min_by(rank);
        }
        if self.top_k > 0 || self.top_p < 1.0 {
            order.sort_unstable_by(rank);
            if self.top_k > 0 {
                order.truncate(self.top_k);
            }
            let total: f64 = order.iter().map(|&w| weights[w]).sum();
            let mut mass = 0.0;
            let kept = order.iter().position(|&w| {
                mass += weights[w];
                mass >= self.top_p * total
            });
            order.truncate(kept.map_or(order.len(), |last| last + 1));
        }
        let top = order.iter().map(|&w| weights[w]).fold(0.0, f64::max);
        // Relative to the largest, so that a low temperature does not make all of them vanish.
        let heated: Vec<f64> =
            order.iter().map(|&w| (weights[w] / top).powf(1.0 / self.temperature)).collect();
        let mut left = rng.uniform() * heated.iter().sum::<f64>();
        for (&place, &weight) in order.iter().zip(&heated) {
            left -= weight;
            if left < 0.0 {
                return Some(place);
            }
        }
        order.last().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_weights_and_their_limits() {
        let weights = [0.0, 0.0, 0.5, 0.3, 0.2];
        let share = |how: &Draw| {
            let mut rng = Rng::new(5);
            let mut counts = [0f64; 5];
            for _ in 0..20_000 {
                counts[how.of(&weights, &mut rng).unwrap()] += 1.0 / 20_000.0;
            }
            counts
        };
        // Standard error of a share is at most 0.0036; five of them.
        let near = |found: [f64; 5], wanted: [f64; 5]| {
            assert!(found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 0.018), "{found:?} {wanted:?}");
        };
        let how = Draw::default();
        near(share(&how), weights);
        near(share(&Draw { temperature: 0.0, ..how }), [0.0, 0.0, 1.0, 0.0, 0.0]);
        // Temperature 1/2 squares: 25, 9, 4 of 38.
        let squared = [0.0, 0.0, 25.0 / 38.0, 9.0 / 38.0, 4.0 / 38.0];
        near(share(&Draw { temperature: 0.5, ..how }), squared);
        near(share(&Draw { top_k: 2, ..how }), [0.0, 0.0, 0.625, 0.375, 0.0]);
        near(share(&Draw { top_p: 0.5, ..how }), [0.0, 0.0, 1.0, 0.0, 0.0]);
        near(share(&Draw { top_p: 0.51, ..how }), [0.0, 0.0, 0.625, 0.375, 0.0]);
        assert!(how.is_fine() && !Draw { top_p: 0.0, ..how }.is_fine());
    }
}

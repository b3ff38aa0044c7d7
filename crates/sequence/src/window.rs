//! A label from the units around: an averaged perceptron (Freund and Schapire 1999; Collins 2002) over what stands at each of
//! five places and at each two neighbouring ones, hashed into one table.

/// Places of the table a label; a power of two.
const PLACES: usize = 1 << 18;
/// Features of a unit: five units, four pairs, one of three, and one that is always there.
const FEATURES: usize = 11;
/// What stands before the first and after the last unit.
pub(crate) const OUTSIDE: u32 = u32::MAX;
/// The distances of the units that each feature looks at, in the order of `features`.
const LOOKS: [&[isize]; FEATURES] =
    [&[-2], &[-1], &[0], &[1], &[2], &[-2, -1], &[-1, 0], &[0, 1], &[1, 2], &[-1, 0, 1], &[]];

/// The weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    labels: usize,
    /// (places, labels).
    weights: Vec<f32>,
}

/// The units of a feature by their distance, and its weight.
pub(crate) type Weighed = (Vec<(isize, u32)>, f64);

/// FNV-1a over numbers.
fn place(numbers: [u32; 4]) -> usize {
    let hash = numbers.iter().flat_map(|n| n.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 29)) as usize & (PLACES - 1)
}

fn unit(ids: &[u32], at: usize, by: isize) -> u32 {
    at.checked_add_signed(by).and_then(|i| ids.get(i)).copied().unwrap_or(OUTSIDE)
}

fn features(ids: &[u32], at: usize) -> [usize; FEATURES] {
    let [a, b, c, d, e] = [-2, -1, 0, 1, 2].map(|by| unit(ids, at, by));
    [
        [0, a, 0, 0],
        [1, b, 0, 0],
        [2, c, 0, 0],
        [3, d, 0, 0],
        [4, e, 0, 0],
        [5, a, b, 0],
        [6, b, c, 0],
        [7, c, d, 0],
        [8, d, e, 0],
        [9, b, c, d],
        [10, 0, 0, 0],
    ]
    .map(place)
}

impl Window {
    /// Learns from sequences of ids and labels in their order; `go_on` is asked after each round.
    pub fn fit(
        sequences: &[(Vec<u32>, Vec<u32>)],
        labels: usize,
        rounds: usize,
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> Option<Window> {
        let mut now = vec![0.0f32; PLACES * labels];
        // Sum of the moves, each times the unit at which it came (Daumé 2006): the mean is w − u / units.
        let mut moved = vec![0.0f64; PLACES * labels];
        let mut seen = 1u64;
        for round in 0..rounds {
            for (ids, right) in sequences {
                for (at, &label) in right.iter().enumerate() {
                    let places = features(ids, at);
                    let said = best(&now, &places, labels);
                    if said != label {
                        for place in places {
                            let row = place * labels;
                            now[row + label as usize] += 1.0;
                            now[row + said as usize] -= 1.0;
                            moved[row + label as usize] += seen as f64;
                            moved[row + said as usize] -= seen as f64;
                        }
                    }
                    seen += 1;
                }
            }
            if !go_on(round) {
                return None;
            }
        }
        let mean = now.iter().zip(&moved).map(|(w, u)| (f64::from(*w) - u / seen as f64) as f32);
        Some(Window { labels, weights: mean.collect() })
    }

    /// Weights of so many labels.
    pub fn from_weights(labels: usize, weights: Vec<f32>) -> Option<Window> {
        (labels > 0 && weights.len() == PLACES * labels && weights.iter().all(|w| w.is_finite()))
            .then_some(Window { labels, weights })
    }

    /// (places, labels).
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The label of a unit, the runner-up (the same where there is no other), and what each feature says for the one against the
    /// other.
    pub(crate) fn spoke(&self, ids: &[u32], at: usize) -> (u32, u32, Vec<Weighed>) {
        let places = features(ids, at);
        let first = best(&self.weights, &places, self.labels);
        let sum =
            |label: usize| places.iter().map(|place| self.weights[place * self.labels + label]).sum::<f32>();
        let others = (0..self.labels).filter(|&label| label != first as usize);
        let second = others.fold(None, |best: Option<usize>, label| match best {
            Some(best) if sum(best) >= sum(label) => Some(best),
            _ => Some(label),
        });
        let second = second.unwrap_or(first as usize);
        let weight = |place: &usize, label: usize| f64::from(self.weights[place * self.labels + label]);
        let told = places.iter().zip(LOOKS).map(|(place, looks)| {
            let units = looks.iter().map(|&by| (by, unit(ids, at, by))).collect();
            (units, weight(place, first as usize) - weight(place, second))
        });
        (first, second as u32, told.collect())
    }

    /// The label of each unit.
    pub fn tags(&self, ids: &[u32]) -> Vec<u32> {
        (0..ids.len()).map(|at| best(&self.weights, &features(ids, at), self.labels)).collect()
    }
}

/// The label with the largest sum, the first of equals.
fn best(weights: &[f32], places: &[usize; FEATURES], labels: usize) -> u32 {
    let sum = |label: usize| places.iter().map(|place| weights[place * labels + label]).sum::<f32>();
    let (mut best, mut most) = (0, f32::NEG_INFINITY);
    for label in 0..labels {
        let sum = sum(label);
        if sum > most {
            (best, most) = (label as u32, sum);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_the_neighbours_tell_is_learnt() {
        let sequence = |seed: u32| -> (Vec<u32>, Vec<u32>) {
            let ids: Vec<u32> = (0..9).map(|t| (seed * 7 + t * t + seed / 3) % 5).collect();
            let labels = (0..9).map(|t| u32::from(t > 0 && ids[t] > ids[t - 1])).collect();
            (ids, labels)
        };
        let all: Vec<_> = (0..200).map(sequence).collect();
        let window = Window::fit(&all[..150], 2, 5, &mut |_| true).unwrap();
        let pairs = all[150..].iter().flat_map(|(ids, labels)| window.tags(ids).into_iter().zip(labels));
        let right = pairs.filter(|(said, right)| said == *right).count();
        assert!(right > 430, "{right} of 450");
        assert_eq!(Window::from_weights(2, window.weights().to_vec()).unwrap(), window);
        assert!(Window::from_weights(3, window.weights().to_vec()).is_none());
        assert!(Window::fit(&all, 2, 5, &mut |round| round < 1).is_none() && window.tags(&[]).is_empty());
    }
}

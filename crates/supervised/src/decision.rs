//! Which of two classes is said where mistakes do not cost the same (Elkan 2001): the second one from a probability on that
//! was chosen on the validation part. Probabilities stay as they are.

use serde::{Deserialize, Serialize};

use crate::machine::Said;

/// A threshold with the costs that it was chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The second class is said from this probability of it on.
    pub threshold: f64,
    /// What an example of the first class costs where the second is said, and one of the second where the first is.
    pub costs: [f64; 2],
}

impl Decision {
    /// The class of each example; none of numbers.
    pub fn classes(&self, said: &Said) -> Vec<u32> {
        match said {
            Said::Classes(p) if p.cols() == 2 => {
                (0..p.rows()).map(|row| u32::from(p.at(row, 1) >= self.threshold)).collect()
            }
            _ => said.classes(),
        }
    }

    /// What an answer costs; one to an example of a class beyond the two costs as much as the dearer mistake.
    pub fn cost(&self, right: u32, said: u32) -> f64 {
        match right {
            _ if right == said => 0.0,
            0 | 1 => self.costs[right as usize],
            _ => self.costs[0].max(self.costs[1]),
        }
    }

    /// Whether its numbers are such that an answer can be given.
    pub fn sound(&self) -> bool {
        self.threshold.is_finite() && self.costs.iter().all(|cost| cost.is_finite() && *cost >= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_vectors::matrix::Dense;

    #[test]
    fn the_second_class_is_said_from_the_threshold_on_and_mistakes_cost_what_was_said() {
        let rule = Decision { threshold: 0.2, costs: [1.0, 4.0] };
        let said = Said::Classes(Dense::new(3, 2, vec![0.9, 0.1, 0.8, 0.2, 0.3, 0.7]).unwrap());
        assert_eq!(rule.classes(&said), [0, 1, 1]);
        assert_eq!(said.classes(), [0, 0, 1]);
        let pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)];
        assert_eq!(pairs.map(|(right, said)| rule.cost(right, said)), [0.0, 1.0, 4.0, 0.0, 4.0]);
        assert!(rule.sound() && !Decision { threshold: f64::NAN, ..rule }.sound());
        assert!(!Decision { costs: [-1.0, 0.0], ..rule }.sound());
    }
}

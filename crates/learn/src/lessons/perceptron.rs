//! The perceptron looked at: y = step(x w + b), which is x w ≥ θ with θ = -b; each update on AND, OR and NAND, and XOR, which no
//! line parts (Minsky and Papert 1969), where it goes round in a circle.

use gyeol_base::{Fault, Result};
use gyeol_vectors::matrix::Dense;
use serde::Serialize;

use super::small::Small;
use crate::features::Features;
use crate::perceptron::PerceptronParams;

/// Rounds after which a gate that is not learnt is given up.
const ROUNDS: usize = 50;

/// A mistake and what it changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Update {
    /// Round over the rows, from 1.
    pub round: usize,
    /// Row, from 1.
    pub row: usize,
    /// x of it.
    pub x: Vec<f64>,
    /// The answer wanted: 0 or 1.
    pub target: u8,
    /// x w + b before; 0 decides nothing and is a mistake.
    pub score: f64,
    /// w after: w + x, or w - x.
    pub w: Vec<f64>,
    /// b after: b + 1, or b - 1.
    pub b: f64,
}

/// A round that ends with the weights with which an earlier one ended: everything between comes again for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Circle {
    /// The earlier round, from 1; 0 for the start.
    pub from: usize,
    /// Rounds until it comes again.
    pub rounds: usize,
}

/// A perceptron on one table of two classes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// `AND`, `OR`, `NAND`, `XOR`, or the name of the answer.
    pub name: String,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// X.
    pub x: Vec<Vec<f64>>,
    /// y: 0 or 1.
    pub y: Vec<u8>,
    /// Every mistake, up to the end of the first circle.
    pub updates: Vec<Update>,
    /// Mistakes of each round.
    pub mistakes: Vec<usize>,
    /// Whether a round passed without a mistake.
    pub learnt: bool,
    /// Where it goes round in a circle.
    pub circle: Option<Circle>,
    /// w at the end.
    pub w: Vec<f64>,
    /// b at the end.
    pub b: f64,
    /// θ = -b.
    pub threshold: f64,
    /// What it says of each row at the end.
    pub said: Vec<u8>,
}

/// The lesson.
///
/// ```
/// use gyeol_learn::lessons::PerceptronLesson;
/// let lesson = PerceptronLesson::gates()?;
/// let learnt: Vec<_> = lesson.gates.iter().map(|gate| (gate.name.as_str(), gate.learnt)).collect();
/// assert_eq!(learnt, [("AND", true), ("OR", true), ("NAND", true), ("XOR", false)]);
/// # Ok::<(), gyeol_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerceptronLesson {
    /// One after another.
    pub gates: Vec<Gate>,
}

impl PerceptronLesson {
    /// AND, OR, NAND and XOR.
    ///
    /// # Errors
    /// None.
    pub fn gates() -> Result<Self> {
        let x: Vec<Vec<f64>> =
            [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].map(|row| row.to_vec()).to_vec();
        let inputs = vec!["x1".to_owned(), "x2".to_owned()];
        let gate = |(name, y): (&str, [u8; 4])| Gate::learnt(name, inputs.clone(), x.clone(), y.to_vec());
        let truths =
            [("AND", [0, 0, 0, 1]), ("OR", [0, 1, 1, 1]), ("NAND", [1, 1, 1, 0]), ("XOR", [0, 1, 1, 0])];
        Ok(PerceptronLesson { gates: truths.into_iter().map(gate).collect::<Result<_>>()? })
    }

    /// A table of two classes.
    ///
    /// # Errors
    /// As [`Small`] has them; another count of classes than two (`two-classes`).
    pub fn of(table: &Small) -> Result<Self> {
        table.checked(true)?;
        if table.classes.len() != 2 {
            let found = format!("{} classes of '{}'", table.classes.len(), table.target);
            return Err(Fault::new("two-classes", found)
                .next("give rows of two, or see gyeol explain softmax")
                .input());
        }
        let y = table.y.iter().map(|&y| y as u8).collect();
        Ok(PerceptronLesson {
            gates: vec![Gate::learnt(&table.target, table.inputs.clone(), table.x.clone(), y)?],
        })
    }
}

impl Gate {
    fn learnt(name: &str, inputs: Vec<String>, x: Vec<Vec<f64>>, y: Vec<u8>) -> Result<Gate> {
        let rows = Dense::new(x.len(), inputs.len(), x.concat())?;
        let labels: Vec<u32> = y.iter().map(|&y| u32::from(y)).collect();
        let params = PerceptronParams { epochs: ROUNDS, ..PerceptronParams::default() };
        let mut changes: Vec<(usize, Vec<f64>, f64)> = Vec::new();
        let fit = params.watch(Features::Dense(&rows), &labels, 2, &mut |row, w, b| {
            changes.push((row, w.to_vec(), b[0]));
        })?;
        let (mut w, mut b) = (vec![0.0; inputs.len()], 0.0);
        let (mut updates, mut ends) = (Vec::new(), vec![(w.clone(), b)]);
        let mut changes = changes.into_iter();
        let (mut mistakes, mut circle) = (Vec::new(), None);
        for (round, &wrong) in fit.mistakes.iter().enumerate() {
            for (row, new_w, new_b) in changes.by_ref().take(wrong) {
                let score = x[row].iter().zip(&w).map(|(x, w)| x * w).sum::<f64>() + b;
                (w, b) = (new_w, new_b);
                let (x, w) = (x[row].clone(), w.clone());
                updates.push(Update { round: round + 1, row: row + 1, x, target: y[row], score, w, b });
            }
            mistakes.push(wrong);
            if let Some(from) = ends.iter().position(|end| *end == (w.clone(), b)).filter(|_| wrong > 0) {
                circle = Some(Circle { from, rounds: round + 1 - from });
                break;
            }
            ends.push((w.clone(), b));
        }
        let say = |row: &Vec<f64>| u8::from(row.iter().zip(&w).map(|(x, w)| x * w).sum::<f64>() + b > 0.0);
        let said = x.iter().map(say).collect();
        let (name, learnt, threshold) = (name.to_owned(), fit.separated, -b);
        Ok(Gate { name, inputs, x, y, updates, mistakes, learnt, circle, w, b, threshold, said })
    }
}

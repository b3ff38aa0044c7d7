//! What a machine does on examples that a climb did not see.

use std::collections::BTreeMap;

use gyeol_base::{Fault, Result, Warning};
use gyeol_judge::{Bootstrap, Confusion, Interval};
use gyeol_supervised::{Examples, MOST_SEEN, Machine, Target};
use gyeol_tensor::Pool;

use super::judge;

/// Mistakes that are listed, and classes up to which all are counted.
const MISTAKEN: usize = 20;
const SQUARE: usize = 1000;
/// Draws of the bootstrap.
const DRAWS: usize = 1000;

/// Scores on examples.
#[derive(Debug, Clone)]
pub struct ExampleScores {
    /// How many.
    pub examples: usize,
    /// Of classes that the machine does not know.
    pub unseen: usize,
    /// That the machine has learnt from or was chosen on; none where it keeps no fingerprints.
    pub seen_in_fit: Option<usize>,
    /// Metrics with their intervals.
    pub metrics: BTreeMap<String, Interval>,
    /// Classes, those that the machine does not know last; none of numbers.
    pub labels: Vec<String>,
    /// Rows of right classes, columns of said ones; empty for more than a thousand classes.
    pub counts: Vec<Vec<u64>>,
    /// The commonest mistakes: right, said, how often.
    pub mistaken: Vec<(String, String, u64)>,
    /// What deserves to be said.
    pub warnings: Vec<Warning>,
}

/// Scores a machine on examples.
///
/// # Errors
/// Examples with another kind of target (`other-target`), and as [`Machine::ask`].
pub fn evaluate(machine: &Machine, examples: Examples, seed: u64, pool: &Pool) -> Result<ExampleScores> {
    let known = machine.classes();
    let mut names = known.to_vec();
    for name in examples.class_names() {
        if !known.contains(name) {
            names.push(name.clone());
        }
    }
    if examples.is_classes() == known.is_empty() {
        let found = if known.is_empty() {
            "classes where the model says numbers"
        } else {
            "numbers where the model says classes"
        };
        return Err(Fault::new("other-target", found)
            .file(&examples.name)
            .next("name the column of the truth with --label")
            .input());
    }
    let examples = examples.renamed(&names);
    let (texts, table) = (examples.texts.as_deref(), examples.table.as_ref());
    let (said, mut warnings) = machine.ask(texts, table, pool)?;
    let seen_in_fit = machine.seen_of(texts, table)?;
    if seen_in_fit.is_none() && (machine.reads_texts() || machine.reads_columns()) {
        let words = format!(
            "how many of these examples were learnt from is not known: the model keeps no fingerprints of them, since an \
             earlier version fitted it, or on more than {MOST_SEEN} examples"
        );
        warnings.push(Warning::new("no-fingerprints", words));
    }
    let bootstrap = Bootstrap::new(examples.len(), 1, DRAWS, seed);
    let (mut unseen, mut counts, mut mistaken) = (0, Vec::new(), Vec::new());
    let outcomes = match &examples.target {
        Target::Classes { of, .. } => {
            let table = Confusion::of(of, &machine.decide(&said), names.len(), None)?;
            let name = |class: u32| names[class as usize].clone();
            let missed = table.mistakes(MISTAKEN).into_iter();
            mistaken = missed.map(|(right, said, n)| (name(right), name(said), n as u64)).collect();
            if names.len() <= SQUARE {
                let k = names.len() as u32;
                counts =
                    (0..k).map(|right| (0..k).map(|said| table.at(right, said) as u64).collect()).collect();
            }
            unseen = of.iter().filter(|&&class| class as usize >= known.len()).count();
            judge::classes(&said, of, machine.decision.as_ref())
        }
        Target::Values(truth) => {
            let centre = truth.iter().sum::<f64>() / truth.len().max(1) as f64;
            judge::values(&said, truth, centre)
        }
    };
    let mut metrics = bootstrap.intervals(&outcomes);
    metrics.extend(judge::more(
        &said,
        machine.decision.as_ref(),
        &examples.target,
        known.len(),
        &bootstrap,
        pool,
    ));
    let labels = examples.class_names().to_vec();
    Ok(ExampleScores {
        examples: examples.len(),
        unseen,
        seen_in_fit,
        metrics,
        labels,
        counts,
        mistaken,
        warnings,
    })
}

//! From a recipe to three parts of pairs that share no text.
//!
//! Pairs are the edges of a graph whose nodes are the distinct texts of either side; what hangs together goes to one part.
//! One short answer can tie thousands of pairs together: groups of more than a tenth of the validation or the test part
//! train, the others are drawn.

use std::collections::HashMap;
use std::path::Path;

use gyeol_base::{Error, Fault, Result, shorten};
use gyeol_sequence::MOST_TOKENS;
use gyeol_tensor::Rng;
use gyeol_text::corpus::{Corpus, sha256_of};

use crate::recipe::{PairsRecipe, Shared};
use crate::watch::{Step, Watch};

/// Stream of the draw.
const STREAM: u64 = 0x9a17;

/// One pair, where it stood and what it hangs together with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    pub source: String,
    pub target: String,
    /// Line in the file, from 1.
    pub line: u64,
    /// Number of its group.
    pub group: u64,
}

/// The parts, with what reading left out.
pub struct Prepared {
    pub(super) parts: [Vec<Pair>; 3],
    pub(super) sha256: String,
    /// Groups of pairs that share a text, and pairs of the largest.
    pub(super) groups: (usize, usize),
    /// Pairs without a text on one side, and such as stood before.
    pub(super) empty: u64,
    pub(super) repeated: u64,
    pub(super) notes: Vec<String>,
}

fn resolved(file: &str, beside: Option<&Path>) -> String {
    let found = beside.map(|folder| folder.join(file)).filter(|path| path.exists());
    found.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or_else(|| file.to_owned())
}

fn blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every line of a file.
fn lines(recipe: &PairsRecipe, file: &str, notes: &mut Vec<String>) -> Result<Vec<String>> {
    let corpus = Corpus::open(file, recipe.lines_options())?;
    let mut all = Vec::new();
    corpus.each(|document| {
        all.push(blanks(document.text));
        Ok(())
    })?;
    notes.extend(corpus.notes());
    Ok(all)
}

/// Source, target and line.
pub(super) type Row = (String, String, u64);

/// Reads pairs, and the names of the files that they were in.
pub(super) fn read(
    recipe: &PairsRecipe,
    beside: Option<&Path>,
    notes: &mut Vec<String>,
) -> Result<(Vec<Row>, Vec<String>)> {
    let data = &recipe.data;
    if let (Some(sources), Some(targets)) = (&data.sources, &data.targets) {
        let files = [resolved(sources, beside), resolved(targets, beside)];
        let (from, to) = (lines(recipe, &files[0], notes)?, lines(recipe, &files[1], notes)?);
        if from.len() != to.len() {
            let found = format!("{} lines where {} has {}", to.len(), files[0], from.len());
            return Err(Fault::new("unequal-files", found)
                .file(&files[1])
                .cause("the files are not translations of each other line by line")
                .next("give files with a line for each line of the other, empty ones too")
                .input());
        }
        let pairs = from.into_iter().zip(to).zip(1..).map(|((s, t), line)| (s, t, line)).collect();
        return Ok((pairs, files.to_vec()));
    }
    let file = resolved(data.file.as_deref().unwrap_or_default(), beside);
    let corpus = Corpus::open(&file, recipe.pairs_options()?)?;
    let mut pairs = Vec::new();
    corpus.each(|document| {
        pairs.push((blanks(document.text), blanks(document.label.unwrap_or_default()), document.line));
        Ok(())
    })?;
    notes.extend(corpus.notes());
    Ok((pairs, vec![file]))
}

/// Groups by what hangs together, each text a node.
struct Groups(Vec<u32>);

impl Groups {
    fn root(&mut self, mut at: u32) -> u32 {
        while self.0[at as usize] != at {
            self.0[at as usize] = self.0[self.0[at as usize] as usize];
            at = self.0[at as usize];
        }
        at
    }

    /// The number of each pair's group, in the order in which groups begin; a source ties pairs together where texts do.
    fn of(pairs: &[Row], shared: Shared) -> Vec<u64> {
        let mut nodes: HashMap<(bool, &str), u32> = HashMap::new();
        let mut groups = Groups(Vec::new());
        let mut ends = Vec::with_capacity(pairs.len());
        for (source, target, _) in pairs {
            let mut node = |side: bool, text| {
                *nodes.entry((side, text)).or_insert_with(|| {
                    groups.0.push(groups.0.len() as u32);
                    groups.0.len() as u32 - 1
                })
            };
            let b = node(true, target.as_str());
            let a = if shared == Shared::Texts { node(false, source.as_str()) } else { b };
            let (a, b) = (groups.root(a), groups.root(b));
            groups.0[a.max(b) as usize] = a.min(b);
            ends.push(a);
        }
        let mut numbers: HashMap<u32, u64> = HashMap::new();
        ends.into_iter()
            .map(|end| {
                let (root, next) = (groups.root(end), numbers.len() as u64);
                *numbers.entry(root).or_insert(next)
            })
            .collect()
    }
}

/// Reads, groups and splits.
///
/// # Errors
/// As the stations say; too few pairs (`too-few-pairs`), a text that no net can read at once (`too-long`).
pub(super) fn prepare(
    recipe: &PairsRecipe,
    beside: Option<&Path>,
    watch: &mut dyn Watch,
) -> Result<Prepared> {
    let mut notes = Vec::new();
    if !watch.step(Step::Reading { part: "split", bytes: 0, of: None }) {
        return Err(Error::stopped());
    }
    let (all, files) = read(recipe, beside, &mut notes)?;
    let sha256 = sha256_of(&files)?;
    let (mut empty, mut repeated) = (0, 0);
    let mut known = std::collections::HashSet::new();
    let mut pairs = Vec::new();
    for (source, target, line) in all {
        let sides = [(recipe.text.source_units, &source), (recipe.text.target_units, &target)];
        if let Some((units, text)) = sides.into_iter().find(|(units, text)| {
            // A token has a byte at least, so that most texts are not cut for this.
            text.len() > MOST_TOKENS && units.cut(text).len() > MOST_TOKENS
        }) {
            let found = format!(
                "'{}' has {} tokens; up to {MOST_TOKENS} are read at once",
                shorten(text, 40),
                units.cut(text).len()
            );
            return Err(Fault::new("too-long", found)
                .file(&files[0])
                .row(line as usize)
                .cause("a whole document in place of a sentence")
                .next("cut it into sentences, or leave the pair out")
                .limit());
        }
        if source.is_empty() || target.is_empty() {
            empty += 1;
        } else if known.insert((source.clone(), target.clone())) {
            pairs.push((source, target, line));
        } else {
            repeated += 1;
        }
    }
    drop(known);
    let groups = Groups::of(&pairs, recipe.split.by);
    let count = groups.iter().max().map_or(0, |last| *last as usize + 1);
    let mut sizes = vec![0usize; count];
    groups.iter().for_each(|&group| sizes[group as usize] += 1);
    let share = |of: f64| ((pairs.len() as f64 * of).round() as usize).max(1);
    let wanted = [share(recipe.split.test), share(recipe.split.valid)];
    let large = (wanted.into_iter().min().unwrap_or(1) / 10).max(1);
    let mut order: Vec<usize> = (0..count).filter(|&group| sizes[group] <= large).collect();
    Rng::stream(recipe.seed, STREAM).shuffle(&mut order);
    let mut part_of = vec![0usize; count];
    let mut drawn = order.into_iter();
    for (part, wanted) in [2, 1].into_iter().zip(wanted) {
        let mut held = 0;
        while held < wanted {
            let Some(group) = drawn.next() else { break };
            part_of[group] = part;
            held += sizes[group];
        }
    }
    let mut parts: [Vec<Pair>; 3] = Default::default();
    for ((source, target, line), group) in pairs.into_iter().zip(groups) {
        parts[part_of[group as usize]].push(Pair { source, target, line, group });
    }
    if parts.iter().any(Vec::is_empty) {
        let found = format!(
            "{} pairs in {count} groups that share no text leave {}, {} and {} for training, validation and test",
            parts.iter().map(Vec::len).sum::<usize>(),
            parts[0].len(),
            parts[1].len(),
            parts[2].len(),
        );
        return Err(Fault::new("too-few-pairs", found)
            .file(&files[0])
            .cause("too few pairs, nearly all of them tied together by a text that they share, or the wrong columns")
            .next("give more pairs, name the columns by `source` and `target`, lower `valid` and `test` in [split], or where \
                   sources are classes with many texts each, set `by = \"targets\"` there")
            .input());
    }
    let largest = sizes.into_iter().max().unwrap_or(0);
    Ok(Prepared { parts, sha256, groups: (count, largest), empty, repeated, notes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_a_text_on_either_side_is_one_group() {
        let pair = |s: &str, t: &str| (s.to_owned(), t.to_owned(), 1);
        let pairs =
            [pair("a", "x"), pair("b", "y"), pair("a", "z"), pair("c", "z"), pair("d", "a"), pair("b", "w")];
        // a-x, a-z, c-z hang together; a source called like a target does not.
        assert_eq!(Groups::of(&pairs, Shared::Texts), [0, 1, 0, 0, 2, 1]);
        assert_eq!(Groups::of(&pairs, Shared::Targets), [0, 1, 2, 2, 3, 4]);
        assert!(Groups::of(&[], Shared::Texts).is_empty());
    }
}

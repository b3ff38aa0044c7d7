//! From a recipe to three parts of examples: read, split, and what the features need fitted on the training part alone.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use gyeol_base::{Error, Fault, Result};
use gyeol_columns::Encoder;
use gyeol_judge::{Fold, Folds, Parts, Shares};
use gyeol_supervised::{Examples, Target, near_groups};
use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, Look};
use gyeol_text::prepare::{Preparation, PreparationParams};

use super::columns;
use crate::recipe::{ExamplesKind, ExamplesRecipe, ExamplesSplitBy};
use crate::tasks::resolved;
use crate::tasks::vectors::{self, VectorFile};
use crate::watch::{Step, Watch};

/// Examples below which choices are made by folds, how many, and the fewest that one learns from.
const FEW: usize = 2000;
const FOLDS: usize = 5;
const FEWEST: usize = 10;

/// The parts by the keys of the recipe.
pub(super) const PARTS: [&str; 3] = ["train", "valid", "test"];

/// A part, ready.
pub(super) struct Ready {
    pub examples: Examples,
    /// Its texts as a corpus, so that all threads work on them.
    pub corpus: Option<Corpus>,
    /// File, as the recipe names it.
    pub file: String,
}

/// The chain of `[text]` as it was asked for, and as it was fitted.
type Chain = (PreparationParams, Preparation);

/// A part to fit on with all that is fitted on it, and one to choose by.
pub(super) struct Sub {
    pub train: Ready,
    pub valid: Ready,
    pub chain: Option<Chain>,
    pub encoder: Option<Encoder>,
    /// Places of the second in the training part.
    pub at: Vec<usize>,
}

/// The parts with what every rung shares.
pub(super) struct Prepared {
    _folder: tempfile::TempDir,
    /// Training, validation and test; with folds the first two are the same.
    pub parts: [Ready; 3],
    /// Folds of the training part, by which choices are made where there are few examples; else empty.
    pub folds: Vec<Sub>,
    /// The chain where there are texts.
    pub chain: Option<Chain>,
    /// From columns to numbers; none without columns.
    pub encoder: Option<Encoder>,
    /// What deserves to be said before anything is fitted.
    pub remarks: Vec<String>,
    /// Classes that the training part has, first of all in the names of the parts.
    pub classes: Vec<String>,
    /// Classes that only other parts have, after those.
    pub unseen: Vec<String>,
    pub sha256: String,
    /// Files of vectors that rungs begin with.
    pub vectors: Vec<VectorFile>,
    pub notes: Vec<String>,
    /// Groups of near-duplicates of more than one text, and the texts in them; of a file that was split.
    pub near: Option<(usize, usize)>,
    /// Test texts that stand word for word in the training part.
    pub repeated: usize,
    /// What an example of the first of two classes costs where the second is said, and the other way round.
    pub costs: Option<[f64; 2]>,
}

pub(super) fn refused(code: &'static str, found: String, file: &str, cause: &str, next: &str) -> Error {
    Fault::new(code, found).file(file).cause(cause).next(next).input()
}

/// Whether a file holds texts, or a table of columns.
fn kind_of(recipe: &ExamplesRecipe, file: &str) -> Result<ExamplesKind> {
    if let Some(kind) = recipe.data.kind {
        return Ok(kind);
    }
    let look = Corpus::open(file, recipe.corpus_options()?)?.look()?;
    Ok(if look == Look::Other { ExamplesKind::Table } else { ExamplesKind::Texts })
}

fn read(
    recipe: &ExamplesRecipe,
    file: &str,
    kind: ExamplesKind,
    part: &str,
    watch: &mut dyn Watch,
) -> Result<Examples> {
    let data = &recipe.data;
    match kind {
        ExamplesKind::Texts if recipe.is_regression() => Err(refused(
            "texts-of-numbers",
            "texts alone, and a number is wanted for each".into(),
            file,
            "a table with a column of texts was read as texts",
            "say data.kind = \"table\" with data.column and data.label",
        )),
        ExamplesKind::Texts => {
            let bytes = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
            Examples::of_texts(file, recipe.corpus_options()?, |seen| {
                watch.step(Step::Reading { part, bytes: seen.bytes, of: bytes })
            })
        }
        ExamplesKind::Table => {
            let Some(label) = &data.label else {
                return Err(refused(
                    "no-label",
                    "the recipe does not say which column should come out".into(),
                    file,
                    "`label` of [data] is not given",
                    "give it, or let `gyeol init` write the recipe",
                ));
            };
            let table = gyeol_data::read(file, &recipe.read_options())?;
            Examples::from_table(table, label, data.column.as_deref(), recipe.is_regression())
        }
    }
}

/// Reads, splits and prepares.
pub(super) fn prepare(
    recipe: &ExamplesRecipe,
    beside: Option<&Path>,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Prepared> {
    let data = &recipe.data;
    let folder = tempfile::tempdir().map_err(|e| Error::writing(std::env::temp_dir(), e))?;
    let named =
        [&data.file, &data.train, &data.valid, &data.test].map(|f| f.as_ref().map(|f| resolved(f, beside)));
    let [whole, train, valid, test] = &named;
    if named.iter().flatten().any(|file| file == "-") {
        return Err(refused(
            "standard-input",
            "examples are read more than once, standard input only once".into(),
            "-",
            "`-` as a file of [data]",
            "save the examples to a file and name it",
        ));
    }
    let asked = recipe.rungs.iter().map(|rung| vectors::Asked {
        rung: &rung.name,
        vectors: rung.vectors.as_deref(),
        format: rung.vectors_format.as_deref(),
        embedding: rung.embedding,
    });
    let vectors = vectors::files(asked, beside)?;
    let first = whole.as_ref().or(train.as_ref()).cloned().unwrap_or_default();
    let kind = kind_of(recipe, &first)?;
    let mut notes = Vec::new();
    let mut near = None;
    let files: Vec<String> = named.iter().flatten().cloned().collect();
    let said =
        |file: &Option<String>, whole: &Option<String>| file.clone().or(whole.clone()).unwrap_or_default();
    let mut folds = Vec::new();
    let examples: [Examples; 3] = match (whole, train, test) {
        (Some(file), ..) => {
            let all = read(recipe, file, kind, "split", watch)?;
            notes.extend(all.notes.clone());
            let shares = Shares { valid: recipe.split.valid, test: recipe.split.test };
            let (parts, groups, found) = split(recipe, &all, shares, pool)?;
            near = found;
            let mut both: Vec<usize> = parts.train.iter().chain(&parts.valid).copied().collect();
            both.sort_unstable();
            let learn = all.take(&both)?;
            folds = folded(recipe, &learn, &both.iter().map(|&i| groups[i]).collect::<Vec<_>>())?;
            match folds.is_empty() {
                true => [all.take(&parts.train)?, all.take(&parts.valid)?, all.take(&parts.test)?],
                false => [learn.clone(), learn, all.take(&parts.test)?],
            }
        }
        (None, Some(train), Some(test)) => {
            let learn = read(recipe, train, kind, "train", watch)?;
            let judge = read(recipe, test, kind, "test", watch)?;
            notes.extend(learn.notes.clone());
            notes.extend(judge.notes.clone());
            match valid {
                Some(valid) => [learn, read(recipe, valid, kind, "valid", watch)?, judge],
                None => {
                    let share = recipe.split.valid / (recipe.split.train + recipe.split.valid);
                    let (parts, groups, found) =
                        split(recipe, &learn, Shares { valid: share, test: 0.0 }, pool)?;
                    near = found;
                    folds = folded(recipe, &learn, &groups)?;
                    match folds.is_empty() {
                        true => [learn.take(&parts.train)?, learn.take(&parts.valid)?, judge],
                        false => [learn.clone(), learn, judge],
                    }
                }
            }
        }
        _ => unreachable!("the rules of a recipe ask for either"),
    };
    for (part, examples) in PARTS.iter().zip(&examples) {
        if examples.is_empty() {
            return Err(refused(
                "empty-part",
                format!("the {part} part has no example"),
                &first,
                "too few examples for three parts, or groups too large to be dealt",
                "give more examples, or other shares in [split]",
            ));
        }
    }
    let (examples, classes, unseen) = number(examples, &first)?;
    let costs = costs(recipe, &classes, &first)?;
    let encoder = columns::encoder(recipe, &examples[0])?;
    let remarks = columns::suspicions(recipe, &examples, encoder.as_ref())?;
    if encoder.is_none() && examples[0].texts.is_none() {
        return Err(refused(
            "no-features",
            format!("nothing is left to tell '{}' by", examples[0].target_name),
            &first,
            "all other columns are empty, constant, ids or ignored",
            "name other columns under [columns], or a column of texts as data.column",
        ));
    }
    let repeated = repeated(&examples);
    let mut corpora = Vec::new();
    for (part, examples) in PARTS.iter().zip(&examples) {
        corpora.push(examples.corpus(folder.path(), &format!("{part}.jsonl"))?);
    }
    let chain = chain(recipe, corpora[0].as_ref(), pool, watch)?;
    let mut subs = Vec::new();
    for (k, fold) in folds.into_iter().enumerate() {
        let (train, valid) = (examples[0].take(&fold.train)?, examples[0].take(&fold.valid)?);
        let corpus = train.corpus(folder.path(), &format!("{k}.train.jsonl"))?;
        subs.push(Sub {
            chain: self::chain(recipe, corpus.as_ref(), pool, watch)?,
            encoder: columns::encoder(recipe, &train)?,
            valid: Ready {
                corpus: valid.corpus(folder.path(), &format!("{k}.valid.jsonl"))?,
                examples: valid,
                file: String::new(),
            },
            train: Ready { examples: train, corpus, file: String::new() },
            at: fold.valid,
        });
    }
    let names = [
        said(&data.train, &data.file),
        said(&data.valid, &data.file.clone().or(data.train.clone())),
        said(&data.test, &data.file),
    ];
    let mut corpora = corpora.into_iter();
    let mut file_names = names.into_iter();
    let parts = examples.map(|examples| Ready {
        examples,
        corpus: corpora.next().flatten(),
        file: file_names.next().unwrap_or_default(),
    });
    notes.dedup();
    Ok(Prepared {
        _folder: folder,
        parts,
        folds: subs,
        encoder,
        remarks,
        chain,
        classes,
        unseen,
        sha256: gyeol_text::corpus::sha256_of(&files)?,
        vectors,
        notes,
        near,
        repeated,
        costs,
    })
}

/// What mistakes between the two classes cost; none where the recipe says nothing.
fn costs(recipe: &ExamplesRecipe, classes: &[String], file: &str) -> Result<Option<[f64; 2]>> {
    let given = recipe.costs();
    if given.is_empty() {
        return Ok(None);
    }
    let [first, second] = classes else {
        return Err(refused(
            "costs-of-classes",
            format!("costs of mistakes between {} classes", classes.len()),
            file,
            "a threshold parts two classes",
            "leave score.costs out, or join classes until two are left",
        ));
    };
    let mut costs = [1.0, 1.0];
    for cost in given {
        if let Some(name) = [&cost.right, &cost.said].into_iter().find(|name| !classes.contains(name)) {
            return Err(refused(
                "no-such-class",
                format!("score.costs names '{}'", gyeol_base::shorten(name, 60)),
                file,
                "no training example is of this class",
                &format!("write the classes as they stand in the examples: '{first}' and '{second}'"),
            ));
        }
        costs[usize::from(cost.right == *second)] = cost.cost;
    }
    if costs == [0.0, 0.0] {
        return Err(refused(
            "no-cost",
            "both mistakes cost 0".into(),
            file,
            "every answer would be as good as every other",
            "let one of them cost more than 0",
        ));
    }
    Ok(Some(costs))
}

/// The chain fitted on the texts of a part.
fn chain(
    recipe: &ExamplesRecipe,
    corpus: Option<&Corpus>,
    pool: &Pool,
    watch: &mut dyn Watch,
) -> Result<Option<Chain>> {
    let Some(corpus) = corpus else { return Ok(None) };
    let params = recipe.preparation();
    let fitted = params.clone().check()?.fit(corpus, pool, |seen| {
        watch.step(Step::Reading { part: PARTS[0], bytes: seen.bytes, of: corpus.bytes() })
    })?;
    Ok(Some((params, fitted)))
}

/// Folds by which choices are made; none where the recipe has none, examples come in an order, there are many of them, or a
/// class would be missing from what a fold learns.
fn folded(recipe: &ExamplesRecipe, learn: &Examples, groups: &[u64]) -> Result<Vec<Fold>> {
    let (asked, order) = (recipe.split.folds, recipe.split.by == ExamplesSplitBy::Order);
    let count = match asked {
        None if recipe.halves() => return Ok(Vec::new()),
        Some(0 | 1) => return Ok(Vec::new()),
        Some(_) if order => {
            return Err(refused(
                "folds-in-order",
                "folds of examples that come in an order".into(),
                &learn.name,
                "`folds` beside `by = \"order\"`: a fold would be chosen by what came before it",
                "leave one of the two out",
            ));
        }
        Some(count) => count,
        None if order || learn.len() >= FEW => return Ok(Vec::new()),
        None => FOLDS,
    };
    let labels = match &learn.target {
        Target::Classes { of, .. } => Some(of.as_slice()),
        Target::Values(_) => None,
    };
    let found = Folds::grouped(groups, labels, count, recipe.seed)
        .map(|folds| (0..folds.folds()).map(|k| folds.fold(k)).collect::<Vec<Fold>>());
    let whole = |folds: &Vec<Fold>| {
        let all: HashSet<u32> = labels.unwrap_or_default().iter().copied().collect();
        folds.iter().all(|fold| {
            let seen: HashSet<u32> =
                fold.train.iter().filter_map(|&i| labels.map(|labels| labels[i])).collect();
            seen.len() == all.len() && !fold.valid.is_empty() && fold.train.len() >= FEWEST
        })
    };
    match found {
        Ok(folds) if whole(&folds) => Ok(folds),
        _ if asked.is_none() => Ok(Vec::new()),
        Err(e) => Err(e),
        Ok(_) => Err(refused(
            "class-in-one-fold",
            format!("a class has too few examples, or groups, for {count} folds"),
            &learn.name,
            "all of them lie in one fold, so that nothing could be learnt of it",
            "take fewer folds, or `folds = 0` for one validation part",
        )),
    }
}

/// Places of the parts, the group of each example, and groups of near-duplicates with the texts in them.
type Cut = (Parts, Vec<u64>, Option<(usize, usize)>);

/// Places of the parts, the group of each example, and for texts the near-duplicates that were kept together.
fn split(recipe: &ExamplesRecipe, all: &Examples, shares: Shares, pool: &Pool) -> Result<Cut> {
    let labels = match &all.target {
        Target::Classes { of, .. } => Some(of.as_slice()),
        Target::Values(_) => None,
    };
    Ok(match recipe.split.by {
        ExamplesSplitBy::Order => {
            (in_order(labels, all.len(), shares)?, (0..all.len() as u64).collect(), None)
        }
        ExamplesSplitBy::Group => {
            let column = recipe.split.group.as_deref().unwrap_or_default();
            let Some(table) = &all.table else {
                return Err(refused(
                    "no-groups",
                    format!("texts alone have no column '{column}' to be grouped by"),
                    &all.name,
                    "the file was read as texts",
                    "say data.kind = \"table\" with data.column and data.label",
                ));
            };
            let mut places = HashMap::new();
            let cells = table.texts(column)?;
            let groups = cells.into_iter().enumerate().map(|(row, cell)| {
                let next = places.len() as u64;
                // An example without a group is one of its own.
                let key = cell.unwrap_or_else(|| format!("\u{0}{row}"));
                *places.entry(key).or_insert(next)
            });
            let groups: Vec<u64> = groups.collect();
            (Parts::grouped(&groups, labels, shares, recipe.seed)?, groups, None)
        }
        ExamplesSplitBy::Random => match &all.texts {
            Some(texts) => {
                let groups = near_groups(texts, pool);
                let mut sizes = HashMap::new();
                groups.iter().for_each(|g| *sizes.entry(*g).or_insert(0usize) += 1);
                let many = sizes.values().filter(|&&n| n > 1);
                let near = many.fold((0, 0), |(groups, texts), n| (groups + 1, texts + n));
                (Parts::grouped(&groups, labels, shares, recipe.seed)?, groups, Some(near))
            }
            None => {
                let parts = match labels {
                    Some(labels) => Parts::stratified(labels, shares, recipe.seed)?,
                    None => Parts::random(all.len(), shares, recipe.seed)?,
                };
                (parts, (0..all.len() as u64).collect(), None)
            }
        },
    })
}

/// Of each class the first examples to training, the next to validation, the last to the test part.
fn in_order(labels: Option<&[u32]>, count: usize, shares: Shares) -> Result<Parts> {
    let mut of_class: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    (0..count).for_each(|i| of_class.entry(labels.map_or(0, |labels| labels[i])).or_default().push(i));
    let mut parts = Parts::default();
    for members in of_class.values() {
        // A class too small to be cut is learnt from.
        let cut = Parts::by_order(members.len(), shares)
            .unwrap_or_else(|_| Parts { train: (0..members.len()).collect(), ..Parts::default() });
        for (part, of) in
            [(&mut parts.train, cut.train), (&mut parts.valid, cut.valid), (&mut parts.test, cut.test)]
        {
            part.extend(of.into_iter().map(|at| members[at]));
        }
    }
    [&mut parts.train, &mut parts.valid, &mut parts.test].into_iter().for_each(|part| part.sort_unstable());
    Ok(parts)
}

/// Numbers the classes of all parts alike: those of the training part first, in their order, then others.
fn number(parts: [Examples; 3], file: &str) -> Result<([Examples; 3], Vec<String>, Vec<String>)> {
    let seen: HashSet<&str> = parts[0].labels().collect();
    if parts[0].is_classes() && seen.len() < 2 {
        return Err(refused(
            "one-class",
            format!(
                "all training examples are of class '{}'",
                seen.iter().next().copied().unwrap_or_default()
            ),
            file,
            "a file that is sorted or filtered by class, or the wrong column for the label",
            "give examples of two classes at least, or name the label with --label",
        ));
    }
    let mut classes: Vec<String> =
        parts[0].class_names().iter().filter(|n| seen.contains(n.as_str())).cloned().collect();
    let mut unseen: Vec<String> = Vec::new();
    for part in &parts[1..] {
        for label in part.labels() {
            if !seen.contains(label) && !unseen.iter().any(|u| u == label) {
                unseen.push(label.to_owned());
            }
        }
    }
    unseen.sort_unstable();
    let known = classes.len();
    classes.extend(unseen.iter().cloned());
    let parts = parts.map(|part| part.renamed(&classes));
    classes.truncate(known);
    Ok((parts, classes, unseen))
}

/// Test texts that stand word for word in the training part.
fn repeated(parts: &[Examples; 3]) -> usize {
    let (Some(train), Some(test)) = (&parts[0].texts, &parts[2].texts) else { return 0 };
    let train: HashSet<&str> = train.iter().map(String::as_str).collect();
    test.iter().filter(|text| train.contains(text.as_str())).count()
}

impl Prepared {
    /// Examples in all.
    pub fn count(&self) -> u64 {
        let parts = self.parts.iter().enumerate().filter(|(part, _)| *part != 1 || self.folds.is_empty());
        parts.map(|(_, part)| part.examples.len() as u64).sum()
    }

    /// Whether the texts are Korean.
    pub fn korean(&self) -> bool {
        self.chain.as_ref().is_some_and(|(_, chain)| chain.params().language == "ko")
    }

    /// The mean of the training part's numbers; 0 for classes.
    pub fn centre(&self) -> f64 {
        match &self.parts[0].examples.target {
            Target::Values(values) => values.iter().sum::<f64>() / values.len().max(1) as f64,
            Target::Classes { .. } => 0.0,
        }
    }

    /// The deviation of the training part's numbers; 1 for classes.
    pub fn spread(&self) -> f64 {
        let Target::Values(values) = &self.parts[0].examples.target else { return 1.0 };
        let centre = self.centre();
        (values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / values.len().max(1) as f64)
            .sqrt()
            .max(1e-300)
    }

    /// Examples by class in the three parts, the largest class first.
    pub fn counts(&self) -> Vec<(String, [u64; 3])> {
        let mut counts: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
        for (part, ready) in self.parts.iter().enumerate() {
            ready.examples.labels().for_each(|label| counts.entry(label).or_default()[part] += 1);
        }
        let mut counts: Vec<(String, [u64; 3])> =
            counts.into_iter().map(|(name, of)| (name.to_owned(), of)).collect();
        counts.sort_by(|a, b| b.1[0].cmp(&a.1[0]).then(a.0.cmp(&b.0)));
        counts
    }

    /// How each column was read, and why.
    pub fn columns(&self) -> Vec<(String, String, String)> {
        let columns = self.encoder.as_ref().map_or(&[][..], Encoder::columns);
        columns.iter().map(|c| (c.name.clone(), c.kind.name().to_owned(), c.reason.words.clone())).collect()
    }

    /// Scores of all examples that are learnt from, for all classes.
    pub fn scores(&self) -> usize {
        let learnt: usize = self.parts[..2].iter().map(|part| part.examples.len()).sum();
        learnt.saturating_mul(self.classes.len())
    }
}

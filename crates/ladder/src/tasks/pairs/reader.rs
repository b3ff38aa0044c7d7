//! Whether texts that a model wrote for a class carry it: a multinomial naive Bayes over runs of one to three characters of
//! the training texts reads them, and says how many it would give the class that was asked for. How often it is right about
//! the test texts themselves is said beside it: no model can be held to more.

use std::collections::HashMap;

use gyeol_base::Result;
use gyeol_judge::Interval;
use gyeol_learn::{BayesParams, Features, LinearClassifier};
use gyeol_neural::net::Drawn;
use gyeol_ngram::wilson;
use gyeol_sequence::{Asked, Translator, Way};
use gyeol_tensor::{Draw, Pool};
use gyeol_text::prepare::PreparationParams;
use gyeol_vectors::vectorize::{Vectorizer, VectorizerParams};

use super::prepare::Pair;

/// The runs of characters.
const RUNS: &str = "char-ngrams:1-3";
/// Most classes of a task whose sources are classes, and the texts that each of them has in the mean at least.
const CLASSES: (usize, usize) = (100, 2);

/// The sources of the training part in the order of their names, where they are classes: few, each with several targets.
pub(super) fn classes(train: &[Pair]) -> Vec<String> {
    let mut all: Vec<&str> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for pair in train {
        if known.insert(pair.source.as_str()) {
            all.push(&pair.source);
        }
        if all.len() > CLASSES.0 {
            return Vec::new();
        }
    }
    if all.len() * CLASSES.1 > train.len() {
        return Vec::new();
    }
    all.sort_unstable();
    all.into_iter().map(str::to_owned).collect()
}

/// A reader of classes.
pub(super) struct Reader {
    vectorizer: Vectorizer,
    bayes: LinearClassifier,
    pub(super) classes: Vec<String>,
    /// Share of the test texts that it gives their own class.
    pub(super) right: f64,
}

/// Texts drawn for classes in turn, with the class that the reader gives each.
pub struct Drawing {
    /// Class asked for, text, class read.
    pub(super) texts: Vec<(u32, String, u32)>,
}

impl Drawing {
    /// The share that was given its class, with Wilson's interval.
    pub(super) fn kept(&self) -> Interval {
        let right = self.texts.iter().filter(|(asked, _, read)| asked == read).count();
        let value = right as f64 / self.texts.len() as f64;
        let (low, high) = wilson(value, self.texts.len());
        Interval { value, low, high }
    }
}

impl Reader {
    /// Reads the training texts; none where there are no two classes.
    ///
    /// # Errors
    /// Texts without a character.
    pub(super) fn fit(
        train: &[Pair],
        test: &[Pair],
        classes: &[String],
        pool: &Pool,
    ) -> Result<Option<Reader>> {
        if classes.len() < 2 {
            return Ok(None);
        }
        let number: HashMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
        let labels: Vec<u32> = train.iter().map(|pair| number[pair.source.as_str()]).collect();
        let params = PreparationParams { language: "en".into(), scheme: RUNS.into(), ..Default::default() };
        let texts: Vec<&str> = train.iter().map(|pair| pair.target.as_str()).collect();
        let (vectorizer, rows) =
            VectorizerParams::count().check()?.fit_texts(&texts, params.check()?.plain()?)?;
        let bayes = BayesParams::default().fit(Features::Sparse(&rows), &labels, classes.len(), None)?;
        let mut reader = Reader { vectorizer, bayes, classes: classes.to_vec(), right: f64::NAN };
        let texts: Vec<&str> = test.iter().map(|pair| pair.target.as_str()).collect();
        let read = reader.read(&texts, pool)?;
        let right = test.iter().zip(read).filter(|(pair, k)| number.get(pair.source.as_str()) == Some(k));
        reader.right = right.count() as f64 / test.len() as f64;
        Ok(Some(reader))
    }

    fn read(&self, texts: &[&str], pool: &Pool) -> Result<Vec<u32>> {
        self.bayes.classify(Features::Sparse(&self.vectorizer.transform_texts(texts)), pool)
    }

    /// Draws `count` texts from a model, the classes in turn, and reads them; none of a model that has no probabilities.
    ///
    /// # Errors
    /// As [`Translator::translate`].
    pub(super) fn draw(
        &self,
        model: &Translator,
        count: usize,
        seed: u64,
        pool: &Pool,
    ) -> Result<Option<Drawing>> {
        if count == 0 || !matches!(model.way, Way::Net(_) | Way::Counts(_)) {
            return Ok(None);
        }
        let asked: Vec<u32> = (0..count).map(|i| (i % self.classes.len()) as u32).collect();
        let sources: Vec<&str> = asked.iter().map(|&k| self.classes[k as usize].as_str()).collect();
        let drawn = Some(Drawn { by: Draw::default(), seed, first: 0 });
        let said = model.translate(&sources, &Asked { drawn, ..Asked::default() }, pool)?;
        let texts: Vec<&str> = said.iter().map(|one| one.text.as_str()).collect();
        let read = self.read(&texts, pool)?;
        let all = asked.into_iter().zip(&said).zip(read).map(|((k, one), read)| (k, one.text.clone(), read));
        Ok(Some(Drawing { texts: all.collect() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(source: &str, target: &str) -> Pair {
        Pair { source: source.into(), target: target.into(), line: 1, group: 0 }
    }

    #[test]
    fn sources_are_classes_where_they_are_few_and_come_again() {
        let some = [pair("b", "x"), pair("a", "y"), pair("b", "z"), pair("a", "w")];
        assert_eq!(classes(&some), ["a", "b"]);
        assert!(classes(&some[..3]).is_empty() && classes(&[]).is_empty());
    }

    #[test]
    fn the_reader_tells_classes_by_their_letters() {
        let train: Vec<Pair> =
            (1..20).flat_map(|n| [pair("a", &"xy ".repeat(n)), pair("b", &"zw ".repeat(n))]).collect();
        // Two of the three test texts are as their class writes; a class that was never seen is never right.
        let test = [pair("a", "xyxy"), pair("b", "xy"), pair("c", "zw"), pair("b", "wz z")];
        let reader = Reader::fit(&train, &test, &classes(&train), &Pool::new(1)).unwrap().unwrap();
        assert_eq!(reader.right, 0.5);
        let texts = vec![(0, "xy".to_owned(), 0), (1, "zw".to_owned(), 1), (1, "xy".to_owned(), 0)];
        let kept = Drawing { texts }.kept();
        assert!(kept.value == 2.0 / 3.0 && kept.low < 0.3 && kept.high > 0.9);
        assert!(Reader::fit(&train, &test, &["a".to_owned()], &Pool::new(1)).unwrap().is_none());
    }
}

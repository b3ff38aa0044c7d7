//! Rules of how the rungs of examples are searched, and of what mistakes cost.

use super::check::Lines;
use super::error::Result;
use super::examples::ExamplesRecipe;
use super::rules::{bad, contradiction};

/// Checks the keys of searches and costs.
pub(super) fn rules(recipe: &ExamplesRecipe, lines: &Lines) -> Result<()> {
    for (i, rung) in recipe.rungs.iter().enumerate() {
        let place = |key: &str| lines.place(&format!("rung[{i}].{key}"));
        let search = rung.search.as_deref().unwrap_or("grid");
        let without = |key: &str, needs: &str, next: &str| {
            contradiction(
                place(key),
                format!("`{key}` is set, but the search is \"{search}\""),
                &format!("it belongs to {needs}"),
                next.to_owned(),
            )
        };
        if rung.trials.is_some() && search == "grid" {
            let next = "write search = \"random\", or leave it out: a grid tries all of its lists";
            return Err(without("trials", "searches at random and by halving", next));
        }
        if rung.halving_from.is_some() && search != "halving" {
            return Err(without("halving_from", "halving", "write search = \"halving\", or leave it out"));
        }
        if rung.draw_from.as_deref() == Some("ranges") {
            if search == "grid" {
                let next = "write search = \"random\", or leave it out";
                return Err(without("draw_from", "searches at random and by halving", next));
            }
            let wide = |list: &Option<Vec<f64>>| list.as_ref().is_some_and(|list| list.len() > 1);
            let many = |list: &Option<Vec<usize>>| list.as_ref().is_some_and(|list| list.len() > 1);
            let numbers = [&rung.c, &rung.alpha, &rung.penalty, &rung.learning_rate];
            if !numbers.into_iter().any(wide) && ![&rung.neighbours, &rung.leaves].into_iter().any(many) {
                return Err(contradiction(
                    place("draw_from"),
                    "`draw_from = \"ranges\"`, and no list of the rung has two numbers".to_owned(),
                    "numbers are drawn between the least and the largest of a list",
                    "write such a list, for instance c = [0.01, 100]",
                ));
            }
        }
        if search == "halving" && recipe.split.folds.is_some_and(|folds| folds > 1) {
            return Err(contradiction(
                lines.place("split.folds"),
                format!(
                    "{} folds, and rung \"{}\" is searched by halving",
                    recipe.split.folds.unwrap_or(0),
                    rung.name
                ),
                "halving compares settings on one validation part, by growing shares of the training part",
                "leave `folds` out, or search at random",
            ));
        }
    }
    costs(recipe, lines)
}

fn costs(recipe: &ExamplesRecipe, lines: &Lines) -> Result<()> {
    let costs = recipe.score.costs.as_deref().unwrap_or_default();
    if recipe.score.metric == "cost" && costs.is_empty() {
        return Err(contradiction(
            lines.place("score.metric"),
            "`metric = \"cost\"`, and no mistake has a cost".to_owned(),
            "the mean cost is that of `costs`",
            "say what mistakes cost, such as costs = [\"spam -> ham: 5\"], or order by another metric",
        ));
    }
    let mut seen: Vec<(String, String)> = Vec::new();
    for text in costs {
        let wrong = |problem: String| {
            let next =
                "write the right class, ->, the class that is said, a colon and a number: \"spam -> ham: 5\"";
            bad(lines.place("score.costs"), "score.costs", problem, next)
        };
        let shown = text.escape_debug();
        let Some(cost) = Cost::parse(text) else {
            return Err(wrong(format!("\"{shown}\" is no cost of a mistake")));
        };
        if !(cost.cost.is_finite() && (0.0..=1e12).contains(&cost.cost)) {
            return Err(wrong(format!("\"{shown}\" has a cost that is not from 0 to 1e12")));
        }
        let pair = (cost.right, cost.said);
        if pair.0 == pair.1 {
            return Err(wrong(format!("\"{shown}\" is no mistake: both classes are the same")));
        }
        if seen.contains(&pair) {
            return Err(wrong(format!("\"{shown}\" names a mistake that has a cost already")));
        }
        seen.push(pair);
    }
    Ok(())
}

/// What an example of one class costs where another is said.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// The right class.
    pub right: String,
    /// The one that is said.
    pub said: String,
    /// What it costs.
    pub cost: f64,
}

impl Cost {
    /// A cost as a recipe writes it, `spam -> ham: 5`.
    fn parse(text: &str) -> Option<Cost> {
        let (pair, cost) = text.rsplit_once(':')?;
        let (right, said) = pair.split_once("->").or_else(|| pair.split_once('→'))?;
        let (right, said) = (right.trim(), said.trim());
        let cost = cost.trim().parse().ok()?;
        (!right.is_empty() && !said.is_empty()).then(|| Cost { right: right.into(), said: said.into(), cost })
    }
}

impl ExamplesRecipe {
    /// What mistakes cost, of a checked recipe.
    pub fn costs(&self) -> Vec<Cost> {
        self.score.costs.iter().flatten().filter_map(|text| Cost::parse(text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str, line: &str, wanted: &str) {
        let all = format!("task = \"classify\"\n[data]\nfile = \"t.csv\"\n{text}");
        let error = ExamplesRecipe::parse(&all, "r.toml").unwrap_err().to_string();
        assert!(error.contains(line) && error.contains(wanted) && error.contains("Next: "), "{error}");
    }

    #[test]
    fn searches_that_contradict_are_refused_with_their_line() {
        let rung = "[[rung]]\nname = \"logistic\"\n";
        says(&format!("{rung}trials = 5\n"), "r.toml, line 6", "`trials` is set, but the search is \"grid\"");
        says(&format!("{rung}search = \"random\"\nhalving_from = 100\n"), "r.toml, line 7", "`halving_from`");
        says(
            &format!("{rung}search = \"random\"\ndraw_from = \"ranges\"\nc = [1]\n"),
            "r.toml, line 7",
            "two numbers",
        );
        says(&format!("{rung}c = [1, 2]\ndraw_from = \"ranges\"\n"), "r.toml, line 7", "`draw_from`");
        says(&format!("[split]\nfolds = 5\n{rung}search = \"halving\"\n"), "r.toml, line 5", "5 folds");
        says(&format!("{rung}search = \"gird\"\n"), "r.toml, line 6", "grid");
        says("[[rung]]\nname = \"majority\"\nsearch = \"random\"\n", "r.toml, line 6", "`search`");
    }

    #[test]
    fn costs_are_read_and_wrong_ones_refused_with_their_line() {
        let says = |costs: &str, wanted: &str| {
            says(&format!("[score]\ncosts = [{costs}]\n"), "r.toml, line 5", wanted)
        };
        says("\"spam ham 5\"", "no cost of a mistake");
        says("\"spam -> ham: x\"", "no cost of a mistake");
        says("\"spam -> ham: -1\"", "0 to 1e12");
        says("\"spam -> spam: 1\"", "no mistake");
        says("\"spam -> ham: 1\", \"spam→ham: 2\"", "already");
        self::says("[score]\nmetric = \"cost\"\n", "r.toml, line 5", "no mistake has a cost");
        let text = "task = \"classify\"\n[data]\nfile = \"t.csv\"\n[score]\ncosts = [\"a: b -> c: 2.5\"]\n";
        let recipe = ExamplesRecipe::parse(text, "r.toml").unwrap();
        assert_eq!(recipe.costs(), [Cost { right: "a: b".into(), said: "c".into(), cost: 2.5 }]);
        assert_eq!(ExamplesRecipe::parse(&recipe.to_toml(), "r.toml").unwrap(), recipe);
    }
}

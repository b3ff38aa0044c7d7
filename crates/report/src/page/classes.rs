//! Where a language model errs: what rare words cost, how much context it had, how sparse text is.

use serde::Serialize;

use super::{Figure, Table, Texts};
use crate::model::FrequencyClass;
use crate::picture;
use crate::text;

#[derive(Serialize)]
pub(crate) struct Classes {
    figures: Vec<Figure>,
}

pub(crate) fn classes(view: &Texts, all: &[FrequencyClass]) -> Classes {
    let rung = || [("rung", view.best_title())];
    let classes: Vec<(&FrequencyClass, f64)> = all
        .iter()
        .zip(view.best.bits_by_class.iter().copied())
        .filter(|(class, bits)| class.tokens > 0 && bits.is_finite())
        .collect();
    let bars: Vec<(String, f64)> = classes.iter().map(|(c, bits)| (counted(view, c), *bits)).collect();
    let mut head = vec![view.t("col-class", &[]), view.t("col-tokens", &[])];
    head.extend(view.titles.iter().cloned());
    let mut table = Table::new(head);
    for (i, class) in all.iter().enumerate().filter(|(_, c)| c.tokens > 0) {
        let mut row = vec![counted(view, class), view.count(class.tokens)];
        row.extend(
            view.report
                .rungs
                .iter()
                .map(|r| r.words().and_then(|words| words.bits_by_class.get(i)).copied().unwrap_or(f64::NAN))
                .map(|bits| view.bits(bits)),
        );
        table.push(row);
    }
    let mut figures = vec![Figure::draw(
        "half",
        view.t("class-title", &[]),
        view.t("class-see", &rung()),
        Some(table),
        &|words, width| picture::bars(words, &bars, &|v| view.bits(v), width),
    )];
    // A model that is not made of n-grams has no lengths to tell.
    if view.best.matched.is_empty() {
        return Classes { figures };
    }
    let order = |n: usize| view.t("matched-order", &[("order", (n + 1).to_string())]);
    let total: u64 = view.best.matched.iter().sum();
    let used: Vec<(String, f64)> =
        view.best.matched.iter().enumerate().map(|(n, &m)| (order(n), view.share(m, total))).collect();
    let percent = |v: f64| view.voice.percent(v, 1);
    figures.push(Figure::draw(
        "half",
        view.t("matched-title", &[]),
        view.t("matched-see", &rung()),
        None,
        &|words, width| picture::bars(words, &used, &percent, width),
    ));
    let unseen: Vec<(String, f64)> =
        view.best.unseen.iter().enumerate().map(|(n, &share)| (order(n), share)).collect();
    figures.push(Figure::draw(
        "half",
        view.t("unseen-title", &[]),
        view.t("unseen-see", &[]),
        None,
        &|words, width| picture::bars(words, &unseen, &percent, width),
    ));
    Classes { figures }
}

/// How often the training part has the words of a class.
fn counted(view: &Texts, class: &FrequencyClass) -> String {
    match (class.from, class.to) {
        (_, 0) => view.t("class-unknown", &[]),
        (1, 1) => view.t("class-once", &[]),
        (from, u64::MAX) => view.t("class-more", &[("from", view.count(from))]),
        (from, to) => text::range(&view.count(from), &view.count(to), view.voice.language),
    }
}

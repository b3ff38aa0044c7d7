//! Learning curves with their verdicts, and the plain net beside the well-posed one.

use serde::Serialize;

use super::blocks::PHONE;
use super::{Table, View};
use crate::model::RungReport;
use crate::picture::{Curve, Words, curve};
use crate::text;

#[derive(Serialize)]
pub(crate) struct Learning {
    lead: String,
    cards: Vec<Card>,
    contrasts: Vec<Contrast>,
}

#[derive(Serialize)]
struct Card {
    title: String,
    chosen: bool,
    verdict: String,
    svg: String,
    table: Table,
}

/// The same net asked plainly and asked well.
#[derive(Serialize)]
struct Contrast {
    title: String,
    lead: String,
    plain: Side,
    posed: Side,
    /// What the well-posed one was told or asked differently, with the reason.
    reasons: Vec<Reason>,
    outcome: String,
}

#[derive(Serialize)]
struct Side {
    title: String,
    value: String,
    interval: String,
    /// Percent of the larger of the two.
    length: String,
    inputs: Vec<String>,
}

#[derive(Serialize)]
struct Reason {
    name: String,
    why: String,
}

pub(crate) fn learning(view: &View) -> Learning {
    let cards: Vec<Card> = view
        .report
        .rungs
        .iter()
        .enumerate()
        .filter(|(_, rung)| !rung.curve.is_empty())
        .map(|(i, rung)| card(view, i, rung))
        .collect();
    let lead = view.t(if cards.is_empty() { "learning-none" } else { "learning-lead" }, &[]);
    Learning { lead, cards, contrasts: contrasts(view) }
}

fn card(view: &View, i: usize, rung: &RungReport) -> Card {
    let language = view.voice.language;
    let title = view.titles[i].clone();
    let verdict = text::verdict(&rung.verdict, language);
    let chosen = i == view.report.best;
    let drawn = Curve {
        words: Words { title: title.clone(), description: verdict.clone() },
        points: &rung.curve,
        best_epoch: rung.verdict.best_epoch,
        chosen,
    };
    let keys = ["curve-epoch", "curve-train", "curve-valid", "col-rate", "col-seconds"];
    let mut table = Table::new(keys.map(|k| view.t(k, &[])).to_vec());
    for p in &rung.curve {
        table.push(vec![
            p.epoch.to_string(),
            view.voice.significant(p.train_loss, 4),
            view.voice.significant(p.valid_loss, 4),
            view.voice.significant(p.learning_rate, 2),
            view.voice.significant(p.seconds, 2),
        ]);
    }
    Card { title, chosen, verdict, svg: curve(&drawn, PHONE - 20.0, language), table }
}

fn contrasts(view: &View) -> Vec<Contrast> {
    let pairs = (0..view.report.rungs.len()).filter_map(|p| text::well_posed(view.report, p).map(|w| (p, w)));
    pairs.filter_map(|(p, w)| contrast(view, p, w)).collect()
}

fn contrast(view: &View, plain: usize, posed: usize) -> Option<Contrast> {
    let language = view.voice.language;
    let (a, b) = (&view.report.rungs[plain], &view.report.rungs[posed]);
    let (ea, eb) = (view.error(a)?, view.error(b)?);
    let most = ea.value.max(eb.value);
    let side = |i: usize, rung: &RungReport, error: crate::model::Interval| Side {
        title: view.titles[i].clone(),
        value: view.value(error.value),
        interval: view.range(error.low, error.high),
        length: format!("{:.1}", if most > 0.0 { error.value / most * 100.0 } else { 0.0 }),
        inputs: rung.inputs.iter().map(|input| text::input_name(input, language)).collect(),
    };
    let reasons = b
        .inputs
        .iter()
        .filter(|input| !a.inputs.contains(input))
        .map(|input| Reason {
            name: text::input_name(input, language),
            why: text::input_reason(input, language),
        })
        .collect();
    let gain = 1.0 - eb.value / ea.value;
    let args = [
        ("plain", view.phrases[plain].clone()),
        ("posed", view.phrases[posed].clone()),
        ("gain", view.voice.percent(gain.abs(), 0)),
    ];
    let tie = text::pair_against(&view.report.pairs, &b.name, &a.name).is_some_and(|p| p.tie());
    let outcome = match gain {
        _ if tie => "contrast-tie",
        g if g > 0.0 => "contrast-gain",
        _ => "contrast-loss",
    };
    let base = text::rung_title(b.name.split(':').next().unwrap_or(&b.name), language);
    Some(Contrast {
        title: view.t("contrast-title", &[("rung", base.clone())]),
        lead: view.t("contrast-lead", &[("rung", base)]),
        plain: side(plain, a, ea),
        posed: side(posed, b, eb),
        reasons,
        outcome: text::sentence_case(&view.t(outcome, &args)),
    })
}

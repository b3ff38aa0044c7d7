//! A made-up ladder of language models: the shape of a real report, figures near those on WikiText-2, nothing measured.

use std::collections::BTreeMap;

use gyeol_report::model::*;

struct Plan {
    name: &'static str,
    perplexity: f64,
    seconds: f64,
    us: f64,
    counts: &'static [u64],
    smoothing: &'static str,
}

const PLANS: [Plan; 4] = [
    Plan {
        name: "unigram",
        perplexity: 1_045.3,
        seconds: 0.31,
        us: 0.05,
        counts: &[33_278],
        smoothing: "ml",
    },
    Plan {
        name: "ngram:bigram",
        perplexity: 318.6,
        seconds: 0.92,
        us: 0.21,
        counts: &[33_278, 572_441],
        smoothing: "modified-kneser-ney",
    },
    Plan {
        name: "ngram:trigram",
        perplexity: 253.9,
        seconds: 2.4,
        us: 0.34,
        counts: &[33_278, 572_441, 1_325_005],
        smoothing: "modified-kneser-ney",
    },
    Plan {
        name: "ngram",
        perplexity: 246.1,
        seconds: 18.7,
        us: 0.52,
        counts: &[33_278, 572_441, 1_325_005, 1_702_113],
        smoothing: "modified-kneser-ney",
    },
];

fn around(value: f64) -> Interval {
    Interval { value, low: value * 0.98, high: value * 1.02 }
}

fn metrics(perplexity: f64) -> BTreeMap<String, Interval> {
    [
        ("perplexity", perplexity),
        ("bits_per_token", perplexity.log2()),
        ("bits_per_character", perplexity.log2() / 5.3),
        ("perplexity_without_unknown", perplexity * 1.24),
    ]
    .map(|(name, value)| (name.to_string(), around(value)))
    .into()
}

fn classes() -> Vec<FrequencyClass> {
    let class = |from, to, tokens| FrequencyClass { from, to, tokens };
    vec![
        class(0, 0, 8_600),
        class(1, 1, 2_100),
        class(2, 10, 14_900),
        class(11, 100, 39_000),
        class(101, 1_000, 52_000),
        class(1_001, u64::MAX, 128_000),
    ]
}

fn grid() -> Grid {
    let row = |name: &str, by: f64| {
        let at = |n: usize| if name == "ml" && n > 1 { None } else { Some(by + 1_800.0 / (n * n) as f64) };
        (name.to_string(), (1..=5).map(at).collect())
    };
    Grid {
        orders: (1..=5).collect(),
        rows: vec![row("ml", 300.0), row("kneser-ney", 190.0), row("modified-kneser-ney", 171.0)],
        without_unknown: None,
    }
}

fn lines() -> Vec<LineExample> {
    let line = |kind, text: &str, hard: f64| {
        let words: Vec<String> = text.split(' ').map(String::from).collect();
        let bits = |by: f64| (0..words.len()).map(|i| by + hard * ((i * 7 % 5) as f64) / 2.0).collect();
        let matched = (0..words.len()).map(|i| 1 + (i % 4) as u8).collect();
        LineExample { kind, plain: bits(hard + 2.0), chosen: bits(hard), matched, words }
    };
    vec![
        line(LineKind::Easy, "The ferry left the harbour at noon . </s>", 1.2),
        line(LineKind::Typical, "A pilot came on board and the tide had turned . </s>", 3.1),
        line(LineKind::Hard, "Gneiss , schist and amphibolite outcrop there </s>", 6.4),
    ]
}

fn part(file: &str, documents: u64, tokens: u64) -> TextPart {
    TextPart {
        file: file.into(),
        documents,
        lines: documents,
        empty: 1_200,
        tokens,
        characters: tokens * 5,
        unknown: if documents > 20_000 { 0 } else { tokens / 30 },
        repeated: documents / 40,
    }
}

fn rung(plan: &Plan) -> RungReport {
    let fact = |key: &str, value: &str| Fact { key: key.into(), value: value.into() };
    let setting = |order: usize| vec![fact("order", &order.to_string()), fact("smoothing", plan.smoothing)];
    let value = |order: usize| plan.perplexity + 4.0 * (order as f64 - 4.0).powi(2);
    let detail = WordsDetail {
        bytes: plan.counts.iter().sum::<u64>() * 9,
        order: plan.counts.len(),
        smoothing: plan.smoothing.into(),
        counts: plan.counts.to_vec(),
        discounts: plan.counts.iter().map(|_| [0.7, 1.1, 1.4]).collect(),
        warnings: vec![],
        matched: (0..plan.counts.len() as u64).map(|n| 90_000 - 11_000 * n).collect(),
        unseen: (0..plan.counts.len()).map(|n| 0.03 + 0.24 * n as f64).collect(),
        bits_by_class: (0..6).map(|c| 15.0 - 2.0 * c as f64 + plan.perplexity / 500.0).collect(),
        samples: vec!["the ferry of the tide .".into(), "a pilot had come on board .".into()],
    };
    RungReport {
        name: plan.name.into(),
        file: "rungs/model.gyeol".into(),
        role: Role::Learned,
        plain: false,
        inputs: vec![],
        valid: metrics(plan.perplexity * 1.03).into_iter().map(|(k, v)| (k, v.value)).collect(),
        test: metrics(plan.perplexity),
        parameters: plan.counts.iter().sum::<u64>() as _,
        fit_seconds: plan.seconds,
        predict_us: plan.us,
        peak_memory: 0,
        verdict: Verdict::no_curve(),
        curve: vec![],
        tried: match plan.name {
            "ngram" => (3..=5).map(|n| Tried { setting: setting(n), value: value(n), train: None }).collect(),
            _ => vec![],
        },
        layers: vec![],
        training: setting(plan.counts.len()),
        detail: Detail::Words(Box::new(detail)),
    }
}

/// The report.
pub fn report() -> Report {
    let pair = |a: usize, b: usize| {
        let difference = PLANS[a].perplexity - PLANS[b].perplexity;
        let reach = 1.0 + difference.abs() * 0.1;
        let name = |i: usize| PLANS[i].name.to_string();
        Pair { a: name(a), b: name(b), difference, low: difference - reach, high: difference + reach }
    };
    let facts = TextFacts {
        protocol: "sentence".into(),
        language: "en".into(),
        scheme: "space".into(),
        steps: vec![("clean".into(), "lines".into())],
        vocabulary: 33_278,
        train: part("train.txt", 23_767, 2_050_000),
        valid: part("valid.txt", 2_461, 214_000),
        test: part("test.txt", 2_891, 241_000),
    };
    Report {
        head: super::ladder::head("language-model", "A made-up encyclopedia", "gyeol run texts.toml"),
        facts: Facts::Words(Box::new(facts)),
        metrics: ["perplexity", "bits_per_token", "bits_per_character", "perplexity_without_unknown"]
            .map(String::from)
            .to_vec(),
        metric: "perplexity".into(),
        unit: String::new(),
        rungs: PLANS.iter().map(rung).collect(),
        best: 3,
        pairs: vec![pair(3, 0), pair(3, 1), pair(3, 2)],
        chapters: vec![
            Chapter::Answer,
            Chapter::Ladder,
            Chapter::Grid(grid()),
            Chapter::Classes(classes()),
            Chapter::Lines(lines()),
            Chapter::Texts,
            Chapter::Inside,
            Chapter::Protocol,
        ],
        notes: vec![],
    }
}

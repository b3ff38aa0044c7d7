//! What is told of an answer adds up to it.

use std::sync::Arc;

use gyeol_columns::{ColumnsParams, Encoder};
use gyeol_data::{ColumnData, Table};
use gyeol_judge::{Calibration, Calibrator};
use gyeol_learn::bayes::{BayesParams, GaussianBayes};
use gyeol_learn::{LeastSquares, LogisticParams, NbsvmParams, PerceptronParams, SvmParams};
use gyeol_supervised::{
    Answer, Explained, Head, Inputs, Kept, Machine, Nearest, Reasons, Rows, Said, TextFeatures, Weighing,
    dense,
};
use gyeol_tensor::{Pool, Rng};

use crate::features;

fn machine(inputs: Inputs, answer: Answer, head: Head, calibration: Option<Calibrator>) -> Machine {
    Machine {
        rung: "made".into(),
        answer,
        target: "y".into(),
        inputs,
        head,
        calibration,
        seen: None,
        decision: None,
    }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1.0)
}

/// Scores, and that they are what the intercept and the terms add up to.
fn summed(found: &Explained) -> Vec<f64> {
    let Reasons::Terms { intercept, terms, scores } = &found.reasons else { panic!("{found:?}") };
    for (k, score) in scores.iter().enumerate() {
        let sum = intercept[k] + terms.iter().map(|t| t.contributions[k]).sum::<f64>();
        assert!(near(sum, *score), "{sum} where {score} is said");
    }
    scores.clone()
}

#[test]
fn terms_of_texts_add_up_to_the_raw_score_of_every_linear_classifier() {
    let pool = Pool::new(1);
    let (words, x, texts, labels) = features("word:1-2+char-wb:2-3", Weighing::TfIdf);
    let (ones, presence, ..) = features("word:1-2", Weighing::Presence);
    let (counted, counts, ..) = features("word:1-1", Weighing::Count);
    let three: Vec<u32> = (0..labels.len() as u32).map(|i| i % 3).collect();
    let sigmoid = |model: &gyeol_learn::LinearClassifier, rows: &Rows| {
        let scores = model.decision(rows.features(), &pool).unwrap();
        Calibrator::fit(Calibration::Sigmoid, scores.data(), &labels, 2, None).unwrap()
    };
    let logistic = LogisticParams::default();
    let two = logistic.fit(x.features(), &labels, 2, None, None, &pool).unwrap().model;
    let softmax = logistic.fit(x.features(), &three, 3, None, None, &pool).unwrap().model;
    let svm = SvmParams::default().fit(x.features(), &labels, 2, None, &pool).unwrap().model;
    let perceptron = PerceptronParams::default().fit(x.features(), &labels, 2).unwrap().model;
    let bayes = BayesParams::default().fit(counts.features(), &labels, 2, None).unwrap();
    let by = [sigmoid(&svm, &x), sigmoid(&perceptron, &x), sigmoid(&bayes, &counts)].map(Some);
    let [by_svm, by_perceptron, by_bayes] = by;
    let cases: Vec<(&Arc<TextFeatures>, &Rows, gyeol_learn::LinearClassifier, Option<Calibrator>)> = vec![
        (&words, &x, two, None),
        (&words, &x, softmax, None),
        (&words, &x, svm, by_svm),
        (&words, &x, perceptron, by_perceptron),
        (&counted, &counts, bayes, by_bayes),
    ];
    let names = |k: usize| Answer::Class(["wind", "rain", "snow"][..k].iter().map(|s| (*s).into()).collect());
    let inputs = |f: &Arc<TextFeatures>| Inputs { texts: Some(Arc::clone(f)), ..Inputs::default() };
    for (features, rows, model, by) in cases {
        let raw = model.decision(rows.features(), &pool).unwrap();
        let machine = machine(inputs(features), names(model.classes), Head::Classes(model), by);
        for (i, text) in texts.iter().enumerate().take(8) {
            let found = machine.explain(Some(std::slice::from_ref(text)), None, &pool).unwrap();
            assert!(summed(&found).iter().zip(raw.row(i)).all(|(a, b)| near(*a, *b)));
            let Said::Classes(p) = machine.ask(Some(std::slice::from_ref(text)), None, &pool).unwrap().0
            else {
                panic!()
            };
            assert!(matches!(&found.said, Said::Classes(q) if *q == p));
            let Reasons::Terms { terms, .. } = &found.reasons else { panic!() };
            assert!(terms.iter().all(|t| t.word && !t.name.is_empty() && t.value.is_some_and(|v| v != 0.0)));
            let class = (p.at(0, 1) > 0.5) as usize * (terms[0].contributions.len() - 1).min(1);
            if machine.classes().len() == 2 {
                assert!(
                    terms
                        .windows(2)
                        .all(|t| t[0].contributions[class].abs() >= t[1].contributions[class].abs())
                );
            }
        }
    }
    let (unit, _) = NbsvmParams::default().fit_unit(presence.features(), &labels, 2, None, &pool).unwrap();
    let raw = unit.decision(presence.features(), &pool).unwrap();
    let by = Calibrator::fit(Calibration::Sigmoid, raw.data(), &labels, 2, None).unwrap();
    let nbsvm = machine(inputs(&ones), names(2), Head::Unit(unit), Some(by));
    for (i, text) in texts.iter().enumerate().take(8) {
        let found = nbsvm.explain(Some(std::slice::from_ref(text)), None, &pool).unwrap();
        assert!(near(summed(&found)[0], raw.at(i, 0)));
    }
    // Nothing known: the intercept alone.
    let none = nbsvm.explain(Some(&["zzz".into()]), None, &pool).unwrap();
    assert!(
        matches!(&none.reasons, Reasons::Terms { terms, intercept, scores } if terms.is_empty() && intercept == scores)
    );
    let kept = Nearest::new(x.clone(), Kept::Classes(labels.clone(), 2), 3);
    let knn = machine(inputs(&words), names(2), Head::Nearest(kept), None);
    let found = knn.explain(Some(&texts[4..5]), None, &pool).unwrap();
    let Reasons::Neighbours(near) = found.reasons else { panic!() };
    assert!(
        near.len() == 3 && near[0].distance < 1e-9 && near.windows(2).all(|n| n[0].distance <= n[1].distance)
    );
    assert!(near.iter().all(|n| n.class == Some(labels[n.row])));
    let constant = machine(Inputs::default(), names(2), Head::Constant(vec![0.5, 0.5]), None);
    let mixture = machine(Inputs::default(), names(2), Head::Mixture(vec![(0.5, nbsvm), (0.5, knn)]), None);
    for other in [constant, mixture] {
        assert_eq!(other.explain(Some(&texts[..1]), None, &pool).unwrap_err().code(), "not-explained");
    }
}

fn houses() -> (Table, Vec<f64>) {
    let mut rng = Rng::new(2);
    let (mut area, mut year, mut city, mut price) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for i in 0..80 {
        let (a, y, c) = (40.0 + 100.0 * rng.uniform(), 1960.0 + (60.0 * rng.uniform()).floor(), i % 3);
        // 3 per square metre, 0.5 a year, 20 more in b, 40 more in c.
        price.push(3.0 * a + 0.5 * y + 20.0 * c as f64 + if i % 10 == 0 { 7.0 } else { 0.0 });
        area.push(if i % 10 == 0 { f64::NAN } else { a });
        year.push(y);
        city.push(Some(["a", "b", "c"][c].to_owned()));
        if i % 10 == 0 {
            *price.last_mut().unwrap() = 0.5 * y + 20.0 * c as f64;
        }
    }
    let table = Table::from_columns(vec![
        ("area".into(), ColumnData::Number(area)),
        ("year".into(), ColumnData::Number(year)),
        ("city".into(), ColumnData::Text(city.into())),
        ("y".into(), ColumnData::Number(price.clone())),
    ]);
    (table.unwrap(), price)
}

fn encoder(table: &Table) -> Encoder {
    let all: Vec<usize> = (0..table.rows()).collect();
    ColumnsParams::default().check().unwrap().fit(table, &all, &["y"]).unwrap()
}

#[test]
fn terms_of_a_regression_are_in_units_of_the_columns() {
    let pool = Pool::new(1);
    let (table, y) = houses();
    let inputs = Inputs { columns: Some(encoder(&table)), ..Inputs::default() };
    let (rows, _) = inputs.rows(None, Some(&table)).unwrap();
    let fit = LeastSquares::fit(&dense(&rows).unwrap(), &y, true, &pool).unwrap();
    let machine = machine(inputs, Answer::Value, Head::Values(fit.model), None);
    let mut intercepts = Vec::new();
    for row in 0..20 {
        let one = table.at_rows(&[row]).unwrap();
        let found = machine.explain(None, Some(&one), &pool).unwrap();
        let Said::Values(said) = &found.said else { panic!() };
        assert!(near(summed(&found)[0], said[0]) && (said[0] - y[row]).abs() < 1e-6);
        let Reasons::Terms { terms, intercept, .. } = &found.reasons else { panic!() };
        intercepts.push(intercept[0]);
        let of =
            |name: &str| terms.iter().find(|t| t.name == name).unwrap_or_else(|| panic!("{name}: {terms:?}"));
        // The law that the prices were made by.
        assert!(
            (of("area").coefficients[0] - 3.0).abs() < 1e-8
                && (of("year").coefficients[0] - 0.5).abs() < 1e-8
        );
        assert_eq!(of("year").value, Some(table.numbers("year").unwrap()[row]));
        let city = format!("city = {}", ["a", "b", "c"][row % 3]);
        assert_eq!(
            (of(&city).value, terms.iter().filter(|t| t.name.starts_with("city")).count()),
            (Some(1.0), 1)
        );
        let area = of("area");
        if row % 10 == 0 {
            assert!(area.value.is_none() && area.filled.is_some() && of("area: missing").value == Some(1.0));
        } else {
            assert!(near(area.contributions[0], area.coefficients[0] * area.value.unwrap()));
            assert!(!terms.iter().any(|t| t.name == "area: missing"));
        }
    }
    assert!(intercepts.iter().all(|b| near(*b, intercepts[0])), "one intercept for all rows: {intercepts:?}");
}

#[test]
fn terms_of_gaussian_naive_bayes_and_of_classes_of_rows_add_up() {
    let pool = Pool::new(1);
    let (table, y) = houses();
    let labels: Vec<u32> = y.iter().map(|y| u32::from(*y > 1200.0)).collect();
    let inputs = Inputs { columns: Some(encoder(&table)), ..Inputs::default() };
    let (rows, _) = inputs.rows(None, Some(&table)).unwrap();
    let classes = || Answer::Class(vec!["low".into(), "high".into()]);
    let x = dense(&rows).unwrap().into_owned();
    let bayes = GaussianBayes::fit(&x, &labels, 2, None, 1e-9).unwrap();
    let raw = bayes.decision(&x, &pool).unwrap();
    let gaussian = machine(inputs.clone(), classes(), Head::Gaussian(bayes), None);
    let model = LogisticParams::default().fit(rows.features(), &labels, 2, None, None, &pool).unwrap().model;
    let scores = model.decision(rows.features(), &pool).unwrap();
    let logistic = machine(inputs, classes(), Head::Classes(model), None);
    for row in 0..12 {
        let one = table.at_rows(&[row]).unwrap();
        let found = gaussian.explain(None, Some(&one), &pool).unwrap();
        assert!(summed(&found).iter().zip(raw.row(row)).all(|(a, b)| near(*a, *b)));
        let found = logistic.explain(None, Some(&one), &pool).unwrap();
        assert!(near(summed(&found)[0], scores.at(row, 0)));
        let Reasons::Terms { terms, .. } = &found.reasons else { panic!() };
        let year = terms.iter().find(|t| t.name == "year").unwrap();
        assert_eq!(year.value, Some(table.numbers("year").unwrap()[row]));
    }
}

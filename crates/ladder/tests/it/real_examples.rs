//! Figures on real labelled texts, where `GYEOL_DATA` names the folder that holds them.

use std::path::PathBuf;

use gyeol_bundle::Packed;
use gyeol_judge::Folds;
use gyeol_ladder::recipe::{AnyRecipe, ExamplesRecipe};
use gyeol_ladder::tasks::examples::evaluate;
use gyeol_ladder::{Climb, Outcome};
use gyeol_supervised::{Classifier, Examples, Target};
use gyeol_tensor::Pool;
use gyeol_text::corpus::CorpusOptions;

fn data(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("GYEOL_DATA").expect("GYEOL_DATA")).join(name)
}

/// SMS spam, mean of five stratified folds: at least 0.985 right.
#[test]
#[cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")]
fn sms_spam_by_five_folds() {
    let file = data("sms_spam/SMSSpamCollection.tsv.gz");
    let all = Examples::of_texts(file.to_str().unwrap(), CorpusOptions::default(), |_| true).unwrap();
    let Target::Classes { of, .. } = &all.target else { panic!("classes") };
    let folds = Folds::stratified(of, 5, 0).unwrap();
    let pool = Pool::new(0);
    let mut right = 0.0;
    for fold in (0..5).map(|k| folds.fold(k)) {
        let folder = tempfile::tempdir().unwrap();
        let part = all.take(&fold.train).unwrap();
        let lines: String = part
            .texts
            .iter()
            .flatten()
            .zip(part.labels())
            .map(|(text, label)| serde_json::json!({ "text": text, "label": label }).to_string() + "\n")
            .collect();
        std::fs::write(folder.path().join("train.jsonl"), lines).unwrap();
        let recipe = "task = \"classify\"\n[data]\nfile = \"train.jsonl\"\n[split]\ntrain = 0.8\nvalid = 0.19\ntest = 0.01\n[[rung]]\nname = \"nbsvm\"\n";
        let recipe = AnyRecipe::Examples(Box::new(ExamplesRecipe::parse(recipe, "r.toml").unwrap()));
        let options = Climb { out: folder.path().join("out"), ..Climb::default() };
        let Outcome { model, .. } =
            gyeol_ladder::run(&recipe, Some(folder.path()), &options, &pool, &mut ()).unwrap();
        let machine = Classifier::open(model).unwrap().0;
        let found = evaluate(&machine, all.take(&fold.valid).unwrap(), 0, &pool).unwrap();
        right += found.metrics["accuracy"].value / 5.0;
    }
    println!("SMS spam, five folds: {right:.4}");
    assert!(right >= 0.985, "{right}");
}

use gyeol_tensor::Rng;
use serde_json::Value;

use super::*;
use crate::real_files::real_file;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../tests/fixtures/coherence.json")).unwrap()
}

fn lists(value: &Value) -> Vec<Vec<u32>> {
    serde_json::from_value(value.clone()).unwrap()
}

fn made(case: &Value) -> CoherenceParams {
    let params = CoherenceParams::new(case["measure"].as_str().unwrap().parse().unwrap());
    match case["window"].as_u64() {
        Some(window) => CoherenceParams { window: Some(window as usize), ..params },
        None => params,
    }
}

fn judged(
    topics: &[Vec<u32>],
    texts: &[Vec<u32>],
    params: &[CoherenceParams],
    threads: usize,
) -> Vec<Scores> {
    let mut coherence = Coherence::new(topics, params).unwrap();
    coherence.add(texts, &Pool::new(threads));
    coherence.scores().unwrap()
}

fn check(cases: &Value, topics: &[Vec<u32>], texts: &[Vec<u32>], pool: usize) {
    let cases = cases.as_array().unwrap();
    let params: Vec<CoherenceParams> = cases.iter().map(made).collect();
    for (case, found) in cases.iter().zip(judged(topics, texts, &params, pool)) {
        let want: Vec<f64> = serde_json::from_value(case["each"].clone()).unwrap();
        assert_eq!(want.len(), found.each.len());
        for (a, b) in
            found.each.iter().chain([&found.mean]).zip(want.iter().chain([&case["mean"].as_f64().unwrap()]))
        {
            assert!((a - b).abs() < 1e-9, "{} {:?}: {a} {b}", found.params.measure, found.params.window);
        }
    }
}

#[test]
fn the_four_measures_are_gensims() {
    let fixture = fixture();
    let texts = lists(&fixture["texts"]);
    check(&fixture["scores"], &lists(&fixture["topics"]), &texts, 1);
    check(&fixture["unseen"]["scores"], &lists(&fixture["unseen"]["topics"]), &texts, 2);
}

#[test]
#[cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")]
fn associated_press_has_the_coherences_of_gensim() {
    let text = |name: &str| {
        let file = std::fs::File::open(real_file(&format!("associated_press/{name}.gz"))).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(file), &mut bytes).unwrap();
        bytes.into_iter().map(char::from).collect::<String>()
    };
    let vocabulary = text("vocab.txt");
    let ids: std::collections::HashMap<&str, u32> = vocabulary.lines().map(str::trim).zip(0..).collect();
    let raw = text("ap.txt").to_lowercase();
    let document = |part: &str| -> Vec<u32> {
        let words = part.split(|c: char| !c.is_ascii_lowercase());
        words.filter_map(|w| ids.get(w).copied()).collect()
    };
    let texts: Vec<Vec<u32>> =
        raw.split("<text>\n").skip(1).map(|p| document(p.split("</text>").next().unwrap())).collect();
    let mut there: Vec<u32> = texts.iter().flatten().copied().collect();
    there.sort_unstable();
    there.dedup();
    let topics: Vec<Vec<u32>> = (0..20).map(|t| (0..10).map(|i| there[(t * 10 + i) * 7]).collect()).collect();
    let want = &fixture()["ap"];
    assert_eq!(want["documents"].as_u64().unwrap(), texts.len() as u64);
    assert_eq!(want["tokens"].as_u64().unwrap(), texts.iter().map(Vec::len).sum::<usize>() as u64);
    check(&want["scores"], &topics, &texts, 2);
}

/// Windows as the definition has them, each with its set of words.
fn by_definition(texts: &[Vec<u32>], window: usize) -> Vec<Vec<u32>> {
    let set = |tokens: &[u32]| {
        let mut set = tokens.to_vec();
        set.sort_unstable();
        set.dedup();
        set
    };
    let cut = |t: &Vec<u32>| match t.len() <= window {
        true => vec![set(t)],
        false => t.windows(window).map(set).collect(),
    };
    texts.iter().flat_map(cut).collect()
}

#[test]
fn kept_repeats_count_as_the_definition_does() {
    let mut rng = Rng::new(3);
    let texts: Vec<Vec<u32>> = (0..40).map(|i| (0..i * 2).map(|_| rng.below(12) as u32).collect()).collect();
    let words: Vec<u32> = (0..8).collect();
    for window in [1, 2, 5, 17, 200] {
        let params = CoherenceParams {
            window: Some(window),
            repeats: Repeats::Kept,
            ..CoherenceParams::new(Measure::Npmi)
        };
        let mut coherence = Coherence::new(&[&words], &[params]).unwrap();
        coherence.add(&texts, &Pool::new(1));
        let counts = &coherence.counts[0];
        let sets = by_definition(&texts, window);
        assert_eq!(counts.windows, sets.len() as u64);
        for &a in &words {
            for &b in &words {
                let want = sets.iter().filter(|s| s.contains(&a) && s.contains(&b)).count();
                assert_eq!(counts.pair(a, b), want as u64, "window {window}, {a} and {b}");
            }
        }
    }
}

#[test]
fn blocks_and_threads_change_nothing() {
    let mut rng = Rng::new(9);
    let texts: Vec<Vec<u32>> =
        (0..900).map(|i| (0..i % 400).map(|_| rng.below(300) as u32).collect()).collect();
    let topics: Vec<Vec<u32>> = (0..20).map(|t| (0..10).map(|i| t * 10 + i).collect()).collect();
    let params = MEASURES.iter().map(|(_, m)| CoherenceParams::new(*m)).collect::<Vec<_>>();
    let all = judged(&topics, &texts, &params, 1);
    assert!(texts.iter().map(Vec::len).sum::<usize>() > 2 * PIECE);
    for threads in [2, 3, 7] {
        assert_eq!(judged(&topics, &texts, &params, threads), all);
    }
    let mut blocks = Coherence::new(&topics, &params).unwrap();
    assert_eq!(blocks.counts.len(), 3); // UCI and NPMI share theirs
    texts.chunks(77).for_each(|block| blocks.add(block, &Pool::new(2)));
    assert_eq!(blocks.scores().unwrap(), all);
}

#[test]
fn words_that_never_stand_in_the_texts_count_nothing() {
    let texts = [vec![1, 2, 1, 2], vec![3, 1]];
    let params = MEASURES.iter().map(|(_, m)| CoherenceParams::new(*m)).collect::<Vec<_>>();
    for scores in judged(&[vec![1, 2], vec![1, 2, 77], vec![77, 78]], &texts, &params, 1) {
        assert_eq!(scores.unseen, [0, 1, 2]);
        assert!(scores.each.iter().all(|s| s.is_finite()) && scores.each[2] == 0.0);
        let (alone, diluted) = (scores.each[0], scores.each[1]);
        match scores.params.measure {
            // Two words of three have a direction, and it is the sum's but for nothing.
            Measure::UMass => assert!(diluted < -18.0),
            Measure::Cv => assert!((diluted - alone * 2.0 / 3.0).abs() < 1e-12),
            // One pair of three says something.
            _ => assert!((diluted - alone / 3.0).abs() < 1e-12, "{scores:?}"),
        }
    }
    // Empty documents are windows too: they make the others rarer.
    let npmi = [CoherenceParams::new(Measure::Npmi)];
    let more = judged(&[vec![1, 2]], &[texts[0].clone(), texts[1].clone(), vec![]], &npmi, 1);
    assert!(more[0].each[0] > judged(&[vec![1, 2]], &texts, &npmi, 1)[0].each[0]);
}

#[test]
fn what_cannot_be_judged_is_said() {
    let ok = CoherenceParams::new(Measure::Cv);
    let code = |topics: &[Vec<u32>], params: &[CoherenceParams]| match Coherence::new(topics, params) {
        Ok(coherence) => coherence.scores().unwrap_err().code(),
        Err(e) => e.code(),
    };
    let two = [vec![1, 2]];
    assert_eq!(code(&two, &[ok]), "no-documents");
    assert_eq!(code(&[], &[ok]), "no-topics");
    assert_eq!(code(&two, &[]), "no-topics");
    assert_eq!(code(&[vec![4]], &[ok]), "too-few-words");
    assert_eq!(code(&[vec![4, 5, 4]], &[ok]), "word-twice");
    assert_eq!(code(&[vec![4, u32::MAX]], &[ok]), "id-out-of-range");
    assert_eq!(code(&[(0..20_000).collect()], &[CoherenceParams { words: 20_000, ..ok }]), "too-many-words");
    assert_eq!(code(&two, &[CoherenceParams { window: Some(0), ..ok }]), "bad-window");
    assert_eq!(code(&two, &[CoherenceParams { words: 1, ..ok }]), "bad-words");
    assert_eq!(code(&two, &[CoherenceParams { gamma: 0, ..ok }]), "bad-gamma");
    assert_eq!("nmpi".parse::<Measure>().unwrap_err().code(), "unknown-coherence");
    assert!(
        MEASURES.iter().all(|(name, m)| m.to_string() == *name && name.parse::<Measure>().unwrap() == *m)
    );
}

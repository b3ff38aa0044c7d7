//! Long work ends soon after it is told to, says so, and leaves no file.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::*;
use gyeol_ngram::correct::{Corrector, ErrorModel, Learning, Pair, Params, read_counts, read_errors};
use gyeol_ngram::mix::{Mixture, cached_perplexity};
use gyeol_ngram::rescore::{Candidate, Features, Tuning, tune};
use gyeol_ngram::smoothing::jelinek_mercer;
use gyeol_ngram::*;
use gyeol_tensor::{Pool, Rng};

/// The promise is a second; a machine that is busy with other tests gets three.
const SOON: Duration = Duration::from_secs(3);

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("a folder").count()
}

/// So many words of a Zipf-like distribution.
fn words(count: usize, types: f64) -> String {
    let mut rng = Rng::new(7);
    let mut text = String::new();
    for i in 0..count {
        let end = if i % 20 == 19 { '\n' } else { ' ' };
        text.push_str(&format!("w{}{end}", types.powf(rng.uniform()) as u32));
    }
    text
}

/// Stops a fit where `at` says so, and gives how long it went on after that.
fn fit(text: &str, options: &Options, at: impl Fn(Stage, usize) -> bool) -> (Option<Error>, Duration) {
    let (mut told, mut said) = (0, Instant::now());
    let mut source = Source::from_text(text);
    let out = estimate(&mut source, options, &Pool::new(2), &mut |stage| {
        told += 1;
        said = Instant::now();
        !at(stage, told)
    });
    (out.err(), said.elapsed())
}

/// A fit in memory, and one of several blocks that goes by way of temporary files.
fn fits(folder: &Path) -> [(String, Options); 2] {
    let options = |memory| Options { order: 3, memory, temporary: folder.into(), ..Options::default() };
    [(words(100_000, 20_000.0), options(4 << 30)), (words(200_000, 5_000.0).repeat(8), options(20 << 20))]
}

#[test]
fn a_fit_stopped_at_any_question_says_so_soon_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let [(small, in_memory), large] = fits(folder.path());
    let mut cases = vec![large];
    for smoothing in
        [Smoothing::ModifiedKneserNey, Smoothing::Katz { cutoff: 5 }, Smoothing::Additive { k: 0.1 }]
    {
        let prune = if matches!(smoothing, Smoothing::Additive { .. }) { vec![] } else { vec![0, 0, 1] };
        let corpus = CorpusOptions { vocabulary_limit: Some(10_000), ..CorpusOptions::default() };
        cases.push((small.clone(), Options { prune, smoothing, corpus, ..in_memory.clone() }));
    }
    for (text, options) in &cases {
        let mut nth = 1;
        loop {
            let (error, after) = fit(text, options, |_, told| told == nth);
            assert_eq!(files(folder.path()), 0);
            let Some(error) = error else { break };
            assert_eq!((error.code(), error.kind()), ("stopped", gyeol_base::Kind::Stopped), "{nth}");
            assert!(after < SOON, "{after:?}");
            nth += 1;
        }
        assert!(nth > 4, "told {nth} times");
    }
}

#[test]
fn each_stage_of_a_fit_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    for (place, (text, options)) in fits(folder.path()).into_iter().enumerate() {
        let is = |name: &str, stage: Stage| match name {
            "reading" => matches!(stage, Stage::Reading(_)),
            "counting" => matches!(stage, Stage::Counting(_)),
            // What is told when sorted parts in files begin to be merged.
            "merging" => stage == Stage::Counting(0.8),
            _ => stage == Stage::Estimating,
        };
        for name in ["reading", "counting", "merging", "estimating"] {
            if name == "merging" && place == 0 {
                continue;
            }
            let (error, after) = fit(&text, &options, |stage, _| is(name, stage));
            assert_eq!(error.map(|e| e.code()), Some("stopped"), "{name}");
            assert!(after < SOON, "{name}: {after:?}");
            assert_eq!(files(folder.path()), 0, "{name}");
        }
        let (error, _) = fit(&text, &options, |_, _| false);
        assert!(error.is_none(), "{error:?}");
    }
}

/// Text that never ends, a little at a time, as from a slow pipe.
#[test]
fn a_slow_pipe_is_left_before_its_block_is_full() {
    let fifo = std::env::temp_dir().join(format!("gyeol-slow-{}", std::process::id()));
    let _ = std::fs::remove_file(&fifo);
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no named pipes here");
        return;
    }
    let to = fifo.clone();
    let writer = std::thread::spawn(move || {
        use std::io::Write;
        let mut pipe = std::fs::OpenOptions::new().write(true).open(to).unwrap();
        let line = "the boat was late ".repeat(1000);
        // Until the reader is gone.
        while pipe.write_all(line.as_bytes()).and_then(|()| pipe.write_all(b"\n")).is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let mut source = Source::open(fifo.to_str().unwrap()).unwrap();
    let began = Instant::now();
    let mut stop = |_| began.elapsed() < Duration::from_millis(200);
    let error = estimate(&mut source, &Options::default(), &Pool::new(1), &mut stop).unwrap_err();
    assert_eq!(error.code(), "stopped");
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    drop(source);
    writer.join().unwrap();
    std::fs::remove_file(&fifo).unwrap();
}

#[test]
fn every_other_long_loop_can_be_stopped_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let pool = Pool::new(2);
    let text = words(120_000, 3_000.0);
    let options = Options { order: 3, ..Options::default() };
    let counted = count(&mut Source::from_text(&text[..]), &options, &pool, &mut |_| true).unwrap();
    let made = counted.estimate(&options, &pool, &mut |_| true).unwrap();
    let arpa = arpa_text(&made.tables);
    let fitted = || model(&made.tables);
    let source = || Source::from_text(&text[..]);
    // From the first question on; the shortest of these are asked once alone.
    let mut no = |_| false;
    let pairs = vec![Pair { wrong: "teh".into(), right: "the".into(), count: 1 }];
    let lists = vec![vec![
        Candidate {
            features: Features { acoustic: 0.0, language: 0.0, words: 1, unknown: 0 },
            errors: 1
        };
        2
    ]];
    let long = |line: &str| line.repeat(20_000);
    let table = vec![("word".to_owned(), 3)];
    let flat = ErrorModel::flat();
    let (a, b) = (fitted(), fitted());
    let mixed = Mixture::new(vec![&a, &b], vec![0.5, 0.5]).unwrap();
    let slow = |_: &[u8], _: &[Scored]| std::thread::sleep(Duration::from_micros(20));
    let outcomes: Vec<(&str, Option<Error>)> = vec![
        ("estimate", counted.estimate(&options, &pool, &mut no).err()),
        ("weights", jelinek_mercer::learn(&counted, &mut source(), 5, &pool, &mut no).err()),
        ("prune", prune_by_entropy(&mut made.tables.clone(), 1e-7, &mut no).err()),
        ("write", write_binary(&made.tables, Layout::Probing, "{}", &path, &pool, &mut no).err()),
        ("pack", to_bytes(&made.tables, Layout::Compact { bits: 8 }, "{}", &pool, &mut no).err()),
        ("arpa", write_whole(&path, |out| write_arpa(&made.tables, out, &pool, &mut no)).err()),
        ("read", read_arpa(&mut Source::from_text(arpa), &mut no).err()),
        ("errors", ErrorModel::learn(&pairs, &Learning::default(), &mut no).err()),
        ("tune", tune(&lists, &Tuning::default(), &pool, &mut no).err()),
        ("corrector", Corrector::new(fitted(), &flat, Params::default(), &mut no).err()),
        ("counts", Corrector::from_counts(&table, &flat, Params::default(), &mut no).err()),
        ("full scores", full_scores(&a, &mut source(), &mut { slow }, &mut no).err()),
        ("mixture", Mixture::learn(vec![&a, &b], &mut source(), 5, &mut no).err()),
    ];
    for (what, error) in outcomes {
        assert_eq!(error.map(|e| e.code()), Some("stopped"), "{what}");
        assert_eq!(files(folder.path()), 0, "{what}");
    }
    // What asks by the clock alone is told nothing on so little work, unless the work is slow.
    let much = text.repeat(30);
    let much = || Source::from_text(&much[..]);
    let mut told = Vec::new();
    let mut one = |stage| {
        told.push(stage);
        false
    };
    let outcomes = [
        perplexity(&a, &mut much(), Protocol::Sentence, &mut one).err(),
        cached_perplexity(&a, &mut much(), 100, 0.1, &mut one).err(),
        mixed.perplexity(&mut much(), &mut one).err(),
        read_counts(&mut Source::from_text(long("word\t3\n").repeat(40)), &mut one).err(),
        read_errors(&mut Source::from_text(long("teh\tthe\n").repeat(40)), &mut one).err(),
    ];
    assert_eq!(outcomes.map(|e| e.map(|e| e.code())), [Some("stopped"); 5]);
    assert_eq!(told.len(), 5);
    assert!(matches!(told[0], Stage::Scoring(words) if words > 0), "{told:?}");
}

//! Errors found, corrected and made up in whole sentences: `spelling_in_context TRAIN SET [ERRORS [NAME=VALUE…]]`.
//!
//! TRAIN is a text, one sentence a line; SET has lines `kind TAB as written TAB as meant` (`bench/ngram/spelling_sets.py` makes
//! both), each `clean` or with one wrong word; ERRORS a list to learn the error model from (`-` for none). Models of order 1,
//! 3 and 5 are fitted on TRAIN; words are doubted that they do not know, then all. Values: typo, unknown, weight,
//! distance, tried.
//!
//! `found`: the wrong word was changed; `right`: into what was meant; `false`: words changed that were as meant, for
//! 1,000 words of the sentences that are clean.

use gyeol_ngram::correct::{Corrector, ErrorModel, Learning, Params, read_errors};
use gyeol_ngram::{Layout, NgramModel, Options, Source, estimate};
use gyeol_tensor::Pool;

type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[derive(Default)]
struct Tally {
    sentences: usize,
    found: usize,
    right: usize,
    words: usize,
    alarms: usize,
}

fn main() -> Done {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [train, set, rest @ ..] = &args[..] else {
        return Err("usage: spelling_in_context TRAIN SET [ERRORS [NAME=VALUE…]]".into());
    };
    let errors = match rest.first().map(String::as_str) {
        None | Some("-") => ErrorModel::flat(),
        Some(list) => {
            ErrorModel::learn(
                &read_errors(&mut Source::open(list)?, &mut |_| true)?,
                &Learning::default(),
                &mut |_| true,
            )?
            .0
        }
    };
    let mut params = Params::default();
    let mut orders = vec![1, 3, 5];
    for setting in rest.iter().skip(1) {
        let (name, value) = setting.split_once('=').ok_or("a setting is NAME=VALUE")?;
        match name {
            "typo" => params.typo_rate = value.parse()?,
            "unknown" => params.unknown_rate = Some(value.parse()?),
            "weight" => params.channel_weight = value.parse()?,
            "distance" => params.max_distance = value.parse()?,
            "tried" => params.candidates = value.parse()?,
            "order" => orders = vec![value.parse()?],
            other => return Err(format!("no setting {other}").into()),
        }
    }
    let text = std::fs::read_to_string(set)?;
    let rows: Vec<[&str; 3]> = text
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>().try_into().map_err(|_| format!("no set: {line}")))
        .collect::<Result<_, _>>()?;
    let pool = Pool::new(0);
    println!("{set}: {} sentences; {params:?}", rows.len());
    for order in orders {
        let options = Options { order, ..Options::default() };
        let made = estimate(&mut Source::open(train)?, &options, &pool, &mut |_| true)?;
        for real_words in [false, true] {
            let model = NgramModel::from_tables(&made.tables, Layout::Probing, "{}", &pool, &mut |_| true)?;
            let corrector =
                Corrector::new(model, &errors, Params { real_words, ..params.clone() }, &mut |_| true)?;
            let since = std::time::Instant::now();
            let mut tallies: [(&str, Tally); 3] =
                ["clean", "nonword", "realword"].map(|kind| (kind, Tally::default()));
            for [kind, written, meant] in &rows {
                let tally = tallies.iter_mut().find(|t| t.0 == *kind).ok_or("an unknown kind")?;
                count(&corrector.correct(written).corrected, written, meant, &mut tally.1);
            }
            let doubted = if real_words { "all words" } else { "unknown words" };
            print!("order {order}, {doubted:13} doubted:");
            let mut words = 0;
            for (kind, tally) in &tallies {
                words += tally.words;
                let share = |n: usize| 100.0 * n as f64 / tally.sentences.max(1) as f64;
                let alarms = 1000.0 * tally.alarms as f64 / tally.words.max(1) as f64;
                match *kind {
                    "clean" => print!(" {} clean: {alarms:.2} ‰ false;", tally.sentences),
                    _ => print!(
                        " {} {kind}: {:.1} % found, {:.1} % right, {alarms:.2} ‰ false beside;",
                        tally.sentences,
                        share(tally.found),
                        share(tally.right)
                    ),
                }
            }
            println!(" {:.0} words/s", words as f64 / since.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

fn count(corrected: &str, written: &str, meant: &str, tally: &mut Tally) {
    tally.sentences += 1;
    for ((now, was), right) in corrected.split(' ').zip(written.split(' ')).zip(meant.split(' ')) {
        tally.words += 1;
        if was == right {
            tally.alarms += usize::from(now != was);
        } else {
            tally.found += usize::from(now != was);
            tally.right += usize::from(now == right);
        }
    }
}

//! Spelling in context: error models by hand, corrections that must and must not be made, files that cannot be read.

use gyeol_ngram::correct::{
    Corrector, ErrorModel, Learning, Pair, Params, is_counts, read_counts, read_errors,
};
use gyeol_ngram::{Layout, NgramModel, Options, Source, estimate};
use gyeol_tensor::{Pool, Rng};

fn pair(wrong: &str, right: &str, count: u64) -> Pair {
    Pair { wrong: wrong.into(), right: right.into(), count }
}

fn model(text: &str, order: usize) -> NgramModel {
    let pool = Pool::new(1);
    let options = Options { order, ..Options::default() };
    let made = estimate(&mut Source::from_text(text), &options, &pool, &mut |_| true).unwrap();
    NgramModel::from_tables(&made.tables, Layout::Probing, "{}", &pool, &mut |_| true).unwrap()
}

const ENGLISH: &str = "we sat by the quiet harbour\nthe boat left the harbour\nthe boat was quite small\nit was quite late\n\
    the harbour was quiet at night\nMaria left for the harbour at night\nshe came from the small boat\n\
    the form was on the table\nshe signed the form\n";
const KOREAN: &str = "동생이 선생님을 메롱 하고 놀렸다\n동생이 메론 을 먹었다\n아이가 학교로 달려갔다\n나무가 톱에 잘려갔다\n\
    강아지가 집으로 달려갔다\n동생이 사과 를 먹었다\n";

#[test]
fn probabilities_of_edits_are_those_of_the_formula() {
    // Nine times `ab` became `ac`; with a window of one the only edit is b → c, at the end.
    let how = Learning { window: 1, least: 1 };
    let (model, learned) = ErrorModel::learn(&[pair("ac", "ab", 9)], &how, &mut |_| true).unwrap();
    assert_eq!((learned.pairs, model.len()), (1, 1));
    let flat = ErrorModel::flat();
    let kept = 10f64.powf(f64::from(flat.log10("x", "xy").unwrap()) + 1.505);
    let replaced = 10f64.powf(-2.778);
    // P(c | b) = (9 - 1/2 + 3 P') / (9 + 3), at the end (9 + 4 P(c | b)) / (9 + 4); a is kept 9 of 9 times.
    let anywhere = (8.5 + 3.0 * replaced) / 12.0;
    let end = (9.0 + 4.0 * anywhere) / 13.0;
    let a = (9.0 + 8.0 * kept) / 17.0;
    let found = f64::from(model.log10("ac", "ab").unwrap());
    assert!((found - (a * end).log10()).abs() < 1e-3, "{found} {}", (a * end).log10());
    // In the middle nothing was seen: 4 P(c | b) / 4. c is a letter that no right word has: it is kept as any other.
    let middle = f64::from(model.log10("acc", "abc").unwrap());
    assert!((middle - (a * anywhere * kept).log10()).abs() < 1e-3, "{middle}");
}

#[test]
fn longer_edits_are_learned_with_what_stands_beside_them() {
    let pairs = [pair("fone", "phone", 3), pair("foto", "photo", 3), pair("gopher", "gofer", 2)];
    let (model, _) = ErrorModel::learn(&pairs, &Learning::default(), &mut |_| true).unwrap();
    let (start, other) = (model.log10("fase", "phase").unwrap(), model.log10("pase", "phase").unwrap());
    assert!(start > other, "ph is written f: {start} {other}");
    assert!(model.log10("fase", "phase").unwrap() > ErrorModel::flat().log10("fase", "phase").unwrap() + 1.0);
    assert_eq!(model.log10("phase", "Phase"), None, "no error");
    assert_eq!(model.log10("phase", "submarine"), None, "too far");
}

#[test]
fn a_saved_model_is_the_same_and_another_version_is_refused() {
    let pairs = [pair("fone", "phone", 3), pair("먹엇다", "먹었다", 2), pair("teh", "the", 40)];
    let (model, _) = ErrorModel::learn(&pairs, &Learning::default(), &mut |_| true).unwrap();
    let json = model.to_json();
    let again = ErrorModel::from_json(&json, "e.json").unwrap();
    assert_eq!(again.to_json(), json);
    for (wrong, right) in [("fone", "phone"), ("갔엇다", "갔었다"), ("hte", "the"), ("x", "y")] {
        assert_eq!(again.log10(wrong, right), model.log10(wrong, right), "{wrong}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.json");
    model.save(&path).unwrap();
    assert_eq!(ErrorModel::open(&path).unwrap().to_json(), json);
    let code = |json: &str| ErrorModel::from_json(json, "e.json").unwrap_err().code();
    assert_eq!(code(&json.replace("\"version\":1", "\"version\":2")), "other-version");
    for broken in [
        &json[..json.len() / 2],
        "[]",
        "{\"format\":\"a recipe\",\"version\":1}",
        &json.replace("\"window\":3", "\"window\":9"),
        &json.replace("[\"ph\",\"f\"", "[\"phphph\",\"f\""),
        &json.replace("\"pairs\":3", "\"pairs\":NaN"),
        &json.replace("\"pairs\":3", "\"pairs\":-3"),
    ] {
        assert_ne!(broken, json, "the file was changed");
        assert_eq!(code(broken), "bad-error-model", "{broken}");
    }
}

#[test]
fn lists_are_read_in_both_forms_and_faults_have_their_line() {
    let read = |text: &str| read_errors(&mut Source::from_text(text), &mut |_| true);
    let tabs = read("teh\tthe\n\nfone\tphone\t12\r\n").unwrap();
    assert_eq!(tabs, [pair("teh", "the", 1), pair("fone", "phone", 12)]);
    let mitton = read("$the\nteh\nthhe\n$a_lot\nalot\n").unwrap();
    assert_eq!(mitton, [pair("teh", "the", 1), pair("thhe", "the", 1), pair("alot", "a lot", 1)]);
    for (text, row, word) in [
        ("teh\tthe\nnothing\n", 2, "no wrong and right word"),
        ("teh\tthe\tmany\n", 1, "'many' is no count"),
        ("teh\tthe\t-1\n", 1, "'-1' is no count"),
        ("teh\t\n", 1, "no wrong and right word"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.fault().row, Some(row), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    assert_eq!(read("\n\n").unwrap_err().code(), "no-errors");
    let bytes =
        read_errors(&mut Source::from_text(b"ok\tok\ncaf\xe9\tcaf\n".to_vec()), &mut |_| true).unwrap_err();
    assert_eq!((bytes.code(), bytes.fault().row), ("not-utf-8", Some(2)));
    let same = ErrorModel::learn(&[pair("The", "the", 1)], &Learning::default(), &mut |_| true).unwrap_err();
    assert!(same.to_string().contains("1 equal"), "{same}");
    assert!(
        ErrorModel::learn(&[pair("a", "b", 1)], &Learning { window: 5, least: 1 }, &mut |_| true).is_err()
    );
}

#[test]
fn tables_of_counts_are_known_and_their_faults_have_their_line() {
    let read = |text: &str| read_counts(&mut Source::from_text(text), &mut |_| true);
    assert_eq!(read("the\t5\n바다\t2\n").unwrap(), [("the".into(), 5), ("바다".into(), 2)]);
    for (text, row) in
        [("the\t5\nthe\n", 2), ("the\tmany\n", 1), ("the\t-1\n", 1), ("a b\t1\n", 1), ("the\tNaN\n", 1)]
    {
        assert_eq!(read(text).unwrap_err().fault().row, Some(row), "{text}");
    }
    assert_eq!(read("").unwrap_err().code(), "no-counts");
    let none =
        Corrector::from_counts(&[("the".into(), 0)], &ErrorModel::flat(), Params::default(), &mut |_| true);
    assert_eq!(none.unwrap_err().code(), "no-counts");
    let folder = tempfile::tempdir().unwrap();
    for (name, text, expected) in [
        ("a", "the\t5\n", true),
        ("b", "the boat\n", false),
        ("c", "", false),
        ("d", "\\data\\\nngram 1=2\n", false),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        assert_eq!(is_counts(path.to_str().unwrap()).unwrap(), expected, "{text}");
    }
}

#[test]
fn values_out_of_range_are_refused() {
    let good = Params::default();
    assert!(good.check().is_ok());
    for bad in [
        Params { max_distance: 0, ..good.clone() },
        Params { max_distance: 4, ..good.clone() },
        Params { typo_rate: 0.0, ..good.clone() },
        Params { typo_rate: f64::NAN, ..good.clone() },
        Params { typo_rate: 1.5, ..good.clone() },
        Params { unknown_rate: Some(f64::NAN), ..good.clone() },
        Params { unknown_rate: Some(1.0), ..good.clone() },
        Params { channel_weight: f64::INFINITY, ..good.clone() },
        Params { candidates: 0, ..good.clone() },
    ] {
        assert_eq!(bad.check().unwrap_err().code(), "bad-option", "{bad:?}");
    }
    let numbers = model("1 2 3\n4 5\n", 2);
    assert_eq!(
        Corrector::new(numbers, &ErrorModel::flat(), good, &mut |_| true).unwrap_err().code(),
        "no-words"
    );
}

#[test]
fn the_words_beside_decide_and_case_and_signs_stay() {
    let corrector =
        Corrector::new(model(ENGLISH, 3), &ErrorModel::flat(), Params::default(), &mut |_| true).unwrap();
    for (written, meant) in [
        ("By the quiett  harbour, (teh boat)!", "By the quiet  harbour, (the boat)!"),
        ("it was quiett late", "it was quite late"),
        ("TEH BOAT", "THE BOAT"),
        ("the hatbour's boat", "the harbour's boat"),
        ("harbuor-boat", "harbour-boat"),
        ("maria lefft", "maria left"),
        ("  ", "  "),
        ("", ""),
        (
            "late www.harbuor.example, 3rd, teh_boat, a@harbuor.example",
            "late www.harbuor.example, 3rd, teh_boat, a@harbuor.example",
        ),
    ] {
        assert_eq!(corrector.correct(written).corrected, meant);
    }
    let found = corrector.correct("é teh boat");
    assert_eq!((found.changes.len(), found.changes[0].position), (1, 2), "{found:?}");
    assert!(found.changes[0].log10_to > found.changes[0].log10_from.unwrap());
}

#[test]
fn known_words_are_doubted_only_when_asked() {
    let wrong = "she came form the small boat";
    let plain =
        Corrector::new(model(ENGLISH, 3), &ErrorModel::flat(), Params::default(), &mut |_| true).unwrap();
    assert_eq!(plain.correct(wrong).corrected, wrong);
    let params = Params { real_words: true, ..Params::default() };
    let doubting = Corrector::new(model(ENGLISH, 3), &ErrorModel::flat(), params, &mut |_| true).unwrap();
    assert_eq!(doubting.correct(wrong).corrected, "she came from the small boat");
    for right in ENGLISH.lines() {
        assert_eq!(doubting.correct(right).corrected, right);
    }
}

#[test]
fn names_far_from_every_word_stay_and_one_can_ask_why() {
    let corrector =
        Corrector::new(model(ENGLISH, 3), &ErrorModel::flat(), Params::default(), &mut |_| true).unwrap();
    let line = "Grzegorz left the harbour with Oyelaran";
    let found = corrector.correct_listing(line, 3);
    assert_eq!((found.corrected.as_str(), found.changes.len()), (line, 0));
    assert!(corrector.candidates("Grzegorz", 3).is_empty());
    // A word that is near is weighed against being unknown: all shares sum to one, the chosen one is the greatest.
    let found = corrector.correct_listing("the boatt left", 20);
    let change = &found.changes[0];
    assert_eq!((change.to.as_str(), change.candidates[0].text.as_str()), ("boat", "boat"));
    assert!(change.candidates.iter().any(|c| c.text == "boatt"));
    let sum: f64 = change.candidates.iter().map(|c| c.confidence).sum();
    assert!((sum - 1.0).abs() < 1e-9 && change.confidence == change.candidates[0].confidence, "{sum}");
    // With as many unknown words as there can be, and hardly a typing error, it is left.
    let params = Params { unknown_rate: Some(0.9), typo_rate: 1e-9, ..Params::default() };
    let shy = Corrector::new(model(ENGLISH, 3), &ErrorModel::flat(), params, &mut |_| true).unwrap();
    assert_eq!(shy.correct("the boatt left").corrected, "the boatt left");
}

#[test]
fn korean_is_corrected_by_keys_in_context() {
    let corrector =
        Corrector::new(model(KOREAN, 3), &ErrorModel::flat(), Params::default(), &mut |_| true).unwrap();
    for (written, meant) in [
        ("동생이 메룬 을 먹었다", "동생이 메론 을 먹었다"),
        ("동생이 선생님을 매롱 하고 놀렸다.", "동생이 선생님을 메롱 하고 놀렸다."),
        ("아이가 학교로 달려갓다", "아이가 학교로 달려갔다"),
        ("강아지가 집으로 달려겄다", "강아지가 집으로 달려갔다"),
    ] {
        assert_eq!(corrector.correct(written).corrected, meant);
    }
    // Words that are there, one key apart: the words beside them alone decide, in both directions.
    let slips = [pair("논", "농", 5), pair("동", "돈", 5), pair("자", "다", 5), pair("다", "자", 5)];
    let (errors, _) = ErrorModel::learn(&slips, &Learning::default(), &mut |_| true).unwrap();
    let params = Params { real_words: true, typo_rate: 0.1, ..Params::default() };
    let doubting = Corrector::new(model(&KOREAN.repeat(30), 3), &errors, params, &mut |_| true).unwrap();
    for (written, meant) in [
        ("동생이 메롱 을 먹었다", "동생이 메론 을 먹었다"),
        ("동생이 선생님을 메론 하고 놀렸다", "동생이 선생님을 메롱 하고 놀렸다"),
        ("아이가 학교로 잘려갔다", "아이가 학교로 달려갔다"),
        ("나무가 톱에 달려갔다", "나무가 톱에 잘려갔다"),
    ] {
        assert_eq!(doubting.correct(written).corrected, meant);
    }
    for right in KOREAN.lines() {
        assert_eq!(doubting.correct(right).corrected, right);
    }
}

#[test]
fn what_the_total_says_is_what_the_model_and_the_channel_say() {
    // One word by itself: log10 P(word) + log10 rate + log10 P(written | word), with the counts' own unknown words.
    let counts = [("harbour".to_owned(), 90), ("harbours".to_owned(), 9), ("boat".to_owned(), 1)];
    let flat = ErrorModel::flat();
    let corrector = Corrector::from_counts(&counts, &flat, Params::default(), &mut |_| true).unwrap();
    let unknown = 2.0 / 101.0;
    let expected = (90.0 * (1.0 - unknown) / 100.0f64).log10()
        + 0.02f64.log10()
        + f64::from(flat.log10("harbuor", "harbour").unwrap());
    let change = &corrector.correct("harbuor").changes[0];
    assert!((change.log10_to - expected).abs() < 1e-4, "{} {expected}", change.log10_to);
    let candidates = corrector.candidates("harbuor", 5);
    assert_eq!(candidates.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(), ["harbour", "harbours"]);
    assert!((candidates[0].log10 - (expected - 0.02f64.log10())).abs() < 1e-4);
    assert!(
        corrector.words() == 3
            && corrector.knows("Boat")
            && !corrector.knows("baot")
            && corrector.bytes() > 0
    );
}

#[test]
fn the_best_candidates_are_those_of_trying_every_word() {
    let mut rng = Rng::new(8);
    let mut draw = |most: u64| -> String {
        (0..2 + rng.below(most)).map(|_| char::from(b'a' + rng.below(5) as u8)).collect()
    };
    let words: Vec<(String, u64)> = (0..300u64).map(|i| (draw(7), 1 + i * i % 97)).collect();
    let pairs: Vec<Pair> = (0..200).map(|_| pair(&draw(7), &draw(7), 1)).collect();
    let (model, _) = ErrorModel::learn(&pairs, &Learning::default(), &mut |_| true).unwrap();
    let asked: Vec<String> = (0..200).map(|_| draw(7)).collect();
    let mut compared = 0;
    for distance in 1..=3usize {
        let params = Params { max_distance: distance, ..Params::default() };
        let corrector = Corrector::from_counts(&words, &model, params, &mut |_| true).unwrap();
        for word in &asked {
            let found = corrector.candidates(word, 5);
            let all = corrector.candidates(word, 1000);
            // Cutting off what cannot be among the best loses nothing.
            let best: Vec<_> = all.iter().take(5).map(|c| (&c.text, c.log10)).collect();
            assert_eq!(found.iter().map(|c| (&c.text, c.log10)).collect::<Vec<_>>(), best, "{word}");
            assert!(all.windows(2).all(|w| w[0].log10 >= w[1].log10));
            compared += all.len();
        }
    }
    assert!(compared > 2000, "{compared}");
}

#[test]
fn words_of_a_million_letters_and_lines_of_as_many_words_are_no_trouble() {
    let corrector =
        Corrector::new(model(ENGLISH, 2), &ErrorModel::flat(), Params::default(), &mut |_| true).unwrap();
    let long = "a".repeat(1_000_000);
    assert_eq!(corrector.correct(&long).corrected, long);
    assert!(corrector.candidates(&long, 3).is_empty());
    let many = "teh boat ".repeat(10_000);
    assert_eq!(corrector.correct(&many).corrected, "the boat ".repeat(10_000));
    assert!(
        ErrorModel::learn(&[pair(&long, "a", 1), pair("teh", "the", 1)], &Learning::default(), &mut |_| true)
            .unwrap()
            .1
            .unfit
            == 1
    );
}

//! The verbs of count-based language models, through the real binary.

use crate::common::Place;

const TEXT: &str = "the small boat left the harbour\nthe old boat left the pier\nthe boat came back\n\n어부 가 배 를 고쳤다\n";

fn place() -> Place {
    let place = Place::new();
    place.write("text.txt", TEXT);
    place
}

#[test]
fn a_model_is_fitted_and_asked() {
    let place = place();
    for (model, layout) in [
        ("m.bin", &[][..]),
        ("m.trie", &["--compact", "16"][..]),
        ("m.arpa", &[][..]),
        ("m.arpa.gz", &[][..]),
    ] {
        let args = [&["ngram", "text.txt", "-o", model, "--order", "3", "--json", "-q"], layout].concat();
        let fitted = place.call(&args).ok().json();
        assert_eq!(fitted["order"], 3);
        assert_eq!(fitted["counts"].as_array().unwrap().len(), 3);
        assert_eq!(fitted["discounts"].as_array().unwrap().len(), 3);
        assert!(!fitted["warnings"].as_array().unwrap().is_empty(), "so little text lacks some count");
        let found = place.call(&["perplexity", model, "text.txt", "--json"]).ok().json();
        // Four lines with words: 6 + 6 + 4 + 5 words and four ends.
        assert_eq!(
            (&found["tokens"], &found["oov"], &found["protocol"]),
            (&25.into(), &0.into(), &"sentence".into())
        );
        let perplexity = found["perplexity"].as_f64().unwrap();
        assert!((found["bits_per_token"].as_f64().unwrap() - perplexity.log2()).abs() < 1e-9);
        let lines =
            place.call(&["score", model, "text.txt", "--explain", "--counts", "text.txt", "--json"]).ok();
        let lines: Vec<serde_json::Value> =
            lines.out.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
        assert_eq!(lines.len(), 4);
        let total: f64 = lines.iter().map(|line| line["log10"].as_f64().unwrap()).sum();
        assert!((perplexity - 10f64.powf(-total / 25.0)).abs() < 1e-4, "{perplexity} {total}");
        let second = &lines[0]["tokens"][1];
        assert_eq!(
            (&second["token"], &second["ngram"], &second["count"]),
            (&"small".into(), &"<s> the small".into(), &1.into())
        );
        assert_eq!(lines[0]["text"], "the small boat left the harbour");
        let next = place.call(&["next", model, "the boat came", "-k", "2", "--json"]).ok().json();
        assert_eq!(next["next"][0]["token"], "back");
        assert!(next["next"][0]["p"].as_f64() > next["next"][1]["p"].as_f64());
    }
}

#[test]
fn samples_repeat_with_their_seed() {
    let place = place();
    place.call(&["ngram", "text.txt", "-o", "m.bin", "--order", "2", "-q"]).ok();
    let text = |seed: &str, more: &[&str]| {
        let args = [&["generate", "m.bin", "--json", "--max", "30", "--prompt", "the", "--seed", seed], more]
            .concat();
        place.call(&args).ok().json()["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(text("1", &[]), text("1", &[]));
    assert!((2..40).any(|seed| text(&seed.to_string(), &[]) != text("1", &[])));
    assert!(text("1", &[]).starts_with("the"));
    // Without chance the seed is nothing.
    assert_eq!(text("1", &["--temperature", "0"]), text("2", &["--temperature", "0"]));
    place.call(&["generate", "m.bin", "--temperature=-1"]).failed(&["temperature", "Next: "]);
}

#[test]
fn standard_input_and_output_take_the_place_of_files() {
    let place = place();
    let arpa = place.call(&["ngram", "text.txt", "-o", "-", "--order", "2", "-q"]).ok();
    assert!(arpa.out.starts_with("\\data\\\nngram 1=") && arpa.out.ends_with("\\end\\\n"));
    place.write("m.arpa", &arpa.out);
    let again = place.call(&["ngram", "--arpa", "m.arpa", "-o", "-", "-q"]).ok();
    assert_eq!(again.out, arpa.out);
    let found = place.fed(&["perplexity", "m.arpa", "-", "--json"], b"the boat\n").ok().json();
    assert_eq!(found["tokens"], 3);
    place.call(&["perplexity", "-", "-"]).misused(&["standard input"]);
    place.call(&["ngram", "text.txt", "-o", "-", "--json"]).misused(&["standard output"]);
}

#[test]
fn what_cannot_be_done_is_said() {
    let place = place();
    place.write("empty.txt", "\n\n").write("marked.txt", "fine\n<s> a b </s>\n");
    place.call(&["ngram", "empty.txt", "-o", "m.bin"]).failed(&["empty.txt", "no word", "Next: "]);
    place.call(&["ngram", "marked.txt", "-o", "m.bin"]).failed(&["marked.txt, row 2", "<s>"]);
    place.call(&["ngram", "missing.txt", "-o", "m.bin"]).failed(&["cannot read missing.txt"]);
    place.call(&["ngram", "text.txt", "-o", "m.bin", "--order", "10"]).failed(&["the order is 10"]);
    place.call(&["ngram", "text.txt", "-o", "no/such/m.bin", "-q"]).failed(&["cannot write no/such/m.bin"]);
    place
        .call(&["ngram", "text.txt", "-o", "m.arpa", "--smoothing", "laplace"])
        .failed(&["additive smoothing"]);
    place
        .call(&["ngram", "text.txt", "-o", "m.bin", "--smoothing", "jelinek-mercer"])
        .misused(&["--validation"]);
    place.call(&["ngram", "text.txt", "-o", "m.bin", "--k", "2"]).misused(&["--k means nothing"]);
    place.call(&["perplexity", "text.txt", "text.txt"]).failed(&["no binary n-gram model"]);
    assert!(!place.at("m.bin").exists() && !place.at("m.arpa").exists());
    place.call(&["ngram", "text.txt", "-o", "m.bin", "-q"]).ok();
    let mut bytes = place.read("m.bin");
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    place.write("altered.bin", bytes);
    place.call(&["perplexity", "altered.bin", "text.txt"]).failed(&["altered.bin", "checksum"]);
}

#[test]
fn every_smoothing_can_be_asked_for() {
    let place = place();
    for smoothing in gyeol_ngram::smoothing::SMOOTHINGS {
        let mut args =
            vec!["ngram", "text.txt", "-o", "m.bin", "--order", "2", "-q", "--smoothing", smoothing];
        if smoothing == "jelinek-mercer" {
            args.extend(["--validation", "text.txt"]);
        }
        place.call(&args).ok();
        let found = place.call(&["perplexity", "m.bin", "text.txt", "--json"]).ok().json();
        let perplexity = found["perplexity"].as_f64().expect("finite on its own text");
        assert!(perplexity > 1.0 && perplexity < 16.0, "{smoothing}: {perplexity}");
    }
}

#[test]
fn candidates_are_ordered_by_probability() {
    let place = place();
    place.call(&["ngram", "text.txt", "-o", "m.bin", "--order", "3", "-q"]).ok();
    let sets = "order\tthe boat the left\tthe boat came back\tback came boat the\n\nko\t배 가 어부 를 고쳤다\t어부 가 배 를 고쳤다\n";
    place.write("c.tsv", sets);
    let lines: Vec<serde_json::Value> = place
        .call(&["rank", "m.bin", "c.tsv", "--json"])
        .ok()
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["key"], &lines[0]["ranked"][0]["text"]),
        (&"order".into(), &"the boat came back".into())
    );
    assert_eq!(lines[1]["ranked"][0]["text"], "어부 가 배 를 고쳤다");
    let score = |i: usize| lines[0]["ranked"][i]["log10"].as_f64().unwrap();
    assert!(score(0) > score(1) && score(1) >= score(2));
    // The same number as `score` gives.
    let alone = place.fed(&["score", "m.bin", "-", "--json"], "the boat came back\n".as_bytes()).ok().json();
    assert!((alone["log10"].as_f64().unwrap() - score(0)).abs() < 1e-9);
    place.write("bad.tsv", "key\ta\nno tabs here\n");
    place.fails(&["rank", "m.bin", "bad.tsv"], &["bad.tsv", "row 2", "tab"]);
}

#[test]
fn a_pipe_is_read_as_its_file_would_be() {
    let place = Place::new();
    let texts: Vec<String> = (0..30).map(|i| format!("the old clock number {} stands", i % 7)).collect();
    let objects: String =
        texts.iter().map(|t| format!("{{\"text\": \"{t}\", \"label\": \"a\"}}\n")).collect();
    let table = format!("text,label\n{}", texts.iter().map(|t| format!("{t},a\n")).collect::<String>());
    place.write("lines.txt", texts.join("\n"));
    place.call(&["ngram", "lines.txt", "-o", "lines.arpa", "--order", "2", "-q"]).ok();
    for (name, piped, said) in
        [("lines", texts.join("\n"), ""), ("objects", objects, "JSON object"), ("table", table, "a table")]
    {
        let made = place.fed(&["ngram", "-", "-o", "piped.arpa", "--order", "2"], piped.as_bytes()).ok();
        assert!(place.read("piped.arpa") == place.read("lines.arpa"), "{name}");
        assert!(
            made.err.contains(said) && (said.is_empty() || made.err.contains("standard input: ")),
            "{made:?}"
        );
        for verb in ["perplexity", "score"] {
            let of_pipe = place.fed(&[verb, "lines.arpa", "-", "--json", "-q"], piped.as_bytes()).ok();
            let of_file = place.call(&[verb, "lines.arpa", "lines.txt", "--json", "-q"]).ok();
            assert_eq!(of_pipe.out, of_file.out, "{verb} of {name}");
        }
    }
}

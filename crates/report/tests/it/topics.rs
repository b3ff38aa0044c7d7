//! The topic map as a reader meets it: whole with and without a script, safe with any word, of any number of topics.

#[path = "../../examples/sample/topics.rs"]
mod sample;

use gyeol_report::topic_map::*;
use gyeol_report::{Language, topic_map_page};
use sample::map;

const BOTH: [Language; 2] = [Language::English, Language::Korean];

/// Tags open and close in order, nothing is not-a-number, nothing leaves the file, every link leads somewhere.
fn check(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start + 1..];
        let end = tag.find('>').expect("a closed tag");
        let inner = &tag[..end];
        rest = &tag[end + 1..];
        let name = inner.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or("");
        if inner.starts_with('!') || inner.ends_with('/') || ["meta", "br", "input"].contains(&name) {
            continue;
        }
        if inner.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes another tag");
        } else if name == "style" || name == "script" {
            let close = rest.find(&format!("</{name}>")).expect("an end");
            rest = &rest[close + name.len() + 3..];
        } else {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "still open: {open:?}");
    let bad =
        ["NaN", ">inf", "http://", "https://", " src=", "@import", "url(", "undefined<", ">topics-", "null"];
    let drawn = &page[..page.find("<script").unwrap()];
    for bad in bad {
        assert!(!drawn.contains(bad), "{bad} is in the page");
    }
    let ids: std::collections::BTreeSet<&str> =
        page.split(" id=\"").skip(1).map(|part| &part[..part.find('"').unwrap()]).collect();
    for link in page.split("href=\"#").skip(1) {
        let name = &link[..link.find('"').unwrap()];
        assert!(ids.contains(name), "#{name} leads nowhere");
    }
}

/// The JSON that the script reads.
fn figures(page: &str) -> serde_json::Value {
    let start = page.find("id=\"topic-data\">").unwrap() + "id=\"topic-data\">".len();
    serde_json::from_str(&page[start..start + page[start..].find("</script>").unwrap()]).unwrap()
}

/// Fifty topics again and again, spread over a spiral.
fn many(k: usize) -> TopicMap {
    let mut map = map(50, Language::English);
    let (topics, n) = (map.topics.clone(), 50);
    map.topics = (0..k)
        .map(|t| Topic {
            number: t as u64 + 1,
            share: topics[t % n].share * n as f64 / k as f64,
            ..topics[t % n].clone()
        })
        .collect();
    let at = |t: usize| ((t as f64).sin() * t as f64, (t as f64).cos() * t as f64);
    let far = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1) / (2.0 * k as f64);
    map.distances = (0..k).flat_map(|i| (0..k).map(move |j| far(at(i), at(j)))).collect();
    map.places.points = (0..k).map(at).collect();
    map.order = (0..k).collect();
    map
}

#[test]
fn maps_of_one_to_five_hundred_topics_are_whole_in_both_languages() {
    for language in BOTH {
        for k in [1, 2, 5, 50, 500] {
            let page = topic_map_page(&if k > 50 { many(k) } else { map(k, language) }, language).unwrap();
            check(&page);
            // A circle on each of the two drawings, and a place in the list.
            assert_eq!(page.matches("<circle class=\"topic\"").count(), 2 * k);
            assert_eq!(page.matches("<details class=\"topic-one\"").count(), k);
            assert_eq!(page.contains("<svg class=\"matrix\""), (2..=100).contains(&k), "{k}");
            assert!(k != 500 || page.contains("100"), "a sentence says why the square is not there");
        }
    }
}

#[test]
fn a_hundred_topics_of_full_lists_stay_under_a_megabyte_and_a_half() {
    // Worse than any fit: no two topics share a word that leads, yet each word is spread over 30 topics; ten documents
    // of 200 Korean characters.
    let n = room(100);
    let mut map = map(100, Language::Korean);
    let line = "가나다라마바사아자차".repeat(20);
    map.words = (0..100 * n)
        .map(|w| Word {
            text: format!("긴낱말{w}"),
            count: 30_000.0,
            topics: (0..30).map(|t| ((w / n + t) % 100, 1_000.0)).collect(),
        })
        .collect();
    for (t, topic) in map.topics.iter_mut().enumerate() {
        topic.words = (0..n).map(|w| (t * n + w, 0.01 - 1e-6 * w as f64)).collect();
        topic.documents =
            vec![Document { name: "12345".into(), text: line.clone(), mix: vec![(t, 0.8)] }; 10];
    }
    let page = topic_map_page(&map, Language::Korean).unwrap();
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
}

#[test]
fn the_same_map_gives_the_same_bytes() {
    let page = || topic_map_page(&map(50, Language::Korean), Language::Korean).unwrap();
    assert!(page() == page());
}

#[test]
fn no_word_can_leave_its_place() {
    for evil in ["</script><script>alert('x')</script>", "\"onload=\"x", "'><b>", "a&b", "<!--", "{{ t }}"] {
        let mut map = map(5, Language::English);
        map.title = evil.into();
        map.command = evil.into();
        map.sha256 = evil.into();
        map.version = evil.into();
        map.method.name = evil.into();
        map.words.iter_mut().for_each(|w| w.text = evil.into());
        for document in map.topics.iter_mut().flat_map(|t| &mut t.documents) {
            document.name = evil.into();
            document.text = evil.into();
        }
        let page = topic_map_page(&map, Language::English).unwrap();
        check(&page);
        assert_eq!(page.matches("<script").count(), 2, "{evil}: only the page's own");
        assert_eq!(page.matches("</script>").count(), 2, "{evil}");
        let drawn = &page[..page.find("<script").unwrap()];
        assert!(!drawn.contains("'><b>") && !drawn.contains("\"onload="), "{evil}");
        assert_eq!(figures(&page)["words"][0][0], evil, "the script reads the word as it is");
    }
}

#[test]
fn very_long_words_are_cut_and_words_from_right_to_left_are_set_apart() {
    let mut map = map(5, Language::English);
    map.words.iter_mut().for_each(|w| w.text = "x".repeat(50_000));
    map.words[0].text = "\u{202e}שלום".into();
    map.words[1].text = "سلام".into();
    map.topics[0].words = vec![(0, 0.5), (1, 0.3)];
    let page = topic_map_page(&map, Language::English).unwrap();
    check(&page);
    assert!(!page.contains(&"x".repeat(61)) && page.contains(&format!("{}…", "x".repeat(60))));
    assert!(!page.contains('\u{202e}'), "no character turns the rest of the line");
    assert!(page.contains("<bdi>שלום</bdi>") && page.contains("\u{2068}سلام\u{2069}"));
}

#[test]
fn topics_without_words_or_figures_are_said_to_be_empty() {
    let mut map = map(5, Language::English);
    for t in [1, 3] {
        map.topics[t] = Topic { number: 10 + t as u64, share: f64::NAN, ..Topic::default() };
        for o in 0..5 {
            (map.distances[t * 5 + o], map.distances[o * 5 + t]) = (f64::NAN, f64::NAN);
        }
        map.places.points[t] = (f64::NAN, f64::INFINITY);
    }
    map.curve.iter_mut().step_by(3).for_each(|p| p.1 = f64::NAN);
    map.scan.as_mut().unwrap()[1].perplexity = Some(f64::NAN);
    for language in BOTH {
        let page = topic_map_page(&map, language).unwrap();
        check(&page);
        figures(&page);
    }
    let page = topic_map_page(&map, Language::English).unwrap();
    assert!(page.contains("2 topics have no words") && page.contains("11 (no words)"));
    map.topics.iter_mut().for_each(|t| *t = Topic { number: t.number, ..Topic::default() });
    map.words.clear();
    map.distances.fill(f64::NAN);
    check(&topic_map_page(&map, Language::English).unwrap());
}

#[test]
fn the_verdict_names_the_largest_the_twins_and_what_does_not_hold_together() {
    let page = topic_map_page(&map(5, Language::English), Language::English).unwrap();
    let largest =
        map(5, Language::English).topics.into_iter().max_by(|a, b| a.share.total_cmp(&b.share)).unwrap();
    assert!(
        page.contains(&format!("<p class=\"sentence\">5 topics; the largest, topic {} (", largest.number))
    );
    // The sample's last topic is made of the first one's words.
    assert!(page.contains("look like one topic in two"), "twins");
    assert!(
        page.contains("By NPMI, the words of 1 topic occur together no more often than by chance"),
        "topic 3 has an NPMI under 0"
    );
    assert!(page.contains("is lowest with") && page.contains("This page shows 5."));
    let mut calm = map(5, Language::English);
    calm.distances = (0..25).map(|i| if i % 6 == 0 { 0.0 } else { 0.9 }).collect();
    calm.topics[2].coherence.npmi = Some(0.1);
    calm.curve = (0..100).map(|i| (i, i as f64)).collect();
    let page = topic_map_page(&calm, Language::English).unwrap();
    assert!(page.contains("There are no near-duplicate topics") && !page.contains("low coherence"));
    assert!(page.contains("its last tenth still brought 11"), "a straight line has not settled");
}

#[test]
fn without_a_script_every_topic_has_its_words_neighbours_and_documents() {
    let page = topic_map_page(&map(5, Language::Korean), Language::Korean).unwrap();
    let list = &page[page.find("id=\"every\"").unwrap()..page.find("id=\"distances\"").unwrap()];
    for topic in list.split("<details class=\"topic-one\"").skip(1) {
        assert!(topic.contains("class=\"counts\"") && topic.contains("class=\"nearest\""));
        assert_eq!(topic.matches("class=\"doc-text\"").count(), 6);
    }
    for word in ["항구", "과수원", "신호", "판결"] {
        assert!(list.contains(&format!("<bdi>{word}</bdi>")), "{word}");
    }
}

#[test]
fn the_script_gets_figures_from_which_the_relevance_follows() {
    let map = map(5, Language::English);
    let read = figures(&topic_map_page(&map, Language::English).unwrap());
    for (topic, shown) in map.topics.iter().zip(read["topics"].as_array().unwrap()) {
        let flat: Vec<u64> = shown["words"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
        assert!(!flat.is_empty());
        for part in flat.chunks(3) {
            let word = &read["words"][part[0] as usize];
            let w = map.words.iter().position(|w| w.text == word[0].as_str().unwrap()).unwrap();
            let p = topic.words.iter().find(|x| x.0 == w).unwrap().1;
            assert!((part[1] as f64 / 1e8 - p).abs() <= 0.5e-8 && word[1] == map.words[w].count as u64);
        }
    }
}

#[test]
fn a_map_whose_parts_do_not_agree_is_an_error() {
    let mut map = map(5, Language::English);
    map.distances.pop();
    for map in [map, TopicMap::default()] {
        assert_eq!(topic_map_page(&map, Language::English).unwrap_err().code(), "bad-topic-map");
    }
}

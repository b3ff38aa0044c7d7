//! Vocabularies and chains that are almost right: read and usable, or refused with words; never a panic.

use gyeol_text::lines::TokenLines;
use gyeol_text::prepare::PreparationParams;
use gyeol_text::vocabulary::{Vocabulary, VocabularyParams};
use gyeol_text::words::UnicodeWords;

use crate::mutate::fuzz;

const TEXTS: [&str; 3] =
    ["The boat left, the harbour stayed.", "어부가 배를 고쳤다", "naïve \"quotes\" \\ 12"];

fn lines() -> TokenLines {
    let params = PreparationParams { language: "en".into(), ..PreparationParams::default() };
    TokenLines { chain: params.check().unwrap().plain().unwrap(), sentences: true, unknown_is_word: false }
}

#[test]
fn altered_vocabularies_are_read_or_refused() {
    let mut made = Vocabulary::of_texts(&TEXTS, &UnicodeWords, VocabularyParams::default()).unwrap();
    let plain = made.to_json();
    let keras = made.to_keras_json().unwrap();
    made.set_preparation(lines().chain.to_json());
    let samples = [plain, keras, made.to_json()].map(String::into_bytes);
    fuzz(3000, &samples, |bytes| {
        let json = String::from_utf8_lossy(bytes);
        let vocabulary = Vocabulary::from_json("v.json", &json).map_err(|e| e.to_string())?;
        // What is read can be used and written.
        let ids = vocabulary.encode(TEXTS[0], &UnicodeWords);
        vocabulary.decode(&ids).map_err(|e| e.to_string())?;
        let again = Vocabulary::from_json("again", &vocabulary.to_json()).map_err(|e| e.to_string())?;
        assert_eq!(again.len(), vocabulary.len());
        Ok(())
    });
}

#[test]
fn altered_chains_are_read_or_refused() {
    let samples = [lines().to_json().to_string().into_bytes()];
    fuzz(1000, &samples, |bytes| {
        let json = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let lines = TokenLines::from_json(&json).map_err(|e| e.to_string())?;
        TEXTS.iter().for_each(|text| drop(lines.line(text)));
        Ok(())
    });
}

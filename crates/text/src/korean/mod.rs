//! Korean words: jamo, eojeol, particles learned from the user's own corpus, and morphemes by a dictionary on disk.

pub mod jamo;

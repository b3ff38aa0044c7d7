//! Sentences of English text.

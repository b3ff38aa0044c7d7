//! Sentences of Korean text, with and without full stops.

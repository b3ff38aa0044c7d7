//! What a corpus looks like: lengths, growth of the vocabulary, duplicates, balance.

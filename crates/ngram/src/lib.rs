//! Count-based language models: estimation, files, queries, and what they are for.

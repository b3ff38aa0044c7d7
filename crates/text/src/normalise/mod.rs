//! One form for each character, case and spelling; stems and lemmas.

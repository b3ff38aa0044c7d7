//! Tests of the command as someone at a terminal meets it, in one binary.

mod ahead;
mod bad_input;
mod clocks;
mod common;
mod correct;
mod database;
mod docs;
mod examples;
mod hierarchy;
mod hostile;
mod inside;
mod judgement;
mod kinds;
mod language;
mod lda;
mod lessons;
mod ngram;
mod outside;
mod people;
#[cfg(feature = "postgres")]
#[path = "../../../../tests/postgres.rs"]
mod postgres;
mod repeatable;
mod rescore;
mod sequences;
mod tables;
mod text;
mod topic;
mod verbs;
mod watch;

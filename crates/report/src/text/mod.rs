//! Words and figures for people: what the page, the terminal and the server all say the same way.

mod catalogue;
mod clock;
mod figures;
mod korean;
mod models;
mod words;

#[cfg(test)]
pub(crate) use catalogue::{catalogue, placeholders};
pub use catalogue::{has_message, message};
pub use clock::{
    Moment, Step, StepUnit, WEEKDAYS, ahead_key, clock_hour, date, date_short, date_time, date_weekday,
    moment,
};
pub use figures::{
    MISSING, bytes, count, decimals, duration, microseconds, number, percent, range, reading, signed,
    significant, with_percent, with_unit,
};
pub use korean::particle;
pub use models::{model_answer, model_deck, model_titles, perplexity};
pub use words::{
    answer, fit_seconds, learnable, metric_name, pair_against, rung_phrases, rung_title, rung_titles,
    sentence_case, spoken, verdict, verdict_short,
};

//! Words and figures for people: what the page, the terminal and the server all say the same way.

mod answer;
mod catalogue;
mod clock;
mod figures;
mod korean;
mod metrics;
mod rungs;
mod words;

pub use answer::answer;
pub(crate) use answer::{examples_deck, judged, texts_deck};
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
pub use metrics::metric_name;
pub(crate) use metrics::{in_bits, in_percent, in_unit, metric_figures, second_figure, second_metric};
pub use rungs::{rung_phrases, rung_title, rung_titles, well_posed};
pub(crate) use words::{calendar_name, input_reason};
pub use words::{
    fit_seconds, input_name, pair_against, remark, sentence_case, spoken, verdict, verdict_short,
};

//! The keys of a recipe that forecasts readings.

use super::Kind::*;
use super::Without::{Found, Needed, Value};
use super::{
    BOOTSTRAP_DRAWS, Key, Kind, LANGUAGE, MANY, MARGIN, NAME, SEED, Schema, Section, TASKS, Without, key,
    rung, section,
};

/// What a recipe of a forecast may say.
pub const SCHEMA: Schema = Schema {
    task: TASKS[0],
    doc: "Continuing readings, such as an electric load.",
    sections: SECTIONS,
    keys: KEYS,
    rungs: RUNGS,
    operations: OPERATIONS,
};

/// The sections, in the order in which they are written.
const SECTIONS: &[Section] = &[
    section("", false, "What is asked."),
    section("data", false, "The file of readings and how it is read."),
    section(
        "columns",
        false,
        "What each column is; columns named nowhere are ignored once `targets` is given.",
    ),
    section("clean", true, "Cleaning, applied in this order; what is not named is not altered."),
    section(
        "split",
        false,
        "Which rows train, which choose (validation), which judge (test): always in the order of time.",
    ),
    section("forecast", false, "What is forecast from what."),
    section("calendar", false, "What is known of every hour ahead."),
    section("scale", false, "How columns are scaled; fitted on the training part alone."),
    section("score", false, "How the rungs are judged."),
    section("rung", true, "The rungs to climb, plainest first; without any, the default ladder of the task."),
];

/// The rungs for readings.
const RUNGS: &[&str] =
    &["last-value", "seasonal-naive", "linear", "mlp", "rnn", "gru", "lstm", "slstm", "mingru"];
const NETS: &[&str] = &["mlp", "rnn", "gru", "lstm", "slstm", "mingru"];
const RECURRENT: &[&str] = &["rnn", "gru", "lstm", "slstm", "mingru"];

const fn clean(
    name: &'static str,
    of: &'static [&'static str],
    kind: Kind,
    default: Without,
    doc: &'static str,
) -> Key {
    Key { section: "clean", name, kind, default, doc, of }
}

/// The cleaning operations, each with what it does.
const OPERATIONS: &[(&str, &str)] = &[
    ("sort", "Puts rows in the order of time."),
    ("deduplicate", "Keeps one row of several with the same time."),
    ("regular-clock", "Gives every moment of the clock a row; missing rows become empty ones."),
    ("drop", "Removes columns."),
    ("drop-rows", "Removes rows."),
    ("missing", "Turns readings that cannot be into missing ones."),
    ("clip", "Brings values beyond a bound to the bound."),
    ("fill", "Fills missing readings and remembers that they were invented; they are never scored."),
    ("difference", "Takes the difference from the reading before, for counters; a reset is missing."),
    ("convert-unit", "Converts units: °F to °C, kW to MW, kWh/15min to kW."),
];

/// Every key, in the order in which they are written.
const KEYS: &[Key] = &[
    key("", "task", Choice(&TASKS), Value("\"forecast\""), "What is learnt."),
    NAME,
    LANGUAGE,
    SEED,
    // data
    key(
        "data",
        "file",
        Text,
        Value("\"builtin:power-load\""),
        "CSV, Parquet or Arrow file, relative to the recipe; `builtin:power-load` is the data inside the program.",
    ),
    key(
        "data",
        "delimiter",
        Text,
        Found("found in the file"),
        "What stands between two cells: one character, or `tab`.",
    ),
    key("data", "decimal_comma", Flag, Found("found in the file"), "Whether 3,14 is a number."),
    key(
        "data",
        "encoding",
        Text,
        Found("found in the file"),
        "Encoding of the text, such as `utf-8`, `euc-kr` or `windows-1252`.",
    ),
    key(
        "data",
        "date_format",
        Text,
        Found("found in the file"),
        "How times are written, such as `%d.%m.%Y %H:%M`.",
    ),
    key(
        "data",
        "header",
        Flag,
        Found("found in the file"),
        "Whether the first line holds the columns' names.",
    ),
    key(
        "data",
        "skip",
        Whole(0, 1_000_000),
        Found("found in the file"),
        "Lines above the table that are no part of it.",
    ),
    key(
        "data",
        "reshape",
        Flag,
        Found("found in the file"),
        "Whether hours of a day side by side, or quantities below one another, become a row per moment.",
    ),
    key(
        "data",
        "zone",
        Text,
        Found("no zone: times are taken as they stand"),
        "Time zone of times that carry none, such as `America/New_York`; decides about summer time.",
    ),
    // columns
    key("columns", "time", Text, Found("found in the file"), "The column that says when."),
    key("columns", "targets", Texts, Found("found in the file"), "The columns to forecast."),
    key(
        "columns",
        "past",
        Texts,
        Found("found in the file"),
        "Columns known up to now only, such as a measured temperature.",
    ),
    key(
        "columns",
        "known",
        Texts,
        Found("found in the file"),
        "Columns known for the hours ahead too, such as a planned shift.",
    ),
    key(
        "columns",
        "id",
        Text,
        Found("one series"),
        "The column that tells several series in one table apart.",
    ),
    key("columns", "ignored", Texts, Value("[]"), "Columns to leave alone."),
    key(
        "columns",
        "unit",
        Text,
        Found("taken from the target's name"),
        "Unit of the targets, for the report.",
    ),
    // clean
    Key { section: "clean", name: "op", kind: Text, default: Needed, of: &[], doc: "Which operation." },
    clean(
        "columns",
        &["drop", "missing", "clip", "fill", "difference", "convert-unit"],
        Texts,
        Needed,
        "Columns concerned.",
    ),
    clean(
        "keep",
        &["deduplicate"],
        Choice(&["first", "last", "mean"]),
        Value("\"first\""),
        "Which of the rows with one time stays.",
    ),
    clean(
        "step",
        &["regular-clock"],
        Text,
        Found("the step that most rows follow"),
        "Step of the clock, such as `15 min`, `1 h`, `1 day`; a coarser one gathers rows.",
    ),
    clean(
        "gather",
        &["regular-clock"],
        Choice(&["mean", "sum", "last", "max"]),
        Value("\"mean\""),
        "How rows are gathered on a coarser step: the mean for power, the sum for energy.",
    ),
    clean("before", &["drop-rows"], Moment, Found("none"), "Rows before this moment."),
    clean("from", &["drop-rows"], Moment, Found("none"), "Rows from this moment on."),
    clean("missing", &["drop-rows"], Texts, Value("[]"), "Rows in which one of these columns is missing."),
    clean(
        "duplicates",
        &["drop-rows"],
        Flag,
        Value("false"),
        "Rows that repeat an earlier one in every cell.",
    ),
    clean("below", &["missing"], Real(f64::MIN, f64::MAX), Found("none"), "Values below this."),
    clean("above", &["missing"], Real(f64::MIN, f64::MAX), Found("none"), "Values above this."),
    clean("equal", &["missing"], Reals(f64::MIN, f64::MAX), Value("[]"), "These very values, such as -999."),
    clean("infinite", &["missing"], Flag, Value("false"), "Infinite values."),
    clean(
        "stuck",
        &["missing"],
        Whole(2, MANY),
        Found("none"),
        "Runs of one value repeated at least so many times; the first of a run stays.",
    ),
    clean("low", &["clip"], Real(f64::MIN, f64::MAX), Found("none"), "Lower bound."),
    clean("high", &["clip"], Real(f64::MIN, f64::MAX), Found("none"), "Upper bound."),
    clean(
        "method",
        &["fill"],
        Choice(&["forward", "linear", "seasonal"]),
        Needed,
        "The last reading, the line between neighbours, or that line plus the shape of a season.",
    ),
    clean(
        "season",
        &["fill"],
        Whole(1, MANY),
        Found("found from the clock"),
        "Rows of a season for method = \"seasonal\".",
    ),
    clean("limit", &["fill"], Whole(1, MANY), Found("none"), "Longest hole that is filled, in rows."),
    clean("from", &["convert-unit"], Text, Needed, "The unit now."),
    clean("to", &["convert-unit"], Text, Needed, "The unit wanted."),
    // split
    key(
        "split",
        "by",
        Choice(&["dates", "shares", "rows"]),
        Value("\"shares\""),
        "How the borders are given.",
    ),
    key(
        "split",
        "train_from",
        Moment,
        Found("the first row"),
        "by = \"dates\": first moment of the training part.",
    ),
    key(
        "split",
        "valid_from",
        Moment,
        Found("needed with by = \"dates\""),
        "by = \"dates\": first moment of the validation part; training ends before it.",
    ),
    key(
        "split",
        "test_from",
        Moment,
        Found("needed with by = \"dates\""),
        "by = \"dates\": first moment of the test part.",
    ),
    key(
        "split",
        "end",
        Moment,
        Found("after the last row"),
        "by = \"dates\": first moment that is not used any more.",
    ),
    key(
        "split",
        "train",
        Real(0.0, MANY as f64),
        Found("0.7 with by = \"shares\""),
        "Share (0 to 1) or rows of the training part.",
    ),
    key(
        "split",
        "valid",
        Real(0.0, MANY as f64),
        Found("0.15 with by = \"shares\""),
        "Share or rows of the validation part.",
    ),
    key(
        "split",
        "test",
        Real(0.0, MANY as f64),
        Found("0.15 with by = \"shares\""),
        "Share or rows of the test part.",
    ),
    // forecast
    key("forecast", "look_back", Whole(1, 100_000), Value("168"), "Rows that a forecast looks back on."),
    key("forecast", "horizon", Whole(1, 10_000), Value("24"), "Rows that are forecast."),
    key(
        "forecast",
        "seasons",
        Wholes(2, 100_000),
        Found("day, week or year by the clock"),
        "Rows after which the pattern repeats, such as [48, 336]; needed where the rows have no clock.",
    ),
    key(
        "forecast",
        "stride",
        Whole(1, 10_000),
        Value("1"),
        "Rows for each training window, which is drawn among them so that every hour of day and week is seen alike; the test part always uses every window.",
    ),
    key(
        "forecast",
        "interval",
        Real(0.5, 0.999),
        Value("0.9"),
        "Share of true values that the interval should hold.",
    ),
    key(
        "forecast",
        "quantiles",
        Reals(0.0, 1.0),
        Value("[]"),
        "Levels of further quantiles, above 0 and below 1, such as [0.1, 0.5, 0.9]: `predict` gives each its column, and they are scored (CRPS, WQL, SQL).",
    ),
    key(
        "forecast",
        "adaptive",
        Flag,
        Value("false"),
        "Whether interval and quantiles follow what came true where origins come one after another (the test part, `evaluate`, `predict --every-origin`); a single forecast keeps those of the validation part.",
    ),
    key(
        "forecast",
        "limit",
        Real(f64::MIN, f64::MAX),
        Found("no limit"),
        "A value of the target whose crossing is warned of, in its unit: `predict` adds its probability, `p_over`, and warnings are judged; needs `quantiles` and one target.",
    ),
    key(
        "forecast",
        "miss_cost",
        Real(0.001, 1e6),
        Value("10.0"),
        "How many false alarms a crossing that was not warned of costs as much as; decides from which probability on is warned.",
    ),
    key(
        "forecast",
        "known_ahead",
        Flag,
        Value("false"),
        "Treats the `past` columns as known for the hours ahead: an honest figure only if their forecast were perfect.",
    ),
    // calendar
    key(
        "calendar",
        "features",
        Flag,
        Value("true"),
        "Whether hour, weekday and season of each hour are given to the rungs.",
    ),
    key(
        "calendar",
        "holidays",
        Holidays,
        Found("no holidays"),
        "Country whose holidays count, or the dates themselves.",
    ),
    // scale
    key(
        "scale",
        "kind",
        Choice(&["standard", "min-max", "robust"]),
        Value("\"standard\""),
        "Mean and deviation, lowest and highest value, or median and quartiles.",
    ),
    // score
    key(
        "score",
        "metric",
        Choice(&["mae", "mse", "pinball"]),
        Value("\"mae\""),
        "The error by which the validation part chooses; `pinball` is the mean pinball loss over `forecast.quantiles`, shown as CRPS, which is twice that.",
    ),
    key(
        "score",
        "scaled",
        Flag,
        Value("false"),
        "Whether errors are measured on scaled values, as papers on ETT do.",
    ),
    key(
        "score",
        "bootstrap_block",
        Whole(1, 1_000_000),
        Found("a week of rows, or an eighth of the test part where that is less"),
        "Rows of a block when the intervals of the scores are drawn.",
    ),
    BOOTSTRAP_DRAWS,
    MARGIN,
    // rung
    Key {
        section: "rung",
        name: "name",
        kind: Text,
        default: Needed,
        of: &[],
        doc: "Which rung: `last-value`, `seasonal-naive`, `linear`, `mlp`, `rnn`, `gru`, `lstm`, `slstm` (Beck et al. 2024) or `mingru` (Feng et al. 2024), with a suffix after a colon where there are two of a kind (`lstm:plain`).",
    },
    rung(
        "plain",
        NETS,
        Flag,
        "Whether the net is the textbook's: readings in, its last hidden state to the horizon, one net; what else is given in the recipe holds all the same.",
    ),
    rung(
        "season",
        &["seasonal-naive"],
        Whole(1, 100_000),
        "Rows after which the pattern repeats: 24 for a day of hours, 168 for a week.",
    ),
    rung("calendar", NETS, Flag, "Whether the calendar of each row ahead is given to the head."),
    rung(
        "season_values",
        NETS,
        Flag,
        "Whether the values a season before each row ahead are given to the head.",
    ),
    rung("row_calendar", NETS, Flag, "Whether the calendar of each row looked back on is read too."),
    rung(
        "centred",
        NETS,
        Flag,
        "Whether readings are given, and forecast, as differences from the last one.",
    ),
    rung(
        "base",
        NETS,
        Flag,
        "Whether the net starts from the forecast of the linear rung and learns what is left of it.",
    ),
    rung(
        "ridge",
        &["linear"],
        Reals(0.0, 1e12),
        "Penalties on the weights to try; the validation part chooses.",
    ),
    rung("hidden", NETS, Whole(1, 4096), "Units of a hidden layer."),
    rung("layers", RECURRENT, Whole(1, 16), "Recurrent layers, one on the other."),
    rung(
        "head",
        NETS,
        Whole(0, 4096),
        "Units of the two layers that forecast each row ahead; 0 goes from the last hidden state straight to the horizon.",
    ),
    rung(
        "segment",
        RECURRENT,
        Whole(1, 100_000),
        "Rows that enter the net together as one step; 1 reads row by row.",
    ),
    rung("dropout", NETS, Real(0.0, 0.95), "Share of hidden units left out at random while training."),
    rung("epochs", NETS, Whole(1, 100_000), "At most so many passes over the training part."),
    rung(
        "patience",
        NETS,
        Whole(1, 100_000),
        "Stops after so many epochs without a better validation error.",
    ),
    rung("batch", NETS, Whole(1, 65_536), "Windows of one step of the optimizer."),
    rung("learning_rate", NETS, Real(1e-8, 10.0), "Size of a step of the optimizer."),
    rung(
        "schedule",
        NETS,
        Choice(&["constant", "cosine", "one-cycle"]),
        "How the learning rate moves over the run.",
    ),
    rung(
        "optimizer",
        NETS,
        Choice(&["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]),
        "Which optimizer takes the steps.",
    ),
    rung("weight_decay", NETS, Real(0.0, 10.0), "How strongly weights are drawn to zero."),
    rung("clip", NETS, Real(0.0, 1e6), "Longest gradient allowed, over all weights; 0 for any."),
    rung(
        "average",
        NETS,
        Real(0.0, 0.999999),
        "Factor of the moving average of the weights that is judged and kept; 0 keeps the last step's.",
    ),
    rung("loss", NETS, Choice(&["mse", "mae", "huber"]), "What training makes small."),
    rung("members", NETS, Whole(1, 64), "Nets trained from different seeds, whose mean is the forecast."),
];

//! What may be typed. Help, man page and completions are made from this file alone.

pub mod ngram;
pub mod rescore;
pub mod sequence;
mod serve;
mod stations;
mod text;
pub mod topic;

use std::path::PathBuf;

pub use serve::Serve;
pub use stations::command;
pub use text::{Bytes, Prepare, TextVerb, Texts};

use clap::{Args as Group, Parser, Subcommand};
use clap_complete::Shell;

/// Climb the ladder from the plainest forecast to the LSTM on your own readings, and see which rung you need.
#[derive(Debug, Parser)]
#[command(name = "gyeol", version, propagate_version = true, max_term_width = 100)]
pub struct Args {
    /// What holds for every verb.
    #[command(flatten)]
    pub common: Common,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options of every verb.
#[derive(Debug, Clone, Group)]
pub struct Common {
    /// Print one JSON object on standard output and nothing else there.
    #[arg(long, global = true)]
    pub json: bool,
    /// Seed of everything random [default: the recipe's, else 0].
    #[arg(long, global = true, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads; results are the same bits for any number [default: all].
    #[arg(long, global = true, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,
    /// Say nothing but results and errors.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Language of tables and pages: en or ko [default: the recipe's, else en].
    #[arg(long, global = true, value_name = "LANG", value_parser = language)]
    pub language: Option<String>,
}

/// Bytes of a size such as 4096, 64K, 256M or 2G.
fn size(text: &str) -> Result<usize, String> {
    let upper = text.trim().to_ascii_uppercase();
    let number = upper.trim_end_matches("IB").trim_end_matches('B');
    let (digits, shift) = match number.chars().last() {
        Some('K') => (&number[..number.len() - 1], 10),
        Some('M') => (&number[..number.len() - 1], 20),
        Some('G') => (&number[..number.len() - 1], 30),
        Some('T') => (&number[..number.len() - 1], 40),
        _ => (number, 0),
    };
    let bytes = digits.parse::<f64>().ok().map(|n| n * (1u64 << shift) as f64);
    match bytes {
        Some(bytes) if (1.0..9e15).contains(&bytes) => Ok(bytes as usize),
        _ => Err("a size is a number of bytes, or one with K, M or G after it, such as 512M".into()),
    }
}

fn language(text: &str) -> Result<String, String> {
    text.parse::<gyeol_report::Language>().map(|_| text.to_owned()).map_err(|e| e.to_string())
}

/// How a table is read, where it is not to be found out.
#[derive(Debug, Clone, Default, Group)]
pub struct Reading {
    #[command(flatten)]
    pub bytes: Bytes,
    /// Zone of local times, such as Europe/Berlin.
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Form of dates, such as "%d.%m.%Y %H:%M".
    #[arg(long, value_name = "FORM")]
    pub date_format: Option<String>,
    /// Lines above the table of readings that are no part of it.
    #[arg(long, value_name = "N")]
    pub skip: Option<usize>,
    /// Decimal sign: comma or point.
    #[arg(long, value_name = "SIGN", value_parser = ["comma", "point"])]
    pub decimal: Option<String>,
    /// Turn hours side by side, or quantities below one another, into a row per moment: yes or no [default: where seen].
    #[arg(long, value_name = "YES", value_parser = ["yes", "no"])]
    pub reshape: Option<String>,
    /// What is read where a PostgreSQL database (postgresql://USER@HOST/NAME) stands in place of a file: one SELECT.
    #[arg(long = "query", value_name = "SQL")]
    pub sql: Option<String>,
    /// File with that SELECT.
    #[arg(long = "query-file", value_name = "FILE", conflicts_with = "sql")]
    pub sql_file: Option<PathBuf>,
}

impl Reading {
    /// The same as it is typed, for commands that are shown.
    pub fn typed(&self) -> String {
        let mut words = String::new();
        for (flag, value) in [
            ("delimiter", &self.bytes.delimiter),
            ("encoding", &self.bytes.encoding),
            ("zone", &self.zone),
            ("date-format", &self.date_format),
            ("skip", &self.skip.map(|n| n.to_string())),
            ("decimal", &self.decimal),
            ("reshape", &self.reshape),
        ] {
            if let Some(value) = value {
                words += &format!(" --{flag} \"{value}\"");
            }
        }
        if let Some(query) = &self.sql {
            words += &format!(" --query {}", in_shell(query));
        }
        if let Some(file) = &self.sql_file {
            words += &format!(" --query-file {}", in_shell(&file.display().to_string()));
        }
        words + self.bytes.named().map_or("", |named| if named { " --header" } else { " --no-header" })
    }
}

/// A word as a shell takes it, quoted where it must be.
pub fn in_shell(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-:@%+,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What is learnt, where it is not to be found out.
#[derive(Debug, Clone, Default, Group)]
pub struct Wanted {
    /// Task: forecast, language-model, classify, regress, translate or tag [default: by the file].
    #[arg(long, value_name = "TASK", value_parser = ["forecast", "language-model", "classify", "regress", "translate", "tag"])]
    pub task: Option<String>,
    /// Column or key of what should come out: a class, or a number.
    #[arg(long, value_name = "NAME")]
    pub label: Option<String>,
    /// Column or key that holds the text.
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
}

impl Wanted {
    /// The same as it is typed, for commands that are shown.
    pub fn typed(&self) -> String {
        let all = [("task", &self.task), ("label", &self.label), ("column", &self.column)];
        all.iter().filter_map(|(flag, value)| Some(format!(" --{flag} \"{}\"", value.as_ref()?))).collect()
    }
}

/// Verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Climb the ladder: fit every rung under one protocol, judge it, write report, scores and model.
    Run(Run),
    /// Look at a table and write the recipe that fits it, commented.
    Init {
        /// Table: CSV, Parquet or Arrow, plain or compressed, or a database with --query; - for standard input.
        file: String,
        /// Where the recipe goes; - for standard output.
        #[arg(short, long, value_name = "RECIPE", default_value = "-")]
        output: String,
        /// Write over a file that is there.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        wanted: Wanted,
        #[command(flatten)]
        reading: Reading,
    },
    /// Show what a table or a corpus holds: types, gaps, outliers, leakage; lengths, words, repeats, classes.
    Inspect {
        /// Table, a recipe whose table is meant, or texts (a file, or a folder with a folder a class).
        file: String,
        /// Read it as texts, which .txt, .jsonl and .html files, folders, and tables of texts without a clock are anyway.
        #[arg(long)]
        text: bool,
        /// Texts to compare with, such as the test part: what stands in both, and how many words are new.
        #[arg(long, value_name = "FILE")]
        against: Option<String>,
        #[command(flatten)]
        texts: Texts,
        #[command(flatten)]
        prepare: Prepare,
        /// Also write a page; - for standard output instead of the table.
        #[arg(long, value_name = "OUT")]
        html: Option<PathBuf>,
        #[command(flatten)]
        reading: Reading,
    },
    /// Clean a table as inspection proposes or a recipe names, or texts by rules, and say what changed.
    Clean {
        /// Table or texts.
        #[arg(required_unless_present = "rules_known")]
        file: Option<String>,
        /// Cleaned table (.csv, .parquet or .arrow) or texts (.txt, .jsonl, .csv or .tsv); - for standard output.
        #[arg(short, long, value_name = "OUT", required_unless_present = "rules_known")]
        output: Option<String>,
        /// Read it as texts, which .txt, .jsonl and .html files, folders, and tables of texts without a clock are anyway.
        #[arg(long)]
        text: bool,
        /// Rules for texts, with commas between [default: those that hardly anybody wants to do without].
        #[arg(long, value_name = "RULES", value_delimiter = ',')]
        rules: Vec<String>,
        /// List the rules for texts.
        #[arg(long = "list-rules", id = "rules_known")]
        list_rules: bool,
        /// Leave <url>, <email>, <number> and the like where those were.
        #[arg(long)]
        placeholders: bool,
        /// Leave out texts that are empty afterwards.
        #[arg(long)]
        drop_empty: bool,
        #[command(flatten)]
        texts: Texts,
        /// Recipe whose cleaning is applied instead of the proposed one.
        #[arg(long, value_name = "RECIPE")]
        recipe: Option<PathBuf>,
        #[command(flatten)]
        reading: Reading,
    },
    /// Fit one rung of a recipe.
    Train {
        /// Recipe (TOML; - for standard input), or a table; the built-in power load without one.
        recipe: Option<String>,
        /// Rung [default: the last one of the recipe].
        #[arg(long, value_name = "NAME")]
        rung: Option<String>,
        /// Where the model goes; - for standard output.
        #[arg(short, long, value_name = "MODEL")]
        output: PathBuf,
        /// Go on from where a stopped run was.
        #[arg(long)]
        resume: bool,
        /// Smaller nets and fewer epochs.
        #[arg(long)]
        quick: bool,
        #[command(flatten)]
        wanted: Wanted,
        #[command(flatten)]
        reading: Reading,
    },
    /// Score a model on a table: every origin whose rows ahead are there.
    Evaluate(Scoring),
    /// Forecast what follows a table of readings, with its interval.
    Predict {
        /// Model file; - for standard input.
        model: PathBuf,
        /// Readings; - for standard input.
        file: String,
        /// Where the forecast goes: .csv, .parquet or .arrow [default: standard output].
        #[arg(short, long, value_name = "OUT")]
        output: Option<String>,
        /// Forecast from every origin in the table instead, with the truth beside.
        #[arg(long)]
        every_origin: bool,
        /// Table of what is known of the rows ahead, such as a forecast of the weather: the time, the id and the columns known
        /// ahead; - for standard input.
        #[arg(long, value_name = "FILE", conflicts_with = "every_origin")]
        ahead: Option<String>,
        /// Forecast series that the model never saw too: scaled by their own readings, by the mean of what was fitted of the others.
        #[arg(long, conflicts_with_all = ["every_origin", "ahead"])]
        new_series: bool,
        #[command(flatten)]
        span: Span,
        #[command(flatten)]
        reading: Reading,
    },
    /// Fit a forecaster again on all rows of a table: regressions whole, of nets and trees what they start from.
    Update {
        /// Model file; - for standard input.
        model: PathBuf,
        /// Readings, the whole history with the new rows at its end; - for standard input.
        file: String,
        /// Where the model goes; - for standard output.
        #[arg(short, long, value_name = "MODEL")]
        output: PathBuf,
        #[command(flatten)]
        reading: Reading,
    },
    /// Say what a model file holds.
    Show {
        /// Model file; - for standard input.
        model: PathBuf,
    },
    /// Score a forecaster's newest forecasts against what came: drift, coverage, and a challenger beside it.
    Watch(Watching),
    /// Serve models over HTTP, with a page to try them.
    Serve(Serve),
    /// Verbs of text.
    #[command(flatten)]
    Text(TextVerb),
    /// Count-based language models.
    #[command(flatten)]
    Language(ngram::LanguageVerb),
    /// Sequences to sequences.
    #[command(flatten)]
    Sequence(sequence::SequenceVerb),
    /// Documents as vectors.
    #[command(flatten)]
    Topic(topic::TopicVerb),
    /// Print completions for a shell.
    Completions {
        /// Shell.
        shell: Shell,
    },
    /// Print the man page (of a verb, if one is named).
    Man {
        /// Verb.
        verb: Option<String>,
    },
}

/// Arguments of `run`.
#[derive(Debug, Group)]
pub struct Run {
    /// Recipe (TOML; - for standard input), or a table for which a recipe is guessed; the built-in power load without one.
    pub recipe: Option<String>,
    /// Table to read instead of the recipe's.
    #[arg(long, value_name = "FILE", requires = "recipe")]
    pub data: Option<String>,
    /// Folder for report, scores and models [default: run-DATE-TIME].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Smaller nets and fewer epochs: a first look.
    #[arg(long)]
    pub quick: bool,
    /// Fit the best rung again on all rows before the model is saved; the scores stay those of the fit that was judged.
    #[arg(long)]
    pub refit: bool,
    /// Go on with a stopped run in the same --out.
    #[arg(long, requires = "out")]
    pub resume: bool,
    /// Write over files in --out that no run has left there.
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Assume a perfect forecast of the covariates: their values ahead are given to the rungs.
    #[arg(long)]
    pub known_ahead: bool,
    #[command(flatten)]
    pub wanted: Wanted,
    #[command(flatten)]
    pub reading: Reading,
}

/// A part of the clock.
#[derive(Debug, Clone, Group)]
pub struct Span {
    /// First row forecast, such as 2014-01-01.
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// First row that is not forecast any more.
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// Rows from one origin to the next, counted back from the last [default: every row].
    #[arg(long, value_name = "ROWS", value_parser = rows)]
    pub step: Option<usize>,
    /// Keep to origins that begin a day, a week (Monday) or a month.
    #[arg(long, value_name = "WHEN", value_parser = ["day", "week", "month"], conflicts_with = "step")]
    pub at: Option<String>,
    /// Fit again on the way on what was read by then: regressions whole, nets in what they start from [default: never].
    #[arg(long, value_name = "WHEN", value_parser = ["never", "origin", "day", "week", "month"])]
    pub refit: Option<String>,
    /// Rows before an origin that a fit on the way learns from [default: all].
    #[arg(long, value_name = "ROWS", requires = "refit")]
    pub refit_rows: Option<usize>,
}

/// A number of rows, at least one.
fn rows(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|rows| *rows > 0).ok_or_else(|| "a whole number from 1 on is needed".to_owned())
}

impl Span {
    /// True where anything was asked for.
    pub fn any(&self) -> bool {
        let asked = [&self.from, &self.until, &self.at, &self.refit];
        asked.into_iter().any(Option::is_some) || self.step.is_some()
    }
}

/// Arguments of `watch`.
#[derive(Debug, Group)]
pub struct Watching {
    /// Model file.
    pub model: PathBuf,
    /// Readings with the newest at the end; - for standard input.
    pub file: String,
    /// Forecasts to look back on, newest: one a day, or one a horizon where that is longer.
    #[arg(long, value_name = "N", default_value_t = 28, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub last: usize,
    /// First row forecast [default: behind what the model learnt from].
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Another model, to be told whether it errs less on the same rows.
    #[arg(long, value_name = "MODEL")]
    pub against: Option<PathBuf>,
    /// End with status 1 where something speaks against the model.
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub reading: Reading,
}

/// Arguments of `evaluate`.
#[derive(Debug, Group)]
pub struct Scoring {
    /// Model file; - for standard input.
    pub model: PathBuf,
    /// Table with the truth; "builtin:power-load" is the built-in one.
    pub file: String,
    #[command(flatten)]
    pub span: Span,
    /// Column or key of the truth, where it is not called as at the fit.
    #[arg(long, value_name = "NAME")]
    pub label: Option<String>,
    #[command(flatten)]
    pub reading: Reading,
}

//! The road from raw readings to a judged and served forecast: one import.
//!
//! Every station of the road is a crate of its own; here they go by short names, and [`prelude`] holds what most
//! programs need.
//!
//! | module | station |
//! |---|---|
//! | [`data`] | acquire, inspect, clean, split and scale tables of readings; the built-in power load |
//! | [`text`] | from raw text to integers: cleaning, sentences, tokens, vocabularies, in English and Korean |
//! | [`ngram`] | count-based language models: estimation, files, queries |
//! | [`topic`] | documents as vectors: counts, weights, similarity, singular values, topics |
//! | [`forecast`] | windows, baselines, the linear and the neural rungs, intervals, scores |
//! | [`ladder`] | recipes, the climb over every rung under one protocol, the verdict |
//! | [`bundle`] | model files |
//! | [`report`] | the report page and the terminal's tables |
//! | [`serve`] | the HTTP server and its page |
//! | [`neural`] | layers, recurrent cells, losses, optimizers, the trainer |
//! | [`lm`] | recurrent nets of words, and mixtures with counts |
//! | [`sequence`] | translators: texts to other texts of any length |
//! | [`learn`] | linear models, naive Bayes, margins, neighbours, clusters, components |
//! | [`columns`] | columns of a table as features |
//! | [`supervised`] | labelled texts and tables, and the machines fitted to them |
//! | [`judge`] | metrics with intervals, calibration, splits, searches |
//! | [`tensor`] | matrix products, activations, threads, random numbers |
//!
//! # From readings to a score
//!
//! The built-in load of New England, two years to train on, one to choose by, one to judge on; ridge regression
//! forecasts a day ahead from every hour of the last year. No row of the last year reaches the fit.
//!
//! ```
//! use gyeol::prelude::*;
//!
//! let table = gyeol::data::builtin::power_load()?;
//! let mut roles = Roles::default();
//! roles.set("time", Role::Time);
//! roles.set("load", Role::Target);
//! roles.set("temperature", Role::Past);
//! let readings = Readings::from_table(&table, &roles)?;
//!
//! let split = Split::of(
//!     &readings,
//!     &SplitSpec::Dates {
//!         train_from: Some("2011-01-01".into()),
//!         valid_from: "2013-01-01".into(),
//!         test_from: "2014-01-01".into(),
//!         end: None,
//!     },
//! )?;
//! let calendar = CalendarSpec { enabled: true, country: Some("US".into()), ..Default::default() };
//! let spec = Spec::new(&readings, 168, 24, calendar, &[], ScalerKind::Standard)?;
//! let data = Prepared::fit(&readings, &split, spec)?; // scalers see the training rows alone
//! let windows = Windows::of(&data, &split)?;
//! assert_eq!((windows.train.len(), windows.test.len()), (17_353, 8_737));
//!
//! let pool = Pool::new(0); // as many threads as the machine has; the bits are the same for any number
//! let linear = RungParams::Linear { ridge: vec![1e-3, 1e-2] }.fit(&data, &windows, &pool, &mut Quiet)?;
//!
//! let forecasts = linear.predictor.predict(&data, &windows.test, &pool);
//! let yardsticks = Yardsticks::fit(&data, &split);
//! let errors = errors(&data, &windows.test, &forecasts, &Intervals::default(), &yardsticks, false);
//! let scores = Bootstrap::new(errors.units.len(), 168, 200, 0).intervals(&errors);
//! let mae = scores["mae"];
//! println!("{:.1} MW, 95 % interval {:.1} to {:.1}", mae.value, mae.low, mae.high);
//! assert!(mae.low < mae.value && mae.value < mae.high && mae.value < 100.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Examples
//!
//! `cargo run --release -p gyeol --example NAME`:
//!
//! - `forecast_a_csv`: a CSV of readings, looked at, cleaned, the ladder climbed, tomorrow forecast from the model file
//! - `train_a_net`: an LSTM of one's own on the built-in load, its learning curve and its scores
//! - `xor`: what one perceptron cannot learn and two layers can
//! - `vanishing_gradient`: gradients layer by layer under sigmoid, tanh and ReLU, and step by step in RNN and LSTM
//! - `adding_problem`, `copy_memory`: what an LSTM remembers over long gaps and a simple RNN does not
//! - `overfitting`: a net too large for its data, and what each of six remedies does about it
//! - `arrangements`: one-to-one, one-to-many, many-to-one, many-to-many aligned and not, in five small tasks

pub use gyeol_base as base;
pub use gyeol_bundle as bundle;
pub use gyeol_columns as columns;
pub use gyeol_data as data;
pub use gyeol_forecast as forecast;
pub use gyeol_judge as judge;
pub use gyeol_ladder as ladder;
pub use gyeol_learn as learn;
pub use gyeol_lm as lm;
pub use gyeol_models as models;
pub use gyeol_neural as neural;
pub use gyeol_ngram as ngram;
pub use gyeol_report as report;
pub use gyeol_sequence as sequence;
pub use gyeol_serve as serve;
pub use gyeol_supervised as supervised;
pub use gyeol_tensor as tensor;
pub use gyeol_text as text;
pub use gyeol_topic as topic;
pub use gyeol_vectors as vectors;

/// What most programs need: `use gyeol::prelude::*`.
///
pub mod prelude {
    pub use gyeol_base::{Error, Fault, Result};
    pub use gyeol_bundle::{Bundle, Limits, Manifest, Packed};
    pub use gyeol_data::{
        Profile, ReadOptions, Readings, Role, Roles, ScalerKind, Split, SplitSpec, Table, clean,
        profile::profile,
    };
    pub use gyeol_forecast::calendar::CalendarSpec;
    pub use gyeol_forecast::net::{Encoder, ForecastNetParams};
    pub use gyeol_forecast::rung::{Observer, Quiet};
    pub use gyeol_forecast::score::{Yardsticks, errors};
    pub use gyeol_forecast::{
        Fitted, ForecastRow, Forecaster, Intervals, Prepared, Progress, RungParams, RungPredictor, Spec,
        Window, Windows,
    };
    pub use gyeol_judge::{Bootstrap, Interval, Metric, Outcomes, Partial};
    pub use gyeol_ladder::recipe::{AnyRecipe, Recipe};
    pub use gyeol_ladder::tasks::forecast::Forecasts;
    pub use gyeol_ladder::{Climb, Outcome, Step, Task, Watch, climb};
    pub use gyeol_models::{Answers, Ask, Registry, Reply};
    pub use gyeol_neural::{Loss, Optimizer, Schedule, TrainParams};
    pub use gyeol_report::Language;
    pub use gyeol_tensor::Pool;
}

//! Which rungs a recipe climbs, with every hyper-parameter resolved.

use gyeol_forecast::Spec;
use gyeol_forecast::linear::PENALTIES;
use gyeol_forecast::net::{Encoder, ForecastNetParams};
use gyeol_forecast::rung::RungParams;
use gyeol_forecast::trees::ForecastTreesParams;
use gyeol_neural::{Loss, Optimizer, Schedule, TrainParams};

use crate::recipe::{self, Recipe, RungRecipe};

/// A rung to climb.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Name as scripts know it.
    pub name: String,
    /// Resolved hyper-parameters.
    pub params: RungParams,
    /// True for the textbook's net: readings in, last hidden state to the horizon.
    pub plain: bool,
}

/// Series from which on a ladder is thinned: fewer rungs, one member a net, fewer windows.
pub const MANY_SERIES: usize = 50;

/// Series from which on nets learn a vector of each.
const EMBEDDED: usize = 10;

/// The rungs that a default ladder of many series leaves out, and what it says of that.
const LEFT_OUT: [&str; 4] = ["trees", "rnn", "gru", "lstm:plain"];

/// What many series leave out of a default ladder, in words.
pub(super) fn thinned(recipe: &Recipe, series: usize) -> Option<String> {
    (recipe.rungs.is_empty() && series >= MANY_SERIES).then(|| {
        format!(
            "{series} series: the ladder goes without {}, and nets are single ones; name rungs ([[rung]]) to climb others.",
            LEFT_OUT.join(", ")
        )
    })
}

/// The ladder that a recipe without `[[rung]]` climbs on so many series with `rows` to train on, from plain to complex.
pub fn default_rungs(spec: &Spec, rows: usize, series: usize) -> Vec<RungRecipe> {
    let mut rungs = vec![RungRecipe::named("last-value")];
    // A season longer than what was read cannot be repeated.
    for season in spec.seasons.iter().filter(|season| season.rows <= rows) {
        rungs.push(RungRecipe {
            season: Some(season.rows),
            ..RungRecipe::named(format!("seasonal-naive:{}", season.name))
        });
    }
    rungs.extend(["linear", "response", "trees", "mlp", "rnn", "gru"].map(RungRecipe::named));
    rungs.push(RungRecipe { plain: Some(true), ..RungRecipe::named("lstm:plain") });
    rungs.push(RungRecipe::named(Recipe::LAST_DEFAULT));
    if series >= MANY_SERIES {
        rungs.retain(|rung| !LEFT_OUT.contains(&rung.name.as_str()));
    }
    rungs
}

/// Resolves the recipe's rungs for `windows` training windows of readings with `rows` to train on; `quick` fits smaller nets for
/// fewer epochs.
pub fn plan(
    recipe: &Recipe,
    spec: &Spec,
    rows: usize,
    series: usize,
    windows: usize,
    quick: bool,
) -> Vec<Planned> {
    let rungs =
        if recipe.rungs.is_empty() { default_rungs(spec, rows, series) } else { recipe.rungs.clone() };
    rungs
        .iter()
        .map(|r| {
            let (name, plain) = (r.name.clone(), r.is_plain());
            Planned { name, params: resolve(recipe, spec, r, series, windows, quick), plain }
        })
        .collect()
}

fn resolve(
    recipe: &Recipe,
    spec: &Spec,
    r: &RungRecipe,
    series: usize,
    windows: usize,
    quick: bool,
) -> RungParams {
    let encoder = match r.kind() {
        "last-value" => return RungParams::LastValue,
        "seasonal-naive" => {
            let season = r.season.or_else(|| spec.seasons.first().map(|s| s.rows)).unwrap_or(spec.horizon);
            return RungParams::SeasonalNaive { season };
        }
        "linear" => {
            return RungParams::Linear { ridge: r.ridge.clone().unwrap_or_else(|| PENALTIES.to_vec()) };
        }
        "response" => return RungParams::Response { scenarios: r.scenarios },
        "trees" => {
            return RungParams::Trees(ForecastTreesParams {
                rounds: r.rounds.unwrap_or(if quick { 100 } else { 500 }),
                learning_rate: r.learning_rate.unwrap_or(if quick { 0.1 } else { 0.05 }),
                leaves: r.leaves.unwrap_or(31),
                min_rows: r.min_rows.unwrap_or((windows / 100).clamp(20, 200)),
                base: r.base.unwrap_or(true),
                squared: recipe.score.metric == recipe::Metric::Mse,
                seed: recipe.seed,
            });
        }
        recipe::MIXTURE => {
            return RungParams::Mixture { parts: r.name.split('+').map(str::to_owned).collect() };
        }
        "mlp" => Encoder::Mlp,
        "rnn" => Encoder::Rnn,
        "gru" => Encoder::Gru,
        "slstm" => Encoder::SLstm,
        "mingru" => Encoder::MinGru,
        _ => Encoder::Lstm,
    };
    let plain = r.is_plain();
    let segment = r.segment.filter(|&s| s > 1);
    let d = Defaults::of(encoder, segment.is_some(), plain, series, windows, quick);
    let loss = match r.loss {
        Some(recipe::Loss::Mse) => Loss::Mse,
        Some(recipe::Loss::Mae) => Loss::Mae,
        Some(recipe::Loss::Huber) => Loss::Huber { delta: 1.0 },
        None if recipe.score.metric == recipe::Metric::Mse => Loss::Mse,
        None => Loss::Mae,
    };
    let weight_decay = r.weight_decay.unwrap_or(d.weight_decay);
    let sgd = |momentum, nesterov| Optimizer::Sgd { momentum, nesterov };
    let optimizer = match r.optimizer {
        Some(recipe::Optimizer::Sgd) => sgd(0.0, false),
        Some(recipe::Optimizer::Momentum) => sgd(0.9, false),
        Some(recipe::Optimizer::Nesterov) => sgd(0.9, true),
        Some(recipe::Optimizer::Adagrad) => Optimizer::Adagrad { epsilon: 1e-10 },
        Some(recipe::Optimizer::Rmsprop) => Optimizer::RmsProp { decay: 0.99, epsilon: 1e-8 },
        Some(recipe::Optimizer::Adam) => Optimizer::adam(),
        Some(recipe::Optimizer::AdamW) | None => Optimizer::adam_w(weight_decay),
    };
    let schedule = match r.schedule {
        Some(recipe::Schedule::Constant) => Schedule::Constant,
        Some(recipe::Schedule::Cosine) => Schedule::Cosine,
        Some(recipe::Schedule::OneCycle) | None => Schedule::OneCycle,
    };
    RungParams::Net {
        net: ForecastNetParams {
            encoder,
            hidden: r.hidden.unwrap_or(d.hidden),
            layers: r.layers.unwrap_or(1),
            head: r.head.unwrap_or(if plain { 0 } else { d.head }),
            dropout: r.dropout.unwrap_or(d.dropout),
            centred: r.centred.unwrap_or(!plain),
            calendar: r.calendar.unwrap_or(!plain),
            season_values: r.season_values.unwrap_or(!plain),
            row_calendar: r.row_calendar.unwrap_or(false),
            base: r.base.unwrap_or(!plain && segment.is_none()),
            segment,
            loss,
            series_embedding: r.series_embedding.unwrap_or(if r.head == Some(0) {
                0
            } else {
                d.series_embedding
            }),
        },
        train: TrainParams {
            schedule,
            clip: Some(r.clip.unwrap_or(1.0)).filter(|&c| c > 0.0),
            average: Some(r.average.unwrap_or(d.average)).filter(|&a| a > 0.0),
            patience: r.patience,
            seed: recipe.seed,
            ..TrainParams::new(
                r.epochs.unwrap_or(d.epochs),
                r.batch.unwrap_or(d.batch),
                optimizer,
                r.learning_rate.unwrap_or(d.learning_rate),
            )
        },
        members: r.members.unwrap_or(d.members),
    }
}

/// What holds for a net whose recipe says nothing.
struct Defaults {
    hidden: usize,
    head: usize,
    dropout: f64,
    epochs: usize,
    batch: usize,
    learning_rate: f64,
    weight_decay: f64,
    average: f64,
    members: usize,
    series_embedding: usize,
}

impl Defaults {
    fn of(
        encoder: Encoder,
        segments: bool,
        plain: bool,
        series: usize,
        windows: usize,
        quick: bool,
    ) -> Defaults {
        // Few windows are learnt from in smaller batches and more often: a net needs some hundred steps in any case.
        let batch = (windows / 64).next_power_of_two().clamp(16, 128);
        let per_epoch = windows.div_ceil(batch).max(1);
        let epochs = |least: usize, steps: usize| steps.div_ceil(per_epoch).clamp(least, 60);
        let many = series >= MANY_SERIES;
        let full = Defaults {
            hidden: if encoder == Encoder::Mlp { 128 } else { 64 },
            head: 128,
            dropout: if segments { 0.3 } else { 0.0 },
            // Many series are many windows of one kind: fewer passes see as much.
            epochs: epochs(if many { 3 } else { 7 }, 900),
            batch,
            learning_rate: 0.004,
            weight_decay: if plain { 0.0 } else { 0.5 },
            average: if plain { 0.0 } else { 0.995 },
            // The textbook's net is one net; the others are the mean of three.
            members: if plain || many { 1 } else { 3 },
            series_embedding: if plain || segments || series < EMBEDDED { 0 } else { 8 },
        };
        if quick {
            return Defaults {
                hidden: full.hidden / 2,
                head: 64,
                epochs: epochs(3, 300),
                members: 1,
                ..full
            };
        }
        full
    }
}

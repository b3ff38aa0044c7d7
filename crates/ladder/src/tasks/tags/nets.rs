//! Rungs of nets.

use std::time::Instant;

use gyeol_base::Result;
use gyeol_report::model::Fact;
use gyeol_sequence::{Tagger, TrainedTagger};

use super::Labels;
use crate::checkpoint::Checkpoints;
use crate::recipe::TagsRung;
use crate::task::{Fit, Running};
use crate::tasks::forecast::verdict::{layer_rows, points, verdict};
use crate::tasks::training::watched;

impl Labels<'_> {
    /// Trains a net; its state is kept after each epoch.
    pub(super) fn net(&mut self, rung: &TagsRung, running: &mut Running<'_>) -> Result<Fit<Tagger>> {
        let since = Instant::now();
        let mut params = rung.params(self.data.sequences(), self.data.units(), self.recipe.seed)?;
        if self.quick && rung.epochs.is_none() {
            params.epochs = 1;
        }
        let checkpoints = Checkpoints::of(running.stem, &rung.name, &self.plan.head, &params);
        let trained = watched(&checkpoints, params.epochs, running, |resume, observe| {
            params.fit(&self.data, self.pool, resume, observe)
        })?;
        let TrainedTagger { model, curve, best_epoch, layers } = trained;
        let fact = |key: &str, value: String| Fact { key: key.into(), value };
        let training = vec![
            fact("optimizer", "AdamW".into()),
            fact("schedule", "one-cycle".into()),
            fact("learning-rate", params.learning_rate.to_string()),
            fact("batch", params.batch.to_string()),
            fact("epochs", format!("{best_epoch} / {}", curve.len())),
            fact("dropout", params.dropout.to_string()),
            fact("weight-decay", params.weight_decay.to_string()),
            fact("clip", params.clip.to_string()),
        ];
        Ok(Fit {
            curve: points(&curve),
            verdict: verdict(&curve, best_epoch, None),
            layers: layer_rows(layers),
            training,
            ..Fit::plain(model, since.elapsed().as_secs_f64())
        })
    }
}

//! Rungs of nets.

use std::time::Instant;

use gyeol_base::Result;
use gyeol_report::model::Fact;
use gyeol_sequence::{Trained, Translator};

use super::Translations;
use super::prepare::Pair;
use crate::checkpoint::Checkpoints;
use crate::recipe::PairsRung;
use crate::task::{Fit, Running};
use crate::tasks::forecast::verdict::{layer_rows, points, verdict};
use crate::tasks::training::watched;

impl Translations<'_> {
    /// Trains a net; its state is kept after each epoch.
    pub(super) fn net(&mut self, rung: &PairsRung, running: &mut Running<'_>) -> Result<Fit<Translator>> {
        let since = Instant::now();
        let of =
            |part: &[Pair]| part.iter().map(|p| (p.source.clone(), p.target.clone())).collect::<Vec<_>>();
        let (train, valid) = (of(&self.prepared.parts[0]), of(&self.prepared.parts[1]));
        let mut params = rung.params(self.recipe.units(), train.len(), self.recipe.seed);
        if self.quick && rung.epochs.is_none() {
            params.epochs = 1;
        }
        let checkpoints = Checkpoints::of(running.stem, &rung.name, &self.plan.head, &params);
        let trained = watched(&checkpoints, params.epochs, running, |resume, observe| {
            params.fit(&train, &valid, self.pool, resume, observe)
        })?;
        let Trained { mut model, curve, best_epoch, left_out, tokens, layers } = trained;
        model.classes.clone_from(&self.classes);
        model.columns = (self.recipe.data.source.clone(), self.recipe.data.target.clone());
        let fact = |key: &str, value: String| Fact { key: key.into(), value };
        let mut training = vec![
            fact("optimizer", "AdamW".into()),
            fact("schedule", "one-cycle".into()),
            fact("learning-rate", params.learning_rate.to_string()),
            fact("batch", params.batch.to_string()),
            fact("epochs", format!("{best_epoch} / {}", curve.len())),
            fact("weight-decay", params.weight_decay.to_string()),
            fact("clip", params.clip.to_string()),
            fact("vocabularies", format!("{} / {}", tokens.0, tokens.1)),
        ];
        if params.layers > 1 {
            training.push(fact("dropout", params.dropout.to_string()));
        }
        if left_out > 0 {
            training.push(fact("too-long", left_out.to_string()));
        }
        Ok(Fit {
            curve: points(&curve),
            verdict: verdict(&curve, best_epoch, None),
            layers: layer_rows(layers),
            training,
            ..Fit::plain(model, since.elapsed().as_secs_f64())
        })
    }
}

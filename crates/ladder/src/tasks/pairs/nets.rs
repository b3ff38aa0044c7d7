//! Rungs of nets.

use std::time::Instant;

use gyeol_base::Result;
use gyeol_forecast::Progress;
use gyeol_report::model::Fact;
use gyeol_sequence::{Trained, Translator};

use super::Translations;
use super::prepare::Pair;
use crate::checkpoint::Checkpoints;
use crate::recipe::PairsRung;
use crate::task::{Fit, Running};
use crate::tasks::forecast::verdict::{layer_rows, points, verdict};
use crate::watch::Step;

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
        let checkpoints = Checkpoints {
            stem: running.stem.to_path_buf(),
            rung: rung.name.clone(),
            data: self.plan.head.data.clone(),
            recipe: format!("{}\n# {params:?}\n", self.plan.head.canonical),
        };
        let resume = if running.resume { checkpoints.load(0)? } else { None };
        let keeps = !running.stem.as_os_str().is_empty();
        let (mut failure, mut valid_loss) = (None, None);
        let watch = &mut *running.watch;
        let trained = params.fit(&train, &valid, self.pool, resume, &mut |step| match step {
            gyeol_neural::Fit::Iteration { epoch, done, of, loss, .. } => {
                watch.step(Step::Training(Progress {
                    member: 1,
                    members: 1,
                    epoch,
                    epochs: params.epochs,
                    done,
                    of,
                    loss,
                    valid_loss,
                }))
            }
            gyeol_neural::Fit::Epoch(state) => {
                valid_loss = state.curve.last().map(|epoch| epoch.valid_loss);
                if keeps && let Err(e) = checkpoints.save(0, state) {
                    failure = Some(e);
                }
                failure.is_none()
            }
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        let Trained { mut model, curve, best_epoch, left_out, tokens, layers } = trained?;
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

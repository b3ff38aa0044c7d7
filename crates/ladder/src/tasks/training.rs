//! Training a net under the watch of a climb: progress, a state after each epoch, a stop.

use gyeol_base::Result;
use gyeol_forecast::Progress;
use gyeol_neural::{Fit, State};

use crate::checkpoint::Checkpoints;
use crate::task::Running;
use crate::watch::Step;

/// Runs `fit` with the state to go on from, where there is one, and with an observer that shows progress and keeps the state of
/// each epoch; without a folder (a try) nothing is kept.
///
/// # Errors
/// What `fit` says; a state that cannot be read or written; `stopped`.
pub(super) fn watched<M>(
    checkpoints: &Checkpoints,
    epochs: usize,
    running: &mut Running<'_>,
    fit: impl FnOnce(Option<State<f32>>, &mut dyn FnMut(Fit<'_, f32>) -> bool) -> Result<M>,
) -> Result<M> {
    let resume = if running.resume { checkpoints.load(0)? } else { None };
    let keeps = !running.stem.as_os_str().is_empty();
    let (mut failure, mut valid_loss) = (None, None);
    let watch = &mut *running.watch;
    let trained = fit(resume, &mut |step| match step {
        Fit::Iteration { epoch, done, of, loss, .. } => watch.step(Step::Training(Progress {
            member: 1,
            members: 1,
            epoch,
            epochs,
            done,
            of,
            loss,
            valid_loss,
        })),
        Fit::Epoch(state) => {
            valid_loss = state.curve.last().map(|epoch| epoch.valid_loss);
            if keeps && let Err(e) = checkpoints.save(0, state) {
                failure = Some(e);
            }
            failure.is_none()
        }
    });
    match failure {
        Some(failure) => Err(failure),
        None => trained,
    }
}

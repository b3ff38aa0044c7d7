//! Training states on disk, so that a stopped run goes on to the same bits.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use gyeol_bundle::{Bundle, DataHash, Manifest, Tensor};
use gyeol_neural::{Epoch, OptimizerState, State};

use gyeol_base::{Fault, Result};

use crate::error;
use crate::task::Head;

/// What `kind` says in a checkpoint's manifest.
const CHECKPOINT: &str = "checkpoint";

/// Where checkpoints of a rung lie and what they must belong to.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    /// `DIR/rungs/NAME`.
    pub stem: PathBuf,
    /// Rung name.
    pub rung: String,
    /// Data they belong to.
    pub data: DataHash,
    /// Resolved recipe they belong to.
    pub recipe: String,
}

impl Checkpoints {
    /// Those of a rung of a task, which belong to its data, its recipe and what it is trained with.
    pub fn of(stem: &Path, rung: &str, head: &Head, params: &impl Debug) -> Checkpoints {
        Checkpoints {
            stem: stem.to_path_buf(),
            rung: rung.to_owned(),
            data: head.data.clone(),
            recipe: format!("{}\n# {params:?}\n", head.canonical),
        }
    }

    /// Writes a member's state, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, member: usize, s: &State<f32>) -> Result<()> {
        let mut manifest = Manifest::new(CHECKPOINT, &self.rung, self.data.clone());
        manifest.recipe = self.recipe.clone();
        manifest.model = serde_json::json!({
            "iteration": s.iteration,
            "best_epoch": s.best_epoch,
            "optimizer_steps": s.optimizer.steps,
            "curve": s.curve,
        });
        let mut bundle = Bundle::new(manifest);
        bundle.tensors.insert("best_loss".into(), Tensor::f64([1], vec![s.best_loss])?);
        for (name, v) in tensors(s) {
            bundle.tensors.insert(name.into(), Tensor::f32([v.len()], v.clone())?);
        }
        bundle.save(path(&self.stem, member))
    }

    /// A member's state, if one of this recipe and data is there.
    ///
    /// # Errors
    /// When the file is there but damaged, with what to do about it.
    pub fn load(&self, member: usize) -> Result<Option<State<f32>>> {
        let path = path(&self.stem, member);
        if !path.exists() {
            return Ok(None);
        }
        let bundle = Bundle::open(&path).map_err(|e| e.with_next(error::anew(&path)))?;
        let m = &bundle.manifest;
        if m.kind != CHECKPOINT || m.recipe != self.recipe || m.data != self.data || m.rung != self.rung {
            return Ok(None);
        }
        let number = |key: &str| m.model[key].as_u64().map(|n| n as usize);
        let floats = |name: &str| bundle.tensors.get(name).and_then(|t| t.as_f32()).map(<[f32]>::to_vec);
        let state = (|| {
            let curve: Vec<Epoch> = serde_json::from_value(m.model["curve"].clone()).ok()?;
            Some(State {
                iteration: number("iteration")?,
                params: floats("params")?,
                average: floats("average")?,
                optimizer: OptimizerState {
                    steps: m.model["optimizer_steps"].as_u64()?,
                    first: floats("first")?,
                    second: floats("second")?,
                },
                best: floats("best")?,
                best_loss: *bundle.tensors.get("best_loss")?.as_f64()?.first()?,
                best_epoch: number("best_epoch")?,
                curve,
            })
        })();
        let damaged = || {
            Fault::new("damaged-state", "a state of training that lacks a part of itself")
                .file(&path)
                .cause("the file was altered, or written by another version")
                .next(error::anew(&path))
                .input()
        };
        state.map(Some).ok_or_else(damaged)
    }
}

fn path(stem: &Path, member: usize) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(format!(".{member}.state"));
    PathBuf::from(name)
}

/// Removes the states of a finished rung.
pub fn remove(stem: &Path, members: usize) {
    for member in 0..members {
        // A state left behind is found out as foreign by the next run; it does no harm.
        let _ = std::fs::remove_file(path(stem, member));
    }
}

fn tensors(s: &State<f32>) -> [(&'static str, &Vec<f32>); 5] {
    [
        ("params", &s.params),
        ("average", &s.average),
        ("first", &s.optimizer.first),
        ("second", &s.optimizer.second),
        ("best", &s.best),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutate::fuzz;

    #[test]
    fn altered_states_are_read_or_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints {
            stem: folder.path().join("net"),
            rung: "net".into(),
            data: DataHash::default(),
            recipe: "a = 1".into(),
        };
        let point = Epoch { epoch: 1, train_loss: 1.0, valid_loss: 2.0, learning_rate: 0.1, seconds: 0.5 };
        let state = State {
            iteration: 3,
            params: vec![1.0, 2.0],
            average: vec![],
            optimizer: OptimizerState { steps: 3, first: vec![0.1, 0.2], second: vec![0.3, 0.4] },
            best: vec![1.0, 2.0],
            best_loss: 2.0,
            best_epoch: 1,
            curve: vec![point],
        };
        checkpoints.save(0, &state).unwrap();
        let path = path(&checkpoints.stem, 0);
        let sound = std::fs::read(&path).unwrap();
        let back = checkpoints.load(0).unwrap().unwrap();
        assert_eq!((back.params, back.optimizer.steps, back.curve.len()), (state.params, 3, 1));
        fuzz(600, &[sound], |bytes| {
            std::fs::write(&path, bytes).unwrap();
            match checkpoints.load(0) {
                Ok(_) => Ok(()),
                Err(error) => {
                    assert!(error.to_string().contains("Next: remove"), "{error}");
                    Err(error.to_string())
                }
            }
        });
    }
}

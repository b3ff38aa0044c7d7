//! Training states on disk, so that a stopped run goes on to the same bits.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use gyeol_bundle::{Bundle, DataHash, Manifest, Tensor};
use gyeol_neural::{Epoch, OptimizerState, State};

use gyeol_base::Result;

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
    /// When the file is there but damaged.
    pub fn load(&self, member: usize) -> Result<Option<State<f32>>> {
        let path = path(&self.stem, member);
        if !path.exists() {
            return Ok(None);
        }
        let bundle = Bundle::open(&path)?;
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
        Ok(state)
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

//! The state of a fit in a file, so that a fit that was stopped can go on: topics of all tokens, priors, the curve.

use std::path::Path;

use gyeol_base::Fault;
use gyeol_bundle::{Bundle, DataHash, Manifest, Tensor};
use serde::{Deserialize, Serialize};

use super::fit::Fit;
use super::gibbs::Gibbs;
use super::params::{LdaParams, LdaValid};
use super::starts::Starts;
use gyeol_base::{Error, Result};
use gyeol_vectors::matrix::Csr;

const KIND: &str = "topics-state";
const RUNG: &str = "lda";

/// What a state says of the fit beside its topics.
#[derive(Serialize, Deserialize)]
struct Stood {
    k: usize,
    alpha: Option<Vec<f64>>,
    beta: f64,
    burn_in: usize,
    learn_every: usize,
    learn_beta: bool,
    /// One in states of version 0.1.
    #[serde(default = "one")]
    starts: usize,
    #[serde(default)]
    compared: Option<Starts>,
    seed: u64,
    sweeps: usize,
    beta_now: f64,
    curve: Vec<(usize, f64)>,
}

fn one() -> usize {
    1
}

impl Stood {
    fn of(params: &LdaParams) -> Stood {
        Stood {
            k: params.k,
            alpha: params.alpha.clone(),
            beta: params.beta,
            burn_in: params.burn_in,
            learn_every: params.learn_every,
            learn_beta: params.learn_beta,
            starts: params.starts,
            compared: None,
            seed: params.seed,
            sweeps: 0,
            beta_now: params.beta,
            curve: Vec::new(),
        }
    }

    /// Whether the draws are those of the options.
    fn same_as(&self, params: &LdaParams) -> bool {
        let s = self;
        (s.k, &s.alpha, s.beta, s.seed) == (params.k, &params.alpha, params.beta, params.seed)
            && (s.burn_in, s.learn_every, s.learn_beta, s.starts)
                == (params.burn_in, params.learn_every, params.learn_beta, params.starts)
    }
}

fn broken(name: &str, found: String) -> Error {
    Error::input(
        Fault::new("broken-state", found)
            .file(name)
            .cause("the state of another fit, or an altered file")
            .next("give the texts and options of the fit that was stopped, or begin anew without --resume"),
    )
}

impl Fit {
    /// Writes the state, whole or not at all; `data` names the texts.
    ///
    /// The averages themselves are not in it: a fit that was stopped among them goes on from before the first.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_state(&self, path: &Path, data: DataHash) -> Result<()> {
        let now = self.standing();
        let stood = Stood {
            sweeps: now.sweeps,
            beta_now: now.beta,
            curve: now.curve,
            compared: self.starts().cloned(),
            ..Stood::of(self.gibbs().params())
        };
        let mut manifest = Manifest::new(KIND, RUNG, data);
        manifest.model = serde_json::json!(stood);
        let mut bundle = Bundle::new(manifest);
        let topics: Vec<u8> = now.topics.into_iter().flat_map(u16::to_le_bytes).collect();
        bundle.tensors.insert("topics".into(), Tensor::bytes(topics));
        bundle.tensors.insert("alpha".into(), Tensor::f64([now.alpha.len()], now.alpha)?);
        bundle.save(path)
    }

    /// Goes on from a state of the same texts and options; only the number of sweeps may differ.
    ///
    /// # Errors
    /// A state of other texts or options, or an altered file.
    pub fn read_state(
        path: &Path,
        matrix: &Csr,
        params: &LdaValid,
        every: usize,
        data: &DataHash,
    ) -> Result<Fit> {
        let name = path.display().to_string();
        let bundle = Bundle::open(path)?;
        let m = &bundle.manifest;
        if m.kind != KIND {
            return Err(broken(&name, format!("a file of kind '{}'", m.kind)));
        }
        let stood = Stood::deserialize(&m.model).map_err(|e| broken(&name, e.to_string()))?;
        if m.data.sha256 != data.sha256 || m.data.rows != data.rows {
            return Err(broken(&name, format!("a fit of {} ({} documents)", m.data.name, m.data.rows)));
        }
        if !stood.same_as(params.params()) {
            return Err(broken(&name, format!("a fit of {} topics with other options", stood.k)));
        }
        let tensor =
            |what: &str| bundle.tensors.get(what).ok_or_else(|| broken(&name, format!("no tensor '{what}'")));
        let bytes =
            tensor("topics")?.as_bytes().ok_or_else(|| broken(&name, "topics are no bytes".into()))?;
        let topics: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|b| u16::from_le_bytes(*b)).collect();
        let alpha = tensor("alpha")?.to_f64();
        let mut gibbs = Gibbs::new(matrix, params)?;
        gibbs.restore(&topics, &alpha, stood.beta_now, stood.sweeps)?;
        let mut fit = Fit::new(gibbs, every).with_curve(stood.curve);
        fit.set_starts(stood.compared);
        Ok(fit)
    }
}

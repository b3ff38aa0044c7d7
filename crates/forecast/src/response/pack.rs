//! A response in a bundle: its description as JSON, its weights as tensors.

use gyeol_base::Result;
use gyeol_bundle::{Bundle, Tensor};
use gyeol_learn::Linear;

use super::scenarios::Scenarios;
use super::{Additive, ResponseModel};
use crate::error::parts;

impl ResponseModel {
    /// Puts its weights into a bundle, with the name `name` in front; the description from which [`ResponseModel::unpack`] makes
    /// the same model.
    ///
    /// # Errors
    /// A tensor that no file can hold.
    pub(crate) fn pack(&self, bundle: &mut Bundle, name: &str) -> Result<serde_json::Value> {
        let mut described = Vec::new();
        for (i, m) in self.targets.iter().chain(&self.covariates).enumerate() {
            let width = m.design.width();
            let weights: Vec<f64> = m.fits.iter().flat_map(|f| f.weights.iter().copied()).collect();
            let bias: Vec<f64> = m.fits.iter().map(|f| f.bias[0]).collect();
            bundle.tensors.insert(format!("{name}.{i}.w"), Tensor::f64([m.fits.len(), width], weights)?);
            bundle.tensors.insert(format!("{name}.{i}.b"), Tensor::f64([m.fits.len()], bias)?);
            described.push(serde_json::to_value(m).map_err(parts)?);
        }
        let mut value =
            serde_json::json!({ "ids": self.ids, "targets": self.targets.len(), "parts": described });
        if let Some(scenarios) = &self.scenarios {
            value["scenarios"] = scenarios.pack(bundle, name)?;
        }
        Ok(value)
    }

    /// A model from its description and the tensors of a bundle.
    ///
    /// # Errors
    /// `bad-manifest` where something is missing or has another shape.
    pub(crate) fn unpack(value: &serde_json::Value, bundle: &Bundle, name: &str) -> Result<ResponseModel> {
        let read = |key: &str| value[key].clone();
        let ids: Vec<Option<String>> = serde_json::from_value(read("ids")).map_err(parts)?;
        let mut models: Vec<Additive> = serde_json::from_value(read("parts")).map_err(parts)?;
        let targets = value["targets"].as_u64().map_or(0, |n| n as usize);
        for (i, d) in models.iter_mut().enumerate() {
            if !d.design.sound() || !d.carry.fits(100_000) {
                return Err(parts("its response is none that readings give"));
            }
            let width = d.design.width();
            let numbers = |what: &str, shape: &[usize]| {
                let tensor = crate::pack::shaped(bundle, &format!("{name}.{i}.{what}"), shape)?;
                tensor
                    .as_f64()
                    .map(<[f64]>::to_vec)
                    .ok_or_else(|| parts("a response is kept in double precision"))
            };
            let (weights, bias) = (numbers("w", &[ids.len(), width])?, numbers("b", &[ids.len()])?);
            let fits = weights.chunks_exact(width).zip(bias).map(|(w, b)| Linear {
                inputs: width,
                outputs: 1,
                weights: w.to_vec(),
                bias: vec![b],
            });
            d.fits = fits.collect();
        }
        if targets == 0 || targets > models.len() {
            return Err(parts("its responses are fewer than its targets"));
        }
        let covariates = models.split_off(targets);
        let scenarios = match &value["scenarios"] {
            serde_json::Value::Null => None,
            scenarios => Some(Scenarios::unpack(scenarios, bundle, name)?),
        };
        let averaged = |all: Vec<Additive>| all.into_iter().map(Additive::averaged).collect();
        Ok(ResponseModel { ids, targets: averaged(models), covariates: averaged(covariates), scenarios })
    }
}

//! Language models of any kind in a bundle.
//!
//! | `kind` | tensors |
//! |---|---|
//! | `ngram` | `ngram`, the tables as they are mapped |
//! | `net` | `words`, one a line; `classes` (words, 4 bytes) and `shares`; `parameters` |
//! | `cache` | `words`; `shares` |
//! | `neural-cache`, `dynamic` | those of its net |
//! | `mixed` | those of its members, under `0.`, `1.`, … |

use gyeol_base::Result;
use gyeol_bundle::{Bundle, Tensor, bad_manifest};
use gyeol_ngram::{NgramModel, Protocol};
use serde_json::{Value, json};

use crate::any::AnyLm;
use crate::body::Shape;
use crate::cache::CacheLm;
use crate::classes::Classes;
use crate::dynamic::{DynamicLm, DynamicParams};
use crate::net::NetLm;
use crate::neural_cache::{NeuralCacheLm, NeuralCacheParams};
use crate::words::Words;

/// Members of mixtures within one another.
const DEEPEST: usize = 4;

impl AnyLm {
    /// Adds what it holds to a bundle, and gives what its manifest has to say of it.
    ///
    /// # Errors
    /// A tensor of another size than its numbers.
    pub fn pack(&self, bundle: &mut Bundle, prefix: &str) -> Result<Value> {
        let named = |name: &str| format!("{prefix}{name}");
        Ok(match self {
            AnyLm::Ngram(model) => {
                bundle.add_section(&named("ngram"), model.bytes());
                json!({ "kind": "ngram", "order": model.order() })
            }
            AnyLm::Net(net) => pack_net(net, bundle, prefix)?,
            AnyLm::NeuralCache(model) => {
                let NeuralCacheParams { size, theta, share } = model.params();
                let net = pack_net(model.net(), bundle, prefix)?;
                json!({ "kind": "neural-cache", "size": size, "theta": theta, "share": share, "of": net })
            }
            AnyLm::Dynamic(model) => {
                let DynamicParams { rate, pull, window } = model.params();
                let net = pack_net(model.net(), bundle, prefix)?;
                json!({ "kind": "dynamic", "rate": rate, "pull": pull, "window": window, "of": net })
            }
            AnyLm::Cache(cache) => {
                bundle.tensors.insert(named("words"), Tensor::bytes(cache.words().to_text().into_bytes()));
                let shares = Tensor::f32([cache.shares().len()], cache.shares().to_vec())?;
                bundle.tensors.insert(named("shares"), shares);
                json!({ "kind": "cache", "size": cache.size() })
            }
            AnyLm::Mixed(members) => {
                let mut all = Vec::with_capacity(members.len());
                for (i, (share, model)) in members.iter().enumerate() {
                    let model = model.pack(bundle, &format!("{prefix}{i}."))?;
                    all.push(json!({ "share": share, "model": model }));
                }
                json!({ "kind": "mixed", "members": all })
            }
        })
    }

    /// Reads what [`AnyLm::pack`] left; a manifest without a kind is one of counts alone, as the first versions wrote it.
    ///
    /// # Errors
    /// Parts that are missing or do not fit each other.
    pub fn unpack(bundle: &Bundle, value: &Value, prefix: &str) -> Result<AnyLm> {
        unpack(bundle, value, prefix, 0)
    }
}

fn pack_net(net: &NetLm, bundle: &mut Bundle, prefix: &str) -> Result<Value> {
    let named = |name: &str| format!("{prefix}{name}");
    let (of, share) = net.classes().parts();
    let classes: Vec<u8> = of.iter().flat_map(|class| class.to_le_bytes()).collect();
    // What is never predicted has no logarithm that a file could hold.
    let share: Vec<f32> = share.iter().map(|s| s.max(f32::MIN)).collect();
    let parameters = net.parameters();
    bundle.tensors.insert(named("words"), Tensor::bytes(net.words().to_text().into_bytes()));
    bundle.tensors.insert(named("classes"), Tensor::bytes(classes));
    bundle.tensors.insert(named("shares"), Tensor::f32([share.len()], share)?);
    let numbers = Tensor::f32([parameters.len()], parameters.to_vec())?;
    bundle.tensors.insert(named("parameters"), numbers);
    let (key, shape) = match net.shape() {
        Shape::Recurrent(shape) => ("net", json!(shape)),
        Shape::Window(shape) => ("window", json!(shape)),
    };
    Ok(json!({
        "kind": "net",
        key: shape,
        "classes": net.classes().len(),
        "protocol": net.protocol(),
    }))
}

fn unpack(bundle: &Bundle, value: &Value, prefix: &str, deep: usize) -> Result<AnyLm> {
    let named = |name: &str| format!("{prefix}{name}");
    match value["kind"].as_str() {
        None | Some("ngram") => {
            let name = named("ngram");
            NgramModel::from_bytes(bundle.bytes(&name)?, &name).map(AnyLm::Ngram).map_err(bad_manifest)
        }
        Some("net") => unpack_net(bundle, value, prefix).map(AnyLm::from),
        Some("neural-cache") => {
            let number = |key: &str| value[key].as_f64().unwrap_or(f64::NAN);
            let size = value["size"].as_u64().unwrap_or(0) as usize;
            let params = NeuralCacheParams { size, theta: number("theta"), share: number("share") };
            let net = unpack_net(bundle, &value["of"], prefix)?;
            NeuralCacheLm::new(net, params).map(AnyLm::from).map_err(bad_manifest)
        }
        Some("dynamic") => {
            let number = |key: &str| value[key].as_f64().unwrap_or(f64::NAN);
            let window = value["window"].as_u64().unwrap_or(0) as usize;
            let params = DynamicParams { rate: number("rate"), pull: number("pull"), window };
            let net = unpack_net(bundle, &value["of"], prefix)?;
            DynamicLm::new(net, params).map(AnyLm::from).map_err(bad_manifest)
        }
        Some("cache") => {
            let words = Words::from_text(&bundle.text(&named("words"))?).map_err(bad_manifest)?;
            let shares = bundle.f32(&named("shares"), 1)?.to_vec();
            let size = value["size"].as_u64().unwrap_or(0) as usize;
            CacheLm::new(words, shares, size).map(AnyLm::from).map_err(bad_manifest)
        }
        Some("mixed") if deep < DEEPEST => {
            let members = value["members"].as_array().map_or(&[][..], Vec::as_slice);
            let member = |(i, of): (usize, &Value)| -> Result<(f64, AnyLm)> {
                let share = of["share"].as_f64().unwrap_or(f64::NAN);
                Ok((share, unpack(bundle, &of["model"], &format!("{prefix}{i}."), deep + 1)?))
            };
            AnyLm::mixed(members.iter().enumerate().map(member).collect::<Result<_>>()?).map_err(bad_manifest)
        }
        Some(other) => Err(bad_manifest(format!("no language model is of the kind '{other}'"))),
    }
}

fn unpack_net(bundle: &Bundle, value: &Value, prefix: &str) -> Result<NetLm> {
    let named = |name: &str| format!("{prefix}{name}");
    let shape = match &value["window"] {
        Value::Null => Shape::Recurrent(serde_json::from_value(value["net"].clone()).map_err(bad_manifest)?),
        shape => Shape::Window(serde_json::from_value(shape.clone()).map_err(bad_manifest)?),
    };
    let count = value["classes"].as_u64().unwrap_or(0) as usize;
    let bytes = bundle.bytes(&named("classes"))?;
    let (classes, rest) = bytes.as_chunks::<4>();
    let classes = classes.iter().map(|class| u32::from_le_bytes(*class)).collect();
    let mut shares = bundle.f32(&named("shares"), 1)?.to_vec();
    shares.iter_mut().filter(|s| **s == f32::MIN).for_each(|s| *s = f32::NEG_INFINITY);
    let classes = Classes::saved(classes, shares, count)
        .filter(|_| rest.is_empty())
        .ok_or_else(|| bad_manifest("classes of words that are none"))?;
    let words = Words::from_text(&bundle.text(&named("words"))?).map_err(bad_manifest)?;
    let parameters = bundle.f32(&named("parameters"), 1)?.to_vec();
    if parameters.iter().any(|p| !p.is_finite()) {
        return Err(bad_manifest("a parameter that is no number"));
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // Nets of before this was written read streams.
    let protocol = match &value["protocol"] {
        Value::Null => Protocol::Stream,
        said => serde_json::from_value(said.clone()).map_err(bad_manifest)?,
    };
    let net = NetLm::new(words, classes, &shape, parameters, threads).map_err(bad_manifest)?;
    Ok(net.taught(protocol))
}

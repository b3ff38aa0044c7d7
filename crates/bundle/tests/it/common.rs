//! A small bundle, and tools to take one apart and put it together wrongly.

use gyeol_bundle::{Bundle, DataHash, Manifest, Tensor};
use serde_json::json;

/// Two layers and a statistic.
pub fn sample() -> Bundle {
    let data = DataHash { name: "load.csv".into(), sha256: "ab".repeat(32), rows: 35_064 };
    let mut manifest = Manifest::new("forecast", "lstm", data);
    manifest.recipe = "task = \"forecast\"\nname = \"한국 load\"\n".into();
    manifest.scores = json!({ "mae": 81.4, "third": 1.0 / 3.0, "tiny": 5e-324 });
    manifest.model = json!({ "look_back": 168, "mean": 14_712.300_000_000_001 });
    let mut bundle = Bundle::new(manifest);
    let weights = (0..24).map(|i| (i as f32).sin()).collect();
    bundle.tensors.insert("lstm.0.input".into(), Tensor::f32([4, 6], weights).unwrap());
    bundle.tensors.insert("interval".into(), Tensor::f64([3], vec![0.1, f64::MAX, -0.0]).unwrap());
    bundle.tensors.insert("step".into(), Tensor::f32(Vec::new(), vec![1.5]).unwrap());
    bundle
}

/// A file with this header and this many zero bytes after it.
pub fn file(header: &str, tensor_bytes: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + tensor_bytes, 0);
    bytes
}

/// Header and tensor bytes of a file.
pub fn parts(bytes: &[u8]) -> (String, Vec<u8>) {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    (String::from_utf8(bytes[8..8 + length].to_vec()).unwrap(), bytes[8 + length..].to_vec())
}

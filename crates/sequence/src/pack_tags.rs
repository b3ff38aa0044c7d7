//! Taggers in a bundle: `units`, one a line, and by the way `best` (a label a unit, 4 bytes), `weights` of a window, or
//! `parameters` of a net.

use gyeol_base::Result;
use gyeol_bundle::{Bundle, Packed, Tensor, bad_manifest};
use gyeol_neural::net::{Input, Net, NetParams, Output, TagPredictor};
use serde_json::json;

use crate::tagger::{TagWay, Tagger};
use crate::vocabulary::Vocabulary;
use crate::window::Window;

impl Packed for Tagger {
    const KIND: &'static str = "tag";

    fn pack(&self, bundle: &mut Bundle) -> Result<()> {
        let mut model = json!({ "form": self.form, "labels": self.labels });
        match &self.way {
            TagWay::Majority(label) => {
                model["way"] = json!("majority");
                model["label"] = json!(label);
            }
            TagWay::Unigram(of) => {
                model["way"] = json!("unigram");
                let bytes: Vec<u8> = of.iter().flat_map(|label| label.to_le_bytes()).collect();
                bundle.tensors.insert("best".into(), Tensor::bytes(bytes));
            }
            TagWay::Window(window) => {
                model["way"] = json!("window");
                let weights = window.weights().to_vec();
                bundle.tensors.insert("weights".into(), Tensor::f32([weights.len()], weights)?);
            }
            TagWay::Net(net) => {
                model["way"] = json!("net");
                model["net"] = json!(net.net().params());
                let numbers = net.params().to_vec();
                bundle.tensors.insert("parameters".into(), Tensor::f32([numbers.len()], numbers)?);
            }
        }
        bundle.tensors.insert("units".into(), Tensor::bytes(self.vocabulary.to_text().into_bytes()));
        bundle.manifest.model = model;
        Ok(())
    }

    fn unpack(bundle: Bundle) -> Result<Tagger> {
        let model = &bundle.manifest.model;
        let form = serde_json::from_value(model["form"].clone()).map_err(bad_manifest)?;
        let labels: Vec<String> = serde_json::from_value(model["labels"].clone()).map_err(bad_manifest)?;
        let vocabulary = Vocabulary::from_text(&bundle.text("units")?).map_err(bad_manifest)?;
        let count = labels.len();
        let known = |label: u32| (label as usize) < count;
        let way = match model["way"].as_str() {
            Some("majority") => {
                let label = model["label"].as_u64().and_then(|l| u32::try_from(l).ok()).filter(|&l| known(l));
                TagWay::Majority(label.ok_or_else(|| bad_manifest("a label that there is not"))?)
            }
            Some("unigram") => {
                let bytes = bundle.bytes("best")?;
                let (best, rest) = bytes.as_chunks::<4>();
                let best: Vec<u32> = best.iter().map(|label| u32::from_le_bytes(*label)).collect();
                if !rest.is_empty() || best.len() != vocabulary.len() || !best.iter().all(|&l| known(l)) {
                    return Err(bad_manifest("labels of units that do not fit"));
                }
                TagWay::Unigram(best)
            }
            Some("window") => {
                let window = Window::from_weights(count, bundle.f32("weights", 1)?.to_vec());
                TagWay::Window(window.ok_or_else(|| bad_manifest("weights of another window"))?)
            }
            Some("net") => {
                let shape: NetParams = serde_json::from_value(model["net"].clone()).map_err(bad_manifest)?;
                let fits = shape.input == Input::Tokens { vocabulary: vocabulary.len() }
                    && shape.output == Output::Classes { classes: count };
                let parameters = bundle.f32("parameters", 1)?.to_vec();
                if !fits || parameters.iter().any(|p| !p.is_finite()) {
                    return Err(bad_manifest("units, labels or parameters of another net"));
                }
                let net = Net::new(&shape).map_err(bad_manifest)?;
                TagWay::Net(Box::new(TagPredictor::new(net, parameters).map_err(bad_manifest)?))
            }
            other => return Err(bad_manifest(format!("no tagger goes the way {other:?}"))),
        };
        Ok(Tagger { form, labels, vocabulary, way })
    }

    fn parameters(&self) -> u64 {
        match &self.way {
            TagWay::Majority(_) => 0,
            TagWay::Unigram(of) => of.len() as u64,
            TagWay::Window(window) => window.weights().len() as u64,
            TagWay::Net(net) => net.params().len() as u64,
        }
    }
}

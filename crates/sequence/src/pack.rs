//! Translators in a bundle.
//!
//! | `way` | tensors |
//! |---|---|
//! | `copy`, `frequent` | none |
//! | `nearest` | `sources`, `targets`, as JSON lists |
//! | `counts` | `target`, a token a line; the section `ngram` |
//! | `net` | `source` and `target`, a token a line; `parameters` |

use gyeol_base::Result;
use gyeol_bundle::{Bundle, Packed, Tensor, bad_manifest};
use gyeol_neural::net::{EncoderDecoder, EncoderDecoderParams, SequencePredictor, Source};
use gyeol_ngram::NgramModel;
use serde_json::json;

use crate::counts::Counts;
use crate::memory::Memory;
use crate::translator::{Net, Translator, Way};
use crate::vocabulary::Vocabulary;

fn list(texts: &[String]) -> Result<Tensor> {
    serde_json::to_vec(texts).map(Tensor::bytes).map_err(gyeol_base::Error::defect)
}

impl Packed for Translator {
    const KIND: &'static str = "translate";

    fn pack(&self, bundle: &mut Bundle) -> Result<()> {
        let mut model = json!({ "units": self.units, "columns": self.columns });
        if !self.classes.is_empty() {
            model["classes"] = json!(self.classes);
        }
        match &self.way {
            Way::Copy => model["way"] = json!("copy"),
            Way::Frequent(said) => {
                model["way"] = json!("frequent");
                model["said"] = json!(said);
            }
            Way::Nearest(memory) => {
                model["way"] = json!("nearest");
                bundle.tensors.insert("sources".into(), list(memory.sources())?);
                bundle.tensors.insert("targets".into(), list(memory.targets())?);
            }
            Way::Counts(counts) => {
                model["way"] = json!("counts");
                model["grams"] = json!(counts.grams);
                bundle.tensors.insert("target".into(), Tensor::bytes(counts.target.to_text().into_bytes()));
                bundle.add_section("ngram", counts.model().bytes());
            }
            Way::Net(net) => {
                model["way"] = json!("net");
                model["blind"] = json!(net.blind);
                model["ratio"] = json!(net.ratio);
                model["net"] = json!(net.predictor.net().params());
                let parameters = net.predictor.params();
                let numbers = Tensor::f32([parameters.len()], parameters.to_vec())?;
                bundle.tensors.insert("source".into(), Tensor::bytes(net.source.to_text().into_bytes()));
                bundle.tensors.insert("target".into(), Tensor::bytes(net.target.to_text().into_bytes()));
                bundle.tensors.insert("parameters".into(), numbers);
            }
        }
        bundle.manifest.model = model;
        Ok(())
    }

    fn unpack(bundle: Bundle) -> Result<Translator> {
        let model = &bundle.manifest.model;
        let units = serde_json::from_value(model["units"].clone()).map_err(bad_manifest)?;
        let columns = serde_json::from_value(model["columns"].clone()).map_err(bad_manifest)?;
        let classes = match &model["classes"] {
            serde_json::Value::Null => Vec::new(),
            list => serde_json::from_value(list.clone()).map_err(bad_manifest)?,
        };
        let way = match model["way"].as_str() {
            Some("copy") => Way::Copy,
            Some("frequent") => {
                let said = model["said"].as_str().ok_or_else(|| bad_manifest("nothing that is said"))?;
                Way::Frequent(said.to_owned())
            }
            Some("nearest") => {
                let read = |name: &str| -> Result<Vec<String>> {
                    serde_json::from_str(&bundle.text(name)?).map_err(bad_manifest)
                };
                Way::Nearest(Memory::new(read("sources")?, read("targets")?).map_err(bad_manifest)?)
            }
            Some("counts") => {
                let target = Vocabulary::from_text(&bundle.text("target")?).map_err(bad_manifest)?;
                let grams = model["grams"].as_u64().ok_or_else(|| bad_manifest("no count of n-grams"))?;
                let ngrams = NgramModel::from_bytes(bundle.bytes("ngram")?, "ngram").map_err(bad_manifest)?;
                Way::Counts(Box::new(Counts::of_model(target, grams, ngrams)))
            }
            Some("net") => {
                let shape: EncoderDecoderParams =
                    serde_json::from_value(model["net"].clone()).map_err(bad_manifest)?;
                let read = |name: &str| Vocabulary::from_text(&bundle.text(name)?).map_err(bad_manifest);
                let (source, target) = (read("source")?, read("target")?);
                let sizes = (shape.source, shape.target);
                if sizes != (Source::Tokens { vocabulary: source.len() }, target.len()) {
                    return Err(bad_manifest("vocabularies of another net"));
                }
                let ratio = model["ratio"].as_f64().filter(|r| (0.0..1e4).contains(r));
                let ratio = ratio.ok_or_else(|| bad_manifest("no ratio of lengths"))?;
                let parameters = bundle.f32("parameters", 1)?.to_vec();
                if parameters.iter().any(|p| !p.is_finite()) {
                    return Err(bad_manifest("a parameter that is no number"));
                }
                let net = EncoderDecoder::new(&shape).map_err(bad_manifest)?;
                let predictor = SequencePredictor::new(net, parameters).map_err(bad_manifest)?;
                // Nets of earlier versions read their sources.
                let blind = model["blind"].as_bool().unwrap_or(false);
                Way::Net(Box::new(Net { source, target, predictor, ratio, blind }))
            }
            other => return Err(bad_manifest(format!("no translator goes the way {other:?}"))),
        };
        Ok(Translator { units, columns, classes, way })
    }

    fn parameters(&self) -> u64 {
        match &self.way {
            Way::Counts(counts) => counts.grams,
            Way::Net(net) => net.predictor.params().len() as u64,
            _ => 0,
        }
    }
}

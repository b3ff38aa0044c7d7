//! What is saved is what is opened.

mod common;

use common::{parts, sample};
use gyeol_bundle::{Bundle, Error, Limits, Tensor, TensorData};

#[test]
fn saved_and_opened_are_equal_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gyeol");
    let bundle = sample();
    bundle.save(&path).unwrap();
    let again = Bundle::open(&path).unwrap();
    assert_eq!(again.tensors, bundle.tensors);
    let TensorData::F64(interval) = &again.tensors["interval"].data else { panic!("type changed") };
    assert!(interval[2].is_sign_negative(), "minus zero kept its sign");
    assert_eq!(again.manifest.scores, bundle.manifest.scores);
    assert_eq!(again.manifest.model, bundle.manifest.model);
    assert_eq!(again.manifest.recipe, bundle.manifest.recipe);
    assert_eq!(again.manifest.content_sha256.len(), 64);
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["model.gyeol"], "nothing is left beside it");
}

#[test]
fn the_same_bundle_gives_the_same_bytes() {
    let bytes = sample().to_bytes().unwrap();
    assert_eq!(bytes, sample().to_bytes().unwrap());
    let again = Bundle::from_bytes(&bytes, &Limits::default()).unwrap();
    assert_eq!(bytes, again.to_bytes().unwrap());
}

#[test]
fn nan_and_infinity_survive_in_tensors() {
    let mut bundle = sample();
    let odd = vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    bundle.tensors.insert("odd".into(), Tensor::f32([3], odd).unwrap());
    let again = Bundle::from_bytes(&bundle.to_bytes().unwrap(), &Limits::default()).unwrap();
    let odd = again.tensors["odd"].as_f32().unwrap();
    assert!(odd[0].is_nan() && odd[1] == f32::INFINITY && odd[2] == f32::NEG_INFINITY);
}

#[test]
fn any_safetensors_reader_finds_the_weights() {
    let bytes = sample().to_bytes().unwrap();
    let (header, tensors) = parts(&bytes);
    let header: serde_json::Value = serde_json::from_str(&header).unwrap();
    // By the format's own words: {"dtype","shape","data_offsets"}, offsets from the end of the header, little endian.
    let entry = &header["lstm.0.input"];
    assert_eq!(entry["dtype"], "F32");
    assert_eq!(entry["shape"], serde_json::json!([4, 6]));
    let from = entry["data_offsets"][0].as_u64().unwrap() as usize;
    assert_eq!(tensors[from + 4..from + 8], 1f32.sin().to_le_bytes());
    assert!(header["__metadata__"]["gyeol"].as_str().unwrap().contains("\"rung\":\"lstm\""));
}

#[test]
fn an_older_file_stays_when_saving_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gyeol");
    sample().save(&path).unwrap();
    let before = std::fs::read(&path).unwrap();
    let mut broken = sample();
    broken.tensors.insert("bad".into(), Tensor { shape: vec![3], data: TensorData::F32(vec![1.0]) });
    let error = broken.save(&path).unwrap_err();
    assert!(matches!(error.problem(), Error::Tensor { name, .. } if name == "bad"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn an_unwritable_place_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no-such-folder").join("model.gyeol");
    let error = sample().save(&path).unwrap_err().to_string();
    assert!(error.contains("no-such-folder") && error.contains("Is the folder there"), "{error}");
    // A folder where the file should be: the rename fails and the file beside is taken away again.
    let taken = folder.path().join("model.gyeol");
    std::fs::create_dir(&taken).unwrap();
    assert!(sample().save(&taken).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_shape_that_does_not_fit_is_refused() {
    assert!(matches!(Tensor::f32([2, 3], vec![0.0; 5]), Err(Error::Tensor { .. })));
    assert!(matches!(Tensor::f64([usize::MAX, 2], vec![]), Err(Error::Tensor { .. })));
    let mut bundle = sample();
    bundle.tensors.insert("__metadata__".into(), Tensor::f32([1], vec![0.0]).unwrap());
    assert!(matches!(bundle.to_bytes(), Err(Error::Tensor { .. })));
}

#[test]
fn the_summary_counts_what_is_there() {
    let bundle = Bundle::from_bytes(&sample().to_bytes().unwrap(), &Limits::default()).unwrap();
    let summary = bundle.summary();
    assert_eq!(summary.parameters, 24 + 3 + 1);
    assert_eq!(summary.bytes, 24 * 4 + 3 * 8 + 4);
    let text = summary.to_string();
    assert!(
        text.contains("lstm · forecast") && text.contains("4 × 6") && text.contains("35064 rows"),
        "{text}"
    );
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!(json["data"]["sha256"], "ab".repeat(32));
}

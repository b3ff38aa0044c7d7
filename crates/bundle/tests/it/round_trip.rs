//! What is saved is what is opened.

use gyeol_bundle::{Bundle, Limits, Tensor, TensorData};

use crate::common::{parts, sample};

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
    assert!(error.code() == "bad-tensor" && error.to_string().contains("`bad`"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn an_unwritable_place_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no-such-folder").join("model.gyeol");
    let error = sample().save(&path).unwrap_err().to_string();
    assert!(error.contains("no-such-folder") && error.contains("is the folder there"), "{error}");
    // A folder where the file should be: the rename fails and the file beside is taken away again.
    let taken = folder.path().join("model.gyeol");
    std::fs::create_dir(&taken).unwrap();
    assert!(sample().save(&taken).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_shape_that_does_not_fit_is_refused() {
    assert_eq!(Tensor::f32([2, 3], vec![0.0; 5]).unwrap_err().code(), "bad-tensor");
    assert_eq!(Tensor::f64([usize::MAX, 2], vec![]).unwrap_err().code(), "bad-tensor");
    let mut bundle = sample();
    bundle.tensors.insert("__metadata__".into(), Tensor::f32([1], vec![0.0]).unwrap());
    assert_eq!(bundle.to_bytes().unwrap_err().code(), "bad-tensor");
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

#[test]
fn a_section_is_left_to_its_own_checksums_and_all_else_is_not() {
    let mut bundle = sample();
    bundle.add_section("tables", vec![7; 1000]);
    let bytes = bundle.to_bytes().unwrap();
    let again = Bundle::from_bytes(&bytes, &Limits::default()).unwrap();
    assert_eq!((again.manifest.format, &again.bytes("tables").unwrap()[..]), (2, &[7; 1000][..]));
    // Bytes come last in the file.
    let mut inside = bytes.clone();
    *inside.last_mut().unwrap() ^= 1;
    assert_eq!(Bundle::from_bytes(&inside, &Limits::default()).unwrap().bytes("tables").unwrap()[999], 6);
    let mut before = bytes.clone();
    let at = bytes.len() - 1001;
    before[at] ^= 1;
    assert_eq!(Bundle::from_bytes(&before, &Limits::default()).unwrap_err().code(), "altered");
}

#[test]
fn bytes_in_a_file_are_mapped_and_count_as_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.gyeol");
    let mut bundle = sample();
    bundle.add_section("tables", vec![5; 65 << 20]);
    bundle.save(&path).unwrap();
    let limits = Limits { max_bytes: 1 << 20, max_elements: 28, ..Limits::default() };
    let again = Bundle::open_with(&path, &limits).unwrap();
    assert_eq!(again.bytes("tables").unwrap().len(), 65 << 20);
    assert_eq!(again.tensors["lstm.0.input"], bundle.tensors["lstm.0.input"]);
    let tight = Limits { max_bytes: 50, ..limits };
    assert_eq!(Bundle::open_with(&path, &tight).unwrap_err().code(), "too-large");
}

#[test]
fn the_header_is_the_one_that_the_format_s_own_writer_makes() {
    let bundle = sample();
    let bytes = bundle.to_bytes().unwrap();
    let (header, _) = parts(&bytes);
    let read: serde_json::Value = serde_json::from_str(&header).unwrap();
    let words = read["__metadata__"]["gyeol"].as_str().unwrap().to_owned();
    let numbers: Vec<(String, Vec<u8>)> = (bundle.tensors.iter())
        .map(|(name, tensor)| {
            let bytes = match &tensor.data {
                TensorData::F32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
                TensorData::F64(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
                TensorData::U8(v) => v.to_vec(),
            };
            (name.clone(), bytes)
        })
        .collect();
    let views = numbers.iter().map(|(name, bytes)| {
        let tensor = &bundle.tensors[name];
        let dtype = match tensor.data {
            TensorData::F32(_) => safetensors::Dtype::F32,
            TensorData::F64(_) => safetensors::Dtype::F64,
            TensorData::U8(_) => safetensors::Dtype::U8,
        };
        (name, safetensors::tensor::TensorView::new(dtype, tensor.shape.clone(), bytes).unwrap())
    });
    let metadata = std::collections::HashMap::from([("gyeol".to_owned(), words)]);
    assert_eq!(safetensors::serialize(views, Some(metadata)).unwrap(), bytes);
}

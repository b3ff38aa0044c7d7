//! Files that are not what they say: each gets its own clear error, and none a panic.

use gyeol_base::Error;
use gyeol_bundle::{Bundle, Limits};

use crate::common::{file, parts, sample};

fn open(bytes: &[u8]) -> Error {
    Bundle::from_bytes(bytes, &Limits::default()).expect_err("this file must be refused")
}

const ENTRY: &str = r#""w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#;

#[test]
fn every_altered_byte_is_found() {
    let bytes = sample().to_bytes().unwrap();
    for place in 0..bytes.len() {
        for mask in [0x01, 0x20, 0xff] {
            let mut altered = bytes.clone();
            altered[place] ^= mask;
            open(&altered);
        }
    }
}

#[test]
fn every_truncation_is_found_and_named() {
    let bytes = sample().to_bytes().unwrap();
    for length in 0..bytes.len() {
        let error = open(&bytes[..length]);
        match error.code() {
            "cut-short" => assert!(error.fault().found.contains(&format!(": {length} bytes"))),
            "not-a-bundle" => assert!(length < 8),
            other => panic!("cut to {length}: {other}"),
        }
    }
    let message = open(&bytes[..bytes.len() - 1]).to_string();
    assert!(message.contains("cut short") && message.contains("fetch the file again"), "{message}");
}

#[test]
fn bytes_after_the_end_are_found() {
    let mut bytes = sample().to_bytes().unwrap();
    bytes.extend(b"xyz");
    let error = open(&bytes);
    assert_eq!(error.code(), "trailing-bytes");
    assert!(error.to_string().starts_with("3 bytes follow"), "{error}");
}

#[test]
fn other_files_are_not_bundles() {
    for bytes in [
        &b""[..],
        b"short",
        b"time,load\n2024-01-01,3\n",
        b"PK\x03\x04 a zip file that is long enough",
        &[0; 64],
    ] {
        assert_eq!(open(bytes).code(), "not-a-bundle", "{bytes:?}");
    }
    let plain = file(&format!("{{{ENTRY}}}"), 8);
    let message = open(&plain).to_string();
    assert!(message.contains("it is a safetensors file, but"), "{message}");
    let other = file(&format!("{{\"__metadata__\":{{\"format\":\"pt\"}},{ENTRY}}}"), 8);
    assert_eq!(open(&other).code(), "not-a-bundle");
}

#[test]
fn another_version_is_named_with_its_writer() {
    let bytes = sample().to_bytes().unwrap();
    let (header, tensors) = parts(&bytes);
    let header = header.replace(r#"\"format\":1,"#, r#"\"format\":7,"#);
    let mut newer = file(&header, 0);
    newer.extend(tensors);
    let error = open(&newer);
    assert_eq!(error.code(), "other-version");
    let text = error.to_string();
    let (format, writer) = ("of format 7", concat!("gyeol ", env!("CARGO_PKG_VERSION")));
    assert!([format, writer, "train the model again"].iter().all(|part| text.contains(part)), "{text}");
}

#[test]
fn an_altered_weight_manifest_or_space_is_called_altered() {
    let bytes = sample().to_bytes().unwrap();
    let mut weight = bytes.clone();
    *weight.last_mut().unwrap() ^= 1;
    assert_eq!(open(&weight).code(), "altered");

    let (header, tensors) = parts(&bytes);
    let with = |header: String| {
        let mut altered = file(&header, 0);
        altered.extend(&tensors);
        open(&altered)
    };
    assert_eq!(with(header.replace("81.4", "81.3")).code(), "altered");
    assert_eq!(with(header.replace("\"lstm.0.input\"", "\"lstm.0.inpuz\"")).code(), "altered");
    assert_eq!(with(header.replace("[4,6]", "[6,4]")).code(), "altered");
    assert_eq!(with(format!("{header}        ")).code(), "altered", "only spaces were added");
    let second = header.replace("{\"__metadata__\":{", "{\"__metadata__\":{\"note\":\"hello\",");
    assert_eq!(with(second).code(), "altered", "a second metadata entry");
}

#[test]
fn a_manifest_that_is_no_manifest_is_named() {
    for manifest in ["", "{}", "[1]", r#"{\"format\":1}"#, r#"{\"format\":\"one\"}"#] {
        let bytes = file(&format!("{{\"__metadata__\":{{\"gyeol\":\"{manifest}\"}},{ENTRY}}}"), 8);
        assert_eq!(open(&bytes).code(), "bad-manifest", "{manifest}");
    }
    let deep = "[".repeat(100_000);
    let bytes = file(&format!("{{\"__metadata__\":{{\"gyeol\":\"{deep}\"}},{ENTRY}}}"), 8);
    assert_eq!(open(&bytes).code(), "bad-manifest");
}

#[test]
fn a_name_twice_is_refused() {
    let bytes = file(&format!("{{{ENTRY},{ENTRY}}}"), 8);
    assert_eq!(open(&bytes).code(), "twice-named");
    let bytes = file(&format!("{{\"__metadata__\":{{}},\"__metadata__\":{{}},{ENTRY}}}"), 8);
    assert_eq!(open(&bytes).code(), "twice-named");
}

#[test]
fn other_number_types_are_refused() {
    for dtype in ["BF16", "I64", "F4", "PICKLE"] {
        let bytes =
            file(&format!("{{\"w\":{{\"dtype\":\"{dtype}\",\"shape\":[1],\"data_offsets\":[0,8]}}}}"), 8);
        let error = open(&bytes);
        assert!(error.code() == "number-type" && error.to_string().contains(dtype), "{error}");
    }
}

#[test]
fn shapes_and_offsets_that_lie_are_refused_before_anything_is_allocated() {
    let entry = |shape: &str, offsets: &str| {
        file(&format!("{{\"w\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}"), 8)
    };
    let huge = u64::MAX;
    for (shape, offsets) in [
        (format!("[{huge},{huge}]"), "[0,8]".to_owned()),
        ("[4294967296,4294967296]".to_owned(), "[0,0]".to_owned()),
        ("[2]".to_owned(), "[0,4]".to_owned()),
        ("[2]".to_owned(), "[8,0]".to_owned()),
        ("[2]".to_owned(), format!("[{huge},7]")),
    ] {
        assert_eq!(open(&entry(&shape, &offsets)).code(), "bad-layout", "{shape} {offsets}");
    }
    // A terabyte promised in eight bytes.
    let error = open(&entry("[268435456,1024]", "[0,1099511627776]"));
    assert!(error.code() == "too-large" && error.to_string().contains("numbers"), "{error}");
    // A gap: the tensor starts at 4, nothing stands before it.
    let gap = file(r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8);
    assert_eq!(open(&gap).code(), "bad-layout");
    // Two tensors over the same bytes.
    let over = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    assert_eq!(open(&file(over, 8)).code(), "bad-layout");
}

#[test]
fn hostile_headers_are_refused() {
    // A length far beyond the file, and beyond any limit.
    let mut long = sample().to_bytes().unwrap();
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let error = open(&long);
    assert!(error.code() == "too-large" && error.to_string().contains("bytes of header"), "{error}");
    long[..8].copy_from_slice(&(1u64 << 20).to_le_bytes());
    assert_eq!(open(&long).code(), "cut-short");
    for header in [
        "{",
        "{]",
        "{\"w\":3}",
        "{\"w\":{\"dtype\":\"F32\"}}",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}}",
    ] {
        assert_eq!(open(&file(header, 8)).code(), "not-a-bundle", "{header}");
    }
    let nested = format!("{{\"w\":{}", "[".repeat(1 << 20));
    assert_eq!(open(&file(&nested, 8)).code(), "not-a-bundle");
    let mut binary = file("{\"w\":", 8);
    binary[10] = 0xff;
    assert_eq!(open(&binary).code(), "not-a-bundle");
    // A name with line ends and colours does not reach the terminal.
    let loud = file(r#"{"a\u001b[31m\nb":{"dtype":"X","shape":[],"data_offsets":[0,8]}}"#, 8);
    assert!(!open(&loud).to_string().chars().any(char::is_control));
}

#[test]
fn limits_are_kept() {
    let bytes = sample().to_bytes().unwrap();
    let tight = |limits: Limits, what: &str| {
        let error = Bundle::from_bytes(&bytes, &limits).unwrap_err();
        assert_eq!(error.code(), "too-large");
        assert!(error.to_string().contains(&format!(" {what}, more than the limit")), "{error}");
    };
    tight(Limits { max_bytes: 100, ..Limits::default() }, "bytes");
    tight(Limits { max_manifest: 100, ..Limits::default() }, "bytes of header");
    tight(Limits { max_tensors: 2, ..Limits::default() }, "tensors");
    tight(Limits { max_elements: 27, ..Limits::default() }, "numbers");
    let just = Limits { max_bytes: bytes.len() as u64, max_tensors: 3, max_elements: 28, max_manifest: 4096 };
    assert!(Bundle::from_bytes(&bytes, &just).is_ok());
}

#[test]
fn a_file_error_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.gyeol");
    std::fs::write(&path, &sample().to_bytes().unwrap()[..100]).unwrap();
    let error = Bundle::open(&path).unwrap_err();
    assert!(error.code() == "cut-short");
    assert!(error.to_string().contains("broken.gyeol"), "{error}");
    let limits = Limits { max_bytes: 50, ..Limits::default() };
    assert!(Bundle::open_with(&path, &limits).unwrap_err().code() == "too-large");
    let error = Bundle::open(folder.path().join("absent.gyeol")).unwrap_err().to_string();
    assert!(error.contains("absent.gyeol") && error.contains("check the path"), "{error}");
    assert!(Bundle::open(folder.path()).is_err(), "a folder");
}

//! Files that are not what they say: each gets its own clear error, and none a panic.

mod common;

use common::{file, parts, sample};
use gyeol_bundle::{Bundle, Error, Limits};

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
        match open(&bytes[..length]) {
            Error::Truncated { found, .. } => assert_eq!(found, length as u64),
            Error::NotABundle { .. } => assert!(length < 8),
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
    assert!(matches!(open(&bytes), Error::Trailing { extra: 3, .. }));
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
        assert!(matches!(open(bytes), Error::NotABundle { .. }), "{bytes:?}");
    }
    let plain = file(&format!("{{{ENTRY}}}"), 8);
    let message = open(&plain).to_string();
    assert!(message.contains("it is a safetensors file, but"), "{message}");
    let other = file(&format!("{{\"__metadata__\":{{\"format\":\"pt\"}},{ENTRY}}}"), 8);
    assert!(matches!(open(&other), Error::NotABundle { .. }));
}

#[test]
fn another_version_is_named_with_its_writer() {
    let bytes = sample().to_bytes().unwrap();
    let (header, tensors) = parts(&bytes);
    let header = header.replace(r#"\"format\":1,"#, r#"\"format\":7,"#);
    let mut newer = file(&header, 0);
    newer.extend(tensors);
    let error = open(&newer);
    assert!(
        matches!(&error, Error::Version { found: 7, known: 1, writer } if writer == env!("CARGO_PKG_VERSION"))
    );
    assert!(error.to_string().contains("train the model again"), "{error}");
}

#[test]
fn an_altered_weight_manifest_or_space_is_called_altered() {
    let bytes = sample().to_bytes().unwrap();
    let mut weight = bytes.clone();
    *weight.last_mut().unwrap() ^= 1;
    assert!(matches!(open(&weight), Error::Altered { .. }));

    let (header, tensors) = parts(&bytes);
    let with = |header: String| {
        let mut altered = file(&header, 0);
        altered.extend(&tensors);
        open(&altered)
    };
    assert!(matches!(with(header.replace("81.4", "81.3")), Error::Altered { .. }));
    assert!(matches!(with(header.replace("\"lstm.0.input\"", "\"lstm.0.inpuz\"")), Error::Altered { .. }));
    assert!(matches!(with(header.replace("[4,6]", "[6,4]")), Error::Altered { .. }));
    assert!(matches!(with(format!("{header}        ")), Error::Altered { .. }), "only spaces were added");
    let second = header.replace("{\"__metadata__\":{", "{\"__metadata__\":{\"note\":\"hello\",");
    assert!(matches!(with(second), Error::Altered { .. }), "a second metadata entry");
}

#[test]
fn a_manifest_that_is_no_manifest_is_named() {
    for manifest in ["", "{}", "[1]", r#"{\"format\":1}"#, r#"{\"format\":\"one\"}"#] {
        let bytes = file(&format!("{{\"__metadata__\":{{\"gyeol\":\"{manifest}\"}},{ENTRY}}}"), 8);
        assert!(matches!(open(&bytes), Error::Manifest { .. }), "{manifest}");
    }
    let deep = "[".repeat(100_000);
    let bytes = file(&format!("{{\"__metadata__\":{{\"gyeol\":\"{deep}\"}},{ENTRY}}}"), 8);
    assert!(matches!(open(&bytes), Error::Manifest { .. }));
}

#[test]
fn a_name_twice_is_refused() {
    let bytes = file(&format!("{{{ENTRY},{ENTRY}}}"), 8);
    assert!(matches!(open(&bytes), Error::DuplicateName { name } if name == "w"));
    let bytes = file(&format!("{{\"__metadata__\":{{}},\"__metadata__\":{{}},{ENTRY}}}"), 8);
    assert!(matches!(open(&bytes), Error::DuplicateName { .. }));
}

#[test]
fn other_number_types_are_refused() {
    for dtype in ["BF16", "I64", "F4", "PICKLE"] {
        let bytes =
            file(&format!("{{\"w\":{{\"dtype\":\"{dtype}\",\"shape\":[1],\"data_offsets\":[0,8]}}}}"), 8);
        assert!(matches!(open(&bytes), Error::NumberType { dtype: found, .. } if found == dtype));
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
        assert!(matches!(open(&entry(&shape, &offsets)), Error::Layout { .. }), "{shape} {offsets}");
    }
    // A terabyte promised in eight bytes.
    let error = open(&entry("[268435456,1024]", "[0,1099511627776]"));
    assert!(matches!(error, Error::TooLarge { what: "numbers", .. }), "{error}");
    // A gap: the tensor starts at 4, nothing stands before it.
    let gap = file(r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8);
    assert!(matches!(open(&gap), Error::Layout { .. }));
    // Two tensors over the same bytes.
    let over = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    assert!(matches!(open(&file(over, 8)), Error::Layout { .. }));
}

#[test]
fn hostile_headers_are_refused() {
    // A length far beyond the file, and beyond any limit.
    let mut long = sample().to_bytes().unwrap();
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(open(&long), Error::TooLarge { what: "bytes of header", .. }));
    long[..8].copy_from_slice(&(1u64 << 20).to_le_bytes());
    assert!(matches!(open(&long), Error::Truncated { .. }));
    for header in [
        "{",
        "{]",
        "{\"w\":3}",
        "{\"w\":{\"dtype\":\"F32\"}}",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}}",
    ] {
        assert!(matches!(open(&file(header, 8)), Error::NotABundle { .. }), "{header}");
    }
    let nested = format!("{{\"w\":{}", "[".repeat(1 << 20));
    assert!(matches!(open(&file(&nested, 8)), Error::NotABundle { .. }));
    let mut binary = file("{\"w\":", 8);
    binary[10] = 0xff;
    assert!(matches!(open(&binary), Error::NotABundle { .. }));
    // A name with line ends and colours does not reach the terminal.
    let loud = file(r#"{"a\u001b[31m\nb":{"dtype":"X","shape":[],"data_offsets":[0,8]}}"#, 8);
    assert!(!open(&loud).to_string().chars().any(char::is_control));
}

#[test]
fn limits_are_kept() {
    let bytes = sample().to_bytes().unwrap();
    let tight = |limits: Limits| match Bundle::from_bytes(&bytes, &limits).unwrap_err() {
        Error::TooLarge { what, .. } => what,
        other => panic!("{other}"),
    };
    assert_eq!(tight(Limits { max_bytes: 100, ..Limits::default() }), "bytes");
    assert_eq!(tight(Limits { max_manifest: 100, ..Limits::default() }), "bytes of header");
    assert_eq!(tight(Limits { max_tensors: 2, ..Limits::default() }), "tensors");
    assert_eq!(tight(Limits { max_elements: 27, ..Limits::default() }), "numbers");
    let just = Limits { max_bytes: bytes.len() as u64, max_tensors: 3, max_elements: 28, max_manifest: 4096 };
    assert!(Bundle::from_bytes(&bytes, &just).is_ok());
}

#[test]
fn a_file_error_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.gyeol");
    std::fs::write(&path, &sample().to_bytes().unwrap()[..100]).unwrap();
    let error = Bundle::open(&path).unwrap_err();
    assert!(matches!(error.problem(), Error::Truncated { .. }));
    assert!(error.to_string().contains("broken.gyeol"), "{error}");
    let limits = Limits { max_bytes: 50, ..Limits::default() };
    assert!(matches!(Bundle::open_with(&path, &limits).unwrap_err().problem(), Error::TooLarge { .. }));
    let error = Bundle::open(folder.path().join("absent.gyeol")).unwrap_err().to_string();
    assert!(error.contains("absent.gyeol") && error.contains("Check the path"), "{error}");
    assert!(Bundle::open(folder.path()).is_err(), "a folder");
}

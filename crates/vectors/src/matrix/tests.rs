use super::*;

fn example() -> Csr {
    Csr::from_triplets(4, 5, [(0, 1, 1.5), (3, 4, -2.0), (0, 4, 1.0 / 3.0), (2, 0, 7.0), (2, 3, 0.1)])
        .unwrap()
}

#[test]
fn transposing_twice_gives_the_matrix() {
    let matrix = example();
    assert_eq!(matrix.transpose().transpose(), matrix);
    assert_eq!(matrix.transpose().to_dense().unwrap(), matrix.to_dense().unwrap().t());
    assert_eq!(Csr::from_dense(&matrix.to_dense().unwrap()).unwrap(), matrix);
}

#[test]
fn a_file_gives_back_the_matrix() {
    let folder = tempfile::tempdir().unwrap();
    for matrix in [
        example(),
        Csr::new(3, vec![0], vec![], vec![]).unwrap(),
        Csr::new(0, vec![0, 0], vec![], vec![]).unwrap(),
    ] {
        let path = folder.path().join("m.npz");
        write_npz(&path, &matrix, Numbers::Float).unwrap();
        assert_eq!(read_npz(&path).unwrap(), matrix);
        let path = folder.path().join("m.mtx");
        write_market(&path, &matrix).unwrap();
        assert_eq!(read_market(&path).unwrap(), matrix);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn files_that_claim_what_they_do_not_hold_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.mtx");
    let head = "%%MatrixMarket matrix coordinate real general\n";
    for (text, code) in [
        (format!("{head}4000000000 4000000000 4000000000\n1 1 1\n"), "market-count"),
        (format!("{head}99999999999 2 1\n1 1 1\n"), "matrix-size"),
        (format!("{head}4000000000 2 1\n1 1 1\n"), "matrix-size"),
        (format!("{head}2 2 5\n"), "matrix-size"),
        (format!("{head}2 2 1\n3 1 1\n"), "market-line"),
        (format!("{head}2 2 1\n0 1 1\n"), "market-line"),
        (format!("{head}2 2 1\n1 1 nan\n"), "market-line"),
        (format!("{head}2 2 1\n1 1 1 1\n"), "market-line"),
        (format!("{head}2 2 1\n1 1 1\n1 2 1\n"), "market-count"),
        (format!("{head}2 -2 1\n"), "market-head"),
        (head.to_owned(), "market-head"),
        ("%%MatrixMarket matrix array real general\n2 2\n".into(), "market-head"),
        (format!("{head}2 2 1\n{}\n", " ".repeat(70_000)), "long-line"),
    ] {
        std::fs::write(&path, &text).unwrap();
        let error = read_market(&path).unwrap_err();
        assert_eq!(error.code(), code, "{}: {error}", text.trim());
        assert!(error.to_string().contains("m.mtx"), "{error}");
    }
}

/// An archive out of arrays given as (name, type, shape, bytes).
fn archive(path: &std::path::Path, arrays: &[(&str, &str, &str, Vec<u8>)]) {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, kind, shape, bytes) in arrays {
        zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        let head = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
        zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
        zip.write_all(&(head.len() as u16).to_le_bytes()).unwrap();
        zip.write_all(head.as_bytes()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

fn ints(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

#[test]
fn archives_that_do_not_fit_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.npz");
    let floats = |v: &[f64]| v.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let good = || {
        vec![
            ("format", "|S3", "()", b"csr".to_vec()),
            ("shape", "<i8", "(2,)", ints(&[2, 3])),
            ("indptr", "<i8", "(3,)", ints(&[0, 1, 2])),
            ("indices", "<i8", "(2,)", ints(&[2, 0])),
            ("data", "<f8", "(2,)", floats(&[1.0, 2.0])),
        ]
    };
    archive(&path, &good());
    assert_eq!(read_npz(&path).unwrap().row(1).collect::<Vec<_>>(), [(0, 2.0)]);
    type Case = (usize, (&'static str, &'static str, &'static str, Vec<u8>), &'static str);
    let cases: Vec<Case> = vec![
        (0, ("format", "|S3", "()", b"dia".to_vec()), "matrix-format"),
        (1, ("shape", "<i8", "(2,)", ints(&[2, -3])), "bad-array"),
        (1, ("shape", "<i8", "(2,)", ints(&[1 << 40, 3])), "matrix-size"),
        (1, ("shape", "<i8", "(1,)", ints(&[2])), "bad-array"),
        (2, ("indptr", "<i8", "(3,)", ints(&[0, 2, 1])), "bad-pointers"),
        (2, ("indptr", "<i8", "(2,)", ints(&[0, 2])), "bad-pointers"),
        (2, ("indptr", "<i8", "(3,)", ints(&[0, 1, 9])), "bad-pointers"),
        (2, ("indptr", "<i8", "(99999999999999999999,)", ints(&[0, 1, 2])), "bad-array"),
        (3, ("indices", "<i8", "(2,)", ints(&[3, 0])), "column-outside"),
        (3, ("indices", "<f8", "(2,)", ints(&[0, 0])), "bad-array"),
        (4, ("data", "<f8", "(2,)", floats(&[f64::NAN, 2.0])), "not-finite"),
        (4, ("data", "<f8", "(1,)", floats(&[2.0])), "bad-pointers"),
        (4, ("data", "<c16", "(1,)", floats(&[2.0, 1.0])), "number-type"),
        (4, ("datum", "<f8", "(2,)", floats(&[2.0, 1.0])), "missing-array"),
    ];
    for (at, array, code) in cases {
        let mut arrays = good();
        let shown = format!("{array:?}");
        arrays[at] = array;
        archive(&path, &arrays);
        let error = read_npz(&path).unwrap_err();
        assert_eq!(error.code(), code, "{shown}: {error}");
    }
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(read_npz(&path).unwrap_err().code(), "no-archive");
}

#[test]
fn arrays_that_do_not_make_a_matrix_are_refused() {
    assert_eq!(Csr::new(2, vec![0, 1], vec![2], vec![1.0]).unwrap_err().code(), "column-outside");
    assert_eq!(Csr::new(2, vec![0, 1], vec![1], vec![f64::INFINITY]).unwrap_err().code(), "not-finite");
    assert_eq!(Csr::new(2, vec![], vec![], vec![]).unwrap_err().code(), "bad-pointers");
    assert_eq!(Csr::from_triplets(1, 1, [(1, 0, 1.0)]).unwrap_err().code(), "row-outside");
    let negative = Csr::from_triplets(2, 2, [(1, 0, -1.0)]).unwrap().not_negative("a topic model");
    assert!(negative.unwrap_err().to_string().contains("row 1, column 0"));
    assert_eq!(Dense::zeros(1 << 20, 1 << 20).unwrap_err().code(), "dense-size");
    assert_eq!(Dense::new(1, 2, vec![0.0]).unwrap_err().code(), "matrix-shape");
}

#[test]
fn products_are_the_same_bits_on_any_thread_count() {
    let mut rng = gyeol_tensor::Rng::new(1);
    let triplets: Vec<_> =
        (0..6000).map(|_| (rng.below(700) as u32, rng.below(90) as u32, rng.normal())).collect();
    let a = Csr::from_triplets(700, 90, triplets).unwrap();
    let b = Dense::new(90, 7, (0..630).map(|_| rng.normal()).collect()).unwrap();
    let one = a.times(&b, &Pool::new(1));
    for threads in [2, 3, 7] {
        assert_eq!(a.times(&b, &Pool::new(threads)), one);
    }
    assert!(one.distance(&a.to_dense().unwrap().times(&b)) < 1e-12);
}

#[test]
fn a_number_that_is_none_is_not_near_to_any() {
    let of = |last| Dense::trusted(1, 3, vec![0.0, last, 1.0]);
    assert_eq!(of(2.0).distance(&of(0.5)), 1.5);
    assert!(of(f64::NAN).distance(&of(0.5)).is_nan() && of(0.5).distance(&of(f64::NAN)).is_nan());
}

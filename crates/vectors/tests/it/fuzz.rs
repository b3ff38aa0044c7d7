//! Matrices, vectorizers and models that are almost right: read, or refused with words; never a panic.

use std::io::{Cursor, Read, Write};
use std::path::Path;

use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, CorpusOptions};
use gyeol_vectors::matrix::{Csr, Numbers, read_market, read_npz, write_market, write_npz};
use gyeol_vectors::vectorize::{Vectorizer, VectorizerParams, sklearn_tokens};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::mutate::fuzz;

fn matrix() -> Csr {
    Csr::from_triplets(4, 6, [(0, 2, 1.0), (1, 0, 4.0), (1, 5, -2.5), (3, 3, 1e-9)]).unwrap()
}

/// What is read must be a matrix that can be gone over.
fn used(read: gyeol_vectors::Result<Csr>) -> Result<(), String> {
    let matrix = read.map_err(|e| e.to_string())?;
    // An honest file may have many empty rows: a few are enough.
    for row in 0..matrix.rows().min(1000) {
        assert!(
            matrix.row(row).all(|(column, value)| (column as usize) < matrix.cols() && value.is_finite())
        );
    }
    Ok(())
}

fn in_file(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

fn npz() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.npz");
    write_npz(&path, &matrix(), Numbers::Float).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn altered_npz_files_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.npz");
    fuzz(1000, &[npz()], |bytes| {
        in_file(&path, bytes);
        used(read_npz(&path))
    });
}

/// The archive is sound, checksums too; one of its arrays is not.
#[test]
fn altered_arrays_in_a_sound_archive_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.npz");
    let mut archive = ZipArchive::new(Cursor::new(npz())).unwrap();
    let mut arrays = Vec::new();
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        arrays.push((entry.name().unwrap().into_owned(), bytes));
    }
    for (altered, (_, sample)) in arrays.iter().enumerate() {
        fuzz(150, std::slice::from_ref(sample), |bytes| {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            for (i, (name, sound)) in arrays.iter().enumerate() {
                zip.start_file(name.as_str(), options).unwrap();
                zip.write_all(if i == altered { bytes } else { sound }).unwrap();
            }
            in_file(&path, zip.finish().unwrap().get_ref());
            used(read_npz(&path))
        });
    }
}

#[test]
fn altered_matrix_market_files_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, packed) = (folder.path().join("m.mtx"), folder.path().join("m.mtx.gz"));
    write_market(&path, &matrix()).unwrap();
    let symmetric = "%%MatrixMarket matrix coordinate pattern symmetric\n% made by hand\n3 3 2\n2 1\n3 3\n";
    let samples = [std::fs::read(&path).unwrap(), symmetric.into()];
    fuzz(1000, &samples, |bytes| {
        in_file(&path, bytes);
        used(read_market(&path))
    });
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&samples[0]).unwrap();
    fuzz(300, &[encoder.finish().unwrap()], |bytes| {
        in_file(&packed, bytes);
        used(read_market(&packed))
    });
}

#[test]
fn altered_vectorizers_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.txt");
    in_file(&path, b"bread and butter\nhoney on bread\nrain on the mill\n");
    let corpus = Corpus::open(path.to_str().unwrap(), CorpusOptions::default()).unwrap();
    let pool = Pool::new(1);
    let made = [VectorizerParams::count(), VectorizerParams::tfidf()].map(|params| {
        let fitted = params.check().unwrap().fit(&corpus, sklearn_tokens(), &pool, |_| true).unwrap();
        fitted.0.to_json().into_bytes()
    });
    fuzz(1000, &made, |bytes| {
        let json = String::from_utf8_lossy(bytes);
        Vectorizer::from_json("v.json", &json).map(drop).map_err(|e| e.to_string())
    });
}

//! Small files that claim or unpack to enormous ones: refused before the memory is taken, whatever the form.

use std::io::Write as _;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, NullArray, RecordBatch, StringArray};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use gyeol_data::{ReadOptions, read_bytes};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, GzipLevel};
use parquet::file::properties::WriterProperties;

const MEMORY: u64 = 32 << 20;

fn refused(bytes: &[u8]) -> String {
    let options = ReadOptions { max_memory: MEMORY, ..ReadOptions::default() };
    let error = read_bytes("bomb", bytes, &options).expect_err("a bomb");
    assert!(error.to_string().contains("Next: "), "{error}");
    error.code().to_owned()
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
}

fn parquet(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn arrow(batches: &[RecordBatch], packing: Option<CompressionType>) -> (Vec<u8>, Vec<u8>) {
    let options = || IpcWriteOptions::default().try_with_compression(packing).unwrap();
    let mut file = FileWriter::try_new_with_options(Vec::new(), &batches[0].schema(), options()).unwrap();
    let mut stream = StreamWriter::try_new_with_options(Vec::new(), &batches[0].schema(), options()).unwrap();
    for batch in batches {
        file.write(batch).unwrap();
        stream.write(batch).unwrap();
    }
    (file.into_inner().unwrap(), stream.into_inner().unwrap())
}

/// `rows` rows that all name one word.
fn one_word(length: usize, rows: usize) -> ArrayRef {
    let word = StringArray::from(vec!["x".repeat(length)]);
    Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0; rows]), Arc::new(word)))
}

#[test]
fn a_long_word_in_every_row_is_counted_before_it_is_copied() {
    let bomb = batch(vec![("word", one_word(60_000, 20_000))]);
    let packed = parquet(&bomb, WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    assert!(packed.len() < 20_000);
    assert_eq!(refused(&packed), "too-much-memory");
    let (file, stream) = arrow(&[bomb], None);
    assert_eq!(refused(&file), "too-much-memory");
    assert_eq!(refused(&stream), "too-much-memory");
    // The same word in few rows is a table.
    let few = parquet(&batch(vec![("word", one_word(60_000, 40))]), WriterProperties::new());
    let table =
        read_bytes("few", &few, &ReadOptions { max_memory: MEMORY, ..ReadOptions::default() }).unwrap();
    assert_eq!(table.texts("word").unwrap()[39].as_ref().map(String::len), Some(60_000));
}

#[test]
fn a_dictionary_that_is_given_up_half_way_does_not_grow_either() {
    // The first rows name one long word, the later ones are spelt out: the library writes both out side by side.
    let words: Vec<String> =
        (0..6_000).map(|i| if i < 4_000 { "x".repeat(9_000) } else { format!("{i:08}").repeat(4) }).collect();
    let bomb = batch(vec![("word", Arc::new(StringArray::from(words)))]);
    let properties = WriterProperties::builder()
        .set_dictionary_page_size_limit(10_000)
        .set_write_batch_size(64)
        .set_data_page_row_count_limit(100_000)
        .set_compression(Compression::SNAPPY)
        .build();
    let packed = parquet(&bomb, properties);
    assert!(packed.len() < 400_000, "{}", packed.len());
    assert_eq!(refused(&packed), "too-much-memory");
}

#[test]
fn words_that_share_their_beginnings_are_counted() {
    let words: Vec<String> = (0..4_000).map(|_| "y".repeat(30_000)).collect();
    let bomb = batch(vec![("word", Arc::new(StringArray::from(words)))]);
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::DELTA_BYTE_ARRAY)
        .build();
    let packed = parquet(&bomb, properties);
    assert!(packed.len() < 400_000, "{}", packed.len());
    assert_eq!(refused(&packed), "too-much-memory");
}

#[test]
fn rows_and_columns_are_counted() {
    let zeros: ArrayRef = Arc::new(Int64Array::from(vec![0; 600_000]));
    let names: Vec<String> = (0..20).map(|i| format!("c{i}")).collect();
    let bomb = batch(names.iter().map(|name| (name.as_str(), zeros.clone())).collect());
    for packing in [Compression::SNAPPY, Compression::GZIP(GzipLevel::default())] {
        let packed = parquet(&bomb, WriterProperties::builder().set_compression(packing).build());
        assert!(packed.len() < 200_000);
        assert_eq!(refused(&packed), "too-much-memory");
    }
    for packing in [CompressionType::ZSTD, CompressionType::LZ4_FRAME] {
        let (file, stream) = arrow(std::slice::from_ref(&bomb), Some(packing));
        assert_eq!(refused(&file), "broken-columnar");
        assert_eq!(refused(&stream), "broken-columnar");
    }
    // Columns of nulls have no bytes at all.
    let nulls: ArrayRef = Arc::new(NullArray::new(3_000_000));
    let (file, stream) = arrow(&[batch(vec![("a", nulls.clone()), ("b", nulls)])], None);
    assert!(file.len() < 2_000);
    assert_eq!(refused(&file), "too-much-memory");
    assert_eq!(refused(&stream), "too-much-memory");
}

#[test]
fn texts_packed_by_gzip_and_zstandard_are_bounded() {
    let line = b"2024-01-01 00:00,1\n".repeat(4_000_000);
    let mut gzip = flate2::write::GzEncoder::new(b"time,load\n".to_vec(), flate2::Compression::fast());
    gzip.get_mut().clear();
    gzip.write_all(b"time,load\n").unwrap();
    gzip.write_all(&line).unwrap();
    assert_eq!(refused(&gzip.finish().unwrap()), "too-many-bytes");
    assert_eq!(refused(&zstd::encode_all(&line[..], 1).unwrap()), "too-many-bytes");
    // Rows of nothing but commas take more as cells than as bytes.
    let commas = [",".repeat(99), "\n".into()].concat().repeat(20_000);
    assert_eq!(refused(commas.as_bytes()), "too-much-memory");
}

#[test]
fn a_column_of_categories_with_nothing_left_is_empty() {
    let none = StringArray::from(Vec::<&str>::new());
    let keys = Int32Array::from(vec![None; 3]);
    let categories: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(none)));
    let sound = batch(vec![("load", Arc::new(Int64Array::from(vec![1, 2, 3]))), ("site", categories)]);
    let (file, stream) = arrow(std::slice::from_ref(&sound), None);
    for bytes in [parquet(&sound, WriterProperties::new()), file, stream] {
        let table = read_bytes("sound", &bytes, &ReadOptions::default()).unwrap();
        assert_eq!(table.texts("site").unwrap(), [None, None, None]);
        assert_eq!(table.numbers("load").unwrap(), [1.0, 2.0, 3.0]);
    }
}

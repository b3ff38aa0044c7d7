//! Tables that are almost right: read, or refused with words; never a panic.

use arrow_ipc::CompressionType;
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use gyeol_data::clean::{apply, propose};
use gyeol_data::{ReadOptions, Readings, Roles, profile, read_bytes, write};

use crate::mutate::fuzz;

const PARQUET: &[u8] = include_bytes!("../fixtures/meter.parquet");
const FEATHER: &[u8] = include_bytes!("../fixtures/meter.feather");

/// Reads a table and goes the way of `inspect`, `init` and `clean` with it, which may refuse it too.
fn read(bytes: &[u8]) -> Result<(), String> {
    let options = ReadOptions { max_bytes: 1 << 22, max_rows: 100_000, ..ReadOptions::default() };
    let table = read_bytes("table", bytes, &options).map_err(|e| e.to_string())?;
    let roles = Roles::guess(&table);
    let profile = profile::profile(&table, &roles, None).map_err(|e| e.to_string())?;
    let steps = propose(&table, &roles, &profile);
    let (clean, _) = apply(table, &roles, &steps).map_err(|e| e.to_string())?;
    Readings::from_table(&clean, &roles).map(drop).map_err(|e| e.to_string())
}

fn csv() -> Vec<Vec<u8>> {
    let hours = (0..30).map(|i| format!("2024-01-{:02} {:02}:00,{}.5,a\n", 1 + i / 24, i % 24, 10 + i));
    let korean = "일시,전력량(kWh),기온(℃)\n2023년 1월 1일 0시,\"1,003\",3.3\n2023년 1월 1일 1시,\"1,120\",3.1\n\
                  2023년 1월 1일 2시,987,2.9\n";
    let german = "Zählpunkt;DE00123\r\n\r\nZeit;Leistung [kW];Temp °C\r\n01.01.2024 23:30;1.204,5;-3,25\r\n\
                  01.01.2024 23:45;998,0;-3,5\r\n01.01.2024 24:00;12,75;-4\r\n";
    vec![
        ("time,load,site\n".to_owned() + &hours.collect::<String>()).into_bytes(),
        korean.as_bytes().to_vec(),
        encoding_rs::EUC_KR.encode(korean).0.into_owned(),
        german.as_bytes().to_vec(),
        german.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        b"id\ttime\tload\n\"a\"\"\"\t1704067200\t1\n\"a\"\"\"\t1704070800\t\"2\"\nb\t1704067200\t3\nb\t1704070800\t4\n"
            .to_vec(),
    ]
}

#[test]
fn altered_csv_is_read_or_refused() {
    fuzz(400, &csv(), read);
}

#[test]
fn altered_packed_csv_is_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let table = read_bytes("table", &csv()[0], &ReadOptions::default()).unwrap();
    let packed = ["csv.gz", "csv.zst"].map(|end| {
        let path = folder.path().join(format!("table.{end}"));
        write(path.to_str().unwrap(), &table).unwrap();
        std::fs::read(path).unwrap()
    });
    fuzz(400, &packed, read);
}

#[test]
fn altered_parquet_is_read_or_refused() {
    fuzz(200, &[PARQUET.to_vec()], read);
}

#[test]
fn altered_arrow_files_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.arrow");
    let table = read_bytes("table", &csv()[0], &ReadOptions::default()).unwrap();
    write(path.to_str().unwrap(), &table).unwrap();
    fuzz(200, &[FEATHER.to_vec(), std::fs::read(path).unwrap(), stream()], read);
}

/// The packed file as a stream.
fn stream() -> Vec<u8> {
    let reader = FileReader::try_new(std::io::Cursor::new(FEATHER), None).unwrap();
    let packed = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD)).unwrap();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &reader.schema(), packed).unwrap();
    reader.for_each(|batch| writer.write(&batch.unwrap()).unwrap());
    writer.into_inner().unwrap()
}

/// Memory that cannot be had ends a process: a length is held against the file before anything of that size is asked for.
#[test]
fn an_arrow_buffer_that_claims_to_unpack_to_exabytes_is_refused() {
    for packed in [FEATHER.to_vec(), stream()] {
        assert!(read_bytes("meter", &packed, &ReadOptions::default()).is_ok());
        // The length before a buffer stands at a multiple of eight and is small; each in turn is made enormous.
        let small =
            |at: &usize| (1..1 << 20).contains(&i64::from_le_bytes(packed[*at..at + 8].try_into().unwrap()));
        let refused = (0..packed.len() - 8).step_by(8).filter(small).filter(|&at| {
            let mut forged = packed.clone();
            forged[at..at + 8].copy_from_slice(&(1_i64 << 62).to_le_bytes());
            let error = read_bytes("meter", &forged, &ReadOptions::default()).err();
            error.is_some_and(|e| e.to_string().contains("it unpacks to 46"))
        });
        assert!(refused.count() > 1, "no buffer is packed");
    }
}

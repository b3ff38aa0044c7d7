//! Tables that are almost right: read, or refused with words; never a panic.

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
#[ignore = "arrow-ipc 59.3 takes an altered length at its word and asks for that much memory, which ends the process"]
fn altered_arrow_files_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.arrow");
    let table = read_bytes("table", &csv()[0], &ReadOptions::default()).unwrap();
    write(path.to_str().unwrap(), &table).unwrap();
    fuzz(200, &[FEATHER.to_vec(), std::fs::read(path).unwrap()], read);
}

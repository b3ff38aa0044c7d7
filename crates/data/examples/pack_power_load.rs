//! Packs the figures of GEFCom2014's extended load set (hourly, New England) into `src/builtin/power_load.bin`.
//!
//! ```text
//! cargo run --release -p gyeol-data --example pack_power_load -- gefcom2014-e.csv.gz crates/data/src/builtin/power_load.bin
//! ```
//!
//! The input has the columns `Date`, `Hour` (1..24, ending), `load` (MW) and `T` (°F, 4 decimals). Kept are the rows
//! of 2011-2014. Layout, all little-endian, packed with Zstandard: rows as u32; number of loads that are not whole as
//! u32, each as u32 row and f64 value; then, byte plane by byte plane, the zigzag differences of order two of the
//! loads (MW, whole part) and the differences of the temperatures (1/10000 °F), four planes each.

use gyeol_data::{ReadOptions, read};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("usage: pack_power_load gefcom2014-e.csv.gz power_load.bin".into());
    };
    let table = read(&from, &ReadOptions::default())?;
    let (times, load, temperature) = (table.times("time")?, table.numbers("load")?, table.numbers("T")?);
    let first = chrono::NaiveDate::from_ymd_opt(2011, 1, 1).ok_or("date")?;
    let start = first.and_hms_opt(0, 0, 0).ok_or("time")?.and_utc().timestamp_millis();
    let from_row = times.iter().position(|t| *t == Some(start)).ok_or("no row for 2011-01-01 00:00")?;
    for (i, t) in times[from_row..].iter().enumerate() {
        if *t != Some(start + i as i64 * 3_600_000) {
            return Err(format!("row {} is not on the hourly clock", from_row + i).into());
        }
    }
    let (load, temperature) = (&load[from_row..], &temperature[from_row..]);
    let mut out = (load.len() as u32).to_le_bytes().to_vec();
    let odd: Vec<(usize, f64)> = load.iter().copied().enumerate().filter(|(_, x)| x.fract() != 0.0).collect();
    out.extend((odd.len() as u32).to_le_bytes());
    for (row, value) in &odd {
        out.extend((*row as u32).to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    let whole: Vec<i64> = load.iter().map(|x| x.trunc() as i64).collect();
    let parts: Vec<i64> = temperature.iter().map(|t| (t * 10_000.0).round() as i64).collect();
    let differences =
        |v: &[i64]| -> Vec<i64> { std::iter::once(v[0]).chain(v.windows(2).map(|w| w[1] - w[0])).collect() };
    for plane in [differences(&differences(&whole)), differences(&parts)] {
        let zigzag: Vec<u32> = plane.iter().map(|d| ((d << 1) ^ (d >> 63)) as u32).collect();
        for byte in 0..4 {
            out.extend(zigzag.iter().map(|z| (z >> (8 * byte)) as u8));
        }
    }
    let packed = zstd::bulk::compress(&out, 22)?;
    std::fs::write(&to, &packed)?;
    println!("{} rows, {} loads that are not whole ({odd:?}), {} bytes", load.len(), odd.len(), packed.len());
    Ok(())
}

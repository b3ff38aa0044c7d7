//! Data that comes with the program, so that the first run needs no download.
//!
//! Figures: extended load set of GEFCom2014 (ISO New England), published with T. Hong, P. Pinson, S. Fan, H. Zareipour,
//! A. Troccoli, R. J. Hyndman, "Probabilistic energy forecasting: Global Energy Forecasting Competition 2014 and
//! beyond", International Journal of Forecasting 32 (2016).

use crate::table::{ColumnData, Source, Table};
use gyeol_base::{Fault, Result};

static PACKED: &[u8] = include_bytes!("builtin/power_load.bin");

/// 2011-01-01 00:00 in milliseconds.
const START: i64 = 1_293_840_000_000;

/// How the built-in set is named and cited.
pub const POWER_LOAD_SOURCE: &str =
    "GEFCom2014 extended, ISO New England (Hong et al. 2016), hourly 2011-01-01 to 2014-12-31";

/// Hourly load (`load`, MW) and mean temperature (`temperature`, °F) of New England, 2011-2014: 35,064 rows.
///
/// `time` is the beginning of the hour (the source numbers hours 1 to 24 by their end) on a clock without daylight
/// saving, so the table has no zone.
///
/// ```
/// let table = gyeol_data::builtin::power_load()?;
/// assert_eq!(table.rows(), 35_064);
/// # Ok::<(), gyeol_data::Error>(())
/// ```
pub fn power_load() -> Result<Table> {
    let damaged = || {
        Fault::new("damaged-builtin", "the built-in readings cannot be unpacked")
            .cause("a damaged program file")
            .next("build or install the program again")
            .input()
    };
    let bytes = zstd::bulk::decompress(PACKED, 1 << 20).map_err(|_| damaged())?;
    let (load, temperature) = unpack(&bytes).ok_or_else(damaged)?;
    let time = (0..load.len() as i64).map(|i| Some(START + i * crate::clock::HOUR_MS)).collect();
    let table = Table::from_columns(vec![
        ("time".into(), ColumnData::Time(time)),
        ("load".into(), ColumnData::Number(load)),
        ("temperature".into(), ColumnData::Number(temperature)),
    ])?;
    Ok(table.with_source(Source {
        name: "New England load".into(),
        sha256: gyeol_base::digest::sha256(PACKED),
        bytes: PACKED.len() as u64,
        format: format!("built in: {POWER_LOAD_SOURCE}"),
        ..Source::default()
    }))
}

fn unpack(bytes: &[u8]) -> Option<(Vec<f64>, Vec<f64>)> {
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let rows = word(0)? as usize;
    let odd = word(4)? as usize;
    let planes = bytes.get(8 + odd * 12..)?;
    if planes.len() != rows * 8 {
        return None;
    }
    let differences = |planes: &[u8]| -> Vec<i64> {
        (0..rows)
            .map(|i| {
                let z: u32 = (0..4).map(|b| u32::from(planes[b * rows + i]) << (8 * b)).sum();
                i64::from(z >> 1) ^ -i64::from(z & 1)
            })
            .collect()
    };
    let sum = |v: Vec<i64>| -> Vec<i64> {
        v.into_iter()
            .scan(0, |s, d| {
                *s += d;
                Some(*s)
            })
            .collect()
    };
    let mut load: Vec<f64> =
        sum(sum(differences(&planes[..rows * 4]))).into_iter().map(|x| x as f64).collect();
    for k in 0..odd {
        let row = word(8 + k * 12)? as usize;
        let value = f64::from_le_bytes(bytes.get(12 + k * 12..20 + k * 12)?.try_into().ok()?);
        *load.get_mut(row)? = value;
    }
    // Dividing a whole number by 10000 gives the double nearest to the 4-decimal text.
    let temperature =
        sum(differences(&planes[rows * 4..])).into_iter().map(|x| x as f64 / 10_000.0).collect();
    Some((load, temperature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_load_is_what_the_source_says() -> Result<()> {
        let t = power_load()?;
        let (load, temperature) = (t.numbers("load")?, t.numbers("temperature")?);
        assert_eq!(t.rows(), 35_064);
        assert_eq!(t.texts("time")?[0].as_deref(), Some("2011-01-01T00:00:00"));
        assert_eq!(t.texts("time")?[35_063].as_deref(), Some("2014-12-31T23:00:00"));
        // The last two lines of the source: 2014-12-31,23,3499,15.3333 and 2014-12-31,24,3345,15.3333.
        assert_eq!(load[35_062..], [3499.0, 3345.0]);
        assert_eq!(temperature[35_062..], [15.3333, 15.3333]);
        assert_eq!(load.iter().filter(|x| x.fract() != 0.0).count(), 2);
        assert!(load.iter().chain(&temperature).all(|x| x.is_finite()));
        Ok(())
    }
}

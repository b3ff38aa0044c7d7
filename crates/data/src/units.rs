//! Units of meter readings: found in column names, converted one into another.

use gyeol_base::{Fault, Result};

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Temperature; the base is °C.
    Temperature,
    /// Power; the base is kW.
    Power,
    /// Energy; the base is kWh.
    Energy,
    /// Anything else that is only scaled: pressure, volume, speed …
    Other(&'static str),
}

/// One unit: base = factor · x + offset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// How it is written.
    pub name: &'static str,
    /// What it measures.
    pub quantity: Quantity,
    /// Multiplier to the base unit.
    pub factor: f64,
    /// Added after the multiplication.
    pub offset: f64,
}

const fn unit(name: &'static str, quantity: Quantity, factor: f64, offset: f64) -> Unit {
    Unit { name, quantity, factor, offset }
}

/// Every unit that can be converted; spellings are compared without case, spaces and degree signs where that is safe.
pub const UNITS: &[Unit] = &[
    unit("°C", Quantity::Temperature, 1.0, 0.0),
    unit("°F", Quantity::Temperature, 5.0 / 9.0, -160.0 / 9.0),
    unit("K", Quantity::Temperature, 1.0, -273.15),
    unit("W", Quantity::Power, 1e-3, 0.0),
    unit("kW", Quantity::Power, 1.0, 0.0),
    unit("MW", Quantity::Power, 1e3, 0.0),
    unit("GW", Quantity::Power, 1e6, 0.0),
    unit("Wh", Quantity::Energy, 1e-3, 0.0),
    unit("kWh", Quantity::Energy, 1.0, 0.0),
    unit("MWh", Quantity::Energy, 1e3, 0.0),
    unit("GWh", Quantity::Energy, 1e6, 0.0),
    unit("hPa", Quantity::Other("pressure"), 1.0, 0.0),
    unit("kPa", Quantity::Other("pressure"), 10.0, 0.0),
    unit("bar", Quantity::Other("pressure"), 1000.0, 0.0),
    unit("m/s", Quantity::Other("speed"), 1.0, 0.0),
    unit("km/h", Quantity::Other("speed"), 1.0 / 3.6, 0.0),
    unit("l/s", Quantity::Other("flow"), 1.0, 0.0),
    unit("m3/h", Quantity::Other("flow"), 1.0 / 3.6, 0.0),
];

fn key(text: &str) -> String {
    text.trim()
        .replace(['°', 'º', ' '], "")
        .replace("℃", "C")
        .replace("℉", "F")
        .replace('³', "3")
        .to_lowercase()
}

/// Looks a unit up by how people write it (`kwh`, `°F`, `degC`).
pub fn find(text: &str) -> Option<Unit> {
    let k = key(text);
    let k = match k.as_str() {
        "degc" | "celsius" => "c",
        "degf" | "fahrenheit" => "f",
        "kelvin" => "k",
        other => other,
    };
    // Millis and megas differ only in case, but nobody meters in milliwatts.
    UNITS.iter().find(|u| key(u.name) == k).copied()
}

/// The factor and offset that turn a value in `from` into one in `to`: `to = factor · from + offset`.
///
/// Energy a step (`kWh/15min`, or `kWh` with `step_ms` of the clock) turns into power and back.
///
/// ```
/// let (a, b) = gyeol_data::units::conversion("°F", "°C", None)?;
/// assert!((212.0 * a + b - 100.0f64).abs() < 1e-9);
/// let (a, _) = gyeol_data::units::conversion("kWh/15min", "kW", None)?;
/// assert_eq!(a, 4.0);
/// # Ok::<(), gyeol_data::Error>(())
/// ```
pub fn conversion(from: &str, to: &str, step_ms: Option<i64>) -> Result<(f64, f64)> {
    let parse = |text: &str| -> Option<(Unit, Option<f64>)> {
        if let Some(u) = find(text) {
            return Some((u, None));
        }
        let (head, span) = text.split_once('/')?;
        let ms = crate::clock::parse_span(span.trim())?;
        Some((find(head)?, Some(ms as f64 / 3_600_000.0)))
    };
    let unknown = |text: &str| {
        let names: Vec<&str> = UNITS.iter().map(|u| u.name).collect();
        Fault::new("unknown-unit", format!("'{text}' is not a unit that can be converted"))
            .cause("a spelling that is not known here")
            .next(format!("use one of {} or energy a step such as kWh/15min", names.join(", ")))
            .option()
    };
    let (a, a_hours) = parse(from).ok_or_else(|| unknown(from))?;
    let (b, b_hours) = parse(to).ok_or_else(|| unknown(to))?;
    let step = step_ms.map(|ms| ms as f64 / 3_600_000.0);
    if a.quantity == b.quantity && a_hours == b_hours {
        return Ok((a.factor / b.factor, (a.offset - b.offset) / b.factor));
    }
    match (a.quantity, b.quantity) {
        (Quantity::Energy, Quantity::Power) => {
            if let Some(hours) = a_hours.or(step) {
                return Ok((a.factor / hours / b.factor, 0.0));
            }
        }
        (Quantity::Power, Quantity::Energy) => {
            if let Some(hours) = b_hours.or(step) {
                return Ok((a.factor * hours / b.factor, 0.0));
            }
        }
        (Quantity::Energy, Quantity::Energy) => {
            // Energy over different spans is a different sum, not another unit.
        }
        _ => {}
    }
    Err(Fault::new("units-differ", format!("'{from}' cannot be turned into '{to}'"))
        .cause("the two measure different things, or energy was given without the span it was summed over")
        .next("name two units of one quantity, or energy a step such as kWh/15min")
        .option())
}

/// The unit that a column's name gives away: `load (MW)`, `load_mw`, `temp_c`, `Leistung [kW]`.
pub fn unit_of_name(name: &str) -> Option<String> {
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let (Some(a), Some(b)) = (name.rfind(open), name.rfind(close))
            && a < b
        {
            let inside = name[a + open.len_utf8()..b].trim();
            if let Some(u) = find(inside) {
                return Some(u.name.to_string());
            }
            if (1..=12).contains(&inside.chars().count()) && inside.chars().any(char::is_alphabetic) {
                return Some(inside.to_string());
            }
        }
    }
    let last = name.rsplit(['_', ' ', '-', '.']).next()?;
    if last.len() == name.len() {
        return None;
    }
    // One letter proves nothing unless the name speaks of temperature.
    if last.chars().count() < 2 && !name.to_lowercase().starts_with("temp") {
        return None;
    }
    find(last).map(|u| u.name.to_string())
}

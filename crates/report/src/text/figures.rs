//! Figures as each language writes them.

use crate::Language;

/// What stands where a figure is missing or not finite.
pub const MISSING: &str = "–";

/// A number with `digits` decimals. English parts long numbers (five digits on) by narrow no-break spaces, Korean by commas.
///
/// ```
/// use gyeol_report::{Language, text::number};
/// assert_eq!(number(35064.0, 0, Language::English), "35\u{202f}064");
/// assert_eq!(number(35064.0, 0, Language::Korean), "35,064");
/// assert_eq!(number(-9.62, 1, Language::English), "−9.6");
/// ```
pub fn number(value: f64, digits: usize, language: Language) -> String {
    if !value.is_finite() {
        return MISSING.to_string();
    }
    let plain = format!("{:.*}", digits.min(12), value.abs());
    let (whole, fraction) = match plain.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (plain.as_str(), None),
    };
    let zero = plain.bytes().all(|b| b == b'0' || b == b'.');
    let (mark, least) = match language {
        Language::English => ('\u{202f}', 5),
        Language::Korean => (',', 4),
    };
    let mut out = String::new();
    if value < 0.0 && !zero {
        out.push('−');
    }
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && whole.len() >= least && (whole.len() - i) % 3 == 0 {
            out.push(mark);
        }
        out.push(c);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// Two written figures as a range: `79.3 … 83.5`, `79.3~83.5`; around signs there is room: `−1.6 ~ −0.4`.
pub fn range(low: &str, high: &str, language: Language) -> String {
    if low == super::MISSING && high == super::MISSING {
        return low.to_string();
    }
    let signed = [low, high].iter().any(|figure| figure.starts_with(['+', '−']));
    let args = [("low", low.to_string()), ("high", high.to_string())];
    super::message(if signed { "range-signed" } else { "range" }, &args, language)
}

/// A count.
pub fn count(value: usize, language: Language) -> String {
    number(value as f64, 0, language)
}

/// A number with about `figures` significant figures, never more than six decimals.
pub fn significant(value: f64, figures: usize, language: Language) -> String {
    number(value, decimals(value, figures), language)
}

/// A reading as it stands in a table: whole numbers without decimals, others with about four significant figures.
pub fn reading(value: f64, language: Language) -> String {
    if value.fract() == 0.0 { number(value, 0, language) } else { significant(value, 4, language) }
}

/// Decimals that show `value` with `figures` significant figures.
pub fn decimals(value: f64, figures: usize) -> usize {
    if !value.is_finite() {
        return 0;
    }
    // Beside a best of nothing others are told apart all the same.
    if value == 0.0 {
        return figures;
    }
    let magnitude = value.abs().log10().floor() as i32;
    (figures as i32 - 1 - magnitude).clamp(0, 6) as usize
}

/// A signed number: `+1.2`, `−9.6`.
pub fn signed(value: f64, digits: usize, language: Language) -> String {
    let plain = number(value, digits, language);
    let shown_zero = plain.chars().all(|c| c == '0' || c == '.');
    if value > 0.0 && !shown_zero { format!("+{plain}") } else { plain }
}

/// A share as a percentage: `0.899` with one digit is `89.9 %`.
pub fn percent(share: f64, digits: usize, language: Language) -> String {
    // A share that is not quite everything is never written as 100 %.
    let mut digits = digits;
    while share.abs() < 1.0 && digits < 6 && format!("{:.digits$}", share.abs() * 100.0).starts_with("100") {
        digits += 1;
    }
    let figure = number(share * 100.0, digits, language);
    if figure == MISSING { figure } else { with_percent(&figure, language) }
}

/// `figure` with its percent sign, spaced as the language does.
pub fn with_percent(figure: &str, language: Language) -> String {
    match language {
        Language::English => format!("{figure}\u{202f}%"),
        Language::Korean => format!("{figure}%"),
    }
}

/// A value with its unit; no unit, no space.
pub fn with_unit(figure: &str, unit: &str) -> String {
    if unit.is_empty() || figure == MISSING { figure.to_string() } else { format!("{figure}\u{a0}{unit}") }
}

/// Seconds as people say them: `0.4 s`, `124 s`, `10 min 20 s`, `1 h 5 min`.
pub fn duration(seconds: f64, language: Language) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return MISSING.to_string();
    }
    let (s, m, h) = match language {
        Language::English => ("\u{a0}s", "\u{a0}min", "\u{a0}h"),
        Language::Korean => ("초", "분", "시간"),
    };
    if seconds == 0.0 {
        return format!("0{s}");
    }
    if seconds < 0.01 {
        return match language {
            Language::English => format!("<\u{a0}0.01{s}"),
            Language::Korean => format!("0.01{s} 미만"),
        };
    }
    if seconds < 9.95 {
        return format!("{}{s}", number(seconds, if seconds < 0.095 { 2 } else { 1 }, language));
    }
    let whole = seconds.round() as u64;
    if whole < 600 {
        return format!("{whole}{s}");
    }
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, minutes, rest) {
        (0, minutes, 0) => format!("{minutes}{m}"),
        (0, minutes, rest) => format!("{minutes}{m} {rest}{s}"),
        (hours, 0, _) => format!("{hours}{h}"),
        (hours, minutes, _) => format!("{hours}{h} {minutes}{m}"),
    }
}

/// Microseconds: `12 µs`, `3.4 ms`.
pub fn microseconds(us: f64, language: Language) -> String {
    if !us.is_finite() || us <= 0.0 {
        return MISSING.to_string();
    }
    if us < 1000.0 {
        format!("{}\u{a0}µs", significant(us, 2, language))
    } else if us < 1e6 {
        format!("{}\u{a0}ms", significant(us / 1000.0, 2, language))
    } else {
        duration(us / 1e6, language)
    }
}

/// Bytes: `512 B`, `84 MB`; 0 is not known.
pub fn bytes(bytes: u64, language: Language) -> String {
    if bytes == 0 {
        return MISSING.to_string();
    }
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    let digits = if unit == "B" || value >= 99.5 { 0 } else { decimals(value, 2) };
    format!("{}\u{a0}{unit}", number(value, digits, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_each_language_does() {
        assert_eq!(number(8737.0, 0, Language::English), "8737");
        assert_eq!(number(8737.0, 0, Language::Korean), "8,737");
        assert_eq!(number(1234567.891, 1, Language::English), "1\u{202f}234\u{202f}567.9");
        assert_eq!(number(-0.04, 1, Language::English), "0.0");
        assert_eq!(number(f64::NAN, 1, Language::Korean), "–");
        assert_eq!(signed(1.25, 1, Language::English), "+1.2");
        assert_eq!(percent(0.899, 1, Language::Korean), "89.9%");
        assert_eq!(range("1.6", "2.4", Language::Korean), "1.6~2.4");
        assert_eq!(range("−1.6", "−0.4", Language::Korean), "−1.6 ~ −0.4");
    }

    #[test]
    fn durations_and_bytes_are_rounded_for_people() {
        assert_eq!(duration(0.0, Language::English), "0\u{a0}s");
        assert_eq!(duration(0.43, Language::English), "0.4\u{a0}s");
        assert_eq!(duration(45.2, Language::Korean), "45초");
        assert_eq!(duration(200.0, Language::English), "200\u{a0}s");
        assert_eq!(duration(620.0, Language::English), "10\u{a0}min 20\u{a0}s");
        assert_eq!(duration(3900.0, Language::Korean), "1시간 5분");
        assert_eq!(bytes(0, Language::English), "–");
        assert_eq!(bytes(84_300_000, Language::English), "84\u{a0}MB");
        assert_eq!(bytes(1_000, Language::English), "1.0\u{a0}kB");
    }
}

//! Numbers as people write them: decimal point or comma, thousands in groups, missing marks; decided over a whole column.

/// Whether a cell says "no reading".
pub(super) fn is_missing(cell: &str) -> bool {
    if cell.len() > 12 {
        return false;
    }
    matches!(
        cell,
        "" | "NA"
            | "N/A"
            | "n/a"
            | "na"
            | "NaN"
            | "nan"
            | "NAN"
            | "null"
            | "NULL"
            | "Null"
            | "None"
            | "none"
            | "-"
            | "--"
            | "---"
            | "#N/A"
            | "#NV"
            | "?"
            | "."
            | "k.A."
            | "결측"
            | "없음"
            | "-nan"
            | "NaT"
    )
}

/// Where the decimal sign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decimal {
    Point,
    Comma,
}

/// What one column says about its decimal sign.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Evidence {
    /// Cells that only make sense with a decimal point.
    pub point: usize,
    /// Cells that only make sense with a decimal comma.
    pub comma: usize,
    /// `1,234`: either.
    pub either_comma: usize,
    /// `1.234`: either.
    pub either_point: usize,
    /// Whether the file as a whole leaves no doubt.
    pub settled: bool,
    /// Cells that could be either and have three digits before the sign.
    long: usize,
    /// Whole numbers without any sign: below 100, from 100 to 999, from 1000 on.
    whole: [usize; 3],
}

impl Evidence {
    /// Adds what a cell says.
    pub fn see(&mut self, cell: &str) {
        let (_, cell) = signed(cell);
        let bytes = cell.as_bytes();
        let (mut commas, mut points) = (0usize, 0usize);
        let (mut last_comma, mut last_point) = (0usize, 0usize);
        for (i, &b) in bytes.iter().enumerate() {
            match b {
                b',' => (commas, last_comma) = (commas + 1, i),
                b'.' => (points, last_point) = (points + 1, i),
                _ => {}
            }
        }
        if commas == 0 && points == 0 {
            self.whole[cell.len().clamp(2, 4) - 2] += 1;
            return;
        }
        // A group sign is followed by exactly three digits and preceded by one to three that do not begin with 0.
        let grouped = |at: usize| {
            let head = &cell[..at];
            bytes.len() - at == 4
                && bytes[at + 1..].iter().all(u8::is_ascii_digit)
                && (1..=3).contains(&head.len())
                && !head.starts_with('0')
                && head.bytes().all(|b| b.is_ascii_digit())
        };
        if commas + points == 1 && grouped(last_comma.max(last_point)) {
            self.long += usize::from(bytes.len() == 7);
        }
        match (commas, points) {
            (0, 1) if grouped(last_point) => self.either_point += 1,
            (0, 1) => self.point += 1,
            (1, 0) if grouped(last_comma) => self.either_comma += 1,
            (1, 0) => self.comma += 1,
            (0, _) => self.comma += 1,
            (_, 0) => self.point += 1,
            _ if last_comma > last_point => self.comma += 1,
            _ => self.point += 1,
        }
    }

    /// The decimal sign, where the other sign groups thousands though every cell could be read either way: it stands in
    /// no number below 1000 and in every one above, and those below reach up to it.
    pub fn groups(&self) -> Option<Decimal> {
        let decimal = match (self.either_point, self.either_comma) {
            (1.., 0) => Decimal::Comma,
            (0, 1..) => Decimal::Point,
            _ => return None,
        };
        // `groups` is asked again after its own answer was counted as evidence.
        let certain = if decimal == Decimal::Comma { self.point } else { self.comma };
        let [small, hundreds, thousands] = self.whole;
        let either = self.either_point + self.either_comma;
        (certain == 0 && thousands == 0 && hundreds > 0 && small <= hundreds && self.long * 2 <= either)
            .then_some(decimal)
    }
}

/// Blanks that group thousands.
const BLANKS: [char; 6] = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '’'];

/// Whether a cell consists of nothing but what numbers are written with.
pub(super) fn looks(cell: &str) -> bool {
    cell.chars().all(|c| {
        matches!(c, '0'..='9' | '.' | ',' | '-' | '−' | '–' | '+' | 'e' | 'E' | '(' | ')')
            || BLANKS.contains(&c)
    })
}

/// Whether a number is negative, and the rest of it: `-5`, `5-` and `(5)` are the same.
fn signed(cell: &str) -> (bool, &str) {
    const MINUS: [char; 3] = ['-', '−', '–'];
    if let Some(inside) = cell.strip_prefix('(').and_then(|c| c.strip_suffix(')')) {
        return (true, inside.trim());
    }
    match cell.strip_prefix(MINUS) {
        Some(rest) => (true, rest.trim_start()),
        None => match cell.strip_suffix(MINUS).filter(|c| c.ends_with(|c: char| c.is_ascii_digit())) {
            Some(rest) => (true, rest),
            None => (false, cell.strip_prefix('+').unwrap_or(cell)),
        },
    }
}

/// A number and the unit that stands behind it in the cell.
pub(super) fn unit_of_cell(cell: &str) -> Option<(&str, &str)> {
    const MORE: [&str; 14] =
        ["%", "‰", "var", "kvar", "Mvar", "VA", "kVA", "MVA", "V", "kV", "A", "Hz", "mm", "m³"];
    if cell.len() > 64 || !cell.starts_with(|c: char| c.is_ascii_digit() || "-−–+(.".contains(c)) {
        return None;
    }
    let end = cell.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (number, unit) = (cell[..end].trim(), cell[end..].trim());
    let known = MORE.contains(&unit) || crate::units::find(unit).is_some();
    let reads = || [Decimal::Point, Decimal::Comma].iter().any(|d| parse(number, *d).is_some());
    (known && reads()).then_some((number, unit))
}

/// Reads one number; `None` when it is not one. Groups of thousands must be complete.
pub(super) fn parse(cell: &str, decimal: Decimal) -> Option<f64> {
    let first = *cell.as_bytes().first()?;
    if decimal == Decimal::Point
        && (first.is_ascii_digit() || first == b'-' || first == b'.')
        && let Ok(x) = cell.parse::<f64>()
    {
        return Some(x);
    }
    slow(cell, decimal)
}

#[cold]
fn slow(cell: &str, decimal: Decimal) -> Option<f64> {
    let (negative, body) = signed(cell);
    let sign = if negative { -1.0 } else { 1.0 };
    if matches!(body, "inf" | "Inf" | "INF" | "Infinity" | "infinity" | "∞") {
        return Some(sign * f64::INFINITY);
    }
    if body.len() > 64 {
        return None;
    }
    let (point, comma) = match decimal {
        Decimal::Point => ('.', ','),
        Decimal::Comma => (',', '.'),
    };
    let (whole, rest) = match body.find([point, 'e', 'E']) {
        Some(at) => body.split_at(at),
        None => (body, ""),
    };
    let mut clean = String::with_capacity(body.len());
    let groups: Vec<&str> = whole.split(|c| c == comma || BLANKS.contains(&c)).collect();
    // Groups of three, or of two before a last one of three, as India writes them.
    let lakhs = groups.len() > 2 && groups[1..groups.len() - 1].iter().all(|g| g.len() == 2);
    for (i, group) in groups.iter().enumerate() {
        let fits = match i {
            0 if groups.len() == 1 => true,
            0 => (1..=3).contains(&group.len()),
            _ => group.len() == if lakhs && i + 1 < groups.len() { 2 } else { 3 },
        };
        if !fits || !group.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        clean.push_str(group);
    }
    let mut tail = rest.chars();
    if let Some(c) = tail.next() {
        clean.push(if c == point { '.' } else { c });
        clean.extend(tail);
    }
    if !clean.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    clean.parse::<f64>().ok().map(|x| sign * x)
}

/// Reads a whole number without any sign but `-` and `+`.
pub(super) fn parse_integer(cell: &str) -> Option<i64> {
    cell.parse::<i64>().ok()
}

/// Reads true or false in the words of a few languages.
pub(super) fn parse_boolean(cell: &str) -> Option<bool> {
    match cell {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "ja" | "Ja" | "wahr" | "WAHR" | "참" | "예" => {
            Some(true)
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "nein" | "Nein" | "falsch" | "FALSCH" | "거짓"
        | "아니오" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_many_hands() {
        for (cell, decimal, value) in [
            ("1234.5", Decimal::Point, 1234.5),
            ("1,234,567.8", Decimal::Point, 1_234_567.8),
            ("1.234.567,8", Decimal::Comma, 1_234_567.8),
            ("12,5", Decimal::Comma, 12.5),
            ("1 234,5", Decimal::Comma, 1234.5),
            ("1\u{202f}234", Decimal::Point, 1234.0),
            ("1'234.50", Decimal::Point, 1234.5),
            ("−3,5", Decimal::Comma, -3.5),
            ("1,5e3", Decimal::Comma, 1500.0),
            ("+7", Decimal::Point, 7.0),
            (",5", Decimal::Comma, 0.5),
            ("(12.3)", Decimal::Point, -12.3),
            ("12,3-", Decimal::Comma, -12.3),
            ("8\u{a0}406,2", Decimal::Comma, 8406.2),
            ("12,34,567.8", Decimal::Point, 1_234_567.8),
        ] {
            assert_eq!(parse(cell, decimal), Some(value), "{cell}");
        }
        for cell in [
            "12,34", "1,2345", "", "-", "abc", "1.2.3", "0x10", "1 2", "e5", "1e", "--1", "(", "()", "5--",
            "(5",
        ] {
            assert_eq!(parse(cell, Decimal::Point), None, "{cell}");
        }
        assert_eq!(parse("-Infinity", Decimal::Comma), Some(f64::NEG_INFINITY));
    }

    #[test]
    fn evidence_by_column() {
        let see = |cells: &[&str]| {
            let mut e = Evidence::default();
            cells.iter().for_each(|c| e.see(c));
            (e.point, e.comma, e.either_point, e.either_comma)
        };
        assert_eq!(see(&["1.5", "0.123", "1,234.5"]), (3, 0, 0, 0));
        assert_eq!(see(&["1,5", "0,123", "1.234,5", "1.234.567"]), (0, 4, 0, 0));
        assert_eq!(see(&["1,234", "1.234", "7"]), (0, 0, 1, 1));
    }
}

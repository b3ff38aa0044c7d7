//! Decimal text of 32-bit floats, the shortest that reads back the same, in the form that KenLM's files have.

/// Appends a number: plain decimals from 1e-6, powers of ten below, no point where there is no fraction.
pub(crate) fn put(out: &mut Vec<u8>, value: f32) {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value);
    let Some((digits, power)) = text.split_once('e') else {
        out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
        return;
    };
    let power: i32 = power.parse().unwrap_or(0);
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let part = if part == "0" { "" } else { part };
    out.extend_from_slice(sign.as_bytes());
    if (-6..0).contains(&power) {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + (-power - 1) as usize, b'0');
        out.extend_from_slice(whole.as_bytes());
        out.extend_from_slice(part.as_bytes());
    } else {
        out.extend_from_slice(whole.as_bytes());
        if !part.is_empty() {
            out.push(b'.');
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(format!("e{power}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_double_conversion_writes_them() {
        // From its documentation of ToShortest with the bounds -6 and 21.
        for (value, text) in [
            (0.0f32, "0"),
            (-1.0, "-1"),
            (-0.30104, "-0.30104"),
            (-1e-6, "-0.000001"),
            (-1.5e-5, "-0.000015"),
            (-1e-7, "-1e-7"),
            (-1.25e-8, "-1.25e-8"),
            (-99.0, "-99"),
            (-6.0206, "-6.0206"),
        ] {
            let mut out = Vec::new();
            put(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn every_number_reads_back() {
        let mut bits = 0x3300_0000u32;
        while bits < 0x4300_0000 {
            let value = -f32::from_bits(bits);
            let mut out = Vec::new();
            put(&mut out, value);
            assert_eq!(std::str::from_utf8(&out).unwrap().parse::<f32>().unwrap(), value);
            bits += 99_991;
        }
    }
}

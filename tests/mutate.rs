//! Inputs that are almost right, for tests of readers in any crate, which take this file in by its path.
//!
//! A loop with a seed and a count that runs on the stable tool chain: a second in every run of the tests, hours by hand.
//!
//! | variable | what |
//! |---|---|
//! | `GYEOL_FUZZ` | how many inputs each reader gets |
//! | `GYEOL_FUZZ_SEED` | which ones: 1 unless given |
//! | `GYEOL_FUZZ_FROM` | the first of them, to repeat a failure |
//! | `GYEOL_FUZZ_KEEP` | a file that holds each input while it is read, for those that end the whole process |

use std::panic::{AssertUnwindSafe, catch_unwind};

/// SplitMix64 (Steele, Lea and Flood 2014): the crates below `tensor` have no other generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is above 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is \"{value}\", which is no number")))
}

/// Gives `read` altered forms of the samples, `count` of them unless `GYEOL_FUZZ` says otherwise.
///
/// `read` says what the reader did: nothing, or its error in words. Fails where there are no words, and where anything
/// panics, with the numbers that repeat it.
pub fn fuzz(count: u64, samples: &[Vec<u8>], read: impl Fn(&[u8]) -> Result<(), String>) {
    let seed = variable("GYEOL_FUZZ_SEED").unwrap_or(1);
    let from = variable("GYEOL_FUZZ_FROM").unwrap_or(0);
    let keep = std::env::var_os("GYEOL_FUZZ_KEEP");
    for sample in samples {
        assert_eq!(read(sample), Ok(()), "a sample must be read: {}", shown(sample));
    }
    let (mut good, mut refused) = (0u64, 0u64);
    for round in from..from + variable("GYEOL_FUZZ").unwrap_or(count) {
        let mut random = Random(seed.wrapping_mul(0xd605_1e35_f2a1_b20f) ^ round);
        let input = altered(samples, &mut random);
        if let Some(path) = &keep {
            std::fs::write(path, &input).expect("the file that GYEOL_FUZZ_KEEP names can be written");
        }
        let again = format!("again by GYEOL_FUZZ_SEED={seed} GYEOL_FUZZ_FROM={round} GYEOL_FUZZ=1");
        match catch_unwind(AssertUnwindSafe(|| read(&input))) {
            Ok(Ok(())) => good += 1,
            Ok(Err(words)) => {
                assert!(words.trim().len() > 8, "an error without words: {words:?}; {again}");
                refused += 1;
            }
            Err(_) => panic!("the reader panicked; {again}; the input: {}", shown(&input)),
        }
    }
    println!("{good} read, {refused} refused");
}

fn shown(input: &[u8]) -> String {
    let head = &input[..input.len().min(2000)];
    format!("{} bytes, {}", input.len(), head.escape_ascii())
}

const BYTES: [u8; 16] =
    [0, 1, 0x7f, 0x80, 0xff, b'"', b',', b';', b'\n', b'\r', b'\t', b' ', b'{', b'[', b'-', b'\\'];

const NUMBERS: [&str; 18] = [
    "0",
    "-1",
    "-0.0",
    "1e999",
    "-1e999",
    "1e-999",
    "4.9e-324",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "99999999999999999999999999999999999999999",
    "NaN",
];

const PIECES: [&str; 16] = [
    "\"",
    "\"\"",
    "'",
    "\r\n",
    "\n\n",
    "\u{feff}",
    "\0",
    "null",
    "true",
    "{}",
    "[]",
    "\\u0000",
    "\\ud800",
    "한국",
    "\u{1f468}\u{200d}\u{1f469}",
    "\u{301}",
];

/// One of the samples with one to four alterations.
fn altered(samples: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = samples[random.below(samples.len())].clone();
    let times = 1 + random.below(4).min(random.below(4));
    for _ in 0..times {
        alter(&mut input, samples, random);
    }
    input
}

fn alter(input: &mut Vec<u8>, samples: &[Vec<u8>], random: &mut Random) {
    if input.is_empty() {
        input.push(random.one(&BYTES));
    }
    let len = input.len();
    let at = random.below(len);
    // Most ranges are short, some go to the end.
    let most = random.one(&[2, 16, 200, len]);
    let end = (at + 1 + random.below(most)).min(len);
    match random.below(12) {
        0 => input[at] ^= 1 << random.below(8),
        1 => input[at] = random.one(&BYTES),
        2 => input[at] = random.next() as u8,
        3 => input.truncate(at),
        4 => drop(input.drain(at..end)),
        5 => {
            let piece = input[at..end].to_vec();
            let to = random.below(len);
            input.splice(to..to, piece);
        }
        6 => {
            // A range of this or another sample over, or between, what stands here.
            let other = &samples[random.below(samples.len())];
            if !other.is_empty() {
                let from = random.below(other.len());
                let piece = other[from..(from + end - at).min(other.len())].to_vec();
                let over = if random.below(2) == 0 { at } else { end };
                input.splice(at..over, piece);
            }
        }
        7 | 8 => length(input, at, random),
        9 => number(input, at, random),
        10 => {
            let piece = random.one(&PIECES).as_bytes();
            input.splice(at..at, piece.iter().copied());
        }
        _ => {
            // The same bytes again and again: deep nesting, long cells, many columns.
            let piece = input[at..(at + 1 + random.below(8)).min(len)].to_vec();
            let piece = if random.below(2) == 0 { piece } else { random.one(&PIECES).as_bytes().to_vec() };
            let times = random.one(&[3, 70, 700, 7000]);
            let piece = piece.repeat(times);
            input.splice(at..at, piece);
        }
    }
}

/// A field of one, two, four or eight bytes with the extremes of lengths.
fn length(input: &mut [u8], at: usize, random: &mut Random) {
    let width = random.one(&[1, 2, 4, 8]).min(input.len() - at);
    let len = input.len() as u64;
    let bits = random.below(64);
    let value =
        random.one(&[0, 1, len - 1, len, len + 1, 2 * len, u64::MAX, u64::MAX >> 1, 1 << 31, 1 << bits]);
    let mut bytes = value.to_le_bytes()[..width].to_vec();
    if random.below(3) == 0 {
        bytes.reverse();
    }
    input[at..at + width].copy_from_slice(&bytes);
}

/// The first number in digits after `at` with another one.
fn number(input: &mut Vec<u8>, at: usize, random: &mut Random) {
    let digit = |b: &u8| b.is_ascii_digit();
    let Some(begin) = input[at..].iter().position(digit).map(|i| at + i) else { return };
    let end = input[begin..].iter().position(|b| !digit(b)).map_or(input.len(), |i| begin + i);
    input.splice(begin..end, random.one(&NUMBERS).bytes());
}

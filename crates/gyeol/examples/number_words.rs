//! Numbers and dates in words, English and Korean, beside their digits: pairs for `recipes/number-words.toml`.
//!
//! ```text
//! cargo run --release -p gyeol --example number_words > number-words.tsv
//! gyeol run recipes/number-words.toml --data number-words.tsv
//! ```
//!
//! One pair a line, words, a tab, digits: `three hundred and twelve ⇥ 312`, `삼백십이 ⇥ 312`,
//! `the third of March, twenty twenty-six ⇥ 2026-03-03`, `이천이십육년 삼월 삼일 ⇥ 2026-03-03`.

use std::io::Write;

/// Pairs of each of the four kinds.
const EACH: usize = 6000;

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 31] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
    "twenty-second",
    "twenty-third",
    "twenty-fourth",
    "twenty-fifth",
    "twenty-sixth",
    "twenty-seventh",
    "twenty-eighth",
    "twenty-ninth",
    "thirtieth",
    "thirty-first",
];
const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const KOREAN: [&str; 10] = ["", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"];

/// Numbers without an order (SplitMix64, Steele et al. 2014).
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(n)) as u32
    }

    /// A number of one to six digits, each length alike.
    fn number(&mut self) -> u32 {
        let top = 10u32.pow(1 + self.below(6));
        self.below(top)
    }

    /// Year, month and day.
    fn date(&mut self) -> (u32, u32, u32) {
        let (year, month) = (1900 + self.below(200), 1 + self.below(12));
        let leap = year % 4 == 0 && year != 1900;
        let days = if month == 2 && !leap { 28 } else { LENGTHS[month as usize - 1] };
        (year, month, 1 + self.below(days))
    }
}

fn below_hundred(n: u32) -> String {
    match (n as usize / 10, n as usize % 10) {
        (0 | 1, _) => ONES[n as usize].to_owned(),
        (tens, 0) => TENS[tens].to_owned(),
        (tens, ones) => format!("{}-{}", TENS[tens], ONES[ones]),
    }
}

fn below_thousand(n: u32) -> String {
    match (n / 100, n % 100) {
        (0, rest) => below_hundred(rest),
        (hundreds, 0) => format!("{} hundred", ONES[hundreds as usize]),
        (hundreds, rest) => format!("{} hundred and {}", ONES[hundreds as usize], below_hundred(rest)),
    }
}

fn english(n: u32) -> String {
    match (n / 1000, n % 1000) {
        (0, rest) => below_thousand(rest),
        (thousands, 0) => format!("{} thousand", below_thousand(thousands)),
        (thousands, rest) => format!("{} thousand {}", below_thousand(thousands), below_thousand(rest)),
    }
}

fn english_year(year: u32) -> String {
    match (year / 100, year % 100) {
        (20, rest @ 0..10) => english(2000 + rest),
        (hundreds, 0) => format!("{} hundred", below_hundred(hundreds)),
        (hundreds, rest @ 1..10) => format!("{} oh {}", below_hundred(hundreds), ONES[rest as usize]),
        (hundreds, rest) => format!("{} {}", below_hundred(hundreds), below_hundred(rest)),
    }
}

fn english_date((year, month, day): (u32, u32, u32), form: u32) -> String {
    let (month, day, year) = (MONTHS[month as usize - 1], DAYS[day as usize - 1], english_year(year));
    if form == 0 { format!("the {day} of {month}, {year}") } else { format!("{month} {day}, {year}") }
}

/// Below ten thousand; one is not said before a larger unit.
fn korean_part(n: u32) -> String {
    let mut words = String::new();
    for (unit, name) in [(1000, "천"), (100, "백"), (10, "십"), (1, "")] {
        match (n / unit % 10, unit) {
            (0, _) => {}
            (1, 10..) => words += name,
            (digit, _) => {
                words += KOREAN[digit as usize];
                words += name;
            }
        }
    }
    words
}

fn korean(n: u32) -> String {
    match (n / 10_000, n % 10_000) {
        (0, 0) => "영".to_owned(),
        (0, rest) => korean_part(rest),
        (1, rest) => format!("만 {}", korean_part(rest)).trim_end().to_owned(),
        (thousands, rest) => {
            format!("{}만 {}", korean_part(thousands), korean_part(rest)).trim_end().to_owned()
        }
    }
}

fn korean_date((year, month, day): (u32, u32, u32)) -> String {
    let month = match month {
        6 => "유월".to_owned(),
        10 => "시월".to_owned(),
        month => format!("{}월", korean(month)),
    };
    format!("{}년 {month} {}일", korean(year), korean(day))
}

fn digits((year, month, day): (u32, u32, u32)) -> String {
    format!("{year}-{month:02}-{day:02}")
}

fn main() -> std::io::Result<()> {
    let mut draw = Draw(1);
    let mut out = std::io::stdout().lock();
    for _ in 0..EACH {
        let (n, m) = (draw.number(), draw.number());
        let (d, e, form) = (draw.date(), draw.date(), draw.below(2));
        writeln!(out, "{}\t{n}\n{}\t{m}", english(n), korean(m))?;
        writeln!(out, "{}\t{}\n{}\t{}", english_date(d, form), digits(d), korean_date(e), digits(e))?;
    }
    Ok(())
}

#[test]
fn words_are_those_that_people_say() {
    for (n, words, korean_words) in [
        (0, "zero", "영"),
        (19, "nineteen", "십구"),
        (312, "three hundred and twelve", "삼백십이"),
        (10_000, "ten thousand", "만"),
        (342_105, "three hundred and forty-two thousand one hundred and five", "삼십사만 이천백오"),
    ] {
        assert_eq!((english(n).as_str(), korean(n).as_str()), (words, korean_words));
    }
    let date = (2026, 6, 21);
    assert_eq!(english_date(date, 0), "the twenty-first of June, twenty twenty-six");
    assert_eq!(english_date((1905, 3, 3), 1), "March third, nineteen oh five");
    assert_eq!(korean_date(date), "이천이십육년 유월 이십일일");
    assert_eq!(digits(date), "2026-06-21");
}

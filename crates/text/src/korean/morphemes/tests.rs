use super::*;
use crate::mutate::fuzz;
use crate::real_files::real_file;
use std::path::PathBuf;

/// A dictionary of four words in MeCab's format, written by the description in `dictionary.rs`.
struct Tiny(tempfile::TempDir);

const WORDS: [(&str, u16, i16, &str); 5] = [
    ("나", 1, 100, "NP"),
    ("나무", 1, 50, "NNG"),
    ("무", 1, 100, "NNG"),
    ("는", 2, 10, "JX"),
    ("는", 1, 10, "VV"),
];

fn trie(keys: &[(&str, u32)]) -> Vec<(i32, u32)> {
    fn place(
        units: &mut Vec<(i32, u32)>,
        bases: &mut Vec<usize>,
        keys: &[(&[u8], u32)],
        depth: usize,
    ) -> i32 {
        let code = |key: &[u8]| key.get(depth).map_or(0, |&b| usize::from(b) + 1);
        let mut codes: Vec<usize> = keys.iter().map(|k| code(k.0)).collect();
        codes.dedup();
        let mut base = 1;
        while bases.contains(&base) || codes.iter().any(|c| units.get(base + c).is_some_and(|u| *u != (0, 0)))
        {
            base += 1;
        }
        bases.push(base);
        let need = base + 300;
        if units.len() < need {
            units.resize(need, (0, 0));
        }
        for &c in &codes {
            units[base + c].1 = base as u32;
        }
        for &c in &codes {
            let of_code: Vec<(&[u8], u32)> = keys.iter().filter(|k| code(k.0) == c).copied().collect();
            units[base + c].0 =
                if c == 0 { -1 - of_code[0].1 as i32 } else { place(units, bases, &of_code, depth + 1) };
        }
        base as i32
    }
    let mut units = vec![(0, 0); 300];
    let keys: Vec<(&[u8], u32)> = keys.iter().map(|k| (k.0.as_bytes(), k.1)).collect();
    units[0] = (0, u32::MAX);
    units[0].0 = place(&mut units, &mut Vec::new(), &keys, 0);
    units
}

fn dic(kind: u32, keys: &[(&str, u32)], tokens: &[(u16, i16, &str)]) -> Vec<u8> {
    let (mut token_bytes, mut features) = (Vec::new(), Vec::new());
    for &(context, cost, tag) in tokens {
        for number in [context, context, 7] {
            token_bytes.extend(number.to_le_bytes());
        }
        token_bytes.extend(cost.to_le_bytes());
        token_bytes.extend((features.len() as u32).to_le_bytes());
        token_bytes.extend([0; 4]);
        features.extend(format!("{tag},*\0").bytes());
    }
    let trie: Vec<u8> =
        trie(keys).iter().flat_map(|u| u.0.to_le_bytes().into_iter().chain(u.1.to_le_bytes())).collect();
    let size = 72 + trie.len() + token_bytes.len() + features.len();
    let head = [
        0xef71_8f77 ^ size as u32,
        102,
        kind,
        tokens.len() as u32,
        3,
        3,
        trie.len() as u32,
        token_bytes.len() as u32,
        features.len() as u32,
        0,
    ];
    let mut out: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).collect();
    out.extend(b"UTF-8");
    out.resize(72, 0);
    out.extend([trie, token_bytes, features].concat());
    out
}

impl Tiny {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Value: first token << 8 | how many.
        let keys = [("나", 1), ("나무", 1 << 8 | 1), ("는", 3 << 8 | 2), ("무", 2 << 8 | 1)];
        let tokens: Vec<(u16, i16, &str)> = WORDS.iter().map(|w| (w.1, w.2, w.3)).collect();
        std::fs::write(folder.path().join("sys.dic"), dic(0, &keys, &tokens)).unwrap();
        let unknown = [("DEFAULT", 1), ("SPACE", 1 << 8 | 1)];
        std::fs::write(folder.path().join("unk.dic"), dic(2, &unknown, &[(1, 500, "SY"), (1, 500, "SP")]))
            .unwrap();
        // Right context of the left word fastest; a particle (2) likes a noun (1) before it, a noun dislikes a noun.
        let costs: [i16; 9] = [0, 0, 0, 0, 300, 0, 0, -200, 0];
        let mut matrix: Vec<u8> = [3u16, 3].iter().flat_map(|n| n.to_le_bytes()).collect();
        matrix.extend(costs.iter().flat_map(|n| n.to_le_bytes()));
        std::fs::write(folder.path().join("matrix.bin"), matrix).unwrap();
        let mut chars = 2u32.to_le_bytes().to_vec();
        for name in ["DEFAULT", "SPACE"] {
            let mut field = name.as_bytes().to_vec();
            field.resize(32, 0);
            chars.extend(field);
        }
        for point in 0..0xFFFFu32 {
            let class: u32 = if point == 0x20 { 2 | 1 << 18 | 1 << 30 } else { 1 | 1 << 30 };
            chars.extend(class.to_le_bytes());
        }
        std::fs::write(folder.path().join("char.bin"), chars).unwrap();
        Tiny(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    fn change(&self, file: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.path().join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        change(&mut bytes);
        std::fs::write(path, bytes).unwrap();
    }
}

fn tagged(path: PathBuf, text: &str) -> Vec<String> {
    Morphemes::open(path, MorphemeParams { tags: true, content_only: false }).unwrap().tokens(text)
}

#[test]
fn the_path_of_lowest_cost_is_found() {
    let tiny = Tiny::new();
    // 나무 50 + 는/JX 10 - 200 = -140; 나 + 무 + 는 = 100 + 100 + 300 + 10 - 200; 나무 + 는/VV = 50 + 10 + 300.
    assert_eq!(tagged(tiny.path(), "나무는"), ["나무/NNG", "는/JX"]);
    assert_eq!(tagged(tiny.path(), "나는  x9 나무 "), ["나/NP", "는/JX", "x9/SY", "나무/NNG"]);
    assert_eq!(tagged(tiny.path(), ""), Vec::<String>::new());
    assert_eq!(tagged(tiny.path(), " \n \n나"), ["나/NP"]);
}

/// `char.bin` is 262 KB of which little matters: the other three are altered more.
#[test]
fn altered_dictionaries_are_read_or_refused() {
    let tiny = Tiny::new();
    for (file, count) in [("sys.dic", 600), ("unk.dic", 300), ("matrix.bin", 200), ("char.bin", 40)] {
        let sound = std::fs::read(tiny.path().join(file)).unwrap();
        fuzz(count, std::slice::from_ref(&sound), |bytes| {
            tiny.change(file, |old| *old = bytes.to_vec());
            let read = Morphemes::open(tiny.path(), MorphemeParams { tags: true, content_only: false });
            let read = read.map_err(|e| e.to_string())?;
            read.tokens("나무는 나는 x9 무");
            Ok(())
        });
        tiny.change(file, |old| *old = sound);
    }
}

#[test]
fn a_space_before_a_particle_costs_what_dicrc_says() {
    let tiny = Tiny::new();
    std::fs::write(tiny.path().join("dicrc"), "; note\nleft-space-penalty-factor = 3,1,7,900\n").unwrap();
    // Part 7 is that of every word here: the sum is the same for all paths, so the words stay.
    assert_eq!(tagged(tiny.path(), "나무 는"), ["나무/NNG", "는/JX"]);
    std::fs::write(tiny.path().join("dicrc"), "left-space-penalty-factor = 3,x\n").unwrap();
    assert_eq!(
        Morphemes::open(tiny.path(), MorphemeParams::default()).unwrap_err().code(),
        "dictionary-penalty"
    );
}

#[test]
fn content_words_can_be_asked_for() {
    let tiny = Tiny::new();
    let words = Morphemes::open(tiny.path(), MorphemeParams { tags: false, content_only: true }).unwrap();
    assert_eq!(words.tokens("나무는 나는"), ["나무", "나"]);
    assert!(is_content("VV+EF") && is_content("NNG") && !is_content("JX") && !is_content("EP+EF"));
}

#[test]
fn files_cut_short_or_changed_are_refused_and_never_panic() {
    for file in ["sys.dic", "unk.dic", "matrix.bin", "char.bin"] {
        let whole = std::fs::read(Tiny::new().path().join(file)).unwrap();
        for keep in [0, 1, 3, 4, 39, 40, 71, 72, 100, whole.len() / 2, whole.len() - 1]
            .into_iter()
            .filter(|&keep| keep < whole.len())
        {
            let tiny = Tiny::new();
            tiny.change(file, |bytes| bytes.truncate(keep));
            let error = Morphemes::open(tiny.path(), MorphemeParams::default()).unwrap_err();
            assert!(error.code().starts_with("dictionary-"), "{file} {keep}: {error}");
        }
        let tiny = Tiny::new();
        std::fs::remove_file(tiny.path().join(file)).unwrap();
        assert_eq!(Morphemes::open(tiny.path(), MorphemeParams::default()).unwrap_err().code(), "io");
    }
    for at in [4, 16, 20, 24, 28, 32, 40] {
        let tiny = Tiny::new();
        tiny.change("sys.dic", |bytes| bytes[at] ^= 0xFF);
        assert!(Morphemes::open(tiny.path(), MorphemeParams::default()).is_err(), "byte {at}");
    }
}

#[test]
fn a_damaged_trie_gives_other_words_but_no_panic() {
    let whole = std::fs::read(Tiny::new().path().join("sys.dic")).unwrap();
    let trie_bytes = u32::from_le_bytes(whole[24..28].try_into().unwrap()) as usize;
    let mut seed = 1u64;
    for _ in 0..200 {
        let tiny = Tiny::new();
        tiny.change("sys.dic", |bytes| {
            for _ in 0..8 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                bytes[72 + (seed >> 33) as usize % trie_bytes] = (seed >> 20) as u8;
            }
        });
        let words = Morphemes::open(tiny.path(), MorphemeParams::default()).unwrap();
        let text = "나무는 나 무는x나무 \u{0}👍";
        assert_eq!(words.tokens(text).concat(), text.replace(' ', ""));
    }
}

#[test]
fn long_lines_are_cut_at_spaces() {
    let tiny = Tiny::new();
    let words = Morphemes::open(tiny.path(), MorphemeParams::default()).unwrap();
    let text = "나무는 ".repeat(20_000);
    assert_eq!(words.tokens(&text).len(), 40_000);
    let glued = "나무는".repeat(20_000);
    assert_eq!(words.tokens(&glued).concat(), glued);
}

/// `GYEOL_MECAB_KO_DIC` names the folder of mecab-ko-dic 2.1.1.
#[test]
#[cfg_attr(
    not(all(gyeol_data, gyeol_mecab_ko_dic)),
    ignore = "needs GYEOL_DATA, the folder of real files, and GYEOL_MECAB_KO_DIC, that of mecab-ko-dic 2.1.1"
)]
fn words_and_tags_are_those_of_mecab_ko() {
    use std::io::Read;
    let dictionary = std::env::var_os("GYEOL_MECAB_KO_DIC").expect("the folder of mecab-ko-dic 2.1.1");
    let fixture: serde_json::Value = serde_json::from_str(include_str!("fixture/mecab_ko.json")).unwrap();
    let words = Morphemes::open(&dictionary, MorphemeParams { tags: true, content_only: false }).unwrap();
    let hash = |lines: &[&str]| {
        let rows: Vec<String> = lines.iter().map(|line| words.tokens(line).join(" ")).collect();
        gyeol_base::digest::sha256(rows.join("\n").as_bytes())
    };
    let mut text = String::new();
    let packed = std::fs::File::open(real_file("nsmc/ratings_test.txt.gz")).unwrap();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    let reviews: Vec<&str> = text.lines().skip(1).map(|line| line.split('\t').nth(1).unwrap()).collect();
    // A tenth of the 50 hashes, so that the test takes a second.
    for block in (0..50).step_by(10) {
        let expected = fixture["sha256"]["nsmc test"][block].as_str().unwrap();
        assert_eq!(hash(&reviews[1000 * block..1000 * (block + 1)]), expected, "reviews {block}000");
    }
    let law = std::fs::read_to_string(real_file("konlpy_corpus/kolaw/constitution.txt")).unwrap();
    let lines: Vec<&str> = law.trim_end_matches('\n').split('\n').collect();
    assert_eq!(hash(&lines), fixture["sha256"]["law constitution.txt"][0].as_str().unwrap());
}

//! What the documents say of the repository: a path that they name exists, and the two READMEs stay short.

use std::fs;
use std::path::{Path, PathBuf};

/// How the paths of this repository begin, from its root.
const FOLDERS: [&str; 5] = ["crates/", "docs/", "bench/", "recipes/", ".ci/"];
/// Lines of a README at most.
const LINES: usize = 150;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every `.md` below a folder, in order; what is hidden, what was built and what belongs to a Python is left out.
fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let ours = !name.starts_with('.') && name != "target" && !path.join("pyvenv.cfg").exists();
        if path.is_dir() && !path.is_symlink() && ours {
            documents(&path, found);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(path);
        }
    }
}

/// A path that a document names.
#[derive(Debug, PartialEq)]
enum Named {
    /// By a link: from the document's own folder.
    Link(String),
    /// In code: from the root.
    Code(String),
}

/// The paths in a document: targets of relative links, and words of code (inline or in a fence) that begin as paths do.
fn named(text: &str) -> Vec<Named> {
    let (mut prose, mut code, mut fence) = (String::new(), String::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fence = !fence;
        } else {
            let part = if fence { &mut code } else { &mut prose };
            part.push_str(line);
            part.push('\n');
        }
    }
    let mut found = Vec::new();
    // Inline code may go over the end of a line, never over an empty one.
    for paragraph in prose.split("\n\n") {
        for (i, piece) in paragraph.split('`').enumerate() {
            if i % 2 == 1 {
                code.push_str(piece);
                code.push('\n');
            }
        }
        for target in paragraph.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains(':') {
                found.push(Named::Link(target.to_owned()));
            }
        }
    }
    found.extend(code.split_whitespace().filter_map(in_code).map(Named::Code));
    found
}

/// The path that a word of code is, from the root; none where it is no path, or a pattern with a blank to be filled in.
fn in_code(word: &str) -> Option<String> {
    let word = word.trim_matches(['"', '\'', '(', ')', ',', ';', ':', '.']);
    // The first full stop of `.ci/run` is its own.
    let word = if word.starts_with("ci/") { format!(".{word}") } else { word.to_owned() };
    let word = word.split(':').next().unwrap_or_default();
    let mut parts = word.split('/');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // `ladder/src/climb.rs` stands for `crates/ladder/src/climb.rs`.
    let of_crate = ["src", "tests", "examples"].contains(&second) && !first.is_empty();
    let path = if of_crate { format!("crates/{word}") } else { word.to_owned() };
    let ours = FOLDERS.iter().any(|folder| path.starts_with(folder));
    let blank = |part: &str| {
        part.contains(['<', '>', '*', '$', '{', '…'])
            || part.chars().any(char::is_alphabetic)
                && part.chars().all(|c| c.is_ascii_uppercase() || c == '-')
    };
    let pattern =
        path.split('/').any(|part| blank(part) || blank(part.split('.').next().unwrap_or_default()));
    (ours && !pattern).then_some(path)
}

#[test]
fn every_path_that_a_document_names_exists() {
    let root = root();
    let mut all = Vec::new();
    documents(&root, &mut all);
    let (mut looked_at, mut missing) = (0, Vec::new());
    for document in &all {
        for path in named(&fs::read_to_string(document).unwrap()) {
            looked_at += 1;
            let (Named::Link(target) | Named::Code(target)) = &path;
            let from = if matches!(path, Named::Link(_)) { document.parent().unwrap() } else { &root };
            if !from.join(target).exists() {
                missing.push(format!("{}: {target}", document.strip_prefix(&root).unwrap().display()));
            }
        }
    }
    assert!(all.len() > 10 && looked_at > 100, "{} documents, {looked_at} paths", all.len());
    assert!(missing.is_empty(), "paths that do not exist:\n{}", missing.join("\n"));
}

#[test]
fn paths_are_found_in_links_in_code_and_in_fences() {
    let text = "See [a](docs/a.md#part), [b](https://example.org/b) and `python bench/b.py\nDATA`; `ladder/src/c.rs:7`, `.ci/run`.\n\n\
                `crates/NAME/src`, `bench/runs/DATE-MACHINE/x.txt`, `a/b`.\n\n```\nsh bench/d.sh > out/e.csv\n```\n![f](f.png)\n";
    let link = |path: &str| Named::Link(path.into());
    let code = |path: &str| Named::Code(path.into());
    let expected = [
        link("docs/a.md"),
        link("f.png"),
        code("bench/d.sh"),
        code("bench/b.py"),
        code("crates/ladder/src/c.rs"),
        code(".ci/run"),
    ];
    let mut found = named(text);
    found.sort_by_key(|path| expected.iter().position(|known| known == path));
    assert_eq!(found, expected);
}

#[test]
fn the_readmes_are_short_enough_to_be_read() {
    for name in ["README.md", "README.ko.md"] {
        let lines = fs::read_to_string(root().join(name)).unwrap().lines().count();
        assert!(lines <= LINES, "{name} has {lines} lines, {LINES} at most. Next: move tables to docs/");
    }
}

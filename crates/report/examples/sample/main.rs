//! Writes the pages and tables of a made-up report: `cargo run -p gyeol-report --example sample -- FOLDER`.
//!
//! The figures are plausible, not measured: see `ladder.rs`, `texts.rs` and `topics.rs` beside this file.

mod corpus;
mod ladder;
mod readings;
mod texts;
mod topics;

use std::path::PathBuf;

use gyeol_report::{Language, corpus_page, page, profile_page, terminal, topic_map_page};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_string()));
    std::fs::create_dir_all(&folder)?;
    for language in [Language::English, Language::Korean] {
        let write = |name: &str, page: String| {
            println!("  {name}: {} bytes", page.len());
            std::fs::write(folder.join(format!("{name}.{language}.html")), page)
        };
        for (name, report) in [("report", ladder::report()), ("texts", texts::report())] {
            write(name, page(&report, language)?)?;
            print!("{}", terminal::table(&report, 80, false, language));
        }
        let profile = readings::profile();
        write("inspect", profile_page(&profile, "New England load", language)?)?;
        print!("{}", terminal::profile_table(&profile, 80, false, language));
        write("corpus", corpus_page(&corpus::profile(), "Letters", language)?)?;
        for k in [1, 5, 50, 100] {
            write(&format!("topics-{k}"), topic_map_page(&topics::map(k, language), language)?)?;
        }
    }
    Ok(())
}

//! Writes the pages and tables of a made-up report: `cargo run -p gyeol-report --example sample -- FOLDER`.
//!
//! The figures are plausible, not measured: see `ladder.rs` and `topics.rs` beside this file.

mod ladder;
mod readings;
mod topics;

use std::path::PathBuf;

use gyeol_report::{Language, ladder_page, profile_page, terminal, topic_map_page};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_string()));
    std::fs::create_dir_all(&folder)?;
    let report = ladder::report();
    for language in [Language::English, Language::Korean] {
        let page = ladder_page(&report, language)?;
        std::fs::write(folder.join(format!("report.{}.html", language.code())), &page)?;
        let profile = profile_page(&report.profile, &report.data.name, language)?;
        std::fs::write(folder.join(format!("inspect.{}.html", language.code())), &profile)?;
        print!("{}", terminal::ladder_table(&report, 80, false, language));
        print!("{}", terminal::profile_table(&report.profile, 80, false, language));
        println!("\n  {} bytes, {} bytes", page.len(), profile.len());
        for k in [1, 5, 50, 100] {
            let page = topic_map_page(&topics::map(k, language), language)?;
            std::fs::write(folder.join(format!("topics-{k}.{}.html", language.code())), &page)?;
            println!("  {k} topics: {} bytes", page.len());
        }
    }
    Ok(())
}

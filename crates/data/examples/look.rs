//! Reads tables and prints what was understood: `cargo run -p gyeol-data --example look -- FILE… [--zone Europe/Berlin]`.

use gyeol_data::{ReadOptions, Roles, Table, builtin, profile, read};

fn main() {
    let mut options = ReadOptions::default();
    let mut arguments = std::env::args().skip(1).peekable();
    while let Some(a) = arguments.next() {
        if a == "--zone" {
            options.zone = arguments.next();
            continue;
        }
        let started = std::time::Instant::now();
        let table = if a == "builtin" { builtin::power_load() } else { read(&a, &options) };
        match table {
            Ok(table) => show(&a, &table, started),
            Err(e) => println!("== {a}\n   {e}"),
        }
    }
}

fn show(name: &str, table: &Table, started: std::time::Instant) {
    let source = table.source();
    println!(
        "== {name}: {} rows, {}, zone {:?}, read in {:.0?}",
        table.rows(),
        source.format,
        source.zone,
        started.elapsed()
    );
    for n in &source.notes {
        println!("   note {}: {} (row {:?})", n.code, n.words, n.row);
    }
    let roles = Roles::guess(table);
    let started = std::time::Instant::now();
    let profile = match profile::profile(table, &roles, None) {
        Ok(p) => p,
        Err(e) => return println!("   {e}"),
    };
    println!("   inspected in {:.0?}", started.elapsed());
    for c in roles.iter().take(8) {
        let kind = table.kind(&c.column);
        let first = table.texts(&c.column).ok().and_then(|t| t.first().cloned().flatten());
        println!(
            "   {:20} {:?} {:?}: {} [{}]",
            c.column,
            kind,
            c.role,
            c.reason.words,
            first.unwrap_or_default()
        );
    }
    for w in &profile.warnings {
        println!("   {:?} {}: {}", w.severity, w.code, w.words);
    }
    match gyeol_data::Readings::from_table(table, &roles) {
        Ok(r) => println!(
            "   readings: {} series, step {}, history {:?}",
            r.series.len(),
            r.step.label(),
            r.series.iter().take(5).map(|s| s.history).collect::<Vec<_>>()
        ),
        Err(e) => println!("   readings: {e}"),
    }
}

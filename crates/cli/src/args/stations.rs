//! The verbs by station, as `gyeol --help` lists them.

use clap::{Command, CommandFactory};

/// The stations with their verbs, in the order of the road.
const STATIONS: [(&str, &[&str]); 7] = [
    ("Readings and texts", &["run", "init", "inspect", "clean", "train"]),
    ("Text", &["tokenize", "vocab", "encode", "split"]),
    ("Language models", &["ngram", "perplexity", "score", "next", "generate", "rank", "correct", "rescore"]),
    ("Sequences", &["translate", "tag"]),
    ("Vectors and topics", &["vectorize", "similar", "topics", "cluster", "reduce", "explain"]),
    ("Models", &["predict", "evaluate", "watch", "update", "show", "serve"]),
    ("This program", &["completions", "man", "help"]),
];

/// The command with its verbs grouped by station.
pub fn command() -> Command {
    let mut command = super::Args::command();
    command.build();
    let mut listed = String::new();
    for (station, verbs) in STATIONS {
        listed += &format!("\n{station}:\n");
        for name in verbs {
            let about =
                command.find_subcommand(name).and_then(|verb| verb.get_about()).map(ToString::to_string);
            listed += &format!("  {name:<12} {}\n", about.unwrap_or_default());
        }
    }
    super::Args::command()
        .help_template(format!("{{before-help}}{{about}}\n\n{{usage-heading}} {{usage}}\n{listed}\nOptions:\n{{options}}{{after-help}}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_verb_stands_in_one_station() {
        let mut whole = crate::args::Args::command();
        whole.build();
        let verbs: BTreeSet<&str> = whole.get_subcommands().map(Command::get_name).collect();
        let listed: Vec<&str> = STATIONS.iter().flat_map(|(_, verbs)| verbs.iter().copied()).collect();
        assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len());
        assert_eq!(verbs, listed.into_iter().collect());
        let help = command().render_help().to_string();
        assert!(help.contains("\nLanguage models:\n  ngram ") && help.contains("--json"), "{help}");
    }
}

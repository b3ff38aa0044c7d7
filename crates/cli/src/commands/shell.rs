//! Completions and man pages, from the arguments alone.

use clap_complete::Shell;

use crate::args;
use crate::failure::{Failure, Result};
use crate::output;

/// `gyeol completions SHELL`.
pub fn completions(shell: Shell) -> Result<()> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "gyeol", &mut bytes);
    output::text(&String::from_utf8_lossy(&bytes))
}

/// `gyeol man [VERB]`.
pub fn man(verb: Option<&str>) -> Result<()> {
    let mut command = args::command();
    command.build();
    let (page, title) = match verb {
        None => (command, "gyeol".to_string()),
        Some(verb) => match command.find_subcommand(verb) {
            Some(sub) => (sub.clone(), format!("gyeol-{verb}")),
            None => {
                return Err(Failure::Usage(format!("there is no verb \"{verb}\"; gyeol help lists them")));
            }
        },
    };
    let mut bytes = Vec::new();
    clap_mangen::Man::new(page).title(title).render(&mut bytes)?;
    output::text(&String::from_utf8_lossy(&bytes))
}

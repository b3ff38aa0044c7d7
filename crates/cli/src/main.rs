//! The `gyeol` command: arguments, progress and tables; what is computed lies in the crates below.

#![warn(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
mod output;
mod args;
mod commands;
mod failure;
mod names;
mod progress;

use std::process::ExitCode;

use clap::FromArgMatches;
use clap::error::ErrorKind;
use failure::Failure;

/// Whether failures are told as JSON. What was typed may be wrong, so that `--json` is looked for in it as it stands.
fn as_json() -> bool {
    std::env::args_os().skip(1).take_while(|word| word != "--").any(|word| word == "--json")
}

/// Says that the program was stopped, before it ends.
fn stopped() {
    ended(gyeol_base::Error::stopped().into(), as_json());
}

fn main() -> ExitCode {
    let json = as_json();
    let code = worked(json);
    names::forget();
    code
}

fn worked(json: bool) -> ExitCode {
    let arguments = match names::arguments().and_then(names::without_passwords) {
        Ok(arguments) => arguments,
        Err(failure) => return ended(failure, json),
    };
    let parsed = args::command()
        .try_get_matches_from(arguments)
        .and_then(|m| args::Args::from_arg_matches(&m).map(|args| (args, output::Files::of(&m))));
    let (args, files) = match parsed {
        Ok(parsed) => parsed,
        Err(e) if json && !matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let said = e.to_string();
            let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            return ended(Failure::Usage(lines.join(" ").trim_start_matches("error: ").to_owned()), true);
        }
        Err(e) => {
            // Help and version go to standard output; whether anybody reads them decides nothing.
            let _ = e.print();
            return ExitCode::from(e.exit_code() as u8);
        }
    };
    output::quiet_over_damaged_input();
    match files.check().and_then(|()| commands::run(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ended(failure, json),
    }
}

/// Says why it failed: a sentence for people, or one object as the last line of standard error.
fn ended(failure: Failure, json: bool) -> ExitCode {
    let code = ExitCode::from(failure.code());
    if json {
        say!("{}", failure.into_json())
    } else {
        say!("gyeol: {failure}")
    }
    code
}

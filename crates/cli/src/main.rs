//! The `gyeol` command: arguments, progress and tables; what is computed lies in the crates below.

mod args;
mod commands;
mod failure;
mod output;
mod progress;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    output::stop_quietly_on_a_closed_pipe();
    match commands::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("gyeol: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

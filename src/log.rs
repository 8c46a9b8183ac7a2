//! One line a fact, on standard error; standard output belongs to what a command answers.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For a person at a terminal.
    Text,
    /// One JSON object a line, for a log collector.
    Json,
}

/// Starts logging. `SUYUAN_LOG` chooses what is heard, for example `info,ingest=debug`.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("SUYUAN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}

/// Says why the command failed.
#[expect(clippy::print_stderr, reason = "the last word of a failed command")]
pub fn complain(reason: &str) {
    eprintln!("suyuan: {reason}");
}

/// Says what a person asked for, on standard output.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub fn say(line: &str) {
    println!("{line}");
}

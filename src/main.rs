//! The executable `suyuan`: one file a subcommand. It composes the crates and decides nothing;
//! the clock, chance and the environment are read here and handed down as values.

mod backup;
mod bench;
mod cli;
mod clock;
mod database;
mod demo;
mod doctor;
mod handles;
mod ingest_role;
mod label;
mod link;
mod listen;
mod log;
mod migrate;
mod mirror;
mod oidc;
mod parts;
mod pictures;
mod retention;
mod scene;
mod serve;
mod settings_file;
mod settle;
mod signing;
mod simulate;
mod system;
#[cfg(test)]
mod testing;
mod up;
mod upkeep;
mod user;
mod verify;

use std::process::ExitCode;

use cli::Command;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(refusal) => return refusal,
    };
    log::start(cli.log_format);
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Label(args) => label::run(args),
        Command::Link(args) => link::run(args),
        Command::Bench(args) if args.is_small() => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(bench::run(args)),
        other => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(run_async(other)),
    }
}

async fn run_async(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Up(args) => up::run(*args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Ingest(args) => ingest_role::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::Simulate(args) => simulate::run(*args).await,
        Command::Mirror(args) => mirror::run(*args).await,
        Command::Verify(args) => verify::run(args).await,
        Command::User(args) => user::run(args).await,
        Command::Backup(args) => backup::run(args).await,
        Command::Restore(args) => backup::restore(args).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Label(_) | Command::Link(_) => Ok(()),
    }
}

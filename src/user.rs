//! `suyuan user`: accounts from the command line; without a demonstration county the first one
//! is made here.

use std::io::{BufRead, stdin};

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use rand::RngCore;
use store::StoreError;
use store::account::{NewAccount, Role};

use crate::database::{DataArgs, Database};
use crate::{clock, log};

/// Fewest characters of a password.
const PASSWORD_CHARS_MIN: usize = 8;

/// Flags of `user`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an account; its password is read from standard input, one line.
    Add(AddArgs),
    /// List the accounts.
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    database: DataArgs,
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// Name to sign in with.
    login: String,
    /// What the account may do.
    #[arg(long, value_enum)]
    role: RoleArg,
    /// Name to show; the sign-in name where it is not given.
    #[arg(long)]
    name: Option<String>,
    /// Number of the producer whose staff it is; for the role producer alone.
    #[arg(long, required_if_eq("role", "producer"))]
    producer: Option<i64>,
    #[command(flatten)]
    database: DataArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArg {
    Operator,
    Supervisor,
    Producer,
    Lab,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Operator => Self::Operator,
            RoleArg::Supervisor => Self::Supervisor,
            RoleArg::Producer => Self::Producer,
            RoleArg::Lab => Self::Lab,
        }
    }
}

/// Makes or lists accounts.
pub async fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Add(args) => add(args).await,
        Command::List(args) => list(args).await,
    }
}

async fn add(args: AddArgs) -> anyhow::Result<()> {
    let mut password = String::new();
    stdin()
        .lock()
        .read_line(&mut password)
        .context("reading the password")?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.chars().count() < PASSWORD_CHARS_MIN {
        bail!("the password has fewer than {PASSWORD_CHARS_MIN} characters");
    }
    let database = args.database.open_beside().await?;
    let mut salt = [0; trace_api::password::SALT_BYTES];
    clock::chance().fill_bytes(&mut salt);
    let password_hash = trace_api::password::hash(password, salt)?;
    let account = NewAccount {
        login: &args.login,
        display_name: args.name.as_deref().unwrap_or(&args.login),
        role: args.role.into(),
        producer_id: args.producer,
        password_hash: &password_hash,
    };
    let made = insert(&database, &account).await;
    database.close().await?;
    match made {
        Ok(_) => log::say(&format!(
            "{} may sign in as {}",
            args.login,
            account.role.code()
        )),
        Err(error) if error.constraint() == Some("account_login_key") => {
            bail!("there is an account {} already", args.login)
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn list(args: ListArgs) -> anyhow::Result<()> {
    let database = args.database.open_beside().await?;
    let accounts = store::account::list(&mut *database.store.acquire().await?).await?;
    database.close().await?;
    for account in accounts {
        let role = account.role.code();
        log::say(&format!(
            "{}\t{role}\t{}",
            account.login, account.display_name
        ));
    }
    Ok(())
}

async fn insert(database: &Database, account: &NewAccount<'_>) -> Result<i64, StoreError> {
    let mut connection = database.store.acquire().await?;
    store::account::insert(&mut connection, account, clock::now()).await
}

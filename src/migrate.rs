//! `suyuan migrate`: brings a database's tables up to date, for deployments of several processes.

use anyhow::Context;
use store::Store;

use crate::cli::DatabaseArgs;
use crate::log;

/// Flags of `migrate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Applies what is missing and says what kind of database it is.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let store = Store::connect(&args.database.database_url)
        .await
        .context("connecting")?;
    store.migrate().await?;
    log::say(&format!(
        "the database is up to date ({:?})",
        store.flavour().await?
    ));
    store.close().await;
    Ok(())
}

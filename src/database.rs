//! Which database a command works on: the one that is named, or the private cluster below the
//! data directory, started on demand or shared with the `suyuan up` that runs it.

use std::path::PathBuf;

use anyhow::Context;
use store::Store;
use store::cluster::{Cluster, ClusterError, Options};

/// The database of a command that can do with the private cluster.
#[derive(Debug, Clone, clap::Args)]
pub struct DataArgs {
    /// Folder of the private database and of everything else that is kept.
    #[arg(
        long,
        env = "SUYUAN_DATA_DIR",
        value_name = "DIR",
        default_value = "suyuan-data"
    )]
    pub data: PathBuf,
    /// PostgreSQL 15 or newer to use instead of the private one, as
    /// `postgres://user:password@host/database`.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

/// An open database and, where this process started one, the cluster below it.
pub struct Database {
    /// The database, its tables up to date unless it was opened to be filled.
    pub store: Store,
    /// Where it is.
    pub url: String,
    /// The private cluster, to be stopped after the store is closed.
    pub cluster: Option<Cluster>,
}

impl DataArgs {
    /// Opens the database for the process that runs the system: a private cluster that another
    /// one uses is an error.
    pub async fn open(&self) -> anyhow::Result<Database> {
        let database = self.open_bare().await?;
        database.store.migrate().await?;
        Ok(database)
    }

    /// Opens the database for a command beside the system: a private cluster that runs is
    /// shared.
    pub async fn open_beside(&self) -> anyhow::Result<Database> {
        if self.database_url.is_some() {
            return self.open().await;
        }
        match Cluster::start(&self.data, &Options::default()).await {
            Ok(cluster) => {
                let database = self.connect(Some(cluster)).await?;
                database.store.migrate().await?;
                Ok(database)
            }
            Err(ClusterError::InUse(_)) => {
                let url = Cluster::url_below(&self.data)?;
                let store = Store::connect(&url).await.context("connecting")?;
                Ok(Database {
                    store,
                    url,
                    cluster: None,
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the database without making its tables, for a command that fills an empty one.
    pub async fn open_bare(&self) -> anyhow::Result<Database> {
        let cluster = match &self.database_url {
            Some(_) => None,
            None => Some(Cluster::start(&self.data, &Options::default()).await?),
        };
        self.connect(cluster).await
    }

    async fn connect(&self, cluster: Option<Cluster>) -> anyhow::Result<Database> {
        let url = match (&cluster, &self.database_url) {
            (Some(cluster), _) => cluster.url().to_owned(),
            (None, Some(url)) => url.clone(),
            (None, None) => anyhow::bail!("there is neither a database address nor a cluster"),
        };
        let store = Store::connect(&url)
            .await
            .context("connecting to the database")?;
        Ok(Database {
            store,
            url,
            cluster,
        })
    }
}

impl Database {
    /// Closes the connections and stops the cluster, if it is this process's.
    pub async fn close(self) -> anyhow::Result<()> {
        self.store.close().await;
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }
}

//! The database as one file and back, by PostgreSQL's own programs: `pg_dump` takes a consistent
//! picture while everything runs, `pg_restore` puts it into an empty database in one transaction.
//! The one thing to know: a password never stands on a command line, where every user of the
//! machine could read it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use tokio::process::Command;
use url::Url;

use crate::cluster::Binaries;
use crate::{Flavour, Store, StoreError, setting};

/// Bytes of a program's last words that an error quotes.
const WORDS_BYTES_MAX: usize = 1_500;

/// The key under which the newest backup is noted.
const LAST: &str = "last_backup";
/// The key under which the newest failure is noted.
const FAILED: &str = "failed_backup";

/// The newest backup, as whoever made it noted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBackup {
    /// When it was begun.
    #[serde(with = "time::serde::rfc3339")]
    pub made_at: OffsetDateTime,
    /// Name of the file, without its folder.
    pub file: String,
    /// Its size.
    pub bytes: u64,
}

/// A backup that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedBackup {
    /// When it was begun.
    #[serde(with = "time::serde::rfc3339")]
    pub begun_at: OffsetDateTime,
    /// Why, for a person.
    pub reason: String,
}

/// Why the database was not copied.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The address of the database cannot be read.
    #[error("the address of the database cannot be read")]
    Address(#[source] url::ParseError),
    /// The program is not there.
    #[error("{program} could not be started; it comes with PostgreSQL's client programs")]
    NotStarted {
        /// Which one.
        program: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The program failed.
    #[error("{program} failed; its last words: {output}")]
    Failed {
        /// Which one.
        program: &'static str,
        /// The end of what it printed.
        output: String,
    },
    /// The database refused something beside.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes everything in the database at `url` to the file `to`, as it stood when this began.
pub async fn dump(url: &str, to: &Path) -> Result<(), BackupError> {
    let flags = ["--format=custom", "--no-owner", "--no-privileges", "--file"];
    let flags = flags.iter().map(OsStr::new).chain([to.as_os_str()]);
    run("pg_dump", "--dbname", url, flags).await
}

/// Puts what [`dump`] wrote into the empty database of `store`, which is the one at `url`: all of
/// it or nothing.
pub async fn load(store: &Store, url: &str, from: &Path, was: Flavour) -> Result<(), BackupError> {
    let is_timescale = was != Flavour::Plain;
    if is_timescale {
        order(
            store,
            "create extension if not exists timescaledb; select timescaledb_pre_restore()",
        )
        .await?;
    }
    let flags = [
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
    ];
    let flags = flags.iter().map(OsStr::new).chain([from.as_os_str()]);
    run("pg_restore", "--dbname", url, flags).await?;
    if is_timescale {
        order(store, "select timescaledb_post_restore()").await?;
    }
    Ok(())
}

/// Notes a backup that was made.
pub async fn note(connection: &mut PgConnection, made: &LastBackup) -> Result<(), StoreError> {
    let note = serde_json::to_string(made).unwrap_or_default();
    setting::set(connection, LAST, &note).await
}

/// The newest backup that was noted.
pub async fn last(connection: &mut PgConnection) -> Result<Option<LastBackup>, StoreError> {
    let Some(note) = setting::find(connection, LAST).await? else {
        return Ok(None);
    };
    let read = serde_json::from_str(&note);
    read.map(Some)
        .map_err(|_| StoreError::inconsistent("setting.value", note))
}

/// Notes a backup that failed. The newest one that was made stays noted.
pub async fn note_failure(
    connection: &mut PgConnection,
    failed: &FailedBackup,
) -> Result<(), StoreError> {
    let note = serde_json::to_string(failed).unwrap_or_default();
    setting::set(connection, FAILED, &note).await
}

/// The newest failure that was noted.
pub async fn last_failure(
    connection: &mut PgConnection,
) -> Result<Option<FailedBackup>, StoreError> {
    let Some(note) = setting::find(connection, FAILED).await? else {
        return Ok(None);
    };
    let read = serde_json::from_str(&note);
    read.map(Some)
        .map_err(|_| StoreError::inconsistent("setting.value", note))
}

/// Bytes of the database on its disk.
pub async fn database_bytes(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let bytes = sqlx::query_scalar!(r#"select pg_database_size(current_database()) as "bytes!""#)
        .fetch_one(connection)
        .await?;
    Ok(bytes)
}

/// Whether a database has no table of its own yet.
pub async fn is_empty(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let empty = sqlx::query_scalar!(
        r#"select not exists (select from pg_tables where schemaname = 'public') as "empty!""#
    )
    .fetch_one(connection)
    .await?;
    Ok(empty)
}

/// Two statements of TimescaleDB that take no parameters.
async fn order(store: &Store, sql: &'static str) -> Result<(), StoreError> {
    let mut connection = store.acquire().await?;
    sqlx::raw_sql(sql).execute(&mut *connection).await?;
    Ok(())
}

async fn run<'a>(
    program: &'static str,
    database_flag: &str,
    url: &str,
    flags: impl Iterator<Item = &'a OsStr>,
) -> Result<(), BackupError> {
    let (address, password) = apart(url)?;
    let mut command = Command::new(Binaries::client(program));
    command.arg(database_flag).arg(address).args(flags);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| BackupError::NotStarted { program, source })?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let start = words.ceil_char_boundary(words.len().saturating_sub(WORDS_BYTES_MAX));
    Err(BackupError::Failed {
        program,
        output: words[start..].trim().to_owned(),
    })
}

/// An address without its password, and the password.
fn apart(url: &str) -> Result<(String, Option<String>), BackupError> {
    let mut url = Url::parse(url).map_err(BackupError::Address)?;
    let password = url.password().map(|password| {
        percent_encoding::percent_decode_str(password)
            .decode_utf8_lossy()
            .into_owned()
    });
    if password.is_some() {
        // Refused only for addresses that cannot have one, which had none.
        let _ = url.set_password(None);
    }
    Ok((url.into(), password))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::testing::TestDatabase;

    #[test]
    fn the_password_is_taken_off_the_address() -> Result<(), BackupError> {
        let (address, password) = apart("postgres://u:s%40crét@db:5433/suyuan?sslmode=require")?;
        assert_eq!(address, "postgres://u@db:5433/suyuan?sslmode=require");
        assert_eq!(password.as_deref(), Some("s@crét"));
        let socket = "postgres://suyuan@localhost/suyuan?host=/run/x";
        assert_eq!(apart(socket)?, (socket.to_owned(), None));
        Ok(())
    }

    #[tokio::test]
    async fn a_program_that_fails_is_quoted() -> Result<(), Box<dyn std::error::Error>> {
        let nowhere = "postgres://suyuan@localhost/suyuan?host=/nonexistent";
        let failed = dump(nowhere, Path::new("/dev/null")).await;
        let Err(BackupError::Failed { output, .. }) = failed else {
            return Err(format!("{failed:?}").into());
        };
        assert!(output.contains("/nonexistent"), "{output}");
        Ok(())
    }

    #[tokio::test]
    async fn a_migrated_database_is_not_empty_and_remembers_its_newest_backup()
    -> Result<(), Box<dyn std::error::Error>> {
        let database = TestDatabase::new().await?;
        let mut connection = database.store.acquire().await?;
        assert!(!is_empty(&mut connection).await?);
        assert_eq!(last(&mut connection).await?, None);
        for bytes in [1, 2] {
            let made = LastBackup {
                made_at: datetime!(2026-11-23 04:05 UTC),
                file: "suyuan.backup.zip".to_owned(),
                bytes,
            };
            note(&mut connection, &made).await?;
            assert_eq!(last(&mut connection).await?, Some(made));
        }
        let failed = FailedBackup {
            begun_at: datetime!(2026-11-24 04:05 UTC),
            reason: "the disk is full".to_owned(),
        };
        note_failure(&mut connection, &failed).await?;
        assert_eq!(last_failure(&mut connection).await?, Some(failed));
        assert!(
            last(&mut connection)
                .await?
                .is_some_and(|made| made.bytes == 2)
        );
        assert!(database_bytes(&mut connection).await? > 1_000_000);
        Ok(())
    }
}

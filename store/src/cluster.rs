//! The private PostgreSQL of `suyuan up`: found on the machine, kept below the data directory,
//! reachable by a Unix socket alone, durable (`fsync` on), and gone when the program is.
//!
//! The server runs in a process group of its own, so that Ctrl-C reaches the program first and
//! the last batch is committed before the database closes. A small shell stands between the two:
//! it holds a pipe from the program and stops the server when the pipe closes, however the
//! program ended. See docs/adr/0001-private-cluster.md.

mod binaries;
mod place;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::process::{Child, ChildStdin};
use tokio::time::{sleep, timeout};

pub use binaries::Binaries;
use place::Place;
pub use place::ServerUser;

/// How long the server may take to start, crash recovery included.
const START_DEADLINE: Duration = Duration::from_mins(2);
/// How long a fast shutdown may take before the server is stopped at once.
const STOP_DEADLINE: Duration = Duration::from_secs(20);
/// Between two looks at something that is about to happen.
const POLL: Duration = Duration::from_millis(25);
/// Superuser and database of the private cluster.
const NAME: &str = "suyuan";

/// Runs the server; ends it when standard input closes, and ends with it. With `REMOVE` set the
/// folder goes too: tests leave nothing behind.
const GUARD: &str = r#"
exec 3<&0
"$@" </dev/null &
server=$!
( read -r _ <&3; kill -INT "$server" 2>/dev/null ) &
reader=$!
wait "$server"; status=$?
kill "$reader" 2>/dev/null
[ -z "$REMOVE" ] || rm -rf "$REMOVE"
exit "$status"
"#;

/// Why the private cluster is not there.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No usable `initdb` and `postgres`.
    #[error(
        "no PostgreSQL 15 or newer was found on this machine: install it (Debian: apt-get install \
         postgresql), name its bin folder in SUYUAN_PG_BIN, or set DATABASE_URL"
    )]
    NotInstalled,
    /// PostgreSQL refuses to run as root, and there is nobody to run it as.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody"
    )]
    NoServerUser,
    /// Another program uses the data directory.
    #[error("{0} is in use by another suyuan")]
    InUse(PathBuf),
    /// A file or folder could not be made, read or given away.
    #[error("{path} cannot be used")]
    Path {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A program of PostgreSQL failed.
    #[error("{program} failed; its last words: {output}")]
    Program {
        /// Which one.
        program: &'static str,
        /// The end of what it printed.
        output: String,
    },
    /// The server did not answer in time.
    #[error("PostgreSQL did not start within {} s; its last words: {output}", START_DEADLINE.as_secs())]
    TooLate {
        /// The end of its log.
        output: String,
    },
    /// The server's database could not be made.
    #[error("the database could not be created")]
    Database(#[source] sqlx::Error),
}

/// How a private cluster is run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// For tests alone: without fsync, and removed with the program.
    pub throwaway: bool,
}

/// A running private cluster. Dropping it stops the server too, but does not wait for it.
#[derive(Debug)]
pub struct Cluster {
    guard: Child,
    /// Closing it stops the server. Held apart: waiting for the child would close it.
    pipe: Option<ChildStdin>,
    place: Place,
    url: String,
    _lock: File,
}

impl Cluster {
    /// Starts the cluster below `directory`, and makes it first where there is none. A server
    /// that a killed program left behind is stopped before.
    pub async fn start(directory: &Path, options: &Options) -> Result<Self, ClusterError> {
        let binaries = Binaries::find().ok_or(ClusterError::NotInstalled)?;
        let user = ServerUser::find()?;
        let place = Place::prepare(directory, user)?;
        let lock = place.lock()?;
        stop_leftover(&place).await?;
        if !place.data().join("PG_VERSION").exists() {
            initialize(&binaries, &place).await?;
        }
        let (mut guard, url) = start_server(&binaries, &place, options).await?;
        let pipe = guard.stdin.take();
        Ok(Self {
            guard,
            pipe,
            place,
            url,
            _lock: lock,
        })
    }

    /// Where the cluster below a directory is reached, for a program beside the one that runs it.
    pub fn url_below(directory: &Path) -> Result<String, ClusterError> {
        Ok(Place::prepare(directory, ServerUser::find()?)?.url(NAME))
    }

    /// Where to connect: a Unix socket, the cluster's own database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder that holds the server's data and log.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.place.root()
    }

    /// Waits until the server ends by itself, which it should not.
    pub async fn ended(&mut self) -> io::Error {
        match self.guard.wait().await {
            Ok(status) => io::Error::other(format!("PostgreSQL ended by itself: {status}")),
            Err(error) => error,
        }
    }

    /// Stops the server: open connections are closed, everything is written down.
    pub async fn stop(mut self) -> Result<(), ClusterError> {
        drop(self.pipe.take());
        if timeout(STOP_DEADLINE, self.guard.wait()).await.is_err() {
            signal_server(&self.place, Signal::QUIT);
            let _ = timeout(STOP_DEADLINE, self.guard.wait()).await;
        }
        // Left behind where a server still uses it; the next start takes it over.
        let _ = fs::remove_dir(self.place.socket());
        Ok(())
    }
}

/// Makes the cluster beside its place and moves it there whole: a program killed half-way leaves
/// nothing that looks like a cluster.
async fn initialize(binaries: &Binaries, place: &Place) -> Result<(), ClusterError> {
    let fresh = place.root().join("data.new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(place::at(&fresh))?;
    }
    let mut command = place.command(&binaries.initdb());
    command
        .arg("--pgdata")
        .arg(&fresh)
        .arg(format!("--username={NAME}"));
    command.args([
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--data-checksums",
    ]);
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(place::at(&fresh))?;
    if !output.status.success() {
        let output = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(ClusterError::Program {
            program: "initdb",
            output,
        });
    }
    fs::rename(&fresh, place.data()).map_err(place::at(place.data()))
}

/// Starts the server and waits until its database can be used. Backends of a killed server may
/// still hold its memory for a moment: it is started again until the deadline.
async fn start_server(
    binaries: &Binaries,
    place: &Place,
    options: &Options,
) -> Result<(Child, String), ClusterError> {
    let answer = timeout(
        START_DEADLINE,
        start_until_it_answers(binaries, place, options),
    );
    let Ok(answered) = answer.await else {
        return Err(ClusterError::TooLate {
            output: place.log_tail(),
        });
    };
    let (guard, connection) = answered?;
    make_database(connection).await?;
    Ok((guard, place.url(NAME)))
}

async fn start_until_it_answers(
    binaries: &Binaries,
    place: &Place,
    options: &Options,
) -> Result<(Child, PgConnection), ClusterError> {
    let mut guard = spawn(binaries, place, options)?;
    loop {
        if let Ok(connection) = PgConnection::connect(&place.url("postgres")).await {
            return Ok((guard, connection));
        }
        if matches!(guard.try_wait(), Ok(Some(_))) {
            sleep(POLL * 10).await;
            guard = spawn(binaries, place, options)?;
        }
        sleep(POLL).await;
    }
}

fn spawn(binaries: &Binaries, place: &Place, options: &Options) -> Result<Child, ClusterError> {
    let log = place.open_log()?;
    let log_too = log.try_clone().map_err(place::at(place.root()))?;
    let mut command = place.command(Path::new("/bin/sh"));
    command.args(["-c", GUARD, "sh"]).arg(binaries.postgres());
    command.arg("-D").arg(place.data());
    for setting in settings(binaries, place, options) {
        command.args(["-c", &setting]);
    }
    if options.throwaway {
        command.env("REMOVE", place.root());
    }
    // The guard and the server outlive a killed program just long enough to close.
    command
        .stdin(Stdio::piped())
        .stdout(log)
        .stderr(log_too)
        .process_group(0);
    command.spawn().map_err(place::at(place.root()))
}

fn settings(binaries: &Binaries, place: &Place, options: &Options) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        format!("unix_socket_directories={}", place.socket().display()),
        "unix_socket_permissions=0700".to_owned(),
        format!("fsync={}", if options.throwaway { "off" } else { "on" }),
        "synchronous_commit=on".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "max_wal_size=2GB".to_owned(),
        "max_connections=100".to_owned(),
    ];
    // Throwaway databases are cloned from a template, which TimescaleDB's workers would prevent.
    if binaries.has_timescale() && !options.throwaway {
        settings.push("shared_preload_libraries=timescaledb".to_owned());
        settings.push("timescaledb.telemetry_level=off".to_owned());
    }
    settings
}

async fn make_database(mut connection: PgConnection) -> Result<(), ClusterError> {
    let found = sqlx::query("select from pg_database where datname = 'suyuan'")
        .fetch_optional(&mut connection)
        .await
        .map_err(ClusterError::Database)?;
    if found.is_none() {
        sqlx::query("create database suyuan")
            .execute(&mut connection)
            .await
            .map_err(ClusterError::Database)?;
    }
    connection.close().await.map_err(ClusterError::Database)
}

/// Stops a server that still runs in this place; whoever started it is gone, for the lock is
/// ours. A number in the pid file that now belongs to another program is removed: PostgreSQL
/// would take it for itself.
async fn stop_leftover(place: &Place) -> Result<(), ClusterError> {
    if let Ok(stopped) = timeout(STOP_DEADLINE, stop_with(place, Signal::INT)).await {
        return stopped;
    }
    stop_with(place, Signal::QUIT).await
}

async fn stop_with(place: &Place, signal: Signal) -> Result<(), ClusterError> {
    while let Some(pid) = place.server_pid() {
        if !is_postgres(pid) {
            let file = place.pid_file();
            return match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(place::at(&file)(error))
                }
                _ => Ok(()),
            };
        }
        signal_server(place, signal);
        sleep(POLL * 4).await;
    }
    Ok(())
}

fn is_postgres(pid: Pid) -> bool {
    let name = fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero()));
    name.is_ok_and(|name| name.trim_end() == "postgres")
}

fn signal_server(place: &Place, signal: Signal) {
    if let Some(pid) = place.server_pid().filter(|pid| is_postgres(*pid)) {
        // It may have ended between the look and the signal: then there is nothing to stop.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

#[cfg(test)]
mod tests;

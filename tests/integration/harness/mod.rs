//! What the tests stand on: processes that end with the test, an API client, stock tools, and
//! waiting for a condition instead of sleeping.

pub mod api;
pub mod mosquitto;
pub mod system;
pub mod tools;

use std::future::Future;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long any condition may take before a test gives up: far above what a busy machine needs.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The executable under test.
pub const SUYUAN: &str = env!("CARGO_BIN_EXE_suyuan");

/// A folder that goes with its owner.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes an empty folder below the system's temporary one.
    pub fn new() -> std::io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!(
            "suyuan-integration-{}-{number}",
            std::process::id()
        ));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Asks again and again until there is an answer; `None` means not yet.
pub async fn wait_for<T, F>(what: &str, ask: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    wait_within(PATIENCE, what, ask).await
}

/// The same with a patience of one's own.
#[expect(
    clippy::disallowed_methods,
    reason = "a test's patience is measured by the real clock"
)]
pub async fn wait_within<T, F>(
    patience: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        anyhow::ensure!(
            started.elapsed() < patience,
            "{what}: not within {patience:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A port that is free now; nobody else on this machine is told of it.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Says that a part could not run. Past the capture of passing tests' output, at the start of a
/// line: `script/test` counts these lines.
pub fn skipped(name: &str, reason: &str) {
    // Without standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "\nSKIPPED {name}: {reason}");
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

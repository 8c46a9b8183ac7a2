//! What the machine below the server tells its operator, and the backup that it makes when asked:
//! disks, the doors of devices, where things stand. Root brings it; nothing here reads a disk or
//! runs a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;
use tokio::sync::Notify;

/// Most backups that a list shows.
const FILES_MAX: usize = 100;
/// How a backup's name ends.
const ENDING: &str = ".backup.zip";

/// Room on a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that it has.
    pub total: u64,
    /// Bytes that may still be written.
    pub free: u64,
}

/// A door at which devices sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Door {
    /// Whether it is behind TLS.
    pub tls: bool,
    /// Its port.
    pub port: u16,
}

/// Looks how much room there is where the data stand; `None` where nobody knows.
pub type Disks = Arc<dyn Fn() -> Option<Disk> + Send + Sync>;

/// The machine below the server.
#[derive(Clone)]
pub struct Upkeep {
    /// Room where the data stand.
    pub disk: Disks,
    /// Where devices sign in; empty where this process takes no readings.
    pub doors: Vec<Door>,
    /// Backups that this process can make; `None` where another one holds the data.
    pub backups: Option<Arc<Backups>>,
    /// The program, as it is called on this machine.
    pub program: PathBuf,
    /// Folder of the data.
    pub data: PathBuf,
}

impl Default for Upkeep {
    fn default() -> Self {
        Self {
            disk: Arc::new(|| None),
            doors: Vec::new(),
            backups: None,
            program: PathBuf::from("suyuan"),
            data: PathBuf::from("suyuan-data"),
        }
    }
}

/// How far a backup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Asked for, and not begun.
    Waiting,
    /// The database is being copied.
    Database,
    /// So many pictures have been copied.
    Pictures(u64),
}

/// Backups on request: a page asks, one task of root makes them, one after another.
#[derive(Debug)]
pub struct Backups {
    folder: PathBuf,
    running: Mutex<Option<(OffsetDateTime, Step)>>,
    asked: Notify,
}

/// A backup in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

impl Backups {
    /// Backups into a folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            running: Mutex::default(),
            asked: Notify::new(),
        }
    }

    /// Where they go.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Asks for one; while one is being made nothing changes. Returns whether it was asked for now.
    pub fn ask(&self, now: OffsetDateTime) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() {
            return false;
        }
        *running = Some((now, Step::Waiting));
        self.asked.notify_one();
        true
    }

    /// Waits until one is asked for.
    pub async fn next(&self) {
        self.asked.notified().await;
    }

    /// Says how far the one that is being made has come.
    pub fn tell(&self, step: Step) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, at)) = running.as_mut() {
            *at = step;
        }
    }

    /// Says that it is made, or has failed.
    pub fn finish(&self) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Since when one is being made, and how far it is.
    #[must_use]
    pub fn running(&self) -> Option<(OffsetDateTime, Step)> {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What lies in the folder, the newest first: names sort by time.
    #[must_use]
    pub fn files(&self) -> Vec<BackupFile> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let file = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let bytes = entry.metadata().ok()?.len();
            name.ends_with(ENDING).then_some(BackupFile { name, bytes })
        };
        let mut files: Vec<_> = entries.filter_map(file).collect();
        files.sort_unstable_by(|one, other| other.name.cmp(&one.name));
        files.truncate(FILES_MAX);
        files
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[tokio::test]
    async fn a_backup_that_is_asked_for_twice_is_made_once() {
        let backups = Backups::new(PathBuf::from("/nonexistent"));
        let now = datetime!(2026-11-23 04:00 UTC);
        assert!(backups.ask(now) && !backups.ask(now));
        backups.next().await;
        backups.tell(Step::Pictures(3));
        assert_eq!(backups.running(), Some((now, Step::Pictures(3))));
        backups.finish();
        assert_eq!(backups.running(), None);
        assert!(backups.ask(now), "and another one afterwards");
        assert_eq!(backups.files(), []);
    }
}

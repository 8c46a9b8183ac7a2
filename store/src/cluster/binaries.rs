//! Where this machine keeps PostgreSQL's programs. Distributions put the server outside PATH.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Oldest major version that the migrations and queries are written for.
const MAJOR_MIN: u32 = 15;

/// The folder with `initdb` and `postgres`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// The folder that `SUYUAN_PG_BIN` names, else the newest version of the distribution, else
    /// what stands in PATH.
    #[must_use]
    pub fn find() -> Option<Self> {
        if let Some(named) = env::var_os("SUYUAN_PG_BIN") {
            return Self::in_folder(Path::new(&named));
        }
        let path = env::var_os("PATH").unwrap_or_default();
        distribution_folders(Path::new("/usr/lib/postgresql"))
            .into_iter()
            .chain(env::split_paths(&path))
            .find_map(|folder| Self::in_folder(&folder))
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        let complete = ["initdb", "postgres"]
            .iter()
            .all(|name| folder.join(name).is_file());
        // A link in PATH leads to the folder with the libraries beside it.
        let folder = fs::canonicalize(folder.join("postgres"))
            .ok()?
            .parent()?
            .to_owned();
        complete.then_some(Self { folder })
    }

    /// The program that makes a cluster.
    #[must_use]
    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// The server.
    #[must_use]
    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// One of PostgreSQL's client programs: the one beside the server, or else what PATH has.
    #[must_use]
    pub fn client(name: &str) -> PathBuf {
        Self::find()
            .map(|found| found.folder.join(name))
            .filter(|program| program.is_file())
            .unwrap_or_else(|| name.into())
    }

    /// Whether TimescaleDB is installed beside it.
    #[must_use]
    pub fn has_timescale(&self) -> bool {
        self.folder.join("../lib/timescaledb.so").exists()
    }
}

/// `…/{major}/bin`, newest first, too old ones left out.
fn distribution_folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut majors: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|major| *major >= MAJOR_MIN)
        .collect();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    majors
        .into_iter()
        .map(|major| root.join(major.to_string()).join("bin"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first_and_old_ones_not_at_all() {
        let root = env::temp_dir().join(format!("suyuan-binaries-{}", std::process::id()));
        for name in ["9.6", "14", "15", "17", "common"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        let found = distribution_folders(&root);
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, [root.join("17/bin"), root.join("15/bin")]);
    }

    #[test]
    fn a_folder_without_the_server_is_none() {
        assert_eq!(Binaries::in_folder(Path::new("/usr/share")), None);
    }
}

//! Where a private cluster lives and whose it is. PostgreSQL refuses to run as root, so root's
//! cluster belongs to another user, who must be able to reach it: below a folder that only root
//! may enter, the cluster is kept in `/var/lib/suyuan` and a link stands in its place.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{
    DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, symlink,
};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, geteuid};
use tokio::process::Command;

use super::ClusterError;

/// Where clusters go that their own user could not reach.
const FALLBACK: &str = "/var/lib/suyuan";
/// Bytes of the log that an error message quotes.
const LOG_TAIL_BYTES: i64 = 1_500;

/// Wraps an IO error with the path it was about.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> ClusterError + use<> {
    let path = path.to_owned();
    move |source| ClusterError::Path { path, source }
}

/// Who runs the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerUser {
    /// The user that runs the program.
    Same,
    /// Another one, since the program runs as root.
    Other {
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
    },
}

impl ServerUser {
    /// The same user, or for root `postgres`, or `nobody`.
    pub fn find() -> Result<Self, ClusterError> {
        if !geteuid().is_root() {
            return Ok(Self::Same);
        }
        let passwd = Path::new("/etc/passwd");
        let users = fs::read_to_string(passwd).map_err(at(passwd))?;
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| ids_of(&users, name))
            .map(|(uid, gid)| Self::Other { uid, gid })
            .ok_or(ClusterError::NoServerUser)
    }

    fn give(self, path: &Path) -> Result<(), ClusterError> {
        match self {
            Self::Same => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)).map_err(at(path)),
        }
    }

    /// Whether this user may go through a folder.
    fn may_enter(self, folder: &fs::Metadata) -> bool {
        match self {
            Self::Same => true,
            Self::Other { uid, .. } if folder.uid() == uid => folder.mode() & 0o100 != 0,
            Self::Other { gid, .. } if folder.gid() == gid => folder.mode() & 0o010 != 0,
            Self::Other { .. } => folder.mode() & 0o001 != 0,
        }
    }
}

fn ids_of(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let line = passwd
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// The folders of one cluster.
#[derive(Debug)]
pub(super) struct Place {
    root: PathBuf,
    data: PathBuf,
    socket: PathBuf,
    user: ServerUser,
}

impl Place {
    /// Makes the folders below `directory` where they are missing and gives them to the user.
    pub(super) fn prepare(directory: &Path, user: ServerUser) -> Result<Self, ClusterError> {
        fs::create_dir_all(directory).map_err(at(directory))?;
        let directory = fs::canonicalize(directory).map_err(at(directory))?;
        open_to(&directory, user)?;
        let wanted = directory.join("postgres");
        if fs::symlink_metadata(&wanted).is_err() {
            make_root(&wanted, user)?;
        }
        let root = fs::canonicalize(&wanted).map_err(at(&wanted))?;
        let socket = make_socket_folder(&root, user)?;
        Ok(Self {
            data: root.join("data"),
            root,
            socket,
            user,
        })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(super) fn pid_file(&self) -> PathBuf {
        self.data.join("postmaster.pid")
    }

    /// A command run as the server's user.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").env("LC_ALL", "C.UTF-8");
        if let ServerUser::Other { uid, gid } = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Connection URL of one of its databases.
    pub(super) fn url(&self, database: &str) -> String {
        format!(
            "postgres://suyuan@localhost/{database}?host={}",
            self.socket.display()
        )
    }

    /// Takes the place for this process until the file is closed.
    pub(super) fn lock(&self) -> Result<File, ClusterError> {
        let path = self.root.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(at(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(ClusterError::InUse(self.root.clone())),
            Err(fs::TryLockError::Error(error)) => Err(at(&path)(error)),
        }
    }

    /// The server's log, to append to.
    pub(super) fn open_log(&self) -> Result<File, ClusterError> {
        let path = self.log_path();
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(at(&path))
    }

    /// The end of the server's log, for an error message.
    pub(super) fn log_tail(&self) -> String {
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(self.log_path())?;
            let length = file.metadata()?.len() as i64;
            file.seek(SeekFrom::End(-length.min(LOG_TAIL_BYTES)))?;
            let mut tail = Vec::new();
            file.read_to_end(&mut tail)?;
            Ok(tail)
        };
        read().map_or_else(
            |error| error.to_string(),
            |t| String::from_utf8_lossy(&t).into_owned(),
        )
    }

    fn log_path(&self) -> PathBuf {
        self.root.join("log")
    }

    /// The process that the pid file names, if there is one.
    pub(super) fn server_pid(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.pid_file()).ok()?;
        Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
    }
}

/// Lets the server's user through the data directory itself, which is ours to open; the folders
/// above it are not.
fn open_to(directory: &Path, user: ServerUser) -> Result<(), ClusterError> {
    let found = fs::metadata(directory).map_err(at(directory))?;
    if user.may_enter(&found) {
        return Ok(());
    }
    let mode = fs::Permissions::from_mode(found.mode() | 0o011);
    fs::set_permissions(directory, mode).map_err(at(directory))
}

fn make_root(wanted: &Path, user: ServerUser) -> Result<(), ClusterError> {
    let mut above = wanted.ancestors().skip(1);
    let reachable = above.all(|folder| fs::metadata(folder).is_ok_and(|f| user.may_enter(&f)));
    if reachable {
        return make_folder(wanted, user);
    }
    let folder = make_fallback(user)?;
    tracing::warn!(
        link = %wanted.display(),
        cluster = %folder.display(),
        "the server's user cannot reach the data directory: the cluster is kept elsewhere"
    );
    symlink(&folder, wanted).map_err(at(wanted))
}

/// The first free numbered folder of [`FALLBACK`].
fn make_fallback(user: ServerUser) -> Result<PathBuf, ClusterError> {
    let parent = Path::new(FALLBACK);
    fs::create_dir_all(parent).map_err(at(parent))?;
    let mut number = 1;
    loop {
        let folder = parent.join(format!("cluster-{number}"));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return user.give(&folder).map(|()| folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(at(&folder)(error)),
        }
    }
}

fn make_folder(path: &Path, user: ServerUser) -> Result<(), ClusterError> {
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(at(path))?;
    user.give(path)
}

/// A short folder for the socket, whose path must stay below 108 bytes. Its name comes from the
/// cluster's path; one that somebody else made is refused.
fn make_socket_folder(root: &Path, user: ServerUser) -> Result<PathBuf, ClusterError> {
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    let base = if user == ServerUser::Same {
        std::env::temp_dir()
    } else {
        PathBuf::from("/run")
    };
    let folder = base.join(format!("suyuan-{:016x}", hasher.finish()));
    match fs::symlink_metadata(&folder) {
        Err(_) => make_folder(&folder, user)?,
        Ok(found) if found.is_dir() && found.uid() == owner(user) => {}
        Ok(_) => {
            let taken = io::Error::new(io::ErrorKind::AlreadyExists, "it belongs to another user");
            return Err(at(&folder)(taken));
        }
    }
    Ok(folder)
}

fn owner(user: ServerUser) -> u32 {
    match user {
        ServerUser::Same => geteuid().as_raw(),
        ServerUser::Other { uid, .. } => uid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_ids_stand_in_the_third_and_fourth_field() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104::/var:/bin/sh\n";
        assert_eq!(ids_of(passwd, "postgres"), Some((101, 104)));
        assert_eq!(ids_of(passwd, "nobody"), None);
        assert_eq!(ids_of("postgres:x:many", "postgres"), None);
    }
}

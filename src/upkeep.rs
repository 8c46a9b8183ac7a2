//! What this machine tells its operator through the pages, and the backups that they ask for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ingest::front::Sockets;
use store::picture::Album;
use tokio_util::sync::CancellationToken;
use trace_api::upkeep::{Backups, Disk, Door, Upkeep};

use crate::system::System;
use crate::{backup, clock};

/// Folder of the backups below the data directory.
const FOLDER: &str = "backups";

/// The machine below a server whose data are in this folder.
pub fn of(data: &Path, doors: Vec<Door>, backups: Option<Arc<Backups>>) -> Upkeep {
    let data = whole(data);
    let looked_at = data.clone();
    Upkeep {
        disk: Arc::new(move || disk(&looked_at)),
        doors,
        backups,
        program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("suyuan")),
        data,
    }
}

/// Where devices sign in.
pub fn doors(front: &Sockets) -> Vec<Door> {
    let door = |tls, listener: &tokio::net::TcpListener| {
        let port = listener.local_addr().ok()?.port();
        Some(Door { tls, port })
    };
    let tls = front.tls.iter().filter_map(|one| door(true, &one.listener));
    let plain = front.plain.iter().filter_map(|one| door(false, one));
    tls.chain(plain).collect()
}

/// Adds the making of backups on request.
pub fn add_backups(system: &mut System, data: &Path, album: &Album, url: String) -> Arc<Backups> {
    let backups = Arc::new(Backups::new(whole(data).join(FOLDER)));
    let (asked, album, stop) = (Arc::clone(&backups), album.clone(), system.stop_token());
    system.spawn("backups", async move {
        make_on_request(&asked, &album, &url, &stop).await;
        Ok(())
    });
    backups
}

/// Makes backups until it is told to stop; one that is under way then is given up and leaves
/// nothing behind.
async fn make_on_request(backups: &Backups, album: &Album, url: &str, stop: &CancellationToken) {
    while stop.run_until_cancelled(backups.next()).await.is_some() {
        let progress = |step| backups.tell(step);
        // Large, and seldom there.
        let make = Box::pin(backup::make_in(
            album,
            url,
            backups.folder(),
            clock::now(),
            progress,
        ));
        if let Some(Err(error)) = stop.run_until_cancelled(make).await {
            tracing::error!(error = format!("{error:#}"), "no backup was made");
        }
        backups.finish();
    }
}

/// A path that means the same wherever it is read.
fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn disk(path: &Path) -> Option<Disk> {
    let told = rustix::fs::statvfs(path).ok()?;
    Some(Disk {
        total: told.f_blocks.saturating_mul(told.f_frsize),
        free: told.f_bavail.saturating_mul(told.f_frsize),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_room_and_what_is_no_folder_has_none() {
        let told = disk(Path::new("/")).map(|disk| disk.total >= disk.free && disk.total > 0);
        assert_eq!(told, Some(true));
        assert_eq!(disk(Path::new("/nonexistent")), None);
    }
}

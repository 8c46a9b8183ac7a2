//! The private cluster against a real PostgreSQL: started, stopped, killed, and started again.

use std::error::Error;

use super::*;
use crate::Store;

type TestResult = Result<(), Box<dyn Error>>;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("suyuan-{name}-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes one row that a later start looks for.
async fn leave_a_note(cluster: &Cluster) -> TestResult {
    let store = Store::connect(cluster.url()).await?;
    store.migrate().await?;
    crate::setting::set(&mut *store.acquire().await?, "note", "kept").await?;
    store.close().await;
    Ok(())
}

async fn note(cluster: &Cluster) -> Result<Option<String>, Box<dyn Error>> {
    let store = Store::connect(cluster.url()).await?;
    let note = crate::setting::find(&mut *store.acquire().await?, "note").await?;
    store.close().await;
    Ok(note)
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_stop_and_after_a_kill() -> TestResult {
    let folder = Folder::new("cluster-kill")?;
    let cluster = Cluster::start(&folder.0, &Options::default()).await?;
    leave_a_note(&cluster).await?;
    cluster.stop().await?;

    let cluster = Cluster::start(&folder.0, &Options::default()).await?;
    assert_eq!(note(&cluster).await?.as_deref(), Some("kept"));
    // The server dies at once, as in a power cut.
    signal_server(&cluster.place, Signal::KILL);
    drop(cluster);

    let cluster = Cluster::start(&folder.0, &Options::default()).await?;
    assert_eq!(note(&cluster).await?.as_deref(), Some("kept"));
    cluster.stop().await?;
    Ok(())
}

#[tokio::test]
async fn waiting_for_its_end_does_not_end_it() -> TestResult {
    let folder = Folder::new("cluster-wait")?;
    let mut cluster = Cluster::start(&folder.0, &Options::default()).await?;
    let ended = timeout(Duration::from_millis(500), cluster.ended()).await;
    assert!(ended.is_err(), "{ended:?}");
    leave_a_note(&cluster).await?;
    cluster.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_second_program_is_told_that_the_place_is_taken() -> TestResult {
    let folder = Folder::new("cluster-twice")?;
    let first = Cluster::start(&folder.0, &Options::default()).await?;
    let second = Cluster::start(&folder.0, &Options::default()).await;
    assert!(matches!(second, Err(ClusterError::InUse(_))));
    first.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_cluster_below_a_private_folder_still_starts() -> TestResult {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("cluster-private")?;
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o700))?;
    let cluster = Cluster::start(&folder.0.join("below"), &Options::default()).await?;
    leave_a_note(&cluster).await?;
    let kept_at = cluster.directory().to_owned();
    cluster.stop().await?;
    // As root it is kept in another place, which is this test's to clear away.
    fs::remove_dir_all(kept_at)?;
    Ok(())
}

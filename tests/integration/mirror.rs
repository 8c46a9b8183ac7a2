//! The static mirror: written by a running system, served by a file server that knows nothing of
//! it, checked by `suyuan verify`; a recall is out within five seconds, and no crash tears it.
//!
//! `SUYUAN_MIRROR_LOTS=10000` makes it as large as a county.

#![expect(
    clippy::disallowed_methods,
    reason = "what a recall takes is measured by the real clock"
)]

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::json;
use store::Store;
use store::cluster::Cluster;

use crate::harness::api::Api;
use crate::harness::system::{PASSWORD, System, add_account};
use crate::harness::{Folder, SUYUAN, free_port, skipped, wait_for};

/// How soon a recall has to be in the mirror.
const RECALL_WITHIN: Duration = Duration::from_secs(5);

fn lots() -> i32 {
    let lots = std::env::var("SUYUAN_MIRROR_LOTS").ok();
    lots.and_then(|lots| lots.parse().ok()).unwrap_or(200)
}

fn verify(words: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new("timeout");
    command.args(["300", SUYUAN, "verify"]).args(words);
    Ok(command.stdin(Stdio::null()).output()?)
}

fn verify_well(words: &[&str]) -> anyhow::Result<String> {
    let output = verify(words)?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "verify {words:?}: {errors}");
    Ok(String::from_utf8(output.stdout)?)
}

/// The public key of the system with this data.
fn key(data: &Path) -> anyhow::Result<String> {
    let output = Command::new(SUYUAN)
        .args(["mirror", "--key", "--data"])
        .arg(data)
        .output()?;
    ensure!(output.status.success(), "mirror --key");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

async fn store_of(data: &Path) -> anyhow::Result<Store> {
    let url = Cluster::url_below(data)?;
    Ok(Store::connect(&url).await?)
}

/// Waits until nothing waits.
async fn settled(store: &Store, what: &str) -> anyhow::Result<()> {
    // A county in a debug build takes its time.
    let deadline = Instant::now() + Duration::from_mins(20);
    loop {
        let mut connection = store.acquire().await?;
        let mirror = store::mirror::list(&mut connection).await?;
        let id = mirror.first().context("no mirror")?.id;
        if store::mirror::list_waiting(&mut connection, id, 1)
            .await?
            .is_empty()
        {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{what} is not settled");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn flip(path: &Path) -> anyhow::Result<()> {
    let mut bytes = std::fs::read(path)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Ok(std::fs::write(path, bytes)?)
}

/// A file server that knows nothing of us, ended when dropped.
struct Host(Child);

impl Host {
    async fn serve(folder: &Path) -> anyhow::Result<Option<(Self, String)>> {
        let port = free_port()?;
        let spawned = Command::new("python3")
            .args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"])
            .arg(folder)
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = spawned else {
            skipped("the mirror over HTTP", "there is no python3");
            return Ok(None);
        };
        let host = Self(child);
        wait_for("the file server", || async move {
            Ok(TcpStream::connect(("127.0.0.1", port)).ok().map(|_| ()))
        })
        .await?;
        Ok(Some((host, format!("http://127.0.0.1:{port}"))))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_mirror_is_whole_signed_served_by_anybody_and_first_with_a_recall() -> anyhow::Result<()>
{
    let (data, copy) = (Folder::new()?, Folder::new()?);
    let place = copy.path().to_str().context("a path in UTF-8")?;
    let flags = ["--mirror", place, "--mirror-url", "http://copy.example.cn"];
    let system = System::start_in(data.path(), &flags).await?;
    let store = store_of(data.path()).await?;
    let count = lots();
    store::bench::fill_lots(&store, count, 20.max(count / 50)).await?;
    settled(&store, "the first copy").await?;
    let key = key(data.path())?;
    let whole = verify_well(&[place, "--key", &key])?;
    println!("{count} lots: {}", whole.lines().next().unwrap_or_default());
    ensure!(whole.contains("all as signed"), "{whole}");

    tamper(copy.path(), place, &key)?;
    if let Some((_host, address)) = Host::serve(copy.path()).await? {
        let served = verify_well(&[&address, "--key", &key])?;
        ensure!(served.contains("all as signed"), "{served}");
    }
    recall_in_a_backlog(&system, &store, data.path(), copy.path()).await?;
    settled(&store, "the backlog").await?;
    verify_well(&[place, "--key", &key])?;

    // Killed in the middle of a backlog, it goes on where it was.
    store::bench::touch_lots(&store).await?;
    store.close().await;
    system.kill().await?;
    let system = System::start_in(data.path(), &flags).await?;
    let store = store_of(data.path()).await?;
    settled(&store, "what a crash left").await?;
    let again = verify_well(&[place, "--key", &key])?;
    ensure!(again.contains("all as signed"), "{again}");
    store.close().await;
    let ended = system.stop().await?;
    ensure!(ended.success(), "ended with {ended}");
    Ok(())
}

/// What was changed, removed or added is named, and nothing else is wrong.
fn tamper(root: &Path, place: &str, key: &str) -> anyhow::Result<()> {
    let gtin = store::bench::FILL_GTIN;
    let lot = format!("01/{gtin}/10/B000001");
    let page = root.join(&lot).join("en.html");
    let whole = std::fs::read(&page)?;
    let complains = |what: &str| -> anyhow::Result<()> {
        let output = verify(&[place, "--key", key])?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code() == Some(1), "{what}: {}", output.status);
        ensure!(errors.contains(what), "{what} is not in {errors}");
        Ok(())
    };
    flip(&page)?;
    complains(&format!("changed: {lot}/en.html"))?;
    std::fs::remove_file(&page)?;
    complains(&format!("missing: {lot}/en.html"))?;
    std::fs::write(&page, &whole)?;
    std::fs::write(root.join(&lot).join("more.html"), "x")?;
    complains(&format!("added: {lot}/more.html"))?;
    std::fs::remove_file(root.join(&lot).join("more.html"))?;
    let folder = root.join(&lot);
    verify_well(&[folder.to_str().context("UTF-8")?, "--key", key])?;
    verify_well(&[page.to_str().context("UTF-8")?])?;
    let sums = Command::new("sha256sum")
        .args(["-c", "--quiet", "manifest.txt"])
        .current_dir(&folder)
        .output()?;
    ensure!(
        sums.status.success(),
        "sha256sum: {}",
        String::from_utf8_lossy(&sums.stderr)
    );
    let other = "other.example.cn+0fdd6b4d+AX0=";
    ensure!(
        !verify(&[place, "--key", other])?.status.success(),
        "another key"
    );
    Ok(())
}

/// A recall while every lot waits to be written anew.
async fn recall_in_a_backlog(
    system: &System,
    store: &Store,
    data: &Path,
    copy: &Path,
) -> anyhow::Result<()> {
    add_account(data, "boss", "supervisor")?;
    let boss = Api::sign_in(&system.http, "boss", PASSWORD).await?;
    let listed = boss.get("/api/v1/lots?code=B000002&limit=1").await?;
    let id = listed["lots"][0]["id"].as_i64().context("no lot")?;
    let page = copy.join(format!(
        "01/{}/10/B000002/index.html",
        store::bench::FILL_GTIN
    ));
    let waiting = store::bench::touch_lots(store).await?;
    let begun = Instant::now();
    let body =
        json!({"reason": "农药残留超标", "request_id": "6f1c0c9e-8c1e-4a52-9d58-6a4a35b0f9a1"});
    boss.post(&format!("/api/v1/lots/{id}/recall"), &body)
        .await?;
    let acted = begun.elapsed();
    wait_for("the recall in the mirror", || {
        let text = std::fs::read_to_string(&page).unwrap_or_default();
        async move { Ok(text.contains("已召回").then_some(())) }
    })
    .await?;
    let out = begun.elapsed();
    println!("recall with {waiting} lots waiting: act {acted:?}, in the mirror after {out:?}");
    ensure!(out < RECALL_WITHIN, "the recall took {out:?}");
    Ok(())
}

//! A backup of a running county, put back elsewhere: the same county, pictures included.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::harness::api::Api;
use crate::harness::system::System;
use crate::harness::{Folder, SUYUAN};

fn suyuan(words: &[&str], data: &Path) -> anyhow::Result<Output> {
    let mut command = Command::new(SUYUAN);
    command.args(words).arg("--data").arg(data);
    Ok(command.env_remove("DATABASE_URL").output()?)
}

fn reason(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What two counties have to have in common and what other tests leave alone: the products, and
/// the readings of a gateway that nobody plays.
async fn portrait(http: &str) -> anyhow::Result<Vec<Value>> {
    let api = Api::sign_in(http, "operator", "suyuan-demo").await?;
    let gateways = api.get("/api/v1/gateways").await?;
    let quiet = gateways["gateways"].as_array().context("no gateways")?;
    let quiet = quiet
        .iter()
        .filter_map(|gateway| gateway["id"].as_str())
        .find(|id| *id != "demo-gw")
        .context("no other gateway")?;
    let probes = format!("/api/v1/gateways/{quiet}/probes");
    let probe = api.get(&probes).await?["probes"][0]["name"].clone();
    let probe = probe.as_str().context("no probe")?;
    let days = format!("{probes}/{probe}/readings?step=day&limit=3000&from=2020-01-01T00:00:00Z");
    let readings = api.get(&days).await?;
    let count = readings["readings"].as_array().map_or(0, Vec::len);
    ensure!(count > 100, "{count} days of readings");
    Ok(vec![api.get("/api/v1/products").await?, readings])
}

/// The hash of a picture of the demonstration's camera.
async fn a_picture(http: &str) -> anyhow::Result<String> {
    let api = Api::sign_in(http, "operator", "suyuan-demo").await?;
    let path = "/api/v1/gateways/demo-gw/cameras/demo-cam/pictures?limit=1";
    let pictures = api.get(path).await?;
    let hash = pictures["pictures"][0]["sha256"].as_str();
    Ok(hash
        .with_context(|| format!("no picture in {pictures}"))?
        .to_owned())
}

/// The numbers of all lots.
async fn lots(http: &str) -> anyhow::Result<Vec<i64>> {
    let api = Api::sign_in(http, "operator", "suyuan-demo").await?;
    let answer = api.get("/api/v1/lots?limit=500").await?;
    let lots = answer["lots"].as_array().context("no lots")?;
    Ok(lots.iter().filter_map(|lot| lot["id"].as_i64()).collect())
}

async fn picture_is_whole(http: &str, hash: &str) -> anyhow::Result<()> {
    let api = Api::sign_in(http, "operator", "suyuan-demo").await?;
    let bytes = api.bytes(&format!("/api/v1/pictures/{hash}")).await?;
    let found = store::picture::PictureHash::of(&bytes).to_string();
    ensure!(found == hash, "{hash} holds {found}");
    Ok(())
}

#[tokio::test]
async fn a_backup_of_a_running_county_is_the_same_county_elsewhere() -> anyhow::Result<()> {
    let (folder, elsewhere) = (Folder::new()?, Folder::new()?);
    let system = System::demo().await?;
    let (before, lots_before) = (portrait(&system.http).await?, lots(&system.http).await?);
    let picture = a_picture(&system.http).await?;
    let to = folder.path().to_string_lossy().into_owned();
    let made = suyuan(&["backup", "--keep", "1", "--to", &to], system.data()?)?;
    ensure!(made.status.success(), "{}", reason(&made));

    let files: Vec<_> = std::fs::read_dir(folder.path())?.collect::<Result<_, _>>()?;
    let [file] = files.as_slice() else {
        anyhow::bail!("{files:?} instead of one backup");
    };
    let file = file.path().to_string_lossy().into_owned();
    let restored = suyuan(&["restore", &file], elsewhere.path())?;
    ensure!(restored.status.success(), "{}", reason(&restored));

    let again = suyuan(&["restore", &file], elsewhere.path())?;
    assert_eq!(again.status.code(), Some(1), "nothing is overwritten");
    assert!(reason(&again).contains("already"), "{}", reason(&again));

    let copy = System::start_in(elsewhere.path(), &[]).await?;
    let after = portrait(&copy.http).await?;
    assert_eq!(after, before);
    let lots_after = lots(&copy.http).await?;
    assert!(lots_before.len() > 40);
    assert!(lots_before.iter().all(|lot| lots_after.contains(lot)));
    picture_is_whole(&copy.http, &picture).await?;
    copy.stop().await?;
    Ok(())
}

#[test]
fn a_damaged_backup_is_refused_before_anything_is_made() -> anyhow::Result<()> {
    let (folder, data) = (Folder::new()?, Folder::new()?);
    let to = folder.path().join("b.zip").to_string_lossy().into_owned();
    let made = suyuan(&["backup", "--to", &to], data.path())?;
    ensure!(made.status.success(), "{}", reason(&made));
    let checked = suyuan(&["restore", "--check", &to], data.path())?;
    ensure!(checked.status.success(), "{}", reason(&checked));

    let mut bytes = std::fs::read(&to)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&to, bytes)?;
    let elsewhere = folder.path().join("elsewhere");
    let refused = suyuan(&["restore", &to], &elsewhere)?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(reason(&refused).contains("damaged"), "{}", reason(&refused));
    assert!(!elsewhere.exists(), "nothing was made");
    Ok(())
}

//! The static copy: what lies there, what never does, and that every byte of it is signed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use model::lot::LotState;
use serde_json::Value;
use store::lot;
use store::picture::Location;

use super::Outcome;
use super::pictures::{JUNE, insert_lot, keep, world};
use super::world::{STEM, World};
use crate::mirror::check::{Check, Report};
use crate::mirror::{Options, once};

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("suyuan-mirror-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn options(&self) -> Options {
        Options {
            place: Location::Folder(self.0.clone()),
            url: "https://copy.example.cn".to_owned(),
            live: Some(STEM.to_owned()),
            refresh: Duration::from_hours(24),
            all: false,
        }
    }

    /// Every file by its path.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        gather(&self.0, "", &mut files);
        files
    }

    fn text(&self, path: &str) -> String {
        let bytes = self.files().remove(path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn check(&self, world: &World) -> Report {
        let verifier = world
            .state
            .setup()
            .signer
            .as_ref()
            .expect("a key")
            .verifier();
        let mut check = Check::new(verifier, "");
        while let Some(path) = check.next_path() {
            check.give(std::fs::read(self.0.join(path)).ok().as_deref());
        }
        check.end(self.files().into_keys())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn gather(root: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    if !root.exists() {
        return;
    }
    for entry in std::fs::read_dir(root.join(below)).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{below}{name}");
        if entry.path().is_dir() {
            gather(root, &format!("{path}/"), files);
        } else {
            files.insert(path, std::fs::read(entry.path()).expect("a file"));
        }
    }
}

async fn step(world: &World, to: LotState) -> Outcome {
    let mut connection = world.connection().await?;
    let found = lot::find_by_code(&mut connection, &world.own.gtin, "JUNE").await?;
    lot::step(&mut connection, found.ok_or("no lot")?.id, to).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_on_sale_lies_there_whole_signed_and_by_relative_links() -> Outcome {
    let (world, folder) = (world().await?, Folder::new());
    let picture = keep(&world, 90, JUNE).await?;
    insert_lot(&world, LotState::Released).await?;
    assert_eq!(once(&world.state, &folder.options()).await?, 1);
    let report = folder.check(&world);
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    assert_eq!(report.manifests, 3, "the whole, a product, a lot");

    let files = folder.files();
    let gtin = &world.own.gtin;
    let lot = format!("01/{gtin}/10/JUNE/");
    for name in ["index.html", "en.html", "linkset.json", "epcis.jsonld"] {
        assert!(files.contains_key(&format!("{lot}{name}")), "{name}");
    }
    assert!(files.contains_key(&format!("pictures/{picture}-480.jpg")));
    assert!(files.contains_key(".well-known/suyuan-key"));
    for (path, bytes) in files
        .iter()
        .filter(|(path, _)| path.rsplit('.').next() == Some("html"))
    {
        let page = String::from_utf8_lossy(bytes);
        let rooted = page.contains("=\"/");
        assert!(
            !rooted || path == "404.html",
            "{path} has an address from the root"
        );
        assert!(page.contains("Content-Security-Policy"), "{path}");
        assert!(!page.contains("cookie"), "{path}");
    }
    let page = folder.text(&format!("{lot}index.html"));
    for part in [
        "副本",
        "2026-11-23 12:00",
        "href=\"en.html\"",
        "../../../../assets/suyuan-",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("前</time>"), "a copy tells no ages");
    let live = format!("href=\"{STEM}/01/{gtin}/10/JUNE\"");
    assert!(page.contains(&live), "where the live page is");
    let picture = &files[&format!("pictures/{picture}.jpg")];
    let place = b"a secret place";
    assert!(!picture.windows(place.len()).any(|part| part == place));

    let linkset: Value = serde_json::from_str(&folder.text(&format!("{lot}linkset.json")))?;
    let links = &linkset["linkset"][0];
    let at = format!("https://copy.example.cn/{lot}");
    assert_eq!(links["https://ref.gs1.org/voc/defaultLink"][0]["href"], at);
    let epcis = &links["https://ref.gs1.org/voc/epcis"][0]["href"];
    assert_eq!(*epcis, format!("{at}epcis.jsonld"));
    let events: Value = serde_json::from_str(&folder.text(&format!("{lot}epcis.jsonld")))?;
    assert_eq!(events["type"], "EPCISDocument");
    // Nothing changed, so nothing is written.
    assert_eq!(once(&world.state, &folder.options()).await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_never_was_on_sale_never_lies_there() -> Outcome {
    for state in [
        LotState::Growing,
        LotState::Harvested,
        LotState::InTest,
        LotState::Held,
    ] {
        let (world, folder) = (world().await?, Folder::new());
        keep(&world, 90, JUNE).await?;
        insert_lot(&world, state).await?;
        assert_eq!(once(&world.state, &folder.options()).await?, 0, "{state}");
        assert!(!folder.files().keys().any(|path| path.contains("JUNE")));
    }
    Ok(())
}

#[tokio::test]
async fn a_stopped_lot_says_so_and_its_facts_and_pictures_go() -> Outcome {
    let (world, folder) = (world().await?, Folder::new());
    let picture = keep(&world, 90, JUNE).await?;
    insert_lot(&world, LotState::Released).await?;
    once(&world.state, &folder.options()).await?;
    step(&world, LotState::Held).await?;
    assert_eq!(once(&world.state, &folder.options()).await?, 1);
    let lot = format!("01/{}/10/JUNE/", world.own.gtin);
    let files = folder.files();
    let of_lot: Vec<_> = files
        .keys()
        .filter_map(|path| path.strip_prefix(&lot))
        .collect();
    assert_eq!(of_lot, ["en.html", "index.html", "manifest.txt"]);
    assert!(
        folder
            .text(&format!("{lot}index.html"))
            .contains("已停止销售")
    );
    assert!(folder.text(&format!("{lot}en.html")).contains("is stopped"));
    assert!(!files.keys().any(|path| path.contains(&picture.to_string())));
    assert!(folder.check(&world).faults.is_empty());

    step(&world, LotState::Released).await?;
    once(&world.state, &folder.options()).await?;
    assert!(
        folder
            .files()
            .contains_key(&format!("pictures/{picture}.jpg"))
    );
    assert!(folder.check(&world).faults.is_empty());
    Ok(())
}

#[tokio::test]
async fn files_that_somebody_removed_come_back() -> Outcome {
    let (world, folder) = (world().await?, Folder::new());
    keep(&world, 90, JUNE).await?;
    insert_lot(&world, LotState::Shipped).await?;
    once(&world.state, &folder.options()).await?;
    let whole: Vec<_> = folder.files().into_keys().collect();
    std::fs::remove_dir_all(&folder.0)?;
    assert_eq!(once(&world.state, &folder.options()).await?, 1);
    assert_eq!(folder.files().into_keys().collect::<Vec<_>>(), whole);
    std::fs::remove_dir_all(folder.0.join("pictures"))?;
    let all = Options {
        all: true,
        ..folder.options()
    };
    assert_eq!(once(&world.state, &all).await?, 1);
    assert_eq!(folder.files().into_keys().collect::<Vec<_>>(), whole);
    Ok(())
}

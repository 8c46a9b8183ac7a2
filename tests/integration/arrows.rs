//! The crates and the order between them, as docs/architecture.md draws it: a crate may use
//! those below it and nothing beside or above it, and some words belong to one crate alone.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

/// Which crates of ours a crate may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("store", &["model"]),
    ("ingest", &["model", "store"]),
    ("label-printer", &["model"]),
    ("gateway-firmware", &["model"]),
    ("trace-api", &["model", "store", "label-printer"]),
    (
        "suyuan",
        &[
            "model",
            "store",
            "ingest",
            "label-printer",
            "gateway-firmware",
            "trace-api",
        ],
    ),
];

/// Which crates of ours alone may use a library. The simulated board of `suyuan simulate` has
/// an MQTT client and a bus of its own, hence `suyuan`.
const ALONE: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("rumqttc", &["ingest", "suyuan"]),
    ("rmqtt-codec", &["ingest"]),
    ("object_store", &["store"]),
    ("qrcode", &["label-printer"]),
    ("image", &["label-printer"]),
    ("embedded-hal", &["gateway-firmware", "suyuan"]),
    ("axum", &["trace-api"]),
];

/// Direct dependencies of each crate, tests' and build scripts' left out.
fn dependencies() -> anyhow::Result<BTreeMap<String, BTreeSet<String>>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let uses = |package: &Value| -> BTreeSet<String> {
        let all = package["dependencies"].as_array().into_iter().flatten();
        all.filter(|dependency| dependency["kind"].is_null())
            .map(|d| text(&d["name"]))
            .collect()
    };
    Ok(packages
        .iter()
        .map(|package| (text(&package["name"]), uses(package)))
        .collect())
}

#[test]
fn every_arrow_between_our_crates_points_down() -> anyhow::Result<()> {
    let found = dependencies()?;
    let ours: BTreeSet<_> = MAY_USE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), ours);
    for (name, allowed) in MAY_USE {
        let allowed: BTreeSet<_> = allowed.iter().map(|name| (*name).to_owned()).collect();
        let used: BTreeSet<_> = found[*name].intersection(&ours).cloned().collect();
        assert!(used.is_subset(&allowed), "{name} uses {used:?}");
    }
    Ok(())
}

#[test]
fn a_librarys_words_stay_in_the_crate_that_owns_it() -> anyhow::Result<()> {
    let found = dependencies()?;
    for (library, owners) in ALONE {
        for (name, used) in &found {
            let may = owners.contains(&name.as_str());
            assert!(may || !used.contains(*library), "{name} uses {library}");
        }
    }
    Ok(())
}

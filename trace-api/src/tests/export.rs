//! One producer's data whole: what is in the archive, and who gets it.

use std::io::{Cursor, Read as _};

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Outcome;
use super::world::World;
use crate::rule::upload::tests::small_png;

#[tokio::test]
async fn a_producers_data_comes_whole_and_only_to_whom_it_belongs() -> Outcome {
    let world = World::new().await?;
    let lot = json!({ "request_id": Uuid::from_u128(1), "gtin": world.own.gtin, "code": "A-1",
        "plot_id": world.own.plot, "started_on": "2026-04-01", "harvested_on": "2026-10-01",
        "quantity": 3.0 });
    world
        .post("producer", "/api/v1/lots", &lot)
        .await?
        .expect(201)?;
    let files = format!("/api/v1/producers/{}/files", world.own.producer);
    let request = world
        .request(Some("producer"), Method::POST, &files)
        .await?;
    let sent = world.send(request.body(Body::from(small_png()))?).await?;
    sent.expect(201)?;
    let path = format!("/api/v1/producers/{}/export", world.own.producer);
    let sent = world.get("producer", &path).await?.expect(200)?;
    assert_eq!(sent.header("content-type"), "application/zip");
    let mut archive = zip::ZipArchive::new(Cursor::new(sent.body))?;
    let names = archive
        .file_names()
        .map(|name| name.map(std::borrow::Cow::into_owned));
    let names = names.collect::<Result<Vec<String>, _>>()?;
    let mut read = |name: &str| -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let mut bytes = Vec::new();
        archive.by_name(name)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let own: Value = serde_json::from_slice(&read("producer.json")?)?;
    assert_eq!(own["producer"]["id"], world.own.producer);
    let lots = String::from_utf8(read("lots.csv")?)?;
    assert!(
        lots.starts_with('\u{feff}') && lots.contains("A-1"),
        "{lots}"
    );
    let lot: Value = serde_json::from_slice(&read("lots.jsonl")?)?;
    assert_eq!(lot["lot"]["code"], "A-1");
    let events = String::from_utf8(read("events.jsonl")?)?;
    assert!(events.contains("eventID"), "{events}");
    let products: Value = serde_json::from_slice(&read("products.json")?)?;
    assert_eq!(products[0]["product"]["gtin"], world.own.gtin.as_str());
    let file = names.iter().find(|name| name.starts_with("files/"));
    assert_eq!(read(file.ok_or("no file")?)?, small_png());
    let sums = String::from_utf8(read("SHA256SUMS")?)?;
    for (hash, name) in sums.lines().filter_map(|line| line.split_once("  ")) {
        let found = crate::act::upload::hex(&Sha256::digest(read(name)?));
        assert_eq!(found, hash, "{name}");
        assert!(!name.starts_with("files/") || name.contains(hash), "{name}");
    }
    assert_eq!(sums.lines().count() + 1, names.len(), "{sums}");
    for name in [
        "plots.json",
        "records.jsonl",
        "inputs.json",
        "credentials.json",
        "README.txt",
    ] {
        assert!(
            names.iter().any(|known| known == name),
            "{name} of {names:?}"
        );
    }
    world.get("rival", &path).await?.expect(404)?;
    world.get("lab", &path).await?.expect(403)?;
    world.get("supervisor", &path).await?.expect(200)?;
    Ok(())
}

//! The data pack for sellers: what is in it, and what never is.

use std::io::{Cursor, Read as _};

use model::lot::LotState;
use serde_json::Value;
use zip::ZipArchive;

use super::Outcome;
use super::pictures::{JUNE, insert_lot, keep, world};
use super::world::World;

/// The files of a pack by their names.
async fn files(
    world: &World,
    path: &str,
) -> Result<Vec<(String, Vec<u8>)>, Box<dyn std::error::Error>> {
    let reply = world.visit(path).await?.expect(200)?;
    assert_eq!(reply.header("content-type"), "application/zip");
    let mut archive = ZipArchive::new(Cursor::new(reply.body))?;
    let mut files = Vec::new();
    for place in 0..archive.len() {
        let mut file = archive.by_index(place)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        files.push((file.name()?.into_owned(), bytes));
    }
    Ok(files)
}

fn find<'a>(files: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    let found = files.iter().find(|(known, _)| known == name);
    found.map(|(_, bytes)| bytes.as_slice())
}

#[tokio::test]
async fn a_pack_holds_texts_in_both_languages_and_pictures_without_metadata() -> Outcome {
    let world = world().await?;
    let picture = keep(&world, 90, JUNE).await?;
    insert_lot(&world, LotState::Released).await?;
    let gtin = world.own.gtin.clone();
    let files = files(&world, &format!("/catalogue/pack.zip?gtin={gtin}")).await?;
    let products: Value = serde_json::from_slice(find(&files, "products.json").ok_or("none")?)?;
    let product = &products["products"][0];
    assert_eq!(product["name"]["zh"], "莓茶");
    assert_eq!(product["name"]["en"], "Vine tea");
    assert_eq!(product["lots_on_sale"][0], "JUNE");
    let readme = String::from_utf8_lossy(find(&files, "README.txt").ok_or("none")?).into_owned();
    assert!(
        readme.contains("资料包") && readme.contains("Data pack"),
        "{readme}"
    );
    let sheet = String::from_utf8_lossy(find(&files, "products.csv").ok_or("none")?).into_owned();
    assert!(
        sheet.contains(&gtin) && sheet.starts_with('\u{feff}'),
        "{sheet}"
    );
    let name = format!("pictures/{gtin}/{picture}.jpg");
    let jpeg = find(&files, &name).ok_or("no picture")?;
    let place = b"a secret place";
    assert!(!jpeg.windows(place.len()).any(|part| part == place));
    assert_eq!(product["pictures"][0], name);
    for page in ["/catalogue".to_owned(), format!("/01/{gtin}")] {
        let text = world.visit(&page).await?.text();
        assert!(text.contains("/catalogue/pack.zip?"), "{page}");
    }
    Ok(())
}

#[tokio::test]
async fn a_selection_is_packed_and_what_is_not_on_sale_is_left_out() -> Outcome {
    let world = world().await?;
    keep(&world, 90, JUNE).await?;
    insert_lot(&world, LotState::Held).await?;
    let files = files(&world, "/catalogue/pack.zip?q=Vine").await?;
    let products: Value = serde_json::from_slice(find(&files, "products.json").ok_or("none")?)?;
    let products = products["products"].as_array().ok_or("no list")?.clone();
    assert_eq!(products.len(), 2, "both producers have one");
    for product in products {
        assert_eq!(product["lots_on_sale"].as_array().map(Vec::len), Some(0));
        assert_eq!(product["pictures"].as_array().map(Vec::len), Some(0));
    }
    assert!(
        !files
            .iter()
            .any(|(name, _)| name.rsplit('.').next() == Some("jpg"))
    );
    let nothing = world
        .visit("/catalogue/pack.zip?gtin=00000000000000")
        .await?;
    nothing.expect(404)?;
    Ok(())
}

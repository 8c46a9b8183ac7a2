//! That labels look as they did: a picture of each template, and one label in each back end.
//!
//! After a wanted change of looks, `just bless` (or `BLESS=1 cargo test -p label-printer`) makes
//! them anew; look at them before committing.

use std::path::PathBuf;

use super::{Outcome, certificate, tea};
use crate::{Dpi, Format, Press, SIZES, Template};

fn golden_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(name)
}

/// Compares with a golden file byte by byte, or makes it when blessed.
pub(super) fn compare(name: &str, bytes: &[u8]) -> Outcome {
    let path = golden_path(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(golden_path(""))?;
        std::fs::write(&path, bytes)?;
    }
    let golden = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    assert!(
        golden == bytes,
        "{name} looks different; BLESS=1 accepts the new one"
    );
    Ok(())
}

#[test]
fn labels_look_as_they_did() -> Outcome {
    let mut press = Press::new()?;
    for (name, label, dpi) in [
        ("40x30mm", tea()?, Dpi::D203),
        ("50x30mm", tea()?, Dpi::D300),
        ("60x40mm", certificate()?, Dpi::D203),
        ("80x50mm", certificate()?, Dpi::D203),
        ("100x70mm", certificate()?, Dpi::D203),
        ("a4-3x8", tea()?, Dpi::D300),
        ("a4-2x7", certificate()?, Dpi::D203),
        ("a4-2x4", certificate()?, Dpi::D203),
    ] {
        let sheet = press.compose_on(&label, &Template::named(name)?, dpi)?;
        compare(
            &format!("{name}-{dpi}.png"),
            &press.write(&sheet, Format::Png)?,
        )?;
    }
    Ok(())
}

#[test]
fn every_back_end_writes_what_it_wrote() -> Outcome {
    let mut press = Press::new()?;
    let sheet = press.compose(&tea()?, SIZES[0], Dpi::D203)?;
    for format in Format::ALL {
        compare(&format!("tea.{format}"), &press.write(&sheet, format)?)?;
    }
    Ok(())
}

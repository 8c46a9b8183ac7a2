//! That labels look as they did: each template in each back end. What a printer is sent is held
//! against the picture that comes out of it, so that a picture is all there is to look at.
//!
//! After a wanted change of looks, `just bless` (or `BLESS=1 cargo test -p label-printer`) makes
//! them anew; look at them before committing.

use std::path::PathBuf;

use super::{Outcome, certificate, tea};
use crate::device::{Device, Patience};
use crate::mock::{Behaviour, MockPrinter};
use crate::{Dpi, Format, Press, SIZES, Sheet, Template};

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

/// Each built-in template with a label that fills it, at one of the resolutions.
fn every_template(press: &mut Press) -> Result<Vec<(String, Sheet)>, Box<dyn std::error::Error>> {
    let drawn = [
        ("40x30mm", tea()?, Dpi::D203),
        ("50x30mm", tea()?, Dpi::D300),
        ("60x40mm", certificate()?, Dpi::D203),
        ("80x50mm", certificate()?, Dpi::D203),
        ("100x70mm", certificate()?, Dpi::D203),
        ("a4-3x8", tea()?, Dpi::D300),
        ("a4-2x7", certificate()?, Dpi::D203),
        ("a4-2x4", certificate()?, Dpi::D203),
    ];
    assert_eq!(drawn.len(), Template::names().len());
    let sheet = |(name, label, dpi)| {
        let sheet = press.compose_on(&label, &Template::named(name)?, dpi)?;
        Ok((format!("{name}-{dpi}"), sheet))
    };
    drawn.into_iter().map(sheet).collect()
}

#[test]
fn every_template_looks_as_it_did_as_picture_drawing_and_document() -> Outcome {
    let mut press = Press::new()?;
    for (name, sheet) in every_template(&mut press)? {
        for format in [Format::Png, Format::Svg, Format::Pdf] {
            compare(&format!("{name}.{format}"), &press.write(&sheet, format)?)?;
        }
    }
    Ok(())
}

#[test]
fn what_comes_out_of_a_printer_is_the_picture_of_every_template() -> Outcome {
    let mut press = Press::new()?;
    let drawn = every_template(&mut press)?;
    for format in Format::ALL
        .into_iter()
        .filter(|format| format.is_language())
    {
        let printer = MockPrinter::start(Behaviour::good(format))?;
        let address = printer.address().parse()?;
        let mut device = Device::open(&address, format, Patience::default())?;
        for (_, sheet) in &drawn {
            device.send(&press.write(sheet, format)?)?;
        }
        device.finish()?;
        assert_eq!(printer.complaints(), Vec::<String>::new());
        let labels = printer.labels();
        assert_eq!(labels.len(), drawn.len());
        for ((name, sheet), label) in drawn.iter().zip(&labels) {
            assert!(
                label.bytes() == sheet.bitmap().bytes(),
                "{name} in {format}"
            );
            assert_eq!(
                label.height(),
                sheet.bitmap().height(),
                "{name} in {format}"
            );
        }
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

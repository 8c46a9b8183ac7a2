//! PDF as a viewer sees it: drawn by poppler, read by zbar, searched as text.

use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{Outcome, PRINTED, SMALL, certificate, tea, zbar};
use crate::{
    Adjust, Batch, CodeLink, Dpi, Field, Format, Label, PDF_LABELS_MAX, PdfBook, Press, Template,
};

/// Hands bytes to one of poppler's programs and returns what it writes.
fn poppler(program: &str, args: &[&str], pdf: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("{program} must be installed (Debian's poppler-utils): {e}"))?;
    let mut stdin = child.stdin.take().ok_or("no pipe")?;
    let pdf = pdf.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(&pdf));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "the pipe broke")??;
    Ok(output.stdout)
}

/// A page as a picture.
fn drawn(pdf: &[u8], page: u32, dpi: u32) -> Result<Vec<u8>, Box<dyn Error>> {
    let (page, dpi) = (page.to_string(), dpi.to_string());
    let args = ["-gray", "-png", "-r", &dpi, "-f", &page, "-l", &page, "-"];
    poppler("pdftoppm", &args, pdf)
}

/// Every code on a picture, sorted.
fn codes(png: &[u8]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut all: Vec<String> = zbar(png)?.lines().map(str::to_owned).collect();
    all.sort();
    Ok(all)
}

fn numbered(number: u32) -> Result<Label, Box<dyn Error>> {
    let link = format!("https://a.cn/01/06901234567892/10/A/21/{number:05}");
    Ok(Label::new(CodeLink::parse(&link)?)
        .with(Field::Product, "永顺莓茶")
        .with(Field::Lot, "MC261120-01"))
}

#[test]
fn a_label_is_a_page_of_its_size_with_text_that_can_be_searched() -> Outcome {
    let mut press = Press::new()?;
    for (name, dpi) in [
        ("40x30mm", Dpi::D203),
        ("60x40mm", Dpi::D300),
        ("100x70mm", Dpi::D203),
    ] {
        let label = if name == "40x30mm" {
            tea()?
        } else {
            certificate()?
        };
        let sheet = press.compose_on(&label, &Template::named(name)?, dpi)?;
        let pdf = press.write(&sheet, Format::Pdf)?;
        // At a resolution that shares no dots with the printer's.
        assert_eq!(zbar(&drawn(&pdf, 1, 240)?)?, PRINTED, "{name}");
        let text = String::from_utf8(poppler("pdftotext", &["-raw", "-", "-"], &pdf)?)?;
        let product = label.text(Field::Product).ok_or("no product")?;
        assert!(text.contains(product), "{name}: {text:?}");
        assert!(
            pdf.len() < 40_000,
            "{} bytes: the font is not cut down",
            pdf.len()
        );
    }
    Ok(())
}

#[test]
fn a_sheet_begins_at_the_first_free_label_and_goes_on_on_the_next() -> Outcome {
    let mut press = Press::new()?;
    let template = Template::named("a4-3x8")?;
    let mut book = PdfBook::new(&mut press, template.sheet, Adjust::default(), 22)?;
    for number in 1..=5 {
        book.add(&press.compose_on(&numbered(number)?, &template, Dpi::D203)?)?;
    }
    let pdf = book.finish()?;
    let page = |page| drawn(&pdf, page, 200).and_then(|png| codes(&png));
    let expected = |numbers: &[u32]| -> Vec<String> {
        let link = |n: &u32| format!("https://A.CN/01/06901234567892/10/A/21/{n:05}");
        numbers.iter().map(link).collect()
    };
    assert_eq!(page(1)?, expected(&[1, 2, 3]));
    assert_eq!(page(2)?, expected(&[4, 5]));
    // Text stands in reading order, so that where the first label is shows in the layout.
    let text = String::from_utf8(poppler(
        "pdftotext",
        &["-f", "1", "-l", "1", "-", "-"],
        &pdf,
    )?)?;
    assert_eq!(text.matches("永顺莓茶").count(), 3);
    Ok(())
}

#[test]
fn a_place_that_the_sheet_does_not_have_is_refused() -> Outcome {
    let mut press = Press::new()?;
    let sheet = Template::named("a4-3x8")?.sheet;
    for (grid, start_at) in [(sheet, 0), (sheet, 25), (None, 2)] {
        let refused = PdfBook::new(&mut press, grid, Adjust::default(), start_at).err();
        assert_eq!(
            refused.map(|error| error.kind()),
            Some("setup"),
            "{start_at}"
        );
    }
    assert!(PdfBook::new(&mut press, sheet, Adjust::default(), 24).is_ok());
    let begun = Batch::begin(
        &mut press,
        Vec::new(),
        Format::Tspl,
        Adjust::default(),
        (sheet, 2),
    );
    assert_eq!(begun.err().map(|error| error.kind()), Some("setup"));
    Ok(())
}

#[test]
fn an_office_printers_offset_and_scale_move_the_whole_sheet() -> Outcome {
    let mut press = Press::new()?;
    let sheet = press.compose(&tea()?, SMALL, Dpi::D203)?;
    let adjust = Adjust {
        x_mm: 1.0,
        scale: 1.02,
        ..Adjust::default()
    };
    let pdf = press.write_for(&sheet, Format::Pdf, &adjust)?;
    let plain = press.write(&sheet, Format::Pdf)?;
    assert_ne!(drawn(&pdf, 1, 203)?, drawn(&plain, 1, 203)?);
    assert_eq!(zbar(&drawn(&pdf, 1, 300)?)?, PRINTED);
    Ok(())
}

#[test]
fn one_label_more_than_a_pdf_holds_is_refused_and_the_others_stay() -> Outcome {
    let mut press = Press::new()?;
    let template = Template::named("a4-3x8")?;
    let sheet = press.compose_on(&tea()?, &template, Dpi::D203)?;
    let mut book = PdfBook::new(&mut press, template.sheet, Adjust::default(), 1)?;
    book.pretend(PDF_LABELS_MAX - 1);
    book.add(&sheet)?;
    assert_eq!(
        book.add(&sheet).err().map(|error| error.kind()),
        Some("pdf-full")
    );
    assert_eq!(zbar(&drawn(&book.finish()?, 1, 200)?)?, PRINTED);
    Ok(())
}

#[test]
fn pictures_of_many_labels_are_files_of_one_archive() -> Outcome {
    let mut press = Press::new()?;
    let mut batch = Batch::begin(
        &mut press,
        Vec::new(),
        Format::Png,
        Adjust::default(),
        (None, 1),
    )?;
    for number in 1..=3 {
        let sheet = press.compose(&numbered(number)?, SMALL, Dpi::D203)?;
        batch.add(&mut press, &sheet, number)?;
    }
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(batch.finish()?))?;
    let names = archive.file_names().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(names, ["000001.png", "000002.png", "000003.png"]);
    let mut png = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_name("000002.png")?, &mut png)?;
    assert_eq!(zbar(&png)?, "https://A.CN/01/06901234567892/10/A/21/00002");
    Ok(())
}

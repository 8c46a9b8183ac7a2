//! That each printer language carries the label's dots and nothing else, with what the printer
//! needs around them.

use super::{Outcome, SMALL, tea};
use crate::backend::escpos::BAND_ROWS;
use crate::{Adjust, CodeLink, Dpi, Field, Format, Label, Press, SIZES};

#[test]
fn printer_languages_carry_the_same_dots() -> Outcome {
    let mut press = Press::new()?;
    let sheet = press.compose(&tea()?, SMALL, Dpi::D203)?;
    let dots = sheet.bitmap().bytes();
    let tspl = press.write(&sheet, Format::Tspl)?;
    let head = b"SIZE 40 mm,30 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 1\r\nCLS\r\nBITMAP 0,0,40,240,0,";
    assert!(tspl.starts_with(head) && tspl.ends_with(b"\r\nPRINT 1,1\r\n"));
    let body = &tspl[head.len()..head.len() + dots.len()];
    assert!(body.iter().zip(dots).all(|(sent, dot)| *sent == !dot));
    let zpl = String::from_utf8(press.write(&sheet, Format::Zpl)?)?;
    let hex = dots
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"));
    assert_eq!(
        zpl,
        format!("^XA^PW320^LL240^LH0,0^FO0,0^GFA,9600,9600,40,{hex}^FS^XZ\n")
    );
    Ok(())
}

#[test]
fn a_receipt_printer_gets_bands_that_it_can_hold() -> Outcome {
    let mut press = Press::new()?;
    let sheet = press.compose(&tea()?, SMALL, Dpi::D203)?;
    let escpos = press.write(&sheet, Format::EscPos)?;
    let (head, mut rest) = escpos.split_at(2);
    assert_eq!(head, b"\x1b@");
    let mut dots = Vec::new();
    while let Some(band) = rest.strip_prefix(b"\x1dv0\0") {
        let [a, b, c, d, ..] = *band else {
            return Err("a band without its measures".into());
        };
        let row_bytes = usize::from(u16::from_le_bytes([a, b]));
        let rows = usize::from(u16::from_le_bytes([c, d]));
        assert!(row_bytes == 40 && (1..=BAND_ROWS).contains(&rows));
        let (body, after) = band[4..].split_at(row_bytes * rows);
        dots.extend_from_slice(body);
        rest = after;
    }
    assert_eq!(dots, sheet.bitmap().bytes());
    assert_eq!(rest, [0x1B, b'J', 16]);
    let cut = Adjust {
        cut: true,
        ..Adjust::default()
    };
    assert!(
        press
            .write_for(&sheet, Format::EscPos, &cut)?
            .ends_with(b"\x1dVB\0")
    );
    Ok(())
}

#[test]
fn a_printers_habits_reach_each_language() -> Outcome {
    let mut press = Press::new()?;
    let sheet = press.compose(&tea()?, SMALL, Dpi::D203)?;
    let adjust = Adjust {
        x_mm: 0.5,
        gap_mm: 3.0,
        cut: true,
        ..Adjust::default()
    };
    let tspl = press.write_for(&sheet, Format::Tspl, &adjust)?;
    let head = b"SIZE 40 mm,30 mm\r\nGAP 3 mm,0 mm\r\nSET CUTTER 1\r\nDIRECTION 1\r\n";
    assert!(tspl.starts_with(head));
    assert!(
        press
            .write_for(&sheet, Format::Zpl, &adjust)?
            .starts_with(b"^XA^MMC^PW320")
    );
    let plain = press.write(&sheet, Format::Tspl)?;
    assert!(tspl[tspl.len() - 9_000..] != plain[plain.len() - 9_000..]);
    let too_far = Adjust {
        x_mm: 10.0,
        ..adjust
    };
    for format in [Format::Tspl, Format::Zpl, Format::EscPos] {
        let refused = press.write_for(&sheet, format, &too_far).err();
        assert_eq!(
            refused.map(|error| error.kind()),
            Some("offset"),
            "{format}"
        );
    }
    Ok(())
}

#[test]
fn the_svg_has_the_labels_size_and_escapes_its_title() -> Outcome {
    let mut press = Press::new()?;
    let link = CodeLink::parse("https://a.cn/01/06901234567892?a=1&b=<2>")?;
    let label = Label::new(link)
        .with(Field::Product, "莓茶")
        .with(Field::Regime, "承诺达标合格证");
    let sheet = press.compose(&label, SMALL, Dpi::D300)?;
    let svg = String::from_utf8(press.write(&sheet, Format::Svg)?)?;
    assert!(svg.contains("width=\"40mm\" height=\"30mm\" viewBox=\"0 0 40 30\""));
    assert!(svg.contains("a=1&amp;b=&lt;2&gt;"));
    assert!(
        !svg.contains("NaN") && svg.matches('C').count() > 50,
        "outlines are missing"
    );
    Ok(())
}

#[test]
fn a_format_is_found_by_its_name() -> Outcome {
    for format in Format::ALL {
        assert_eq!(format.name().parse::<Format>()?, format);
        assert!(format.media_type().contains('/'));
        let is_stream = format.media_type() == "application/octet-stream";
        assert_eq!(format.is_language(), is_stream);
    }
    assert!("bmp".parse::<Format>().is_err());
    Ok(())
}

#[test]
fn a_larger_label_has_larger_modules_and_a_smaller_one_than_gs1_allows_warns() -> Outcome {
    let mut press = Press::new()?;
    let dots = |press: &mut Press, size| {
        press
            .compose(&tea()?, size, Dpi::D203)
            .map(|sheet| (sheet.layout.module_dots, sheet.warning()))
    };
    let taken: Vec<_> = SIZES
        .map(|size| dots(&mut press, size))
        .into_iter()
        .collect::<Result<_, _>>()?;
    assert_eq!(taken, [4, 4, 4, 5, 7].map(|dots| (dots, None)));
    let fine = crate::Grid::with_module_dots(Dpi::D203, 3)?;
    let sheet = press.compose(&tea()?, SMALL, fine)?;
    let warning = sheet.warning().ok_or("no warning")?.to_string();
    assert!(
        warning.starts_with("a module of 0.375 mm is below GS1's 0.396 mm"),
        "{warning}"
    );
    let refused = crate::Grid::with_module_dots(Dpi::D203, 8)
        .err()
        .ok_or("8 dots")?;
    assert_eq!(
        refused.to_string(),
        "8 dots a module at 203 dpi are 1.00 mm; 0.25 to 0.99 mm are possible"
    );
    Ok(())
}

//! Whole labels: that they are read by a decoder that is not ours, that nothing touches the code's
//! quiet zone, and that what does not fit is refused.

use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use proptest::prelude::*;

mod certificate;
mod distortion;
mod golden;
mod languages;
mod pdf;
mod test_sheet;

use crate::proof::CodeArea;
use crate::{CodeLink, Dpi, Field, Format, Label, LabelError, Press, SIZES, Sheet, Size, Template};

type Outcome = Result<(), Box<dyn Error>>;

const URI: &str = "https://trace.ys.gov.cn/01/06901234567892/10/YS261120-01/21/7K3QX9M2ABCDE";
const PRINTED: &str = "https://TRACE.YS.GOV.CN/01/06901234567892/10/YS261120-01/21/7K3QX9M2ABCDE";
const SMALL: Size = SIZES[0];
const LARGE: Size = SIZES[2];

fn bare() -> Result<Label, LabelError> {
    CodeLink::parse(URI).map(Label::new)
}

/// What a tea cooperative prints every day.
fn tea() -> Result<Label, LabelError> {
    Ok(bare()?
        .with(Field::Product, "永顺莓茶")
        .with(Field::Producer, "演示莓茶合作社")
        .with(Field::Weight, "250 g")
        .with(Field::Date, "2026-11-20")
        .with(Field::Lot, "MC261120-01"))
}

/// A certificate with everything that the rule asks for, and more.
fn certificate() -> Result<Label, LabelError> {
    Ok(bare()?
        .with(Field::Regime, "承诺达标合格证")
        .with(Field::Product, "石堤红心猕猴桃")
        .with(Field::Producer, "演示石堤猕猴桃种植专业合作社")
        .with(Field::Origin, "永顺县石堤镇")
        .with(Field::Weight, "5 kg")
        .with(Field::Issued, "2026-11-20")
        .with(Field::Lot, "YS261120-01")
        .with(Field::Basis, "自行检测合格")
        .with(Field::Contact, "0743-0000000")
        .with(Field::Code, "123456789018"))
}

/// Reads a picture with zbar, which shares no code with our encoder or with rqrr.
fn zbar(png: &[u8]) -> Result<String, Box<dyn Error>> {
    let mut child = Command::new("zbarimg")
        .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("zbarimg must be installed (Debian's zbar-tools): {e}"))?;
    child
        .stdin
        .take()
        .ok_or("no pipe to zbarimg")?
        .write_all(png)?;
    Ok(String::from_utf8(child.wait_with_output()?.stdout)?
        .trim_end()
        .to_owned())
}

#[test]
fn an_independent_decoder_reads_every_size_and_resolution() -> Outcome {
    let mut press = Press::new()?;
    let all = Template::names();
    // A sheet's small label holds a tea's texts, not a certificate's.
    let whole: Vec<_> = all[2..]
        .iter()
        .copied()
        .filter(|name| *name != "a4-3x8")
        .collect();
    for (label, names) in [(tea()?, &all[..]), (certificate()?, &whole)] {
        for (name, dpi) in names
            .iter()
            .flat_map(|n| [(*n, Dpi::D203), (*n, Dpi::D300)])
        {
            let sheet = press.compose_on(&label, &Template::named(name)?, dpi)?;
            let png = press.write(&sheet, Format::Png)?;
            assert_eq!(zbar(&png)?, PRINTED, "{name} at {dpi} dpi");
            let measured = press.measure(&label, &Template::named(name)?, dpi)?;
            assert_eq!(measured, sheet.code(), "measured without being drawn");
        }
    }
    Ok(())
}

#[test]
fn the_bitmap_has_the_labels_true_size_in_dots() -> Outcome {
    let mut press = Press::new()?;
    for (dpi, dots) in [(Dpi::D203, (320, 240)), (Dpi::D300, (472, 354))] {
        let sheet = press.compose(&tea()?, SMALL, dpi)?;
        assert_eq!((sheet.bitmap().width(), sheet.bitmap().height()), dots);
    }
    Ok(())
}

#[test]
fn a_preview_is_told_side_module_and_correction() -> Outcome {
    let facts = Press::new()?.compose(&tea()?, SMALL, Dpi::D203)?.code();
    let told = format!(
        "QR {:.1} mm, module {:.2} mm, {}, version {}, quiet {}",
        facts.side_mm, facts.module_mm, facts.correction, facts.version, facts.quiet_modules
    );
    assert_eq!(told, "QR 22.5 mm, module 0.50 mm, Q, version 5, quiet 4");
    Ok(())
}

#[test]
fn a_character_that_cannot_be_printed_is_named() -> Outcome {
    let refused = Press::new()?.compose(&tea()?.with(Field::Product, "莓茶🍵"), SMALL, Dpi::D203);
    let error = refused.err().ok_or("it was printed")?;
    assert_eq!(
        error,
        LabelError::NoGlyph {
            field: Field::Product,
            character: '🍵'
        }
    );
    assert_eq!(error.kind(), "no-glyph");
    assert!(error.to_string().contains("product") && error.to_string().contains("U+1F375"));
    Ok(())
}

#[test]
fn what_does_not_fit_is_refused_with_the_size_that_would_hold_it() -> Outcome {
    let mut press = Press::new()?;
    let refused = press
        .compose(&certificate()?, SMALL, Dpi::D203)
        .err()
        .ok_or("it was printed")?;
    assert!(
        matches!(
            refused,
            LabelError::TextTooLong {
                fits: Some(LARGE),
                ..
            }
        ),
        "{refused:?}"
    );
    let endless = tea()?.with(Field::Product, &"茶".repeat(200));
    let refused = press
        .compose(&endless, SMALL, Dpi::D203)
        .err()
        .ok_or("it was printed")?;
    let expected = LabelError::TextTooLong {
        field: Field::Product,
        size: SMALL,
        fits: None,
    };
    assert_eq!(refused, expected);
    Ok(())
}

#[test]
fn everything_that_a_countys_label_says_fits_on_the_common_roll() -> Outcome {
    let mut press = Press::new()?;
    let label = bare()?
        .with(Field::Regime, "承诺达标合格证")
        .with(Field::Product, "毛坝莓茶 特级 罐装")
        .with(Field::Producer, "永顺县毛坝莓茶专业合作社")
        .with(Field::Origin, "莓茶 3 号地")
        .with(Field::Weight, "罐装 100 g")
        .with(Field::Harvested, "2026-11-20")
        .with(Field::Lot, "MC-20261120-01")
        .with(Field::Code, "901234567893");
    for dpi in [Dpi::D203, Dpi::D300] {
        let sheet = press.compose(&label, SMALL, dpi)?;
        assert!(is_clean(&sheet));
        golden::compare(
            &format!("county-{dpi}.png"),
            &press.write(&sheet, Format::Png)?,
        )?;
    }
    Ok(())
}

#[test]
fn a_link_too_long_for_a_small_label_is_sent_to_a_larger_one() -> Outcome {
    let mut press = Press::new()?;
    let long = URI.replace(
        "trace.ys",
        "trace.bureau-of-agriculture-and-rural-affairs.county-of-yongshun.prefecture-of-xiangxi",
    );
    let label = Label::new(CodeLink::parse(&long)?);
    let refused = press
        .compose(&label, SMALL, Dpi::D203)
        .err()
        .ok_or("it was printed")?;
    assert!(
        matches!(
            refused,
            LabelError::CodeTooBig {
                fits: Some(LARGE),
                ..
            }
        ),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("60x40mm"), "{refused}");
    assert!(press.compose(&label, LARGE, Dpi::D203).is_ok());
    assert_eq!(
        CodeLink::parse(&(URI.to_owned() + &"0".repeat(256)))
            .err()
            .map(|e| e.kind()),
        Some("link")
    );
    let unknown = press.compose(
        &label,
        Size {
            width_mm: 41,
            height_mm: 30,
        },
        Dpi::D203,
    );
    assert_eq!(unknown.err().map(|e| e.kind()), Some("size"));
    Ok(())
}

#[test]
fn a_spoilt_bitmap_is_not_released() -> Outcome {
    let sheet = Press::new()?.compose(&tea()?, SMALL, Dpi::D203)?;
    let (mut bitmap, area) = (sheet.bitmap().clone(), sheet.layout.code_area());
    assert!(crate::proof::says(&bitmap, area, PRINTED));
    assert!(!crate::proof::says(&bitmap, area, URI));
    bitmap.fill(0, 100, 160, 80);
    assert!(!crate::proof::says(&bitmap, area, PRINTED));
    Ok(())
}

#[test]
fn strokes_that_look_like_a_finder_pattern_do_not_spoil_the_proof() -> Outcome {
    let mut press = Press::new()?;
    for (product, note, size) in [
        ("惱", "", LARGE),
        ("惱", "頄./", LARGE),
        ("回固國圖", "", SMALL),
    ] {
        for dpi in [Dpi::D203, Dpi::D300] {
            let label = bare()?
                .with(Field::Product, product)
                .with(Field::Note, note);
            let sheet = press.compose(&label, size, dpi)?;
            assert_eq!(
                zbar(&press.write(&sheet, Format::Png)?)?,
                PRINTED,
                "{product} {dpi}"
            );
        }
    }
    Ok(())
}

/// A grey picture of a sheet as a poor camera takes it: turned, at another scale, and blurred.
fn photographed(sheet: &Sheet, degrees: f32, scale: f32, blur: i32) -> (usize, usize, Vec<u8>) {
    let bitmap = sheet.bitmap();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let side = (bitmap.width().max(bitmap.height()) as f32 * scale * 1.5) as usize;
    let middle = side as f32 / 2.0;
    let (mid_x, mid_y) = (bitmap.width() as f32 / 2.0, bitmap.height() as f32 / 2.0);
    let light = |x: f32, y: f32| {
        let (dx, dy) = ((x - middle) / scale, (y - middle) / scale);
        let (x, y) = (mid_x + dx * cos - dy * sin, mid_y + dx * sin + dy * cos);
        let is_black = x >= 0.0 && y >= 0.0 && bitmap.is_black(x as u32, y as u32);
        if is_black { 40 } else { 215 }
    };
    let mean = |x: usize, y: usize| {
        let around = (-blur..=blur).flat_map(|dx| (-blur..=blur).map(move |dy| (dx, dy)));
        let sum: i32 = around
            .map(|(dx, dy)| light(x as f32 + dx as f32 * 0.5, y as f32 + dy as f32 * 0.5))
            .sum();
        (sum / (2 * blur + 1).pow(2)) as u8
    };
    let pixels = (0..side * side)
        .map(|at| mean(at % side, at / side))
        .collect();
    (side, side, pixels)
}

#[test]
fn a_label_is_read_from_a_turned_and_blurred_picture() -> Outcome {
    let sheet = Press::new()?.compose(&tea()?, SMALL, Dpi::D203)?;
    for (degrees, scale, blur) in [(7.0, 1.0, 1), (33.0, 1.4, 1), (180.0, 0.8, 1)] {
        let (width, height, pixels) = photographed(&sheet, degrees, scale, blur);
        let mut pgm = format!("P5 {width} {height} 255\n").into_bytes();
        pgm.extend(pixels);
        assert_eq!(
            zbar(&pgm)?,
            PRINTED,
            "{degrees} degrees, scale {scale}, blur {blur}"
        );
    }
    Ok(())
}

#[test]
fn a_code_survives_a_blot() -> Outcome {
    let mut press = Press::new()?;
    let mut sheet = press.compose(&tea()?, SMALL, Dpi::D203)?;
    // A tenth of the symbol, away from its corners: correction Q must bear it.
    let (x, y) = (60, sheet.layout.dpi.dots(sheet.layout.code_y_mm) + 70);
    sheet.bitmap.fill(x, y, 44, 44);
    assert_eq!(zbar(&press.write(&sheet, Format::Png)?)?, PRINTED);
    Ok(())
}

#[test]
fn one_press_prints_many_labels_and_each_the_same_way() -> Outcome {
    let mut press = Press::new()?;
    let first = press.compose(&tea()?, SMALL, Dpi::D203)?;
    press.compose(&certificate()?, LARGE, Dpi::D300)?;
    let again = press.compose(&tea()?, SMALL, Dpi::D203)?;
    assert!(first.bitmap() == again.bitmap());
    assert!(Press::new()?.compose(&tea()?, SMALL, Dpi::D203)?.bitmap() == first.bitmap());
    Ok(())
}

/// One press for all cases of a property: making one parses the font.
static PRESS: Mutex<Option<Press>> = Mutex::new(None);

fn compose(label: &Label, template: &str, dpi: Dpi) -> Result<Sheet, LabelError> {
    let mut press = PRESS.lock().map_err(|_| LabelError::Font)?;
    let press = match press.as_mut() {
        Some(press) => press,
        None => press.insert(Press::new()?),
    };
    press.compose_on(label, &Template::named(template)?, dpi)
}

/// Whether a sheet keeps its quiet zone white and its margin free of ink.
fn is_clean(sheet: &Sheet) -> bool {
    let (layout, bitmap) = (&sheet.layout, sheet.bitmap());
    let dots = |mm: f32| layout.dpi.dots(mm) as u32;
    let CodeArea { left, top, side } = layout.code_area();
    let quiet = crate::code::QUIET_MODULES * layout.module_dots;
    let in_symbol = |at: u32| (quiet..side - quiet).contains(&at);
    let quiet_is_white = (0..side).all(|y| {
        (0..side).all(|x| in_symbol(x) && in_symbol(y) || !bitmap.is_black(left + x, top + y))
    });
    let edge = dots(0.8);
    let is_edge = |x: u32, y: u32| {
        x < edge || y < edge || x + edge >= bitmap.width() || y + edge >= bitmap.height()
    };
    let edge_is_white = (0..bitmap.height())
        .all(|y| (0..bitmap.width()).all(|x| !is_edge(x, y) || !bitmap.is_black(x, y)));
    quiet_is_white && edge_is_white
}

#[test]
fn a_character_that_reaches_out_to_the_left_stays_out_of_the_margin() -> Result<(), LabelError> {
    let label = Label::new(CodeLink::parse(URI)?)
        .with(Field::Product, "一")
        .with(Field::Note, "j");
    for size in SIZES {
        assert!(is_clean(&compose(&label, &size.to_string(), Dpi::D203)?));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_prints_cleanly_or_is_refused_with_a_reason(
        product in "[一-龥]{1,24}",
        producer in "[一-龥（）·]{0,30}",
        weight in "[0-9]{1,3} k?g",
        lot in "[A-Z0-9-]{1,20}",
        note in "[ -~一-龥]{0,20}",
        regime in proptest::option::of(Just("承诺达标合格证")),
        code in "([0-9]{12})?",
        template in proptest::sample::select(Template::names().to_vec()),
        fine: bool,
    ) {
        let link = CodeLink::parse(URI);
        prop_assert!(link.is_ok());
        if let Ok(link) = link {
            let label = Label::new(link)
                .with(Field::Product, &product)
                .with(Field::Producer, &producer)
                .with(Field::Weight, &weight)
                .with(Field::Lot, &lot)
                .with(Field::Note, &note)
                .with(Field::Code, &code)
                .with(Field::Regime, regime.unwrap_or_default());
            let dpi = if fine { Dpi::D300 } else { Dpi::D203 };
            match compose(&label, template, dpi) {
                Ok(sheet) => {
                    prop_assert!(is_clean(&sheet), "ink where none may be");
                    let read = sheet.bitmap().png(dpi).map(|png| zbar(&png).ok());
                    prop_assert_eq!(read, Ok(Some(PRINTED.to_owned())));
                }
                Err(LabelError::TextTooLong { .. }) => {}
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}

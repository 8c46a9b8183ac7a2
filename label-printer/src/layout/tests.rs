//! That marks stand where the template says, whatever a label has or lacks.

use super::*;
use crate::label::CodeLink;

const CERTIFICATE: &str = "承诺达标合格证";

fn label(texts: &[(Field, &str)]) -> Result<Label, LabelError> {
    let link = CodeLink::parse("https://a.cn/01/09506000134352/10/A-1")?;
    Ok(texts.iter().fold(Label::new(link), |label, (field, text)| {
        label.with(*field, text)
    }))
}

fn laid_out(texts: &[(Field, &str)], template: usize) -> Result<Layout, LabelError> {
    let known = Template::built_in()?;
    let on = known.get(template).ok_or(LabelError::Encode)?;
    lay_out(
        &mut Typesetter::new()?,
        &label(texts)?,
        on,
        Dpi::D203.into(),
        &known,
    )
}

fn glyphs(layout: &Layout) -> Vec<(Glyph, bool)> {
    let glyph = |mark: &Mark| match mark {
        Mark::Glyph { glyph, white } => Some((*glyph, *white)),
        Mark::Fill(_) => None,
    };
    layout.marks.iter().filter_map(glyph).collect()
}

fn fills(layout: &Layout) -> usize {
    layout
        .marks
        .iter()
        .filter(|mark| matches!(mark, Mark::Fill(_)))
        .count()
}

#[test]
fn a_label_without_texts_has_its_code_in_the_middle_of_its_height() -> Result<(), LabelError> {
    let layout = laid_out(&[], 0)?;
    assert!(layout.marks.is_empty());
    let middle = layout.code_y_mm + layout.facts().side_mm / 2.0;
    assert!(
        (middle - 15.0).abs() < 0.2 || layout.code_y_mm > 0.0,
        "{middle}"
    );
    Ok(())
}

#[test]
fn the_regimes_words_are_white_on_a_band_and_nothing_else_is() -> Result<(), LabelError> {
    for (at, template) in Template::built_in()?.iter().enumerate() {
        let texts = [
            (Field::Regime, CERTIFICATE),
            (Field::Product, "莓茶"),
            (Field::Lot, "A-1"),
        ];
        let layout = laid_out(&texts, at)?;
        let white = glyphs(&layout).iter().filter(|(_, white)| *white).count();
        assert_eq!(white, CERTIFICATE.chars().count());
        assert_eq!(fills(&layout), 1 + usize::from(template.rule));
        assert_eq!(
            fills(&laid_out(&texts[1..], at)?),
            usize::from(template.rule)
        );
    }
    Ok(())
}

#[test]
fn captions_and_their_texts_stand_in_two_columns() -> Result<(), LabelError> {
    let texts = [
        (Field::Origin, "永顺"),
        (Field::Weight, "5 kg"),
        (Field::Date, "2026-11-20"),
    ];
    let layout = laid_out(&texts, 2)?;
    let mut lefts: Vec<i32> = Vec::new();
    let mut baseline_mm = f32::NAN;
    let mut last_mm = f32::INFINITY;
    for (glyph, _) in glyphs(&layout) {
        // A new line, or the step from a caption to its text.
        let gap_mm = glyph.x_mm - last_mm;
        if glyph.baseline_mm > baseline_mm || gap_mm > glyph.size_mm * 1.2 || baseline_mm.is_nan() {
            lefts.push((glyph.x_mm * 100.0).round() as i32);
        }
        (baseline_mm, last_mm) = (glyph.baseline_mm, glyph.x_mm);
    }
    lefts.sort_unstable();
    lefts.dedup();
    assert_eq!(lefts.len(), 2, "{lefts:?}");
    Ok(())
}

#[test]
fn a_caption_gives_way_where_the_text_would_not_fit_beside_it() -> Result<(), LabelError> {
    let count = |lot: &str| laid_out(&[(Field::Lot, lot)], 0).map(|layout| glyphs(&layout).len());
    // Two characters of caption stand before a short lot, none before one that needs the width.
    assert_eq!(count("A-1")?, 5);
    assert_eq!(count("YS20261120-01")?, 13);
    Ok(())
}

#[test]
fn few_texts_are_set_larger_than_many() -> Result<(), LabelError> {
    let size_mm = |texts: &[(Field, &str)]| -> Result<f32, LabelError> {
        let layout = laid_out(texts, 2)?;
        Ok(glyphs(&layout)
            .iter()
            .map(|(glyph, _)| glyph.size_mm)
            .fold(f32::INFINITY, f32::min))
    };
    let few = [(Field::Weight, "5 kg"), (Field::Date, "2026-11-20")];
    let many = [
        (Field::Regime, CERTIFICATE),
        (Field::Product, "莓茶"),
        (Field::Grade, "特级"),
        (Field::Origin, "永顺"),
        (Field::Weight, "5 kg"),
        (Field::Harvested, "2026-11-19"),
        (Field::Packed, "2026-11-19"),
        (Field::Issued, "2026-11-20"),
        (Field::Expires, "2026-12-20"),
        (Field::Lot, "A-1"),
        (Field::Contact, "0743-0000000"),
    ];
    let (few_mm, many_mm) = (size_mm(&few)?, size_mm(&many)?);
    assert!(
        few_mm > 2.8 && (1.95..2.7).contains(&many_mm),
        "{few_mm} and {many_mm}"
    );
    Ok(())
}

#[test]
fn the_code_stands_on_whole_dots_at_both_resolutions() -> Result<(), LabelError> {
    let mut typesetter = Typesetter::new()?;
    for dpi in [Dpi::D203, Dpi::D300] {
        let texts = label(&[(Field::Product, "莓茶"), (Field::Code, "1234 5678 9018")])?;
        for name in Template::names() {
            let template = Template::named(name)?;
            let layout = lay_out(&mut typesetter, &texts, &template, dpi.into(), &[])?;
            for mm in [layout.code_x_mm, layout.code_y_mm] {
                let dots = mm * dpi.dots_per_mm();
                assert!((dots - dots.round()).abs() < 0.01, "{dots} on {name}");
            }
            let bottom_mm = layout.code_y_mm + layout.facts().side_mm;
            assert!(bottom_mm <= template.height_mm() + 0.01, "{bottom_mm}");
        }
    }
    Ok(())
}

#[test]
fn the_short_code_of_a_large_label_stands_below_its_symbol() -> Result<(), LabelError> {
    let layout = laid_out(&[(Field::Code, "1234 5678 9018")], 2)?;
    let side_mm = layout.facts().side_mm;
    let quiet_mm = code::QUIET_MODULES as f32 * layout.facts().module_mm;
    for (glyph, _) in glyphs(&layout) {
        assert!(glyph.baseline_mm > layout.code_y_mm + side_mm);
        assert!(glyph.x_mm >= quiet_mm - 0.1 && glyph.x_mm < side_mm - quiet_mm);
    }
    Ok(())
}

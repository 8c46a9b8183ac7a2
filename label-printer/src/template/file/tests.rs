//! That a template file is taken as it is written, and that each mistake is told with its place.

use super::*;

const WHOLE: &str = r#"
size = "45x35mm"
margin_mm = 1.5
code_mm_max = 24
side = [
  { field = "product", size_mm = 3, lines_max = 2 },
  { field = "weight", size_mm = 2.4, caption = "always" },
]
"#;

fn refused(text: &str) -> String {
    parse("own.toml", text)
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn a_short_template_is_filled_with_defaults() -> Result<(), TemplateError> {
    let template = parse("own.toml", WHOLE)?;
    assert_eq!(template.size.to_string(), "45x35mm");
    assert!(template.head.is_empty() && !template.rule && template.sheet.is_none());
    let row = template.side[0];
    assert_eq!((row.caption, row.style), (Caption::Never, Style::Plain));
    assert_eq!((row.lines_max, template.side[1].lines_max), (2, 1));
    assert!((row.size_mm_min - LEGIBLE_MM).abs() < f32::EPSILON);
    Ok(())
}

#[test]
fn a_template_may_build_upon_a_built_in_one() -> Result<(), TemplateError> {
    let own = parse(
        "own.toml",
        "base = \"60x40mm\"\nsize = \"62x42mm\"\nrule = false",
    )?;
    let base = read_named("60x40mm")?;
    assert_eq!((own.side.len(), own.rule), (base.side.len(), false));
    assert_eq!((own.size.width_mm, own.margin_mm), (62, base.margin_mm));
    Ok(())
}

/// What is replaced by what, and what is told then.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "45x35mm",
        "0x35mm",
        "own.toml, line 2: size: \"0x35mm\" is no label size",
    ),
    (
        "45x35mm",
        "10000x35mm",
        "line 2: size: \"10000x35mm\" is no label size",
    ),
    (
        "45x35mm",
        "900x35mm",
        "line 2: size: each side of 900x35mm must be 15 to 300 mm",
    ),
    (
        "margin_mm = 1.5",
        "margin_mm = -1",
        "line 3: margin_mm is -1; it must be 0.8 to 20",
    ),
    (
        "margin_mm = 1.5",
        "margin_mm = nan",
        "line 3: margin_mm is NaN",
    ),
    ("margin_mm", "margin", "line 3: unknown field `margin`"),
    (
        "24",
        "\"24\"",
        "line 4: invalid type: string \"24\", expected f32",
    ),
    ("code_mm_max = 24", "", "own.toml: code_mm_max is missing"),
    (
        "code_mm_max = 24",
        "code_mm_max = 40",
        "a code of 40 mm does not fit on a label of",
    ),
    (
        "product",
        "colour",
        "line 6: field: \"colour\" is no field of a label",
    ),
    (
        "product",
        "weight",
        "own.toml: the field weight has more than one row",
    ),
    (
        "size_mm = 3",
        "size_mm = 1.9",
        "line 6: size_mm is 1.9; it must be 1.95 to 40",
    ),
    (
        "lines_max = 2",
        "lines_max = 0",
        "line 6: lines_max is 0; it must be 1 to 8",
    ),
    ("size_mm = 3, ", "", "line 6: missing field `size_mm`"),
    (
        "always",
        "sometimes",
        "line 7: caption is \"sometimes\"; it must be one of never, alw",
    ),
    (
        "size_mm = 2.4",
        "size_mm = 2.4, wraps_below = 2",
        "line 7: wraps_below is 2; it must",
    ),
    (
        "size_mm = 2.4",
        "size_mm = 2.4, size_mm_min = 3",
        "size_mm_min is 3; it must be 1.95",
    ),
    ("]\n", "", "line 7: unclosed array"),
    (
        "margin_mm = 1.5",
        "base = \"none.toml\"",
        "line 3: base: \"none.toml\" is neither a",
    ),
];

#[test]
fn every_mistake_is_told_with_its_line_and_key() {
    for (from, to, told) in MISTAKES {
        let message = refused(&WHOLE.replacen(from, to, 1));
        assert!(
            message.contains(told),
            "{to}: {message:?} should say {told:?}"
        );
    }
    assert_eq!(refused(WHOLE), "");
}

#[test]
fn sheets_that_no_paper_holds_are_refused() {
    let sheet = "base = \"a4-3x8\"\n[sheet]\npage = \"210x297mm\"\ncolumns = 3\nrows = 8\n\
                 left_mm = 0\ntop_mm = 0\npitch_x_mm = 70\npitch_y_mm = 37\n";
    assert_eq!(refused(sheet), "");
    for (from, to, told) in [
        (
            "columns = 3",
            "columns = 4",
            "the last label ends outside the page of 210x297mm",
        ),
        (
            "columns = 3",
            "columns = 0",
            "line 4: sheet.columns is 0; it must be 1 to 50",
        ),
        (
            "pitch_y_mm = 37",
            "pitch_y_mm = 36",
            "would overlap on the sheet",
        ),
        ("rows = 8\n", "", "line 2: missing field `rows`"),
    ] {
        let message = refused(&sheet.replacen(from, to, 1));
        assert!(
            message.contains(told),
            "{to}: {message:?} should say {told:?}"
        );
    }
}

#[test]
fn templates_that_build_on_one_another_in_a_circle_are_refused() -> std::io::Result<()> {
    let folder = std::env::temp_dir().join(format!("suyuan-template-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("one.toml"), "base = \"two.toml\"")?;
    std::fs::write(folder.join("two.toml"), "base = \"one.toml\"")?;
    std::fs::write(folder.join("three.toml"), "base = \"40x30mm\"")?;
    std::fs::write(
        folder.join("four.toml"),
        "base = \"three.toml\"\nmargin_mm = 2",
    )?;
    std::fs::write(folder.join("large.toml"), "#".repeat(FILE_BYTES_MAX + 1))?;
    let circle = load(&folder.join("one.toml"));
    let chain = load(&folder.join("four.toml"));
    let large = load(&folder.join("large.toml"));
    let absent = load(&folder.join("absent.toml"));
    std::fs::remove_dir_all(&folder)?;
    assert!(matches!(circle, Err(TemplateError::Cycle(_))), "{circle:?}");
    assert!(chain.is_ok_and(|template| template.margin_mm > 1.9));
    for refused in [large, absent] {
        assert!(
            matches!(refused, Err(TemplateError::Read { .. })),
            "{refused:?}"
        );
    }
    assert!(matches!(
        read_named("41x30mm"),
        Err(TemplateError::Unknown { .. })
    ));
    Ok(())
}

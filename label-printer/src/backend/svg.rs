//! SVG in millimetres: text as outlines, so that it looks the same without the font, and the code
//! as one path of whole modules.

use std::fmt::Write as _;

use cosmic_text::Command;

use crate::layout::{Layout, Mark};
use crate::press::Sheet;
use crate::typeset::{Glyph, Typesetter};

/// Writes the sheet's layout.
pub(crate) fn write(sheet: &Sheet, typesetter: &mut Typesetter) -> String {
    let layout = &sheet.layout;
    let (width, height) = (layout.size.width_mm, layout.size.height_mm);
    let mut black = String::new();
    let mut white = String::new();
    for mark in &layout.marks {
        match mark {
            Mark::Fill(area) => {
                let (x, y, w, h) = (area.x, area.y, area.width, area.height);
                push(
                    &mut black,
                    format_args!("M{x:.3} {y:.3}h{w:.3}v{h:.3}h-{w:.3}z"),
                );
            }
            Mark::Glyph {
                glyph,
                white: on_band,
            } => {
                glyph_path(
                    glyph,
                    typesetter,
                    if *on_band { &mut white } else { &mut black },
                );
            }
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\"><title>{title}</title>\
         <path fill=\"#fff\" d=\"M0 0h{width}v{height}h-{width}z\"/>\
         <path d=\"{black}\"/><path fill=\"#fff\" d=\"{white}\"/>\
         <path shape-rendering=\"crispEdges\" d=\"{code}\"/></svg>\n",
        title = escaped(&sheet.title),
        code = code_path(layout),
    )
}

/// Each run of dark modules of a row as one rectangle.
fn code_path(layout: &Layout) -> String {
    let mut path = String::new();
    for run in layout.code_runs() {
        let (x, y, w, h) = (run.x, run.y, run.width, run.height);
        push(
            &mut path,
            format_args!("M{x:.3} {y:.3}h{w:.3}v{h:.3}h-{w:.3}z"),
        );
    }
    path
}

fn glyph_path(glyph: &Glyph, typesetter: &mut Typesetter, path: &mut String) {
    let (x, y) = (glyph.x_mm, glyph.baseline_mm);
    for command in typesetter.outline(glyph) {
        match command {
            Command::MoveTo(to) => push(path, format_args!("M{:.3} {:.3}", x + to.x, y - to.y)),
            Command::LineTo(to) => push(path, format_args!("L{:.3} {:.3}", x + to.x, y - to.y)),
            Command::QuadTo(a, to) => push(
                path,
                format_args!(
                    "Q{:.3} {:.3} {:.3} {:.3}",
                    x + a.x,
                    y - a.y,
                    x + to.x,
                    y - to.y
                ),
            ),
            Command::CurveTo(a, b, to) => push(
                path,
                format_args!(
                    "C{:.3} {:.3} {:.3} {:.3} {:.3} {:.3}",
                    x + a.x,
                    y - a.y,
                    x + b.x,
                    y - b.y,
                    x + to.x,
                    y - to.y
                ),
            ),
            Command::Close => path.push('z'),
        }
    }
}

fn push(path: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = path.write_fmt(text);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

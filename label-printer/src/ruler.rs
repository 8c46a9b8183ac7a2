//! A test page: rulers along two edges, a frame, and a code. Laid beside a real ruler it shows a
//! printer's offset and scale; scanned, whether its code is read.

use crate::code::{self, QUIET_MODULES};
use crate::error::LabelError;
use crate::label::CodeLink;
use crate::layout::{Area, Layout, Mark};
use crate::press::{Press, Sheet};
use crate::size::{Grid, Size};
use crate::typeset::Typesetter;

/// Length of a tick of each millimetre, fifth and tenth.
const TICKS_MM: [f32; 3] = [1.2, 2.0, 3.2];

/// Width of a tick and of the frame.
const LINE_MM: f32 = 0.125;

/// How far the frame stands from the edge.
const FRAME_MM: f32 = 1.0;

/// Room that the rulers and their numbers take along the edges.
const RULER_MM: f32 = 6.0;

/// Font size of the numbers.
const NUMBER_MM: f32 = 2.2;

impl Press {
    /// The test page of a size, with a code to scan.
    pub fn ruler(
        &mut self,
        link: &CodeLink,
        size: Size,
        grid: impl Into<Grid>,
    ) -> Result<Sheet, LabelError> {
        let grid = grid.into();
        let dpi = grid.dpi();
        let least_mm = f32::from(size.width_mm.min(size.height_mm));
        // The quiet zone may reach into the frame's corner, as the page has no text there.
        let room_mm = least_mm - RULER_MM;
        let chosen = code::choose(link.as_str(), grid, 0.5, room_mm).map_err(|needs_mm| {
            LabelError::CodeTooBig {
                size,
                needs_tenths_mm: (needs_mm * 10.0).ceil() as u32,
                room_tenths_mm: (room_mm * 10.0) as u32,
                fits: None,
            }
        })?;
        let mut marks = ticks(size.width_mm, size.height_mm);
        numbers(&mut self.typesetter, size, &mut marks);
        let quiet_mm = dpi.mm(QUIET_MODULES * chosen.module_dots);
        let origin_mm = dpi.mm(dpi.dots((RULER_MM - quiet_mm * 0.25).min(RULER_MM)) as u32);
        let layout = Layout {
            size,
            dpi,
            symbol: chosen.symbol,
            module_dots: chosen.module_dots,
            code_x_mm: origin_mm,
            code_y_mm: origin_mm,
            marks,
        };
        let sheet = self.prove(layout, link.as_str())?;
        Ok(Sheet {
            clips: true,
            ..sheet
        })
    }
}

/// Ticks along the upper and the left edge.
fn ticks(width: u16, height: u16) -> Vec<Mark> {
    let length = |at: u16| match (at % 10, at % 5) {
        (0, _) => TICKS_MM[2],
        (_, 0) => TICKS_MM[1],
        _ => TICKS_MM[0],
    };
    let line = |x, y, width, height| {
        Mark::Fill(Area {
            x,
            y,
            width,
            height,
        })
    };
    let across = (1..width).map(|at| line(f32::from(at), 0.0, LINE_MM, length(at)));
    let down = (1..height).map(|at| line(0.0, f32::from(at), length(at), LINE_MM));
    let (right, bottom) = (f32::from(width) - FRAME_MM, f32::from(height) - FRAME_MM);
    let frame = [
        line(RULER_MM, bottom, right - RULER_MM, LINE_MM),
        line(right, RULER_MM, LINE_MM, bottom - RULER_MM),
    ];
    across.chain(down).chain(frame).collect()
}

/// A number at each centimetre.
fn numbers(typesetter: &mut Typesetter, size: Size, marks: &mut Vec<Mark>) {
    let mut put = |at: u16, x_mm: f32, y_mm: f32| {
        let block = typesetter.set(&at.to_string(), NUMBER_MM, None);
        marks.extend(block.glyphs.iter().map(|glyph| Mark::Glyph {
            glyph: glyph.moved(x_mm, y_mm),
            white: false,
        }));
    };
    for at in (10..size.width_mm).step_by(10) {
        put(at, f32::from(at) + 0.3, TICKS_MM[1]);
    }
    for at in (10..size.height_mm).step_by(10) {
        put(at, TICKS_MM[1], f32::from(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dpi, SIZES};

    #[test]
    fn a_tick_stands_at_each_millimetre_and_the_code_is_read() -> Result<(), LabelError> {
        let link = CodeLink::parse("https://a.cn/01/09506000134352")?;
        let mut press = Press::new()?;
        for size in SIZES {
            let bitmap = press.ruler(&link, size, Dpi::D203)?.bitmap().clone();
            for mm in 1..u32::from(size.width_mm) {
                assert!(bitmap.is_black(mm * 8, 2), "{mm} mm across on {size}");
            }
            for mm in 1..u32::from(size.height_mm) {
                assert!(bitmap.is_black(2, mm * 8), "{mm} mm down on {size}");
            }
            assert!(!bitmap.is_black(4, 2));
        }
        let far = crate::Adjust {
            x_mm: -3.0,
            y_mm: 2.0,
            ..crate::Adjust::default()
        };
        let ruler = press.ruler(&link, SIZES[0], Dpi::D203)?;
        assert!(press.write_for(&ruler, crate::Format::Tspl, &far).is_ok());
        let small = press.ruler(&link, Size::of(20, 20), Dpi::D203);
        assert_eq!(small.err().map(|error| error.kind()), Some("code-too-big"));
        Ok(())
    }
}

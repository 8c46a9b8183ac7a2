//! The press: composes a label, draws its dots, proves its code, and writes it in a format. It
//! keeps the font's working memory, so one press serves many labels, one at a time.

use crate::backend::{self, Format};
use crate::bitmap::Bitmap;
use crate::code::CodeFacts;
use crate::error::LabelError;
use crate::label::Label;
use crate::layout::{Layout, Mark, lay_out};
use crate::proof;
use crate::size::{Dpi, Size};
use crate::template::Template;
use crate::typeset::{Glyph, Typesetter};

/// Coverage, of 255, from which a dot of a glyph is black. Below one half, because thin strokes of
/// dense characters would break; thermal dots spread, so not far below.
const INK_THRESHOLD: u8 = 104;

/// Lays out and draws labels.
pub struct Press {
    typesetter: Typesetter,
}

/// A label whose code has been read back from its own dots.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub(crate) layout: Layout,
    pub(crate) bitmap: Bitmap,
    pub(crate) title: String,
}

impl Sheet {
    /// The dots as they will be printed.
    #[must_use]
    pub const fn bitmap(&self) -> &Bitmap {
        &self.bitmap
    }

    /// What to tell about the code beside a preview.
    #[must_use]
    pub fn code(&self) -> CodeFacts {
        self.layout.facts()
    }
}

impl std::fmt::Debug for Press {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Press").finish_non_exhaustive()
    }
}

impl Press {
    /// A press with the built-in font; making one takes some milliseconds.
    pub fn new() -> Result<Self, LabelError> {
        Typesetter::new().map(|typesetter| Self { typesetter })
    }

    /// Lays a label out on the template of a size, draws it for a printer's resolution, and reads
    /// its code back from the drawing.
    pub fn compose(&mut self, label: &Label, size: Size, dpi: Dpi) -> Result<Sheet, LabelError> {
        let template = Template::find(size).ok_or(LabelError::SizeUnknown(size))?;
        let layout = lay_out(&mut self.typesetter, label, template, dpi)?;
        let bitmap = self.draw(&layout);
        if !proof::says(&bitmap, layout.code_area(), label.link().as_str()) {
            return Err(LabelError::Proof);
        }
        Ok(Sheet {
            layout,
            bitmap,
            title: label.link().to_string(),
        })
    }

    /// Writes a sheet in a format.
    pub fn write(&mut self, sheet: &Sheet, format: Format) -> Result<Vec<u8>, LabelError> {
        match format {
            Format::Png => backend::png::write(sheet),
            Format::Svg => Ok(backend::svg::write(sheet, &mut self.typesetter).into_bytes()),
            Format::Tspl => Ok(backend::tspl::write(sheet)),
            Format::Zpl => Ok(backend::zpl::write(sheet)),
        }
    }

    fn draw(&mut self, layout: &Layout) -> Bitmap {
        let dpi = layout.dpi;
        let dots = |mm: u16| dpi.dots(f32::from(mm)) as u32;
        let mut bitmap = Bitmap::new(dots(layout.size.width_mm), dots(layout.size.height_mm));
        for mark in &layout.marks {
            match mark {
                Mark::Fill(area) => {
                    let (x, y) = (dpi.dots(area.x), dpi.dots(area.y));
                    bitmap.fill(x, y, dpi.dots(area.width), dpi.dots(area.height).max(1));
                }
                Mark::Glyph { glyph, white } => self.draw_glyph(glyph, !white, dpi, &mut bitmap),
            }
        }
        draw_code(layout, &mut bitmap);
        bitmap
    }

    fn draw_glyph(&mut self, glyph: &Glyph, black: bool, dpi: Dpi, bitmap: &mut Bitmap) {
        let scale = dpi.dots_per_mm();
        let y = dpi.dots(glyph.baseline_mm);
        let Some((image, x)) =
            self.typesetter
                .raster(glyph, glyph.size_mm * scale, glyph.x_mm * scale)
        else {
            return;
        };
        let (left, top) = (x + image.placement.left, y - image.placement.top);
        let width = image.placement.width.max(1) as usize;
        for (row, coverages) in image.data.chunks_exact(width).enumerate() {
            for (column, coverage) in coverages.iter().enumerate() {
                if *coverage >= INK_THRESHOLD {
                    bitmap.set(left + column as i32, top + row as i32, black);
                }
            }
        }
    }
}

/// Draws the code's modules as squares of whole dots.
fn draw_code(layout: &Layout, bitmap: &mut Bitmap) {
    let dots = layout.dpi.dots_per_module() as i32;
    let quiet = crate::code::QUIET_MODULES as i32 * dots;
    let (left, top) = (
        layout.dpi.dots(layout.code_x_mm),
        layout.dpi.dots(layout.code_y_mm),
    );
    for row in 0..layout.symbol.modules {
        for column in 0..layout.symbol.modules {
            if layout.symbol.is_dark(column, row) {
                let (x, y) = (column as i32 * dots, row as i32 * dots);
                bitmap.fill(left + quiet + x, top + quiet + y, dots, dots);
            }
        }
    }
}

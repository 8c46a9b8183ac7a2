//! The press: composes a label, draws its dots, proves its code, and writes it in a format. It
//! keeps the font's working memory, so one press serves many labels, one at a time.

use krilla::text::Font;

use crate::adjust::Adjust;
use crate::backend::{self, Format};
use crate::bitmap::Bitmap;
use crate::code::CodeFacts;
use crate::error::LabelError;
use crate::label::Label;
use crate::layout::{Layout, Mark, lay_out};
use crate::proof;
use crate::size::{Dpi, Grid, MODULE_MM_GS1, Size};
use crate::template::Template;
use crate::typeset::{Glyph, Typesetter};

/// Coverage, of 255, from which a dot of a glyph is black. Below one half, because thin strokes of
/// dense characters would break; thermal dots spread, so not far below.
const INK_THRESHOLD: u8 = 104;
/// Height of a line of text in font sizes, descenders included.
const LINE_HEIGHT: f32 = 1.18;

/// Lays out and draws labels.
pub struct Press {
    pub(crate) typesetter: Typesetter,
    templates: Vec<Template>,
    font: Option<Font>,
}

/// What is worth a look before many labels are printed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// The module is smaller than GS1 allows.
    #[error(
        "a module of {module_mm:.3} mm is below GS1's 0.396 mm: not every phone will read it; \
         try a printed label before making many"
    )]
    SmallModule {
        /// Side of a module.
        module_mm: f32,
    },
}

/// A label whose code has been read back from its own dots.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub(crate) layout: Layout,
    pub(crate) bitmap: Bitmap,
    pub(crate) title: String,
    /// Whether a printer's offset may push ink off the paper: only of a ruler, which shows it.
    pub(crate) clips: bool,
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

    /// The label's size.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.layout.size
    }

    /// What is worth a look before many labels are printed.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        let module_mm = self.code().module_mm;
        (module_mm < MODULE_MM_GS1).then_some(Warning::SmallModule { module_mm })
    }
}

impl std::fmt::Debug for Press {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Press").finish_non_exhaustive()
    }
}

impl Press {
    /// A press with the built-in font and templates; making one takes some milliseconds.
    pub fn new() -> Result<Self, LabelError> {
        Ok(Self {
            typesetter: Typesetter::new()?,
            templates: Template::built_in()?,
            font: None,
        })
    }

    /// Lays a label out on the built-in template of a size, draws it for a printer's resolution,
    /// and reads its code back from the drawing.
    pub fn compose(
        &mut self,
        label: &Label,
        size: Size,
        grid: impl Into<Grid>,
    ) -> Result<Sheet, LabelError> {
        let found = self.templates.iter().find(|template| template.size == size);
        let template = found.cloned().ok_or(LabelError::SizeUnknown(size))?;
        self.compose_on(label, &template, grid)
    }

    /// The same on any template.
    pub fn compose_on(
        &mut self,
        label: &Label,
        template: &Template,
        grid: impl Into<Grid>,
    ) -> Result<Sheet, LabelError> {
        let (typesetter, known) = (&mut self.typesetter, &self.templates);
        let layout = lay_out(typesetter, label, template, grid.into(), known)?;
        self.prove(layout, label.link().as_str())
    }

    /// What a label's code would measure on a template: it is laid out, but neither drawn nor read
    /// back, which is most of the work.
    pub fn measure(
        &mut self,
        label: &Label,
        template: &Template,
        grid: impl Into<Grid>,
    ) -> Result<CodeFacts, LabelError> {
        let (typesetter, known) = (&mut self.typesetter, &self.templates);
        Ok(lay_out(typesetter, label, template, grid.into(), known)?.facts())
    }

    /// Whether every character of a label can be printed; whether it fits shows when it is laid
    /// out.
    pub fn check(&self, label: &Label) -> Result<(), LabelError> {
        for (field, text) in label.texts() {
            if let Some(character) = self.typesetter.missing(text) {
                return Err(LabelError::NoGlyph { field, character });
            }
        }
        Ok(())
    }

    /// Draws a layout and reads its code back.
    pub(crate) fn prove(&mut self, layout: Layout, text: &str) -> Result<Sheet, LabelError> {
        let bitmap = self.draw(&layout);
        if !proof::says(&bitmap, layout.code_area(), text) {
            return Err(LabelError::Proof);
        }
        Ok(Sheet {
            layout,
            bitmap,
            title: text.to_owned(),
            clips: false,
        })
    }

    /// Writes a sheet in a format, for the ideal printer.
    pub fn write(&mut self, sheet: &Sheet, format: Format) -> Result<Vec<u8>, LabelError> {
        self.write_for(sheet, format, &Adjust::default())
    }

    /// Writes a sheet in a format for a particular printer; pictures stay as they are.
    pub fn write_for(
        &mut self,
        sheet: &Sheet,
        format: Format,
        adjust: &Adjust,
    ) -> Result<Vec<u8>, LabelError> {
        match format {
            Format::Png => sheet.bitmap.png(sheet.layout.dpi),
            Format::Svg => Ok(backend::svg::write(sheet, &mut self.typesetter).into_bytes()),
            Format::Pdf => {
                let mut book = backend::pdf::PdfBook::new(self, None, *adjust, 1)?;
                book.add(sheet)?;
                book.finish()
            }
            Format::Zpl => backend::zpl::write(sheet, adjust),
            Format::Tspl => backend::tspl::write(sheet, adjust),
            Format::EscPos => backend::escpos::write(sheet, adjust),
        }
    }

    /// One line of text without a label around it, this many dots high: for captions.
    pub fn line(&mut self, text: &str, height_dots: u32) -> Result<Bitmap, LabelError> {
        let dpi = Dpi::D203;
        let size_mm = dpi.mm(height_dots) / LINE_HEIGHT;
        let block = self.typesetter.set(text, size_mm, None);
        let width = dpi.dots(block.width_mm).max(0) as u32 + 1;
        let mut bitmap = Bitmap::new(width, height_dots);
        for glyph in &block.glyphs {
            self.draw_glyph(glyph, true, dpi, &mut bitmap);
        }
        Ok(bitmap)
    }

    /// The font for PDF, read once.
    pub(crate) fn pdf_font(&mut self) -> Result<Font, LabelError> {
        if let Some(font) = &self.font {
            return Ok(font.clone());
        }
        let font = backend::pdf::font()?;
        Ok(self.font.insert(font).clone())
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
    let area = layout.code_area();
    let dots = layout.module_dots;
    let quiet = crate::code::QUIET_MODULES * dots;
    for (row, column, length) in layout.symbol.runs() {
        let (x, y) = (
            area.left + quiet + column * dots,
            area.top + quiet + row * dots,
        );
        bitmap.fill(x as i32, y as i32, (length * dots) as i32, dots as i32);
    }
}

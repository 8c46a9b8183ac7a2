//! PDF for office printers and for print shops: one label a page, or many on a sheet. Text is text
//! in a subset of our font, the code is one path of whole modules.

use krilla::Document;
use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Rect, Transform};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

use crate::adjust::Adjust;
use crate::error::LabelError;
use crate::layout::{Layout, Mark};
use crate::press::{Press, Sheet};
use crate::size::Size;
use crate::template::SheetGrid;
use crate::typeset::{FONT, Glyph};

/// Most labels in one PDF: it is built in memory, and no office printer takes more pages at once.
pub const PDF_LABELS_MAX: u32 = 10_000;

/// Points in a millimetre.
const POINTS_PER_MM: f32 = 72.0 / 25.4;

/// A PDF to which labels are added one by one.
pub struct PdfBook {
    document: Document,
    font: Font,
    adjust: Adjust,
    grid: Option<SheetGrid>,
    /// The first label's place on the first sheet, from 0.
    first: u32,
    /// Labels of the page that is not yet full, with their places.
    waiting: Vec<Layout>,
    count: u32,
}

impl std::fmt::Debug for PdfBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PdfBook")
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

/// The font as PDF wants it.
pub(crate) fn font() -> Result<Font, LabelError> {
    Font::new(FONT.into(), 0).ok_or(LabelError::Font)
}

impl PdfBook {
    /// An empty PDF: with a grid for sheets of labels, without one for a page a label. `start_at`
    /// is the first free label of a half-used sheet, from 1.
    pub fn new(
        press: &mut Press,
        grid: Option<SheetGrid>,
        adjust: Adjust,
        start_at: u32,
    ) -> Result<Self, LabelError> {
        adjust.check()?;
        let places = grid.map_or(1, |grid| grid.labels());
        if !(1..=places).contains(&start_at) {
            return Err(LabelError::Setup(
                "the first label must stand on the sheet: count its labels line by line from 1",
            ));
        }
        let mut document = Document::new();
        let metadata = Metadata::new()
            .creator("suyuan".to_owned())
            .language("zh-CN".to_owned());
        document.set_metadata(metadata);
        Ok(Self {
            document,
            font: press.pdf_font()?,
            adjust,
            grid,
            first: start_at - 1,
            waiting: Vec::new(),
            count: 0,
        })
    }

    /// Adds a label.
    pub fn add(&mut self, sheet: &Sheet) -> Result<(), LabelError> {
        if self.count >= PDF_LABELS_MAX {
            return Err(LabelError::PdfFull);
        }
        self.count += 1;
        self.waiting.push(sheet.layout.clone());
        let places = self.grid.map_or(1, |grid| grid.labels());
        if self.first + self.waiting.len() as u32 >= places {
            self.turn_page()?;
        }
        Ok(())
    }

    /// The file.
    pub fn finish(mut self) -> Result<Vec<u8>, LabelError> {
        if !self.waiting.is_empty() {
            self.turn_page()?;
        }
        self.document.finish().map_err(|_| LabelError::Encode)
    }

    /// Counts labels that were not added, to come near the limit.
    #[cfg(test)]
    pub(crate) fn pretend(&mut self, labels: u32) {
        self.count += labels;
    }

    /// Draws the waiting labels on a page of their own.
    fn turn_page(&mut self) -> Result<(), LabelError> {
        let labels = std::mem::take(&mut self.waiting);
        let own = labels.first().map_or(Size::of(1, 1), |layout| layout.size);
        let page = self.grid.map_or(own, |grid| grid.page);
        let points = |mm: u16| f32::from(mm) * POINTS_PER_MM;
        let settings = PageSettings::from_wh(points(page.width_mm), points(page.height_mm))
            .ok_or(LabelError::Encode)?;
        let mut page = self.document.start_page_with(settings);
        let mut surface = page.surface();
        let scale = POINTS_PER_MM * self.adjust.scale;
        for (at, layout) in (self.first..).zip(&labels) {
            let (x, y) = self.grid.map_or((0.0, 0.0), |grid| grid.place_mm(at));
            surface.push_transform(&Transform::from_row(
                scale,
                0.0,
                0.0,
                scale,
                (x + self.adjust.x_mm) * POINTS_PER_MM,
                (y + self.adjust.y_mm) * POINTS_PER_MM,
            ));
            draw(&mut surface, layout, &self.font);
            surface.pop();
        }
        self.first = 0;
        Ok(())
    }
}

/// Draws a label in millimetres.
fn draw(surface: &mut Surface<'_>, layout: &Layout, font: &Font) {
    let mut line: Vec<Glyph> = Vec::new();
    let mut is_white = false;
    surface.set_fill(Some(ink(false)));
    for mark in &layout.marks {
        match mark {
            Mark::Fill(area) => {
                draw_line(surface, &mut line, is_white, font);
                let area = Rect::from_xywh(area.x, area.y, area.width, area.height);
                surface.set_fill(Some(ink(false)));
                if let Some(path) = path(area) {
                    surface.draw_path(&path);
                }
            }
            Mark::Glyph { glyph, white } => {
                let goes_on = line
                    .last()
                    .is_some_and(|last| is_white == *white && last.leads_to(glyph));
                if !goes_on {
                    draw_line(surface, &mut line, is_white, font);
                }
                is_white = *white;
                line.push(*glyph);
            }
        }
    }
    draw_line(surface, &mut line, is_white, font);
    surface.set_fill(Some(ink(false)));
    if let Some(path) = path(
        layout
            .code_runs()
            .filter_map(|area| Rect::from_xywh(area.x, area.y, area.width, area.height)),
    ) {
        surface.draw_path(&path);
    }
}

/// One path of rectangles: drawn as one, so that no hairline shows between them.
fn path(areas: impl IntoIterator<Item = Rect>) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for area in areas {
        builder.push_rect(area);
    }
    builder.finish()
}

fn ink(white: bool) -> Fill {
    let color = if white {
        luma::Color::white()
    } else {
        luma::Color::black()
    };
    Fill {
        paint: color.into(),
        ..Fill::default()
    }
}

/// Draws glyphs of one baseline, size and colour as text that can be searched, and forgets them.
fn draw_line(surface: &mut Surface<'_>, line: &mut Vec<Glyph>, white: bool, font: &Font) {
    let Some(first) = line.first().copied() else {
        return;
    };
    let mut text = String::new();
    let mut glyphs = Vec::with_capacity(line.len());
    for (at, glyph) in line.iter().enumerate() {
        let begin = text.len();
        text.push(glyph.character);
        let next_mm = line
            .get(at + 1)
            .map_or(glyph.x_mm + glyph.size_mm, |next| next.x_mm);
        let advance = (next_mm - glyph.x_mm) / glyph.size_mm;
        let range = begin..text.len();
        let id = GlyphId::new(u32::from(glyph.id));
        glyphs.push(KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, range, None));
    }
    surface.set_fill(Some(ink(white)));
    let start = Point::from_xy(first.x_mm, first.baseline_mm);
    surface.draw_glyphs(start, &glyphs, font.clone(), &text, first.size_mm, false);
    line.clear();
}

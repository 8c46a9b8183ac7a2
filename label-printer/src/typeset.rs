//! Sets text in our one font: shaping, Chinese line breaking, and the search for the size that
//! fits. It works in millimetres and knows neither labels nor dots.

use std::collections::HashMap;
use std::sync::Arc;

use cosmic_text::{
    Attrs, Buffer, CacheKey, CacheKeyFlags, Command, Family, Font, FontSystem, Metrics, Shaping,
    SwashCache, SwashImage, Weight, Wrap, fontdb,
};

use crate::error::LabelError;

/// Noto Sans SC Medium, about 22,000 characters; see `fonts/README.md`.
pub(crate) const FONT: &[u8] = include_bytes!("../fonts/NotoSansSC-Medium-subset.otf");

/// Height of a line as a multiple of the font size.
const LINE_FACTOR: f32 = 1.18;

/// Where a capital's or a Chinese character's middle stands above the baseline, in font sizes.
const MIDDLE_FACTOR: f32 = 0.37;

/// Each smaller size that is tried is this much of the one before.
const SHRINK_FACTOR: f32 = 0.97;

/// Most set texts, and most drawn glyphs, that are remembered: the labels of a run differ little.
const REMEMBERED_MAX: usize = 4_096;

/// A glyph and its origin on the baseline, in millimetres from the block's top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) id: u16,
    /// The character it stands for, the first one where it stands for several.
    pub(crate) character: char,
    pub(crate) x_mm: f32,
    pub(crate) baseline_mm: f32,
    pub(crate) size_mm: f32,
}

impl Glyph {
    /// Whether `next` stands right of this glyph on the same baseline and in the same size.
    pub(crate) fn leads_to(&self, next: &Self) -> bool {
        let is_same = |a: f32, b: f32| (a - b).abs() < 1e-4;
        is_same(self.baseline_mm, next.baseline_mm)
            && is_same(self.size_mm, next.size_mm)
            && self.x_mm <= next.x_mm
    }

    /// The glyph further right and down.
    pub(crate) fn moved(self, x_mm: f32, y_mm: f32) -> Self {
        Self {
            x_mm: self.x_mm + x_mm,
            baseline_mm: self.baseline_mm + y_mm,
            ..self
        }
    }
}

/// Text that has been set: glyphs relative to the block's top left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    pub(crate) glyphs: Vec<Glyph>,
    pub(crate) width_mm: f32,
    pub(crate) height_mm: f32,
    pub(crate) size_mm: f32,
    pub(crate) lines: usize,
}

/// What a text may do to fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fit {
    pub(crate) width_mm: f32,
    pub(crate) size_mm: f32,
    pub(crate) size_mm_min: f32,
    pub(crate) lines_max: usize,
    /// See `Row::wraps_below`.
    pub(crate) wraps_below: f32,
}

/// The font and the working memory of the shaper and of the glyph rasters.
pub(crate) struct Typesetter {
    fonts: FontSystem,
    font: Arc<Font>,
    font_id: fontdb::ID,
    family: String,
    cache: SwashCache,
    /// Texts that were set, by text, size and width in the bits of their numbers.
    set: HashMap<(String, u32, Option<u32>), Block>,
}

impl Typesetter {
    pub(crate) fn new() -> Result<Self, LabelError> {
        let mut db = fontdb::Database::new();
        db.load_font_source(fontdb::Source::Binary(Arc::new(FONT)));
        let face = db.faces().next().ok_or(LabelError::Font)?;
        let font_id = face.id;
        let (family, _) = face.families.first().cloned().ok_or(LabelError::Font)?;
        let mut fonts = FontSystem::new_with_locale_and_db("zh-CN".into(), db);
        let font = fonts
            .get_font(font_id, Weight::MEDIUM)
            .ok_or(LabelError::Font)?;
        Ok(Self {
            fonts,
            font,
            font_id,
            family,
            cache: SwashCache::new(),
            set: HashMap::new(),
        })
    }

    /// The first character of a text that the font lacks.
    pub(crate) fn missing(&self, text: &str) -> Option<char> {
        let charmap = self.font.as_swash().charmap();
        text.chars()
            .find(|c| c.is_control() || charmap.map(*c) == 0)
    }

    /// Sets a text as large as it may be: first smaller on one line, then on more lines; `None`
    /// when even the smallest size on all its lines is too wide.
    pub(crate) fn fit(&mut self, text: &str, fit: Fit) -> Option<Block> {
        let natural = self.set(text, fit.size_mm, None);
        let one_line_mm = fit.size_mm * (fit.width_mm / natural.width_mm).min(1.0);
        let small_enough = if fit.lines_max > 1 {
            (fit.size_mm * fit.wraps_below).max(fit.size_mm_min)
        } else {
            fit.size_mm_min
        };
        if one_line_mm >= small_enough {
            return Some(self.set(text, one_line_mm, None));
        }
        let mut size_mm = fit.size_mm;
        while fit.lines_max > 1 && size_mm >= fit.size_mm_min {
            let block = self.set(text, size_mm, Some(fit.width_mm));
            if block.lines <= fit.lines_max && block.width_mm <= fit.width_mm {
                return Some(self.balance(text, block, fit.width_mm));
            }
            size_mm *= SHRINK_FACTOR;
        }
        (one_line_mm >= fit.size_mm_min).then(|| self.set(text, one_line_mm, None))
    }

    /// Narrows a wrapped block while it keeps its lines, so that no line is left with one word.
    fn balance(&mut self, text: &str, mut best: Block, width_mm: f32) -> Block {
        let lines = best.lines;
        let (mut narrow, mut wide) = (width_mm / lines as f32 * 0.8, best.width_mm);
        for _ in 0..5 {
            let middle = f32::midpoint(narrow, wide);
            let tried = self.set(text, best.size_mm, Some(middle));
            if tried.lines <= lines && tried.width_mm <= middle {
                (wide, best) = (middle, tried);
            } else {
                narrow = middle;
            }
        }
        best
    }

    /// Sets a text at one size, wrapped at a width or on a single line; remembers it.
    pub(crate) fn set(&mut self, text: &str, size_mm: f32, width_mm: Option<f32>) -> Block {
        let key = (
            text.to_owned(),
            size_mm.to_bits(),
            width_mm.map(f32::to_bits),
        );
        if let Some(block) = self.set.get(&key) {
            return block.clone();
        }
        if self.set.len() >= REMEMBERED_MAX {
            self.set.clear();
        }
        let block = self.set_anew(text, size_mm, width_mm);
        self.set.insert(key, block.clone());
        block
    }

    fn set_anew(&mut self, text: &str, size_mm: f32, width_mm: Option<f32>) -> Block {
        let line_mm = size_mm * LINE_FACTOR;
        let attrs = Attrs::new()
            .family(Family::Name(&self.family))
            .weight(Weight::MEDIUM);
        let mut buffer = Buffer::new_empty(Metrics::new(size_mm, line_mm));
        buffer.set_wrap(if width_mm.is_some() {
            Wrap::Word
        } else {
            Wrap::None
        });
        buffer.set_size(width_mm.map(|mm| mm + 0.001), None);
        buffer.set_text(text, &attrs, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let mut block = Block {
            glyphs: Vec::new(),
            width_mm: 0.0,
            height_mm: 0.0,
            size_mm,
            lines: 0,
        };
        let mut line_starts = Vec::new();
        for run in buffer.layout_runs() {
            line_starts.push(block.glyphs.len());
            // The font's own ascent includes room for accents; centring on the characters'
            // middle makes the space above and below look even.
            let baseline_mm = block.height_mm + line_mm / 2.0 + size_mm * MIDDLE_FACTOR;
            block.glyphs.extend(run.glyphs.iter().map(|glyph| Glyph {
                id: glyph.glyph_id,
                character: run.text[glyph.start..].chars().next().unwrap_or(' '),
                x_mm: glyph.x + glyph.x_offset * glyph.font_size,
                baseline_mm: baseline_mm - glyph.y_offset * glyph.font_size,
                size_mm,
            }));
            block.width_mm = block.width_mm.max(run.line_w);
            block.height_mm += line_mm;
            block.lines += 1;
        }
        self.pull_in(&mut block, &line_starts);
        block
    }

    /// Moves each line right by what its first character reaches out to the left: a `j` would
    /// else stand in the margin.
    fn pull_in(&mut self, block: &mut Block, line_starts: &[usize]) {
        for (line, start) in line_starts.iter().enumerate() {
            let end = line_starts
                .get(line + 1)
                .copied()
                .unwrap_or(block.glyphs.len());
            let Some(first) = block.glyphs.get(*start).copied() else {
                continue;
            };
            let left_mm = first.x_mm + self.left_edge(&first);
            if left_mm < 0.0 {
                for glyph in &mut block.glyphs[*start..end] {
                    glyph.x_mm -= left_mm;
                }
                block.width_mm -= left_mm;
            }
        }
    }

    /// Where a glyph's outline begins, in millimetres from its origin; control points count, so
    /// it may lie a little too far left.
    fn left_edge(&mut self, glyph: &Glyph) -> f32 {
        let xs = self
            .outline(glyph)
            .into_iter()
            .flat_map(|command| match command {
                Command::MoveTo(a) | Command::LineTo(a) => [a.x; 3],
                Command::QuadTo(a, b) => [a.x, b.x, b.x],
                Command::CurveTo(a, b, c) => [a.x, b.x, c.x],
                Command::Close => [f32::INFINITY; 3],
            });
        let left = xs.fold(f32::INFINITY, f32::min);
        if left.is_finite() { left } else { 0.0 }
    }

    /// A glyph's coverage at a size in dots, for an origin at this fraction of a dot.
    pub(crate) fn raster(
        &mut self,
        glyph: &Glyph,
        size_dots: f32,
        x: f32,
    ) -> Option<(SwashImage, i32)> {
        if self.cache.image_cache.len() >= REMEMBERED_MAX {
            self.cache.image_cache.clear();
        }
        let (key, x, _) = self.key(glyph, size_dots, x);
        self.cache
            .get_image(&mut self.fonts, key)
            .clone()
            .map(|image| (image, x))
    }

    /// A glyph's outline in millimetres, its origin at zero, y upwards.
    pub(crate) fn outline(&mut self, glyph: &Glyph) -> Vec<Command> {
        if self.cache.outline_command_cache.len() >= REMEMBERED_MAX {
            self.cache.outline_command_cache.clear();
        }
        let (key, ..) = self.key(glyph, glyph.size_mm, 0.0);
        self.cache
            .get_outline_commands(&mut self.fonts, key)
            .map(<[_]>::to_vec)
            .unwrap_or_default()
    }

    fn key(&self, glyph: &Glyph, size: f32, x: f32) -> (CacheKey, i32, i32) {
        let flags = CacheKeyFlags::DISABLE_HINTING;
        CacheKey::new(
            self.font_id,
            glyph.id,
            size,
            (x, 0.0),
            Weight::MEDIUM,
            flags,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIT: Fit = Fit {
        width_mm: 20.0,
        size_mm: 4.0,
        size_mm_min: 2.0,
        lines_max: 2,
        wraps_below: 0.8,
    };

    #[test]
    fn the_font_has_the_characters_that_names_need() -> Result<(), LabelError> {
        let typesetter = Typesetter::new()?;
        assert_eq!(
            typesetter.missing("永顺莓茶喆瑄祎镕㎏℃％·①—“”（）〇龙龘ABCabc0189"),
            None
        );
        assert_eq!(typesetter.missing("好😀"), Some('😀'));
        assert_eq!(typesetter.missing("\u{7}"), Some('\u{7}'));
        let lacking =
            ('\u{4E00}'..='\u{9FA5}').find(|c| typesetter.missing(&c.to_string()).is_some());
        assert_eq!(lacking, None);
        Ok(())
    }

    #[test]
    fn a_text_first_shrinks_then_wraps_then_is_refused() -> Result<(), LabelError> {
        let mut typesetter = Typesetter::new()?;
        let mut fit = |count: usize| {
            typesetter
                .fit(&"茶".repeat(count), FIT)
                .map(|block| (block.lines, block.size_mm))
        };
        assert_eq!(fit(4), Some((1, 4.0)));
        assert!(fit(6).is_some_and(|(lines, mm)| lines == 1 && mm < 4.0));
        assert!(fit(9).is_some_and(|(lines, mm)| lines == 2 && mm > 3.7));
        assert!(fit(18).is_some_and(|(lines, mm)| lines == 2 && mm < 2.4));
        assert_eq!(fit(24), None);
        Ok(())
    }

    #[test]
    fn wrapped_lines_are_of_about_one_length() -> Result<(), LabelError> {
        let mut typesetter = Typesetter::new()?;
        let block = typesetter
            .fit("演示石堤猕猴桃种", FIT)
            .ok_or(LabelError::Font)?;
        assert_eq!(block.lines, 2);
        let first = block
            .glyphs
            .iter()
            .filter(|g| g.baseline_mm < block.height_mm / 2.0)
            .count();
        assert_eq!(first, 4);
        Ok(())
    }

    #[test]
    fn dates_and_weights_are_never_broken() -> Result<(), LabelError> {
        let mut typesetter = Typesetter::new()?;
        for width in 1..40 {
            let block = typesetter.set("采收日期 2026-11-23 生产", 2.0, Some(width as f32));
            let on_line = |line: usize| {
                let line_mm = block.height_mm / block.lines as f32;
                block
                    .glyphs
                    .iter()
                    .filter(|g| (g.baseline_mm / line_mm) as usize == line)
                    .count()
            };
            assert!(
                (0..block.lines).map(on_line).max() >= Some(10),
                "{width} mm"
            );
        }
        Ok(())
    }
}

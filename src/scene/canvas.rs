//! What the painter draws with: filled shapes in colours that mix, and chance that repeats. The
//! paths, gradients and edges are `tiny-skia`'s.

use label_printer::Bitmap;
use tiny_skia::{
    Color, FillRule, GradientStop, LinearGradient, Paint, Path, PathBuilder, Pixmap, Point, Shader,
    SpreadMode, Stroke, Transform,
};

/// Pixels across.
pub const WIDTH: u32 = 640;
/// Pixels down.
pub const HEIGHT: u32 = 360;
/// The same for drawing.
pub const W: f32 = 640.0;
/// The same for drawing.
pub const H: f32 = 360.0;

/// Red, green, blue, 0 to 1.
pub type Rgb = [f32; 3];

/// Between two colours.
pub fn mix(from: Rgb, to: Rgb, part: f32) -> Rgb {
    let part = part.clamp(0.0, 1.0);
    core::array::from_fn(|i| from[i] + (to[i] - from[i]) * part)
}

/// Darker below 1, lighter above.
pub fn shade(colour: Rgb, light: f32) -> Rgb {
    colour.map(|part| part * light)
}

fn colour(rgb: Rgb, alpha: f32) -> Color {
    let [red, green, blue] = rgb.map(|part| part.clamp(0.0, 1.0));
    Color::from_rgba(red, green, blue, alpha.clamp(0.0, 1.0)).unwrap_or(Color::BLACK)
}

/// A picture on its way.
pub struct Canvas(Pixmap);

impl Canvas {
    /// Black, of the cameras' size.
    pub fn new() -> Option<Self> {
        Some(Self(Pixmap::new(WIDTH, HEIGHT)?))
    }

    /// Its pixels: red, green, blue and 255.
    pub fn rgba(&self) -> &[u8] {
        self.0.data()
    }

    /// Fills everything between two heights with colours that run from top to bottom.
    pub fn band(&mut self, (top, bottom): (f32, f32), stops: [(Rgb, f32); 2]) {
        let mut path = PathBuilder::new();
        path.move_to(0.0, top);
        path.line_to(W, top);
        path.line_to(W, bottom);
        path.line_to(0.0, bottom);
        path.close();
        let [from, to] = stops.map(|(rgb, alpha)| colour(rgb, alpha));
        let shader = LinearGradient::new(
            Point::from_xy(0.0, top),
            Point::from_xy(0.0, bottom),
            vec![GradientStop::new(0.0, from), GradientStop::new(1.0, to)],
            SpreadMode::Pad,
            Transform::identity(),
        );
        self.fill_with(path.finish(), shader.unwrap_or(Shader::SolidColor(from)));
    }

    /// Fills a shape through these points.
    pub fn shape(&mut self, points: impl IntoIterator<Item = (f32, f32)>, rgb: Rgb, alpha: f32) {
        let mut path = PathBuilder::new();
        for (place, (x, y)) in points.into_iter().enumerate() {
            if place == 0 {
                path.move_to(x, y);
            } else {
                path.line_to(x, y);
            }
        }
        path.close();
        self.fill_with(path.finish(), Shader::SolidColor(colour(rgb, alpha)));
    }

    /// Fills an ellipse.
    pub fn blob(&mut self, (x, y): (f32, f32), (wide, high): (f32, f32), rgb: Rgb, alpha: f32) {
        let oval = tiny_skia::Rect::from_xywh(x - wide, y - high, wide * 2.0, high * 2.0);
        let path = oval.and_then(PathBuilder::from_oval);
        self.fill_with(path, Shader::SolidColor(colour(rgb, alpha)));
    }

    /// Draws a line.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, rgb: Rgb, alpha: f32) {
        let mut path = PathBuilder::new();
        path.move_to(from.0, from.1);
        path.line_to(to.0, to.1);
        let Some(path) = path.finish() else { return };
        let stroke = Stroke {
            width,
            ..Stroke::default()
        };
        let paint = paint(Shader::SolidColor(colour(rgb, alpha)));
        self.0
            .stroke_path(&path, &paint, &stroke, Transform::identity(), None);
    }

    /// Burns dots in: white with a dark edge, so that they read on anything.
    pub fn stamp(&mut self, dots: &Bitmap, left: u32, top: u32) {
        for (dx, dy, value) in [(0, 0, 20), (2, 0, 20), (0, 2, 20), (2, 2, 20), (1, 1, 245)] {
            for y in 0..dots.height() {
                for x in (0..dots.width()).filter(|x| dots.is_black(*x, y)) {
                    self.set(left + x + dx, top + y + dy, value);
                }
            }
        }
    }

    fn set(&mut self, x: u32, y: u32, value: u8) {
        let at = ((y * WIDTH + x) * 4) as usize;
        if x < WIDTH
            && let Some(pixel) = self.0.data_mut().get_mut(at..at + 3)
        {
            pixel.fill(value);
        }
    }

    fn fill_with(&mut self, path: Option<Path>, shader: Shader<'_>) {
        // What has no area is not drawn.
        if let Some(path) = path {
            let (paint, whole) = (paint(shader), Transform::identity());
            self.0
                .fill_path(&path, &paint, FillRule::Winding, whole, None);
        }
    }
}

fn paint(shader: Shader<'_>) -> Paint<'_> {
    Paint {
        shader,
        ..Paint::default()
    }
}

/// Chance that is the same for the same place and number, in `0.0 .. 1.0`.
pub fn chance(site: u64, number: u64) -> f32 {
    let mut mixed = site ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
}

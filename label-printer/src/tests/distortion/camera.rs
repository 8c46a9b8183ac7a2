//! A label as a camera sees it: on a grey table, through a lens that is never quite sharp, six
//! pixels a module. A code of 22.5 mm then is 270 pixels wide, a quarter of a phone's preview.
//!
//! What happens to the paper (a scratch, dots that did not print) happens before the lens, what
//! happens to the picture (blur, contrast) after it.

use super::Chance;
use crate::Sheet;

/// Pixels of the camera for one module of the code.
const PIXELS_PER_MODULE: f32 = 6.0;
/// The lens: standard deviation of its blur in pixels.
const LENS: f32 = 1.0;
/// Table around the label, in pixels.
const TABLE: f32 = 24.0;
/// How light ink, paper and table are.
const LIGHT: [f32; 3] = [35.0, 225.0, 120.0];

/// What happens to a label or to its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distortion {
    /// Nothing: what leaves the back end, pixel by pixel.
    None,
    /// Out of focus: 1.5 pixels.
    Blur,
    /// Turned by 8° to either side.
    Rotation,
    /// Seen from a side: the far edge is 20 % shorter.
    Perspective,
    /// A tenth of the dots did not print.
    Salt,
    /// Ink and paper are only 60 % as different.
    Contrast,
    /// Scraped off along or across the feed, as wide as 5 % of the code's side.
    Scratch,
    /// The same at any angle, through a finder pattern too.
    Slash,
}

impl Distortion {
    pub(super) const ALL: [Self; 8] = [
        Self::None,
        Self::Blur,
        Self::Rotation,
        Self::Perspective,
        Self::Salt,
        Self::Contrast,
        Self::Scratch,
        Self::Slash,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::None => "clean",
            Self::Blur => "blur 1.5 px",
            Self::Rotation => "rotation 8 deg",
            Self::Perspective => "perspective 20 %",
            Self::Salt => "salt 10 %",
            Self::Contrast => "contrast 60 %",
            Self::Scratch => "scratch 5 %",
            Self::Slash => "scratch, any angle",
        }
    }
}

/// A grey picture; 0 is black.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<u8>,
}

impl Picture {
    pub(super) fn white(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            pixels: vec![255; width * height],
        }
    }

    pub(super) fn pgm(&self) -> Vec<u8> {
        let mut pgm = format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes();
        pgm.extend(&self.pixels);
        pgm
    }

    /// How light the paper is at a place in dots, between the dots too; the table beside it.
    fn light(&self, x: f32, y: f32) -> f32 {
        let (left, top) = ((x - 0.5).floor(), (y - 0.5).floor());
        let (right, down) = (x - 0.5 - left, y - 0.5 - top);
        let (left, top) = (left as i64, top as i64);
        let above = self.dot(left, top) * (1.0 - right) + self.dot(left + 1, top) * right;
        let below = self.dot(left, top + 1) * (1.0 - right) + self.dot(left + 1, top + 1) * right;
        above * (1.0 - down) + below * down
    }

    fn dot(&self, x: i64, y: i64) -> f32 {
        let [ink, paper, table] = LIGHT;
        if x < 0 || y < 0 || x >= self.width as i64 || y >= self.height as i64 {
            return table;
        }
        let value = self.pixels[y as usize * self.width + x as usize];
        ink + (paper - ink) * f32::from(value) / 255.0
    }
}

/// What the camera delivers of a label.
pub(super) fn see(
    raster: &Picture,
    sheet: &Sheet,
    kind: Distortion,
    chance: &mut Chance,
) -> Picture {
    if kind == Distortion::None {
        return framed(raster);
    }
    let mut paper = raster.clone();
    match kind {
        Distortion::Salt => salt(&mut paper, chance),
        Distortion::Scratch | Distortion::Slash => scratch(&mut paper, sheet, kind, chance),
        _ => {}
    }
    let scale = PIXELS_PER_MODULE / sheet.layout.module_dots as f32;
    let (width, height) = (paper.width as f32 * scale, paper.height as f32 * scale);
    let (sin, cos) = match kind {
        Distortion::Rotation => {
            let degrees: f32 = if chance.below(2) == 0 { 8.0 } else { -8.0 };
            degrees.to_radians().sin_cos()
        }
        _ => (0.0, 1.0),
    };
    let turned = (
        width * cos + height * sin.abs(),
        height * cos + width * sin.abs(),
    );
    let side = (kind == Distortion::Perspective).then(|| chance.below(4));
    // The near edge of a tilted label is an eighth longer.
    let room = if side.is_some() { 1.13 } else { 1.0 };
    let view = (
        (turned.0 * room + 2.0 * TABLE) as usize,
        (turned.1 * room + 2.0 * TABLE) as usize,
    );
    let middle = (view.0 as f32 / 2.0, view.1 as f32 / 2.0);
    let mut values = vec![0.0; view.0 * view.1];
    for (at, value) in values.iter_mut().enumerate() {
        // Four points of each pixel, as its sensor gathers light.
        let mut sum = 0.0;
        for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
            let (x, y) = (
                (at % view.0) as f32 + dx - middle.0,
                (at / view.0) as f32 + dy - middle.1,
            );
            let (x, y) = (x * cos + y * sin, y * cos - x * sin);
            let (x, y) = tilted(x / width, y / height, side);
            sum += paper.light(
                (x + 0.5) * paper.width as f32,
                (y + 0.5) * paper.height as f32,
            );
        }
        *value = sum / 4.0;
    }
    let deviation = if kind == Distortion::Blur { 1.5 } else { LENS };
    let mut values = blurred(&values, view, deviation);
    if kind == Distortion::Contrast {
        for value in &mut values {
            *value = 130.0 + (*value - 130.0) * 0.6;
        }
    }
    Picture {
        width: view.0,
        height: view.1,
        pixels: values
            .into_iter()
            .map(|value| value.round().clamp(0.0, 255.0) as u8)
            .collect(),
    }
}

/// A raster with a little white around it, as a viewer shows it.
fn framed(raster: &Picture) -> Picture {
    let edge = TABLE as usize;
    let mut framed = Picture::white(raster.width + 2 * edge, raster.height + 2 * edge);
    for (y, row) in raster.pixels.chunks_exact(raster.width).enumerate() {
        let begin = (y + edge) * framed.width + edge;
        framed.pixels[begin..begin + raster.width].copy_from_slice(row);
    }
    framed
}

/// Where a point of the picture lies on the paper, both from -0.5 to 0.5, when the edge of a side
/// is 20 % shorter than the one opposite: the paper is turned about that axis and seen by a lens.
fn tilted(x: f32, y: f32, side: Option<usize>) -> (f32, f32) {
    // With this lean the far edge is 0.8 of the near one: (1 - lean / 2) / (1 + lean / 2).
    const LEAN: f32 = 2.0 / 9.0;
    let project = |along: f32, across: f32, sign: f32| {
        let along = along * sign;
        let depth = 1.0 / (1.0 - LEAN * along);
        (along * depth * sign, across * depth)
    };
    match side {
        None => (x, y),
        Some(0) => project(x, y, 1.0),
        Some(1) => project(x, y, -1.0),
        Some(2) => {
            let (y, x) = project(y, x, 1.0);
            (x, y)
        }
        Some(_) => {
            let (y, x) = project(y, x, -1.0);
            (x, y)
        }
    }
}

/// A tenth of the dots stay white.
fn salt(paper: &mut Picture, chance: &mut Chance) {
    for pixel in &mut paper.pixels {
        if chance.below(10) == 0 {
            *pixel = 255;
        }
    }
}

/// A straight line across the code, through the middle half of it.
fn scratch(paper: &mut Picture, sheet: &Sheet, kind: Distortion, chance: &mut Chance) {
    let area = sheet.layout.code_area();
    let quiet = (crate::code::QUIET_MODULES * sheet.layout.module_dots) as f32;
    let side = area.side as f32 - 2.0 * quiet;
    let middle = (
        area.left as f32 + area.side as f32 / 2.0,
        area.top as f32 + area.side as f32 / 2.0,
    );
    let (sin, cos) = match (kind, chance.below(2)) {
        (Distortion::Slash, _) => chance.between(0.0, std::f32::consts::PI).sin_cos(),
        (_, 0) => (0.0, 1.0),
        _ => (1.0, 0.0),
    };
    let off = chance.between(-0.25, 0.25) * side;
    for y in 0..paper.height {
        for x in 0..paper.width {
            let (dx, dy) = (x as f32 + 0.5 - middle.0, y as f32 + 0.5 - middle.1);
            let is_code = dx.abs() <= side / 2.0 && dy.abs() <= side / 2.0;
            if is_code && (dx * sin - dy * cos - off).abs() <= side * 0.025 {
                paper.pixels[y * paper.width + x] = 255;
            }
        }
    }
}

/// A Gaussian blur, first across, then down.
fn blurred(values: &[f32], (width, height): (usize, usize), deviation: f32) -> Vec<f32> {
    let reach = (3.0 * deviation).ceil() as i64;
    let weight = |at: i64| (-(at * at) as f32 / (2.0 * deviation * deviation)).exp();
    let weights: Vec<f32> = (-reach..=reach).map(weight).collect();
    let sum: f32 = weights.iter().sum();
    let pass = |values: &[f32], step: usize, length: usize| {
        let mut out = vec![0.0; values.len()];
        for (at, value) in out.iter_mut().enumerate() {
            let place = (at / step % length) as i64;
            for (weight, off) in weights.iter().zip(-reach..=reach) {
                let other = (place + off).clamp(0, length as i64 - 1) - place;
                *value += weight * values[(at as i64 + other * step as i64) as usize];
            }
            *value /= sum;
        }
        out
    };
    pass(&pass(values, 1, width), width, height)
}

//! Where in the county: townships as dots, inside the county's outline where the operator supplied
//! one. A township's place is rounded to some five kilometres, so that no dot betrays a plot: a
//! township that has a single plot would else show where it is.

use std::collections::BTreeSet;

use super::outline::Outline;

/// Width of the drawing in its own units.
pub(super) const WIDTH: f64 = 1_000.0;
/// Empty edge around the drawing.
const EDGE: f64 = 90.0;
/// Degrees to which places are rounded: about five kilometres, the size of a township.
const COARSE_DEG: f64 = 0.05;
/// Steps away from its rounded place that a dot looks for a free one.
const STEPS_MAX: i32 = 4;

/// One township.
#[derive(Debug, Clone, PartialEq)]
pub struct Township {
    /// Its name.
    pub name: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Plots there.
    pub plots: i64,
    /// Alarms there that wait for an answer or are still on.
    pub alarms: i64,
}

/// A township's dot, in the drawing's units.
pub(super) struct Dot<'a> {
    pub(super) township: &'a Township,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) radius: f64,
}

/// Everything placed; a template only writes it down.
pub(super) struct Drawing<'a> {
    pub(super) dots: Vec<Dot<'a>>,
    /// The outline as a path; empty without one.
    pub(super) path: String,
    /// The outline's 审图号.
    pub(super) approval: Option<&'a str>,
    pub(super) height: f64,
}

/// Draws townships into a frame of this height.
pub(super) fn draw<'a>(
    townships: &'a [Township],
    outline: Option<&'a Outline>,
    height: f64,
) -> Drawing<'a> {
    let places = coarse(townships);
    let frame = Frame::around(&places, outline, height);
    let dots = townships.iter().zip(&places).map(|(township, place)| {
        let (x, y) = frame.place(*place);
        Dot {
            township,
            x: x.round(),
            y: y.round(),
            radius: (township.plots.max(0) as f64)
                .sqrt()
                .mul_add(6.0, 8.0)
                .round(),
        }
    });
    Drawing {
        dots: dots.collect(),
        path: outline
            .map(|outline| path(outline, &frame))
            .unwrap_or_default(),
        approval: outline.map(Outline::approval),
        height,
    }
}

/// The townships' places (degrees east and north), rounded; two of one cell get neighbouring ones.
fn coarse(townships: &[Township]) -> Vec<(f64, f64)> {
    let mut taken = BTreeSet::new();
    let places = townships.iter().map(|township| {
        let cell = |degrees: f64| (degrees / COARSE_DEG).round() as i32;
        let (column, row) = free(&taken, (cell(township.longitude), cell(township.latitude)));
        taken.insert((column, row));
        (f64::from(column) * COARSE_DEG, f64::from(row) * COARSE_DEG)
    });
    places.collect()
}

/// The nearest cell that no township has yet; the own one where all around are taken.
fn free(taken: &BTreeSet<(i32, i32)>, own: (i32, i32)) -> (i32, i32) {
    for distance in 0..=STEPS_MAX {
        for dx in -distance..=distance {
            for dy in -distance..=distance {
                let cell = (own.0.saturating_add(dx), own.1.saturating_add(dy));
                if dx.abs().max(dy.abs()) == distance && !taken.contains(&cell) {
                    return cell;
                }
            }
        }
    }
    own
}

/// From degrees to the drawing: one scale both ways, north up, in the middle.
struct Frame {
    west: f64,
    north: f64,
    /// Units a degree of latitude.
    scale: f64,
    /// How much shorter a degree of longitude is here.
    shrink: f64,
    left: f64,
    top: f64,
}

impl Frame {
    fn around(places: &[(f64, f64)], outline: Option<&Outline>, height: f64) -> Self {
        let points = places.iter().copied();
        let corners = outline.into_iter().flat_map(Outline::corners);
        let (mut west, mut east) = (f64::MAX, f64::MIN);
        let (mut south, mut north) = (f64::MAX, f64::MIN);
        for (longitude, latitude) in points.chain(corners) {
            (west, east) = (west.min(longitude), east.max(longitude));
            (south, north) = (south.min(latitude), north.max(latitude));
        }
        let shrink = f64::midpoint(south, north)
            .to_radians()
            .cos()
            .abs()
            .max(0.1);
        let (wide, tall) = ((east - west).max(1e-6) * shrink, (north - south).max(1e-6));
        let room = (
            2.0_f64.mul_add(-EDGE, WIDTH),
            2.0_f64.mul_add(-EDGE, height),
        );
        // A lone dot has no extent; it stands in the middle of a cell.
        let scale = (room.0 / wide.max(COARSE_DEG)).min(room.1 / tall.max(COARSE_DEG));
        Self {
            west,
            north,
            scale,
            shrink,
            left: f64::midpoint(WIDTH, -(wide * scale)),
            top: f64::midpoint(height, -(tall * scale)),
        }
    }

    fn place(&self, (longitude, latitude): (f64, f64)) -> (f64, f64) {
        (
            ((longitude - self.west) * self.shrink).mul_add(self.scale, self.left),
            (self.north - latitude).mul_add(self.scale, self.top),
        )
    }
}

/// The outline in whole units and relative steps: short, and it compresses well.
fn path(outline: &Outline, frame: &Frame) -> String {
    use std::fmt::Write as _;

    let mut path = String::new();
    for ring in outline.rings() {
        let mut last: Option<(i64, i64)> = None;
        for place in ring {
            let (x, y) = frame.place(*place);
            let (x, y) = (x.round() as i64, y.round() as i64);
            // Writing into a `String` cannot fail.
            let _ = match last {
                None => write!(path, "M{x} {y}"),
                Some((a, b)) if (a, b) == (x, y) => Ok(()),
                Some((a, b)) => write!(path, "l{} {}", x - a, y - b),
            };
            last = Some((x, y));
        }
        path.push('z');
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Township {
        Township {
            name: String::new(),
            latitude,
            longitude,
            plots: 4,
            alarms: 0,
        }
    }

    #[test]
    fn dots_keep_north_up_and_stay_in_the_frame() {
        let townships = [at(29.2, 109.6), at(28.8, 110.1), at(29.0, 109.9)];
        let drawing = draw(&townships, None, 760.0);
        let dots = &drawing.dots;
        assert!(dots[0].y < dots[1].y && dots[0].x < dots[1].x);
        for dot in dots {
            assert!((0.0..=WIDTH).contains(&dot.x) && (0.0..=760.0).contains(&dot.y));
        }
        let alone = [at(29.0, 109.9)];
        let drawing = draw(&alone, None, 760.0);
        assert_eq!((drawing.dots[0].x, drawing.dots[0].y), (500.0, 380.0));
        assert!(draw(&[], None, 760.0).dots.is_empty());
    }

    #[test]
    fn a_dot_does_not_betray_where_in_its_township_the_plot_is() {
        // Two plots four kilometres apart in one cell give the same picture.
        let far = at(28.6, 109.4);
        let one = [far.clone(), at(29.001, 109.902)];
        let other = [far, at(29.019, 109.881)];
        let of = |townships: &[Township]| {
            let drawing = draw(townships, None, 760.0);
            (drawing.dots[1].x, drawing.dots[1].y)
        };
        assert_eq!(of(&one), of(&other));
    }

    #[test]
    fn townships_of_one_cell_stand_side_by_side() {
        let townships = [at(29.0, 109.9), at(29.01, 109.9), at(29.0, 109.91)];
        let drawing = draw(&townships, None, 760.0);
        let places: BTreeSet<_> = drawing
            .dots
            .iter()
            .map(|dot| (dot.x as i64, dot.y as i64))
            .collect();
        assert_eq!(places.len(), 3);
    }

    #[test]
    fn an_outline_is_drawn_around_the_dots() -> Result<(), super::super::outline::OutlineError> {
        let text = r#"{"type":"Polygon","审图号":"湘S(2023)001号","coordinates":
            [[[109.0,28.5],[110.5,28.5],[110.5,29.5],[109.0,29.5],[109.0,28.5]]]}"#;
        let outline = Outline::parse(text.as_bytes())?;
        let townships = [at(29.0, 109.75)];
        let drawing = draw(&townships, Some(&outline), 760.0);
        assert!(drawing.path.starts_with('M') && drawing.path.ends_with('z'));
        assert_eq!(drawing.approval, Some("湘S(2023)001号"));
        assert_eq!((drawing.dots[0].x, drawing.dots[0].y), (500.0, 380.0));
        Ok(())
    }
}

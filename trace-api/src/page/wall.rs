//! 数据大屏: the county at a glance, to be read from five metres. The panels come rendered by the
//! server and are put in again every few seconds; nothing on it moves without a new fact.

use askama::Template;
use model::time::Timestamp;

use super::{Page, Site, Words};

/// Width of the drawings in their own units.
const WIDTH: f64 = 1_000.0;
/// Height of the map in its own units.
const MAP_HEIGHT: f64 = 760.0;
/// Height of the intake's bars in their own units.
const BARS_HEIGHT: f64 = 240.0;
/// Hours that the intake shows.
pub const HOURS: usize = 24;
/// Empty edge around the map's dots.
const EDGE: f64 = 90.0;

/// Everything the wall shows.
#[derive(Debug, Clone)]
pub struct WallView {
    /// Filed producers.
    pub producers: i64,
    /// Filed products.
    pub products: i64,
    /// Registered lots.
    pub lots: i64,
    /// Entered tests.
    pub tests: i64,
    /// Share of them that passed, whole percent; `None` without a test.
    pub pass_pct: Option<u64>,
    /// Labels looked at, ever.
    pub scanned: i64,
    /// Labels looked at for the first time today.
    pub scanned_today: i64,
    /// Registered probes.
    pub probes: i64,
    /// Reports a minute, mean of the last ten.
    pub reports_per_minute: f64,
    /// Alarms that wait for an answer or are still on.
    pub alarms: i64,
    /// The last [`HOURS`] hours, oldest first; values that came and were to come.
    pub hours: Vec<(i64, i64)>,
    /// Townships with what they have.
    pub townships: Vec<Township>,
    /// Newest tests.
    pub newest_tests: Vec<Line>,
    /// Newest scans.
    pub newest_scans: Vec<Line>,
    /// When all of this was looked up.
    pub at: Timestamp,
}

/// One township.
#[derive(Debug, Clone)]
pub struct Township {
    /// Its name.
    pub name: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Plots there.
    pub plots: i64,
    /// Active alarms there.
    pub alarms: i64,
}

/// One line of a list: a product, its township, when, and how a test went.
#[derive(Debug, Clone)]
pub struct Line {
    /// Name of the product.
    pub product: Words,
    /// Township of its producer.
    pub township: String,
    /// When.
    pub at: Timestamp,
    /// How the test went; `None` for a scan.
    pub passed: Option<bool>,
}

/// A township's dot on the map, in the map's units.
struct Dot<'a> {
    township: &'a Township,
    x: f64,
    y: f64,
    radius: f64,
}

/// An hour's bar: the frame is what was to come, the filling is what came.
struct Bar {
    x: f64,
    width: f64,
    expected: f64,
    came: f64,
}

/// The whole page.
pub fn page(site: &Site, view: &WallView) -> Page {
    let panels = panels(site, view)?;
    WallPage { site, panels }.render()
}

/// The part that is put in anew.
pub fn panels(site: &Site, view: &WallView) -> Page {
    Panels {
        site,
        view,
        dots: dots(&view.townships),
        bars: bars(&view.hours),
        share: share(&view.hours),
    }
    .render()
}

/// Dots by latitude and longitude, the same scale both ways; no outline of any county is drawn.
fn dots(townships: &[Township]) -> Vec<Dot<'_>> {
    let extent = |of: fn(&Township) -> f64| {
        let values = townships.iter().map(of);
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        (low, (high - low).max(1e-6))
    };
    let (west, wide) = extent(|t| t.longitude);
    let (south, tall) = extent(|t| t.latitude);
    let across = 2.0_f64.mul_add(-EDGE, WIDTH) / wide;
    let down = 2.0_f64.mul_add(-EDGE, MAP_HEIGHT) / tall;
    let dots = townships.iter().map(|township| Dot {
        township,
        x: (township.longitude - west).mul_add(across, EDGE),
        y: (township.latitude - south).mul_add(-down, MAP_HEIGHT - EDGE),
        radius: (township.plots as f64).sqrt().mul_add(6.0, 8.0),
    });
    dots.collect()
}

/// Bars against the greatest expectation.
fn bars(hours: &[(i64, i64)]) -> Vec<Bar> {
    let most = hours.iter().map(|(came, expected)| *came.max(expected));
    let most = most.max().unwrap_or_default().max(1) as f64;
    let pitch = WIDTH / HOURS as f64;
    let bar = |(place, (came, expected)): (usize, &(i64, i64))| Bar {
        x: (place as f64).mul_add(pitch, pitch * 0.1),
        width: pitch * 0.8,
        expected: *expected as f64 / most * BARS_HEIGHT,
        came: *came as f64 / most * BARS_HEIGHT,
    };
    hours.iter().enumerate().map(bar).collect()
}

/// How much of what was to come came, whole percent.
fn share(hours: &[(i64, i64)]) -> Option<u64> {
    let (came, expected) = hours
        .iter()
        .fold((0, 0), |sum, hour| (sum.0 + hour.0, sum.1 + hour.1));
    super::quantity::share_pct(
        u64::try_from(came.min(expected)).ok()?,
        u64::try_from(expected).ok()?,
    )
}

#[derive(Template)]
#[template(path = "wall.html")]
struct WallPage<'a> {
    site: &'a Site,
    panels: String,
}

#[derive(Template)]
#[template(path = "wall_panels.html")]
struct Panels<'a> {
    site: &'a Site,
    view: &'a WallView,
    dots: Vec<Dot<'a>>,
    bars: Vec<Bar>,
    share: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_keep_north_up_and_stay_on_the_map() {
        let at = |latitude, longitude| Township {
            name: String::new(),
            latitude,
            longitude,
            plots: 4,
            alarms: 0,
        };
        let townships = [at(29.2, 109.6), at(28.8, 110.1), at(29.0, 109.9)];
        let dots = dots(&townships);
        assert!(dots[0].y < dots[1].y && dots[0].x < dots[1].x);
        for dot in &dots {
            assert!((0.0..=WIDTH).contains(&dot.x) && (0.0..=MAP_HEIGHT).contains(&dot.y));
        }
        let alone = [at(29.0, 109.9)];
        assert!(super::dots(&alone)[0].x.is_finite());
    }

    #[test]
    fn a_bar_is_full_when_everything_came() {
        let bars = bars(&[(60, 60), (30, 60), (0, 60)]);
        let heights: Vec<_> = bars.iter().map(|bar| bar.came / bar.expected).collect();
        assert_eq!(heights, [1.0, 0.5, 0.0]);
        assert_eq!(share(&[(60, 60), (30, 60)]), Some(75));
        assert_eq!(share(&[]), None);
    }
}

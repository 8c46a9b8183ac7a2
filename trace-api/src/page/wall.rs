//! 数据大屏: the county at a glance, to be read from five metres. The panels come rendered by the
//! server and are put in again every few seconds; nothing on it moves without a new fact.

use std::sync::Arc;

use askama::Template;
use model::alarm::Severity;
use model::time::Timestamp;

use super::map::{self, Township, WIDTH};
use super::outline::Outline;
use super::supervisor::AlarmState;
use super::{Page, Site, Words};

/// Height of the map in its own units.
const MAP_HEIGHT: f64 = 760.0;
/// Height of the intake's bars in their own units.
const BARS_HEIGHT: f64 = 240.0;
/// Hours that the intake shows.
pub const HOURS: usize = 24;

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
    /// The county's outline, where the operator supplied one.
    pub outline: Option<Arc<Outline>>,
    /// Alarms that wait for an answer or are still on, newest first.
    pub newest_alarms: Vec<AlarmLine>,
    /// Newest tests.
    pub newest_tests: Vec<Line>,
    /// Newest scans.
    pub newest_scans: Vec<Line>,
    /// When all of this was looked up.
    pub at: Timestamp,
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

/// An alarm: how severe, where, and since when. Nothing of a farm or a probe.
#[derive(Debug, Clone)]
pub struct AlarmLine {
    /// How severe.
    pub severity: Severity,
    /// Township of the plot; empty where the probe stands on none.
    pub township: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether it is still on, and whether somebody answered.
    pub state: AlarmState,
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
        map: map::draw(&view.townships, view.outline.as_deref(), MAP_HEIGHT),
        bars: bars(&view.hours),
        share: share(&view.hours),
    }
    .render()
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
    map: map::Drawing<'a>,
    bars: Vec<Bar>,
    share: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_when_everything_came() {
        let bars = bars(&[(60, 60), (30, 60), (0, 60)]);
        let heights: Vec<_> = bars.iter().map(|bar| bar.came / bar.expected).collect();
        assert_eq!(heights, [1.0, 0.5, 0.0]);
        assert_eq!(share(&[(60, 60), (30, 60)]), Some(75));
        assert_eq!(share(&[]), None);
    }
}

//! Line charts as SVG, drawn on the server: mean as a line, lowest to highest as a band, limits as
//! dashed lines. What was not measured is not drawn: the line breaks, the gap is hatched and named.
//!
//! Horizontal places are percentages and text is placed outside the stretched drawing, so that one
//! SVG fits a phone and a desk with letters of the same size, without script or inline style.

use std::fmt::Write as _;

use askama::Template;
use model::time::Timestamp;

use super::{Lang, clock, quantity};

mod months;
mod plan;
mod scale;

use months::MonthRow;
use plan::Plan;
use scale::Scale;

/// Height of the drawing, CSS pixels.
const HEIGHT: u32 = 200;

/// Units of the stretched drawing across.
const UNITS_X: f64 = 3_600.0;

/// Units of the stretched drawing down: ten a pixel.
const UNITS_Y: f64 = 2_000.0;

/// Rollups of one channel at a fixed step, oldest first. A missing bucket may be left out or be
/// `None`: both are a gap.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Width of a bucket, seconds: 3 600 or 86 400; less for readings as they were sent.
    pub step_s: u32,
    /// The buckets.
    pub points: Vec<Point>,
}

/// One bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Start of the bucket.
    pub at: Timestamp,
    /// Its values; `None` when nothing was measured in it.
    pub spread: Option<Spread>,
}

/// Values of one bucket. Values that are not finite, or that no instrument in a field reports
/// (beyond ±10¹²), count as missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Lowest reading.
    pub min: f64,
    /// Mean of the readings.
    pub mean: f64,
    /// Highest reading.
    pub max: f64,
}

impl Spread {
    /// All three values can be drawn.
    fn is_sound(&self) -> bool {
        [self.min, self.mean, self.max]
            .iter()
            .all(|v| v.abs() <= 1e12)
    }
}

/// The allowed range or alarm limits of a channel, in the channel's unit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Band {
    /// Lower limit.
    pub low: Option<f64>,
    /// Upper limit.
    pub high: Option<f64>,
}

/// A chart to draw.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    /// Unique on its page; letters, digits and `-`.
    pub id: String,
    /// What is measured, in the page's language.
    pub title: String,
    /// Unit as people write it.
    pub unit: &'a str,
    /// Start of the time axis.
    pub from: Timestamp,
    /// End of the time axis.
    pub to: Timestamp,
    /// The rollups.
    pub series: &'a Series,
    /// Limits.
    pub band: Option<Band>,
    /// Language of its words.
    pub lang: Lang,
}

impl Chart<'_> {
    /// The chart as HTML: a `figure` with SVG, a legend, and a folded table of months.
    ///
    /// # Errors
    /// Only if formatting into a `String` fails.
    pub fn html(&self) -> super::Page {
        Drawing::of(self).render()
    }
}

/// A label on an axis. For the vertical axis `at` is pixels from the top, for the horizontal one
/// percent from the left.
struct Tick {
    at: String,
    text: String,
    /// CSS class that keeps the outermost labels inside the drawing.
    class: &'static str,
}

/// A stretch of time without readings, in percent of the width.
struct Hole {
    x: String,
    width: String,
    middle: String,
    word: bool,
}

/// Everything placed; the template only writes it down.
#[derive(Template)]
#[template(path = "chart.html")]
struct Drawing<'a> {
    chart: &'a Chart<'a>,
    height: u32,
    y: Vec<Tick>,
    x: Vec<Tick>,
    limits: Vec<Tick>,
    /// Top and height of the allowed range, pixels.
    allowed: Option<(String, String)>,
    holes: Vec<Hole>,
    area: String,
    line: String,
    /// Nothing was measured at all.
    empty: bool,
    description: String,
    /// Hours or days that one point of the line sums up.
    resolution: String,
    gap_words: Option<String>,
    months: Vec<MonthRow>,
}

impl<'a> Drawing<'a> {
    fn of(chart: &'a Chart<'a>) -> Self {
        let plan = Plan::of(chart.series, chart.from, chart.to);
        let limits = chart.band.unwrap_or_default();
        let scale = Scale::covering(plan.extent(), &[limits.low, limits.high]);
        Self {
            chart,
            height: HEIGHT,
            y: value_ticks(&scale),
            x: time_ticks(chart),
            limits: limit_lines(chart, &scale),
            allowed: allowed_range(limits, &scale),
            holes: plan.holes().map(|(a, b)| hole(a, b, chart.lang)).collect(),
            area: area_path(&plan, &scale),
            line: line_path(&plan, &scale),
            empty: plan.runs.is_empty(),
            description: description(chart, &plan),
            resolution: resolution(chart, &plan),
            gap_words: gap_words(chart, &plan),
            months: months_of(chart),
        }
    }

    fn t(&self, key: &'static str) -> std::borrow::Cow<'static, str> {
        self.chart.lang.t(key)
    }
}

/// The table of months; none of a span of hours, whose readings are no hours or days to count.
fn months_of(chart: &Chart<'_>) -> Vec<MonthRow> {
    match chart.series.step_s {
        ..3_600 => Vec::new(),
        _ => months::rows(chart.series, chart.from, chart.to, chart.lang),
    }
}

/// Pixels from the top for a value.
fn pixels(scale: &Scale, value: f64) -> String {
    format!("{:.1}", (1.0 - scale.share(value)) * f64::from(HEIGHT))
}

fn value_ticks(scale: &Scale) -> Vec<Tick> {
    let tick = |value| Tick {
        at: pixels(scale, value),
        text: quantity::number(value, scale.decimals),
        class: "",
    };
    scale.ticks().map(tick).collect()
}

fn time_ticks(chart: &Chart<'_>) -> Vec<Tick> {
    let span = (chart.to.0 - chart.from.0).max(1) as f64;
    let tick = |at: Timestamp| {
        let pct = (at.0 - chart.from.0) as f64 / span * 100.0;
        let class = match pct {
            ..6.0 => "start",
            94.0.. => "end",
            _ => "",
        };
        Tick {
            at: format!("{pct:.2}"),
            text: scale::time_label(at, chart),
            class,
        }
    };
    scale::time_ticks(chart.from, chart.to)
        .into_iter()
        .map(tick)
        .collect()
}

/// Dashed lines for the limits that lie inside the drawing; the legend names the others.
fn limit_lines(chart: &Chart<'_>, scale: &Scale) -> Vec<Tick> {
    let band = chart.band.unwrap_or_default();
    let line = |limit: Option<f64>, key, class| {
        let limit = limit.filter(|l| scale.holds(*l))?;
        let value = format!("{} {}", quantity::short(limit), chart.unit);
        Some(Tick {
            at: pixels(scale, limit),
            text: chart.lang.say(key, &[("value", &value)]),
            class,
        })
    };
    // A label turns to the inner side of its line where the drawing ends.
    let inner = |limit: Option<f64>| limit.is_some_and(|l| (0.1..0.9).contains(&scale.share(l)));
    let low_side = if inner(band.low) { "below" } else { "above" };
    let high_side = if inner(band.high) { "above" } else { "below" };
    let low = line(band.low, "chart.low", low_side);
    let high = line(band.high, "chart.high", high_side);
    low.into_iter().chain(high).collect()
}

/// The allowed range as top and height in pixels, where it has two ends or the drawing's edge.
fn allowed_range(band: Band, scale: &Scale) -> Option<(String, String)> {
    if band.low.is_none() && band.high.is_none() {
        return None;
    }
    let top = band.high.map_or(1.0, |v| scale.share(v).clamp(0.0, 1.0));
    let bottom = band.low.map_or(0.0, |v| scale.share(v).clamp(0.0, 1.0));
    let height = f64::from(HEIGHT);
    (top > bottom).then(|| {
        (
            format!("{:.1}", (1.0 - top) * height),
            format!("{:.1}", (top - bottom) * height),
        )
    })
}

fn hole(a: f64, b: f64, lang: Lang) -> Hole {
    let width = (b - a) * 100.0;
    // The word's width on a phone; without it the legend names the gap.
    let word_pct = match lang {
        Lang::Zh => 13.5,
        Lang::En => 16.5,
    };
    Hole {
        x: format!("{:.2}", a * 100.0),
        width: format!("{width:.2}"),
        middle: format!("{:.2}", f64::midpoint(a, b) * 100.0),
        word: width >= word_pct,
    }
}

/// Whole units in the stretched drawing.
fn place(x: f64, scale: &Scale, value: f64) -> (i64, i64) {
    let y = (1.0 - scale.share(value)) * UNITS_Y;
    ((x * UNITS_X).round() as i64, y.round() as i64)
}

/// One stroke through these points, in relative steps (shorter, and they compress well).
fn stroke(points: &[(i64, i64)]) -> String {
    let Some(first) = points.first() else {
        return String::new();
    };
    let mut path = format!("M{} {}", first.0, first.1);
    for pair in points.windows(2) {
        let step = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        // Writing into a `String` cannot fail.
        let _ = write!(path, "l{} {}", step.0, step.1);
    }
    path
}

/// The line of means, broken at every gap; a lone point is a dot (a stroke of no length).
fn line_path(plan: &Plan, scale: &Scale) -> String {
    let runs = plan.runs.iter().map(|run| {
        let points: Vec<_> = run
            .iter()
            .map(|c| place(c.x, scale, c.spread.mean))
            .collect();
        let mut path = stroke(&points);
        if points.len() == 1 {
            path.push_str("h0");
        }
        path
    });
    runs.collect()
}

/// The band from lowest to highest, closed at every gap; a lone point is a thin upright.
fn area_path(plan: &Plan, scale: &Scale) -> String {
    let runs = plan.runs.iter().map(|run| {
        let top = run.iter().map(|c| place(c.x, scale, c.spread.max));
        let bottom = run.iter().rev().map(|c| place(c.x, scale, c.spread.min));
        let mut path = stroke(&top.chain(bottom).collect::<Vec<_>>());
        path.push('Z');
        path
    });
    runs.collect()
}

/// The chart in a sentence, for those who do not see it.
fn description(chart: &Chart<'_>, plan: &Plan) -> String {
    let days = [clock::day(chart.from), clock::day(chart.to)];
    let Some(extent) = plan.extent() else {
        return chart
            .lang
            .say("chart.none", &[("from", &days[0]), ("to", &days[1])]);
    };
    let (min, max) = (quantity::value(extent.0), quantity::value(extent.1));
    chart.lang.say(
        "chart.description",
        &[
            ("title", &chart.title),
            ("from", &days[0]),
            ("to", &days[1]),
            ("min", &min),
            ("max", &max),
            ("unit", &chart.unit),
            ("gaps", &plan.gaps.len()),
        ],
    )
}

/// What one point of the line stands for.
fn resolution(chart: &Chart<'_>, plan: &Plan) -> String {
    let seconds = plan.column_s;
    let (key, n) = match seconds {
        3_600 => return chart.lang.t("chart.hourly").into_owned(),
        86_400 => return chart.lang.t("chart.daily").into_owned(),
        s if s % 86_400 == 0 => ("chart.each-days", s / 86_400),
        s if s < 3_600 => ("chart.each-minutes", (s + 30) / 60),
        s => ("chart.each-hours", (s + 1_800) / 3_600),
    };
    chart.lang.say(key, &[("n", &n)])
}

/// How many gaps there are and how long the longest is.
fn gap_words(chart: &Chart<'_>, plan: &Plan) -> Option<String> {
    let (from, to) = plan.gaps.iter().max_by_key(|(from, to)| to.0 - from.0)?;
    let hours = (to.seconds() - from.seconds()) / 3_600;
    let (key, n) = if hours < 2 {
        ("chart.gap-minutes", (to.seconds() - from.seconds()) / 60)
    } else if hours < 48 {
        ("chart.gap-hours", hours)
    } else {
        ("chart.gap-days", hours / 24)
    };
    let count = plan.gaps.len();
    let start = clock::minute(*from);
    Some(
        chart
            .lang
            .say(key, &[("count", &count), ("n", &n), ("from", &start)]),
    )
}

#[cfg(test)]
mod tests;

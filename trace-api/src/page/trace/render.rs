//! Views of the buyer's page into HTML: sentences are put together here, order and marks stand in
//! the templates.

use askama::Template;
use model::time::Timestamp;

use super::{Channel, PictureStrip, Pictures, Query, Sign, TestVerdict, TraceView, Verdict};
use crate::page::chart::Chart;
use crate::page::{Page, Site, Words, clock, map, quantity};

/// Height of the drawing of the county in its own units: as wide as two thirds of it are high.
const MAP_HEIGHT: f64 = 620.0;
/// Charts that are seen at once; the others are folded.
const PANELS_OPEN: usize = 2;
/// Pictures from which on a time-lapse is worth playing.
const FRAMES_MIN: usize = 4;
/// Gaps between pictures that are named; the rest is counted.
const GAPS_NAMED_MAX: usize = 3;

/// The page of one lot or item; a recalled one gets the recall page.
pub fn page(site: &Site, view: &TraceView) -> Page {
    if let Verdict::Recalled {
        since,
        reason,
        advice,
    } = &view.verdict
    {
        let advice = advice.as_ref();
        return RecalledPage {
            site,
            view,
            since,
            reason,
            advice,
        }
        .render();
    }
    let told = Told::of(site, view)?;
    TracePage { site, view, told }.render()
}

#[derive(Template)]
#[template(path = "trace.html")]
pub(super) struct TracePage<'a> {
    pub(super) site: &'a Site,
    pub(super) view: &'a TraceView,
    pub(super) told: Told<'a>,
}

#[derive(Template)]
#[template(path = "recalled.html")]
struct RecalledPage<'a> {
    site: &'a Site,
    view: &'a TraceView,
    since: &'a Timestamp,
    reason: &'a Words,
    advice: Option<&'a Words>,
}

/// What the page and the kiosk say in sentences and charts.
pub(in crate::page) struct Told<'a> {
    /// Under the verdict's word.
    pub(in crate::page) verdict_line: String,
    /// First query and count.
    pub(in crate::page) query_line: String,
    /// What is uncommon about the queries; empty where nothing is.
    pub(in crate::page) copy_line: String,
    /// How many pictures there are; empty where none may be shown.
    pub(in crate::page) pictures_line: String,
    /// The days without pictures.
    pub(in crate::page) gaps_line: String,
    /// Pictures of the time-lapse.
    frames: usize,
    /// One a channel.
    pub(in crate::page) panels: Vec<Panel<'a>>,
    /// Where its township is; `None` where that is not known.
    pub(in crate::page) map: Option<map::Drawing<'a>>,
}

impl<'a> Told<'a> {
    /// Puts the sentences and charts of a trace together.
    pub(in crate::page) fn of(site: &Site, view: &'a TraceView) -> Result<Self, askama::Error> {
        let channels = view
            .monitoring
            .iter()
            .flat_map(|m| m.channels.iter().enumerate());
        let panels = channels.map(|(i, channel)| Panel::of(site, view, channel, i));
        let query = view.query.as_ref();
        let strip = match &view.pictures {
            Some(Pictures::Strip(strip)) => Some(strip),
            _ => None,
        };
        Ok(Self {
            verdict_line: verdict_line(site, view),
            query_line: query.map(|q| query_line(site, q)).unwrap_or_default(),
            copy_line: query.map(|q| copy_line(site, q)).unwrap_or_default(),
            pictures_line: strip.map(|s| pictures_line(site, s)).unwrap_or_default(),
            gaps_line: strip.map(|s| gaps_line(site, s)).unwrap_or_default(),
            panels: panels.collect::<Result<Vec<_>, _>>()?,
            frames: strip.map_or(0, |s| s.frames.len()),
            map: county_map(view),
        })
    }
}

impl<'a> Told<'a> {
    /// The charts that are seen at once.
    fn first_panels(&self) -> &[Panel<'a>] {
        &self.panels[..self.panels.len().min(PANELS_OPEN)]
    }

    /// The charts that wait behind a fold.
    fn more_panels(&self) -> &[Panel<'a>] {
        &self.panels[self.panels.len().min(PANELS_OPEN)..]
    }

    /// Whether there are pictures enough for a time-lapse.
    pub(in crate::page) fn plays(&self) -> bool {
        self.frames >= FRAMES_MIN
    }
}

/// The drawing of the county, where the lot's township is on it.
fn county_map(view: &TraceView) -> Option<map::Drawing<'_>> {
    let here = &view.plot.as_ref()?.township.zh;
    let townships = &view.county.townships;
    let known = townships.iter().any(|township| &township.name == here);
    known.then(|| map::draw(townships, view.county.outline.as_deref(), MAP_HEIGHT))
}

/// One channel: its sentence of numbers and its chart.
pub(in crate::page) struct Panel<'a> {
    pub(in crate::page) channel: &'a Channel,
    pub(in crate::page) sentence: String,
    pub(in crate::page) chart: String,
}

impl<'a> Panel<'a> {
    fn of(
        site: &Site,
        view: &TraceView,
        channel: &'a Channel,
        index: usize,
    ) -> Result<Self, askama::Error> {
        let (from, to) = view
            .monitoring
            .as_ref()
            .map_or((site.now, site.now), |m| (m.from, m.to));
        let title = channel_title(site, channel);
        let sentence = sentence(site, channel, &title);
        let chart = Chart {
            id: format!("chart-{index}"),
            title,
            unit: quantity::unit(&channel.unit),
            from,
            to,
            series: &channel.series,
            band: channel.band,
            lang: site.lang,
        };
        Ok(Self {
            channel,
            sentence,
            chart: chart.html()?,
        })
    }
}

/// The quantity, with its depth where the profile gives one.
fn channel_title(site: &Site, channel: &Channel) -> String {
    let name = quantity::name(&channel.quantity, site.lang);
    match channel.depth_cm {
        Some(depth) => {
            let depth = quantity::short(depth);
            site.lang
                .say("trace.at-depth", &[("name", &name), ("depth", &depth)])
        }
        None => name,
    }
}

/// Lowest, mean, highest and completeness in one sentence.
fn sentence(site: &Site, channel: &Channel, title: &str) -> String {
    let (expected, present) = (channel.expected, channel.present);
    let Some(extent) = channel.extent else {
        return site.lang.say(
            "trace.numbers-none",
            &[("title", &title), ("expected", &expected)],
        );
    };
    let (min, mean) = (quantity::value(extent.min), quantity::value(extent.mean));
    let (max, unit) = (quantity::value(extent.max), quantity::unit(&channel.unit));
    let share = quantity::share_pct(present.min(expected), expected);
    let share = share.map_or_else(|| "–".to_owned(), |pct| pct.to_string());
    site.lang.say(
        "trace.numbers",
        &[
            ("title", &title),
            ("min", &min),
            ("mean", &mean),
            ("max", &max),
            ("unit", &unit),
            ("expected", &expected),
            ("present", &present),
            ("share", &share),
        ],
    )
}

/// The sentence under the verdict's word.
fn verdict_line(site: &Site, view: &TraceView) -> String {
    let passed = view
        .tests
        .iter()
        .filter(|t| t.verdict == TestVerdict::Pass)
        .count();
    let key = match view.verdict {
        Verdict::Passed if passed == 1 => "verdict.passed-line-one",
        Verdict::Passed => "verdict.passed-line",
        Verdict::Untested => "verdict.untested-line",
        Verdict::InTest => "verdict.in-test-line",
        Verdict::Expired => return expired_line(site, view),
        Verdict::Failed => "verdict.failed-line",
        Verdict::Incomplete => "verdict.incomplete-line",
        Verdict::Recalled { .. } => "recall.stop",
    };
    let line = site.lang.say(key, &[("n", &passed)]);
    let fresh = matches!(view.verdict, Verdict::Passed | Verdict::Untested);
    match view.lot.best_before.filter(|_| fresh) {
        Some(end) => {
            let end = clock::day(end);
            let dated = site.lang.say("verdict.in-date", &[("day", &end)]);
            line + &dated
        }
        None => line,
    }
}

/// Since when a lot is past its shelf life.
fn expired_line(site: &Site, view: &TraceView) -> String {
    let end = view.lot.best_before.unwrap_or(site.now);
    let past = (site.now.seconds() - clock::start_of_day(end).seconds()) / clock::DAY_S;
    let end = clock::day(end);
    site.lang
        .say("verdict.expired-line", &[("day", &end), ("n", &past)])
}

/// How many pictures there are and how many of them are shown.
fn pictures_line(site: &Site, strip: &PictureStrip) -> String {
    let (from, to) = (clock::day(strip.from), clock::day(strip.to));
    let shown = strip.shown.len();
    let key = match strip.count {
        0 => "trace.pictures-none",
        count if count == shown as u64 => "trace.pictures-all",
        _ => "trace.pictures-some",
    };
    site.lang.say(
        key,
        &[
            ("from", &from),
            ("to", &to),
            ("count", &strip.count),
            ("days", &strip.days),
            ("shown", &shown),
        ],
    )
}

/// The days without pictures, the longest gaps first; empty where there are none, and where there
/// is no picture at all, which is said already.
fn gaps_line(site: &Site, strip: &PictureStrip) -> String {
    if strip.gaps.is_empty() || strip.count == 0 {
        return String::new();
    }
    let mut gaps = strip.gaps.clone();
    gaps.sort_by_key(|(first, last)| first.0 - last.0);
    gaps.truncate(GAPS_NAMED_MAX);
    gaps.sort_unstable();
    let named = gaps.iter().map(|(first, last)| {
        if first == last {
            return clock::day(*first);
        }
        format!("{} – {}", clock::day(*first), clock::day(*last))
    });
    let named = named
        .collect::<Vec<_>>()
        .join(&site.t("trace.pictures-and"));
    let more = strip.gaps.len() - gaps.len();
    let key = if more == 0 {
        "trace.pictures-gaps"
    } else {
        "trace.pictures-gaps-more"
    };
    site.lang.say(key, &[("gaps", &named), ("more", &more)])
}

/// First query and count, in words that accuse nobody.
pub(super) fn query_line(site: &Site, query: &Query) -> String {
    let first = clock::minute(query.first);
    let key = if query.count <= 1 {
        "trace.query-first"
    } else {
        "trace.query-again"
    };
    site.lang
        .say(key, &[("first", &first), ("count", &query.count)])
}

/// What is uncommon about the queries and what it may mean, with the numbers that say so.
fn copy_line(site: &Site, query: &Query) -> String {
    if query.signs.is_empty() {
        return String::new();
    }
    let why = query.signs.iter().map(|sign| match sign {
        Sign::Queries => site.t("trace.copy-queries").into_owned(),
        Sign::Day => site.lang.say("trace.copy-day", &[("n", &query.busiest)]),
        Sign::Days => site.lang.say("trace.copy-days", &[("n", &query.days)]),
        Sign::Places => site.lang.say("trace.copy-places", &[("n", &query.places)]),
    });
    let why = why.collect::<Vec<_>>().join(&site.t("trace.copy-and"));
    site.lang
        .say("trace.copy", &[("count", &query.count), ("why", &why)])
}

//! `/supervisor/farms/{id}`: a farm with the charts of its probes over any time. How finely is
//! chosen by the span: as they were sent for two days, by hour for a quarter, by day beyond.

use axum::extract::State;
use axum::response::Response;
use model::id::{GatewayId, ProbeName};
use model::unit::Quantity;
use serde::Deserialize;
use store::alarm::{self, PlotLimit};
use store::plot::{self, Placement};
use store::probe::{self, Channel, Probe};
use store::reading::{self, Span, StepLength};
use store::{AnyConnection, StoreError};
use time::{Duration, OffsetDateTime};

use super::farms::read;
use super::{alarm_row, encoded};
use crate::act::lot::{iso, parse_day};
use crate::extract::{Asked, Named};
use crate::page::chart::{Band, Chart, Point, Series, Spread};
use crate::page::supervisor::farms::{FarmView, ProbeCharts, Range, farm as page};
use crate::page::{Lang, quantity};
use crate::problem::{Answer, Kind, Problem};
use crate::rule::plausible::today;
use crate::state::{AppState, timestamp};
use crate::web::words::day_start;
use crate::web::{Here, cameras};

/// Longest span of reports as they were sent.
const RAW_MAX: Duration = Duration::hours(50);
/// Longest span by hour.
const HOURS_MAX: Duration = Duration::days(100);
/// Longest span at all.
const SPAN_MAX: Duration = Duration::days(3_660);

/// Which span is asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    range: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// Shows one farm.
pub(super) async fn show(
    State(state): State<AppState>,
    here: Here,
    Named(id): Named<i64>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let now = state.now();
    let (range, asked) = span(&question, now)?;
    let mut connection = state.store().acquire().await?;
    let heard = read(&mut connection, Some(id), now).await?.pop();
    let heard = heard.ok_or_else(no_farm)?;
    let filter = alarm::Filter {
        plot_id: Some(id),
        open: true,
        grouped: true,
        ..alarm::Filter::default()
    };
    let alarms = alarm::list(&mut connection, &filter, now, 20).await?;
    let probes = charts(&mut connection, id, asked, (now, here.site.lang)).await?;
    let cameras = cameras::of_plot(&mut connection, id, now).await?;
    drop(connection);
    let last_day = today(asked.to - Duration::SECOND);
    let view = FarmView {
        farm: heard.row(now),
        contact: heard.farm.contact.clone(),
        area_mu: f64::from(heard.farm.area_mu),
        altitude_m: f64::from(heard.farm.altitude_m),
        range,
        days: (iso(today(asked.from)), iso(last_day)),
        probes,
        alarms: alarms.iter().map(alarm_row).collect(),
        cameras,
    };
    here.answer(page(&here.site, &view))
}

fn no_farm() -> Problem {
    Problem::told(Kind::NotFound, "there is no such farm", "没有这个基地")
}

/// The span of a question: the last week where it does not say; chosen days are whole ones.
fn span(question: &Question, now: OffsetDateTime) -> Answer<(Range, Span)> {
    if question.range == Range::Own.code() {
        let from = day_start(parse_day("from", &question.from)?);
        let to = day_start(parse_day("to", &question.to)?) + Duration::DAY;
        if from >= to || to - from > SPAN_MAX {
            let en = "the first day comes first, and ten years are the most";
            return Err(Problem::invalid("from", en, "起始日须早于结束日，最长十年"));
        }
        return Ok((Range::Own, Span { from, to }));
    }
    let linked = Range::LINKED.into_iter();
    let range = linked
        .into_iter()
        .find(|range| range.code() == question.range)
        .unwrap_or(Range::Week);
    let from = now - Duration::hours(range.hours());
    Ok((range, Span { from, to: now }))
}

/// The probes that stood on a plot in a span, each with its channels drawn for that time only.
async fn charts(
    connection: &mut AnyConnection,
    plot_id: i64,
    asked: Span,
    (now, lang): (OffsetDateTime, Lang),
) -> Answer<Vec<ProbeCharts>> {
    let placements = plot::list_placements(connection, None, Some(plot_id)).await?;
    let limits = alarm::list_plot_limits(connection, plot_id).await?;
    let stood = placements.into_iter().filter(|placed| {
        let until = placed.valid_to.unwrap_or(now.max(asked.to));
        placed.kind == "probe" && placed.valid_from < asked.to && until > asked.from
    });
    let mut charts = Vec::new();
    for placed in stood.collect::<Vec<_>>() {
        let Some(probe) = find_probe(connection, &placed.gateway, &placed.name).await? else {
            continue;
        };
        charts.push(probe_charts(connection, (&probe, &placed), &limits, (asked, lang)).await?);
    }
    // What stands there now comes first.
    charts.sort_by_key(|probe| probe.until.is_some());
    Ok(charts)
}

/// The probe of these names.
pub(super) async fn find_probe(
    connection: &mut AnyConnection,
    gateway: &str,
    name: &str,
) -> Answer<Option<Probe>> {
    let (Ok(gateway), Ok(name)) = (GatewayId::parse(gateway), ProbeName::parse(name)) else {
        return Ok(None);
    };
    Ok(probe::find(connection, &gateway, &name).await?)
}

async fn probe_charts(
    connection: &mut AnyConnection,
    (probe, placed): (&Probe, &Placement),
    limits: &[PlotLimit],
    (asked, lang): (Span, Lang),
) -> Answer<ProbeCharts> {
    let own = Span {
        from: asked.from.max(placed.valid_from),
        to: asked.to.min(placed.valid_to.unwrap_or(asked.to)),
    };
    let series = series(connection, probe, own, asked.to - asked.from).await?;
    let last = series
        .iter()
        .filter_map(|series| series.points.last())
        .map(|point| point.at)
        .max();
    let mut charts = Vec::new();
    for (channel, series) in probe.channels.iter().zip(&series) {
        let id = format!(
            "c{}-{}-{}",
            probe.key.0,
            placed.valid_from.unix_timestamp(),
            channel.index
        );
        let chart = Chart {
            id,
            title: title(channel, lang),
            unit: quantity::unit(&channel.unit),
            from: timestamp(asked.from),
            to: timestamp(asked.to),
            series,
            band: band(limits, probe, channel),
            lang,
        };
        charts.push(chart.html().map_err(Problem::internal)?);
    }
    let (from, to) = (iso(today(own.from)), iso(today(own.to - Duration::SECOND)));
    let (gateway, name) = (encoded(&placed.gateway), encoded(&placed.name));
    Ok(ProbeCharts {
        name: format!("{} / {}", placed.gateway, placed.name),
        last,
        since: timestamp(placed.valid_from),
        until: placed.valid_to.map(timestamp),
        charts,
        csv: format!("/supervisor/probes/{gateway}/{name}/readings.csv?from={from}&to={to}"),
    })
}

/// A channel's name, with its depth where it lies in the ground.
fn title(channel: &Channel, lang: Lang) -> String {
    let name = match channel.quantity {
        Quantity::Other => channel.name.clone(),
        known => quantity::name(known.code(), lang),
    };
    match channel.depth_cm {
        Some(depth) => format!("{name} −{depth} cm"),
        None => name,
    }
}

fn band(limits: &[PlotLimit], probe: &Probe, channel: &Channel) -> Option<Band> {
    let own = limits.iter().filter(|limit| {
        limit.gateway == probe.gateway.as_str()
            && limit.probe == probe.name.as_str()
            && limit.channel == channel.index
    });
    crate::web::digital_link::view::narrowest(own)
}

/// A series a channel, oldest first, as fine as the span on the axis lets one see.
async fn series(
    connection: &mut AnyConnection,
    probe: &Probe,
    own: Span,
    width: Duration,
) -> Result<Vec<Series>, StoreError> {
    if width <= RAW_MAX {
        return raw(connection, probe, own).await;
    }
    let (length, step_s) = if width <= HOURS_MAX {
        (StepLength::Hour, 3_600)
    } else {
        (StepLength::Day, 86_400)
    };
    let mut all: Vec<Series> = probe
        .channels
        .iter()
        .map(|_| Series {
            step_s,
            points: Vec::new(),
        })
        .collect();
    // A part at a time: an answer of the store holds so many rows and no more.
    let channels = probe.channels.len().max(1) as i64;
    let rows_each = (reading::ROWS_MAX / channels).max(1);
    let part = Duration::seconds(rows_each * i64::from(step_s));
    let mut from = own.from;
    while from < own.to {
        let span = Span {
            from,
            to: own.to.min(from + part),
        };
        let rows =
            reading::list_steps(connection, probe.key, length, span, reading::ROWS_MAX).await?;
        for row in rows.into_iter().rev() {
            let place = probe
                .channels
                .iter()
                .position(|channel| channel.index == row.channel);
            if let Some(series) = place.and_then(|place| all.get_mut(place)) {
                series.points.push(Point {
                    at: timestamp(row.start),
                    spread: row.summary.map(|summary| Spread {
                        min: f64::from(summary.min),
                        mean: summary.mean,
                        max: f64::from(summary.max),
                    }),
                });
            }
        }
        from = span.to;
    }
    Ok(all)
}

/// Reports as they were sent: a value that its channel cannot mean is a gap.
async fn raw(
    connection: &mut AnyConnection,
    probe: &Probe,
    own: Span,
) -> Result<Vec<Series>, StoreError> {
    let rows = reading::list_raw(connection, probe.key, own, reading::ROWS_MAX).await?;
    let step_s = probe.interval_seconds.max(1).unsigned_abs();
    let series = probe.channels.iter().map(|channel| {
        let slot = usize::from(channel.index.unsigned_abs());
        let points = rows.iter().rev().map(|row| {
            let value = row.values.get(slot).copied().flatten();
            let value = value.filter(|_| !row.outside.contains(slot)).map(f64::from);
            Point {
                at: timestamp(row.time),
                spread: value.map(|value| Spread {
                    min: value,
                    mean: value,
                    max: value,
                }),
            }
        });
        Series {
            step_s,
            points: points.collect(),
        }
    });
    Ok(series.collect())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_span_is_a_week_where_nothing_is_said_and_chosen_days_are_whole() {
        let now = datetime!(2026-11-23 04:00 UTC);
        let ask = |range: &str, from: &str, to: &str| Question {
            range: range.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
        };
        let week = span(&ask("", "", ""), now).ok();
        assert_eq!(
            week.map(|(range, span)| (range, span.from)),
            Some((Range::Week, now - Duration::days(7)))
        );
        let own = span(&ask("own", "2026-11-01", "2026-11-02"), now).ok();
        let days = own.map(|(_, span)| (span.from, span.to));
        let (first, last) = (
            datetime!(2026-10-31 16:00 UTC),
            datetime!(2026-11-02 16:00 UTC),
        );
        assert_eq!(days, Some((first, last)));
        for (from, to) in [
            ("2026-11-02", "2026-11-01"),
            ("", ""),
            ("2000-01-01", "2026-01-01"),
        ] {
            assert!(span(&ask("own", from, to), now).is_err(), "{from} {to}");
        }
    }
}

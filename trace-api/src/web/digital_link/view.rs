//! Everything the buyer's page shows of a lot, gathered from the store. Only facts of this lot go
//! in: its own tests and events, and the readings of its own plot in its own time.

use model::alarm::Bound;
use model::gs1::Serial;
use model::lot::LotState;
use model::unit::Quantity;
use store::alarm::{self, PlotLimit};
use store::event::{self, Event as EventRow};
use store::lot::Lot as LotRow;
use store::recall;
use store::test_report::{self, Filter as ReportFilter};
use store::test_result::{self, TestResult};
use store::trace::{self, Monitored, Period};
use store::{AnyConnection, credential, plot, producer, product};
use time::OffsetDateTime;

use super::around::{Around, county};
use super::timeline::{laboratory, timeline};
use crate::page::chart::{Band, Point, Series, Spread};
use crate::page::trace::{
    Channel, Entered, Extent, Lot, Monitoring, Pictures, Plot, Producer, Product, Query, Regime,
    Report, Test, TestVerdict, TraceView, Verdict,
};
use crate::page::{Mark, Source, Words, quantity};
use crate::problem::{Answer, Problem};
use crate::rule::copy::{Counted, signs};
use crate::rule::plausible;
use crate::rule::verdict::{self, Outcome, Say};
use crate::state::{AppState, timestamp};
use crate::web::words::{card, certified, day, quantity as amount, result, words};

/// Most tests on a page.
const TESTS_MAX: i64 = 100;
/// Most charts on a page.
const CHARTS_MAX: usize = 6;

/// How often the code of an item was asked for.
pub(crate) type Scan = Option<store::scan::Record>;

/// What the store says of a lot.
struct Rows {
    lot: LotRow,
    product: product::Product,
    producer: producer::Producer,
    plot: Option<plot::Plot>,
    tests: Vec<TestResult>,
    reports: Vec<test_report::Report>,
    events: Vec<EventRow>,
    monitored: Vec<Monitored>,
    limits: Vec<PlotLimit>,
    pictures: Option<Pictures>,
    credentials: Vec<credential::Public>,
    around: Around,
}

/// Gathers the page of a lot, or of one item of it.
pub(crate) async fn gather(
    state: &AppState,
    lot: LotRow,
    serial: Option<Serial>,
    scan: Scan,
) -> Answer<TraceView> {
    let now = state.now();
    let county = county(state).await?;
    let mut connection = state.store().acquire().await?;
    let mut rows = read(&mut connection, lot, now).await?;
    let notice = match rows.lot.state {
        LotState::Recalled => recall::find_notice(&mut connection, rows.lot.id).await?,
        _ => None,
    };
    drop(connection);
    let declared = declared(&rows.lot);
    let as_of = as_of(&rows);
    let best_before = best_before(&rows);
    Ok(TraceView {
        verdict: verdict(
            &rows,
            best_before.is_some_and(|end| end < plausible::today(now)),
            notice,
        ),
        product: Product {
            name: words(&rows.product.name, &rows.product.name_en),
            detail: Some(product_detail(&rows.product)),
            gtin: rows.product.gtin.clone(),
            regime: regime(&rows.product.regime),
            suspended: suspended(&rows),
            source: declared.clone(),
        },
        lot: Lot {
            code: rows.lot.code.clone(),
            serial: serial.map(|serial| serial.to_string()),
            quantity: Some(amount(rows.lot.quantity, &rows.lot.unit)),
            started: Some(day(rows.lot.started_on)),
            harvested: rows.lot.harvested_on.map(day),
            best_before: best_before.map(day),
        },
        query: scan.map(|record| query(&record)),
        producer: Producer {
            name: words(&rows.producer.name, &rows.producer.name_en),
            township: rows.producer.township.as_str().into(),
            contact: Some(rows.producer.contact.clone()).filter(|contact| !contact.is_empty()),
            credit_code: Some(rows.producer.credit_code.clone()),
            source: declared.clone(),
        },
        credentials: {
            let today = plausible::today(now);
            let rows = rows.credentials.iter();
            rows.map(|row| certified(row, today)).collect()
        },
        plot: rows.plot.as_ref().map(|plot| place(plot, declared.clone())),
        county,
        inputs: rows.around.inputs(&rows.lot),
        certificates: rows.around.certificates(&rows.lot),
        tests: rows.tests.iter().map(test).collect(),
        reports: rows.reports.iter().map(report).collect(),
        events: timeline(&rows.lot, &rows.events, &rows.around),
        monitoring: monitoring(&rows, now),
        pictures: rows.pictures.take(),
        entered: entered(&rows),
        as_of,
    })
}

/// What the page says of the queries of an item.
pub(super) fn query(record: &store::scan::Record) -> Query {
    Query {
        first: timestamp(record.first),
        count: u64::try_from(record.count).unwrap_or_default(),
        days: u64::try_from(record.days).unwrap_or_default(),
        places: u64::try_from(record.places).unwrap_or_default(),
        busiest: u64::try_from(record.busiest).unwrap_or_default(),
        signs: signs(Counted::from(record)),
    }
}

async fn read(connection: &mut AnyConnection, lot: LotRow, now: OffsetDateTime) -> Answer<Rows> {
    let vanished = || Problem::internal(Vanished);
    let product = product::find_by_gtin(connection, &lot.gtin)
        .await?
        .ok_or_else(vanished)?;
    let producer = producer::find(connection, lot.producer_id)
        .await?
        .ok_or_else(vanished)?;
    let plot = plot::find(connection, lot.plot_id).await?;
    let mut tests = test_result::list(connection, Some(lot.id), TESTS_MAX).await?;
    // What was written down wrongly is not told beside its correction.
    tests.retain(|test| test.corrected_by.is_none());
    let filed = ReportFilter {
        lot_id: Some(lot.id),
        ..ReportFilter::default()
    };
    let reports = test_report::list(connection, filed).await?;
    let events = event::list(connection, lot.id).await?;
    let last = lot.harvested_on.unwrap_or_else(|| plausible::today(now));
    let period = Period {
        first: lot.started_on,
        last,
    };
    let monitored = trace::list_monitored(connection, lot.plot_id, period, now).await?;
    let limits = alarm::list_plot_limits(connection, lot.plot_id).await?;
    let pictures = super::pictures::gather(connection, &lot, period, now).await?;
    let gtins = std::slice::from_ref(&product.gtin);
    let today = plausible::today(now);
    let credentials = credential::list_public(connection, gtins, today).await?;
    let around = Around::read(connection, &lot, last, &events).await?;
    Ok(Rows {
        lot,
        product,
        producer,
        plot,
        tests,
        reports,
        events,
        monitored,
        limits,
        pictures,
        credentials,
        around,
    })
}

#[derive(Debug, thiserror::Error)]
#[error("a lot's product or producer is not there")]
struct Vanished;

/// Facts that the producer told when the lot was registered.
fn declared(lot: &LotRow) -> Source {
    let by = words(&lot.producer, &lot.producer_en);
    Source {
        mark: Mark::Declared,
        by,
        at: timestamp(lot.created_at),
    }
}

/// Last day of the shelf life, counted from the harvest.
fn best_before(rows: &Rows) -> Option<time::Date> {
    let keeps = time::Duration::days(i64::from(rows.product.shelf_life_days));
    rows.lot.harvested_on?.checked_add(keeps)
}

fn verdict(rows: &Rows, is_expired: bool, notice: Option<(String, String)>) -> Verdict {
    // A test that did not work says nothing of the lot.
    let valid = rows.tests.iter().filter(|test| !test.invalid);
    let outcomes = valid.map(|test| Outcome {
        item: &test.item,
        passed: test.passed,
        at: test.tested_at,
    });
    match verdict::say(rows.lot.state, outcomes) {
        Say::Passed | Say::Untested if is_expired => Verdict::Expired,
        Say::Passed => Verdict::Passed,
        Say::Untested => Verdict::Untested,
        Say::InTest => Verdict::InTest,
        Say::Failed => Verdict::Failed,
        Say::Recalled => {
            let called = rows
                .events
                .iter()
                .rev()
                .find(|event| event.biz_step == "holding");
            let since = called.map_or(rows.lot.created_at, |event| event.event_time);
            let reason = rows.lot.recall_reason.clone().unwrap_or_default();
            Verdict::Recalled {
                since: timestamp(since),
                reason: reason.into(),
                advice: notice.map(|(zh, en)| words(&zh, &en)),
            }
        }
    }
}

/// Since when nothing new may come of the product.
fn suspended(rows: &Rows) -> Option<model::time::Timestamp> {
    let ends = [rows.product.standing, rows.producer.standing];
    let since = ends
        .into_iter()
        .filter_map(|standing| standing.suspended_at);
    since.min().map(timestamp)
}

fn product_detail(product: &product::Product) -> Words {
    let parts = [product.variety.as_str(), product.specification.as_str()];
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
        .into()
}

/// Which document goes with a product.
pub(in crate::web) fn regime(code: &str) -> Regime {
    match code {
        "sc" => Regime::Licence,
        "workshop" => Regime::Workshop,
        _ => Regime::Promise,
    }
}

fn place(plot: &plot::Plot, source: Source) -> Plot {
    Plot {
        name: words(&plot.name, &plot.name_en),
        township: plot.township.as_str().into(),
        area_mu: Some(f64::from(plot.area_mu)),
        altitude_m: Some(f64::from(plot.altitude_m)),
        source,
    }
}

fn test(row: &TestResult) -> Test {
    let limit = quantity::short(f64::from(row.limit));
    let lines = card(row.control_line.zip(row.test_line));
    Test {
        item: row.item.as_str().into(),
        result: lines.map_or_else(|| result(&row.qualifier, row.value), str::to_owned),
        unit: row.unit.clone(),
        limit: Some(format!("< {limit} {}", row.unit)).filter(|_| lines.is_none()),
        method: row.method.clone(),
        at: timestamp(row.tested_at),
        verdict: match (row.invalid, row.passed) {
            (true, _) => TestVerdict::Unclear,
            (false, true) => TestVerdict::Pass,
            (false, false) => TestVerdict::Fail,
        },
        lab: laboratory(),
    }
}

fn report(row: &test_report::Report) -> Report {
    let sha256 = row.sha256.to_string();
    Report {
        laboratory: row.laboratory.clone(),
        number: row.number.clone(),
        at: day(row.issued_on),
        href: row.is_public.then(|| format!("/reports/{sha256}.pdf")),
        sha256,
    }
}

fn monitoring(rows: &Rows, now: OffsetDateTime) -> Option<Monitoring> {
    let mut channels: Vec<&Monitored> = rows
        .monitored
        .iter()
        .filter(|channel| is_telling(channel.quantity))
        .collect();
    channels.sort_by_key(|channel| (weight(channel.quantity), channel.depth_cm));
    let last = rows
        .lot
        .harvested_on
        .and_then(time::Date::next_day)
        .map(day);
    let to = last.map_or(timestamp(now), |end| end.min(timestamp(now)));
    (!channels.is_empty()).then(|| Monitoring {
        from: day(rows.lot.started_on),
        to,
        channels: channels
            .into_iter()
            .take(CHARTS_MAX)
            .map(|channel| chart(channel, &rows.limits))
            .collect(),
    })
}

/// Whether a buyer learns anything from it: a battery's voltage says nothing of the food.
const fn is_telling(quantity: Quantity) -> bool {
    !matches!(quantity, Quantity::Voltage)
}

/// The most telling first.
fn weight(quantity: Quantity) -> usize {
    const ORDER: [Quantity; 8] = [
        Quantity::AirTemperature,
        Quantity::RoomTemperature,
        Quantity::SoilMoisture,
        Quantity::WaterLevel,
        Quantity::SoilTemperature,
        Quantity::WaterTemperature,
        Quantity::AirHumidity,
        Quantity::SoilPh,
    ];
    ORDER
        .iter()
        .position(|known| *known == quantity)
        .unwrap_or(ORDER.len())
}

fn chart(row: &Monitored, limits: &[PlotLimit]) -> Channel {
    let present: i64 = row.steps.iter().map(|step| i64::from(step.n)).sum();
    let sum: f64 = row
        .steps
        .iter()
        .map(|step| step.mean * f64::from(step.n))
        .sum();
    let least = row
        .steps
        .iter()
        .map(|step| f64::from(step.min))
        .reduce(f64::min);
    let most = row
        .steps
        .iter()
        .map(|step| f64::from(step.max))
        .reduce(f64::max);
    let extent = least.zip(most).filter(|_| present > 0);
    let extent = extent.map(|(min, max)| Extent {
        min,
        mean: sum / present as f64,
        max,
    });
    let newest = row.newest.unwrap_or(row.span.from);
    Channel {
        quantity: match row.quantity {
            Quantity::Other => row.name.clone(),
            known => known.code().to_owned(),
        },
        unit: row.unit.clone(),
        depth_cm: row.depth_cm.map(f64::from),
        extent,
        expected: u64::try_from(row.expected.max(present)).unwrap_or_default(),
        present: u64::try_from(present).unwrap_or_default(),
        band: band(row, limits),
        series: series(row),
        source: Source {
            mark: Mark::Measured,
            by: format!("{} / {}", row.gateway, row.probe).into(),
            at: timestamp(newest),
        },
    }
}

fn series(row: &Monitored) -> Series {
    let points = row.steps.iter().map(|step| Point {
        at: timestamp(step.start),
        spread: Some(Spread {
            min: f64::from(step.min),
            mean: step.mean,
            max: f64::from(step.max),
        }),
    });
    Series {
        step_s: u32::try_from(row.step_seconds).unwrap_or(3_600),
        points: points.collect(),
    }
}

/// The tightest limits that are watched on a channel.
fn band(row: &Monitored, limits: &[PlotLimit]) -> Option<Band> {
    let own = limits.iter().filter(|limit| {
        limit.gateway == row.gateway && limit.probe == row.probe && limit.channel == row.channel
    });
    narrowest(own)
}

/// The tightest of some limits of one channel.
pub(in crate::web) fn narrowest<'a>(limits: impl Iterator<Item = &'a PlotLimit>) -> Option<Band> {
    let (mut low, mut high) = (None, None);
    for limit in limits {
        let value = f64::from(limit.value);
        match limit.bound {
            Bound::Below => low = Some(low.map_or(value, |other: f64| other.max(value))),
            Bound::Above => high = Some(high.map_or(value, |other: f64| other.min(value))),
        }
    }
    (low.is_some() || high.is_some()).then_some(Band { low, high })
}

/// Who entered what: the lot, its tests, its readings.
fn entered(rows: &Rows) -> Vec<Entered> {
    let mut lines = vec![Entered {
        what: Words::both("批次登记", "Registration of the lot"),
        by: words(&rows.lot.producer, &rows.lot.producer_en),
        at: timestamp(rows.lot.created_at),
    }];
    if let Some(test) = rows.tests.iter().max_by_key(|test| test.recorded_at) {
        lines.push(Entered {
            what: Words::both("检测结果", "Test results"),
            by: laboratory(),
            at: timestamp(test.recorded_at),
        });
    }
    let mut probes: Vec<(String, OffsetDateTime)> = Vec::new();
    for channel in &rows.monitored {
        let name = format!("{} / {}", channel.gateway, channel.probe);
        let Some(newest) = channel.newest else {
            continue;
        };
        match probes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = newest.max(*known),
            None => probes.push((name, newest)),
        }
    }
    lines.extend(probes.into_iter().map(|(name, at)| Entered {
        what: Words::both("监测数据", "Readings"),
        by: name.into(),
        at: timestamp(at),
    }));
    lines
}

/// The newest fact on the page.
fn as_of(rows: &Rows) -> model::time::Timestamp {
    let tests = rows.tests.iter().map(|test| test.recorded_at);
    let events = rows.events.iter().map(|event| event.record_time);
    let readings = rows.monitored.iter().filter_map(|channel| channel.newest);
    let newest = tests.chain(events).chain(readings).max();
    timestamp(newest.unwrap_or(rows.lot.created_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_has_a_place_and_the_air_comes_first() {
        assert_eq!(weight(Quantity::AirTemperature), 0);
        assert!(weight(Quantity::Other) > weight(Quantity::SoilPh));
        assert!(!is_telling(Quantity::Voltage) && is_telling(Quantity::Other));
    }

    #[test]
    fn an_unknown_regime_promises_and_licences_nothing_more() {
        assert_eq!(regime("promise"), Regime::Promise);
        assert_eq!(regime("sc"), Regime::Licence);
        assert_eq!(regime("workshop"), Regime::Workshop);
    }
}

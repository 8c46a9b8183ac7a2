//! The many rows of a made-up county, table by table, each row from its number.

use std::fmt::Write as _;

use sqlx::postgres::PgConnection;
use time::{Date, Duration, OffsetDateTime};

use super::{County, FIRST, RUN_LABELS, code, serial};
use crate::StoreError;
use crate::bench::nature;

/// Bytes that are sent at once.
const CHUNK_BYTES: usize = 1 << 18;
/// Every how many-th label was looked at.
const SCANNED: u64 = 10;

/// Sends rows to a table; `row` writes the line of a number from 1 on.
async fn copy(
    connection: &mut PgConnection,
    (what, columns): (&'static str, &str),
    count: u64,
    tell: &mut impl FnMut(&'static str, u64),
    mut row: impl FnMut(u64, &mut String),
) -> Result<(), StoreError> {
    let statement = format!("copy {what} ({columns}) from stdin");
    let mut sink = connection.copy_in_raw(&statement).await?;
    let mut chunk = String::with_capacity(CHUNK_BYTES + 1_024);
    let mut told = 0;
    for number in 1..=count {
        row(number, &mut chunk);
        chunk.push('\n');
        if chunk.len() >= CHUNK_BYTES || number == count {
            sink.send(chunk.as_bytes()).await?;
            chunk.clear();
            tell(what, number - told);
            told = number;
        }
    }
    sink.finish().await?;
    Ok(())
}

/// A request id that is its number; `kind` keeps tables apart.
fn request(kind: u8, number: u64) -> String {
    format!("{kind:02x}000000-0000-4000-8000-{number:012x}")
}

/// Writing into a string never fails.
macro_rules! line {
    ($out:expr, $($part:tt)*) => {{ let _ = write!($out, $($part)*); }};
}

/// When a lot was registered: a minute after the one before.
fn registered(lot: u64) -> OffsetDateTime {
    FIRST + Duration::minutes(lot.cast_signed() % 900_000)
}

fn harvested(lot: u64) -> Date {
    registered(lot).date()
}

pub(super) async fn lots(
    connection: &mut PgConnection,
    county: &County,
    tell: &mut impl FnMut(&'static str, u64),
) -> Result<(), StoreError> {
    let columns = "id, product_id, plot_id, code, state, started_on, harvested_on, quantity, \
                   recall_reason, request_id, created_at";
    let plots = county.size.producers * 2;
    copy(
        connection,
        ("lot", columns),
        county.size.lots,
        tell,
        |lot, out| {
            let (product, plot) = (county.product(lot) + 1, lot % plots + 1);
            let (state, reason) = nature::state(lot);
            let day = harvested(lot);
            let (start, at) = (day - Duration::days(90), registered(lot));
            let (code, request) = (code(lot), request(1, lot));
            line!(
                out,
                "{lot}\t{product}\t{plot}\t{code}\t{state}\t{start}\t{day}\t100\t{reason}\t"
            );
            line!(out, "{request}\t{at}");
        },
    )
    .await
}

pub(super) async fn processings(
    connection: &mut PgConnection,
    county: &County,
    tell: &mut impl FnMut(&'static str, u64),
) -> Result<(), StoreError> {
    let graph = &county.graph;
    let columns = "id, producer_id, plot_id, kind, done_at, unit, loss, request_id, created_at";
    let count = graph.processings();
    copy(
        connection,
        ("processing", columns),
        count,
        tell,
        |number, out| {
            let producer = number % county.size.producers + 1;
            let request = request(2, number);
            line!(
                out,
                "{number}\t{producer}\t{producer}\tsorting\t{FIRST}\tKGM\t0\t{request}\t{FIRST}"
            );
        },
    )
    .await?;
    let columns = "processing_id, lot_id, quantity";
    let inputs = graph.inputs();
    copy(
        connection,
        ("processing_input", columns),
        inputs,
        tell,
        |number, out| {
            let (processing, lot) = graph.input(number - 1);
            line!(out, "{processing}\t{lot}\t100");
        },
    )
    .await?;
    let outputs = graph.outputs();
    copy(
        connection,
        ("processing_output", "processing_id, lot_id"),
        outputs,
        tell,
        |number, out| {
            let (processing, lot) = graph.output(number - 1);
            line!(out, "{processing}\t{lot}");
        },
    )
    .await
}

pub(super) async fn labels(
    connection: &mut PgConnection,
    county: &County,
    tell: &mut impl FnMut(&'static str, u64),
) -> Result<(), StoreError> {
    let runs = county.size.labels.div_ceil(RUN_LABELS);
    let lot_of = |run: u64| (run - 1) % county.labelled() + 1;
    let columns = "id, lot_id, product_id, size, count, request_id, created_at";
    copy(
        connection,
        ("label_run", columns),
        runs,
        tell,
        |run, out| {
            let lot = lot_of(run);
            let (product, at) = (county.product(lot) + 1, registered(lot));
            let request = request(3, run);
            line!(
                out,
                "{run}\t{lot}\t{product}\t40x30mm\t{RUN_LABELS}\t{request}\t{at}"
            );
        },
    )
    .await?;
    let columns = "run_id, first_number, last_number, lot_id, request_id, at";
    copy(
        connection,
        ("label_binding", columns),
        runs,
        tell,
        |run, out| {
            let (lot, request) = (lot_of(run), request(4, run));
            line!(out, "{run}\t1\t{RUN_LABELS}\t{lot}\t{request}\t{FIRST}");
        },
    )
    .await?;
    serials(connection, county, tell).await
}

/// The labels themselves, and the looks at them.
async fn serials(
    connection: &mut PgConnection,
    county: &County,
    tell: &mut impl FnMut(&'static str, u64),
) -> Result<(), StoreError> {
    let lot_of = |run: u64| (run - 1) % county.labelled() + 1;
    // The key over random serials is built afterwards: row by row it would be most of the time.
    super::run(
        connection,
        "alter table label drop constraint label_pkey".to_owned(),
    )
    .await?;
    let columns = "serial, run_id, number, first_scanned_at, scan_count";
    copy(
        connection,
        ("label", columns),
        county.size.labels,
        tell,
        |label, out| {
            let (run, number) = ((label - 1) / RUN_LABELS + 1, (label - 1) % RUN_LABELS + 1);
            let serial = serial(label - 1);
            if label.is_multiple_of(SCANNED) {
                let at = registered(lot_of(run)) + Duration::seconds(label.cast_signed() % 86_400);
                line!(out, "{serial}\t{run}\t{number}\t{at}\t1");
            } else {
                line!(out, "{serial}\t{run}\t{number}\t\\N\t0");
            }
        },
    )
    .await?;
    tell("label_pkey", 0);
    let key = "alter table label add constraint label_pkey primary key (serial)";
    super::run(connection, key.to_owned()).await?;
    let scanned = county.size.labels / SCANNED;
    let columns = "serial, day, place, count";
    copy(
        connection,
        ("scan_day", columns),
        scanned,
        tell,
        |number, out| {
            let label = number * SCANNED;
            let (day, serial) = (
                harvested(lot_of((label - 1) / RUN_LABELS + 1)),
                serial(label - 1),
            );
            line!(out, "{serial}\t{day}\t{}\t1", nature::township(number));
        },
    )
    .await
}

/// A test, two events and, for every second lot, a shipment.
pub(super) async fn record(
    connection: &mut PgConnection,
    county: &County,
    tell: &mut impl FnMut(&'static str, u64),
) -> Result<(), StoreError> {
    let lots = county.labelled();
    let columns = "id, lot_id, sample_code, item, method, qualifier, value, unit, limit_value, \
                   verdict, tested_at, recorded_at, request_id";
    copy(
        connection,
        ("test_result", columns),
        lots,
        tell,
        |lot, out| {
            let (at, request) = (registered(lot), request(5, lot));
            line!(
                out,
                "{lot}\t{lot}\tS-{lot}\t抑制率\tGB/T 5009.199-2003\t\t12.5\t%\t50\tpass\t"
            );
            line!(out, "{at}\t{at}\t{request}");
        },
    )
    .await?;
    let columns = "id, lot_id, event_id, biz_step, event_time, record_time, body";
    copy(
        connection,
        ("event", columns),
        lots * 2,
        tell,
        |number, out| {
            let (lot, second) = (number.div_ceil(2), number.is_multiple_of(2));
            let (at, code) = (registered(lot), code(lot));
            let step = if second {
                "inspecting"
            } else {
                "creating_class_instance"
            };
            line!(
                out,
                "{number}\t{lot}\tni:///sha-256;{number:064x}?ver=CBV2.0\t{step}\t{at}\t{at}\t"
            );
            line!(
                out,
                "{{\"type\":\"ObjectEvent\",\"action\":\"OBSERVE\",\"bizStep\":\"{step}\","
            );
            line!(
                out,
                "\"eventTime\":\"2025-01-01T00:00:00.000Z\",\"eventTimeZoneOffset\":\"+08:00\","
            );
            line!(
                out,
                "\"quantityList\":[{{\"epcClass\":\"https://id.gs1.org/10/{code}\","
            );
            line!(out, "\"quantity\":100,\"uom\":\"KGM\"}}]}}");
        },
    )
    .await?;
    let columns = "id, lot_id, from_party_id, to_party_id, quantity, shipped_at, request_id";
    let shops = county.size.producers.max(2);
    copy(
        connection,
        ("shipment", columns),
        lots / 2,
        tell,
        |number, out| {
            let (lot, from) = (number * 2, number % shops + 1);
            let (to, at) = (from % shops + 1, registered(lot) + Duration::DAY);
            let request = request(6, number);
            line!(out, "{number}\t{lot}\t{from}\t{to}\t10\t{at}\t{request}");
        },
    )
    .await
}

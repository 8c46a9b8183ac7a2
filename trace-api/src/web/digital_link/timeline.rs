//! What happened to a lot, from its events, in the words of the trace page.

use model::event::life::RELEASING;
use store::event::Event as Row;
use store::lot::Lot;

use super::around::Around;
use crate::page::trace::{Event, Step};
use crate::page::{Mark, Source, Words};
use crate::state::timestamp;
use crate::web::words::{day, quantity, words};

/// The events of a lot as points of its timeline, oldest first, after the start of its growing,
/// with what was done on its plot between them.
pub(super) fn timeline(lot: &Lot, rows: &[Row], around: &Around) -> Vec<Event> {
    let mut events = around.treatments(lot);
    let handovers = around.handovers();
    // A lot that was registered while it grew has an event of its start.
    let told = rows.iter().any(|row| step(row) == Some(Step::Started));
    if lot.harvested_on.is_some() && !told {
        events.push(started(lot));
    }
    for row in rows {
        let Some(step) = step(row) else { continue };
        let event = Event {
            at: timestamp(row.event_time),
            step,
            detail: detail(lot, row, step).or_else(|| handovers.get(&shipment(row)?).cloned()),
            source: source(lot, row, step),
        };
        // A long run of labels is several events of one moment.
        let run = events.last_mut().filter(|last: &&mut Event| {
            step == Step::Labelled && last.step == step && last.at == event.at
        });
        match run {
            Some(last) => last.detail = None,
            None => events.push(event),
        }
    }
    events.sort_by_key(|event| event.at);
    events
}

/// The start of the growing or making period, as it was declared with the lot.
fn started(lot: &Lot) -> Event {
    let by = words(&lot.producer, &lot.producer_en);
    let source = Source {
        mark: Mark::Declared,
        by,
        at: timestamp(lot.created_at),
    };
    let detail = Some(words(&lot.plot, &lot.plot_en));
    Event {
        at: day(lot.started_on),
        step: Step::Started,
        detail,
        source,
    }
}

/// The step that an event tells; `None` for one that buyers need not see.
fn step(row: &Row) -> Option<Step> {
    if row.body["type"] == "TransformationEvent" {
        return Some(Step::Processed);
    }
    Some(match row.biz_step.as_str() {
        "creating_class_instance" if row.body["ilmd"]["cbvmda:harvestEndDate"].is_null() => {
            Step::Started
        }
        "creating_class_instance" => Step::Harvested,
        "commissioning" => Step::Labelled,
        "inspecting" => Step::Tested,
        "packing" => Step::Packed,
        "shipping" => Step::Shipped,
        "receiving" => Step::Received,
        "sensor_reporting" => Step::Sealed,
        "holding" if row.body["disposition"] == "recalled" => Step::Recalled,
        "holding" => Step::Held,
        RELEASING => Step::Released,
        _ => return None,
    })
}

fn detail(lot: &Lot, row: &Row, step: Step) -> Option<Words> {
    match step {
        Step::Harvested => Some(quantity(lot.quantity, &lot.unit).into()),
        Step::Labelled => {
            let count = row.body["epcList"].as_array()?.len();
            Some(Words::both(
                format!("{count} 枚"),
                format!("{count} labels"),
            ))
        }
        Step::Tested => {
            let report = &row.body["sensorElementList"][0]["sensorReport"][0];
            let item = report["suyuan:item"].as_str()?;
            let passed = row.body["disposition"] == "conformant";
            let (zh, en) = if passed {
                ("合格", "passed")
            } else {
                ("不合格", "failed")
            };
            Some(Words::both(
                format!("{item}：{zh}"),
                format!("{item}: {en}"),
            ))
        }
        _ => None,
    }
}

/// The shipment that a handover's paper names.
fn shipment(row: &Row) -> Option<i64> {
    let papers = row.body["bizTransactionList"].as_array()?;
    let mut numbers = papers.iter().filter_map(|paper| {
        let number = paper["bizTransaction"].as_str()?;
        number.strip_prefix("urn:suyuan:shipment:")?.parse().ok()
    });
    numbers.next()
}

fn source(lot: &Lot, row: &Row, step: Step) -> Source {
    let mark = match step {
        Step::Tested => Mark::Tested,
        Step::Sealed => Mark::Measured,
        _ => Mark::Declared,
    };
    let by = match (row.entered_by.as_deref(), step) {
        (Some("lab"), _) | (_, Step::Tested) => laboratory(),
        (Some("supervisor"), _) | (None, Step::Held | Step::Recalled) => {
            Words::both("监管部门", "Supervising office")
        }
        (Some("operator"), _) => Words::both("平台", "Platform"),
        _ => words(&lot.producer, &lot.producer_en),
    };
    Source {
        mark,
        by,
        at: timestamp(row.record_time),
    }
}

/// Who tested, for the public.
pub(super) fn laboratory() -> Words {
    Words::both("县农产品快检室", "County quick-test laboratory")
}

//! Writing the record: an event gets its hash id and is appended in the transaction of the fact
//! that it tells.

use epcis_hash::{EpcisHashError, canonicalize_json, compute_hash_from_prehash};
use model::event::{Step, Subject, body};
use model::gs1::{Gtin, LotCode};
use serde_json::Value;
use store::event::{self, NewEvent};
use store::lot::Lot;
use time::OffsetDateTime;

use crate::problem::{Answer, Problem};
use crate::state::timestamp;

/// The CBV 2.0 event hash id of an event, `ni:///sha-256;…?ver=CBV2.0`.
pub fn event_id(event: &Value) -> Result<String, EpcisHashError> {
    let document = model::event::document(model::time::Timestamp(0), std::slice::from_ref(event));
    Ok(compute_hash_from_prehash(&canonicalize_json(
        &document, true,
    )?))
}

/// The lot as an event's subject.
pub(crate) fn subject(lot: &Lot) -> Answer<Subject<'_>> {
    Ok(Subject {
        gtin: Gtin::parse(&lot.gtin).map_err(Problem::internal)?,
        lot: LotCode::parse(&lot.code).map_err(Problem::internal)?,
        quantity: Some(lot.quantity),
        unit: &lot.unit,
    })
}

/// When and by whom something was done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deed {
    /// When it happened.
    pub(crate) at: OffsetDateTime,
    /// When it is written down.
    pub(crate) now: OffsetDateTime,
    /// Who writes it down.
    pub(crate) account_id: i64,
}

/// Appends the event of a step; the same event again changes nothing. Returns its id.
pub(crate) async fn append(
    connection: &mut store::AnyConnection,
    lot: &Lot,
    step: &Step<'_>,
    deed: Deed,
) -> Answer<String> {
    let body = body(&subject(lot)?, step, timestamp(deed.at));
    let event_id = event_id(&body).map_err(Problem::internal)?;
    let new = NewEvent {
        lot_id: lot.id,
        event_id: &event_id,
        biz_step: step.biz_step(),
        event_time: deed.at,
        account_id: Some(deed.account_id),
        body: &body,
    };
    event::insert(connection, &new, deed.now).await?;
    Ok(event_id)
}

/// Appends the event of the same kind of step for many lots, in one statement.
pub(crate) async fn append_all(
    connection: &mut store::AnyConnection,
    steps: &[(&Lot, Step<'_>)],
    deed: Deed,
) -> Answer<()> {
    let mut told = Vec::with_capacity(steps.len());
    for (lot, step) in steps {
        let body = body(&subject(lot)?, step, timestamp(deed.at));
        let event_id = event_id(&body).map_err(Problem::internal)?;
        told.push((lot.id, event_id, step.biz_step(), body));
    }
    let events = told
        .iter()
        .map(|(lot_id, event_id, biz_step, body)| NewEvent {
            lot_id: *lot_id,
            event_id,
            biz_step,
            event_time: deed.at,
            account_id: Some(deed.account_id),
            body,
        });
    event::insert_all(connection, &events.collect::<Vec<_>>(), deed.now).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_members_does_not_change_the_id() -> Result<(), EpcisHashError> {
        let one = json!({ "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "inspecting",
            "eventTime": "2026-11-23T00:00:00.000Z", "eventTimeZoneOffset": "+08:00",
            "epcList": ["https://id.gs1.org/01/09506000134352/21/A"] });
        let other = json!({ "epcList": ["https://id.gs1.org/01/09506000134352/21/A"],
            "eventTimeZoneOffset": "+08:00", "eventTime": "2026-11-23T00:00:00.000Z",
            "bizStep": "inspecting", "action": "OBSERVE", "type": "ObjectEvent" });
        let id = event_id(&one)?;
        assert_eq!(id, event_id(&other)?);
        assert!(
            id.starts_with("ni:///sha-256;") && id.ends_with("?ver=CBV2.0"),
            "{id}"
        );
        let mut moved = one;
        moved["eventTime"] = json!("2026-11-23T00:00:00.001Z");
        assert_ne!(id, event_id(&moved)?);
        Ok(())
    }
}

//! The record of a lot: its EPCIS events, put together and named exactly as the platform does it
//! when a person enters the same fact.

use anyhow::Context as _;
use model::event::{Step, Subject, body};
use model::gs1::{Gtin, LotCode};
use model::time::Timestamp;
use store::Transaction;
use store::event::{self, NewEvent};
use time::OffsetDateTime;

use super::KILOGRAM;

/// A lot as its events name it.
#[derive(Debug, Clone, Copy)]
pub struct Recorded {
    /// Its number in the database.
    pub id: i64,
    /// Its product.
    pub gtin: Gtin,
    /// Its code.
    pub code: LotCode,
    /// Its quantity, kilograms.
    pub kg: f64,
}

/// When a fact came about, when it was written down, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Deed {
    /// When it happened.
    pub at: OffsetDateTime,
    /// When it was written down.
    pub recorded: OffsetDateTime,
    /// Who did; `None` for the platform itself.
    pub account_id: Option<i64>,
}

/// Appends the event of a step in a lot's life.
pub async fn append(
    transaction: &mut Transaction,
    lot: &Recorded,
    step: &Step<'_>,
    deed: Deed,
) -> anyhow::Result<()> {
    let subject = Subject {
        gtin: lot.gtin,
        lot: lot.code,
        quantity: Some(lot.kg),
        unit: KILOGRAM,
    };
    let body = body(
        &subject,
        step,
        Timestamp::from_seconds(deed.at.unix_timestamp()),
    );
    let event_id = trace_api::event_id(&body).context("naming an event")?;
    let new = NewEvent {
        lot_id: lot.id,
        event_id: &event_id,
        biz_step: step.biz_step(),
        event_time: deed.at,
        account_id: deed.account_id,
        body: &body,
    };
    Ok(event::insert(transaction, &new, deed.recorded).await?)
}

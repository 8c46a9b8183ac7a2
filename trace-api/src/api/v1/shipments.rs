//! `/api/v1/shipments`: parts of lots on their way; a producer's staff see theirs.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::shipment::{self, Filter};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::Limit;
use crate::caller::Caller;
use crate::extract::Asked;
use crate::problem::Answer;
use crate::rule::handover::delivery;
use crate::state::AppState;

pub(crate) mod receipt;

/// A shipment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Shipment {
    id: i64,
    /// Number of the lot.
    lot_id: i64,
    /// Code of the lot.
    lot: String,
    /// Number of the sender.
    from_party_id: i64,
    /// Name of the sender.
    from: String,
    /// Number of the receiver.
    to_party_id: i64,
    /// Name of the receiver.
    to: String,
    /// As shipped.
    quantity: f64,
    /// Unit of the quantities, UN/ECE Rec 20.
    unit: String,
    /// When it left.
    #[serde(with = "time::serde::rfc3339")]
    shipped_at: OffsetDateTime,
    /// When it arrived; null on the way.
    #[serde(with = "time::serde::rfc3339::option")]
    received_at: Option<OffsetDateTime>,
    /// As received.
    received_quantity: Option<f64>,
    /// Hours from leaving to arriving, or to now.
    hours: f64,
    /// From the county hub to a village station: whether it kept 48 hours; null elsewhere, and on
    /// the way while it still can.
    within_48h: Option<bool>,
}

/// A list of shipments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Shipments {
    /// Oldest first.
    shipments: Vec<Shipment>,
}

/// Which shipments are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only those of the lot of this number.
    lot: Option<i64>,
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// Lists shipments, oldest first.
#[utoipa::path(
    get, path = "/api/v1/shipments", tag = "lots", security(("token" = [])),
    params(Question), responses((status = 200, body = Shipments))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
) -> Answer<Json<Shipments>> {
    let filter = Filter {
        lots: question.lot.map(|lot| vec![lot]),
        producer_id: caller.scope().producer(),
        ..Filter::default()
    };
    let mut connection = state.store().acquire().await?;
    let rows = shipment::list(&mut connection, &filter, question.limit.get()).await?;
    let now = state.now();
    Ok(Json(Shipments {
        shipments: rows
            .into_iter()
            .map(|row| Shipment::from_row(row, now))
            .collect(),
    }))
}

impl Shipment {
    pub(crate) fn from_row(row: shipment::Shipment, now: OffsetDateTime) -> Self {
        let kinds = (row.from_kind.as_str(), row.to_kind.as_str());
        let took = delivery(kinds, row.shipped_at, row.received_at, now);
        Self {
            id: row.id,
            lot_id: row.lot_id,
            lot: row.lot,
            from_party_id: row.from_party_id,
            from: row.from_name,
            to_party_id: row.to_party_id,
            to: row.to_name,
            quantity: row.quantity,
            unit: row.unit,
            shipped_at: row.shipped_at,
            received_at: row.received_at,
            received_quantity: row.received_quantity,
            hours: took.hours,
            within_48h: took.in_time,
        }
    }
}

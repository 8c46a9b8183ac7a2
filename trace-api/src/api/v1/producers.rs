//! `/api/v1/producers`: filed producers; a producer's staff see their own.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::producer;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::problem::Answer;
use crate::state::AppState;

/// A filed producer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Producer {
    id: i64,
    /// 统一社会信用代码.
    credit_code: String,
    /// Registered name.
    name: String,
    /// Name for English pages.
    name_en: String,
    /// `cooperative`, `company` or `household`.
    kind: String,
    /// 乡镇.
    township: String,
    /// Business address.
    address: String,
    /// Business contact.
    contact: String,
}

/// A list of producers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Producers {
    /// By name.
    producers: Vec<Producer>,
}

/// Lists producers.
#[utoipa::path(
    get, path = "/api/v1/producers", tag = "register", security(("token" = [])),
    responses((status = 200, body = Producers))
)]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Answer<Json<Producers>> {
    let mut connection = state.store().acquire().await?;
    let rows = producer::list(&mut connection).await?;
    let seen = rows.into_iter().filter(|row| caller.scope().holds(row.id));
    Ok(Json(Producers {
        producers: seen.map(Producer::from).collect(),
    }))
}

impl From<producer::Producer> for Producer {
    fn from(row: producer::Producer) -> Self {
        Self {
            id: row.id,
            credit_code: row.credit_code,
            name: row.name,
            name_en: row.name_en,
            kind: row.kind,
            township: row.township,
            address: row.address,
            contact: row.contact,
        }
    }
}

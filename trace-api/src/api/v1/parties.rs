//! `/api/v1/parties`: who hands goods over to whom.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::party::{self, NewParty};
use utoipa::ToSchema;

use crate::act;
use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::{farm, plausible};
use crate::state::AppState;

/// A party.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Party {
    id: i64,
    /// `producer`, `hub` (县级仓), `station` (村级站) or `buyer`.
    kind: String,
    /// Name.
    name: String,
    /// Name for English pages.
    name_en: String,
    /// 乡镇.
    township: String,
    /// Whom to call in a recall.
    contact: String,
    /// The producer that it is.
    producer_id: Option<i64>,
}

/// A list of parties.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Parties {
    /// By kind and name.
    parties: Vec<Party>,
}

/// A party to register; producers are parties by themselves.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewPartyBody {
    /// `hub`, `station` or `buyer`.
    #[schema(example = "station")]
    kind: String,
    /// Name, unique for its kind.
    #[schema(example = "高坪乡村级服务站")]
    name: String,
    /// Name for English pages.
    #[serde(default)]
    name_en: String,
    /// 乡镇.
    #[schema(example = "高坪乡")]
    township: String,
    /// Whom to call in a recall.
    #[serde(default)]
    contact: String,
}

/// Lists parties.
#[utoipa::path(
    get, path = "/api/v1/parties", tag = "lots", security(("token" = [])),
    responses((status = 200, body = Parties))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<Parties>> {
    let mut connection = state.store().acquire().await?;
    let rows = party::list(&mut connection).await?;
    Ok(Json(Parties {
        parties: rows.into_iter().map(Party::from).collect(),
    }))
}

/// Registers a hub, a station or a buyer.
#[utoipa::path(
    post, path = "/api/v1/parties", tag = "lots", security(("token" = [])),
    request_body = NewPartyBody,
    responses((status = 201, body = Party), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewPartyBody>,
) -> Answer<(StatusCode, Json<Party>)> {
    if !matches!(new.kind.as_str(), "hub" | "station" | "buyer") {
        let (en, zh) = ("it is hub, station or buyer", "须为县级仓、村级站或采购方");
        return Err(Problem::invalid("kind", en, zh));
    }
    plausible::text("name", &new.name, 60)?;
    plausible::text("township", &new.township, 20)?;
    farm::note("name_en", &new.name_en, 60)?;
    farm::note("contact", &new.contact, 60)?;
    let mut transaction = act::begin(&state, &caller.account).await?;
    let row = NewParty {
        kind: &new.kind,
        name: new.name.trim(),
        name_en: new.name_en.trim(),
        township: new.township.trim(),
        contact: new.contact.trim(),
    };
    let id = party::insert(&mut transaction, &row, state.now()).await?;
    let made = party::find(&mut transaction, id).await?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    let made = made.ok_or_else(|| Problem::internal(Vanished))?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

impl From<party::Party> for Party {
    fn from(row: party::Party) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            name_en: row.name_en,
            township: row.township,
            contact: row.contact,
            producer_id: row.producer_id,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a party that was just registered is not there")]
struct Vanished;

//! `/api/v1/credentials`: 资质证书 that others issued (SC, 绿色食品, 有机产品, 农产品地理标志,
//! 质量管理体系). Not the 承诺达标合格证 of a lot: that is `/api/v1/lots/{id}/certificates`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::credential::{self, Filter, LIST_MAX};
use time::{Duration, OffsetDateTime};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Limit;
use crate::act;
use crate::act::lot::{iso, parse_day};
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::credential::standing;
use crate::rule::plausible;
use crate::state::AppState;

pub(crate) mod decision;
pub(crate) mod withdrawal;

/// A credential.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Credential {
    id: Uuid,
    /// From 1; an edit names the one that it saw.
    version: i32,
    /// Whose it is.
    producer_id: i64,
    /// Name of that producer.
    producer: String,
    /// The product that it is for; null for all of the producer.
    product_id: Option<i64>,
    /// Name of that product.
    product: Option<String>,
    /// `sc`, `green`, `organic`, `origin` or `quality`.
    #[schema(example = "sc")]
    kind: String,
    /// Its number.
    #[schema(example = "SC10143312700012")]
    number: String,
    /// The body that issued it.
    issuer: String,
    /// SHA-256 of its scan.
    scan: Option<String>,
    /// First day.
    valid_from: String,
    /// Last day.
    valid_to: String,
    /// `submitted`, `returned`, `approved` or `withdrawn`.
    state: String,
    /// How it stands today: `ahead`, `valid`, `expiring` or `expired`.
    standing: &'static str,
    /// Why it was returned or withdrawn.
    reason: String,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// A list of credentials.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CredentialList)]
pub(crate) struct Credentials {
    /// Those that end first before the others.
    credentials: Vec<Credential>,
    /// Ask with this as `after` for the next page; null on the last one.
    next: Option<Uuid>,
}

/// Which credentials are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only of the producer of this number.
    producer: Option<i64>,
    /// Only for the product of this number.
    product: Option<i64>,
    /// Only of this kind.
    kind: Option<String>,
    /// Only in this state.
    state: Option<String>,
    /// Only those that end within so many days, and those that have ended.
    within_days: Option<u16>,
    /// Goes on after this one.
    after: Option<Uuid>,
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// What a credential says.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CredentialSaid)]
pub(crate) struct Said {
    /// The product that it is for; null or missing for all of the producer.
    product_id: Option<i64>,
    /// `sc` (SC 食品生产许可), `green` (绿色食品), `organic` (有机产品), `origin` (农产品地理标志) or
    /// `quality` (质量管理体系).
    #[schema(example = "sc")]
    kind: String,
    /// Its number; of `sc` SC and 14 digits.
    #[schema(example = "SC10143312700012")]
    number: String,
    /// The body that issued it.
    #[schema(example = "演示市场监督管理局")]
    issuer: String,
    /// SHA-256 of its scan, uploaded to the producer before.
    scan: Option<String>,
    /// First day, `YYYY-MM-DD`.
    #[schema(example = "2024-03-01")]
    valid_from: String,
    /// Last day, `YYYY-MM-DD`.
    #[schema(example = "2029-02-28")]
    valid_to: String,
}

/// A credential to file.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewCredential {
    /// Made by the client: sent again, it files nothing more and gets the same answer.
    id: Uuid,
    /// Whose it is; one's own producer where it is missing.
    producer_id: Option<i64>,
    #[serde(flatten)]
    said: Said,
}

/// A credential to change, while no supervisor has approved it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CredentialEdit {
    /// The version that the client saw.
    #[schema(example = 1)]
    base_version: i32,
    #[serde(flatten)]
    said: Said,
}

/// Lists credentials; a producer's staff see their own.
#[utoipa::path(
    get, path = "/api/v1/credentials", tag = "filing", security(("token" = [])),
    params(Question), responses((status = 200, body = Credentials))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
) -> Answer<Json<Credentials>> {
    let today = plausible::today(state.now());
    let until = |days| today.saturating_add(Duration::days(i64::from(days)));
    let filter = Filter {
        id: None,
        producer_id: caller.scope().producer().or(question.producer),
        product_id: question.product,
        kind: question.kind,
        state: question.state,
        until: question.within_days.map(until),
        after: question.after,
    };
    let limit = question.limit.get().min(LIST_MAX);
    let mut connection = state.store().acquire().await?;
    let rows = credential::list(&mut connection, &filter, limit).await?;
    let is_full = rows.len() as i64 == limit;
    let next = rows.last().map(|row| row.id).filter(|_| is_full);
    Ok(Json(Credentials {
        credentials: rows.into_iter().map(|row| show(&state, row)).collect(),
        next,
    }))
}

/// Files a credential; it counts once a supervisor has compared it with its scan.
#[utoipa::path(
    post, path = "/api/v1/credentials", tag = "filing", security(("token" = [])),
    request_body = NewCredential,
    responses((status = 201, body = Credential), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewCredential>,
) -> Answer<(StatusCode, Json<Credential>)> {
    let producer = new.producer_id.or(caller.scope().producer());
    let producer = producer
        .ok_or_else(|| Problem::invalid("producer_id", "say whose it is", "请指明生产主体"))?;
    let wanted = new.said.parse(new.id, producer, None)?;
    let kept = act::credential::write(&state, &caller.account, wanted).await?;
    Ok((StatusCode::CREATED, Json(show(&state, kept))))
}

/// Changes a credential that was not approved yet; it waits for a supervisor again.
#[utoipa::path(
    put, path = "/api/v1/credentials/{credential}", tag = "filing", security(("token" = [])),
    params(("credential" = Uuid, Path, description = "Id of the credential")),
    request_body = CredentialEdit,
    responses((status = 200, body = Credential), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<Uuid>,
    JsonBody(edit): JsonBody<CredentialEdit>,
) -> Answer<Json<Credential>> {
    let wanted = edit.said.parse(id, 0, Some(edit.base_version))?;
    let kept = act::credential::write(&state, &caller.account, wanted).await?;
    Ok(Json(show(&state, kept)))
}

impl Said {
    fn parse(
        self,
        id: Uuid,
        producer_id: i64,
        base: Option<i32>,
    ) -> Answer<act::credential::Wanted> {
        Ok(act::credential::Wanted {
            id,
            producer_id,
            base,
            product_id: self.product_id,
            kind: self.kind,
            number: self.number.trim().to_owned(),
            issuer: self.issuer.trim().to_owned(),
            scan: self.scan.filter(|scan| !scan.is_empty()),
            valid_from: parse_day("valid_from", &self.valid_from)?,
            valid_to: parse_day("valid_to", &self.valid_to)?,
        })
    }
}

fn show(state: &AppState, row: credential::Credential) -> Credential {
    let today = plausible::today(state.now());
    let remind_days = state.setup().remind_days;
    let period = (row.valid_from, row.valid_to);
    Credential {
        standing: standing(period, today, remind_days).code(),
        scan: row.scan.as_deref().map(act::upload::hex),
        valid_from: iso(row.valid_from),
        valid_to: iso(row.valid_to),
        id: row.id,
        version: row.version,
        producer_id: row.producer_id,
        producer: row.producer,
        product_id: row.product_id,
        product: row.product,
        kind: row.kind,
        number: row.number,
        issuer: row.issuer,
        state: row.state,
        reason: row.reason,
        updated_at: row.updated_at,
    }
}

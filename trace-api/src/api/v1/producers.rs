//! `/api/v1/producers`: 生产主体备案; a producer's staff see and edit their own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::filing::Subject;
use store::producer::{self, Filter};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Limit;
use super::filing::{Beside, Counts, Filing, parse_place, parse_state};
use crate::act::filing::{self as act, Wanted};
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::rule::filing::{Attached, ProducerBody};
use crate::state::AppState;

pub(crate) mod decision;
pub(crate) mod export;
pub(crate) mod files;
pub(crate) mod relief;
pub(crate) mod submission;
pub(crate) mod versions;

/// A producer as it stands; while nothing was approved, as it was last written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Producer {
    id: i64,
    /// 统一社会信用代码.
    #[schema(example = "91000000MA0000001R")]
    credit_code: String,
    /// Registered name.
    #[schema(example = "演示毛坝莓茶专业合作社")]
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
    /// Licences, as pictures.
    pictures: Vec<Attached>,
    /// Where its filing stands.
    #[serde(flatten)]
    filing: Filing,
}

/// A producer with what is newer than what stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WholeProducer)]
pub(crate) struct Whole {
    #[serde(flatten)]
    producer: Producer,
    #[serde(flatten)]
    beside: Beside,
}

/// A list of producers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Producers {
    /// In the order that was asked for.
    #[serde(rename = "producers")]
    rows: Vec<Producer>,
    /// How many of the question's words and township stand where, whatever `state` asks for.
    counts: Counts,
    /// Ask with this as `after` for the next page; null on the last one.
    next: Option<i64>,
}

/// Which producers are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Words that name, credit code, township or address contain.
    #[param(example = "莓茶")]
    q: Option<String>,
    /// Only where the filing stands here: `draft`, `submitted`, `returned`, `approved` or
    /// `suspended`.
    state: Option<String>,
    /// Only where the newest version waits here: `draft`, `submitted` or `returned`.
    pending: Option<String>,
    /// Only of this township.
    township: Option<String>,
    /// `name`, or `newest` for the last change first.
    sort: Option<String>,
    /// Goes on after this one: `next` of the page before.
    after: Option<i64>,
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// A producer to file.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewProducer {
    /// Made by the client: sent again, it files nothing more and gets the same answer.
    request_id: Uuid,
    /// Whether it is handed in at once; else it stays a draft.
    #[serde(default)]
    submit: bool,
    #[serde(flatten)]
    body: ProducerBody,
}

/// Another version of a producer.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ProducerEdit {
    /// Made by the client: sent again, it writes nothing more and gets the same answer.
    request_id: Uuid,
    /// The newest version, as the client saw it.
    #[schema(example = 1)]
    base_version: i32,
    /// Whether it is handed in at once; else it stays where the version before was.
    #[serde(default)]
    submit: bool,
    #[serde(flatten)]
    body: ProducerBody,
}

/// Lists producers with their filings.
#[utoipa::path(
    get, path = "/api/v1/producers", tag = "filing", security(("token" = [])), params(Question),
    responses((status = 200, body = Producers), (status = 422, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
) -> Answer<Json<Producers>> {
    let filter = Filter {
        id: caller.scope().producer(),
        words: question.q.filter(|words| !words.trim().is_empty()),
        state: parse_state("state", question.state.as_deref())?,
        pending: parse_state("pending", question.pending.as_deref())?,
        township: question.township,
    };
    let place = parse_place(question.sort.as_deref(), question.after)?;
    let limit = question.limit.get().min(producer::LIST_MAX);
    let mut connection = state.store().acquire().await?;
    let rows = producer::list_page(&mut connection, &filter, place, limit).await?;
    let counts = producer::count(&mut connection, &filter).await?;
    let is_full = rows.len() as i64 == limit;
    let next = rows.last().map(|row| row.id).filter(|_| is_full);
    Ok(Json(Producers {
        rows: rows.into_iter().map(Producer::from).collect(),
        counts: Counts::of(&counts),
        next,
    }))
}

/// Shows a producer, with its newest version where another one stands.
#[utoipa::path(
    get, path = "/api/v1/producers/{id}", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the producer")),
    responses((status = 200, body = Whole), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Whole>> {
    whole(&state, &caller, id).await.map(Json)
}

/// Files a producer: as a draft, which its staff can finish, or handed in at once.
#[utoipa::path(
    post, path = "/api/v1/producers", tag = "filing", security(("token" = [])),
    request_body = NewProducer,
    responses((status = 201, body = Whole), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewProducer>,
) -> Answer<(StatusCode, Json<Whole>)> {
    let wanted = Wanted {
        request_id: new.request_id,
        base: None,
        submit: new.submit,
        body: new.body.trimmed(),
    };
    let id = act::file_producer(&state, &caller.account, wanted).await?;
    let made = whole(&state, &caller, id).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Writes another version. What was approved stands until this one is approved; if the newest
/// version is another than `base_version`, nothing is written and the answer has both.
#[utoipa::path(
    put, path = "/api/v1/producers/{id}", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the producer")),
    request_body = ProducerEdit,
    responses((status = 200, body = Whole), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(edit): JsonBody<ProducerEdit>,
) -> Answer<Json<Whole>> {
    let wanted = Wanted {
        request_id: edit.request_id,
        base: Some(edit.base_version),
        submit: edit.submit,
        body: edit.body.trimmed(),
    };
    act::edit_producer(&state, &caller.account, id, wanted).await?;
    whole(&state, &caller, id).await.map(Json)
}

/// A producer as its pages show it.
async fn whole(state: &AppState, caller: &Caller, id: i64) -> Answer<Whole> {
    let mut connection = state.store().acquire().await?;
    let row = act::see_producer(&mut connection, &caller.account, id).await?;
    let subject = Subject::Producer(id);
    let beside = Beside::read(&mut connection, subject, row.standing).await?;
    Ok(Whole {
        producer: row.into(),
        beside,
    })
}

impl From<producer::Producer> for Producer {
    fn from(row: producer::Producer) -> Self {
        let pictures = row.details.get("pictures").cloned().unwrap_or_default();
        Self {
            filing: Filing::of(row.standing, row.updated_at),
            pictures: serde_json::from_value(pictures).unwrap_or_default(),
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

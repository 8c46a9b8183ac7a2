//! `/api/v1/products`: 产品备案; a producer's staff see and edit their own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::filing::Subject;
use store::product::{self, Filter};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Limit;
use super::filing::{Beside, Counts, Filing, parse_place, parse_state};
use crate::act::filing::{self as act, Wanted};
use crate::caller::Caller;
use crate::extract::{Asked, JsonBody, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::filing::{Attached, ProbeLimit, ProductBody, TestLimit};
use crate::state::AppState;

pub(crate) mod decision;
pub(crate) mod submission;
pub(crate) mod versions;

/// A product as it stands; while nothing was approved, as it was last written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Product {
    id: i64,
    /// Whose it is.
    producer_id: i64,
    /// Name of that producer.
    producer: String,
    /// GTIN-14.
    #[schema(example = "06901234567892")]
    gtin: String,
    /// Whether the number is of restricted circulation: issued by us, unknown to shops elsewhere.
    is_internal: bool,
    /// Name.
    #[schema(example = "莓茶（芽尖）")]
    name: String,
    /// Name for English pages.
    name_en: String,
    /// Kind in the county's plan.
    category: String,
    /// Variety.
    variety: String,
    /// Pack and grade as sold.
    specification: String,
    /// Unit of lot quantities, UN/ECE Rec 20.
    unit: String,
    /// Days it keeps.
    shelf_life_days: i32,
    /// `promise` (承诺达标合格证), `sc` (SC licence) or `workshop` (小作坊).
    regime: String,
    /// Season, in words.
    season: String,
    /// Product standard.
    standard: String,
    /// Limits of that standard for probes.
    probe_limits: Vec<ProbeLimit>,
    /// Limits of that standard for tests.
    test_limits: Vec<TestLimit>,
    /// Pictures of it.
    pictures: Vec<Attached>,
    /// Where its filing stands.
    #[serde(flatten)]
    filing: Filing,
}

/// A number that a product had before; what was printed with it still leads to the product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GtinAlias)]
pub(crate) struct Alias {
    /// GTIN-14.
    gtin: String,
    /// When it was corrected.
    #[serde(with = "time::serde::rfc3339")]
    until: OffsetDateTime,
}

/// A product with what is newer than what stands, and with its earlier numbers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WholeProduct)]
pub(crate) struct Whole {
    #[serde(flatten)]
    product: Product,
    #[serde(flatten)]
    beside: Beside,
    /// Numbers that it had before, the newest first.
    aliases: Vec<Alias>,
}

/// A list of products.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Products {
    /// In the order that was asked for.
    #[serde(rename = "products")]
    rows: Vec<Product>,
    /// How many of the question stand where, whatever `state` asks for.
    counts: Counts,
    /// Ask with this as `after` for the next page; null on the last one.
    next: Option<i64>,
}

/// Which products are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Words that name, category, variety, specification, number or producer contain.
    #[param(example = "莓茶")]
    q: Option<String>,
    /// Only of the producer of this number.
    producer: Option<i64>,
    /// Only of this GTIN-14, now or before.
    gtin: Option<String>,
    /// Only where the filing stands here: `draft`, `submitted`, `returned`, `approved` or
    /// `suspended`.
    state: Option<String>,
    /// Only where the newest version waits here: `draft`, `submitted` or `returned`.
    pending: Option<String>,
    /// Only of this category.
    category: Option<String>,
    /// Only of this document regime.
    regime: Option<String>,
    /// `name`, or `newest` for the last change first.
    sort: Option<String>,
    /// Goes on after this one: `next` of the page before.
    after: Option<i64>,
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// A product to file.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewProduct {
    /// Made by the client: sent again, it files nothing more and gets the same answer.
    request_id: Uuid,
    /// Whose it is; one's own producer where it is missing.
    producer_id: Option<i64>,
    /// Whether it is handed in at once; else it stays a draft.
    #[serde(default)]
    submit: bool,
    #[serde(flatten)]
    body: ProductBody,
}

/// Another version of a product.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ProductEdit {
    /// Made by the client: sent again, it writes nothing more and gets the same answer.
    request_id: Uuid,
    /// The newest version, as the client saw it.
    #[schema(example = 1)]
    base_version: i32,
    /// Whether it is handed in at once; else it stays where the version before was.
    #[serde(default)]
    submit: bool,
    #[serde(flatten)]
    body: ProductBody,
}

/// Lists products with their filings.
#[utoipa::path(
    get, path = "/api/v1/products", tag = "filing", security(("token" = [])), params(Question),
    responses((status = 200, body = Products), (status = 422, body = ProblemBody))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
) -> Answer<Json<Products>> {
    let filter = Filter {
        id: None,
        producer_id: caller.scope().producer().or(question.producer),
        gtin: question.gtin,
        words: question.q.filter(|words| !words.trim().is_empty()),
        state: parse_state("state", question.state.as_deref())?,
        pending: parse_state("pending", question.pending.as_deref())?,
        category: question.category,
        regime: question.regime,
    };
    let place = parse_place(question.sort.as_deref(), question.after)?;
    let limit = question.limit.get().min(product::LIST_MAX);
    let mut connection = state.store().acquire().await?;
    let rows = product::list_page(&mut connection, &filter, place, limit).await?;
    let counts = product::count(&mut connection, &filter).await?;
    let is_full = rows.len() as i64 == limit;
    let next = rows.last().map(|row| row.id).filter(|_| is_full);
    Ok(Json(Products {
        rows: rows.into_iter().map(Product::from).collect(),
        counts: Counts::of(&counts),
        next,
    }))
}

/// Shows a product, with its newest version where another one stands.
#[utoipa::path(
    get, path = "/api/v1/products/{id}", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the product")),
    responses((status = 200, body = Whole), (status = 404, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
) -> Answer<Json<Whole>> {
    whole(&state, &caller, id).await.map(Json)
}

/// Files a product: as a draft, or handed in at once. Without a GTIN it gets a number of
/// restricted circulation that we issue.
#[utoipa::path(
    post, path = "/api/v1/products", tag = "filing", security(("token" = [])),
    request_body = NewProduct,
    responses((status = 201, body = Whole), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewProduct>,
) -> Answer<(StatusCode, Json<Whole>)> {
    let producer = new.producer_id.or(caller.scope().producer());
    let producer = producer.ok_or_else(|| {
        Problem::invalid("producer_id", "say whose product it is", "请指明生产主体")
    })?;
    let wanted = Wanted {
        request_id: new.request_id,
        base: None,
        submit: new.submit,
        body: new.body.trimmed(),
    };
    let id = act::file_product(&state, &caller.account, producer, wanted).await?;
    let made = whole(&state, &caller, id).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Writes another version. What was approved stands until this one is approved; if the newest
/// version is another than `base_version`, nothing is written and the answer has both. A corrected
/// GTIN takes effect with the approval, and what was printed with the old one still leads here.
#[utoipa::path(
    put, path = "/api/v1/products/{id}", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the product")),
    request_body = ProductEdit,
    responses((status = 200, body = Whole), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(edit): JsonBody<ProductEdit>,
) -> Answer<Json<Whole>> {
    let wanted = Wanted {
        request_id: edit.request_id,
        base: Some(edit.base_version),
        submit: edit.submit,
        body: edit.body.trimmed(),
    };
    act::edit_product(&state, &caller.account, id, wanted).await?;
    whole(&state, &caller, id).await.map(Json)
}

/// A product as its pages show it.
async fn whole(state: &AppState, caller: &Caller, id: i64) -> Answer<Whole> {
    let mut connection = state.store().acquire().await?;
    let row = act::see_product(&mut connection, &caller.account, id).await?;
    let beside = Beside::read(&mut connection, Subject::Product(id), row.standing).await?;
    let aliases = product::list_aliases(&mut connection, id).await?;
    let alias = |(gtin, until)| Alias { gtin, until };
    Ok(Whole {
        product: row.into(),
        beside,
        aliases: aliases.into_iter().map(alias).collect(),
    })
}

impl From<product::Product> for Product {
    fn from(row: product::Product) -> Self {
        let detail = |name: &str| row.details.get(name).cloned().unwrap_or_default();
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            filing: Filing::of(row.standing, row.updated_at),
            standard: text(detail("standard")),
            probe_limits: serde_json::from_value(detail("probe_limits")).unwrap_or_default(),
            test_limits: serde_json::from_value(detail("test_limits")).unwrap_or_default(),
            pictures: serde_json::from_value(detail("pictures")).unwrap_or_default(),
            is_internal: model::gs1::Gtin::parse(&row.gtin).is_ok_and(|gtin| gtin.is_restricted()),
            id: row.id,
            producer_id: row.producer_id,
            producer: row.producer,
            gtin: row.gtin,
            name: row.name,
            name_en: row.name_en,
            category: row.category,
            variety: row.variety,
            specification: row.specification,
            unit: row.unit,
            shelf_life_days: row.shelf_life_days,
            regime: row.regime,
            season: row.season,
        }
    }
}

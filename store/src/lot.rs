//! 批次: lots and their state now. Whether a step is legal is `model::lot`'s to say; that it is
//! taken once, by one of two who try, is this file's.

use model::lot::LotState;
use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::StoreError;

/// Most lots that one list holds.
pub const LIST_MAX: i64 = 500;

/// A lot.
#[derive(Debug, Clone, PartialEq)]
pub struct Lot {
    /// Its number here.
    pub id: i64,
    /// What it is a lot of.
    pub product_id: i64,
    /// GTIN-14 of that product.
    pub gtin: String,
    /// Name of that product, Chinese.
    pub product: String,
    /// Name of that product, English.
    pub product_en: String,
    /// Pack and grade.
    pub specification: String,
    /// Unit of the quantity, UN/ECE Rec 20.
    pub unit: String,
    /// Whose product it is.
    pub producer_id: i64,
    /// Name of that producer, Chinese.
    pub producer: String,
    /// Name of that producer, English.
    pub producer_en: String,
    /// Where it grew or was made.
    pub plot_id: i64,
    /// Name of that plot, Chinese.
    pub plot: String,
    /// Name of that plot, English.
    pub plot_en: String,
    /// GS1 AI 10.
    pub code: String,
    /// Where it stands.
    pub state: LotState,
    /// First day of the growing or making period.
    pub started_on: Date,
    /// Last day of it; `None` while growing.
    pub harvested_on: Option<Date>,
    /// In `unit`.
    pub quantity: f64,
    /// Why it was recalled; present exactly when it was.
    pub recall_reason: Option<String>,
    /// When it was registered.
    pub created_at: OffsetDateTime,
    /// How many tests it has.
    pub tests: i64,
    /// How many labels it has.
    pub labels: i64,
}

/// A lot to register.
#[derive(Debug, Clone)]
pub struct NewLot<'a> {
    /// What it is a lot of.
    pub product_id: i64,
    /// Where it grew or was made.
    pub plot_id: i64,
    /// GS1 AI 10, unique for its product.
    pub code: &'a str,
    /// Where it stands.
    pub state: LotState,
    /// First day of the growing or making period.
    pub started_on: Date,
    /// Last day of it; `None` while growing.
    pub harvested_on: Option<Date>,
    /// In the product's unit, above 0.
    pub quantity: f64,
    /// Why it was recalled; present exactly for [`LotState::Recalled`].
    pub recall_reason: Option<&'a str>,
    /// Made by the client, so that a form sent twice registers once.
    pub request_id: Uuid,
    /// Who registers it; `None` for the platform itself.
    pub account_id: Option<i64>,
}

/// Which lots to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this number.
    pub id: Option<i64>,
    /// Only lots of this producer.
    pub producer_id: Option<i64>,
    /// Only lots of the product that has this GTIN-14, or had it before.
    pub gtin: Option<String>,
    /// Only lots with this code.
    pub code: Option<String>,
    /// Only lots in this state.
    pub state: Option<LotState>,
    /// Only lots whose code begins so, or whose product or producer is named or numbered so.
    pub words: Option<String>,
    /// In which order.
    pub order: Order,
    /// Only those after the lot of this number in that order.
    pub after: Option<i64>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Registered last first.
    #[default]
    Newest,
    /// By code, letter by letter.
    Code,
    /// Harvested last first; what still grows comes last.
    Harvested,
}

/// Registers a lot. A request that was registered before returns the lot it made then.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewLot<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let inserted = sqlx::query_scalar!(
        "insert into lot
             (product_id, plot_id, code, state, started_on, harvested_on, quantity,
              recall_reason, request_id, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (request_id) do nothing
         returning id",
        new.product_id,
        new.plot_id,
        new.code,
        new.state.code(),
        new.started_on,
        new.harvested_on,
        new.quantity,
        new.recall_reason,
        new.request_id,
        now,
        new.account_id
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(id) = inserted {
        return Ok(id);
    }
    let id = sqlx::query_scalar!("select id from lot where request_id = $1", new.request_id)
        .fetch_one(connection)
        .await?;
    Ok(id)
}

/// Whether this request was registered before.
pub async fn is_registered(
    connection: &mut PgConnection,
    request_id: Uuid,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from lot where request_id = $1) as "found!""#,
        request_id
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// The lots of a filter in its order; at most `limit` and [`LIST_MAX`].
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Lot>, StoreError> {
    let ids = ids::list(connection, filter, limit).await?;
    list_of(connection, &ids).await
}

/// The lots of these numbers, in the order of the numbers.
pub async fn list_of(connection: &mut PgConnection, ids: &[i64]) -> Result<Vec<Lot>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select lot.id, lot.product_id, product.gtin, product.name as product,
                  product.name_en as product_en, product.specification, product.unit,
                  product.producer_id, producer.name as producer,
                  producer.name_en as producer_en, lot.plot_id, plot.name as plot,
                  plot.name_en as plot_en, lot.code, lot.state, lot.started_on,
                  lot.harvested_on, lot.quantity, lot.recall_reason, lot.created_at,
                  (select count(*) from test_result where lot_id = lot.id) as "tests!",
                  (select coalesce(sum(last_number - first_number + 1), 0)::bigint
                   from label_binding where lot_id = lot.id) as "labels!"
           from unnest($1::bigint[]) with ordinality as wanted (id, place)
           join lot on lot.id = wanted.id
           join product on product.id = lot.product_id
           join producer on producer.id = product.producer_id
           join plot on plot.id = lot.plot_id
           order by wanted.place"#,
        ids
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Lot::try_from).collect()
}

/// One lot by its number.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Lot>, StoreError> {
    Ok(list_of(connection, &[id]).await?.pop())
}

/// One lot by what its label says.
pub async fn find_by_code(
    connection: &mut PgConnection,
    gtin: &str,
    code: &str,
) -> Result<Option<Lot>, StoreError> {
    let id = sqlx::query_scalar!(
        r#"select lot.id
           from lot
           join product on product.id = lot.product_id
           where (product.gtin = $1
                  or product.id = (select product_id from gtin_alias where gtin_alias.gtin = $1))
             and lot.code = $2"#,
        gtin,
        code
    )
    .fetch_optional(&mut *connection)
    .await?;
    match id {
        Some(id) => find(connection, id).await,
        None => Ok(None),
    }
}

/// The codes of a product's lots that begin with `prefix` (no `%` or `_` in it).
pub async fn list_codes(
    connection: &mut PgConnection,
    product_id: i64,
    prefix: &str,
) -> Result<Vec<String>, StoreError> {
    let codes = sqlx::query_scalar!(
        "select code from lot where product_id = $1 and code like $2 || '%' order by code",
        product_id,
        prefix
    )
    .fetch_all(connection)
    .await?;
    Ok(codes)
}

/// The state of a lot, locked until the transaction ends, so that two steps cannot cross.
pub async fn lock_state(
    connection: &mut PgConnection,
    id: i64,
) -> Result<Option<LotState>, StoreError> {
    let state = sqlx::query_scalar!("select state from lot where id = $1 for update", id)
        .fetch_optional(connection)
        .await?;
    state.map(parse_state).transpose()
}

/// Takes a step in the life of a lot, if that step is legal from where it stands now.
pub async fn step(
    connection: &mut PgConnection,
    id: i64,
    to: LotState,
) -> Result<Option<LotState>, StoreError> {
    let Some(from) = lock_state(connection, id).await? else {
        return Ok(None);
    };
    let to = from.step(to)?;
    sqlx::query!("update lot set state = $2 where id = $1", id, to.code())
        .execute(connection)
        .await?;
    Ok(Some(to))
}

/// The lots of a plot whose last day lies in a span, both days included.
pub async fn list_harvested(
    connection: &mut PgConnection,
    plot_id: i64,
    (first, last): (Date, Date),
) -> Result<Vec<i64>, StoreError> {
    let lots = sqlx::query_scalar!(
        "select id from lot where plot_id = $1 and harvested_on between $2 and $3 order by id",
        plot_id,
        first,
        last
    )
    .fetch_all(connection)
    .await?;
    Ok(lots)
}

/// Notes the harvest of a lot: its last day and what came of it.
pub async fn set_harvest(
    connection: &mut PgConnection,
    id: i64,
    harvested_on: Date,
    quantity: f64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update lot set harvested_on = $2, quantity = $3 where id = $1",
        id,
        harvested_on,
        quantity
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn parse_state(word: String) -> Result<LotState, StoreError> {
    LotState::from_code(&word).ok_or_else(|| StoreError::inconsistent("lot.state", word))
}

struct Row {
    id: i64,
    product_id: i64,
    gtin: String,
    product: String,
    product_en: String,
    specification: String,
    unit: String,
    producer_id: i64,
    producer: String,
    producer_en: String,
    plot_id: i64,
    plot: String,
    plot_en: String,
    code: String,
    state: String,
    started_on: Date,
    harvested_on: Option<Date>,
    quantity: f64,
    recall_reason: Option<String>,
    created_at: OffsetDateTime,
    tests: i64,
    labels: i64,
}

impl TryFrom<Row> for Lot {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            state: parse_state(row.state)?,
            id: row.id,
            product_id: row.product_id,
            gtin: row.gtin,
            product: row.product,
            product_en: row.product_en,
            specification: row.specification,
            unit: row.unit,
            producer_id: row.producer_id,
            producer: row.producer,
            producer_en: row.producer_en,
            plot_id: row.plot_id,
            plot: row.plot,
            plot_en: row.plot_en,
            code: row.code,
            started_on: row.started_on,
            harvested_on: row.harvested_on,
            quantity: row.quantity,
            recall_reason: row.recall_reason,
            created_at: row.created_at,
            tests: row.tests,
            labels: row.labels,
        })
    }
}

mod ids;

#[cfg(test)]
mod tests;

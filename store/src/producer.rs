//! 生产主体: producers as they stand. How one comes to stand is `filing`'s.

use model::filing::FilingState;
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;
use crate::filing::{self, Count, Hand, Standing, Subject};

/// Most producers that one list holds.
pub const LIST_MAX: i64 = 500;

/// A producer as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Producer {
    /// Its number here.
    pub id: i64,
    /// 统一社会信用代码.
    pub credit_code: String,
    /// Registered name, Chinese.
    pub name: String,
    /// Name for English pages.
    pub name_en: String,
    /// `cooperative`, `company` or `household`.
    pub kind: String,
    /// 乡镇.
    pub township: String,
    /// Business address.
    pub address: String,
    /// Business contact that the certificate rule demands.
    pub contact: String,
    /// Licence pictures.
    pub details: Value,
    /// Where its filing stands.
    pub standing: Standing,
    /// When it was first filed.
    pub created_at: OffsetDateTime,
    /// When it was last written or took a step.
    pub updated_at: OffsetDateTime,
}

/// A producer to file; the fields are those of [`Producer`].
#[derive(Debug, Clone)]
pub struct NewProducer<'a> {
    /// 统一社会信用代码, checked by the caller.
    pub credit_code: &'a str,
    /// Registered name, Chinese.
    pub name: &'a str,
    /// Name for English pages.
    pub name_en: &'a str,
    /// `cooperative`, `company` or `household`.
    pub kind: &'a str,
    /// 乡镇.
    pub township: &'a str,
    /// Business address.
    pub address: &'a str,
    /// Business contact.
    pub contact: &'a str,
}

/// Which producers to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this number.
    pub id: Option<i64>,
    /// Words that name, credit code, township or address contain.
    pub words: Option<String>,
    /// Only where the filing stands here.
    pub state: Option<FilingState>,
    /// Only where the newest version waits here.
    pub pending: Option<FilingState>,
    /// Only of this township.
    pub township: Option<String>,
}

/// The order of a list, and where it goes on: after the row of this number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Newest change first; by name otherwise.
    pub newest: bool,
    /// The last row of the page before.
    pub after: Option<i64>,
}

/// Files a producer that stands at once; returns its number. Whoever hands in takes
/// [`insert_filed`].
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewProducer<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = insert_row(connection, new, (&json!({}), FilingState::Approved), now).await?;
    let body = body(new);
    let hand = Hand {
        account_id: None,
        request_id: Uuid::nil(),
        now,
    };
    filing::insert_version(connection, Subject::Producer(id), (1, &body), hand).await?;
    Ok(id)
}

/// Files a producer as a draft or handed in, with the version that says everything of it; returns
/// its number.
pub async fn insert_filed(
    connection: &mut PgConnection,
    new: &NewProducer<'_>,
    (details, body): (&Value, &Value),
    state: FilingState,
    hand: Hand,
) -> Result<i64, StoreError> {
    let id = insert_row(connection, new, (details, state), hand.now).await?;
    filing::begin(connection, Subject::Producer(id), (body, state), hand).await?;
    Ok(id)
}

/// What a version says of a producer whose details are empty.
#[must_use]
pub fn body(new: &NewProducer<'_>) -> Value {
    json!({ "credit_code": new.credit_code, "name": new.name, "name_en": new.name_en,
        "kind": new.kind, "township": new.township, "address": new.address,
        "contact": new.contact })
}

async fn insert_row(
    connection: &mut PgConnection,
    new: &NewProducer<'_>,
    (details, state): (&Value, FilingState),
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let pending = Some(state.code()).filter(|_| state.is_open());
    let id = sqlx::query_scalar!(
        "insert into producer
             (credit_code, name, name_en, kind, township, address, contact, created_at, updated_at,
              details, state, pending, standing_version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11,
                 case when $11::text is null then 1 end)
         returning id",
        new.credit_code,
        new.name,
        new.name_en,
        new.kind,
        new.township,
        new.address,
        new.contact,
        now,
        details,
        state.code(),
        pending
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// Puts the words of a version into the row that stands.
pub async fn set(
    connection: &mut PgConnection,
    id: i64,
    new: &NewProducer<'_>,
    details: &Value,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update producer set credit_code = $2, name = $3, name_en = $4, kind = $5, township = $6,
                             address = $7, contact = $8, details = $9
         where id = $1",
        id,
        new.credit_code,
        new.name,
        new.name_en,
        new.kind,
        new.township,
        new.address,
        new.contact,
        details
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The producer of this number.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Producer>, StoreError> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let page = list_page(connection, &filter, Place::default(), 1).await?;
    Ok(page.into_iter().next())
}

/// Every producer that stands, by name.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Producer>, StoreError> {
    let mut all = Vec::new();
    let mut place = Place::default();
    loop {
        let page = list_page(connection, &Filter::default(), place, LIST_MAX).await?;
        let Some(last) = page.last() else { break };
        place.after = Some(last.id);
        all.extend(page);
    }
    all.retain(|row| !row.standing.state.is_open());
    Ok(all)
}

/// The producers of a filter from a place on, at most `limit` and [`LIST_MAX`].
pub async fn list_page(
    connection: &mut PgConnection,
    filter: &Filter,
    place: Place,
    limit: i64,
) -> Result<Vec<Producer>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, credit_code, name, name_en, kind, township, address, contact, details, state,
                version, standing_version, pending, suspended_at, created_at, updated_at
         from producer
         where ($1::bigint is null or id = $1)
           and ($2::text is null
                or strpos(lower(concat_ws(' ', name, name_en, credit_code, township, address)),
                          lower($2)) > 0)
           and ($3::text is null or state = $3)
           and ($4::text is null or pending = $4)
           and ($5::text is null or township = $5)
           and ($6::bigint is null
                or case when $7
                   then (updated_at, id)
                        < (select p.updated_at, p.id from producer as p where p.id = $6)
                   else (name, id) > (select p.name, p.id from producer as p where p.id = $6) end)
         order by case when $7 then updated_at end desc, case when not $7 then name end,
                  case when $7 then -id else id end
         limit $8",
        filter.id,
        filter.words,
        filter.state.map(FilingState::code),
        filter.pending.map(FilingState::code),
        filter.township,
        place.after,
        place.newest,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Producer::try_from).collect()
}

/// How many producers of a filter stand where, whatever state it asks for.
pub async fn count(
    connection: &mut PgConnection,
    filter: &Filter,
) -> Result<Vec<Count>, StoreError> {
    let rows = sqlx::query!(
        r#"select state, pending, count(*) as "count!" from producer
           where ($1::bigint is null or id = $1)
             and ($2::text is null
                  or strpos(lower(concat_ws(' ', name, name_en, credit_code, township, address)),
                            lower($2)) > 0)
             and ($3::text is null or township = $3)
           group by state, pending"#,
        filter.id,
        filter.words,
        filter.township
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| filing::counted((row.state, row.pending, row.count)))
        .collect()
}

struct Row {
    id: i64,
    credit_code: String,
    name: String,
    name_en: String,
    kind: String,
    township: String,
    address: String,
    contact: String,
    details: Value,
    state: String,
    version: i32,
    standing_version: Option<i32>,
    pending: Option<String>,
    suspended_at: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl TryFrom<Row> for Producer {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            standing: Standing::read(
                (row.state, row.pending),
                (row.version, row.standing_version),
                row.suspended_at,
            )?,
            id: row.id,
            credit_code: row.credit_code,
            name: row.name,
            name_en: row.name_en,
            kind: row.kind,
            township: row.township,
            address: row.address,
            contact: row.contact,
            details: row.details,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

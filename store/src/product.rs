//! 产品: products as they stand. How one comes to stand is `filing`'s; a number that a product had
//! before still finds it.

use model::filing::FilingState;
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;
use crate::filing::{self, Count, Hand, Standing, Subject};
use crate::producer::Place;

/// Most products that one list holds.
pub const LIST_MAX: i64 = 500;

/// A product as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Its number here.
    pub id: i64,
    /// Whose it is.
    pub producer_id: i64,
    /// Name of that producer, Chinese.
    pub producer: String,
    /// GTIN-14.
    pub gtin: String,
    /// Name, Chinese.
    pub name: String,
    /// Name for English pages.
    pub name_en: String,
    /// Kind in the county's plan, for example 莓茶.
    pub category: String,
    /// Variety.
    pub variety: String,
    /// Pack and grade as sold.
    pub specification: String,
    /// Unit of lot quantities, UN/ECE Rec 20.
    pub unit: String,
    /// Days it keeps.
    pub shelf_life_days: i32,
    /// `promise`, `sc` or `workshop`.
    pub regime: String,
    /// Season, in words.
    pub season: String,
    /// Product standard, limits of probes and tests, pictures.
    pub details: Value,
    /// Where its filing stands.
    pub standing: Standing,
    /// When it was first filed.
    pub created_at: OffsetDateTime,
    /// When it was last written or took a step.
    pub updated_at: OffsetDateTime,
}

/// A product to file; the fields are those of [`Product`].
#[derive(Debug, Clone)]
pub struct NewProduct<'a> {
    /// Whose it is.
    pub producer_id: i64,
    /// GTIN-14, checked by the caller.
    pub gtin: &'a str,
    /// Name, Chinese.
    pub name: &'a str,
    /// Name for English pages.
    pub name_en: &'a str,
    /// Kind in the county's plan.
    pub category: &'a str,
    /// Variety.
    pub variety: &'a str,
    /// Pack and grade as sold.
    pub specification: &'a str,
    /// Unit of lot quantities, UN/ECE Rec 20.
    pub unit: &'a str,
    /// Days it keeps, at least 1.
    pub shelf_life_days: i32,
    /// `promise`, `sc` or `workshop`.
    pub regime: &'a str,
    /// Season, in words.
    pub season: &'a str,
}

/// Which products to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this number.
    pub id: Option<i64>,
    /// Only of this producer.
    pub producer_id: Option<i64>,
    /// Only of this GTIN-14, now or before.
    pub gtin: Option<String>,
    /// Words that name, category, variety, specification, number or producer contain.
    pub words: Option<String>,
    /// Only where the filing stands here.
    pub state: Option<FilingState>,
    /// Only where the newest version waits here.
    pub pending: Option<FilingState>,
    /// Only of this category.
    pub category: Option<String>,
    /// Only of this document regime.
    pub regime: Option<String>,
}

/// Files a product that stands at once; returns its number. Whoever hands in takes
/// [`insert_filed`].
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewProduct<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = insert_row(connection, new, (&json!({}), FilingState::Approved), now).await?;
    let body = body(new);
    let hand = Hand {
        account_id: None,
        request_id: Uuid::nil(),
        now,
    };
    filing::insert_version(connection, Subject::Product(id), (1, &body), hand).await?;
    Ok(id)
}

/// Files a product as a draft or handed in, with the version that says everything of it; returns
/// its number.
pub async fn insert_filed(
    connection: &mut PgConnection,
    new: &NewProduct<'_>,
    (details, body): (&Value, &Value),
    state: FilingState,
    hand: Hand,
) -> Result<i64, StoreError> {
    let id = insert_row(connection, new, (details, state), hand.now).await?;
    filing::begin(connection, Subject::Product(id), (body, state), hand).await?;
    Ok(id)
}

/// What a version says of a product whose details are empty.
#[must_use]
pub fn body(new: &NewProduct<'_>) -> Value {
    json!({ "gtin": new.gtin, "name": new.name, "name_en": new.name_en,
        "category": new.category, "variety": new.variety, "specification": new.specification,
        "unit": new.unit, "shelf_life_days": new.shelf_life_days, "regime": new.regime,
        "season": new.season })
}

async fn insert_row(
    connection: &mut PgConnection,
    new: &NewProduct<'_>,
    (details, state): (&Value, FilingState),
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let pending = Some(state.code()).filter(|_| state.is_open());
    let id = sqlx::query_scalar!(
        "insert into product
             (producer_id, gtin, name, name_en, category, variety, specification, unit,
              shelf_life_days, regime, season, created_at, updated_at, details, state, pending,
              standing_version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15,
                 case when $15::text is null then 1 end)
         returning id",
        new.producer_id,
        new.gtin,
        new.name,
        new.name_en,
        new.category,
        new.variety,
        new.specification,
        new.unit,
        new.shelf_life_days,
        new.regime,
        new.season,
        now,
        details,
        state.code(),
        pending
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// Puts the words of a version into the row that stands. Where labels may have been printed with
/// the number that it had (`is_known`), that number stays an alias; one that it takes again is
/// none any more.
pub async fn set(
    connection: &mut PgConnection,
    id: i64,
    new: &NewProduct<'_>,
    (details, is_known): (&Value, bool),
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    if is_known {
        sqlx::query!(
            "insert into gtin_alias (gtin, product_id, until)
             select gtin, id, $3 from product where id = $1 and gtin <> $2
             on conflict (gtin) do nothing",
            id,
            new.gtin,
            now
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!(
            "delete from gtin_alias where gtin = $2 and product_id = $1",
            id,
            new.gtin
        )
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query!(
        "update product set gtin = $2, name = $3, name_en = $4, category = $5, variety = $6,
                            specification = $7, unit = $8, shelf_life_days = $9, regime = $10,
                            season = $11, details = $12
         where id = $1",
        id,
        new.gtin,
        new.name,
        new.name_en,
        new.category,
        new.variety,
        new.specification,
        new.unit,
        new.shelf_life_days,
        new.regime,
        new.season,
        details
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The next number of our own to issue, counted from 1; never the same twice.
pub async fn draw_internal_number(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(r#"select nextval('internal_gtin_seq') as "number!""#)
        .fetch_one(connection)
        .await?;
    Ok(number)
}

/// Whether a number is another product's, or was: now, before, or in a version that waits.
pub async fn is_taken(
    connection: &mut PgConnection,
    gtin: &str,
    but: Option<i64>,
) -> Result<bool, StoreError> {
    let taken = sqlx::query_scalar!(
        r#"select exists (select from product
                          where gtin = $1 and ($2::bigint is null or id <> $2))
               or exists (select from gtin_alias
                          where gtin = $1 and ($2::bigint is null or product_id <> $2))
               as "taken!""#,
        gtin,
        but
    )
    .fetch_one(connection)
    .await?;
    Ok(taken)
}

/// The numbers that a product had before, the newest first.
pub async fn list_aliases(
    connection: &mut PgConnection,
    id: i64,
) -> Result<Vec<(String, OffsetDateTime)>, StoreError> {
    let rows = sqlx::query!(
        "select gtin, until from gtin_alias where product_id = $1 order by until desc, gtin",
        id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.gtin, row.until)).collect())
}

/// The product of this number.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Product>, StoreError> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let page = list_page(connection, &filter, Place::default(), 1).await?;
    Ok(page.into_iter().next())
}

/// The product of this GTIN-14, or the one that had it before.
pub async fn find_by_gtin(
    connection: &mut PgConnection,
    gtin: &str,
) -> Result<Option<Product>, StoreError> {
    let filter = Filter {
        gtin: Some(gtin.to_owned()),
        ..Filter::default()
    };
    let page = list_page(connection, &filter, Place::default(), 1).await?;
    Ok(page.into_iter().next())
}

/// The products of one producer, or of all, that are approved and may have new lots, by name.
pub async fn list(
    connection: &mut PgConnection,
    producer_id: Option<i64>,
) -> Result<Vec<Product>, StoreError> {
    let filter = Filter {
        producer_id,
        state: Some(FilingState::Approved),
        ..Filter::default()
    };
    let mut all = Vec::new();
    let mut place = Place::default();
    loop {
        let page = list_page(connection, &filter, place, LIST_MAX).await?;
        let Some(last) = page.last() else {
            return Ok(all);
        };
        place.after = Some(last.id);
        all.extend(page);
    }
}

/// The products of a filter from a place on, at most `limit` and [`LIST_MAX`].
pub async fn list_page(
    connection: &mut PgConnection,
    filter: &Filter,
    place: Place,
    limit: i64,
) -> Result<Vec<Product>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select product.id, product.producer_id, producer.name as producer, product.gtin,
                product.name, product.name_en, product.category, product.variety,
                product.specification, product.unit, product.shelf_life_days, product.regime,
                product.season, product.details, product.state, product.version,
                product.standing_version, product.pending, product.suspended_at,
                product.created_at, product.updated_at
         from product join producer on producer.id = product.producer_id
         where ($1::bigint is null or product.id = $1)
           and ($2::bigint is null or product.producer_id = $2)
           and ($3::text is null or product.gtin = $3
                or product.id = (select product_id from gtin_alias where gtin_alias.gtin = $3))
           and ($4::text is null
                or strpos(lower(concat_ws(' ', product.name, product.name_en, product.category,
                                          product.variety, product.specification, product.gtin,
                                          producer.name)), lower($4)) > 0)
           and ($5::text is null or product.state = $5)
           and ($6::text is null or product.pending = $6)
           and ($7::text is null or product.category = $7)
           and ($8::text is null or product.regime = $8)
           and ($9::bigint is null
                or case when $10
                   then (product.updated_at, product.id)
                        < (select p.updated_at, p.id from product as p where p.id = $9)
                   else (product.name, product.specification, product.id)
                        > (select p.name, p.specification, p.id from product as p where p.id = $9)
                   end)
         order by case when $10 then product.updated_at end desc,
                  case when not $10 then product.name end,
                  case when not $10 then product.specification end,
                  case when $10 then -product.id else product.id end
         limit $11",
        filter.id,
        filter.producer_id,
        filter.gtin,
        filter.words,
        filter.state.map(FilingState::code),
        filter.pending.map(FilingState::code),
        filter.category,
        filter.regime,
        place.after,
        place.newest,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Product::try_from).collect()
}

/// How many products of a filter stand where, whatever state it asks for.
pub async fn count(
    connection: &mut PgConnection,
    filter: &Filter,
) -> Result<Vec<Count>, StoreError> {
    let rows = sqlx::query!(
        r#"select product.state, product.pending, count(*) as "count!"
           from product join producer on producer.id = product.producer_id
           where ($1::bigint is null or product.producer_id = $1)
             and ($2::text is null or product.gtin = $2
                  or product.id = (select product_id from gtin_alias where gtin_alias.gtin = $2))
             and ($3::text is null
                  or strpos(lower(concat_ws(' ', product.name, product.name_en, product.category,
                                            product.variety, product.specification, product.gtin,
                                            producer.name)), lower($3)) > 0)
             and ($4::text is null or product.category = $4)
             and ($5::text is null or product.regime = $5)
           group by product.state, product.pending"#,
        filter.producer_id,
        filter.gtin,
        filter.words,
        filter.category,
        filter.regime
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| filing::counted((row.state, row.pending, row.count)))
        .collect()
}

struct Row {
    id: i64,
    producer_id: i64,
    producer: String,
    gtin: String,
    name: String,
    name_en: String,
    category: String,
    variety: String,
    specification: String,
    unit: String,
    shelf_life_days: i32,
    regime: String,
    season: String,
    details: Value,
    state: String,
    version: i32,
    standing_version: Option<i32>,
    pending: Option<String>,
    suspended_at: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl TryFrom<Row> for Product {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            standing: Standing::read(
                (row.state, row.pending),
                (row.version, row.standing_version),
                row.suspended_at,
            )?,
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
            details: row.details,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

//! Which lots a list holds, in which order: one short query an order, each along an index, whose
//! conditions the planner sees one by one. What the lots are is looked up afterwards, for those few.

use model::lot::LotState;
use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};

use super::{Filter, LIST_MAX, Order};
use crate::{StoreError, plan};

/// Most products that words may name; a search that names more is none.
const PRODUCTS_MAX: i64 = 10_000;

/// Stands for the harvest day of what still grows, here and in the index.
const NEVER: Date = time::macros::date!(0001 - 01 - 01);

/// A filter as the queries take it.
struct By<'a> {
    filter: &'a Filter,
    id: Option<i64>,
    state: Option<&'static str>,
    products: Option<&'a [i64]>,
    prefix: Option<String>,
    limit: i64,
}

/// Where a list goes on: the keys of the last lot seen.
struct Place {
    id: i64,
    created_at: OffsetDateTime,
    code: String,
    harvested_on: Option<Date>,
}

/// The numbers of the lots of a filter, in its order.
pub(super) async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<i64>, StoreError> {
    let after = match filter.after {
        Some(id) => match find_place(connection, id).await? {
            Some(place) => Some(place),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let products = match &filter.words {
        Some(words) => Some(list_products(connection, words).await?),
        None => None,
    };
    let by = By {
        filter,
        id: filter.id,
        state: filter.state.map(LotState::code),
        products: products.as_deref(),
        prefix: filter.words.as_deref().and_then(prefix),
        limit: limit.clamp(1, LIST_MAX),
    };
    plan::for_values(connection, true).await?;
    let ids = match filter.order {
        Order::Newest => by_age(connection, &by, after.as_ref()).await?,
        Order::Code => by_code(connection, &by, after.as_ref()).await?,
        Order::Harvested => by_harvest(connection, &by, after.as_ref()).await?,
    };
    plan::for_values(connection, false).await?;
    Ok(ids)
}

/// The pattern of codes that begin with these words; `None` where no code can.
fn prefix(words: &str) -> Option<String> {
    let code = words.trim().to_ascii_uppercase();
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
    (!code.is_empty() && code.len() <= 20 && code.chars().all(fits)).then(|| code + "%")
}

async fn find_place(connection: &mut PgConnection, id: i64) -> Result<Option<Place>, StoreError> {
    let place = sqlx::query_as!(
        Place,
        "select id, created_at, code, harvested_on from lot where id = $1",
        id
    )
    .fetch_optional(connection)
    .await?;
    Ok(place)
}

/// The products that words name: thousands of rows, not hundreds of thousands.
async fn list_products(connection: &mut PgConnection, words: &str) -> Result<Vec<i64>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select product.id
         from product
         join producer on producer.id = product.producer_id
         where strpos(lower(concat_ws(' ', product.name, product.name_en, product.gtin,
                                      product.category, product.variety, producer.name,
                                      producer.name_en)), lower($1)) > 0
         limit $2",
        words.trim(),
        PRODUCTS_MAX
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

async fn by_age(
    connection: &mut PgConnection,
    by: &By<'_>,
    after: Option<&Place>,
) -> Result<Vec<i64>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select lot.id
           from lot
           join product on product.id = lot.product_id
           where ($1::bigint is null or lot.id = $1)
             and ($2::bigint is null or product.producer_id = $2)
             and ($3::text is null or product.gtin = $3
                  or product.id = (select product_id from gtin_alias where gtin_alias.gtin = $3))
             and ($4::text is null or lot.code collate "C" = $4)
             and ($5::text is null or lot.state = $5)
             and ($6::bigint[] is null or lot.product_id = any ($6) or lot.code collate "C" like $7)
             and ($8::timestamptz is null or (lot.created_at, lot.id) < ($8, $9::bigint))
           order by lot.created_at desc, lot.id desc
           limit $10"#,
        by.id,
        by.filter.producer_id,
        by.filter.gtin,
        by.filter.code,
        by.state,
        by.products,
        by.prefix,
        after.map(|place| place.created_at),
        after.map(|place| place.id),
        by.limit
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

async fn by_code(
    connection: &mut PgConnection,
    by: &By<'_>,
    after: Option<&Place>,
) -> Result<Vec<i64>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select lot.id
           from lot
           join product on product.id = lot.product_id
           where ($1::bigint is null or lot.id = $1)
             and ($2::bigint is null or product.producer_id = $2)
             and ($3::text is null or product.gtin = $3
                  or product.id = (select product_id from gtin_alias where gtin_alias.gtin = $3))
             and ($4::text is null or lot.code collate "C" = $4)
             and ($5::text is null or lot.state = $5)
             and ($6::bigint[] is null or lot.product_id = any ($6) or lot.code collate "C" like $7)
             and ($8::text is null or (lot.code collate "C", lot.id) > ($8, $9::bigint))
           order by lot.code collate "C", lot.id
           limit $10"#,
        by.id,
        by.filter.producer_id,
        by.filter.gtin,
        by.filter.code,
        by.state,
        by.products,
        by.prefix,
        after.map(|place| place.code.as_str()),
        after.map(|place| place.id),
        by.limit
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

async fn by_harvest(
    connection: &mut PgConnection,
    by: &By<'_>,
    after: Option<&Place>,
) -> Result<Vec<i64>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select lot.id
           from lot
           join product on product.id = lot.product_id
           where ($1::bigint is null or lot.id = $1)
             and ($2::bigint is null or product.producer_id = $2)
             and ($3::text is null or product.gtin = $3
                  or product.id = (select product_id from gtin_alias where gtin_alias.gtin = $3))
             and ($4::text is null or lot.code collate "C" = $4)
             and ($5::text is null or lot.state = $5)
             and ($6::bigint[] is null or lot.product_id = any ($6) or lot.code collate "C" like $7)
             and ($8::date is null or (coalesce(lot.harvested_on, '0001-01-01'), lot.id) < ($8, $9::bigint))
           order by coalesce(lot.harvested_on, '0001-01-01') desc, lot.id desc
           limit $10"#,
        by.id,
        by.filter.producer_id,
        by.filter.gtin,
        by.filter.code,
        by.state,
        by.products,
        by.prefix,
        after.map(|place| place.harvested_on.unwrap_or(NEVER)),
        after.map(|place| place.id),
        by.limit
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

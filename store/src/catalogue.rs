//! 特色农产品资源库: filed products as the public sees them, and the lots of one that may be shown.

use model::lot::LotState;
use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};

use crate::StoreError;
use crate::picture::PictureHash;

/// Most products that one page of the catalogue holds.
pub const PAGE_MAX: i64 = 60;
/// Most lots that a product's page names.
pub const LOTS_MAX: i64 = 30;
/// Most lots that a kiosk keeps for when the network is away.
pub const RECENT_MAX: i64 = 100;

/// A filed product with who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// GTIN-14.
    pub gtin: String,
    /// Name, Chinese.
    pub name: String,
    /// Name for English pages.
    pub name_en: String,
    /// Kind in the county's plan.
    pub category: String,
    /// Variety.
    pub variety: String,
    /// Pack and grade as sold.
    pub specification: String,
    /// `promise`, `sc` or `workshop`.
    pub regime: String,
    /// Season, in words.
    pub season: String,
    /// Name of the producer, Chinese.
    pub producer: String,
    /// Name of the producer, English.
    pub producer_en: String,
    /// Township of the producer.
    pub township: String,
    /// Whether its filing, or its producer's, is suspended.
    pub is_suspended: bool,
    /// How long it keeps.
    pub shelf_life_days: i32,
    /// Lots that are or were on sale.
    pub lots: i64,
}

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words that name, category, variety, producer or township contain.
    pub words: Option<String>,
    /// Only this category.
    pub category: Option<String>,
    /// Only this GTIN-14, now or before; suspended ones too.
    pub gtin: Option<String>,
}

/// The products of a filter by category and name, from `offset` on, at most [`PAGE_MAX`].
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    offset: i64,
) -> Result<Vec<Entry>, StoreError> {
    let entries = sqlx::query_as!(
        Entry,
        r#"select product.gtin, product.name, product.name_en, product.category, product.variety,
                  product.specification, product.regime, product.season,
                  product.suspended_at is not null or producer.suspended_at is not null
                      as "is_suspended!",
                  product.shelf_life_days,
                  producer.name as producer, producer.name_en as producer_en, producer.township,
                  (select count(*) from lot
                   where lot.product_id = product.id
                     and lot.state in ('released', 'shipped', 'sold_out')) as "lots!"
           from product
           join producer on producer.id = product.producer_id
           where ($1::text is null
                  or strpos(lower(concat_ws(' ', product.name, product.name_en, product.category,
                                            product.variety, product.specification, producer.name,
                                            producer.name_en, producer.township)), lower($1)) > 0)
             and ($2::text is null or product.category = $2)
             and case when $3::text is null
                 then product.state = 'approved' and producer.state = 'approved'
                 else product.state in ('approved', 'suspended')
                      and (product.gtin = $3 or product.id =
                           (select product_id from gtin_alias where gtin_alias.gtin = $3))
                 end
           order by product.category, product.name, product.specification, product.id
           limit $4 offset $5"#,
        filter.words,
        filter.category,
        filter.gtin,
        PAGE_MAX,
        offset.max(0)
    )
    .fetch_all(connection)
    .await?;
    Ok(entries)
}

/// One product by its GTIN-14.
pub async fn find(connection: &mut PgConnection, gtin: &str) -> Result<Option<Entry>, StoreError> {
    let filter = Filter {
        gtin: Some(gtin.to_owned()),
        ..Filter::default()
    };
    Ok(list(connection, &filter, 0).await?.pop())
}

/// The categories that have products, with how many.
pub async fn list_categories(
    connection: &mut PgConnection,
) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"select product.category, count(*) as "products!"
           from product join producer on producer.id = product.producer_id
           where product.state = 'approved' and producer.state = 'approved'
           group by product.category order by 2 desc, product.category"#
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.category, row.products))
        .collect())
}

/// A lot that a buyer may hold in hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnSale {
    /// GTIN-14 of its product.
    pub gtin: String,
    /// GS1 AI 10.
    pub code: String,
    /// Where it stands.
    pub state: LotState,
    /// Last day of its growing or making period.
    pub harvested_on: Option<Date>,
    /// When it was registered.
    pub created_at: OffsetDateTime,
}

struct Row {
    gtin: String,
    code: String,
    state: String,
    harvested_on: Option<Date>,
    created_at: OffsetDateTime,
}

impl TryFrom<Row> for OnSale {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = LotState::from_code(&row.state)
            .ok_or_else(|| StoreError::inconsistent("lot.state", row.state))?;
        Ok(Self {
            gtin: row.gtin,
            code: row.code,
            state,
            harvested_on: row.harvested_on,
            created_at: row.created_at,
        })
    }
}

/// The lots on sale, sold or recalled, newest first: of one product, or of the whole county.
pub async fn list_on_sale(
    connection: &mut PgConnection,
    gtin: Option<&str>,
    limit: i64,
) -> Result<Vec<OnSale>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select product.gtin, lot.code, lot.state, lot.harvested_on, lot.created_at
         from lot
         join product on product.id = lot.product_id
         where lot.state in ('released', 'shipped', 'sold_out', 'recalled')
           and ($1::text is null or product.gtin = $1
                or product.id = (select product_id from gtin_alias where gtin_alias.gtin = $1))
         order by lot.created_at desc, lot.id desc
         limit $2",
        gtin,
        limit.clamp(1, RECENT_MAX)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(OnSale::try_from).collect()
}

/// A product's picture: the newest of the growing period of its newest lot that has some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductShot {
    /// GTIN-14 of the product.
    pub gtin: String,
    /// The file.
    pub sha256: PictureHash,
    /// When it was taken.
    pub taken_at: OffsetDateTime,
}

/// The pictures of these products, of those that have a public one: on the last day, the one
/// nearest to noon.
pub async fn list_shots(
    connection: &mut PgConnection,
    gtins: &[String],
) -> Result<Vec<ProductShot>, StoreError> {
    let rows = sqlx::query!(
        r#"select product.gtin, shot.sha256, shot.taken_at
           from product
           cross join lateral (
               select picture.sha256, picture.taken_at
               from lot
               join camera_placement as placed on placed.plot_id = lot.plot_id
               join picture on picture.camera_id = placed.camera_id
                and picture.taken_at >= placed.valid_from
                and (placed.valid_to is null or picture.taken_at < placed.valid_to)
               where lot.product_id = product.id
                 and lot.state in ('released', 'shipped', 'sold_out')
                 and picture.taken_at >= lot.started_on::timestamp at time zone 'Asia/Shanghai'
                 and picture.taken_at
                     < (lot.harvested_on + 1)::timestamp at time zone 'Asia/Shanghai'
               order by lot.harvested_on desc,
                        (picture.taken_at at time zone 'Asia/Shanghai')::date desc,
                        abs(extract(hour from picture.taken_at at time zone 'Asia/Shanghai') - 12),
                        picture.id
               limit 1
           ) as shot
           where product.gtin = any ($1)"#,
        gtins
    )
    .fetch_all(connection)
    .await?;
    let shots = rows.into_iter().map(|row| {
        Ok(ProductShot {
            gtin: row.gtin,
            sha256: row.sha256.as_slice().try_into()?,
            taken_at: row.taken_at,
        })
    });
    shots.collect()
}

/// A product's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// GTIN-14.
    pub gtin: String,
    /// Name, Chinese.
    pub name: String,
    /// Name for English pages.
    pub name_en: String,
}

/// Those of these GTINs that the public may see.
pub async fn list_named(
    connection: &mut PgConnection,
    gtins: &[String],
) -> Result<Vec<Named>, StoreError> {
    let named = sqlx::query_as!(
        Named,
        "select gtin, name, name_en from product
         where gtin = any ($1) and state in ('approved', 'suspended')
         order by gtin",
        gtins
    )
    .fetch_all(connection)
    .await?;
    Ok(named)
}

#[cfg(test)]
mod tests;

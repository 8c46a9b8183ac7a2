//! 产品: what producers have filed for sale.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// A filed product.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Its number here.
    pub id: i64,
    /// Whose it is.
    pub producer_id: i64,
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

/// Files a product; returns its number.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewProduct<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into product
             (producer_id, gtin, name, name_en, category, variety, specification, unit,
              shelf_life_days, regime, season, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id",
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
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// The product of this number.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Product>, StoreError> {
    let product = sqlx::query_as!(
        Product,
        "select id, producer_id, gtin, name, name_en, category, variety, specification, unit,
                shelf_life_days, regime, season
         from product where id = $1",
        id
    )
    .fetch_optional(connection)
    .await?;
    Ok(product)
}

/// The product of this GTIN-14.
pub async fn find_by_gtin(
    connection: &mut PgConnection,
    gtin: &str,
) -> Result<Option<Product>, StoreError> {
    let product = sqlx::query_as!(
        Product,
        "select id, producer_id, gtin, name, name_en, category, variety, specification, unit,
                shelf_life_days, regime, season
         from product where gtin = $1",
        gtin
    )
    .fetch_optional(connection)
    .await?;
    Ok(product)
}

/// The products of one producer, or of all, by name.
pub async fn list(
    connection: &mut PgConnection,
    producer_id: Option<i64>,
) -> Result<Vec<Product>, StoreError> {
    let products = sqlx::query_as!(
        Product,
        "select id, producer_id, gtin, name, name_en, category, variety, specification, unit,
                shelf_life_days, regime, season
         from product where $1::bigint is null or producer_id = $1
         order by name, specification, id",
        producer_id
    )
    .fetch_all(connection)
    .await?;
    Ok(products)
}

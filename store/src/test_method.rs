//! Methods of testing and residue limits, by edition: which one judges a sample follows from the
//! day on which it was taken.

use sqlx::postgres::PgConnection;
use time::Date;

use crate::StoreError;

/// An edition of a method.
#[derive(Debug, Clone, PartialEq)]
pub struct Method {
    /// Its number here.
    pub id: i64,
    /// Standard, for example `GB/T 5009.199-2003`.
    pub code: String,
    /// What it looks for; empty for any.
    pub item: String,
    /// `inhibition`, `colloidal_gold` or `laboratory`.
    pub principle: String,
    /// Unit of result and limit.
    pub unit: String,
    /// At or above this a sample is positive.
    pub limit: f32,
    /// Limit of quantification.
    pub quantification: Option<f32>,
    /// Crops that are known to give false positives.
    pub false_positives: Vec<String>,
    /// Where limit and crops are from.
    pub source: String,
    /// First day of sampling that it judges.
    pub valid_from: Date,
}

/// An edition to file; the fields are those of [`Method`].
#[derive(Debug, Clone)]
pub struct NewMethod<'a> {
    /// Standard.
    pub code: &'a str,
    /// What it looks for.
    pub item: &'a str,
    /// `inhibition`, `colloidal_gold` or `laboratory`.
    pub principle: &'a str,
    /// Unit of result and limit.
    pub unit: &'a str,
    /// At or above this a sample is positive.
    pub limit: f32,
    /// Limit of quantification.
    pub quantification: Option<f32>,
    /// Crops that are known to give false positives.
    pub false_positives: &'a [String],
    /// Where limit and crops are from.
    pub source: &'a str,
    /// First day of sampling that it judges.
    pub valid_from: Date,
}

/// A residue limit.
#[derive(Debug, Clone, PartialEq)]
pub struct ResidueLimit {
    /// Standard with its year.
    pub edition: String,
    /// Pesticide or drug.
    pub substance: String,
    /// Food or group.
    pub food: String,
    /// Above this a sample fails, mg/kg.
    pub limit_mg_kg: f32,
    /// First day of sampling that it judges.
    pub valid_from: Date,
}

/// Files an edition; returns its number.
pub async fn insert(connection: &mut PgConnection, new: &NewMethod<'_>) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into test_method (code, item, principle, unit, limit_value, quantification,
                                  false_positives, source, valid_from)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id",
        new.code,
        new.item,
        new.principle,
        new.unit,
        new.limit,
        new.quantification,
        new.false_positives,
        new.source,
        new.valid_from
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// Every edition, newest first within its method.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Method>, StoreError> {
    let methods = sqlx::query_as!(
        Method,
        r#"select id, code, item, principle, unit, limit_value as "limit", quantification,
                  false_positives, source, valid_from
           from test_method order by code, item, valid_from desc"#
    )
    .fetch_all(connection)
    .await?;
    Ok(methods)
}

/// The edition that judges a sample of a day: the newest that was in force then. A method is told
/// by its standard, whatever words follow it.
pub async fn find(
    connection: &mut PgConnection,
    method: &str,
    item: &str,
    sampled_on: Date,
) -> Result<Option<Method>, StoreError> {
    let method = sqlx::query_as!(
        Method,
        r#"select id, code, item, principle, unit, limit_value as "limit", quantification,
                  false_positives, source, valid_from
           from test_method
           where ($1 = code or starts_with($1, code || ' ')) and item in ('', $2)
             and valid_from <= $3
           order by item desc, valid_from desc limit 1"#,
        method,
        item,
        sampled_on
    )
    .fetch_optional(connection)
    .await?;
    Ok(method)
}

/// Files residue limits; a limit of the same edition is replaced. Returns how many there were.
pub async fn insert_limits(
    connection: &mut PgConnection,
    limits: &[ResidueLimit],
) -> Result<u64, StoreError> {
    let texts = |read: fn(&ResidueLimit) -> &str| -> Vec<String> {
        limits.iter().map(|limit| read(limit).to_owned()).collect()
    };
    let values: Vec<f32> = limits.iter().map(|limit| limit.limit_mg_kg).collect();
    let days: Vec<Date> = limits.iter().map(|limit| limit.valid_from).collect();
    let done = sqlx::query!(
        "insert into residue_limit (edition, substance, food, limit_mg_kg, valid_from)
         select * from unnest($1::text[], $2::text[], $3::text[], $4::real[], $5::date[])
         on conflict (edition, substance, food)
         do update set limit_mg_kg = excluded.limit_mg_kg, valid_from = excluded.valid_from",
        &texts(|limit| &limit.edition),
        &texts(|limit| &limit.substance),
        &texts(|limit| &limit.food),
        &values,
        &days
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// The limits of a substance in one of these foods on a day, the one in force first.
pub async fn list_limits(
    connection: &mut PgConnection,
    substance: Option<&str>,
    foods: Option<&[String]>,
    on: Date,
) -> Result<Vec<ResidueLimit>, StoreError> {
    let limits = sqlx::query_as!(
        ResidueLimit,
        "select edition, substance, food, limit_mg_kg, valid_from from residue_limit
         where ($1::text is null or substance = $1) and ($2::text[] is null or food = any ($2))
           and valid_from <= $3
         order by substance, food, valid_from desc limit 500",
        substance,
        foods,
        on
    )
    .fetch_all(connection)
    .await?;
    Ok(limits)
}

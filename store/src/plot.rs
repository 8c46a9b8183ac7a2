//! 地块: where something grows or is made, and which probe stood there when.

use model::id::ProbeKey;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// A plot, or a room of a workshop.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Its number here.
    pub id: i64,
    /// Whose it is.
    pub producer_id: i64,
    /// Name, Chinese.
    pub name: String,
    /// Name for English pages.
    pub name_en: String,
    /// 乡镇: the finest place that a public page shows.
    pub township: String,
    /// Area in mu (亩).
    pub area_mu: f32,
    /// Metres above sea level.
    pub altitude_m: i32,
    /// WGS-84 degrees; never in public.
    pub latitude: f64,
    /// WGS-84 degrees; never in public.
    pub longitude: f64,
}

/// A plot to register; the fields are those of [`Plot`].
#[derive(Debug, Clone)]
pub struct NewPlot<'a> {
    /// Whose it is.
    pub producer_id: i64,
    /// Name, Chinese, unique for its producer.
    pub name: &'a str,
    /// Name for English pages.
    pub name_en: &'a str,
    /// 乡镇.
    pub township: &'a str,
    /// Area in mu, above 0.
    pub area_mu: f32,
    /// Metres above sea level.
    pub altitude_m: i32,
    /// WGS-84 degrees.
    pub latitude: f64,
    /// WGS-84 degrees.
    pub longitude: f64,
}

/// Registers a plot; returns its number.
pub async fn insert(connection: &mut PgConnection, new: &NewPlot<'_>) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into plot
             (producer_id, name, name_en, township, area_mu, altitude_m, latitude, longitude)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
        new.producer_id,
        new.name,
        new.name_en,
        new.township,
        new.area_mu,
        new.altitude_m,
        new.latitude,
        new.longitude
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// The plot of this number.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Plot>, StoreError> {
    let plot = sqlx::query_as!(
        Plot,
        "select id, producer_id, name, name_en, township, area_mu, altitude_m, latitude, longitude
         from plot where id = $1",
        id
    )
    .fetch_optional(connection)
    .await?;
    Ok(plot)
}

/// The plots of one producer, or of all, by name.
pub async fn list(
    connection: &mut PgConnection,
    producer_id: Option<i64>,
) -> Result<Vec<Plot>, StoreError> {
    let plots = sqlx::query_as!(
        Plot,
        "select id, producer_id, name, name_en, township, area_mu, altitude_m, latitude, longitude
         from plot where $1::bigint is null or producer_id = $1
         order by name, id",
        producer_id
    )
    .fetch_all(connection)
    .await?;
    Ok(plots)
}

/// Which probe stands on which plot at `at`.
pub async fn list_placed(
    connection: &mut PgConnection,
    at: OffsetDateTime,
) -> Result<Vec<(ProbeKey, i64)>, StoreError> {
    let rows = sqlx::query!(
        "select probe_id, plot_id from probe_placement
         where valid_from <= $1 and (valid_to is null or valid_to > $1)
         order by probe_id",
        at
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (ProbeKey(row.probe_id), row.plot_id))
        .collect())
}

/// Notes that a probe stands on a plot from `valid_from` on, and ends where it stood before.
pub async fn place_probe(
    connection: &mut PgConnection,
    probe_id: i32,
    plot_id: i64,
    valid_from: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with ended as (
             update probe_placement set valid_to = $3
             where probe_id = $1 and valid_to is null and valid_from < $3
         )
         insert into probe_placement (probe_id, plot_id, valid_from) values ($1, $2, $3)
         on conflict (probe_id, valid_from) do update set plot_id = excluded.plot_id",
        probe_id,
        plot_id,
        valid_from
    )
    .execute(connection)
    .await?;
    Ok(())
}

//! 地块: where something grows or is made, and which probe stood there when.

use model::id::ProbeKey;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

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
    /// From 1; an edit names the one that it saw.
    pub version: i32,
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

/// Registers a plot, once however often its request is sent; returns its number.
pub async fn insert_once(
    connection: &mut PgConnection,
    new: &NewPlot<'_>,
    request_id: Uuid,
) -> Result<i64, StoreError> {
    if let Some(id) = find_by_request(&mut *connection, request_id).await? {
        return Ok(id);
    }
    let id = insert(&mut *connection, new).await?;
    sqlx::query!(
        "update plot set request_id = $2 where id = $1",
        id,
        request_id
    )
    .execute(connection)
    .await?;
    Ok(id)
}

async fn find_by_request(
    connection: &mut PgConnection,
    request_id: Uuid,
) -> Result<Option<i64>, StoreError> {
    let id = sqlx::query_scalar!("select id from plot where request_id = $1", request_id)
        .fetch_optional(connection)
        .await?;
    Ok(id)
}

/// Changes a plot, if it is still of the version that was seen.
pub async fn update(
    connection: &mut PgConnection,
    (id, base): (i64, i32),
    new: &NewPlot<'_>,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update plot set name = $3, name_en = $4, township = $5, area_mu = $6, altitude_m = $7,
                         latitude = $8, longitude = $9, version = version + 1
         where id = $1 and version = $2",
        id,
        base,
        new.name,
        new.name_en,
        new.township,
        new.area_mu,
        new.altitude_m,
        new.latitude,
        new.longitude
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// The plot of this number.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Plot>, StoreError> {
    let plot = sqlx::query_as!(
        Plot,
        "select id, producer_id, name, name_en, township, area_mu, altitude_m, latitude, longitude,
                version
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
        "select id, producer_id, name, name_en, township, area_mu, altitude_m, latitude, longitude,
                version
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

/// Notes that a probe stands on a plot from `valid_from` on: where it stood then ends there, and
/// where it stands later on stays. So every reading belongs to one plot at most, in whatever order
/// placements are written down.
pub async fn place_probe(
    connection: &mut PgConnection,
    probe_id: i32,
    plot_id: i64,
    valid_from: OffsetDateTime,
) -> Result<(), StoreError> {
    end_probe(&mut *connection, probe_id, valid_from).await?;
    sqlx::query!(
        "insert into probe_placement (probe_id, plot_id, valid_from, valid_to)
         select $1, $2, $3, min(valid_from) from probe_placement
         where probe_id = $1 and valid_from > $3
         on conflict (probe_id, valid_from) do update set plot_id = excluded.plot_id",
        probe_id,
        plot_id,
        valid_from
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends where a probe stands at `valid_to`; it stands nowhere until it is placed again.
pub async fn end_probe(
    connection: &mut PgConnection,
    probe_id: i32,
    valid_to: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update probe_placement set valid_to = $2
         where probe_id = $1 and valid_from < $2 and (valid_to is null or valid_to > $2)",
        probe_id,
        valid_to
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Where and when a device stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// `probe` or `camera`.
    pub kind: String,
    /// Its gateway.
    pub gateway: String,
    /// Its name.
    pub name: String,
    /// Number of the plot.
    pub plot_id: i64,
    /// Name of the plot.
    pub plot: String,
    /// Since when.
    pub valid_from: OffsetDateTime,
    /// Until when, exclusive; `None` while it lasts.
    pub valid_to: Option<OffsetDateTime>,
}

/// Where a device stood, or what stood on a plot, oldest first.
pub async fn list_placements(
    connection: &mut PgConnection,
    device: Option<(&str, &str, &str)>,
    plot_id: Option<i64>,
) -> Result<Vec<Placement>, StoreError> {
    let (kind, gateway, name) = device.map_or((None, None, None), |(kind, gateway, name)| {
        (Some(kind), Some(gateway), Some(name))
    });
    let rows = sqlx::query_as!(
        Placement,
        r#"select placed.kind as "kind!", placed.gateway as "gateway!", placed.name as "name!",
                  placed.plot_id as "plot_id!", plot.name as plot,
                  placed.valid_from as "valid_from!", placed.valid_to
           from (select 'probe' as kind, probe.gateway_id as gateway, probe.name,
                        placement.plot_id, placement.valid_from, placement.valid_to
                 from probe_placement as placement
                 join probe on probe.id = placement.probe_id
                 union all
                 select 'camera', camera.gateway_id, camera.name, placement.plot_id,
                        placement.valid_from, placement.valid_to
                 from camera_placement as placement
                 join camera on camera.id = placement.camera_id) as placed
           join plot on plot.id = placed.plot_id
           where ($1::text is null or placed.kind = $1)
             and ($2::text is null or placed.gateway = $2)
             and ($3::text is null or placed.name = $3)
             and ($4::bigint is null or placed.plot_id = $4)
           order by placed.valid_from, placed.kind, placed.gateway, placed.name
           limit 1000"#,
        kind,
        gateway,
        name,
        plot_id
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

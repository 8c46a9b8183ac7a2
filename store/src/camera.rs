//! Cameras: what takes pictures at a gateway, and which plot each looked at, and when.

use model::id::{GatewayId, ProbeName};
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;
use crate::picture::{Picture, TimeSource};
use crate::reading::Span;
use crate::trace::Period;

/// Most cameras that one list holds.
pub const LIST_MAX: i64 = 1_000;

/// A camera's key in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CameraKey(pub i32);

/// A camera to register.
#[derive(Debug, Clone, Copy)]
pub struct NewCamera<'a> {
    /// Where it hangs.
    pub gateway: &'a GatewayId,
    /// Its name there.
    pub name: &'a ProbeName,
    /// Expected seconds between two pictures.
    pub interval_seconds: i32,
}

/// A camera as the desks see it: where it stands now, and the newest that it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Camera {
    /// Its key.
    pub key: CameraKey,
    /// Where it hangs.
    pub gateway: String,
    /// Its name there.
    pub name: String,
    /// Expected seconds between two pictures.
    pub interval_seconds: i32,
    /// Number of the plot that it looks at now.
    pub plot_id: Option<i64>,
    /// Name of that plot, Chinese.
    pub plot: Option<String>,
    /// Name of that plot, English.
    pub plot_en: Option<String>,
    /// The newest picture that the asker may see.
    pub latest: Option<Picture>,
}

/// Which cameras to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those of one gateway.
    pub gateway: Option<String>,
    /// Those that look at a plot of one producer; their latest picture is one of such a plot.
    pub producer: Option<i64>,
}

/// Registers a camera; returns its key.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewCamera<'_>,
    now: OffsetDateTime,
) -> Result<CameraKey, StoreError> {
    let key = sqlx::query_scalar!(
        "insert into camera (gateway_id, name, interval_seconds, created_at)
         values ($1, $2, $3, $4) returning id",
        new.gateway.as_str(),
        new.name.as_str(),
        new.interval_seconds,
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(CameraKey(key))
}

/// The camera of these names.
pub async fn find_key(
    connection: &mut PgConnection,
    gateway: &GatewayId,
    name: &ProbeName,
) -> Result<Option<CameraKey>, StoreError> {
    let key = sqlx::query_scalar!(
        "select id from camera where gateway_id = $1 and name = $2",
        gateway.as_str(),
        name.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(key.map(CameraKey))
}

/// Notes that a camera looks at a plot from `valid_from` on: what it looked at then ends there, and
/// what it looks at later on stays.
pub async fn place(
    connection: &mut PgConnection,
    camera: CameraKey,
    plot_id: i64,
    valid_from: OffsetDateTime,
) -> Result<(), StoreError> {
    end(&mut *connection, camera, valid_from).await?;
    sqlx::query!(
        "insert into camera_placement (camera_id, plot_id, valid_from, valid_to)
         select $1, $2, $3, min(valid_from) from camera_placement
         where camera_id = $1 and valid_from > $3
         on conflict (camera_id, valid_from) do update set plot_id = excluded.plot_id",
        camera.0,
        plot_id,
        valid_from
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends what a camera looks at; it looks at nothing until it is placed again.
pub async fn end(
    connection: &mut PgConnection,
    camera: CameraKey,
    valid_to: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update camera_placement set valid_to = $2
         where camera_id = $1 and valid_from < $2 and (valid_to is null or valid_to > $2)",
        camera.0,
        valid_to
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The cameras, by gateway and name, each with its latest picture up to `now`; at most
/// [`LIST_MAX`].
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    now: OffsetDateTime,
) -> Result<Vec<Camera>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select camera.id, camera.gateway_id as gateway, camera.name, camera.interval_seconds,
                  placed.plot_id as "plot_id?", plot.name as "plot?", plot.name_en as "plot_en?",
                  latest.sha256 as "sha256?", latest.bytes as "bytes?", latest.width as "width?",
                  latest.height as "height?", latest.taken_at as "taken_at?",
                  latest.time_source as "time_source?", latest.arrived_at as "arrived_at?"
           from camera
           left join camera_placement as placed
                  on placed.camera_id = camera.id and placed.valid_from <= $3
                 and (placed.valid_to is null or placed.valid_to > $3)
           left join plot on plot.id = placed.plot_id
           left join lateral (
               select * from picture
               where picture.camera_id = camera.id and picture.taken_at <= $3
                 and ($2::bigint is null or picture.taken_at >= placed.valid_from)
               order by picture.taken_at desc limit 1
           ) as latest on true
           where ($1::text is null or camera.gateway_id = $1)
             and ($2::bigint is null or plot.producer_id = $2)
           order by camera.gateway_id, camera.name
           limit $4"#,
        filter.gateway,
        filter.producer,
        now,
        LIST_MAX
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Camera::try_from).collect()
}

/// A camera that looked at a plot, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Gateway of the camera.
    pub gateway: String,
    /// Name of the camera.
    pub camera: String,
    /// Expected seconds between two of its pictures.
    pub interval_seconds: i32,
    /// The part of the period in which it looked there.
    pub span: Span,
}

/// The cameras that looked at a plot in a period, up to `now`.
pub async fn list_placed(
    connection: &mut PgConnection,
    plot_id: i64,
    period: Period,
    now: OffsetDateTime,
) -> Result<Vec<Placed>, StoreError> {
    let rows = sqlx::query!(
        r#"with span as (
               select $2::date::timestamp at time zone 'Asia/Shanghai' as first,
                      least(($3::date + 1)::timestamp at time zone 'Asia/Shanghai', $4) as last
           )
           select camera.gateway_id as gateway, camera.name as camera, camera.interval_seconds,
                  greatest(placed.valid_from, span.first) as "from!",
                  least(coalesce(placed.valid_to, span.last), span.last) as "to!"
           from camera_placement as placed
           cross join span
           join camera on camera.id = placed.camera_id
           where placed.plot_id = $1
             and placed.valid_from < span.last
             and (placed.valid_to is null or placed.valid_to > span.first)
           order by camera.id, placed.valid_from"#,
        plot_id,
        period.first,
        period.last,
        now
    )
    .fetch_all(connection)
    .await?;
    let placed = rows.into_iter().map(|row| Placed {
        gateway: row.gateway,
        camera: row.camera,
        interval_seconds: row.interval_seconds,
        span: Span {
            from: row.from,
            to: row.to,
        },
    });
    Ok(placed.collect())
}

struct Row {
    id: i32,
    gateway: String,
    name: String,
    interval_seconds: i32,
    plot_id: Option<i64>,
    plot: Option<String>,
    plot_en: Option<String>,
    sha256: Option<Vec<u8>>,
    bytes: Option<i32>,
    width: Option<i32>,
    height: Option<i32>,
    taken_at: Option<OffsetDateTime>,
    time_source: Option<String>,
    arrived_at: Option<OffsetDateTime>,
}

impl Row {
    /// The latest picture; its columns are there together or not at all.
    fn latest(&self) -> Result<Option<Picture>, StoreError> {
        let (Some(sha256), Some(bytes), Some(width), Some(height)) =
            (&self.sha256, self.bytes, self.width, self.height)
        else {
            return Ok(None);
        };
        let (Some(taken_at), Some(source), Some(arrived_at)) =
            (self.taken_at, &self.time_source, self.arrived_at)
        else {
            return Ok(None);
        };
        Ok(Some(Picture {
            sha256: sha256.as_slice().try_into()?,
            bytes,
            width,
            height,
            taken_at,
            time_source: TimeSource::parse(source)?,
            arrived_at,
        }))
    }
}

impl TryFrom<Row> for Camera {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            latest: row.latest()?,
            key: CameraKey(row.id),
            gateway: row.gateway,
            name: row.name,
            interval_seconds: row.interval_seconds,
            plot_id: row.plot_id,
            plot: row.plot,
            plot_en: row.plot_en,
        })
    }
}

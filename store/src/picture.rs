//! Pictures: what a camera took, when, and who may see it. The bytes are files, kept by
//! [`album`]; here are their rows. A picture belongs to a lot because its camera looked at the
//! lot's plot on a day of the lot's growing period; that is decided here, by date, and only here.

use core::fmt;
use core::str::FromStr;

use model::lot::LotState;
use sha2::{Digest as _, Sha256};
use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};

use crate::StoreError;
use crate::camera::CameraKey;
use crate::trace::Period;

pub mod album;

pub use crate::place::{Location, LocationError};
pub use album::{Album, AlbumError, Kept, NewPicture, Swept};

/// Most pictures that one list holds.
pub const LIST_MAX: i64 = 500;
/// Most days with pictures that a growing period's list holds: ten cameras for two years.
pub const DAYS_MAX: i64 = 7_300;

/// SHA-256 of a picture's bytes as they arrived: its name everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureHash(pub [u8; 32]);

impl PictureHash {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for PictureHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text is no hash: it must be 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a picture's hash is 64 lower-case hexadecimal digits")]
pub struct NoHash;

impl FromStr for PictureHash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(NoHash);
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(NoHash),
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<&[u8]> for PictureHash {
    type Error = StoreError;

    fn try_from(bytes: &[u8]) -> Result<Self, StoreError> {
        let known = bytes.try_into().map(Self);
        known.map_err(|_| StoreError::inconsistent("picture.sha256", format!("{bytes:?}")))
    }
}

/// How it is known when a picture was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeSource {
    /// The picture's own metadata.
    Exif,
    /// The message that it came in.
    Property,
    /// Nobody said anything believable: when it arrived.
    Arrival,
}

impl TimeSource {
    /// The word in the database and in the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Exif => "exif",
            Self::Property => "property",
            Self::Arrival => "arrival",
        }
    }

    pub(crate) fn parse(code: &str) -> Result<Self, StoreError> {
        match code {
            "exif" => Ok(Self::Exif),
            "property" => Ok(Self::Property),
            "arrival" => Ok(Self::Arrival),
            other => Err(StoreError::inconsistent("picture.time_source", other)),
        }
    }
}

/// A picture's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Its name.
    pub sha256: PictureHash,
    /// Size as it arrived.
    pub bytes: i32,
    /// Pixels, as stored.
    pub width: i32,
    /// Pixels, as stored.
    pub height: i32,
    /// When it was taken.
    pub taken_at: OffsetDateTime,
    /// How that is known.
    pub time_source: TimeSource,
    /// When it arrived for the first time.
    pub arrived_at: OffsetDateTime,
}

struct Row {
    sha256: Vec<u8>,
    bytes: i32,
    width: i32,
    height: i32,
    taken_at: OffsetDateTime,
    time_source: String,
    arrived_at: OffsetDateTime,
}

impl TryFrom<Row> for Picture {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            sha256: row.sha256.as_slice().try_into()?,
            bytes: row.bytes,
            width: row.width,
            height: row.height,
            taken_at: row.taken_at,
            time_source: TimeSource::parse(&row.time_source)?,
            arrived_at: row.arrived_at,
        })
    }
}

/// Which pictures of a camera to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Taken at this moment or later.
    pub from: Option<OffsetDateTime>,
    /// Taken before this moment.
    pub to: Option<OffsetDateTime>,
    /// Only those taken while the camera looked at a plot of this producer.
    pub producer: Option<i64>,
}

/// The pictures of a camera, newest first, at most `limit` and at most [`LIST_MAX`].
pub async fn list(
    connection: &mut PgConnection,
    camera: CameraKey,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Picture>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select sha256, bytes, width, height, taken_at, time_source, arrived_at
         from picture
         where camera_id = $1
           and ($2::timestamptz is null or taken_at >= $2)
           and ($3::timestamptz is null or taken_at < $3)
           and ($4::bigint is null or exists (
               select from camera_placement as placed
               join plot on plot.id = placed.plot_id
               where placed.camera_id = picture.camera_id and plot.producer_id = $4
                 and placed.valid_from <= picture.taken_at
                 and (placed.valid_to is null or placed.valid_to > picture.taken_at)))
         order by taken_at desc, id desc
         limit $5",
        camera.0,
        filter.from,
        filter.to,
        filter.producer,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Picture::try_from).collect()
}

/// A day of a growing period on which a camera took pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureDay {
    /// Gateway of the camera.
    pub gateway: String,
    /// Name of the camera.
    pub camera: String,
    /// Expected seconds between two of its pictures.
    pub interval_seconds: i32,
    /// The day in China standard time.
    pub day: Date,
    /// How many pictures there are of it.
    pub count: i64,
    /// The one taken closest to noon, when there is most to see.
    pub noon: Picture,
}

/// The days of a growing period with pictures of its plot, oldest first, at most [`DAYS_MAX`].
pub async fn list_days(
    connection: &mut PgConnection,
    plot_id: i64,
    period: Period,
    now: OffsetDateTime,
) -> Result<Vec<PictureDay>, StoreError> {
    let rows = sqlx::query_as!(
        DayRow,
        r#"with mine as (
               select picture.*, camera.gateway_id as gateway, camera.name as camera,
                      camera.interval_seconds,
                      (picture.taken_at at time zone 'Asia/Shanghai')::date as day
               from picture
               join camera on camera.id = picture.camera_id
               join camera_placement as placed on placed.camera_id = picture.camera_id
                and placed.valid_from <= picture.taken_at
                and (placed.valid_to is null or placed.valid_to > picture.taken_at)
               where placed.plot_id = $1
                 and picture.taken_at >= $2::date::timestamp at time zone 'Asia/Shanghai'
                 and picture.taken_at < ($3::date + 1)::timestamp at time zone 'Asia/Shanghai'
                 and picture.taken_at <= $4
           )
           select distinct on (day, camera_id)
                  gateway, camera, interval_seconds, day as "day!",
                  count(*) over (partition by day, camera_id) as "count!",
                  sha256, bytes, width, height, taken_at, time_source, arrived_at
           from mine
           order by day, camera_id,
                    abs(extract(epoch from
                        (taken_at at time zone 'Asia/Shanghai') - (day + time '12:00'))), id
           limit $5"#,
        plot_id,
        period.first,
        period.last,
        now,
        DAYS_MAX
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(PictureDay::try_from).collect()
}

struct DayRow {
    gateway: String,
    camera: String,
    interval_seconds: i32,
    day: Date,
    count: i64,
    sha256: Vec<u8>,
    bytes: i32,
    width: i32,
    height: i32,
    taken_at: OffsetDateTime,
    time_source: String,
    arrived_at: OffsetDateTime,
}

impl TryFrom<DayRow> for PictureDay {
    type Error = StoreError;

    fn try_from(row: DayRow) -> Result<Self, StoreError> {
        let picture = Row {
            sha256: row.sha256,
            bytes: row.bytes,
            width: row.width,
            height: row.height,
            taken_at: row.taken_at,
            time_source: row.time_source,
            arrived_at: row.arrived_at,
        };
        Ok(Self {
            gateway: row.gateway,
            camera: row.camera,
            interval_seconds: row.interval_seconds,
            day: row.day,
            count: row.count,
            noon: picture.try_into()?,
        })
    }
}

/// Whether a lot in this state shows its pictures to everybody: it is on sale, or sold. The same
/// states as in [`is_public`].
#[must_use]
pub const fn is_shown(state: LotState) -> bool {
    matches!(
        state,
        LotState::Released | LotState::Shipped | LotState::SoldOut
    )
}

/// Whether everybody may see a picture: it is of the growing period of a lot that is on sale or
/// sold, on that lot's plot.
pub async fn is_public(
    connection: &mut PgConnection,
    sha256: &PictureHash,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select exists (
               select from picture
               join camera_placement as placed on placed.camera_id = picture.camera_id
                and placed.valid_from <= picture.taken_at
                and (placed.valid_to is null or placed.valid_to > picture.taken_at)
               join lot on lot.plot_id = placed.plot_id
               where picture.sha256 = $1
                 and lot.state in ('released', 'shipped', 'sold_out')
                 and picture.taken_at >= lot.started_on::timestamp at time zone 'Asia/Shanghai'
                 and picture.taken_at
                     < (lot.harvested_on + 1)::timestamp at time zone 'Asia/Shanghai'
           ) as "found!""#,
        &sha256.0
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// Whether a desk may see a picture: any that is there, or one taken while its camera looked at a
/// plot of this producer.
pub async fn is_seen_by(
    connection: &mut PgConnection,
    sha256: &PictureHash,
    producer: Option<i64>,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select exists (
               select from picture
               left join camera_placement as placed on placed.camera_id = picture.camera_id
                and placed.valid_from <= picture.taken_at
                and (placed.valid_to is null or placed.valid_to > picture.taken_at)
               left join plot on plot.id = placed.plot_id
               where picture.sha256 = $1 and ($2::bigint is null or plot.producer_id = $2)
           ) as "found!""#,
        &sha256.0,
        producer
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// Forgets pictures taken before `before`, at most `limit` of them; returns how many. A picture of
/// any lot's growing period stays, whatever its age. Their files go with the next sweep.
pub async fn delete_before(
    connection: &mut PgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> Result<u64, StoreError> {
    let deleted = sqlx::query!(
        "delete from picture where id in (
             select picture.id from picture
             where picture.taken_at < $1
               and not exists (
                   select from camera_placement as placed
                   join lot on lot.plot_id = placed.plot_id
                   where placed.camera_id = picture.camera_id
                     and placed.valid_from <= picture.taken_at
                     and (placed.valid_to is null or placed.valid_to > picture.taken_at)
                     and picture.taken_at
                         >= lot.started_on::timestamp at time zone 'Asia/Shanghai'
                     and (lot.harvested_on is null or picture.taken_at
                         < (lot.harvested_on + 1)::timestamp at time zone 'Asia/Shanghai'))
             order by picture.taken_at
             limit $2)",
        before,
        limit
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// How many pictures there are, and their bytes together.
pub async fn count(connection: &mut PgConnection) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query!(
        r#"select count(*) as "pictures!", coalesce(sum(bytes), 0)::bigint as "bytes!" from picture"#
    )
    .fetch_one(connection)
    .await?;
    Ok((row.pictures, row.bytes))
}

/// The hashes among these that have a row.
async fn list_known(
    connection: &mut PgConnection,
    hashes: &[Vec<u8>],
) -> Result<Vec<PictureHash>, StoreError> {
    let known = sqlx::query_scalar!(
        "select distinct sha256 from picture where sha256 = any($1)",
        hashes
    )
    .fetch_all(connection)
    .await?;
    let known = known.iter().map(|hash| hash.as_slice().try_into());
    known.collect()
}

#[cfg(test)]
mod tests;

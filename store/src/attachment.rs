//! Uploaded files of producers: licences, pictures of products, scans. Their bytes are files named
//! by their hash; `picture::Album` puts them on the disk before their row commits.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;
use crate::picture::PictureHash;

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Whose it is.
    pub producer_id: i64,
    /// Names its bytes.
    pub sha256: PictureHash,
    /// `image/jpeg`, `image/png` or `application/pdf`: by its content.
    pub media_type: String,
    /// How many bytes.
    pub bytes: i32,
    /// When it was uploaded.
    pub at: OffsetDateTime,
}

struct Row {
    producer_id: i64,
    sha256: Vec<u8>,
    media_type: String,
    bytes: i32,
    at: OffsetDateTime,
}

impl TryFrom<Row> for Attachment {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            sha256: row.sha256.as_slice().try_into()?,
            producer_id: row.producer_id,
            media_type: row.media_type,
            bytes: row.bytes,
            at: row.at,
        })
    }
}

/// The file of this hash that is one producer's, or anybody's.
pub async fn find(
    connection: &mut PgConnection,
    sha256: &PictureHash,
    producer_id: Option<i64>,
) -> Result<Option<Attachment>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "select producer_id, sha256, media_type, bytes, at from attachment
         where sha256 = $1 and ($2::bigint is null or producer_id = $2)
         order by id limit 1",
        &sha256.0,
        producer_id
    )
    .fetch_optional(connection)
    .await?;
    row.map(Attachment::try_from).transpose()
}

/// The files of a producer, newest first.
pub async fn list(
    connection: &mut PgConnection,
    producer_id: i64,
) -> Result<Vec<Attachment>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select producer_id, sha256, media_type, bytes, at from attachment
         where producer_id = $1 order by id desc",
        producer_id
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Attachment::try_from).collect()
}

/// How many files a producer has.
pub async fn count(connection: &mut PgConnection, producer_id: i64) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from attachment where producer_id = $1"#,
        producer_id
    )
    .fetch_one(connection)
    .await?;
    Ok(count)
}

/// Notes a file whose bytes are on the disk; the same again changes nothing.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    new: &Attachment,
    account_id: Option<i64>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into attachment (producer_id, sha256, media_type, bytes, at, account_id)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (producer_id, sha256) do nothing",
        new.producer_id,
        &new.sha256.0,
        new.media_type,
        new.bytes,
        new.at,
        account_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Which of these hashes are files of somebody.
pub(crate) async fn list_known(
    connection: &mut PgConnection,
    hashes: &[Vec<u8>],
) -> Result<Vec<PictureHash>, StoreError> {
    let known = sqlx::query_scalar!(
        "select distinct sha256 from attachment where sha256 = any($1)",
        hashes
    )
    .fetch_all(connection)
    .await?;
    known
        .iter()
        .map(|hash| hash.as_slice().try_into())
        .collect()
}

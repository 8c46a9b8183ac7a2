//! Files that people attach to the record, by their hash: pictures of what was done on a plot and
//! reports of other laboratories. Pictures of cameras are elsewhere: they are many and large.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;
use crate::picture::PictureHash;

/// Most pictures of one production record.
pub const PICTURES_MAX: i64 = 12;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// `application/pdf` or `image/jpeg`.
    pub media_type: String,
    /// The bytes as they arrived.
    pub content: Vec<u8>,
}

/// Keeps a file; the same again changes nothing.
pub async fn insert(
    connection: &mut PgConnection,
    sha256: &PictureHash,
    (media_type, content): (&str, &[u8]),
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into document (sha256, media_type, content, created_at) values ($1, $2, $3, $4)
         on conflict do nothing",
        &sha256.0,
        media_type,
        content,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The file of this hash.
pub async fn find(
    connection: &mut PgConnection,
    sha256: &PictureHash,
) -> Result<Option<Document>, StoreError> {
    let found = sqlx::query_as!(
        Document,
        "select media_type, content from document where sha256 = $1",
        &sha256.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

/// A picture of what was done on a plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordPicture {
    /// Of which record.
    pub record_id: Uuid,
    /// Its file.
    pub sha256: PictureHash,
    /// Size as it arrived.
    pub bytes: i32,
    /// When it arrived.
    pub uploaded_at: OffsetDateTime,
}

/// Puts a picture beside a production record; the same again changes nothing.
pub async fn insert_record_picture(
    connection: &mut PgConnection,
    picture: &RecordPicture,
    account_id: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into farm_record_picture (record_id, sha256, bytes, uploaded_at, account_id)
         values ($1, $2, $3, $4, $5) on conflict do nothing",
        picture.record_id,
        &picture.sha256.0,
        picture.bytes,
        picture.uploaded_at,
        account_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The pictures of these production records, oldest first.
pub async fn list_record_pictures(
    connection: &mut PgConnection,
    records: &[Uuid],
) -> Result<Vec<RecordPicture>, StoreError> {
    let rows = sqlx::query!(
        "select record_id, sha256, bytes, uploaded_at from farm_record_picture
         where record_id = any ($1) order by record_id, uploaded_at, sha256",
        records
    )
    .fetch_all(connection)
    .await?;
    let picture = |row: (Uuid, Vec<u8>, i32, OffsetDateTime)| {
        Ok(RecordPicture {
            record_id: row.0,
            sha256: row.1.as_slice().try_into()?,
            bytes: row.2,
            uploaded_at: row.3,
        })
    };
    rows.into_iter()
        .map(|row| picture((row.record_id, row.sha256, row.bytes, row.uploaded_at)))
        .collect()
}

//! Pictures of what was done on a plot, beside its production record. They show people and places:
//! desks see them, without their metadata, and nobody else does.

use store::account::Account;
use store::document::{self, PICTURES_MAX, RecordPicture};
use store::picture::PictureHash;
use store::{AnyConnection, StoreError, farm_record};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::farm::own_record;
use crate::picture::clean;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::attachment;
use crate::state::AppState;

/// Puts a picture beside a record; the same one again changes nothing.
pub(crate) async fn attach(
    state: &AppState,
    account: &Account,
    record_id: Uuid,
    jpeg: axum::body::Bytes,
) -> Answer<RecordPicture> {
    let turn = state.shrinking().acquire().await;
    let turn = turn.map_err(Problem::internal)?;
    let checked = jpeg.clone();
    let checked = spawn_blocking(move || attachment::jpeg(&checked)).await;
    drop(turn);
    checked.map_err(Problem::internal)??;
    let (sha256, now) = (PictureHash::of(&jpeg), state.now());
    let mut transaction = super::begin(state, account).await?;
    farm_record::lock(&mut transaction, record_id).await?;
    own_record(&mut transaction, account, record_id).await?;
    let kept = document::list_record_pictures(&mut transaction, &[record_id]).await?;
    if let Some(known) = kept.iter().find(|picture| picture.sha256 == sha256) {
        return Ok(*known);
    }
    if i64::try_from(kept.len()).is_ok_and(|count| count >= PICTURES_MAX) {
        let en = format!("a record has at most {PICTURES_MAX} pictures");
        let zh = format!("每条记录最多 {PICTURES_MAX} 张照片");
        return Err(Problem::told(Kind::RuleBroken, en, zh));
    }
    let file = ("image/jpeg", jpeg.as_ref());
    document::insert(&mut transaction, &sha256, file, now).await?;
    let picture = RecordPicture {
        record_id,
        sha256,
        bytes: i32::try_from(jpeg.len()).unwrap_or(i32::MAX),
        uploaded_at: now,
    };
    document::insert_record_picture(&mut transaction, &picture, account.id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(picture)
}

/// A picture of a record without its metadata, for whom the record is.
pub(crate) async fn read(
    connection: &mut AnyConnection,
    account: &Account,
    (record_id, sha256): (Uuid, &str),
) -> Answer<Vec<u8>> {
    let nothing = || Problem::told(Kind::NotFound, "there is no such picture", "没有这张照片");
    let sha256: PictureHash = sha256.parse().map_err(|_| nothing())?;
    own_record(connection, account, record_id)
        .await
        .map_err(|_| nothing())?;
    let kept = document::list_record_pictures(connection, &[record_id]).await?;
    if kept.iter().all(|picture| picture.sha256 != sha256) {
        return Err(nothing());
    }
    let file = document::find(connection, &sha256).await?;
    let cleaned = file.and_then(|file| clean(&file.content));
    cleaned.ok_or_else(|| Problem::internal(Spoilt(sha256)))
}

#[derive(Debug, thiserror::Error)]
#[error("the file of the picture {0} is no whole JPEG any more")]
struct Spoilt(PictureHash);

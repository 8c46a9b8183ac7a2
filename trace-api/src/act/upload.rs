//! Uploading a file of a producer: looked at whole, kept under the hash of its bytes, once however
//! often it is sent.

use axum::body::Bytes;
use store::account::Account;
use store::attachment::{self, Attachment};
use store::picture::PictureHash;
use store::{AnyConnection, Transaction};
use tokio::task::spawn_blocking;

use crate::problem::{Answer, Kind, Problem};
use crate::rule::filing::Attached;
use crate::rule::upload::{Media, Refused, look};
use crate::state::AppState;

/// Most files of one producer.
pub(crate) const FILES_MAX: i64 = 2_000;

/// Keeps a file of a producer.
pub(crate) async fn keep(
    state: &AppState,
    account: &Account,
    producer_id: i64,
    body: Bytes,
) -> Answer<Attachment> {
    let mut connection = state.store().acquire().await?;
    super::filing::see_producer(&mut connection, account, producer_id).await?;
    if attachment::count(&mut connection, producer_id).await? >= FILES_MAX {
        let en = format!("a producer has at most {FILES_MAX} files");
        return Err(Problem::told(Kind::Conflict, en, "该主体的文件已达上限"));
    }
    drop(connection);
    // Decoding takes memory and time: few at once, and not where requests are answered.
    let turn = state
        .shrinking()
        .acquire()
        .await
        .map_err(Problem::internal)?;
    let looked = body.clone();
    let media = spawn_blocking(move || look(&looked))
        .await
        .map_err(Problem::internal)?;
    drop(turn);
    let media = media.map_err(refuse)?;
    let new = Attachment {
        producer_id,
        sha256: PictureHash::of(&body),
        media_type: media.code().to_owned(),
        bytes: i32::try_from(body.len()).unwrap_or(i32::MAX),
        at: state.now(),
    };
    let kept = state.album().keep_file(&new, body, account.id).await;
    kept.map_err(Problem::internal)?;
    Ok(new)
}

fn refuse(why: Refused) -> Problem {
    let kind = match why {
        Refused::TooLarge => Kind::TooLarge,
        Refused::Unknown => Kind::UnsupportedMediaType,
        Refused::Broken | Refused::TooManyPixels | Refused::Active => Kind::Invalid,
    };
    Problem::told(kind, why.to_string(), why.zh())
}

/// Refuses pictures of a filing that this producer has not uploaded as pictures.
pub(crate) async fn check_pictures(
    connection: &mut AnyConnection,
    producer_id: Option<i64>,
    pictures: &[Attached],
) -> Answer<()> {
    for picture in pictures {
        let hash: Option<PictureHash> = picture.sha256.parse().ok();
        let found = match (producer_id, hash) {
            (Some(id), Some(hash)) => attachment::find(connection, &hash, Some(id)).await?,
            _ => None,
        };
        let media = found.and_then(|file| Media::from_code(&file.media_type));
        if !matches!(media, Some(Media::Jpeg | Media::Png)) {
            let en = "upload the picture to the producer first; it is a JPEG or PNG";
            return Err(Problem::invalid(
                "pictures",
                en,
                "请先上传该主体的图片（JPEG 或 PNG）",
            ));
        }
    }
    Ok(())
}

/// The scan of a credential, if this producer has uploaded it.
pub(super) async fn find_scan(
    transaction: &mut Transaction,
    producer_id: i64,
    scan: Option<&str>,
) -> Answer<Option<PictureHash>> {
    let Some(scan) = scan else { return Ok(None) };
    let refuse = || {
        let en = "upload the scan to the producer first";
        Problem::invalid("scan", en, "请先上传扫描件")
    };
    let hash: PictureHash = scan.parse().map_err(|_| refuse())?;
    let found = attachment::find(transaction, &hash, Some(producer_id)).await?;
    found.map(|file| Some(file.sha256)).ok_or_else(refuse)
}

/// A hash as the API writes it.
pub(crate) fn hex(hash: &[u8]) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

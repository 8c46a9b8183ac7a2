//! `/pictures/{sha256}.jpg` and `/pictures/{sha256}-480.jpg`: a picture without its metadata,
//! whole or small. Everybody gets those of a lot on sale; a desk gets what it may see; anybody
//! else gets what a hash that was never there gets.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use store::picture::{self, PictureHash};
use tokio::task::spawn_blocking;

use crate::authority::Action;
use crate::caller::Visitor;
use crate::extract::Named;
use crate::picture::{clean, shrink};
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// Width of the small rendition, pixels: a phone's strip shows half of it at twice the density.
pub(crate) const SMALL_PIXELS: u32 = 480;

/// What everybody may see never changes under its address.
const PUBLIC: &str = "public, max-age=31536000, immutable";
/// What a desk sees stays in its own browser, not for long: the right to see it may end.
const PRIVATE: &str = "private, max-age=300";

/// Address of a picture without metadata.
pub(crate) fn whole_href(sha256: &PictureHash) -> String {
    format!("/pictures/{sha256}.jpg")
}

/// Address of its small rendition.
pub(crate) fn small_href(sha256: &PictureHash) -> String {
    format!("/pictures/{sha256}-{SMALL_PIXELS}.jpg")
}

/// What a file's name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    sha256: PictureHash,
    small: bool,
}

impl Wanted {
    fn parse(file: &str) -> Option<Self> {
        let stem = file.strip_suffix(".jpg")?;
        let (hash, rendition) = stem.split_at_checked(64)?;
        let small = match rendition {
            "" => false,
            "-480" => true,
            _ => return None,
        };
        let sha256 = hash.parse().ok()?;
        Some(Self { sha256, small })
    }
}

/// Sends a picture.
pub(super) async fn show(
    State(state): State<AppState>,
    Visitor(caller): Visitor,
    headers: HeaderMap,
    Named(file): Named<String>,
) -> Answer<Response> {
    let nothing = || Problem::told(Kind::NotFound, "there is no such picture", "没有这张照片");
    let wanted = Wanted::parse(&file).ok_or_else(nothing)?;
    let mut connection = state.store().acquire().await?;
    let cache = if picture::is_public(&mut connection, &wanted.sha256).await? {
        PUBLIC
    } else {
        let role = caller.as_ref().map(|caller| caller.account.role);
        let desk = caller.filter(|_| Action::ReadPictures.is_allowed(role));
        let producer = desk.ok_or_else(nothing)?.scope().producer();
        if !picture::is_seen_by(&mut connection, &wanted.sha256, producer).await? {
            return Err(nothing());
        }
        PRIVATE
    };
    drop(connection);
    // The name is the hash of what was taken: under one name there is one picture.
    let tag = format!("\"{}\"", file.trim_end_matches(".jpg"));
    let kept = [
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        (
            header::ETAG,
            HeaderValue::from_str(&tag).map_err(Problem::internal)?,
        ),
    ];
    if is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    let jpeg = if wanted.small {
        small(&state, wanted.sha256).await?
    } else {
        whole(&state, wanted.sha256).await?
    };
    let jpeg = jpeg.ok_or_else(nothing)?;
    let media_type = [(header::CONTENT_TYPE, "image/jpeg")];
    Ok((kept, media_type, jpeg).into_response())
}

/// A picture that everybody may see, by the name of its file; `None` for any other.
pub(crate) async fn read_public(state: &AppState, file: &str) -> Answer<Option<Bytes>> {
    let Some(wanted) = Wanted::parse(file) else {
        return Ok(None);
    };
    let mut connection = state.store().acquire().await?;
    let is_public = picture::is_public(&mut connection, &wanted.sha256).await?;
    drop(connection);
    match (is_public, wanted.small) {
        (false, _) => Ok(None),
        (true, true) => small(state, wanted.sha256).await,
        (true, false) => whole(state, wanted.sha256).await,
    }
}

/// Whether the browser has it already.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|known| known.trim().trim_start_matches("W/"));
    tags.any(|known| known == tag || known == "*")
}

async fn whole(state: &AppState, sha256: PictureHash) -> Answer<Option<Bytes>> {
    let read = state
        .album()
        .read(&sha256)
        .await
        .map_err(Problem::internal)?;
    let Some(jpeg) = read else { return Ok(None) };
    let cleaned = clean(&jpeg).ok_or_else(|| Problem::internal(Spoilt(sha256)))?;
    Ok(Some(cleaned.into()))
}

/// The small rendition, made once and kept.
async fn small(state: &AppState, sha256: PictureHash) -> Answer<Option<Bytes>> {
    let album = state.album();
    let made = album.read_small(&sha256, SMALL_PIXELS).await;
    if let Some(made) = made.map_err(Problem::internal)? {
        return Ok(Some(made));
    }
    let read = album.read(&sha256).await.map_err(Problem::internal)?;
    let Some(jpeg) = read else { return Ok(None) };
    let turn = state
        .shrinking()
        .acquire()
        .await
        .map_err(Problem::internal)?;
    let made = spawn_blocking(move || shrink(&jpeg, SMALL_PIXELS as usize)).await;
    drop(turn);
    let made = made
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?;
    let made = Bytes::from(made);
    // It can be made again; a full disk is no reason not to show it.
    if let Err(error) = album.write_small(&sha256, SMALL_PIXELS, made.clone()).await {
        tracing::warn!(%sha256, %error, "a small picture was not kept");
    }
    Ok(Some(made))
}

#[derive(Debug, thiserror::Error)]
#[error("the file of the picture {0} is no whole JPEG any more")]
struct Spoilt(PictureHash);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_says_which_picture_and_how_large() {
        let sha256 = PictureHash::of(b"a picture");
        let name = |href: String| href.trim_start_matches("/pictures/").to_owned();
        let parse = |file: &str| Wanted::parse(file);
        assert_eq!(
            parse(&name(whole_href(&sha256))),
            Some(Wanted {
                sha256,
                small: false
            })
        );
        assert_eq!(
            parse(&name(small_href(&sha256))),
            Some(Wanted {
                sha256,
                small: true
            })
        );
        let bad = [
            format!("{sha256}"),
            format!("{sha256}.png"),
            format!("{sha256}-481.jpg"),
            format!("{sha256}-.jpg"),
            "枣.jpg".repeat(30),
            ".jpg".to_owned(),
        ];
        for file in bad {
            assert_eq!(parse(&file), None, "{file}");
        }
    }
}

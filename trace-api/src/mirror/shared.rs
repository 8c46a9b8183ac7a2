//! Files outside the folders of lots: pictures and style. The content under a path never changes,
//! so a mirror has each once.

use bytes::Bytes;

use crate::page::asset;
use crate::problem::Answer;
use crate::state::AppState;
use crate::web::pictures;

/// Bytes and media type of a file that a page needs, by its path from the mirror's root; `None`
/// where everybody may not have it, or nobody has.
pub(super) async fn read(state: &AppState, path: &str) -> Answer<Option<(Bytes, &'static str)>> {
    if let Some(name) = path.strip_prefix("assets/") {
        return Ok(asset::find(name).map(|asset| {
            let bytes = Bytes::from(asset.bytes.into_owned());
            (bytes, asset.content_type)
        }));
    }
    let Some(file) = path.strip_prefix("pictures/") else {
        return Ok(None);
    };
    let read = pictures::read_public(state, file).await?;
    Ok(read.map(|bytes| (bytes, "image/jpeg")))
}

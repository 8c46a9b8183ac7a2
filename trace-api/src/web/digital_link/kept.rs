//! The short way to an item's page. Many people scan items of few lots, and what differs between
//! two items of a lot is a serial and a sentence: the page of the lot is drawn once, kept, and
//! filled in. The database says in one query whether the item is in use and whether the record of
//! its lot has changed, so a recall, a test or a corrected name is seen at once; what is not in the
//! stamp (readings, pictures, the lots that it was made of) may be a minute old.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::Method;
use axum::response::Response;
use lru::LruCache;
use model::gs1::{DigitalLink, Serial};
use model::lot::LotState;
use store::{item, lot};
use time::{Duration, OffsetDateTime};

use super::negotiate::Form;
use super::{Request, scan, view};
use crate::page::Lang;
use crate::page::trace::{KeptPage, page};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Most pages that are kept, a few dozen kilobytes each.
const PAGES_MAX: NonZeroUsize = NonZeroUsize::new(1024).unwrap();
/// How long a page is kept: readings go on, and “3 小时前” becomes untrue.
const FRESH: Duration = Duration::MINUTE;

/// Whose page: lot, language, large type.
type Key = (i64, Lang, bool);

/// The pages that are kept.
pub(crate) struct Pages(Mutex<LruCache<Key, Arc<Kept>>>);

/// A page and what it was drawn from.
struct Kept {
    page: KeptPage,
    stamp: String,
    drawn: OffsetDateTime,
}

impl Default for Pages {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(PAGES_MAX)))
    }
}

impl Pages {
    fn find(&self, key: Key, stamp: &str, now: OffsetDateTime) -> Option<Arc<Kept>> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = pages.get(&key)?;
        let is_fresh = (Duration::ZERO..FRESH).contains(&(now - kept.drawn));
        (is_fresh && kept.stamp == stamp).then(|| Arc::clone(kept))
    }

    fn keep(&self, key: Key, kept: Kept) -> Arc<Kept> {
        let kept = Arc::new(kept);
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.put(key, Arc::clone(&kept));
        kept
    }
}

/// What the short way is for: somebody's plain look at an item, by the link on its label.
struct Look<'a> {
    /// The address up to the serial.
    stem: &'a str,
    lot: &'a str,
    serial: Serial,
}

fn look<'a>(request: &'a Request, link: &'a DigitalLink) -> Option<Look<'a>> {
    let site = &request.here.site;
    let is_plain = request.form == Form::Page
        && request.method == Method::GET
        && !request.ahead
        && site.signed_in.is_none()
        && site.flash.is_none();
    let serial = link.serial.filter(|_| is_plain)?;
    // With anything behind it, such as a shop's own parameter, the page links to itself otherwise.
    let stem = site.here.strip_suffix(serial.as_str())?;
    let lot = link.lot.as_ref()?.as_str();
    Some(Look { stem, lot, serial })
}

/// The page of an item by the short way, counted; `None` where only the long way leads there.
pub(super) async fn answer(
    state: &AppState,
    request: &Request,
    link: &DigitalLink,
) -> Answer<Option<Response>> {
    let Some(look) = look(request, link) else {
        return Ok(None);
    };
    let (here, serial) = (&request.here, look.serial);
    let named = (link.gtin.as_str(), look.lot, serial.as_str());
    let mut connection = state.store().acquire().await?;
    let found = item::find_stamped(&mut connection, named).await?;
    drop(connection);
    let Some(found) = found else {
        return Ok(None);
    };
    let key = (found.lot_id, here.site.lang, here.site.large);
    let kept = match state.pages().find(key, &found.stamp, state.now()) {
        Some(kept) => Some(kept),
        None => draw(state, request, &look, key, found.stamp).await?,
    };
    let Some(kept) = kept else {
        return Ok(None);
    };
    let Some(record) = scan::count(state, serial, request.place.as_deref()).await? else {
        return Ok(None);
    };
    let query = view::query(&record);
    if query.signs.is_empty() {
        let page = kept.page.fill(&here.site, serial.as_str(), &query);
        return here.answer(page).map(Some);
    }
    let mut connection = state.store().acquire().await?;
    let lot = lot::find(&mut connection, found.lot_id).await?;
    drop(connection);
    let Some(lot) = lot else { return Ok(None) };
    let view = view::gather(state, lot, Some(serial), Some(record)).await?;
    here.answer(page(&here.site, &view)).map(Some)
}

/// Draws the page of a lot and keeps it. Its stamp is older than what is drawn, never newer.
async fn draw(
    state: &AppState,
    request: &Request,
    look: &Look<'_>,
    key: Key,
    stamp: String,
) -> Answer<Option<Arc<Kept>>> {
    let mut connection = state.store().acquire().await?;
    let lot = lot::find(&mut connection, key.0).await?;
    drop(connection);
    // A recalled lot's page is never kept: nothing is gathered for it here.
    let Some(lot) = lot.filter(|lot| lot.state != LotState::Recalled) else {
        return Ok(None);
    };
    let drawn = state.now();
    let view = view::gather(state, lot, None, None).await?;
    let page = KeptPage::draw(&request.here.site, view, look.stem);
    let page = page.map_err(Problem::internal)?;
    Ok(page.map(|page| state.pages().keep(key, Kept { page, stamp, drawn })))
}

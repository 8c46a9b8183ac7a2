//! Counting who looks at an item, without looking at who it is: a number, a day, and a township
//! where somebody in between names one. Addresses, browsers and cookies are not read here.

use axum::http::HeaderMap;
use model::gs1::Serial;
use percent_encoding::percent_decode_str;
use store::message::{self, NewMessage};
use store::scan::{self, Query, Record};
use store::{StoreError, label};

use crate::problem::Answer;
use crate::rule::copy::{Counted, signs};
use crate::rule::plausible::today;
use crate::state::AppState;

/// The header in which a proxy or a kiosk names the township, percent-encoded.
const PLACE_HEADER: &str = "x-suyuan-place";
/// Most bytes of a place.
const PLACE_BYTES_MAX: usize = 120;
/// Headers by which browsers say that nobody has asked for the page yet.
const AHEAD_HEADERS: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Whether a browser fetches ahead of what a person may open.
pub(super) fn is_ahead(headers: &HeaderMap) -> bool {
    AHEAD_HEADERS.iter().any(|name| {
        let said = headers.get(*name).and_then(|value| value.to_str().ok());
        said.is_some_and(|said| {
            let said = said.to_ascii_lowercase();
            said.contains("prefetch") || said.contains("prerender") || said.contains("preview")
        })
    })
}

/// The place that a request names.
pub(super) fn place(headers: &HeaderMap) -> Option<String> {
    let said = headers.get(PLACE_HEADER)?.to_str().ok()?;
    decode(said)
}

fn decode(said: &str) -> Option<String> {
    if said.len() > PLACE_BYTES_MAX {
        return None;
    }
    let place = percent_decode_str(said).decode_utf8().ok()?;
    Some(place.trim().to_owned()).filter(|place| !place.is_empty() && !place.contains('\0'))
}

/// Counts a look at an item. When the queries become uncommon for the first time, supervisors are
/// told.
pub(super) async fn count(
    state: &AppState,
    serial: Serial,
    place: Option<&str>,
) -> Answer<Option<Record>> {
    let now = state.now();
    let mut connection = state.store().acquire().await?;
    let known = match place {
        Some(place) if scan::is_place(&mut connection, place).await? => place,
        _ => "",
    };
    let query = Query {
        serial: serial.as_str(),
        day: today(now),
        place: known,
        at: now,
    };
    let record = scan::count(&mut connection, &query).await?;
    drop(connection);
    if let Some(record) = record
        && !record.suspected
        && !signs(Counted::from(&record)).is_empty()
    {
        tell(state, serial, &record).await?;
    }
    Ok(record)
}

/// Notes the suspicion and writes the message, once however many ask at the same time.
async fn tell(state: &AppState, serial: Serial, record: &Record) -> Answer<()> {
    let now = state.now();
    let mut transaction = state.store().begin().await?;
    if !scan::suspect(&mut transaction, serial.as_str(), now).await? {
        return Ok(());
    }
    let label = label::find(&mut transaction, serial.as_str()).await?;
    let (lot_id, lot) = label.map_or((None, None), |label| (label.lot_id, label.lot));
    let lot = lot.unwrap_or_default();
    let (count, days, places) = (record.count, record.days, record.places);
    let zh = format!(
        "标签 {serial}（批次 {lot}）已被查询 {count} 次，分布在 {days} 天、{places} 个地点，\
         多于一件商品通常的查询：可能被复制，请核查。"
    );
    let en = format!(
        "The code {serial} (lot {lot}) was asked for {count} times on {days} days in {places} \
         places, more than one item usually is: its label may have been copied."
    );
    let told = NewMessage {
        to_role: "supervisor",
        kind: "copy_suspected",
        lot_id,
        text_zh: &zh,
        text_en: &en,
    };
    message::insert(&mut transaction, &told, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_browser_that_fetches_ahead_is_no_reader() {
        for (name, value) in [
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "prefetch"),
            ("x-moz", "prefetch"),
            ("x-purpose", "preview"),
        ] {
            let headers = HeaderMap::from_iter([(
                axum::http::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]);
            assert!(is_ahead(&headers), "{name}: {value}");
        }
        assert!(!is_ahead(&HeaderMap::new()));
    }

    #[test]
    fn a_place_is_percent_encoded_and_short() {
        assert_eq!(
            decode("%E6%AF%9B%E5%9D%9D%E4%B9%A1").as_deref(),
            Some("毛坝乡")
        );
        for wrong in ["", "%20", "%FF", "%00", &"x".repeat(121)] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}

//! `/kiosk`: 查询一体机. The shell, the answers its script fetches, and what its worker keeps for
//! when the network is away. An item's answer counts as a scan, as its page would.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use model::gs1::DigitalLink;
use serde::{Deserialize, Serialize};
use store::catalogue::{self, RECENT_MAX};
use time::Duration;

use super::{Here, digital_link, find, near};
use crate::extract::Asked;
use crate::page::kiosk::{Answer as Shown, answer, page};
use crate::page::trace::NoTrace;
use crate::page::{Lang, Page, Site, asset};
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// What the shell is made of besides itself.
const SHELL_ASSETS: [&str; 6] = [
    "suyuan.css",
    "kiosk.css",
    "kiosk-keys.js",
    "kiosk.js",
    "camera.js",
    "mark.svg",
];

/// How old what is kept for the worker may be: many kiosks cost one look at a hundred lots.
const FRESH: Duration = Duration::minutes(2);

/// Shows the shell.
pub(super) async fn show(here: Here) -> Answer<Response> {
    let drawn = page(&here.site);
    here.with_camera(drawn)
}

/// What was scanned or typed.
#[derive(Debug, Deserialize)]
pub(super) struct Scan {
    #[serde(default)]
    code: String,
    /// Where the kiosk stands: a township, or a hub or station by name.
    place: Option<String>,
}

/// Answers a scan with a fragment.
pub(super) async fn respond(
    State(state): State<AppState>,
    here: Here,
    Asked(scan): Asked<Scan>,
) -> Answer<Response> {
    let typed: String = scan.code.trim().chars().take(100).collect();
    let Some(link) = find::resolve(&state, scan.code.trim()).await? else {
        let near = near::find(&state, &typed).await?;
        let lost = NoTrace::Malformed { typed, near };
        let drawn = answer(&here.site, &Shown::Lost(&lost));
        return fragment(StatusCode::BAD_REQUEST, drawn);
    };
    look_up(&state, &here, &link, (typed, scan.place)).await
}

async fn look_up(
    state: &AppState,
    here: &Here,
    link: &DigitalLink,
    (typed, place): (String, Option<String>),
) -> Answer<Response> {
    let lost = match digital_link::trace(state, link, (&typed, place.as_deref())).await? {
        Ok(Some(view)) => {
            return fragment(StatusCode::OK, answer(&here.site, &Shown::Trace(&view)));
        }
        Ok(None) => {
            let product = super::catalogue::product(state, link.gtin.as_str()).await?;
            if let Some(view) = product {
                return fragment(StatusCode::OK, answer(&here.site, &Shown::Product(&view)));
            }
            let near = near::find(state, &link.to_string()).await?;
            NoTrace::Unknown { typed, near }
        }
        Err(lost) => lost,
    };
    let drawn = answer(&here.site, &Shown::Lost(&lost));
    fragment(StatusCode::NOT_FOUND, drawn)
}

fn fragment(status: StatusCode, drawn: Page) -> Answer<Response> {
    let html = drawn.map_err(Problem::internal)?;
    Ok((status, Html(html)).into_response())
}

/// What the worker keeps.
#[derive(Debug, Serialize)]
struct Bundle {
    /// What the shell is made of.
    shell: Vec<String>,
    /// Codes of lots, each with its answer.
    answers: Vec<(String, String)>,
}

/// Tells the worker what to keep, in one answer: the shell, and the newest lots on sale or recalled
/// with what would be answered for them.
pub(super) async fn recent(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let site = Site {
        lang: Lang::Zh,
        large: false,
        signed_in: None,
        ..here.site
    };
    let make = async || bundle(&state, &site).await;
    let bundle = state.kiosk().get(state.now(), FRESH, make).await?;
    let kind = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, kind)], bundle).into_response())
}

async fn bundle(state: &AppState, site: &Site) -> Answer<Bytes> {
    let mut connection = state.store().acquire().await?;
    let lots = catalogue::list_on_sale(&mut connection, None, RECENT_MAX).await?;
    drop(connection);
    let mut shell = vec!["/kiosk?lang=zh".to_owned(), "/kiosk?lang=en".to_owned()];
    shell.extend(SHELL_ASSETS.map(asset::href));
    let mut answers = Vec::with_capacity(lots.len());
    for lot in lots {
        let code = format!("/01/{}/10/{}", lot.gtin, lot.code);
        let Ok(link) = DigitalLink::parse(&code) else {
            continue;
        };
        if let Ok(Some(view)) = digital_link::trace(state, &link, ("", None)).await? {
            let html = answer(site, &Shown::Trace(&view)).map_err(Problem::internal)?;
            answers.push((code, html));
        }
    }
    let bytes = serde_json::to_vec(&Bundle { shell, answers }).map_err(Problem::internal)?;
    Ok(bytes.into())
}

/// The worker; it may serve the kiosk only.
pub(super) async fn worker() -> Answer<Response> {
    super::worker("kiosk-worker.js", "/kiosk")
}

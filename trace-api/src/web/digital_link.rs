//! `/01/…`: what a scanned code leads to. A person's browser gets the trace page, a program the
//! trace as EPCIS JSON-LD or the linkset (GS1-Conformant Resolver 1.0, RFC 9264).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::options;
use model::gs1::{DigitalLink, Gtin, LotCode, Serial};
use store::label;
use store::label_ledger;
use store::lot::{self, Lot};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::negotiate::Form;
use super::Here;
use crate::page::trace::{NoTrace, TraceView, lost, page};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::site::parameter;
use crate::state::{AppState, timestamp};

pub(super) mod around;
mod epcis;
mod linkset;
mod negotiate;
mod pictures;
mod timeline;
pub(super) mod view;

/// The routes of a product, a lot and an item.
pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(product))
        .routes(routes!(of_lot))
        .routes(routes!(of_item))
        .route("/01/{gtin}", options(preflight))
        .route("/01/{gtin}/10/{lot}", options(preflight))
        .route("/01/{gtin}/10/{lot}/21/{serial}", options(preflight))
}

/// What was asked for, and how.
#[derive(Debug)]
pub(crate) struct Request {
    here: Here,
    method: Method,
    uri: Uri,
    form: Form,
}

impl axum::extract::FromRequestParts<AppState> for Request {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        state: &AppState,
    ) -> Answer<Self> {
        let here = Here::from_request_parts(parts, state).await?;
        let link_type = parameter(&parts.uri, "linkType");
        let form = Form::choose(&parts.headers, link_type)?;
        Ok(Self {
            here,
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            form,
        })
    }
}

/// Answers for a product.
#[utoipa::path(
    get, path = "/01/{gtin}", tag = "trace",
    params(("gtin" = String, Path, description = "GTIN of 14 digits"),
        ("linkType" = Option<String>, Query, description = "`linkset` or `all`")),
    responses((status = 200, content((String = "application/linkset+json"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn product(State(state): State<AppState>, request: Request) -> Answer<Response> {
    answer(&state, request).await.map(with_cors)
}

/// Answers for a lot.
#[utoipa::path(
    get, path = "/01/{gtin}/10/{lot}", tag = "trace",
    params(("gtin" = String, Path, description = "GTIN of 14 digits"),
        ("lot" = String, Path, description = "Code of the lot"),
        ("linkType" = Option<String>, Query, description = "`linkset` or `all`")),
    responses((status = 200, content((String = "text/html"), (String = "application/ld+json"),
        (String = "application/linkset+json"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn of_lot(State(state): State<AppState>, request: Request) -> Answer<Response> {
    answer(&state, request).await.map(with_cors)
}

/// Answers for an item. Opening its page is counted.
#[utoipa::path(
    get, path = "/01/{gtin}/10/{lot}/21/{serial}", tag = "trace",
    params(("gtin" = String, Path, description = "GTIN of 14 digits"),
        ("lot" = String, Path, description = "Code of the lot"),
        ("serial" = String, Path, description = "Serial of the item"),
        ("linkType" = Option<String>, Query, description = "`linkset` or `all`")),
    responses((status = 200, content((String = "text/html"), (String = "application/ld+json"),
        (String = "application/linkset+json"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn of_item(State(state): State<AppState>, request: Request) -> Answer<Response> {
    answer(&state, request).await.map(with_cors)
}

/// What a browser asks before a program on another site may read.
async fn preflight() -> Response {
    let mut response = with_cors(axum::http::StatusCode::NO_CONTENT.into_response());
    let headers = response.headers_mut();
    headers.insert(
        header::ALLOW,
        HeaderValue::from_static("GET, HEAD, OPTIONS"),
    );
    let methods = HeaderValue::from_static("GET, HEAD, OPTIONS");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let accepted = HeaderValue::from_static("accept, accept-language");
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, accepted);
    response
}

/// Traces are public: a program on any site may read them, without anybody's cookie.
fn with_cors(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("link"),
    );
    response
}

async fn answer(state: &AppState, request: Request) -> Answer<Response> {
    let path = request.uri.path().to_owned();
    let Ok(link) = DigitalLink::parse(&path) else {
        let near = super::near::find(state, &path).await?;
        let malformed = NoTrace::Malformed { typed: path, near };
        return refuse(&request, Kind::Malformed, &malformed);
    };
    let mut unknown = NoTrace::Unknown {
        typed: path.clone(),
        near: Vec::new(),
    };
    let Some(found) = find(state, &link).await? else {
        if let NoTrace::Unknown { near, .. } = &mut unknown {
            *near = super::near::find(state, &path).await?;
        }
        return refuse(&request, Kind::NotFound, &unknown);
    };
    if let Some(void) = void(state, &link, path).await? {
        return refuse(&request, Kind::NotFound, &void);
    }
    let mut response = match (&request.form, found.lot) {
        (Form::Linkset, lot) => linkset::answer(state, &link, &found.name, lot.as_ref()).await?,
        (Form::JsonLd, Some(lot)) => epcis::answer(state, &lot).await?,
        (Form::JsonLd, None) => return refuse(&request, Kind::NotFound, &unknown),
        (Form::Page, Some(lot)) => page_of(state, &request, lot, link.serial).await?,
        (Form::Page, None) => {
            let Some(view) = super::catalogue::product(state, link.gtin.as_str()).await? else {
                return refuse(&request, Kind::NotFound, &unknown);
            };
            let here = &request.here;
            here.answer(crate::page::catalogue::product(&here.site, &view))?
        }
    };
    let all = format!(
        "<{link}?linkType=linkset>; rel=\"linkset\"; \
                       type=\"application/linkset+json\""
    );
    if let Ok(value) = HeaderValue::from_str(&all) {
        response.headers_mut().insert(header::LINK, value);
    }
    Ok(response)
}

/// What to tell about a label whose code is not valid any more.
pub(super) async fn void(
    state: &AppState,
    link: &DigitalLink,
    typed: String,
) -> Answer<Option<NoTrace>> {
    let Some(serial) = link.serial else {
        return Ok(None);
    };
    let mut connection = state.store().acquire().await?;
    let told = label_ledger::find_void(&mut connection, serial.as_str()).await?;
    Ok(told.map(|told| NoTrace::Void {
        typed,
        since: timestamp(told.at),
    }))
}

/// What a link leads to.
struct Found {
    /// Name of the product.
    name: String,
    /// The lot, where the link names one.
    lot: Option<Lot>,
}

/// Looks a link up: the lot has to exist, and the serial has to be of that lot.
async fn find(state: &AppState, link: &DigitalLink) -> Answer<Option<Found>> {
    let mut connection = state.store().acquire().await?;
    let gtin: Gtin = link.gtin;
    let Some(code): Option<LotCode> = link.lot else {
        let product = store::product::find_by_gtin(&mut connection, gtin.as_str()).await?;
        // A serial without its lot was never printed here; what was never approved is not public.
        let named =
            product.filter(|row| link.serial.is_none() && row.standing.standing_version.is_some());
        return Ok(named.map(|product| Found {
            name: product.name,
            lot: None,
        }));
    };
    let lot = lot::find_by_code(&mut connection, gtin.as_str(), code.as_str()).await?;
    let Some(lot) = lot else { return Ok(None) };
    if let Some(serial) = link.serial {
        let label = label::find(&mut connection, serial.as_str()).await?;
        if label.is_none_or(|label| label.lot_id != lot.id) {
            return Ok(None);
        }
    }
    Ok(Some(Found {
        name: lot.product.clone(),
        lot: Some(lot),
    }))
}

/// The trace page. Looking at it is counted for an item, asking for its head is not.
async fn page_of(
    state: &AppState,
    request: &Request,
    lot: Lot,
    serial: Option<Serial>,
) -> Answer<Response> {
    let view = seen(state, lot, serial, request.method == Method::GET).await?;
    request.here.answer(page(&request.here.site, &view))
}

/// What a link's page shows, counted as a scan; `None` where it leads to no lot.
pub(super) async fn trace(state: &AppState, link: &DigitalLink) -> Answer<Option<TraceView>> {
    match find(state, link).await?.and_then(|found| found.lot) {
        Some(lot) => Ok(Some(seen(state, lot, link.serial, true).await?)),
        None => Ok(None),
    }
}

/// A lot, or an item of it, as the public sees it.
async fn seen(
    state: &AppState,
    lot: Lot,
    serial: Option<Serial>,
    counts: bool,
) -> Answer<TraceView> {
    let mut scan = None;
    if let Some(serial) = serial.filter(|_| counts) {
        let mut connection = state.store().acquire().await?;
        scan = label::count_scan(&mut connection, serial.as_str(), state.now()).await?;
    }
    view::gather(state, lot, serial, scan).await
}

/// A code that leads nowhere: a helpful page for a person, a problem for a program.
fn refuse(request: &Request, kind: Kind, why: &NoTrace) -> Answer<Response> {
    let (en, zh) = match why {
        NoTrace::Malformed { .. } => (
            "this is no GS1 Digital Link of ours",
            "这不是本平台的溯源链接",
        ),
        NoTrace::Void { .. } => (
            "this code was voided and is not valid any more",
            "此码已作废",
        ),
        NoTrace::Unknown { .. } => ("this code was never issued here", "本平台没有发出过此码"),
    };
    let problem = Problem::told(kind, en, zh);
    if request.form == Form::Page {
        return request.here.refuse(&problem, lost(&request.here.site, why));
    }
    Err(problem)
}

/// The language-independent address of a trace, below our stem.
fn address(state: &AppState, link: &DigitalLink) -> String {
    link.with_stem(state.public_url()).to_string()
}

/// Whether a header is there at all: programs that say nothing get what a person gets.
fn accept(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
}

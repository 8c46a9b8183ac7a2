//! `/01/…`: what a scanned code leads to. A person's browser gets the trace page, a program the
//! trace as EPCIS JSON-LD or the linkset (GS1-Conformant Resolver 1.0, RFC 9264).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::options;
use model::gs1::{DigitalLink, Serial};
use store::lot::Lot;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::negotiate::Form;
use super::Here;
use crate::page::trace::{NoTrace, TraceView, lost, page};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::site::parameter;
use crate::state::AppState;

pub(super) mod around;
mod code;
pub(crate) mod epcis;
pub(crate) mod kept;
pub(crate) mod linkset;
mod negotiate;
mod pictures;
mod scan;
mod timeline;
pub(crate) mod view;

/// The routes of a product, a lot and an item.
pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(product))
        .routes(routes!(of_lot))
        .routes(routes!(of_item))
        .routes(routes!(of_item_alone))
        .route("/01/{gtin}", options(preflight))
        .route("/01/{gtin}/10/{lot}", options(preflight))
        .route("/01/{gtin}/10/{lot}/21/{serial}", options(preflight))
        .route("/01/{gtin}/21/{serial}", options(preflight))
}

/// What was asked for, and how.
#[derive(Debug)]
pub(crate) struct Request {
    here: Here,
    method: Method,
    uri: Uri,
    form: Form,
    /// Whether a browser fetches it before anybody asked.
    ahead: bool,
    /// Where it is asked from, as somebody in between says.
    place: Option<String>,
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
            ahead: scan::is_ahead(&parts.headers),
            place: scan::place(&parts.headers),
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

/// Answers for an item whose label was printed before its lot was known. Opening its page is
/// counted.
#[utoipa::path(
    get, path = "/01/{gtin}/21/{serial}", tag = "trace",
    params(("gtin" = String, Path, description = "GTIN of 14 digits"),
        ("serial" = String, Path, description = "Serial of the item"),
        ("linkType" = Option<String>, Query, description = "`linkset` or `all`")),
    responses((status = 200, content((String = "text/html"), (String = "application/ld+json"),
        (String = "application/linkset+json"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody))
)]
pub(crate) async fn of_item_alone(
    State(state): State<AppState>,
    request: Request,
) -> Answer<Response> {
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
        return refuse(&request, &NoTrace::Malformed { typed: path, near });
    };
    if let Some(page) = kept::answer(state, &request, &link).await? {
        return Ok(with_linkset(page, &link));
    }
    let found = match code::find(state, &link, &path).await? {
        Ok(found) => found,
        Err(lost) => return refuse(&request, &lost),
    };
    let unknown = NoTrace::Unknown {
        typed: path,
        near: Vec::new(),
    };
    let response = match (&request.form, found.lot) {
        (Form::Linkset, lot) => linkset::answer(state, &link, &found.name, lot.as_ref()).await?,
        (Form::JsonLd, Some(lot)) => epcis::answer(state, &lot).await?,
        (Form::JsonLd, None) => return refuse(&request, &unknown),
        (Form::Page, Some(lot)) => page_of(state, &request, lot, link.serial).await?,
        (Form::Page, None) => {
            let Some(view) = super::catalogue::product(state, link.gtin.as_str()).await? else {
                return refuse(&request, &unknown);
            };
            let here = &request.here;
            here.answer(crate::page::catalogue::product(&here.site, &view))?
        }
    };
    Ok(with_linkset(response, &link))
}

/// An answer that names where everything about its link stands.
fn with_linkset(mut response: Response, link: &DigitalLink) -> Response {
    let all = format!(
        "<{link}?linkType=linkset>; rel=\"linkset\"; \
                       type=\"application/linkset+json\""
    );
    if let Ok(value) = HeaderValue::from_str(&all) {
        response.headers_mut().insert(header::LINK, value);
    }
    response
}

/// The trace page. A person who looks at an item is counted; who asks for the head, and a browser
/// that fetches ahead, is not.
async fn page_of(
    state: &AppState,
    request: &Request,
    lot: Lot,
    serial: Option<Serial>,
) -> Answer<Response> {
    let counts = request.method == Method::GET && !request.ahead;
    let place = request.place.as_deref();
    let scan = match serial.filter(|_| counts) {
        Some(serial) => scan::count(state, serial, place).await?,
        None => None,
    };
    let view = view::gather(state, lot, serial, scan).await?;
    request.here.answer(page(&request.here.site, &view))
}

/// Gathers what the page of a link shows and counts the look, exactly as the page does, without
/// drawing it. For measuring; returns whether the link leads to a lot.
pub async fn gather_page(state: &AppState, path: &str) -> Answer<bool> {
    let link = DigitalLink::parse(path).map_err(Problem::internal)?;
    Ok(matches!(
        trace(state, &link, (path, None)).await?,
        Ok(Some(_))
    ))
}

/// What a link leads to at a kiosk, counted as a scan from its place. `Ok(None)` for a product.
pub(super) async fn trace(
    state: &AppState,
    link: &DigitalLink,
    (typed, place): (&str, Option<&str>),
) -> Answer<Result<Option<TraceView>, NoTrace>> {
    let found = match code::find(state, link, typed).await? {
        Ok(found) => found,
        Err(lost) => return Ok(Err(lost)),
    };
    let Some(lot) = found.lot else {
        return Ok(Ok(None));
    };
    let scan = match link.serial {
        Some(serial) => scan::count(state, serial, place).await?,
        None => None,
    };
    Ok(Ok(Some(view::gather(state, lot, link.serial, scan).await?)))
}

/// A code that leads nowhere: a helpful page for a person, a problem for a program. A code of ours
/// that has nothing to show yet is no mistake of the person who scanned it.
fn refuse(request: &Request, why: &NoTrace) -> Answer<Response> {
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
        NoTrace::Unbound { .. } => ("this code is not bound to a lot yet", "此码尚未关联批次"),
        NoTrace::Dormant { .. } => ("this code is not activated yet", "此码尚未启用"),
    };
    let kind = match why {
        NoTrace::Malformed { .. } => Kind::Malformed,
        _ => Kind::NotFound,
    };
    let problem = Problem::told(kind, en, zh);
    if request.form != Form::Page {
        return Err(problem);
    }
    let drawn = lost(&request.here.site, why);
    match why {
        NoTrace::Unbound { .. } | NoTrace::Dormant { .. } => request.here.answer(drawn),
        _ => request.here.refuse(&problem, drawn),
    }
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

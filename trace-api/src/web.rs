//! The pages people open: each handler gathers a view from the store and has `page` draw it.

use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::caller::Visitor;
use crate::page::{self, Flash, Lang, Page, Site};
use crate::problem::{Answer, Kind, Problem};
use crate::site::{self, LANGUAGE_COOKIE, SIZE_COOKIE};
use crate::state::AppState;

/// The policy of pages that read codes by camera: that of every page (`report`), and WebAssembly.
const CAMERA_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

mod account;
mod cameras;
pub(crate) mod catalogue;
pub(crate) mod digital_link;
mod filing;
mod find;
mod home;
mod kiosk;
mod lab;
mod login;
mod near;
mod operator;
pub(crate) mod pictures;
mod producer;
mod supervisor;
mod wall;
mod welcome;
pub(crate) mod words;

/// Every page but the Digital Link's, which the contract describes.
pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(home::show))
        .route("/find", get(find::find))
        .route("/catalogue", get(catalogue::show))
        .route("/catalogue/pack.zip", get(catalogue::download))
        .route("/kiosk", get(kiosk::show))
        .route("/kiosk/answer", get(kiosk::respond))
        .route("/kiosk/recent", get(kiosk::recent))
        .route("/kiosk/worker.js", get(kiosk::worker))
        .route("/wall", get(wall::show))
        .route("/wall/panels", get(wall::panels))
        .route("/login", get(login::show).post(login::sign_in))
        .route("/login/oidc", get(login::oidc::leave))
        .route("/login/oidc/callback", get(login::oidc::arrive))
        .route("/logout", post(login::sign_out))
        .route("/welcome", get(welcome::show).post(welcome::make))
        .route("/reports/{file}", get(crate::api::v1::reports::public))
        .route("/pictures/{file}", get(pictures::show))
        .merge(account::router())
        .merge(producer::router())
        .merge(lab::router())
        .merge(supervisor::router())
        .merge(operator::router())
        .route("/assets/{file}", get(asset))
        .route("/.well-known/suyuan-key", get(signing_key))
}

/// A page's surroundings, made from the request.
#[derive(Debug)]
pub(crate) struct Here {
    /// What the page needs.
    pub(crate) site: Site,
    /// What the address chose, to be remembered: names of cookies with their values.
    chosen: Vec<(&'static str, &'static str)>,
}

impl FromRequestParts<AppState> for Here {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Answer<Self> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        let (uri, headers): (&Uri, &HeaderMap) = (&parts.uri, &parts.headers);
        let site = site::site(state, &visitor, uri, headers);
        let language = site::chosen_language(uri).map(|lang| (LANGUAGE_COOKIE, lang.code()));
        let type_size = site::chosen_size(uri).map(|name| (SIZE_COOKIE, name));
        let chosen = language.into_iter().chain(type_size).collect();
        Ok(Self { site, chosen })
    }
}

impl Here {
    /// A drawn page as an answer; remembers language and size of type.
    pub(crate) fn answer(&self, page: Page) -> Answer<Response> {
        let mut response = Html(page.map_err(Problem::internal)?).into_response();
        for (name, value) in &self.chosen {
            let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax");
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        let vary = HeaderValue::from_static("accept-language, cookie");
        response.headers_mut().insert(header::VARY, vary);
        Ok(response)
    }

    /// A drawn page whose script reads codes by camera: its WebAssembly may be compiled, on this
    /// page alone.
    pub(crate) fn with_camera(&self, page: Page) -> Answer<Response> {
        let mut response = self.answer(page)?;
        let policy = HeaderValue::from_static(CAMERA_POLICY);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        Ok(response)
    }

    /// A drawn page that says no, with what was typed still in its form.
    pub(crate) fn refuse(&self, problem: &Problem, page: Page) -> Answer<Response> {
        let mut response = self.answer(page)?;
        *response.status_mut() = problem.kind.status();
        Ok(response)
    }

    /// This page with the reason of a refusal above it. A fault of ours is no refusal.
    pub(crate) fn with_refusal(mut self, problem: Problem) -> Answer<(Self, Problem)> {
        if problem.kind.status().is_server_error() {
            return Err(problem);
        }
        let words = problem.words(self.site.lang == Lang::Zh);
        let text = words.unwrap_or_else(|| problem.kind.title().to_owned());
        self.site.flash = Some(Flash { good: false, text });
        Ok((self, problem))
    }
}

/// A part of a page that a script asked for.
fn fragment(here: &Here, page: Page) -> Answer<Response> {
    let mut response = here.answer(page)?;
    let is = HeaderValue::from_static("true");
    response.headers_mut().insert("x-fragment", is);
    Ok(response)
}

/// Back to a page after a form was done, so that a reload sends nothing again.
pub(crate) fn see_other(path: &str, done: &str) -> Response {
    Redirect::to(&format!("{path}?done={done}")).into_response()
}

/// The public key of what leaves as a signed copy, as its manifests are checked with.
async fn signing_key(State(state): State<AppState>) -> Answer<Response> {
    let signer = state.setup().signer.as_ref();
    let signer = signer.ok_or(Problem::of(Kind::NotFound))?;
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((plain, format!("{}\n", signer.verifier())).into_response())
}

/// A worker that may serve the pages of a scope and no other. Its address has no hash: a browser
/// looks for a newer one by itself.
pub(crate) fn worker(file: &str, scope: &'static str) -> Answer<Response> {
    let href = page::asset::href(file);
    let found = href.rsplit('/').next().and_then(page::asset::find);
    let script = found.ok_or(Problem::of(Kind::NotFound))?;
    let mut response = script.bytes.into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static(script.content_type);
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("service-worker-allowed", HeaderValue::from_static(scope));
    Ok(response)
}

/// Style, scripts and icons: their address changes with their content.
async fn asset(State(_): State<AppState>, Path(file): Path<String>) -> Answer<Response> {
    let asset = page::asset::find(&file).ok_or(Problem::of(Kind::NotFound))?;
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((StatusCode::OK, headers, asset.bytes).into_response())
}

//! HTTP for people and machines: the API, GS1 Digital Link, and the pages.
//!
//! The one thing to know: a handler's path is its URL's path (`api/v1/gateways.rs`), what a role
//! may do stands in `authority`, and what people do is in `act`, which API and pages share.

// Both languages of the pages, compiled in; `page::lang` is the only reader.
rust_i18n::i18n!("locales");

mod act;
mod api;
mod app;
mod authority;
mod caller;
mod csrf;
mod extract;
mod first_run;
mod keep;
mod live;
pub mod mirror;
mod oidc;
mod ops;
pub mod page;
pub mod password;
mod picture;
mod press;
pub mod problem;
mod record;
mod report;
mod rule;
mod site;
mod spool;
mod state;
mod throttle;
mod token;
pub mod upkeep;
mod web;
mod workbook;

#[cfg(test)]
mod tests;

pub use app::{ServeError, openapi, router, serve, serve_beside_a_file};
pub use first_run::draw_first_run_code;
pub use oidc::OidcConfig;
pub use record::event_id;
pub use state::{AppState, Chance, Check, Clock, Metrics, Readiness, Setup};
pub use web::digital_link::gather_page;

//! The table of routes: each with what it lets one do, a file an area. Nothing is decided here;
//! `Action` says who may.

use axum::http::Method;

use super::Action;

mod accounts;
mod devices;
mod filing;
mod lab;
mod labels;
mod operator;
mod producer;
mod public;
mod record;
mod supervisor;

/// A route and what it lets one do. Paths are spelt as they are routed.
pub(crate) type Rule = (Method, &'static str, Action);

/// The areas, in the order of `docs/roles.md`: first the interface, then the pages.
const AREAS: [&[Rule]; 10] = [
    accounts::RULES,
    devices::RULES,
    filing::RULES,
    record::RULES,
    labels::RULES,
    producer::RULES,
    lab::RULES,
    supervisor::RULES,
    operator::RULES,
    public::RULES,
];

/// Every route of the server.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    AREAS.into_iter().flatten()
}

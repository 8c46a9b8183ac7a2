//! What anybody may open: traces, kiosk, wall, catalogue, documents, health.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::GET, "/reports/{file}", Action::LookAtPublic),
    (Method::GET, "/pictures/{file}", Action::LookAtPublic),
    (Method::GET, "/01/{gtin}", Action::LookAtPublic),
    (Method::OPTIONS, "/01/{gtin}", Action::LookAtPublic),
    (Method::GET, "/01/{gtin}/10/{lot}", Action::LookAtPublic),
    (Method::OPTIONS, "/01/{gtin}/10/{lot}", Action::LookAtPublic),
    (
        Method::GET,
        "/01/{gtin}/10/{lot}/21/{serial}",
        Action::LookAtPublic,
    ),
    (
        Method::OPTIONS,
        "/01/{gtin}/10/{lot}/21/{serial}",
        Action::LookAtPublic,
    ),
    (Method::GET, "/01/{gtin}/21/{serial}", Action::LookAtPublic),
    (
        Method::OPTIONS,
        "/01/{gtin}/21/{serial}",
        Action::LookAtPublic,
    ),
    (Method::GET, "/healthz", Action::LookAtPublic),
    (Method::GET, "/readyz", Action::LookAtPublic),
    (Method::GET, "/metrics", Action::LookAtPublic),
    (Method::GET, "/openapi.json", Action::LookAtPublic),
    (Method::GET, "/docs", Action::LookAtPublic),
    (Method::GET, "/docs/problems", Action::LookAtPublic),
    (Method::GET, "/assets/{file}", Action::LookAtPublic),
    (Method::GET, "/.well-known/suyuan-key", Action::LookAtPublic),
    (Method::GET, "/", Action::LookAtPublic),
    (Method::GET, "/find", Action::LookAtPublic),
    (Method::GET, "/catalogue", Action::LookAtPublic),
    (Method::GET, "/catalogue/pack.zip", Action::LookAtPublic),
    (Method::GET, "/kiosk", Action::LookAtPublic),
    (Method::GET, "/kiosk/answer", Action::LookAtPublic),
    (Method::GET, "/kiosk/recent", Action::LookAtPublic),
    (Method::GET, "/kiosk/worker.js", Action::LookAtPublic),
    (Method::GET, "/wall", Action::LookAtPublic),
    (Method::GET, "/wall/panels", Action::LookAtPublic),
];

//! Pages of the lab's desk.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::GET, "/lab", Action::LabDesk),
    (Method::POST, "/lab/results", Action::LabDesk),
];

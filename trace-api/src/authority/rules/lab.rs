//! Pages of the lab's desk.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::GET, "/lab", Action::LabDesk),
    (Method::GET, "/lab/look", Action::LabDesk),
    (Method::POST, "/lab/samples", Action::LabDesk),
    (Method::GET, "/lab/results", Action::LabDesk),
    (Method::POST, "/lab/results", Action::LabDesk),
    (Method::GET, "/lab/results/stream", Action::LabDesk),
    (Method::GET, "/lab/results/{id}", Action::LabDesk),
    (
        Method::POST,
        "/lab/results/{id}/correction",
        Action::LabDesk,
    ),
    (Method::GET, "/lab/results/{id}/report.pdf", Action::LabDesk),
    (Method::GET, "/lab/paste", Action::LabDesk),
    (Method::POST, "/lab/paste", Action::LabDesk),
    (Method::GET, "/lab/limits", Action::LabDesk),
    (Method::POST, "/lab/limits", Action::LabDesk),
];

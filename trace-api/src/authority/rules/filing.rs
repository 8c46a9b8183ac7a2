//! What is filed: producers, products, plots, credentials, parties, methods, instruments; and the statistics over it.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::GET, "/api/v1/producers", Action::ReadRegister),
    (Method::POST, "/api/v1/producers", Action::FileProducer),
    (Method::GET, "/api/v1/producers/{id}", Action::ReadRegister),
    (Method::PUT, "/api/v1/producers/{id}", Action::EditFiling),
    (
        Method::GET,
        "/api/v1/producers/{id}/versions",
        Action::ReadRegister,
    ),
    (
        Method::POST,
        "/api/v1/producers/{id}/submission",
        Action::EditFiling,
    ),
    (
        Method::POST,
        "/api/v1/producers/{id}/decision",
        Action::DecideFiling,
    ),
    (
        Method::GET,
        "/api/v1/producers/{id}/files",
        Action::ReadRegister,
    ),
    (
        Method::POST,
        "/api/v1/producers/{id}/files",
        Action::EditFiling,
    ),
    (
        Method::GET,
        "/api/v1/producers/{id}/export",
        Action::ExportProducer,
    ),
    (
        Method::POST,
        "/api/v1/imports/producers",
        Action::FileProducer,
    ),
    (Method::POST, "/api/v1/imports/products", Action::EditFiling),
    (Method::POST, "/api/v1/imports/lots", Action::RegisterLot),
    (
        Method::GET,
        "/api/v1/imports/{kind}/template",
        Action::ReadRegister,
    ),
    (
        Method::PUT,
        "/api/v1/producers/{id}/relief",
        Action::DecideFiling,
    ),
    (Method::GET, "/api/v1/relief", Action::ReadRelief),
    (Method::GET, "/api/v1/files/{sha256}", Action::ReadRegister),
    (Method::GET, "/api/v1/credentials", Action::ReadRegister),
    (Method::POST, "/api/v1/credentials", Action::EditFiling),
    (
        Method::PUT,
        "/api/v1/credentials/{credential}",
        Action::EditFiling,
    ),
    (
        Method::POST,
        "/api/v1/credentials/{credential}/decision",
        Action::DecideFiling,
    ),
    (
        Method::POST,
        "/api/v1/credentials/{credential}/withdrawal",
        Action::VoidCertificate,
    ),
    (Method::GET, "/api/v1/statistics", Action::ReadStatistics),
    (Method::GET, "/api/v1/products", Action::ReadRegister),
    (Method::POST, "/api/v1/products", Action::EditFiling),
    (Method::GET, "/api/v1/products/{id}", Action::ReadRegister),
    (Method::PUT, "/api/v1/products/{id}", Action::EditFiling),
    (
        Method::GET,
        "/api/v1/products/{id}/versions",
        Action::ReadRegister,
    ),
    (
        Method::POST,
        "/api/v1/products/{id}/submission",
        Action::EditFiling,
    ),
    (
        Method::POST,
        "/api/v1/products/{id}/decision",
        Action::DecideFiling,
    ),
    (Method::GET, "/api/v1/plots", Action::ReadRegister),
    (Method::POST, "/api/v1/plots", Action::EditFiling),
    (Method::PUT, "/api/v1/plots/{id}", Action::EditFiling),
    (
        Method::GET,
        "/api/v1/plots/{id}/placements",
        Action::ReadRegister,
    ),
    (Method::GET, "/api/v1/parties", Action::ReadRegister),
    (Method::POST, "/api/v1/parties", Action::ManageParties),
    (Method::GET, "/api/v1/methods", Action::ReadRegister),
    (Method::POST, "/api/v1/methods", Action::ManageMethods),
    (Method::GET, "/api/v1/limits", Action::ReadRegister),
    (Method::POST, "/api/v1/limits", Action::ManageMethods),
    (
        Method::GET,
        "/api/v1/instruments",
        Action::ManageInstruments,
    ),
    (
        Method::POST,
        "/api/v1/instruments",
        Action::ManageInstruments,
    ),
    (
        Method::POST,
        "/api/v1/instruments/{instrument}/results",
        Action::UploadSigned,
    ),
];

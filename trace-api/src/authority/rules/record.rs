//! Lots and what is recorded of them: farm records, tests, certificates, shipments, recalls.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::GET, "/api/v1/lots", Action::ReadRegister),
    (Method::POST, "/api/v1/lots", Action::RegisterLot),
    (Method::GET, "/api/v1/lots/{id}", Action::ReadRegister),
    (Method::POST, "/api/v1/lots/{id}/harvest", Action::WorkLot),
    (
        Method::GET,
        "/api/v1/lots/{id}/interval",
        Action::ReadRegister,
    ),
    (
        Method::POST,
        "/api/v1/lots/{id}/interval-waiver",
        Action::SuperviseLot,
    ),
    (
        Method::POST,
        "/api/v1/lots/{id}/samples",
        Action::TakeSample,
    ),
    (
        Method::POST,
        "/api/v1/lots/{id}/release",
        Action::ReleaseLot,
    ),
    (Method::POST, "/api/v1/lots/{id}/hold", Action::SuperviseLot),
    (Method::POST, "/api/v1/lots/{id}/sold-out", Action::WorkLot),
    (
        Method::POST,
        "/api/v1/lots/{id}/shipments",
        Action::HandOver,
    ),
    (Method::GET, "/api/v1/lots/{id}/steps", Action::ReadRegister),
    (Method::GET, "/api/v1/lots/{id}/seals", Action::ReadRegister),
    (
        Method::POST,
        "/api/v1/lots/{id}/seals",
        Action::SuperviseLot,
    ),
    (Method::GET, "/api/v1/lots/{id}/graph", Action::ReadRegister),
    (
        Method::POST,
        "/api/v1/lots/{id}/recall",
        Action::SuperviseLot,
    ),
    (Method::GET, "/api/v1/recalls", Action::ReadRecalls),
    (Method::GET, "/api/v1/recalls/{id}", Action::ReadRecalls),
    (
        Method::PUT,
        "/api/v1/recalls/{id}/notice",
        Action::SuperviseLot,
    ),
    (
        Method::GET,
        "/api/v1/recalls/{id}/calls",
        Action::ReadRecalls,
    ),
    (
        Method::POST,
        "/api/v1/recalls/{id}/calls",
        Action::SuperviseLot,
    ),
    (
        Method::GET,
        "/api/v1/recalls/{id}/steps.csv",
        Action::ReadRecalls,
    ),
    (
        Method::GET,
        "/api/v1/recalls/{id}/recall.xlsx",
        Action::ReadRecalls,
    ),
    (
        Method::GET,
        "/api/v1/recalls/{id}/lots.csv",
        Action::ReadRecalls,
    ),
    (Method::POST, "/api/v1/processings", Action::WorkLot),
    (Method::GET, "/api/v1/shipments", Action::ReadRegister),
    (
        Method::POST,
        "/api/v1/shipments/{id}/receipt",
        Action::HandOver,
    ),
    (Method::GET, "/api/v1/inputs", Action::ReadRegister),
    (Method::POST, "/api/v1/inputs", Action::KeepRecords),
    (
        Method::POST,
        "/api/v1/inputs/{input}/purchases",
        Action::KeepRecords,
    ),
    (Method::GET, "/api/v1/records", Action::ReadRegister),
    (Method::POST, "/api/v1/records", Action::KeepRecords),
    (Method::PUT, "/api/v1/records/{record}", Action::KeepRecords),
    (
        Method::POST,
        "/api/v1/records/{record}/pictures",
        Action::KeepRecords,
    ),
    (
        Method::GET,
        "/api/v1/records/{record}/pictures/{sha256}",
        Action::ReadRegister,
    ),
    (
        Method::GET,
        "/api/v1/lots/{id}/certificates",
        Action::ReadRegister,
    ),
    (
        Method::POST,
        "/api/v1/lots/{id}/certificates",
        Action::WorkLot,
    ),
    (
        Method::GET,
        "/api/v1/lots/{id}/certificates/check",
        Action::ReadRegister,
    ),
    (
        Method::POST,
        "/api/v1/certificates/{id}/void",
        Action::VoidCertificate,
    ),
    (
        Method::GET,
        "/api/v1/certificates/{id}/file",
        Action::ReadRegister,
    ),
    (
        Method::GET,
        "/api/v1/lots/{id}/reports",
        Action::ReadRegister,
    ),
    (
        Method::POST,
        "/api/v1/lots/{id}/reports",
        Action::AttachReport,
    ),
    (Method::PUT, "/api/v1/reports/{id}", Action::AttachReport),
    (
        Method::GET,
        "/api/v1/reports/{id}/file",
        Action::ReadRegister,
    ),
    (Method::POST, "/api/v1/lots/{id}/tests", Action::EnterTest),
    (Method::GET, "/api/v1/tests", Action::ReadRegister),
];

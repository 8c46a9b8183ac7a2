//! Pages of the operator's desk.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::GET, "/operator", Action::OperatorDesk),
    (Method::GET, "/operator/health", Action::OperatorDesk),
    (Method::GET, "/operator/accounts", Action::ManageAccounts),
    (Method::POST, "/operator/accounts", Action::ManageAccounts),
    (
        Method::GET,
        "/operator/accounts/{id}",
        Action::ManageAccounts,
    ),
    (
        Method::POST,
        "/operator/accounts/{id}/disable",
        Action::ManageAccounts,
    ),
    (
        Method::POST,
        "/operator/accounts/{id}/enable",
        Action::ManageAccounts,
    ),
    (
        Method::POST,
        "/operator/accounts/{id}/sessions",
        Action::ManageAccounts,
    ),
    (
        Method::POST,
        "/operator/accounts/{id}/password",
        Action::ManageAccounts,
    ),
    (
        Method::POST,
        "/operator/accounts/{id}/identity",
        Action::ManageAccounts,
    ),
    (Method::GET, "/operator/gateways", Action::ManageDevices),
    (Method::POST, "/operator/gateways", Action::ManageDevices),
    (Method::GET, "/operator/gateway-rows", Action::ManageDevices),
    (
        Method::GET,
        "/operator/gateways/{gateway}",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/operator/gateways/{gateway}/rows",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/operator/gateways/{gateway}/key",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/operator/gateways/{gateway}/probes",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/operator/gateways/{gateway}/cameras",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/operator/gateways/{gateway}/cameras/{camera}/placements",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/operator/gateways/{gateway}/probes/{probe}",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/operator/gateways/{gateway}/probes/{probe}/placements",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/operator/gateways/{gateway}/probes/{probe}/calibrations",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/operator/gateways/{gateway}/probes/{probe}/aliases",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/operator/gateways/{gateway}/probes/{probe}/aliases/remove",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/operator/gateways/{gateway}/probes/{probe}/profile",
        Action::ManageDevices,
    ),
    (Method::GET, "/operator/profiles", Action::ManageDevices),
    (Method::POST, "/operator/profiles", Action::ManageDevices),
    (
        Method::GET,
        "/operator/profiles/{id}",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/operator/profiles/{id}/versions",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/operator/dead-letters",
        Action::ReadDeadLetters,
    ),
    (
        Method::GET,
        "/operator/dead-letters/{id}",
        Action::ReadDeadLetters,
    ),
    (
        Method::POST,
        "/operator/dead-letters/replay",
        Action::ReplayDeadLetters,
    ),
    (
        Method::POST,
        "/operator/dead-letters/{id}/replay",
        Action::ReplayDeadLetters,
    ),
    (Method::GET, "/operator/jobs", Action::OperatorDesk),
    (Method::GET, "/operator/jobs/rows", Action::OperatorDesk),
    (Method::GET, "/operator/backups", Action::OperatorDesk),
    (Method::GET, "/operator/backups/state", Action::OperatorDesk),
    (Method::POST, "/operator/backups", Action::MakeBackups),
    (Method::GET, "/operator/printers", Action::ManagePrinters),
    (Method::POST, "/operator/printers", Action::ManagePrinters),
    (
        Method::POST,
        "/operator/label-templates",
        Action::ManagePrinters,
    ),
    (
        Method::GET,
        "/operator/label-templates/{name}/preview.svg",
        Action::ManagePrinters,
    ),
];

//! Gateways, probes, cameras, what they send, and alarms.

use axum::http::Method;

use super::Rule;
use crate::authority::Action;

pub(super) const RULES: &[Rule] = &[
    (Method::GET, "/api/v1/gateways", Action::ReadDevices),
    (Method::POST, "/api/v1/gateways", Action::ManageDevices),
    (
        Method::POST,
        "/api/v1/gateways/{gateway}/key",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/probes",
        Action::ReadDevices,
    ),
    (
        Method::POST,
        "/api/v1/gateways/{gateway}/probes",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/probes/{probe}/readings",
        Action::ReadDevices,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/probes/{probe}/readings/count",
        Action::ReadDevices,
    ),
    (Method::GET, "/api/v1/dead-letters", Action::ReadDeadLetters),
    (Method::GET, "/api/v1/alarms", Action::ReadAlarms),
    (
        Method::POST,
        "/api/v1/alarms/{id}/acknowledgement",
        Action::AcknowledgeAlarm,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/probes/{probe}/placements",
        Action::ReadDeviceSetup,
    ),
    (
        Method::POST,
        "/api/v1/gateways/{gateway}/probes/{probe}/placements",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/cameras/{camera}/placements",
        Action::ReadDeviceSetup,
    ),
    (Method::GET, "/api/v1/profiles", Action::ReadDeviceSetup),
    (Method::POST, "/api/v1/profiles", Action::ManageDevices),
    (
        Method::GET,
        "/api/v1/profiles/{id}",
        Action::ReadDeviceSetup,
    ),
    (
        Method::POST,
        "/api/v1/profiles/{id}/versions",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/probes/{probe}/profile",
        Action::ReadDeviceSetup,
    ),
    (
        Method::PUT,
        "/api/v1/gateways/{gateway}/probes/{probe}/profile",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/probes/{probe}/calibrations",
        Action::ReadDeviceSetup,
    ),
    (
        Method::POST,
        "/api/v1/gateways/{gateway}/probes/{probe}/calibrations",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/probes/{probe}/aliases",
        Action::ReadDeviceSetup,
    ),
    (
        Method::POST,
        "/api/v1/gateways/{gateway}/probes/{probe}/aliases",
        Action::ManageDevices,
    ),
    (
        Method::DELETE,
        "/api/v1/gateways/{gateway}/probes/{probe}/aliases",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/cameras",
        Action::ReadPictures,
    ),
    (
        Method::POST,
        "/api/v1/gateways/{gateway}/cameras",
        Action::ManageDevices,
    ),
    (
        Method::POST,
        "/api/v1/gateways/{gateway}/cameras/{camera}/placements",
        Action::ManageDevices,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/cameras/{camera}/pictures",
        Action::ReadPictures,
    ),
    (
        Method::GET,
        "/api/v1/pictures/{sha256}",
        Action::ReadOriginals,
    ),
    (
        Method::POST,
        "/api/v1/dead-letters/replay",
        Action::ReplayDeadLetters,
    ),
    (
        Method::POST,
        "/api/v1/dead-letters/{id}/replay",
        Action::ReplayDeadLetters,
    ),
];

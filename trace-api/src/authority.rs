//! What a role may see or do, decided here and nowhere else: one table of actions, one table of
//! routes. A route that is not in the table answers nobody; a test holds it against the OpenAPI
//! document and tries every role on every route.

use axum::http::Method;
use store::account::{Account, Role};

pub(crate) use rules::RULES;

mod rules;

/// What can be done here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look at what is public: traces, documents, health.
    LookAtPublic,
    /// Sign in.
    SignIn,
    /// End one's own session.
    SignOut,
    /// Look at gateways, probes and readings.
    ReadDevices,
    /// Register gateways and probes, draw keys, make profiles, calibrate.
    ManageDevices,
    /// Look at how devices are set up: profiles, calibrations, aliases.
    ReadDeviceSetup,
    /// Register printers and their habits.
    ManagePrinters,
    /// Look at cameras and their pictures; a producer's staff at those of their own plots.
    ReadPictures,
    /// Look at pictures as they came, metadata and all.
    ReadOriginals,
    /// Look at what was refused.
    ReadDeadLetters,
    /// Look at alarms.
    ReadAlarms,
    /// Take note of an alarm.
    AcknowledgeAlarm,
    /// Look at producers, products, plots, lots and tests; a producer's staff at their own.
    ReadRegister,
    /// Register a lot of one's own product.
    RegisterLot,
    /// Work on one's own lots: harvest, ship, sell out, process.
    WorkLot,
    /// Send a sample of a lot to the lab.
    TakeSample,
    /// Set a lot free: a supervisor after a hold or a test, a producer under its own control.
    ReleaseLot,
    /// Stop a lot, waive an interval, call back.
    SuperviseLot,
    /// Look at recalls, which name whom to call.
    ReadRecalls,
    /// Hand a part of a lot over, or take one.
    HandOver,
    /// Register hubs, stations and buyers.
    ManageParties,
    /// Write production records and keep the stock of inputs.
    KeepRecords,
    /// Look at the audit log.
    ReadAudit,
    /// Look at messages to one's role.
    ReadMessages,
    /// File methods and residue limits.
    ManageMethods,
    /// Make, disable and sign out accounts.
    ManageAccounts,
    /// Change one's own password.
    ChangePassword,
    /// Register instruments.
    ManageInstruments,
    /// Upload a signed result: the signature is the authority.
    UploadSigned,
    /// Void a certificate; a producer's staff one of theirs.
    VoidCertificate,
    /// Enter a test's result.
    EnterTest,
    /// Look at labels; a producer's staff at their own.
    ReadLabels,
    /// Issue labels for one's own lot.
    IssueLabels,
    /// Work at the producer's desk.
    ProducerDesk,
    /// Work at the lab's desk.
    LabDesk,
    /// Work at the supervisor's desk.
    SupervisorDesk,
    /// Work at the operator's desk.
    OperatorDesk,
}

impl Action {
    /// Whether somebody may do this; `None` is a visitor who has not signed in.
    #[must_use]
    pub const fn is_allowed(self, role: Option<Role>) -> bool {
        use Role::{Lab, Operator, Producer, Supervisor};
        match self {
            Self::LookAtPublic | Self::SignIn => true,
            Self::SignOut | Self::ReadDevices | Self::ReadRegister => role.is_some(),
            Self::ManageDevices
            | Self::ManagePrinters
            | Self::ReadDeadLetters
            | Self::OperatorDesk => {
            Self::LookAtPublic | Self::SignIn | Self::UploadSigned => true,
            Self::SignOut | Self::ChangePassword | Self::ReadDevices | Self::ReadRegister => {
                role.is_some()
            }
            Self::ManageDevices
            | Self::ReadDeadLetters
            | Self::OperatorDesk
            | Self::ManageAccounts
            | Self::ManageInstruments => {
                matches!(role, Some(Operator))
            }
            Self::ReadAlarms
            | Self::ReadDeviceSetup
            | Self::ReadOriginals
            | Self::ManageParties
            | Self::ReadAudit
            | Self::ReadRecalls => {
                matches!(role, Some(Operator | Supervisor))
            }
            Self::ReadMessages => matches!(role, Some(Operator | Supervisor | Lab)),
            Self::TakeSample | Self::ManageMethods => matches!(role, Some(Supervisor | Lab)),
            Self::ReleaseLot | Self::HandOver | Self::VoidCertificate => {
                matches!(role, Some(Supervisor | Producer))
            }
            Self::AcknowledgeAlarm | Self::SupervisorDesk | Self::SuperviseLot => {
                matches!(role, Some(Supervisor))
            }
            Self::ReadLabels | Self::ReadPictures => {
                matches!(role, Some(Operator | Supervisor | Producer))
            }
            Self::RegisterLot
            | Self::IssueLabels
            | Self::ProducerDesk
            | Self::WorkLot
            | Self::KeepRecords => matches!(role, Some(Producer)),
            Self::EnterTest | Self::LabDesk => matches!(role, Some(Lab)),
        }
    }
}

/// Whose things a person sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The whole county's.
    County,
    /// Those of one producer.
    Producer(i64),
}

impl Scope {
    /// Whose things this account sees.
    pub(crate) const fn of(account: &Account) -> Self {
        match account.producer_id {
            Some(producer) => Self::Producer(producer),
            None => Self::County,
        }
    }

    /// The producer that lists are narrowed to.
    pub(crate) const fn producer(self) -> Option<i64> {
        match self {
            Self::County => None,
            Self::Producer(producer) => Some(producer),
        }
    }

    /// Whether things of this producer are seen.
    pub(crate) fn holds(self, producer: i64) -> bool {
        self.producer().is_none_or(|own| own == producer)
    }
}

/// A route and what it lets one do. Paths are spelt as they are routed.
pub(crate) type Rule = (Method, &'static str, Action);

/// Every route of the server.
pub(crate) const RULES: &[Rule] = &[
    (Method::POST, "/api/v1/sessions", Action::SignIn),
    (Method::DELETE, "/api/v1/sessions/current", Action::SignOut),
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
        "/api/v1/gateways/{gateway}/probes/{probe}/readings",
        Action::ReadDevices,
    ),
    (
        Method::GET,
        "/api/v1/gateways/{gateway}/probes/{probe}/readings/count",
        Action::ReadDevices,
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
    // Which picture is whose is told by the handler: there is nothing at a foreign one's address.
    (Method::GET, "/pictures/{file}", Action::LookAtPublic),
    (Method::GET, "/api/v1/dead-letters", Action::ReadDeadLetters),
    (Method::GET, "/api/v1/alarms", Action::ReadAlarms),
    (
        Method::POST,
        "/api/v1/alarms/{id}/acknowledgement",
        Action::AcknowledgeAlarm,
    ),
    (Method::GET, "/api/v1/producers", Action::ReadRegister),
    (Method::GET, "/api/v1/products", Action::ReadRegister),
    (Method::GET, "/api/v1/plots", Action::ReadRegister),
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
    (Method::GET, "/api/v1/parties", Action::ReadRegister),
    (Method::POST, "/api/v1/parties", Action::ManageParties),
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
    (Method::GET, "/api/v1/audit", Action::ReadAudit),
    (Method::GET, "/api/v1/messages", Action::ReadMessages),
    (Method::POST, "/api/v1/lots/{id}/tests", Action::EnterTest),
    (Method::GET, "/api/v1/tests", Action::ReadRegister),
    (
        Method::POST,
        "/api/v1/lots/{id}/labels",
        Action::IssueLabels,
    ),
    (Method::GET, "/api/v1/labels", Action::ReadLabels),
    (Method::GET, "/api/v1/labels/{file}", Action::ReadLabels),
    (Method::GET, "/api/v1/label-runs/{id}", Action::ReadLabels),
    (
        Method::GET,
        "/api/v1/label-runs/{id}/file",
        Action::ReadLabels,
    ),
    (
        Method::POST,
        "/api/v1/label-runs/{id}/ledger",
        Action::IssueLabels,
    ),
    (
        Method::POST,
        "/api/v1/label-runs/{id}/jobs",
        Action::IssueLabels,
    ),
    (Method::GET, "/api/v1/printers", Action::ReadLabels),
    (Method::POST, "/api/v1/printers", Action::ManagePrinters),
    (Method::PUT, "/api/v1/printers/{id}", Action::ManagePrinters),
    (Method::GET, "/api/v1/print-jobs/{id}", Action::ReadLabels),
    (
        Method::POST,
        "/api/v1/print-jobs/{id}/command",
        Action::IssueLabels,
    ),
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
    (Method::GET, "/healthz", Action::LookAtPublic),
    (Method::GET, "/readyz", Action::LookAtPublic),
    (Method::GET, "/metrics", Action::LookAtPublic),
    (Method::GET, "/openapi.json", Action::LookAtPublic),
    (Method::GET, "/docs", Action::LookAtPublic),
    (Method::GET, "/docs/problems", Action::LookAtPublic),
    (Method::GET, "/assets/{file}", Action::LookAtPublic),
    (Method::GET, "/", Action::LookAtPublic),
    (Method::GET, "/find", Action::LookAtPublic),
    (Method::GET, "/catalogue", Action::LookAtPublic),
    (Method::GET, "/kiosk", Action::LookAtPublic),
    (Method::GET, "/kiosk/answer", Action::LookAtPublic),
    (Method::GET, "/kiosk/recent", Action::LookAtPublic),
    (Method::GET, "/kiosk/worker.js", Action::LookAtPublic),
    (Method::GET, "/wall", Action::LookAtPublic),
    (Method::GET, "/wall/panels", Action::LookAtPublic),
    (Method::GET, "/login", Action::SignIn),
    (Method::POST, "/login", Action::SignIn),
    (Method::POST, "/logout", Action::SignOut),
    (Method::GET, "/producer", Action::ProducerDesk),
    (Method::POST, "/producer/lots", Action::ProducerDesk),
    (Method::GET, "/producer/lots/{id}", Action::ProducerDesk),
    (
        Method::POST,
        "/producer/lots/{id}/labels",
        Action::ProducerDesk,
    ),
    (
        Method::GET,
        "/producer/lots/{id}/preview.png",
        Action::ProducerDesk,
    ),
    (Method::GET, "/producer/labels/{file}", Action::ProducerDesk),
    (Method::GET, "/lab", Action::LabDesk),
    (Method::POST, "/lab/results", Action::LabDesk),
    (Method::GET, "/supervisor", Action::SupervisorDesk),
    (
        Method::GET,
        "/supervisor/alarms/stream",
        Action::SupervisorDesk,
    ),
    (
        Method::POST,
        "/supervisor/alarms/{id}/acknowledge",
        Action::SupervisorDesk,
    ),
    (Method::GET, "/operator", Action::OperatorDesk),
];

/// What a route lets one do; `None` for a route that is not in the table. HEAD is GET's shadow.
pub(crate) fn action(method: &Method, path: &str) -> Option<Action> {
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let rule = RULES.iter().find(|(m, p, _)| m == method && *p == path);
    rule.map(|(_, _, action)| *action)
}

/// The methods that a route has.
pub(crate) fn methods(path: &str) -> Vec<&'static str> {
    let own = RULES.iter().filter(|(_, p, _)| *p == path);
    own.map(|(method, _, _)| method.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_stands_in_the_table_once() {
        for (place, (method, path, _)) in RULES.iter().enumerate() {
            let again = RULES[place + 1..]
                .iter()
                .any(|(m, p, _)| m == method && p == path);
            assert!(!again, "{method} {path} stands there twice");
        }
    }

    #[test]
    fn an_unknown_route_is_nobodys() {
        assert_eq!(action(&Method::GET, "/api/v1/secrets"), None);
        assert_eq!(action(&Method::DELETE, "/api/v1/gateways"), None);
        assert_eq!(
            action(&Method::HEAD, "/healthz"),
            Some(Action::LookAtPublic)
        );
    }

    #[test]
    fn a_producers_staff_see_their_own() {
        let scope = Scope::Producer(7);
        assert!(scope.holds(7) && !scope.holds(8));
        assert!(Scope::County.holds(8));
    }
}

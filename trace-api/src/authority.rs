//! What a role may see or do, decided here and nowhere else: one table of actions, one table of
//! routes. A route that is not in the table answers nobody; a test holds it against the OpenAPI
//! document and tries every role on every route.

use axum::http::Method;
use store::account::{Account, Role};

pub(crate) use rules::rules;

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
    /// Look at one's own sign-ins, end them, make tokens for programs.
    ManageSessions,
    /// Look at gateways, probes and readings.
    ReadDevices,
    /// Register gateways and probes, draw keys, make profiles, calibrate.
    ManageDevices,
    /// Look at how devices are set up: profiles, calibrations, aliases.
    ReadDeviceSetup,
    /// Register printers and their habits.
    ManagePrinters,
    /// Print a printer's test page.
    TestPrinter,
    /// Look at cameras and their pictures; a producer's staff at those of their own plots.
    ReadPictures,
    /// Look at pictures as they came, metadata and all.
    ReadOriginals,
    /// Look at what was refused.
    ReadDeadLetters,
    /// Have it tried again.
    ReplayDeadLetters,
    /// Look at alarms.
    ReadAlarms,
    /// Take note of an alarm, put it on the shelf, name who looks after it.
    AcknowledgeAlarm,
    /// Look at producers, products, plots, lots and tests; a producer's staff at their own.
    ReadRegister,
    /// File a producer.
    FileProducer,
    /// Write and hand in what is filed; a producer's staff their own.
    EditFiling,
    /// Return, approve, suspend, resume.
    DecideFiling,
    /// Look at which producers the poverty relief programme helps: nobody else ever sees it.
    ReadRelief,
    /// Take a producer's data whole; a producer's staff their own.
    ExportProducer,
    /// Look at the county's statistics.
    ReadStatistics,
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
    /// Look at messages to one's role, or to one's producer.
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
    /// Put a report of another laboratory beside a lot, and say who may read it; a producer's staff
    /// at their own lots.
    AttachReport,
    /// Void a certificate or withdraw a credential; a producer's staff one of theirs.
    VoidCertificate,
    /// Enter a test's result.
    EnterTest,
    /// Look at labels; a producer's staff at their own.
    ReadLabels,
    /// Issue labels for one's own lot.
    IssueLabels,
    /// Look at how often codes are asked for in the county.
    ReadScans,
    /// Work at the producer's desk.
    ProducerDesk,
    /// Work at the lab's desk.
    LabDesk,
    /// Work at the supervisor's desk.
    SupervisorDesk,
    /// Work at the operator's desk.
    OperatorDesk,
    /// Have backups made.
    MakeBackups,
}

impl Action {
    /// Whether somebody may do this; `None` is a visitor who has not signed in.
    #[must_use]
    pub const fn is_allowed(self, role: Option<Role>) -> bool {
        use Role::{Lab, Operator, Producer, Supervisor};
        match self {
            Self::LookAtPublic | Self::SignIn | Self::UploadSigned => true,
            // An instrument's account signs uploads and never signs in; should it ever, it gets nothing.
            Self::SignOut
            | Self::ManageSessions
            | Self::ChangePassword
            | Self::ReadDevices
            | Self::ReadRegister => {
                matches!(role, Some(Operator | Supervisor | Producer | Lab))
            }
            Self::AttachReport => matches!(role, Some(Supervisor | Producer | Lab)),
            Self::ManageDevices
            | Self::ManagePrinters
            | Self::ReadDeadLetters
            | Self::ReplayDeadLetters
            | Self::OperatorDesk
            | Self::MakeBackups
            | Self::ManageAccounts
            | Self::ManageInstruments => {
                matches!(role, Some(Operator))
            }
            Self::ReadAlarms
            | Self::ReadDeviceSetup
            | Self::ReadOriginals
            | Self::ManageParties
            | Self::ReadAudit
            | Self::ReadScans
            | Self::ReadRecalls => {
                matches!(role, Some(Operator | Supervisor))
            }
            Self::ReadMessages => matches!(role, Some(Operator | Supervisor | Producer | Lab)),
            Self::FileProducer => matches!(role, Some(Operator | Supervisor)),
            Self::EditFiling | Self::TestPrinter => matches!(role, Some(Operator | Producer)),
            Self::TakeSample | Self::ManageMethods => matches!(role, Some(Supervisor | Lab)),
            Self::ReleaseLot | Self::HandOver | Self::VoidCertificate => {
                matches!(role, Some(Supervisor | Producer))
            }
            Self::AcknowledgeAlarm
            | Self::SupervisorDesk
            | Self::SuperviseLot
            | Self::DecideFiling => {
                matches!(role, Some(Supervisor))
            }
            Self::ReadRelief => matches!(role, Some(Supervisor | Lab)),
            Self::ReadStatistics => matches!(role, Some(Operator | Supervisor)),
            Self::ReadLabels | Self::ReadPictures | Self::ExportProducer => {
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

/// What a route lets one do; `None` for a route that is not in the table. HEAD is GET's shadow.
pub(crate) fn action(method: &Method, path: &str) -> Option<Action> {
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let rule = rules().find(|(m, p, _)| m == method && *p == path);
    rule.map(|(_, _, action)| *action)
}

/// The methods that a route has.
pub(crate) fn methods(path: &str) -> Vec<&'static str> {
    let own = rules().filter(|(_, p, _)| *p == path);
    own.map(|(method, _, _)| method.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_stands_in_the_table_once() {
        for (place, (method, path, _)) in rules().enumerate() {
            let mut rest = rules().skip(place + 1);
            let again = rest.any(|(m, p, _)| m == method && p == path);
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

//! How enumerations look: the key of their word, the tone of their colour, their icon. A tone is
//! never the only sign: each is shown with its word.

use model::alarm::{Bound, Severity};
use model::lot::LotState;

use super::supervisor::AlarmState;
use super::trace::{Regime, Step, TestVerdict, Verdict};
use super::{Mark, Role};

impl Verdict {
    pub(super) fn key(&self) -> &'static str {
        match self {
            Self::Passed => "verdict.passed",
            Self::Untested => "verdict.untested",
            Self::InTest => "verdict.in-test",
            Self::Expired => "verdict.expired",
            Self::Failed => "verdict.failed",
            Self::Incomplete => "verdict.incomplete",
            Self::Recalled { .. } => "verdict.recalled",
        }
    }

    pub(super) fn tone(&self) -> &'static str {
        match self {
            Self::Passed => "good",
            Self::Untested | Self::InTest | Self::Expired => "warn",
            Self::Failed | Self::Recalled { .. } => "bad",
            Self::Incomplete => "calm",
        }
    }

    pub(super) fn icon(&self) -> &'static str {
        match self {
            Self::Passed => "check",
            Self::Untested => "dash",
            Self::InTest | Self::Expired => "wait",
            Self::Failed | Self::Recalled { .. } => "stop",
            Self::Incomplete => "question",
        }
    }
}

impl TestVerdict {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Pass => "test.pass",
            Self::Fail => "test.fail",
            Self::Unclear => "test.unclear",
        }
    }

    pub(super) fn tone(self) -> &'static str {
        match self {
            Self::Pass => "good",
            Self::Fail => "bad",
            Self::Unclear => "warn",
        }
    }

    pub(super) fn icon(self) -> &'static str {
        match self {
            Self::Pass => "check",
            Self::Fail => "cross",
            Self::Unclear => "wait",
        }
    }
}

impl Regime {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Promise => "regime.promise",
            Self::Licence => "regime.licence",
            Self::Workshop => "regime.workshop",
        }
    }
}

impl Step {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Started => "step.started",
            Self::Treated => "step.treated",
            Self::Harvested => "step.harvested",
            Self::Processed => "step.processed",
            Self::Tested => "step.tested",
            Self::Released => "step.released",
            Self::Labelled => "step.labelled",
            Self::Packed => "step.packed",
            Self::Shipped => "step.shipped",
            Self::Received => "step.received",
            Self::Held => "step.held",
            Self::Recalled => "step.recalled",
            Self::Sealed => "step.sealed",
        }
    }

    pub(super) fn tone(self) -> &'static str {
        match self {
            Self::Released => "good",
            Self::Held | Self::Recalled => "bad",
            _ => "calm",
        }
    }
}

impl Mark {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Measured => "mark.measured",
            Self::Tested => "mark.tested",
            Self::Declared => "mark.declared",
            Self::Certified => "mark.certified",
        }
    }

    pub(super) fn tone(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Tested => "tested",
            Self::Declared => "declared",
            Self::Certified => "certified",
        }
    }
}

/// A page of a desk: address and key of its name.
pub(super) type Tab = (&'static str, &'static str);

/// A step of the tour: page, selector of the element that it shows, key of its words. Where the
/// element is not on the page the step is passed over.
pub(super) type TourStep = (&'static str, &'static str, &'static str);

impl Role {
    /// What the role's desk is called in its address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Producer => "producer",
            Self::Lab => "lab",
            Self::Supervisor => "supervisor",
            Self::Operator => "operator",
        }
    }

    /// The steps of the role's tour, in their order.
    pub(super) fn tour(self) -> &'static [TourStep] {
        match self {
            Self::Producer => super::producer::TOUR,
            Self::Lab => super::lab::TOUR,
            Self::Supervisor => super::supervisor::TOUR,
            Self::Operator => super::operator::TOUR,
        }
    }

    /// The pages of the role's desk, in the order of a day's work.
    pub(super) fn tabs(self) -> &'static [Tab] {
        match self {
            Self::Producer => super::producer::TABS,
            Self::Lab => super::lab::TABS,
            Self::Supervisor => super::supervisor::TABS,
            Self::Operator => super::operator::TABS,
        }
    }

    /// The desks a role may open: address and key of the name.
    pub(super) fn desks(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Producer => &[("/producer", "nav.producer")],
            Self::Lab => &[("/lab", "nav.lab")],
            Self::Supervisor => &[("/supervisor", "nav.supervisor")],
            Self::Operator => &[("/operator", "nav.operator")],
        }
    }
}

impl AlarmState {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Active => "alarm.active",
            Self::Returned => "alarm.returned",
            Self::Acknowledged => "alarm.acknowledged",
            Self::Closed => "alarm.closed",
        }
    }

    pub(super) fn class(self) -> &'static str {
        if self.is_open() { "open" } else { "answered" }
    }

    /// Nobody has acknowledged it yet.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Active | Self::Returned)
    }
}

/// The key of a severity's word.
pub(super) fn severity_key(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "severity.critical",
        Severity::High => "severity.high",
        Severity::Medium => "severity.medium",
        Severity::Low => "severity.low",
    }
}

/// The tone of a severity.
pub(super) fn severity_tone(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "bad",
        Severity::Medium => "warn",
        Severity::Low => "calm",
    }
}

/// The comparison that a reading beyond the bound fulfils.
pub(super) fn sign(bound: Bound) -> &'static str {
    match bound {
        Bound::Below => "<",
        Bound::Above => ">",
    }
}

/// The key of a lot state's word.
pub(super) fn lot_key(state: LotState) -> &'static str {
    match state {
        LotState::Growing => "lot.growing",
        LotState::Harvested => "lot.harvested",
        LotState::InTest => "lot.in-test",
        LotState::Released => "lot.released",
        LotState::Held => "lot.held",
        LotState::Shipped => "lot.shipped",
        LotState::SoldOut => "lot.sold-out",
        LotState::Recalled => "lot.recalled",
    }
}

/// The tone of a lot state.
pub(super) fn lot_tone(state: LotState) -> &'static str {
    match state {
        LotState::Released | LotState::Shipped => "good",
        LotState::InTest => "warn",
        LotState::Held | LotState::Recalled => "bad",
        LotState::Growing | LotState::Harvested | LotState::SoldOut => "calm",
    }
}

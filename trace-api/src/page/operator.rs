//! The operator's desk, small for now: refused payloads with their reason, gateways, last seen.

use model::time::Timestamp;

use super::{Page, Site};

/// The desk's page.
#[derive(Debug, Clone, Default)]
pub struct OperatorView {
    /// Refused payloads, newest first.
    pub dead_letters: Vec<DeadLetterRow>,
    /// Gateways, the longest silent first.
    pub gateways: Vec<GatewayRow>,
}

/// One refused payload.
#[derive(Debug, Clone)]
pub struct DeadLetterRow {
    /// When it arrived.
    pub at: Timestamp,
    /// Gateway that sent it, as it named itself.
    pub gateway: String,
    /// Topic.
    pub topic: String,
    /// Reason as the record spells it, such as `unknown-gateway`; shown in words where known.
    pub reason: String,
    /// What was wrong exactly.
    pub detail: String,
    /// Size of the payload, bytes.
    pub bytes: u64,
}

/// One gateway.
#[derive(Debug, Clone)]
pub struct GatewayRow {
    /// Identity.
    pub id: String,
    /// Connected now, by its own status message.
    pub online: bool,
    /// Last message of any kind.
    pub last_seen: Option<Timestamp>,
    /// Probes behind it.
    pub probes: u64,
}

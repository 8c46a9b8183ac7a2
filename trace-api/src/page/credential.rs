//! 资质证书 as pages show them: what others issued to a producer or for a product, until when, and
//! whether that day is past. Not the 承诺达标合格证 of a lot.

use model::time::Timestamp;

/// A credential that a supervisor has compared with its scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Which kind.
    pub kind: CredentialKind,
    /// Its number.
    pub number: String,
    /// The body that issued it.
    pub issuer: String,
    /// Last day.
    pub until: Timestamp,
    /// Whether that day is past.
    pub expired: bool,
}

/// What was certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// 食品生产许可.
    Licence,
    /// 绿色食品.
    Green,
    /// 有机产品.
    Organic,
    /// 农产品地理标志.
    Origin,
    /// 质量管理体系.
    Quality,
}

impl Credential {
    /// The words of its kind.
    pub(super) const fn key(&self) -> &'static str {
        match self.kind {
            CredentialKind::Licence => "credential.sc",
            CredentialKind::Green => "credential.green",
            CredentialKind::Organic => "credential.organic",
            CredentialKind::Origin => "credential.origin",
            CredentialKind::Quality => "credential.quality",
        }
    }

    /// Its colour: what is over is no mark of quality.
    pub(super) const fn tone(&self) -> &'static str {
        if self.expired { "warn" } else { "good" }
    }
}

//! The topics of our own MQTT interface, `suyuan/v1/{gateway}/…`. Other vendors' topics are not
//! here: they belong to the adapters of `ingest`.

use core::fmt;

use crate::id::{GatewayId, NameError, ProbeName};

/// What every topic of ours begins with.
pub const PREFIX: &str = "suyuan/v1/";

/// A topic of ours, parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// `…/{gateway}/{probe}/telemetry`: a `SenML` pack going up.
    Telemetry {
        /// Who sends.
        gateway: GatewayId,
        /// Whose readings they are.
        probe: ProbeName,
    },
    /// `…/{gateway}/{probe}/modbus`: a Modbus RTU answer going up, as a DTU took it from the wire.
    Modbus {
        /// Who sends.
        gateway: GatewayId,
        /// Whose registers they are.
        probe: ProbeName,
    },
    /// `…/{gateway}/{camera}/snapshot`: a JPEG going up.
    Snapshot {
        /// Who sends.
        gateway: GatewayId,
        /// Which camera took it.
        camera: ProbeName,
    },
    /// `…/{gateway}/status`: online or offline, retained, also the last will.
    Status {
        /// Whose state it is.
        gateway: GatewayId,
    },
    /// `…/{gateway}/committed`: pack numbers going down.
    Committed {
        /// Who may forget them.
        gateway: GatewayId,
    },
}

/// Why a topic is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// It does not begin with [`PREFIX`].
    #[error("the topic does not begin with {PREFIX}")]
    Prefix,
    /// The levels after the gateway are none that we know.
    #[error(
        "the topic's last levels are not {{probe}}/telemetry, {{probe}}/modbus, {{camera}}/snapshot, \
         status or committed"
    )]
    Kind,
    /// A name in it is none.
    #[error("a name in the topic is refused")]
    Name(#[source] NameError),
}

impl Topic {
    /// Parses a whole topic name; wildcards are refused as names.
    pub fn parse(text: &str) -> Result<Self, TopicError> {
        let mut levels = text
            .strip_prefix(PREFIX)
            .ok_or(TopicError::Prefix)?
            .split('/');
        let gateway = levels.next().unwrap_or_default();
        let gateway = GatewayId::parse(gateway).map_err(TopicError::Name)?;
        let name = |text| ProbeName::parse(text).map_err(TopicError::Name);
        match (levels.next(), levels.next(), levels.next()) {
            (Some("status"), None, None) => Ok(Self::Status { gateway }),
            (Some("committed"), None, None) => Ok(Self::Committed { gateway }),
            (Some(probe), Some("telemetry"), None) => Ok(Self::Telemetry {
                gateway,
                probe: name(probe)?,
            }),
            (Some(probe), Some("modbus"), None) => Ok(Self::Modbus {
                gateway,
                probe: name(probe)?,
            }),
            (Some(camera), Some("snapshot"), None) => Ok(Self::Snapshot {
                gateway,
                camera: name(camera)?,
            }),
            _ => Err(TopicError::Kind),
        }
    }

    /// The gateway that the topic belongs to.
    #[must_use]
    pub const fn gateway(&self) -> &GatewayId {
        match self {
            Self::Telemetry { gateway, .. }
            | Self::Modbus { gateway, .. }
            | Self::Snapshot { gateway, .. }
            | Self::Status { gateway }
            | Self::Committed { gateway } => gateway,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Telemetry { gateway, probe } => write!(f, "{PREFIX}{gateway}/{probe}/telemetry"),
            Self::Modbus { gateway, probe } => write!(f, "{PREFIX}{gateway}/{probe}/modbus"),
            Self::Snapshot { gateway, camera } => write!(f, "{PREFIX}{gateway}/{camera}/snapshot"),
            Self::Status { gateway } => write!(f, "{PREFIX}{gateway}/status"),
            Self::Committed { gateway } => write!(f, "{PREFIX}{gateway}/committed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn every_topic_of_ours_prints_as_it_was_read() {
        for text in [
            "suyuan/v1/demo-gw/demo-probe/telemetry",
            "suyuan/v1/demo-gw/soil-1/modbus",
            "suyuan/v1/demo-gw/cam1/snapshot",
            "suyuan/v1/demo-gw/status",
            "suyuan/v1/demo-gw/committed",
        ] {
            assert_eq!(
                Topic::parse(text).map(|topic| topic.to_string()),
                Ok(text.to_string())
            );
        }
    }

    #[test]
    fn what_is_no_topic_of_ours_says_why() {
        assert_eq!(
            Topic::parse("v1/devices/me/telemetry"),
            Err(TopicError::Prefix)
        );
        assert_eq!(
            Topic::parse("suyuan/v1/gw/probe/temperature"),
            Err(TopicError::Kind)
        );
        assert_eq!(
            Topic::parse("suyuan/v1/gw/p/telemetry/x"),
            Err(TopicError::Kind)
        );
        assert_eq!(Topic::parse("suyuan/v1/gw"), Err(TopicError::Kind));
        assert_eq!(
            Topic::parse("suyuan/v1/+/p/telemetry"),
            Err(TopicError::Name(NameError::Character('+')))
        );
    }
}

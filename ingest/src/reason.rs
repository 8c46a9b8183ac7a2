//! Why something that came in was not stored as a reading. The words are an interface: they stand
//! in the table of dead letters, in `/api/v1/dead-letters` and as the label `reason` in `/metrics`,
//! so one that was released keeps its spelling.

use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal;)*) => {
        /// One reason for a dead letter or a refused connection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DeadReason {
            $($(#[$doc])* $variant,)*
        }

        impl DeadReason {
            /// Every reason, in the order of this list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word for machines.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }
    };
}

reasons! {
    /// The payload is no `SenML` pack (RFC 8428).
    NotSenml = "not_senml";
    /// The payload is no telemetry of `ThingsBoard`.
    NotThingsBoard = "not_thingsboard";
    /// The payload is no event of `ChirpStack`, or was not decoded there.
    NotChirpStack = "not_chirpstack";
    /// The payload is no telemetry of Tasmota.
    NotTasmota = "not_tasmota";
    /// The payload is no Sparkplug B.
    NotSparkplug = "not_sparkplug";
    /// A metric's name is not known since its edge node was last born; it has been asked again.
    NeedsBirth = "needs_birth";
    /// The payload is no whole Modbus RTU frame with registers in it.
    NotModbus = "not_modbus";
    /// The Modbus device answered with an exception.
    ModbusException = "modbus_exception";
    /// The Modbus frame is from another unit than the probe's.
    WrongUnit = "wrong_unit";
    /// No gateway of that name is registered.
    UnknownGateway = "unknown_gateway";
    /// The gateway exists, its key is another.
    WrongKey = "wrong_key";
    /// The gateway exists and was switched off by an operator.
    DisabledGateway = "disabled_gateway";
    /// A gateway spoke for another one.
    ForeignTopic = "foreign_topic";
    /// The topic is none that anything is expected on.
    UnknownTopic = "unknown_topic";
    /// The gateway has no probe of that name.
    UnknownProbe = "unknown_probe";
    /// No probe has the device's name as an alias.
    UnknownDevice = "unknown_device";
    /// The device is registered at another gateway than the one that signed in.
    ForeignDevice = "foreign_device";
    /// The probe's profile has no channel of that name.
    UnknownChannel = "unknown_channel";
    /// The record's unit is another than the channel's.
    UnitMismatch = "unit_mismatch";
    /// The value is a text, a flag, bytes, or no finite number.
    NotANumber = "not_a_number";
    /// Measured longer ago than a clock is believed; kept at the arrival and flagged.
    TimeInPast = "time_in_past";
    /// Measured later than now, by more than a clock may be wrong; kept at the arrival and flagged.
    TimeInFuture = "time_in_future";
    /// The packet or the payload is larger than its limit.
    Oversized = "oversized";
    /// The payload of a status topic is none of ours.
    NotStatus = "not_status";
    /// The payload of a snapshot is no whole JPEG.
    NotPicture = "not_picture";
    /// The gateway has no camera of that name.
    UnknownCamera = "unknown_camera";
    /// Understood, but nothing stores it yet.
    NotSupported = "not_supported";
    /// PostgreSQL refused the rows.
    RefusedByDatabase = "refused_by_database";
}

impl DeadReason {
    /// Whether it is about a clock alone: the readings are stored, and nothing is lost without a
    /// letter.
    #[must_use]
    pub const fn is_clock(self) -> bool {
        matches!(self, Self::TimeInPast | Self::TimeInFuture)
    }
}

impl fmt::Display for DeadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reason_has_its_own_word_of_lower_case_letters() {
        let words: HashSet<_> = DeadReason::ALL
            .iter()
            .map(|reason| reason.as_str())
            .collect();
        assert_eq!(words.len(), DeadReason::ALL.len());
        assert!(
            words
                .iter()
                .all(|word| word.bytes().all(|b| b == b'_' || b.is_ascii_lowercase()))
        );
    }
}

//! What a channel measures and in which unit. Units are those of `SenML` (RFC 8428 and its
//! registry), quantities our own short list. A unit that is not listed is not refused: it stays
//! text, and only equal units are compared.

use core::fmt;

/// Most characters of a channel's name.
pub const CHANNEL_NAME_CHARS_MAX: usize = 64;

macro_rules! quantities {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $unit:literal;)*) => {
        /// What is measured; the code is what the database and the API spell.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Quantity {
            $($(#[$doc])* $variant,)*
        }

        impl Quantity {
            /// Every quantity, in the order of this list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word that the database and the API use.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The `SenML` unit that probes of this quantity usually speak.
            #[must_use]
            pub const fn usual_unit(self) -> &'static str {
                match self { $(Self::$variant => $unit,)* }
            }

            /// The quantity of a code, `None` for a word that is not in the list.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|quantity| quantity.code() == code)
            }
        }
    };
}

quantities! {
    /// Air temperature.
    AirTemperature = "air-temperature", "Cel";
    /// Relative humidity of the air.
    AirHumidity = "air-humidity", "%RH";
    /// Volumetric water content of the soil.
    SoilMoisture = "soil-moisture", "%";
    /// Soil temperature.
    SoilTemperature = "soil-temperature", "Cel";
    /// Soil acidity.
    SoilPh = "soil-ph", "pH";
    /// Air pressure.
    AirPressure = "air-pressure", "hPa";
    /// Light.
    Illuminance = "illuminance", "lx";
    /// Temperature of a store, van or smoke room.
    RoomTemperature = "room-temperature", "Cel";
    /// Ammonia in the air of a hen house.
    Ammonia = "ammonia", "ppm";
    /// Depth of water on a paddy.
    WaterLevel = "water-level", "cm";
    /// Temperature of the water on a paddy.
    WaterTemperature = "water-temperature", "Cel";
    /// Supply voltage of the device itself.
    Voltage = "voltage", "V";
    /// Anything else: shown with the channel's own name.
    Other = "other", "";
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_finds_its_quantity_again() {
        for quantity in Quantity::ALL {
            assert_eq!(Quantity::from_code(quantity.code()), Some(*quantity));
        }
        assert_eq!(Quantity::from_code("mood"), None);
    }
}

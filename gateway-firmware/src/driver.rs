//! Drivers of sensors, on the traits of `embedded-hal` 1.0: one file a sensor, conversion from
//! raw numbers apart from the bus, so that it can be checked against the data sheet alone.

pub mod sht4x;

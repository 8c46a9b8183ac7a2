//! Ingest
pub mod clock;
pub mod reason;
pub mod senml;

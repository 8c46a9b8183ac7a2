//! The business rules of this slice as pure functions: no store, no HTTP, no clock.

pub(crate) mod lot_code;
pub(crate) mod plausible;
pub(crate) mod result;
pub(crate) mod verdict;

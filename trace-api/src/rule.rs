//! The business rules of this slice as pure functions: no store, no HTTP, no clock.

pub(crate) mod attachment;
pub(crate) mod certificate;
pub(crate) mod copy;
pub(crate) mod credential;
pub(crate) mod farm;
pub(crate) mod filing;
pub(crate) mod handover;
pub(crate) mod holder;
pub(crate) mod interval;
pub(crate) mod kde;
pub(crate) mod limit_table;
pub(crate) mod lot_code;
pub(crate) mod mass;
pub(crate) mod month;
pub(crate) mod picture_gap;
pub(crate) mod plausible;
pub(crate) mod profile;
pub(crate) mod quick_test;
pub(crate) mod recall;
pub(crate) mod release;
pub(crate) mod result;
pub(crate) mod sheet;
pub(crate) mod signature;
pub(crate) mod upload;
pub(crate) mod verdict;

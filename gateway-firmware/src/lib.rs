//! What a field node does: sample its probes, keep every reading in flash, send packs of them,
//! and forget a reading only when the server says that it is in the database. It is not a
//! firmware image: clock, radio, flash and pins belong to the board, which calls in here. The one
//! thing to know: the simulated board of `suyuan simulate` runs this same library.
//!
//! No `std`, no heap, no clock, no chance: time and random numbers enter as values.

#![no_std]

#[cfg(test)]
extern crate std;

pub mod backoff;
pub mod committed;
pub mod driver;
pub mod node;
mod pack;
pub mod probe;
pub mod queue;
pub mod report;
pub mod uplink;

//! The words of the field, spelt once: ids, time, units, GS1 keys, lot life, alarm rules, the wire
//! format. No IO, no clock, no unbounded allocation: the same code runs on a probe's
//! microcontroller and on the server. With the feature `alloc` it also holds the trace events.

#![no_std]

#[cfg(any(test, feature = "alloc"))]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod alarm;
pub mod credit_code;
#[cfg(any(test, feature = "alloc"))]
pub mod event;
pub mod filing;
pub mod gs1;
pub mod id;
pub mod lot;
pub mod metric;
pub mod register;
pub mod scheme;
pub mod senml;
pub mod time;
pub mod topic;
pub mod unit;

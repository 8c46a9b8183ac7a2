//! The whole chain as one binary: real processes, real PostgreSQL, real mosquitto, stock tools.
//! Each file is one promise of the README; nothing here looks inside a crate.

#![expect(
    clippy::print_stdout,
    reason = "seeds, counts and skips are read in the test's output"
)]

mod alarm;
mod arrows;
mod backup;
mod bad_input;
mod bench;
mod clients;
mod corpus;
mod demo;
mod devices;
mod doors;
mod faults;
mod harness;
mod intake;
mod label;
mod mirror;
mod operating;
mod pictures;
mod profiles;
mod replay;
mod tls;

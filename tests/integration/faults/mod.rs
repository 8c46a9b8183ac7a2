//! What is killed, cut and stalled, and what it costs: nothing that was acknowledged. Every fault
//! comes at a moment drawn from a seed that is printed, so that a run can be repeated.

mod away;
mod books;
mod broker;
pub mod chance;
mod group;
mod kill;
mod line;
mod node;
mod pressure;
pub mod publisher;
mod stage;
mod stock;
mod sweep;

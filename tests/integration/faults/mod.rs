//! What is killed, cut and stalled, and what it costs: nothing that was acknowledged. Every fault
//! comes at a moment drawn from a seed that is printed, so that a run can be repeated.

mod books;
mod broker;
mod chance;
mod kill;
mod line;
mod node;
mod pressure;
mod publisher;
mod stage;
mod sweep;

//! Intake: what comes in over MQTT becomes rows, and is acknowledged when they are committed.
//!
//! One pipeline, two doors. The [`front`] serves devices itself; the [`broker`] door reads from a
//! broker that is there already. Both hand [`stage::Received`] to the [`pipeline`] and wait for
//! [`stage::Stored`]; decoding and resolving run in the door's own task, one [`writer`] owns the
//! batch. No SQL here: the database is behind [`directory`] and [`writer::Sink`].

pub mod broker;
pub mod clock;
pub mod config;
pub mod directory;
pub mod front;
pub mod health;
pub mod payload;
pub mod pipeline;
mod quiet;
pub mod reason;
mod refusal;
pub mod registry;
mod replay;
pub mod resolve;
mod run;
pub mod snapshot;
pub mod stage;
#[cfg(any(test, feature = "fuzzing"))]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "fuzzing drives the front with a part of it")
)]
mod testing;
pub mod tls;
pub mod window;
pub mod writer;

pub use broker::BrokerUrl;
pub use clock::Clock;
pub use config::{BrokerConfig, FrontLimits, IngestConfig, PipelineLimits, TlsDoor};
pub use front::Rate;
pub use health::{Health, HealthReport};
pub use payload::senml;
pub use reason::DeadReason;
pub use run::{IngestError, run, run_with};
pub use tls::{ServerTls, TlsError, TlsFiles};

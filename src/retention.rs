//! The task that looks after the table of readings: months ahead, compression, and what is older
//! than it is to be kept. Any number of processes may run it; one at a time does the work.

use std::time::Duration;

use model::metric;
use store::Store;
use store::retention::{Hold, Kept, round};
use tokio_util::sync::CancellationToken;

use crate::clock;

/// Pause between two rounds.
const PAUSE: Duration = Duration::from_hours(1);
/// Pause after the database failed, or a change of the table waited too long for others.
const PAUSE_AFTER_ERROR: Duration = Duration::from_mins(1);

/// Looks after the table until it is told to stop.
pub async fn run(store: Store, raw_days: u32, stop: CancellationToken) -> anyhow::Result<()> {
    while !stop.is_cancelled() {
        let pause = match round(&store, raw_days, clock::now()).await {
            Ok(kept) => {
                count(&kept);
                PAUSE
            }
            Err(error) => {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::new(error)),
                    "the table of readings was not looked after; it will be tried again"
                );
                PAUSE_AFTER_ERROR
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

fn count(kept: &Kept) {
    if kept.busy {
        return;
    }
    metrics::counter!(metric::RAW_DROPPED).increment(kept.dropped.len() as u64);
    metrics::counter!(metric::STRAYS_MOVED).increment(kept.rehomed);
    for (hold, why) in [
        (Hold::Lot, "lot"),
        (Hold::Arrival, "arrival"),
        (Hold::Settling, "settling"),
    ] {
        let held = kept.held.iter().filter(|(_, other)| *other == hold);
        metrics::gauge!(metric::RAW_HELD, "why" => why).set(held.count() as f64);
    }
    if kept.rehomed > 0 {
        tracing::info!(
            rows = kept.rehomed,
            "stray readings were moved to their months"
        );
    }
}

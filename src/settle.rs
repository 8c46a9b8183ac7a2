//! The task that settles what committed readings leave behind: rollups and alarms.

use std::time::Duration;

use model::metric;
use store::Store;
use store::settle::{MARKS_PER_ROUND, Settled, count_waiting, round};
use tokio_util::sync::CancellationToken;

use crate::clock;

/// Least and longest pause between two looks at the marks. In ordinary times a round takes some
/// milliseconds and an alarm stays below two seconds.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));
/// A round that took long is followed by a pause this many times as long, within those bounds:
/// under load the writer comes first, and an hour that fills up is settled less often.
const PAUSE_TIMES: u32 = 8;
/// The same after a round that left marks behind: the lag must shrink, and the writer go on.
const PAUSE_TIMES_BEHIND: u32 = 1;
/// Pause after the database failed.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(2);

/// Settles until it is told to stop. A failed round is repeated: the marks are still there.
pub async fn run(store: Store, stop: CancellationToken) -> anyhow::Result<()> {
    while !stop.is_cancelled() {
        let started = clock::instant();
        let pause = match round(&store, clock::now()).await {
            Ok(settled) => {
                metrics::counter!(metric::ALARMS_RAISED).increment(settled.raised);
                measure_lag(&store, &settled).await;
                let is_behind = settled.marks >= MARKS_PER_ROUND as u64;
                pause_after(clock::instant() - started, is_behind)
            }
            Err(error) => {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::new(error)),
                    "rollups and alarms wait for the database"
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

/// The pause after a round that took so long, and that may have left marks behind.
fn pause_after(round: Duration, is_behind: bool) -> Duration {
    if is_behind {
        return (round * PAUSE_TIMES_BEHIND).min(PAUSE.1);
    }
    (round * PAUSE_TIMES).clamp(PAUSE.0, PAUSE.1)
}

/// Notes how many hours wait. Where nothing was found nothing waits, and nobody is asked.
async fn measure_lag(store: &Store, settled: &Settled) {
    let mut waiting = 0;
    if settled.marks > 0
        && let Ok(mut connection) = store.acquire().await
    {
        waiting = count_waiting(&mut connection).await.unwrap_or_default();
    }
    metrics::gauge!(metric::DIRTY_HOURS).set(waiting as f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_round_is_followed_by_a_longer_pause_within_bounds() {
        for (round, is_behind, pause) in [
            (0, false, 250),
            (20, false, 250),
            (100, false, 800),
            (3_000, false, 5_000),
            (10, true, 10),
            (3_000, true, 3_000),
            (30_000, true, 5_000),
        ] {
            let found = pause_after(Duration::from_millis(round), is_behind);
            assert_eq!(found, Duration::from_millis(pause));
        }
    }
}

//! The task that settles what committed readings leave behind: rollups and alarms.

use std::time::Duration;

use model::metric;
use store::Store;
use store::settle::{MARKS_PER_ROUND, Settled, count_waiting, round};
use tokio_util::sync::CancellationToken;

use crate::clock;

/// Pause between two looks at the marks: with the writer's linger it keeps an alarm well below
/// two seconds.
const PAUSE: Duration = Duration::from_millis(250);
/// Pause after the database failed.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(2);

/// Settles until it is told to stop. A failed round is repeated: the marks are still there.
pub async fn run(store: Store, stop: CancellationToken) -> anyhow::Result<()> {
    while !stop.is_cancelled() {
        let pause = match round(&store, clock::now()).await {
            Ok(settled) => {
                metrics::counter!(metric::ALARMS_RAISED).increment(settled.raised);
                measure_lag(&store, &settled).await;
                if settled.marks >= MARKS_PER_ROUND as u64 {
                    continue;
                }
                PAUSE
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

//! The other door: reading from a broker that a county has already, over MQTT 5. The broker hands
//! out messages, we acknowledge each after its commit, in the order of arrival. Two clients: one
//! reads and acknowledges and never publishes, because a full outgoing window would block its
//! acknowledgements; the other one publishes `committed`.

mod backoff;
mod echo;
mod filter;
mod reader;
mod url;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::BrokerConfig;
use crate::health::Health;
use crate::pipeline::Pipeline;

pub use url::{BrokerUrl, BrokerUrlError};

/// Serves one broker until told to stop, reconnecting as often as it takes.
pub async fn run(
    config: BrokerConfig,
    pipeline: Pipeline,
    health: Arc<Health>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    health.set_broker(false);
    let seed = clock.now().0.unsigned_abs();
    let (echo, numbers) = echo::channel();
    // The second client outlives the first: what is committed during the drain is echoed too.
    let drained = CancellationToken::new();
    let reader = async {
        let (door, connection) =
            reader::Reader::new(&config, pipeline, Arc::clone(&health), clock, echo, seed);
        door.run(connection, &stop).await;
        drained.cancel();
    };
    tokio::join!(
        reader,
        echo::run(&config, numbers, seed.rotate_left(32), &drained)
    );
}

#[cfg(test)]
mod tests;

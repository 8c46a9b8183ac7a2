//! The front: our own small MQTT door for devices, 3.1.1 and 5 on one port. A gateway signs in,
//! publishes below its own id, and subscribes to its own `committed`; it serves nothing else and
//! keeps nothing of its own. The one thing to know: a PUBACK leaves after the commit, in the order
//! of arrival, and a failed commit closes the connection without one.

mod handshake;
mod hub;
mod outbox;
mod packet;
mod session;
mod step;
mod watch;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::metric;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::FrontLimits;
use crate::health::Health;
use crate::pipeline::Pipeline;
use crate::refusal::Refusals;
use hub::Hub;

/// Pause after a connection could not be accepted: the machine is out of file handles, and asking
/// again at once would only burn time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections share.
struct Shared {
    pipeline: Pipeline,
    hub: Arc<Hub>,
    refusals: Refusals,
    limits: FrontLimits,
    clock: Arc<dyn Clock>,
    cancel: CancellationToken,
}

/// The door, before it opens.
pub struct Front {
    listener: TcpListener,
    health: Arc<Health>,
    shared: Arc<Shared>,
}

impl Front {
    /// A front on a bound socket, into `pipeline`, until `cancel`.
    #[must_use]
    pub fn new(
        listener: TcpListener,
        limits: FrontLimits,
        pipeline: Pipeline,
        health: Arc<Health>,
        clock: Arc<dyn Clock>,
        cancel: CancellationToken,
    ) -> Self {
        let refusals = Refusals::new(pipeline.clone(), Arc::clone(&clock));
        let hub = Arc::default();
        let shared = Shared {
            pipeline,
            hub,
            refusals,
            limits,
            clock,
            cancel,
        };
        Self {
            listener,
            health,
            shared: Arc::new(shared),
        }
    }

    /// Serves until told to stop, then lets every connection finish what it has.
    ///
    /// # Errors
    /// A connection's task panicked: a mistake of ours, which must not go on unseen.
    pub async fn run(self) -> Result<(), JoinError> {
        let mut connections = JoinSet::new();
        self.health.set_front(true);
        loop {
            metrics::gauge!(metric::FRONT_CONNECTIONS).set(connections.len() as f64);
            tokio::select! {
                () = self.shared.cancel.cancelled() => break,
                Some(ended) = connections.join_next() => ended?,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => self.serve(stream, peer, &mut connections),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        self.health.set_front(false);
        drop(self.listener);
        while let Some(ended) = connections.join_next().await {
            ended?;
        }
        Ok(())
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, connections: &mut JoinSet<()>) {
        if connections.len() >= self.shared.limits.connections {
            metrics::counter!(metric::FRONT_CLOSED, "reason" => "too_many").increment(1);
            return;
        }
        connections.spawn(handshake::serve(stream, peer, Arc::clone(&self.shared)));
    }
}

#[cfg(test)]
mod tests;

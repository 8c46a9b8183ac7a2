//! The front: our own small MQTT door for devices, 3.1.1 and 5 on one port. A gateway signs in,
//! publishes below its own id, and subscribes to its own `committed` and status; it serves nothing
//! else, and what it keeps of a session it may lose. With and without TLS it is the same. The one
//! thing to know: a PUBACK leaves after the commit, in the order of arrival, and a failed commit
//! closes the connection without one.

mod address;
mod handshake;
mod hub;
mod outbox;
mod packet;
mod rate;
mod session;
mod step;
mod watch;
mod wire;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::pending;
use model::metric;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{FrontLimits, TlsDoor};
use crate::health::Health;
use crate::pipeline::Pipeline;
use crate::refusal::Refusals;
use address::Places;
use hub::Hub;

pub use rate::Rate;

/// Pause after a connection could not be accepted: the machine is out of file handles, and asking
/// again at once would only burn time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections share.
struct Shared {
    pipeline: Pipeline,
    hub: Arc<Hub>,
    /// Room for large packets that are on their way in.
    uploads: Arc<Semaphore>,
    refusals: Refusals,
    limits: FrontLimits,
    clock: Arc<dyn Clock>,
    cancel: CancellationToken,
}

/// The sockets of a front: at least one of them.
#[derive(Debug, Default)]
pub struct Sockets {
    /// Without TLS.
    pub plain: Option<TcpListener>,
    /// With TLS.
    pub tls: Option<TlsDoor>,
}

/// The door, before it opens.
pub struct Front {
    sockets: Sockets,
    health: Arc<Health>,
    shared: Arc<Shared>,
}

impl Front {
    /// A front on bound sockets, into `pipeline`, until `cancel`.
    #[must_use]
    pub fn new(
        sockets: Sockets,
        limits: FrontLimits,
        pipeline: Pipeline,
        health: Arc<Health>,
        clock: Arc<dyn Clock>,
        cancel: CancellationToken,
    ) -> Self {
        let refusals = Refusals::new(pipeline.clone(), Arc::clone(&clock));
        let hub = Arc::new(Hub::new(limits.gateway_rate, limits.sessions));
        let uploads = Arc::new(Semaphore::new(limits.upload_bytes as usize));
        let shared = Shared {
            pipeline,
            hub,
            uploads,
            refusals,
            limits,
            clock,
            cancel,
        };
        Self {
            sockets,
            health,
            shared: Arc::new(shared),
        }
    }

    /// Serves until told to stop, then lets every connection finish what it has.
    ///
    /// # Errors
    /// A connection's task panicked: a mistake of ours, which must not go on unseen.
    pub async fn run(self) -> Result<(), JoinError> {
        let (mut connections, mut places) = (JoinSet::new(), Places::default());
        let reloading = self.reload();
        tokio::pin!(reloading);
        self.health.set_front(true);
        loop {
            metrics::gauge!(metric::FRONT_CONNECTIONS).set(connections.len() as f64);
            tokio::select! {
                () = self.shared.cancel.cancelled() => break,
                Some(ended) = connections.join_next() => places.give(ended?),
                () = &mut reloading => {}
                accepted = self.sockets.accept() => match accepted {
                    Ok(guest) => self.seat(guest, &mut connections, &mut places),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        self.health.set_front(false);
        drop(self.sockets);
        while let Some(ended) = connections.join_next().await {
            ended?;
        }
        Ok(())
    }

    /// Keeps the certificate fresh; never ends before the front does.
    fn reload(&self) -> impl Future<Output = ()> + use<> {
        let tls = self.sockets.tls.as_ref().map(|door| door.tls.clone());
        let (period, stop) = (self.shared.limits.tls_reload, self.shared.cancel.clone());
        async move {
            if let Some(tls) = tls {
                tls.reload_until(period, &stop).await;
            }
            pending::<()>().await;
        }
    }

    fn seat(&self, guest: Accepted, connections: &mut JoinSet<IpAddr>, places: &mut Places) {
        let (address, limits) = (guest.peer.ip(), &self.shared.limits);
        if connections.len() >= limits.connections
            || !places.take(address, limits.connections_per_address)
        {
            metrics::counter!(metric::FRONT_CLOSED, "reason" => "too_many").increment(1);
            return;
        }
        let shared = Arc::clone(&self.shared);
        connections.spawn(async move {
            handshake::serve(guest, shared).await;
            address
        });
    }
}

/// A connection that nobody has spoken on yet.
struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    /// What makes it a TLS connection, where it came to that socket.
    tls: Option<TlsAcceptor>,
}

impl Sockets {
    /// The next connection on either socket; waits for ever where there is none.
    async fn accept(&self) -> io::Result<Accepted> {
        let on = async |listener: Option<&TcpListener>| match listener {
            Some(listener) => listener.accept().await,
            None => pending().await,
        };
        let door = self.tls.as_ref();
        let (accepted, tls) = tokio::select! {
            accepted = on(self.plain.as_ref()) => (accepted?, None),
            accepted = on(door.map(|door| &door.listener)) => {
                (accepted?, door.map(|door| door.tls.acceptor()))
            }
        };
        let (stream, peer) = accepted;
        Ok(Accepted { stream, peer, tls })
    }
}

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
#[cfg(test)]
mod tests;

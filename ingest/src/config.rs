//! Every limit of ingest by its name, with its default and why. The values come from the flags of
//! whoever starts it; nothing here reads the environment.

use std::sync::Arc;
use std::time::Duration;

use model::scheme::Scheme;
use tokio::net::TcpListener;
use tokio_rustls::rustls::ClientConfig;

use crate::broker::BrokerUrl;
use crate::front::Rate;
use crate::snapshot::Shelf;
use crate::tls::ServerTls;

/// What to listen to, and within which limits.
#[derive(Debug)]
pub struct IngestConfig {
    /// The front's socket, bound by the caller so that a taken port is found at start.
    pub front: Option<TcpListener>,
    /// The front's socket for TLS, where one is wanted.
    pub front_tls: Option<TlsDoor>,
    /// Limits of the front.
    pub front_limits: FrontLimits,
    /// A broker to read from as well.
    pub broker: Option<BrokerConfig>,
    /// Limits of the pipeline that both doors share.
    pub pipeline: PipelineLimits,
    /// Where pictures are put; without one they become dead letters.
    pub shelf: Option<Arc<dyn Shelf>>,
    /// How long a shutdown may flush and acknowledge before it gives up.
    pub shutdown_deadline: Duration,
}

impl IngestConfig {
    /// No door, defaults for the rest.
    #[must_use]
    pub fn new() -> Self {
        Self {
            front: None,
            front_tls: None,
            front_limits: FrontLimits::default(),
            broker: None,
            pipeline: PipelineLimits::default(),
            shelf: None,
            shutdown_deadline: Duration::from_secs(10),
        }
    }
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// A socket on which the front speaks TLS.
#[derive(Debug)]
pub struct TlsDoor {
    /// The socket, bound by the caller.
    pub listener: TcpListener,
    /// Its certificate.
    pub tls: ServerTls,
}

/// Limits of the pipeline.
#[derive(Debug, Clone)]
pub struct PipelineLimits {
    /// A batch is written when it has this many reports.
    pub batch_reports: usize,
    /// A batch is written when its first report has waited this long.
    pub batch_linger: Duration,
    /// A batch is written when nothing more has come for this long: publishers that wait for an
    /// acknowledgement would otherwise all wait for [`batch_linger`](Self::batch_linger).
    pub batch_quiet: Duration,
    /// Messages that may wait for the writer beyond the batch that it holds.
    pub queue_messages: usize,
    /// Bytes of payload that may be between arrival and commit, both doors together.
    pub window_bytes: u32,
    /// A commit that takes longer counts as failed: nobody is acknowledged.
    pub commit_timeout: Duration,
    /// Pause of the writer after the database was away.
    pub retry_pause: Duration,
    /// How often the database is asked whether it can be written again, while it could not; and
    /// a fifth as often while nothing comes to be written.
    pub check_period: Duration,
    /// How long it may take to answer that.
    pub check_timeout: Duration,
    /// How often dead letters that an operator wants tried again are looked for; a notice from
    /// the database usually comes first.
    pub replay_period: Duration,
    /// A clock that says this long ago or longer is not believed: ten years, more than any node's
    /// flash or any recording holds, and less than a clock that starts in 1970.
    pub age_max: Duration,
    /// A clock that is this far ahead of the arrival is not believed: an hour, more than clocks
    /// that are set at all differ, and less than a clock in the wrong zone.
    pub ahead_max: Duration,
    /// How often the list of probes is read again.
    pub registry_refresh: Duration,
    /// Least time between two readings of that list when a probe is missing in it.
    pub registry_retry: Duration,
    /// How far the clocks of devices that send local time are ahead of UTC: China standard time.
    pub local_offset_seconds: i32,
}

impl Default for PipelineLimits {
    fn default() -> Self {
        Self {
            batch_reports: 1_000,
            batch_linger: Duration::from_millis(200),
            batch_quiet: Duration::from_millis(2),
            queue_messages: 16_384,
            window_bytes: 64 * 1024 * 1024,
            commit_timeout: Duration::from_secs(30),
            retry_pause: Duration::from_millis(500),
            check_period: Duration::from_secs(1),
            check_timeout: Duration::from_secs(5),
            replay_period: Duration::from_secs(5),
            age_max: Duration::from_hours(3_650 * 24),
            ahead_max: Duration::from_hours(1),
            registry_refresh: Duration::from_secs(5),
            registry_retry: Duration::from_secs(1),
            local_offset_seconds: 8 * 3_600,
        }
    }
}

/// Limits of the front.
#[derive(Debug, Clone)]
pub struct FrontLimits {
    /// Connections at once, those that have not signed in included.
    pub connections: usize,
    /// Connections from one address at once; a county's gateways may share the few addresses of
    /// their mobile network.
    pub connections_per_address: usize,
    /// Connections of one gateway at once.
    pub connections_per_gateway: usize,
    /// How fast one gateway may publish; over it its connections are not read for a while. The
    /// default is beyond what one machine stores, so that one gateway cannot keep the others out.
    pub gateway_rate: Option<Rate>,
    /// How long a client may take from connecting to a complete CONNECT.
    pub connect_timeout: Duration,
    /// Bytes of a CONNECT: all that a stranger can make us hold.
    pub connect_bytes: u32,
    /// Bytes of any later packet: a snapshot of 2 MiB, its topic and properties.
    pub packet_bytes: u32,
    /// Longest time that a session is kept without its connection: subscriptions, and what was to
    /// be told. It does not outlive the process.
    pub session_max: Duration,
    /// Sessions that are kept without their connections.
    pub sessions: usize,
    /// Bytes of large packets that may be on their way in, all connections together: what the
    /// window does for whole messages.
    pub upload_bytes: u32,
    /// How long one packet may take from its first byte to its last.
    pub packet_timeout: Duration,
    /// Publishes of one connection that may wait for their commit: our receive maximum.
    pub inflight: u16,
    /// How long a peer may leave our bytes unread.
    pub write_timeout: Duration,
    /// Longest silence of a client that asked for no keep-alive, and the keep-alive that a
    /// version 5 client is told then.
    pub silence: Duration,
    /// How long the messages of a closed connection may take to be written.
    pub drain: Duration,
    /// How often the files of the certificate are looked at.
    pub tls_reload: Duration,
}

impl Default for FrontLimits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            connections_per_address: 1_024,
            connections_per_gateway: 16,
            gateway_rate: Some(Rate {
                per_second: 50_000,
                burst: 50_000,
            }),
            connect_timeout: Duration::from_secs(10),
            connect_bytes: 16 * 1024,
            packet_bytes: 2 * 1024 * 1024 + 64 * 1024,
            session_max: Duration::from_hours(24),
            sessions: 4_096,
            upload_bytes: 64 * 1024 * 1024,
            packet_timeout: Duration::from_mins(10),
            inflight: 512,
            write_timeout: Duration::from_secs(10),
            silence: Duration::from_hours(1),
            drain: Duration::from_secs(35),
            tls_reload: Duration::from_secs(10),
        }
    }
}

/// How to read from somebody else's broker.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    /// Where it is.
    pub url: BrokerUrl,
    /// Whom TLS trusts; needed for an address that begins with `mqtts`.
    pub tls: Option<Arc<ClientConfig>>,
    /// Fixed, or the broker forgets what is not acknowledged; another one for each process.
    pub client_id: String,
    /// Name of the shared subscription, for several processes on one broker.
    pub shared_group: Option<String>,
    /// Whose devices to read beside our own topics.
    pub schemes: Vec<Scheme>,
    /// Unacknowledged messages that the broker may have outstanding with us. More than a batch,
    /// or delivery stalls until the batch's deadline.
    pub receive_max: u16,
    /// Largest packet taken; the library's own 10 KiB would loop for ever on a larger one.
    pub packet_bytes: u32,
    /// How long the broker keeps our session while we are away.
    pub session_expiry: Duration,
    /// First and longest pause before connecting again.
    pub backoff: (Duration, Duration),
}

impl BrokerConfig {
    /// Defaults for a broker and a client id.
    #[must_use]
    pub fn new(url: BrokerUrl, client_id: impl Into<String>) -> Self {
        Self {
            url,
            tls: None,
            client_id: client_id.into(),
            shared_group: None,
            schemes: Scheme::ALL.to_vec(),
            receive_max: 4_000,
            packet_bytes: 2 * 1024 * 1024 + 64 * 1024,
            session_expiry: Duration::from_hours(30 * 24),
            backoff: (Duration::from_millis(250), Duration::from_secs(30)),
        }
    }
}

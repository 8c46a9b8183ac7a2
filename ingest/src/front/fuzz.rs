//! One client's bytes against the whole front: codec, handshake, session. For fuzz targets and
//! properties; whatever the bytes are, the connection ends and nothing else happens.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::time::sleep;

use super::handshake::converse;
use super::{Arc, Pipeline, Shared, Sockets};
use super::{CancellationToken, Clock, Front, FrontLimits};
use crate::testing::{FakeDatabase, FakeDirectory, Mode, TestClock, limits};

/// How long the client waits for answers before it hangs up.
const HESITATION: Duration = Duration::from_millis(1);
/// Bytes between the client and the front.
const PIPE_BYTES: usize = 4 * 1024;

/// Feeds `bytes` to a front of its own, as one connection that then ends; returns what the front
/// answered. The gateway `demo-gw` may sign in with the key `suyuan-demo`.
#[must_use]
pub fn feed(bytes: &[u8]) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.map_or_else(
        |_| Vec::new(),
        |runtime| runtime.block_on(converse_with(bytes)),
    )
}

async fn converse_with(bytes: &[u8]) -> Vec<u8> {
    let clock: Arc<dyn Clock> = TestClock::new();
    let (pipeline, writing) = Pipeline::new(
        FakeDatabase::new(Mode::Commit),
        FakeDirectory::demo(),
        &limits(),
        Arc::default(),
        Arc::clone(&clock),
    );
    let front = Front::new(
        Sockets::default(),
        FrontLimits {
            drain: Duration::from_secs(1),
            ..FrontLimits::default()
        },
        pipeline,
        Arc::default(),
        clock,
        CancellationToken::new(),
    );
    let shared: Arc<Shared> = Arc::clone(&front.shared);
    drop(front);
    let (client, server) = duplex(PIPE_BYTES);
    let (mut heard, mut said) = tokio::io::split(client);
    let (reader, writer) = tokio::io::split(server);
    let mut answer = Vec::new();
    let conversation = converse(reader, writer, Ipv4Addr::LOCALHOST.into(), shared);
    let talking = async {
        // The front may hang up in the middle, which is its right.
        let _ = said.write_all(bytes).await;
        // Whoever hangs up at once is not answered.
        sleep(HESITATION).await;
        let _ = said.shutdown().await;
    };
    let listening = async {
        let _ = heard.read_to_end(&mut answer).await;
    };
    // The writer ends when nobody holds the pipeline any more.
    tokio::join!(writing, conversation, talking, listening);
    answer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 3.1.1, `demo-gw` with its key, a session to be kept.
    const CONNECT: &[u8] = b"\x10\x26\x00\x04MQTT\x04\xc0\x00\x3c\x00\x04fuzz\
        \x00\x07demo-gw\x00\x0bsuyuan-demo";

    #[test]
    fn a_client_that_is_one_is_answered() {
        let ping = [CONNECT, b"\xc0\x00"].concat();
        assert_eq!(feed(&ping), b"\x20\x02\x00\x00\xd0\x00");
    }

    proptest! {
        #[test]
        fn whatever_comes_the_connection_ends(
            signs_in in any::<bool>(),
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let start = if signs_in { CONNECT } else { b"" };
            let answer = feed(&[start, &bytes].concat());
            prop_assert_eq!(answer.starts_with(b"\x20\x02\x00\x00"), signs_in);
        }
    }
}

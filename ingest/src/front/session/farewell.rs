//! The end of a session: what was taken is committed and acknowledged, the client is told what
//! there is to tell, its will is published where it is due, and the gateway is noted as gone.

use futures_util::stream::StreamExt as _;
use model::topic::Topic;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::super::packet::{Goodbye, Outbound};
use super::super::watch::Ending;
use super::Session;
use crate::stage::Kind;

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Session<R, W> {
    /// Lets what has arrived be written, tells the client what there is to tell, and notes that
    /// the gateway is gone.
    pub(super) async fn finish(mut self, ending: Ending) {
        let drain = self.shared.limits.drain;
        let is_stored = ending != Ending::Goodbye(Goodbye::NotStored);
        if is_stored && timeout(drain, self.drain()).await.is_err() {
            tracing::warn!(gateway = %self.guest.gateway, "messages were still on their way");
        }
        if let Ending::Goodbye(reason) = ending {
            self.send(Outbound::Disconnect(reason));
        }
        if !matches!(ending, Ending::Lost | Ending::Stalled) {
            let (limit, out) = (self.shared.limits.write_timeout, &mut self.out);
            // The client may be gone already; its messages are acknowledged or come again.
            let writer = &mut self.writer;
            let said = async {
                writer.write_all_buf(out).await?;
                writer.shutdown().await
            };
            let _ = timeout(limit, said).await;
        }
        self.say_offline(ending).await;
    }

    async fn drain(&mut self) {
        if let Some(waiting) = self.waiting.take()
            && let Some(room) = waiting.room.await
        {
            self.commit(waiting.packet_id, waiting.received, waiting.retain, room);
        }
        while let Some(done) = self.inflight.next().await {
            if self.acknowledge_all(done).is_err() {
                return;
            }
        }
        self.send_outbox();
    }

    /// The last will, where it is due, and the gateway's state, where this was its last
    /// connection. A client that is only taken over by itself has not gone: its will on the status
    /// topic would say that it has.
    async fn say_offline(mut self, ending: Ending) {
        let now = self.shared.clock.now();
        let seconds = i64::try_from(self.guest.session.as_secs()).unwrap_or(i64::MAX);
        let keep_until = (seconds > 0).then(|| now.plus_seconds(seconds));
        let is_last = self.guest.membership.leave(keep_until);
        let will = if ending == Ending::Clean {
            None
        } else {
            self.guest.will.take()
        };
        if let Some(will) = will {
            let topic = Topic::parse(&will.topic).ok();
            let received = self.received(will.topic, topic.as_ref(), will.payload);
            let state = match received.kind {
                Kind::Presence { online, .. } => Some(online),
                _ => None,
            };
            let is_here = ending == Ending::Goodbye(Goodbye::TakenOver);
            if state.is_none() || !is_here {
                // Nobody waits for it: a will that is not stored is like one that was not sent.
                let _ = self.shared.pipeline.take(received).await;
            }
            if let Some(online) = state.filter(|_| !is_here) {
                let hub = &self.shared.hub;
                hub.announce_state(self.guest.gateway, online, will.retain);
            }
        }
        if is_last {
            let directory = self.shared.pipeline.directory();
            if let Err(error) = directory
                .set_presence(&self.guest.gateway, false, now)
                .await
            {
                tracing::warn!(gateway = %self.guest.gateway, %error, "still shown as online");
            }
        }
    }
}

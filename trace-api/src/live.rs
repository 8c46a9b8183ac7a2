//! Alarms as they change and results as they are entered, from PostgreSQL's notices to every open
//! page of a desk. A notice is a hint to look: after a lost connection everybody looks at the whole
//! list again.

use std::time::Duration;

use store::Store;
use store::notice::{NumberListener, Topic};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Notices that a slow page may be behind before it has to look at the whole list.
const BACKLOG_MAX: usize = 256;
/// How long after a failure the listener tries again.
const RETRY: Duration = Duration::from_secs(2);

/// What a page should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Look at the one of this number.
    Changed(i64),
    /// Something may have been missed: look at all of them.
    LookAgain,
}

/// What changes of one topic.
#[derive(Debug)]
pub(crate) struct Feed {
    topic: Topic,
    sender: broadcast::Sender<Notice>,
}

impl Feed {
    /// A feed to which nobody listens yet.
    pub(crate) fn new(topic: Topic) -> Self {
        Self {
            topic,
            sender: broadcast::channel(BACKLOG_MAX).0,
        }
    }

    /// Hears every notice from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.sender.subscribe()
    }

    /// Tells everybody who listens; nobody listening is no fault.
    pub(crate) fn tell(&self, notice: Notice) {
        let _ = self.sender.send(notice);
    }

    /// Passes the database's notices on until `cancel`.
    pub(crate) async fn listen(&self, store: &Store, cancel: &CancellationToken) {
        while !cancel.is_cancelled() {
            tokio::select! {
                () = cancel.cancelled() => return,
                result = self.listen_once(store) => {
                    let Err(error) = result;
                    tracing::warn!(%error, topic = ?self.topic, "notices are not heard; trying again");
                }
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }

    async fn listen_once(
        &self,
        store: &Store,
    ) -> Result<std::convert::Infallible, store::StoreError> {
        let mut listener = NumberListener::open(store, self.topic).await?;
        self.tell(Notice::LookAgain);
        loop {
            self.tell(Notice::Changed(listener.next().await?));
        }
    }
}

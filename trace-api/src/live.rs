//! Alarms as they change, from PostgreSQL's notices to every open supervisor's page. A notice is a
//! hint to look: after a lost connection everybody looks at the whole list again.

use std::time::Duration;

use store::Store;
use store::notice::AlarmListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Notices that a slow page may be behind before it has to look at the whole list.
const BACKLOG_MAX: usize = 256;
/// How long after a failure the listener tries again.
const RETRY: Duration = Duration::from_secs(2);

/// What a page should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Look at this alarm.
    Changed(i64),
    /// Something may have been missed: look at all of them.
    LookAgain,
}

/// The alarms as they change.
#[derive(Debug)]
pub(crate) struct Alarms(broadcast::Sender<Notice>);

impl Default for Alarms {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG_MAX).0)
    }
}

impl Alarms {
    /// Hears every notice from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }

    /// Tells everybody who listens; nobody listening is no fault.
    pub(crate) fn tell(&self, notice: Notice) {
        let _ = self.0.send(notice);
    }

    /// Passes the database's notices on until `cancel`.
    pub(crate) async fn listen(&self, store: &Store, cancel: &CancellationToken) {
        while !cancel.is_cancelled() {
            tokio::select! {
                () = cancel.cancelled() => return,
                result = self.listen_once(store) => {
                    let Err(error) = result;
                    tracing::warn!(%error, "alarms are not heard; trying again");
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
        let mut listener = AlarmListener::open(store).await?;
        self.tell(Notice::LookAgain);
        loop {
            self.tell(Notice::Changed(listener.next().await?));
        }
    }
}

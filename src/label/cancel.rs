//! Ctrl-C ends a run after the label that is being made, so that the file is whole and the count
//! is right.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the person who started the run wants it to end.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Listens for Ctrl-C from now on.
    pub fn on_ctrl_c() -> std::io::Result<Self> {
        let cancel = Self::default();
        let own = cancel.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        // The thread waits as long as the process lives and holds nothing.
        std::thread::Builder::new()
            .name("ctrl-c".to_owned())
            .spawn(move || {
                if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
                    own.cancel();
                }
            })?;
        Ok(cancel)
    }

    /// Asks for the end.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the end was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

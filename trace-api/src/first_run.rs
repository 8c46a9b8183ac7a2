//! The code that opens the first-run page: drawn when a server starts without any account, told on
//! its console alone, worth nothing once somebody can sign in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use store::account;

use crate::state::AppState;
use crate::token;

/// Whether the page may still be there, and what opens it.
#[derive(Debug, Default)]
pub(crate) struct FirstRun {
    /// Somebody can sign in: nobody need ask the database again.
    closed: AtomicBool,
    /// Hash of the code; none before one was drawn.
    code: Mutex<Option<Vec<u8>>>,
}

impl FirstRun {
    /// Whether there may be no account yet.
    pub(crate) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Relaxed)
    }

    /// There is an account.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        *self.code.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether this is the code. Hashes are compared, so the time that it takes tells nothing.
    pub(crate) fn knows(&self, code: &str) -> bool {
        let known = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_deref() == Some(token::hash(code.trim()).as_slice())
    }
}

/// Draws the code of an installation without any account; `None` where there is one. A later code
/// replaces an earlier one.
pub async fn draw_first_run_code(state: &AppState) -> Result<Option<String>, store::StoreError> {
    let mut connection = state.store().acquire().await?;
    if account::count(&mut connection).await? > 0 {
        state.first_run().close();
        return Ok(None);
    }
    let code = token::draw_key(state);
    let hash = token::hash(&code);
    *state
        .first_run()
        .code
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(hash);
    Ok(Some(code))
}

//! Labels as pictures. A press takes some milliseconds to make, so that used ones are kept; they
//! work on blocking threads, never on the server's own.

use std::sync::{Mutex, PoisonError};

use label_printer::certificate::{Certificate, Form};
use label_printer::{CodeFacts, Dpi, Format, Label, LabelError, Press, Template};

use crate::state::AppState;

/// Most idle presses that are kept.
const IDLE_MAX: usize = 4;

/// Presses that nobody uses now.
#[derive(Default)]
pub(crate) struct Presses(Mutex<Vec<Press>>);

impl Presses {
    /// An idle press, or a new one.
    pub(crate) fn take(&self) -> Result<Press, LabelError> {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(Press::new, Ok)
    }

    /// Keeps a press for the next one who needs it.
    pub(crate) fn give_back(&self, press: Press) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(press);
        }
    }
}

/// A drawn label.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    /// The file.
    pub(crate) bytes: Vec<u8>,
    /// Its media type.
    pub(crate) media_type: &'static str,
}

/// Draws a 承诺达标合格证 on a form, at 203 dots an inch.
pub(crate) async fn draw_certificate(
    state: &AppState,
    (certificate, form): (Certificate, Form),
    format: Format,
) -> Result<Vec<u8>, LabelError> {
    let state = state.clone();
    let job = tokio::task::spawn_blocking(move || {
        let mut press = state.presses().take()?;
        let sheet = press.certificate(&certificate, form, Dpi::D203)?;
        let bytes = press.write(&sheet, format)?;
        state.presses().give_back(press);
        Ok(bytes)
    });
    job.await.unwrap_or(Err(LabelError::Encode))
}

/// Measures of a label's code on a template, without drawing it.
pub(crate) async fn measure(
    state: &AppState,
    label: Label,
    template: Template,
    dpi: Dpi,
) -> Result<CodeFacts, LabelError> {
    let state = state.clone();
    let job = tokio::task::spawn_blocking(move || {
        let mut press = state.presses().take()?;
        let facts = press.measure(&label, &template, dpi)?;
        state.presses().give_back(press);
        Ok(facts)
    });
    job.await.unwrap_or(Err(LabelError::Encode))
}

/// Draws a label for a resolution.
pub(crate) async fn draw(
    state: &AppState,
    label: Label,
    template: Template,
    (dpi, format): (Dpi, Format),
) -> Result<Drawn, LabelError> {
    let state = state.clone();
    let job = tokio::task::spawn_blocking(move || {
        let mut press = state.presses().take()?;
        let sheet = press.compose_on(&label, &template, dpi)?;
        let bytes = press.write(&sheet, format)?;
        state.presses().give_back(press);
        Ok(Drawn {
            bytes,
            media_type: format.media_type(),
        })
    });
    // The task is never aborted; a panic in it is told as a failed encoding.
    job.await.unwrap_or(Err(LabelError::Encode))
}

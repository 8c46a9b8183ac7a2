//! A queue that speaks IPP: labels are gathered into jobs, because a job a label would drown it.

use core::time::Duration;
use std::io::Cursor;

use ipp::prelude::{IppClient, IppOperationBuilder, IppPayload, Uri};

use crate::backend::Format;

/// Most labels in one job: few enough that a failed job is soon repeated.
pub(crate) const JOB_LABELS_MAX: u32 = 50;

/// A queue and the labels that wait for the next job.
pub(crate) struct Queue {
    uri: String,
    media_type: &'static str,
    patience: Duration,
    waiting: Vec<u8>,
    labels: u32,
}

impl core::fmt::Debug for Queue {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Queue")
            .field("uri", &self.uri)
            .finish_non_exhaustive()
    }
}

/// Whether this is an address that IPP can use.
pub(crate) fn is_address(text: &str) -> bool {
    text.parse::<Uri>()
        .is_ok_and(|uri| uri.host().is_some_and(|host| !host.is_empty()))
}

impl Queue {
    pub(crate) fn new(uri: &str, format: Format, patience: Duration) -> Self {
        Self {
            uri: uri.to_owned(),
            media_type: format.media_type(),
            patience,
            waiting: Vec::new(),
            labels: 0,
        }
    }

    /// Adds a label; returns how many labels the queue took by that, mostly none.
    pub(crate) fn push(&mut self, label: &[u8]) -> Result<u32, String> {
        self.waiting.extend_from_slice(label);
        self.labels += 1;
        // Only printers' languages can be put together; a document is a job of its own.
        if self.labels >= JOB_LABELS_MAX || self.media_type != Format::Tspl.media_type() {
            return self.flush();
        }
        Ok(0)
    }

    /// Sends what waits; returns how many labels that were.
    pub(crate) fn flush(&mut self) -> Result<u32, String> {
        if self.labels == 0 {
            return Ok(0);
        }
        let uri: Uri = self
            .uri
            .parse()
            .map_err(|_| "its address is wrong".to_owned())?;
        let payload = IppPayload::new(Cursor::new(std::mem::take(&mut self.waiting)));
        let operation = IppOperationBuilder::print_job(uri.clone(), payload)
            .job_title("suyuan labels")
            .document_format(self.media_type)
            .build()
            .map_err(|error| error.to_string())?;
        let client = IppClient::builder(uri)
            .request_timeout(self.patience)
            .build();
        let answer = client.send(operation).map_err(|error| error.to_string())?;
        let status = answer.header().status_code();
        if !status.is_success() {
            return Err(status.to_string());
        }
        Ok(std::mem::take(&mut self.labels))
    }
}

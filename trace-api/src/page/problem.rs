//! The page for a request that failed or was refused, in the visitor's language.

use super::{Page, Site};

/// What the page says.
#[derive(Debug, Clone)]
pub struct ProblemView {
    /// HTTP status; 401, 403, 404, 409, 413, 422, 429, 500 and 503 have words of their own.
    pub status: u16,
    /// More for the visitor, already in their language; never the inside of a 5xx.
    pub detail: Option<String>,
    /// Reference for the log of a 5xx.
    pub reference: Option<String>,
}

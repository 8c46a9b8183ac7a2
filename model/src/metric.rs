//! Names of every metric, so that a dashboard's author reads one file. Units are last in the name.

/// Reports committed, counter.
pub const REPORTS_STORED: &str = "suyuan_reports_stored_total";
/// Reports that were in the database already, counter.
pub const REPORTS_DUPLICATE: &str = "suyuan_reports_duplicate_total";
/// Dead letters by `reason`, counter.
pub const DEAD_LETTERS: &str = "suyuan_dead_letters_total";
/// Hours waiting to be settled (rollups and alarms), gauge.
pub const DIRTY_HOURS: &str = "suyuan_dirty_hours";
/// Alarms raised, counter.
pub const ALARMS_RAISED: &str = "suyuan_alarms_raised_total";
/// HTTP requests by `status`, counter.
pub const HTTP_REQUESTS: &str = "suyuan_http_requests_total";

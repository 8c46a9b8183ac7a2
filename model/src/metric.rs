//! Names of every metric, so that a dashboard's author reads one file. Units are last in the name.

/// Reports committed, counter.
pub const REPORTS_STORED: &str = "suyuan_reports_stored_total";
/// Reports that were in the database already, counter.
pub const REPORTS_DUPLICATE: &str = "suyuan_reports_duplicate_total";
/// What was refused or kept as a dead letter, by `reason`, counter. Refused connections are counted
/// one by one, though they leave at most one row a minute.
pub const DEAD_LETTERS: &str = "suyuan_dead_letters_total";
/// Reports that were there and gained a channel, counter.
pub const REPORTS_FILLED: &str = "suyuan_reports_filled_total";
/// Reports that came in and are stored by their arrival, by `clock` (none, behind, ahead), counter.
pub const REPORTS_BY_ARRIVAL: &str = "suyuan_reports_by_arrival_total";
/// Reports that came in with some value outside its channel's range, counter.
pub const REPORTS_OUTSIDE: &str = "suyuan_reports_outside_range_total";
/// Time of a batch's transaction, histogram.
pub const BATCH_COMMIT: &str = "suyuan_batch_commit_seconds";
/// From the arrival of a batch's oldest message to its commit, histogram: how far what is stored
/// lags behind what arrived.
pub const COMMIT_LAG: &str = "suyuan_commit_lag_seconds";
/// Dead letters that were tried again, by `outcome` (`stored`, `partly`, `refused`), counter.
pub const REPLAYS: &str = "suyuan_dead_letters_replayed_total";
/// Batches that the database did not take, counter.
pub const BATCHES_FAILED: &str = "suyuan_batches_failed_total";
/// Part of the intake window that holds messages between arrival and commit, gauge from 0 to 1.
pub const WINDOW_USED: &str = "suyuan_window_used";
/// How long the oldest message in the writer has waited, gauge.
pub const OLDEST_UNACKNOWLEDGED_AGE: &str = "suyuan_oldest_unacknowledged_age_seconds";
/// What was lost and may be lost, by `what`, counter: `QoS` 0 above the window, numbers that a slow
/// gateway did not fetch, letters about refusals while the writer was full, keys that no channel has,
/// commands that nobody listens for.
pub const DROPPED: &str = "suyuan_dropped_total";
/// Times that a gateway was over its rate and was not read for a while, counter.
pub const FRONT_THROTTLED: &str = "suyuan_front_throttled_total";
/// Times that the certificate's files had changed, by `result` (`taken`, `refused`), counter.
pub const TLS_RELOADS: &str = "suyuan_tls_reloads_total";
/// Pictures kept, counter.
pub const PICTURES_STORED: &str = "suyuan_pictures_stored_total";
/// Pictures that were there already, counter.
pub const PICTURES_DUPLICATE: &str = "suyuan_pictures_duplicate_total";
/// Connections at the MQTT front, gauge.
pub const FRONT_CONNECTIONS: &str = "suyuan_front_connections";
/// Connections at the MQTT front that ended, by `reason`, counter.
pub const FRONT_CLOSED: &str = "suyuan_front_closed_total";
/// Times that a broker was connected, counter.
pub const BROKER_CONNECTS: &str = "suyuan_broker_connects_total";
/// Hours waiting to be settled (rollups and alarms), gauge.
pub const DIRTY_HOURS: &str = "suyuan_dirty_hours";
/// Months or chunks of raw readings that were dropped, counter.
pub const RAW_DROPPED: &str = "suyuan_raw_pieces_dropped_total";
/// Months or chunks of raw readings that are older than the wanted days and stay, by `why` (lot,
/// arrival, settling), gauge.
pub const RAW_HELD: &str = "suyuan_raw_pieces_held";
/// Readings that were moved from the default partition to their month, counter.
pub const STRAYS_MOVED: &str = "suyuan_stray_reports_moved_total";
/// Alarms raised, counter.
pub const ALARMS_RAISED: &str = "suyuan_alarms_raised_total";
/// Lots written to a mirror, counter.
pub const MIRROR_LOTS: &str = "suyuan_mirror_lots_total";
/// How long the oldest change had waited when it lay in the mirror, gauge; 0 when nothing waits.
pub const MIRROR_OLDEST_S: &str = "suyuan_mirror_oldest_seconds";
/// HTTP requests by `status`, counter.
pub const HTTP_REQUESTS: &str = "suyuan_http_requests_total";

//! The ledger of reports that are stored at another time than their device said. Such a report
//! comes at another moment when it is sent again, so its place in the table does not tell that it
//! is there already; what the device said does: probe, device's time, and the values before they
//! were corrected.
//!
//! A device whose clock starts anew at each power cut and which then measures the very same values
//! at the very same second cannot be told from one that sends again. The ledger forgets with the
//! raw readings.

use std::borrow::Cow;
use std::collections::HashSet;

use model::id::ProbeKey;
use model::time::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;

use crate::report::Report;
use crate::{StoreError, from_db, to_db};

/// What is remembered of a report.
type Entry = (ProbeKey, Timestamp, i64);

/// Enters the reports whose clock was not believed, and leaves out those that are entered
/// already. Returns what is to be stored, and how many were known. Another transaction that
/// enters the same is waited for.
pub(crate) async fn leave_known_out<'r>(
    connection: &mut PgConnection,
    reports: &'r [Report],
) -> Result<(Cow<'r, [Report]>, u64), StoreError> {
    if reports.iter().all(|r| r.source.device_time().is_none()) {
        return Ok((Cow::Borrowed(reports), 0));
    }
    let entries: Vec<Option<Entry>> = reports.iter().map(entry).collect();
    let mut new = enter(connection, reports, &entries).await?;
    let kept: Vec<Report> = reports
        .iter()
        .zip(&entries)
        .filter(|(_, entry)| entry.is_none_or(|entry| new.remove(&entry)))
        .map(|(report, _)| report.clone())
        .collect();
    let known = (reports.len() - kept.len()) as u64;
    Ok((Cow::Owned(kept), known))
}

fn entry(report: &Report) -> Option<Entry> {
    let time = report.source.device_time()?;
    let said = report.said.as_ref().unwrap_or(&report.values);
    Some((report.probe, time, digest(said)))
}

fn digest(values: &[Option<f32>]) -> i64 {
    let mut hash = Sha256::new();
    for value in values {
        hash.update([u8::from(value.is_some())]);
        hash.update(value.unwrap_or_default().to_be_bytes());
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk()
        .map_or(0, |first| i64::from_be_bytes(*first))
}

/// Enters them; returns those that were not there.
async fn enter(
    connection: &mut PgConnection,
    reports: &[Report],
    entries: &[Option<Entry>],
) -> Result<HashSet<Entry>, StoreError> {
    let mut rows: Vec<(Entry, Timestamp)> = entries
        .iter()
        .zip(reports)
        .filter_map(|(entry, report)| Some(((*entry)?, report.time)))
        .collect();
    // Always in the same order: two transactions may enter the same ones.
    rows.sort_unstable_by_key(|((probe, time, digest), _)| (probe.0, *time, *digest));
    let probes: Vec<i32> = rows.iter().map(|((probe, ..), _)| probe.0).collect();
    let clocks: Vec<_> = rows.iter().map(|((_, time, _), _)| to_db(*time)).collect();
    let digests: Vec<i64> = rows.iter().map(|((.., digest), _)| *digest).collect();
    let times: Vec<_> = rows.iter().map(|(_, time)| to_db(*time)).collect();
    let new = sqlx::query!(
        "insert into clamped_report (probe_id, device_time, digest, time)
         select * from unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::timestamptz[])
         on conflict (probe_id, device_time, digest) do nothing
         returning probe_id, device_time, digest",
        &probes,
        &clocks,
        &digests,
        &times
    )
    .fetch_all(connection)
    .await?;
    Ok(new
        .into_iter()
        .map(|row| (ProbeKey(row.probe_id), from_db(row.device_time), row.digest))
        .collect())
}

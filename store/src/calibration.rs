//! Calibrations of a probe's channels by date. The one thing to know: a calibration is entered
//! before it is in force and never changed, so a reading's time alone says which one it was stored
//! with, and its raw value can be had again.

use model::id::ProbeKey;
use model::time::Timestamp;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::{StoreError, from_db, to_db};

/// Stored value = raw value × gain + offset.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Whose.
    pub probe: ProbeKey,
    /// Which slot of its reports.
    pub channel: i16,
    /// In force for readings measured from here on, until the next one.
    pub valid_from: Timestamp,
    /// What the raw value is multiplied by; not 0.
    pub gain: f64,
    /// What is added then, in the channel's unit.
    pub offset: f64,
    /// Why and against what.
    pub note: String,
}

/// Enters a calibration. Where the channel has one from the same moment, that one stays and is
/// returned.
pub async fn insert(
    connection: &mut PgConnection,
    new: &Calibration,
    now: OffsetDateTime,
    account: Option<i64>,
) -> Result<Option<Calibration>, StoreError> {
    let inserted = sqlx::query!(
        "insert into probe_calibration
             (probe_id, channel, valid_from, gain, value_offset, note, recorded_at, recorded_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (probe_id, channel, valid_from) do nothing",
        new.probe.0,
        new.channel,
        to_db(new.valid_from),
        new.gain,
        new.offset,
        new.note,
        now,
        account
    )
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() > 0 {
        return Ok(None);
    }
    let all = list(connection, Some(new.probe)).await?;
    let same =
        |known: &Calibration| (known.channel, known.valid_from) == (new.channel, new.valid_from);
    Ok(all.into_iter().find(same))
}

/// The calibrations of one probe or of all, by channel and date.
pub async fn list(
    connection: &mut PgConnection,
    probe: Option<ProbeKey>,
) -> Result<Vec<Calibration>, StoreError> {
    let rows = sqlx::query!(
        "select probe_id, channel, valid_from, gain, value_offset, note from probe_calibration
         where $1::int is null or probe_id = $1
         order by probe_id, channel, valid_from",
        probe.map(|probe| probe.0)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Calibration {
            probe: ProbeKey(row.probe_id),
            channel: row.channel,
            valid_from: from_db(row.valid_from),
            gain: row.gain,
            offset: row.value_offset,
            note: row.note,
        })
        .collect())
}

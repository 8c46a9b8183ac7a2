//! Writing readings: one batch, one transaction, on one held connection. COPY is the fast way; a
//! batch that brings a report again goes through a temporary table, where what is there stays and
//! only missing channels are filled in. Who is told after the commit is none of this file's.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use model::id::ProbeKey;
use model::time::Timestamp;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use time::OffsetDateTime;

use crate::dead_letter::{self, DeadLetter};
use crate::partition::Months;
use crate::quality::{Slots, TimeSource};
use crate::{Store, StoreError, clamped, copy, to_db};

/// Everything that a probe said at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Who said it.
    pub probe: ProbeKey,
    /// When it was measured, by the clock that `source` says.
    pub time: Timestamp,
    /// When it arrived.
    pub arrived: Timestamp,
    /// One slot a channel of the probe's profile, in the channel's unit; `None` where the pack
    /// did not have it.
    pub values: Vec<Option<f32>>,
    /// Where its time comes from.
    pub source: TimeSource,
    /// Slots whose value the probe cannot physically mean.
    pub outside: Slots,
    /// The values as the device said them, where its clock is not believed and they were
    /// corrected: a resend may be corrected otherwise, and is known by what was said.
    pub said: Option<Vec<Option<f32>>>,
}

impl Report {
    /// An ordinary report: the device's clock is believed and so is every value.
    #[must_use]
    pub fn ordinary(
        probe: ProbeKey,
        time: Timestamp,
        arrived: Timestamp,
        values: Vec<Option<f32>>,
    ) -> Self {
        Self {
            probe,
            time,
            arrived,
            values,
            source: TimeSource::Device,
            outside: Slots::default(),
            said: None,
        }
    }
}

/// What one transaction writes.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Readings.
    pub reports: Vec<Report>,
    /// What was refused on the way.
    pub dead_letters: Vec<DeadLetter>,
}

/// What a batch changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Reports that were new.
    pub stored: u64,
    /// Reports that were there already and gained a channel.
    pub filled: u64,
    /// Reports that were there already, whole.
    pub duplicates: u64,
}

/// Why a batch was not written. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database refuses the data; a smaller batch may show which part.
    #[error("the database refuses the data")]
    Refused(#[source] StoreError),
    /// The database is away; the same batch may work later.
    #[error("the database cannot be written")]
    Unavailable(#[source] StoreError),
    /// The database lets nobody write: a replica, or set so.
    #[error("the database is read-only")]
    ReadOnly,
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        let refused = match &error {
            StoreError::Constraint { .. } | StoreError::Inconsistent { .. } => true,
            StoreError::Unavailable(source) => is_data_error(source),
            _ => false,
        };
        if refused {
            Self::Refused(error)
        } else {
            Self::Unavailable(error)
        }
    }
}

/// SQLSTATE classes 22 (data exception) and 23 (integrity constraint violation).
fn is_data_error(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}

/// Writes batches on a connection of its own, which it opens again after a failure.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    months: Months,
    connection: Option<PgConnection>,
}

impl Writer {
    /// Opens the connection and finds out what kind of database it is.
    pub async fn open(store: &Store) -> Result<Self, StoreError> {
        let connection = store.connect_alone().await?;
        let months = Months::new(store.flavour().await?);
        Ok(Self {
            store: store.clone(),
            months,
            connection: Some(connection),
        })
    }

    /// Writes a batch in one transaction and returns after its commit.
    pub async fn write(&mut self, batch: &Batch) -> Result<Written, WriteError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.store.connect_alone().await?,
        };
        let (reports, repeated) = fold(&batch.reports);
        let mut written = self.write_folded(&mut connection, &reports, batch).await?;
        // Kept only after success: a connection that failed may be broken or inside a transaction.
        self.connection = Some(connection);
        written.duplicates += repeated;
        Ok(written)
    }

    /// Whether a batch could be written now: asks the server, and writes nothing.
    pub async fn check(&mut self) -> Result<(), WriteError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.store.connect_alone().await?,
        };
        let answer = sqlx::query_scalar!(
            r#"select current_setting('transaction_read_only') = 'on' as "read_only!""#
        )
        .fetch_one(&mut connection)
        .await;
        let read_only = answer.map_err(StoreError::from)?;
        self.connection = Some(connection);
        if read_only {
            return Err(WriteError::ReadOnly);
        }
        Ok(())
    }

    async fn write_folded(
        &mut self,
        connection: &mut PgConnection,
        reports: &[Report],
        batch: &Batch,
    ) -> Result<Written, StoreError> {
        self.months
            .ensure(connection, reports.iter().map(|r| to_db(r.time)))
            .await?;
        match write_new(connection, reports, &batch.dead_letters).await {
            Err(error) if is_duplicate(&error) => {
                merge(connection, reports, &batch.dead_letters).await
            }
            other => other,
        }
    }
}

/// Whether some report is there already. TimescaleDB names no constraint where it finds that out
/// in a compressed chunk.
fn is_duplicate(error: &StoreError) -> bool {
    match error {
        StoreError::Constraint { constraint, .. } => constraint.ends_with("pkey"),
        StoreError::Unavailable(source) => source
            .as_database_error()
            .is_some_and(sqlx::error::DatabaseError::is_unique_violation),
        _ => false,
    }
}

/// One report a probe and time: channels of later ones fill the gaps of the first. Returns how
/// many were folded away. Nearly every batch has nothing to fold and stays where it is.
fn fold(reports: &[Report]) -> (Cow<'_, [Report]>, u64) {
    if !has_repetition(reports) {
        return (Cow::Borrowed(reports), 0);
    }
    let folded = fold_repetitions(reports);
    let repeated = (reports.len() - folded.len()) as u64;
    (Cow::Owned(folded), repeated)
}

fn has_repetition(reports: &[Report]) -> bool {
    let mut keys: Vec<_> = reports.iter().map(|r| (r.probe.0, r.time.0)).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1])
}

fn fold_repetitions(reports: &[Report]) -> Vec<Report> {
    let mut seen: HashMap<_, usize> = HashMap::with_capacity(reports.len());
    let mut folded: Vec<Report> = Vec::with_capacity(reports.len());
    for report in reports {
        let mut time = report.time;
        // Only the device's clock tells reports apart that are stored by their arrival.
        while let Some(place) = seen.get(&(report.probe, time))
            && folded[*place].source.device_time() != report.source.device_time()
        {
            time.0 += 1;
        }
        match seen.entry((report.probe, time)) {
            Entry::Vacant(place) => {
                place.insert(folded.len());
                folded.push(Report {
                    time,
                    ..report.clone()
                });
            }
            Entry::Occupied(place) => fill(&mut folded[*place.get()], report),
        }
    }
    folded
}

fn fill(first: &mut Report, later: &Report) {
    if first.values.len() < later.values.len() {
        first.values.resize(later.values.len(), None);
    }
    for (place, (slot, value)) in first.values.iter_mut().zip(&later.values).enumerate() {
        if slot.is_none() && value.is_some() {
            *slot = *value;
            if later.outside.contains(place) {
                first.outside.insert(place);
            }
        }
    }
}

/// The fast way: every report is new, or the whole transaction fails on the primary key.
async fn write_new(
    connection: &mut PgConnection,
    reports: &[Report],
    dead_letters: &[DeadLetter],
) -> Result<Written, StoreError> {
    let mut transaction = connection.begin().await?;
    let (reports, known) = clamped::leave_known_out(&mut transaction, reports).await?;
    let stored = copy_in(&mut transaction, "report", &reports).await?;
    mark_dirty(&mut transaction, &reports).await?;
    dead_letter::insert_all(&mut transaction, dead_letters).await?;
    transaction.commit().await?;
    Ok(Written {
        stored,
        duplicates: known,
        ..Written::default()
    })
}

/// The careful way: what is there stays, missing channels are filled in.
async fn merge(
    connection: &mut PgConnection,
    reports: &[Report],
    dead_letters: &[DeadLetter],
) -> Result<Written, StoreError> {
    let mut transaction = connection.begin().await?;
    let (reports, known) = clamped::leave_known_out(&mut transaction, reports).await?;
    prepare_merge(&mut transaction).await?;
    let total = copy_in(&mut transaction, "incoming", &reports).await?;
    if reports.iter().any(|r| r.source.device_time().is_some()) {
        give_way(&mut transaction).await?;
    }
    let stored = insert_incoming(&mut transaction).await?;
    let filled = fill_from_incoming(&mut transaction).await?;
    mark_dirty(&mut transaction, &reports).await?;
    dead_letter::insert_all(&mut transaction, dead_letters).await?;
    transaction.commit().await?;
    Ok(Written {
        stored,
        filled,
        duplicates: known + total - stored - filled,
    })
}

/// Nothing of the merge is checked at compile time: the table exists in its transaction only.
async fn prepare_merge(connection: &mut PgConnection) -> Result<(), StoreError> {
    // TimescaleDB would refuse a batch whose late reports touch much that is compressed; plain
    // PostgreSQL does not mind the setting.
    sqlx::raw_sql(
        "create temporary table incoming (like report) on commit drop;
         set local timescaledb.max_tuples_decompressed_per_dml_transaction = 0",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A report that is stored by its arrival gives way to what has that time already.
async fn give_way(connection: &mut PgConnection) -> Result<(), StoreError> {
    let sql = "update incoming set time = incoming.time + interval '1 microsecond'
         where device_time is not null
           and exists (select from report
                       where report.probe_id = incoming.probe_id and report.time = incoming.time
                       offset 0)";
    while sqlx::query(sql)
        .execute(&mut *connection)
        .await?
        .rows_affected()
        > 0
    {}
    Ok(())
}

async fn insert_incoming(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let insert = format!(
        "insert into report ({0}) select {0} from incoming
         on conflict (probe_id, time) do nothing",
        copy::COLUMNS
    );
    // Our own words only.
    let inserted = sqlx::query(AssertSqlSafe(insert)).execute(connection).await;
    Ok(inserted?.rows_affected())
}

/// Fills the slots that the reports in the table lack. Only what gains something is updated, and
/// within bounds that are written out: TimescaleDB decompresses whatever an update might touch.
async fn fill_from_incoming(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let bounds: (
        Option<Vec<i32>>,
        Option<OffsetDateTime>,
        Option<OffsetDateTime>,
    ) = sqlx::query_as(
        "select array_agg(distinct incoming.probe_id), min(incoming.time), max(incoming.time)
             from incoming
             -- `offset 0` makes this a look-up a report.
             cross join lateral (
                 select values from report
                 where probe_id = incoming.probe_id and time = incoming.time
                 offset 0
             ) as present
             where exists (select from unnest(present.values, incoming.values) as slot (old, new)
                           where slot.old is null and slot.new is not null)",
    )
    .fetch_one(&mut *connection)
    .await?;
    let (Some(probes), Some(first), Some(last)) = bounds else {
        return Ok(0);
    };
    let probes: Vec<String> = probes.iter().map(i32::to_string).collect();
    let fill = format!(
        "update report
         set values = (select array_agg(coalesce(slot.old, slot.new) order by slot.place)
                       from unnest(report.values, incoming.values)
                            with ordinality as slot (old, new, place)),
             outside = nullif(coalesce(report.outside, 0) | coalesce(outside_of_filled(
                 report.values, incoming.values, incoming.outside), 0), 0),
             flags = nullif(coalesce(report.flags, 0) | case when outside_of_filled(
                 report.values, incoming.values, incoming.outside) <> 0 then 8 else 0 end, 0)
         from incoming
         where report.probe_id in ({}) and report.time >= '{first}' and report.time <= '{last}'
           and report.probe_id = incoming.probe_id and report.time = incoming.time
           and exists (select from unnest(report.values, incoming.values) as slot (old, new)
                       where slot.old is null and slot.new is not null)",
        probes.join(", ")
    );
    // Numbers and times only, and our own words.
    let filled = sqlx::query(AssertSqlSafe(fill)).execute(connection).await?;
    Ok(filled.rows_affected())
}

pub(crate) async fn copy_in(
    connection: &mut PgConnection,
    table: &str,
    reports: &[Report],
) -> Result<u64, StoreError> {
    if reports.is_empty() {
        return Ok(0);
    }
    let columns = copy::COLUMNS;
    let statement = format!("copy {table} ({columns}) from stdin (format binary)");
    let mut sink = connection.copy_in_raw(&statement).await?;
    sink.send(copy::encode(reports)).await?;
    Ok(sink.finish().await?)
}

/// Leaves a mark at each hour that received a report, for [`crate::settle`].
async fn mark_dirty(connection: &mut PgConnection, reports: &[Report]) -> Result<(), StoreError> {
    let mut hours: Vec<_> = reports.iter().map(|r| (r.probe.0, r.time.hour())).collect();
    hours.sort_unstable();
    hours.dedup();
    if hours.is_empty() {
        return Ok(());
    }
    let (probes, hours): (Vec<_>, Vec<_>) = hours
        .into_iter()
        .map(|(probe, hour)| (probe, to_db(hour)))
        .unzip();
    sqlx::query!(
        "insert into dirty_hour (probe_id, hour) select * from unnest($1::int[], $2::timestamptz[])",
        &probes,
        &hours
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;

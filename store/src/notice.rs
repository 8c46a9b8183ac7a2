//! Word from one process to another through PostgreSQL's NOTIFY: an alarm that one process found
//! reaches the pages that another one serves. A notice is a hint to look, never the fact itself.

use sqlx::postgres::{PgConnection, PgListener};

use crate::{Store, StoreError};

/// A dead letter is to be tried again; the payload is empty.
const REPLAY_CHANNEL: &str = "suyuan_replay";
/// What ingest knows of a probe has changed; the payload is empty.
const PROBES_CHANNEL: &str = "suyuan_probes";
/// An alarm was raised, changed, cleared or acknowledged; the payload is its number.
const ALARM_CHANNEL: &str = "suyuan_alarm";

/// A lot in a mirror changed; the payload is empty. Sent by a trigger (migration 0020).
const MIRROR_CHANNEL: &str = "suyuan_mirror";
/// A test's result was entered; the payload is its number.
const RESULT_CHANNEL: &str = "suyuan_result";

/// Tells every listener that a result was entered, once the transaction commits.
pub async fn result_entered(connection: &mut PgConnection, result: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "select pg_notify($1, $2)",
        RESULT_CHANNEL,
        result.to_string()
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// Tells every listener that an alarm changed, once the transaction commits.
pub(crate) async fn alarm_changed(
    connection: &mut PgConnection,
    alarm: i64,
) -> Result<(), StoreError> {
    sqlx::query!("select pg_notify($1, $2)", ALARM_CHANNEL, alarm.to_string())
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Tells every listener that dead letters wait, once the transaction commits.
pub(crate) async fn replay_requested(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("select pg_notify($1, '')", REPLAY_CHANNEL)
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Tells every listener that a probe has another profile, once the transaction commits.
pub(crate) async fn probes_changed(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("select pg_notify($1, '')", PROBES_CHANNEL)
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Hears that a probe has another profile. A hint: who listens reads the list from time to time
/// too.
#[derive(Debug)]
pub struct ProbesListener(PgListener);

impl ProbesListener {
    /// Starts listening on a connection of its own.
    pub async fn open(store: &Store) -> Result<Self, StoreError> {
        let mut listener = PgListener::connect_with(&store.pool).await?;
        listener.listen(PROBES_CHANNEL).await?;
        Ok(Self(listener))
    }

    /// Returns when the list may have changed.
    pub async fn next(&mut self) -> Result<(), StoreError> {
        self.0.recv().await?;
        Ok(())
    }
}

/// Hears that dead letters wait to be tried again. A hint: who listens looks from time to time too.
#[derive(Debug)]
pub struct ReplayListener(PgListener);

impl ReplayListener {
    /// Starts listening on a connection of its own.
    pub async fn open(store: &Store) -> Result<Self, StoreError> {
        let mut listener = PgListener::connect_with(&store.pool).await?;
        listener.listen(REPLAY_CHANNEL).await?;
        Ok(Self(listener))
    }

    /// Returns when something may wait.
    pub async fn next(&mut self) -> Result<(), StoreError> {
        self.0.recv().await?;
        Ok(())
    }
}

/// Hears that lots in a mirror changed. A hint: who listens looks from time to time too.
#[derive(Debug)]
pub struct MirrorListener(PgListener);

impl MirrorListener {
    /// Starts listening on a connection of its own.
    pub async fn open(store: &Store) -> Result<Self, StoreError> {
        let mut listener = PgListener::connect_with(&store.pool).await?;
        listener.listen(MIRROR_CHANNEL).await?;
        Ok(Self(listener))
    }

    /// Returns when something may wait.
    pub async fn next(&mut self) -> Result<(), StoreError> {
        self.0.recv().await?;
        Ok(())
    }
}

/// What a [`NumberListener`] hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Alarms that were raised, changed, cleared or acknowledged.
    Alarms,
    /// Results that were entered.
    Results,
}

impl Topic {
    const fn channel(self) -> &'static str {
        match self {
            Self::Alarms => ALARM_CHANNEL,
            Self::Results => RESULT_CHANNEL,
        }
    }
}

/// Hears the numbers of what changes. It connects again by itself after the database was away; what
/// happened in between is not told, so a listener looks at the list after each error.
#[derive(Debug)]
pub struct NumberListener(PgListener, Topic);

impl NumberListener {
    /// Starts listening on a connection of its own.
    pub async fn open(store: &Store, topic: Topic) -> Result<Self, StoreError> {
        let mut listener = PgListener::connect_with(&store.pool).await?;
        listener.listen(topic.channel()).await?;
        Ok(Self(listener, topic))
    }

    /// The number of the next one that changes.
    pub async fn next(&mut self) -> Result<i64, StoreError> {
        let notice = self.0.recv().await?;
        let payload = notice.payload();
        payload
            .parse()
            .map_err(|_| StoreError::inconsistent(self.1.channel(), payload))
    }
}

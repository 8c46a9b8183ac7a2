//! Devices of other makes: which probe each is, whether it is there, and when its messages first
//! arrived that bear no time of their own.

use model::id::ProbeKey;
use model::scheme::Scheme;
use model::time::Timestamp;
use sqlx::postgres::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::{StoreError, from_db, to_db};

/// How long a message's first arrival is remembered.
const REMEMBERED: Duration = Duration::days(30);

/// A device's name in its scheme, and the probe that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// Whose way of naming.
    pub scheme: Scheme,
    /// Its name there.
    pub external_id: String,
    /// The probe.
    pub probe: ProbeKey,
    /// What it said last of being there.
    pub online: Option<bool>,
    /// When.
    pub changed_at: Option<OffsetDateTime>,
}

/// Gives a device to a probe; returns the probe that it is then, another one where it had one.
pub async fn insert_alias(
    connection: &mut PgConnection,
    (scheme, external_id): (Scheme, &str),
    probe: ProbeKey,
    now: OffsetDateTime,
) -> Result<ProbeKey, StoreError> {
    // The empty update makes the row that is there answer, too.
    let owner = sqlx::query_scalar!(
        "insert into device_alias (scheme, external_id, probe_id, created_at)
         values ($1, $2, $3, $4)
         on conflict (scheme, external_id) do update set probe_id = device_alias.probe_id
         returning probe_id",
        scheme.code(),
        external_id,
        probe.0,
        now
    )
    .fetch_one(connection)
    .await?;
    Ok(ProbeKey(owner))
}

/// Takes a device from a probe; one that it does not have changes nothing.
pub async fn delete_alias(
    connection: &mut PgConnection,
    (scheme, external_id): (Scheme, &str),
    probe: ProbeKey,
) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from device_alias where scheme = $1 and external_id = $2 and probe_id = $3",
        scheme.code(),
        external_id,
        probe.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The devices of one probe or of all.
pub async fn list_aliases(
    connection: &mut PgConnection,
    probe: Option<ProbeKey>,
) -> Result<Vec<Alias>, StoreError> {
    let rows = sqlx::query!(
        "select scheme, external_id, probe_id, online, changed_at from device_alias
         where $1::int is null or probe_id = $1
         order by scheme, external_id",
        probe.map(|probe| probe.0)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let scheme = Scheme::from_code(&row.scheme)
                .ok_or_else(|| StoreError::inconsistent("device_alias.scheme", row.scheme))?;
            Ok(Alias {
                scheme,
                external_id: row.external_id,
                probe: ProbeKey(row.probe_id),
                online: row.online,
                changed_at: row.changed_at,
            })
        })
        .collect()
}

/// Notes whether a device is there; with one that is gone go those below it (`id/…`). Where a
/// gateway vouches, only its own are touched. What is older than what is known changes nothing.
pub async fn set_presence(
    connection: &mut PgConnection,
    (scheme, external_id): (Scheme, &str),
    online: bool,
    voucher: Option<&str>,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update device_alias set online = $3, changed_at = $5
         from probe
         where scheme = $1 and probe.id = probe_id
           and (external_id = $2 or (not $3 and starts_with(external_id, $2 || '/')))
           and ($4::text is null or probe.gateway_id = $4)
           and (changed_at is null or changed_at <= $5)",
        scheme.code(),
        external_id,
        online,
        voucher,
        to_db(at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// When a message of this name first arrived: `now`, unless it has been asked before.
pub async fn first_arrival(
    connection: &mut PgConnection,
    scheme: Scheme,
    message_id: &str,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    sqlx::query!(
        "delete from message_arrival where arrived < $1",
        to_db(now) - REMEMBERED
    )
    .execute(&mut *connection)
    .await?;
    let first = sqlx::query_scalar!(
        "insert into message_arrival (scheme, message_id, arrived) values ($1, $2, $3)
         on conflict (scheme, message_id) do update set arrived = message_arrival.arrived
         returning arrived",
        scheme.code(),
        message_id,
        to_db(now)
    )
    .fetch_one(connection)
    .await?;
    Ok(from_db(first))
}

#[cfg(test)]
mod tests;

//! Gateways: what signs in over MQTT, with which key, and whether it is there.

use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use model::id::GatewayId;
use model::time::Timestamp;

use crate::{StoreError, to_db};

/// Bytes of the salt that is hashed before the key.
pub const SALT_BYTES: usize = 16;

/// What a gateway's key is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Random, one a key.
    pub salt: Vec<u8>,
    /// SHA-256 of salt and key.
    pub hash: Vec<u8>,
    /// Whether the gateway may sign in at all.
    pub enabled: bool,
}

impl Credentials {
    /// Hashes a key. A plain hash is enough: keys are made by us from 128 bits of chance.
    #[must_use]
    pub fn of_key(key: &[u8], salt: [u8; SALT_BYTES]) -> Self {
        Self {
            hash: hash(&salt, key),
            salt: salt.to_vec(),
            enabled: true,
        }
    }

    /// Whether this is the key, in a time that does not tell how much of it is right.
    #[must_use]
    pub fn matches(&self, key: &[u8]) -> bool {
        let given = hash(&self.salt, key);
        let differing = given
            .iter()
            .zip(&self.hash)
            .fold(0, |all, (a, b)| all | (a ^ b));
        differing == 0 && given.len() == self.hash.len()
    }
}

fn hash(salt: &[u8], key: &[u8]) -> Vec<u8> {
    Sha256::new()
        .chain_update(salt)
        .chain_update(key)
        .finalize()
        .to_vec()
}

/// A gateway as the desks see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// User name and topic level.
    pub id: String,
    /// Name to show.
    pub name: String,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Its last reported state.
    pub online: bool,
    /// When something of it last arrived.
    pub last_seen_at: Option<OffsetDateTime>,
    /// How many probes it has.
    pub probes: i64,
}

/// Registers a gateway.
pub async fn insert(
    connection: &mut PgConnection,
    id: &GatewayId,
    name: &str,
    credentials: &Credentials,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into gateway (id, name, key_salt, key_hash, enabled, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        id.as_str(),
        name,
        credentials.salt,
        credentials.hash,
        credentials.enabled,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives a gateway another key; returns whether there is such a gateway.
pub async fn update_key(
    connection: &mut PgConnection,
    id: &GatewayId,
    credentials: &Credentials,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update gateway set key_salt = $2, key_hash = $3 where id = $1",
        id.as_str(),
        credentials.salt,
        credentials.hash
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() > 0)
}

/// What a gateway's key is compared with; `None` for an unknown gateway.
pub async fn find_credentials(
    connection: &mut PgConnection,
    id: &GatewayId,
) -> Result<Option<Credentials>, StoreError> {
    let found = sqlx::query_as!(
        Credentials,
        "select key_salt as salt, key_hash as hash, enabled from gateway where id = $1",
        id.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

/// Every gateway, by id.
pub async fn list(connection: &mut PgConnection) -> Result<Vec<Gateway>, StoreError> {
    let gateways = sqlx::query_as!(
        Gateway,
        r#"select id, name, enabled, online, last_seen_at,
                  (select count(*) from probe where gateway_id = gateway.id) as "probes!"
           from gateway order by id"#
    )
    .fetch_all(connection)
    .await?;
    Ok(gateways)
}

/// The gateway of this id.
pub async fn find(
    connection: &mut PgConnection,
    id: &GatewayId,
) -> Result<Option<Gateway>, StoreError> {
    let gateway = sqlx::query_as!(
        Gateway,
        r#"select id, name, enabled, online, last_seen_at,
                  (select count(*) from probe where gateway_id = gateway.id) as "probes!"
           from gateway where id = $1"#,
        id.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(gateway)
}

/// Notes whether a gateway is there; an unknown one changes nothing.
pub async fn set_presence(
    connection: &mut PgConnection,
    id: &GatewayId,
    online: bool,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update gateway set online = $2, last_seen_at = greatest(last_seen_at, $3) where id = $1",
        id.as_str(),
        online,
        to_db(at)
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_itself_matches() {
        let credentials = Credentials::of_key(b"suyuan-demo", [7; SALT_BYTES]);
        assert!(credentials.matches(b"suyuan-demo"));
        for wrong in [&b"suyuan-dem"[..], b"suyuan-demo ", b"", b"Suyuan-demo"] {
            assert!(!credentials.matches(wrong));
        }
    }

    #[test]
    fn the_salt_makes_equal_keys_differ() {
        let one = Credentials::of_key(b"k", [1; SALT_BYTES]);
        let two = Credentials::of_key(b"k", [2; SALT_BYTES]);
        assert_ne!(one.hash, two.hash);
    }
}

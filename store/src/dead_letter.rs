//! What was refused: its bytes, where it came from, and why. Nothing is deleted here. Trying it
//! again is [`replay`]'s.

pub mod replay;

use model::time::Timestamp;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::{StoreError, to_db};

/// Most dead letters that one page of the list holds.
pub const PAGE_MAX: i64 = 500;

/// Something that was refused on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// When it arrived.
    pub arrived: Timestamp,
    /// User name that it came with, as it was given.
    pub gateway: Option<String>,
    /// Topic, or empty where it did not come that far.
    pub topic: String,
    /// A word for machines, for example `not_senml`.
    pub reason: &'static str,
    /// The reason for a person.
    pub detail: String,
    /// The bytes, empty where they were not read.
    pub payload: Vec<u8>,
    /// How many bytes there were.
    pub payload_bytes: usize,
}

/// A dead letter as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its number, growing with time.
    pub id: i64,
    /// When it arrived.
    pub arrived_at: OffsetDateTime,
    /// User name that it came with.
    pub gateway: Option<String>,
    /// Topic.
    pub topic: String,
    /// A word for machines.
    pub reason: String,
    /// The reason for a person.
    pub detail: String,
    /// The bytes.
    pub payload: Vec<u8>,
    /// How many bytes there were.
    pub payload_bytes: i32,
    /// What came of trying it again, where somebody asked for that.
    pub replay: Option<replay::Replay>,
}

impl Kept {
    /// Whether there is something to try again: all of its bytes were kept.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.payload_bytes > 0 && usize::try_from(self.payload_bytes) == Ok(self.payload.len())
    }
}

/// Which dead letters to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this reason.
    pub reason: Option<String>,
    /// Only this gateway.
    pub gateway: Option<String>,
    /// Only those before this number: the last one of the page before.
    pub before: Option<i64>,
    /// Only those whose gateway, topic or detail has this part, whatever its case.
    pub part: Option<String>,
}

/// Appends dead letters, usually in the transaction of the batch that they came with.
pub async fn insert_all(
    connection: &mut PgConnection,
    letters: &[DeadLetter],
) -> Result<(), StoreError> {
    for letter in letters {
        sqlx::query!(
            "insert into dead_letter
                 (arrived_at, gateway, topic, reason, detail, payload, payload_bytes)
             values ($1, $2, $3, $4, $5, $6, $7)",
            to_db(letter.arrived),
            letter.gateway.as_deref().map(storable),
            storable(&letter.topic),
            letter.reason,
            storable(&letter.detail),
            letter.payload,
            i32::try_from(letter.payload_bytes).unwrap_or(i32::MAX),
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// PostgreSQL's text cannot hold NUL; foreign names may.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The newest dead letters first, at most `limit` and at most [`PAGE_MAX`].
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Kept>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select letter.id, arrived_at, gateway, topic, reason, detail, payload, payload_bytes,
                  replay_requested_at, account.login as "replay_requested_by?",
                  replayed_at, replay_outcome, replay_reason, replay_detail
           from dead_letter as letter
           left join account on account.id = letter.replay_requested_by
           where ($1::text is null or reason = $1)
             and ($2::text is null or gateway = $2)
             and ($3::bigint is null or letter.id < $3)
             and ($4::text is null
                  or position(lower($4) in lower(concat_ws(' ', gateway, topic, detail))) > 0)
           order by letter.id desc
           limit $5"#,
        filter.reason,
        filter.gateway,
        filter.before,
        filter.part,
        limit.clamp(1, PAGE_MAX),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Kept::try_from).collect()
}

/// One dead letter.
pub async fn find(connection: &mut PgConnection, id: i64) -> Result<Option<Kept>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select letter.id, arrived_at, gateway, topic, reason, detail, payload, payload_bytes,
                  replay_requested_at, account.login as "replay_requested_by?",
                  replayed_at, replay_outcome, replay_reason, replay_detail
           from dead_letter as letter
           left join account on account.id = letter.replay_requested_by
           where letter.id = $1"#,
        id,
    )
    .fetch_optional(connection)
    .await?;
    row.map(Kept::try_from).transpose()
}

struct Row {
    id: i64,
    arrived_at: OffsetDateTime,
    gateway: Option<String>,
    topic: String,
    reason: String,
    detail: String,
    payload: Vec<u8>,
    payload_bytes: i32,
    replay_requested_at: Option<OffsetDateTime>,
    replay_requested_by: Option<String>,
    replayed_at: Option<OffsetDateTime>,
    replay_outcome: Option<String>,
    replay_reason: Option<String>,
    replay_detail: Option<String>,
}

impl TryFrom<Row> for Kept {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let outcome = match (row.replayed_at, row.replay_outcome) {
            (Some(at), Some(word)) => Some((at, replay::Outcome::parse(&word)?)),
            _ => None,
        };
        let replay = row.replay_requested_at.map(|requested_at| replay::Replay {
            requested_at,
            requested_by: row.replay_requested_by.unwrap_or_default(),
            done: outcome.map(|(at, outcome)| replay::Done {
                at,
                outcome,
                reason: row.replay_reason,
                detail: row.replay_detail,
            }),
        });
        Ok(Self {
            id: row.id,
            arrived_at: row.arrived_at,
            gateway: row.gateway,
            topic: row.topic,
            reason: row.reason,
            detail: row.detail,
            payload: row.payload,
            payload_bytes: row.payload_bytes,
            replay,
        })
    }
}

/// How many there are of each reason.
pub async fn count_by_reason(
    connection: &mut PgConnection,
) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"select reason, count(*) as "n!" from dead_letter group by reason order by reason"#
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.reason, row.n)).collect())
}

/// How many there are of a reason, and how trying them again stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// A word for machines.
    pub reason: String,
    /// How many there are.
    pub letters: i64,
    /// Those of which something is still not stored.
    pub open: i64,
    /// Those that nobody asked for yet and whose bytes were kept.
    pub untried: i64,
    /// Those that wait for being tried again.
    pub waiting: i64,
}

/// How many there are of each reason, the most first.
pub async fn tally(connection: &mut PgConnection) -> Result<Vec<Tally>, StoreError> {
    let rows = sqlx::query_as!(
        Tally,
        r#"select reason, count(*) as "letters!",
                  count(*) filter (where replay_outcome is distinct from 'stored') as "open!",
                  count(*) filter (where replay_requested_at is null
                      and payload_bytes > 0 and length(payload) = payload_bytes) as "untried!",
                  count(*) filter (where replay_requested_at is not null
                      and replayed_at is null) as "waiting!"
           from dead_letter group by reason order by 2 desc, reason"#
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

//! Where a filing stands, out of the columns that the tables of producers and products both have.

use model::filing::FilingState;
use time::OffsetDateTime;

use crate::StoreError;

/// Where a filing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Of all of it: that of its only version while nothing was approved.
    pub state: FilingState,
    /// The newest version.
    pub version: i32,
    /// The version that was approved last.
    pub standing_version: Option<i32>,
    /// Where the newest version stands while it is not the standing one.
    pub pending: Option<FilingState>,
    /// Since when it is suspended.
    pub suspended_at: Option<OffsetDateTime>,
}

/// The columns of both tables that say where a filing stands.
pub(super) struct Row {
    pub(super) state: String,
    pub(super) version: i32,
    pub(super) standing_version: Option<i32>,
    pub(super) pending: Option<String>,
    pub(super) suspended_at: Option<OffsetDateTime>,
}

impl TryFrom<Row> for Standing {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let versions = (row.version, row.standing_version);
        Self::read((row.state, row.pending), versions, row.suspended_at)
    }
}

impl Standing {
    /// Where a filing stands, out of the columns that both tables have: the states, the versions,
    /// since when it is suspended.
    pub(crate) fn read(
        (state, pending): (String, Option<String>),
        (version, standing_version): (i32, Option<i32>),
        suspended_at: Option<OffsetDateTime>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            state: parse_state(state)?,
            version,
            standing_version,
            pending: pending.map(parse_state).transpose()?,
            suspended_at,
        })
    }
}

/// How many filings stand where: state, state of the version that waits, count.
pub type Count = (FilingState, Option<FilingState>, i64);

/// The states of a counted row.
pub(crate) fn counted(
    (state, pending, count): (String, Option<String>, i64),
) -> Result<Count, StoreError> {
    Ok((
        parse_state(state)?,
        pending.map(parse_state).transpose()?,
        count,
    ))
}

/// The state of a word in the database.
pub(crate) fn parse_state(word: String) -> Result<FilingState, StoreError> {
    FilingState::from_code(&word).ok_or_else(|| StoreError::inconsistent("filing state", word))
}

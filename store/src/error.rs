//! What can go wrong below a query, told apart by what a caller can do about it.

use model::filing::IllegalFiling;
use model::lot::IllegalStep;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, overloaded or broken; the same call may work later.
    #[error("the database did not answer as it should")]
    Unavailable(#[source] sqlx::Error),
    /// A rule that the database keeps refused the row; its name is in the migration.
    #[error("the rule {constraint} refuses it")]
    Constraint {
        /// Name of the constraint.
        constraint: String,
        /// What PostgreSQL said.
        #[source]
        source: sqlx::Error,
    },
    /// A row holds a word that this program does not know.
    #[error("{column} holds {value:?}, which is none of its words")]
    Inconsistent {
        /// Table and column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
    /// A lot was to take a step that its life does not have.
    #[error(transparent)]
    IllegalStep(#[from] IllegalStep),
    /// A filing was to take a step that its way does not have.
    #[error(transparent)]
    IllegalFiling(#[from] IllegalFiling),
    /// The migrations could not be applied.
    #[error("the migrations could not be applied")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// An error and everything below it in one line, outermost first: how a log line says it.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        below = cause.source();
    }
    text
}

impl StoreError {
    /// Name of the constraint that refused a row, if one did.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Constraint { constraint, .. } => Some(constraint),
            _ => None,
        }
    }

    pub(crate) fn inconsistent(column: &'static str, value: impl Into<String>) -> Self {
        Self::Inconsistent {
            column,
            value: value.into(),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> Self {
        let constraint = source
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::constraint)
            .map(str::to_owned);
        match constraint {
            Some(constraint) => Self::Constraint { constraint, source },
            None => Self::Unavailable(source),
        }
    }
}

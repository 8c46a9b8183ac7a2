//! The history of a filing: its versions, what each of them changed, and what was done with it.

use serde_json::Value;
use store::AnyConnection;
use store::filing::{self, Step, Subject, Version};

use crate::problem::Answer;

/// Versions that are read at once.
const PAGE: usize = 50;

/// One version with what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    /// The version.
    pub(crate) version: Version,
    /// What the version before said.
    pub(crate) before: Option<Value>,
    /// What was done with it, oldest first.
    pub(crate) steps: Vec<Step>,
}

/// A page of the history.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// Newest first.
    pub(crate) versions: Vec<Past>,
    /// Where older ones go on.
    pub(crate) next: Option<i32>,
}

/// Reads the versions before `before`, or the newest.
pub(crate) async fn read(
    connection: &mut AnyConnection,
    subject: Subject,
    before: Option<i32>,
) -> Answer<History> {
    // One more than is shown: what the oldest shown one changed.
    let most = PAGE as i64 + 1;
    let found = filing::list_versions(connection, subject, before, most).await?;
    let since = found.last().map_or(1, |version| version.version);
    let steps = filing::list_steps(connection, subject, since).await?;
    let next = (found.len() > PAGE)
        .then(|| found.get(PAGE - 1).map(|version| version.version))
        .flatten();
    let past = |(place, row): (usize, &Version)| {
        let own = steps.iter().filter(|step| step.version == row.version);
        Past {
            before: found.get(place + 1).map(|older| older.body.clone()),
            steps: own.cloned().collect(),
            version: row.clone(),
        }
    };
    Ok(History {
        versions: found.iter().enumerate().take(PAGE).map(past).collect(),
        next,
    })
}

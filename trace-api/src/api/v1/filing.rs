//! What the API says of filings (备案), of producers and products alike: where one stands, its
//! history, and the requests that move it on.

use model::filing::{FilingState, FilingStep};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::AnyConnection;
use store::filing::{self, Standing, Subject};
use store::producer::Place;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::act::filing::history::{self, Past};
use crate::act::filing::turn::Turn;
use crate::problem::{Answer, Problem};

/// Where a filing stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Filing {
    /// `draft`, `submitted` or `returned` while nothing was approved; then `approved` or
    /// `suspended`. New lots, labels and certificates come of approved ones only.
    #[schema(example = "approved")]
    state: &'static str,
    /// The newest version, from 1: what an edit names as `base_version`.
    #[schema(example = 2)]
    version: i32,
    /// The version that was approved last: what everybody sees.
    #[schema(example = 1)]
    standing_version: Option<i32>,
    /// Where the newest version stands while another one is in force: `draft`, `submitted` or
    /// `returned`.
    #[schema(example = "submitted")]
    pending: Option<&'static str>,
    /// Since when it is suspended.
    #[serde(with = "time::serde::rfc3339::option")]
    suspended_at: Option<OffsetDateTime>,
    /// When it was last written or took a step.
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl Filing {
    /// Where a filing stands, as the API says it.
    pub(crate) fn of(standing: Standing, updated_at: OffsetDateTime) -> Self {
        Self {
            state: standing.state.code(),
            version: standing.version,
            standing_version: standing.standing_version,
            pending: standing.pending.map(FilingState::code),
            suspended_at: standing.suspended_at,
            updated_at,
        }
    }
}

/// What is newer than what stands, and why it came back or is suspended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FilingBeside)]
pub(crate) struct Beside {
    /// What the newest version says, while another one stands.
    #[schema(value_type = Option<Object>)]
    pub(crate) newest: Option<Value>,
    /// Why the newest version was sent back, while it is back.
    pub(crate) returned_because: Option<String>,
    /// Why it is suspended, while it is.
    pub(crate) suspended_because: Option<String>,
}

impl Beside {
    /// Reads what stands beside a filing.
    pub(crate) async fn read(
        connection: &mut AnyConnection,
        subject: Subject,
        standing: Standing,
    ) -> Answer<Self> {
        let mut beside = Self {
            newest: None,
            returned_because: None,
            suspended_because: None,
        };
        if standing.pending.is_some() && standing.standing_version.is_some() {
            let found = filing::find_version(connection, subject, standing.version).await?;
            beside.newest = found.map(|found| found.body);
        }
        if standing.pending == Some(FilingState::Returned) {
            let step = FilingStep::Return;
            beside.returned_because = filing::find_reason(connection, subject, step).await?;
        }
        if standing.state == FilingState::Suspended {
            let step = FilingStep::Suspend;
            beside.suspended_because = filing::find_reason(connection, subject, step).await?;
        }
        Ok(beside)
    }
}

/// One thing that somebody did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FilingStep)]
pub(crate) struct Step {
    /// `write`, `submit`, `return`, `approve`, `suspend` or `resume`.
    #[schema(example = "return")]
    #[serde(rename = "step")]
    taken: String,
    /// Where it was; empty of the first.
    from: String,
    /// Where it is after.
    to: String,
    /// Why; empty where none was asked for.
    reason: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Sign-in name of who; null for the platform itself.
    account: Option<String>,
}

/// A member that a version changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FilingChange)]
pub(crate) struct Change {
    /// Which member.
    #[schema(example = "specification")]
    field: String,
    /// What it was; null of the first version.
    #[schema(value_type = Option<Object>)]
    before: Value,
    /// What it became.
    #[schema(value_type = Option<Object>)]
    after: Value,
}

/// One version with what it changed and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FilingVersion)]
pub(crate) struct Version {
    /// From 1.
    #[serde(rename = "version")]
    number: i32,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// Sign-in name of who wrote it; null for the platform itself.
    account: Option<String>,
    /// Everything it says.
    #[schema(value_type = Object)]
    body: Value,
    /// What it changed of the version before.
    changes: Vec<Change>,
    /// What was done with it, oldest first.
    steps: Vec<Step>,
}

/// The history of a filing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FilingVersions)]
pub(crate) struct Versions {
    /// Newest first.
    versions: Vec<Version>,
    /// Ask with this as `before` for older ones.
    next: Option<i32>,
}

/// Which versions are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Older {
    /// Only versions before this one.
    before: Option<i32>,
}

impl Versions {
    /// Reads the history of a filing.
    pub(crate) async fn read(
        connection: &mut AnyConnection,
        subject: Subject,
        older: &Older,
    ) -> Answer<Self> {
        let found = history::read(connection, subject, older.before).await?;
        Ok(Self {
            versions: found.versions.into_iter().map(Version::from).collect(),
            next: found.next,
        })
    }
}

impl From<Past> for Version {
    fn from(past: Past) -> Self {
        let row = past.version;
        Self {
            number: row.version,
            at: row.at,
            account: row.login,
            changes: changes(past.before.as_ref(), &row.body),
            body: row.body,
            steps: past.steps.into_iter().map(Step::from).collect(),
        }
    }
}

impl From<filing::Step> for Step {
    fn from(row: filing::Step) -> Self {
        Self {
            taken: row.step,
            from: row.from_state,
            to: row.to_state,
            reason: row.reason,
            at: row.at,
            account: row.login,
        }
    }
}

/// The members of two versions that differ.
fn changes(before: Option<&Value>, after: &Value) -> Vec<Change> {
    let members = after.as_object().into_iter().flatten();
    let differing = members.filter_map(|(field, value)| {
        let was = before.and_then(|before| before.get(field));
        // A version of before a member was thought of has none, and says nothing by it.
        let is_empty =
            value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty);
        let same = was == Some(value) || (was.is_none() && is_empty);
        (!same).then(|| Change {
            field: field.clone(),
            before: was.cloned().unwrap_or(Value::Null),
            after: value.clone(),
        })
    });
    differing.collect()
}

/// The handing in of the newest version.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = FilingSubmission)]
pub(crate) struct Submission {
    /// Made by the client: sent again, it does nothing more and gets the same answer.
    request_id: Uuid,
    /// The version that is handed in; has to be the newest.
    #[schema(example = 1)]
    version: i32,
}

impl From<Submission> for Turn {
    fn from(asked: Submission) -> Self {
        Self {
            request_id: asked.request_id,
            version: asked.version,
            step: FilingStep::Submit,
            reason: String::new(),
        }
    }
}

/// What a supervisor decides.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = FilingDecision)]
pub(crate) struct Decision {
    /// Made by the client: sent again, it does nothing more and gets the same answer.
    request_id: Uuid,
    /// The version that was read: the newest for `return` and `approve`, the one that stands for
    /// `suspend` and `resume`.
    #[schema(example = 1)]
    version: i32,
    /// `return`, `approve`, `suspend` or `resume`.
    #[schema(example = "return")]
    #[serde(rename = "decision")]
    wanted: String,
    /// Why; has to be said unless it is approved. The producer reads it.
    #[serde(default)]
    #[schema(example = "营业执照照片不清晰")]
    reason: String,
}

impl Decision {
    /// The step that it asks for.
    pub(crate) fn parse(self) -> Answer<Turn> {
        let step = FilingStep::from_code(&self.wanted);
        let step = step.filter(|step| *step != FilingStep::Submit);
        let step = step.ok_or_else(|| {
            let en = "it is return, approve, suspend or resume";
            Problem::invalid("decision", en, "须为 return、approve、suspend 或 resume")
        })?;
        Ok(Turn {
            request_id: self.request_id,
            version: self.version,
            step,
            reason: self.reason,
        })
    }
}

/// How many stand where; `pending` counts versions that wait beside one that stands.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = FilingCounts)]
pub(crate) struct Counts {
    draft: i64,
    submitted: i64,
    returned: i64,
    approved: i64,
    suspended: i64,
    /// Handed in and waiting for a supervisor: new ones and next versions.
    waiting: i64,
    /// All of them.
    all: i64,
}

impl Counts {
    /// Adds up what the store counted.
    pub(crate) fn of(rows: &[(FilingState, Option<FilingState>, i64)]) -> Self {
        let mut counts = Self::default();
        for (state, pending, count) in rows {
            let slot = match state {
                FilingState::Draft => &mut counts.draft,
                FilingState::Submitted => &mut counts.submitted,
                FilingState::Returned => &mut counts.returned,
                FilingState::Approved => &mut counts.approved,
                FilingState::Suspended => &mut counts.suspended,
            };
            *slot += count;
            counts.all += count;
            if *pending == Some(FilingState::Submitted) {
                counts.waiting += count;
            }
        }
        counts
    }
}

/// Reads a state of the query.
pub(crate) fn parse_state(field: &'static str, word: Option<&str>) -> Answer<Option<FilingState>> {
    let refuse = || Problem::invalid(field, "there is no such state", "没有这种备案状态");
    word.map(|word| FilingState::from_code(word).ok_or_else(refuse))
        .transpose()
}

/// Reads order and place of a list.
pub(crate) fn parse_place(sort: Option<&str>, after: Option<i64>) -> Answer<Place> {
    let newest = match sort {
        None | Some("name") => false,
        Some("newest") => true,
        Some(_) => {
            let en = "lists are sorted by name or newest";
            return Err(Problem::invalid("sort", en, "排序方式须为 name 或 newest"));
        }
    };
    Ok(Place { newest, after })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_tells_what_it_changed_and_nothing_else() {
        let before = json!({ "name": "莓茶", "unit": "KGM" });
        let after =
            json!({ "name": "莓茶（芽尖）", "unit": "KGM", "pictures": [], "standard": "" });
        let found = changes(Some(&before), &after);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].field.as_str(), &found[0].before),
            ("name", &json!("莓茶"))
        );
        assert_eq!(changes(None, &before).len(), 2);
    }

    #[test]
    fn what_waits_beside_what_stands_is_counted_too() {
        use FilingState::{Approved, Submitted};
        let counts = Counts::of(&[
            (Approved, None, 5),
            (Approved, Some(Submitted), 2),
            (Submitted, Some(Submitted), 1),
        ]);
        assert_eq!((counts.approved, counts.submitted), (7, 1));
        assert_eq!((counts.waiting, counts.all), (3, 8));
    }
}

//! What the pages of filings of both desks take from the record.

use serde_json::Value;
use store::AnyConnection;
use store::filing::{self, Subject};
use time::Date;

use crate::act::filing::history;
use crate::act::lot::iso;
use crate::act::upload::hex;
use crate::api::v1::filing::Beside;
use crate::page::Lang;
use crate::page::filing::overview::CredentialRow;
use crate::page::filing::{
    PRODUCER, PRODUCT, Picture, RETURNED, SUSPENDED, Standing, StepRow, VersionRow, changes,
};
use crate::problem::Answer;
use crate::rule::credential::standing as credential_standing;
use crate::state::timestamp;

/// Members of a filing as pages show them: name, and key of its words.
pub(super) type Members = &'static [(&'static str, &'static str)];

/// The members of what is filed.
pub(super) const fn members(subject: Subject) -> Members {
    match subject {
        Subject::Producer(_) => PRODUCER,
        Subject::Product(_) => PRODUCT,
    }
}

/// Where a filing stands.
pub(super) const fn standing(row: filing::Standing) -> Standing {
    Standing {
        state: row.state,
        pending: row.pending,
        version: row.version,
    }
}

/// What the newest version says.
pub(super) async fn newest(
    connection: &mut AnyConnection,
    subject: Subject,
    row: filing::Standing,
) -> Answer<Value> {
    let found = filing::find_version(connection, subject, row.version).await?;
    Ok(found.map(|found| found.body).unwrap_or_default())
}

/// Why a filing came back or is stopped.
pub(super) async fn reasons(
    connection: &mut AnyConnection,
    subject: Subject,
    row: filing::Standing,
) -> Answer<Vec<(&'static str, String)>> {
    let beside = Beside::read(connection, subject, row).await?;
    let returned = beside.returned_because.map(|text| (RETURNED, text));
    let suspended = beside.suspended_because.map(|text| (SUSPENDED, text));
    Ok(returned.into_iter().chain(suspended).collect())
}

/// The history of a filing.
pub(super) async fn versions(
    connection: &mut AnyConnection,
    subject: Subject,
    lang: Lang,
) -> Answer<Vec<VersionRow>> {
    let found = history::read(connection, subject, None).await?;
    let row = |past: history::Past| VersionRow {
        number: past.version.version,
        at: timestamp(past.version.at),
        by: past.version.login.unwrap_or_default(),
        changes: past.before.map_or_else(Vec::new, |before| {
            changes(lang, members(subject), (&past.version.body, &before))
        }),
        steps: past.steps.into_iter().map(step).collect(),
    };
    Ok(found.versions.into_iter().map(row).collect())
}

fn step(row: filing::Step) -> StepRow {
    StepRow {
        step: row.step,
        at: timestamp(row.at),
        by: row.login.unwrap_or_default(),
        reason: row.reason,
    }
}

/// The pictures that a version has; new are those that another one does not have.
pub(super) fn pictures(now: &Value, before: Option<&Value>) -> Vec<Picture> {
    let list = |body: &Value| body["pictures"].as_array().cloned().unwrap_or_default();
    let text = |item: &Value, member: &str| item[member].as_str().unwrap_or_default().to_owned();
    let old: Vec<String> = before
        .map(list)
        .unwrap_or_default()
        .iter()
        .map(|item| text(item, "sha256"))
        .collect();
    let picture = |item: &Value| {
        let sha256 = text(item, "sha256");
        Picture {
            is_new: !old.contains(&sha256),
            caption: text(item, "caption"),
            is_document: false,
            sha256,
        }
    };
    list(now).iter().map(picture).collect()
}

/// One credential of a list, looked at below `path`.
pub(super) fn credential(
    row: store::credential::Credential,
    path: &str,
    (today, remind_days): (Date, u16),
) -> CredentialRow {
    let period = (row.valid_from, row.valid_to);
    CredentialRow {
        href: format!("{path}/{}", row.id),
        kind: row.kind,
        number: row.number,
        issuer: row.issuer,
        producer: None,
        product: row.product,
        valid_to: iso(row.valid_to),
        standing: credential_standing(period, today, remind_days).code(),
        state: row.state,
        reason: row.reason,
    }
}

/// The scan of a credential as a file; what it is, its content said when it was uploaded.
pub(super) async fn scan(
    connection: &mut AnyConnection,
    row: &store::credential::Credential,
) -> Answer<Option<Picture>> {
    let Some(hash) = row.scan.as_deref() else {
        return Ok(None);
    };
    file(connection, row.producer_id, &hex(hash)).await
}

/// An uploaded file of a producer.
pub(super) async fn file(
    connection: &mut AnyConnection,
    producer_id: i64,
    sha256: &str,
) -> Answer<Option<Picture>> {
    let Ok(hash) = sha256.parse() else {
        return Ok(None);
    };
    let found = store::attachment::find(connection, &hash, Some(producer_id)).await?;
    Ok(found.map(|file| Picture {
        sha256: file.sha256.to_string(),
        caption: String::new(),
        is_document: file.media_type == "application/pdf",
        is_new: false,
    }))
}

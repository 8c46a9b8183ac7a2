//! What is done with a filing that is written: handing it in, and what supervisors decide of it,
//! with the messages that tell of it.

use model::filing::FilingStep;
use serde_json::Value;
use store::account::{Account, Role};
use store::filing::{self, Hand, Standing, Subject};
use store::message::{self, NewMessage};
use store::{AnyConnection, StoreError, Transaction, producer, product};
use uuid::Uuid;

use super::{conflict, hand, held, no_such, number_taken, parse};
use crate::act;
use crate::act::lot::request_used;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::filing::{ProducerBody, ProductBody};
use crate::rule::plausible;
use crate::state::AppState;

/// Most characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// A decision, or the handing in.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// The version that it is about; has to be the newest, or the one that stands.
    pub(crate) version: i32,
    /// What is done.
    pub(crate) step: FilingStep,
    /// Why.
    pub(crate) reason: String,
}

/// Hands in, returns, approves, suspends or resumes.
pub(crate) async fn turn(
    state: &AppState,
    account: &Account,
    subject: Subject,
    turn: &Turn,
) -> Answer<()> {
    if turn.step.needs_reason() || !turn.reason.is_empty() {
        plausible::text("reason", &turn.reason, REASON_CHARS_MAX)?;
    }
    let mut transaction = act::begin(state, account).await?;
    let was = held(&mut transaction, account, subject).await?;
    if let Some(done) = filing::find_done(&mut transaction, turn.request_id).await? {
        let same = done.subject == subject && done.step == turn.step.code();
        return same.then_some(()).ok_or_else(request_used);
    }
    let about = if turn.step.is_of_version() {
        was.version
    } else {
        was.standing_version.unwrap_or(was.version)
    };
    if turn.version != about {
        let newest = filing::find_version(&mut transaction, subject, about).await?;
        let newest = newest.map_or(Value::Null, |found| found.body);
        return Err(conflict((about, newest), (Some(turn.version), Value::Null)));
    }
    let hand = hand(state, account, turn.request_id);
    let line = (turn.step, turn.reason.trim());
    filing::turn(&mut transaction, subject, was, line, hand).await?;
    if turn.step == FilingStep::Approve {
        stand(&mut transaction, subject, was, hand).await?;
    }
    tell(state, &mut transaction, subject, turn).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Puts the version that was approved into the row that stands.
async fn stand(
    connection: &mut AnyConnection,
    subject: Subject,
    was: Standing,
    hand: Hand,
) -> Answer<()> {
    let approved = filing::find_version(connection, subject, was.version).await?;
    let words = approved.map(|found| found.body).unwrap_or_default();
    match subject {
        Subject::Producer(id) => {
            let body: ProducerBody = parse(words)?;
            producer::set(connection, id, &body.row(), &body.details()).await?;
        }
        Subject::Product(id) => {
            let body: ProductBody = parse(words)?;
            let own = product::find(connection, id).await?;
            let own = own.ok_or_else(|| no_such(subject))?;
            let owner = producer::find(connection, own.producer_id).await?;
            if owner.is_none_or(|owner| owner.standing.standing_version.is_none()) {
                let en = "its producer is not approved";
                return Err(Problem::told(
                    Kind::RuleBroken,
                    en,
                    "其生产主体尚未通过备案",
                ));
            }
            let gtin = body.gtin.clone().unwrap_or(own.gtin);
            if product::is_taken(connection, &gtin, Some(id)).await? {
                return Err(number_taken());
            }
            let details = (&body.details(), was.standing_version.is_some());
            let row = body.row(own.producer_id, &gtin);
            product::set(connection, id, &row, details, hand.now).await?;
        }
    }
    Ok(())
}

/// Tells the supervisors that something was handed in.
pub(super) async fn tell_supervisors(
    state: &AppState,
    transaction: &mut Transaction,
    subject: Subject,
    name: &str,
) -> Answer<()> {
    let (zh, en) = noun(subject);
    let new = NewMessage {
        to_role: Role::Supervisor.code(),
        kind: "filing_submitted",
        lot_id: None,
        text_zh: &format!("{zh}“{name}”（编号 {}）提交备案，待审核", subject.id()),
        text_en: &format!("{en} {} ({name}) was submitted for filing", subject.id()),
    };
    Ok(message::insert(transaction, &new, state.now()).await?)
}

const fn noun(subject: Subject) -> (&'static str, &'static str) {
    match subject {
        Subject::Producer(_) => ("生产主体", "Producer"),
        Subject::Product(_) => ("产品", "Product"),
    }
}

/// Tells whom it concerns: supervisors of what was handed in, the producer of what was decided.
async fn tell(
    state: &AppState,
    transaction: &mut Transaction,
    subject: Subject,
    turn: &Turn,
) -> Answer<()> {
    let (producer_id, name) = match subject {
        Subject::Producer(id) => (
            id,
            producer::find(transaction, id).await?.map(|row| row.name),
        ),
        Subject::Product(id) => {
            let found = product::find(transaction, id).await?;
            let owner = found.as_ref().map_or(0, |row| row.producer_id);
            (
                owner,
                found.map(|row| format!("{} {}", row.name, row.specification)),
            )
        }
    };
    let name = name.unwrap_or_default();
    let (kind, zh, en) = match turn.step {
        FilingStep::Submit => {
            return tell_supervisors(state, transaction, subject, &name).await;
        }
        FilingStep::Return => ("filing_returned", "备案被退回", "was returned"),
        FilingStep::Approve => ("filing_approved", "备案已通过", "was approved"),
        FilingStep::Suspend => ("filing_suspended", "备案被暂停", "was suspended"),
        FilingStep::Resume => ("filing_resumed", "备案已恢复", "may go on"),
    };
    let (noun_zh, noun_en) = noun(subject);
    let (mut text_zh, mut text_en) = (
        format!("{noun_zh}“{name}”（第 {} 版）{zh}", turn.version),
        format!(
            "{noun_en} {} ({name}), version {}, {en}",
            subject.id(),
            turn.version
        ),
    );
    if !turn.reason.trim().is_empty() {
        text_zh = format!("{text_zh}：{}", turn.reason.trim());
        text_en = format!("{text_en}: {}", turn.reason.trim());
    }
    let texts = (kind, text_zh.as_str(), text_en.as_str());
    message::insert_to_producer(transaction, producer_id, texts, state.now()).await?;
    Ok(())
}

//! 备案: writing what is filed, handing it in, and what supervisors decide of it. A version that
//! was approved stands until the next one is; an edit of a version that is not the newest is told,
//! with both, and changes nothing; a request that is sent again changes nothing.

use model::filing::FilingState;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::account::Account;
use store::filing::{self, Hand, Standing, Subject};
use store::producer::{self, Producer};
use store::product::{self, Product};
use store::{AnyConnection, StoreError, Transaction};
use uuid::Uuid;

use self::turn::tell_supervisors;
use super::lot::request_used;
use super::upload::check_pictures;
use crate::authority::Scope;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::filing::{
    ProducerBody, ProductBody, check_producer, check_product, internal_gtin,
};
use crate::state::AppState;

pub(crate) mod gate;
pub(crate) mod history;
pub(crate) mod turn;

/// How many of our own numbers are drawn before we give up: each was never drawn before, so only
/// numbers from elsewhere can be in the way.
const DRAWS_MAX: usize = 20;

/// Words that are to be filed.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<B> {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// The version that an edit saw; `None` for a new filing.
    pub(crate) base: Option<i32>,
    /// Whether it is handed in at once.
    pub(crate) submit: bool,
    /// The words.
    pub(crate) body: B,
}

/// A producer of this number that this account may see, with its newest words where they wait.
pub(crate) async fn see_producer(
    connection: &mut AnyConnection,
    account: &Account,
    id: i64,
) -> Answer<Producer> {
    let found = producer::find(connection, id).await?;
    let seen = found.filter(|row| Scope::of(account).holds(row.id));
    seen.ok_or_else(|| no_such(Subject::Producer(id)))
}

/// A product of this number that this account may see.
pub(crate) async fn see_product(
    connection: &mut AnyConnection,
    account: &Account,
    id: i64,
) -> Answer<Product> {
    let found = product::find(connection, id).await?;
    let seen = found.filter(|row| Scope::of(account).holds(row.producer_id));
    seen.ok_or_else(|| no_such(Subject::Product(id)))
}

fn no_such(subject: Subject) -> Problem {
    match subject {
        Subject::Producer(_) => Problem::told(
            Kind::NotFound,
            "there is no such producer",
            "没有这个生产主体",
        ),
        Subject::Product(_) => {
            Problem::told(Kind::NotFound, "there is no such product", "没有这个产品")
        }
    }
}

/// Files a producer; returns its number.
pub(crate) async fn file_producer(
    state: &AppState,
    account: &Account,
    wanted: Wanted<ProducerBody>,
) -> Answer<i64> {
    let mut transaction = super::begin(state, account).await?;
    let added = add_producer(state, &mut transaction, account, &wanted).await?;
    if added.is_new && wanted.submit {
        let subject = Subject::Producer(added.id);
        tell_supervisors(state, &mut transaction, subject, &wanted.body.name).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(added.id)
}

/// What was filed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Added {
    /// Its number.
    pub(crate) id: i64,
    /// Whether it was filed now, and not by the same request before.
    pub(crate) is_new: bool,
}

/// Files a producer in a transaction that holds more than that; whoever commits it tells
/// supervisors.
pub(crate) async fn add_producer(
    state: &AppState,
    transaction: &mut Transaction,
    account: &Account,
    wanted: &Wanted<ProducerBody>,
) -> Answer<Added> {
    if let Some(fault) = check_producer(&wanted.body).into_iter().next() {
        return Err(fault.into());
    }
    if let Some(subject) = sent_before(transaction, wanted, None).await? {
        return Ok(Added {
            id: subject.id(),
            is_new: false,
        });
    }
    check_pictures(transaction, None, &wanted.body.pictures).await?;
    let body = value(&wanted.body)?;
    let hand = hand(state, account, wanted.request_id);
    let details = wanted.body.details();
    let words = (&details, &body);
    let first = first_state(wanted.submit);
    let row = wanted.body.row();
    let id = producer::insert_filed(transaction, &row, words, first, hand).await?;
    Ok(Added { id, is_new: true })
}

/// Files a product of a producer; returns its number.
pub(crate) async fn file_product(
    state: &AppState,
    account: &Account,
    producer_id: i64,
    wanted: Wanted<ProductBody>,
) -> Answer<i64> {
    let mut transaction = super::begin(state, account).await?;
    let added = add_product(state, &mut transaction, account, (producer_id, &wanted)).await?;
    if added.is_new && wanted.submit {
        let subject = Subject::Product(added.id);
        tell_supervisors(state, &mut transaction, subject, &wanted.body.name).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(added.id)
}

/// Files a product in a transaction that holds more than that; whoever commits it tells
/// supervisors.
pub(crate) async fn add_product(
    state: &AppState,
    transaction: &mut Transaction,
    account: &Account,
    (producer_id, wanted): (i64, &Wanted<ProductBody>),
) -> Answer<Added> {
    let owner = see_producer(transaction, account, producer_id).await;
    owner.map_err(|_| {
        let en = "there is no such producer";
        Problem::invalid("producer_id", en, "没有这个生产主体")
    })?;
    if let Some(fault) = check_product(&wanted.body, &[]).into_iter().next() {
        return Err(fault.into());
    }
    if let Some(subject) = sent_before(transaction, wanted, None).await? {
        return Ok(Added {
            id: subject.id(),
            is_new: false,
        });
    }
    check_pictures(transaction, Some(producer_id), &wanted.body.pictures).await?;
    let gtin = choose_gtin(transaction, wanted.body.gtin.as_deref(), None).await?;
    let body = value(&ProductBody {
        gtin: Some(gtin.clone()),
        ..wanted.body.clone()
    })?;
    let hand = hand(state, account, wanted.request_id);
    let details = wanted.body.details();
    let words = (&details, &body);
    let first = first_state(wanted.submit);
    let row = wanted.body.row(producer_id, &gtin);
    let id = product::insert_filed(transaction, &row, words, first, hand).await?;
    Ok(Added { id, is_new: true })
}

/// Writes another version of a producer.
pub(crate) async fn edit_producer(
    state: &AppState,
    account: &Account,
    id: i64,
    wanted: Wanted<ProducerBody>,
) -> Answer<()> {
    if let Some(fault) = check_producer(&wanted.body).into_iter().next() {
        return Err(fault.into());
    }
    let subject = Subject::Producer(id);
    let mut transaction = super::begin(state, account).await?;
    let was = held(&mut transaction, account, subject).await?;
    if sent_before(&mut transaction, &wanted, Some(subject))
        .await?
        .is_some()
    {
        return Ok(());
    }
    let body = value(&wanted.body)?;
    check_base(&mut transaction, subject, was, (wanted.base, &body)).await?;
    check_pictures(&mut transaction, Some(id), &wanted.body.pictures).await?;
    let to = next_state(was, wanted.submit);
    let hand = hand(state, account, wanted.request_id);
    filing::write(&mut transaction, subject, was, (&body, to), hand).await?;
    if was.standing_version.is_none() {
        let details = wanted.body.details();
        producer::set(&mut transaction, id, &wanted.body.row(), &details).await?;
    }
    if wanted.submit {
        tell_supervisors(state, &mut transaction, subject, &wanted.body.name).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Writes another version of a product. A number that is missing stays what it is.
pub(crate) async fn edit_product(
    state: &AppState,
    account: &Account,
    id: i64,
    mut wanted: Wanted<ProductBody>,
) -> Answer<()> {
    let subject = Subject::Product(id);
    let mut transaction = super::begin(state, account).await?;
    let was = held(&mut transaction, account, subject).await?;
    let own = see_product(&mut transaction, account, id).await?;
    let aliases = product::list_aliases(&mut transaction, id).await?;
    let mut numbers: Vec<String> = aliases.into_iter().map(|(gtin, _)| gtin).collect();
    numbers.push(own.gtin.clone());
    if let Some(fault) = check_product(&wanted.body, &numbers).into_iter().next() {
        return Err(fault.into());
    }
    let kept = wanted.body.gtin.take().unwrap_or(own.gtin);
    let gtin = choose_gtin(&mut transaction, Some(&kept), Some(id)).await?;
    wanted.body.gtin = Some(gtin.clone());
    if sent_before(&mut transaction, &wanted, Some(subject))
        .await?
        .is_some()
    {
        return Ok(());
    }
    let body = value(&wanted.body)?;
    check_base(&mut transaction, subject, was, (wanted.base, &body)).await?;
    let pictures = &wanted.body.pictures;
    check_pictures(&mut transaction, Some(own.producer_id), pictures).await?;
    let to = next_state(was, wanted.submit);
    let hand = hand(state, account, wanted.request_id);
    filing::write(&mut transaction, subject, was, (&body, to), hand).await?;
    if was.standing_version.is_none() {
        let row = wanted.body.row(own.producer_id, &gtin);
        let details = (&wanted.body.details(), false);
        product::set(&mut transaction, id, &row, details, hand.now).await?;
    }
    if wanted.submit {
        tell_supervisors(state, &mut transaction, subject, &wanted.body.name).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Where a filing stands, locked, if this account may see it.
async fn held(
    transaction: &mut Transaction,
    account: &Account,
    subject: Subject,
) -> Answer<Standing> {
    let owner = match subject {
        Subject::Producer(id) => Some(id),
        Subject::Product(id) => product::find(transaction, id)
            .await?
            .map(|row| row.producer_id),
    };
    let standing = filing::lock(transaction, subject).await?;
    let is_seen = owner.is_some_and(|owner| Scope::of(account).holds(owner));
    standing.filter(|_| is_seen).ok_or_else(|| no_such(subject))
}

/// What a request filed before, if it said the same.
async fn sent_before<B: Serialize>(
    transaction: &mut Transaction,
    wanted: &Wanted<B>,
    subject: Option<Subject>,
) -> Answer<Option<Subject>> {
    let Some(done) = filing::find_done(transaction, wanted.request_id).await? else {
        return Ok(None);
    };
    let written = filing::find_version(transaction, done.subject, done.version).await?;
    let mut said = written.map(|found| found.body).unwrap_or_default();
    let sent = value(&wanted.body)?;
    if sent.get("gtin") == Some(&Value::Null) {
        // The number was chosen here.
        said["gtin"] = Value::Null;
    }
    let is_there = match subject {
        Some(subject) => subject == done.subject,
        None => done.version == 1,
    };
    if done.step == "write" && is_there && said == sent {
        return Ok(Some(done.subject));
    }
    Err(request_used())
}

async fn check_base(
    transaction: &mut Transaction,
    subject: Subject,
    was: Standing,
    (base, body): (Option<i32>, &Value),
) -> Answer<()> {
    if base == Some(was.version) {
        return Ok(());
    }
    let newest = filing::find_version(transaction, subject, was.version).await?;
    let newest = newest.map_or(Value::Null, |found| found.body);
    Err(conflict((was.version, newest), (base, body.clone())))
}

fn conflict((version, body): (i32, Value), (base, sent): (Option<i32>, Value)) -> Problem {
    Problem {
        versions: Some(Box::new([
            json!({ "version": version, "body": body }),
            json!({ "version": base, "body": sent }),
        ])),
        ..Problem::told(
            Kind::EditConflict,
            "this is not the newest version; nothing was changed",
            "备案内容已有更新的版本，未作更改",
        )
    }
}

/// The number that a product gets: the one that it asks for, if nobody has it, or one of ours.
async fn choose_gtin(
    connection: &mut AnyConnection,
    asked: Option<&str>,
    own: Option<i64>,
) -> Answer<String> {
    if let Some(asked) = asked {
        let gtin = model::gs1::Gtin::parse(asked).map_err(Problem::internal)?;
        let gtin = gtin.to_string();
        if product::is_taken(connection, &gtin, own).await? {
            return Err(number_taken());
        }
        return Ok(gtin);
    }
    for _ in 0..DRAWS_MAX {
        let number = product::draw_internal_number(connection).await?;
        let Some(gtin) = internal_gtin(number) else {
            break;
        };
        if !product::is_taken(connection, gtin.as_str(), own).await? {
            return Ok(gtin.to_string());
        }
    }
    let (en, zh) = ("no number of ours is left", "店内码已用尽");
    Err(Problem::told(Kind::Conflict, en, zh))
}

fn number_taken() -> Problem {
    Problem {
        field: Some("gtin"),
        ..Problem::told(
            Kind::Conflict,
            "another product has this number, or had it",
            "该商品条码属于或曾属于另一产品",
        )
    }
}

const fn first_state(submit: bool) -> FilingState {
    if submit {
        FilingState::Submitted
    } else {
        FilingState::Draft
    }
}

/// Where a new version waits: handed in, or where its forerunner waited.
fn next_state(was: Standing, submit: bool) -> FilingState {
    if submit {
        return FilingState::Submitted;
    }
    was.pending.unwrap_or(FilingState::Draft)
}

fn hand(state: &AppState, account: &Account, request_id: Uuid) -> Hand {
    Hand {
        account_id: Some(account.id),
        request_id,
        now: state.now(),
    }
}

fn value(body: &impl Serialize) -> Answer<Value> {
    serde_json::to_value(body).map_err(Problem::internal)
}

fn parse<B: DeserializeOwned>(body: Value) -> Answer<B> {
    serde_json::from_value(body).map_err(Problem::internal)
}

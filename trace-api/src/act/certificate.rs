//! 承诺达标合格证: the check, the issue and the void. A lot that was split or mixed has none until
//! it gets its own.

use model::event::Step;
use model::event::life::Turn;
use serde_json::json;
use store::account::Account;
use store::certificate::{self, Certificate, NewCertificate};
use store::closure::{self, Way};
use store::lot::Lot;
use store::{AnyConnection, StoreError, plot, processing, producer, product};
use uuid::Uuid;

use super::filing::gate;
use super::life::open;
use super::lot::{iso, request_used};
use super::{certificate_file, harvest, test};
use crate::problem::{Answer, Kind, Problem};
use crate::record::{self, Deed};
use crate::rule::certificate::{Facts, Reason, check};
use crate::rule::{interval, plausible};
use crate::state::AppState;

/// A certificate as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client.
    pub(crate) request_id: Uuid,
    /// `quality_control`, `own_test` or `commissioned_test`.
    pub(crate) basis: String,
    /// How much it covers; all that is left where it is missing.
    pub(crate) quantity: Option<f64>,
}

/// Every reason against a certificate, and how much of the lot has none yet.
pub(crate) async fn examine(
    connection: &mut AnyConnection,
    lot: &Lot,
    (basis, quantity): (&str, Option<f64>),
) -> Answer<(Vec<Reason>, f64)> {
    let (mut all, uncovered) = examine_each(connection, lot, (&[basis], quantity)).await?;
    Ok((all.pop().unwrap_or_default(), uncovered))
}

/// The same of several bases at once: what a lot is, is looked at once.
pub(crate) async fn examine_each(
    connection: &mut AnyConnection,
    lot: &Lot,
    (bases, quantity): (&[&str], Option<f64>),
) -> Answer<(Vec<Vec<Reason>>, f64)> {
    let own = product::find(connection, lot.product_id).await?;
    let uncovered = uncovered(connection, lot).await?;
    let used = harvest::standing(connection, lot).await?;
    let kept = lot
        .harvested_on
        .is_none_or(|day| interval::check(day, &used.treatments).is_ok());
    let results = test::standing(connection, lot.id).await?;
    let bare = bare_inputs(connection, lot).await?;
    let filing = gate::reason(connection, lot.product_id).await?;
    let facts = |basis| Facts {
        regime: own.as_ref().map_or("", |product| product.regime.as_str()),
        state: lot.state,
        basis,
        quantity: quantity.unwrap_or(uncovered),
        uncovered,
        interval_kept: used.is_waived || kept,
        failed: results.against,
        own_test: results.passed,
        laboratory_test: results.confirmed,
        bare_inputs: &bare,
    };
    let each = bases.iter().copied().map(|basis| {
        let mut reasons = check(&facts(basis));
        reasons.extend(filing.clone());
        reasons
    });
    Ok((each.collect(), uncovered))
}

/// Issues a certificate for a lot.
pub(crate) async fn issue(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    wanted: &Wanted,
) -> Answer<Certificate> {
    let mut opened = open(state, account, lot_id, ("certify", wanted.request_id)).await?;
    if opened.is_done {
        let made =
            certificate::find(&mut opened.transaction, None, Some(wanted.request_id)).await?;
        return made.ok_or_else(request_used);
    }
    let lot = opened.lot.clone();
    let asked = (wanted.basis.as_str(), wanted.quantity);
    let (reasons, uncovered) = examine(&mut opened.transaction, &lot, asked).await?;
    if !reasons.is_empty() {
        return Err(refuse(&reasons));
    }
    let quantity = wanted.quantity.unwrap_or(uncovered);
    let day = iso(plausible::today(opened.now));
    let body = body(
        &mut opened.transaction,
        &lot,
        (&wanted.basis, quantity, &day),
    )
    .await?;
    let new = NewCertificate {
        lot_id,
        day: &day.replace('-', ""),
        basis: &wanted.basis,
        quantity,
        unit: &lot.unit,
        body: &body,
        account_id: Some(account.id),
        request_id: wanted.request_id,
    };
    let id = certificate::insert(&mut opened.transaction, &new, opened.now).await?;
    let made = certificate::find(&mut opened.transaction, Some(id), None).await?;
    let made = made.ok_or_else(request_used)?;
    opened.step(&[], &made.number).await?;
    let request = opened.request();
    let turn = Turn::Certified(&made.number);
    opened.tell(&Step::Turned(turn, &request)).await?;
    opened.close().await?;
    Ok(made)
}

/// Voids a certificate; it is kept, with the reason.
pub(crate) async fn void(
    state: &AppState,
    account: &Account,
    id: i64,
    (request_id, reason): (Uuid, &str),
) -> Answer<Certificate> {
    plausible::text("reason", reason, 500)?;
    let mut transaction = super::begin(state, account).await?;
    let (found, lot) = find_own(&mut transaction, account, id).await?;
    let now = state.now();
    let deed = Deed {
        at: now,
        now,
        account_id: account.id,
    };
    let told = (reason.trim(), request_id.to_string());
    void_one(&mut transaction, &lot, &found, (told.0, &told.1), deed).await?;
    let kept = certificate::find(&mut transaction, Some(id), None).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    kept.ok_or_else(unknown)
}

/// A certificate of this number with its lot, if this account may see them.
pub(super) async fn find_own(
    connection: &mut AnyConnection,
    account: &Account,
    id: i64,
) -> Answer<(Certificate, Lot)> {
    let found = certificate::find(connection, Some(id), None).await?;
    let found = found.ok_or_else(unknown)?;
    let lot = super::find_lot(connection, account, found.lot_id).await;
    Ok((found, lot.map_err(|_| unknown())?))
}

fn unknown() -> Problem {
    Problem::told(
        Kind::NotFound,
        "there is no such certificate",
        "没有此合格证",
    )
}

/// Voids the certificates of a lot that still stand: a lot that is called back keeps none.
pub(super) async fn void_all(
    connection: &mut AnyConnection,
    lot: &Lot,
    (reason, request): (&str, &str),
    deed: Deed,
) -> Answer<()> {
    for one in certificate::list(connection, &[lot.id]).await? {
        void_one(connection, lot, &one, (reason, request), deed).await?;
    }
    Ok(())
}

async fn void_one(
    connection: &mut AnyConnection,
    lot: &Lot,
    one: &Certificate,
    (reason, request): (&str, &str),
    deed: Deed,
) -> Answer<()> {
    if certificate::void(connection, one.id, reason, deed.now).await? {
        let turn = Step::Turned(Turn::Voided(&one.number), request);
        record::append(connection, lot, &turn, deed).await?;
    }
    Ok(())
}

/// What is neither covered by a certificate that stands nor made into something else.
async fn uncovered(connection: &mut AnyConnection, lot: &Lot) -> Answer<f64> {
    let issued = certificate::list(connection, &[lot.id]).await?;
    let standing = issued.iter().filter(|one| one.voided_at.is_none());
    let covered: f64 = standing.map(|one| one.quantity).sum();
    let made = processing::processed_by(connection, lot.id, lot.producer_id).await?;
    Ok(lot.quantity - covered - made)
}

/// Lots that it directly came of whose product needs a certificate and that have none.
async fn bare_inputs(connection: &mut AnyConnection, lot: &Lot) -> Answer<Vec<String>> {
    let nodes = closure::list(connection, lot.id, Way::Up).await?;
    let mut bare = Vec::new();
    for node in nodes.into_iter().filter(|node| node.level == 1) {
        let product = product::find_by_gtin(connection, &node.gtin).await?;
        let needs = product.is_some_and(|product| product.regime == "promise");
        let issued = certificate::list(connection, &[node.lot_id]).await?;
        if needs && issued.iter().all(|one| one.voided_at.is_some()) {
            bare.push(node.code);
        }
    }
    Ok(bare)
}

/// Numbers of the certificates that stood for what it was split from or mixed of: it is issued anew
/// in their place.
async fn sources(connection: &mut AnyConnection, lot: &Lot) -> Answer<Vec<String>> {
    let nodes = closure::list(connection, lot.id, Way::Up).await?;
    let direct = nodes.iter().filter(|node| node.level == 1);
    let lots: Vec<i64> = direct.map(|node| node.lot_id).collect();
    let issued = certificate::list(connection, &lots).await?;
    let standing = issued.into_iter().filter(|one| one.voided_at.is_none());
    Ok(standing.map(|one| one.number).collect())
}

/// What it says: the six things that the rule demands, and its basis. The contact is the
/// business's.
async fn body(
    connection: &mut AnyConnection,
    lot: &Lot,
    (basis, quantity, day): (&str, f64, &str),
) -> Answer<serde_json::Value> {
    let owner = producer::find(connection, lot.producer_id).await?;
    let place = plot::find(connection, lot.plot_id).await?;
    let township = place.map(|plot| plot.township).unwrap_or_default();
    let contact = owner.as_ref().map_or("", |owner| owner.contact.as_str());
    let sources = sources(connection, lot).await?;
    Ok(json!({
        "title": label_printer::certificate::TITLE,
        "product": lot.product,
        "quantity": quantity,
        "unit": lot.unit,
        "origin": township,
        "issued_on": day,
        "producer": lot.producer,
        "contact": contact,
        "lot": lot.code,
        "basis": certificate_file::basis(basis).words(),
        "promise": certificate_file::promise(),
        "sources": sources,
    }))
}

fn refuse(reasons: &[Reason]) -> Problem {
    let join = |text: fn(&Reason) -> &str, by: &str| {
        let all: Vec<_> = reasons.iter().map(text).collect();
        all.join(by)
    };
    Problem::told(
        Kind::RuleBroken,
        join(|reason| &reason.text_en, "; "),
        join(|reason| &reason.text, "；"),
    )
}

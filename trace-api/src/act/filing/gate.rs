//! What may come of a filing: only an approved product of an approved producer gets new lots, labels
//! and certificates.

use model::filing::FilingState;
use store::AnyConnection;
use store::filing::{self, Subject};

use super::no_such;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::certificate::Reason;

/// Refuses what is to come of a product unless it and its producer are approved; they stay so until
/// the transaction ends.
pub(crate) async fn check(connection: &mut AnyConnection, product_id: i64) -> Answer<()> {
    match filing::lock_gate(connection, product_id).await? {
        Some((FilingState::Approved, FilingState::Approved)) => Ok(()),
        Some((FilingState::Approved, producer)) => Err(Problem::told(
            Kind::RuleBroken,
            format!("the filing of its producer is {producer}, not approved"),
            format!("生产主体的备案状态为“{}”，不能办理", word(producer)),
        )),
        Some((product, _)) => Err(Problem::told(
            Kind::RuleBroken,
            format!("the filing of the product is {product}, not approved"),
            format!("产品的备案状态为“{}”，不能办理", word(product)),
        )),
        None => Err(no_such(Subject::Product(product_id))),
    }
}

/// Why no certificate may be issued for a lot of this product, in the certificate's words.
pub(crate) async fn reason(
    connection: &mut AnyConnection,
    product_id: i64,
) -> Answer<Option<Reason>> {
    match check(connection, product_id).await {
        Ok(()) => Ok(None),
        Err(refused) if refused.kind == Kind::RuleBroken => Ok(Some(Reason {
            rule: "filing",
            text: refused.words(true).unwrap_or_default(),
            text_en: refused.words(false).unwrap_or_default(),
        })),
        Err(failed) => Err(failed),
    }
}

/// A state as a person reads it.
pub(crate) const fn word(state: FilingState) -> &'static str {
    match state {
        FilingState::Draft => "草稿",
        FilingState::Submitted => "待审核",
        FilingState::Returned => "已退回",
        FilingState::Approved => "已备案",
        FilingState::Suspended => "已暂停",
    }
}

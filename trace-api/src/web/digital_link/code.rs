//! What a link leads to: a product, a lot, an item of a lot, or the reason why to nothing. Page,
//! kiosk and linkset ask here, so that none of them takes a voided or unused code for a good one.

use model::gs1::DigitalLink;
use store::label::{self, Label};
use store::lot::{self, Lot};
use store::{AnyConnection, label_ledger, product};

use crate::page::trace::NoTrace;
use crate::problem::{Answer, Problem};
use crate::state::{AppState, timestamp};
use crate::web::near;
use crate::web::words::words;

/// What a link leads to.
pub(super) struct Found {
    /// Name of the product.
    pub(super) name: String,
    /// The lot; `None` where the link names a product alone.
    pub(super) lot: Option<Lot>,
}

/// Looks a link up: a lot has to exist, and a serial has to be of that lot and in use.
pub(super) async fn find(
    state: &AppState,
    link: &DigitalLink,
    typed: &str,
) -> Answer<Result<Found, NoTrace>> {
    let mut connection = state.store().acquire().await?;
    if let Some(serial) = link.serial {
        let label = label::find(&mut connection, serial.as_str()).await?;
        let Some(label) = label.filter(|label| names_its_lot(link, label)) else {
            drop(connection);
            return unknown(state, typed).await;
        };
        if label.gtin != link.gtin.as_str() {
            // A number that was corrected since keeps the labels that were printed with it.
            let product = product::find_by_gtin(&mut connection, link.gtin.as_str()).await?;
            if product.is_none_or(|product| product.id != label.product_id) {
                drop(connection);
                return unknown(state, typed).await;
            }
        }
        return item(&mut connection, &label, typed).await;
    }
    let gtin = link.gtin;
    let Some(code) = link.lot else {
        let product = product::find_by_gtin(&mut connection, gtin.as_str()).await?;
        // What was never approved is not public.
        let public = product.filter(|row| row.standing.standing_version.is_some());
        let Some(product) = public else {
            drop(connection);
            return unknown(state, typed).await;
        };
        return Ok(Ok(Found {
            name: product.name,
            lot: None,
        }));
    };
    let lot = lot::find_by_code(&mut connection, gtin.as_str(), code.as_str()).await?;
    drop(connection);
    let Some(lot) = lot else {
        return unknown(state, typed).await;
    };
    Ok(Ok(Found {
        name: lot.product.clone(),
        lot: Some(lot),
    }))
}

/// What is said of a code that was never issued, with what may have been meant.
async fn unknown(state: &AppState, typed: &str) -> Answer<Result<Found, NoTrace>> {
    let near = near::find(state, typed).await?;
    let typed = typed.to_owned();
    Ok(Err(NoTrace::Unknown { typed, near }))
}

/// A link with a lot names the lot that the label is bound to; one without a lot is what is
/// printed ahead.
fn names_its_lot(link: &DigitalLink, label: &Label) -> bool {
    match link.lot {
        Some(code) => label.lot.as_deref() == Some(code.as_str()),
        None => label.run_lot_id.is_none(),
    }
}

async fn item(
    connection: &mut AnyConnection,
    label: &Label,
    typed: &str,
) -> Answer<Result<Found, NoTrace>> {
    let typed = typed.to_owned();
    if label.voided
        && let Some(told) = label_ledger::find_void(connection, &label.serial).await?
    {
        let since = timestamp(told.at);
        return Ok(Err(NoTrace::Void { typed, since }));
    }
    let Some(lot_id) = label.lot_id.filter(|_| label.active) else {
        let product = product::find(connection, label.product_id).await?;
        let product = product.ok_or_else(|| Problem::internal(Vanished))?;
        let product = words(&product.name, &product.name_en);
        return Ok(Err(match label.lot_id {
            None => NoTrace::Unbound { typed, product },
            Some(_) => NoTrace::Dormant { typed, product },
        }));
    };
    let lot = lot::find(connection, lot_id).await?;
    let lot = lot.ok_or_else(|| Problem::internal(Vanished))?;
    Ok(Ok(Found {
        name: lot.product.clone(),
        lot: Some(lot),
    }))
}

#[derive(Debug, thiserror::Error)]
#[error("a label's product or lot is not there")]
struct Vanished;

//! What a producer has left of a lot: what was harvested or made, less what left it or went into
//! something else.

use store::AnyConnection;
use store::lot::Lot;
use store::{processing, shipment};

use crate::problem::Answer;

/// How much of a lot its producer still has.
pub(crate) async fn left(connection: &mut AnyConnection, lot: &Lot) -> Answer<f64> {
    let shipped = shipment::shipped_by_producer(connection, lot.id).await?;
    let processed = processing::processed_by(connection, lot.id, lot.producer_id).await?;
    Ok(lot.quantity - shipped - processed)
}

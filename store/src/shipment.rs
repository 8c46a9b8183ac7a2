//! 出库与收货: parts of lots on their way from party to party, and what a party has left of a lot.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;

/// Most shipments that one list holds.
pub const LIST_MAX: i64 = 500;

/// A shipment to note.
#[derive(Debug, Clone)]
pub struct NewShipment {
    /// Of which lot.
    pub lot_id: i64,
    /// Whose it was.
    pub from_party_id: i64,
    /// Whose it becomes.
    pub to_party_id: i64,
    /// In the product's unit, above 0.
    pub quantity: f64,
    /// When it left.
    pub shipped_at: OffsetDateTime,
    /// Made by the client.
    pub request_id: Uuid,
    /// Who notes it; `None` for the platform itself.
    pub account_id: Option<i64>,
}

/// A receipt to note.
#[derive(Debug, Clone, Copy)]
pub struct Receipt {
    /// When it arrived.
    pub received_at: OffsetDateTime,
    /// In the product's unit, at most what was shipped.
    pub quantity: f64,
    /// Made by the client.
    pub request_id: Uuid,
    /// Who notes it.
    pub account_id: Option<i64>,
}

/// A shipment.
#[derive(Debug, Clone, PartialEq)]
pub struct Shipment {
    /// Its number here.
    pub id: i64,
    /// Of which lot.
    pub lot_id: i64,
    /// Code of that lot.
    pub lot: String,
    /// Whose product it is.
    pub producer_id: i64,
    /// Number of the sender.
    pub from_party_id: i64,
    /// Kind of the sender.
    pub from_kind: String,
    /// Name of the sender.
    pub from_name: String,
    /// Number of the receiver.
    pub to_party_id: i64,
    /// Kind of the receiver.
    pub to_kind: String,
    /// Name of the receiver.
    pub to_name: String,
    /// Whom to call at the receiver's.
    pub to_contact: String,
    /// The producer that receives, where one does.
    pub to_producer_id: Option<i64>,
    /// As shipped.
    pub quantity: f64,
    /// Unit of the quantities, UN/ECE Rec 20.
    pub unit: String,
    /// When it left.
    pub shipped_at: OffsetDateTime,
    /// When it arrived; `None` on the way.
    pub received_at: Option<OffsetDateTime>,
    /// As received.
    pub received_quantity: Option<f64>,
    /// The request of the receipt.
    pub receipt_request_id: Option<Uuid>,
}

/// Which shipments to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this number.
    pub id: Option<i64>,
    /// Only what this request noted.
    pub request_id: Option<Uuid>,
    /// Only those of these lots.
    pub lots: Option<Vec<i64>>,
    /// Only those of this producer's lots, or to this producer.
    pub producer_id: Option<i64>,
}

/// Notes a shipment; returns its number.
pub async fn insert(connection: &mut PgConnection, new: &NewShipment) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into shipment
             (lot_id, from_party_id, to_party_id, quantity, shipped_at, request_id, account_id)
         values ($1, $2, $3, $4, $5, $6, $7) returning id",
        new.lot_id,
        new.from_party_id,
        new.to_party_id,
        new.quantity,
        new.shipped_at,
        new.request_id,
        new.account_id
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// Notes a receipt, unless there is one; returns whether it did.
pub async fn receive(
    connection: &mut PgConnection,
    id: i64,
    receipt: Receipt,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "update shipment
         set received_at = $2, received_quantity = $3, receipt_request_id = $4, received_by = $5
         where id = $1 and received_at is null",
        id,
        receipt.received_at,
        receipt.quantity,
        receipt.request_id,
        receipt.account_id
    )
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// The shipments of a filter, oldest first.
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Shipment>, StoreError> {
    let shipments = sqlx::query_as!(
        Shipment,
        r#"select shipment.id, shipment.lot_id, lot.code as lot, product.producer_id,
                  shipment.from_party_id, sender.kind as from_kind, sender.name as from_name,
                  shipment.to_party_id, receiver.kind as to_kind, receiver.name as to_name,
                  receiver.contact as to_contact, receiver.producer_id as to_producer_id,
                  shipment.quantity, product.unit, shipment.shipped_at, shipment.received_at,
                  shipment.received_quantity, shipment.receipt_request_id
           from shipment
           join lot on lot.id = shipment.lot_id
           join product on product.id = lot.product_id
           join party as sender on sender.id = shipment.from_party_id
           join party as receiver on receiver.id = shipment.to_party_id
           where ($1::bigint is null or shipment.id = $1)
             and ($2::uuid is null or shipment.request_id = $2)
             and ($3::bigint[] is null or shipment.lot_id = any ($3))
             and ($4::bigint is null or shipment.id in (
                     select own.id from shipment as own
                     join lot as sent on sent.id = own.lot_id
                     join product as made on made.id = sent.product_id
                     where made.producer_id = $4
                     union all
                     select own.id from shipment as own
                     join party on party.id = own.to_party_id
                     where party.producer_id = $4))
           order by shipment.shipped_at, shipment.id
           limit $5"#,
        filter.id,
        filter.request_id,
        filter.lots.as_deref(),
        filter.producer_id,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    Ok(shipments)
}

/// What is on its way to a producer, oldest first.
pub async fn list_awaited(
    connection: &mut PgConnection,
    producer_id: i64,
    limit: i64,
) -> Result<Vec<Shipment>, StoreError> {
    let shipments = sqlx::query_as!(
        Shipment,
        r#"select shipment.id, shipment.lot_id, lot.code as lot, product.producer_id,
                  shipment.from_party_id, sender.kind as from_kind, sender.name as from_name,
                  shipment.to_party_id, receiver.kind as to_kind, receiver.name as to_name,
                  receiver.contact as to_contact, receiver.producer_id as to_producer_id,
                  shipment.quantity, product.unit, shipment.shipped_at, shipment.received_at,
                  shipment.received_quantity, shipment.receipt_request_id
           from shipment
           join lot on lot.id = shipment.lot_id
           join product on product.id = lot.product_id
           join party as sender on sender.id = shipment.from_party_id
           join party as receiver on receiver.id = shipment.to_party_id
           where shipment.to_party_id = (select id from party where producer_id = $1)
             and shipment.received_at is null
           order by shipment.id
           limit $2"#,
        producer_id,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(shipments)
}

/// Every shipment of these lots, oldest first; a recall leaves none out.
pub async fn list_of_lots(
    connection: &mut PgConnection,
    lots: &[i64],
) -> Result<Vec<Shipment>, StoreError> {
    let shipments = sqlx::query_as!(
        Shipment,
        r#"select shipment.id, shipment.lot_id, lot.code as lot, product.producer_id,
                  shipment.from_party_id, sender.kind as from_kind, sender.name as from_name,
                  shipment.to_party_id, receiver.kind as to_kind, receiver.name as to_name,
                  receiver.contact as to_contact, receiver.producer_id as to_producer_id,
                  shipment.quantity, product.unit, shipment.shipped_at, shipment.received_at,
                  shipment.received_quantity, shipment.receipt_request_id
           from shipment
           join lot on lot.id = shipment.lot_id
           join product on product.id = lot.product_id
           join party as sender on sender.id = shipment.from_party_id
           join party as receiver on receiver.id = shipment.to_party_id
           where shipment.lot_id = any ($1)
           order by shipment.shipped_at, shipment.id"#,
        lots
    )
    .fetch_all(connection)
    .await?;
    Ok(shipments)
}

/// How much a party that is not the producer has left of a lot: received less shipped on.
pub async fn stock_of(
    connection: &mut PgConnection,
    lot_id: i64,
    party_id: i64,
) -> Result<f64, StoreError> {
    let left = sqlx::query_scalar!(
        r#"select coalesce(sum(case when to_party_id = $2 then coalesce(received_quantity, 0)
                                    else -quantity end), 0) as "left!"
           from shipment where lot_id = $1 and (to_party_id = $2 or from_party_id = $2)"#,
        lot_id,
        party_id
    )
    .fetch_one(connection)
    .await?;
    Ok(left)
}

/// How much of a lot its producer has shipped.
pub async fn shipped_by_producer(
    connection: &mut PgConnection,
    lot_id: i64,
) -> Result<f64, StoreError> {
    let shipped = sqlx::query_scalar!(
        r#"select coalesce(sum(shipment.quantity), 0) as "shipped!"
           from shipment
           join lot on lot.id = shipment.lot_id
           join product on product.id = lot.product_id
           join party on party.id = shipment.from_party_id
           where shipment.lot_id = $1 and party.producer_id = product.producer_id"#,
        lot_id
    )
    .fetch_one(connection)
    .await?;
    Ok(shipped)
}

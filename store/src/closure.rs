//! Everything that came of a lot, and everything that it came of: the closure of the graph of lots
//! in one query each way. A lot comes out of one processing that names lots which were there, so
//! the graph has no circle.

use model::lot::LotState;
use sqlx::postgres::PgConnection;
use time::Date;

use crate::StoreError;

/// Most lots of one closure; a larger one is told to be cut.
pub const LOTS_MAX: i64 = 100_000;
/// Most processings in a row.
pub const LEVELS_MAX: i32 = 64;

/// Which way to follow the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To what came of the lot.
    Down,
    /// To what it came of.
    Up,
}

/// A lot of a closure.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its number here.
    pub lot_id: i64,
    /// Processings between the first lot and this one.
    pub level: i32,
    /// Its code.
    pub code: String,
    /// GTIN-14 of its product.
    pub gtin: String,
    /// Name of its product.
    pub product: String,
    /// Unit of its quantities.
    pub unit: String,
    /// Whose it is.
    pub producer_id: i64,
    /// Name of that producer.
    pub producer: String,
    /// Business contact of that producer.
    pub contact: String,
    /// Where it stands.
    pub state: LotState,
    /// Plot or workshop that it comes from, with its township.
    pub place: String,
    /// Last day of its growing or making period.
    pub harvested_on: Option<Date>,
    /// What was harvested or made of it.
    pub quantity: f64,
    /// What its producer processed.
    pub processed: f64,
    /// What others processed who had received it.
    pub processed_elsewhere: f64,
    /// What its producer shipped.
    pub shipped: f64,
}

/// The closure of a lot, itself included, nearest first; at most [`LOTS_MAX`].
pub async fn list(
    connection: &mut PgConnection,
    lot_id: i64,
    way: Way,
) -> Result<Vec<Node>, StoreError> {
    let reached = reach(connection, lot_id, way).await?;
    let (lots, levels): (Vec<i64>, Vec<i32>) = reached.into_iter().unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"with reached as (
               select lot_id, level from unnest($1::bigint[], $2::int[]) as t (lot_id, level)
           ), used as (
               select input.lot_id,
                      sum(input.quantity) filter (where p.producer_id = product.producer_id) as own,
                      sum(input.quantity) filter (where p.producer_id <> product.producer_id)
                          as others
               from reached
               join processing_input as input on input.lot_id = reached.lot_id
               join processing as p on p.id = input.processing_id
               join lot on lot.id = input.lot_id
               join product on product.id = lot.product_id
               group by input.lot_id
           ), sent as (
               select shipment.lot_id, sum(shipment.quantity) as shipped
               from reached
               join shipment on shipment.lot_id = reached.lot_id
               join lot on lot.id = shipment.lot_id
               join product on product.id = lot.product_id
               join party on party.id = shipment.from_party_id
                   and party.producer_id = product.producer_id
               group by shipment.lot_id
           )
           select reached.lot_id as "lot_id!", reached.level as "level!", lot.code, product.gtin,
                  product.name as product, product.unit, producer.id as producer_id,
                  producer.name as producer, producer.contact, lot.state,
                  concat_ws(' ', plot.township, plot.name) as "place!", lot.harvested_on,
                  lot.quantity,
                  coalesce(used.own, 0) as "processed!",
                  coalesce(used.others, 0) as "processed_elsewhere!",
                  coalesce(sent.shipped, 0) as "shipped!"
           from reached
           join lot on lot.id = reached.lot_id
           join product on product.id = lot.product_id
           join producer on producer.id = product.producer_id
           join plot on plot.id = lot.plot_id
           left join used on used.lot_id = lot.id
           left join sent on sent.lot_id = lot.id
           order by reached.level, lot.id"#,
        &lots,
        &levels
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Node::try_from).collect()
}

/// The lots that are reached, with the fewest processings in between. One recursion for both ways:
/// an edge runs from an input to an output, and `$4` says along which of the two it is followed.
async fn reach(
    connection: &mut PgConnection,
    lot_id: i64,
    way: Way,
) -> Result<Vec<(i64, i32)>, StoreError> {
    let reached = sqlx::query!(
        r#"with recursive reach (lot_id, level) as (
               select $1::bigint, 0
               union
               select next.lot_id, reach.level + 1
               from reach
               cross join lateral (
                   select output.lot_id
                   from processing_input as input
                   join processing_output as output on output.processing_id = input.processing_id
                   where $4 and input.lot_id = reach.lot_id
                   union all
                   select input.lot_id
                   from processing_output as output
                   join processing_input as input on input.processing_id = output.processing_id
                   where not $4 and output.lot_id = reach.lot_id
               ) as next
               where reach.level < $3
           )
           select lot_id as "lot_id!", min(level) as "level!"
           from reach group by lot_id order by 2, 1 limit $2"#,
        lot_id,
        LOTS_MAX,
        LEVELS_MAX,
        way == Way::Down
    )
    .fetch_all(connection)
    .await?;
    Ok(reached
        .into_iter()
        .map(|row| (row.lot_id, row.level))
        .collect())
}

struct Row {
    lot_id: i64,
    level: i32,
    code: String,
    gtin: String,
    product: String,
    unit: String,
    producer_id: i64,
    producer: String,
    contact: String,
    state: String,
    place: String,
    harvested_on: Option<Date>,
    quantity: f64,
    processed: f64,
    processed_elsewhere: f64,
    shipped: f64,
}

impl TryFrom<Row> for Node {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = LotState::from_code(&row.state)
            .ok_or_else(|| StoreError::inconsistent("lot.state", row.state))?;
        Ok(Self {
            lot_id: row.lot_id,
            level: row.level,
            code: row.code,
            gtin: row.gtin,
            product: row.product,
            unit: row.unit,
            producer_id: row.producer_id,
            producer: row.producer,
            contact: row.contact,
            state,
            place: row.place,
            harvested_on: row.harvested_on,
            quantity: row.quantity,
            processed: row.processed,
            processed_elsewhere: row.processed_elsewhere,
            shipped: row.shipped,
        })
    }
}

#[cfg(test)]
mod tests;

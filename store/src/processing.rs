//! 加工: what was made of what. The graph of lots is these rows and nothing else.

use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StoreError;

/// A processing to note; its outputs are lots that were registered in the same transaction.
#[derive(Debug, Clone)]
pub struct NewProcessing<'a> {
    /// Who did it.
    pub producer_id: i64,
    /// The workshop.
    pub plot_id: i64,
    /// What was done, for example `milling`.
    pub kind: &'a str,
    /// When.
    pub done_at: OffsetDateTime,
    /// Unit of the balance.
    pub unit: &'a str,
    /// Declared waste, in that unit.
    pub loss: f64,
    /// Lots that went in, with how much of each.
    pub inputs: &'a [(i64, f64)],
    /// Lots that came out.
    pub outputs: &'a [i64],
    /// Made by the client.
    pub request_id: Uuid,
    /// Who notes it; `None` for the platform itself.
    pub account_id: Option<i64>,
}

/// A processing without its lots.
#[derive(Debug, Clone, PartialEq)]
pub struct Processing {
    /// Its number here.
    pub id: i64,
    /// Who did it.
    pub producer_id: i64,
    /// Name of that producer.
    pub producer: String,
    /// The workshop, with its township.
    pub place: String,
    /// What was done.
    pub kind: String,
    /// When.
    pub done_at: OffsetDateTime,
    /// Unit of the balance.
    pub unit: String,
    /// Declared waste.
    pub loss: f64,
}

/// A lot that went into or came out of a processing.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Which processing.
    pub processing_id: i64,
    /// Which lot.
    pub lot_id: i64,
    /// Whether it went in; else it came out.
    pub is_input: bool,
    /// How much, in the unit of its product.
    pub quantity: f64,
    /// That unit.
    pub unit: String,
}

/// Notes a processing; returns its number.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewProcessing<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "insert into processing
             (producer_id, plot_id, kind, done_at, unit, loss, request_id, created_at, account_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id",
        new.producer_id,
        new.plot_id,
        new.kind,
        new.done_at,
        new.unit,
        new.loss,
        new.request_id,
        now,
        new.account_id
    )
    .fetch_one(&mut *connection)
    .await?;
    let (lots, quantities): (Vec<i64>, Vec<f64>) = new.inputs.iter().copied().unzip();
    sqlx::query!(
        "insert into processing_input (processing_id, lot_id, quantity)
         select $1, lot_id, quantity from unnest($2::bigint[], $3::float8[]) as t (lot_id, quantity)",
        id,
        &lots,
        &quantities
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into processing_output (processing_id, lot_id)
         select $1, lot_id from unnest($2::bigint[]) as t (lot_id)",
        id,
        new.outputs
    )
    .execute(connection)
    .await?;
    Ok(id)
}

/// The processing that a request noted.
pub async fn find_by_request(
    connection: &mut PgConnection,
    request_id: Uuid,
) -> Result<Option<Processing>, StoreError> {
    let found = sqlx::query_as!(
        Processing,
        r#"select processing.id, processing.producer_id, producer.name as producer,
                  concat_ws(' ', plot.township, plot.name) as "place!", processing.kind, done_at,
                  unit, loss
           from processing
           join producer on producer.id = processing.producer_id
           join plot on plot.id = processing.plot_id
           where processing.request_id = $1"#,
        request_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

/// A lot that went into another, as the public sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ingredient {
    /// GTIN-14 of its product.
    pub gtin: String,
    /// Its code.
    pub code: String,
    /// Whether it was called back.
    pub recalled: bool,
    /// Name of its product, Chinese.
    pub product: String,
    /// Name of its product, English.
    pub product_en: String,
    /// How much of it went in.
    pub quantity: f64,
    /// Unit of that.
    pub unit: String,
    /// When it was noted.
    pub created_at: OffsetDateTime,
}

/// Most lots that a page names of what a lot was made of.
pub const INGREDIENTS_MAX: i64 = 50;

/// What a lot was made of, the most first.
pub async fn list_ingredients(
    connection: &mut PgConnection,
    lot_id: i64,
) -> Result<Vec<Ingredient>, StoreError> {
    let ingredients = sqlx::query_as!(
        Ingredient,
        r#"select product.gtin, lot.code, lot.state = 'recalled' as "recalled!",
                  product.name as product, product.name_en as product_en, input.quantity,
                  product.unit, processing.created_at
           from processing_output as output
           join processing on processing.id = output.processing_id
           join processing_input as input on input.processing_id = output.processing_id
           join lot on lot.id = input.lot_id
           join product on product.id = lot.product_id
           where output.lot_id = $1
           order by input.quantity desc, lot.id
           limit $2"#,
        lot_id,
        INGREDIENTS_MAX
    )
    .fetch_all(connection)
    .await?;
    Ok(ingredients)
}

/// The processings of these numbers.
pub async fn list(
    connection: &mut PgConnection,
    ids: &[i64],
) -> Result<Vec<Processing>, StoreError> {
    let found = sqlx::query_as!(
        Processing,
        r#"select processing.id, processing.producer_id, producer.name as producer,
                  concat_ws(' ', plot.township, plot.name) as "place!", processing.kind, done_at,
                  unit, loss
           from processing
           join producer on producer.id = processing.producer_id
           join plot on plot.id = processing.plot_id
           where processing.id = any ($1) order by done_at, processing.id"#,
        ids
    )
    .fetch_all(connection)
    .await?;
    Ok(found)
}

/// Everything that went into and came out of these processings.
pub async fn list_flows(
    connection: &mut PgConnection,
    ids: &[i64],
) -> Result<Vec<Flow>, StoreError> {
    let flows = sqlx::query_as!(
        Flow,
        r#"select input.processing_id as "processing_id!", input.lot_id as "lot_id!",
                  true as "is_input!", input.quantity as "quantity!", product.unit as "unit!"
           from processing_input as input
           join lot on lot.id = input.lot_id
           join product on product.id = lot.product_id
           where input.processing_id = any ($1)
           union all
           select output.processing_id, output.lot_id, false, lot.quantity, product.unit
           from processing_output as output
           join lot on lot.id = output.lot_id
           join product on product.id = lot.product_id
           where output.processing_id = any ($1)
           order by 1, 3 desc, 2"#,
        ids
    )
    .fetch_all(connection)
    .await?;
    Ok(flows)
}

/// The processings that these lots went into.
pub async fn list_of_inputs(
    connection: &mut PgConnection,
    lots: &[i64],
) -> Result<Vec<i64>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select distinct processing_id from processing_input where lot_id = any ($1)",
        lots
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

/// The processings that these lots came out of.
pub async fn list_of_outputs(
    connection: &mut PgConnection,
    lots: &[i64],
) -> Result<Vec<i64>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select distinct processing_id from processing_output where lot_id = any ($1)",
        lots
    )
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

/// How much of a lot a producer has processed.
pub async fn processed_by(
    connection: &mut PgConnection,
    lot_id: i64,
    producer_id: i64,
) -> Result<f64, StoreError> {
    let processed = sqlx::query_scalar!(
        r#"select coalesce(sum(input.quantity), 0) as "processed!"
           from processing_input as input
           join processing on processing.id = input.processing_id
           where input.lot_id = $1 and processing.producer_id = $2"#,
        lot_id,
        producer_id
    )
    .fetch_one(connection)
    .await?;
    Ok(processed)
}

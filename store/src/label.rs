//! 追溯标识: runs of labels and the serials in them.
//!
//! The one thing to know: which lot a label is of stands in [`binding`], range by range. A run that
//! is issued for a lot is bound as a whole at once; a run for a product is bound later.

use std::collections::HashSet;

use model::gs1::ShortCode;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{StoreError, plan};

/// Most labels in one run.
pub const RUN_LABELS_MAX: i32 = 100_000;
/// Most labels that one page of the list holds.
pub const PAGE_MAX: i64 = 1_000;
/// The advisory lock of drawing short codes; any number that nothing else takes.
const SHORTS_LOCK: i64 = 0x5355_5348_4F52_5401;
/// How often short codes are drawn anew before the source of chance is given up.
const DRAWS_MAX: usize = 64;

/// What labels are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// This lot.
    Lot(i64),
    /// This product; its lot is not known yet.
    Product(i64),
}

/// A run of labels to make.
#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    /// What the labels are for.
    pub goods: For,
    /// Whether their codes wait until they are activated; labels for a product always do.
    pub on_activation: bool,
    /// Template, for example `40x30`.
    pub size: &'a str,
    /// One serial a label, from chance; 1 to [`RUN_LABELS_MAX`].
    pub serials: &'a [String],
    /// One short code a label, from [`draw_shorts`]; labels beyond them have none.
    pub shorts: &'a [String],
    /// Made by the client, so that a form sent twice makes one run.
    pub request_id: Uuid,
    /// Who makes it; `None` for the platform itself.
    pub account_id: Option<i64>,
}

/// A run of labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number here.
    pub id: i64,
    /// Which lot it was issued for; `None` where ranges are bound to lots later.
    pub lot_id: Option<i64>,
    /// Which product the labels are for.
    pub product_id: i64,
    /// Template.
    pub size: String,
    /// How many labels.
    pub count: i32,
    /// Whether its codes wait until they are activated.
    pub on_activation: bool,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// One label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// GS1 AI 21.
    pub serial: String,
    /// 12 digits for a keypad.
    pub short: Option<String>,
    /// Its run.
    pub run_id: i64,
    /// Place in its run, from 1.
    pub number: i32,
    /// Template of its run.
    pub size: String,
    /// Which product it is for.
    pub product_id: i64,
    /// GTIN-14 of that product.
    pub gtin: String,
    /// Whose product that is.
    pub producer_id: i64,
    /// The run's own lot: a code that was printed for it names it.
    pub run_lot_id: Option<i64>,
    /// Which lot it is bound to.
    pub lot_id: Option<i64>,
    /// Code of that lot.
    pub lot: Option<String>,
    /// Where that lot stands, as [`model::lot::LotState::code`] spells it.
    pub lot_state: Option<String>,
    /// Whether its code answers: activated, or of a run that needs no activation.
    pub active: bool,
    /// Whether it is not valid any more.
    pub voided: bool,
    /// When its run was made.
    pub created_at: OffsetDateTime,
    /// First time its page was opened.
    pub first_scanned_at: Option<OffsetDateTime>,
    /// How often its page was opened.
    pub scan_count: i32,
    /// When the rule for copies first spoke.
    pub copy_suspected_at: Option<OffsetDateTime>,
}

/// A place in a list of labels: after this label of this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Run of the last label seen.
    pub run_id: i64,
    /// Its place in that run.
    pub number: i32,
}

/// What a label of a run says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printable {
    /// Place in its run, from 1.
    pub number: i32,
    /// GS1 AI 21.
    pub serial: String,
    /// 12 digits for a keypad.
    pub short: Option<String>,
}

/// Which labels to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this short code.
    pub short: Option<String>,
    /// Only labels of this run.
    pub run_id: Option<i64>,
    /// Only labels of this lot.
    pub lot_id: Option<i64>,
    /// Only labels of this producer.
    pub producer_id: Option<i64>,
    /// Only those after this one.
    pub after: Option<Cursor>,
}

/// Makes a run with its labels, bound to its lot where it is known. A request that was made before
/// returns the run it made then.
pub async fn insert_run(
    connection: &mut PgConnection,
    new: &NewRun<'_>,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let (lot_id, product_id) = match new.goods {
        For::Lot(lot) => (Some(lot), None),
        For::Product(product) => (None, Some(product)),
    };
    let count = i32::try_from(new.serials.len()).unwrap_or(i32::MAX);
    let inserted = sqlx::query_scalar!(
        "insert into label_run (lot_id, product_id, size, count, on_activation, request_id,
                                created_at, created_by)
         values ($1, coalesce($2, (select product_id from lot where id = $1)), $3, $4, $5, $6, $7, $8)
         on conflict (request_id) do nothing
         returning id",
        lot_id,
        product_id,
        new.size,
        count,
        new.on_activation || lot_id.is_none(),
        new.request_id,
        now,
        new.account_id
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(run_id) = inserted else {
        let made = sqlx::query_scalar!(
            "select id from label_run where request_id = $1",
            new.request_id
        )
        .fetch_one(connection)
        .await?;
        return Ok(made);
    };
    sqlx::query!(
        "insert into label (serial, short, run_id, number)
         select serial, short, $1, place
         from unnest($2::text[], $3::text[]) with ordinality as new (serial, short, place)
         where serial is not null",
        run_id,
        new.serials,
        new.shorts
    )
    .execute(&mut *connection)
    .await?;
    if let Some(lot_id) = lot_id {
        let whole = binding::NewBinding {
            run_id,
            numbers: (1, count),
            lot_id,
            request_id: new.request_id,
            account_id: new.account_id,
        };
        binding::insert(connection, &whole, now).await?;
    }
    Ok(run_id)
}

/// Whether this request issued labels before.
pub async fn is_issued(
    connection: &mut PgConnection,
    request_id: Uuid,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from label_run where request_id = $1) as "found!""#,
        request_id
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// So many short codes that no label has, from chance. Until the transaction ends nobody else
/// draws, so that none of them is taken meanwhile.
pub async fn draw_shorts(
    connection: &mut PgConnection,
    count: usize,
    mut draw: impl FnMut() -> ShortCode,
) -> Result<Vec<String>, StoreError> {
    sqlx::query!("select pg_advisory_xact_lock($1)", SHORTS_LOCK)
        .execute(&mut *connection)
        .await?;
    let (mut seen, mut free) = (HashSet::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..DRAWS_MAX {
        let drawn = (free.len()..count).map(|_| draw().as_str().to_owned());
        let fresh: Vec<String> = drawn.filter(|code| seen.insert(code.clone())).collect();
        let taken = sqlx::query_scalar!(
            r#"select short as "short!" from label where short = any($1)"#,
            &fresh
        )
        .fetch_all(&mut *connection)
        .await?;
        let taken: HashSet<String> = taken.into_iter().collect();
        free.extend(fresh.into_iter().filter(|code| !taken.contains(code)));
        if free.len() == count {
            return Ok(free);
        }
    }
    Err(StoreError::inconsistent(
        "label.short",
        "no free code was drawn",
    ))
}

/// The runs whose labels, some or all, are bound to a lot, newest first.
pub async fn list_runs(connection: &mut PgConnection, lot_id: i64) -> Result<Vec<Run>, StoreError> {
    let runs = sqlx::query_as!(
        Run,
        "select id, lot_id, product_id, size, count, on_activation, created_at from label_run
         where id in (select run_id from label_binding where lot_id = $1) order by id desc",
        lot_id
    )
    .fetch_all(connection)
    .await?;
    Ok(runs)
}

/// The runs that were made for a producer's products and not for a lot, newest first.
pub async fn list_product_runs(
    connection: &mut PgConnection,
    producer_id: Option<i64>,
    limit: i64,
) -> Result<Vec<Run>, StoreError> {
    let runs = sqlx::query_as!(
        Run,
        "select run.id, run.lot_id, run.product_id, run.size, run.count, run.on_activation,
                run.created_at
         from label_run as run
         join product on product.id = run.product_id
         where run.lot_id is null and ($1::bigint is null or product.producer_id = $1)
         order by run.id desc limit $2",
        producer_id,
        limit.clamp(1, PAGE_MAX)
    )
    .fetch_all(connection)
    .await?;
    Ok(runs)
}

/// The labels of a filter, newest run first, in the order of their run; at most `limit` and
/// [`PAGE_MAX`], from `offset` on.
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> Result<Vec<Label>, StoreError> {
    plan::for_values(connection, true).await?;
    let labels = sqlx::query_as!(
        Label,
        r#"select label.serial, label.short, label.run_id, label.number, run.size, run.product_id, product.gtin,
                  product.producer_id, run.lot_id as run_lot_id, lot.id as "lot_id?",
                  lot.code as "lot?", lot.state as "lot_state?",
                  (not run.on_activation
                   or exists (select from label_ledger as ledger
                              where ledger.run_id = run.id and ledger.kind = 'activated'
                                and label.number between ledger.first_number and ledger.last_number)
                  ) as "active!",
                  exists (select from label_ledger as ledger
                          where ledger.run_id = run.id and ledger.kind = 'voided'
                            and label.number between ledger.first_number and ledger.last_number
                  ) as "voided!",
                  run.created_at, label.first_scanned_at, label.scan_count, label.copy_suspected_at
           from label_run as run
           join product on product.id = run.product_id
           -- In the cursor's run after its label, in older runs from the first on.
           join label on label.run_id = run.id
                     and label.number > case when run.id = $4 then $5::integer else 0 end
           left join label_binding as binding
             on binding.run_id = label.run_id
            and label.number between binding.first_number and binding.last_number
           left join lot on lot.id = binding.lot_id
           where ($1::bigint is null or run.id = $1)
             and ($2::bigint is null
                  or run.id in (select run_id from label_binding where lot_id = $2)
                     and binding.lot_id = $2)
             and ($3::bigint is null or product.producer_id = $3)
             and ($4::bigint is null or run.id <= $4)
             and ($8::text is null or label.short = $8)
           order by run.id desc, label.number
           limit $6 offset $7"#,
        filter.run_id,
        filter.lot_id,
        filter.producer_id,
        filter.after.map(|after| after.run_id),
        filter.after.map(|after| after.number),
        limit.clamp(1, PAGE_MAX),
        offset.max(0),
        filter.short
    )
    .fetch_all(&mut *connection)
    .await?;
    plan::for_values(connection, false).await?;
    Ok(labels)
}

/// One run.
pub async fn find_run(connection: &mut PgConnection, id: i64) -> Result<Option<Run>, StoreError> {
    let run = sqlx::query_as!(
        Run,
        "select id, lot_id, product_id, size, count, on_activation, created_at
         from label_run where id = $1",
        id
    )
    .fetch_optional(connection)
    .await?;
    Ok(run)
}

/// What the labels of a run say, in order, those in `numbers` that are still valid; at most
/// `limit`.
pub async fn list_printable(
    connection: &mut PgConnection,
    run_id: i64,
    (first, last): (i32, i32),
    limit: i64,
) -> Result<Vec<Printable>, StoreError> {
    let rows = sqlx::query_as!(
        Printable,
        "select number, serial, short from label
         where run_id = $1 and number between $2 and $3
           and not exists (select from label_ledger as ledger
                           where ledger.run_id = label.run_id and ledger.kind = 'voided'
                             and label.number between ledger.first_number and ledger.last_number)
         order by number limit $4",
        run_id,
        first,
        last,
        limit.clamp(1, PAGE_MAX)
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// One label by its short code.
pub async fn find_short(
    connection: &mut PgConnection,
    short: &ShortCode,
) -> Result<Option<Label>, StoreError> {
    let filter = Filter {
        short: Some(short.as_str().to_owned()),
        ..Filter::default()
    };
    Ok(list(connection, &filter, 1, 0).await?.pop())
}

/// One label by its serial.
pub async fn find(
    connection: &mut PgConnection,
    serial: &str,
) -> Result<Option<Label>, StoreError> {
    let label = sqlx::query_as!(
        Label,
        r#"select label.serial, label.short, label.run_id, label.number, run.size, run.product_id, product.gtin,
                  product.producer_id, run.lot_id as run_lot_id, lot.id as "lot_id?",
                  lot.code as "lot?", lot.state as "lot_state?",
                  (not run.on_activation
                   or exists (select from label_ledger as ledger
                              where ledger.run_id = run.id and ledger.kind = 'activated'
                                and label.number between ledger.first_number and ledger.last_number)
                  ) as "active!",
                  exists (select from label_ledger as ledger
                          where ledger.run_id = run.id and ledger.kind = 'voided'
                            and label.number between ledger.first_number and ledger.last_number
                  ) as "voided!",
                  run.created_at, label.first_scanned_at, label.scan_count, label.copy_suspected_at
           from label
           join label_run as run on run.id = label.run_id
           join product on product.id = run.product_id
           left join label_binding as binding
             on binding.run_id = label.run_id
            and label.number between binding.first_number and binding.last_number
           left join lot on lot.id = binding.lot_id
           where label.serial = $1"#,
        serial
    )
    .fetch_optional(connection)
    .await?;
    Ok(label)
}

pub mod binding;

#[cfg(test)]
mod tests;

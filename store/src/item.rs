//! Items that are asked for again and again: what the page of one is drawn from, told in one query.

use sqlx::postgres::PgConnection;

use crate::StoreError;

/// An item in use, and the versions of what its page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// Its lot.
    pub lot_id: i64,
    /// Changes whenever a row changes that the page of the lot is drawn from: the lot, its product,
    /// producer and plot, its events, tests, reports, certificates, and the records and credentials
    /// around it. Readings and pictures come without end and are not in it.
    pub stamp: String,
}

/// The item behind a link, as long as it is in use and the link names it by its present GTIN and
/// lot. Whatever else a link may be, `None` here, takes the long way.
pub async fn find_stamped(
    connection: &mut PgConnection,
    (gtin, lot, serial): (&str, &str, &str),
) -> Result<Option<Stamped>, StoreError> {
    let found = sqlx::query_as!(
        Stamped,
        r#"select lot.id as lot_id, concat_ws('.',
               -- A row's xmin is who wrote this version of it.
               lot.xmin, product.xmin, producer.xmin, plot.xmin,
               -- “+ 0” keeps the planner from walking the primary key backwards for a lot whose
               -- last event is old.
               (select max(id + 0) from event where event.lot_id = lot.id),
               (select max(event_id + 0) from event_lot where event_lot.lot_id = lot.id),
               (select max(xmin::text::bigint) from test_result where test_result.lot_id = lot.id),
               (select max(xmin::text::bigint) from test_report where test_report.lot_id = lot.id),
               (select max(xmin::text::bigint) from certificate where certificate.lot_id = lot.id),
               (select max(xmin::text::bigint) from farm_record where farm_record.lot_id = lot.id),
               (select max(xmin::text::bigint) from farm_record where farm_record.plot_id = lot.plot_id),
               (select max(xmin::text::bigint) from credential where credential.producer_id = producer.id),
               (select max(xmin::text::bigint) from shipment where shipment.lot_id = lot.id)) as "stamp!"
           from label
           join label_run as run on run.id = label.run_id
           join label_binding as binding
             on binding.run_id = label.run_id
            and label.number between binding.first_number and binding.last_number
           join lot on lot.id = binding.lot_id
           join product on product.id = lot.product_id
           join producer on producer.id = product.producer_id
           join plot on plot.id = lot.plot_id
           where label.serial = $3 and product.gtin = $1 and lot.code = $2
             and run.product_id = product.id
             and (not run.on_activation
                  or exists (select from label_ledger as ledger
                             where ledger.run_id = run.id and ledger.kind = 'activated'
                               and label.number between ledger.first_number and ledger.last_number))
             and not exists (select from label_ledger as ledger
                             where ledger.run_id = run.id and ledger.kind = 'voided'
                               and label.number between ledger.first_number and ledger.last_number)"#,
        gtin,
        lot,
        serial
    )
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

//! The county's statistics: what was filed, registered, tested, labelled and looked at, by month and
//! township. Months are China's.

use sqlx::postgres::PgConnection;
use time::Date;

use crate::StoreError;

/// A township's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownshipMonth {
    /// First day of the month.
    pub month: Date,
    /// 乡镇 of the producer.
    pub township: String,
    /// Producers that were approved for the first time.
    pub producers: i64,
    /// Products that were approved for the first time.
    pub products: i64,
    /// Lots that were registered.
    pub lots: i64,
    /// Results that were entered; a card that did not work is none.
    pub tests: i64,
    /// Those that passed.
    pub tests_passed: i64,
    /// Labels that were issued.
    pub labels: i64,
    /// Labels whose page was opened for the first time.
    pub scanned_labels: i64,
    /// How often labels were asked for, as far as days of it are kept.
    pub scans: i64,
}

/// The months from `first` to `last`, both first days of theirs, that have anything, oldest first.
#[expect(
    clippy::too_many_lines,
    reason = "one statement, a part for each thing that is counted"
)]
pub async fn list_months(
    connection: &mut PgConnection,
    (first, last): (Date, Date),
) -> Result<Vec<TownshipMonth>, StoreError> {
    let rows = sqlx::query_as!(
        TownshipMonth,
        r#"with span as (
               select $1::date::timestamp at time zone 'Asia/Shanghai' as first,
                      ($2::date + interval '1 month') at time zone 'Asia/Shanghai' as last
           ),
           approved as (
               select kind, subject_id, min(at) as at from filing_step
               where step = 'approve' group by kind, subject_id
           ),
           fact as (
               select coalesce(approved.at, producer.created_at) as at, producer.id as producer_id,
                      1 as producers, 0 as products, 0 as lots, 0 as tests, 0 as passed,
                      0::bigint as labels, 0::bigint as scanned,
                      0::bigint as scans
               from producer left join approved
                    on approved.kind = 'producer' and approved.subject_id = producer.id
               where producer.standing_version is not null
               union all
               select coalesce(approved.at, product.created_at), product.producer_id,
                      0, 1, 0, 0, 0, 0, 0, 0
               from product left join approved
                    on approved.kind = 'product' and approved.subject_id = product.id
               where product.standing_version is not null
               union all
               select lot.created_at, product.producer_id, 0, 0, 1, 0, 0, 0, 0, 0
               from lot join product on product.id = lot.product_id
               union all
               select result.recorded_at, product.producer_id, 0, 0, 0, 1,
                      (result.verdict = 'pass')::integer, 0, 0, 0
               from test_result as result
               join lot on lot.id = result.lot_id
               join product on product.id = lot.product_id
               where result.verdict <> 'invalid'
               union all
               select run.created_at, product.producer_id, 0, 0, 0, 0, 0, run.count, 0, 0
               from label_run as run join product on product.id = run.product_id
               union all
               select label.first_scanned_at, product.producer_id, 0, 0, 0, 0, 0, 0, 1, 0
               from label
               join label_run as run on run.id = label.run_id
               join product on product.id = run.product_id
               where label.first_scanned_at is not null
               union all
               select scan_day.day::timestamp at time zone 'Asia/Shanghai', product.producer_id,
                      0, 0, 0, 0, 0, 0, 0, scan_day.count
               from scan_day
               join label on label.serial = scan_day.serial
               join label_run as run on run.id = label.run_id
               join product on product.id = run.product_id
               where scan_day.day >= $1 and scan_day.day < $2::date + interval '1 month'
           )
           select date_trunc('month', fact.at at time zone 'Asia/Shanghai')::date as "month!",
                  producer.township as "township!",
                  sum(fact.producers)::bigint as "producers!",
                  sum(fact.products)::bigint as "products!", sum(fact.lots)::bigint as "lots!",
                  sum(fact.tests)::bigint as "tests!", sum(fact.passed)::bigint as "tests_passed!",
                  sum(fact.labels)::bigint as "labels!",
                  sum(fact.scanned)::bigint as "scanned_labels!",
                  sum(fact.scans)::bigint as "scans!"
           from fact
           join producer on producer.id = fact.producer_id
           cross join span
           where fact.at >= span.first and fact.at < span.last
           group by 1, 2
           order by 1, 2"#,
        first,
        last
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// The numbers of a producer's lots after one, in their order.
pub async fn list_lots(
    connection: &mut PgConnection,
    producer_id: i64,
    after: i64,
    limit: i64,
) -> Result<Vec<i64>, StoreError> {
    let lots = sqlx::query_scalar!(
        "select lot.id from lot join product on product.id = lot.product_id
         where product.producer_id = $1 and lot.id > $2
         order by lot.id limit $3",
        producer_id,
        after,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(lots)
}

//! What a laboratory has to do: lots that were harvested or sampled and have no result yet, and
//! samples of held lots. A sample without a result is a line of its own.

use model::lot::LotState;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::StoreError;

/// Most lines of the list.
pub const LIST_MAX: i64 = 200;

/// A sample, or a lot of which none was taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Number of the lot.
    pub lot_id: i64,
    /// Its code.
    pub lot: String,
    /// Where it stands.
    pub state: LotState,
    /// The lab's code of the sample; `None` where none was noted.
    pub sample: Option<String>,
    /// Product, Chinese.
    pub product: String,
    /// Product, English.
    pub product_en: String,
    /// Producer, Chinese.
    pub producer: String,
    /// Producer, English.
    pub producer_en: String,
    /// When the sample was noted, or the lot registered.
    pub since: OffsetDateTime,
}

/// The lines of the list, the lot that was registered first at its head.
pub async fn list(connection: &mut PgConnection, limit: i64) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query!(
        r#"select lot.id, lot.code, lot.state, sample.code as "sample?",
                  product.name as product, product.name_en as product_en,
                  producer.name as producer, producer.name_en as producer_en,
                  coalesce(sample.at, lot.created_at) as "since!"
           from lot
           join product on product.id = lot.product_id
           join producer on producer.id = product.producer_id
           left join lateral (
               select step.reason as code, step.at from lot_step as step
               where step.lot_id = lot.id and step.step = 'sample'
                 and not exists (select from test_result
                                 where test_result.lot_id = lot.id
                                   and test_result.sample_code = step.reason)
               order by step.id
           ) as sample on true
           where lot.state in ('harvested', 'in_test', 'held')
             and (lot.state <> 'held' or sample.code is not null)
           order by lot.created_at, lot.id, sample.at
           limit $1"#,
        limit.clamp(1, LIST_MAX)
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let state = LotState::from_code(&row.state)
                .ok_or_else(|| StoreError::inconsistent("lot.state", row.state))?;
            Ok(Waiting {
                lot_id: row.id,
                lot: row.code,
                state,
                sample: row.sample,
                product: row.product,
                product_en: row.product_en,
                producer: row.producer,
                producer_en: row.producer_en,
                since: row.since,
            })
        })
        .collect()
}

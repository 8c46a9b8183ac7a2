//! A county in bulk, for measuring: products, each with a plot and a probe's days, and many lots on
//! sale, each with a test and its events. Nothing in it is real, and nothing of it is in a running
//! system.

use model::gs1::Serial;
use model::id::{GatewayId, ProbeName};
use model::unit::Quantity;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::probe::{self, Channel};
use crate::{Store, StoreError, gateway, label, plot, producer, product};

/// GTIN-14 of the first product.
pub const FILL_GTIN: &str = "00200000000004";

/// Most labels that are made.
pub const FILL_LABELS_MAX: u32 = 10_000_000;

/// When everything was entered.
const ENTERED: OffsetDateTime = datetime!(2026-09-01 00:00 UTC);
/// What the probes measure.
const CHANNELS: [(&str, Quantity, &str); 3] = [
    ("temperature", Quantity::AirTemperature, "Cel"),
    ("humidity", Quantity::AirHumidity, "%RH"),
    ("soil-moisture", Quantity::SoilMoisture, "%"),
];

/// Fills an empty database with `lots` released lots, `per_product` of each product. Their codes are
/// `B000001` and so on, those of the first product first.
pub async fn fill_lots(store: &Store, lots: i32, per_product: i32) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    let connection = &mut *transaction;
    let new = producer::NewProducer {
        credit_code: "91000000000000000X",
        name: "试验农场",
        name_en: "Test farm",
        kind: "cooperative",
        township: "毛坝乡",
        address: "",
        contact: "",
    };
    let producer_id = producer::insert(connection, &new, ENTERED).await?;
    let profile_id = profile(connection).await?;
    let products = (lots + per_product - 1) / per_product;
    for number in 0..products {
        let (product_id, plot_id) = field(connection, producer_id, profile_id, number).await?;
        let first = number * per_product + 1;
        let last = lots.min(first + per_product - 1);
        insert_lots(connection, (product_id, plot_id), (first, last)).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn profile(connection: &mut crate::AnyConnection) -> Result<i32, StoreError> {
    let gateway = GatewayId::parse("bench").map_err(unnamed)?;
    let credentials = gateway::Credentials::of_key(b"key", [0; gateway::SALT_BYTES]);
    gateway::insert(connection, &gateway, "bench", &credentials, ENTERED).await?;
    let channels = CHANNELS.iter().enumerate();
    let channels: Vec<Channel> = channels
        .map(|(index, (name, quantity, unit))| Channel {
            index: index as i16,
            name: (*name).to_owned(),
            quantity: *quantity,
            unit: (*unit).to_owned(),
            depth_cm: None,
            valid_min: -100.0,
            valid_max: 100.0,
        })
        .collect();
    probe::insert_profile(connection, "bench", 900, &channels).await
}

fn unnamed(error: impl std::fmt::Display) -> StoreError {
    StoreError::inconsistent("name", error.to_string())
}

/// A product, its plot, and the days that its probe measured there.
async fn field(
    connection: &mut crate::AnyConnection,
    producer_id: i64,
    profile_id: i32,
    number: i32,
) -> Result<(i64, i64), StoreError> {
    let gtin = gtin(number);
    let new = product::NewProduct {
        producer_id,
        gtin: &gtin,
        name: "莓茶",
        name_en: "Vine tea",
        category: "莓茶",
        variety: "显齿蛇葡萄",
        specification: &format!("{} g", 50 + number),
        unit: "KGM",
        shelf_life_days: 540,
        regime: "sc",
        season: "3–10 月",
    };
    let product_id = product::insert(connection, &new, ENTERED).await?;
    let new = plot::NewPlot {
        producer_id,
        name: &format!("{number} 号地"),
        name_en: "",
        township: "毛坝乡",
        area_mu: 2.5,
        altitude_m: 600,
        latitude: 29.0,
        longitude: 109.9,
    };
    let plot_id = plot::insert(connection, &new).await?;
    let gateway = GatewayId::parse("bench").map_err(unnamed)?;
    let name = ProbeName::parse(&format!("p{number}")).map_err(unnamed)?;
    let key = probe::insert(connection, &gateway, &name, profile_id, ENTERED).await?;
    sqlx::query!(
        "with placed as (
             insert into probe_placement (probe_id, plot_id, valid_from)
             values ($1, $2, '2026-01-01T00:00:00Z')
         )
         insert into rollup_day (probe_id, channel, day, n, expected, min, max, sum, sum_squares,
                                 first, last)
         select $1, channel, date '2026-04-01' + day, 96, 96, 10 + day % 7, 20 + day % 11,
                96 * (15 + day % 5), 96 * 225, 12, 18
         from generate_series(0, 120) as day cross join generate_series(0, 2) as channel
         -- Two days that nobody measured.
         where day not in (40, 41)",
        key.0,
        plot_id
    )
    .execute(connection)
    .await?;
    Ok((product_id, plot_id))
}

/// A number of the restricted range with its check digit (GS1 General Specifications 7.9).
fn gtin(number: i32) -> String {
    let body = format!("{:013}", 20_000_000_000_i64 + i64::from(number));
    let sum: i32 = body
        .bytes()
        .zip([3, 1].into_iter().cycle())
        .map(|(digit, weight)| i32::from(digit - b'0') * weight)
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

async fn insert_lots(
    connection: &mut crate::AnyConnection,
    (product_id, plot_id): (i64, i64),
    (first, last): (i32, i32),
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into lot (product_id, plot_id, code, state, started_on, harvested_on, quantity,
                          request_id, created_at)
         select $1, $2, 'B' || lpad(n::text, 6, '0'), 'released', date '2026-04-01',
                date '2026-07-28', 100, gen_random_uuid(), $5
         from generate_series($3::integer, $4::integer) as n",
        product_id,
        plot_id,
        first,
        last,
        ENTERED
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into test_result (lot_id, sample_code, item, method, qualifier, value, unit,
                                  limit_value, verdict, tested_at, recorded_at, request_id)
         select id, code, '农药残留（抑制率）', 'GB/T 5009.199-2003', '', 12.5, '%', 50, 'pass',
                $2, $2, gen_random_uuid()
         from lot where product_id = $1",
        product_id,
        ENTERED
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        r#"insert into event (lot_id, event_id, biz_step, event_time, record_time, body)
           select lot.id, 'ni:///sha-256;' || lot.id || step || '?ver=CBV2.0', step, $2, $2,
                  jsonb_build_object('type', 'ObjectEvent', 'action', action, 'bizStep', step,
                                     'eventTime', '2026-09-01T00:00:00.000Z',
                                     'eventTimeZoneOffset', '+08:00')
           from lot cross join (values ('creating_class_instance', 'ADD'), ('inspecting', 'OBSERVE'))
                    as made (step, action)
           where lot.product_id = $1"#,
        product_id,
        ENTERED
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Issues labels for the lots that are there, as many for each; returns the paths of their links.
pub async fn fill_labels(store: &Store, labels: i32) -> Result<Vec<String>, StoreError> {
    let mut transaction = store.begin().await?;
    let lots = sqlx::query!(
        "select lot.id, lot.code, product.gtin
         from lot join product on product.id = lot.product_id order by lot.id"
    )
    .fetch_all(&mut *transaction)
    .await?;
    let mut paths = Vec::with_capacity(labels.unsigned_abs() as usize);
    let (mut left, mut drawn) = (labels, 0_u64);
    for (place, lot) in lots.iter().enumerate() {
        let others = i32::try_from(lots.len() - place).unwrap_or(i32::MAX);
        let count = (left + others - 1) / others;
        left -= count;
        let serials: Vec<String> = (0..count)
            .map(|_| {
                drawn += 1;
                // Scattered over the index as real ones are; an odd factor keeps them apart.
                Serial::from_random(drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_string()
            })
            .collect();
        let (gtin, code) = (&lot.gtin, &lot.code);
        paths.extend(
            serials
                .iter()
                .map(|serial| format!("/01/{gtin}/10/{code}/21/{serial}")),
        );
        if serials.is_empty() {
            continue;
        }
        let run = label::NewRun {
            goods: label::For::Lot(lot.id),
            on_activation: false,
            size: "40x30",
            serials: &serials,
            shorts: &[],
            request_id: Uuid::from_u128(u128::from(drawn)),
            account_id: None,
        };
        label::insert_run(&mut transaction, &run, ENTERED).await?;
    }
    transaction.commit().await?;
    let mut connection = store.connect_alone().await?;
    sqlx::query("vacuum analyze")
        .execute(&mut connection)
        .await?;
    sqlx::query("checkpoint").execute(&mut connection).await?;
    Ok(paths)
}

/// How often labels were looked at, all together.
pub async fn count_scans(store: &Store) -> Result<i64, StoreError> {
    let mut connection = store.acquire().await?;
    let scans =
        sqlx::query_scalar!(r#"select coalesce(sum(scan_count), 0)::bigint as "n!" from label"#)
            .fetch_one(&mut *connection)
            .await?;
    Ok(scans)
}

/// Changes something that the page of every lot shows; returns how many lots there are.
pub async fn touch_lots(store: &Store) -> Result<i64, StoreError> {
    let mut connection = store.acquire().await?;
    sqlx::query!("update producer set name_en = name_en || '.'")
        .execute(&mut *connection)
        .await?;
    let lots = sqlx::query_scalar!(r#"select count(*) as "n!" from lot"#)
        .fetch_one(&mut *connection)
        .await?;
    Ok(lots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestDatabase;

    #[tokio::test]
    async fn as_many_lots_are_made_as_are_wanted() -> Result<(), Box<dyn std::error::Error>> {
        assert_eq!(gtin(0), FILL_GTIN);
        let database = TestDatabase::new().await?;
        fill_lots(&database.store, 25, 10).await?;
        assert_eq!(touch_lots(&database.store).await?, 25);
        let paths = fill_labels(&database.store, 103).await?;
        assert_eq!(paths.len(), 103);
        assert_eq!(count_scans(&database.store).await?, 0);
        let mut connection = database.store.acquire().await?;
        for (code, found) in [("B000001", true), ("B000010", true), ("B000011", false)] {
            let lot = crate::lot::find_by_code(&mut connection, FILL_GTIN, code).await?;
            assert_eq!(lot.is_some(), found, "{code}");
        }
        Ok(())
    }
}

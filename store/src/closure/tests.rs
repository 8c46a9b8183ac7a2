//! The graph of lots against a real PostgreSQL: both ways, diamonds once, quantities with it.

use std::error::Error;

use time::OffsetDateTime;
use time::macros::{date, datetime};
use uuid::Uuid;

use super::*;
use crate::lot::{self, NewLot};
use crate::processing::{self, NewProcessing};
use crate::testing::{Farm, TestDatabase, insert_farm};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

async fn lot(connection: &mut PgConnection, farm: Farm, number: u128) -> Result<i64, StoreError> {
    let new = NewLot {
        product_id: farm.product,
        plot_id: farm.plot,
        code: &format!("L-{number}"),
        state: LotState::Harvested,
        started_on: date!(2026 - 03 - 01),
        harvested_on: Some(date!(2026 - 10 - 01)),
        quantity: 100.0,
        recall_reason: None,
        request_id: Uuid::from_u128(number),
        account_id: None,
    };
    lot::insert(connection, &new, NOW).await
}

async fn process(
    connection: &mut PgConnection,
    farm: Farm,
    (inputs, outputs): (&[i64], &[i64]),
) -> Result<i64, StoreError> {
    let inputs: Vec<(i64, f64)> = inputs.iter().map(|lot| (*lot, 40.0)).collect();
    let new = NewProcessing {
        producer_id: farm.producer,
        plot_id: farm.plot,
        kind: "sorting",
        done_at: NOW,
        unit: "KGM",
        loss: 0.0,
        inputs: &inputs,
        outputs,
        request_id: Uuid::from_u128(1_000 + u128::from(outputs[0].unsigned_abs())),
        account_id: None,
    };
    processing::insert(connection, &new, NOW).await
}

fn ids(nodes: &[Node]) -> Vec<(i64, i32)> {
    nodes.iter().map(|node| (node.lot_id, node.level)).collect()
}

#[tokio::test]
async fn a_diamond_is_walked_once_both_ways() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let mut lots = Vec::new();
    for number in 1..=5 {
        lots.push(lot(&mut connection, farm, number).await?);
    }
    let [a, b, c, d, apart] = lots[..] else {
        return Err("five lots".into());
    };
    process(&mut connection, farm, (&[a], &[b])).await?;
    process(&mut connection, farm, (&[a], &[c])).await?;
    process(&mut connection, farm, (&[b, c], &[d])).await?;
    let down = list(&mut connection, a, Way::Down).await?;
    assert_eq!(ids(&down), [(a, 0), (b, 1), (c, 1), (d, 2)]);
    assert_eq!(down[0].processed.to_string(), "80");
    let up = list(&mut connection, d, Way::Up).await?;
    assert_eq!(ids(&up), [(d, 0), (b, 1), (c, 1), (a, 2)]);
    let alone = list(&mut connection, apart, Way::Down).await?;
    assert_eq!(ids(&alone), [(apart, 0)]);
    let flows = processing::list_of_inputs(&mut connection, &[a, b, c, d]).await?;
    let flows = processing::list_flows(&mut connection, &flows).await?;
    assert_eq!(flows.iter().filter(|flow| flow.is_input).count(), 4);
    assert_eq!(flows.len(), 7);
    Ok(())
}

#[tokio::test]
async fn a_long_chain_is_followed_to_its_end() -> TestResult {
    let database = TestDatabase::new().await?;
    let farm = insert_farm(&database.store).await?;
    let mut connection = database.store.acquire().await?;
    let mut before = lot(&mut connection, farm, 1).await?;
    let first = before;
    for number in 2..=12 {
        let next = lot(&mut connection, farm, number).await?;
        process(&mut connection, farm, (&[before], &[next])).await?;
        before = next;
    }
    let down = list(&mut connection, first, Way::Down).await?;
    assert_eq!(
        down.last().map(|node| (node.lot_id, node.level)),
        Some((before, 11))
    );
    Ok(())
}

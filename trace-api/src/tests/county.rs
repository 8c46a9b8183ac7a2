//! The county's statistics, by month and township.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Outcome;
use super::world::World;

#[tokio::test]
async fn the_county_is_counted_by_month_and_township() -> Outcome {
    let world = World::new().await?;
    let lot = json!({ "request_id": Uuid::from_u128(1), "gtin": world.own.gtin,
        "plot_id": world.own.plot, "started_on": "2026-04-01", "harvested_on": "2026-10-01",
        "quantity": 10.0 });
    world
        .post("producer", "/api/v1/lots", &lot)
        .await?
        .expect(201)?;
    let found = world
        .get("supervisor", "/api/v1/statistics")
        .await?
        .expect(200)?
        .json()?;
    let span = (&found["from"], &found["to"]);
    assert_eq!(span, (&Value::from("2025-12"), &Value::from("2026-11")));
    let month = &found["months"][0];
    let at = (&month["month"], &month["township"]);
    assert_eq!(at, (&Value::from("2026-11"), &Value::from("万坪镇")));
    let counted = (&month["producers"], &month["products"], &month["lots"]);
    assert_eq!(counted, (&Value::from(2), &Value::from(2), &Value::from(1)));
    assert_eq!(month["pass_rate"], Value::Null);
    let csv = world
        .get("supervisor", "/api/v1/statistics?format=csv")
        .await?
        .expect(200)?
        .text();
    let line = "2026-11,万坪镇,2,2,1,0,0,,0,0,0";
    assert!(csv.starts_with('\u{feff}') && csv.contains(line), "{csv}");
    for wrong in ["from=2026-13", "from=2016-11", "from=2027-01", "format=doc"] {
        let path = format!("/api/v1/statistics?to=2026-11&{wrong}");
        world.get("supervisor", &path).await?.expect(422)?;
    }
    let empty = world
        .get("supervisor", "/api/v1/statistics?from=2020-01&to=2020-02")
        .await?;
    assert_eq!(empty.expect(200)?.json()?["months"], json!([]));
    Ok(())
}

//! Plots and the devices that stood on them: in whatever order placements are written down, every
//! moment of a device belongs to one plot at most, and the right readings to the right lot.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Outcome;
use super::world::World;

fn plot(name: &str, request: u128) -> Value {
    json!({ "request_id": Uuid::from_u128(request), "name": name, "township": "万坪镇",
        "area_mu": 3.5, "altitude_m": 600, "latitude": 29.0, "longitude": 109.9 })
}

async fn probe(world: &World) -> Outcome {
    let gateway = json!({ "id": "gw-1", "name": "网关" });
    world
        .post("operator", "/api/v1/gateways", &gateway)
        .await?
        .expect(201)?;
    let probe = json!({ "name": "p-1", "interval_seconds": 3600, "channels": [{
        "name": "temperature", "quantity": "air-temperature", "unit": "Cel",
        "valid_min": -40.0, "valid_max": 60.0 }] });
    world
        .post("operator", "/api/v1/gateways/gw-1/probes", &probe)
        .await?
        .expect(201)?;
    Ok(())
}

#[tokio::test]
async fn a_plot_is_registered_once_and_edited_from_the_version_that_was_seen() -> Outcome {
    let world = World::new().await?;
    let body = plot("二号地", 1);
    let made = world
        .post("producer", "/api/v1/plots", &body)
        .await?
        .expect(201)?
        .json()?;
    let again = world
        .post("producer", "/api/v1/plots", &body)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(made, again);
    world
        .post("producer", "/api/v1/plots", &plot("二号地", 2))
        .await?
        .expect(409)?;
    let path = format!("/api/v1/plots/{}", made["id"]);
    let mut edit = plot("二号地（东）", 0);
    edit["base_version"] = json!(1);
    let edited = world
        .put("producer", &path, &edit)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&edited["name"], &edited["version"]),
        (&json!("二号地（东）"), &json!(2))
    );
    world.put("producer", &path, &edit).await?.expect(200)?;
    edit["name"] = json!("别的");
    let lost = world
        .put("producer", &path, &edit)
        .await?
        .expect(409)?
        .json()?;
    assert_eq!(lost["current"]["name"], "二号地（东）");
    world.put("rival", &path, &edit).await?.expect(404)?;
    world
        .get("rival", &format!("{path}/placements"))
        .await?
        .expect(404)?;
    let mut wrong = plot("三号地", 3);
    wrong["latitude"] = json!(91.0);
    let refused = world
        .post("producer", "/api/v1/plots", &wrong)
        .await?
        .expect(422)?
        .json()?;
    assert_eq!(refused["field"], "latitude");
    Ok(())
}

#[tokio::test]
async fn placements_never_overlap_in_whatever_order_they_are_written_down() -> Outcome {
    let world = World::new().await?;
    probe(&world).await?;
    let path = "/api/v1/gateways/gw-1/probes/p-1/placements";
    let (one, two) = (world.own.plot, world.rival.plot);
    let place = |plot: Option<i64>, day: &str| json!({ "plot_id": plot, "since": format!("2026-{day}T00:00:00Z") });
    for (plot, day) in [
        (Some(one), "06-01"),
        (Some(two), "03-01"),
        (Some(one), "09-01"),
        (None, "10-01"),
        (Some(two), "06-01"),
    ] {
        world
            .post("operator", path, &place(plot, day))
            .await?
            .expect(201)?;
    }
    let found = world.get("supervisor", path).await?.expect(200)?.json()?;
    let rows: Vec<_> = found["placements"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let spans: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["plot_id"].as_i64(),
                row["since"].as_str().map(|at| &at[5..10]),
                row["until"].as_str().map(|at| &at[5..10]),
            )
        })
        .collect();
    let wanted = [
        (Some(two), Some("03-01"), Some("06-01")),
        (Some(two), Some("06-01"), Some("09-01")),
        (Some(one), Some("09-01"), Some("10-01")),
    ];
    assert_eq!(spans, wanted);
    let own = format!("/api/v1/plots/{one}/placements");
    let found = world.get("producer", &own).await?.expect(200)?.json()?;
    assert_eq!(found["placements"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["placements"][0]["name"], "p-1");
    let nowhere = json!({ "plot_id": 99_999 });
    world.post("operator", path, &nowhere).await?.expect(422)?;
    Ok(())
}

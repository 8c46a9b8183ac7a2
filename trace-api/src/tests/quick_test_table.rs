//! 快检 as a table, over HTTP: what is entered, and what comes of it for the result, the lot and the
//! supervisors. The rows are those that a county's laboratory meets.

use serde_json::{Value, json};

use super::Outcome;
use super::life::{step, why};
use super::lots::request_id;
use super::world::World;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const METHOD: &str = "GB/T 5009.199-2003";

/// A row of the table: what is entered of a lot that was just sampled.
struct Row {
    name: &'static str,
    product: &'static str,
    entered: Value,
    /// Status, verdict, remarks, and where the lot stands afterwards.
    wanted: (u16, &'static str, &'static [&'static str], &'static str),
}

fn inhibition(value: f64) -> Value {
    json!({ "item": "抑制率", "method": METHOD, "value": value })
}

fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}

fn row(
    name: &'static str,
    product: &'static str,
    entered: Value,
    wanted: (u16, &'static str, &'static [&'static str], &'static str),
) -> Row {
    Row {
        name,
        product,
        entered,
        wanted,
    }
}

fn inhibitions() -> Vec<Row> {
    let below = with(inhibition(5.0), "qualifier", json!("<"));
    vec![
        row(
            "49.9 %",
            "莓茶",
            inhibition(49.9),
            (201, "pass", &[], "released"),
        ),
        row(
            "50.0 %",
            "莓茶",
            inhibition(50.0),
            (201, "fail", &[], "held"),
        ),
        row(
            "50.1 %",
            "莓茶",
            inhibition(50.1),
            (201, "fail", &[], "held"),
        ),
        row("<5.0", "莓茶", below, (201, "pass", &[], "released")),
        row(
            "-2, noise",
            "莓茶",
            inhibition(-2.0),
            (201, "pass", &["below_zero"], "released"),
        ),
        row(
            "118, no instrument reads that",
            "莓茶",
            inhibition(118.0),
            (422, "", &[], "in_test"),
        ),
        row(
            "-21, no noise is that low",
            "莓茶",
            inhibition(-21.0),
            (422, "", &[], "in_test"),
        ),
        row(
            "radish",
            "车坪萝卜",
            inhibition(12.0),
            (201, "pass", &["false_positive_crop"], "released"),
        ),
        row(
            "radish, positive",
            "车坪萝卜",
            inhibition(62.0),
            (201, "fail", &["false_positive_crop"], "held"),
        ),
    ]
}

fn cards() -> Vec<Row> {
    let card = |c: bool, t: bool| json!({ "item": "氟苯尼考", "method": "胶体金", "c_line": c, "t_line": t });
    vec![
        row(
            "card without C",
            "莓茶",
            card(false, true),
            (201, "invalid", &[], "in_test"),
        ),
        row(
            "card without C and T",
            "莓茶",
            card(false, false),
            (201, "invalid", &[], "in_test"),
        ),
        row(
            "card with C and T",
            "莓茶",
            card(true, true),
            (201, "pass", &[], "released"),
        ),
        row(
            "card with C alone",
            "莓茶",
            card(true, false),
            (201, "fail", &[], "held"),
        ),
    ]
}

/// A product of the own producer of this name; returns its GTIN.
async fn product(world: &World, name: &str) -> Fallible<String> {
    if name == "莓茶" {
        return Ok(world.own.gtin.clone());
    }
    let gtin = model::gs1::Gtin::from_body("0200000000009")?.to_string();
    let new = store::product::NewProduct {
        producer_id: world.own.producer,
        gtin: &gtin,
        name,
        name_en: "Radish",
        category: "蔬菜",
        variety: "",
        specification: "散装",
        unit: "KGM",
        shelf_life_days: 30,
        regime: "promise",
        season: "",
    };
    let mut connection = world.connection().await?;
    if store::product::find_by_gtin(&mut connection, &gtin)
        .await?
        .is_none()
    {
        store::product::insert(&mut connection, &new, super::world::NOW).await?;
    }
    Ok(gtin)
}

/// A lot of a product that was harvested and sampled on a day.
async fn sampled(world: &World, gtin: &str, number: u32) -> Fallible<Value> {
    let request = |at: u32| request_id(number * 10 + at);
    let body = json!({ "request_id": request(0), "gtin": gtin, "plot_id": world.own.plot,
        "started_on": "2026-11-10", "harvested_on": "2026-11-20", "quantity": 100 });
    let lot = world.post("producer", "/api/v1/lots", &body).await?;
    let lot = lot.expect(201)?.json()?;
    let sample = json!({ "request_id": request(1), "code": format!("S-{number}") });
    let sent = step(world, "lab", (&lot, "samples"), &sample).await?;
    sent.expect(200)?.json()
}

async fn state_of(world: &World, lot: &Value) -> Fallible<Value> {
    let path = format!("/api/v1/lots/{}", lot["id"]);
    Ok(world.get("lab", &path).await?.expect(200)?.json()?["state"].clone())
}

/// How many supervisors' messages tell of a failed test of a lot.
async fn told(world: &World, lot: &Value) -> Fallible<usize> {
    let told = world.get("supervisor", "/api/v1/messages").await?;
    let told = told.expect(200)?.json()?;
    let all = told["messages"].as_array().into_iter().flatten();
    let own = all.filter(|message| message["lot_id"] == lot["id"]);
    Ok(own
        .filter(|message| message["kind"] == "test_failed")
        .count())
}

#[tokio::test]
async fn each_row_of_the_table_ends_as_the_laboratory_knows_it() -> Outcome {
    let world = World::new().await?;
    for (number, row) in (100_u32..).zip(inhibitions().into_iter().chain(cards())) {
        let (status, verdict, remarks, state) = row.wanted;
        let gtin = product(&world, row.product).await?;
        let lot = sampled(&world, &gtin, number).await?;
        let body = with(
            row.entered,
            "request_id",
            json!(request_id(number * 10 + 2)),
        );
        let body = with(body, "sample_code", json!(format!("S-{number}")));
        let reply = step(&world, "lab", (&lot, "tests"), &body).await?;
        let reply = reply
            .expect(status)
            .map_err(|e| format!("{}: {e}", row.name))?
            .json()?;
        if status == 201 {
            assert_eq!(reply["verdict"], verdict, "{}", row.name);
            assert_eq!(reply["remarks"], json!(remarks), "{}", row.name);
            let is_kept = reply["value"] == body["value"] || body["value"].is_null();
            assert!(is_kept, "{}: {reply}", row.name);
            assert_eq!(reply["qualifier"], body["qualifier"].as_str().unwrap_or(""));
            assert_ne!(reply["rule"], "", "{}", row.name);
        } else {
            assert_eq!(reply["field"], "value", "{}", row.name);
        }
        assert_eq!(state_of(&world, &lot).await?, state, "{}", row.name);
        assert_eq!(
            told(&world, &lot).await?,
            usize::from(verdict == "fail"),
            "{}",
            row.name
        );
    }
    Ok(())
}

#[tokio::test]
async fn two_repeats_that_disagree_free_nothing_until_a_laboratory_confirms() -> Outcome {
    let world = World::new().await?;
    for (number, repeats, confirm) in [(100, [12.0, 61.0], 3.0), (200, [61.0, 12.0], 3.0)] {
        let lot = sampled(&world, &world.own.gtin, number).await?;
        let enter = async |at: u32, round: &str, value: f64| {
            let body = with(inhibition(value), "round", json!(round));
            let body = with(body, "request_id", json!(request_id(number * 10 + at)));
            let when = json!(format!("2026-11-23T03:{at:02}:00Z"));
            let body = with(body, "tested_at", when);
            step(&world, "lab", (&lot, "tests"), &body)
                .await?
                .expect(201)
        };
        enter(2, "first", 55.0).await?;
        enter(3, "repeat", repeats[0]).await?;
        enter(4, "repeat", repeats[1]).await?;
        let refused = step(
            &world,
            "supervisor",
            (&lot, "release"),
            &why(number * 10 + 5),
        )
        .await?;
        assert_eq!(
            refused.expect(409)?.json()?["type"],
            "/docs/problems#rule-broken"
        );
        assert_eq!(state_of(&world, &lot).await?, "held");
        enter(6, "confirm", confirm).await?;
        step(
            &world,
            "supervisor",
            (&lot, "release"),
            &why(number * 10 + 7),
        )
        .await?
        .expect(200)?;
        let path = format!("/api/v1/tests?lot={}", lot["id"]);
        let kept = world.get("lab", &path).await?.expect(200)?.json()?;
        assert_eq!(
            kept["tests"].as_array().map(Vec::len),
            Some(4),
            "nothing was edited"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_edition_that_changes_between_sampling_and_testing_judges_as_of_the_sampling() -> Outcome
{
    let world = World::new().await?;
    // The sample is taken today; tomorrow's edition is filed before the result is entered.
    let lot = sampled(&world, &world.own.gtin, 100).await?;
    for (from, limit) in [("2026-11-24", 40), ("2026-11-01", 70)] {
        let edition = json!({ "code": METHOD, "principle": "inhibition", "unit": "%",
            "limit": limit, "source": format!("演示版 {from}"), "valid_from": from,
            "false_positives": [] });
        world
            .post("lab", "/api/v1/methods", &edition)
            .await?
            .expect(201)?;
    }
    let body = with(inhibition(45.0), "request_id", json!(request_id(1002)));
    let body = with(body, "sample_code", json!("S-100"));
    let result = step(&world, "lab", (&lot, "tests"), &body).await?;
    let result = result.expect(201)?.json()?;
    assert_eq!(
        (&result["verdict"], &result["limit"]),
        (&json!("pass"), &json!(70.0))
    );
    assert_eq!(
        result["sampled_on"], "2026-11-23",
        "the journal knows when it was taken"
    );
    assert_eq!(result["rule"], "演示版 2026-11-01");
    // Said to have been sampled before the edition of November, the one of 2004 judges.
    let lot = sampled(&world, &world.own.gtin, 200).await?;
    let body = with(inhibition(55.0), "request_id", json!(request_id(2002)));
    let body = with(body, "sampled_on", json!("2026-10-31"));
    let result = step(&world, "lab", (&lot, "tests"), &body).await?;
    let result = result.expect(201)?.json()?;
    assert_eq!(
        (&result["verdict"], &result["limit"]),
        (&json!("fail"), &json!(50.0))
    );
    Ok(())
}

//! 快检 over HTTP: limits by edition, cards, repeats, signed uploads and the table of limits.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use super::Outcome;
use super::life::{grow, step, why};
use super::lots::{register, request_id};
use super::world::{NOW, Reply, World};
use crate::rule::signature::sign;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn inhibition(request: u32, value: &Value) -> Value {
    json!({ "request_id": request_id(request), "item": "抑制率", "value": value,
        "method": "GB/T 5009.199-2003" })
}

async fn enter(world: &World, lot: &Value, body: &Value) -> Fallible<Reply> {
    step(world, "lab", (lot, "tests"), body).await
}

async fn state_of(world: &World, lot: &Value) -> Fallible<Value> {
    let path = format!("/api/v1/lots/{}", lot["id"]);
    Ok(world.get("lab", &path).await?.expect(200)?.json()?["state"].clone())
}

#[tokio::test]
async fn the_method_decides_at_the_limit_and_what_no_instrument_reads_is_refused() -> Outcome {
    let world = World::new().await?;
    for (at, (value, verdict, remarks)) in (0_u32..).zip([
        (49.9, "pass", json!([])),
        (50.0, "fail", json!([])),
        (50.1, "fail", json!([])),
        (-2.0, "pass", json!(["below_zero"])),
    ]) {
        let lot = register(&world, 10 + at).await?;
        let body = inhibition(100 + at, &json!(value));
        let result = enter(&world, &lot, &body).await?.expect(201)?.json()?;
        assert_eq!(
            (&result["verdict"], &result["remarks"]),
            (&json!(verdict), &remarks),
            "{value}"
        );
        assert_eq!(
            (&result["limit"], &result["unit"]),
            (&json!(50.0), &json!("%"))
        );
        assert!(
            result["rule"]
                .as_str()
                .is_some_and(|rule| rule.contains("5009.199"))
        );
    }
    let lot = register(&world, 20).await?;
    let mut below = inhibition(110, &json!(5.0));
    below["qualifier"] = json!("<");
    let result = enter(&world, &lot, &below).await?.expect(201)?.json()?;
    assert_eq!(
        (&result["qualifier"], &result["verdict"]),
        (&json!("<"), &json!("pass"))
    );
    let refused = enter(&world, &lot, &inhibition(111, &json!(118))).await?;
    assert_eq!(refused.expect(422)?.json()?["field"], "value");
    let mut other = inhibition(112, &json!(12));
    other["limit"] = json!(70);
    let refused = enter(&world, &lot, &other).await?.expect(422)?.json()?;
    assert_eq!(
        refused["field"], "limit",
        "the edition's limit is not the client's"
    );
    Ok(())
}

#[tokio::test]
async fn the_edition_of_the_sampling_day_judges() -> Outcome {
    let world = World::new().await?;
    let newer = json!({ "code": "GB/T 5009.199-2003", "principle": "inhibition", "unit": "%",
        "limit": 40, "source": "演示修订", "valid_from": "2026-11-20",
        "false_positives": ["莓茶"] });
    world
        .post("lab", "/api/v1/methods", &newer)
        .await?
        .expect(201)?;
    world
        .post("lab", "/api/v1/methods", &newer)
        .await?
        .expect(409)?;
    for (request, day, verdict, limit) in [
        (1, "2026-11-19", "pass", 50.0),
        (2, "2026-11-20", "fail", 40.0),
    ] {
        let lot = register(&world, request).await?;
        let mut body = inhibition(100 + request, &json!(45));
        body["sampled_on"] = json!(day);
        let result = enter(&world, &lot, &body).await?.expect(201)?.json()?;
        assert_eq!(
            (&result["verdict"], &result["limit"]),
            (&json!(verdict), &json!(limit))
        );
        let warned = result["remarks"] == json!(["false_positive_crop"]);
        assert_eq!(warned, request == 2, "the newer edition knows the crop");
    }
    let listed = world
        .get("producer", "/api/v1/methods")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(listed["methods"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[tokio::test]
async fn one_positive_holds_and_only_a_laboratory_clears_it() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let at = |request: u32, value: i32, round: &str, minute: u32| {
        let mut body = inhibition(request, &json!(value));
        body["round"] = json!(round);
        body["tested_at"] = json!(format!("2026-11-23T03:{minute:02}:00Z"));
        body
    };
    enter(&world, &lot, &at(11, 62, "first", 1))
        .await?
        .expect(201)?;
    assert_eq!(state_of(&world, &lot).await?, "held");
    enter(&world, &lot, &at(12, 12, "repeat", 2))
        .await?
        .expect(201)?;
    enter(&world, &lot, &at(13, 55, "repeat", 3))
        .await?
        .expect(201)?;
    enter(&world, &lot, &at(14, 10, "repeat", 4))
        .await?
        .expect(201)?;
    let refused = step(&world, "supervisor", (&lot, "release"), &why(15)).await?;
    assert_eq!(
        refused.expect(409)?.json()?["type"],
        "/docs/problems#rule-broken"
    );
    enter(&world, &lot, &at(16, 3, "confirm", 5))
        .await?
        .expect(201)?;
    assert_eq!(
        state_of(&world, &lot).await?,
        "held",
        "a supervisor frees it"
    );
    step(&world, "supervisor", (&lot, "release"), &why(17))
        .await?
        .expect(200)?;
    let mut odd = at(18, 3, "again", 6);
    assert_eq!(
        enter(&world, &lot, &odd).await?.expect(422)?.json()?["field"],
        "round"
    );
    odd["round"] = json!("first");
    odd["sampled_on"] = json!("2026-11-24");
    assert_eq!(
        enter(&world, &lot, &odd).await?.expect(422)?.json()?["field"],
        "sampled_on"
    );
    Ok(())
}

#[tokio::test]
async fn a_card_without_its_control_line_decides_nothing() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let card = |request: u32, c: bool, t: bool| {
        json!({ "request_id": request_id(request), "item": "氟苯尼考", "method": "胶体金",
            "c_line": c, "t_line": t })
    };
    let result = enter(&world, &lot, &card(11, false, true))
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(result["verdict"], "invalid");
    assert_eq!(state_of(&world, &lot).await?, "in_test");
    let result = enter(&world, &lot, &card(12, true, true))
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(result["verdict"], "pass");
    assert_eq!(state_of(&world, &lot).await?, "released");
    let result = enter(&world, &lot, &card(13, true, false))
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(result["verdict"], "fail");
    assert_eq!(state_of(&world, &lot).await?, "held");
    let mut wrong = card(14, true, true);
    wrong["method"] = json!("GB/T 5009.199-2003");
    assert_eq!(
        enter(&world, &lot, &wrong).await?.expect(422)?.json()?["field"],
        "c_line"
    );
    let none = json!({ "request_id": request_id(15), "item": "x", "method": "胶体金" });
    assert_eq!(
        enter(&world, &lot, &none).await?.expect(422)?.json()?["field"],
        "value"
    );
    Ok(())
}

async fn import(world: &World, query: &str, table: String) -> Fallible<Reply> {
    let path = format!("/api/v1/limits{query}");
    let request = world.request(Some("lab"), Method::POST, &path).await?;
    let request = request.header(header::CONTENT_TYPE, "text/csv");
    world.send(request.body(Body::from(table))?).await
}

#[tokio::test]
async fn a_table_of_limits_is_taken_whole_and_judges_what_has_no_method() -> Outcome {
    let world = World::new().await?;
    let head = "edition,substance,food,limit_mg_kg,valid_from\n";
    let good = format!(
        "{head}演示-2020,示例农药,莓茶,0.5,2020-01-01\n演示-2026,示例农药,莓茶,0.2,2026-11-20\n"
    );
    let seen = import(&world, "?preview=true", good.clone())
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&seen["rows"], &seen["imported"]),
        (&json!(2), &json!(false))
    );
    let bad = format!("{good}演示-2026,,莓茶,x,2026\n");
    let refused = import(&world, "", bad).await?.expect(422)?.json()?;
    assert_eq!(refused["mistakes"][0]["line"], 4);
    let empty = world
        .get("lab", "/api/v1/limits")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(empty["limits"], json!([]), "nothing was taken");
    import(&world, "", good).await?.expect(200)?;
    let before = world
        .get("lab", "/api/v1/limits?on=2026-11-19")
        .await?
        .json()?;
    assert_eq!(before["limits"][0]["limit_mg_kg"], 0.5);
    for (request, day, verdict) in [(1, "2026-11-19", "pass"), (2, "2026-11-20", "fail")] {
        let lot = register(&world, request).await?;
        let body = json!({ "request_id": request_id(100 + request), "item": "示例农药",
            "method": "GC-MS", "value": 0.3, "unit": "mg/kg", "sampled_on": day });
        let result = enter(&world, &lot, &body).await?.expect(201)?.json()?;
        assert_eq!(result["verdict"], verdict, "{day}");
        assert!(
            result["rule"]
                .as_str()
                .is_some_and(|rule| rule.contains("演示-20"))
        );
    }
    let large = "x".repeat(crate::api::v1::limits::BYTES_MAX + 1);
    import(&world, "", large).await?.expect(413)?;
    Ok(())
}

/// An upload of an instrument at a time, signed with a secret.
async fn upload(
    world: &World,
    secret: &str,
    (nonce, apart_s): (&str, i64),
    body: &Value,
) -> Fallible<Reply> {
    let at = (NOW.unix_timestamp() - apart_s).to_string();
    let body = body.to_string();
    let signature = sign(secret.as_bytes(), &at, nonce, body.as_bytes()).ok_or("unsigned")?;
    let request = Request::post("/api/v1/instruments/np-12/results")
        .header("x-suyuan-timestamp", at)
        .header("x-suyuan-nonce", nonce)
        .header("x-suyuan-signature", signature);
    world.send(request.body(Body::from(body))?).await
}

#[tokio::test]
async fn a_signed_upload_is_taken_once_and_an_unsigned_one_never() -> Outcome {
    let world = World::new().await?;
    let new = json!({ "id": "np-12", "name": "速测仪" });
    let made = world
        .post("operator", "/api/v1/instruments", &new)
        .await?
        .expect(201)?
        .json()?;
    let secret = made["secret"].as_str().ok_or("no secret")?;
    let lot = grow(&world, 1).await?;
    let harvest =
        json!({ "request_id": request_id(2), "harvested_on": "2026-11-22", "quantity": 1 });
    step(&world, "producer", (&lot, "harvest"), &harvest)
        .await?
        .expect(200)?;
    let sample = json!({ "request_id": request_id(3), "code": "S-77" });
    let body = json!({ "record_id": "000123", "sample_code": "S-77", "item": "抑制率",
        "method": "GB/T 5009.199-2003", "value": 61.5, "tested_at": "2026-11-23T03:59:00Z" });
    let unknown = upload(&world, secret, ("nonce-0000", 0), &body).await?;
    assert_eq!(unknown.expect(422)?.json()?["field"], "sample_code");
    step(&world, "lab", (&lot, "samples"), &sample)
        .await?
        .expect(200)?;
    let result = upload(&world, secret, ("nonce-0001", 0), &body)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(result["verdict"], "fail");
    assert_eq!(state_of(&world, &lot).await?, "held");
    upload(&world, secret, ("nonce-0001", 0), &body)
        .await?
        .expect(409)?;
    let resent = upload(&world, secret, ("nonce-0002", 0), &body).await?;
    assert_eq!(
        resent.expect(201)?.json()?["id"],
        result["id"],
        "one record is one result"
    );
    upload(&world, "another", ("nonce-0003", 0), &body)
        .await?
        .expect(401)?;
    upload(&world, secret, ("nonce-0004", 301), &body)
        .await?
        .expect(401)?;
    let bare = Request::post("/api/v1/instruments/np-12/results").body(Body::from("{}"))?;
    world.send(bare).await?.expect(400)?;
    let sign_in = json!({ "account": "instrument:np-12", "password": "!" });
    world
        .post("lab", "/api/v1/sessions", &sign_in)
        .await?
        .expect(401)?;
    let log = world
        .get("operator", "/api/v1/audit?table=instrument")
        .await?
        .expect(200)?;
    assert!(!log.text().contains("secret"), "{}", log.text());
    Ok(())
}

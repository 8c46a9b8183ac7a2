//! Production records over HTTP: the interval that blocks a harvest, writes that arrive twice or
//! out of order, and edits that meet.

use serde_json::{Value, json};

use super::Outcome;
use super::life::{grow, page_of, step, why};
use super::lots::request_id;
use super::world::World;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn pesticide(number: u32, days: i64) -> Value {
    json!({ "id": request_id(number), "kind": "pesticide", "name": format!("吡虫啉 {number}"),
        "registration": "PD20080000", "interval_days": days, "unit": "g" })
}

async fn file_pesticide(world: &World, number: u32, days: i64) -> Outcome {
    let filed = world
        .post("producer", "/api/v1/inputs", &pesticide(number, days))
        .await?;
    filed.expect(201)?;
    Ok(())
}

/// A spraying of the own plot with the pesticide of a number.
fn spraying(world: &World, record: u32, input: u32, day: &str) -> Value {
    json!({ "id": request_id(record), "plot_id": world.own.plot, "kind": "pesticide",
        "done_on": day, "input_id": request_id(input), "dose": 20, "area_mu": 2,
        "target": "蚜虫", "person": "演示人员" })
}

async fn write(world: &World, body: &Value) -> Fallible<Value> {
    let written = world.post("producer", "/api/v1/records", body).await?;
    written.expect(201)?.json()
}

fn harvest(request: u32, day: &str) -> Value {
    json!({ "request_id": request_id(request), "harvested_on": day, "quantity": 100 })
}

#[tokio::test]
async fn a_harvest_inside_the_interval_is_blocked_until_a_supervisor_waives_it() -> Outcome {
    let world = World::new().await?;
    file_pesticide(&world, 1, 14).await?;
    write(&world, &spraying(&world, 2, 1, "2026-11-12")).await?;
    let lot = grow(&world, 3).await?;
    let body = harvest(4, "2026-11-22");
    let refused = step(&world, "producer", (&lot, "harvest"), &body).await?;
    let refused = refused.expect(409)?.json()?;
    assert_eq!(refused["type"], "/docs/problems#rule-broken");
    let detail = refused["detail"].as_str().ok_or("no detail")?;
    assert!(detail.contains("2026-11-26"), "{detail}");
    let path = format!("/api/v1/lots/{}/interval", lot["id"]);
    let interval = world.get("producer", &path).await?.expect(200)?.json()?;
    assert_eq!(interval["free_on"], "2026-11-26");
    step(&world, "producer", (&lot, "interval-waiver"), &why(5))
        .await?
        .expect(403)?;
    step(&world, "supervisor", (&lot, "interval-waiver"), &why(5))
        .await?
        .expect(200)?;
    let cut = step(&world, "producer", (&lot, "harvest"), &body).await?;
    assert_eq!(cut.expect(200)?.json()?["state"], "harvested");
    let page = page_of(&world, &lot).await?;
    assert!(
        page.contains("用药：吡虫啉 1（登记证号 PD20080000），安全间隔期 14 天，至采收已过 10 天"),
        "{page}"
    );
    assert!(!page.contains("演示人员") && !page.contains("蚜虫"));
    let ready = json!({ "request_id": request_id(6), "gtin": world.own.gtin,
        "plot_id": world.own.plot, "started_on": "2026-11-10", "harvested_on": "2026-11-22",
        "quantity": 1 });
    let sly = world.post("producer", "/api/v1/lots", &ready).await?;
    assert_eq!(sly.expect(409)?.json()?["field"], "harvested_on");
    Ok(())
}

#[tokio::test]
async fn a_use_that_is_entered_after_the_harvest_stops_the_lot() -> Outcome {
    let world = World::new().await?;
    file_pesticide(&world, 1, 14).await?;
    let (free, cut) = (grow(&world, 3).await?, grow(&world, 4).await?);
    for (lot, request) in [(&free, 5), (&cut, 7)] {
        let body = harvest(request, "2026-11-22");
        step(&world, "producer", (lot, "harvest"), &body)
            .await?
            .expect(200)?;
    }
    step(&world, "producer", (&free, "release"), &why(9))
        .await?
        .expect(200)?;
    write(&world, &spraying(&world, 2, 1, "2026-11-12")).await?;
    let state = |lot: &Value| format!("/api/v1/lots/{}", lot["id"]);
    let stopped = world.get("producer", &state(&free)).await?.json()?;
    assert_eq!(stopped["state"], "held");
    let still = world.get("producer", &state(&cut)).await?.json()?;
    assert_eq!(
        still["state"], "harvested",
        "a harvested lot has no step to held"
    );
    let told = world.get("supervisor", "/api/v1/messages").await?.json()?;
    let kinds = told["messages"].as_array().into_iter().flatten();
    assert_eq!(kinds.filter(|m| m["kind"] == "interval_broken").count(), 2);
    Ok(())
}

#[tokio::test]
async fn two_who_edit_the_same_record_are_told_and_nothing_is_overwritten() -> Outcome {
    let world = World::new().await?;
    file_pesticide(&world, 1, 14).await?;
    let made = write(&world, &spraying(&world, 2, 1, "2026-10-12")).await?;
    assert_eq!(
        (&made["version"], &made["interval_days"]),
        (&json!(1), &json!(14))
    );
    let path = format!("/api/v1/records/{}", request_id(2));
    let edit = |base: i64, dose: i64| {
        let mut body = spraying(&world, 2, 1, "2026-10-12");
        body["base_version"] = json!(base);
        body["dose"] = json!(dose);
        body
    };
    let first = world
        .put("producer", &path, &edit(1, 25))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&first["version"], &first["dose"]),
        (&json!(2), &json!(25.0))
    );
    let resent = world.put("producer", &path, &edit(1, 25)).await?;
    assert_eq!(
        resent.expect(200)?.json()?,
        first,
        "an edit sent twice is one edit"
    );
    let second = world
        .put("producer", &path, &edit(1, 30))
        .await?
        .expect(409)?
        .json()?;
    assert_eq!(second["type"], "/docs/problems#edit-conflict");
    assert_eq!(
        (&second["current"]["dose"], &second["yours"]["dose"]),
        (&json!(25.0), &json!(30.0))
    );
    assert_eq!(second["current"]["version"], 2);
    let seen = world
        .put("producer", &path, &edit(2, 30))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(seen["version"], 3);
    let other = spraying(&world, 2, 1, "2026-10-01");
    world
        .post("producer", "/api/v1/records", &other)
        .await?
        .expect(409)?;
    world.put("rival", &path, &edit(3, 1)).await?.expect(422)?;
    Ok(())
}

#[tokio::test]
async fn a_record_that_cannot_be_is_refused_with_its_reason() -> Outcome {
    let world = World::new().await?;
    file_pesticide(&world, 1, 14).await?;
    let with = |member: &str, value: Value| {
        let mut body = spraying(&world, 2, 1, "2026-10-12");
        body[member] = value;
        body
    };
    for (body, field) in [
        (with("kind", json!("dancing")), "kind"),
        (with("kind", json!("irrigation")), "input_id"),
        (with("done_on", json!("2026-11-24")), "done_on"),
        (with("plot_id", json!(world.rival.plot)), "plot_id"),
        (with("input_id", json!(request_id(9))), "input_id"),
        (with("input_id", Value::Null), "dose"),
        (with("dose", json!(0)), "dose"),
        (with("person", json!("")), "person"),
        (with("lot_id", json!(999)), "lot_id"),
    ] {
        let refused = world.post("producer", "/api/v1/records", &body).await?;
        assert_eq!(refused.expect(422)?.json()?["field"], field, "{body}");
    }
    let mut unregistered = pesticide(3, 7);
    unregistered["registration"] = json!("");
    let refused = world
        .post("producer", "/api/v1/inputs", &unregistered)
        .await?;
    assert_eq!(refused.expect(422)?.json()?["field"], "registration");
    let endless = world
        .post("producer", "/api/v1/inputs", &pesticide(3, 366))
        .await?;
    assert_eq!(endless.expect(422)?.json()?["field"], "interval_days");
    let listed = world
        .get("producer", "/api/v1/records")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(listed["records"], json!([]));
    Ok(())
}

#[tokio::test]
async fn stock_follows_purchases_uses_and_voids() -> Outcome {
    let world = World::new().await?;
    file_pesticide(&world, 1, 14).await?;
    let path = format!("/api/v1/inputs/{}/purchases", request_id(1));
    let bought = json!({ "id": request_id(4), "amount": 100, "bought_on": "2026-09-01",
        "source": "演示农资店 0001" });
    for _ in 0..2 {
        let kept = world
            .post("producer", &path, &bought)
            .await?
            .expect(201)?
            .json()?;
        assert_eq!(kept["stock"], 100.0);
    }
    let mut other = bought.clone();
    other["amount"] = json!(7);
    world.post("producer", &path, &other).await?.expect(409)?;
    world.post("rival", &path, &other).await?.expect(404)?;
    write(&world, &spraying(&world, 2, 1, "2026-10-12")).await?;
    let stock = || async {
        let listed = world
            .get("producer", "/api/v1/inputs")
            .await?
            .expect(200)?
            .json()?;
        Fallible::Ok(listed["inputs"][0]["stock"].clone())
    };
    assert_eq!(stock().await?, 80.0);
    let mut void = spraying(&world, 2, 1, "2026-10-12");
    void["base_version"] = json!(1);
    void["voided"] = json!(true);
    let path = format!("/api/v1/records/{}", request_id(2));
    world.put("producer", &path, &void).await?.expect(200)?;
    assert_eq!(stock().await?, 100.0);
    Ok(())
}

/// Sends two clients' writes in an order; some of them twice.
async fn interleaved(order: u32) -> Fallible<Vec<Value>> {
    let world = World::new().await?;
    file_pesticide(&world, 1, 14).await?;
    let own = |client: u32, at: u32| {
        let day = format!("2026-10-{:02}", 10 + client * 3 + at);
        spraying(&world, 100 * client + at, 1, &day)
    };
    let queues: [Vec<Value>; 2] = [1, 2].map(|client| (0..3).map(|at| own(client, at)).collect());
    let mut next = [0, 0];
    for bit in 0..12 {
        let client = usize::from(order >> bit & 1 == 1);
        let Some(body) = queues[client].get(next[client]) else {
            continue;
        };
        write(&world, body).await?;
        // A lost answer: every third write is sent again.
        if bit % 3 == 0 {
            write(&world, body).await?;
        }
        next[client] += 1;
    }
    for (queue, sent) in queues.iter().zip(next) {
        for body in &queue[sent.min(queue.len())..] {
            write(&world, body).await?;
        }
    }
    let listed = world
        .get("producer", "/api/v1/records")
        .await?
        .expect(200)?
        .json()?;
    Ok(listed["records"].as_array().cloned().unwrap_or_default())
}

#[tokio::test]
async fn any_interleaving_of_two_clients_ends_the_same() -> Outcome {
    let wanted = interleaved(0).await?;
    assert_eq!(wanted.len(), 6);
    for order in [0xfff, 0b1010_1010_1010, 0b0011_0011_0101, 0b1100_1010_0110] {
        assert_eq!(interleaved(order).await?, wanted, "{order:b}");
    }
    Ok(())
}

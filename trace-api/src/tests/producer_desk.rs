//! The producer's desk as its forms: what a rule refuses is named with what was typed still there, a
//! form sent twice files once, two who edit are told, and nobody opens what is another's.

use serde_json::{Value, json};

use super::Outcome;
use super::life::{grow, party, released, step, why};
use super::lots::{register, request_id};
use super::world::World;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Text that a form sends, as it is written in its body.
fn sent(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn seen(world: &World, path: &str) -> Fallible<String> {
    Ok(world.get("producer", path).await?.expect(200)?.text())
}

/// Files a pesticide by the desk's form; returns its id.
async fn pesticide(world: &World, request: u32, days: u32) -> Fallible<String> {
    let form = format!(
        "request={}&kind=pesticide&name={}&registration=PD20080000&interval_days={days}&unit=g",
        request_id(request),
        sent("吡虫啉")
    );
    for _ in 0..2 {
        world
            .submit("producer", "/producer/inputs", &form)
            .await?
            .expect(303)?;
    }
    Ok(request_id(request))
}

fn spraying(world: &World, record: u32, input: &str, (dose, base): (&str, &str)) -> String {
    format!(
        "id={}&base_version={base}&plot_id={}&lot_id=&kind=pesticide&done_on=2026-11-15\
         &input_id={input}&dose={dose}&area_mu=2&target={}&person={}&note=",
        request_id(record),
        world.own.plot,
        sent("蚜虫"),
        sent("演示人员")
    )
}

#[tokio::test]
async fn a_harvest_inside_the_interval_is_refused_with_the_rule_and_what_was_typed() -> Outcome {
    let world = World::new().await?;
    let input = pesticide(&world, 1, 14).await?;
    let form = spraying(&world, 2, &input, ("20", ""));
    world
        .submit("producer", "/producer/records", &form)
        .await?
        .expect(303)?;
    let lot = grow(&world, 3).await?;
    let path = format!("/producer/lots/{}", lot["id"]);
    let page = seen(&world, &path).await?;
    assert!(
        page.contains("安全间隔期内：2026-11-29 起方可采收"),
        "{page}"
    );
    assert!(
        page.contains("第二十九条") && page.contains("监管人员"),
        "{page}"
    );
    let harvest = |request, quantity| {
        format!(
            "request={}&day=2026-11-22&quantity={quantity}",
            request_id(request)
        )
    };
    let to = format!("{path}/harvest");
    let refused = world
        .submit("producer", &to, &harvest(4, "77.5"))
        .await?
        .expect(409)?
        .text();
    assert!(refused.contains("吡虫啉") && refused.contains("最早可于 2026-11-29 采收"));
    assert!(
        refused.contains("value=\"77.5\""),
        "what was typed stays: {refused}"
    );
    step(&world, "supervisor", (&lot, "interval-waiver"), &why(5))
        .await?
        .expect(200)?;
    for _ in 0..2 {
        world
            .submit("producer", &to, &harvest(6, "77.5"))
            .await?
            .expect(303)?;
    }
    let page = seen(&world, &path).await?;
    assert!(
        page.contains("已采收") && page.contains("准予提前采收"),
        "{page}"
    );
    Ok(())
}

#[tokio::test]
async fn two_who_correct_the_same_record_are_told_with_both_versions() -> Outcome {
    let world = World::new().await?;
    let input = pesticide(&world, 1, 14).await?;
    let first = spraying(&world, 2, &input, ("20", ""));
    for _ in 0..2 {
        world
            .submit("producer", "/producer/records", &first)
            .await?
            .expect(303)?;
    }
    let path = format!("/producer/records/{}", request_id(2));
    let form = spraying(&world, 2, &input, ("25", "1"));
    world.submit("producer", &path, &form).await?.expect(303)?;
    let late = spraying(&world, 2, &input, ("30", "1"));
    let told = world
        .submit("producer", &path, &late)
        .await?
        .expect(409)?
        .text();
    assert!(told.contains("未作覆盖"), "{told}");
    assert!(
        told.contains("<td>25</td><td>30</td>"),
        "both versions: {told}"
    );
    assert!(told.contains("name=\"base_version\" value=\"2\""), "{told}");
    let kept = world.get("producer", "/api/v1/records").await?.json()?;
    assert_eq!(kept["records"][0]["dose"], 25.0);
    let again = spraying(&world, 2, &input, ("30", "2"));
    world.submit("producer", &path, &again).await?.expect(303)?;
    let stock = seen(&world, "/producer/inputs").await?;
    assert!(
        stock.contains("余 \u{2212}30 g"),
        "used once, as it says last: {stock}"
    );
    world.get("rival", &path).await?.expect(404)?;
    world.submit("rival", &path, &again).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_refused_record_keeps_what_was_typed_and_its_id() -> Outcome {
    let world = World::new().await?;
    let form = format!(
        "id={}&plot_id={}&kind=pesticide&done_on=2026-11-15&person=x&note=hello",
        request_id(2),
        world.own.plot
    );
    let page = world
        .submit("producer", "/producer/records", &form)
        .await?
        .expect(422)?
        .text();
    assert!(page.contains("请选择所用投入品") && page.contains("value=\"hello\""));
    assert!(page.contains(&format!("name=\"id\" value=\"{}\"", request_id(2))));
    Ok(())
}

#[tokio::test]
async fn the_list_of_lots_is_searched_and_goes_on_page_by_page() -> Outcome {
    let world = World::new().await?;
    for request in 1..=53 {
        register(&world, request).await?;
    }
    let count = |page: &str| page.matches("<li class=\"row\">").count();
    let first = seen(&world, "/producer?sort=code").await?;
    assert_eq!(count(&first), 50);
    let next = first.split("rel=\"next\" href=\"").nth(1);
    let next = next.and_then(|rest| rest.split('"').next());
    let next = next.ok_or("no next page")?.replace("&#38;", "&");
    assert!(next.contains("sort=code"), "{next}");
    let rest = seen(&world, &next).await?;
    assert_eq!(count(&rest), 3);
    assert!(!rest.contains("rel=\"next\"") && rest.contains("第一页"));
    let none = seen(&world, "/producer?q=nothing-like-it").await?;
    assert!(none.contains("没有符合条件的批次"));
    let growing = seen(&world, "/producer?state=growing").await?;
    assert_eq!(count(&growing), 0);
    world
        .get("producer", "/producer?sort=luck")
        .await?
        .expect(400)?;
    world
        .get("producer", "/producer?state=odd")
        .await?
        .expect(400)?;
    Ok(())
}

#[tokio::test]
async fn the_check_names_what_is_missing_and_a_certificate_is_issued_and_voided_once() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let path = format!("/producer/lots/{}", lot["id"]);
    let check = format!("{path}/check");
    let page = seen(&world, &check).await?;
    assert!(
        page.contains("还缺 2 项") && page.contains("尚未开具"),
        "{page}"
    );
    assert!(page.contains("没有相应的合格检测结果"), "{page}");
    let issue = |request, quantity| {
        let request = request_id(request);
        format!("request={request}&basis=quality_control&quantity={quantity}")
    };
    let to = format!("{path}/certificates");
    let more = world.submit("producer", &to, &issue(2, 1e6)).await?;
    assert!(more.expect(409)?.text().contains("数量超出可开具的"));
    for _ in 0..2 {
        world
            .submit("producer", &to, &issue(3, 10.0))
            .await?
            .expect(303)?;
    }
    let made = format!("/api/v1/lots/{}/certificates", lot["id"]);
    let made = world.get("producer", &made).await?.json()?;
    let made = made["certificates"].as_array().ok_or("no list")?;
    assert_eq!(made.len(), 1, "a double click issues once");
    let void = format!("/producer/certificates/{}/void", made[0]["id"]);
    let why = format!("request={}&reason={}", request_id(4), sent("数量有误"));
    world.submit("rival", &void, &why).await?.expect(404)?;
    world.submit("producer", &void, &why).await?.expect(303)?;
    let page = seen(&world, &check).await?;
    assert!(
        page.contains("已作废") && page.contains("数量有误"),
        "{page}"
    );
    for hidden in [
        &path,
        &check,
        &format!("{path}/process"),
        &format!("{path}/labels"),
    ] {
        world.get("rival", hidden).await?.expect(404)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_lot_is_split_with_its_balance_and_more_cannot_come_out() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let path = format!("/producer/lots/{}", lot["id"]);
    let split = |request, halves: [f64; 2]| {
        format!(
            "request={}&kind=packing&plot={}&input={}&input_quantity=100&input=&input_quantity=\
             &output={gtin}&output_quantity={}&output={gtin}&output_quantity={}&loss=2",
            request_id(request),
            world.own.plot,
            lot["id"],
            halves[0],
            halves[1],
            gtin = world.own.gtin
        )
    };
    let to = format!("{path}/process");
    let more = world
        .submit("producer", &to, &split(10, [60.0, 60.0]))
        .await?;
    let more = more.expect(422)?.text();
    assert!(more.contains("超过投入所能得到的 100") && more.contains("value=\"60\""));
    for _ in 0..2 {
        world
            .submit("producer", &to, &split(11, [60.0, 37.0]))
            .await?
            .expect(303)?;
    }
    let page = seen(&world, &path).await?;
    for said in ["100 kg", "97 kg", "2 kg", "1 kg", "未说明"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(page.matches("<div class=\"made\">").count(), 1, "{page}");
    Ok(())
}

#[tokio::test]
async fn what_was_shipped_to_a_producer_waits_on_its_desk_until_it_is_received() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let path = format!("/producer/lots/{}", lot["id"]);
    let station = party(&world, "station", "高坪村级站").await?;
    let rival = {
        let mut connection = world.connection().await?;
        let now = super::world::NOW;
        store::party::of_producer(&mut connection, world.rival.producer, now).await?
    };
    let ship = |request, to: i64| format!("request={}&party={to}&quantity=40", request_id(request));
    for (request, to) in [(20, station), (21, rival), (21, rival)] {
        let (shipments, form) = (format!("{path}/shipments"), ship(request, to));
        let sent = world.submit("producer", &shipments, &form).await?;
        sent.expect(303)?;
    }
    let page = seen(&world, &path).await?;
    assert!(
        page.contains("高坪村级站") && page.contains("在途"),
        "{page}"
    );
    let desk = world.get("rival", "/producer").await?.expect(200)?.text();
    let number = desk.split("/producer/shipments/").nth(1);
    let number = number.and_then(|rest| rest.split('/').next());
    let receipt = format!(
        "/producer/shipments/{}/receipt",
        number.ok_or("nothing waits")?
    );
    let form = format!("request={}&quantity=39", request_id(22));
    world
        .submit("producer", &receipt, &form)
        .await?
        .expect(404)?;
    for _ in 0..2 {
        world.submit("rival", &receipt, &form).await?.expect(303)?;
    }
    let desk = world.get("rival", "/producer").await?.expect(200)?.text();
    assert!(!desk.contains("/receipt\""), "{desk}");
    let sold = format!("request={}", request_id(23));
    let to = format!("{path}/sold-out");
    world.submit("producer", &to, &sold).await?.expect(303)?;
    assert!(seen(&world, &path).await?.contains("已售完"));
    Ok(())
}

#[tokio::test]
async fn a_worker_may_serve_the_records_and_nothing_else() -> Outcome {
    let world = World::new().await?;
    let reply = world
        .get("producer", "/producer/records/worker.js")
        .await?
        .expect(200)?;
    assert_eq!(reply.header("service-worker-allowed"), "/producer/records");
    assert!(reply.header("content-type").starts_with("text/javascript"));
    let entry = seen(&world, "/producer/records/new").await?;
    assert!(
        entry.contains("id=\"queue\"") && entry.contains("一号地"),
        "{entry}"
    );
    let lot = grow(&world, 3).await?;
    let of = format!("/producer/records/new?lot={}", lot["id"]);
    let chosen = format!(
        "value=\"{}\" data-plot=\"{}\" selected",
        lot["id"], world.own.plot
    );
    assert!(seen(&world, &of).await?.contains(&chosen));
    world.get("rival", &of).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_report_beside_a_lot_is_made_public_and_hidden_again_by_its_producer() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let (id, query) = (&lot["id"], "laboratory=x&number=1&issued_on=2026-11-20");
    let to = format!(
        "/api/v1/lots/{id}/reports?request_id={}&{query}",
        request_id(2)
    );
    let request = world
        .request(Some("producer"), axum::http::Method::POST, &to)
        .await?;
    let pdf = super::report::pdf(1);
    let filed = world
        .send(request.body(pdf.into())?)
        .await?
        .expect(201)?
        .json()?;
    let path = format!("/producer/reports/{}", filed["id"]);
    for (word, public) in [("yes", true), ("no", false)] {
        let form = format!("public={word}");
        world.submit("rival", &path, &form).await?.expect(404)?;
        world.submit("producer", &path, &form).await?.expect(303)?;
        let list = format!("/api/v1/lots/{id}/reports");
        let list: Value = world.get("producer", &list).await?.json()?;
        assert_eq!(list["reports"][0]["public"], json!(public));
    }
    Ok(())
}

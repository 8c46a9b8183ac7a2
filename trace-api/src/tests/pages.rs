//! The desks: what people see and send there.

use super::Outcome;
use super::lots::{enter_test, register, request_id};
use super::world::World;

/// What stands in the first element with this `name` attribute.
fn value_of(page: &str, name: &str) -> Option<String> {
    let at = page.find(&format!("name=\"{name}\""))?;
    let rest = &page[at..];
    let value = rest[..rest.find('>')?].split("value=\"").nth(1)?;
    value.split('"').next().map(str::to_owned)
}

#[tokio::test]
async fn a_producer_registers_a_lot_and_prints_its_labels() -> Outcome {
    let world = World::new().await?;
    let desk = world
        .get("producer", "/producer/lots/new")
        .await?
        .expect(200)?
        .text();
    let request = value_of(&desk, "request").ok_or("no request id in the form")?;
    assert!(
        desk.contains("登记新批次") && desk.contains("演示"),
        "{desk}"
    );
    let (gtin, plot) = (&world.own.gtin, world.own.plot);
    let form = format!(
        "request={request}&product={gtin}&plot={plot}&started=2026-11-01&harvested=2026-11-20\
         &quantity=12.5&unit=KGM"
    );
    let reply = world
        .submit("producer", "/producer/lots", &form)
        .await?
        .expect(303)?;
    let location = reply.header("location").to_owned();
    let again = world
        .submit("producer", "/producer/lots", &form)
        .await?
        .expect(303)?;
    assert_eq!(
        again.header("location"),
        location,
        "a double click registers once"
    );
    let page = location.split('?').next().unwrap_or_default().to_owned();
    let lot = world.get("producer", &location).await?.expect(200)?.text();
    assert!(
        lot.contains("批次已登记") && lot.contains("20261120-01"),
        "{lot}"
    );
    let issue = format!("{page}/labels");
    let labels = world.get("producer", &issue).await?.expect(200)?.text();
    let preview = world
        .get("producer", &format!("{page}/preview.png?size=40x30mm"))
        .await?;
    assert!(preview.expect(200)?.body.starts_with(b"\x89PNG"));
    let request = value_of(&labels, "request").ok_or("no request id in the form")?;
    let form = format!("request={request}&count=2&size=40x30mm");
    world.submit("producer", &issue, &form).await?.expect(303)?;
    let labels = world.get("producer", &issue).await?.expect(200)?.text();
    let picture = labels
        .split("/producer/labels/")
        .nth(1)
        .and_then(|rest| rest.get(..17));
    let picture = format!("/producer/labels/{}", picture.ok_or("no label is listed")?);
    world.get("producer", &picture).await?.expect(200)?;
    world.get("rival", &picture).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_and_says_why() -> Outcome {
    let world = World::new().await?;
    let form = format!(
        "request={}&product={}&plot={}&started=2026-11-25&harvested=&quantity=7.25",
        request_id(1),
        world.own.gtin,
        world.own.plot
    );
    let reply = world
        .submit("producer", "/producer/lots", &form)
        .await?
        .expect(422)?;
    let page = reply.text();
    assert!(page.contains("开始日期在将来"), "{page}");
    assert!(
        page.contains("value=\"7.25\"") && page.contains("2026-11-25"),
        "{page}"
    );
    let lot = register(&world, 2).await?;
    let path = format!("/producer/lots/{}/labels", lot["id"]);
    let form = format!("request={}&count=0&size=40x30mm", request_id(3));
    world.submit("producer", &path, &form).await?.expect(422)?;
    let form = format!("request={}&count=many&size=40x30mm", request_id(3));
    world.submit("producer", &path, &form).await?.expect(422)?;
    world
        .submit("producer", &path, "count=1")
        .await?
        .expect(422)?;
    Ok(())
}

#[tokio::test]
async fn the_lab_enters_a_result_for_a_sample_of_the_list() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let code = lot["code"].as_str().ok_or("no code")?;
    let desk = world.get("lab", "/lab").await?.expect(200)?.text();
    assert!(desk.contains(code), "the lot waits");
    let form = |request: u32, sample: &str, value: &str| {
        format!(
            "request={}&sample={sample}&item=i&method=m&value={value}&unit=%25&limit=50",
            request_id(request)
        )
    };
    let reply = world
        .submit("lab", "/lab/results", &form(1, "NONE", "1"))
        .await?
        .expect(422)?;
    assert!(reply.text().contains("没有此编号"), "{}", reply.text());
    world
        .submit("lab", "/lab/results", &form(1, code, "118"))
        .await?
        .expect(422)?;
    let reply = world
        .submit("lab", "/lab/results", &form(1, code, "%3C5.0"))
        .await?
        .expect(303)?;
    assert_eq!(reply.header("location"), "/lab?done=test");
    let desk = world
        .get("lab", "/lab?done=test")
        .await?
        .expect(200)?
        .text();
    assert!(
        desk.contains("结果已保存") && desk.contains("&#60;5.0 %"),
        "{desk}"
    );
    let shown = world
        .get("producer", &format!("/api/v1/lots/{}", lot["id"]))
        .await?
        .json()?;
    assert_eq!(shown["state"], "released");
    Ok(())
}

#[tokio::test]
async fn a_code_that_two_lots_have_is_asked_for_with_its_number() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let body = serde_json::json!({ "request_id": request_id(2), "gtin": world.rival.gtin,
        "plot_id": world.rival.plot, "started_on": "2026-11-10",
        "harvested_on": "2026-11-23", "quantity": 1 });
    world
        .post("rival", "/api/v1/lots", &body)
        .await?
        .expect(201)?;
    let form = |sample: &str| {
        let request = request_id(11);
        format!("request={request}&sample={sample}&item=i&method=m&value=1&unit=%25&limit=50")
    };
    let code = "20261123-01";
    let refused = world
        .submit("lab", "/lab/results", &form(code))
        .await?
        .expect(422)?
        .text();
    assert!(refused.contains("多个批次"), "{refused}");
    let sample = format!("{code}%23{}", lot["id"]);
    world
        .submit("lab", "/lab/results", &form(&sample))
        .await?
        .expect(303)?;
    let shown = world
        .get("producer", &format!("/api/v1/lots/{}", lot["id"]))
        .await?
        .json()?;
    assert_eq!(shown["state"], "released");
    let scanned = format!("http%3A%2F%2Fx%2F01%2F{}%2F10%2F{code}", world.rival.gtin);
    world
        .submit("lab", "/lab/results", &form(&scanned))
        .await?
        .expect(409)?;
    Ok(())
}

#[tokio::test]
async fn every_desk_and_every_refusal_is_a_page_in_the_visitors_language() -> Outcome {
    let world = World::new().await?;
    enter_test(&world, &register(&world, 1).await?, 11, 1.0).await?;
    for path in ["/supervisor", "/operator", "/lab", "/producer"] {
        let login = path.trim_start_matches('/');
        let page = world
            .get(login, &format!("{path}?lang=en"))
            .await?
            .expect(200)?;
        assert!(page.text().contains("<html lang=\"en\""), "{path}");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    let home = world.visit("/").await?.expect(200)?;
    assert!(home.text().contains("<html lang=\"zh-CN\""));
    let lost = world.visit("/nowhere").await?.expect(404)?;
    assert!(lost.header("content-type").starts_with("text/html"));
    let lost = world.fetch("/nowhere", "*/*").await?.expect(404)?;
    assert_eq!(lost.json()?["type"], "/docs/problems#not-found");
    Ok(())
}

#[tokio::test]
async fn every_answer_keeps_strangers_out_of_the_page() -> Outcome {
    let world = World::new().await?;
    for path in ["/", "/nowhere", "/healthz", "/api/v1/gateways"] {
        let reply = world.visit(path).await?;
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'self'"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
    }
    let style = crate::page::asset::href("suyuan.css");
    let reply = world.visit(&style).await?.expect(200)?;
    assert_eq!(
        reply.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(reply.header("content-type"), "text/css; charset=utf-8");
    world.visit("/assets/suyuan.css").await?.expect(404)?;
    Ok(())
}

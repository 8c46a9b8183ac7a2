//! What a scanned code leads to, for a person and for a program.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use super::Outcome;
use super::devices::{register_probe, report};
use super::lots::{enter_test, issue, register};
use super::world::{STEM, World};

/// The path of a label of a fresh lot, and the lot.
async fn labelled(world: &World) -> Result<(String, Value), Box<dyn std::error::Error>> {
    let lot = register(world, 1).await?;
    let run = issue(world, &lot, 21, 1).await?;
    let link = run["labels"][0]["link"].as_str().ok_or("no link")?;
    Ok((
        link.strip_prefix(STEM).ok_or("another stem")?.to_owned(),
        lot,
    ))
}

async fn scans(world: &World) -> Result<Value, Box<dyn std::error::Error>> {
    let listed = world
        .get("producer", "/api/v1/labels")
        .await?
        .expect(200)?
        .json()?;
    Ok(listed["labels"][0]["scan_count"].clone())
}

#[tokio::test]
async fn a_buyer_sees_what_was_measured_tested_and_declared() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    report(
        &world,
        &[
            (600, [Some(-1.5), Some(81.0)]),
            (60, [Some(21.5), Some(60.0)]),
        ],
    )
    .await?;
    let (path, lot) = labelled(&world).await?;
    let untested = world.visit(&path).await?.expect(200)?.text();
    assert!(
        untested.contains("未检测") && !untested.contains("检测合格"),
        "{untested}"
    );
    enter_test(&world, &lot, 11, 12.5).await?;
    let page = world.visit(&path).await?.expect(200)?.text();
    for shown in [
        "莓茶",
        "莓茶合作社",
        "一号地",
        "检测合格",
        "12.5",
        "GB/T 5009.199-2003",
        "<svg",
        "21.5",
    ] {
        assert!(page.contains(shown), "{shown} is missing");
    }
    for private in ["29.12", "109.65", "S-1"] {
        assert!(!page.contains(private), "{private} is shown");
    }
    let english = world.visit(&format!("{path}?lang=en")).await?.expect(200)?;
    assert!(english.text().contains("Vine tea"));
    assert!(english.header("set-cookie").starts_with("suyuan_lang=en"));
    Ok(())
}

#[tokio::test]
async fn a_person_who_opens_a_label_is_counted_and_a_program_is_not() -> Outcome {
    let world = World::new().await?;
    let (path, _) = labelled(&world).await?;
    assert_eq!(scans(&world).await?, 0);
    world.visit(&path).await?.expect(200)?;
    world.visit(&path).await?.expect(200)?;
    assert_eq!(scans(&world).await?, 2);
    world
        .fetch(&path, "application/ld+json")
        .await?
        .expect(200)?;
    world
        .visit(&format!("{path}?linkType=linkset"))
        .await?
        .expect(200)?;
    let head = Request::builder()
        .method(Method::HEAD)
        .uri(&path)
        .body(Body::empty())?;
    let head = world.send(head).await?.expect(200)?;
    assert!(head.body.is_empty());
    assert_eq!(scans(&world).await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_program_gets_the_events_with_their_ids() -> Outcome {
    let world = World::new().await?;
    let (path, lot) = labelled(&world).await?;
    enter_test(&world, &lot, 11, 12.5).await?;
    let reply = world
        .fetch(&path, "application/ld+json")
        .await?
        .expect(200)?;
    assert_eq!(reply.header("content-type"), "application/ld+json");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert!(reply.header("link").contains("rel=\"linkset\""));
    let document = reply.json()?;
    let events = document["epcisBody"]["eventList"]
        .as_array()
        .ok_or("no events")?;
    let mut steps: Vec<_> = events
        .iter()
        .filter_map(|event| event["bizStep"].as_str())
        .collect();
    steps.sort_unstable();
    assert_eq!(
        steps,
        ["commissioning", "creating_class_instance", "inspecting"]
    );
    for event in events {
        let mut bare = event.clone();
        let members = bare.as_object_mut().ok_or("no event")?;
        let id = members.remove("eventID").ok_or("no id")?;
        members.remove("recordTime").ok_or("no record time")?;
        assert_eq!(
            id,
            crate::event_id(&bare)?,
            "the id is the event's own hash"
        );
    }
    assert!(!reply.text().contains("producer\""), "no account is named");
    Ok(())
}

#[tokio::test]
async fn a_linkset_has_every_level_with_one_default_link() -> Outcome {
    let world = World::new().await?;
    let (path, _) = labelled(&world).await?;
    let reply = world
        .fetch(&path, "application/linkset+json")
        .await?
        .expect(200)?;
    let linkset = reply.json()?;
    let levels = linkset["linkset"].as_array().ok_or("no linkset")?;
    let anchors: Vec<_> = levels
        .iter()
        .filter_map(|level| level["anchor"].as_str())
        .collect();
    let lot = path.split("/21/").next().unwrap_or_default();
    let product = path.split("/10/").next().unwrap_or_default();
    let wanted = [&path, lot, product].map(|path| format!("{STEM}{path}"));
    assert_eq!(anchors, wanted);
    for level in levels {
        let default = &level["https://ref.gs1.org/voc/defaultLink"];
        assert_eq!(default.as_array().map(Vec::len), Some(1));
    }
    let of_product = world
        .fetch(product, "application/linkset+json")
        .await?
        .expect(200)?;
    assert_eq!(
        of_product.json()?["linkset"].as_array().map(Vec::len),
        Some(1)
    );
    let by_type = world
        .visit(&format!("{path}?linkType=all"))
        .await?
        .expect(200)?;
    assert_eq!(by_type.json()?, linkset);
    world
        .visit(&format!("{path}?linkType=gs1:recipeInfo"))
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_code_that_leads_nowhere_is_told_apart_from_one_that_is_none() -> Outcome {
    let world = World::new().await?;
    let (path, _) = labelled(&world).await?;
    let rival = path.replace(&world.own.gtin, &world.rival.gtin);
    let stem = path.split("/21/").next().unwrap_or_default();
    for (asked, status) in [
        ("/01/09506000134353".to_owned(), 400),
        (format!("{stem}/21/12345"), 400),
        ("/01/09506000134352/10/A-1".to_owned(), 404),
        (format!("{stem}/21/0000000000000"), 404),
        (rival, 404),
        ("/01/09506000134352".to_owned(), 404),
    ] {
        let page = world.visit(&asked).await?.expect(status)?;
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{asked}"
        );
        let problem = world
            .fetch(&asked, "application/ld+json")
            .await?
            .expect(status)?;
        assert_eq!(
            problem.header("content-type"),
            "application/problem+json",
            "{asked}"
        );
    }
    // A filed product has a page to choose the lot on, but no trace of its own.
    let product = format!("/01/{}", world.own.gtin);
    world.visit(&product).await?.expect(200)?;
    world
        .fetch(&product, "application/ld+json")
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_program_on_another_site_may_ask() -> Outcome {
    let world = World::new().await?;
    let ask = Request::builder()
        .method(Method::OPTIONS)
        .uri("/01/09506000134352/10/A-1");
    let reply = world.send(ask.body(Body::empty())?).await?.expect(204)?;
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(
        reply.header("access-control-allow-methods"),
        "GET, HEAD, OPTIONS"
    );
    Ok(())
}

#[tokio::test]
async fn neither_a_failed_nor_a_growing_lot_reads_as_good() -> Outcome {
    let world = World::new().await?;
    let (path, lot) = labelled(&world).await?;
    enter_test(&world, &lot, 11, 99.0).await?;
    let page = world.visit(&path).await?.expect(200)?.text();
    assert!(
        page.contains("不合格") && !page.contains("检测合格"),
        "{page}"
    );
    let body = json!({ "request_id": super::lots::request_id(2), "gtin": world.own.gtin,
        "plot_id": world.own.plot, "started_on": "2026-11-10", "quantity": 1 });
    let growing = world
        .post("producer", "/api/v1/lots", &body)
        .await?
        .expect(201)?
        .json()?;
    let link = growing["link"].as_str().ok_or("no link")?.replace(STEM, "");
    let page = world.visit(&link).await?.expect(200)?.text();
    assert!(!page.contains("检测合格"), "{page}");
    Ok(())
}

#[tokio::test]
async fn what_is_typed_leads_to_its_trace() -> Outcome {
    let world = World::new().await?;
    let (path, _) = labelled(&world).await?;
    let typed = format!("/find?code=http%3A%2F%2Fx{}", path.replace('/', "%2F"));
    let reply = world.visit(&typed).await?.expect(303)?;
    assert_eq!(reply.header("location"), path);
    let lost = world
        .visit("/find?code=%3Cscript%3E")
        .await?
        .expect(404)?
        .text();
    assert!(!lost.contains("<script>"), "{lost}");
    let request = Request::get("/find?code=%FF").header(header::ACCEPT, "text/html");
    let reply = world.send(request.body(Body::empty())?).await?;
    assert!(reply.status.is_client_error(), "{}", reply.status);
    Ok(())
}

#[tokio::test]
async fn a_page_that_is_kept_shows_what_has_happened_since_at_once() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let run = issue(&world, &lot, 2, 2).await?;
    let path = |at: usize| {
        let link = run["labels"][at]["link"].as_str().unwrap_or_default();
        link.strip_prefix(STEM).unwrap_or_default().to_owned()
    };
    let (first, second) = (path(0), path(1));
    let page = world.visit(&first).await?.expect(200)?.text();
    assert!(
        page.contains("未检测") && page.contains("首次查询"),
        "{page}"
    );
    let serial = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    // The second item's page is the first one's, but for what is its own.
    let other = world.visit(&second).await?.expect(200)?.text();
    assert!(other.contains(&serial(&second)) && !other.contains(&serial(&first)));
    assert_eq!(page.replace(&serial(&first), &serial(&second)), other);
    enter_test(&world, &lot, 3, 12.5).await?;
    let page = world.visit(&second).await?.expect(200)?.text();
    assert!(page.contains("检测合格"), "{page}");
    // What was kept is nobody else's: another language, large type, and somebody signed in.
    let large = world
        .visit(&format!("{first}?size=large"))
        .await?
        .expect(200)?;
    assert!(
        large
            .text()
            .contains("<html lang=\"zh-CN\" class=\"large\">")
    );
    let desk = world.get("producer", &first).await?.expect(200)?.text();
    assert!(!desk.is_empty());
    let again = world.visit(&first).await?.expect(200)?.text();
    assert!(!again.contains("/logout") && !again.contains("class=\"large\""));
    Ok(())
}

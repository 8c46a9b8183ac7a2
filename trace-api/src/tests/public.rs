//! Catalogue, kiosk and wall over HTTP.

use super::Outcome;
use super::lots::{enter_test, issue, register};
use super::world::{STEM, World};

#[tokio::test]
async fn a_visitor_finds_a_product_and_the_lots_of_it() -> Outcome {
    let world = World::new().await?;
    let all = world.visit("/catalogue").await?.expect(200)?.text();
    assert!(all.contains("莓茶合作社") && all.contains(&world.own.gtin));
    let some = world
        .visit("/catalogue?q=%E5%A4%A7%E7%B1%B3%E5%85%AC%E5%8F%B8")
        .await?;
    let some = some.expect(200)?.text();
    assert!(some.contains(&world.rival.gtin) && !some.contains(&world.own.gtin));
    let none = world
        .visit("/catalogue?q=%3Cscript%3E&from=-9223372036854775808")
        .await?;
    let none = none.expect(200)?.text();
    assert!(none.contains("没有找到") && !none.contains("value=\"<script>"));
    world.visit("/catalogue?from=nine").await?.expect(400)?;
    let bare = world
        .visit(&format!("/01/{}", world.own.gtin))
        .await?
        .expect(200)?
        .text();
    assert!(bare.contains("请选择包装上印的批次号") && bare.contains("还没有可以查询的批次"));
    Ok(())
}

#[tokio::test]
async fn the_kiosk_answers_an_item_a_lot_a_product_and_nonsense() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    enter_test(&world, &lot, 11, 12.5).await?;
    let run = issue(&world, &lot, 21, 1).await?;
    let link = run["labels"][0]["link"]
        .as_str()
        .ok_or("no link")?
        .to_owned();
    let path = link.strip_prefix(STEM).ok_or("another stem")?.to_owned();
    let ask = |code: &str| format!("/kiosk/answer?code={}", code.replace('/', "%2F"));
    let item = world.visit(&ask(&link)).await?.expect(200)?.text();
    assert!(
        item.contains("检测合格") && item.contains("首次查询"),
        "{item}"
    );
    let lower = world.visit(&ask(&path)).await?.expect(200)?.text();
    assert!(
        lower.contains("第 2 次") || lower.contains("2 次"),
        "scanned twice: {lower}"
    );
    let of_lot = path.split("/21/").next().unwrap_or_default();
    let whole = world.visit(&ask(of_lot)).await?.expect(200)?.text();
    assert!(whole.contains(&format!("data-key=\"{of_lot}\"")), "{whole}");
    let product = world
        .visit(&ask(&world.own.gtin))
        .await?
        .expect(200)?
        .text();
    assert!(product.contains("请选择批次"), "{product}");
    world.visit(&ask("莓茶")).await?.expect(400)?;
    world.visit(&ask("")).await?.expect(400)?;
    let unknown = world
        .visit(&ask("/01/09506000134352/10/NONE"))
        .await?
        .expect(404)?;
    assert!(!unknown.text().contains("检测合格"));
    world.visit(&ask(&"9".repeat(600))).await?.expect(400)?;
    Ok(())
}

#[tokio::test]
async fn the_worker_may_serve_the_kiosk_and_knows_what_to_keep() -> Outcome {
    let world = World::new().await?;
    let worker = world.visit("/kiosk/worker.js").await?.expect(200)?;
    assert_eq!(worker.header("service-worker-allowed"), "/kiosk");
    assert!(worker.header("content-type").starts_with("text/javascript"));
    let recent = world.visit("/kiosk/recent").await?.expect(200)?.json()?;
    for part in recent["shell"].as_array().ok_or("no shell")? {
        world
            .visit(part.as_str().ok_or("no path")?)
            .await?
            .expect(200)?;
    }
    let kept = |recent: &serde_json::Value| recent["answers"].as_array().map(Vec::len);
    assert_eq!(kept(&recent), Some(0));
    Ok(())
}

#[tokio::test]
async fn a_kiosk_gets_everything_it_keeps_in_one_answer() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    enter_test(&world, &lot, 11, 12.5).await?;
    let english = world.visit("/kiosk/recent?lang=en").await?.expect(200)?;
    let recent = english.json()?;
    let code = lot["code"].as_str().ok_or("no code")?;
    let path = format!("/01/{}/10/{code}", world.own.gtin);
    assert_eq!(recent["answers"][0][0], path.as_str());
    let html = recent["answers"][0][1].as_str().ok_or("no answer")?;
    assert!(html.contains("检测合格") && html.contains(&path), "{html}");
    Ok(())
}

#[tokio::test]
async fn a_mistyped_code_leads_to_the_one_that_was_meant() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    enter_test(&world, &lot, 11, 12.5).await?;
    let code = lot["code"].as_str().ok_or("no code")?;
    let right = format!("/01/{}/10/{code}", world.own.gtin);
    let mut digits = world.own.gtin.clone().into_bytes();
    digits[5] = b'0' + (digits[5] - b'0' + 1) % 10;
    let wrong = String::from_utf8(digits)?;
    let page = world
        .visit(&format!("/01/{wrong}/10/{code}"))
        .await?
        .expect(400)?;
    assert!(
        page.text().contains(&format!("href=\"{right}\"")),
        "{}",
        page.text()
    );
    let typed = world
        .visit(&format!("/find?code={wrong}"))
        .await?
        .expect(404)?;
    assert!(
        typed
            .text()
            .contains(&format!("href=\"/01/{}\"", world.own.gtin))
    );
    let kiosk = world
        .visit(&format!("/kiosk/answer?code={wrong}"))
        .await?
        .expect(400)?;
    assert!(
        kiosk
            .text()
            .contains(&format!("data-code=\"/01/{}\"", world.own.gtin))
    );
    let (stem, _) = right.split_at(right.len() - 1);
    let page = world.visit(&format!("{stem}7")).await?.expect(404)?;
    assert!(
        page.text().contains(&format!("href=\"{right}\"")),
        "{}",
        page.text()
    );
    Ok(())
}

#[tokio::test]
async fn web_assembly_runs_on_the_pages_with_a_camera_alone() -> Outcome {
    let world = World::new().await?;
    for (path, may) in [
        ("/", true),
        ("/kiosk", true),
        ("/catalogue", false),
        ("/wall", false),
        ("/login", false),
        ("/find?code=1", true),
    ] {
        let reply = world.visit(path).await?;
        let policy = reply.header("content-security-policy");
        assert_eq!(
            policy.contains("'wasm-unsafe-eval'"),
            may,
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(policy.contains("default-src 'self'"), "{path}");
    }
    let reader = crate::page::asset::href("zxing-reader.wasm");
    let reply = world.visit(&reader).await?.expect(200)?;
    assert_eq!(reply.header("content-type"), "application/wasm");
    Ok(())
}

#[tokio::test]
async fn the_wall_counts_the_county_once_for_all_screens() -> Outcome {
    let world = World::new().await?;
    let page = world.visit("/wall").await?.expect(200)?.text();
    assert!(page.contains("<dt>生产主体</dt><dd>2</dd>"), "{page}");
    register(&world, 1).await?;
    // The clock of this test stands still, so the numbers of the first look are still fresh.
    let panels = world.visit("/wall/panels").await?.expect(200)?.text();
    assert!(panels.contains("<dt>批次</dt><dd>0</dd>"), "{panels}");
    Ok(())
}

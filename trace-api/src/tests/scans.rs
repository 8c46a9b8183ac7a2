//! The scan record over HTTP: who counts, what is kept, and when the page says that a label may
//! have been copied.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::Outcome;
use super::lots::{issue, register};
use super::world::{STEM, World};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

async fn label(world: &World) -> Fallible<String> {
    let lot = register(world, 1).await?;
    let run = issue(world, &lot, 2, 1).await?;
    let link = run["labels"][0]["link"].as_str().ok_or("no link")?;
    Ok(link.strip_prefix(STEM).ok_or("another stem")?.to_owned())
}

async fn look(world: &World, path: &str, headers: &[(&str, &str)]) -> Fallible<String> {
    let mut request = Request::builder().uri(path).header("accept", "text/html");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let reply = world.send(request.body(Body::empty())?).await?;
    Ok(reply.expect(200)?.text())
}

async fn days(world: &World) -> Fallible<Value> {
    let reply = world.get("supervisor", "/api/v1/scans").await?;
    Ok(reply.expect(200)?.json()?["days"].clone())
}

#[tokio::test]
async fn a_browser_that_fetches_ahead_is_not_counted_and_a_place_is_if_it_is_one() -> Outcome {
    let world = World::new().await?;
    let path = label(&world).await?;
    for ahead in [("sec-purpose", "prefetch"), ("purpose", "prefetch")] {
        look(&world, &path, &[ahead]).await?;
    }
    assert_eq!(days(&world).await?, json!([]));
    let (township, nowhere) = ("%E4%B8%87%E5%9D%AA%E9%95%87", "Zhang%20San%2013800000000");
    look(&world, &path, &[("x-suyuan-place", township)]).await?;
    look(&world, &path, &[("x-suyuan-place", nowhere)]).await?;
    let kiosk = format!("/kiosk/answer?code={path}&place={township}");
    look(&world, &kiosk, &[]).await?;
    let day = |place: &str, count: u32| json!({ "day": "2026-11-23", "place": place, "count": count, "labels": 1 });
    assert_eq!(days(&world).await?, json!([day("", 1), day("万坪镇", 2)]));
    Ok(())
}

#[tokio::test]
async fn nothing_of_who_asks_is_kept_anywhere() -> Outcome {
    let world = World::new().await?;
    let path = label(&world).await?;
    let traces = [
        ("x-forwarded-for", "203.0.113.77"),
        ("x-real-ip", "203.0.113.78"),
        ("forwarded", "for=203.0.113.79"),
        ("user-agent", "PeculiarBrowser/9.9"),
        ("cookie", "visitor=peculiar-cookie"),
        ("referer", "https://peculiar-referer.example/"),
    ];
    look(&world, &path, &traces).await?;
    look(&world, &format!("/kiosk/answer?code={path}"), &traces).await?;
    assert_eq!(days(&world).await?[0]["count"], 2, "it was counted");
    let kept = store::testing::dump(world.state.store()).await?;
    assert!(kept.contains("万坪镇"), "the dump shows what is kept");
    for trace in [
        "203.0.113",
        "PeculiarBrowser",
        "peculiar-cookie",
        "peculiar-referer",
    ] {
        assert!(!kept.contains(trace), "{trace} is kept");
    }
    Ok(())
}

#[tokio::test]
async fn uncommon_queries_are_told_once_with_their_numbers_and_accuse_nobody() -> Outcome {
    let world = World::new().await?;
    let path = label(&world).await?;
    let mut page = String::new();
    for _ in 0..12 {
        page = look(&world, &path, &[]).await?;
    }
    assert!(
        !page.contains("可能被复制"),
        "twelve looks of a day are common"
    );
    for _ in 0..3 {
        page = look(&world, &path, &[]).await?;
    }
    assert!(
        page.contains("此码已被查询 15 次") && page.contains("其中一天 15 次"),
        "{page}"
    );
    assert!(page.contains("可能被复制") && page.contains("也可能只是"));
    let kiosk = look(&world, &format!("/kiosk/answer?code={path}"), &[]).await?;
    assert!(kiosk.contains("可能被复制"));
    let listed = world.get("supervisor", "/api/v1/scans/suspects").await?;
    let suspects = listed.expect(200)?.json()?["suspects"].clone();
    assert_eq!(suspects[0]["signs"], json!(["day"]));
    assert_eq!(
        (&suspects[0]["count"], &suspects[0]["days"]),
        (&json!(16), &json!(1))
    );
    let own = world.get("rival", "/api/v1/scans/suspects").await?;
    assert_eq!(own.expect(200)?.json()?["suspects"], json!([]));
    let messages = world.get("supervisor", "/api/v1/messages").await?;
    let messages = messages.expect(200)?.json()?["messages"].clone();
    let told = messages.as_array().ok_or("no messages")?.iter();
    assert_eq!(
        told.filter(|told| told["kind"] == "copy_suspected").count(),
        1
    );
    Ok(())
}

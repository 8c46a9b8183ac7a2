//! Health, metrics, contract, and what is left of a request that is too much.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use super::Outcome;
use super::world::World;
use crate::report::{finish, panicked};

#[tokio::test]
async fn a_server_is_ready_when_all_its_parts_are() -> Outcome {
    let world = World::new().await?;
    world.visit("/healthz").await?.expect(200)?;
    let ready = world.visit("/readyz").await?.expect(200)?.json()?;
    assert_eq!(ready["ready"], true);
    let names: Vec<_> = ready["checks"].as_array().into_iter().flatten().collect();
    let names: Vec<_> = names
        .iter()
        .filter_map(|check| check["name"].as_str())
        .collect();
    assert_eq!(names, ["database", "migrations", "ingest"]);
    let world = World::with_readiness(false).await?;
    let waiting = world.visit("/readyz").await?.expect(503)?.json()?;
    assert_eq!(waiting["ready"], false);
    world.visit("/healthz").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn without_a_database_it_lives_and_is_not_ready() -> Outcome {
    let world = World::new().await?;
    world.state.store().close().await;
    world.visit("/healthz").await?.expect(200)?;
    world.visit("/readyz").await?.expect(503)?;
    let request = Request::get("/01/09506000134352").header(header::ACCEPT, "application/ld+json");
    let reply = world
        .send(request.body(Body::empty())?)
        .await?
        .expect(503)?;
    let problem = reply.json()?;
    assert_eq!(problem["type"], "/docs/problems#unavailable");
    assert_eq!(problem["id"].as_str().map(str::len), Some(16));
    assert_eq!(problem.get("detail"), None, "the inside stays inside");
    let page = world.visit("/01/09506000134352").await?.expect(503)?;
    assert!(page.header("content-type").starts_with("text/html"));
    Ok(())
}

#[tokio::test]
async fn the_contract_and_its_page_tell_every_route() -> Outcome {
    let world = World::new().await?;
    let contract = world.visit("/openapi.json").await?.expect(200)?.json()?;
    let version = contract["openapi"].as_str().unwrap_or_default();
    assert!(version.starts_with("3.1"), "{version}");
    let page = world.visit("/docs").await?.expect(200)?.text();
    for path in contract["paths"].as_object().ok_or("no paths")?.keys() {
        assert!(page.contains(path.as_str()), "{path} is not on the page");
    }
    let problems = world.visit("/docs/problems").await?.expect(200)?.text();
    for kind in crate::problem::Kind::ALL {
        assert!(
            problems.contains(&format!("id=\"{}\"", kind.slug())),
            "{kind:?}"
        );
    }
    let metrics = world.visit("/metrics").await?.expect(200)?;
    assert!(metrics.header("content-type").starts_with("text/plain"));
    assert!(metrics.text().contains("suyuan_reports_stored_total 1"));
    Ok(())
}

#[tokio::test]
async fn what_is_too_much_or_unreadable_is_refused() -> Outcome {
    let world = World::new().await?;
    let send = |media: &'static str, body: String| {
        let request = Request::post("/api/v1/sessions").header(header::CONTENT_TYPE, media);
        request.body(Body::from(body))
    };
    let large = format!("{{\"account\":\"{}\"", "x".repeat(300_000));
    for (media, body, status, slug) in [
        ("application/json", large, 413, "too-large"),
        ("application/json", "{".to_owned(), 400, "malformed"),
        ("application/json", "{}".to_owned(), 422, "invalid"),
        ("text/plain", "{}".to_owned(), 415, "unsupported-media-type"),
    ] {
        let problem = world
            .send(send(media, body)?)
            .await?
            .expect(status)?
            .json()?;
        assert_eq!(problem["type"], format!("/docs/problems#{slug}"));
    }
    Ok(())
}

#[tokio::test]
async fn what_the_database_cannot_hold_is_a_mistake_of_the_request() -> Outcome {
    let world = World::new().await?;
    for path in [
        "/api/v1/lots?code=%00",
        "/api/v1/alarms?probe=a%00b",
        "/find?code=%00",
    ] {
        world.get("supervisor", path).await?.expect(400)?;
    }
    let nul = "\u{0}";
    let lot = serde_json::json!({ "request_id": super::lots::request_id(1), "gtin": nul,
        "plot_id": 1, "started_on": "2026-11-10", "quantity": 1 });
    world
        .post("producer", "/api/v1/lots", &lot)
        .await?
        .expect(422)?;
    let gateway = serde_json::json!({ "id": "gw", "name": nul });
    world
        .post("operator", "/api/v1/gateways", &gateway)
        .await?
        .expect(422)?;
    for path in [
        "/api/v1/gateways/%00/probes",
        "/01/%00",
        "/api/v1/labels/%00.png",
    ] {
        let status = world.get("operator", path).await?.status;
        assert!(status.is_client_error(), "{path}: {status}");
    }
    Ok(())
}

#[tokio::test]
async fn a_handler_that_panics_is_a_failure_with_an_id() -> Outcome {
    let world = World::new().await?;
    let router: Router = Router::new()
        .route(
            "/",
            get(|| async { Vec::<u8>::new().swap_remove(1).to_string() }),
        )
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(world.state.clone(), finish));
    let response = router
        .oneshot(Request::get("/").body(Body::empty())?)
        .await?;
    assert_eq!(response.status(), 500);
    let body = http_body_util::BodyExt::collect(response.into_body())
        .await?
        .to_bytes();
    let problem: serde_json::Value = serde_json::from_slice(&body)?;
    assert_eq!(problem["type"], "/docs/problems#internal");
    assert!(
        problem["id"].is_string() && problem.get("detail").is_none(),
        "{problem}"
    );
    Ok(())
}

#[tokio::test]
async fn a_cancelled_server_ends_though_a_page_listens() -> Outcome {
    let world = World::new().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let cancel = CancellationToken::new();
    let server = tokio::spawn(crate::serve(listener, world.state.clone(), cancel.clone()));
    let mut page = tokio::net::TcpStream::connect(address).await?;
    let token = world.token("supervisor").await?;
    let ask = format!(
        "GET /supervisor/alarms/stream HTTP/1.1\r\nhost: {address}\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    tokio::io::AsyncWriteExt::write_all(&mut page, ask.as_bytes()).await?;
    let mut beginning = [0; 15];
    tokio::io::AsyncReadExt::read_exact(&mut page, &mut beginning).await?;
    assert_eq!(&beginning, b"HTTP/1.1 200 OK");
    cancel.cancel();
    let limit = std::time::Duration::from_secs(8);
    tokio::time::timeout(limit, server).await???;
    Ok(())
}

//! Cameras and pictures: registered, placed, listed; and who gets which picture.

use axum::body::Body;
use axum::http::{Method, Request, header};
use bytes::Bytes;
use jpeg_encoder::{ColorType, Encoder};
use model::id::{GatewayId, ProbeName};
use model::lot::LotState;
use serde_json::json;
use store::camera;
use store::gateway::{self, Credentials};
use store::lot::{self, NewLot};
use store::picture::{NewPicture, PictureHash, TimeSource};
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Outcome;
use super::world::{NOW, World};
use crate::state::timestamp;

pub(super) const JUNE: OffsetDateTime = datetime!(2026-06-10 04:00 UTC);
const CAMERAS: &str = "/api/v1/gateways/g1/cameras";

/// A picture that differs by its shade, with a place in its metadata.
fn jpeg(shade: u8) -> Result<Bytes, Box<dyn std::error::Error>> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 80);
    encoder.add_app_segment(1, b"Exif\0\0a secret place".to_vec())?;
    encoder.encode(&vec![shade; 640 * 360 * 3], 640, 360, ColorType::Rgb)?;
    Ok(out.into())
}

/// A county with a gateway and a camera on the first producer's plot.
pub(super) async fn world() -> Result<World, Box<dyn std::error::Error>> {
    let world = World::new().await?;
    let mut connection = world.connection().await?;
    let gateway = GatewayId::parse("g1")?;
    let credentials = Credentials::of_key(b"key", [0; 16]);
    gateway::insert(&mut connection, &gateway, "G1", &credentials, NOW).await?;
    let new = json!({"name": "cam1", "interval_seconds": 86_400, "plot_id": world.own.plot,
                     "since": "2026-01-01T00:00:00Z"});
    world.post("operator", CAMERAS, &new).await?.expect(201)?;
    Ok(world)
}

pub(super) async fn keep(
    world: &World,
    shade: u8,
    at: OffsetDateTime,
) -> Result<PictureHash, Box<dyn std::error::Error>> {
    let mut connection = world.connection().await?;
    let (gateway, name) = (GatewayId::parse("g1")?, ProbeName::parse("cam1")?);
    let camera = camera::find_key(&mut connection, &gateway, &name).await?;
    let picture = NewPicture {
        camera: camera.ok_or("no camera")?,
        jpeg: jpeg(shade)?,
        width: 640,
        height: 360,
        taken: timestamp(at),
        source: TimeSource::Exif,
        claimed: None,
        arrived: timestamp(at),
    };
    world.state.album().keep(&picture).await?;
    Ok(PictureHash::of(&picture.jpeg))
}

/// A lot of June on the first producer's plot.
pub(super) async fn insert_lot(world: &World, state: LotState) -> Outcome {
    let mut connection = world.connection().await?;
    let product = store::product::find_by_gtin(&mut connection, &world.own.gtin).await?;
    let new = NewLot {
        product_id: product.ok_or("no product")?.id,
        plot_id: world.own.plot,
        code: "JUNE",
        state,
        started_on: date!(2026 - 06 - 01),
        harvested_on: Some(date!(2026 - 06 - 30)),
        quantity: 10.0,
        recall_reason: (state == LotState::Recalled).then_some("a test"),
        request_id: Uuid::from_u128(7),
        account_id: None,
    };
    lot::insert(&mut connection, &new, NOW).await?;
    Ok(())
}

#[tokio::test]
async fn a_camera_is_registered_once_and_placed_by_date() -> Outcome {
    let world = world().await?;
    let again = json!({"name": "cam1", "interval_seconds": 60});
    world.post("operator", CAMERAS, &again).await?.expect(409)?;
    for (bad, field) in [
        (json!({"name": "a/b", "interval_seconds": 60}), "name"),
        (
            json!({"name": "c", "interval_seconds": 0}),
            "interval_seconds",
        ),
        (
            json!({"name": "c", "interval_seconds": 2_678_401}),
            "interval_seconds",
        ),
        (
            json!({"name": "c", "interval_seconds": 60, "plot_id": 999}),
            "plot_id",
        ),
    ] {
        let reply = world.post("operator", CAMERAS, &bad).await?.expect(422)?;
        assert_eq!(reply.json()?["field"], field, "{bad}");
    }
    let unknown = "/api/v1/gateways/nobody/cameras";
    let new = json!({"name": "c", "interval_seconds": 2_678_400});
    world.post("operator", unknown, &new).await?.expect(404)?;
    let move_to = json!({"plot_id": world.rival.plot, "since": "2026-06-15T00:00:00Z"});
    let path = format!("{CAMERAS}/cam1/placements");
    world.post("operator", &path, &move_to).await?.expect(201)?;
    let path = format!("{CAMERAS}/cam9/placements");
    world.post("operator", &path, &move_to).await?.expect(404)?;
    let seen = world.get("supervisor", CAMERAS).await?.json()?;
    assert_eq!(seen["cameras"][0]["plot_id"], world.rival.plot);
    // The camera moved: its first owner does not see it any more, the other one does.
    let own = world.get("producer", CAMERAS).await?.json()?;
    assert_eq!(own["cameras"], json!([]));
    let rival = world.get("rival", CAMERAS).await?.json()?;
    assert_eq!(rival["cameras"][0]["name"], "cam1");
    Ok(())
}

#[tokio::test]
async fn pictures_are_listed_to_whom_they_belong() -> Outcome {
    let world = world().await?;
    let hash = keep(&world, 1, JUNE).await?;
    keep(&world, 2, JUNE + Duration::HOUR).await?;
    let path = format!("{CAMERAS}/cam1/pictures");
    for (login, count) in [
        ("operator", 2),
        ("supervisor", 2),
        ("producer", 2),
        ("rival", 0),
    ] {
        let listed = world.get(login, &path).await?.expect(200)?.json()?;
        assert_eq!(
            listed["pictures"].as_array().map(Vec::len),
            Some(count),
            "{login}"
        );
    }
    world.get("lab", &path).await?.expect(403)?;
    let span = "from=2026-06-10T12:00:00%2B08:00&to=2026-06-10T13:00:00%2B08:00&limit=5";
    let listed = world
        .get("operator", &format!("{path}?{span}"))
        .await?
        .json()?;
    let picture = &listed["pictures"][0];
    assert_eq!(listed["pictures"].as_array().map(Vec::len), Some(1));
    assert_eq!(picture["sha256"], hash.to_string());
    assert_eq!(picture["taken_at"], "2026-06-10T04:00:00Z");
    assert_eq!(picture["time_source"], "exif");
    assert_eq!(picture["small"], format!("/pictures/{hash}-480.jpg"));
    world
        .get("operator", &format!("{path}?from=today"))
        .await?
        .expect(400)?;
    let unknown = format!("{CAMERAS}/cam9/pictures");
    world.get("operator", &unknown).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_picture_is_nobodys_until_its_lot_is_on_sale() -> Outcome {
    for (state, public) in [
        (None, false),
        (Some(LotState::Growing), false),
        (Some(LotState::Held), false),
        (Some(LotState::Recalled), false),
        (Some(LotState::Released), true),
        (Some(LotState::Shipped), true),
        (Some(LotState::SoldOut), true),
    ] {
        let world = world().await?;
        let hash = keep(&world, 1, JUNE).await?;
        let other = keep(&world, 2, datetime!(2026-07-10 04:00 UTC)).await?;
        if let Some(state) = state {
            insert_lot(&world, state).await?;
        }
        for file in [format!("{hash}.jpg"), format!("{hash}-480.jpg")] {
            let reply = world.visit(&format!("/pictures/{file}")).await?;
            let reply = reply.expect(if public { 200 } else { 404 })?;
            let cache = if public {
                "public, max-age=31536000, immutable"
            } else {
                "no-store"
            };
            assert_eq!(reply.header("cache-control"), cache, "{state:?} {file}");
        }
        // After the harvest it is nobody's business.
        world
            .visit(&format!("/pictures/{other}.jpg"))
            .await?
            .expect(404)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_desk_sees_what_it_may_and_a_foreign_picture_is_not_there() -> Outcome {
    let world = world().await?;
    let hash = keep(&world, 1, JUNE).await?;
    let never = PictureHash::of(b"never taken");
    for (login, status) in [
        ("operator", 200),
        ("supervisor", 200),
        ("producer", 200),
        ("rival", 404),
        ("lab", 404),
    ] {
        let reply = world
            .get(login, &format!("/pictures/{hash}.jpg"))
            .await?
            .expect(status)?;
        if status == 200 {
            assert_eq!(reply.header("cache-control"), "private, max-age=300");
        }
        world
            .get(login, &format!("/pictures/{never}.jpg"))
            .await?
            .expect(404)?;
    }
    for bad in [
        "x.jpg",
        "x.png",
        "..%2f..%2fetc%2fpasswd",
        &format!("{hash}-9.jpg"),
    ] {
        world
            .get("operator", &format!("/pictures/{bad}"))
            .await?
            .expect(404)?;
    }
    Ok(())
}

#[tokio::test]
async fn what_goes_out_has_no_metadata_and_the_original_stays_with_the_authorities() -> Outcome {
    let world = world().await?;
    let hash = keep(&world, 1, JUNE).await?;
    insert_lot(&world, LotState::Released).await?;
    for file in [format!("{hash}.jpg"), format!("{hash}-480.jpg")] {
        for _ in 0..2 {
            let reply = world
                .visit(&format!("/pictures/{file}"))
                .await?
                .expect(200)?;
            assert_eq!(reply.header("content-type"), "image/jpeg");
            assert!(reply.body.starts_with(b"\xff\xd8\xff"));
            assert!(!reply.text().contains("secret"), "{file}");
        }
    }
    let path = format!("/api/v1/pictures/{hash}");
    for login in ["operator", "supervisor"] {
        let reply = world.get(login, &path).await?.expect(200)?;
        assert_eq!(PictureHash::of(&reply.body), hash);
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    for login in ["producer", "lab"] {
        world.get(login, &path).await?.expect(403)?;
    }
    world
        .get("operator", "/api/v1/pictures/0")
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_browser_that_has_a_picture_is_not_sent_it_again() -> Outcome {
    let world = world().await?;
    let hash = keep(&world, 1, JUNE).await?;
    insert_lot(&world, LotState::Released).await?;
    let path = format!("/pictures/{hash}-480.jpg");
    let tag = world.visit(&path).await?.header("etag").to_owned();
    let ask = |known: &str| {
        let request = Request::get(&path).header(header::IF_NONE_MATCH, known);
        request.body(Body::empty())
    };
    let again = world.send(ask(&tag)?).await?.expect(304)?;
    assert!(again.body.is_empty() && again.header("etag") == tag);
    let weak = format!("\"other\", W/{tag}");
    world.send(ask(&weak)?).await?.expect(304)?;
    world.send(ask("\"other\"")?).await?.expect(200)?;
    let head = Request::builder().method(Method::HEAD).uri(&path);
    let head = world.send(head.body(Body::empty())?).await?.expect(200)?;
    assert!(head.body.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_page_of_a_released_lot_shows_its_pictures_and_the_days_without() -> Outcome {
    let world = world().await?;
    let mut kept = Vec::new();
    for day in (1_u8..=30).filter(|day| !(10..=14).contains(day)) {
        let at = datetime!(2026-05-31 04:00 UTC) + Duration::days(day.into());
        kept.push(keep(&world, day, at).await?);
    }
    let foreign = keep(&world, 200, datetime!(2026-07-10 04:00 UTC)).await?;
    insert_lot(&world, LotState::Released).await?;
    let path = format!("/01/{}/10/JUNE", world.own.gtin);
    let page = world.visit(&path).await?.expect(200)?.text();
    assert!(
        page.contains("实地照片") && page.contains("共 25 张，分布在 25 天"),
        "{page}"
    );
    assert!(
        page.contains("没有照片的日子：2026-06-10 – 2026-06-14。"),
        "{page}"
    );
    assert_eq!(page.matches("loading=\"lazy\"").count(), 12);
    assert!(page.contains(&format!("/pictures/{}-480.jpg", kept[0])));
    assert!(page.contains("alt=\"摄像头 g1 / cam1 于 2026-06-01 12:00 拍摄的照片\""));
    assert!(!page.contains(&foreign.to_string()));
    let english = world.visit(&format!("{path}?lang=en")).await?.text();
    assert!(english.contains("25 pictures on 25 days; 12 of them"));
    Ok(())
}

#[tokio::test]
async fn a_lot_that_is_not_on_sale_shows_no_picture() -> Outcome {
    let world = world().await?;
    let hash = keep(&world, 1, JUNE).await?;
    insert_lot(&world, LotState::Harvested).await?;
    let path = format!("/01/{}/10/JUNE", world.own.gtin);
    let page = world.visit(&path).await?.expect(200)?.text();
    assert!(page.contains("批次放行后公开。"));
    assert!(!page.contains(&hash.to_string()));
    Ok(())
}

#[tokio::test]
async fn the_desks_show_the_newest_picture_of_every_camera() -> Outcome {
    let world = world().await?;
    let old = keep(&world, 1, JUNE).await?;
    let newest = keep(&world, 2, NOW - Duration::HOUR).await?;
    let other = json!({"name": "cam2", "interval_seconds": 60});
    world.post("operator", CAMERAS, &other).await?.expect(201)?;
    for (login, path) in [
        ("operator", "/operator"),
        ("supervisor", "/supervisor/farms"),
    ] {
        let page = world.get(login, path).await?.expect(200)?.text();
        assert!(
            page.contains(&format!("/pictures/{newest}-480.jpg")),
            "{path}"
        );
        assert!(!page.contains(&old.to_string()), "{path}");
        assert!(
            page.contains("g1 / cam2") && page.contains("还没有照片"),
            "{path}"
        );
    }
    Ok(())
}

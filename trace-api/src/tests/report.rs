//! What is attached to the record: reports of other laboratories, pictures of work on a plot,
//! certificates on paper; and tokens that programs sign in with.

use axum::body::Body;
use axum::http::{Method, Request, header};
use jpeg_encoder::{ColorType, Encoder};
use model::id::{GatewayId, ProbeName};
use serde_json::{Value, json};
use store::picture::{NewPicture, PictureHash, TimeSource};
use time::macros::datetime;

use super::Outcome;
use super::life::{events, released, step, why};
use super::lots::request_id;
use super::world::{Reply, World};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A PDF that differs by its number.
pub(super) fn pdf(number: u32) -> Vec<u8> {
    format!("%PDF-1.7\n% {number}\ntrailer\n<<>>\n%%EOF\n").into_bytes()
}

async fn upload(
    world: &World,
    login: &str,
    path: &str,
    media: &str,
    body: Vec<u8>,
) -> Fallible<Reply> {
    let request = world.request(Some(login), Method::POST, path).await?;
    let request = request.header(header::CONTENT_TYPE, media);
    world.send(request.body(Body::from(body))?).await
}

fn address(lot: &Value, request: u32, more: &str) -> String {
    format!(
        "/api/v1/lots/{}/reports?request_id={}&laboratory=%E6%BC%94%E7%A4%BA%E6%A3%80%E6%B5%8B&number=YS-1&issued_on=2026-11-20{more}",
        lot["id"],
        request_id(request)
    )
}

#[tokio::test]
async fn a_report_is_a_public_fact_and_its_file_is_for_whom_it_is() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let path = address(&lot, 11, "");
    let filed = upload(&world, "producer", &path, "application/pdf", pdf(1)).await?;
    let filed = filed.expect(201)?.json()?;
    assert_eq!(
        (&filed["public"], &filed["by_role"]),
        (&json!(false), &json!("producer"))
    );
    let again = upload(&world, "producer", &path, "application/pdf", pdf(1)).await?;
    assert_eq!(
        again.expect(201)?.json()?,
        filed,
        "the same request files nothing more"
    );
    let other = upload(&world, "producer", &path, "application/pdf", pdf(2)).await?;
    other.expect(409)?;
    let twice = upload(
        &world,
        "lab",
        &address(&lot, 12, ""),
        "application/pdf",
        pdf(1),
    )
    .await?;
    assert_eq!(twice.expect(409)?.json()?["field"], "body");
    let file = format!("/api/v1/reports/{}/file", filed["id"]);
    let read = world.get("lab", &file).await?.expect(200)?;
    assert_eq!(read.body, pdf(1));
    assert!(read.header("content-disposition").starts_with("attachment"));
    assert!(read.header("content-security-policy").contains("sandbox"));
    world.get("rival", &file).await?.expect(404)?;
    let hash = filed["sha256"].as_str().ok_or("no hash")?;
    let public = format!("/reports/{hash}.pdf");
    world.visit(&public).await?.expect(404)?;
    let page = format!(
        "/01/{}/10/{}",
        world.own.gtin,
        lot["code"].as_str().ok_or("")?
    );
    let shown = world.visit(&page).await?.expect(200)?.text();
    assert!(
        shown.contains("演示检测") && shown.contains(hash),
        "{shown}"
    );
    assert!(!shown.contains(&public), "the file is not public");
    let visible = json!({ "public": true });
    let change = format!("/api/v1/reports/{}", filed["id"]);
    world.put("rival", &change, &visible).await?.expect(404)?;
    world
        .put("operator", &change, &visible)
        .await?
        .expect(403)?;
    world
        .put("producer", &change, &visible)
        .await?
        .expect(200)?;
    assert_eq!(world.visit(&public).await?.expect(200)?.body, pdf(1));
    assert!(world.visit(&page).await?.text().contains(&public));
    step(&world, "supervisor", (&lot, "hold"), &why(20))
        .await?
        .expect(200)?;
    world.visit(&public).await?.expect(404)?;
    let log = world
        .get("operator", "/api/v1/audit?table=test_report")
        .await?;
    let log = log.expect(200)?.json()?;
    assert_eq!(log["changes"][0]["after"], json!({ "is_public": true }));
    Ok(())
}

#[tokio::test]
async fn what_is_no_report_is_refused_by_its_content() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let send = |request: u32, more: &'static str, body: Vec<u8>| {
        let (world, path) = (&world, address(&lot, request, more));
        async move { upload(world, "lab", &path, "application/pdf", body).await }
    };
    send(11, "", b"<html></html>".to_vec()).await?.expect(415)?;
    send(12, "", b"%PDF-1.7\n/JavaScript (x)\n%%EOF".to_vec())
        .await?
        .expect(422)?;
    let large = vec![b'x'; crate::rule::attachment::PDF_BYTES_MAX + 1];
    send(13, "", large).await?.expect(413)?;
    let strange = send(14, "&result=999", pdf(1)).await?.expect(422)?.json()?;
    assert_eq!(strange["field"], "result");
    let path = address(&lot, 15, "").replace("2026-11-20", "2026-11-24");
    let early = upload(&world, "lab", &path, "application/pdf", pdf(1)).await?;
    assert_eq!(early.expect(422)?.json()?["field"], "issued_on");
    let path = format!("/api/v1/lots/{}/reports", lot["id"]);
    let listed = world.get("producer", &path).await?.expect(200)?.json()?;
    assert_eq!(listed["reports"], json!([]));
    world.get("rival", &path).await?.expect(404)?;
    Ok(())
}

fn jpeg(shade: u8) -> Fallible<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 80);
    encoder.add_app_segment(1, b"Exif\0\0a secret place".to_vec())?;
    encoder.encode(&[shade; 32 * 24 * 3], 32, 24, ColorType::Rgb)?;
    Ok(out)
}

#[tokio::test]
async fn work_on_a_plot_has_pictures_that_its_own_people_see() -> Outcome {
    let world = World::new().await?;
    let record = json!({ "id": request_id(1), "plot_id": world.own.plot, "kind": "irrigation",
        "done_on": "2026-10-01" });
    let made = world.post("producer", "/api/v1/records", &record).await?;
    assert_eq!(made.expect(201)?.json()?["pictures"], json!([]));
    let path = format!("/api/v1/records/{}/pictures", request_id(1));
    let kept = upload(&world, "producer", &path, "image/jpeg", jpeg(1)?).await?;
    let kept = kept.expect(201)?.json()?;
    let again = upload(&world, "producer", &path, "image/jpeg", jpeg(1)?).await?;
    assert_eq!(again.expect(201)?.json()?, kept);
    upload(&world, "producer", &path, "image/jpeg", pdf(1))
        .await?
        .expect(415)?;
    let mut half = jpeg(2)?;
    half.truncate(half.len() / 2);
    upload(&world, "producer", &path, "image/jpeg", half)
        .await?
        .expect(415)?;
    upload(&world, "rival", &path, "image/jpeg", jpeg(2)?)
        .await?
        .expect(404)?;
    let listed = world
        .get("producer", "/api/v1/records")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(listed["records"][0]["pictures"], json!([kept]));
    let one = format!("{path}/{}", kept["sha256"].as_str().ok_or("no hash")?);
    let seen = world.get("supervisor", &one).await?.expect(200)?;
    assert!(
        !seen.body.windows(6).any(|part| part == b"secret"),
        "metadata stays inside"
    );
    world.get("rival", &one).await?.expect(404)?;
    world.visit(&one).await?.expect(401)?;
    for shade in 2..=12 {
        upload(&world, "producer", &path, "image/jpeg", jpeg(shade)?)
            .await?
            .expect(201)?;
    }
    let more = upload(&world, "producer", &path, "image/jpeg", jpeg(13)?).await?;
    assert_eq!(
        more.expect(409)?.json()?["type"],
        "/docs/problems#rule-broken"
    );
    Ok(())
}

#[tokio::test]
async fn a_certificate_is_drawn_on_every_form_and_a_voided_one_on_none() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let body = json!({ "request_id": request_id(11), "basis": "quality_control" });
    let made = step(&world, "producer", (&lot, "certificates"), &body).await?;
    let made = made.expect(201)?.json()?;
    assert_eq!(made["body"]["sources"], json!([]));
    let file = |query: &str| format!("/api/v1/certificates/{}/file{query}", made["id"]);
    for (query, media, head) in [
        ("", "application/pdf", &b"%PDF-"[..]),
        ("?format=pdf&size=a4", "application/pdf", b"%PDF-"),
        ("?format=png&size=a6", "image/png", b"\x89PNG"),
        ("?format=png&size=label", "image/png", b"\x89PNG"),
    ] {
        let drawn = world.get("producer", &file(query)).await?.expect(200)?;
        assert_eq!(drawn.header("content-type"), media, "{query}");
        assert!(drawn.body.starts_with(head), "{query}");
        assert!(drawn.header("content-disposition").contains("HGZ20261123"));
    }
    for (query, field) in [("?format=zpl", "format"), ("?size=a3", "size")] {
        let refused = world
            .get("producer", &file(query))
            .await?
            .expect(422)?
            .json()?;
        assert_eq!(refused["field"], field);
    }
    world.get("rival", &file("")).await?.expect(404)?;
    let void = format!("/api/v1/certificates/{}/void", made["id"]);
    world.post("producer", &void, &why(20)).await?.expect(200)?;
    world.get("producer", &file("")).await?.expect(409)?;
    Ok(())
}

#[tokio::test]
async fn a_lot_that_was_mixed_is_certified_anew_and_names_what_stood_before() -> Outcome {
    let world = World::new().await?;
    let (one, two) = (released(&world, 1).await?, released(&world, 11).await?);
    let mix = json!({ "request_id": request_id(21), "plot_id": world.own.plot, "kind": "packing",
        "inputs": [{ "lot_id": one["id"], "quantity": 50 }, { "lot_id": two["id"], "quantity": 50 }],
        "outputs": [{ "gtin": world.own.gtin, "quantity": 60 }, { "gtin": world.own.gtin, "quantity": 40 }] });
    let made = world.post("producer", "/api/v1/processings", &mix).await?;
    let made = made.expect(201)?.json()?;
    let issue = async |lot: &Value, request: u32| {
        let body = json!({ "request_id": request_id(request), "basis": "quality_control" });
        step(&world, "producer", (lot, "certificates"), &body).await
    };
    let parts: Vec<_> = [0, 1]
        .map(|at| json!({ "id": made["outputs"][at]["lot_id"] }))
        .into();
    let first = issue(&one, 31).await?.expect(201)?.json()?;
    let refused = issue(&parts[0], 32).await?.expect(409)?.json()?;
    let told = refused["detail"].as_str().unwrap_or_default();
    assert!(told.contains("has none"), "one of the two has none: {told}");
    let second = issue(&two, 33).await?.expect(201)?.json()?;
    for (part, quantity) in parts.iter().zip([60.0, 40.0]) {
        let request = if quantity > 50.0 { 34 } else { 35 };
        let anew = issue(part, request).await?.expect(201)?.json()?;
        assert_eq!(anew["quantity"], quantity);
        assert_eq!(
            anew["body"]["sources"],
            json!([first["number"], second["number"]])
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_programs_token_works_until_it_is_ended_and_makes_no_others() -> Outcome {
    let world = World::new().await?;
    let new = json!({ "name": "冷库数据上报", "days": 90 });
    let made = world
        .post("operator", "/api/v1/tokens", &new)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(made["expires_at"], "2027-02-21T04:00:00Z");
    let bearer = format!("Bearer {}", made["token"].as_str().ok_or("no token")?);
    let ask = async |method: Method, path: &str, body: &Value| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, &bearer)
            .header(header::CONTENT_TYPE, "application/json");
        world
            .send(request.body(Body::from(body.to_string()))?)
            .await
    };
    ask(Method::GET, "/api/v1/gateways", &Value::Null)
        .await?
        .expect(200)?;
    ask(Method::POST, "/api/v1/tokens", &new)
        .await?
        .expect(409)?;
    let listed = ask(Method::GET, "/api/v1/sessions", &Value::Null)
        .await?
        .expect(200)?
        .json()?;
    let all = listed["sessions"].as_array().cloned().unwrap_or_default();
    let own: Vec<_> = all.iter().filter(|one| one["current"] == true).collect();
    assert_eq!(own.len(), 1);
    assert_eq!(
        (&own[0]["name"], &own[0]["id"]),
        (&json!("冷库数据上报"), &made["id"])
    );
    assert!(
        !listed.to_string().contains(&bearer[7..]),
        "the token is shown once"
    );
    let path = format!("/api/v1/sessions/{}", made["id"]);
    world.delete("lab", &path).await?.expect(404)?;
    world.delete("operator", &path).await?.expect(204)?;
    ask(Method::GET, "/api/v1/gateways", &Value::Null)
        .await?
        .expect(401)?;
    let log = world
        .get("operator", "/api/v1/audit?table=session")
        .await?
        .expect(200)?;
    let log = log.json()?;
    assert_eq!(
        log["changes"].as_array().map(Vec::len),
        Some(2),
        "given out and taken away"
    );
    assert!(!log.to_string().contains("token_hash"));
    Ok(())
}

#[tokio::test]
async fn a_token_has_a_name_and_an_end() -> Outcome {
    let world = World::new().await?;
    let new = json!({ "name": "冷库数据上报", "days": 90 });
    for (member, value) in [
        ("days", json!(0)),
        ("days", json!(367)),
        ("name", json!(" ")),
    ] {
        let mut wrong = new.clone();
        wrong[member] = value;
        let refused = world
            .post("operator", "/api/v1/tokens", &wrong)
            .await?
            .expect(422)?;
        assert_eq!(refused.json()?["field"], member);
    }
    Ok(())
}

/// A gateway with a camera that looks at the own plot.
async fn camera(world: &World) -> Outcome {
    let gateway = json!({ "id": "g1", "name": "G1" });
    world
        .post("operator", "/api/v1/gateways", &gateway)
        .await?
        .expect(201)?;
    let camera = json!({ "name": "cam1", "interval_seconds": 3_600, "plot_id": world.own.plot,
        "since": "2026-11-01T00:00:00Z" });
    let path = "/api/v1/gateways/g1/cameras";
    world.post("operator", path, &camera).await?.expect(201)?;
    Ok(())
}

#[tokio::test]
async fn devices_and_cameras_are_in_the_audit_log_with_who_set_them_up() -> Outcome {
    let world = World::new().await?;
    camera(&world).await?;
    let probe = json!({ "name": "p1", "interval_seconds": 600, "plot_id": world.own.plot,
        "channels": [{ "name": "temperature", "quantity": "air-temperature", "unit": "Cel",
            "valid_min": -40, "valid_max": 80 }] });
    let path = "/api/v1/gateways/g1/probes";
    world.post("operator", path, &probe).await?.expect(201)?;
    for table in [
        "gateway",
        "camera",
        "camera_placement",
        "probe",
        "probe_profile",
        "probe_placement",
    ] {
        let log = format!("/api/v1/audit?table={table}");
        let log = world.get("supervisor", &log).await?.expect(200)?.json()?;
        assert_eq!(log["changes"][0]["account"], "operator", "{table}: {log}");
    }
    Ok(())
}

#[tokio::test]
async fn a_seal_keeps_the_hashes_of_the_growing_periods_pictures() -> Outcome {
    let world = World::new().await?;
    camera(&world).await?;
    let mut connection = world.connection().await?;
    let (gateway, name) = (GatewayId::parse("g1")?, ProbeName::parse("cam1")?);
    let key = store::camera::find_key(&mut connection, &gateway, &name).await?;
    let mut hashes = Vec::new();
    for (shade, at) in [
        (1, datetime!(2026-11-12 04:00 UTC)),
        (2, datetime!(2026-11-13 04:00 UTC)),
        (3, datetime!(2026-11-09 04:00 UTC)),
    ] {
        let taken = crate::state::timestamp(at);
        let picture = NewPicture {
            camera: key.ok_or("no camera")?,
            jpeg: jpeg(shade)?.into(),
            width: 32,
            height: 24,
            taken,
            source: TimeSource::Exif,
            claimed: None,
            arrived: taken,
        };
        world.state.album().keep(&picture).await?;
        hashes.push(PictureHash::of(&picture.jpeg));
    }
    let lot = released(&world, 1).await?;
    let path = format!("/api/v1/lots/{}/seals", lot["id"]);
    let seals = world.get("producer", &path).await?.expect(200)?.json()?;
    let pictures = &seals["seals"][0]["body"]["pictures"];
    let [first, second, before] = [0, 1, 2].map(|at: usize| hashes[at]);
    assert_eq!(pictures[0]["camera"], "g1/cam1");
    assert_eq!(
        pictures[0]["count"], 2,
        "the one before the sowing is not of the lot"
    );
    assert_eq!(
        pictures[0]["sha256"],
        json!([first.to_string(), second.to_string()])
    );
    let both: Vec<u8> = [first.0, second.0].concat();
    let digest = PictureHash::of(&both).to_string();
    assert_eq!(pictures[0]["digest"], digest);
    let told = events(&world, &lot).await?;
    let seal = told.iter().find(|row| row.biz_step == "sensor_reporting");
    let said = &seal.ok_or("no event")?.body["suyuan:pictures"][0];
    assert_eq!(said["suyuan:digest"], format!("sha-256:{digest}"));
    assert_eq!(said["suyuan:count"], 2);
    assert!(!seals.to_string().contains(&before.to_string()));
    Ok(())
}

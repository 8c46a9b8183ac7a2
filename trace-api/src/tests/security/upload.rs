//! Files that are not what they say: pages and drawings with scripts in them, sent as pictures and
//! documents, under every name. What is kept is what it is, and no browser takes it for a page.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};

use crate::rule::attachment::{JPEG_BYTES_MAX, PDF_BYTES_MAX};
use crate::rule::upload::BYTES_MAX;
use crate::rule::upload::tests::{small_jpeg, small_pdf, small_png};
use crate::tests::Outcome;
use crate::tests::lots::{register, request_id};
use crate::tests::world::{Reply, World};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const HTML: &[u8] = b"<!doctype html><script>alert(1)</script>";
const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
/// What a sender may call a file.
const CALLED: [&str; 6] = [
    "image/jpeg",
    "image/png",
    "application/pdf",
    "image/svg+xml",
    "text/html",
    "application/octet-stream",
];

/// Files that lie about themselves, each with its name.
fn disguised() -> Vec<(&'static str, Vec<u8>)> {
    let after = |head: &[u8], rest: &[u8]| [head, rest].concat();
    vec![
        ("a page", HTML.to_vec()),
        ("a drawing", SVG.to_vec()),
        ("nothing", Vec::new()),
        (
            "a page behind a picture's first bytes",
            after(&small_png()[..8], HTML),
        ),
        (
            "a page behind a photograph's first bytes",
            after(&[0xff, 0xd8, 0xff, 0xe0], HTML),
        ),
        (
            "a page behind a document's first bytes",
            after(b"%PDF-1.7\n", HTML),
        ),
        (
            "a drawing behind a document's first bytes",
            after(b"%PDF-", SVG),
        ),
        ("a document that begins late", after(HTML, &small_pdf())),
        ("a picture that begins late", after(b"\n", &small_png())),
        (
            "half a picture",
            small_png()[..small_png().len() / 2].to_vec(),
        ),
        (
            "half a photograph",
            small_jpeg()[..small_jpeg().len() / 2].to_vec(),
        ),
        (
            "a GIF that is a script",
            b"GIF89a/*\0\0*/=1;alert(1)//".to_vec(),
        ),
        (
            "a document that acts",
            b"%PDF-1.7\n<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>\n%%EOF\n"
                .to_vec(),
        ),
        ("a program", b"\x7fELF\x02\x01\x01".to_vec()),
        ("an archive", b"PK\x03\x04".to_vec()),
    ]
}

/// Where people upload files.
async fn doors(world: &World) -> Fallible<Vec<String>> {
    let lot = register(world, 1).await?;
    let record = json!({ "id": request_id(2), "plot_id": world.own.plot, "kind": "irrigation",
        "done_on": "2026-10-01" });
    world
        .post("producer", "/api/v1/records", &record)
        .await?
        .expect(201)?;
    Ok(vec![
        format!("/api/v1/producers/{}/files", world.own.producer),
        format!("/api/v1/records/{}/pictures", request_id(2)),
        format!(
            "/api/v1/lots/{}/reports?request_id={}&laboratory=x&number=1&issued_on=2026-11-20",
            lot["id"],
            request_id(3)
        ),
    ])
}

async fn send(world: &World, path: &str, called: &str, file: Vec<u8>) -> Fallible<Reply> {
    let request = world.request(Some("producer"), Method::POST, path).await?;
    let request = request.header(header::CONTENT_TYPE, called);
    world.send(request.body(Body::from(file))?).await
}

#[tokio::test]
async fn a_file_that_is_not_what_it_says_is_refused_whatever_it_is_called() -> Outcome {
    let world = World::new().await?;
    for door in doors(&world).await? {
        for (name, file) in disguised() {
            for called in CALLED {
                let reply = send(&world, &door, called, file.clone()).await?;
                let status = reply.status.as_u16();
                let told = reply.text();
                assert!(
                    matches!(status, 415 | 422),
                    "{name} as {called} at {door}: {status} {told}"
                );
            }
        }
    }
    let files = format!("/api/v1/producers/{}/files", world.own.producer);
    let kept = world.get("producer", &files).await?.expect(200)?.json()?;
    assert_eq!(kept["files"], json!([]), "nothing of it was kept");
    Ok(())
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_looked_at() -> Outcome {
    let world = World::new().await?;
    let doors = doors(&world).await?;
    let most = [BYTES_MAX, JPEG_BYTES_MAX, PDF_BYTES_MAX];
    for (door, most) in doors.iter().zip(most) {
        for begin in [small_png(), small_jpeg(), small_pdf()] {
            let mut file = begin;
            file.resize(most + 1, b' ');
            send(&world, door, "image/jpeg", file).await?.expect(413)?;
        }
    }
    Ok(())
}

/// A file that is a whole picture or document and a page behind it is kept as what it is; whoever
/// opens it gets it as that, on an origin of its own.
#[tokio::test]
async fn a_page_hidden_behind_a_whole_file_never_becomes_a_page() -> Outcome {
    let world = World::new().await?;
    let doors = doors(&world).await?;
    let mut kept = 0;
    for (file, media) in [
        (small_png(), "image/png"),
        (small_jpeg(), "image/jpeg"),
        (small_pdf(), "application/pdf"),
    ] {
        let hidden = [&file[..], b"\n", HTML].concat();
        for door in &doors {
            let reply = send(&world, door, media, hidden.clone()).await?;
            if reply.status != 201 {
                assert!(
                    matches!(reply.status.as_u16(), 415 | 422),
                    "{}",
                    reply.text()
                );
                continue;
            }
            kept += 1;
            served_as_it_is(&world, door, &reply.json()?, media).await?;
        }
    }
    // The one that tells a good file from a bad one is the same for a whole file alone.
    for (door, file) in doors.iter().zip([small_png(), small_jpeg(), small_pdf()]) {
        let door = door.replace(&request_id(3), &request_id(4));
        send(&world, &door, "image/jpeg", file).await?.expect(201)?;
        kept += 1;
    }
    assert!(kept >= 3);
    Ok(())
}

async fn served_as_it_is(world: &World, door: &str, kept: &Value, media: &str) -> Outcome {
    let hash = kept["sha256"].as_str();
    let address = match (kept["href"].as_str(), hash) {
        (Some(href), _) => href.to_owned(),
        (None, Some(hash)) if door.contains("/records/") => format!("{door}/{hash}"),
        _ => format!("/api/v1/reports/{}/file", kept["id"]),
    };
    let sent = world.get("producer", &address).await?.expect(200)?;
    assert_eq!(sent.header("content-type"), media, "{address}");
    assert_eq!(
        sent.header("x-content-type-options"),
        "nosniff",
        "{address}"
    );
    let alone = sent.header("content-security-policy").contains("sandbox")
        || sent.header("content-disposition").starts_with("attachment")
        || !sent.text().contains("<script>");
    assert!(alone, "{address}: {:?}", sent.headers);
    Ok(())
}

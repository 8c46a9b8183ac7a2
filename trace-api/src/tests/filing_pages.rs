//! The pages of filings: a product goes from a form to its approval and back, two people meet on one,
//! files and tables come in, and nobody opens another's.

use std::error::Error;

use axum::body::Body;
use axum::http::{Method, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use uuid::Uuid;

use super::Outcome;
use super::world::{Reply, World};
use crate::rule::upload::tests::{small_pdf, small_png};

/// A form's body.
fn form(pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
    };
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn request(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// The form of a product with a picture.
fn product(
    (number, done): (u128, &str),
    (name, base): (&str, Option<&str>),
    picture: &str,
) -> String {
    let request = request(number);
    let mut pairs = vec![
        ("request", request.as_str()),
        ("name", name),
        ("category", "莓茶"),
        ("specification", "袋装 250 g"),
        ("unit", "KGM"),
        ("gtin", ""),
        ("shelf_life_days", "540"),
        ("regime", "sc"),
        ("picture", picture),
        ("caption", "正面"),
        ("do", done),
    ];
    pairs.extend(base.map(|base| ("base", base)));
    form(&pairs)
}

/// Sends bytes as a page's script does.
async fn upload(
    world: &World,
    login: &str,
    path: &str,
    bytes: Vec<u8>,
) -> Result<Reply, Box<dyn Error>> {
    let request = world.request(None, Method::POST, path).await?;
    let cookie = format!("suyuan_session={}", world.token(login).await?);
    let request = request
        .header(header::COOKIE, cookie)
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT_LANGUAGE, "zh-CN");
    world.send(request.body(Body::from(bytes))?).await
}

/// The hash of a file that a part of a page names.
fn hash_of(part: &str) -> Option<&str> {
    part.split("/api/v1/files/").nth(1)?.get(..64)
}

/// Where an answer sends the browser, without what it says there.
fn page_of(reply: &Reply) -> String {
    let location = reply.header("location");
    location.split('?').next().unwrap_or_default().to_owned()
}

async fn text(world: &World, login: &str, path: &str) -> Result<String, Box<dyn Error>> {
    Ok(world.get(login, path).await?.expect(200)?.text())
}

#[tokio::test]
async fn a_product_is_filed_returned_mended_and_approved_on_pages() -> Outcome {
    let world = World::new().await?;
    let sent = upload(&world, "producer", "/producer/filing/files", small_png()).await?;
    let part = sent.expect(200)?.text();
    let picture = hash_of(&part).ok_or("no file in the part")?.to_owned();
    let body = product((1, "submit"), ("莓茶（袋泡）", None), &picture);
    let path = "/producer/filing/products";
    let filed = world.submit("producer", path, &body).await?.expect(303)?;
    let page = page_of(&filed);
    let again = world.submit("producer", path, &body).await?.expect(303)?;
    assert_eq!(page_of(&again), page, "a double click files once");
    let list = text(&world, "producer", "/producer/filing?state=submitted").await?;
    assert_eq!(list.matches("莓茶（袋泡）").count(), 1, "{list}");

    let waiting = text(&world, "supervisor", "/supervisor/filings").await?;
    assert!(waiting.contains("莓茶（袋泡）"), "{waiting}");
    let id = page.rsplit('/').next().unwrap_or_default();
    let look = format!("/supervisor/filings/products/{id}");
    let seen = text(&world, "supervisor", &look).await?;
    assert!(
        seen.contains(&picture) && seen.contains("SC 食品生产许可"),
        "{seen}"
    );
    let decide = |number, version: &'static str, word: &'static str, reason: &'static str| {
        let request = request(number);
        form(&[
            ("request", &request),
            ("version", version),
            ("do", word),
            ("reason", reason),
        ])
    };
    let bare = decide(2, "1", "return", "");
    let refused = world
        .submit("supervisor", &look, &bare)
        .await?
        .expect(422)?;
    assert!(refused.text().contains("class=\"flash bad\""));
    let returned = decide(3, "1", "return", "规格写明每袋几包");
    world
        .submit("supervisor", &look, &returned)
        .await?
        .expect(303)?;
    let page_text = text(&world, "producer", &page).await?;
    assert!(page_text.contains("规格写明每袋几包"), "{page_text}");

    let mended = product((4, "submit"), ("莓茶（袋泡 20 包）", Some("1")), &picture);
    world
        .submit("producer", &page, &mended)
        .await?
        .expect(303)?;
    let stale = decide(5, "1", "approve", "");
    world
        .submit("supervisor", &look, &stale)
        .await?
        .expect(409)?;
    let approved = decide(6, "2", "approve", "");
    world
        .submit("supervisor", &look, &approved)
        .await?
        .expect(303)?;
    let next = product((7, "submit"), ("莓茶（袋泡 30 包）", Some("2")), &picture);
    world.submit("producer", &page, &next).await?.expect(303)?;
    let compared = text(&world, "supervisor", &look).await?;
    let change = "<del>莓茶（袋泡 20 包）</del> <ins>莓茶（袋泡 30 包）</ins>";
    assert!(compared.contains(change), "{compared}");
    Ok(())
}

#[tokio::test]
async fn the_second_of_two_who_edit_is_told_and_overwrites_nothing() -> Outcome {
    let world = World::new().await?;
    let sent = upload(&world, "producer", "/producer/filing/files", small_png()).await?;
    let picture = hash_of(&sent.expect(200)?.text())
        .ok_or("no file")?
        .to_owned();
    let first = product((1, "save"), ("莓茶甲", None), &picture);
    let filed = world
        .submit("producer", "/producer/filing/products", &first)
        .await?;
    let page = page_of(&filed.expect(303)?);
    let theirs = product((2, "save"), ("莓茶乙", Some("1")), &picture);
    world
        .submit("producer", &page, &theirs)
        .await?
        .expect(303)?;
    let mine = product((3, "save"), ("莓茶丙", Some("1")), &picture);
    let told = world
        .submit("producer", &page, &mine)
        .await?
        .expect(409)?
        .text();
    assert!(
        told.contains("<td lang=\"zh-CN\">莓茶乙</td><td lang=\"zh-CN\">莓茶丙</td>"),
        "{told}"
    );
    assert!(told.contains("value=\"莓茶丙\"") && told.contains("name=\"base\" value=\"2\""));
    assert!(
        text(&world, "producer", &page)
            .await?
            .contains("value=\"莓茶乙\"")
    );
    let after_all = product((4, "save"), ("莓茶丙", Some("2")), &picture);
    world
        .submit("producer", &page, &after_all)
        .await?
        .expect(303)?;
    assert!(
        text(&world, "producer", &page)
            .await?
            .contains("value=\"莓茶丙\"")
    );
    Ok(())
}

#[tokio::test]
async fn a_refused_filing_stands_in_its_form_with_every_fault_at_its_field() -> Outcome {
    let world = World::new().await?;
    let key = request(1);
    let body = form(&[
        ("request", &key),
        ("name", "<script>alert(1)</script>"),
        ("gtin", "123"),
        ("shelf_life_days", "forever"),
        ("regime", "sc"),
        ("unit", "KGM"),
        ("test-item", "农残"),
        ("test-limit", "-1"),
        ("test-unit", "%"),
    ]);
    let path = "/producer/filing/products";
    let page = world
        .submit("producer", path, &body)
        .await?
        .expect(422)?
        .text();
    for field in ["gtin", "shelf_life_days", "category", "specification"] {
        assert!(
            page.contains(&format!("id=\"w-{field}\"")),
            "{field}: {page}"
        );
    }
    assert!(page.contains("检测限值须大于 0") && page.contains("value=\"-1\""));
    assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;"));
    let own = form(&[
        ("request", &key),
        ("base", "1"),
        ("name", ""),
        ("do", "save"),
    ]);
    let page = world
        .submit("producer", "/producer/filing/own", &own)
        .await?;
    assert!(page.expect(422)?.text().contains("id=\"w-credit_code\""));
    Ok(())
}

#[tokio::test]
async fn a_credential_is_filed_with_its_scan_checked_and_withdrawn() -> Outcome {
    let world = World::new().await?;
    let path = "/producer/filing/files?scan=true";
    let part = upload(&world, "producer", path, small_pdf())
        .await?
        .expect(200)?
        .text();
    assert!(part.contains("name=\"scan\""), "{part}");
    let scan = hash_of(&part).ok_or("no file")?;
    let body = |number: &str, key: u128, base: Option<&str>| {
        let key = request(key);
        let mut pairs = vec![
            ("request", key.as_str()),
            ("kind", "sc"),
            ("number", number),
            ("issuer", "演示市场监督管理局"),
            ("product_id", ""),
            ("valid_from", "2024-03-01"),
            ("valid_to", "2029-02-28"),
            ("scan", scan),
            ("do", "submit"),
        ];
        pairs.extend(base.map(|base| ("base", base)));
        form(&pairs)
    };
    let path = "/producer/filing/credentials";
    let wrong = world
        .submit("producer", path, &body("SC1", 1, None))
        .await?
        .expect(422)?
        .text();
    assert!(
        wrong.contains("id=\"w-number\"") && wrong.contains(scan),
        "{wrong}"
    );
    let number = "SC10143312700012";
    let filed = world
        .submit("producer", path, &body(number, 1, None))
        .await?
        .expect(303)?;
    let page = page_of(&filed);
    let id = page.rsplit('/').next().unwrap_or_default();
    let look = format!("/supervisor/filings/credentials/{id}");
    assert!(text(&world, "supervisor", &look).await?.contains(scan));
    let approve = form(&[("version", "1"), ("do", "approve"), ("reason", "")]);
    world
        .submit("supervisor", &look, &approve)
        .await?
        .expect(303)?;
    let closed = text(&world, "producer", &page).await?;
    assert!(
        closed.contains("<fieldset class=\"bare\" disabled>"),
        "{closed}"
    );
    let withdrawal = form(&[("version", "2"), ("reason", "换证")]);
    let path = format!("{page}/withdrawal");
    world
        .submit("rival", &path, &withdrawal)
        .await?
        .expect(404)?;
    world
        .submit("producer", &path, &withdrawal)
        .await?
        .expect(303)?;
    assert!(text(&world, "producer", &page).await?.contains("换证"));
    Ok(())
}

#[tokio::test]
async fn a_table_is_previewed_with_its_mistakes_and_imported_once() -> Outcome {
    let world = World::new().await?;
    let head = "名称,品类,规格,计量单位,保质期（天）,凭证类型\r\n莓茶一,莓茶,1 g,千克,5,SC\r\n";
    let bad = format!("{head}莓茶二,莓茶,2 g,千克,很久,SC\r\n");
    let path = "/producer/filing/import/products";
    let key = request(9);
    for query in ["?preview=true".to_owned(), format!("?request_id={key}")] {
        let told = upload(
            &world,
            "producer",
            &format!("{path}{query}"),
            bad.clone().into(),
        )
        .await?;
        let told = told.expect(200)?;
        assert_eq!(told.header("x-fragment"), "true");
        let told = told.text();
        assert!(
            told.contains("class=\"bad-cell\">很久</td>") && told.contains("须为整数"),
            "{told}"
        );
        assert!(!told.contains("id=\"import\""), "{told}");
    }
    let good = bad.replace("很久", "5");
    let seen = upload(
        &world,
        "producer",
        &format!("{path}?preview=true"),
        good.clone().into(),
    )
    .await?;
    assert!(seen.expect(200)?.text().contains("id=\"import\""));
    assert!(
        !text(&world, "producer", "/producer/filing")
            .await?
            .contains("莓茶二")
    );
    for _ in 0..2 {
        let query = format!("{path}?submit=true&request_id={key}");
        let done = upload(&world, "producer", &query, good.clone().into()).await?;
        assert!(done.expect(200)?.text().contains("已导入 2 行"));
    }
    let list = text(&world, "producer", "/producer/filing").await?;
    assert_eq!(list.matches("莓茶二").count(), 1, "{list}");
    let preview = format!("{path}?preview=true");
    let broken = upload(&world, "producer", &preview, b"\xff\xfe\0".to_vec());
    let broken = broken.await?.expect(400)?;
    assert_eq!(broken.header("x-fragment"), "true");
    assert!(broken.text().contains("文件不是 CSV 或 XLSX"));
    let producers = "/producer/filing/import/producers?preview=true";
    upload(&world, "producer", producers, good.into())
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn nobody_opens_anothers_filings_and_no_file_is_what_it_is_not() -> Outcome {
    let world = World::new().await?;
    let products = world.get("producer", "/api/v1/products").await?.json()?;
    let id = &products["products"][0]["id"];
    let page = format!("/producer/filing/products/{id}");
    world.get("rival", &page).await?.expect(404)?;
    let body = product((1, "save"), ("夺", Some("1")), "");
    world.submit("rival", &page, &body).await?.expect(404)?;
    for path in ["/supervisor/filings", "/supervisor/filings/producers/1"] {
        world.get("producer", path).await?.expect(403)?;
    }
    let html = b"<html><script>alert(1)</script></html>".to_vec();
    let refused = upload(&world, "producer", "/producer/filing/files", html)
        .await?
        .expect(415)?;
    assert!(refused.text().contains("文件须为 JPEG、PNG 或 PDF"));
    let sent = upload(&world, "producer", "/producer/filing/files", small_png())
        .await?
        .expect(200)?;
    let hash = hash_of(&sent.text()).ok_or("no file")?.to_owned();
    let file = format!("/producer/filing/files/{hash}");
    assert!(text(&world, "producer", &file).await?.contains(&hash));
    world.get("rival", &file).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_mark_of_relief_is_set_by_a_supervisor_and_a_stale_form_overwrites_nothing() -> Outcome {
    let world = World::new().await?;
    let page = format!("/supervisor/filings/producers/{}", world.own.producer);
    let body = |base: &str, households: &str| {
        form(&[
            ("base", base),
            ("households", households),
            ("free_tests", "24"),
            ("since", "2026-01-01"),
            ("until", ""),
            ("note", "演示"),
        ])
    };
    let path = format!("{page}/relief");
    world
        .submit("supervisor", &path, &body("0", "12"))
        .await?
        .expect(303)?;
    let stale = world
        .submit("supervisor", &path, &body("0", "13"))
        .await?
        .expect(409)?
        .text();
    assert!(stale.contains("name=\"base\" value=\"1\"") && stale.contains("value=\"13\""));
    world
        .submit("supervisor", &path, &body("1", "many"))
        .await?
        .expect(422)?;
    let marks = world.get("supervisor", "/api/v1/relief").await?.json()?;
    assert_eq!(marks["relief"][0]["households"], Value::from(12));
    let list = text(&world, "supervisor", "/supervisor/filings").await?;
    assert!(
        list.contains("#relief") && list.contains("莓茶合作社"),
        "{list}"
    );
    world
        .submit("producer", &path, &body("1", "1"))
        .await?
        .expect(403)?;
    Ok(())
}

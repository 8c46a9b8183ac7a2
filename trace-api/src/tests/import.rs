//! Tables in: a preview that says what an import would say, all or nothing, and every mistake by row
//! and column.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::Value;
use uuid::Uuid;

use super::Outcome;
use super::world::{Reply, World};
use crate::rule::table::tests::xlsx_of;
use crate::rule::table::{self, BYTES_MAX, ROWS_MAX};

type Sent = Result<Reply, Box<dyn std::error::Error>>;

const PRODUCTS: &str = "名称,品类,规格,计量单位,保质期（天）,凭证类型,执行标准\r\n";

async fn send(world: &World, login: &str, path: &str, table: impl Into<Vec<u8>>) -> Sent {
    let request = world.request(Some(login), Method::POST, path).await?;
    let request = request.header(header::CONTENT_TYPE, "text/csv");
    world.send(request.body(Body::from(table.into()))?).await
}

fn once(path: &str, request: u128) -> String {
    format!("{path}?request_id={}&submit=true", Uuid::from_u128(request))
}

async fn count(world: &World) -> Result<Value, Box<dyn std::error::Error>> {
    let list = world
        .get("producer", "/api/v1/products")
        .await?
        .expect(200)?
        .json()?;
    Ok(list["counts"]["all"].clone())
}

#[tokio::test]
async fn products_are_previewed_and_imported_once_from_either_kind_of_table() -> Outcome {
    let world = World::new().await?;
    let path = "/api/v1/imports/products";
    let csv = format!(
        "{PRODUCTS}莓茶一,莓茶,100 g,千克,540,SC,\r\n莓茶二,莓茶,200 g,KGM,540,小作坊,\r\n"
    );
    let seen = send(
        &world,
        "producer",
        &format!("{path}?preview=true"),
        csv.clone(),
    )
    .await?;
    let seen = seen.expect(200)?.json()?;
    assert_eq!(
        (&seen["rows"], &seen["imported"]),
        (&Value::from(2), &Value::from(false))
    );
    assert_eq!(count(&world).await?, 1, "a preview keeps nothing");
    for _ in 0..2 {
        let made = send(&world, "producer", &once(path, 1), csv.clone())
            .await?
            .expect(200)?;
        assert_eq!(made.json()?["imported"], true);
        assert_eq!(count(&world).await?, 3, "sent twice, imported once");
    }
    let head = [
        "Name",
        "category",
        "规格",
        "计量单位",
        "保质期（天）",
        "凭证类型",
    ];
    let row = ["腊肉", "土家腊肉", "散装", "公斤", "180", "SC"]
        .map(str::to_owned)
        .to_vec();
    let xlsx = xlsx_of(&[head.map(str::to_owned).to_vec(), row]);
    send(&world, "producer", &once(path, 2), xlsx)
        .await?
        .expect(200)?;
    let waits = world
        .get("supervisor", "/api/v1/products?pending=submitted")
        .await?
        .json()?;
    assert_eq!(waits["products"].as_array().map(Vec::len), Some(3));
    let told = world.get("supervisor", "/api/v1/messages").await?.json()?;
    assert_eq!(
        told["messages"].as_array().map(Vec::len),
        Some(2),
        "one message an import"
    );
    Ok(())
}

#[tokio::test]
async fn one_mistake_keeps_the_whole_table_out_and_every_one_is_told() -> Outcome {
    let world = World::new().await?;
    let taken = &world.rival.gtin;
    let csv = format!(
        "商品条码,{PRODUCTS},好,莓茶,100 g,千克,540,SC,\r\n,,莓茶,100 g,千克,很久,SC,\r\n\
         {taken},又,莓茶,100 g,千克,540,SC,\r\n6901234567892,甲,莓茶,1 g,千克,5,SC,\r\n\
         6901234567892,乙,莓茶,1 g,千克,5,SC,\r\n"
    );
    let preview = "/api/v1/imports/products?preview=true".to_owned();
    for (path, status) in [(once("/api/v1/imports/products", 1), 422), (preview, 200)] {
        let refused = send(&world, "producer", &path, csv.clone())
            .await?
            .expect(status)?
            .json()?;
        let mistakes = refused["mistakes"].as_array().cloned().unwrap_or_default();
        let places: Vec<_> = mistakes
            .iter()
            .map(|m| {
                (
                    m["row"].as_u64().unwrap_or(0),
                    m["column"].as_str().unwrap_or_default(),
                )
            })
            .collect();
        let wanted = [
            (3, "保质期（天）"),
            (3, "名称"),
            (4, "商品条码"),
            (6, "商品条码"),
        ];
        assert_eq!(places, wanted, "{refused}");
        assert!(
            mistakes
                .iter()
                .all(|m| m["text"] != "" && m["text_en"] != "")
        );
    }
    assert_eq!(count(&world).await?, 1);
    Ok(())
}

#[tokio::test]
async fn producers_and_lots_are_imported_by_whom_they_are_registered_by() -> Outcome {
    let world = World::new().await?;
    let code = model::credit_code::CreditCode::from_body("91000000MA0000099")?;
    let producers = format!(
        "统一社会信用代码,名称,主体类型,乡镇,地址,联系方式\n{code},演示新社,合作社,毛坝乡,1 号,000-1\n"
    );
    let path = once("/api/v1/imports/producers", 1);
    send(&world, "producer", &path, producers.clone())
        .await?
        .expect(403)?;
    send(&world, "operator", &path, producers.clone())
        .await?
        .expect(200)?;
    let again = once("/api/v1/imports/producers", 2);
    let refused = send(&world, "operator", &again, producers)
        .await?
        .expect(422)?
        .json()?;
    assert_eq!(refused["mistakes"][0]["column"], "统一社会信用代码");
    let gtin = &world.own.gtin;
    let lots = format!(
        "商品条码,地块,批次号,开始日期,采收日期,数量\n{gtin},一号地,,2026/4/1,2026/10/1,12.5\n\
         {gtin},一号地,A-1,2026-04-01,,3\n"
    );
    send(
        &world,
        "producer",
        &once("/api/v1/imports/lots", 3),
        lots.clone(),
    )
    .await?
    .expect(200)?;
    send(
        &world,
        "producer",
        &once("/api/v1/imports/lots", 3),
        lots.clone(),
    )
    .await?
    .expect(200)?;
    let found = world
        .get("producer", "/api/v1/lots")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(found["lots"].as_array().map(Vec::len), Some(2));
    let refused = send(
        &world,
        "producer",
        &once("/api/v1/imports/lots", 4),
        lots.clone(),
    )
    .await?;
    let refused = refused.expect(422)?.json()?;
    assert_eq!(
        (
            &refused["mistakes"][0]["row"],
            &refused["mistakes"][0]["column"]
        ),
        (&Value::from(3), &Value::from("批次号"))
    );
    let foreign = send(&world, "rival", &once("/api/v1/imports/lots", 5), lots)
        .await?
        .expect(422)?;
    assert!(foreign.text().contains("没有备案此产品"));
    Ok(())
}

#[tokio::test]
async fn a_table_at_its_limits_is_taken_and_one_beyond_is_not() -> Outcome {
    let world = World::new().await?;
    let path = "/api/v1/imports/products?preview=true";
    let table = |rows: usize| {
        let rows = (0..rows).map(|n| format!("莓茶 {n},莓茶,1 g,千克,5,wrong,\r\n"));
        format!("{PRODUCTS}{}", rows.collect::<String>())
    };
    let told = send(&world, "producer", path, table(ROWS_MAX))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        told["mistakes"].as_array().map(Vec::len),
        Some(100),
        "at most a hundred are told"
    );
    let told = send(&world, "producer", path, table(ROWS_MAX + 1))
        .await?
        .expect(422)?
        .json()?;
    assert_eq!(told["type"], "/docs/problems#invalid");
    send(&world, "producer", path, vec![b'a'; BYTES_MAX + 1])
        .await?
        .expect(413)?;
    send(&world, "producer", path, b"PK\x03\x04 no archive".to_vec())
        .await?
        .expect(400)?;
    send(&world, "producer", path, b"\xff\xfe\x00".to_vec())
        .await?
        .expect(400)?;
    send(&world, "producer", "/api/v1/imports/products", table(1))
        .await?
        .expect(422)?;
    Ok(())
}

#[tokio::test]
async fn a_template_is_read_as_the_table_that_it_is_for() -> Outcome {
    let world = World::new().await?;
    for kind in ["producers", "products", "lots"] {
        for format in ["csv", "xlsx"] {
            let path = format!("/api/v1/imports/{kind}/template?format={format}");
            let sent = world.get("producer", &path).await?.expect(200)?;
            assert_eq!(table::read(&sent.body), Err(table::Unread::Empty), "{path}");
        }
    }
    world
        .get("producer", "/api/v1/imports/secrets/template")
        .await?
        .expect(404)?;
    let wrong = "/api/v1/imports/lots/template?format=doc";
    world.get("producer", wrong).await?.expect(422)?;
    Ok(())
}

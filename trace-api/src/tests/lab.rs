//! The lab's desk: what it says while a value is typed, what it asks first, corrections, blocks,
//! reports, and results that arrive by themselves.

use axum::body::{Body, BodyDataStream};
use axum::http::{Method, Request, header};
use futures_util::StreamExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::Outcome;
use super::life::step;
use super::lots::{register, request_id};
use super::world::{Reply, World};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const ITEM: &str = "有机磷和氨基甲酸酯类农药残留（抑制率）";
const METHOD: &str = "GB/T 5009.199-2003 酶抑制法";

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn form(request: u32, sample: &str, value: &str) -> String {
    format!(
        "request={}&sample={}&item={}&method={}&value={}&unit=%25&limit=50&round=first",
        request_id(request),
        encoded(sample),
        encoded(ITEM),
        encoded(METHOD),
        encoded(value)
    )
}

/// What the desk's script sends and gets.
async fn send(world: &World, form: &str) -> Fallible<Value> {
    let cookie = format!("suyuan_session={}", world.token("lab").await?);
    let request = Request::post("/lab/results")
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT, "application/json")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let reply = world
        .send(request.body(Body::from(form.to_owned()))?)
        .await?;
    reply.expect(200)?.json()
}

async fn look(world: &World, form: &str) -> Fallible<Value> {
    world
        .get("lab", &format!("/lab/look?{form}"))
        .await?
        .expect(200)?
        .json()
}

async fn sampled(world: &World, request: u32, code: &str) -> Fallible<Value> {
    let lot = register(world, request).await?;
    let body = json!({ "request_id": request_id(request + 500), "code": code });
    step(world, "lab", (&lot, "samples"), &body)
        .await?
        .expect(200)?;
    Ok(lot)
}

async fn state_of(world: &World, lot: &Value) -> Fallible<Value> {
    let path = format!("/api/v1/lots/{}", lot["id"]);
    Ok(world.get("lab", &path).await?.expect(200)?.json()?["state"].clone())
}

async fn tests_of(world: &World, lot: &Value) -> Fallible<Vec<Value>> {
    let path = format!("/api/v1/tests?lot={}", lot["id"]);
    let tests = world.get("lab", &path).await?.expect(200)?.json()?;
    Ok(tests["tests"].as_array().cloned().unwrap_or_default())
}

#[tokio::test]
async fn the_verdict_is_said_before_anything_is_entered() -> Outcome {
    let world = World::new().await?;
    let lot = sampled(&world, 1, "S-1").await?;
    let looked = look(&world, &form(10, "S-1", "")).await?;
    assert!(
        looked["about"]
            .as_str()
            .is_some_and(|about| about.contains("莓茶")),
        "{looked}"
    );
    assert_eq!(
        (&looked["limit"], &looked["unit"]),
        (&json!("50"), &json!("%"))
    );
    assert_eq!(
        (&looked["known"], &looked["say"]),
        (&json!(true), &json!(""))
    );
    assert!(
        looked["source"]
            .as_str()
            .is_some_and(|source| source.contains("2004-01-01"))
    );
    for (value, tone, asks) in [
        ("12.5", "good", false),
        ("49.9", "good", false),
        ("50", "bad", true),
        ("<5.0", "good", false),
        ("-2", "warn", true),
        ("3", "warn", true),
    ] {
        let looked = look(&world, &form(10, "S-1", value)).await?;
        let asked = looked["ask"].as_str().is_some_and(|ask| !ask.is_empty());
        assert_eq!(
            (&looked["tone"], asked),
            (&json!(tone), asks),
            "{value}: {looked}"
        );
    }
    let failing = look(&world, &form(10, "S-1", "62")).await?;
    assert!(
        failing["ask"]
            .as_str()
            .is_some_and(|ask| ask.contains("supervisor")),
        "{failing}"
    );
    for (value, field) in [("118", "value"), ("abc", "value")] {
        let refused = look(&world, &form(10, "S-1", value)).await?;
        assert_eq!(refused["field"], field);
    }
    let unknown = look(&world, &form(10, "S-9", "1")).await?;
    assert_eq!(
        (&unknown["field"], &unknown["about"]),
        (&json!("sample"), &json!(""))
    );
    assert!(
        tests_of(&world, &lot).await?.is_empty(),
        "looking enters nothing"
    );
    Ok(())
}

#[tokio::test]
async fn a_failure_is_asked_about_then_holds_the_lot_and_another_value_needs_another_yes() -> Outcome
{
    let world = World::new().await?;
    let lot = sampled(&world, 1, "S-1").await?;
    let asked = send(&world, &form(10, "S-1", "62")).await?;
    assert!(
        asked["ask"]
            .as_str()
            .is_some_and(|ask| ask.contains("停售")),
        "{asked}"
    );
    assert_eq!(state_of(&world, &lot).await?, "in_test");
    let mark = encoded(asked["mark"].as_str().ok_or("no mark")?);
    let other = send(
        &world,
        &format!("{}&confirmed={mark}", form(10, "S-1", "72")),
    )
    .await?;
    assert!(
        other["row"].is_null() && other["ask"].is_string(),
        "{other}"
    );
    let confirmed = format!("{}&confirmed={mark}", form(10, "S-1", "62"));
    let entered = send(&world, &confirmed).await?;
    assert!(
        entered["row"]
            .as_str()
            .is_some_and(|row| row.contains("不合格")),
        "{entered}"
    );
    assert_eq!(state_of(&world, &lot).await?, "held");
    // A double Enter enters once.
    send(&world, &confirmed).await?;
    assert_eq!(tests_of(&world, &lot).await?.len(), 1);
    let again = look(&world, &form(11, "S-1", "12")).await?;
    assert_eq!(again["round"], "repeat");
    assert!(
        again["mind"]
            .as_str()
            .is_some_and(|mind| mind.contains("62")),
        "{again}"
    );
    // Without script the page comes back with the question, then enters.
    let page = world
        .submit("lab", "/lab/results", &form(12, "S-1", "55"))
        .await?;
    let page = page.expect(200)?.text();
    assert!(
        page.contains("再按一次回车") && page.contains("value=\"55\""),
        "{page}"
    );
    Ok(())
}

async fn correct(world: &World, id: &Value, body: &str) -> Fallible<Reply> {
    let path = format!("/lab/results/{id}/correction");
    world.submit("lab", &path, body).await
}

#[tokio::test]
async fn a_correction_is_another_result_and_lifts_no_positive() -> Outcome {
    let world = World::new().await?;
    let lot = sampled(&world, 1, "S-1").await?;
    let body = json!({ "request_id": request_id(10), "item": ITEM, "method": METHOD,
        "sample_code": "S-1", "value": 62 });
    let first = step(&world, "lab", (&lot, "tests"), &body)
        .await?
        .expect(201)?
        .json()?;
    let body = format!("request={}&value=6.2&reason=", request_id(11));
    let none = correct(&world, &first["id"], &body).await?;
    assert!(none.expect(422)?.text().contains("须为 1 至 200 个字符"));
    let body = format!(
        "request={}&value=6.2&reason={}",
        request_id(11),
        encoded("小数点漏写")
    );
    let done = correct(&world, &first["id"], &body).await?.expect(303)?;
    assert!(done.header("location").ends_with("?done=corrected"));
    let again = format!("request={}&value=7&reason=x", request_id(12));
    let refused = correct(&world, &first["id"], &again)
        .await?
        .expect(409)?
        .text();
    assert!(refused.contains("更正过"), "{refused}");
    let tests = tests_of(&world, &lot).await?;
    let kept = tests
        .iter()
        .find(|test| test["id"] == first["id"])
        .ok_or("it is gone")?;
    assert_eq!(
        (&kept["value"], &kept["verdict"]),
        (&json!(62.0), &json!("fail"))
    );
    let new = tests
        .iter()
        .find(|test| test["corrects"] == first["id"])
        .ok_or("no correction")?;
    assert_eq!(kept["corrected_by"], new["id"]);
    assert_eq!(new["correction_reason"], "小数点漏写");
    assert_eq!(state_of(&world, &lot).await?, "held");
    let release = super::life::why(13);
    step(&world, "supervisor", (&lot, "release"), &release)
        .await?
        .expect(409)?;
    let told = world
        .get("supervisor", "/api/v1/messages")
        .await?
        .expect(200)?
        .text();
    assert!(
        told.contains("test_corrected") && told.contains("小数点漏写"),
        "{told}"
    );
    // A correction of another lot's result is none.
    let other = register(&world, 2).await?;
    let body = json!({ "request_id": request_id(14), "item": ITEM, "method": METHOD,
        "value": 6, "corrects": first["id"], "reason": "x" });
    let refused = step(&world, "lab", (&other, "tests"), &body)
        .await?
        .expect(422)?;
    assert_eq!(refused.json()?["field"], "corrects");
    Ok(())
}

#[tokio::test]
async fn a_block_is_looked_at_then_entered_line_by_line_once() -> Outcome {
    let world = World::new().await?;
    let (one, two) = (
        sampled(&world, 1, "S-1").await?,
        sampled(&world, 2, "S-2").await?,
    );
    let block = encoded("样品编号\t检测值\nS-1\t12.5\nS-2\t62\nS-9\t1\nS-1\tabc\n");
    let body = |step: &str, more: &str| {
        format!(
            "batch={}&kind=0&block={block}&step={step}{more}",
            request_id(10)
        )
    };
    let page = world.submit("lab", "/lab/paste", &body("look", "")).await?;
    let page = page.expect(200)?.text();
    assert!(
        page.contains("可保存 2 行") && page.contains("2 行有误"),
        "{page}"
    );
    assert!(page.contains("没有此编号") && tests_of(&world, &one).await?.is_empty());
    let unsaid = world
        .submit("lab", "/lab/paste", &body("enter", ""))
        .await?;
    assert!(unsaid.expect(422)?.text().contains("勾选确认"));
    assert!(tests_of(&world, &one).await?.is_empty());
    for _ in 0..2 {
        let page = world
            .submit("lab", "/lab/paste", &body("enter", "&confirmed=yes"))
            .await?;
        let page = page.expect(200)?.text();
        assert!(
            page.contains("已保存 2 行") && page.contains("S-9\t1"),
            "{page}"
        );
    }
    assert_eq!(tests_of(&world, &one).await?.len(), 1);
    assert_eq!(state_of(&world, &two).await?, "held");
    let long = encoded(&"S-1\t1\n".repeat(201));
    let body = format!("batch=&kind=0&block={long}&step=look");
    world
        .submit("lab", "/lab/paste", &body)
        .await?
        .expect(422)?;
    Ok(())
}

#[tokio::test]
async fn what_waits_stands_oldest_first_and_a_sample_is_noted_once() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let code = lot["code"].as_str().ok_or("no code")?;
    let desk = world.get("lab", "/lab").await?.expect(200)?.text();
    assert!(desk.contains("待抽样") && desk.contains(code), "{desk}");
    let body = format!("lot={}&code=S-7", lot["id"]);
    for _ in 0..2 {
        world
            .submit("lab", "/lab/samples", &body)
            .await?
            .expect(303)?;
    }
    sampled(&world, 2, "S-8").await?;
    let desk = world.get("lab", "/lab").await?.expect(200)?.text();
    let places: Vec<_> = ["data-sample=\"S-7\"", "data-sample=\"S-8\""]
        .into_iter()
        .map(|sample| desk.find(sample))
        .collect();
    assert!(places[0].is_some() && places[0] < places[1], "{places:?}");
    assert_eq!(desk.matches("data-sample=\"S-7\"").count(), 1);
    send(&world, &form(10, "S-7", "12")).await?;
    let desk = world.get("lab", "/lab").await?.expect(200)?.text();
    assert!(!desk.contains("data-sample=\"S-7\""));
    Ok(())
}

#[tokio::test]
async fn results_are_found_paged_and_printed() -> Outcome {
    let world = World::new().await?;
    sampled(&world, 1, "S-100").await?;
    for number in 0..51 {
        let entered = send(&world, &form(20 + number, "S-100", "12.5")).await?;
        assert!(entered["row"].is_string(), "{entered}");
    }
    let page = world
        .get("lab", "/lab/results?q=S-1")
        .await?
        .expect(200)?
        .text();
    assert_eq!(page.matches("id=\"result-").count(), 50);
    let next = page
        .split("<a class=\"button quiet\" href=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .ok_or("no next page")?
        .replace("&#38;", "&");
    let page = world.get("lab", &next).await?.expect(200)?.text();
    assert_eq!(page.matches("id=\"result-").count(), 1);
    let none = world
        .get("lab", "/lab/results?q=S_1")
        .await?
        .expect(200)?
        .text();
    assert_eq!(
        none.matches("id=\"result-").count(),
        0,
        "_ is a sign like another"
    );
    world
        .get("lab", "/lab/results?from=yesterday")
        .await?
        .expect(422)?;
    let id = page
        .split("id=\"result-")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let path = format!("/lab/results/{}", id.ok_or("no result")?);
    let page = world.get("lab", &path).await?.expect(200)?.text();
    let report = world.get("lab", &format!("{path}/report.pdf")).await?;
    // 51 results of one sample are more than a paper holds.
    assert_eq!(
        report.expect(409)?.json()?["type"],
        "/docs/problems#rule-broken"
    );
    assert!(page.contains("检测报告"));
    sampled(&world, 2, "S-200").await?;
    send(&world, &form(90, "S-200", "<5.0")).await?;
    let page = world
        .get("lab", "/lab/results?q=S-200")
        .await?
        .expect(200)?
        .text();
    let id = page
        .split("id=\"result-")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let path = format!("/lab/results/{}/report.pdf", id.ok_or("no result")?);
    let report = world.get("lab", &path).await?.expect(200)?;
    assert_eq!(report.header("content-type"), "application/pdf");
    assert!(report.body.starts_with(b"%PDF"));
    world.get("producer", &path).await?.expect(403)?;
    world
        .get("lab", "/lab/results/999/report.pdf")
        .await?
        .expect(404)?;
    Ok(())
}

/// Reads a stream until this text was in it.
async fn read_until(stream: &mut BodyDataStream, text: &str) -> Result<(), String> {
    let mut read = String::new();
    let wait = async {
        while let Some(chunk) = stream.next().await {
            read.push_str(&String::from_utf8_lossy(&chunk.unwrap_or_default()));
            if read.contains(text) {
                return true;
            }
        }
        false
    };
    match tokio::time::timeout(std::time::Duration::from_secs(20), wait).await {
        Ok(true) => Ok(()),
        _ => Err(format!("{text} did not come: {read}")),
    }
}

#[tokio::test]
async fn a_result_reaches_the_open_desk_by_itself() -> Outcome {
    let world = World::new().await?;
    let lot = sampled(&world, 1, "S-1").await?;
    let (state, closing) = (world.state.clone(), world.state.closing().clone());
    let listener =
        tokio::spawn(async move { state.results().listen(state.store(), &closing).await });
    let request = world
        .request(Some("lab"), Method::GET, "/lab/results/stream")
        .await?;
    let response = world
        .router
        .clone()
        .oneshot(request.body(Body::empty())?)
        .await?;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    read_until(&mut stream, "event: heartbeat").await?;
    let body = json!({ "request_id": request_id(10), "item": ITEM, "method": METHOD,
        "sample_code": "S-1", "value": 12.5 });
    step(&world, "lab", (&lot, "tests"), &body)
        .await?
        .expect(201)?;
    read_until(&mut stream, "12.5 %").await?;
    world.state.closing().cancel();
    listener.await?;
    Ok(())
}

#[tokio::test]
async fn limits_are_looked_up_and_a_table_is_taken_whole_or_not() -> Outcome {
    let world = World::new().await?;
    let page = world.get("lab", "/lab/limits").await?.expect(200)?.text();
    assert!(
        page.contains("GB/T 5009.199-2003") && page.contains("现行"),
        "{page}"
    );
    let head = "edition,substance,food,limit_mg_kg,valid_from\n";
    let wrong = format!("{head}GB 2763-2026,吡虫啉,莓茶,-1,2026-03-01\n");
    let body = |table: &str, step: &str| format!("table={}&step={step}", encoded(table));
    let refused = world
        .submit("lab", "/lab/limits", &body(&wrong, "enter"))
        .await?;
    assert!(refused.expect(200)?.text().contains("第 2 行"));
    let sound = format!("{head}GB 2763-2026,吡虫啉,莓茶,0.5,2026-03-01\n");
    let looked = world
        .submit("lab", "/lab/limits", &body(&sound, "look"))
        .await?;
    assert!(looked.expect(200)?.text().contains("尚未导入"));
    let taken = world
        .submit("lab", "/lab/limits", &body(&sound, "enter"))
        .await?;
    assert!(taken.expect(200)?.text().contains("已导入 1 条"));
    // From now on it judges: at the limit a sample still meets it.
    sampled(&world, 1, "S-1").await?;
    let asked = format!(
        "request={}&sample=S-1&item={}&method=GB+23200.113&value=0.5&unit=mg%2Fkg&round=confirm",
        request_id(10),
        encoded("吡虫啉")
    );
    let looked = look(&world, &asked).await?;
    assert_eq!(
        (&looked["limit"], &looked["tone"]),
        (&json!("0.5"), &json!("good")),
        "{looked}"
    );
    let typed = look(&world, &format!("{asked}&limit=5")).await?;
    assert_eq!(
        typed["field"], "limit",
        "a known limit is not the laboratory's to choose"
    );
    Ok(())
}

//! The supervisor's desk over HTTP: alarms on the shelf and in somebody's hands, farms with their
//! charts, lots held and called back after their closure was seen, the log and the numbers.

use serde_json::{Value, json};

use super::Outcome;
use super::devices::{register_probe, report};
use super::life::{grow, party, released, step};
use super::live::watch_for_frost;
use super::lots::request_id;
use super::recall::process;
use super::world::World;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A page of the desk that was to be there.
async fn page(world: &World, path: &str) -> Fallible<String> {
    Ok(world.get("supervisor", path).await?.expect(200)?.text())
}

/// A county in which a frost is on; returns the number of its alarm.
async fn frost(world: &World) -> Fallible<i64> {
    register_probe(world).await?;
    watch_for_frost(world).await?;
    report(world, &[(50, [Some(-1.0), None]), (30, [Some(-2.5), None])]).await?;
    let open = world.get("supervisor", "/api/v1/alarms").await?.json()?;
    open["alarms"][0]["id"]
        .as_i64()
        .ok_or_else(|| "no alarm".into())
}

async fn alarms(world: &World, question: &str) -> Fallible<Vec<Value>> {
    let path = format!("/api/v1/alarms?{question}");
    let listed = world.get("operator", &path).await?.expect(200)?.json()?;
    Ok(listed["alarms"].as_array().cloned().unwrap_or_default())
}

#[tokio::test]
async fn an_alarm_is_put_on_the_shelf_and_taken_off_with_its_reason_kept() -> Outcome {
    let world = World::new().await?;
    let id = frost(&world).await?;
    let path = format!("/api/v1/alarms/{id}/shelving");
    for (body, field) in [
        (json!({ "minutes": 0, "reason": "x" }), "minutes"),
        (json!({ "minutes": 481, "reason": "x" }), "minutes"),
        (json!({ "minutes": 60, "reason": " " }), "reason"),
    ] {
        let refused = world.put("supervisor", &path, &body).await?.expect(422)?;
        assert_eq!(refused.json()?["field"], field, "{body}");
    }
    let wanted = json!({ "minutes": 60, "reason": "正在点火熏烟" });
    let put = world
        .put("supervisor", &path, &wanted)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(put["shelving"]["until"], "2026-11-23T05:00:00Z");
    assert_eq!(put["shelving"]["by"], "supervisor");
    assert!(alarms(&world, "open=true&shelved=false").await?.is_empty());
    assert_eq!(alarms(&world, "open=true&shelved=true").await?.len(), 1);
    assert!(!page(&world, "/supervisor").await?.contains("霜冻"));
    let shelf = page(&world, "/supervisor?show=shelved").await?;
    assert!(
        shelf.contains("正在点火熏烟") && shelf.contains("2026-11-23 13:00"),
        "{shelf}"
    );
    let off = world
        .submit(
            "supervisor",
            &format!("/supervisor/alarms/{id}/unshelve"),
            "show=shelved",
        )
        .await?
        .expect(303)?;
    assert_eq!(
        off.header("location"),
        "/supervisor?show=shelved&done=unshelved"
    );
    assert!(page(&world, "/supervisor").await?.contains("霜冻"));
    world.delete("supervisor", &path).await?.expect(200)?;
    let log = page(&world, "/supervisor/audit?table=alarm_shelving").await?;
    assert!(
        log.contains("正在点火熏烟") && log.contains("<b>supervisor</b>"),
        "{log}"
    );
    world
        .put("supervisor", "/api/v1/alarms/999/shelving", &wanted)
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn an_alarm_is_given_to_somebody_who_may_see_it_and_to_nobody_else() -> Outcome {
    let world = World::new().await?;
    let id = frost(&world).await?;
    let path = format!("/api/v1/alarms/{id}/assignment");
    for nobody in ["producer", "lab", "who"] {
        let refused = world
            .put("supervisor", &path, &json!({ "account": nobody }))
            .await?;
        assert_eq!(refused.expect(422)?.json()?["field"], "account", "{nobody}");
    }
    let form = format!("/supervisor/alarms/{id}/assign");
    world
        .submit("supervisor", &form, "account=operator")
        .await?
        .expect(303)?;
    let found = alarms(&world, "grouped=true&q=P1").await?;
    assert_eq!(found[0]["assigned_to"], "operator");
    let shown = page(&world, "/supervisor?q=p1&severity=critical").await?;
    assert!(shown.contains("<b>operator</b>"), "{shown}");
    assert!(
        !shown.contains("data-stream"),
        "a searched list stays as it is"
    );
    assert!(
        !page(&world, "/supervisor?severity=low")
            .await?
            .contains("霜冻")
    );
    world
        .put("supervisor", &path, &json!({ "account": null }))
        .await?
        .expect(200)?;
    assert_eq!(alarms(&world, "q=p1").await?[0]["assigned_to"], Value::Null);
    let form = format!("/supervisor/alarms/{id}/shelve");
    let refused = world
        .submit("supervisor", &form, "minutes=x&reason=y")
        .await?;
    assert!(refused.expect(422)?.text().contains("须为 1 至 480 分钟"));
    Ok(())
}

#[tokio::test]
async fn a_farm_shows_its_readings_over_any_time_with_gaps_and_limits() -> Outcome {
    let world = World::new().await?;
    frost(&world).await?;
    let list = page(&world, "/supervisor/farms").await?;
    let own = format!("/supervisor/farms/{}", world.own.plot);
    assert!(
        list.contains(&format!("href=\"{own}\"")) && list.contains("有告警"),
        "{list}"
    );
    assert!(
        page(&world, "/supervisor/farms?state=bare")
            .await?
            .contains("大米公司")
    );
    assert!(
        !page(&world, "/supervisor/farms?q=%E8%8E%93%E8%8C%B6")
            .await?
            .contains("大米公司")
    );
    let day = page(&world, &format!("{own}?range=24h")).await?;
    assert!(
        day.contains("每 20 分钟平均") && day.contains("class=\"hole\""),
        "{day}"
    );
    assert!(
        day.contains("class=\"limit") && day.contains("gw / p1"),
        "{day}"
    );
    for (range, words) in [
        ("7d", "每小时平均"),
        ("30d", "每 6 小时平均"),
        ("", "每小时平均"),
    ] {
        let shown = page(&world, &format!("{own}?range={range}")).await?;
        assert!(shown.contains(words), "{range}: {shown}");
    }
    let year = format!("{own}?range=own&from=2026-01-01&to=2026-11-23");
    assert!(page(&world, &year).await?.contains("日平均"));
    let turned = format!("{own}?range=own&from=2026-11-23&to=2026-11-01");
    world.get("supervisor", &turned).await?.expect(422)?;
    world
        .get("supervisor", "/supervisor/farms/999")
        .await?
        .expect(404)?;
    let csv = "/supervisor/probes/gw/p1/readings.csv?from=2026-11-23&to=2026-11-23";
    let sheet = page(&world, csv).await?;
    let lines: Vec<_> = sheet.lines().collect();
    assert_eq!(lines.len(), 3, "{sheet}");
    assert!(
        lines[0].ends_with("time,temperature (Cel),humidity (%RH)"),
        "{sheet}"
    );
    assert_eq!(lines[1], "2026-11-23T11:10:00+08:00,-1,");
    let none = "/supervisor/probes/gw/p2/readings.csv?from=2026-11-23&to=2026-11-23";
    world.get("supervisor", none).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_lot_is_found_held_and_set_free_and_a_refusal_keeps_what_was_typed() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let code = lot["code"].as_str().ok_or("no code")?;
    let found = page(
        &world,
        &format!("/supervisor/lots?q={code}&state=released&sort=code"),
    )
    .await?;
    assert!(found.contains(code), "{found}");
    assert!(
        !page(&world, "/supervisor/lots?state=held")
            .await?
            .contains(code)
    );
    let path = format!("/supervisor/lots/{}", lot["id"]);
    let shown = page(&world, &path).await?;
    assert!(
        shown.contains("冻结批次") && !shown.contains("放行批次"),
        "{shown}"
    );
    let form = |request, reason: &str| format!("request={}&reason={reason}", request_id(request));
    let refused = world
        .submit("supervisor", &format!("{path}/hold"), &form(90, "+"))
        .await?;
    refused.expect(422)?;
    let hold = form(91, "abc");
    let stopped = world
        .submit("supervisor", &format!("{path}/hold"), &hold)
        .await?
        .expect(303)?;
    assert_eq!(stopped.header("location"), format!("{path}?done=held"));
    world
        .submit("supervisor", &format!("{path}/hold"), &hold)
        .await?
        .expect(303)?;
    let again = world
        .submit("supervisor", &format!("{path}/hold"), &form(92, "again"))
        .await?;
    let again = again.expect(409)?.text();
    assert!(again.contains("value=\"again\""), "{again}");
    world
        .submit("supervisor", &format!("{path}/release"), &form(93, "ok"))
        .await?
        .expect(303)?;
    assert!(page(&world, &path).await?.contains("abc"));
    let growing = grow(&world, 11).await?;
    let path = format!("/supervisor/lots/{}", growing["id"]);
    let waive = world
        .submit("supervisor", &format!("{path}/waive"), &form(94, "storm"))
        .await?;
    waive.expect(303)?;
    let waived = page(&world, &path).await?;
    assert!(
        waived.contains("准予提前采收") && !waived.contains("/waive\""),
        "{waived}"
    );
    world
        .get("supervisor", "/supervisor/lots/999")
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_list_of_lots_goes_on_where_its_page_ends() -> Outcome {
    let world = World::new().await?;
    for request in 1..=52 {
        super::lots::register(&world, request).await?;
    }
    let first = page(&world, "/supervisor/lots?sort=code").await?;
    assert_eq!(first.matches("class=\"tall code\"").count(), 50);
    let at = first.find("&#38;after=").ok_or("no next page")?;
    let number: String = first[at + 11..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let second = page(
        &world,
        &format!("/supervisor/lots?sort=code&after={number}"),
    )
    .await?;
    assert_eq!(second.matches("class=\"tall code\"").count(), 2);
    assert!(second.contains("第一页") && !second.contains("下一页"));
    Ok(())
}

/// A lot of leaf, what was made of it, and a shop that got of that.
async fn spread(world: &World) -> Fallible<(Value, Value, i64)> {
    let leaf = released(world, 1).await?;
    let tea = process(world, 21, &[(&leaf, 100.0)], 30.0).await?;
    step(world, "producer", (&tea, "release"), &super::life::why(23))
        .await?
        .expect(200)?;
    let shop = party(world, "buyer", "演示商店").await?;
    let sent = json!({ "request_id": request_id(25), "to_party_id": shop, "quantity": 9 });
    step(world, "producer", (&tea, "shipments"), &sent)
        .await?
        .expect(201)?;
    Ok((leaf, tea, shop))
}

#[tokio::test]
async fn a_recall_is_seen_before_it_is_made_confirmed_by_its_code_and_followed() -> Outcome {
    let world = World::new().await?;
    let (leaf, tea, shop) = spread(&world).await?;
    let path = format!("/supervisor/lots/{}/recall", leaf["id"]);
    let plan = page(&world, &path).await?;
    let (code, made) = (
        leaf["code"].as_str().ok_or("no code")?,
        tea["code"].as_str().ok_or("no code")?,
    );
    for seen in [
        code,
        made,
        "演示商店",
        "class=\"flow sent\"",
        "将召回 2 个批次",
    ] {
        assert!(plan.contains(seen), "{seen}: {plan}");
    }
    let form = |request, kind: &str, confirm: &str| {
        let request = request_id(request);
        format!("request={request}&kind={kind}&reason=r1&confirm={confirm}&notice=&notice_en=")
    };
    let refused = world
        .submit("supervisor", &path, &form(40, "recall", "X"))
        .await?;
    let refused = refused.expect(422)?.text();
    assert!(
        refused.contains("value=\"r1\"") && refused.contains("value=\"X\""),
        "{refused}"
    );
    let drill = world
        .submit("supervisor", &path, &form(41, "drill", ""))
        .await?
        .expect(303)?;
    let drilled = page(&world, drill.header("location")).await?;
    assert!(
        drilled.contains("演练完成") && !drilled.contains("/calls\""),
        "{drilled}"
    );
    let wanted = form(42, "recall", &code.to_lowercase());
    let done = world
        .submit("supervisor", &path, &wanted)
        .await?
        .expect(303)?;
    let location = done.header("location").to_owned();
    let twice = world
        .submit("supervisor", &path, &wanted)
        .await?
        .expect(303)?;
    assert_eq!(
        twice.header("location"),
        location,
        "a double click calls back once"
    );
    let recall = location.split('?').next().unwrap_or_default().to_owned();
    let shown = page(&world, &location).await?;
    assert!(
        shown.contains("召回已生效") && shown.contains("已联系 0 / 2</label>"),
        "{shown}"
    );
    assert!(page(&world, "/supervisor/recalls").await?.contains(&recall));
    the_shop_is_called_and_the_notice_reworded(&world, &recall, shop).await?;
    let log = page(&world, "/supervisor/audit?table=recall&account=supervisor").await?;
    assert!(log.contains("r1"), "{log}");
    world
        .submit("producer", &path, &wanted)
        .await?
        .expect(403)?;
    Ok(())
}

async fn the_shop_is_called_and_the_notice_reworded(
    world: &World,
    recall: &str,
    shop: i64,
) -> Outcome {
    let call = |request, holder| {
        let request = request_id(request);
        format!("request={request}&kind=party&holder={holder}&note=back+tomorrow")
    };
    let calls = format!("{recall}/calls");
    world
        .submit("supervisor", &calls, &call(50, 999))
        .await?
        .expect(422)?;
    for _ in 0..2 {
        world
            .submit("supervisor", &calls, &call(51, shop))
            .await?
            .expect(303)?;
    }
    let shown = page(world, recall).await?;
    assert!(
        shown.contains("已联系 1 / 2</label>") && shown.contains("back tomorrow"),
        "{shown}"
    );
    let api = recall.replace("/supervisor", "/api/v1");
    let kept = world
        .get("operator", &format!("{api}/calls"))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(kept["calls"].as_array().map(Vec::len), Some(1));
    let notice = format!("{recall}/notice");
    let wording = |version: i32, zh: &str| format!("version={version}&notice={zh}&notice_en=en");
    world
        .submit("supervisor", &notice, &wording(0, "one%0Atwo"))
        .await?
        .expect(303)?;
    let late = world
        .submit("supervisor", &notice, &wording(0, "three"))
        .await?;
    let late = late.expect(409)?.text();
    assert!(
        late.contains("one two") && late.contains(">three</textarea>"),
        "{late}"
    );
    assert!(page(world, &notice).await?.contains("one two"));
    Ok(())
}

#[tokio::test]
async fn a_recall_may_bring_its_own_notice() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let body = json!({ "request_id": request_id(40), "reason": "r", "notice": "请退货" });
    let made = step(&world, "supervisor", (&lot, "recall"), &body)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(made["notice"], "请退货");
    let english = made["notice_en"].as_str().unwrap_or_default();
    assert!(english.starts_with("Recall: "), "{english}");
    Ok(())
}

#[tokio::test]
async fn the_log_and_the_numbers_are_read_at_the_desk() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let path = format!(
        "/supervisor/audit?table=lot&row={}&q=RELEASED&from=2026-11-23&to=2026-11-23",
        lot["id"]
    );
    let log = page(&world, &path).await?;
    assert!(log.contains("released") && log.contains("改前"), "{log}");
    assert!(
        page(&world, "/supervisor/audit?to=2026-01-01")
            .await?
            .contains("没有符合条件的记录")
    );
    world
        .get("supervisor", "/supervisor/audit?from=x")
        .await?
        .expect(422)?;
    let numbers = page(&world, "/supervisor/statistics").await?;
    assert!(
        numbers.contains("2026-11") && numbers.contains("万坪镇"),
        "{numbers}"
    );
    let wrong = page(&world, "/supervisor/statistics?from=2027-01&to=2026-01").await?;
    assert!(wrong.contains("须为 1 至 120 个月"), "{wrong}");
    world
        .get("producer", "/supervisor/statistics")
        .await?
        .expect(403)?;
    Ok(())
}

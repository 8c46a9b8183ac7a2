//! What stands on labels and on what they are printed: the digits beside the code, the operator's
//! templates, the test page, and the desk's pages around them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use label_printer::Format;
use label_printer::mock::{Behaviour, MockPrinter};
use model::gs1::ShortCode;
use serde_json::{Value, json};

use super::Outcome;
use super::life::{released, step};
use super::lots::{issue, register, request_id};
use super::printing::{counts, ledger, printer, spooled};
use super::world::{STEM, World};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// The text of a PDF, as poppler reads it.
fn text_of(pdf: Vec<u8>) -> Fallible<String> {
    let mut child = Command::new("pdftotext")
        .args(["-raw", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("pdftotext must be installed (poppler-utils): {error}"))?;
    let mut stdin = child.stdin.take().ok_or("no pipe")?;
    let writer = std::thread::spawn(move || stdin.write_all(&pdf));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "the pipe broke")??;
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test]
async fn the_digits_beside_a_code_lead_to_its_item() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let issued = issue(&world, &lot, 2, 3).await?;
    let label = &issued["labels"][1];
    let short = ShortCode::parse(label["short"].as_str().ok_or("no digits")?)?;
    let groups = short.groups().collect::<Vec<_>>();
    let link = label["link"]
        .as_str()
        .ok_or("no link")?
        .replacen(STEM, "", 1);
    for typed in [short.to_string(), groups.join("%20"), groups.join("-")] {
        let reply = world
            .visit(&format!("/find?code={typed}"))
            .await?
            .expect(303)?;
        assert_eq!(reply.header("location"), link, "{typed}");
        world
            .visit(&format!("/kiosk/answer?code={typed}"))
            .await?
            .expect(200)?;
    }
    let nobodys = ShortCode::from_random(1);
    world
        .visit(&format!("/find?code={nobodys}"))
        .await?
        .expect(404)?;
    let file = format!("/api/v1/label-runs/{}/file?format=pdf", issued["run"]);
    let text = text_of(world.get("producer", &file).await?.expect(200)?.body)?;
    assert!(text.contains(&groups.join(" ")), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_certified_lot_has_the_rules_words_on_its_labels() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let words = async || -> Fallible<bool> {
        let issued = issue(&world, &lot, 2, 1).await?;
        let file = format!("/api/v1/label-runs/{}/file?format=pdf", issued["run"]);
        let text = text_of(world.get("producer", &file).await?.expect(200)?.body)?;
        Ok(text.contains("承诺达标合格证"))
    };
    assert!(!words().await?);
    let body = json!({ "request_id": request_id(90), "basis": "quality_control" });
    step(&world, "producer", (&lot, "certificates"), &body)
        .await?
        .expect(201)?;
    assert!(words().await?);
    Ok(())
}

#[tokio::test]
async fn an_operators_template_is_used_and_a_broken_one_says_where() -> Outcome {
    let world = World::new().await?;
    let path = "/api/v1/label-templates";
    let listed = world.get("producer", path).await?.expect(200)?.json()?;
    let found = |name: &str| {
        let all = listed["templates"].as_array();
        all.and_then(|all| all.iter().find(|one| one["name"] == name))
            .cloned()
    };
    let own = found("crate-105x75").ok_or("it is not listed")?;
    assert_eq!(
        (&own["size"], &own["built_in"]),
        (&json!("105x75mm"), &json!(false))
    );
    let sheet = found("a4-3x8").ok_or("no sheet")?;
    assert_eq!(
        sheet["sheet"],
        json!({ "page": "210x297mm", "columns": 3, "rows": 8 })
    );
    let told = "broken, line 2: code_mm_max is 500; it must be 10 to 200";
    assert_eq!(found("broken").ok_or("it is hidden")?["error"], told);
    let text = world
        .get("operator", &format!("{path}/crate-105x75"))
        .await?;
    assert!(text.expect(200)?.text().contains("base = \"100x70mm\""));
    let lot = register(&world, 1).await?;
    let labels = format!("/api/v1/lots/{}/labels", lot["id"]);
    let body = |size: &str, request| json!({ "request_id": request_id(request), "count": 2, "size": size });
    let run = world
        .post("producer", &labels, &body("crate-105x75", 2))
        .await?;
    let run = run.expect(201)?.json()?;
    assert_eq!(run["size"], "crate-105x75");
    let file = format!("/api/v1/label-runs/{}/file?format=tspl", run["run"]);
    let tspl = world.get("producer", &file).await?.expect(200)?;
    assert!(tspl.body.starts_with(b"SIZE 105 mm,75 mm"));
    let refused = world.post("producer", &labels, &body("broken", 3)).await?;
    let refused = refused.expect(422)?.json()?;
    assert_eq!(
        (&refused["field"], &refused["detail"]),
        (&json!("size"), &json!(told))
    );
    Ok(())
}

/// What cannot be previewed, the member that is at fault, and what is told.
fn wrong_previews() -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (
            json!({ "text": "size = \"40x30mm\"\nmargin_mm = 99\n" }),
            "template",
            "line 2: margin_mm",
        ),
        (
            json!({ "text": "size = \"0x30mm\"\n" }),
            "template",
            "line 1: size",
        ),
        (
            json!({ "text": "colour = 1\n" }),
            "template",
            "line 1: unknown field `colour`",
        ),
        (
            json!({ "text": "base = \"../x.toml\"\n" }),
            "template",
            "line 1: base",
        ),
        (
            json!({ "name": "none" }),
            "template",
            "there is no template",
        ),
        (
            json!({ "name": "40x30mm", "dpi": 1 }),
            "dpi",
            "no printer resolution",
        ),
        (
            json!({ "name": "40x30mm", "texts": { "colour": "red" } }),
            "texts",
            "no field",
        ),
        (
            json!({ "name": "40x30mm", "texts": { "product": "茶🍵" } }),
            "label",
            "U+1F375",
        ),
        (
            json!({ "name": "40x30mm", "texts": { "product": "茶".repeat(300) } }),
            "label",
            "the product does not fit",
        ),
        (
            json!({ "name": "40x30mm", "link": "https://example.cn/" }),
            "label",
            "Digital Link",
        ),
        (
            json!({ "name": "40x30mm", "format": "bmp" }),
            "format",
            "png or svg",
        ),
    ]
}

#[tokio::test]
async fn a_template_is_looked_at_before_it_is_kept() -> Outcome {
    let world = World::new().await?;
    let path = "/api/v1/label-templates/preview";
    let own = "base = \"crate-105x75.toml\"\nmargin_mm = 3\n";
    for body in [
        json!({ "name": "a4-3x8" }),
        json!({ "text": own, "dpi": 300 }),
        json!({ "name": "60x40mm", "texts": { "product": "石堤红心猕猴桃" },
            "link": "https://example.cn/01/09506000134352" }),
    ] {
        let reply = world.post("operator", path, &body).await?.expect(200)?;
        assert_eq!(reply.header("content-type"), "image/png", "{body}");
        assert!(reply.body.starts_with(b"\x89PNG"), "{body}");
    }
    let svg = json!({ "name": "40x30mm", "format": "svg" });
    let svg = world.post("producer", path, &svg).await?.expect(200)?;
    assert!(svg.body.starts_with(b"<svg"));
    for (body, field, told) in wrong_previews() {
        let refused = world
            .post("operator", path, &body)
            .await?
            .expect(422)?
            .json()?;
        assert_eq!(refused["field"], field, "{body}: {refused}");
        let detail = refused["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(told), "{body}: {detail}");
    }
    Ok(())
}

#[tokio::test]
async fn a_test_page_is_printed_or_downloaded_and_moves_with_the_offset() -> Outcome {
    let world = World::new().await?;
    let mock = MockPrinter::start(Behaviour::good(Format::Tspl))?;
    let id = printer(&world, &mock.address()).await?;
    let path = format!("/api/v1/printers/{id}/test-page?size=50x30mm");
    let plain = world.get("supervisor", &path).await?.expect(200)?;
    assert!(plain.body.starts_with(b"SIZE 50 mm,30 mm"));
    assert!(plain.header("content-disposition").contains("test-page-"));
    world
        .post("operator", &path, &json!({}))
        .await?
        .expect(204)?;
    assert_eq!((mock.count(), mock.complaints()), (1, Vec::new()));
    let habits = format!("/producer/printers/{id}");
    let form = "x=-2.5&y=1&scale=";
    world.submit("producer", &habits, form).await?.expect(303)?;
    let moved = world.get("producer", &path).await?.expect(200)?;
    assert!(moved.body != plain.body && moved.body.len() == plain.body.len());
    let page = world.get("producer", &habits).await?.expect(200)?.text();
    assert!(
        page.contains("value=\"-2.5\"") && page.contains("-2.5 / 1 mm"),
        "{page}"
    );
    world
        .submit("producer", &habits, "x=21&y=0")
        .await?
        .expect(422)?;
    let test = format!("{habits}/test-page");
    world
        .submit("producer", &test, "size=40x30mm")
        .await?
        .expect(303)?;
    assert_eq!(mock.count(), 2);
    drop(mock);
    let away = world
        .submit("producer", &test, "size=40x30mm")
        .await?
        .expect(409)?;
    assert!(away.text().contains("打印机没有接收"));
    let office = json!({ "name": "办公室", "language": "pdf", "dpi": 300, "scale": 1.01 });
    let office = world.post("operator", "/api/v1/printers", &office).await?;
    let office = office.expect(201)?.json()?["id"].clone();
    let path = format!("/api/v1/printers/{office}/test-page?size=a4-3x8");
    assert!(
        world
            .get("producer", &path)
            .await?
            .expect(200)?
            .body
            .starts_with(b"%PDF")
    );
    world
        .post("producer", &path, &json!({}))
        .await?
        .expect(422)?;
    world
        .get("producer", "/api/v1/printers/999/test-page")
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn the_desk_prints_a_run_and_keeps_its_ledger() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let run = issue(&world, &lot, 2, 24).await?["run"].clone();
    let mock = MockPrinter::start(Behaviour::good(Format::Tspl))?;
    let printer = printer(&world, &mock.address()).await?;
    let path = format!("/producer/runs/{run}");
    let page = world.get("producer", &path).await?.expect(200)?.text();
    assert!(page.contains("还没有打印任务") && page.matches("name=\"start_at\"").count() == 24);
    let form = |request, first| {
        format!(
            "request={}&printer={printer}&first={first}&last=12&reason=",
            request_id(request)
        )
    };
    let jobs = format!("{path}/jobs");
    world
        .submit("producer", &jobs, &form(3, "0"))
        .await?
        .expect(422)?;
    world
        .submit("producer", &jobs, &form(3, ""))
        .await?
        .expect(303)?;
    let job = ledger(&world, &run).await?["jobs"][0].clone();
    spooled(&world, &job, "done").await?;
    assert_eq!(mock.count(), 12);
    let refused = world
        .submit("producer", &jobs, &form(4, "12"))
        .await?
        .expect(422)?;
    assert!(refused.text().contains("请填写补打原因"));
    let line = format!(
        "request={}&kind=spoiled&first=3&last=4&reason=%E5%8D%A1%E7%BA%B8",
        request_id(5)
    );
    world
        .submit("producer", &format!("{path}/ledger"), &line)
        .await?
        .expect(303)?;
    assert_eq!(counts(&ledger(&world, &run).await?), [24, 12, 2, 0]);
    let page = world.get("producer", &path).await?.expect(200)?.text();
    for shown in ["完成", "卡纸", "第 3–4 枚", "value=\"13\""] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let command = format!("/producer/jobs/{}", job["id"].as_i64().ok_or("no job")?);
    world
        .submit("producer", &command, "do=resume&from=1")
        .await?
        .expect(409)?;
    world
        .submit("rival", &command, "do=cancel")
        .await?
        .expect(404)?;
    let pdf = format!("{path}/labels.pdf?template=a4-3x8&start_at=13&first=13&last=&printer=");
    assert!(
        world
            .get("producer", &pdf)
            .await?
            .expect(200)?
            .body
            .starts_with(b"%PDF")
    );
    for wrong in ["start_at=25", "start_at=x", "first=99"] {
        let pdf = format!("{path}/labels.pdf?template=a4-3x8&{wrong}");
        world.get("producer", &pdf).await?.expect(422)?;
    }
    for own in [path.clone(), format!("{path}/labels.pdf?template=a4-3x8")] {
        world.get("rival", &own).await?.expect(404)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_label_page_shows_each_medium_with_its_measures() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let page = format!("/producer/lots/{}", lot["id"]);
    let media = format!("{page}/labels");
    let shown = world.get("producer", &media).await?.expect(200)?.text();
    assert!(
        shown.contains("QR ") && shown.contains("模块 0.5") && shown.contains("静区 4"),
        "{shown}"
    );
    assert!(shown.contains("crate-105x75") && !shown.contains("value=\"broken\""));
    let wide = world
        .get("producer", &format!("{media}?media=100x70mm"))
        .await?;
    let wide = wide.expect(200)?.text();
    assert!(wide.contains("value=\"100x70mm\" selected") && wide.contains("模块 0.88 mm"));
    let svg = format!("{page}/preview.svg?media=a4-3x8");
    let svg = world.get("producer", &svg).await?.expect(200)?.text();
    assert!(svg.contains("width=\"70mm\""));
    let unknown: Value = world
        .get("producer", &format!("{page}/preview.svg?media=none"))
        .await?
        .expect(422)?
        .json()?;
    assert_eq!(unknown["field"], "media");
    Ok(())
}

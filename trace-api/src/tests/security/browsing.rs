//! Forced browsing: staff of one producer who write the number of another's thing into an address.
//! It is not there, on every route that producers have, whether it reads or changes.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};
use store::account::Role;

use crate::authority::rules;
use crate::openapi;
use crate::rule::upload::tests::{small_jpeg, small_png};
use crate::tests::Outcome;
use crate::tests::life::{released, step};
use crate::tests::lots::{issue, request_id};
use crate::tests::world::World;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// The victim's name.
const NAME: &str = "莓茶合作社";
/// What stands for a variable whose word is not known here.
const FIRST: &str = "1";
/// What a report says beside its file.
const REPORT: &str = "?request_id=00000000-0000-4000-8000-000000000097&laboratory=x&number=1\
                      &issued_on=2026-11-20";

/// Everybody who signed in may look at these: devices, and what belongs to no producer.
const EVERYBODYS: [&str; 5] = [
    "/api/v1/gateways/",
    "/api/v1/sessions/",
    "/api/v1/label-templates/",
    "/api/v1/recalls/",
    "/api/v1/shipments/",
];

/// What a producer has that the rival is after: for each word of an address before a variable, what
/// to put there.
struct Victim {
    things: Vec<(&'static str, String)>,
    /// The hash of a file, and of a picture of a record.
    hashes: [String; 2],
    serial: String,
}

impl Victim {
    /// Gives the first producer one of everything that has an address.
    #[expect(clippy::too_many_lines, reason = "one list, read from top to bottom")]
    async fn new(world: &World) -> Fallible<Self> {
        let lot = released(world, 1).await?;
        let run = issue(world, &lot, 50, 3).await?;
        let serial = run["labels"][0]["serial"].as_str().unwrap_or_default();
        let certificate = step(
            world,
            "producer",
            (&lot, "certificates"),
            &json!({ "request_id": request_id(60), "basis": "quality_control" }),
        )
        .await?
        .expect(201)?
        .json()?;
        let printer = json!({ "name": "包装间", "address": "tcp://127.0.0.1:9",
            "language": "tspl", "dpi": 203, "producer_id": world.own.producer });
        let printer = world.post("operator", "/api/v1/printers", &printer).await?;
        let printer = printer.expect(201)?.json()?;
        let job = json!({ "request_id": request_id(61), "printer_id": printer["id"],
            "first": 1, "last": 1 });
        let path = format!("/api/v1/label-runs/{}/jobs", run["run"]);
        let job = world
            .post("producer", &path, &job)
            .await?
            .expect(201)?
            .json()?;
        let files = format!("/api/v1/producers/{}/files", world.own.producer);
        let file = post_file(world, &files, small_png()).await?;
        let record = json!({ "id": request_id(70), "plot_id": world.own.plot,
            "kind": "irrigation", "done_on": "2026-10-01" });
        world
            .post("producer", "/api/v1/records", &record)
            .await?
            .expect(201)?;
        let pictures = format!("/api/v1/records/{}/pictures", request_id(70));
        let picture = post_file(world, &pictures, small_jpeg()).await?;
        let input = json!({ "id": request_id(71), "kind": "pesticide", "name": "吡虫啉",
            "registration": "PD20080000", "interval_days": 14, "unit": "g" });
        world
            .post("producer", "/api/v1/inputs", &input)
            .await?
            .expect(201)?;
        let credential = json!({ "id": request_id(72), "kind": "green", "number": "LB-1",
            "issuer": "演示认证机构", "valid_from": "2026-01-01", "valid_to": "2027-01-01" });
        world
            .post("producer", "/api/v1/credentials", &credential)
            .await?
            .expect(201)?;
        let report = format!(
            "/api/v1/lots/{}/reports?request_id={}&laboratory=x&number=1&issued_on=2026-11-20",
            lot["id"],
            request_id(73)
        );
        let pdf = b"%PDF-1.7\ntrailer\n<<>>\n%%EOF\n".to_vec();
        let report = post_file(world, &report, pdf).await?;
        let products = world
            .get("producer", "/api/v1/products")
            .await?
            .expect(200)?
            .json()?;
        let text = |value: &Value| value.to_string().trim_matches('"').to_owned();
        Ok(Self {
            things: vec![
                ("lots", text(&lot["id"])),
                ("runs", text(&run["run"])),
                ("label-runs", text(&run["run"])),
                ("certificates", text(&certificate["id"])),
                ("jobs", text(&job["id"])),
                ("print-jobs", text(&job["id"])),
                ("producers", world.own.producer.to_string()),
                ("plots", world.own.plot.to_string()),
                ("products", text(&products["products"][0]["id"])),
                ("records", request_id(70)),
                ("inputs", request_id(71)),
                ("credentials", request_id(72)),
                ("reports", text(&report["id"])),
                ("printers", text(&printer["id"])),
            ],
            hashes: [text(&file["sha256"]), text(&picture["sha256"])],
            serial: serial.to_owned(),
        })
    }

    /// Whether each variable of a route is something that the victim has.
    fn knows(&self, path: &str) -> bool {
        let words: Vec<_> = path.split('/').collect();
        words.windows(2).all(|pair| {
            let known = self.things.iter().any(|(name, _)| *name == pair[0]);
            !pair[1].starts_with('{') || known || matches!(pair[0], "labels" | "files" | "pictures")
        })
    }

    /// A route's address with the producer's own things in it.
    fn address(&self, path: &str) -> String {
        let mut before = "";
        let mut words = Vec::new();
        for word in path.split('/') {
            let filled = match (before, word) {
                ("labels", "{file}") => format!("{}.png", self.serial),
                ("files", "{sha256}") => self.hashes[0].clone(),
                ("pictures", "{sha256}") => self.hashes[1].clone(),
                (_, word) if word.starts_with('{') => {
                    let mut known = self.things.iter();
                    let known = known.find(|(name, _)| *name == before);
                    // The first of its kind is never the rival's, who has nothing of the kind.
                    known.map_or_else(|| FIRST.to_owned(), |(_, thing)| thing.clone())
                }
                (_, word) => word.to_owned(),
            };
            words.push(filled);
            before = word;
        }
        words.join("/")
    }
}

async fn post_file(world: &World, path: &str, file: Vec<u8>) -> Fallible<Value> {
    let request = world.request(Some("producer"), Method::POST, path).await?;
    let media = if file.starts_with(b"%PDF") {
        "application/pdf"
    } else {
        "image/jpeg"
    };
    let request = request.header(header::CONTENT_TYPE, media);
    world
        .send(request.body(Body::from(file))?)
        .await?
        .expect(201)?
        .json()
}

/// Routes with variables that producers have and that are not everybody's.
fn routes() -> impl Iterator<Item = (&'static Method, &'static str)> {
    let own = rules().filter(|(_, path, action)| {
        let theirs = action.is_allowed(Some(Role::Producer)) && !action.is_allowed(None);
        let is_everybodys = EVERYBODYS.iter().any(|begin| path.starts_with(begin));
        theirs && path.contains('{') && !is_everybodys
    });
    own.map(|(method, path, _)| (method, *path))
}

/// A body that the route reads: the contract's example with the rival's own plot and product, or
/// every field that a page's form has.
fn body(world: &World, method: &Method, path: &str) -> (Vec<u8>, &'static str) {
    let document = openapi();
    let name = method.as_str().to_lowercase();
    let content = &document["paths"][path][name.as_str()]["requestBody"]["content"];
    if let Some(files) = content.as_object() {
        if files.contains_key("application/json") {
            let mut example = content["application/json"]["example"].clone();
            for (name, own) in [
                ("plot_id", json!(world.rival.plot)),
                ("gtin", json!(world.rival.gtin)),
                ("producer_id", json!(world.rival.producer)),
            ] {
                if example.get(name).is_some() {
                    example[name] = own;
                }
            }
            return (example.to_string().into_bytes(), "application/json");
        }
        if files.contains_key("image/jpeg") {
            return (small_jpeg(), "image/jpeg");
        }
        let pdf = b"%PDF-1.7\ntrailer\n<<>>\n%%EOF\n";
        return (pdf.to_vec(), "application/pdf");
    }
    let form = format!(
        "request={}&count=1&size=40x30mm&printer=1&first=1&last=1&kind=spoiled&reason=x&x=0&y=0\
         &scale=1&do=pause&command=pause&act=pause&base=1&version=1&quantity=1&unit=KGM\
         &harvested=2026-11-20&harvested_on=2026-11-20&started=2026-11-10&plot=1&product=1\
         &basis=quality_control&next=1&name=x&id={}&done_on=2026-11-20&person=x&dose=1&area_mu=1",
        request_id(99),
        request_id(98)
    );
    (form.into_bytes(), "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn what_is_another_producers_is_not_there_on_any_route() -> Outcome {
    let world = World::new().await?;
    let victim = Victim::new(&world).await?;
    let (mut wrong, mut done) = (Vec::new(), BTreeSet::new());
    for (method, path) in routes() {
        let address = victim.address(path);
        let query = match *method {
            Method::GET if path.starts_with("/api/v1/certificates") => "?size=a4",
            Method::GET => "?basis=quality_control&format=pdf&template=a4-3x8&size=40x30mm",
            _ if path.ends_with("/reports") => REPORT,
            _ => "",
        };
        let (body, media) = body(&world, method, path);
        let request = world
            .request(Some("rival"), method.clone(), &format!("{address}{query}"))
            .await?;
        let body = if *method == Method::GET {
            Body::empty()
        } else {
            Body::from(body)
        };
        let request = request
            .header(header::CONTENT_TYPE, media)
            .header("if-match", "\"1\"")
            .body(body)?;
        let reply = world.send(request).await?;
        // A page's form that this test does not know is refused before anything is looked for.
        let unread = *method != Method::GET && !path.starts_with("/api/");
        let refused = reply.status == 404 || unread && matches!(reply.status.as_u16(), 400 | 422);
        let tells = reply.text().contains(NAME);
        if tells || (!refused && victim.knows(path)) {
            wrong.push(format!(
                "{method} {address}: {} {}",
                reply.status,
                reply.text()
            ));
        }
        done.insert((method.to_string(), path));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(done.len() > 40, "only {} routes", done.len());
    Ok(())
}

#[tokio::test]
async fn what_the_rival_must_not_see_its_owner_sees() -> Outcome {
    let world = World::new().await?;
    let victim = Victim::new(&world).await?;
    let mut seen = 0;
    for (method, path) in routes().filter(|(method, _)| **method == Method::GET) {
        if !victim.knows(path) {
            continue;
        }
        let address = victim.address(path);
        // Where a page needs more than its address, it says so: it is there all the same.
        let status = world.get("producer", &address).await?.status;
        assert_ne!(status, 404, "{method} {address}");
        assert!(!status.is_server_error(), "{method} {address}: {status}");
        seen += usize::from(status.is_success());
    }
    assert!(seen > 15, "only {seen} addresses lead anywhere");
    Ok(())
}

#[tokio::test]
async fn lists_have_nothing_of_another_producer() -> Outcome {
    let world = World::new().await?;
    let victim = Victim::new(&world).await?;
    for (method, path, action) in rules() {
        let lists = *method == Method::GET && !path.contains('{') && path.starts_with("/api/v1/");
        if !lists || !action.is_allowed(Some(Role::Producer)) {
            continue;
        }
        let told = world.get("rival", path).await?.text();
        assert!(!told.contains(NAME), "{path}: {told}");
        assert!(!told.contains(&victim.serial), "{path}: {told}");
        assert!(!told.contains(&victim.hashes[0]), "{path}: {told}");
    }
    Ok(())
}

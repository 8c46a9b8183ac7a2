//! Script injection, stored and reflected: names, notes and search terms that are written as code
//! come out as letters on every page, and a page allows no code but our files in any case.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, header};
use model::time::Timestamp;
use serde_json::json;
use store::account::{NewAccount, Role};
use store::dead_letter::DeadLetter;
use store::plot::NewPlot;
use store::producer::NewProducer;
use store::product::NewProduct;
use store::{account, dead_letter, plot, producer, product};

use crate::authority::rules;
use crate::tests::Outcome;
use crate::tests::authority::filled;
use crate::tests::lots::request_id;
use crate::tests::world::{NOW, Reply, World};
use crate::token;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A name that is code between tags, and leaves an attribute.
const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
/// Parts of it that must not stand on any page.
const LIVE: [&str; 3] = ["<script>alert", "<img src=x", "'><img"];

/// A county in which everything that has a name has that one.
struct Evil {
    world: World,
    tokens: BTreeMap<&'static str, String>,
    /// Things by the word before their number in an address.
    things: BTreeMap<&'static str, String>,
}

impl Evil {
    async fn new() -> Fallible<Self> {
        let world = World::new().await?;
        let (farm, plot_id, gtin) = farm(&world).await?;
        let mut tokens = BTreeMap::new();
        for role in [Role::Operator, Role::Supervisor, Role::Producer, Role::Lab] {
            let producer = (role == Role::Producer).then_some(farm);
            tokens.insert(role.code(), sign_in(&world, role, producer).await?);
        }
        let mut evil = Self {
            world,
            tokens,
            things: BTreeMap::new(),
        };
        let lot = json!({ "request_id": request_id(1), "gtin": gtin, "plot_id": plot_id,
            "started_on": "2026-11-10", "harvested_on": "2026-11-23", "quantity": 1 });
        let lot = evil
            .post("producer", "/api/v1/lots", &lot.to_string())
            .await?;
        let lot = lot.expect(201)?.json()?;
        evil.things.insert("lots", lot["id"].to_string());
        let labels = json!({ "request_id": request_id(2), "count": 1, "size": "100x70mm" });
        let path = format!("/api/v1/lots/{}/labels", lot["id"]);
        let run = evil.post("producer", &path, &labels.to_string()).await?;
        // Where the name is too long for every label, there is no run to look at.
        if run.status == 201 {
            evil.things.insert("runs", run.json()?["run"].to_string());
        }
        evil.devices().await?;
        Ok(evil)
    }

    /// Devices and what they sent.
    async fn devices(&mut self) -> Outcome {
        let gateway = json!({ "id": "gw", "name": EVIL }).to_string();
        self.post("operator", "/api/v1/gateways", &gateway)
            .await?
            .expect(201)?;
        let profile = json!({ "name": EVIL.replace('/', ""), "interval_seconds": 60,
            "channels": [{ "name": "t", "quantity": "temperature", "unit": "Cel",
                "valid_min": 0, "valid_max": 1, "keys": ["<script>alert(1)"] }] });
        let profile = self
            .post("operator", "/api/v1/profiles", &profile.to_string())
            .await?;
        let profile = profile.expect(201)?.json()?;
        self.things.insert("profiles", profile["id"].to_string());
        let probe = json!({ "name": "p", "profile_id": profile["id"] }).to_string();
        self.post("operator", "/api/v1/gateways/gw/probes", &probe)
            .await?
            .expect(201)?;
        let alias = json!({ "scheme": "tasmota", "external_id": EVIL.replace('\'', "") });
        let path = "/api/v1/gateways/gw/probes/p/aliases";
        self.post("operator", path, &alias.to_string())
            .await?
            .expect(201)?;
        let printer = json!({ "name": EVIL, "address": "tcp://127.0.0.1:9", "language": "tspl",
            "dpi": 203 });
        let printer = self
            .post("operator", "/api/v1/printers", &printer.to_string())
            .await?;
        self.things
            .insert("printers", printer.expect(201)?.json()?["id"].to_string());
        let letter = DeadLetter {
            arrived: Timestamp(NOW.unix_timestamp() * 1_000_000),
            gateway: Some(EVIL.to_owned()),
            topic: EVIL.to_owned(),
            reason: "not_senml",
            detail: EVIL.to_owned(),
            payload: EVIL.as_bytes().to_vec(),
            payload_bytes: EVIL.len(),
        };
        let mut connection = self.world.connection().await?;
        dead_letter::insert_all(&mut connection, &[letter]).await?;
        let kept = dead_letter::list(&mut connection, &dead_letter::Filter::default(), 1).await?;
        self.things.insert("dead-letters", kept[0].id.to_string());
        let id = account::find_by_login(&mut connection, "evil-lab").await?;
        let id = id.ok_or("no account")?.0.id;
        self.things.insert("accounts", id.to_string());
        Ok(())
    }

    async fn post(&self, role: &str, path: &str, body: &str) -> Fallible<Reply> {
        let token = &self.tokens[role];
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        self.world
            .send(request.body(Body::from(body.to_owned()))?)
            .await
    }

    /// What a browser of a role, or of nobody, gets.
    async fn look(&self, role: Option<&'static str>, address: &str) -> Fallible<Reply> {
        let mut request = Request::get(address).header(header::ACCEPT, "text/html");
        if let Some(role) = role {
            let cookie = format!("suyuan_session={}", self.tokens[role]);
            request = request.header(header::COOKIE, cookie);
        }
        self.world.send(request.body(Body::empty())?).await
    }

    /// A page's address with things of this county in it.
    fn address(&self, path: &str) -> String {
        let mut before = "";
        let mut words = Vec::new();
        for word in path.split('/') {
            let thing = self.things.get(before).filter(|_| word == "{id}");
            let name = match word {
                "{gateway}" => "gw".to_owned(),
                "{probe}" => "p".to_owned(),
                word => filled(word),
            };
            words.push(thing.cloned().unwrap_or(name));
            before = word;
        }
        words.join("/")
    }
}

/// Somebody of a role whose name is code, signed in.
async fn sign_in(world: &World, role: Role, producer_id: Option<i64>) -> Fallible<String> {
    let new = NewAccount {
        login: &format!("evil-{}", role.code()),
        display_name: EVIL,
        role,
        producer_id,
        password_hash: "!",
    };
    let mut connection = world.connection().await?;
    let id = account::insert(&mut connection, &new, NOW).await?;
    let token = token::draw_token(&world.state);
    let (hash, end) = (token::hash(&token), NOW + token::session_length());
    account::insert_session(&mut connection, &hash, id, NOW, end).await?;
    Ok(token)
}

/// A producer, a plot and a product whose names are code.
async fn farm(world: &World) -> Fallible<(i64, i64, String)> {
    let mut connection = world.connection().await?;
    let new = NewProducer {
        credit_code: "91433127000000003R",
        name: EVIL,
        name_en: EVIL,
        kind: "cooperative",
        township: EVIL,
        address: EVIL,
        contact: EVIL,
    };
    let producer_id = producer::insert(&mut connection, &new, NOW).await?;
    let new = NewPlot {
        producer_id,
        name: EVIL,
        name_en: EVIL,
        township: EVIL,
        area_mu: 1.0,
        altitude_m: 1,
        latitude: 29.0,
        longitude: 109.0,
    };
    let plot_id = plot::insert(&mut connection, &new).await?;
    let gtin = model::gs1::Gtin::from_body("0200000000003")?.to_string();
    let new = NewProduct {
        producer_id,
        gtin: &gtin,
        name: EVIL,
        name_en: EVIL,
        category: EVIL,
        variety: EVIL,
        specification: EVIL,
        unit: "KGM",
        shelf_life_days: 1,
        regime: "promise",
        season: EVIL,
    };
    product::insert(&mut connection, &new, NOW).await?;
    Ok((producer_id, plot_id, gtin))
}

/// Everything that is wrong with an answer.
fn wrongs(reply: &Reply, address: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if !reply.header("content-type").starts_with("text/html") {
        return wrong;
    }
    let html = reply.text();
    for live in LIVE.into_iter().filter(|live| html.contains(live)) {
        wrong.push(format!("{address} says {live}"));
    }
    for tag in html.split("<script").skip(1) {
        if !tag
            .split('>')
            .next()
            .is_some_and(|head| head.contains(" src=\"/"))
        {
            wrong.push(format!("{address} has a script of its own"));
        }
    }
    let policy = reply.header("content-security-policy");
    if !policy.contains("default-src 'self'") || policy.contains("unsafe-inline") {
        wrong.push(format!("{address} allows {policy:?}"));
    }
    wrong
}

/// Pages, with somebody who may look at each.
fn pages() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    let pages = rules().filter(|(method, path, _)| {
        let streams = path.ends_with("/stream");
        *method == Method::GET && !path.starts_with("/api/") && !streams
    });
    pages.filter_map(|(_, path, action)| {
        if action.is_allowed(None) {
            return Some((*path, None));
        }
        let roles = [Role::Producer, Role::Lab, Role::Supervisor, Role::Operator];
        let role = roles
            .into_iter()
            .find(|role| action.is_allowed(Some(*role)))?;
        Some((*path, Some(role.code())))
    })
}

#[tokio::test]
async fn what_is_stored_as_code_is_shown_as_letters_on_every_page() -> Outcome {
    let evil = Evil::new().await?;
    let (mut wrong, mut said) = (Vec::new(), 0);
    for (path, role) in pages() {
        let address = evil.address(path);
        for lang in ["zh", "en"] {
            let reply = evil.look(role, &format!("{address}?lang={lang}")).await?;
            assert!(
                !reply.status.is_server_error(),
                "{address}: {}",
                reply.text()
            );
            wrong.extend(wrongs(&reply, &address));
            said += usize::from(reply.text().contains("&#60;script&#62;alert(1)"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(said > 30, "only {said} pages said the name at all");
    Ok(())
}

#[tokio::test]
async fn what_an_address_says_as_code_is_shown_as_letters() -> Outcome {
    let evil = Evil::new().await?;
    let code = "%3Cscript%3Ealert(1)%3C/script%3E%22%27%3E%3Cimg%20src=x%20onerror=alert(2)%3E";
    let names = [
        "q", "code", "next", "done", "lang", "size", "reason", "role", "after", "category",
        "state", "sort", "sample", "lot", "error", "part", "text", "query", "search", "producer",
    ];
    let query: Vec<_> = names.iter().map(|name| format!("{name}={code}")).collect();
    let (mut wrong, mut said) = (Vec::new(), 0);
    for (path, role) in pages() {
        let address = evil.address(path);
        let all = std::iter::once(query.join("&")).chain(query.iter().cloned());
        for asked in all {
            let reply = evil.look(role, &format!("{address}?{asked}")).await?;
            assert!(!reply.status.is_server_error(), "{address}?{asked}");
            wrong.extend(wrongs(&reply, &format!("{address}?{asked}")));
            let location = reply.header("location");
            if !location.is_empty() && !location.starts_with('/') {
                wrong.push(format!("{address}?{asked} leads to {location}"));
            }
            said += usize::from(reply.text().contains("&#60;script&#62;alert(1)"));
        }
    }
    for path in [
        format!("/{code}"),
        format!("/01/{code}"),
        format!("/pictures/{code}"),
    ] {
        wrong.extend(wrongs(&evil.look(None, &path).await?, &path));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(said > 5, "only {said} pages said the word at all");
    Ok(())
}

//! Any interleaving of two clients' idempotent writes ends the same: whatever order the network
//! delivers them in, however often, at once or one after the other. Two phones of one producer work
//! without a connection; an edit names the version that it saw, and whoever is told of a conflict
//! puts their own change on what is there and sends again.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Fallible, hold};
use crate::tests::Outcome;
use crate::tests::lots::request_id;
use crate::tests::world::{Reply, World};

/// Records of each client, and how often each is edited by its own client.
const OWN_RECORDS: u32 = 3;
/// Edits that each client makes of the record that both have.
const SHARED_EDITS: usize = 4;

/// What the network does next.
#[derive(Debug, Clone, Copy)]
enum Network {
    /// A client's next write arrives.
    Deliver(usize),
    /// Both clients' next writes arrive at once.
    Both,
    /// A write that a client sent before arrives once more.
    Repeat(usize, usize),
}

fn network() -> impl Strategy<Value = Vec<Network>> {
    let step = prop_oneof![
        4 => (0_usize..2).prop_map(Network::Deliver),
        2 => Just(Network::Both),
        3 => (0_usize..2, any::<prop::sample::Index>())
            .prop_map(|(client, at)| Network::Repeat(client, at.index(1 << 16))),
    ];
    proptest::collection::vec(step, 0..60)
}

/// A write that was sent: method by whether it is an edit, path, body.
#[derive(Debug, Clone)]
struct Sent {
    is_edit: bool,
    path: String,
    body: Value,
}

/// What a client still has to write.
#[derive(Debug, Clone)]
enum Write {
    New(Sent),
    /// A change of the record that both have: one member, one value.
    Edit(&'static str, String),
}

/// A phone.
#[derive(Debug)]
struct Client {
    queue: std::collections::VecDeque<Write>,
    sent: Vec<Sent>,
    /// The shared record as this phone saw it last, and its version.
    seen: (Value, i64),
}

/// The ids of a run; the same writes get other ids in another run.
struct Names {
    base: u32,
    plot: i64,
}

impl Names {
    fn id(&self, at: u32) -> String {
        request_id(self.base + at)
    }

    /// Place of an id in the run.
    fn place(&self, id: &Value) -> Option<u32> {
        let text = id.as_str()?;
        (0..100).find(|at| self.id(*at) == text)
    }

    fn shared(&self) -> Value {
        json!({ "id": self.id(0), "plot_id": self.plot, "kind": "pesticide",
            "done_on": "2026-10-01", "input_id": self.id(1), "dose": 5, "person": "甲",
            "target": "", "note": "" })
    }

    fn input(&self) -> Sent {
        let body = json!({ "id": self.id(1), "kind": "pesticide", "registration": "PD20080000",
            "name": format!("药 {}", self.base), "interval_days": 7, "unit": "g" });
        sent("/api/v1/inputs".to_owned(), body)
    }

    fn client(&self, client: u32) -> Client {
        let mut queue = std::collections::VecDeque::new();
        // Both phones file the same pesticide: the second is the same write from elsewhere.
        queue.push_back(Write::New(self.input()));
        for at in 0..OWN_RECORDS {
            let mut body = self.shared();
            body["id"] = json!(self.id(10 + client * 10 + at));
            body["done_on"] = json!(format!("2026-10-{:02}", 2 + client * 5 + at));
            body["dose"] = json!(at + 1);
            queue.push_back(Write::New(sent("/api/v1/records".to_owned(), body)));
            let purchase = json!({ "id": self.id(40 + client * 10 + at), "amount": 10 + at,
                "bought_on": "2026-09-01", "source": "演示农资店" });
            let path = format!("/api/v1/inputs/{}/purchases", self.id(1));
            queue.push_back(Write::New(sent(path, purchase)));
        }
        // One changes what it was for, the other what is noted.
        let member = ["target", "note"][client as usize];
        for at in 0..SHARED_EDITS {
            let place = 2 + at * 2;
            queue.insert(
                place.min(queue.len()),
                Write::Edit(member, format!("{member} {at}")),
            );
        }
        Client {
            queue,
            sent: Vec::new(),
            seen: (self.shared(), 1),
        }
    }
}

const fn sent(path: String, body: Value) -> Sent {
    Sent {
        is_edit: false,
        path,
        body,
    }
}

async fn deliver(world: &World, sent: &Sent) -> Fallible<Reply> {
    let reply = if sent.is_edit {
        world.put("producer", &sent.path, &sent.body).await?
    } else {
        world.post("producer", &sent.path, &sent.body).await?
    };
    if reply.status.is_success() || (sent.is_edit && reply.status == 409) {
        return Ok(reply);
    }
    Err(format!("{}: {} {}", sent.path, reply.status, reply.text()).into())
}

impl Client {
    /// The next write, as the phone would send it now.
    fn next(&mut self) -> Option<(Write, Sent)> {
        let write = self.queue.pop_front()?;
        let sent = match &write {
            Write::New(sent) => sent.clone(),
            Write::Edit(member, value) => {
                let (mut body, version) = self.seen.clone();
                body[*member] = json!(value);
                body["base_version"] = json!(version);
                let id = body["id"].as_str().unwrap_or_default();
                Sent {
                    is_edit: true,
                    path: format!("/api/v1/records/{id}"),
                    body,
                }
            }
        };
        self.sent.push(sent.clone());
        Some((write, sent))
    }

    /// Takes note of the answer to its own write.
    fn heard(&mut self, write: Write, sent: &Sent, reply: &Reply) -> Fallible<()> {
        if !sent.is_edit {
            return Ok(());
        }
        let told = reply.json()?;
        let is_conflict = reply.status == 409;
        let kept = if is_conflict { &told["current"] } else { &told };
        for member in ["target", "note"] {
            self.seen.0[member] = kept[member].clone();
        }
        self.seen.1 = kept["version"].as_i64().ok_or("no version")?;
        if is_conflict {
            self.queue.push_front(write);
        }
        Ok(())
    }
}

async fn turn(world: &World, client: &mut Client) -> Fallible<()> {
    if let Some((write, sent)) = client.next() {
        let reply = deliver(world, &sent).await?;
        client.heard(write, &sent, &reply)?;
    }
    Ok(())
}

/// Lets two clients write over a network, to the end; returns what is there afterwards.
async fn run(world: &World, base: u32, network: &[Network]) -> Fallible<Value> {
    let names = Names {
        base,
        plot: super::life::place_of(world, base).await?,
    };
    deliver(world, &names.input()).await?;
    let shared = sent("/api/v1/records".to_owned(), names.shared());
    deliver(world, &shared).await?;
    let mut clients = [names.client(0), names.client(1)];
    for step in network {
        let [one, other] = &mut clients;
        match *step {
            Network::Deliver(client) => turn(world, &mut clients[client]).await?,
            Network::Both => {
                let (first, second) = tokio::join!(turn(world, one), turn(world, other));
                first.and(second)?;
            }
            Network::Repeat(client, at) => {
                let sent = &clients[client].sent;
                if let Some(late) = sent.get(at % sent.len().max(1)).cloned() {
                    // Nobody waits for this answer any more.
                    deliver(world, &late).await?;
                }
            }
        }
    }
    for client in &mut clients {
        while !client.queue.is_empty() {
            turn(world, client).await?;
        }
    }
    digest(world, &names).await
}

/// What is there, without what tells one run from another.
async fn digest(world: &World, names: &Names) -> Fallible<Value> {
    let path = format!("/api/v1/records?plot={}", names.plot);
    let listed = world.get("producer", &path).await?.expect(200)?.json()?;
    let mut records: Vec<Value> = listed["records"].as_array().cloned().unwrap_or_default();
    for record in &mut records {
        let place = names
            .place(&record["id"])
            .ok_or("a record of another run")?;
        record["id"] = json!(place);
        record["input_id"] = json!(names.place(&record["input_id"]));
        record["input"] = json!("");
        record["plot_id"] = json!(0);
    }
    records.sort_by_key(|record| record["id"].as_u64());
    let inputs = world
        .get("producer", "/api/v1/inputs")
        .await?
        .expect(200)?
        .json()?;
    let own = inputs["inputs"].as_array().into_iter().flatten();
    let own = own.filter(|input| names.place(&input["id"]) == Some(1));
    let stock: Vec<_> = own.map(|input| input["stock"].clone()).collect();
    Ok(json!({ "records": records, "stock": stock }))
}

#[test]
fn any_interleaving_of_two_clients_writes_ends_the_same() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let world = runtime.block_on(World::new())?;
    let next = AtomicU32::new(1_000);
    let fresh = || next.fetch_add(100, Ordering::Relaxed);
    // One client after the other, everything once.
    let wanted = runtime.block_on(run(&world, fresh(), &[]))?;
    assert_eq!(wanted["records"].as_array().map(Vec::len), Some(7));
    let shared = &wanted["records"][0];
    assert_eq!(
        (&shared["target"], &shared["note"]),
        (&json!("target 3"), &json!("note 3"))
    );
    assert_eq!(
        shared["version"], 9,
        "eight edits, none lost and none twice"
    );
    // Bought 10 + 11 + 12 twice, used 5 once and 1 + 2 + 3 twice.
    assert_eq!(wanted["stock"], json!([49.0]));
    hold(&network(), |network| {
        let ended = runtime.block_on(run(&world, fresh(), &network))?;
        if ended == wanted {
            return Ok(());
        }
        Err(format!("it ended as {ended:#}, not as {wanted:#}").into())
    })
}

//! No sequence of calls reaches an illegal state, a harvest inside the interval without an override,
//! a certificate without its basis, or a recalled label that reads as good: after each call the
//! answer and every lot are what the model says.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use store::plot::{self, NewPlot};
use time::{Date, Duration, macros::date};

use super::calls::{BASES, Call, INTERVALS, calls};
use super::oracle::{Farm, Spraying};
use super::{Fallible, hold};
use crate::tests::Outcome;
use crate::tests::life::party;
use crate::tests::lots::request_id;
use crate::tests::world::{Reply, STEM, World};

const SOWN: Date = date!(2026 - 11 - 10);
const ITEM: &str = "抑制率";

/// A case as it runs.
struct Run<'a> {
    world: &'a World,
    next: &'a AtomicU32,
    hub: i64,
    field: i64,
    workshop: i64,
    farm: Farm,
    lots: Vec<i64>,
    sprayings: Vec<Value>,
    papers: Vec<i64>,
    labels: Vec<(usize, String)>,
}

impl<'a> Run<'a> {
    async fn new((world, hub): (&'a World, i64), next: &'a AtomicU32) -> Fallible<Self> {
        let mut run = Self {
            world,
            next,
            hub,
            field: place(world, next).await?,
            workshop: place(world, next).await?,
            farm: Farm::default(),
            lots: Vec::new(),
            sprayings: Vec::new(),
            papers: Vec::new(),
            labels: Vec::new(),
        };
        for _ in 0..2 {
            let body = json!({ "request_id": run.request(), "gtin": world.own.gtin,
                "plot_id": run.field, "started_on": SOWN.to_string(), "quantity": 400 });
            let made = world.post("producer", "/api/v1/lots", &body).await?;
            run.lots.push(number(&made.expect(201)?.json()?["id"])?);
            run.farm.sow();
        }
        Ok(run)
    }

    fn request(&self) -> String {
        request_id(self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn lot(&self, at: usize) -> usize {
        at % self.lots.len()
    }

    /// Sends a call that has a lot in its path, twice where it is sent twice.
    async fn send(
        &self,
        login: &str,
        path: String,
        mut body: Value,
        twice: bool,
    ) -> Fallible<Reply> {
        if body.get("id").is_none() {
            body["request_id"] = json!(self.request());
        }
        let first = self.world.post(login, &path, &body).await?;
        if first.status.is_server_error() {
            return Err(format!("{path}: {}", first.text()).into());
        }
        if twice && first.status.is_success() {
            let again = self.world.post(login, &path, &body).await?;
            if (again.status, &again.body) != (first.status, &first.body) {
                let told = (first.text(), again.text());
                return Err(format!("{path} sent twice: {told:?}").into());
            }
        }
        Ok(first)
    }

    async fn step(
        &self,
        login: &str,
        (lot, what): (usize, &str),
        body: Value,
        twice: bool,
    ) -> Fallible<Reply> {
        let path = format!("/api/v1/lots/{}/{what}", self.lots[lot]);
        self.send(login, path, body, twice).await
    }

    async fn call(&mut self, call: &Call, twice: bool) -> Fallible<()> {
        let why = json!({ "reason": "演示原因" });
        let (reply, wanted) = match call {
            Call::Spray { .. } | Call::VoidSpraying(_) => {
                return self.field_work(call, twice).await;
            }
            Call::Pack { one, other } => return self.pack(*one, *other, twice).await,
            Call::Certify { .. } | Call::VoidPaper(_) => return self.paper_work(call, twice).await,
            Call::Label(lot) => return self.label(self.lot(*lot), twice).await,
            Call::Harvest { lot, day } => {
                let (lot, cut) = (self.lot(*lot), SOWN + Duration::days(*day));
                let body = json!({ "harvested_on": cut.to_string(), "quantity": 300 });
                let reply = self.step("producer", (lot, "harvest"), body, twice).await?;
                (reply, self.farm.harvest(lot, *day, 300.0))
            }
            Call::Waive(lot) => {
                let lot = self.lot(*lot);
                let reply = self
                    .step("supervisor", (lot, "interval-waiver"), why, twice)
                    .await?;
                (reply, self.farm.waive(lot))
            }
            Call::Sample(lot) => {
                let lot = self.lot(*lot);
                let body = json!({ "code": "S-1" });
                let reply = self.step("lab", (lot, "samples"), body, twice).await?;
                (reply, self.farm.sample(lot))
            }
            Call::Test {
                lot,
                passes,
                laboratory,
            } => {
                let lot = self.lot(*lot);
                let round = if *laboratory { "confirm" } else { "first" };
                let value = if *passes { 12 } else { 72 };
                let body = json!({ "item": ITEM, "method": "GB/T 5009.199-2003", "value": value,
                    "round": round });
                let reply = self.step("lab", (lot, "tests"), body, twice).await?;
                (reply, self.farm.test(lot, *passes, *laboratory))
            }
            _ => return self.late_step(call, twice).await,
        };
        agree(&reply, wanted)
    }

    /// A step of a lot that was harvested.
    async fn late_step(&mut self, call: &Call, twice: bool) -> Fallible<()> {
        let why = json!({ "reason": "演示原因" });
        let (reply, wanted) = match call {
            Call::Release { lot, by_supervisor } => {
                let lot = self.lot(*lot);
                let who = if *by_supervisor {
                    "supervisor"
                } else {
                    "producer"
                };
                let reply = self.step(who, (lot, "release"), why, twice).await?;
                (reply, self.farm.release(lot, *by_supervisor))
            }
            Call::Hold(lot) => {
                let lot = self.lot(*lot);
                let reply = self.step("supervisor", (lot, "hold"), why, twice).await?;
                (reply, self.farm.hold(lot))
            }
            Call::Ship(lot) => {
                let lot = self.lot(*lot);
                let body = json!({ "to_party_id": self.hub, "quantity": 0.01 });
                let reply = self
                    .step("producer", (lot, "shipments"), body, twice)
                    .await?;
                if lot >= 2 && reply.status == 422 {
                    // What came of another may be packed up to the last grain.
                    return Ok(());
                }
                (reply, self.farm.ship(lot))
            }
            Call::SellOut(lot) => {
                let lot = self.lot(*lot);
                let reply = self
                    .step("producer", (lot, "sold-out"), json!({}), twice)
                    .await?;
                (reply, self.farm.sell_out(lot))
            }
            Call::Recall(lot) => {
                let lot = self.lot(*lot);
                let reply = self.step("supervisor", (lot, "recall"), why, twice).await?;
                (reply, self.farm.recall(lot))
            }
            _ => return Ok(()),
        };
        agree(&reply, wanted)
    }

    async fn field_work(&mut self, call: &Call, twice: bool) -> Fallible<()> {
        match call {
            Call::Spray { lot, day, label } => {
                let lot = lot.map(|lot| lot % 2);
                let body = json!({ "id": self.request(), "plot_id": self.field,
                    "lot_id": lot.map(|lot| self.lots[lot]), "kind": "pesticide",
                    "done_on": (SOWN + Duration::days(*day)).to_string(),
                    "input_id": request_id(*label as u32), "dose": 1, "person": "演示人员" });
                let path = "/api/v1/records".to_owned();
                let reply = self.send("producer", path, body.clone(), twice).await?;
                let spraying = Spraying {
                    lot,
                    day: *day,
                    interval: INTERVALS[*label],
                    voided: false,
                };
                self.sprayings.push(body);
                agree(&reply, self.farm.spray(spraying))
            }
            Call::VoidSpraying(at) if !self.sprayings.is_empty() => {
                let at = at % self.sprayings.len();
                let mut body = self.sprayings[at].clone();
                body["voided"] = json!(true);
                body["base_version"] = json!(1);
                let path = format!(
                    "/api/v1/records/{}",
                    body["id"].as_str().unwrap_or_default()
                );
                // A second void of the same version is the same edit.
                for _ in 0..=usize::from(twice) {
                    self.world
                        .put("producer", &path, &body)
                        .await?
                        .expect(200)?;
                }
                self.farm.sprayings[at].voided = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn pack(&mut self, one: usize, other: Option<usize>, twice: bool) -> Fallible<()> {
        let inputs: Vec<usize> = std::iter::once(one)
            .chain(other)
            .map(|lot| self.lot(lot))
            .collect();
        let parts: Vec<_> = inputs
            .iter()
            .map(|lot| json!({ "lot_id": self.lots[*lot], "quantity": 0.5 }))
            .collect();
        let out = 0.5 * inputs.len() as f64;
        let body = json!({ "plot_id": self.workshop, "kind": "packing", "inputs": parts,
            "outputs": [{ "gtin": self.world.own.gtin, "quantity": out }] });
        let path = "/api/v1/processings".to_owned();
        let reply = self.send("producer", path, body, twice).await?;
        // A lot that came of another may not have half a kilogram left.
        let is_used_up = reply.status == 422 && reply.text().contains("left");
        if is_used_up && inputs.iter().all(|lot| *lot < 2) {
            return Err(reply.text().into());
        }
        if is_used_up {
            return Ok(());
        }
        let wanted = self.farm.pack(&inputs, 0.5);
        agree(&reply, wanted)?;
        if wanted {
            let made = reply.json()?;
            self.lots.push(number(&made["outputs"][0]["lot_id"])?);
        }
        Ok(())
    }

    async fn paper_work(&mut self, call: &Call, twice: bool) -> Fallible<()> {
        match call {
            Call::Certify { lot, basis } => {
                let (lot, basis) = (self.lot(*lot), BASES[*basis]);
                let body = json!({ "basis": basis });
                let reply = self
                    .step("producer", (lot, "certificates"), body, twice)
                    .await?;
                let wanted = self.farm.certify(lot, basis);
                agree(&reply, wanted.is_some())?;
                if let Some(quantity) = wanted {
                    let made = reply.json()?;
                    let said = made["quantity"].as_f64().unwrap_or_default();
                    if (said - quantity).abs() > 1e-6 {
                        return Err(format!("it covers {said}, not {quantity}").into());
                    }
                    self.papers.push(number(&made["id"])?);
                }
                Ok(())
            }
            Call::VoidPaper(at) if !self.papers.is_empty() => {
                let at = at % self.papers.len();
                let path = format!("/api/v1/certificates/{}/void", self.papers[at]);
                let why = json!({ "reason": "演示原因" });
                self.send("producer", path, why, twice).await?.expect(200)?;
                self.farm.papers[at].stands = false;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn label(&mut self, lot: usize, twice: bool) -> Fallible<()> {
        let body = json!({ "count": 1, "size": "40x30mm" });
        let reply = self.step("producer", (lot, "labels"), body, twice).await?;
        let wanted = self.farm.may_label(lot);
        agree(&reply, wanted)?;
        if wanted {
            let made = reply.json()?;
            let link = made["labels"][0]["link"].as_str().ok_or("no link")?;
            let path = link.strip_prefix(STEM).ok_or("another stem")?;
            self.labels.push((lot, path.to_owned()));
        }
        Ok(())
    }

    /// Every lot and every certificate is where the model has it.
    async fn compare(&self) -> Fallible<()> {
        let mut connection = self.world.connection().await?;
        for (at, id) in self.lots.iter().enumerate() {
            let lot = store::lot::find(&mut connection, *id)
                .await?
                .ok_or("no lot")?;
            let wanted = self.farm.lots[at].state;
            if lot.state.code() != wanted {
                return Err(format!("lot {at} is {}, not {wanted}", lot.state).into());
            }
        }
        let issued = store::certificate::list(&mut connection, &self.lots).await?;
        for (paper, id) in self.farm.papers.iter().zip(&self.papers) {
            let kept = issued
                .iter()
                .find(|one| one.id == *id)
                .ok_or("no certificate")?;
            if kept.voided_at.is_none() != paper.stands {
                return Err(format!("certificate {id} of lot {}", paper.lot).into());
            }
        }
        Ok(())
    }

    /// What buyers read behind every label.
    async fn look(&self) -> Fallible<()> {
        for (lot, path) in &self.labels {
            let state = self.farm.lots[*lot].state;
            let page = self.world.visit(path).await?.expect(200)?.text();
            let recalled = page.contains("已召回");
            let good = page.contains("检测合格");
            if recalled != (state == "recalled") || (recalled && good) {
                let told =
                    format!("a label of a lot that is {state}: recalled {recalled}, good {good}");
                return Err(told.into());
            }
        }
        Ok(())
    }
}

/// The answer is a success exactly where the model says so.
fn agree(reply: &Reply, wanted: bool) -> Fallible<()> {
    if reply.status.is_success() == wanted {
        return Ok(());
    }
    let told = if wanted { "right" } else { "wrong" };
    Err(format!("{} to what is {told}: {}", reply.status, reply.text()).into())
}

fn number(value: &Value) -> Fallible<i64> {
    Ok(value.as_i64().ok_or("no number")?)
}

/// A plot of the own producer.
async fn place(world: &World, next: &AtomicU32) -> Fallible<i64> {
    place_of(world, next.fetch_add(1, Ordering::Relaxed)).await
}

/// The plot of a number.
pub(super) async fn place_of(world: &World, number: u32) -> Fallible<i64> {
    let name = format!("地 {number}");
    let new = NewPlot {
        producer_id: world.own.producer,
        name: &name,
        name_en: "",
        township: "万坪镇",
        area_mu: 1.0,
        altitude_m: 600,
        latitude: 29.1,
        longitude: 109.6,
    };
    Ok(plot::insert(&mut *world.connection().await?, &new).await?)
}

/// The pesticides, with a label each; their ids are the first ones.
async fn file_pesticides(world: &World) -> Fallible<()> {
    for (at, days) in (0_u32..).zip(INTERVALS) {
        let body = json!({ "id": request_id(at), "kind": "pesticide", "name": format!("药 {at}"),
            "registration": "PD20080000", "interval_days": days, "unit": "g" });
        world
            .post("producer", "/api/v1/inputs", &body)
            .await?
            .expect(201)?;
    }
    Ok(())
}

#[test]
fn no_sequence_of_calls_leads_where_the_design_does_not() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let next = AtomicU32::new(100);
    let (world, hub) = runtime.block_on(async {
        let world = World::new().await?;
        file_pesticides(&world).await?;
        let hub = party(&world, "hub", "县级仓").await?;
        Fallible::Ok((world, hub))
    })?;
    hold(&calls(), |calls| {
        runtime.block_on(async {
            let mut run = Run::new((&world, hub), &next).await?;
            for (at, (call, twice)) in calls.iter().enumerate() {
                let done = run.call(call, *twice).await;
                let compared = run.compare().await;
                done.and(compared)
                    .map_err(|e| format!("call {at}, {call:?}: {e}"))?;
                if matches!(call, Call::Recall(_)) {
                    run.look().await?;
                }
            }
            run.look().await
        })
    })
}

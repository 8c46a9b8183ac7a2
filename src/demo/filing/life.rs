//! What becomes of a lot after its test: its certificate, its way to the village, its hold or its
//! recall, each with the event that the platform writes when a person does the same. And what was
//! done in the field before.

use anyhow::Context as _;
use model::event::Step;
use model::event::life::{Handover, Turn};
use model::lot::LotState;
use serde_json::json;
use store::Transaction;
use store::certificate::{self, NewCertificate};
use store::farm_record::{self, Deed as FieldWork};
use store::input::{self, NewInput, NewMove};
use store::party::{self, NewParty};
use store::recall::{self, NewRecall};
use store::shipment::{self, NewShipment, Receipt};
use time::Duration;
use uuid::Uuid;

use super::Filing;
use super::moment::Moments;
use super::record::{self, Deed, Recorded};
use crate::demo::catalog::lots::{Lot, Period, RECALL_REASON};
use crate::demo::catalog::products::{Product, Regime};
use crate::demo::random::Stream;

/// The county hub and a village station, which the plan's 48 hours lie between.
const PARTIES: [(&str, &str, &str, &str); 2] = [
    ("hub", "演示县级仓", "Demo county hub", "灵溪镇"),
    (
        "station",
        "演示高坪村级服务站",
        "Demo village station Gaoping",
        "高坪乡",
    ),
];
/// 安全间隔期 of the demonstration's pesticide, days.
const INTERVAL_DAYS: i32 = 7;
/// Days after the start on which it was used.
const SPRAYED_AFTER: Duration = Duration::days(10);
/// Categories that grow in a field.
const FIELDS: [&str; 5] = ["猕猴桃", "柑桔", "车坪萝卜", "莓茶", "大米"];

impl Filing {
    /// Registers the hub and the station.
    pub(super) async fn file_parties(
        &mut self,
        transaction: &mut Transaction,
    ) -> anyhow::Result<()> {
        for (kind, name, name_en, township) in PARTIES {
            let new = NewParty {
                kind,
                name,
                name_en,
                township,
                contact: "演示电话",
            };
            let id = party::insert(transaction, &new, self.filed_at()).await?;
            self.parties.insert(kind, id);
        }
        Ok(())
    }

    /// Everything that became of a lot, as far as its state says.
    pub(super) async fn file_life(
        &self,
        transaction: &mut Transaction,
        (planned, product): (&Lot, &Product),
        lot: &Recorded,
        moments: Moments,
    ) -> anyhow::Result<()> {
        use LotState::{Held, Recalled, Released, Shipped, SoldOut};
        let state = planned.state;
        let is_free = matches!(state, Released | Shipped | SoldOut);
        if is_free && product.family.regime == Regime::Promise {
            self.file_certificate(transaction, (planned, product), lot, moments)
                .await?;
        }
        if matches!(state, Shipped | SoldOut | Recalled) {
            self.file_way(transaction, (planned, product), lot, moments)
                .await?;
        }
        let turn = match state {
            Held => Some((Turn::Held, moments.recorded, self.account("supervisor"))),
            SoldOut => Some((Turn::SoldOut, moments.delivered, None)),
            Recalled => Some((
                Turn::Recalled(RECALL_REASON),
                moments.called_back,
                self.account("supervisor"),
            )),
            _ => None,
        };
        if let Some((turn, at, account_id)) = turn {
            let request = self.request("turn", planned, 0).to_string();
            let deed = Deed {
                at,
                recorded: at,
                account_id,
            };
            record::append(transaction, lot, &Step::Turned(turn, &request), deed).await?;
        }
        if state == Recalled {
            self.file_recall(transaction, planned, lot, moments).await?;
        }
        Ok(())
    }

    async fn file_certificate(
        &self,
        transaction: &mut Transaction,
        (planned, product): (&Lot, &Product),
        lot: &Recorded,
        moments: Moments,
    ) -> anyhow::Result<()> {
        let day = crate::demo::calendar::day_of(moments.certified).to_string();
        let body = json!({ "title": "承诺达标合格证", "product": product.family.name,
            "quantity": lot.kg, "unit": super::KILOGRAM, "lot": lot.code.as_str(),
            "issued_on": day, "basis": "自行检测合格", "note": "演示数据" });
        let request_id = self.request("certificate", planned, 0);
        let new = NewCertificate {
            lot_id: lot.id,
            day: &day.replace('-', ""),
            basis: "own_test",
            quantity: lot.kg,
            unit: super::KILOGRAM,
            body: &body,
            account_id: None,
            request_id,
        };
        let id = certificate::insert(transaction, &new, moments.certified).await?;
        let made = certificate::find(transaction, Some(id), None).await?;
        let number = made.context("a certificate is gone")?.number;
        let deed = Deed {
            at: moments.certified,
            recorded: moments.certified,
            account_id: None,
        };
        let request = request_id.to_string();
        let step = Step::Turned(Turn::Certified(&number), &request);
        record::append(transaction, lot, &step, deed).await
    }

    /// From the farm to the hub, and a part of it on to the village, within 48 hours.
    async fn file_way(
        &self,
        transaction: &mut Transaction,
        (planned, product): (&Lot, &Product),
        lot: &Recorded,
        moments: Moments,
    ) -> anyhow::Result<()> {
        let producer = self.producer(product.family.producer)?;
        let farm = party::of_producer(transaction, producer, self.filed_at()).await?;
        let party = |kind: &str| self.parties.get(kind).copied().context("a party not filed");
        let (hub, station) = (party("hub")?, party("station")?);
        let whole = (lot.kg * 0.6).round();
        let part = (lot.kg * 0.2).round();
        let legs = [
            (farm, hub, whole, moments.shipped, moments.arrived),
            (hub, station, part, moments.sent_on, moments.delivered),
        ];
        for ((from, to, quantity, left, came), number) in legs.into_iter().zip(0..) {
            let new = NewShipment {
                lot_id: lot.id,
                from_party_id: from,
                to_party_id: to,
                quantity,
                shipped_at: left,
                request_id: self.request("shipment", planned, number),
                account_id: None,
            };
            let shipment = shipment::insert(transaction, &new).await?;
            let receipt = Receipt {
                received_at: came,
                quantity,
                request_id: self.request("receipt", planned, number),
                account_id: None,
            };
            shipment::receive(transaction, shipment, receipt).await?;
            let moved = Recorded {
                kg: quantity,
                ..*lot
            };
            for (received, at, request) in [
                (false, left, new.request_id),
                (true, came, receipt.request_id),
            ] {
                let handed = Handover {
                    received,
                    shipment,
                    from,
                    to,
                };
                let deed = Deed {
                    at,
                    recorded: at,
                    account_id: None,
                };
                let request = request.to_string();
                let step = Step::Handed(handed, &request);
                record::append(transaction, &moved, &step, deed).await?;
            }
        }
        Ok(())
    }

    async fn file_recall(
        &self,
        transaction: &mut Transaction,
        planned: &Lot,
        lot: &Recorded,
        moments: Moments,
    ) -> anyhow::Result<()> {
        let out = (lot.kg * 0.6).round();
        let figures = json!({ "in_kg": lot.kg, "out_kg": out, "left_kg": lot.kg - out,
            "lost_kg": 0, "unaccounted_kg": 0, "unweighed_lots": 0 });
        let new = NewRecall {
            lot_id: lot.id,
            reason: RECALL_REASON,
            notice_zh: "演示召回公告：请立即停止销售和食用，与购买处联系退货。",
            notice_en: "Demonstration recall: stop selling and eating it, and return it.",
            drill: false,
            started_at: moments.called_back,
            took_ms: 0.0,
            figures: &figures,
            lots: &[(lot.id, 0)],
            request_id: self.request("recall", planned, 0),
            account_id: self.account("supervisor"),
        };
        recall::insert(transaction, &new).await?;
        Ok(())
    }

    /// One spraying in a field, long enough before the harvest, with what was bought for it.
    pub(super) async fn file_field_work(
        &self,
        transaction: &mut Transaction,
        (planned, product): (&Lot, &Product),
        lot: &Recorded,
        period: Period,
    ) -> anyhow::Result<()> {
        let done_on = period.started_on + SPRAYED_AFTER;
        let free_on = done_on + Duration::days(i64::from(INTERVAL_DAYS));
        let last = period.harvested_on.unwrap_or_else(|| self.today());
        if !FIELDS.contains(&product.family.line.category()) || last < free_on {
            return Ok(());
        }
        let producer_id = self.producer(product.family.producer)?;
        let input_id = self.file_pesticide(transaction, producer_id).await?;
        let id = self.request("spraying", planned, 0);
        let work = FieldWork {
            plot_id: self.plot(planned.plot)?,
            lot_id: Some(lot.id),
            kind: "pesticide".to_owned(),
            done_on,
            input_id: Some(input_id),
            dose: Some(30.0),
            dose_unit: "g".to_owned(),
            area_mu: None,
            interval_days: Some(INTERVAL_DAYS),
            target: "蚜虫（演示）".to_owned(),
            person: "演示人员".to_owned(),
            note: String::new(),
            voided: false,
        };
        let at = crate::demo::calendar::at_clock(done_on, 18, 0);
        farm_record::insert(transaction, (id, producer_id), &work, None, at).await?;
        let used = NewMove {
            id,
            input_id,
            record_id: Some(id),
            amount: -30.0,
            moved_on: done_on,
            source: "",
            account_id: None,
        };
        Ok(input::set_use(transaction, &used, at).await?)
    }

    /// The pesticide of a producer; filed and bought once.
    async fn file_pesticide(
        &self,
        transaction: &mut Transaction,
        producer_id: i64,
    ) -> anyhow::Result<Uuid> {
        let chance = Stream::new(self.seed, "pesticide", producer_id);
        let id = Uuid::from_u64_pair(chance.bits(0), chance.bits(1));
        let new = NewInput {
            id,
            producer_id,
            kind: "pesticide",
            name: "演示农药（苦参碱）",
            registration: "PD-演示-0001",
            ingredient: "苦参碱 0.5 %",
            interval_days: Some(INTERVAL_DAYS),
            unit: "g",
            account_id: None,
        };
        if input::insert(transaction, &new, self.filed_at()).await? {
            let bought = NewMove {
                id: Uuid::from_u64_pair(chance.bits(2), chance.bits(3)),
                input_id: id,
                record_id: None,
                amount: 1_000.0,
                moved_on: crate::demo::calendar::day_of(self.filed_at()),
                source: "演示农资店",
                account_id: None,
            };
            input::insert_move(transaction, &bought, self.filed_at()).await?;
        }
        Ok(id)
    }
}

//! 备案: the county's producers and products go the way of everybody's. They are handed in, read by
//! the supervisor and approved; and a few stand elsewhere on that way, so that every desk has
//! something to look at.

use anyhow::Context as _;
use model::filing::{FilingState, FilingStep};
use serde_json::{Value, json};
use store::filing::{self, Hand, Subject};
use store::producer::NewProducer;
use store::product::NewProduct;
use store::{Transaction, message, producer, product};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Filing, KILOGRAM};
use crate::demo::catalog::credit_code::{Body, test_code};
use crate::demo::catalog::producers::{PRODUCERS, TEA_COOPERATIVE};
use crate::demo::catalog::products::products;
use crate::demo::random::Stream;

/// How long the supervisor took to read what was handed in when the county began.
const READ_AFTER: Duration = Duration::days(3);

/// A product of the 莓茶 cooperative that is not approved as the others are: name, English name,
/// pack, days before today, the steps it took, and the reason of the last.
type Waiting = (
    &'static str,
    &'static str,
    &'static str,
    i64,
    &'static [FilingStep],
    &'static str,
);

/// One a place on the way.
const WAITING: [Waiting; 4] = [
    (
        "莓茶饼",
        "Vine tea cake",
        "盒装 357 g",
        2,
        &[FilingStep::Submit],
        "",
    ),
    (
        "莓茶粉",
        "Vine tea powder",
        "罐装 80 g",
        9,
        &[FilingStep::Submit, FilingStep::Return],
        "执行标准未填写，请补充后重新提交（演示）",
    ),
    (
        "莓茶含片",
        "Vine tea tablets",
        "瓶装 60 g",
        40,
        &[FilingStep::Submit, FilingStep::Approve, FilingStep::Suspend],
        "SC 许可范围不含片剂，待核实（演示）",
    ),
    ("莓茶枕", "Vine tea pillow", "个", 1, &[], ""),
];

impl Filing {
    /// Hands in every producer, and one that waits to be read.
    pub(super) async fn file_producers(
        &mut self,
        transaction: &mut Transaction,
    ) -> anyhow::Result<()> {
        for planned in &PRODUCERS {
            let credit_code = planned.credit_code()?;
            let new = NewProducer {
                credit_code: credit_code.as_str(),
                name: &planned.full_name(),
                name_en: &planned.full_name_en(),
                kind: planned.kind(),
                township: planned.township,
                address: &planned.address(),
                contact: &planned.contact(),
            };
            let number = i64::from(planned.number());
            let hand = self.hand(("producer", number), None, self.filed_at());
            let id = hand_in_producer(transaction, &new, hand).await?;
            self.producers.insert(planned.key, id);
        }
        let credit_code = test_code(Body::Household, 99)?;
        let new = NewProducer {
            credit_code: credit_code.as_str(),
            name: "演示小溪蜂蜜家庭农场",
            name_en: "Demo Xiaoxi Honey Farm",
            kind: "household",
            township: "小溪镇",
            address: "湖南省永顺县小溪镇演示路 99 号（演示地址）",
            contact: "000-00000099（演示号码）",
        };
        let hand = self.hand(("producer", 99), None, self.now - Duration::days(1));
        hand_in_producer(transaction, &new, hand).await?;
        Ok(())
    }

    /// Hands in every product.
    pub(super) async fn file_products(
        &mut self,
        transaction: &mut Transaction,
    ) -> anyhow::Result<()> {
        for planned in products() {
            let family = planned.family;
            let gtin = planned.gtin()?;
            let new = NewProduct {
                producer_id: self.producer(family.producer)?,
                gtin: gtin.as_str(),
                name: family.name,
                name_en: &planned.name_en(),
                category: family.line.category(),
                variety: family.variety,
                specification: planned.pack.0,
                unit: KILOGRAM,
                shelf_life_days: family.shelf_life_days,
                regime: family.regime.code(),
                season: family.line.season(),
            };
            let number = i64::from(planned.number);
            let hand = self.hand(("product", number), None, self.filed_at());
            let first = FilingState::Submitted;
            let id = hand_in_product(transaction, &new, first, hand).await?;
            self.products.insert(planned.number, id);
        }
        Ok(())
    }

    /// The supervisor reads what was handed in when the county began, and approves all of it.
    pub(super) async fn approve_filings(
        &self,
        transaction: &mut Transaction,
    ) -> anyhow::Result<()> {
        let producers = self.producers.values().map(|id| Subject::Producer(*id));
        let products = self.products.values().map(|id| Subject::Product(*id));
        let at = self.filed_at() + READ_AFTER;
        for subject in producers.chain(products) {
            let what = (subject.kind(), subject.id() + 1_000);
            let hand = self.hand(what, self.account("supervisor"), at);
            take(transaction, subject, (FilingStep::Approve, ""), hand).await?;
        }
        self.file_waiting(transaction).await
    }

    /// Products of the 莓茶 cooperative that are elsewhere on the way.
    async fn file_waiting(&self, transaction: &mut Transaction) -> anyhow::Result<()> {
        let owner = self.producer(TEA_COOPERATIVE)?;
        for (planned, place) in WAITING.iter().zip(0_i64..) {
            let (name, name_en, pack, days, steps, reason) = planned;
            let gtin = model::gs1::Gtin::from_body(&format!("002{:010}", 4_300_900 + place))?;
            let new = NewProduct {
                producer_id: owner,
                gtin: gtin.as_str(),
                name,
                name_en: &format!("{name_en}, demonstration"),
                category: "莓茶",
                variety: "显齿蛇葡萄",
                specification: pack,
                unit: KILOGRAM,
                shelf_life_days: 540,
                regime: "sc",
                season: "3–10 月采摘",
            };
            let at = self.now - Duration::days(*days);
            let staff = self.hand(("waiting", place * 10), self.account("producer"), at);
            let id = hand_in_product(transaction, &new, FilingState::Draft, staff).await?;
            for (step, nth) in steps.iter().zip(1_i64..) {
                let who = match step {
                    FilingStep::Submit => self.account("producer"),
                    _ => self.account("supervisor"),
                };
                let at = at + Duration::hours(nth);
                let hand = self.hand(("waiting", place * 10 + nth), who, at);
                let said = if step.needs_reason() { *reason } else { "" };
                let subject = Subject::Product(id);
                take(transaction, subject, (*step, said), hand).await?;
            }
            tell(
                transaction,
                (owner, name),
                steps.last().copied(),
                (reason, at),
            )
            .await?;
        }
        Ok(())
    }

    /// Who does something when, with an id that a form would carry.
    fn hand(
        &self,
        (what, number): (&str, i64),
        account_id: Option<i64>,
        now: OffsetDateTime,
    ) -> Hand {
        let chance = Stream::new(self.seed, what, number);
        Hand {
            account_id,
            request_id: Uuid::from_u64_pair(chance.bits(0), chance.bits(1)),
            now,
        }
    }
}

async fn hand_in_producer(
    transaction: &mut Transaction,
    new: &NewProducer<'_>,
    hand: Hand,
) -> anyhow::Result<i64> {
    let (body, details) = (producer::body(new), json!({}));
    let words: (&Value, &Value) = (&details, &body);
    let first = FilingState::Submitted;
    Ok(producer::insert_filed(transaction, new, words, first, hand).await?)
}

async fn hand_in_product(
    transaction: &mut Transaction,
    new: &NewProduct<'_>,
    first: FilingState,
    hand: Hand,
) -> anyhow::Result<i64> {
    let (body, details) = (product::body(new), json!({}));
    let words: (&Value, &Value) = (&details, &body);
    Ok(product::insert_filed(transaction, new, words, first, hand).await?)
}

/// Takes a step. What a first version says stands in the register already.
async fn take(
    transaction: &mut Transaction,
    subject: Subject,
    step: (FilingStep, &str),
    hand: Hand,
) -> anyhow::Result<()> {
    let standing = filing::lock(transaction, subject).await?;
    let standing = standing.context("a filing that is not there")?;
    filing::turn(transaction, subject, standing, step, hand).await?;
    Ok(())
}

/// The message that goes with the last step.
async fn tell(
    transaction: &mut Transaction,
    (owner, name): (i64, &str),
    last: Option<FilingStep>,
    (reason, at): (&str, OffsetDateTime),
) -> anyhow::Result<()> {
    let (kind, zh, en) = match last {
        Some(FilingStep::Submit) => {
            let new = message::NewMessage {
                to_role: "supervisor",
                kind: "filing_submitted",
                lot_id: None,
                text_zh: &format!("产品“{name}”提交备案，待审核"),
                text_en: &format!("Product {name} was submitted for filing"),
            };
            return Ok(message::insert(transaction, &new, at).await?);
        }
        Some(FilingStep::Return) => ("filing_returned", "备案被退回", "was returned"),
        Some(FilingStep::Suspend) => ("filing_suspended", "备案被暂停", "was suspended"),
        _ => return Ok(()),
    };
    let zh = format!("产品“{name}”{zh}：{reason}");
    let en = format!("Product {name} {en}: {reason}");
    message::insert_to_producer(transaction, owner, (kind, &zh, &en), at).await?;
    Ok(())
}

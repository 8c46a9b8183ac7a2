//! One lot with its tests, its labels and their first scans, each with its event. Ids and serials
//! follow from the seed: a demonstration may be guessed at, the labels of a real county may not.

use anyhow::Context as _;
use model::event::{EPCS_MAX, Finding as Found, Step};
use model::gs1::{LotCode, Serial, ShortCode};
use model::lot::LotState;
use store::label::{For, NewRun};
use store::lot::NewLot;
use store::scan::Query;
use store::test_result::{Details, NewTestResult};
use store::{Transaction, label, lot, scan, test_result};
use uuid::Uuid;

use super::Filing;
use super::moment::Moments;
use super::record::{self, Deed, Recorded};
use crate::demo::catalog::lots::{Lot, Period, RECALL_REASON};
use crate::demo::catalog::producers::TEA_COOPERATIVE;
use crate::demo::catalog::products::Product;
use crate::demo::catalog::results::{Finding, findings};
use crate::demo::random::Stream;

/// Most labels of a lot that buyers have looked at.
const SCANNED_MAX: usize = 5;

impl Filing {
    /// Registers a lot with everything that happened to it.
    pub(super) async fn file_lot(
        &self,
        transaction: &mut Transaction,
        planned: &Lot,
    ) -> anyhow::Result<()> {
        let period = planned.period(self.today());
        let moments = Moments::of(period.harvested_on.unwrap_or(period.started_on), self.now);
        let product = planned.product().context("a lot of no product")?;
        let registrar = self.registrar(product.family.producer);
        let code = LotCode::parse(&planned.code(self.today()))?;
        let id = self
            .insert_lot(transaction, planned, &product, code, moments)
            .await?;
        let recorded = Recorded {
            id,
            gtin: product.gtin()?,
            code,
            kg: planned.kg,
        };
        let (started, harvested) = days(period);
        let plot = self.plot(planned.plot)?;
        let step = Step::Registered {
            plot,
            started: &started,
            harvested: harvested.as_deref(),
        };
        let at = moments.registered;
        let deed = Deed {
            at,
            recorded: at,
            account_id: registrar,
        };
        record::append(transaction, &recorded, &step, deed).await?;
        for (finding, number) in findings(planned, self.seed).iter().zip(0..) {
            let request = self.request("test", planned, number);
            self.file_test(transaction, &recorded, finding, request, moments)
                .await?;
        }
        self.file_field_work(transaction, (planned, &product), &recorded, period)
            .await?;
        self.file_life(transaction, (planned, &product), &recorded, moments)
            .await?;
        let serials = self.serials(planned);
        if serials.is_empty() {
            return Ok(());
        }
        let at = moments.labelled;
        let deed = Deed {
            at,
            recorded: at,
            account_id: registrar,
        };
        let request = self.request("labels", planned, 0);
        let shorts = self.shorts(transaction, planned, serials.len()).await?;
        let printed = (serials.as_slice(), shorts.as_slice());
        file_labels(transaction, &recorded, printed, request, deed).await?;
        file_scans(transaction, planned.state, &serials, moments).await
    }

    async fn insert_lot(
        &self,
        transaction: &mut Transaction,
        planned: &Lot,
        product: &Product,
        code: LotCode,
        moments: Moments,
    ) -> anyhow::Result<i64> {
        let period = planned.period(self.today());
        let recalled = planned.state == LotState::Recalled;
        let new = NewLot {
            product_id: *self
                .products
                .get(&product.number)
                .context("a product not filed")?,
            plot_id: self.plot(planned.plot)?,
            code: code.as_str(),
            state: planned.state,
            started_on: period.started_on,
            harvested_on: period.harvested_on,
            quantity: planned.kg,
            recall_reason: recalled.then_some(RECALL_REASON),
            request_id: self.request("lot", planned, 0),
            account_id: self.registrar(product.family.producer),
        };
        Ok(lot::insert(transaction, &new, moments.registered).await?)
    }

    async fn file_test(
        &self,
        transaction: &mut Transaction,
        lot: &Recorded,
        finding: &Finding,
        request_id: Uuid,
        moments: Moments,
    ) -> anyhow::Result<()> {
        let item = finding.item;
        let new = NewTestResult {
            lot_id: lot.id,
            sample_code: &format!("S-{}", lot.code),
            item: item.name,
            method: item.method,
            qualifier: finding.qualifier,
            value: finding.value,
            unit: item.unit,
            limit: item.limit,
            passed: finding.passed(),
            tested_at: moments.tested,
            request_id,
            account_id: self.account("lab"),
            details: Details::default(),
        };
        test_result::insert(transaction, &new, moments.recorded).await?;
        let step = Step::Inspected(Found {
            passed: finding.passed(),
            below: !finding.qualifier.is_empty(),
            value: shortest(finding.value),
            unit: item.unit,
            item: item.name,
            method: item.method,
            request: &request_id.to_string(),
        });
        let (at, recorded) = (moments.tested, moments.recorded);
        let deed = Deed {
            at,
            recorded,
            account_id: self.account("lab"),
        };
        record::append(transaction, lot, &step, deed).await
    }

    fn serials(&self, planned: &Lot) -> Vec<Serial> {
        let chance = Stream::new(self.seed, "serial", i64::from(planned.number()));
        (0..i64::from(planned.labels))
            .map(|at| Serial::from_random(chance.bits(at)))
            .collect()
    }

    /// What stands in digits on the labels.
    async fn shorts(
        &self,
        transaction: &mut Transaction,
        planned: &Lot,
        count: usize,
    ) -> anyhow::Result<Vec<String>> {
        let chance = Stream::new(self.seed, "short", i64::from(planned.number()));
        let mut places = 0..;
        let draw = || ShortCode::from_random(chance.bits(places.next().unwrap_or_default()));
        Ok(label::draw_shorts(transaction, count, draw).await?)
    }

    /// The account that registers a producer's lots: the cooperative has one, the others filed
    /// theirs with the platform.
    fn registrar(&self, producer: &str) -> Option<i64> {
        (producer == TEA_COOPERATIVE)
            .then(|| self.account("producer"))
            .flatten()
    }

    /// An id that a form would carry.
    pub(super) fn request(&self, what: &str, planned: &Lot, number: i64) -> Uuid {
        let chance = Stream::new(self.seed, what, i64::from(planned.number()));
        Uuid::from_u64_pair(chance.bits(2 * number), chance.bits(2 * number + 1))
    }
}

/// Prints a lot's labels in one run.
async fn file_labels(
    transaction: &mut Transaction,
    lot: &Recorded,
    (serials, shorts): (&[Serial], &[String]),
    request_id: Uuid,
    deed: Deed,
) -> anyhow::Result<()> {
    let printed: Vec<String> = serials.iter().map(Serial::to_string).collect();
    let new = NewRun {
        goods: For::Lot(lot.id),
        on_activation: false,
        size: "40x30",
        serials: &printed,
        shorts,
        request_id,
        account_id: deed.account_id,
    };
    label::insert_run(transaction, &new, deed.at).await?;
    for part in serials.chunks(EPCS_MAX) {
        record::append(transaction, lot, &Step::Commissioned(part), deed).await?;
    }
    Ok(())
}

/// Goods that have left the farm have been looked at, most of them once.
async fn file_scans(
    transaction: &mut Transaction,
    state: LotState,
    serials: &[Serial],
    moments: Moments,
) -> anyhow::Result<()> {
    if !matches!(
        state,
        LotState::Shipped | LotState::SoldOut | LotState::Recalled
    ) {
        return Ok(());
    }
    for (serial, number) in serials.iter().zip(0..SCANNED_MAX) {
        for _ in 0..=usize::from(number == 0) {
            let query = Query {
                serial: serial.as_str(),
                day: moments.scanned.to_offset(time::macros::offset!(+8)).date(),
                place: "",
                at: moments.scanned,
            };
            scan::count(transaction, &query).await?;
        }
    }
    Ok(())
}

/// A period as events write it.
fn days(period: Period) -> (String, Option<String>) {
    // `Date` displays as YYYY-MM-DD.
    (
        period.started_on.to_string(),
        period.harvested_on.map(|day| day.to_string()),
    )
}

/// The value with the decimals it is shown with: 0.1, not 0.10000000149.
fn shortest(value: f32) -> f64 {
    value
        .to_string()
        .parse()
        .unwrap_or_else(|_| f64::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_the_decimals_it_is_shown_with() {
        assert_eq!(shortest(0.1).to_string(), "0.1");
        assert_eq!(shortest(23.4).to_string(), "23.4");
        assert!((f64::from(0.1_f32) - 0.1).abs() > 1e-10);
    }
}

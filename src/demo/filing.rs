//! Puts the county's paper into the database, in one transaction: producers, products, plots,
//! accounts, devices, lots with their tests and labels. Readings and alarms are not paper; they
//! come after it.

mod account;
mod credential;
mod device;
mod life;
mod lot;
mod moment;
mod paper;
mod record;

use std::collections::BTreeMap;

use anyhow::Context as _;
use store::gateway::SALT_BYTES;
use store::plot::NewPlot;
use store::{Transaction, plot};
use time::{Date, Duration, OffsetDateTime};

use super::calendar::day_of;
use super::catalog::lots::LOTS;
use super::catalog::plots::PLOTS;
use super::catalog::producers::PRODUCERS;
use super::history::Past;
use super::random::Stream;

pub use account::ACCOUNTS;

/// Unit of every quantity: kilograms, by UN/ECE Recommendation 20.
const KILOGRAM: &str = "KGM";

/// How long before today the county was filed.
const FILED_BEFORE: Duration = Duration::days(700);

/// What the filing of each table needs to know of the ones before it.
#[derive(Debug)]
pub struct Filing {
    seed: u64,
    now: OffsetDateTime,
    producers: BTreeMap<&'static str, i64>,
    plots: BTreeMap<&'static str, i64>,
    products: BTreeMap<u32, i64>,
    accounts: BTreeMap<&'static str, i64>,
    parties: BTreeMap<&'static str, i64>,
}

/// Files the whole county.
pub async fn file(
    transaction: &mut Transaction,
    seed: u64,
    now: OffsetDateTime,
    pasts: &[Past],
) -> anyhow::Result<()> {
    let mut filing = Filing::empty(seed, now);
    filing
        .file_producers(transaction)
        .await
        .context("filing the producers")?;
    filing
        .file_products(transaction)
        .await
        .context("filing the products")?;
    filing
        .file_plots(transaction)
        .await
        .context("filing the plots")?;
    filing
        .file_accounts(transaction)
        .await
        .context("making the accounts")?;
    filing
        .approve_filings(transaction)
        .await
        .context("approving what was filed")?;
    filing
        .file_credentials(transaction)
        .await
        .context("filing the credentials")?;
    filing
        .file_parties(transaction)
        .await
        .context("registering the hub and the station")?;
    filing
        .file_gateways(transaction)
        .await
        .context("registering the gateways")?;
    filing
        .file_probes(transaction, pasts)
        .await
        .context("registering the probes")?;
    filing
        .file_cameras(transaction)
        .await
        .context("registering the cameras")?;
    for planned in &LOTS {
        filing
            .file_lot(transaction, planned)
            .await
            .with_context(|| format!("registering lot {}", planned.number()))?;
    }
    Ok(())
}

impl Filing {
    const fn empty(seed: u64, now: OffsetDateTime) -> Self {
        Self {
            seed,
            now,
            producers: BTreeMap::new(),
            plots: BTreeMap::new(),
            products: BTreeMap::new(),
            accounts: BTreeMap::new(),
            parties: BTreeMap::new(),
        }
    }

    /// Today by the county's clock.
    fn today(&self) -> Date {
        day_of(self.now)
    }

    /// When producers, products and devices were filed.
    fn filed_at(&self) -> OffsetDateTime {
        self.now - FILED_BEFORE
    }

    async fn file_plots(&mut self, transaction: &mut Transaction) -> anyhow::Result<()> {
        for planned in &PLOTS {
            let owner = PRODUCERS
                .iter()
                .find(|producer| producer.key == planned.producer);
            let new = NewPlot {
                producer_id: self.producer(planned.producer)?,
                name: planned.name,
                name_en: planned.name_en,
                township: owner.context("a plot without a producer")?.township,
                area_mu: planned.area_mu,
                altitude_m: planned.altitude_m,
                latitude: planned.place.0,
                longitude: planned.place.1,
            };
            let id = plot::insert(transaction, &new).await?;
            self.plots.insert(planned.key, id);
        }
        Ok(())
    }

    /// A salt by number. Keys and passwords are public here, so it may follow from the seed.
    fn salt(&self, number: i64) -> [u8; SALT_BYTES] {
        let chance = Stream::new(self.seed, "salt", number);
        let mut salt = [0; SALT_BYTES];
        for (byte, at) in salt.iter_mut().zip(0..) {
            *byte = chance.bits(at) as u8;
        }
        salt
    }

    fn producer(&self, key: &str) -> anyhow::Result<i64> {
        self.producers
            .get(key)
            .copied()
            .with_context(|| format!("no producer {key}"))
    }

    fn plot(&self, key: &str) -> anyhow::Result<i64> {
        self.plots
            .get(key)
            .copied()
            .with_context(|| format!("no plot {key}"))
    }
}

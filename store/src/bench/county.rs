//! A made-up county of any size, filled by COPY: producers with products and plots, lots that were
//! processed many levels deep, their labels, queries, tests and events. For measuring only.
//!
//! The one thing to know: everything follows from a row's number, so that whoever measures can say
//! which lot, label or link to ask for without asking the database.

use model::gs1::{Gtin, Serial};
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use time::macros::datetime;

use super::nature::{self, Graph};
use crate::StoreError;
use crate::party::{self, NewParty};
use crate::plot::{self, NewPlot};
use crate::producer::{self, NewProducer};
use crate::product::{self, NewProduct};

mod rows;

/// When the first lot was registered.
const FIRST: OffsetDateTime = datetime!(2025-01-01 00:00 UTC);
/// Labels of a run.
pub const RUN_LABELS: u64 = 25;

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Producers, each with a plot or two.
    pub producers: u64,
    /// Products.
    pub products: u64,
    /// Lots.
    pub lots: u64,
    /// Labels, in runs of [`RUN_LABELS`], a run a lot from the first lot on.
    pub labels: u64,
    /// Processings in a row.
    pub levels: u32,
}

/// A county that was filled.
#[derive(Debug, Clone)]
pub struct County {
    /// How much there is.
    pub size: Size,
    /// How its lots came of each other.
    pub graph: Graph,
    gtins: Vec<String>,
}

impl County {
    /// GTIN of a product of the county, `number` from 0.
    #[must_use]
    pub fn gtin(&self, number: u64) -> &str {
        &self.gtins[number as usize % self.gtins.len()]
    }

    /// A producer of the county, for an account that sees its own.
    pub const PRODUCER: i64 = 1;

    /// Number of the product of a lot.
    fn product(&self, lot: u64) -> u64 {
        lot % self.size.products
    }

    /// Lots that have labels, tests and events.
    #[must_use]
    pub fn labelled(&self) -> u64 {
        (self.size.labels / RUN_LABELS).clamp(1, self.size.lots)
    }

    /// Path of the page behind a label, `label` from 0.
    #[must_use]
    pub fn link(&self, label: u64) -> String {
        let lot = label / RUN_LABELS % self.labelled() + 1;
        let gtin = self.gtin(self.product(lot));
        format!("/01/{gtin}/10/{}/21/{}", code(lot), serial(label))
    }
}

/// Code of a lot.
#[must_use]
pub fn code(lot: u64) -> String {
    format!("B{lot:07}")
}

/// Serial of a label, `label` from 0; no two are the same.
#[must_use]
pub fn serial(label: u64) -> String {
    Serial::from_random(nature::mix(label)).to_string()
}

/// Fills the empty database of a connection. `tell` hears what is being written and how many rows
/// more are done.
pub async fn fill(
    connection: &mut PgConnection,
    size: Size,
    mut tell: impl FnMut(&'static str, u64),
) -> Result<County, StoreError> {
    let gtins = register(connection, &size).await?;
    // Neither keys nor journals are looked at while the rows go in: all of them are right, and a
    // million lots would leave a million lines in the audit log.
    sqlx::query("set session_replication_role = replica")
        .execute(&mut *connection)
        .await?;
    let county = County {
        size,
        graph: Graph::of(size.lots, size.levels),
        gtins,
    };
    rows::lots(connection, &county, &mut tell).await?;
    rows::processings(connection, &county, &mut tell).await?;
    rows::labels(connection, &county, &mut tell).await?;
    rows::record(connection, &county, &mut tell).await?;
    for table in [
        "lot",
        "processing",
        "label_run",
        "label_binding",
        "test_result",
        "event",
        "shipment",
    ] {
        let statement = format!(
            "select setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1)) from {table}"
        );
        run(connection, statement).await?;
    }
    run(
        connection,
        "set session_replication_role = origin".to_owned(),
    )
    .await?;
    tell("analyse", 0);
    run(connection, "vacuum (analyze)".to_owned()).await?;
    Ok(county)
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<(), StoreError> {
    // Our own words and numbers only.
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(connection)
        .await?;
    Ok(())
}

/// Producers, products, plots and the party that sends: few, so through the product's own queries.
async fn register(connection: &mut PgConnection, size: &Size) -> Result<Vec<String>, StoreError> {
    let plots = size.producers * 2;
    for number in 1..=size.producers {
        let (name, code) = (
            format!("第{number}合作社"),
            format!("9143312700{number:08}"),
        );
        let new = NewProducer {
            credit_code: &code,
            name: &name,
            name_en: &format!("Cooperative {number}"),
            kind: "cooperative",
            township: nature::township(number),
            address: "",
            contact: "0744-12316",
        };
        producer::insert(connection, &new, FIRST).await?;
        let party = NewParty {
            kind: "buyer",
            name: &format!("第{number}商店"),
            name_en: &format!("Shop {number}"),
            township: nature::township(number),
            contact: "0744-12315",
        };
        party::insert(connection, &party, FIRST).await?;
    }
    for number in 0..plots {
        let new = NewPlot {
            producer_id: (number % size.producers + 1).cast_signed(),
            name: &format!("{number}号地"),
            name_en: &format!("Plot {number}"),
            township: nature::township(number),
            area_mu: 10.0,
            altitude_m: 500,
            latitude: 29.0,
            longitude: 110.0,
        };
        plot::insert(connection, &new).await?;
    }
    let mut gtins = Vec::new();
    for number in 0..size.products {
        let gtin = gtin(number);
        let (category, name) = nature::product(number);
        let new = NewProduct {
            producer_id: (number % size.producers + 1).cast_signed(),
            gtin: &gtin,
            name: &name,
            name_en: &format!("Product {number}"),
            category,
            variety: "",
            specification: "1 kg",
            unit: "KGM",
            shelf_life_days: 180,
            regime: "promise",
            season: "",
        };
        product::insert(connection, &new, FIRST).await?;
        gtins.push(gtin);
    }
    Ok(gtins)
}

/// A restricted-circulation number with its check digit.
fn gtin(number: u64) -> String {
    let stem = format!("02{number:011}");
    let fits = |digit: &u32| Gtin::parse(&format!("{stem}{digit}")).is_ok();
    let digit = (0..10).find(fits).unwrap_or_default();
    format!("{stem}{digit}")
}

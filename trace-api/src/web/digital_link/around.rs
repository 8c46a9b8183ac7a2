//! What stands around a lot on its page: certificates, what it was made of, what was done on its
//! plot, who handed it to whom, and the county it is of. Kinds of parties are shown and never
//! names: a buyer may be a person.

use std::collections::BTreeMap;
use std::sync::Arc;

use store::AnyConnection;
use store::certificate;
use store::event::Event as EventRow;
use store::farm_record::{self, FarmRecord};
use store::lot::Lot;
use store::processing::{self, Ingredient};
use store::shipment::{self, Shipment};
use time::{Date, Duration};

use crate::page::map::Township;
use crate::page::trace::{Certificate, County, Event, InputLot, Step};
use crate::page::{Mark, Source, Words};
use crate::problem::Answer;
use crate::state::{AppState, timestamp};
use crate::web::words::{day, quantity, words};

/// Most entries of the production record that a page names.
const TREATMENTS_MAX: i64 = 40;
/// How old the townships of the drawing may be.
const TOWNSHIPS_FRESH: Duration = Duration::minutes(10);

/// What the store says around a lot.
pub(super) struct Around {
    certificates: Vec<certificate::Certificate>,
    ingredients: Vec<Ingredient>,
    treatments: Vec<FarmRecord>,
    shipments: Vec<Shipment>,
}

impl Around {
    /// Reads it. `last` is the last day of the growing period, or today.
    pub(super) async fn read(
        connection: &mut AnyConnection,
        lot: &Lot,
        last: Date,
        events: &[EventRow],
    ) -> Answer<Self> {
        let certificates = certificate::list(connection, &[lot.id]).await?;
        let ingredients = processing::list_ingredients(connection, lot.id).await?;
        let filter = farm_record::Filter {
            plot_id: Some(lot.plot_id),
            lot_id: Some(lot.id),
            days: Some((lot.started_on, last)),
            ..farm_record::Filter::default()
        };
        let treatments = farm_record::list(connection, &filter, TREATMENTS_MAX).await?;
        let handed = events
            .iter()
            .any(|event| matches!(event.biz_step.as_str(), "shipping" | "receiving"));
        let shipments = if handed {
            shipment::list_of_lots(connection, &[lot.id]).await?
        } else {
            Vec::new()
        };
        Ok(Self {
            certificates,
            ingredients,
            treatments,
            shipments,
        })
    }

    /// The certificates, newest first.
    pub(super) fn certificates(&self, lot: &Lot) -> Vec<Certificate> {
        let made = self.certificates.iter().rev().map(|row| Certificate {
            name: Words::both("承诺达标合格证", "Promise of conformity"),
            number: row.number.clone(),
            basis: Some(basis(&row.basis)),
            issued: timestamp(row.issued_at),
            expires: None,
            void_since: row.voided_at.map(timestamp),
            source: Source {
                mark: Mark::Certified,
                by: words(&lot.producer, &lot.producer_en),
                at: timestamp(row.issued_at),
            },
        });
        made.collect()
    }

    /// What the lot was made of.
    pub(super) fn inputs(&self, lot: &Lot) -> Vec<InputLot> {
        let made = self.ingredients.iter().map(|row| InputLot {
            product: words(&row.product, &row.product_en),
            href: format!("/01/{}/10/{}", row.gtin, row.code),
            code: row.code.clone(),
            quantity: quantity(row.quantity, &row.unit),
            recalled: row.recalled,
            source: Source {
                mark: Mark::Declared,
                by: words(&lot.producer, &lot.producer_en),
                at: timestamp(row.created_at),
            },
        });
        made.collect()
    }

    /// What was sown, spread and sprayed, as points of the timeline.
    pub(super) fn treatments(&self, lot: &Lot) -> Vec<Event> {
        let told = self.treatments.iter().filter(|row| !row.deed.voided);
        told.filter_map(|row| treated(lot, row)).collect()
    }

    /// From what kind of party to what kind a shipment went, and how much.
    pub(super) fn handovers(&self) -> BTreeMap<i64, Words> {
        let made = self.shipments.iter().map(|row| {
            let (from, to) = (party(&row.from_kind), party(&row.to_kind));
            let amount = quantity(row.quantity, &row.unit);
            let zh = format!("{} → {} · {amount}", from.0, to.0);
            let en = format!("{} → {} · {amount}", from.1, to.1);
            (row.id, Words::both(zh, en))
        });
        made.collect()
    }
}

fn basis(code: &str) -> Words {
    match code {
        "own_test" => Words::both("自行检测合格", "own test passed"),
        "commissioned_test" => Words::both("委托检测合格", "commissioned test passed"),
        _ => Words::both("质量安全控制符合要求", "quality control met"),
    }
}

/// A kind of party in both languages.
fn party(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "producer" => ("生产主体", "producer"),
        "hub" => ("县级集散中心", "county hub"),
        "station" => ("村级服务站", "village station"),
        _ => ("采购方", "buyer"),
    }
}

/// An entry of the production record; `None` for what says nothing of the food.
fn treated(lot: &Lot, row: &FarmRecord) -> Option<Event> {
    let (zh, en) = match row.deed.kind.as_str() {
        "sowing" => ("播种", "Sowing"),
        "fertiliser" => ("施肥", "Fertiliser"),
        "pesticide" => ("用药", "Pesticide"),
        "medication" => ("兽药", "Medication"),
        _ => return None,
    };
    let mut told = vec![(zh.to_owned(), en.to_owned())];
    let used = &row.input;
    if !used.is_empty() {
        told.push((format!("：{used}"), format!(": {used}")));
    }
    let number = &row.registration;
    if !number.is_empty() {
        let en = format!(" (registration {number})");
        told.push((format!("（登记证号 {number}）"), en));
    }
    if let Some(days) = row.deed.interval_days {
        let en = format!(", interval {days} days");
        told.push((format!("，安全间隔期 {days} 天"), en));
        if let Some(harvest) = lot.harvested_on {
            let passed = (harvest - row.deed.done_on).whole_days();
            let en = format!(", {passed} days until the harvest");
            told.push((format!("，至采收已过 {passed} 天"), en));
        }
    }
    let (zh, en): (String, String) = told.into_iter().unzip();
    Some(Event {
        at: day(row.deed.done_on),
        step: Step::Treated,
        detail: Some(Words::both(zh, en)),
        source: Source {
            mark: Mark::Declared,
            by: words(&lot.producer, &lot.producer_en),
            at: timestamp(row.updated_at),
        },
    })
}

/// The county, for the drawing of where a lot is from.
pub(in crate::web) async fn county(state: &AppState) -> Answer<County> {
    let now = state.now();
    let look_up = async || {
        let mut connection = state.store().acquire().await?;
        let rows = store::wall::list_townships(&mut connection, now).await?;
        Ok(rows.into_iter().map(township).collect::<Arc<[Township]>>())
    };
    Ok(County {
        townships: state.townships().get(now, TOWNSHIPS_FRESH, look_up).await?,
        outline: state.setup().outline.clone(),
    })
}

/// A township as the drawing wants it.
pub(in crate::web) fn township(row: store::wall::Township) -> Township {
    Township {
        name: row.name,
        latitude: row.latitude,
        longitude: row.longitude,
        plots: row.plots,
        alarms: row.alarms,
    }
}

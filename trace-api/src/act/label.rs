//! Issuing labels: serials are drawn, bound to the lot where it is known, and written down as
//! commissioned. And what stands on a label, which is drawn anew whenever it is asked for.

use std::collections::BTreeSet;

use label_printer::certificate::TITLE;
use label_printer::{
    CodeLink, Dpi, Field, Format, Label as Sticker, LabelError, Size, Template, TemplateError,
};
use model::event::{EPCS_MAX, Step};
use model::gs1::{DigitalLink, Gtin, LotCode, Serial, ShortCode};
use model::lot::LotState;
use store::account::Account;
use store::certificate;
use store::label::{self, Filter, For, Label, NewRun, RUN_LABELS_MAX, Run};
use store::lot::{self as lots, Lot};
use store::product::{self, Product};
use store::{AnyConnection, StoreError, producer};
use time::OffsetDateTime;
use uuid::Uuid;

use super::filing::gate;
use super::lot::{iso, request_used};
use crate::authority::Scope;
use crate::press;
use crate::problem::{Answer, Kind, Problem};
use crate::record::{self, Deed};
use crate::state::AppState;

/// Labels as they are asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Made by the client, so that a form sent twice issues once.
    pub(crate) request_id: Uuid,
    /// How many.
    pub(crate) count: i32,
    /// Label size, for example `40x30mm`, or another template's name.
    pub(crate) size: String,
    /// Whether their codes wait until they are activated.
    pub(crate) on_activation: bool,
}

/// What a run of labels is for, and what stands on them.
#[derive(Debug, Clone)]
pub(crate) enum Goods {
    /// A lot.
    Lot(Box<Lot>),
    /// A product whose lot is not known yet, with its producer's name.
    Product(Box<Product>, String),
}

impl Goods {
    /// Whose goods they are.
    pub(crate) fn producer_id(&self) -> i64 {
        match self {
            Self::Lot(lot) => lot.producer_id,
            Self::Product(product, _) => product.producer_id,
        }
    }

    /// GTIN-14 of the product.
    pub(crate) fn gtin(&self) -> &str {
        match self {
            Self::Lot(lot) => &lot.gtin,
            Self::Product(product, _) => &product.gtin,
        }
    }

    /// The lot, if it is known.
    pub(crate) fn lot(&self) -> Option<&Lot> {
        match self {
            Self::Lot(lot) => Some(lot),
            Self::Product(..) => None,
        }
    }

    /// Names a file of theirs: the lot's code, or the product's number.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Lot(lot) => &lot.code,
            Self::Product(product, _) => &product.gtin,
        }
    }
}

/// What a run was made for.
pub(crate) async fn goods(connection: &mut AnyConnection, run: &Run) -> Answer<Goods> {
    let vanished = || Problem::internal(Vanished);
    if let Some(lot) = run.lot_id {
        let lot = lots::find(connection, lot).await?.ok_or_else(vanished)?;
        return Ok(Goods::Lot(Box::new(lot)));
    }
    let product = product::find(connection, run.product_id).await?;
    of_product(connection, product.ok_or_else(vanished)?).await
}

async fn of_product(connection: &mut AnyConnection, product: Product) -> Answer<Goods> {
    let own = producer::find(connection, product.producer_id).await?;
    let name = own.map(|own| own.name).unwrap_or_default();
    Ok(Goods::Product(Box::new(product), name))
}

#[derive(Debug, thiserror::Error)]
#[error("the lot or the product of a run is not there")]
struct Vanished;

/// Labels that were issued together.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    /// Their lot; `None` where it is not known yet.
    pub(crate) lot_id: Option<i64>,
    /// Their run.
    pub(crate) run_id: i64,
    /// Template of the run.
    pub(crate) size: String,
    /// The first ones, at most [`label::PAGE_MAX`].
    pub(crate) labels: Vec<Label>,
}

/// Issues labels for a lot.
pub(crate) async fn issue(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    wanted: &Wanted,
) -> Answer<Issued> {
    let template = check(state, wanted)?;
    let mut transaction = super::begin(state, account).await?;
    let lot = super::find_lot(&mut transaction, account, lot_id).await?;
    // Locked, so that nobody holds the lot between this look and the labels.
    let at = lots::lock_state(&mut transaction, lot_id).await?;
    check_state(at.unwrap_or(lot.state))?;
    check_filing(&mut transaction, lot.product_id, wanted).await?;
    let goods = Goods::Lot(Box::new(lot));
    try_out(state, &mut transaction, &goods, &template).await?;
    let name = template.name.as_str();
    let issued = draw_run(state, &mut transaction, account, &goods, (wanted, name)).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(issued)
}

/// Issues labels for a product; ranges of them are bound to its lots later.
pub(crate) async fn issue_ahead(
    state: &AppState,
    account: &Account,
    gtin: &str,
    wanted: &Wanted,
) -> Answer<Issued> {
    let template = check(state, wanted)?;
    let mut transaction = super::begin(state, account).await?;
    let product = product::find_by_gtin(&mut transaction, gtin).await?;
    let own = product.filter(|product| Scope::of(account).holds(product.producer_id));
    let product =
        own.ok_or_else(|| Problem::invalid("gtin", "this is no product of yours", "没有这个产品"))?;
    check_filing(&mut transaction, product.id, wanted).await?;
    let goods = of_product(&mut transaction, product).await?;
    try_out(state, &mut transaction, &goods, &template).await?;
    let name = template.name.as_str();
    let issued = draw_run(state, &mut transaction, account, &goods, (wanted, name)).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(issued)
}

fn check(state: &AppState, wanted: &Wanted) -> Answer<Template> {
    if !(1..=RUN_LABELS_MAX).contains(&wanted.count) {
        let en = format!("1 to {RUN_LABELS_MAX} labels in one run");
        return Err(Problem::invalid(
            "count",
            en,
            format!("每次 1 至 {RUN_LABELS_MAX} 枚"),
        ));
    }
    template(state, "size", &wanted.size)
}

/// Labels are for products whose filing stands. What is sent again was issued while it still could
/// be.
async fn check_filing(
    connection: &mut AnyConnection,
    product_id: i64,
    wanted: &Wanted,
) -> Answer<()> {
    if label::is_issued(connection, wanted.request_id).await? {
        return Ok(());
    }
    gate::check(connection, product_id).await
}

/// What cannot be drawn is refused before serials are bound to it.
async fn try_out(
    state: &AppState,
    connection: &mut AnyConnection,
    goods: &Goods,
    template: &Template,
) -> Answer<()> {
    let sample = pattern(connection, goods.clone()).await?.sample(state)?;
    let drawn = press::draw(state, sample, template.clone(), (Dpi::D203, Format::Png)).await;
    drawn.map(drop).map_err(unprintable)
}

/// Draws serials and keeps them as a run. Where they are of a lot and in use at once, the events
/// are written; a request that was issued before gets what it was issued then.
async fn draw_run(
    state: &AppState,
    connection: &mut AnyConnection,
    account: &Account,
    goods: &Goods,
    (wanted, template): (&Wanted, &str),
) -> Answer<Issued> {
    let serials = draw_serials(state, wanted.count);
    let texts: Vec<String> = serials.iter().map(ToString::to_string).collect();
    let draw = || ShortCode::from_random(u64::from_be_bytes(state.draw()));
    let shorts = label::draw_shorts(connection, texts.len(), draw).await?;
    let now = state.now();
    let new = NewRun {
        goods: match goods {
            Goods::Lot(lot) => For::Lot(lot.id),
            Goods::Product(product, _) => For::Product(product.id),
        },
        on_activation: wanted.on_activation,
        size: template,
        serials: &texts,
        shorts: &shorts,
        request_id: wanted.request_id,
        account_id: Some(account.id),
    };
    let run_id = label::insert_run(connection, &new, now).await?;
    let filter = Filter {
        run_id: Some(run_id),
        ..Filter::default()
    };
    let labels = label::list(connection, &filter, label::PAGE_MAX, 0).await?;
    let lot_id = goods.lot().map(|lot| lot.id);
    let same =
        |label: &&Label| label.run_lot_id == lot_id && label.producer_id == goods.producer_id();
    let first = labels.first().filter(same).ok_or_else(request_used)?;
    let size = first.size.clone();
    if let Some(lot) = goods.lot()
        && first.active
        && texts.contains(&first.serial)
    {
        commission(connection, lot, &serials, (account, now)).await?;
    }
    Ok(Issued {
        lot_id,
        run_id,
        size,
        labels,
    })
}

/// Writes down that these items got their codes.
pub(super) async fn commission(
    connection: &mut AnyConnection,
    lot: &Lot,
    serials: &[Serial],
    (account, now): (&Account, OffsetDateTime),
) -> Answer<()> {
    let deed = Deed {
        at: now,
        now,
        account_id: account.id,
    };
    for chunk in serials.chunks(EPCS_MAX) {
        record::append(connection, lot, &Step::Commissioned(chunk), deed).await?;
    }
    Ok(())
}

/// What is stopped or gone gets no new labels.
pub(super) fn check_state(state: LotState) -> Answer<()> {
    if matches!(
        state,
        LotState::Held | LotState::Recalled | LotState::SoldOut
    ) {
        let en = format!("a lot that is {state} gets no labels");
        return Err(Problem::told(
            Kind::IllegalStep,
            en,
            "该批次已停止销售，不能打印标签",
        ));
    }
    Ok(())
}

/// Serials from chance, each only once. Two equal ones among 2^64 never happen; if the source of
/// chance is broken, the run is shorter and the database's key refuses what was issued before.
fn draw_serials(state: &AppState, count: i32) -> Vec<Serial> {
    let draws = (0..count).map(|_| Serial::from_random(u64::from_be_bytes(state.draw())));
    draws.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The template of a name: a size such as `40x30mm`, a built-in sheet, or one of the operator's.
/// `field` is where the name came from.
pub(crate) fn template(state: &AppState, field: &'static str, name: &str) -> Answer<Template> {
    let name = name.trim();
    let spelt = name.parse::<Size>().map(|size| size.to_string());
    let found = state.templates().find(spelt.as_deref().unwrap_or(name));
    found.map_err(|error| Problem {
        field: Some(field),
        ..unusable(&error)
    })
}

/// Why a template cannot be used.
pub(crate) fn unusable(error: &TemplateError) -> Problem {
    let zh = match error {
        TemplateError::Unknown { .. } => "没有这种标签模板或尺寸".to_owned(),
        other => format!("标签模板有误：{other}"),
    };
    Problem::invalid("template", error.to_string(), zh)
}

/// Templates on offer: those that can be used.
pub(crate) fn templates(state: &AppState) -> Vec<Template> {
    let shelved = state.templates().list().into_iter();
    shelved
        .filter_map(|shelved| shelved.template.ok())
        .collect()
}

/// Why a label cannot be printed, for the person who wants to.
pub(crate) fn unprintable(error: LabelError) -> Problem {
    let field = match error {
        LabelError::SizeSyntax(_) | LabelError::SizeUnknown(_) => "size",
        LabelError::Proof | LabelError::Font | LabelError::Encode => {
            return Problem::internal(error);
        }
        _ => "label",
    };
    let zh = match &error {
        LabelError::SizeSyntax(_) | LabelError::SizeUnknown(_) => "没有这种标签尺寸".to_owned(),
        LabelError::NoGlyph { character, .. } => format!("标签无法打印字符“{character}”"),
        LabelError::Offset { .. } => "按此偏移打印会有内容被裁掉".to_owned(),
        LabelError::Setup(_) => "起始位置、偏移或缩放超出范围".to_owned(),
        LabelError::CodeTooBig { fits, .. } | LabelError::TextTooLong { fits, .. } => fits
            .map_or_else(
                || "内容太长，任何尺寸的标签都放不下，请缩短".to_owned(),
                |size| format!("内容放不进此尺寸的标签，最小可用 {size}"),
            ),
        _ => "标签无法打印".to_owned(),
    };
    Problem::invalid(field, error.to_string(), zh)
}

/// What the code of an item says, in the spelling that is printed. A label that was printed before
/// its lot was known does not name one.
pub(crate) fn link(
    state: &AppState,
    gtin: &str,
    lot: Option<&str>,
    serial: Option<Serial>,
) -> Answer<CodeLink> {
    let lot = lot.map(LotCode::parse).transpose();
    let link = DigitalLink {
        gtin: Gtin::parse(gtin).map_err(Problem::internal)?,
        lot: lot.map_err(Problem::internal)?,
        serial,
    };
    CodeLink::of(state.public_url(), &link).map_err(Problem::internal)
}

/// What stands on every label of a run.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    /// The lot, or the product alone.
    pub(crate) goods: Goods,
    /// Whether a 承诺达标合格证 stands for the lot: the same code leads to it, and the rule wants
    /// its words beside the code.
    is_certified: bool,
}

/// Looks up what stands on every label of a lot or a product.
pub(crate) async fn pattern(
    connection: &mut AnyConnection,
    goods: Goods,
) -> Result<Pattern, StoreError> {
    let lots: Vec<i64> = goods.lot().map(|lot| lot.id).into_iter().collect();
    let certificates = certificate::list(connection, &lots).await?;
    Ok(Pattern {
        is_certified: certificates.iter().any(|one| one.voided_at.is_none()),
        goods,
    })
}

impl Pattern {
    /// The label of an item.
    pub(crate) fn label(
        &self,
        state: &AppState,
        serial: Serial,
        short: Option<&str>,
    ) -> Answer<Sticker> {
        let short = short.unwrap_or_default();
        Ok(match &self.goods {
            Goods::Lot(lot) => {
                let link = link(state, &lot.gtin, Some(&lot.code), Some(serial))?;
                let harvested = lot.harvested_on.map(iso).unwrap_or_default();
                let regime = if self.is_certified { TITLE } else { "" };
                Sticker::new(link)
                    .with(Field::Regime, regime)
                    .with(Field::Product, &lot.product)
                    .with(Field::Producer, &lot.producer)
                    .with(Field::Origin, &lot.plot)
                    .with(Field::Weight, &lot.specification)
                    .with(Field::Harvested, &harvested)
                    .with(Field::Lot, &lot.code)
                    .with(Field::Code, short)
            }
            Goods::Product(product, producer) => {
                let link = link(state, &product.gtin, None, Some(serial))?;
                Sticker::new(link)
                    .with(Field::Product, &product.name)
                    .with(Field::Producer, producer)
                    .with(Field::Weight, &product.specification)
                    .with(Field::Code, short)
            }
        })
    }

    /// A label with a serial and a short code that are never issued.
    pub(crate) fn sample(&self, state: &AppState) -> Answer<Sticker> {
        let short = ShortCode::from_random(98_765_432_109);
        self.label(state, Serial::from_random(0), Some(short.as_str()))
    }
}

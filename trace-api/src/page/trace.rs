//! The buyer's page: what a scanned code leads to. Public, so nothing personal goes in: producers
//! are organisations, places are no finer than the township, and the one contact is the business
//! contact that the certificate rule demands.

use model::time::Timestamp;

use super::camera::Shot;
use super::chart::{Band, Series};
use super::credential::Credential;
use super::{Source, Words};
pub use crate::rule::copy::Sign;

/// Everything the page of one lot or item shows. `producer` and below are in page order.
#[derive(Debug, Clone)]
pub struct TraceView {
    /// The verdict band at the top.
    pub verdict: Verdict,
    /// What it is.
    pub product: Product,
    /// Which batch, and which item of it.
    pub lot: Lot,
    /// How often this item's code was asked for; `None` for a code that names only a lot.
    pub query: Option<Query>,
    /// Who answers for it.
    pub producer: Producer,
    /// What others certified of the product or of its producer.
    pub credentials: Vec<Credential>,
    /// Where it grew or was made; `None` when the lot has no plot on record.
    pub plot: Option<Plot>,
    /// The county around it, to draw where its township is.
    pub county: County,
    /// Lots that it was made of.
    pub inputs: Vec<InputLot>,
    /// Certificates and promises that go with it, newest first.
    pub certificates: Vec<Certificate>,
    /// Tests, newest first; empty shows 未检测 in words.
    pub tests: Vec<Test>,
    /// Reports of other laboratories, oldest first.
    pub reports: Vec<Report>,
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// Readings of the growing period; `None` when no probe stands on the plot.
    pub monitoring: Option<Monitoring>,
    /// Pictures of the growing period; `None` when no camera looked at the plot.
    pub pictures: Option<Pictures>,
    /// Who entered what: the foot of the page.
    pub entered: Vec<Entered>,
    /// The newest fact on this page.
    pub as_of: Timestamp,
}

/// The one thing to know first: icon, word and colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// 检测合格: at least one test, none failed, lot released.
    Passed,
    /// 未检测: nothing failed because nothing was tested.
    Untested,
    /// 检测中: sampled, no result yet.
    InTest,
    /// 已过保质期: nothing speaks against it but its age.
    Expired,
    /// 不合格·停止销售: a test failed or the lot is held.
    Failed,
    /// 资料不足: the lot is known, but too little is on record to say more.
    Incomplete,
    /// 已召回: replaces the page by the recall page.
    Recalled {
        /// Since when.
        since: Timestamp,
        /// Why, in the supervisor's words.
        reason: Words,
        /// What a buyer should do; `None` shows the standing advice.
        advice: Option<Words>,
    },
}

/// What it is.
#[derive(Debug, Clone)]
pub struct Product {
    /// Name, such as 莓茶.
    pub name: Words,
    /// Variety, grade or pack, such as “特级 · 罐装 100 g”.
    pub detail: Option<Words>,
    /// 14 digits.
    pub gtin: String,
    /// The document regime of the product.
    pub regime: Regime,
    /// Since when its filing, or its producer's, is suspended.
    pub suspended: Option<Timestamp>,
    /// Where these facts come from.
    pub source: Source,
}

/// Which document goes with the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// 承诺达标合格证: fresh produce.
    Promise,
    /// SC: made food from a licensed plant.
    Licence,
    /// 小作坊: made food from a registered small workshop.
    Workshop,
}

/// Which batch.
#[derive(Debug, Clone)]
pub struct Lot {
    /// Lot code as printed.
    pub code: String,
    /// Serial of the item; `None` for a code that names only the lot.
    pub serial: Option<String>,
    /// Quantity of the whole lot with unit, such as “320 kg”.
    pub quantity: Option<String>,
    /// Start of the growing (or making) period.
    pub started: Option<Timestamp>,
    /// Harvest (or finishing).
    pub harvested: Option<Timestamp>,
    /// Last day of its shelf life, counted from the harvest as filed with the product.
    pub best_before: Option<Timestamp>,
}

/// The ledger of queries of one item.
#[derive(Debug, Clone)]
pub struct Query {
    /// When this code was asked for the first time.
    pub first: Timestamp,
    /// How often up to now, this time included.
    pub count: u64,
    /// On how many days.
    pub days: u64,
    /// In how many places, as far as places are known.
    pub places: u64,
    /// How often on the day that had the most.
    pub busiest: u64,
    /// What is uncommon about that; empty for the queries of one item.
    pub signs: Vec<Sign>,
}

/// Who answers for it: an organisation.
#[derive(Debug, Clone)]
pub struct Producer {
    /// Name of the organisation.
    pub name: Words,
    /// Township.
    pub township: Words,
    /// The business contact (联系方式) of the certificate, as filed for publication.
    pub contact: Option<String>,
    /// 统一社会信用代码 of the organisation.
    pub credit_code: Option<String>,
    /// Where these facts come from.
    pub source: Source,
}

/// Where it grew, no finer than the township.
#[derive(Debug, Clone)]
pub struct Plot {
    /// Name of the plot, such as “莓茶 3 号地”.
    pub name: Words,
    /// Township.
    pub township: Words,
    /// Area in mu (亩, 1/15 hectare).
    pub area_mu: Option<f64>,
    /// Height above the sea, metres.
    pub altitude_m: Option<f64>,
    /// Where these facts come from.
    pub source: Source,
}

/// One line of the table of tests.
#[derive(Debug, Clone)]
pub struct Test {
    /// What was tested, such as “农药残留（抑制率）”.
    pub item: Words,
    /// Result with its qualifier and without unit: `12.5`, `<5.0`, `未检出`.
    pub result: String,
    /// Unit as written by laboratories: `%`, `mg/kg`; empty for none.
    pub unit: String,
    /// The limit with its comparison, such as `< 50 %`.
    pub limit: Option<String>,
    /// Method with edition, such as `GB/T 5009.199-2003`.
    pub method: String,
    /// When the result was entered.
    pub at: Timestamp,
    /// The verdict by that limit.
    pub verdict: TestVerdict,
    /// Who tested: a laboratory.
    pub lab: Words,
}

/// A report of another laboratory: that there is one, and its file where everybody may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Who issued it.
    pub laboratory: String,
    /// Its number there.
    pub number: String,
    /// When it was issued.
    pub at: Timestamp,
    /// SHA-256 of its file, hexadecimal.
    pub sha256: String,
    /// Path of its file; `None` where the file is not public.
    pub href: Option<String>,
}

/// What a result means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestVerdict {
    /// 合格
    Pass,
    /// 不合格
    Fail,
    /// 待复检: no verdict can be given.
    Unclear,
}

/// One point of the timeline.
#[derive(Debug, Clone)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// What kind of step.
    pub step: Step,
    /// More of it, such as a quantity or an input.
    pub detail: Option<Words>,
    /// Who says so, and how it is known.
    pub source: Source,
}

/// Steps of a lot's life as the timeline names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// 种植（生产）开始
    Started,
    /// 农事
    Treated,
    /// 采收
    Harvested,
    /// 加工
    Processed,
    /// 检测
    Tested,
    /// 放行
    Released,
    /// 赋码贴标
    Labelled,
    /// 包装
    Packed,
    /// 出库
    Shipped,
    /// 收货
    Received,
    /// 停止销售
    Held,
    /// 召回
    Recalled,
    /// 监测封存: the readings of the growing period were summed up.
    Sealed,
}

/// Readings of the growing period.
#[derive(Debug, Clone)]
pub struct Monitoring {
    /// Start of the period.
    pub from: Timestamp,
    /// End of the period (harvest, or now).
    pub to: Timestamp,
    /// One entry a channel, the most telling first.
    pub channels: Vec<Channel>,
}

/// One measured quantity over the period.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Code of the quantity (`model::unit::Quantity::code`); for `other` the channel's own name.
    pub quantity: String,
    /// Unit in `SenML` spelling: `Cel`, `%RH`, `%` …
    pub unit: String,
    /// Depth below ground in centimetres, where it matters.
    pub depth_cm: Option<f64>,
    /// Lowest, mean and highest reading; `None` when there was no reading.
    pub extent: Option<Extent>,
    /// Readings that should have come in the period.
    pub expected: u64,
    /// Readings that came.
    pub present: u64,
    /// Allowed range or alarm limits, drawn as a band or as lines.
    pub band: Option<Band>,
    /// The rollups to draw, hourly or daily.
    pub series: Series,
    /// Which probe, and its last reading.
    pub source: Source,
}

/// Lowest, mean, highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Lowest reading.
    pub min: f64,
    /// Mean of the readings.
    pub mean: f64,
    /// Highest reading.
    pub max: f64,
}

/// Pictures of the growing period.
#[derive(Debug, Clone)]
pub enum Pictures {
    /// The lot is not on sale: nobody but the desks sees them.
    Withheld,
    /// They are public.
    Strip(PictureStrip),
}

/// Some pictures of the growing period, and how many there are.
#[derive(Debug, Clone)]
pub struct PictureStrip {
    /// First day on which a camera looked there.
    pub from: Timestamp,
    /// Last day of it.
    pub to: Timestamp,
    /// Pictures in all.
    pub count: u64,
    /// Days with pictures.
    pub days: u64,
    /// Those that are shown, oldest first.
    pub shown: Vec<Shot>,
    /// More of them, for a time-lapse: small address and when it was taken, oldest first.
    pub frames: Vec<(String, Timestamp)>,
    /// Days without pictures that should have some: first and last day of each gap.
    pub gaps: Vec<(Timestamp, Timestamp)>,
    /// Which cameras, and the newest picture; `None` where there is no picture.
    pub source: Option<Source>,
}

/// One line of the foot: who entered what, when.
#[derive(Debug, Clone)]
pub struct Entered {
    /// What, such as “批次登记”.
    pub what: Words,
    /// By which organisation or device.
    pub by: Words,
    /// When.
    pub at: Timestamp,
}

mod around;
mod kept;
mod lost;
mod render;

pub use around::{Certificate, County, InputLot};
pub use kept::KeptPage;
pub(in crate::page) use lost::Lost;

pub use lost::{Near, NoTrace, page as lost};
pub(in crate::page) use render::Told;
pub use render::page;

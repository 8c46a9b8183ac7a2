//! 特色农产品资源库: the filed products to look through, and the page of one product.
//! The search is a plain GET; it works without a script.

use askama::Template;
use model::lot::LotState;
use model::time::Timestamp;

use super::credential::Credential;
use super::trace::Regime;
use super::{Page, Site, Words};

/// A list of filed products.
#[derive(Debug, Clone, Default)]
pub struct CatalogueView {
    /// The words that were looked for.
    pub words: String,
    /// The category that was chosen; empty for all.
    pub category: String,
    /// Every category.
    pub categories: Vec<CategoryRow>,
    /// What was found, by category.
    pub products: Vec<ProductRow>,
    /// Where the list goes on, if it does.
    pub next: Option<String>,
    /// The data pack of what was found.
    pub pack: String,
}

/// A category to choose.
#[derive(Debug, Clone)]
pub struct CategoryRow {
    /// Its name.
    pub name: String,
    /// Where its products are.
    pub href: String,
    /// How many products it has.
    pub products: i64,
}

/// One filed product.
#[derive(Debug, Clone)]
pub struct ProductRow {
    /// GTIN-14.
    pub gtin: String,
    /// Name.
    pub name: Words,
    /// Variety, pack and grade.
    pub detail: String,
    /// Kind in the county's plan.
    pub category: String,
    /// Season, in words.
    pub season: String,
    /// Which document goes with it.
    pub regime: Regime,
    /// Who makes it.
    pub producer: Words,
    /// Township of the producer.
    pub township: String,
    /// Whether its filing, or its producer's, is suspended.
    pub suspended: bool,
    /// Lots that are or were on sale.
    pub lots: i64,
    /// How long it keeps, as filed.
    pub shelf_life_days: i32,
    /// A small picture from its field, and when it was taken.
    pub shot: Option<(String, Timestamp)>,
}

/// The page of one product: a code that names no lot leads here.
#[derive(Debug, Clone)]
pub struct ProductView {
    /// What it is.
    pub product: ProductRow,
    /// What others certified of it or of its producer.
    pub credentials: Vec<Credential>,
    /// Lots that a buyer may hold, newest first.
    pub lots: Vec<LotRow>,
}

/// A lot to choose.
#[derive(Debug, Clone)]
pub struct LotRow {
    /// GS1 AI 10.
    pub code: String,
    /// Where its trace is.
    pub href: String,
    /// Where it stands.
    pub state: LotState,
    /// Harvest or finishing.
    pub harvested: Option<Timestamp>,
}

impl LotRow {
    /// The word of its state.
    pub(super) fn state_key(&self) -> &'static str {
        super::face::lot_key(self.state)
    }

    /// The tone of its state.
    pub(super) fn state_tone(&self) -> &'static str {
        super::face::lot_tone(self.state)
    }
}

/// The catalogue.
pub fn page(site: &Site, view: &CatalogueView) -> Page {
    CataloguePage { site, view }.render()
}

/// One product.
pub fn product(site: &Site, view: &ProductView) -> Page {
    ProductPage { site, view }.render()
}

#[derive(Template)]
#[template(path = "catalogue.html")]
struct CataloguePage<'a> {
    site: &'a Site,
    view: &'a CatalogueView,
}

#[derive(Template)]
#[template(path = "product.html")]
struct ProductPage<'a> {
    site: &'a Site,
    view: &'a ProductView,
}

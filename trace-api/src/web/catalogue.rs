//! `/catalogue`: the county's filed products, searched and paged; and the page of one of them.

use axum::extract::State;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use store::catalogue::{self, Entry, Filter, LOTS_MAX, OnSale, PAGE_MAX, ProductShot};
use store::credential;

use super::Here;
use super::digital_link::view::regime;
use super::pictures::small_href;
use super::words::{certified, day, words};
use crate::extract::Asked;
use crate::page::catalogue::{CatalogueView, CategoryRow, LotRow, ProductRow, ProductView, page};
use crate::problem::Answer;
use crate::rule::plausible;
use crate::state::{AppState, timestamp};

mod pack;

pub(super) use pack::download;

/// Most characters of a search that are looked at.
const WORDS_CHARS_MAX: usize = 60;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    gtin: String,
    #[serde(default)]
    from: i64,
}

/// Shows the catalogue.
pub(super) async fn show(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let (typed, category) = (shortened(&question.q), shortened(&question.category));
    let filter = filter(&question);
    let mut connection = state.store().acquire().await?;
    let found = catalogue::list(&mut connection, &filter, question.from).await?;
    let categories = catalogue::list_categories(&mut connection).await?;
    let gtins: Vec<String> = found.iter().map(|entry| entry.gtin.clone()).collect();
    let shots = catalogue::list_shots(&mut connection, &gtins).await?;
    drop(connection);
    let next = (found.len() as i64 == PAGE_MAX).then(|| {
        let from = question.from.max(0).saturating_add(PAGE_MAX);
        let (words, kind) = (encoded(&typed), encoded(&category));
        format!("/catalogue?q={words}&category={kind}&from={from}")
    });
    let pack = format!(
        "/catalogue/pack.zip?q={}&category={}&from={}",
        encoded(&typed),
        encoded(&category),
        question.from.max(0)
    );
    let view = CatalogueView {
        pack,
        words: typed,
        category,
        categories: categories.into_iter().map(kind).collect(),
        products: found.into_iter().map(|entry| row(entry, &shots)).collect(),
        next,
    };
    here.answer(page(&here.site, &view))
}

/// The page of a product, for a code that names no lot; `None` where nobody filed it.
pub(crate) async fn product(state: &AppState, gtin: &str) -> Answer<Option<ProductView>> {
    let mut connection = state.store().acquire().await?;
    let Some(entry) = catalogue::find(&mut connection, gtin).await? else {
        return Ok(None);
    };
    let lots = catalogue::list_on_sale(&mut connection, Some(gtin), LOTS_MAX).await?;
    let gtins = std::slice::from_ref(&entry.gtin);
    let shots = catalogue::list_shots(&mut connection, gtins).await?;
    let today = plausible::today(state.now());
    let credentials = credential::list_public(&mut connection, gtins, today).await?;
    Ok(Some(ProductView {
        credentials: credentials
            .iter()
            .map(|row| certified(row, today))
            .collect(),
        product: row(entry, &shots),
        lots: lots.into_iter().map(lot).collect(),
    }))
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(WORDS_CHARS_MAX).collect()
}

/// What a question looks for.
fn filter(question: &Question) -> Filter {
    let given = |text: &str| Some(shortened(text)).filter(|text| !text.is_empty());
    Filter {
        words: given(&question.q),
        category: given(&question.category),
        gtin: given(&question.gtin),
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn kind((name, products): (String, i64)) -> CategoryRow {
    CategoryRow {
        href: format!("/catalogue?category={}", encoded(&name)),
        name,
        products,
    }
}

fn row(entry: Entry, shots: &[ProductShot]) -> ProductRow {
    let shot = shots.iter().find(|shot| shot.gtin == entry.gtin);
    let detail = [entry.variety.as_str(), entry.specification.as_str()];
    let detail = detail.into_iter().filter(|part| !part.is_empty());
    ProductRow {
        name: words(&entry.name, &entry.name_en),
        detail: detail.collect::<Vec<_>>().join(" · "),
        regime: regime(&entry.regime),
        producer: words(&entry.producer, &entry.producer_en),
        shot: shot.map(|shot| (small_href(&shot.sha256), timestamp(shot.taken_at))),
        shelf_life_days: entry.shelf_life_days,
        gtin: entry.gtin,
        category: entry.category,
        season: entry.season,
        township: entry.township,
        suspended: entry.is_suspended,
        lots: entry.lots,
    }
}

fn lot(lot: OnSale) -> LotRow {
    LotRow {
        href: format!("/01/{}/10/{}", lot.gtin, lot.code),
        code: lot.code,
        state: lot.state,
        harvested: lot.harvested_on.map(day),
    }
}

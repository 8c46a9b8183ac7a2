//! 查询一体机: the shell that stays open for days, and the answers that it shows. The shell holds
//! nothing of any lot; answers are fragments that its script puts in, and its worker keeps.

use askama::Template;

use super::catalogue::ProductView;
use super::trace::{Lost, NoTrace, Pictures, Told, TraceView};
use super::{Page, Site};

/// The shell.
pub fn page(site: &Site) -> Page {
    KioskPage { site }.render()
}

/// What a scanned code is.
#[derive(Debug)]
pub enum Answer<'a> {
    /// A lot, or one item of it.
    Trace(&'a TraceView),
    /// A product; the buyer chooses the lot.
    Product(&'a ProductView),
    /// Nothing of ours.
    Lost(&'a NoTrace),
}

/// The fragment that answers a scan.
pub fn answer(site: &Site, answer: &Answer<'_>) -> Page {
    match answer {
        Answer::Trace(view) => {
            let told = Told::of(site, view)?;
            let key = format!("/01/{}/10/{}", view.product.gtin, view.lot.code);
            TraceAnswer {
                site,
                view,
                told,
                key,
            }
            .render()
        }
        Answer::Product(view) => ProductAnswer { site, view }.render(),
        Answer::Lost(view) => {
            let lost = Lost::of(view);
            LostAnswer { site, view, lost }.render()
        }
    }
}

#[derive(Template)]
#[template(path = "kiosk.html")]
struct KioskPage<'a> {
    site: &'a Site,
}

#[derive(Template)]
#[template(path = "kiosk_trace.html")]
struct TraceAnswer<'a> {
    site: &'a Site,
    view: &'a TraceView,
    told: Told<'a>,
    key: String,
}

#[derive(Template)]
#[template(path = "kiosk_product.html")]
struct ProductAnswer<'a> {
    site: &'a Site,
    view: &'a ProductView,
}

#[derive(Template)]
#[template(path = "kiosk_lost.html")]
struct LostAnswer<'a> {
    site: &'a Site,
    view: &'a NoTrace,
    lost: Lost<'a>,
}

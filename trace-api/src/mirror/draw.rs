//! The files of a lot, of a product and of the mirror's first pages, as bytes. A lot that is not
//! for the public any more becomes a page that says so; nothing else of it goes out.

use std::collections::BTreeSet;

use bytes::Bytes;
use model::gs1::{DigitalLink, Gtin, LotCode};
use store::lot::Lot;
use store::{event, mirror};

use super::Options;
use super::relink::{Spot, relink};
use crate::page::copy::{self, Copied, HeldView, IndexRow};
use crate::page::{Lang, Page, Site};
use crate::problem::{Answer, Problem};
use crate::state::{AppState, timestamp};
use crate::web::digital_link::{epcis, linkset, view};
use crate::web::words::words;

/// The pages in both languages, by file.
const PAGES: [(&str, Lang); 2] = [("index.html", Lang::Zh), ("en.html", Lang::En)];
/// Every file that a lot's folder may hold.
pub(super) const LOT_FILES: [&str; 5] = [
    "index.html",
    "en.html",
    "linkset.json",
    "epcis.jsonld",
    super::MANIFEST,
];

/// A file to write.
#[derive(Debug)]
pub(super) struct File {
    /// Name in its folder.
    pub(super) name: &'static str,
    /// Content.
    pub(super) bytes: Bytes,
    /// Its media type.
    pub(super) media_type: &'static str,
}

/// What goes into a folder.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// Its files.
    pub(super) files: Vec<File>,
    /// Paths, from the mirror's root, of what its pages need besides.
    pub(super) shared: BTreeSet<String>,
}

impl Drawn {
    fn page(&mut self, name: &'static str, page: Page, spot: Spot<'_>) -> Answer<()> {
        let page = page.map_err(Problem::internal)?;
        let relinked = relink(&page, spot);
        self.shared.extend(relinked.shared);
        self.file(name, relinked.html, "text/html; charset=utf-8");
        Ok(())
    }

    fn file(&mut self, name: &'static str, bytes: impl Into<Bytes>, media_type: &'static str) {
        let bytes = bytes.into();
        self.files.push(File {
            name,
            bytes,
            media_type,
        });
    }

    fn json(&mut self, name: &'static str, value: &serde_json::Value) -> Answer<()> {
        let media_type = if name.ends_with("jsonld") {
            "application/ld+json"
        } else {
            "application/linkset+json"
        };
        let bytes = serde_json::to_vec(value).map_err(Problem::internal)?;
        self.file(name, bytes, media_type);
        Ok(())
    }
}

/// The surroundings of a page that is a copy.
fn site(state: &AppState, options: &Options, lang: Lang, here: &str) -> Site {
    let now = timestamp(state.now());
    Site {
        demo: state.setup().demo,
        lang,
        large: false,
        signed_in: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        here: here.to_owned(),
        now,
        csrf: String::new(),
        flash: None,
        copy: Some(Copied {
            at: now,
            live: options.live.as_ref().map(|live| format!("{live}{here}")),
        }),
    }
}

/// Folder of a lot.
pub(super) fn lot_folder(gtin: &str, code: &str) -> String {
    format!("01/{gtin}/10/{code}/")
}

/// Folder of a product.
pub(super) fn product_folder(gtin: &str) -> String {
    format!("01/{gtin}/")
}

/// From a folder to the mirror's root.
pub(super) fn up(folder: &str) -> String {
    "../".repeat(folder.matches('/').count())
}

/// What goes into the folder of a lot.
pub(super) async fn lot(state: &AppState, options: &Options, lot: &Lot) -> Answer<Drawn> {
    let (here, up) = (format!("/01/{}/10/{}", lot.gtin, lot.code), up("a/b/c/d/"));
    let spot = Spot {
        up: &up,
        here: &here,
        live: options.live.as_deref(),
    };
    let mut drawn = Drawn::default();
    if !mirror::is_public(lot.state) {
        let view = HeldView {
            product: words(&lot.product, &lot.product_en),
            gtin: lot.gtin.clone(),
            code: lot.code.clone(),
        };
        for (name, lang) in PAGES {
            let site = site(state, options, lang, &here);
            drawn.page(name, copy::held(&site, &view), spot)?;
        }
        return Ok(drawn);
    }
    let view = view::gather(state, lot.clone(), None, None).await?;
    for (name, lang) in PAGES {
        let site = site(state, options, lang, &here);
        drawn.page(name, crate::page::trace::page(&site, &view), spot)?;
    }
    if let Some(link) = link(lot) {
        let stem = options.url.as_str();
        let linkset = linkset::of_copy(state, stem, &link, lot).await?;
        drawn.json("linkset.json", &linkset)?;
    }
    let mut connection = state.store().acquire().await?;
    let events = event::list(&mut connection, lot.id).await?;
    drop(connection);
    drawn.json("epcis.jsonld", &epcis::of_events(events, view.as_of))?;
    Ok(drawn)
}

fn link(lot: &Lot) -> Option<DigitalLink> {
    Some(DigitalLink {
        gtin: Gtin::parse(&lot.gtin).ok()?,
        lot: Some(LotCode::parse(&lot.code).ok()?),
        serial: None,
    })
}

/// What goes into the folder of a product.
pub(super) async fn product(state: &AppState, options: &Options, gtin: &str) -> Answer<Drawn> {
    let folder = product_folder(gtin);
    let (here, up) = (format!("/01/{gtin}"), up(&folder));
    let spot = Spot {
        up: &up,
        here: &here,
        live: options.live.as_deref(),
    };
    let mut drawn = Drawn::default();
    let Some(view) = crate::web::catalogue::product(state, gtin).await? else {
        return Ok(drawn);
    };
    for (name, lang) in PAGES {
        let site = site(state, options, lang, &here);
        let page = crate::page::catalogue::product(&site, &view);
        drawn.page(name, page, spot)?;
    }
    Ok(drawn)
}

/// The mirror's first page, what a web host shows for an address that it does not have, and the
/// key that everything is signed with.
pub(super) fn root(state: &AppState, options: &Options, products: &[IndexRow]) -> Answer<Drawn> {
    let mut drawn = Drawn::default();
    let spot = Spot {
        up: "",
        here: "/",
        live: options.live.as_deref(),
    };
    for (name, lang) in PAGES {
        let site = site(state, options, lang, "/");
        drawn.page(name, copy::index(&site, products), spot)?;
    }
    // It is shown at any depth, so its addresses begin at the host's root.
    let path = options.url.splitn(4, '/').nth(3).unwrap_or_default();
    let up = if path.is_empty() {
        "/".to_owned()
    } else {
        format!("/{path}/")
    };
    let site = site(state, options, Lang::Zh, "/");
    drawn.page("404.html", copy::lost(&site), Spot { up: &up, ..spot })?;
    let signer = state.setup().signer.as_ref();
    if let Some(signer) = signer {
        let key = format!("{}\n", signer.verifier());
        drawn.file(super::KEY_PATH, key, "text/plain; charset=utf-8");
    }
    Ok(drawn)
}

//! `/catalogue/pack.zip`: what sellers put into a shop, of one product or of a search: texts in both
//! languages, certificates and pictures, all of them public already. It is made while it is sent and
//! takes the memory of one picture.

use std::io::{self, Write as _};

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use store::catalogue::{self, Entry, LOTS_MAX};
use store::pack::{self, Certificate, Picture};
use time::format_description::well_known::Rfc3339;
use tokio::sync::mpsc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Question, filter};
use crate::act::run_file::{PIECES, Pieces, next_piece};
use crate::extract::Asked;
use crate::page::Lang;
use crate::page::pack::readme;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::plausible::today;
use crate::rule::sheet::Sheet;
use crate::state::AppState;
use crate::web::digital_link::view::regime;
use crate::web::pictures::{read_public, whole_href};

/// Most certificates of a product.
const CERTIFICATES_MAX: i64 = 50;
/// Most pictures of a product.
const PICTURES_MAX: i64 = 12;

/// Everything of a product but its pictures' bytes.
struct Good {
    entry: Entry,
    link: String,
    lots: Vec<String>,
    certificates: Vec<Certificate>,
    pictures: Vec<Picture>,
}

/// Sends the pack.
pub(in crate::web) async fn download(
    State(state): State<AppState>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let goods = gather(&state, &question).await?;
    if goods.is_empty() {
        let (en, zh) = ("no product is filed that fits", "没有符合条件的产品");
        return Err(Problem::told(Kind::NotFound, en, zh));
    }
    let day = today(state.now());
    let what = match goods.as_slice() {
        [one] => one.entry.gtin.clone(),
        _ => "selection".to_owned(),
    };
    let name = format!("attachment; filename=\"suyuan-{what}-{day}.zip\"");
    let (sender, pieces) = mpsc::channel(PIECES);
    let made = state.clone();
    let task = tokio::task::spawn_blocking(move || write(&made, &goods, Pieces::new(sender)));
    let body = Body::from_stream(stream::unfold((pieces, Some(task)), next_piece));
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, body).into_response())
}

/// The products of a question, as many as a page of the catalogue shows.
async fn gather(state: &AppState, question: &Question) -> Answer<Vec<Good>> {
    let mut connection = state.store().acquire().await?;
    let entries = catalogue::list(&mut connection, &filter(question), question.from).await?;
    let mut goods = Vec::with_capacity(entries.len());
    for entry in entries {
        let gtin = entry.gtin.as_str();
        let lots = catalogue::list_on_sale(&mut connection, Some(gtin), LOTS_MAX).await?;
        let on_sale = lots
            .into_iter()
            .filter(|lot| store::picture::is_shown(lot.state));
        goods.push(Good {
            link: format!("{}/01/{gtin}", state.public_url()),
            lots: on_sale.map(|lot| lot.code).collect(),
            certificates: pack::list_certificates(&mut connection, gtin, CERTIFICATES_MAX).await?,
            pictures: pack::list_pictures(&mut connection, gtin, PICTURES_MAX).await?,
            entry,
        });
    }
    Ok(goods)
}

/// Writes the whole archive on a blocking thread.
fn write(state: &AppState, goods: &[Good], pieces: Pieces) -> io::Result<()> {
    let runtime = tokio::runtime::Handle::current();
    let mut archive = ZipWriter::new_stream(pieces);
    let text = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut file = |name: &str, bytes: &[u8]| {
        archive.start_file(name, text).map_err(io::Error::other)?;
        archive.write_all(bytes)
    };
    let at = state.now().format(&Rfc3339).unwrap_or_default();
    let readme = readme(&at, goods.len(), state.setup().demo);
    file("README.txt", readme.as_bytes())?;
    file("products.csv", products(goods).as_bytes())?;
    file("certificates.csv", certificates(goods).as_bytes())?;
    file("pictures.csv", pictures(goods).as_bytes())?;
    let all: Vec<Value> = goods.iter().map(as_json).collect();
    let as_text = serde_json::to_vec_pretty(&json!({ "products": all }))?;
    file("products.json", &as_text)?;
    for good in goods {
        for certificate in &good.certificates {
            let body = serde_json::to_vec_pretty(&certificate.body)?;
            file(&certificate_name(good, certificate), &body)?;
        }
        for picture in &good.pictures {
            let address = whole_href(&picture.sha256);
            let stored = address.trim_start_matches("/pictures/");
            let read = runtime.block_on(read_public(state, stored));
            // What is not public any more since the list was made stays out.
            if let Some(jpeg) = read.map_err(|problem| io::Error::other(problem.chain()))? {
                file(&picture_name(good, picture), &jpeg)?;
            }
        }
    }
    archive
        .finish()
        .map_err(io::Error::other)?
        .into_inner()
        .flush()
}

fn picture_name(good: &Good, picture: &Picture) -> String {
    format!("pictures/{}/{}.jpg", good.entry.gtin, picture.sha256)
}

fn certificate_name(good: &Good, certificate: &Certificate) -> String {
    format!(
        "certificates/{}/{}.json",
        good.entry.gtin, certificate.number
    )
}

fn products(goods: &[Good]) -> String {
    let mut sheet = Sheet::new(&[
        "gtin",
        "name",
        "name_en",
        "category",
        "variety",
        "specification",
        "season",
        "document",
        "producer",
        "producer_en",
        "township",
        "link",
    ]);
    for good in goods {
        let entry = &good.entry;
        sheet.row(&[
            entry.gtin.clone(),
            entry.name.clone(),
            entry.name_en.clone(),
            entry.category.clone(),
            entry.variety.clone(),
            entry.specification.clone(),
            entry.season.clone(),
            Lang::Zh.t(regime(&entry.regime).key()).into_owned(),
            entry.producer.clone(),
            entry.producer_en.clone(),
            entry.township.clone(),
            good.link.clone(),
        ]);
    }
    sheet.finish()
}

fn certificates(goods: &[Good]) -> String {
    let head = [
        "gtin",
        "lot",
        "number",
        "basis",
        "quantity",
        "unit",
        "issued_at",
        "file",
    ];
    let mut sheet = Sheet::new(&head);
    for good in goods {
        for certificate in &good.certificates {
            sheet.row(&[
                good.entry.gtin.clone(),
                certificate.lot.clone(),
                certificate.number.clone(),
                certificate.basis.clone(),
                certificate.quantity.to_string(),
                certificate.unit.clone(),
                certificate.issued_at.format(&Rfc3339).unwrap_or_default(),
                certificate_name(good, certificate),
            ]);
        }
    }
    sheet.finish()
}

fn pictures(goods: &[Good]) -> String {
    let mut sheet = Sheet::new(&["gtin", "taken_at", "file"]);
    for good in goods {
        for picture in &good.pictures {
            sheet.row(&[
                good.entry.gtin.clone(),
                picture.taken_at.format(&Rfc3339).unwrap_or_default(),
                picture_name(good, picture),
            ]);
        }
    }
    sheet.finish()
}

fn as_json(good: &Good) -> Value {
    let entry = &good.entry;
    let pictures = good
        .pictures
        .iter()
        .map(|picture| picture_name(good, picture));
    let certificates = good.certificates.iter().map(|certificate| {
        json!({
            "lot": certificate.lot,
            "number": certificate.number,
            "basis": certificate.basis,
            "quantity": certificate.quantity,
            "unit": certificate.unit,
            "issued_at": certificate.issued_at.format(&Rfc3339).unwrap_or_default(),
            "file": certificate_name(good, certificate),
        })
    });
    json!({
        "gtin": entry.gtin,
        "name": { "zh": entry.name, "en": entry.name_en },
        "category": entry.category,
        "variety": entry.variety,
        "specification": entry.specification,
        "season": entry.season,
        "document": {
            "zh": Lang::Zh.t(regime(&entry.regime).key()),
            "en": Lang::En.t(regime(&entry.regime).key()),
        },
        "producer": { "zh": entry.producer, "en": entry.producer_en },
        "township": entry.township,
        "link": good.link,
        "lots_on_sale": good.lots,
        "certificates": certificates.collect::<Vec<_>>(),
        "pictures": pictures.collect::<Vec<_>>(),
    })
}

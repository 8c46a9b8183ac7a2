//! The linkset of a code (RFC 9264 as GS1's resolver standard asks for it): one context for each
//! level from the product down, each with exactly one default link.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::gs1::DigitalLink;
use model::lot::LotState;
use serde_json::{Map, Value, json};
use store::certificate;
use store::lot::Lot;

use super::address;
use crate::problem::{Answer, Problem};
use crate::state::AppState;

/// Namespace of GS1's link types.
const VOCABULARY: &str = "https://ref.gs1.org/voc/";

/// The linkset as an answer.
pub(super) async fn answer(
    state: &AppState,
    link: &DigitalLink,
    name: &str,
    lot: Option<&Lot>,
) -> Answer<Response> {
    let has = Has {
        lot: lot.map(|lot| lot.state),
        certificate: match lot {
            Some(lot) => is_certified(state, lot).await?,
            None => false,
        },
    };
    let product = DigitalLink {
        lot: None,
        serial: None,
        ..*link
    };
    let of_lot = DigitalLink {
        serial: None,
        ..*link
    };
    let mut levels = Vec::new();
    if link.serial.is_some() {
        levels.push(*link);
    }
    if link.lot.is_some() {
        levels.push(of_lot);
    }
    levels.push(product);
    let contexts = levels.iter().map(|level| {
        // A product by itself has no page: its default is the one of the code that was asked for.
        let target = if level.lot.is_some() { level } else { link };
        let target = address(state, target);
        let events = format!("{target}?linkType=gs1:epcis");
        context(&address(state, level), (&target, &events), name, has)
    });
    let linkset = json!({ "linkset": contexts.collect::<Vec<_>>() });
    let media_type = [(header::CONTENT_TYPE, "application/linkset+json")];
    let body = serde_json::to_vec(&linkset).map_err(Problem::internal)?;
    Ok((media_type, body).into_response())
}

/// What a code leads to besides its product.
#[derive(Debug, Clone, Copy)]
struct Has {
    /// A lot, with its trace, and where it stands.
    lot: Option<LotState>,
    /// A 承诺达标合格证 that stands: the same code leads to it (多码合一).
    certificate: bool,
}

async fn is_certified(state: &AppState, lot: &Lot) -> Answer<bool> {
    let mut connection = state.store().acquire().await?;
    let found = certificate::list(&mut connection, &[lot.id]).await?;
    Ok(found
        .iter()
        .any(|certificate| certificate.voided_at.is_none()))
}

/// The linkset of a lot in a copy, whose files lie in one folder below `stem`.
pub(crate) async fn of_copy(
    state: &AppState,
    stem: &str,
    link: &DigitalLink,
    lot: &Lot,
) -> Answer<Value> {
    let product = DigitalLink { lot: None, ..*link };
    let target = format!("{}/", link.with_stem(stem));
    let events = format!("{target}epcis.jsonld");
    let has = Has {
        lot: Some(lot.state),
        certificate: is_certified(state, lot).await?,
    };
    let levels = [*link, product].map(|level| {
        let anchor = level.with_stem(stem).to_string();
        context(&anchor, (&target, &events), &lot.product, has)
    });
    Ok(json!({ "linkset": levels }))
}

/// What one level leads to: its page, and its events.
fn context(anchor: &str, (target, events): (&str, &str), name: &str, has: Has) -> Value {
    let page = |title: &str| json!([{ "href": target, "title": title, "type": "text/html", "hreflang": ["zh", "en"] }]);
    let mut context = Map::new();
    context.insert("anchor".to_owned(), anchor.into());
    context.insert("itemDescription".to_owned(), name.into());
    let mut put = |link_type: &str, value: Value| {
        context.insert(format!("{VOCABULARY}{link_type}"), value);
    };
    put("defaultLink", page("溯源信息"));
    if has.certificate {
        put("certificationInfo", page("承诺达标合格证"));
    }
    if let Some(state) = has.lot {
        put("pip", page("产品信息"));
        put("traceability", page("溯源信息"));
        put("recallStatus", page(recall_status(state)));
        let title = "EPCIS 2.0";
        put(
            "epcis",
            json!([{ "href": events, "title": title, "type": "application/ld+json" }]),
        );
    }
    context.into()
}

/// What a program reads of the recall without opening the page.
const fn recall_status(state: LotState) -> &'static str {
    match state {
        LotState::Recalled => "已召回 recalled",
        LotState::Held => "停止销售 on hold",
        _ => "未召回 not recalled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_context_has_one_default_link() {
        let has = Has {
            lot: Some(LotState::Recalled),
            certificate: true,
        };
        let target = "https://a/01/1/10/2";
        let events = format!("{target}?linkType=gs1:epcis");
        let context = context("https://a/01/1", (target, &events), "莓茶", has);
        let certificate = &context["https://ref.gs1.org/voc/certificationInfo"][0];
        assert_eq!(certificate["href"], "https://a/01/1/10/2");
        let default = &context["https://ref.gs1.org/voc/defaultLink"];
        assert_eq!(default.as_array().map(Vec::len), Some(1));
        assert_eq!(default[0]["href"], "https://a/01/1/10/2");
        let told = &context["https://ref.gs1.org/voc/recallStatus"][0]["title"];
        assert_eq!(told, "已召回 recalled");
        let epcis = &context["https://ref.gs1.org/voc/epcis"][0];
        assert_eq!(epcis["href"], "https://a/01/1/10/2?linkType=gs1:epcis");
    }
}

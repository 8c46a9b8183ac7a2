//! `/find?code=…`: the way to a trace for who types or pastes what is on a label.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::gs1::{DigitalLink, Gtin, LotCode, Serial, ShortCode};
use serde::Deserialize;
use store::label;

use super::Here;
use super::home;
use crate::extract::Asked;
use crate::page::home::page;
use crate::page::trace::NoTrace;
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// Most bytes of a code that are looked at.
const CODE_BYTES_MAX: usize = 500;

/// What was typed.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    code: String,
}

/// Leads to the trace of a code, or back to the start page.
pub(super) async fn find(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let typed = question.code.trim();
    if let Some(link) = resolve(&state, typed).await? {
        return Ok(Redirect::to(&link.to_string()).into_response());
    }
    let typed: String = typed.chars().take(100).collect();
    let near = super::near::find(&state, &typed).await?;
    if !near.is_empty() {
        let lost = NoTrace::Malformed { typed, near };
        let drawn = crate::page::trace::lost(&here.site, &lost);
        return here.refuse(&Problem::of(Kind::NotFound), drawn);
    }
    let view = home::view(&state, Some(typed));
    let mut response = here.with_camera(page(&here.site, &view))?;
    *response.status_mut() = Kind::NotFound.status();
    Ok(response)
}

/// What was scanned or typed: the short code of a label, or what [`read`] reads. Twelve digits can
/// be both a short code and a bar code's; a label that there is comes first.
pub(super) async fn resolve(state: &AppState, typed: &str) -> Answer<Option<DigitalLink>> {
    if typed.len() > CODE_BYTES_MAX {
        return Ok(None);
    }
    let Ok(short) = ShortCode::parse(typed) else {
        return Ok(read(typed));
    };
    let mut connection = state.store().acquire().await?;
    let Some(found) = label::find_short(&mut connection, &short).await? else {
        return Ok(read(typed));
    };
    Ok(Some(DigitalLink {
        gtin: Gtin::parse(&found.gtin).map_err(Problem::internal)?,
        // What was printed ahead names no lot, whichever it is bound to by now.
        lot: match found.lot.filter(|_| found.run_lot_id.is_some()) {
            Some(code) => Some(LotCode::parse(&code).map_err(Problem::internal)?),
            None => None,
        },
        serial: Some(Serial::parse(&found.serial).map_err(Problem::internal)?),
    }))
}

/// A whole link, a path, or the digits below a bar code.
pub(super) fn read(typed: &str) -> Option<DigitalLink> {
    if typed.len() > CODE_BYTES_MAX {
        return None;
    }
    let link = typed
        .find("/01/")
        .and_then(|at| DigitalLink::parse(&typed[at..]).ok());
    link.or_else(|| {
        let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let gtin = Gtin::parse(&format!("{digits:0>14}")).ok()?;
        (digits.len() >= 8).then_some(DigitalLink {
            gtin,
            lot: None,
            serial: None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_a_path_and_bare_digits_lead_to_a_trace() {
        let found = |typed: &str| read(typed).map(|link| link.to_string());
        let whole = "/01/09506000134352/10/A-1/21/0000000000001";
        assert_eq!(
            found(&format!("https://TRACE.EXAMPLE.CN{whole}")).as_deref(),
            Some(whole)
        );
        assert_eq!(found(whole).as_deref(), Some(whole));
        assert_eq!(
            found("950 6000 134352").as_deref(),
            Some("/01/09506000134352")
        );
        for wrong in ["", "1", "9506000134353", "莓茶", "https://evil.example/"] {
            assert_eq!(found(wrong), None, "{wrong}");
        }
        assert_eq!(found(&"/01/".repeat(1_000)), None);
    }
}

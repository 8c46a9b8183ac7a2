//! `/supervisor/filings/credentials/{credential}`: a credential beside its scan, and what is decided of
//! it.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::HOME;
use crate::act::credential::{self as act, Decision};
use crate::act::lot::iso;
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::filing::approval::{
    APPROVE, LookView, RETURN, WITHDRAW, credential_facts, look as page,
};
use crate::page::filing::{RETURNED, WITHDRAWN, credential_badge};
use crate::problem::{Answer, Problem};
use crate::rule::credential::standing;
use crate::rule::plausible;
use crate::state::AppState;
use crate::web::filing::scan;
use crate::web::{Here, see_other};

/// Shows a credential.
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<Uuid>,
) -> Answer<Response> {
    let view = view((&state, &here), &caller, id).await?;
    here.answer(page(&here.site, &view))
}

/// A decision.
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    version: i32,
    r#do: String,
    #[serde(default)]
    reason: String,
}

/// Decides of a credential.
pub(super) async fn decide(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<Uuid>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let (decision, done) = match form.r#do.as_str() {
        "approve" => (Some(Decision::Approve), "approve"),
        "return" => (Some(Decision::Return), "return"),
        "withdraw" => (Some(Decision::Withdraw), "withdrawn"),
        _ => (None, ""),
    };
    let decided = match decision {
        Some(decision) => {
            let line = (decision, form.reason.as_str());
            act::decide(&state, &caller.account, (id, form.version), line).await
        }
        None => Err(Problem::invalid("do", "choose a button", "请选择一项")),
    };
    match decided {
        Ok(_) => Ok(see_other(HOME, done)),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = LookView {
                reason: form.reason,
                ..view((&state, &here), &caller, id).await?
            };
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

async fn view((state, here): (&AppState, &Here), caller: &Caller, id: Uuid) -> Answer<LookView> {
    let mut connection = state.store().acquire().await?;
    let kept = act::see(&mut connection, &caller.account, id).await?;
    let file = scan(&mut connection, &kept).await?;
    drop(connection);
    let today = plausible::today(state.now());
    let period = (kept.valid_from, kept.valid_to);
    let stands = standing(period, today, state.setup().remind_days).code();
    let reason = match kept.state.as_str() {
        "returned" => Some((RETURNED, kept.reason.clone())),
        "withdrawn" => Some((WITHDRAWN, kept.reason.clone())),
        _ => None,
    };
    let days = (iso(kept.valid_from), iso(kept.valid_to));
    let words = [&kept.kind, &kept.number, &kept.issuer];
    let owner = format!("{HOME}/producers/{}", kept.producer_id);
    Ok(LookView {
        title: kept.number.clone(),
        badge: Some(credential_badge(&kept.state, stands)),
        reasons: reason.into_iter().collect(),
        facts: credential_facts(here.site.lang, words, (kept.product.as_deref(), days)),
        pictures: file.into_iter().collect(),
        action: format!("{HOME}/credentials/{id}"),
        of_version: if kept.state == "submitted" {
            vec![APPROVE, RETURN]
        } else {
            Vec::new()
        },
        of_standing: if kept.state == "withdrawn" {
            Vec::new()
        } else {
            vec![WITHDRAW]
        },
        versions_seen: [kept.version; 2],
        owner: Some((owner, kept.producer)),
        ..LookView::default()
    })
}

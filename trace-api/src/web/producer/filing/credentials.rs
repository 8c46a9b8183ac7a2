//! `/producer/filing/credentials/…`: 资质证书 with their scans. One that a supervisor has approved is
//! never changed: a new certificate is a new credential.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use store::credential::Credential;
use store::producer::Place;
use store::product::{self, Filter};
use uuid::Uuid;

use super::typed::{Pairs, Typed, faults};
use super::{HOME, own};
use crate::act::credential::{self as act, Decision, Wanted};
use crate::act::lot::{iso, parse_day};
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::Lang;
use crate::page::filing::form::{self, CREDENTIAL_FIELDS, Files, FormView, page};
use crate::page::filing::{
    RETURNED, WITHDRAWN, any_product, credential_badge, credential_kinds, new_credential,
};
use crate::problem::{Answer, Kind, Problem};
use crate::rule::credential::standing;
use crate::rule::plausible;
use crate::state::AppState;
use crate::web::filing::{file as find_file, scan};
use crate::web::{Here, see_other};

/// Shows the form of a new credential.
pub(super) async fn begin(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
) -> Answer<Response> {
    let view = view((&state, &here), &caller, None, None).await?;
    here.answer(page(&here.site, &view))
}

/// Shows a credential.
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<Uuid>,
) -> Answer<Response> {
    let view = view((&state, &here), &caller, Some(id), None).await?;
    here.answer(page(&here.site, &view))
}

/// Files a credential.
pub(super) async fn file(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(pairs): FormBody<Pairs>,
) -> Answer<Response> {
    take((&state, here), &caller, None, pairs).await
}

/// Changes one that was not approved yet.
pub(super) async fn save(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<Uuid>,
    FormBody(pairs): FormBody<Pairs>,
) -> Answer<Response> {
    take((&state, here), &caller, Some(id), pairs).await
}

/// The form with which one is taken back.
#[derive(Debug, Deserialize)]
pub(super) struct Withdrawal {
    version: i32,
    reason: String,
}

/// Takes one back.
pub(super) async fn withdraw(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<Uuid>,
    FormBody(form): FormBody<Withdrawal>,
) -> Answer<Response> {
    let decision = (Decision::Withdraw, form.reason.as_str());
    match act::decide(&state, &caller.account, (id, form.version), decision).await {
        Ok(_) => Ok(see_other(&href(id), "withdrawn")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view((&state, &here), &caller, Some(id), None).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

async fn take(
    (state, here): (&AppState, Here),
    caller: &Caller,
    id: Option<Uuid>,
    pairs: Pairs,
) -> Answer<Response> {
    let typed = Typed::parse(pairs)?;
    let taken = match wanted(&typed, id, own(caller)?) {
        Ok(wanted) => act::write(state, &caller.account, wanted).await,
        Err(problem) => Err(problem),
    };
    match taken {
        Ok(kept) => Ok(see_other(&href(kept.id), "credential")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view((state, &here), caller, id, Some((&typed, &problem))).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

fn wanted(typed: &Typed, id: Option<Uuid>, producer_id: i64) -> Answer<Wanted> {
    let unknown = |_| Problem::invalid("product_id", "there is no such product", "没有这个产品");
    Ok(Wanted {
        id: id.unwrap_or(typed.request),
        producer_id,
        base: typed.base,
        product_id: match typed.text("product_id") {
            "" => None,
            text => Some(text.parse().map_err(unknown)?),
        },
        kind: typed.text("kind").to_owned(),
        number: typed.text("number").to_owned(),
        issuer: typed.text("issuer").to_owned(),
        scan: typed.scan.clone(),
        valid_from: parse_day("valid_from", typed.text("valid_from"))?,
        valid_to: parse_day("valid_to", typed.text("valid_to"))?,
    })
}

fn href(id: Uuid) -> String {
    format!("{HOME}/credentials/{id}")
}

async fn view(
    (state, here): (&AppState, &Here),
    caller: &Caller,
    id: Option<Uuid>,
    refused: Option<(&Typed, &Problem)>,
) -> Answer<FormView> {
    let (lang, producer_id) = (here.site.lang, own(caller)?);
    let mut connection = state.store().acquire().await?;
    let kept = match id {
        Some(id) => Some(act::see(&mut connection, &caller.account, id).await?),
        None => None,
    };
    let known = kept.as_ref().map(typed_of).unwrap_or_default();
    let typed = refused.map_or(&known, |(typed, _)| typed);
    let files = match (&kept, &typed.scan) {
        (Some(kept), None) if refused.is_none() => scan(&mut connection, kept).await?,
        (_, Some(sha256)) => find_file(&mut connection, producer_id, sha256).await?,
        _ => None,
    };
    let products = products(&mut connection, producer_id, lang).await?;
    drop(connection);
    let problem = refused.map(|(_, problem)| problem);
    let mut wrong = faults(lang, Vec::new(), problem);
    let given = [("kind", credential_kinds(lang)), ("product_id", products)];
    let mut view = match &kept {
        Some(kept) => page_of(state, kept),
        None => FormView {
            title: new_credential(lang),
            action: format!("{HOME}/credentials"),
            ..FormView::default()
        },
    };
    view.files = Files {
        files: files.into_iter().collect(),
        is_scan: true,
        fault: wrong.remove("scan"),
    };
    let text = |name: &str| typed.text(name).to_owned();
    view.fields = form::fields(lang, CREDENTIAL_FIELDS, (text, wrong), &given);
    view.is_refused = refused.is_some();
    // A new one that was refused is sent again with the id that its draft has.
    let is_used = problem.is_some_and(|problem| problem.kind == Kind::Conflict);
    let request = refused.filter(|_| !is_used).map(|(typed, _)| typed.request);
    view.requests = [
        request.unwrap_or_else(|| state.draw_uuid()).to_string(),
        String::new(),
    ];
    Ok(view)
}

/// What is known of a credential, without the form.
fn page_of(state: &AppState, kept: &Credential) -> FormView {
    let today = plausible::today(state.now());
    let period = (kept.valid_from, kept.valid_to);
    let stands = standing(period, today, state.setup().remind_days).code();
    let reason = match kept.state.as_str() {
        "returned" => Some((RETURNED, kept.reason.clone())),
        "withdrawn" => Some((WITHDRAWN, kept.reason.clone())),
        _ => None,
    };
    let is_over = kept.state == "withdrawn";
    FormView {
        title: kept.number.clone(),
        badge: Some(credential_badge(&kept.state, stands)),
        reasons: reason.into_iter().collect(),
        is_closed: is_over || kept.state == "approved",
        action: href(kept.id),
        withdrawal: (!is_over).then(|| format!("{}/withdrawal", href(kept.id))),
        base: Some(kept.version),
        ..FormView::default()
    }
}

fn typed_of(kept: &Credential) -> Typed {
    Typed::default()
        .with("kind", kept.kind.as_str())
        .with("number", kept.number.as_str())
        .with("issuer", kept.issuer.as_str())
        .with(
            "product_id",
            kept.product_id.map_or(String::new(), |id| id.to_string()),
        )
        .with("valid_from", iso(kept.valid_from))
        .with("valid_to", iso(kept.valid_to))
}

/// The products that a credential can be for.
async fn products(
    connection: &mut store::AnyConnection,
    producer_id: i64,
    lang: Lang,
) -> Answer<Vec<(String, String)>> {
    let filter = Filter {
        producer_id: Some(producer_id),
        ..Filter::default()
    };
    let all = product::list_page(connection, &filter, Place::default(), product::LIST_MAX).await?;
    let all = all.into_iter().map(|row| {
        let label = format!("{} {}", row.name, row.specification);
        (row.id.to_string(), label)
    });
    let any = (String::new(), any_product(lang));
    Ok(std::iter::once(any).chain(all).collect())
}

//! `/producer/filing/products/…`: one product: its words, its versions, handing it in.

use axum::extract::State;
use axum::response::Response;
use model::unit::Quantity;
use serde_json::Value;
use store::filing::Subject;
use store::product;

use super::typed::{Pairs, Typed, faults};
use super::{Submission, own};
use crate::act::filing::{self as act, Wanted};
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::filing::form::{self, Files, FormView, PRODUCT_FIELDS, page};
use crate::page::filing::{PRODUCT, changes, new_product};
use crate::page::{Lang, quantity};
use crate::problem::{Answer, Problem};
use crate::rule::filing::check_product;
use crate::state::AppState;
use crate::web::filing::{newest, pictures, reasons, standing, versions};
use crate::web::{Here, see_other};

/// What was sent and why it was refused.
type Refused<'a> = Option<(&'a Typed, &'a Problem)>;

/// Shows the form of a new product.
pub(super) async fn begin(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
) -> Answer<Response> {
    let view = view((&state, &here), &caller, None, None).await?;
    here.answer(page(&here.site, &view))
}

/// Shows a product.
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view((&state, &here), &caller, Some(id), None).await?;
    here.answer(page(&here.site, &view))
}

/// Files a product.
pub(super) async fn file(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(pairs): FormBody<Pairs>,
) -> Answer<Response> {
    take((&state, here), &caller, None, pairs).await
}

/// Writes another version.
pub(super) async fn save(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(pairs): FormBody<Pairs>,
) -> Answer<Response> {
    take((&state, here), &caller, Some(id), pairs).await
}

/// Hands the newest version in as it is.
pub(super) async fn hand_in(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Submission>,
) -> Answer<Response> {
    match form.send(&state, &caller, Subject::Product(id)).await {
        Ok(()) => Ok(see_other(&href(id), "submitted")),
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
    id: Option<i64>,
    pairs: Pairs,
) -> Answer<Response> {
    let typed = Typed::parse(pairs)?;
    let wanted = Wanted {
        request_id: typed.request,
        base: typed.base,
        submit: typed.submit,
        body: typed.product().trimmed(),
    };
    let account = &caller.account;
    let taken = match id {
        None => act::file_product(state, account, own(caller)?, wanted).await,
        Some(id) => {
            let edited = act::edit_product(state, account, id, wanted).await;
            edited.map(|()| id)
        }
    };
    match taken {
        Ok(id) => {
            let done = if typed.submit { "submitted" } else { "filed" };
            Ok(see_other(&href(id), done))
        }
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view((state, &here), caller, id, Some((&typed, &problem))).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

fn href(id: i64) -> String {
    format!("/producer/filing/products/{id}")
}

async fn view(
    (state, here): (&AppState, &Here),
    caller: &Caller,
    id: Option<i64>,
    refused: Refused<'_>,
) -> Answer<FormView> {
    let lang = here.site.lang;
    let (mut view, kept, numbers) = match id {
        None => (fresh(lang), Value::Null, Vec::new()),
        Some(id) => known((state, lang), caller, id).await?,
    };
    let known = Typed::of(&kept);
    let typed = refused.map_or(&known, |(typed, _)| typed);
    let found = refused.map_or_else(Vec::new, |(typed, _)| {
        check_product(&typed.product(), &numbers)
    });
    let problem = refused.map(|(_, problem)| problem);
    let mut wrong = faults(lang, found, problem);
    let mut limits = typed.limits(quantities(lang));
    limits.faults = [wrong.remove("probe_limits"), wrong.remove("test_limits")];
    view.files = Files {
        files: pictures(&serde_json::json!({ "pictures": typed.pictures }), None),
        is_scan: false,
        fault: wrong.remove("pictures"),
    };
    view.limits = Some(limits);
    let text = |name: &str| typed.text(name).to_owned();
    view.fields = form::fields(lang, PRODUCT_FIELDS, (text, wrong), &[]);
    view.is_refused = refused.is_some();
    view.requests = [0, 1].map(|_| state.draw_uuid().to_string());
    if let Some([current, yours]) = problem.and_then(|problem| problem.versions.as_deref()) {
        view.conflict = changes(lang, PRODUCT, (&yours["body"], &current["body"]));
    }
    Ok(view)
}

fn fresh(lang: Lang) -> FormView {
    FormView {
        title: new_product(lang),
        action: "/producer/filing/products".to_owned(),
        may_wait: true,
        ..FormView::default()
    }
}

/// What is known of a product: its page without the form, the newest words, its numbers.
async fn known(
    (state, lang): (&AppState, Lang),
    caller: &Caller,
    id: i64,
) -> Answer<(FormView, Value, Vec<String>)> {
    let mut connection = state.store().acquire().await?;
    let row = act::see_product(&mut connection, &caller.account, id).await?;
    let subject = Subject::Product(id);
    let kept = newest(&mut connection, subject, row.standing).await?;
    let aliases = product::list_aliases(&mut connection, id).await?;
    let mut numbers: Vec<String> = aliases.into_iter().map(|(gtin, _)| gtin).collect();
    numbers.push(row.gtin);
    let is = standing(row.standing);
    let view = FormView {
        title: format!("{} {}", row.name, row.specification),
        standing: Some(is),
        reasons: reasons(&mut connection, subject, row.standing).await?,
        action: href(id),
        submission: is
            .can_be_handed_in()
            .then(|| format!("{}/submission", href(id))),
        base: Some(row.standing.version),
        may_wait: true,
        versions: versions(&mut connection, subject, lang).await?,
        ..FormView::default()
    };
    Ok((view, kept, numbers))
}

/// What probes measure.
fn quantities(lang: Lang) -> Vec<(String, String)> {
    let known = Quantity::ALL.iter().map(|known| known.code());
    let known = known.filter(|code| *code != Quantity::Other.code());
    known
        .map(|code| (code.to_owned(), quantity::name(code, lang)))
        .collect()
}

//! `/producer/filing/own`: the producer's own particulars.

use axum::extract::State;
use axum::response::Response;
use store::filing::Subject;

use super::typed::{Pairs, Typed, faults};
use super::{Submission, own};
use crate::act::filing::{self as act, Wanted};
use crate::caller::Caller;
use crate::extract::FormBody;
use crate::page::filing::form::{self, Files, FormView, PRODUCER_FIELDS, page};
use crate::page::filing::{PRODUCER, changes};
use crate::problem::{Answer, Problem};
use crate::rule::filing::check_producer;
use crate::state::AppState;
use crate::web::filing::{newest, pictures, reasons, standing, versions};
use crate::web::{Here, see_other};

/// Where this is.
const PATH: &str = "/producer/filing/own";

/// Shows the particulars.
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
) -> Answer<Response> {
    let view = view((&state, &here), &caller, None).await?;
    here.answer(page(&here.site, &view))
}

/// Writes another version.
pub(super) async fn save(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(pairs): FormBody<Pairs>,
) -> Answer<Response> {
    let typed = Typed::parse(pairs)?;
    let wanted = Wanted {
        request_id: typed.request,
        base: typed.base,
        submit: typed.submit,
        body: typed.producer().trimmed(),
    };
    match act::edit_producer(&state, &caller.account, own(&caller)?, wanted).await {
        Ok(()) => {
            let done = if typed.submit { "submitted" } else { "filed" };
            Ok(see_other(PATH, done))
        }
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view((&state, &here), &caller, Some((&typed, &problem))).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

/// Hands the newest version in as it is.
pub(super) async fn hand_in(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(form): FormBody<Submission>,
) -> Answer<Response> {
    let subject = Subject::Producer(own(&caller)?);
    match form.send(&state, &caller, subject).await {
        Ok(()) => Ok(see_other(PATH, "submitted")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view((&state, &here), &caller, None).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

async fn view(
    (state, here): (&AppState, &Here),
    caller: &Caller,
    refused: Option<(&Typed, &Problem)>,
) -> Answer<FormView> {
    let (lang, id) = (here.site.lang, own(caller)?);
    let subject = Subject::Producer(id);
    let mut connection = state.store().acquire().await?;
    let row = act::see_producer(&mut connection, &caller.account, id).await?;
    let known = Typed::of(&newest(&mut connection, subject, row.standing).await?);
    let typed = refused.map_or(&known, |(typed, _)| typed);
    let problem = refused.map(|(_, problem)| problem);
    let found = refused.map_or_else(Vec::new, |(typed, _)| check_producer(&typed.producer()));
    let mut wrong = faults(lang, found, problem);
    let is = standing(row.standing);
    let conflict = match problem.and_then(|problem| problem.versions.as_deref()) {
        Some([current, yours]) => changes(lang, PRODUCER, (&yours["body"], &current["body"])),
        None => Vec::new(),
    };
    Ok(FormView {
        title: row.name,
        standing: Some(is),
        reasons: reasons(&mut connection, subject, row.standing).await?,
        conflict,
        is_refused: refused.is_some(),
        action: PATH.to_owned(),
        submission: is.can_be_handed_in().then(|| format!("{PATH}/submission")),
        requests: [0, 1].map(|_| state.draw_uuid().to_string()),
        base: Some(row.standing.version),
        files: Files {
            files: pictures(&serde_json::json!({ "pictures": typed.pictures }), None),
            is_scan: false,
            fault: wrong.remove("pictures"),
        },
        fields: {
            let text = |name: &str| typed.text(name).to_owned();
            form::fields(lang, PRODUCER_FIELDS, (text, wrong), &[])
        },
        may_wait: true,
        versions: versions(&mut connection, subject, lang).await?,
        ..FormView::default()
    })
}

//! `/supervisor/filings/producers/{id}` and `…/products/{id}`: a look at one filing beside what stands,
//! and what is decided of it.

use axum::extract::State;
use axum::response::Response;
use model::filing::{FilingState, FilingStep};
use serde::Deserialize;
use store::AnyConnection;
use store::filing::{self, Standing, Subject};
use uuid::Uuid;

use super::{HOME, marks};
use crate::act::filing as act;
use crate::act::filing::turn::{Turn, turn};
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::filing::approval::{APPROVE, Choice, LookView, RESUME, RETURN, SUSPEND, look};
use crate::page::filing::facts;
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::web::filing::{members, newest, pictures, reasons, standing, versions};
use crate::web::{Here, see_other};

/// Shows a producer.
pub(super) async fn producer(
    state: State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    show(&state.0, &caller, &here, Subject::Producer(id)).await
}

/// Shows a product.
pub(super) async fn product(
    state: State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    show(&state.0, &caller, &here, Subject::Product(id)).await
}

/// A decision.
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    request: Uuid,
    version: i32,
    r#do: String,
    #[serde(default)]
    reason: String,
}

/// Decides of a producer.
pub(super) async fn decide_producer(
    state: State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    decide(&state.0, &caller, here, (Subject::Producer(id), form)).await
}

/// Decides of a product.
pub(super) async fn decide_product(
    state: State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    decide(&state.0, &caller, here, (Subject::Product(id), form)).await
}

async fn show(
    state: &AppState,
    caller: &Caller,
    here: &Here,
    subject: Subject,
) -> Answer<Response> {
    let view = view((state, here), caller, subject).await?;
    here.answer(look(&here.site, &view))
}

async fn decide(
    state: &AppState,
    caller: &Caller,
    here: Here,
    (subject, form): (Subject, Form),
) -> Answer<Response> {
    let decided = match step(&form.r#do) {
        Some(step) => {
            let asked = Turn {
                request_id: form.request,
                version: form.version,
                step,
                reason: form.reason.clone(),
            };
            let turned = turn(state, &caller.account, subject, &asked).await;
            turned.map(|()| step.code())
        }
        None => Err(Problem::invalid("do", "choose a button", "请选择一项")),
    };
    match decided {
        Ok(done) => Ok(see_other(HOME, done)),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = LookView {
                reason: form.reason,
                ..view((state, &here), caller, subject).await?
            };
            here.refuse(&problem, look(&here.site, &view))
        }
    }
}

/// What a supervisor may do; handing in is the producer's.
fn step(word: &str) -> Option<FilingStep> {
    FilingStep::from_code(word).filter(|step| *step != FilingStep::Submit)
}

/// A look at a filing, with the mark of a producer.
pub(super) async fn view(
    (state, here): (&AppState, &Here),
    caller: &Caller,
    subject: Subject,
) -> Answer<LookView> {
    let (lang, account) = (here.site.lang, &caller.account);
    let mut connection = state.store().acquire().await?;
    let (row, mut view) = match subject {
        Subject::Producer(id) => {
            let row = act::see_producer(&mut connection, account, id).await?;
            let view = LookView {
                title: row.name,
                action: format!("{HOME}/producers/{id}"),
                relief: Some(marks::form(state, &mut connection, id).await?),
                ..LookView::default()
            };
            (row.standing, view)
        }
        Subject::Product(id) => {
            let row = act::see_product(&mut connection, account, id).await?;
            let owner = format!("{HOME}/producers/{}", row.producer_id);
            let view = LookView {
                title: format!("{} {}", row.name, row.specification),
                owner: Some((owner, row.producer)),
                action: format!("{HOME}/products/{id}"),
                ..LookView::default()
            };
            (row.standing, view)
        }
    };
    let now = newest(&mut connection, subject, row).await?;
    let before = stands_beside(&mut connection, subject, row).await?;
    view.standing = Some(standing(row));
    view.reasons = reasons(&mut connection, subject, row).await?;
    view.facts = facts(lang, members(subject), (&now, before.as_ref()));
    view.is_compared = before.is_some();
    view.pictures = pictures(&now, before.as_ref());
    view.of_version = of_version(row);
    view.of_standing = of_standing(row);
    view.versions_seen = [row.version, row.standing_version.unwrap_or(row.version)];
    view.requests = [0, 1].map(|_| state.draw_uuid().to_string());
    view.versions = versions(&mut connection, subject, lang).await?;
    Ok(view)
}

/// What the version says that stands while a newer one waits.
async fn stands_beside(
    connection: &mut AnyConnection,
    subject: Subject,
    row: Standing,
) -> Answer<Option<serde_json::Value>> {
    let Some(version) = row
        .standing_version
        .filter(|version| *version != row.version)
    else {
        return Ok(None);
    };
    let found = filing::find_version(connection, subject, version).await?;
    Ok(found.map(|found| found.body))
}

fn of_version(row: Standing) -> Vec<Choice> {
    if row.pending == Some(FilingState::Submitted) {
        vec![APPROVE, RETURN]
    } else {
        Vec::new()
    }
}

fn of_standing(row: Standing) -> Vec<Choice> {
    match row.state {
        FilingState::Approved => vec![SUSPEND],
        FilingState::Suspended => vec![RESUME],
        _ => Vec::new(),
    }
}

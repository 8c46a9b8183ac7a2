//! `/operator/accounts`: found, made, switched off and on, given another password.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use store::account::Role;
use store::account::listing::{self, Filter, Listed};
use store::producer;

use super::{chosen, count};
use crate::act::account::{self, Wanted};
use crate::caller::Caller;
use crate::extract::{Asked, FormBody, Named};
use crate::page::operator::account::{
    AccountRow, AccountView, AccountsView, DrawnView, drawn, list as list_page, page,
};
use crate::page::operator::{Typed, choice, encoded};
use crate::problem::Answer;
use crate::state::AppState;
use crate::token;
use crate::web::{Here, see_other};

/// Accounts of one page.
const ROWS: usize = 50;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    q: String,
    #[serde(default)]
    role: String,
    after: Option<String>,
}

/// Lists accounts.
pub(super) async fn list(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let view = list_view(&state, question, Typed::default()).await?;
    here.answer(list_page(&here.site, &view))
}

async fn list_view(state: &AppState, question: Question, typed: Typed) -> Answer<AccountsView> {
    let part = question.q.trim().to_owned();
    let filter = Filter {
        part: Some(part.clone()).filter(|part| !part.is_empty()),
        role: Role::from_code(&question.role),
        after: question.after,
        id: None,
    };
    let mut connection = state.store().acquire().await?;
    let limit = ROWS as i64 + 1;
    let mut found = listing::search(&mut connection, &filter, state.now(), limit).await?;
    let producers = producer::list(&mut connection).await?;
    drop(connection);
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let next = found.last().filter(|_| more).map(|last| {
        format!(
            "/operator/accounts?q={}&role={}&after={}",
            encoded(&part),
            encoded(&question.role),
            encoded(&last.account.login)
        )
    });
    let producers = producers.into_iter();
    Ok(AccountsView {
        rows: found.into_iter().map(row).collect(),
        part,
        role: question.role,
        next,
        producers: producers
            .map(|row| choice(row.id.to_string(), row.name))
            .collect(),
        typed,
    })
}

fn row(listed: Listed) -> AccountRow {
    AccountRow {
        id: listed.account.id,
        login: listed.account.login,
        name: listed.account.display_name,
        role: listed.account.role.code().to_owned(),
        producer: listed.producer,
        disabled: listed.disabled,
        subject: listed.subject,
        sessions: count(listed.sessions),
    }
}

/// Makes an account with a password that is drawn, and shows that once.
pub(super) async fn make(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let password = token::draw_password(&state);
    let made = match chosen("producer_id", typed.some("producer")) {
        Ok(producer_id) => {
            let wanted = Wanted {
                login: typed.get("login"),
                name: typed.get("name"),
                role: typed.get("role"),
                producer_id,
                password: password.clone(),
            };
            account::make(&state, &caller.account, wanted).await
        }
        Err(problem) => Err(problem),
    };
    match made {
        Ok((made, _)) => {
            let view = drawn_view(&state, (made.id, made.login), password, true);
            here.answer(drawn(&here.site, &view))
        }
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = list_view(&state, Question::default(), typed).await?;
            here.refuse(&problem, list_page(&here.site, &view))
        }
    }
}

fn drawn_view(
    state: &AppState,
    (id, login): (i64, String),
    password: String,
    is_new: bool,
) -> DrawnView {
    DrawnView {
        id,
        login,
        password,
        address: format!("{}/login", state.public_url()),
        is_new,
    }
}

/// Shows an account.
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, &caller, id, Typed::default()).await?;
    here.answer(page(&here.site, &view))
}

async fn view(state: &AppState, caller: &Caller, id: i64, typed: Typed) -> Answer<AccountView> {
    let service = state.identities();
    Ok(AccountView {
        row: row(account::show(state, id).await?),
        is_own: id == caller.account.id,
        service: service.map(|service| service.config().name.clone()),
        typed,
    })
}

/// Lets nobody sign in with an account any more.
pub(super) async fn disable(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let outcome = account::set_disabled(&state, &caller.account, id, true).await;
    done((&state, &caller, here), id, outcome, "account-disabled").await
}

/// Lets an account be used again.
pub(super) async fn enable(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let outcome = account::set_disabled(&state, &caller.account, id, false).await;
    done((&state, &caller, here), id, outcome, "account-enabled").await
}

/// Ends the sign-ins of an account.
pub(super) async fn end(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let outcome = account::end_sessions(&state, id).await;
    done((&state, &caller, here), id, outcome, "sessions-ended").await
}

/// Draws another password, and shows it once.
pub(super) async fn reset(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let drawn_now = async {
        let password = account::reset_password(&state, &caller.account, id).await?;
        Ok((account::show(&state, id).await?, password))
    };
    match drawn_now.await {
        Ok((listed, password)) => {
            let view = drawn_view(&state, (id, listed.account.login), password, false);
            here.answer(drawn(&here.site, &view))
        }
        Err(problem) => done((&state, &caller, here), id, Err::<(), _>(problem), "").await,
    }
}

/// Links an account to an identity of the identity service, or to none.
pub(super) async fn link(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let outcome = account::link(&state, &caller.account, id, typed.some("subject")).await;
    done((&state, &caller, here), id, outcome, "account-linked").await
}

/// The page of an account again, or with why not.
async fn done<T>(
    (state, caller, here): (&AppState, &Caller, Here),
    id: i64,
    outcome: Answer<T>,
    word: &str,
) -> Answer<Response> {
    match outcome {
        Ok(_) => Ok(see_other(&format!("/operator/accounts/{id}"), word)),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(state, caller, id, Typed::default()).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

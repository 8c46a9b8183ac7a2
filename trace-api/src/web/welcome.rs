//! `/welcome`: makes the first operator of an installation that has no account, for who has read
//! the code on the server's console. Gone as soon as somebody can sign in.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::{Here, account, login};
use crate::act::own_account::{self, FirstOperator};
use crate::api::v1::sessions;
use crate::caller::Address;
use crate::extract::{Asked, FormBody};
use crate::page::account::{WelcomeView, welcome};
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// What the address brings.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    code: String,
}

/// The form of the first account.
#[derive(Deserialize)]
pub(super) struct Form {
    code: String,
    login: String,
    #[serde(default)]
    name: String,
    password: String,
    again: String,
}

/// Shows the form. Whether the code is right shows when it is sent: asking costs an attempt.
pub(super) async fn show(
    State(state): State<AppState>,
    here: Here,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    if !own_account::is_first_run(&state).await? {
        return Err(Problem::of(Kind::NotFound));
    }
    let view = WelcomeView {
        code: question.code,
        ..WelcomeView::default()
    };
    here.answer(welcome(&here.site, &view))
}

/// Makes the account and signs it in.
pub(super) async fn make(
    State(state): State<AppState>,
    here: Here,
    address: Address,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let first = FirstOperator {
        code: &form.code,
        login: &form.login,
        name: &form.name,
        password: form.password.clone(),
    };
    let made = if form.password == form.again {
        own_account::make_first(&state, address, first).await
    } else {
        Err(account::differ())
    };
    match made {
        Ok(account) => {
            let session = sessions::open(&state, &account).await?;
            login::signed_in(&state, &session, "")
        }
        // There is an account by now, perhaps since a moment, and the page is gone; or one has to
        // wait.
        Err(problem) if matches!(problem.kind, Kind::NotFound | Kind::TooManyAttempts) => {
            Err(problem)
        }
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = WelcomeView {
                code: form.code,
                login: form.login,
                name: form.name,
            };
            here.refuse(&problem, welcome(&here.site, &view))
        }
    }
}

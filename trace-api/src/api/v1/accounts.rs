//! `/api/v1/accounts`: who may sign in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::account as rows;
use utoipa::ToSchema;

use crate::act::account::{self, Wanted};
use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

pub(crate) mod disable;
pub(crate) mod enable;
pub(crate) mod identity;
pub(crate) mod password;
pub(crate) mod sessions;

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    id: i64,
    /// Name to sign in with.
    login: String,
    /// Name to show.
    name: String,
    /// `operator`, `supervisor`, `producer`, `lab` or `instrument`.
    role: &'static str,
    /// Whose staff, for `producer`.
    producer_id: Option<i64>,
    /// Whether nobody can sign in with it.
    disabled: bool,
}

/// A list of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accounts {
    /// By sign-in name.
    accounts: Vec<Account>,
}

/// An account to make.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewAccountBody {
    /// Name to sign in with, 1 to 40 characters.
    #[schema(example = "lab-2")]
    login: String,
    /// Name to show.
    #[schema(example = "快检员二")]
    name: String,
    /// `operator`, `supervisor`, `producer` or `lab`; instruments are registered as such.
    #[schema(example = "lab")]
    role: String,
    /// Whose staff; exactly for `producer`.
    producer_id: Option<i64>,
    /// At least 8 characters, at most 200 bytes.
    #[schema(example = "eight or more")]
    password: String,
}

/// Lists accounts.
#[utoipa::path(
    get, path = "/api/v1/accounts", tag = "accounts", security(("token" = [])),
    responses((status = 200, body = Accounts))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<Accounts>> {
    let mut connection = state.store().acquire().await?;
    let listed = rows::list_with_state(&mut connection).await?;
    Ok(Json(Accounts {
        accounts: listed
            .into_iter()
            .map(|(row, disabled)| Account::from_row(row, disabled))
            .collect(),
    }))
}

/// Makes an account.
#[utoipa::path(
    post, path = "/api/v1/accounts", tag = "accounts", security(("token" = [])),
    request_body = NewAccountBody,
    responses((status = 201, body = Account), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewAccountBody>,
) -> Answer<(StatusCode, Json<Account>)> {
    let wanted = Wanted {
        login: &new.login,
        name: &new.name,
        role: &new.role,
        producer_id: new.producer_id,
        password: new.password,
    };
    let (made, disabled) = account::make(&state, &caller.account, wanted).await?;
    Ok((StatusCode::CREATED, Json(Account::from_row(made, disabled))))
}

impl Account {
    pub(crate) fn from_row(row: rows::Account, disabled: bool) -> Self {
        Self {
            id: row.id,
            login: row.login,
            name: row.display_name,
            role: row.role.code(),
            producer_id: row.producer_id,
            disabled,
        }
    }
}

//! `/api/v1/accounts`: who may sign in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::account::{self, NewAccount, Role};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::plausible;
use crate::state::AppState;
use crate::{act, password};

pub(crate) mod disable;
pub(crate) mod enable;
pub(crate) mod identity;
pub(crate) mod sessions;

/// Fewest characters of a password.
pub(crate) const PASSWORD_CHARS_MIN: usize = 8;

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
    let rows = account::list_with_state(&mut connection).await?;
    Ok(Json(Accounts {
        accounts: rows
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
    plausible::text("login", &new.login, 40)?;
    plausible::text("name", &new.name, 60)?;
    let role = Role::from_code(&new.role).filter(|role| *role != Role::Instrument);
    let role = role.ok_or_else(|| {
        let en = "it is operator, supervisor, producer or lab";
        Problem::invalid("role", en, "没有这个角色")
    })?;
    if (role == Role::Producer) != new.producer_id.is_some() {
        let (en, zh) = (
            "staff of a producer, and nobody else, have one",
            "仅生产主体账号须指定主体",
        );
        return Err(Problem::invalid("producer_id", en, zh));
    }
    let password_hash = hashed(&state, "password", new.password).await?;
    let row = NewAccount {
        login: new.login.trim(),
        display_name: new.name.trim(),
        role,
        producer_id: new.producer_id,
        password_hash: &password_hash,
    };
    let mut transaction = act::begin(&state, &caller.account).await?;
    let id = account::insert(&mut transaction, &row, state.now()).await?;
    let made = account::find(&mut transaction, id).await?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    let (made, disabled) = made.ok_or_else(no_account)?;
    Ok((StatusCode::CREATED, Json(Account::from_row(made, disabled))))
}

/// Hashes a new password beside the server's tasks; refuses one that is too short or too long.
pub(crate) async fn hashed(
    state: &AppState,
    field: &'static str,
    password: String,
) -> Answer<String> {
    if password.chars().count() < PASSWORD_CHARS_MIN
        || password.len() > password::PASSWORD_BYTES_MAX
    {
        let en = format!(
            "at least {PASSWORD_CHARS_MIN} characters, at most {} bytes",
            password::PASSWORD_BYTES_MAX
        );
        let zh = format!(
            "密码规则：至少 {PASSWORD_CHARS_MIN} 个字符，至多 {} 字节",
            password::PASSWORD_BYTES_MAX
        );
        return Err(Problem::invalid(field, en, zh));
    }
    let salt = state.draw();
    let hash = tokio::task::spawn_blocking(move || password::hash(&password, salt));
    let hash = hash.await.map_err(Problem::internal)?;
    hash.map_err(Problem::internal)
}

/// There is no account of this number.
pub(crate) fn no_account() -> Problem {
    Problem::told(
        crate::problem::Kind::NotFound,
        "there is no such account",
        "没有这个账号",
    )
}

impl Account {
    pub(crate) fn from_row(row: account::Account, disabled: bool) -> Self {
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

//! `/api/v1/instruments`: quick-test instruments that upload signed results.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::account::{self, NewAccount, Role};
use store::instrument;
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::plausible;
use crate::state::AppState;
use crate::{act, token};

pub(crate) mod results;

/// Most characters of an instrument's id.
const ID_CHARS_MAX: usize = 40;

/// An instrument.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Instrument {
    /// Its name in addresses.
    id: String,
    /// Name to show.
    name: String,
    /// Whether its uploads are taken.
    enabled: bool,
}

/// A list of instruments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Instruments {
    /// By id.
    instruments: Vec<Instrument>,
}

/// An instrument to register.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewInstrument {
    /// 1 to 40 of `a`–`z`, `0`–`9`, `-`.
    #[schema(example = "np-12")]
    id: String,
    /// Name to show.
    #[schema(example = "农残速测仪 12 通道")]
    name: String,
}

/// A registered instrument with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Registered {
    /// Its name in addresses.
    id: String,
    /// The key of its HMAC-SHA256, as text; shown this once.
    secret: String,
}

/// Lists instruments.
#[utoipa::path(
    get, path = "/api/v1/instruments", tag = "tests", security(("token" = [])),
    responses((status = 200, body = Instruments))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Answer<Json<Instruments>> {
    let mut connection = state.store().acquire().await?;
    let rows = instrument::list(&mut connection).await?;
    let instrument = |row: instrument::Instrument| Instrument {
        id: row.id,
        name: row.name,
        enabled: row.enabled,
    };
    Ok(Json(Instruments {
        instruments: rows.into_iter().map(instrument).collect(),
    }))
}

/// Registers an instrument, with an account that nobody can sign in with, and draws its secret.
#[utoipa::path(
    post, path = "/api/v1/instruments", tag = "tests", security(("token" = [])),
    request_body = NewInstrument,
    responses((status = 201, body = Registered), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewInstrument>,
) -> Answer<(StatusCode, Json<Registered>)> {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=ID_CHARS_MAX).contains(&new.id.len()) || !new.id.bytes().all(is_word) {
        let en = format!("1 to {ID_CHARS_MAX} of a-z, 0-9 and -");
        let zh = format!("须为 1 至 {ID_CHARS_MAX} 个小写字母、数字或 -");
        return Err(Problem::invalid("id", en, zh));
    }
    plausible::text("name", &new.name, 60)?;
    let secret = token::draw_token(&state);
    let mut transaction = act::begin(&state, &caller.account).await?;
    let login = format!("instrument:{}", new.id);
    let owner = NewAccount {
        login: &login,
        display_name: new.name.trim(),
        role: Role::Instrument,
        producer_id: None,
        // No hash of any password: nobody signs in with it.
        password_hash: "!",
    };
    let account_id = account::insert(&mut transaction, &owner, state.now()).await?;
    let row = instrument::Instrument {
        id: new.id,
        name: new.name.trim().to_owned(),
        account_id,
        enabled: true,
    };
    instrument::insert(&mut transaction, &row, secret.as_bytes(), state.now()).await?;
    transaction
        .commit()
        .await
        .map_err(store::StoreError::from)?;
    Ok((StatusCode::CREATED, Json(Registered { id: row.id, secret })))
}

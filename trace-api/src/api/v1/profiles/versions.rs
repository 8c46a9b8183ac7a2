//! `/api/v1/profiles/{id}/versions`: another version of a profile, from now on its newest.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Channel, Profile, checked};
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

/// What the next version of a profile says.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewVersion {
    /// Expected seconds between two reports.
    #[schema(example = 600)]
    interval_seconds: i32,
    /// All channels: those of the newest version in their order, with name, quantity, unit and
    /// depth as they were, because reports have been written with them; more may follow.
    channels: Vec<Channel>,
}

/// Makes the next version of a profile. What the newest one says already changes nothing and
/// answers 200. Probes keep the version that they have until they are given another.
#[utoipa::path(
    post, path = "/api/v1/profiles/{id}/versions", tag = "devices", security(("token" = [])),
    params(("id" = i32, Path, description = "Number of any version of the profile")),
    request_body = NewVersion,
    responses((status = 201, body = Profile), (status = 200, body = Profile),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i32>,
    JsonBody(new): JsonBody<NewVersion>,
) -> Answer<(StatusCode, Json<Profile>)> {
    let channels = checked(new.interval_seconds, &new.channels)?;
    let says = (new.interval_seconds, channels.as_slice());
    let (is_new, made) =
        act::profile::add_version(&state, &caller.account, (id, None), says).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(made.into())))
}

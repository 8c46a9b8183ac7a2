//! `/api/v1/profiles/{id}/versions`: another version of a profile, from now on its newest.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::StoreError;
use store::profile;
use utoipa::ToSchema;

use super::{Channel, Profile, checked, find};
use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
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
    let mut transaction = act::begin(&state, &caller.account).await?;
    let name = find(&mut transaction, id).await?.name;
    let newest = profile::find_newest(&mut transaction, &name).await?;
    let nothing = || Problem::of(Kind::NotFound);
    let newest = newest.ok_or_else(nothing)?;
    if newest.says_the_same(new.interval_seconds, &channels) {
        return Ok((StatusCode::OK, Json(newest.into())));
    }
    let (interval, now) = (new.interval_seconds, Some(state.now()));
    let id = profile::insert(&mut transaction, &name, interval, &channels, now).await?;
    let made = find(&mut transaction, id).await?;
    refuse_a_break(&made, &newest, "channels")?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Refuses a profile that gives another meaning to slots that reports have been written with.
pub(crate) fn refuse_a_break(
    after: &profile::Profile,
    before: &profile::Profile,
    field: &'static str,
) -> Answer<()> {
    let Some(channel) = after.breaks(before) else {
        return Ok(());
    };
    let en = format!(
        "the channel {channel} must stay in its place with its name, quantity, unit and depth; \
         another kind of probe is another probe"
    );
    let zh = format!("通道 {channel} 的位置、名称、单位和深度不能改变");
    Err(Problem::invalid(field, en, zh))
}

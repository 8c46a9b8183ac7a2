//! `/api/v1/producers/{id}/relief`: marks a producer of the poverty relief programme.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use store::StoreError;
use store::relief::{self, Words};
use utoipa::ToSchema;

use crate::act;
use crate::act::lot::parse_day;
use crate::api::v1::relief::{ReliefMark, mark, year};
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::{farm, plausible};
use crate::state::AppState;

/// Most free tests a year.
const FREE_TESTS_MAX: i32 = 10_000;
/// Most households of one producer.
const HOUSEHOLDS_MAX: i32 = 100_000;

/// A mark.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ReliefEdit {
    /// The version that the client saw; 0 for the first mark.
    #[schema(example = 0)]
    base_version: i32,
    /// Households linked to it; 0 where the producer itself is one.
    #[schema(example = 12)]
    households: i32,
    /// Free quick tests a calendar year.
    #[schema(example = 24)]
    free_tests: i32,
    /// First day, `YYYY-MM-DD`.
    #[schema(example = "2026-01-01")]
    since: String,
    /// Last day; null or missing while it lasts.
    until: Option<String>,
    /// More.
    #[serde(default)]
    note: String,
}

/// Marks a producer, or changes or ends its mark. If somebody changed it since `base_version`,
/// nothing is overwritten. The same mark sent again gets the same answer.
#[utoipa::path(
    put, path = "/api/v1/producers/{id}/relief", tag = "filing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the producer")), request_body = ReliefEdit,
    responses((status = 200, body = ReliefMark), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(edit): JsonBody<ReliefEdit>,
) -> Answer<Json<ReliefMark>> {
    for (field, count, most) in [
        ("households", edit.households, HOUSEHOLDS_MAX),
        ("free_tests", edit.free_tests, FREE_TESTS_MAX),
    ] {
        if !(0..=most).contains(&count) {
            let en = format!("it is 0 to {most}");
            return Err(Problem::invalid(field, en, format!("须为 0 至 {most}")));
        }
    }
    farm::note("note", &edit.note, 500)?;
    let words = Words {
        households: edit.households,
        free_tests: edit.free_tests,
        since: parse_day("since", &edit.since)?,
        until: edit.until.map(|day| parse_day("until", &day)).transpose()?,
        note: edit.note.trim(),
    };
    if words.until.is_some_and(|until| until < words.since) {
        let (en, zh) = ("it ends before it begins", "结束日期早于开始日期");
        return Err(Problem::invalid("until", en, zh));
    }
    let now = state.now();
    let today = plausible::today(now);
    let mut transaction = act::begin(&state, &caller.account).await?;
    act::filing::see_producer(&mut transaction, &caller.account, id).await?;
    let base = (id, edit.base_version);
    let put = relief::put(&mut transaction, base, &words, (caller.account.id, now)).await?;
    let kept = relief::list(&mut transaction, Some(id), year(today))
        .await?
        .pop();
    transaction.commit().await.map_err(StoreError::from)?;
    let conflict = || {
        let en = "somebody changed this mark since; nothing was overwritten";
        Problem::told(Kind::EditConflict, en, "该标记已被他人修改，未作覆盖")
    };
    let kept = kept.ok_or_else(conflict)?;
    let says_so = (
        kept.households,
        kept.free_tests,
        kept.since,
        kept.until,
        kept.note.as_str(),
    ) == (
        words.households,
        words.free_tests,
        words.since,
        words.until,
        words.note,
    );
    if put || (says_so && kept.version == edit.base_version + 1) {
        return Ok(Json(mark(kept, today)));
    }
    Err(conflict())
}

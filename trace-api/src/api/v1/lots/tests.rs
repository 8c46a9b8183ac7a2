//! `/api/v1/lots/{id}/tests`: entering a result for a lot.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act;
use crate::act::lot::parse_day;
use crate::api::v1::tests::TestResult;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::quick_test::Round;
use crate::rule::result::Reading;
use crate::state::AppState;

/// A result to enter.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewTest {
    /// Made by the client: sent again, it enters nothing more and gets the same answer.
    request_id: Uuid,
    /// The lab's code of the sample; the lot's number where it is missing.
    sample_code: Option<String>,
    /// What was looked for.
    #[schema(example = "有机磷和氨基甲酸酯类农药")]
    item: String,
    /// Standard or method.
    #[schema(example = "GB/T 5009.199-2003")]
    method: String,
    /// `<` where the value is the limit of quantification and the result lies below it.
    #[serde(default)]
    qualifier: String,
    /// The result, in `unit`; missing for a card.
    #[schema(example = 12.5)]
    value: Option<f32>,
    /// Unit of value and limit; the method's where it is missing.
    #[schema(example = "%")]
    unit: Option<String>,
    /// At or above this the sample fails; the edition of the method that was in force on the day of
    /// sampling says it, or an imported residue limit, where it is missing.
    #[schema(example = 50)]
    limit: Option<f32>,
    /// Whether line C of a colloidal-gold card appeared.
    c_line: Option<bool>,
    /// Whether line T of it appeared.
    t_line: Option<bool>,
    /// `first`, `repeat` or `confirm` (a laboratory's GC or LC); `first` where it is missing.
    round: Option<String>,
    /// When the sample was taken, `YYYY-MM-DD`; what the lot's journal says of it, or the day of
    /// the test, where it is missing.
    sampled_on: Option<String>,
    /// When it was tested, RFC 3339; now where it is missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    tested_at: Option<OffsetDateTime>,
    /// Number of the lot's result that this one corrects: that one stays as it is. A corrected
    /// positive frees nothing; a laboratory's confirmation does.
    corrects: Option<i64>,
    /// Why it is corrected, 1 to 200 characters; exactly with `corrects`.
    reason: Option<String>,
}

/// Enters a result. The verdict is computed, the lot takes the step that follows from it, and the
/// event is written with it.
#[utoipa::path(
    post, path = "/api/v1/lots/{id}/tests", tag = "register", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the lot")),
    request_body = NewTest,
    responses((status = 201, body = TestResult), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn enter(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(new): JsonBody<NewTest>,
) -> Answer<(StatusCode, Json<TestResult>)> {
    let below = match new.qualifier.as_str() {
        "" => false,
        "<" => true,
        _ => {
            let (en, zh) = ("it is < or empty", "限定符只能为空或“<”");
            return Err(Problem::invalid("qualifier", en, zh));
        }
    };
    let round = new.round.as_deref().unwrap_or("first");
    let round = Round::from_code(round).ok_or_else(|| {
        let (en, zh) = ("it is first, repeat or confirm", "须为初检、复检或确证");
        Problem::invalid("round", en, zh)
    })?;
    let day = new.sampled_on.as_deref();
    let sampled_on = day.map(|day| parse_day("sampled_on", day)).transpose()?;
    let corrects = match (new.corrects, new.reason) {
        (None, None) => None,
        (Some(id), reason) => Some((id, reason.unwrap_or_default())),
        (None, Some(_)) => {
            let (en, zh) = (
                "a reason belongs to a correction",
                "更正原因须与被更正的结果一同提交",
            );
            return Err(Problem::invalid("reason", en, zh));
        }
    };
    let entered = act::test::Entered {
        request_id: new.request_id,
        sample_code: new.sample_code.unwrap_or_else(|| id.to_string()),
        item: new.item,
        method: new.method,
        reading: new.value.map(|value| Reading { value, below }),
        unit: new.unit,
        limit: new.limit,
        lines: new.c_line.zip(new.t_line),
        round,
        sampled_on,
        tested_at: new.tested_at,
        record: None,
        corrects,
    };
    let result = act::test::enter(&state, &caller.account, id, &entered).await?;
    Ok((StatusCode::CREATED, Json(result.into())))
}

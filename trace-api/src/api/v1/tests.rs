//! `/api/v1/tests`: results of the quick-test lab; a producer's staff see those of their own lots.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use store::test_result;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::Limit;
use crate::act;
use crate::authority::Scope;
use crate::caller::Caller;
use crate::extract::Asked;
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;

/// A result.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestResult {
    id: i64,
    /// Number of the lot.
    lot_id: i64,
    /// Code of the lot.
    lot: String,
    /// Product of the lot.
    product: String,
    /// The lab's code of the sample.
    sample_code: String,
    /// What was looked for.
    item: String,
    /// Standard or method.
    method: String,
    /// `<` or empty.
    qualifier: String,
    /// The result, in `unit`.
    value: f32,
    /// Unit of value and limit.
    unit: String,
    /// At or above this the sample fails.
    limit: f32,
    /// `pass`, `fail` or `invalid`.
    verdict: &'static str,
    /// When it was tested.
    #[serde(with = "time::serde::rfc3339")]
    tested_at: OffsetDateTime,
    /// When it was written down.
    #[serde(with = "time::serde::rfc3339")]
    recorded_at: OffsetDateTime,
    /// `first`, `repeat` or `confirm`.
    round: String,
    /// The day whose edition judged; null of old results.
    sampled_on: Option<String>,
    /// `below_zero`: noise, kept; `false_positive_crop`: the crop is known to give them.
    remarks: Vec<String>,
    /// The rule that gave the verdict.
    rule: String,
    /// Whether line C of a card appeared.
    c_line: Option<bool>,
    /// Whether line T of a card appeared.
    t_line: Option<bool>,
    /// Number of the result that it corrects.
    corrects: Option<i64>,
    /// Why; empty where it corrects none.
    correction_reason: String,
    /// Number of the result that corrects it.
    corrected_by: Option<i64>,
}

/// A list of results.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestResults {
    /// Newest first.
    tests: Vec<TestResult>,
}

/// Which results are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only those of the lot of this number; a producer's staff have to say which.
    lot: Option<i64>,
    /// At most so many, 100 where it is missing, at most 500.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
}

/// Lists results, newest first.
#[utoipa::path(
    get, path = "/api/v1/tests", tag = "register", security(("token" = [])),
    params(Question), responses((status = 200, body = TestResults))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
) -> Answer<Json<TestResults>> {
    let mut connection = state.store().acquire().await?;
    match question.lot {
        Some(lot) => drop(act::find_lot(&mut connection, &caller.account, lot).await?),
        None if caller.scope() == Scope::County => {}
        None => {
            let (en, zh) = ("name a lot of yours", "请指定批次");
            let refused = Problem::told(Kind::Malformed, en, zh);
            return Err(Problem {
                field: Some("lot"),
                ..refused
            });
        }
    }
    let rows = test_result::list(&mut connection, question.lot, question.limit.get()).await?;
    Ok(Json(TestResults {
        tests: rows.into_iter().map(TestResult::from).collect(),
    }))
}

impl From<test_result::TestResult> for TestResult {
    fn from(row: test_result::TestResult) -> Self {
        Self {
            id: row.id,
            lot_id: row.lot_id,
            lot: row.lot,
            product: row.product,
            sample_code: row.sample_code,
            item: row.item,
            method: row.method,
            qualifier: row.qualifier,
            value: row.value,
            unit: row.unit,
            limit: row.limit,
            verdict: match (row.invalid, row.passed) {
                (true, _) => "invalid",
                (false, true) => "pass",
                (false, false) => "fail",
            },
            round: row.round,
            sampled_on: row.sampled_on.map(act::lot::iso),
            remarks: row.remarks,
            rule: row.rule,
            c_line: row.control_line,
            t_line: row.test_line,
            corrects: row.corrects,
            correction_reason: row.correction_reason,
            corrected_by: row.corrected_by,
            tested_at: row.tested_at,
            recorded_at: row.recorded_at,
        }
    }
}

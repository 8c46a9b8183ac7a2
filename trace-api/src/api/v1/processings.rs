//! `/api/v1/processings`: 加工, lots in and lots out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::gs1::LotCode;
use serde::{Deserialize, Serialize};
use store::processing::Flow;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::act;
use crate::act::processing::{Made, Output, Wanted};
use crate::caller::Caller;
use crate::extract::JsonBody;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::mass::kilograms;
use crate::state::AppState;

/// A lot that goes in.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct InputBody {
    /// Number of the lot: one of yours, or one that was shipped to you.
    lot_id: i64,
    /// How much of it, in the unit of its product; at most what is left.
    quantity: f64,
}

/// A lot that comes out.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OutputBody {
    /// GTIN-14 of one of your products.
    #[schema(example = "02000000000015")]
    gtin: String,
    /// Its code; a code of the day where it is missing.
    code: Option<String>,
    /// In the product's unit.
    quantity: f64,
}

/// A processing to note.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewProcessing {
    /// Made by the client: sent again, it makes nothing more and gets the same answer.
    request_id: Uuid,
    /// The workshop, one of your plots.
    plot_id: i64,
    /// `sorting`, `packing`, `milling`, `tea_making`, `smoking`, `pickling`, `tofu` or `other`.
    #[schema(example = "milling")]
    kind: String,
    /// When, RFC 3339; now where it is missing.
    #[serde(default, with = "time::serde::rfc3339::option")]
    done_at: Option<OffsetDateTime>,
    /// 1 to 100 lots.
    inputs: Vec<InputBody>,
    /// 1 to 100 lots.
    outputs: Vec<OutputBody>,
    /// Declared waste, in kilograms or the unit that all lots share.
    #[serde(default)]
    loss: f64,
}

/// A lot of a processing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Share {
    /// Number of the lot.
    lot_id: i64,
    /// In `unit`.
    quantity: f64,
    /// UN/ECE Rec 20.
    unit: String,
}

/// A processing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Processing {
    id: i64,
    /// What was done.
    kind: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    done_at: OffsetDateTime,
    /// What went in.
    inputs: Vec<Share>,
    /// What came out: new lots, each waiting for its test or release.
    outputs: Vec<Share>,
    /// Unit of the sums below.
    unit: String,
    /// Declared waste.
    loss: f64,
    /// In less out less waste; below 0 where water or brine came in.
    unaccounted: f64,
}

/// Notes a processing. More cannot come out than the work gives of what went in; a lot that is
/// growing, in test, held, sold out or recalled cannot go in.
#[utoipa::path(
    post, path = "/api/v1/processings", tag = "lots", security(("token" = [])),
    request_body = NewProcessing,
    responses((status = 201, body = Processing), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(new): JsonBody<NewProcessing>,
) -> Answer<(StatusCode, Json<Processing>)> {
    let outputs = new.outputs.into_iter().map(OutputBody::parse);
    let inputs = new
        .inputs
        .iter()
        .map(|input| (input.lot_id, input.quantity));
    let wanted = Wanted {
        request_id: new.request_id,
        plot_id: new.plot_id,
        kind: new.kind,
        done_at: new.done_at,
        inputs: inputs.collect(),
        outputs: outputs.collect::<Answer<_>>()?,
        loss: new.loss,
    };
    let made = act::processing::process(&state, &caller.account, &wanted).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

impl OutputBody {
    fn parse(self) -> Answer<Output> {
        let code = self.code.as_deref().map(LotCode::parse).transpose();
        let code = code.map_err(|error| {
            let zh = "批次号须为 1 至 20 个大写字母、数字或 -";
            Problem::invalid("outputs", error.to_string(), zh)
        })?;
        Ok(Output {
            gtin: self.gtin,
            code,
            quantity: self.quantity,
        })
    }
}

impl From<Made> for Processing {
    fn from(made: Made) -> Self {
        Self::from_rows(made.processing, &made.flows)
    }
}

impl Processing {
    /// A processing with those of the flows that are its own.
    pub(crate) fn from_rows(row: store::processing::Processing, flows: &[Flow]) -> Self {
        let own = |is_input: bool| {
            flows
                .iter()
                .filter(move |flow| flow.processing_id == row.id && flow.is_input == is_input)
        };
        let sum = |is_input: bool| -> f64 {
            own(is_input)
                .map(|flow| kilograms((flow.quantity, &flow.unit)).unwrap_or(flow.quantity))
                .sum()
        };
        let share = |flow: &Flow| Share {
            lot_id: flow.lot_id,
            quantity: flow.quantity,
            unit: flow.unit.clone(),
        };
        // To the gram: sums of decimal numbers leave dust behind.
        let left = (sum(true) - sum(false) - row.loss) * 1_000.0;
        Self {
            id: row.id,
            inputs: own(true).map(share).collect(),
            outputs: own(false).map(share).collect(),
            unaccounted: left.round() / 1_000.0,
            kind: row.kind,
            done_at: row.done_at,
            unit: row.unit,
            loss: row.loss,
        }
    }
}

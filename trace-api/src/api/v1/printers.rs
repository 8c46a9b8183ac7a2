//! `/api/v1/printers`: the printers that this server reaches, with their habits.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::printer::{self, Printer, Settings};
use utoipa::ToSchema;

use crate::act;
use crate::caller::Caller;
use crate::extract::{JsonBody, Named};
use crate::problem::{Answer, ProblemBody};
use crate::state::AppState;

pub(crate) mod test_page;

/// A printer's settings.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct PrinterSettings {
    /// What people call it.
    #[schema(example = "包装间")]
    name: String,
    /// Number of the producer whose it is; absent where every producer may use it.
    producer_id: Option<i64>,
    /// `tcp://HOST:9100`, `file:///dev/usb/lp0` or `ipp://HOST:631/printers/NAME`; empty for `pdf`.
    #[serde(default)]
    #[schema(example = "tcp://192.0.2.10:9100")]
    address: String,
    /// `tspl`, `zpl`, `escpos`, or `pdf` for an office printer.
    #[schema(example = "tspl")]
    language: String,
    /// Dots an inch, 203 or 300.
    #[schema(example = 203)]
    dpi: i16,
    /// Everything is printed this much further right, -20 to 20.
    #[serde(default)]
    offset_x_mm: f32,
    /// Everything is printed this much further down, -20 to 20.
    #[serde(default)]
    offset_y_mm: f32,
    /// Everything is printed this many times larger, 0.95 to 1.05; only for `pdf`.
    #[serde(default = "one")]
    scale: f32,
    /// Gap between two labels of the roll, 0 to 20.
    #[serde(default = "two")]
    gap_mm: f32,
    /// Whether each label is cut off.
    #[serde(default)]
    cut: bool,
}

const fn one() -> f32 {
    1.0
}

const fn two() -> f32 {
    2.0
}

/// A printer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PrinterBody {
    /// Its number.
    id: i64,
    #[serde(flatten)]
    settings: PrinterSettings,
}

/// The printers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Printers {
    /// By name.
    printers: Vec<PrinterBody>,
}

impl From<PrinterSettings> for Settings {
    fn from(body: PrinterSettings) -> Self {
        Self {
            producer_id: body.producer_id,
            name: body.name,
            address: body.address,
            language: body.language,
            dpi: body.dpi,
            offset_x_mm: body.offset_x_mm,
            offset_y_mm: body.offset_y_mm,
            scale: body.scale,
            gap_mm: body.gap_mm,
            cut: body.cut,
        }
    }
}

impl From<Printer> for PrinterBody {
    fn from(printer: Printer) -> Self {
        let Printer { id, settings } = printer;
        Self {
            id,
            settings: PrinterSettings {
                name: settings.name,
                producer_id: settings.producer_id,
                address: settings.address,
                language: settings.language,
                dpi: settings.dpi,
                offset_x_mm: settings.offset_x_mm,
                offset_y_mm: settings.offset_y_mm,
                scale: settings.scale,
                gap_mm: settings.gap_mm,
                cut: settings.cut,
            },
        }
    }
}

/// Lists printers; a producer's staff see those that they may use.
#[utoipa::path(
    get, path = "/api/v1/printers", tag = "printing", security(("token" = [])),
    responses((status = 200, body = Printers))
)]
pub(crate) async fn list(State(state): State<AppState>, caller: Caller) -> Answer<Json<Printers>> {
    let mut connection = state.store().acquire().await?;
    let found = printer::list(&mut connection, caller.scope().producer()).await?;
    Ok(Json(Printers {
        printers: found.into_iter().map(PrinterBody::from).collect(),
    }))
}

/// Registers a printer.
#[utoipa::path(
    post, path = "/api/v1/printers", tag = "printing", security(("token" = [])),
    request_body = PrinterSettings,
    responses((status = 201, body = PrinterBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    caller: Caller,
    JsonBody(body): JsonBody<PrinterSettings>,
) -> Answer<(StatusCode, Json<PrinterBody>)> {
    let printer = act::printer::register(&state, &caller.account, body.into()).await?;
    Ok((StatusCode::CREATED, Json(printer.into())))
}

/// Gives a printer new settings.
#[utoipa::path(
    put, path = "/api/v1/printers/{id}", tag = "printing", security(("token" = [])),
    params(("id" = i64, Path, description = "Number of the printer")),
    request_body = PrinterSettings,
    responses((status = 200, body = PrinterBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    Named(id): Named<i64>,
    JsonBody(body): JsonBody<PrinterSettings>,
) -> Answer<Json<PrinterBody>> {
    let printer = act::printer::change(&state, &caller.account, id, body.into()).await?;
    Ok(Json(printer.into()))
}

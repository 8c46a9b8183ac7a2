//! `/api/v1/labels`: issued labels with their links, and the picture of one. A producer's staff
//! see their own.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use label_printer::{Dpi, Format};
use model::gs1::Serial;
use serde::{Deserialize, Serialize};
use store::label::{self, Filter};
use store::lot;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::Limit;
use crate::act::label::{link, pattern, template, unprintable};
use crate::authority::Scope;
use crate::caller::Caller;
use crate::extract::{Asked, Named};
use crate::press;
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::state::AppState;

/// A label.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Label {
    /// GS1 AI 21.
    pub(crate) serial: String,
    /// What its code says and a phone opens.
    pub(crate) link: String,
    /// 12 digits that stand beside the code, for a keypad; absent on labels of old.
    short: Option<String>,
    /// Its picture.
    pub(crate) png: String,
    /// Its run.
    run: i64,
    /// Place in the run, from 1.
    number: i32,
    /// Label size.
    size: String,
    /// Number of the lot.
    lot_id: i64,
    /// Code of the lot.
    lot: String,
    /// GTIN-14 of the product.
    gtin: String,
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// First time its page was opened.
    #[serde(with = "time::serde::rfc3339::option")]
    first_scanned_at: Option<OffsetDateTime>,
    /// How often its page was opened.
    scan_count: i32,
}

/// A page of labels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Labels {
    /// Newest run first, in the order of the run.
    labels: Vec<Label>,
}

/// Which labels are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only those of the lot of this number.
    lot: Option<i64>,
    /// Only those of this run.
    run: Option<i64>,
    /// At most so many, 100 where it is missing, at most 1,000.
    #[serde(default)]
    #[param(value_type = i64, minimum = 1)]
    limit: Limit<100>,
    /// After so many.
    #[serde(default)]
    #[param(minimum = 0)]
    offset: i64,
}

/// Lists labels.
#[utoipa::path(
    get, path = "/api/v1/labels", tag = "labels", security(("token" = [])),
    params(Question), responses((status = 200, body = Labels))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
) -> Answer<Json<Labels>> {
    let filter = Filter {
        run_id: question.run,
        lot_id: question.lot,
        producer_id: caller.scope().producer(),
        ..Filter::default()
    };
    let mut connection = state.store().acquire().await?;
    let limit = question.limit.get();
    let rows = label::list(&mut connection, &filter, limit, question.offset).await?;
    let labels = rows.into_iter().map(|row| Label::from_row(&state, row));
    Ok(Json(Labels {
        labels: labels.collect::<Answer<_>>()?,
    }))
}

/// Draws the label of a serial: `{serial}.png` for printers' dots, `{serial}.svg` for previews.
#[utoipa::path(
    get, path = "/api/v1/labels/{file}", tag = "labels", security(("token" = [])),
    params(("file" = String, Path, description = "Serial and `.png` or `.svg`")),
    responses((status = 200, content_type = "image/png", body = Vec<u8>),
        (status = 404, body = ProblemBody))
)]
pub(crate) async fn picture(
    State(state): State<AppState>,
    caller: Caller,
    Named(file): Named<String>,
) -> Answer<Response> {
    let nothing = || Problem::told(Kind::NotFound, "there is no such label", "没有这枚标签");
    let (serial, extension) = file.rsplit_once('.').ok_or_else(nothing)?;
    let serial = Serial::parse(serial).map_err(|_| nothing())?;
    let format = match extension {
        "png" => Format::Png,
        "svg" => Format::Svg,
        _ => return Err(nothing()),
    };
    let mut connection = state.store().acquire().await?;
    let row = label::find(&mut connection, serial.as_str())
        .await?
        .ok_or_else(nothing)?;
    let lot = lot::find(&mut connection, row.lot_id).await?;
    let seen = lot.filter(|lot| Scope::of(&caller.account).holds(lot.producer_id));
    let pattern = pattern(&mut connection, seen.ok_or_else(nothing)?).await?;
    drop(connection);
    let sticker = pattern.label(&state, serial, row.short.as_deref())?;
    let template = template(&state, "size", &row.size)?;
    let drawn = press::draw(&state, sticker, template, (Dpi::D203, format)).await;
    Ok(as_file(drawn.map_err(unprintable)?))
}

/// A drawn label as an answer.
pub(crate) fn as_file(drawn: press::Drawn) -> Response {
    let media_type = HeaderValue::from_static(drawn.media_type);
    ([(header::CONTENT_TYPE, media_type)], drawn.bytes).into_response()
}

impl Label {
    pub(crate) fn from_row(state: &AppState, row: label::Label) -> Answer<Self> {
        let serial = Serial::parse(&row.serial).map_err(Problem::internal)?;
        Ok(Self {
            link: link(state, &row.gtin, &row.lot, Some(serial))?.to_string(),
            png: format!("/api/v1/labels/{serial}.png"),
            serial: row.serial,
            short: row.short,
            run: row.run_id,
            number: row.number,
            size: row.size,
            lot_id: row.lot_id,
            lot: row.lot,
            gtin: row.gtin,
            created_at: row.created_at,
            first_scanned_at: row.first_scanned_at,
            scan_count: row.scan_count,
        })
    }
}

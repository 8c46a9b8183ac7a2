//! `/api/v1/labels`: issued labels with their links, and the picture of one. A producer's staff
//! see their own.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use label_printer::{Dpi, Format};
use model::gs1::Serial;
use model::lot::LotState;
use serde::{Deserialize, Serialize};
use store::label::{self, Cursor, Filter};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::Limit;
use crate::act::label::{goods, link, pattern, template, unprintable};
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
    /// Number of the lot that it is bound to; null where there is none yet.
    lot_id: Option<i64>,
    /// Code of that lot.
    lot: Option<String>,
    /// GTIN-14 of the product.
    gtin: String,
    /// What its code answers now: `unbound` (no lot yet), `dormant` (not activated), `active`,
    /// `held`, `recalled`, or `voided`.
    status: &'static str,
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// First time its page was opened.
    #[serde(with = "time::serde::rfc3339::option")]
    first_scanned_at: Option<OffsetDateTime>,
    /// How often its page was opened.
    scan_count: i32,
    /// When its queries first looked like those of several items; see `/api/v1/scans/suspects`.
    #[serde(with = "time::serde::rfc3339::option")]
    copy_suspected_at: Option<OffsetDateTime>,
}

/// A page of labels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Labels {
    /// Newest run first, in the order of the run.
    labels: Vec<Label>,
    /// Where the list goes on, for `after`; null where it ends.
    next: Option<String>,
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
    /// After so many; for long lists `after` is the quick way.
    #[serde(default)]
    #[param(minimum = 0)]
    offset: i64,
    /// After this label, `RUN-NUMBER`: the `next` of the page before.
    after: Option<String>,
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
        after: question.after.as_deref().map(cursor).transpose()?,
        ..Filter::default()
    };
    let mut connection = state.store().acquire().await?;
    let limit = question.limit.get().min(label::PAGE_MAX);
    let rows = label::list(&mut connection, &filter, limit, question.offset).await?;
    let next = rows.last().filter(|_| rows.len() as i64 == limit);
    let next = next.map(|last| format!("{}-{}", last.run_id, last.number));
    let labels = rows.into_iter().map(|row| Label::from_row(&state, row));
    Ok(Json(Labels {
        labels: labels.collect::<Answer<_>>()?,
        next,
    }))
}

/// The place in a list that a text names.
fn cursor(text: &str) -> Answer<Cursor> {
    let parts = text.split_once('-');
    let parsed = parts.and_then(|(run, number)| {
        Some(Cursor {
            run_id: run.parse().ok()?,
            number: number.parse().ok()?,
        })
    });
    parsed.ok_or_else(|| Problem {
        field: Some("after"),
        ..Problem::told(
            Kind::Malformed,
            "after is a run and a number, as in 12-100",
            "after 须为 批号-序号，例如 12-100",
        )
    })
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
    if !Scope::of(&caller.account).holds(row.producer_id) {
        return Err(nothing());
    }
    let run = label::find_run(&mut connection, row.run_id).await?;
    let goods = goods(&mut connection, &run.ok_or_else(nothing)?).await?;
    let pattern = pattern(&mut connection, goods).await?;
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
        let printed_lot = row.lot.as_deref().filter(|_| row.run_lot_id.is_some());
        Ok(Self {
            status: status(&row),
            link: link(state, &row.gtin, printed_lot, Some(serial))?.to_string(),
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
            copy_suspected_at: row.copy_suspected_at,
        })
    }
}

/// What the code of a label answers.
fn status(row: &label::Label) -> &'static str {
    let state = row.lot_state.as_deref().and_then(LotState::from_code);
    match state {
        _ if row.voided => "voided",
        None => "unbound",
        Some(LotState::Recalled) => "recalled",
        Some(_) if !row.active => "dormant",
        Some(LotState::Held) => "held",
        Some(_) => "active",
    }
}

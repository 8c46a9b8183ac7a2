//! `/api/v1/imports/…`: producers, products and lots out of a table, CSV or XLSX, with a preview and
//! every mistake by row and column; and the templates of the tables.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::act::import::{self as act, How, What};
use crate::caller::Caller;
use crate::extract::{Asked, Named};
use crate::problem::{Answer, Kind, Problem, ProblemBody};
use crate::rule::import::Mistake;
use crate::rule::sheet::Sheet;
use crate::state::AppState;
use crate::workbook::{self, Leaf};

/// How a table is to be taken.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Only look for mistakes: everything is tried and nothing is kept.
    #[serde(default)]
    preview: bool,
    /// Made by the client: the same table with the same id again imports nothing more. Needed where
    /// it is no preview.
    request_id: Option<Uuid>,
    /// Whether what is filed is handed in at once; else it is drafts.
    #[serde(default)]
    submit: bool,
    /// Whose the products are, where the rows name no credit code; one's own where it is missing.
    producer: Option<i64>,
}

/// What a table said, and whether it was taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TableImport)]
pub(crate) struct Import {
    /// Rows below the head.
    #[schema(example = 24)]
    rows: usize,
    /// Whether they were taken.
    imported: bool,
    /// Mistakes by row and column that a preview found, at most 100; with one, nothing is taken.
    mistakes: Vec<Mistake>,
}

/// Imports producers: CSV (UTF-8 or GB 18030) or XLSX of at most 4 MiB, 2,000 rows, 40 columns and
/// 1,000 characters a cell, whole or not at all.
#[utoipa::path(
    post, path = "/api/v1/imports/producers", tag = "import and export",
    security(("token" = [])), params(Question),
    request_body(content((String = "text/csv", example = "统一社会信用代码,名称,主体类型,乡镇,地址,联系方式\n91000000MA0000001R,永顺某某合作社,合作社,毛坝乡,毛坝村一组,0743-0000000\n"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    responses((status = 200, body = Import), (status = 400, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn producers(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
    body: Bytes,
) -> Answer<Json<Import>> {
    answer(&state, &caller, (What::Producers, question), body).await
}

/// Imports products, of the producers that the rows name or of one; limits as for producers.
#[utoipa::path(
    post, path = "/api/v1/imports/products", tag = "import and export",
    security(("token" = [])), params(Question),
    request_body(content((String = "text/csv", example = "名称,品类,规格,计量单位,保质期（天）,凭证类型\n莓茶,莓茶,袋装 250 g,千克,540,SC\n"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    responses((status = 200, body = Import), (status = 400, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn products(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
    body: Bytes,
) -> Answer<Json<Import>> {
    answer(&state, &caller, (What::Products, question), body).await
}

/// Imports lots of one's own approved products; limits as for producers.
#[utoipa::path(
    post, path = "/api/v1/imports/lots", tag = "import and export",
    security(("token" = [])), params(Question),
    request_body(content((String = "text/csv", example = "商品条码,地块,开始日期,采收日期,数量\n6901234567892,一号地,2026-04-01,2026-10-01,120\n"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    responses((status = 200, body = Import), (status = 400, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn lots(
    State(state): State<AppState>,
    caller: Caller,
    Asked(question): Asked<Question>,
    body: Bytes,
) -> Answer<Json<Import>> {
    answer(&state, &caller, (What::Lots, question), body).await
}

async fn answer(
    state: &AppState,
    caller: &Caller,
    (what, question): (What, Question),
    body: Bytes,
) -> Answer<Json<Import>> {
    let request_id = match (question.request_id, question.preview) {
        (Some(id), _) => id,
        (None, true) => state.draw_uuid(),
        (None, false) => {
            let en = "an import needs a request_id";
            return Err(Problem::invalid("request_id", en, "导入须带请求编号"));
        }
    };
    let how = How {
        request_id,
        preview: question.preview,
        submit: question.submit,
        producer_id: question.producer,
    };
    let found = act::import(state, &caller.account, (what, how), body).await?;
    if !question.preview && !found.mistakes.is_empty() {
        return Err(Problem {
            mistakes: Some(Arc::new(found.mistakes)),
            ..Problem::told(
                Kind::Invalid,
                "rows of the table are wrong; none was taken",
                "表格有误，未导入任何一行",
            )
        });
    }
    Ok(Json(Import {
        rows: found.table.rows.len(),
        imported: !question.preview,
        mistakes: found.mistakes,
    }))
}

/// In which form a file is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wish {
    /// `csv` or `xlsx`; `csv` where it is missing.
    format: Option<String>,
}

/// An empty table to fill in, with the columns' Chinese names.
#[utoipa::path(
    get, path = "/api/v1/imports/{kind}/template", tag = "import and export",
    security(("token" = [])),
    params(("kind" = String, Path, description = "`producers`, `products` or `lots`"), Wish),
    responses((status = 200, content((String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 404, body = ProblemBody), (status = 422, body = ProblemBody))
)]
pub(crate) async fn template(
    Named(kind): Named<String>,
    Asked(form): Asked<Wish>,
) -> Answer<Response> {
    let what = What::parse(&kind).ok_or(Problem::of(Kind::NotFound))?;
    let head: Vec<&str> = what.columns().iter().map(|column| column.zh).collect();
    let (media_type, extension, bytes) = match form.format.as_deref() {
        None | Some("csv") => {
            let sheet = Sheet::new(&head).finish().into_bytes();
            ("text/csv; charset=utf-8", "csv", sheet)
        }
        Some("xlsx") => {
            let leaf = Leaf {
                name: &kind,
                head,
                rows: Vec::new(),
            };
            let bytes = workbook::write(&[leaf]).map_err(Problem::internal)?;
            (workbook::MEDIA_TYPE, "xlsx", bytes)
        }
        Some(_) => {
            let en = "it is csv or xlsx";
            return Err(Problem::invalid("format", en, "格式须为 csv 或 xlsx"));
        }
    };
    let told = format!("attachment; filename=\"{kind}.{extension}\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&told).map_err(Problem::internal)?,
        ),
    ];
    Ok((headers, bytes).into_response())
}

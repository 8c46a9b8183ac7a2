//! `/api/v1/statistics`: the county by month and township, as JSON or CSV.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::county::{self, TownshipMonth};
use utoipa::{IntoParams, ToSchema};

use crate::extract::Asked;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::sheet::Sheet;
use crate::rule::{month, plausible};
use crate::state::AppState;

/// The columns of the spreadsheet.
const HEAD: [&str; 11] = [
    "月份",
    "乡镇",
    "备案主体",
    "备案产品",
    "批次",
    "检测",
    "合格",
    "合格率（%）",
    "标签",
    "首次查询标签",
    "查询次数",
];

/// A township's month.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MonthOfTownship {
    /// `YYYY-MM`.
    #[schema(example = "2026-10")]
    month: String,
    /// 乡镇 of the producers.
    #[schema(example = "毛坝乡")]
    township: String,
    /// Producers that were approved for the first time.
    producers: i64,
    /// Products that were approved for the first time.
    products: i64,
    /// Lots that were registered.
    lots: i64,
    /// Results that were entered; a card that did not work is none.
    tests: i64,
    /// Those that passed.
    tests_passed: i64,
    /// In per cent, one decimal; null where nothing was tested.
    #[schema(example = 98.5)]
    pass_rate: Option<f64>,
    /// Labels that were issued.
    labels: i64,
    /// Labels whose page was opened for the first time.
    scanned_labels: i64,
    /// How often labels were asked for, as far as days of it are kept.
    scans: i64,
}

/// The county by month and township.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountyStatistics {
    /// First month, `YYYY-MM`.
    from: String,
    /// Last month.
    to: String,
    /// Oldest month first, then by township; only those that have anything.
    months: Vec<MonthOfTownship>,
}

/// Which months, and in which form.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// First month, `YYYY-MM`; the one eleven months before the last where it is missing.
    #[param(example = "2026-01")]
    from: Option<String>,
    /// Last month, `YYYY-MM`; this one where it is missing. At most 120 months.
    #[param(example = "2026-12")]
    to: Option<String>,
    /// `json` or `csv`; `json` where it is missing.
    format: Option<String>,
}

/// Counts what was filed, registered, tested, labelled and looked at, by month and township.
#[utoipa::path(
    get, path = "/api/v1/statistics", tag = "import and export", security(("token" = [])),
    params(Question),
    responses((status = 200, content((CountyStatistics = "application/json"),
        (String = "text/csv"))),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let asked = (question.from.as_deref(), question.to.as_deref());
    let (from, to) = month::span(asked, plausible::today(state.now()))?;
    let mut connection = state.store().acquire().await?;
    let rows = county::list_months(&mut connection, (from, to)).await?;
    drop(connection);
    let months: Vec<_> = rows.into_iter().map(MonthOfTownship::from).collect();
    match question.format.as_deref() {
        None | Some("json") => Ok(Json(CountyStatistics {
            from: month::iso(from),
            to: month::iso(to),
            months,
        })
        .into_response()),
        Some("csv") => {
            let mut sheet = Sheet::new(&HEAD);
            for month in &months {
                sheet.row(&month.cells());
            }
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
                (
                    header::CONTENT_DISPOSITION,
                    "attachment; filename=\"statistics.csv\"",
                ),
            ];
            Ok((headers, sheet.finish()).into_response())
        }
        Some(_) => {
            let en = "it is json or csv";
            Err(Problem::invalid("format", en, "格式须为 json 或 csv"))
        }
    }
}

impl MonthOfTownship {
    fn cells(&self) -> Vec<String> {
        let rate = self.pass_rate.map(|rate| rate.to_string());
        vec![
            self.month.clone(),
            self.township.clone(),
            self.producers.to_string(),
            self.products.to_string(),
            self.lots.to_string(),
            self.tests.to_string(),
            self.tests_passed.to_string(),
            rate.unwrap_or_default(),
            self.labels.to_string(),
            self.scanned_labels.to_string(),
            self.scans.to_string(),
        ]
    }
}

impl From<TownshipMonth> for MonthOfTownship {
    fn from(row: TownshipMonth) -> Self {
        let rate = row.tests_passed as f64 * 1_000.0 / row.tests as f64;
        Self {
            month: month::iso(row.month),
            township: row.township,
            producers: row.producers,
            products: row.products,
            lots: row.lots,
            tests: row.tests,
            tests_passed: row.tests_passed,
            pass_rate: (row.tests > 0).then(|| rate.round() / 10.0),
            labels: row.labels,
            scanned_labels: row.scanned_labels,
            scans: row.scans,
        }
    }
}

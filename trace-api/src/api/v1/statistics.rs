//! `/api/v1/statistics`: the county by month and township, as JSON or CSV.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::county::{self, TownshipMonth};
use time::{Date, Month};
use utoipa::{IntoParams, ToSchema};

use crate::extract::Asked;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::rule::plausible;
use crate::rule::sheet::Sheet;
use crate::state::AppState;

/// Most months of one answer.
const MONTHS_MAX: i32 = 120;
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
    let this = first_of(plausible::today(state.now()));
    let to = question
        .to
        .as_deref()
        .map(|text| parse_month("to", text))
        .transpose()?;
    let to = to.unwrap_or(this);
    let from = question
        .from
        .as_deref()
        .map(|text| parse_month("from", text))
        .transpose()?;
    let from = from.unwrap_or_else(|| back(to, 11));
    let months = (to.year() - from.year()) * 12 + i32::from(u8::from(to.month()))
        - i32::from(u8::from(from.month()));
    if !(0..MONTHS_MAX).contains(&months) {
        let en = format!("ask for 1 to {MONTHS_MAX} months");
        return Err(Problem::invalid(
            "from",
            en,
            format!("须为 1 至 {MONTHS_MAX} 个月"),
        ));
    }
    let mut connection = state.store().acquire().await?;
    let rows = county::list_months(&mut connection, (from, to)).await?;
    drop(connection);
    let months: Vec<_> = rows.into_iter().map(MonthOfTownship::from).collect();
    match question.format.as_deref() {
        None | Some("json") => Ok(Json(CountyStatistics {
            from: month(from),
            to: month(to),
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
            month: month(row.month),
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

/// `YYYY-MM`.
fn month(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), u8::from(day.month()))
}

fn first_of(day: Date) -> Date {
    day.replace_day(1).unwrap_or(day)
}

/// The first day of the month so many months before.
fn back(day: Date, months: i32) -> Date {
    let count = day.year() * 12 + i32::from(u8::from(day.month())) - 1 - months;
    let month = u8::try_from(count.rem_euclid(12) + 1).unwrap_or(1);
    let month = Month::try_from(month).unwrap_or(Month::January);
    Date::from_calendar_date(count.div_euclid(12), month, 1).unwrap_or(day)
}

fn parse_month(field: &'static str, text: &str) -> Answer<Date> {
    let parse = || {
        let (year, month) = text.trim().split_once('-')?;
        let year: i32 = year
            .parse()
            .ok()
            .filter(|year| (1970..=9998).contains(year))?;
        let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
        Date::from_calendar_date(year, month, 1).ok()
    };
    parse().ok_or_else(|| Problem::invalid(field, "write a month as YYYY-MM", "月份格式为 年-月"))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn months_are_counted_over_the_turn_of_the_year() {
        assert_eq!(back(date!(2026 - 11 - 01), 11), date!(2025 - 12 - 01));
        assert_eq!(back(date!(2026 - 01 - 01), 1), date!(2025 - 12 - 01));
        assert_eq!(
            parse_month("to", "2026-02").ok(),
            Some(date!(2026 - 02 - 01))
        );
        for wrong in ["2026", "2026-13", "0-1", "x-1", "9999-12"] {
            assert!(parse_month("to", wrong).is_err(), "{wrong}");
        }
    }
}

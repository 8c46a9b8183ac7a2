//! `/lab/results`: results searched and paged, and one of them.

use axum::extract::State;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use store::lot::{self as lots, Filter as LotFilter};
use store::test_result::{self, Filter, TestResult};
use time::{Duration, OffsetDateTime};

use super::rows;
use crate::act::lot::{iso, parse_day};
use crate::act::test_sheet::{digest, sample_of};
use crate::extract::{Asked, Named};
use crate::page::Site;
use crate::page::lab::results::{
    Asked as Question, ResultView, ResultsView, list as draw, one as draw_one, remark,
};
use crate::problem::{Answer, Kind, Problem};
use crate::state::AppState;
use crate::web::Here;
use crate::web::words::{day_start, words};

/// Results of one page.
const PAGE_MAX: i64 = 50;
/// Most characters of a search that are looked at.
const WORDS_CHARS_MAX: usize = 60;
/// Most lots that a search may mean.
const LOTS_MAX: i64 = 500;

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    q: String,
    verdict: String,
    from: String,
    until: String,
    after: String,
}

/// Shows results.
pub(super) async fn list(
    State(state): State<AppState>,
    here: Here,
    Asked(query): Asked<Query>,
) -> Answer<Response> {
    match search(&state, &query).await {
        Ok(view) => here.answer(draw(&here.site, &view)),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = ResultsView {
                asked: asked(&query),
                ..ResultsView::default()
            };
            here.refuse(&problem, draw(&here.site, &view))
        }
    }
}

fn asked(query: &Query) -> Question {
    Question {
        words: query.q.trim().chars().take(WORDS_CHARS_MAX).collect(),
        verdict: query.verdict.clone(),
        from: query.from.clone(),
        until: query.until.clone(),
    }
}

async fn search(state: &AppState, query: &Query) -> Answer<ResultsView> {
    let asked = asked(query);
    let mut connection = state.store().acquire().await?;
    let mut filter = filter(&asked, &query.after)?;
    if !asked.words.is_empty() {
        let wanted = LotFilter {
            words: Some(asked.words.clone()),
            ..LotFilter::default()
        };
        let found = lots::list(&mut connection, &wanted, LOTS_MAX).await?;
        let found = found.into_iter().map(|lot| lot.id).collect();
        filter.sample = Some((asked.words.clone(), found));
    }
    let found = test_result::search(&mut connection, &filter, PAGE_MAX).await?;
    let last = found.last().filter(|_| found.len() as i64 == PAGE_MAX);
    let next = last.map(|last| next(&asked, last));
    Ok(ResultsView {
        rows: found.into_iter().map(rows::result).collect(),
        asked,
        next,
    })
}

fn filter(asked: &Question, after: &str) -> Answer<Filter> {
    let day = |field, text: &str| -> Answer<Option<_>> {
        let day = Some(text).filter(|text| !text.is_empty());
        Ok(day
            .map(|day| parse_day(field, day))
            .transpose()?
            .map(day_start))
    };
    let until = day("until", &asked.until)?;
    Ok(Filter {
        verdict: Some(asked.verdict.clone()).filter(|verdict| !verdict.is_empty()),
        from: day("from", &asked.from)?,
        until: until.map(|at| at + Duration::DAY),
        after: cursor(after),
        ..Filter::default()
    })
}

/// Where a page goes on: microseconds and number of the last result of the one before.
fn cursor(text: &str) -> Option<(OffsetDateTime, i64)> {
    let (at, id) = text.split_once('_')?;
    let nanoseconds = i128::from(at.parse::<i64>().ok()?) * 1_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
    Some((at, id.parse().ok()?))
}

fn next(asked: &Question, last: &TestResult) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let after = last.tested_at.unix_timestamp_nanos() / 1_000;
    format!(
        "/lab/results?q={}&verdict={}&from={}&until={}&after={after}_{}",
        encoded(&asked.words),
        encoded(&asked.verdict),
        encoded(&asked.from),
        encoded(&asked.until),
        last.id
    )
}

/// Shows one result.
pub(super) async fn one(
    State(state): State<AppState>,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, &here.site, id).await?;
    here.answer(draw_one(&here.site, &view))
}

/// The page of a result.
pub(super) async fn view(state: &AppState, site: &Site, id: i64) -> Answer<ResultView> {
    let (lot, standing) = sample_of(state, id).await?;
    let mut connection = state.store().acquire().await?;
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    let found = test_result::search(&mut connection, &filter, 1)
        .await?
        .pop();
    let result = found.ok_or(Problem::of(Kind::NotFound))?;
    let hash = digest(&lot, &standing);
    let others = standing.into_iter().filter(|row| row.id != id);
    Ok(ResultView {
        others: others.map(rows::result).collect(),
        hash,
        trace: format!("/01/{}/10/{}", lot.gtin, lot.code),
        producer: words(&lot.producer, &lot.producer_en),
        lot: lot.code,
        method: result.method.clone(),
        rule: result.rule.clone(),
        sampled_on: result.sampled_on.map(iso),
        remarks: result
            .remarks
            .iter()
            .map(|code| remark(site, code))
            .collect(),
        corrects: result
            .corrects
            .map(|first| (first, result.correction_reason.clone())),
        corrected_by: result.corrected_by,
        row: rows::result(result),
        request: state.draw_uuid().to_string(),
        draft: (String::new(), String::new()),
        asked: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_that_somebody_made_up_is_none() {
        for text in ["", "1", "x_1", "1_x", "99999999999999999999_1"] {
            assert_eq!(cursor(text), None, "{text}");
        }
        assert_eq!(
            cursor("1000000_7"),
            Some((OffsetDateTime::UNIX_EPOCH + Duration::SECOND, 7))
        );
    }
}

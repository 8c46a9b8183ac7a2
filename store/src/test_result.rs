//! 检测: results of the quick-test lab. A result is never edited; a re-test is another result.

use sqlx::postgres::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::StoreError;

/// A result to enter.
#[derive(Debug, Clone)]
pub struct NewTestResult<'a> {
    /// Which lot the sample came from.
    pub lot_id: i64,
    /// The lab's code of the sample.
    pub sample_code: &'a str,
    /// What was looked for.
    pub item: &'a str,
    /// Standard or method.
    pub method: &'a str,
    /// `<` where the value is the limit of quantification, else empty.
    pub qualifier: &'a str,
    /// The result, in `unit`.
    pub value: f32,
    /// Unit of value and limit.
    pub unit: &'a str,
    /// At or above this the sample fails.
    pub limit: f32,
    /// Whether it passed.
    pub passed: bool,
    /// When it was tested.
    pub tested_at: OffsetDateTime,
    /// Made by the client, so that a form sent twice enters once.
    pub request_id: Uuid,
    /// Who enters it; `None` for the platform itself.
    pub account_id: Option<i64>,
    /// How it came about.
    pub details: Details<'a>,
}

/// How a result came about.
#[derive(Debug, Clone, Default)]
pub struct Details<'a> {
    /// The test did not work and says nothing, whatever `passed` says.
    pub invalid: bool,
    /// `first`, `repeat` or `confirm`; empty is `first`.
    pub round: &'a str,
    /// The day whose edition judged.
    pub sampled_on: Option<Date>,
    /// `below_zero`, `false_positive_crop`.
    pub remarks: &'a [String],
    /// The rule that gave the verdict.
    pub rule: &'a str,
    /// Lines C and T of a card.
    pub lines: Option<(bool, bool)>,
    /// Instrument and its own number of the result.
    pub record: Option<(&'a str, &'a str)>,
    /// The result that it corrects, and why.
    pub corrects: Option<(i64, &'a str)>,
}

/// A result as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct TestResult {
    /// Its number here.
    pub id: i64,
    /// Which lot the sample came from.
    pub lot_id: i64,
    /// Code of that lot.
    pub lot: String,
    /// Product of that lot, Chinese.
    pub product: String,
    /// Product of that lot, English.
    pub product_en: String,
    /// The lab's code of the sample.
    pub sample_code: String,
    /// What was looked for.
    pub item: String,
    /// Standard or method.
    pub method: String,
    /// `<` or empty.
    pub qualifier: String,
    /// The result, in `unit`.
    pub value: f32,
    /// Unit of value and limit.
    pub unit: String,
    /// At or above this the sample fails.
    pub limit: f32,
    /// Whether it passed.
    pub passed: bool,
    /// When it was tested.
    pub tested_at: OffsetDateTime,
    /// When it was written down.
    pub recorded_at: OffsetDateTime,
    /// The test did not work and says nothing.
    pub invalid: bool,
    /// `first`, `repeat` or `confirm`.
    pub round: String,
    /// The day whose edition judged; `None` of old results.
    pub sampled_on: Option<Date>,
    /// `below_zero`, `false_positive_crop`.
    pub remarks: Vec<String>,
    /// The rule that gave the verdict.
    pub rule: String,
    /// Whether line C of a card appeared.
    pub control_line: Option<bool>,
    /// Whether line T of a card appeared.
    pub test_line: Option<bool>,
    /// The result that it corrects.
    pub corrects: Option<i64>,
    /// Why it was corrected; empty where it corrects none.
    pub correction_reason: String,
    /// The result that corrects it.
    pub corrected_by: Option<i64>,
    /// Name of the account that entered it; empty where it was the platform. For desks alone.
    pub entered_by: String,
    /// Name of the instrument that uploaded it.
    pub instrument: Option<String>,
}

/// Which results are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this number.
    pub id: Option<i64>,
    /// Only those of this lot.
    pub lot_id: Option<i64>,
    /// Only those whose sample's code begins so, or that are of one of these lots.
    pub sample: Option<(String, Vec<i64>)>,
    /// Only `pass`, `fail` or `invalid`.
    pub verdict: Option<String>,
    /// Only those tested at this moment or later.
    pub from: Option<OffsetDateTime>,
    /// Only those tested before this moment.
    pub until: Option<OffsetDateTime>,
    /// Only those after this one in the list: when it was tested, and its number.
    pub after: Option<(OffsetDateTime, i64)>,
}

/// Enters a result; returns its number, or `None` if this request was entered before.
pub async fn insert(
    connection: &mut PgConnection,
    new: &NewTestResult<'_>,
    now: OffsetDateTime,
) -> Result<Option<i64>, StoreError> {
    let details = &new.details;
    let verdict = match (details.invalid, new.passed) {
        (true, _) => "invalid",
        (false, true) => "pass",
        (false, false) => "fail",
    };
    let round = if details.round.is_empty() {
        "first"
    } else {
        details.round
    };
    let (control_line, test_line) = details.lines.unzip();
    let (instrument, record) = details.record.unzip();
    let (corrects, reason) = details.corrects.unzip();
    let id = sqlx::query_scalar!(
        "insert into test_result
             (lot_id, sample_code, item, method, qualifier, value, unit, limit_value, verdict,
              tested_at, recorded_at, request_id, account_id, round, sampled_on, remarks, rule,
              control_line, test_line, instrument_id, record_id, corrects, correction_reason)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                 $19, $20, $21, $22, $23)
         on conflict (request_id) do nothing
         returning id",
        new.lot_id,
        new.sample_code,
        new.item,
        new.method,
        new.qualifier,
        new.value,
        new.unit,
        new.limit,
        verdict,
        new.tested_at,
        now,
        new.request_id,
        new.account_id,
        round,
        details.sampled_on,
        details.remarks,
        details.rule,
        control_line,
        test_line,
        instrument,
        record,
        corrects,
        reason.unwrap_or_default()
    )
    .fetch_optional(connection)
    .await?;
    Ok(id)
}

/// The result that a request entered, and the lot it was entered for.
pub async fn find_by_request(
    connection: &mut PgConnection,
    request_id: Uuid,
) -> Result<Option<(i64, i64)>, StoreError> {
    let found = sqlx::query!(
        "select id, lot_id from test_result where request_id = $1",
        request_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|row| (row.id, row.lot_id)))
}

/// The results of one lot, or of all, newest first.
pub async fn list(
    connection: &mut PgConnection,
    lot_id: Option<i64>,
    limit: i64,
) -> Result<Vec<TestResult>, StoreError> {
    let filter = Filter {
        lot_id,
        ..Filter::default()
    };
    search(connection, &filter, limit).await
}

/// The results of a filter, newest first; at most `limit` and 500.
pub async fn search(
    connection: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<TestResult>, StoreError> {
    let (sample, lots) = filter
        .sample
        .as_ref()
        .map(|(sample, lots)| (sample, lots))
        .unzip();
    let pattern = sample.map(|sample| begins_with(sample));
    let (after_at, after_id) = filter.after.unzip();
    let results = sqlx::query_as!(
        TestResult,
        r#"select result.id, result.lot_id, lot.code as lot, product.name as product,
                  product.name_en as product_en, result.sample_code, result.item,
                  result.method, result.qualifier, result.value, result.unit,
                  result.limit_value as "limit", (result.verdict = 'pass') as "passed!",
                  result.tested_at, result.recorded_at,
                  (result.verdict = 'invalid') as "invalid!", result.round, result.sampled_on,
                  result.remarks, result.rule, result.control_line, result.test_line,
                  result.corrects, result.correction_reason,
                  (select later.id from test_result as later
                   where later.corrects = result.id) as "corrected_by?",
                  coalesce(account.display_name, '') as "entered_by!",
                  instrument.name as "instrument?"
           from test_result as result
           join lot on lot.id = result.lot_id
           join product on product.id = lot.product_id
           left join account on account.id = result.account_id
           left join instrument on instrument.id = result.instrument_id
           where ($1::bigint is null or result.id = $1)
             and ($2::bigint is null or result.lot_id = $2)
             and ($3::text is null or result.sample_code like $3 or result.lot_id = any ($4))
             and ($5::text is null or result.verdict = $5)
             and ($6::timestamptz is null or result.tested_at >= $6)
             and ($7::timestamptz is null or result.tested_at < $7)
             and ($8::timestamptz is null or (result.tested_at, result.id) < ($8, $9))
           order by result.tested_at desc, result.id desc
           limit $10"#,
        filter.id,
        filter.lot_id,
        pattern,
        lots.map(Vec::as_slice),
        filter.verdict,
        filter.from,
        filter.until,
        after_at,
        after_id,
        limit.clamp(1, 500)
    )
    .fetch_all(connection)
    .await?;
    Ok(results)
}

/// The pattern of texts that begin so, whatever signs they have.
fn begins_with(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for sign in text.chars() {
        if matches!(sign, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(sign);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pattern_means_is_typed_as_it_is() {
        assert_eq!(begins_with("S-2026"), "S-2026%");
        assert_eq!(begins_with("50%_\\"), "50\\%\\_\\\\%");
    }
}

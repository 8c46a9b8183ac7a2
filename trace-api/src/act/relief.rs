//! Marking a producer of the poverty relief programme; only supervisors do, and only they and the
//! lab ever see it.

use store::StoreError;
use store::account::Account;
use store::relief::{self, Relief, Words};
use time::{Date, Month};

use crate::problem::{Answer, Kind, Problem};
use crate::rule::{farm, plausible};
use crate::state::AppState;

/// Most free tests a year.
const FREE_TESTS_MAX: i32 = 10_000;
/// Most households of one producer.
const HOUSEHOLDS_MAX: i32 = 100_000;

/// A mark as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The version that was seen; 0 for the first mark.
    pub(crate) base: i32,
    /// Households linked to it; 0 where the producer itself is one.
    pub(crate) households: i32,
    /// Free quick tests a calendar year.
    pub(crate) free_tests: i32,
    /// First day.
    pub(crate) since: Date,
    /// Last day; `None` while it lasts.
    pub(crate) until: Option<Date>,
    /// More.
    pub(crate) note: String,
}

/// First and last day of a day's calendar year.
pub(crate) fn year(day: Date) -> (Date, Date) {
    let first = Date::from_calendar_date(day.year(), Month::January, 1).unwrap_or(day);
    let last = Date::from_calendar_date(day.year(), Month::December, 31).unwrap_or(day);
    (first, last)
}

/// Marks a producer, or changes or ends its mark.
pub(crate) async fn put(
    state: &AppState,
    account: &Account,
    id: i64,
    wanted: &Wanted,
) -> Answer<Relief> {
    let words = check(wanted)?;
    let now = state.now();
    let mut transaction = super::begin(state, account).await?;
    super::filing::see_producer(&mut transaction, account, id).await?;
    let base = (id, wanted.base);
    let put = relief::put(&mut transaction, base, &words, (account.id, now)).await?;
    let this_year = year(plausible::today(now));
    let kept = relief::list(&mut transaction, Some(id), this_year).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    let kept = kept.into_iter().next().ok_or_else(conflict)?;
    // The same mark sent again finds its own work.
    if put || (says(&kept, &words) && kept.version == wanted.base + 1) {
        return Ok(kept);
    }
    Err(conflict())
}

fn check(wanted: &Wanted) -> Answer<Words<'_>> {
    for (field, count, most) in [
        ("households", wanted.households, HOUSEHOLDS_MAX),
        ("free_tests", wanted.free_tests, FREE_TESTS_MAX),
    ] {
        if !(0..=most).contains(&count) {
            let en = format!("it is 0 to {most}");
            return Err(Problem::invalid(field, en, format!("须为 0 至 {most}")));
        }
    }
    farm::note("note", &wanted.note, 500)?;
    if wanted.until.is_some_and(|until| until < wanted.since) {
        let (en, zh) = ("it ends before it begins", "结束日期早于开始日期");
        return Err(Problem::invalid("until", en, zh));
    }
    Ok(Words {
        households: wanted.households,
        free_tests: wanted.free_tests,
        since: wanted.since,
        until: wanted.until,
        note: wanted.note.trim(),
    })
}

fn says(kept: &Relief, words: &Words<'_>) -> bool {
    (kept.households, kept.free_tests, kept.since, kept.until)
        == (words.households, words.free_tests, words.since, words.until)
        && kept.note == words.note
}

fn conflict() -> Problem {
    let en = "somebody changed this mark since; nothing was overwritten";
    Problem::told(Kind::EditConflict, en, "该标记已被他人修改，未作覆盖")
}

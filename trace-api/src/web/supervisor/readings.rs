//! `/supervisor/probes/{gateway}/{probe}/readings.csv`: what a probe said, as a spreadsheet. Sent
//! while it is read, a part at a time: a year of minutes never stands in memory.

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use store::probe::Probe;
use store::reading::{self, ROWS_MAX, Span, Stored};
use store::{Store, StoreError};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::farm::find_probe;
use crate::act::lot::parse_day;
use crate::extract::{Asked, Named};
use crate::problem::{Answer, Kind, Problem};
use crate::rule::plausible::china;
use crate::rule::sheet::Sheet;
use crate::state::AppState;
use crate::web::words::day_start;

/// Longest span.
const DAYS_MAX: Duration = Duration::days(3_660);

/// Which days, both included.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    from: String,
    to: String,
}

/// A spreadsheet that is being sent, oldest reading first.
struct Export {
    store: Store,
    probe: Probe,
    /// What is still to be read.
    rest: Span,
    head: bool,
}

/// Sends the readings of some days.
pub(super) async fn csv(
    State(state): State<AppState>,
    Named((gateway, name)): Named<(String, String)>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let from = day_start(parse_day("from", &question.from)?);
    let to = day_start(parse_day("to", &question.to)?) + Duration::DAY;
    if from >= to || to - from > DAYS_MAX {
        let en = "the first day comes first, and ten years are the most";
        return Err(Problem::invalid("from", en, "起始日须早于结束日，最长十年"));
    }
    let mut connection = state.store().acquire().await?;
    let probe = find_probe(&mut connection, &gateway, &name).await?;
    drop(connection);
    let nothing = || Problem::told(Kind::NotFound, "there is no such probe", "没有这个探头");
    let export = Export {
        store: state.store().clone(),
        probe: probe.ok_or_else(nothing)?,
        rest: Span { from, to },
        head: true,
    };
    let parts = stream::try_unfold(export, |export| async move { export.next().await });
    let file = format!("attachment; filename=\"{gateway}-{name}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

impl Export {
    /// The next part; `None` when all was sent.
    async fn next(mut self) -> Result<Option<(String, Self)>, StoreError> {
        if self.rest.from >= self.rest.to {
            return Ok(None);
        }
        let part = Span {
            from: self.rest.from,
            to: self.rest.to.min(self.rest.from + self.part()),
        };
        let mut connection = self.store.acquire().await?;
        let rows = reading::list_raw(&mut connection, self.probe.key, part, ROWS_MAX).await?;
        drop(connection);
        self.rest.from = part.to;
        let text = self.lines(&rows);
        self.head = false;
        Ok(Some((text, self)))
    }

    /// As long as the store's longest answer holds at the pace that the probe promises, and half
    /// of that, should it say more than it promised.
    fn part(&self) -> Duration {
        let every = i64::from(self.probe.interval_seconds.max(1));
        Duration::seconds((every * ROWS_MAX / 2).max(60))
    }

    fn lines(&self, rows: &[Stored]) -> String {
        let channels = self.probe.channels.iter();
        let named = channels.map(|channel| format!("{} ({})", channel.name, channel.unit));
        let head: Vec<String> = std::iter::once("time".to_owned()).chain(named).collect();
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        let mut sheet = if self.head {
            Sheet::new(&head)
        } else {
            Sheet::continued()
        };
        for row in rows.iter().rev() {
            let values = self.probe.channels.iter().map(|channel| {
                let slot = usize::from(channel.index.unsigned_abs());
                let value = row.values.get(slot).copied().flatten();
                let sound = value.filter(|_| !row.outside.contains(slot));
                sound.map(|value| value.to_string()).unwrap_or_default()
            });
            let cells: Vec<String> = std::iter::once(local(row.time)).chain(values).collect();
            sheet.row(&cells);
        }
        sheet.finish()
    }
}

/// RFC 3339 as clocks in the county show it.
fn local(at: OffsetDateTime) -> String {
    at.to_offset(china()).format(&Rfc3339).unwrap_or_default()
}

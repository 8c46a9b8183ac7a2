//! `/supervisor/alarms/stream`: alarms as they change, as server-sent events. A page that missed
//! something gets every open alarm again; the page replaces those that it knows. Of the repeats of
//! a rule only the newest is told. What returns from the shelf by itself is found at a heartbeat:
//! nobody does anything then that could be heard of.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use store::alarm::{self, Alarm, Filter};
use time::OffsetDateTime;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Interval;

use super::{alarm_row, colleagues};
use crate::live::Notice;
use crate::page::Site;
use crate::page::supervisor::{Colleagues, alarm_row as draw};
use crate::problem::{Answer, Problem};
use crate::state::{AppState, timestamp};
use crate::web::Here;

/// How often a page hears that it is still connected; it warns after 45 s of silence.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Heartbeats after which the stream ends: the browser connects anew, and its session is looked
/// at again.
const HEARTBEATS_MAX: u32 = 180;
/// Most open alarms that are sent again.
const OPEN_MAX: i64 = 100;

/// Streams alarms until the page goes, the server goes, or half an hour has passed.
pub(in crate::web) async fn stream(State(state): State<AppState>, here: Here) -> Response {
    let live = Live {
        notices: state.alarms().subscribe(),
        heartbeat: tokio::time::interval(HEARTBEAT),
        beats: 0,
        // Between the page and this stream something may have happened.
        ready: VecDeque::from([Waiting::Look(Notice::LookAgain)]),
        site: here.site,
        looked_at: state.now(),
        state,
    };
    let mut response = Sse::new(events(live)).into_response();
    // nginx holds streams back unless it is told.
    let unbuffered = HeaderValue::from_static("no");
    response
        .headers_mut()
        .insert("x-accel-buffering", unbuffered);
    response
}

/// One page's connection.
struct Live {
    state: AppState,
    site: Site,
    notices: Receiver<Notice>,
    heartbeat: Interval,
    beats: u32,
    /// Until when the shelf was looked at.
    looked_at: OffsetDateTime,
    ready: VecDeque<Waiting>,
}

/// What waits to be sent.
enum Waiting {
    /// These alarms have to be read first.
    Look(Notice),
    /// The shelf has to be looked at.
    Shelf,
    /// This one is drawn.
    Send(Event),
}

fn events(live: Live) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(live, |mut live| async move {
        loop {
            match live.ready.pop_front() {
                Some(Waiting::Send(event)) => return Some((Ok(event), live)),
                Some(Waiting::Look(notice)) => live.look(notice).await,
                Some(Waiting::Shelf) => live.look_at_shelf().await,
                None => live.wait().await?,
            }
        }
    })
}

impl Live {
    /// Waits for something to send; `None` ends the stream.
    async fn wait(&mut self) -> Option<()> {
        let waiting = tokio::select! {
            () = self.state.closing().cancelled() => return None,
            notice = self.notices.recv() => match notice {
                Ok(notice) => Waiting::Look(notice),
                Err(RecvError::Lagged(_)) => Waiting::Look(Notice::LookAgain),
                Err(RecvError::Closed) => return None,
            },
            _ = self.heartbeat.tick() => {
                self.beats += 1;
                if self.beats > HEARTBEATS_MAX {
                    return None;
                }
                self.ready.push_back(Waiting::Shelf);
                Waiting::Send(Event::default().event("heartbeat").data("alive"))
            }
        };
        self.ready.push_back(waiting);
        Some(())
    }

    /// Reads what a notice is about and draws it. A database that does not answer now is told by
    /// the next notice, after the listener has come back.
    async fn look(&mut self, notice: Notice) {
        self.site.now = timestamp(self.state.now());
        match self.read(notice).await {
            Ok((alarms, colleagues)) => {
                // New ones are put in front one by one: the oldest first.
                for alarm in alarms.iter().rev() {
                    if let Ok(html) = draw(&self.site, &alarm_row(alarm), &colleagues) {
                        let event = Event::default().event("alarm").data(html);
                        self.ready.push_back(Waiting::Send(event));
                    }
                }
            }
            Err(problem) => {
                tracing::warn!(
                    cause = problem.chain(),
                    "alarms could not be read for a page"
                );
            }
        }
    }

    /// Finds what returned from the shelf since it was looked at last.
    async fn look_at_shelf(&mut self) {
        let (from, now) = (self.looked_at, self.state.now());
        let read = async {
            let mut connection = self.state.store().acquire().await?;
            alarm::list_returned(&mut connection, from, now).await
        };
        match read.await {
            Ok(returned) => {
                self.looked_at = now;
                let looks = returned.into_iter().map(Notice::Changed).map(Waiting::Look);
                self.ready.extend(looks);
            }
            // The next heartbeat asks again, from where this one would have.
            Err(error) => tracing::warn!(%error, "the shelf of alarms could not be read"),
        }
    }

    async fn read(&self, notice: Notice) -> Answer<(Vec<Alarm>, Colleagues)> {
        let mut connection = self.state.store().acquire().await.map_err(Problem::from)?;
        let mut filter = Filter {
            open: true,
            grouped: true,
            ..Filter::default()
        };
        let now = self.state.now();
        let mut alarms = match notice {
            Notice::Changed(id) => {
                filter.id = Some(id);
                alarm::list(&mut connection, &filter, now, 1).await?
            }
            Notice::LookAgain => alarm::list(&mut connection, &filter, now, OPEN_MAX).await?,
        };
        if alarms.is_empty() && filter.id.is_some() {
            // It is over: who sees it still has to be told.
            filter.open = false;
            alarms = alarm::list(&mut connection, &filter, now, 1).await?;
        }
        Ok((alarms, colleagues(&mut connection).await?))
    }
}

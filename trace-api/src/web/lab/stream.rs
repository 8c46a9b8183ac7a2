//! `/lab/results/stream`: results as they are entered, by colleagues and by instruments, as
//! server-sent events. A page that missed something gets the newest again; it replaces those that
//! it knows.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use store::test_result::{self, Filter};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Interval;

use super::{RECENT_MAX, rows};
use crate::live::Notice;
use crate::page::Site;
use crate::page::lab::row;
use crate::problem::Answer;
use crate::state::{AppState, timestamp};
use crate::web::Here;

/// How often a page hears that it is still connected; it says so after 45 s of silence.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Heartbeats after which the stream ends: the browser connects anew, and its session is looked
/// at again.
const HEARTBEATS_MAX: u32 = 180;

/// Streams results until the page goes, the server goes, or half an hour has passed.
pub(super) async fn stream(State(state): State<AppState>, here: Here) -> Response {
    let live = Live {
        notices: state.results().subscribe(),
        heartbeat: tokio::time::interval(HEARTBEAT),
        beats: 0,
        // Between the page and this stream something may have been entered.
        look: Some(Notice::LookAgain),
        ready: VecDeque::new(),
        site: here.site,
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
    /// What is to be read next.
    look: Option<Notice>,
    /// What is drawn and waits to be sent.
    ready: VecDeque<Event>,
}

fn events(live: Live) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(live, |mut live| async move {
        loop {
            if let Some(event) = live.ready.pop_front() {
                return Some((Ok(event), live));
            }
            match live.look.take() {
                Some(notice) => live.draw(notice).await,
                None => live.wait().await?,
            }
        }
    })
}

impl Live {
    /// Waits for something to read or to send; `None` ends the stream.
    async fn wait(&mut self) -> Option<()> {
        tokio::select! {
            () = self.state.closing().cancelled() => return None,
            notice = self.notices.recv() => match notice {
                Ok(notice) => self.look = Some(notice),
                Err(RecvError::Lagged(_)) => self.look = Some(Notice::LookAgain),
                Err(RecvError::Closed) => return None,
            },
            _ = self.heartbeat.tick() => {
                self.beats += 1;
                if self.beats > HEARTBEATS_MAX {
                    return None;
                }
                self.ready.push_back(Event::default().event("heartbeat").data("alive"));
            }
        }
        Some(())
    }

    /// Reads what a notice is about and draws it, oldest first. A database that does not answer now
    /// is made up for by the next notice.
    async fn draw(&mut self, notice: Notice) {
        self.site.now = timestamp(self.state.now());
        match self.read(notice).await {
            Ok(results) => {
                for result in results.into_iter().rev() {
                    if let Ok(html) = row(&self.site, &rows::result(result)) {
                        self.ready
                            .push_back(Event::default().event("result").data(html));
                    }
                }
            }
            Err(problem) => {
                let cause = problem.chain();
                tracing::warn!(cause, "results could not be read for a page");
            }
        }
    }

    async fn read(&self, notice: Notice) -> Answer<Vec<test_result::TestResult>> {
        let mut connection = self.state.store().acquire().await?;
        let filter = Filter {
            id: match notice {
                Notice::Changed(id) => Some(id),
                Notice::LookAgain => None,
            },
            ..Filter::default()
        };
        Ok(test_result::search(&mut connection, &filter, RECENT_MAX).await?)
    }
}

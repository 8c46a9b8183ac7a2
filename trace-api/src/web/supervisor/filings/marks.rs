//! `/supervisor/filings/producers/{id}/relief`: marks a producer of the poverty relief programme.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use store::filing::Subject;
use store::{AnyConnection, relief};

use super::{HOME, look};
use crate::act::lot::{iso, parse_day};
use crate::act::relief::{Wanted, put as put_mark, year};
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::filing::approval::{LookView, ReliefForm, look as page};
use crate::problem::{Answer, Problem};
use crate::rule::plausible;
use crate::state::AppState;
use crate::web::{Here, see_other};

/// A mark as it was typed.
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    base: i32,
    households: String,
    free_tests: String,
    since: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    note: String,
}

/// Marks a producer, or changes its mark.
pub(super) async fn put(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(typed): FormBody<Form>,
) -> Answer<Response> {
    let put = match typed.wanted() {
        Ok(wanted) => put_mark(&state, &caller.account, id, &wanted).await,
        Err(problem) => Err(problem),
    };
    match put {
        Ok(_) => Ok(see_other(&format!("{HOME}/producers/{id}"), "relief")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = look::view((&state, &here), &caller, Subject::Producer(id)).await?;
            let relief = view.relief.map(|kept| typed.again(kept));
            let view = LookView { relief, ..view };
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

impl Form {
    fn wanted(&self) -> Answer<Wanted> {
        let number = |field, text: &str| {
            let refuse = |_| Problem::invalid(field, "write a number", "请填写数字");
            text.trim().parse::<i32>().map_err(refuse)
        };
        let until = self.until.trim();
        Ok(Wanted {
            base: self.base,
            households: number("households", &self.households)?,
            free_tests: number("free_tests", &self.free_tests)?,
            since: parse_day("since", &self.since)?,
            until: (!until.is_empty())
                .then(|| parse_day("until", until))
                .transpose()?,
            note: self.note.clone(),
        })
    }

    /// What was typed, over the version that is there now: it was told that there is another.
    fn again(self, kept: ReliefForm) -> ReliefForm {
        ReliefForm {
            households: self.households,
            free_tests: self.free_tests,
            since: self.since,
            until: self.until,
            note: self.note,
            ..kept
        }
    }
}

/// The form with the mark that a producer has.
pub(super) async fn form(
    state: &AppState,
    connection: &mut AnyConnection,
    id: i64,
) -> Answer<ReliefForm> {
    let today = plausible::today(state.now());
    let found = relief::list(connection, Some(id), year(today)).await?;
    let action = format!("{HOME}/producers/{id}/relief");
    let Some(mark) = found.into_iter().next() else {
        return Ok(ReliefForm {
            action,
            since: iso(today),
            ..ReliefForm::default()
        });
    };
    Ok(ReliefForm {
        action,
        base: mark.version,
        households: mark.households.to_string(),
        free_tests: mark.free_tests.to_string(),
        since: iso(mark.since),
        until: mark.until.map(iso).unwrap_or_default(),
        note: mark.note,
        used: mark.used,
    })
}

//! Entering a result from the desk's form. Its script asks for JSON, so that the form stays where
//! it is; without script the page comes back.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::AnyConnection;
use uuid::Uuid;

use super::{rows, view};
use crate::act;
use crate::act::look::{self, Foreseen, Measure, Sample};
use crate::act::test::Entered;
use crate::caller::Caller;
use crate::extract::FormBody;
use crate::page::lab::{LabView, Outlook, ResultDraft, page, row, saved};
use crate::page::{Lang, Site};
use crate::problem::{Answer, Problem};
use crate::rule::quick_test::{Outcome, Round};
use crate::rule::result::Reading;
use crate::state::AppState;
use crate::web::words::{card, result as read};
use crate::web::{Here, see_other};

/// What the form sends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    pub(super) request: String,
    pub(super) sample: String,
    pub(super) item: String,
    pub(super) method: String,
    pub(super) value: String,
    pub(super) unit: String,
    pub(super) limit: String,
    pub(super) round: String,
    pub(super) confirmed: String,
}

/// What the script reads: one of the three is there.
#[derive(Debug, Default, Serialize)]
struct Reply {
    /// The entered result's row, with what is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    saved: Option<String>,
    /// What is asked first, and the mark that says yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    ask: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<String>,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// What came of a form that was not refused.
enum Came {
    /// It stands in the record.
    Entered(Box<store::test_result::TestResult>),
    /// A person has to say yes first.
    Asks(Box<Outlook>),
}

/// Enters a result from the form.
pub(super) async fn enter(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    headers: HeaderMap,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let accept = headers.get(header::ACCEPT);
    let by_script = accept.is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    let came = enter_form(&state, &caller, (&form, here.site.lang)).await;
    if by_script {
        return reply(&here, &form, came);
    }
    match came {
        Ok(Came::Entered(_)) => Ok(see_other("/lab", "test")),
        Ok(Came::Asks(outlook)) => {
            let words = [outlook.says(&here.site), outlook.asks(&here.site)].concat();
            let asked = Some((words, form.mark()));
            let view = with_draft(form, view(&state).await?);
            here.answer(page(&here.site, &LabView { asked, ..view }))
        }
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = with_draft(form, view(&state).await?);
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

fn with_draft(form: Form, view: LabView) -> LabView {
    LabView {
        request: form.request.clone(),
        draft: Some(form.draft()),
        ..view
    }
}

fn reply(here: &Here, form: &Form, came: Answer<Came>) -> Answer<Response> {
    let site = &here.site;
    let reply = match came {
        Ok(Came::Entered(result)) => Reply {
            saved: Some(saved(site, &result.sample_code)),
            row: Some(row(site, &rows::result(*result)).map_err(Problem::internal)?),
            ..Reply::default()
        },
        Ok(Came::Asks(outlook)) => Reply {
            ask: Some([outlook.says(site), outlook.asks(site)].concat()),
            mark: Some(form.mark()),
            ..Reply::default()
        },
        Err(problem) if problem.kind.status().is_server_error() => return Err(problem),
        Err(problem) => Reply {
            refused: Some(refusal(site, &problem)),
            ..Reply::default()
        },
    };
    Ok(Json(reply).into_response())
}

/// Why something is refused, in the page's language.
pub(super) fn refusal(site: &Site, problem: &Problem) -> String {
    let words = problem.words(site.lang == Lang::Zh);
    words.unwrap_or_else(|| problem.kind.title().to_owned())
}

async fn enter_form(
    state: &AppState,
    caller: &Caller,
    (form, lang): (&Form, Lang),
) -> Answer<Came> {
    let mut connection = state.store().acquire().await?;
    let sample = look::find_sample(&mut connection, &form.sample).await?;
    let entered = form.entered(&sample)?;
    let known = look::know(&mut connection, &sample, &entered, state.now()).await?;
    let entered = form.with_value(entered, &known.measure)?;
    let foreseen = look::foresee(state, &mut connection, &sample.lot, &entered).await?;
    if foreseen.asks() && form.confirmed != form.mark() {
        let outlook = outlook(&mut connection, &entered, (&foreseen, lang)).await?;
        return Ok(Came::Asks(Box::new(outlook)));
    }
    drop(connection);
    let result = act::test::enter(state, &caller.account, sample.lot.id, &entered).await?;
    Ok(Came::Entered(Box::new(result)))
}

/// What would come of a result, for the page to say.
pub(super) async fn outlook(
    connection: &mut AnyConnection,
    entered: &Entered,
    (foreseen, lang): (&Foreseen, Lang),
) -> Answer<Outlook> {
    let judged = &foreseen.judged;
    let qualifier = if judged.below { "<" } else { "" };
    let number = rows::with_unit(&read(qualifier, judged.value), &judged.unit);
    let told = if judged.outcome == Outcome::Fail {
        look::told(connection).await?
    } else {
        Default::default()
    };
    let doubts = foreseen.doubts.iter().map(|doubt| {
        let (en, zh) = doubt.words();
        if lang == Lang::Zh { zh } else { en }
    });
    Ok(Outlook {
        passed: match judged.outcome {
            Outcome::Pass => Some(true),
            Outcome::Fail => Some(false),
            Outcome::Invalid => None,
        },
        result: card(entered.lines).map_or(number, str::to_owned),
        limit: rows::with_unit(&judged.limit.to_string(), &judged.unit),
        doubts: doubts.collect(),
        told,
    })
}

impl Form {
    /// What a yes is said to: another value needs another yes.
    pub(super) fn mark(&self) -> String {
        let parts = [&self.sample, &self.item, &self.value, &self.round];
        parts.map(|part| part.trim()).join("|")
    }

    /// The result without its value.
    pub(super) fn entered(&self, sample: &Sample) -> Answer<Entered> {
        let request_id = self.request.parse().map_err(|_| {
            let en = "the form has no request id: load the page again";
            Problem::invalid("request", en, "表单缺少请求编号，请刷新页面")
        })?;
        let round = match self.round.trim() {
            "" | "初检" => Round::First,
            "复检" => Round::Repeat,
            "确证" => Round::Confirm,
            code => Round::from_code(code).ok_or_else(|| {
                let (en, zh) = ("it is first, repeat or confirm", "须为初检、复检或确证");
                Problem::invalid("round", en, zh)
            })?,
        };
        Ok(Entered {
            request_id,
            sample_code: sample.code.chars().take(64).collect(),
            item: self.item.trim().to_owned(),
            method: self.method.trim().to_owned(),
            reading: None,
            unit: None,
            limit: None,
            lines: None,
            round,
            sampled_on: None,
            tested_at: None,
            record: None,
            corrects: None,
        })
    }

    /// The result with its value, read as its method wants it. A limit that is known cannot be
    /// another; the laboratory's counts where none is.
    pub(super) fn with_value(&self, entered: Entered, measure: &Measure) -> Answer<Entered> {
        let typed = Some(self.limit.trim()).filter(|limit| !limit.is_empty());
        let limit = typed.map(str::parse::<f32>).transpose();
        let limit =
            limit.map_err(|_| Problem::invalid("limit", "write a number", "限值须为数字"))?;
        let unit = Some(self.unit.trim()).filter(|unit| !unit.is_empty());
        if measure.is_card {
            return Ok(Entered {
                lines: Some(lines(&self.value)?),
                ..entered
            });
        }
        let limit = match (measure.limit, limit) {
            (Some(known), Some(typed)) if (known - typed).abs() > f32::EPSILON * known => {
                let en = format!("it is {known} by {}", measure.source);
                let zh = format!("限值为 {known}，依据 {}", measure.source);
                return Err(Problem::invalid("limit", en, zh));
            }
            (Some(_), _) => None,
            (None, typed) => typed,
        };
        Ok(Entered {
            reading: Some(Reading::parse(&self.value)?),
            unit: unit.map(str::to_owned),
            limit,
            ..entered
        })
    }

    fn draft(self) -> ResultDraft {
        ResultDraft {
            sample: self.sample,
            item: self.item,
            method: self.method,
            value: self.value,
            unit: self.unit,
            limit: self.limit,
            round: self.round,
        }
    }
}

/// Lines C and T of a card as they are typed: `-`, `+`, or `x` where the card did not work.
fn lines(value: &str) -> Answer<(bool, bool)> {
    match value.trim().to_lowercase().as_str() {
        "-" | "−" | "－" | "阴性" | "neg" => Ok((true, true)),
        "+" | "＋" | "阳性" | "pos" => Ok((true, false)),
        "x" | "×" | "无效" => Ok((false, false)),
        _ => {
            let en = "write - for negative, + for positive, x for a card that did not work";
            let zh = "胶体金卡请填 -（阴性）、+（阳性）或 x（C 线不显色，无效）";
            Err(Problem::invalid("value", en, zh))
        }
    }
}

/// The request of what is the same however often it is sent.
pub(super) fn request_of(kind: &str, members: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(b"suyuan lab ");
    hash.update(kind);
    for member in members {
        hash.update(b"\n");
        hash.update(member.as_bytes());
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_typed_with_one_key() {
        let read = |value| lines(value).ok();
        assert_eq!(read("-"), Some((true, true)));
        assert_eq!(read(" + "), Some((true, false)));
        assert_eq!(read("X"), Some((false, false)));
        assert_eq!(read("12"), None);
    }

    #[test]
    fn a_yes_is_said_to_one_value() {
        let form = Form {
            sample: "S-1".to_owned(),
            value: "62".to_owned(),
            ..Form::default()
        };
        let other = Form {
            value: "6.2".to_owned(),
            ..form.clone()
        };
        assert_ne!(form.mark(), other.mark());
    }
}

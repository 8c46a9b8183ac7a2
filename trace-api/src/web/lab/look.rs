//! `/lab/look`: what is known of a sample and what would come of a value, while both are typed.
//! Nothing is written.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::entry::{Form, outlook, refusal};
use super::rows;
use crate::act::look::{self, Known, Sample};
use crate::act::lot::iso;
use crate::extract::Asked;
use crate::page::Site;
use crate::page::lab::{about, caution, earlier, source};
use crate::problem::Answer;
use crate::state::{AppState, timestamp};
use crate::web::Here;
use crate::web::words::words;

/// What the script reads.
#[derive(Debug, Default, Serialize)]
pub(super) struct Look {
    /// The sample in one line; empty where there is none.
    about: String,
    /// What to mind: a crop with false positives, an earlier result.
    mind: String,
    /// What results are entered under.
    sample: String,
    /// `repeat` where the sample has a result of the item.
    round: &'static str,
    unit: String,
    limit: String,
    /// Where the limit is from.
    source: String,
    /// The limit is known: it cannot be typed.
    known: bool,
    /// The verdict in words; empty before there is a value.
    say: String,
    tone: &'static str,
    /// What is asked before it is entered, and the mark that says yes.
    ask: String,
    mark: String,
    /// Why it would be refused, and in which field.
    refused: String,
    field: &'static str,
}

/// Looks.
pub(super) async fn look(
    State(state): State<AppState>,
    here: Here,
    Asked(form): Asked<Form>,
) -> Answer<Json<Look>> {
    let mut answer = Look::default();
    match fill(&state, &here.site, &form, &mut answer).await {
        Err(problem) if problem.kind.status().is_server_error() => return Err(problem),
        Err(problem) => {
            answer.refused = refusal(&here.site, &problem);
            answer.field = problem.field.unwrap_or_default();
        }
        Ok(()) => {}
    }
    Ok(Json(answer))
}

/// Fills in what is known, as far as it goes.
async fn fill(state: &AppState, site: &Site, form: &Form, answer: &mut Look) -> Answer<()> {
    let mut connection = state.store().acquire().await?;
    let sample = look::find_sample(&mut connection, &form.sample).await?;
    let entered = form.entered(&sample)?;
    let known = look::know(&mut connection, &sample, &entered, state.now()).await?;
    describe(site, &sample, &known, answer);
    if form.value.trim().is_empty() {
        return Ok(());
    }
    let entered = form.with_value(entered, &known.measure)?;
    let foreseen = look::foresee(state, &mut connection, &sample.lot, &entered).await?;
    let outlook = outlook(&mut connection, &entered, (&foreseen, site.lang)).await?;
    answer.say = outlook.says(site);
    answer.tone = outlook.tone();
    if foreseen.asks() {
        answer.ask = outlook.asks(site);
        answer.mark = form.mark();
    }
    Ok(())
}

fn describe(site: &Site, sample: &Sample, known: &Known, answer: &mut Look) {
    let (lot, measure) = (&sample.lot, &known.measure);
    let product = words(&lot.product, &lot.product_en);
    let producer = words(&lot.producer, &lot.producer_en);
    let day = iso(known.sampled_on);
    answer.about = about(site, (&product, &producer), (&lot.code, &day));
    answer.sample.clone_from(&sample.code);
    answer.unit.clone_from(&measure.unit);
    answer.limit = measure
        .limit
        .map(|limit| limit.to_string())
        .unwrap_or_default();
    answer.known = measure.limit.is_some();
    let since = measure.since.map(iso);
    answer.source = source(site, &measure.source, since.as_deref());
    answer.round = "first";
    let mut mind = Vec::new();
    if measure.is_false_positive_crop {
        mind.push(caution().to(site.lang).to_owned());
    }
    if let Some(row) = &known.earlier {
        answer.round = "repeat";
        let at = timestamp(row.tested_at);
        mind.push(earlier(site, &rows::reads(row), row.passed, &at));
    }
    answer.mind = mind.join(" ");
}

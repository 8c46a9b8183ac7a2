//! `/lab/paste`: a block of results from a spreadsheet. It is looked at first; then each line is
//! entered by itself, and a line that is refused keeps none of the others back.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::entry::{Form, outlook, refusal, request_of};
use super::{kinds, rows};
use crate::act;
use crate::act::look::{self, Sample};
use crate::act::test::Entered;
use crate::caller::Caller;
use crate::extract::FormBody;
use crate::page::Site;
use crate::page::lab::TestKind;
use crate::page::lab::paste::{PasteView, PastedLine, page, tells};
use crate::page::trace::TestVerdict;
use crate::problem::{Answer, Problem};
use crate::rule::pasted::{self, LINES_MAX, Line};
use crate::rule::plausible;
use crate::state::AppState;
use crate::web::Here;

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Pasted {
    #[serde(default)]
    batch: String,
    #[serde(default)]
    kind: usize,
    block: String,
    step: String,
    #[serde(default)]
    confirmed: String,
}

/// A line that can be entered.
struct Sound {
    sample: Sample,
    entered: Entered,
}

/// A line with what would come of it, and what is entered where it can be.
type Looked = (PastedLine, Option<Sound>);

/// Shows an empty page.
pub(super) async fn show(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = empty(&state).await?;
    here.answer(page(&here.site, &view))
}

async fn empty(state: &AppState) -> Answer<PasteView> {
    let mut connection = state.store().acquire().await?;
    Ok(PasteView {
        kinds: kinds::list(&mut connection, plausible::today(state.now())).await?,
        batch: state.draw_uuid().to_string(),
        lines_max: LINES_MAX,
        ..PasteView::default()
    })
}

/// Looks at a block, or enters it.
pub(super) async fn take(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(form): FormBody<Pasted>,
) -> Answer<Response> {
    let mut view = empty(&state).await?;
    view.kind = form.kind.min(view.kinds.len().saturating_sub(1));
    if !form.batch.is_empty() {
        view.batch.clone_from(&form.batch);
    }
    view.block.clone_from(&form.block);
    let lines = pasted::lines(&form.block);
    if lines.is_empty() || lines.len() > LINES_MAX {
        let en = format!("a block has 1 to {LINES_MAX} lines");
        let problem = Problem::invalid("block", en, format!("须为 1 至 {LINES_MAX} 行"));
        let (here, problem) = here.with_refusal(problem)?;
        return here.refuse(&problem, page(&here.site, &view));
    }
    let looked = look_at(&state, &here.site, (&view, &lines)).await?;
    let asks = looked.iter().any(|(told, _)| told.is_asked_about());
    view.told = told(&state, &here.site).await?;
    if form.step != "enter" {
        view.lines = Some(looked.into_iter().map(|(told, _)| told).collect());
        return here.answer(page(&here.site, &view));
    }
    if asks && form.confirmed != "yes" {
        view.lines = Some(looked.into_iter().map(|(told, _)| told).collect());
        let en = "look at the failures and doubtful values and say so first";
        let problem = Problem::invalid("confirmed", en, "请先核对不合格与存疑的行，并勾选确认");
        let (here, problem) = here.with_refusal(problem)?;
        return here.refuse(&problem, page(&here.site, &view));
    }
    enter(&state, (&caller, &here.site), (&mut view, lines, looked)).await?;
    here.answer(page(&here.site, &view))
}

async fn told(state: &AppState, site: &Site) -> Answer<String> {
    let mut connection = state.store().acquire().await?;
    let (names, more) = look::told(&mut connection).await?;
    Ok(tells(site, &names, more))
}

/// What would come of each line.
async fn look_at(
    state: &AppState,
    site: &Site,
    (view, lines): (&PasteView, &[Line]),
) -> Answer<Vec<Looked>> {
    let mut looked = Vec::with_capacity(lines.len());
    for line in lines {
        let mut told = PastedLine {
            number: line.number,
            sample: line.sample.clone(),
            value: line.value.clone(),
            product: String::new(),
            verdict: None,
            doubts: Vec::new(),
            refused: None,
        };
        let sound = match look_at_line(state, site, (view, line), &mut told).await {
            Ok(sound) => Some(sound),
            Err(problem) if problem.kind.status().is_server_error() => return Err(problem),
            Err(problem) => {
                told.verdict = None;
                told.refused = Some(refusal(site, &problem));
                None
            }
        };
        looked.push((told, sound));
    }
    Ok(looked)
}

async fn look_at_line(
    state: &AppState,
    site: &Site,
    (view, line): (&PasteView, &Line),
    told: &mut PastedLine,
) -> Answer<Sound> {
    let mut connection = state.store().acquire().await?;
    let sample = look::find_sample(&mut connection, &line.sample).await?;
    told.product.clone_from(&sample.lot.product);
    let form = form(view, line);
    let entered = form.entered(&sample)?;
    let known = look::know(&mut connection, &sample, &entered, state.now()).await?;
    let entered = form.with_value(entered, &known.measure)?;
    let foreseen = look::foresee(state, &mut connection, &sample.lot, &entered).await?;
    let outlook = outlook(&mut connection, &entered, (&foreseen, site.lang)).await?;
    told.verdict = Some(match outlook.passed {
        Some(true) => TestVerdict::Pass,
        Some(false) => TestVerdict::Fail,
        None => TestVerdict::Unclear,
    });
    told.doubts = outlook.doubts;
    Ok(Sound { sample, entered })
}

/// A line as the desk's form would send it: of the item that it names, or of the block's.
fn form(view: &PasteView, line: &Line) -> Form {
    let own = |kind: &&TestKind| kind.item == line.item || kind.label.zh == line.item;
    let named = view.kinds.iter().find(own);
    let kind = named.or_else(|| view.kinds.get(view.kind).filter(|_| line.item.is_empty()));
    Form {
        // The same line of the same block is the same request.
        request: request_of("line", &[&view.batch, &line.number.to_string(), &line.text])
            .to_string(),
        sample: line.sample.clone(),
        item: kind.map_or_else(|| line.item.clone(), |kind| kind.item.clone()),
        method: kind.map(|kind| kind.method.clone()).unwrap_or_default(),
        unit: kind.map(|kind| kind.unit.clone()).unwrap_or_default(),
        value: line.value.clone(),
        round: line.round.clone(),
        ..Form::default()
    }
}

/// Enters the lines that can be; what cannot stays in the block.
async fn enter(
    state: &AppState,
    (caller, site): (&Caller, &Site),
    (view, lines, looked): (&mut PasteView, Vec<Line>, Vec<Looked>),
) -> Answer<()> {
    let mut told = Vec::with_capacity(looked.len());
    let mut left = Vec::new();
    for (line, (mut said, sound)) in lines.into_iter().zip(looked) {
        if let Some(Sound { sample, entered }) = sound {
            match act::test::enter(state, &caller.account, sample.lot.id, &entered).await {
                Ok(result) => said.verdict = Some(rows::verdict(&result)),
                Err(problem) if problem.kind.status().is_server_error() => return Err(problem),
                Err(problem) => said.refused = Some(refusal(site, &problem)),
            }
        }
        if said.refused.is_some() {
            left.push(line.text);
        }
        told.push(said);
    }
    view.block = left.join("\n");
    view.batch = state.draw_uuid().to_string();
    view.lines = Some(told);
    view.entered = true;
    Ok(())
}

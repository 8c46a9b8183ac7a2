//! `/producer/lots/{id}/labels`: the media that labels of a lot can have, a preview of each at true size,
//! and issuing them.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use label_printer::{CodeFacts, Correction, Dpi, Format, Template};
use serde::Deserialize;
use store::AnyConnection;
use store::label::{self, Filter, Run};
use store::lot::Lot;
use uuid::Uuid;

use super::row;
use crate::act;
use crate::act::label::{Goods, pattern, template, templates, unprintable};
use crate::api::v1::labels::as_file;
use crate::caller::Caller;
use crate::extract::{Asked, FormBody, Named};
use crate::page::Lang;
use crate::page::producer::{LabelRun, LabelView, ListedLabel, Medium, Symbol, labels as page};
use crate::press;
use crate::problem::{Answer, Problem};
use crate::state::{AppState, timestamp};
use crate::web::{Here, see_other};

/// Most labels of a run that the page lists.
const LISTED_MAX: i64 = 50;
/// Most runs whose labels the page lists.
const OPEN_MAX: usize = 3;
/// Most runs that the page lists.
const RUNS_MAX: usize = 20;
/// What labels are printed on where nothing is chosen: the common roll.
const USUAL: &str = "40x30mm";
/// An A4 sheet, as its template says it.
const A4: &str = "210x297mm";

/// The routes of labels of a lot.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/producer/lots/{id}/labels", get(show).post(issue))
        .route("/producer/lots/{id}/preview.png", get(preview))
        .route("/producer/lots/{id}/preview.svg", get(preview_svg))
        .route(
            "/producer/labels/{file}",
            get(crate::api::v1::labels::picture),
        )
}

/// The form of a new run.
#[derive(Debug, Deserialize)]
struct Form {
    request: Uuid,
    count: String,
    size: String,
}

/// Which medium the preview has; `size` is its name of old.
#[derive(Debug, Deserialize)]
struct Question {
    #[serde(alias = "size")]
    media: Option<String>,
}

impl Question {
    fn name(&self) -> &str {
        self.media.as_deref().unwrap_or(USUAL)
    }
}

/// Shows the label page of a lot.
async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    Asked(question): Asked<Question>,
) -> Answer<Response> {
    let view = view((&state, &here), &caller, id, question.name()).await?;
    here.answer(page(&here.site, &view))
}

/// Issues labels from the form.
async fn issue(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let count = form.count.trim().parse();
    let count = count.map_err(|_| Problem::invalid("count", "write a number", "请填写数字"));
    let medium = form.size.clone();
    let issued = match count {
        Ok(count) => {
            let wanted = act::label::Wanted {
                request_id: form.request,
                count,
                size: form.size,
                on_activation: false,
            };
            act::label::issue(&state, &caller.account, id, &wanted).await
        }
        Err(problem) => Err(problem),
    };
    match issued {
        Ok(_) => Ok(see_other(&format!("/producer/lots/{id}/labels"), "labels")),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view((&state, &here), &caller, id, &medium).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

/// Draws a label of the lot, with a serial that is never issued, in the printer's dots.
async fn preview(
    state: State<AppState>,
    caller: Caller,
    lot: Named<i64>,
    question: Asked<Question>,
) -> Answer<Response> {
    sample(&state.0, &caller, lot.0, &question.0, Format::Png).await
}

/// The same in outlines, at true size.
async fn preview_svg(
    state: State<AppState>,
    caller: Caller,
    lot: Named<i64>,
    question: Asked<Question>,
) -> Answer<Response> {
    sample(&state.0, &caller, lot.0, &question.0, Format::Svg).await
}

async fn sample(
    state: &AppState,
    caller: &Caller,
    id: i64,
    question: &Question,
    format: Format,
) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let lot = act::find_lot(&mut connection, &caller.account, id).await?;
    let template = template(state, "media", question.name())?;
    let drawn = draw_sample(state, &mut connection, lot, (template, format)).await?;
    Ok(as_file(drawn))
}

async fn draw_sample(
    state: &AppState,
    connection: &mut AnyConnection,
    lot: Lot,
    (template, format): (Template, Format),
) -> Answer<press::Drawn> {
    let goods = Goods::Lot(Box::new(lot));
    let sample = pattern(connection, goods).await?.sample(state)?;
    let drawn = press::draw(state, sample, template, (Dpi::D203, format)).await;
    drawn.map_err(unprintable)
}

async fn view(
    (state, here): (&AppState, &Here),
    caller: &Caller,
    id: i64,
    medium: &str,
) -> Answer<LabelView> {
    let mut connection = state.store().acquire().await?;
    let lot = act::find_lot(&mut connection, &caller.account, id).await?;
    let runs = runs(&mut connection, id).await?;
    let chosen = match template(state, "media", medium) {
        Ok(chosen) => chosen,
        Err(_) => template(state, "media", USUAL)?,
    };
    let name = chosen.name.clone();
    let goods = Goods::Lot(Box::new(lot.clone()));
    let sample = pattern(&mut connection, goods).await?.sample(state)?;
    drop(connection);
    // The pictures draw it; the page itself says only what its code measures.
    let measured = press::measure(state, sample, chosen, Dpi::D203).await;
    let (symbol, refusal) = match measured.map_err(unprintable) {
        Ok(facts) => (Some(symbol(facts)), None),
        Err(problem) => (None, problem.words(here.site.lang == Lang::Zh)),
    };
    let preview = |ending: &str| format!("/producer/lots/{id}/preview.{ending}?media={name}");
    Ok(LabelView {
        preview_src: preview("svg"),
        dots_src: preview("png"),
        link: act::label::link(state, &lot.gtin, Some(&lot.code), None)?.to_string(),
        symbol,
        refusal,
        media: media(state, &name, |_| true),
        chosen: name,
        action: format!("/producer/lots/{id}/labels"),
        request: state.draw_uuid().to_string(),
        runs,
        lot: row(&lot),
    })
}

async fn runs(connection: &mut AnyConnection, lot_id: i64) -> Answer<Vec<LabelRun>> {
    let mut runs = Vec::new();
    let found = label::list_runs(connection, lot_id).await?;
    for (place, run) in found.into_iter().take(RUNS_MAX).enumerate() {
        if place >= OPEN_MAX {
            // Older ones have a page of their own.
            runs.push(listed_run(run, Vec::new()));
            continue;
        }
        let filter = Filter {
            run_id: Some(run.id),
            lot_id: Some(lot_id),
            ..Filter::default()
        };
        let listed = label::list(connection, &filter, LISTED_MAX, 0).await?;
        runs.push(listed_run(run, listed));
    }
    Ok(runs)
}

fn listed_run(run: Run, listed: Vec<label::Label>) -> LabelRun {
    let count = u64::try_from(run.count).unwrap_or_default();
    LabelRun {
        id: run.id,
        at: timestamp(run.created_at),
        count,
        size: run.size,
        more: count.saturating_sub(listed.len() as u64),
        labels: listed
            .into_iter()
            .map(|row| ListedLabel {
                href: format!("/producer/labels/{}.png", row.serial),
                serial: row.serial,
                short: row.short.map(|digits| grouped(&digits)),
            })
            .collect(),
    }
}

/// Digits in groups of four, as they are printed.
fn grouped(digits: &str) -> String {
    let groups: Vec<_> = digits
        .as_bytes()
        .chunks(4)
        .map(String::from_utf8_lossy)
        .collect();
    groups.join(" ")
}

/// The media on offer that are wanted, with one of them chosen.
pub(super) fn media(
    state: &AppState,
    chosen: &str,
    is_wanted: impl Fn(&Template) -> bool,
) -> Vec<Medium> {
    let offered = templates(state)
        .into_iter()
        .filter(|template| is_wanted(template));
    let medium = |template: Template| Medium {
        chosen: template.name == chosen,
        title: title(&template),
        name: template.name,
    };
    offered.map(medium).collect()
}

/// What a medium is called, such as `40 × 30 mm` or `A4 3 × 8 · 70 × 37 mm`.
pub(super) fn title(template: &Template) -> String {
    let spaced = |size: String| size.replace('x', " × ").replace("mm", " mm");
    let size = spaced(template.size.to_string());
    match template.sheet {
        Some(sheet) => {
            let page = sheet.page.to_string();
            let page = if page == A4 {
                "A4".to_owned()
            } else {
                spaced(page)
            };
            format!("{page} {} × {} · {size}", sheet.columns, sheet.rows)
        }
        None if Template::source(&template.name).is_some() => size,
        None => format!("{} · {size}", template.name),
    }
}

fn symbol(facts: CodeFacts) -> Symbol {
    let correction = match facts.correction {
        Correction::Q => "Q",
        Correction::M => "M",
    };
    Symbol {
        edge_mm: f64::from(facts.side_mm),
        module_mm: f64::from(facts.module_mm),
        correction: correction.to_owned(),
        quiet_modules: facts.quiet_modules,
        dpi: 203,
    }
}

//! `/operator/printers`: the printers that the server reaches, and the shelf of label templates.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use label_printer::{Dpi, Format};
use store::printer::{self, Settings};
use store::producer;

use super::{chosen, number};
use crate::act;
use crate::act::label::{template, unprintable};
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::operator::printer::{PrinterRow, PrintersView, TemplateRow, page};
use crate::page::operator::{Typed, choice};
use crate::press;
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::web::{Here, see_other};

/// Gap between two labels of a roll where nothing else is said, millimetres.
const GAP_MM: f32 = 2.0;

/// Shows printers and templates.
pub(super) async fn show(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = view(&state, Typed::default()).await?;
    here.answer(page(&here.site, &view))
}

async fn view(state: &AppState, typed: Typed) -> Answer<PrintersView> {
    let mut connection = state.store().acquire().await?;
    let printers = printer::list(&mut connection, None).await?;
    let producers = producer::list(&mut connection).await?;
    drop(connection);
    let name_of = |id: i64| {
        let mut known = producers.iter();
        known.find(|one| one.id == id).map(|one| one.name.clone())
    };
    let printers = printers.into_iter().map(|row| PrinterRow {
        about: format!(
            "{} · {} dpi",
            row.settings.language.to_uppercase(),
            row.settings.dpi
        ),
        producer: row.settings.producer_id.and_then(name_of),
        name: row.settings.name,
        address: row.settings.address,
    });
    let shelf = state.templates().clone();
    let shelved = tokio::task::spawn_blocking(move || shelf.list()).await;
    let templates = shelved.map_err(Problem::internal)?.into_iter();
    Ok(PrintersView {
        printers: printers.collect(),
        templates: templates
            .map(|one| TemplateRow {
                name: one.name,
                built_in: one.built_in,
                size: one
                    .template
                    .map(|template| template.size.to_string())
                    .map_err(|error| error.to_string()),
            })
            .collect(),
        folder: state
            .templates()
            .folder()
            .map(|folder| folder.display().to_string()),
        producers: producers
            .iter()
            .map(|one| choice(one.id.to_string(), one.name.clone()))
            .collect(),
        typed,
    })
}

/// Registers a printer.
pub(super) async fn register(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let registered = async {
        let settings = Settings {
            producer_id: chosen("producer_id", typed.some("producer"))?,
            name: typed.get("name").trim().to_owned(),
            address: typed.get("address").trim().to_owned(),
            language: typed.get("language").to_owned(),
            dpi: number("dpi", typed.get("dpi"))?,
            offset_x_mm: 0.0,
            offset_y_mm: 0.0,
            scale: 1.0,
            gap_mm: GAP_MM,
            cut: false,
        };
        act::printer::register(&state, &caller.account, settings).await
    };
    match registered.await {
        Ok(_) => Ok(see_other("/operator/printers", "printer")),
        Err(problem) => refused((&state, here), problem, typed).await,
    }
}

/// Keeps a template that was checked; a mistake is told with its line.
pub(super) async fn keep_template(
    State(state): State<AppState>,
    here: Here,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    // Browsers end lines with two characters.
    let text = typed.get("text").replace("\r\n", "\n");
    let name = typed.get("template").trim().to_owned();
    match act::template::keep(&state, name, text).await {
        Ok(()) => Ok(see_other("/operator/printers", "template")),
        Err(problem) => refused((&state, here), problem, typed).await,
    }
}

async fn refused(
    (state, here): (&AppState, Here),
    problem: Problem,
    typed: Typed,
) -> Answer<Response> {
    let (here, problem) = here.with_refusal(problem)?;
    let view = view(state, typed).await?;
    here.refuse(&problem, page(&here.site, &view))
}

/// A label on a template.
pub(super) async fn preview(
    State(state): State<AppState>,
    Named(name): Named<String>,
) -> Answer<Response> {
    let template = template(&state, "name", &name)?;
    let label = act::template::sample(&state)?;
    let drawn = press::draw(&state, label, template, (Dpi::D203, Format::Svg)).await;
    let drawn = drawn.map_err(unprintable)?;
    Ok(([(header::CONTENT_TYPE, drawn.media_type)], drawn.bytes).into_response())
}

//! `/producer/printers/{id}`: a printer's offset, and the test page that shows it.

use axum::extract::State;
use axum::response::Response;
use label_printer::Format;
use serde::Deserialize;
use store::printer::Printer;

use super::labels::media;
use crate::act::print::{find_printer, set_offset};
use crate::act::test_page;
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::label_run::{PrinterRow, PrinterView, printer as page};
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::web::{Here, see_other};

/// A printer in a selection.
pub(super) fn row(printer: &Printer) -> PrinterRow {
    let settings = &printer.settings;
    PrinterRow {
        id: printer.id,
        name: settings.name.clone(),
        about: format!(
            "{} · {} dpi",
            settings.language.to_uppercase(),
            settings.dpi
        ),
        offset: format!("{} / {} mm", settings.offset_x_mm, settings.offset_y_mm),
    }
}

/// Shows a printer.
pub(super) async fn show(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
) -> Answer<Response> {
    let view = view(&state, &caller, id).await?;
    here.answer(page(&here.site, &view))
}

async fn view(state: &AppState, caller: &Caller, id: i64) -> Answer<PrinterView> {
    let mut connection = state.store().acquire().await?;
    let printer = find_printer(&mut connection, &caller.account, id).await?;
    drop(connection);
    let settings = &printer.settings;
    let is_office = settings.language == Format::Pdf.name();
    let habits = [settings.offset_x_mm, settings.offset_y_mm, settings.scale];
    Ok(PrinterView {
        printer: row(&printer),
        is_office,
        habits: habits.map(|habit| habit.to_string()),
        // An office printer takes sheets, a label printer rolls.
        media: media(state, "", |template| template.sheet.is_some() == is_office),
    })
}

/// The form of a printer's habits.
#[derive(Debug, Deserialize)]
pub(super) struct Form {
    x: String,
    y: String,
    #[serde(default)]
    scale: String,
}

impl Form {
    /// What was written; without a scale, the paper's own.
    fn habits(&self) -> Answer<[f32; 3]> {
        let number = |field, text: &str| {
            let refuse = |_| Problem::invalid(field, "write a number", "请填写数字");
            text.trim().parse::<f32>().map_err(refuse)
        };
        let scale = if self.scale.is_empty() {
            "1"
        } else {
            self.scale.as_str()
        };
        Ok([
            number("x", &self.x)?,
            number("y", &self.y)?,
            number("scale", scale)?,
        ])
    }
}

/// Saves a printer's offset and scale.
pub(super) async fn save(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<Form>,
) -> Answer<Response> {
    let saved = match form.habits() {
        Ok(habits) => set_offset(&state, &caller.account, id, habits).await,
        Err(problem) => Err(problem),
    };
    done((&state, &caller, here), id, saved, "offset").await
}

/// What the test page is for.
#[derive(Debug, Deserialize)]
pub(super) struct TestForm {
    size: String,
}

/// Prints the test page.
pub(super) async fn test(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i64>,
    FormBody(form): FormBody<TestForm>,
) -> Answer<Response> {
    let tested = async {
        let mut connection = state.store().acquire().await?;
        let printer = find_printer(&mut connection, &caller.account, id).await?;
        drop(connection);
        test_page::send(test_page::make(&state, printer, &form.size).await?).await
    };
    let outcome = tested.await;
    done((&state, &caller, here), id, outcome, "tested").await
}

/// The page of a printer again, or with why not.
async fn done(
    (state, caller, here): (&AppState, &Caller, Here),
    id: i64,
    outcome: Answer<()>,
    word: &str,
) -> Answer<Response> {
    match outcome {
        Ok(()) => Ok(see_other(&format!("/producer/printers/{id}"), word)),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(state, caller, id).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

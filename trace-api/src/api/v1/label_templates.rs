//! `/api/v1/label-templates`: the templates that labels can have, the text of their files, and a
//! picture of what a text would look like before it becomes a file.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use label_printer::{CodeLink, Dpi, Field, Format, Label, LabelError, Shelved, Template};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::labels::as_file;
use crate::act;
use crate::act::label::{template, unprintable, unusable};
use crate::extract::{JsonBody, Named};
use crate::press;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::AppState;

/// A template.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateBody {
    /// What it is called; a run's `size` may be any of these names.
    #[schema(example = "40x30mm")]
    name: String,
    /// Whether it came with the system; the others are files of the operator.
    built_in: bool,
    /// The label's size; absent where the file cannot be used.
    #[schema(example = "40x30mm")]
    size: Option<String>,
    /// How labels stand on a sheet; absent for a roll.
    sheet: Option<SheetBody>,
    /// Why it cannot be used, with file, line and key.
    error: Option<String>,
}

/// A sheet of labels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SheetBody {
    /// The paper.
    page: String,
    /// Labels beside each other.
    columns: u16,
    /// Labels below each other.
    rows: u16,
}

/// The templates.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Templates {
    /// The built-in ones, then the operator's by name.
    templates: Vec<TemplateBody>,
}

impl From<Shelved> for TemplateBody {
    fn from(shelved: Shelved) -> Self {
        let found = shelved.template.as_ref().ok();
        Self {
            size: found.map(|template| template.size.to_string()),
            sheet: found
                .and_then(|template| template.sheet)
                .map(|sheet| SheetBody {
                    page: sheet.page.to_string(),
                    columns: sheet.columns,
                    rows: sheet.rows,
                }),
            error: shelved.template.err().map(|error| error.to_string()),
            name: shelved.name,
            built_in: shelved.built_in,
        }
    }
}

/// Lists templates; a file that was edited is listed as it is now.
#[utoipa::path(
    get, path = "/api/v1/label-templates", tag = "labels", security(("token" = [])),
    responses((status = 200, body = Templates))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Json<Templates> {
    let shelved = state.templates().list().into_iter();
    Json(Templates {
        templates: shelved.map(TemplateBody::from).collect(),
    })
}

/// The text of a template's file: what an operator begins with.
#[utoipa::path(
    get, path = "/api/v1/label-templates/{name}", tag = "labels", security(("token" = [])),
    params(("name" = String, Path, description = "Name of the template")),
    responses((status = 200, content_type = "text/plain", body = String),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Named(name): Named<String>,
) -> Answer<Response> {
    let text = state.templates().source(&name);
    let text = text.map_err(|error| unusable(&error))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// What is to be looked at.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Preview {
    /// Name of a template; needed where there is no `text`.
    #[serde(default)]
    #[schema(example = "60x40mm")]
    name: String,
    /// The text of a template's file; it may build upon the others.
    text: Option<String>,
    /// Texts on the label by field, such as `product`; a sample's where they are missing.
    texts: Option<BTreeMap<String, String>>,
    /// What the code says; a sample's link where it is missing.
    link: Option<String>,
    /// Dots an inch, 203 or 300.
    dpi: Option<u16>,
    /// `png` or `svg`.
    format: Option<String>,
}

/// Draws a label on a template or on the text of one; a mistake is told with its line and key.
#[utoipa::path(
    post, path = "/api/v1/label-templates/preview", tag = "labels", security(("token" = [])),
    request_body = Preview,
    responses((status = 200, content_type = "image/png", body = Vec<u8>),
        (status = 422, body = ProblemBody))
)]
pub(crate) async fn preview(
    State(state): State<AppState>,
    JsonBody(wanted): JsonBody<Preview>,
) -> Answer<Response> {
    let template = wanted.template(&state)?;
    let label = wanted.label(&state)?;
    let (dpi, format) = (wanted.dpi()?, wanted.format()?);
    let drawn = press::draw(&state, label, template, (dpi, format)).await;
    Ok(as_file(drawn.map_err(unprintable)?))
}

impl Preview {
    fn template(&self, state: &AppState) -> Answer<Template> {
        let Some(text) = &self.text else {
            return template(state, "template", &self.name);
        };
        let name = if self.name.is_empty() {
            "template"
        } else {
            self.name.as_str()
        };
        let read = state.templates().parse(name, text);
        read.map_err(|error| unusable(&error))
    }

    fn label(&self, state: &AppState) -> Answer<Label> {
        let sample = act::template::sample(state)?;
        let link = match &self.link {
            Some(uri) => CodeLink::parse(uri).map_err(unprintable)?,
            None => sample.link().clone(),
        };
        let Some(texts) = &self.texts else {
            return Ok(sample.with_link(link));
        };
        let label = Label::new(link);
        texts.iter().try_fold(label, |label, (name, text)| {
            let field = name.parse::<Field>().map_err(|error| {
                Problem::invalid("texts", error.to_string(), "标签没有这个字段")
            })?;
            Ok(label.with(field, text))
        })
    }

    fn dpi(&self) -> Answer<Dpi> {
        let dpi = self.dpi.unwrap_or(203).to_string().parse();
        dpi.map_err(|error: LabelError| Problem {
            field: Some("dpi"),
            ..unprintable(error)
        })
    }

    fn format(&self) -> Answer<Format> {
        match self.format.as_deref().unwrap_or("png") {
            "png" => Ok(Format::Png),
            "svg" => Ok(Format::Svg),
            _ => Err(Problem::invalid(
                "format",
                "write png or svg",
                "格式须为 png 或 svg",
            )),
        }
    }
}

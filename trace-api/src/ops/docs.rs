//! `/docs`: the contract as a page, made from the OpenAPI document itself, and a paragraph for
//! every kind of problem. No script and nothing from elsewhere.

use askama::Template;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::page::{Page, asset};
use crate::problem::Kind;

/// One operation of the contract.
struct Operation {
    method: String,
    path: String,
    about: String,
    parameters: Vec<(String, String)>,
    needs_token: bool,
    answers: String,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · 溯源 Suyuan</title><link rel="stylesheet" href="{{ style }}"></head>
<body class="desk"><main id="main">
<h1>API</h1><p>{{ about }}</p>
<p><a href="/openapi.json">/openapi.json</a> · <a href="/docs/problems">/docs/problems</a></p>
{% for operation in operations %}<section class="panel">
<h2><code>{{ operation.method }} {{ operation.path }}</code></h2>
<p>{{ operation.about }}{% if operation.needs_token %} Needs a token.{% endif %}</p>
{% if !operation.parameters.is_empty() %}<dl>{% for (name, about) in operation.parameters %}
<div><dt><code>{{ name }}</code></dt><dd>{{ about }}</dd></div>{% endfor %}</dl>{% endif %}
<p>Answers: {{ operation.answers }}</p></section>
{% endfor %}</main></body></html>"#
)]
struct ContractPage {
    style: String,
    about: String,
    operations: Vec<Operation>,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Problems · 溯源 Suyuan</title><link rel="stylesheet" href="{{ style }}"></head>
<body class="desk"><main id="main">
<h1>Problems</h1>
<p>Refusals and failures are problem details (RFC 9457). Their <code>type</code> is one of these.</p>
{% for kind in kinds %}<section class="panel" id="{{ kind.slug() }}">
<h2>{{ kind.title() }}</h2>
<p><code>/docs/problems#{{ kind.slug() }}</code>, status {{ kind.status().as_u16() }}.</p>
<p>{{ kind.about() }}</p></section>
{% endfor %}</main></body></html>"#
)]
struct ProblemsPage {
    style: String,
    kinds: &'static [Kind],
}

/// The contract as a page.
pub(super) fn contract_page(contract: &OpenApi) -> Page {
    let document = serde_json::to_value(contract).unwrap_or_default();
    let about = text(&document["info"]["description"]);
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods
            .map(|(method, operation)| read(path, method, operation))
            .collect::<Vec<_>>()
    });
    let style = asset::href("suyuan.css");
    ContractPage {
        style,
        about,
        operations: operations.collect(),
    }
    .render()
}

/// Every kind of problem as a page.
pub(super) fn problems_page() -> Page {
    ProblemsPage {
        style: asset::href("suyuan.css"),
        kinds: Kind::ALL,
    }
    .render()
}

fn read(path: &str, method: &str, operation: &Value) -> Operation {
    let summary = text(&operation["summary"]);
    let more = text(&operation["description"]);
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let answers = operation["responses"].as_object().into_iter().flatten();
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        about: if more.is_empty() {
            summary
        } else {
            format!("{summary} {more}")
        },
        parameters: parameters
            .map(|p| (text(&p["name"]), text(&p["description"])))
            .collect(),
        needs_token: operation["security"].is_array(),
        answers: answers
            .map(|(status, _)| status.as_str())
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

//! `/docs`: the contract as a page, made from the OpenAPI document itself, and a paragraph for
//! every kind of problem. No script and nothing from elsewhere.

use askama::Template;
use serde_json::Value;

use crate::page::{Page, asset};
use crate::problem::Kind;

/// One operation of the contract.
struct Operation {
    method: String,
    path: String,
    about: String,
    parameters: Vec<(String, String)>,
    needs_token: bool,
    /// What a body may be, with an example where it is text.
    bodies: Vec<(String, Option<String>)>,
    answers: Vec<(String, String)>,
}

/// Operations about one thing.
struct Group {
    name: String,
    operations: Vec<Operation>,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · 溯源 Suyuan</title><link rel="stylesheet" href="{{ style }}"></head>
<body class="desk"><main id="main">
<h1>API</h1><p>{{ about }}</p>
<p><a href="/openapi.json">/openapi.json</a> · <a href="/docs/problems">/docs/problems</a></p>
<nav><p>{% for group in groups %}<a href="#{{ group.name }}">{{ group.name }}</a> {% endfor %}</p></nav>
{% for group in groups %}<h2 id="{{ group.name }}">{{ group.name }}</h2>
{% for operation in group.operations %}<section class="panel">
<h3><code>{{ operation.method }} {{ operation.path }}</code></h3>
<p>{{ operation.about }}{% if operation.needs_token %} Needs a token.{% endif %}</p>
{% if !operation.parameters.is_empty() %}<dl>{% for (name, about) in operation.parameters %}
<div><dt><code>{{ name }}</code></dt><dd>{{ about }}</dd></div>{% endfor %}</dl>{% endif %}
{% for (media, example) in operation.bodies %}<p>Body: <code>{{ media }}</code></p>
{% if let Some(example) = example %}<pre><code>{{ example }}</code></pre>{% endif %}{% endfor %}
<details><summary>Answers: {% for (status, _) in operation.answers %}{{ status }} {% endfor %}</summary>
<dl>{% for (status, about) in operation.answers %}<div><dt>{{ status }}</dt><dd>{{ about }}</dd></div>
{% endfor %}</dl></details></section>
{% endfor %}{% endfor %}</main></body></html>"##
)]
struct ContractPage {
    style: String,
    about: String,
    groups: Vec<Group>,
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
pub(super) fn contract_page(document: &Value) -> Page {
    let about = text(&document["info"]["description"]);
    let paths = document["paths"].as_object().into_iter().flatten();
    let mut groups: Vec<Group> = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let name = text(&operation["tags"][0]);
            let operation = read(path, method, operation);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.push(operation),
                None => groups.push(Group {
                    name,
                    operations: vec![operation],
                }),
            }
        }
    }
    let style = asset::href("suyuan.css");
    ContractPage {
        style,
        about,
        groups,
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
        bodies: bodies(&operation["requestBody"]["content"]),
        answers: answers
            .map(|(status, answer)| (status.clone(), text(&answer["description"])))
            .collect(),
    }
}

/// What a body may be, each with its example.
fn bodies(content: &Value) -> Vec<(String, Option<String>)> {
    let all = content.as_object().into_iter().flatten();
    let example = |media: &Value| match &media["example"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        example => serde_json::to_string_pretty(example).ok(),
    };
    all.map(|(name, media)| (name.clone(), example(media)))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

//! What every operation of the contract has in common and no handler says: which refusals the doors
//! in front of it give, that refusals are problem details, and an example of each body, put together
//! from those of its members.
//!
//! The one thing to know: this adds to the document that the handlers generate and changes nothing
//! that they say.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use crate::problem::MEDIA_TYPE;

/// Deepest nesting of schemas that an example is made of.
const DEPTH_MAX: usize = 8;
/// Where the problem's schema stands.
const PROBLEM: &str = "#/components/schemas/ProblemBody";

/// The document with what its operations have in common.
pub(crate) fn complete(document: &OpenApi) -> Value {
    let mut value = serde_json::to_value(document).unwrap_or_default();
    let components = value["components"]["schemas"].clone();
    let paths = value["paths"].as_object_mut().into_iter().flatten();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            add_refusals(operation, path);
            let name = format!("{method} {path}");
            add_example(operation, &components, &name);
        }
    }
    value
}

/// The refusals of the doors: nobody signed in, another role, what cannot be read.
fn add_refusals(operation: &mut Value, path: &str) {
    let is_ours = path.starts_with("/api/");
    let mut refusals: Vec<(&str, &str)> = Vec::new();
    if operation["security"].is_array() {
        refusals.push(("401", "Nobody is signed in, or the session is over"));
        refusals.push(("403", "The role may not do this"));
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    for parameter in parameters {
        refusals.push(("400", "The address or the query cannot be read"));
        match parameter["in"].as_str() {
            Some("path") => refusals.push(("404", "Nothing is there, or it is somebody else's")),
            Some("query") => refusals.push(("422", "A value cannot be accepted")),
            _ => {}
        }
    }
    if operation["requestBody"].is_object() {
        refusals.push(("400", "The body cannot be read"));
        refusals.push(("413", "The body is too large"));
        refusals.push(("415", "The body is of another type"));
        refusals.push(("422", "A value cannot be accepted"));
    }
    if is_ours {
        refusals.push(("503", "The database does not answer"));
    }
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, about) in refusals {
        let refusal = json!({ "description": about,
            "content": { MEDIA_TYPE: { "schema": { "$ref": PROBLEM } } } });
        responses.entry(status).or_insert(refusal);
    }
    for (_, response) in responses {
        name_problem(response);
    }
    responses_in_order(operation);
}

/// A problem is not plain JSON.
fn name_problem(response: &mut Value) {
    let Some(content) = response["content"].as_object_mut() else {
        return;
    };
    let is_problem = |media: &Value| media["schema"]["$ref"] == PROBLEM;
    if content.get("application/json").is_some_and(is_problem)
        && let Some(media) = content.remove("application/json")
    {
        content.insert(MEDIA_TYPE.to_owned(), media);
    }
}

fn responses_in_order(operation: &mut Value) {
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    let mut all: Vec<_> = std::mem::take(responses).into_iter().collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    responses.extend(all);
}

fn add_example(operation: &mut Value, components: &Value, name: &str) {
    let content = &mut operation["requestBody"]["content"];
    let Some(media) = content
        .as_object_mut()
        .and_then(|all| all.get_mut("application/json"))
    else {
        return;
    };
    if media["example"].is_null() {
        let maker = Maker { components, name };
        media["example"] = maker.of(&media["schema"], 0);
    }
}

/// Puts examples together.
struct Maker<'a> {
    components: &'a Value,
    /// The operation: its requests have an id of their own.
    name: &'a str,
}

impl Maker<'_> {
    fn of(&self, schema: &Value, depth: usize) -> Value {
        if depth > DEPTH_MAX {
            return Value::Null;
        }
        for given in [
            &schema["example"],
            &schema["examples"][0],
            &schema["default"],
        ] {
            if !given.is_null() {
                return given.clone();
            }
        }
        if let Some(word) = schema["enum"].get(0) {
            return word.clone();
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            return self.of(&self.components[name], depth + 1);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(members) = self.of(part, depth + 1) {
                    whole.extend(members);
                }
            }
            return Value::Object(whole);
        }
        let choices = schema["oneOf"].as_array().into_iter().flatten();
        if let Some(choice) = choices.into_iter().find(|choice| choice["type"] != "null") {
            return self.of(choice, depth + 1);
        }
        self.of_type(schema, depth)
    }

    fn of_type(&self, schema: &Value, depth: usize) -> Value {
        let kind = schema["type"].as_str();
        let kinds = schema["type"].as_array().into_iter().flatten();
        let mut kinds = kinds.filter_map(Value::as_str);
        match kind.or_else(|| kinds.find(|kind| *kind != "null")) {
            Some("object") => self.members(schema, depth),
            Some("array") => json!([self.of(&schema["items"], depth + 1)]),
            Some("boolean") => json!(false),
            Some("integer" | "number") => match &schema["minimum"] {
                Value::Null => json!(1),
                least => least.clone(),
            },
            Some("string") => match schema["format"].as_str() {
                Some("uuid") => json!(self.request()),
                Some("date-time") => json!("2026-11-20T08:00:00Z"),
                _ => json!("演示"),
            },
            _ => Value::Null,
        }
    }

    /// The members that have to be there, and those that have an example of their own.
    fn members(&self, schema: &Value, depth: usize) -> Value {
        let required: Vec<_> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let all = schema["properties"].as_object().into_iter().flatten();
        let wanted = all.filter(|(name, member)| {
            let has_example = !member["example"].is_null() || member["examples"].is_array();
            has_example || required.iter().any(|required| *required == *name)
        });
        let made = wanted.map(|(name, member)| (name.clone(), self.of(member, depth + 1)));
        Value::Object(made.collect())
    }

    /// An id that looks as if it had been drawn, another one for each operation.
    fn request(&self) -> uuid::Uuid {
        use sha2::{Digest as _, Sha256};
        let digest = Sha256::digest(self.name);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

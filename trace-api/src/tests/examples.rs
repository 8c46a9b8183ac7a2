//! The contract's examples are tried: each is sent to its route by a role that may, and none is
//! refused as something that cannot be read. And what the contract says of refusals is true.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};
use store::account::Role;

use super::Outcome;
use super::authority::filled;
use super::world::World;
use crate::api::v1::instruments::results::Upload;
use crate::authority;
use crate::openapi;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Bodies that are files: their example is a file.
const FILES: [&str; 4] = [
    "application/pdf",
    "image/jpeg",
    "image/png",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
];

/// A body of the contract.
struct Example {
    method: Method,
    path: String,
    media: String,
    body: Value,
}

fn examples() -> Fallible<Vec<Example>> {
    let document = openapi();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().ok_or("no paths")? {
        for (method, operation) in methods.as_object().ok_or("no methods")? {
            let content = operation["requestBody"]["content"].as_object();
            for (media, body) in content.into_iter().flatten() {
                all.push(Example {
                    method: method.to_uppercase().parse()?,
                    path: path.clone(),
                    media: media.clone(),
                    body: body["example"].clone(),
                });
            }
        }
    }
    Ok(all)
}

/// Somebody who may use a route.
fn somebody(method: &Method, path: &str) -> Fallible<&'static str> {
    let action = authority::action(method, path).ok_or("no action")?;
    let roles = [Role::Producer, Role::Supervisor, Role::Lab, Role::Operator];
    let mut roles = roles.into_iter();
    let role = roles.find(|role| action.is_allowed(Some(*role)));
    Ok(role.ok_or("nobody may")?.code())
}

#[tokio::test]
async fn every_example_is_read_by_its_route() -> Outcome {
    let world = World::new().await?;
    let (mut done, mut wrong) = (0, Vec::new());
    let examples = examples()?;
    assert!(examples.len() >= 35, "{} bodies", examples.len());
    for example in &examples {
        let Example {
            method,
            path,
            media,
            body,
        } = example;
        if FILES.contains(&media.as_str()) {
            continue;
        }
        if path.ends_with("/instruments/{instrument}/results") {
            // It is read behind the signature, which an example cannot have.
            serde_json::from_value::<Upload>(body.clone())?;
            continue;
        }
        let mut address = filled(path).replace("999", "1");
        if path.starts_with("/api/v1/imports/") {
            // Looked at and not taken: the products of the example are not this county's.
            address += "?preview=true";
        }
        let request = world
            .request(Some(somebody(method, path)?), method.clone(), &address)
            .await?;
        let text = body
            .as_str()
            .map_or_else(|| body.to_string(), str::to_owned);
        let request = request.header(header::CONTENT_TYPE, media.as_str());
        let reply = world.send(request.body(Body::from(text))?).await?;
        let (status, told) = (reply.status.as_u16(), reply.text());
        // It may name what is not there; it may not be something that nobody could send.
        let is_read = matches!(status, 200..=299 | 404 | 409) || is_about_the_world(&told);
        if body.is_null() || !is_read {
            wrong.push(format!("{method} {path}: {status} {told}, sent {body}"));
        }
        done += usize::from(reply.status.is_success());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(done >= 12, "only {done} examples did something");
    Ok(())
}

/// A refusal of an example because this county lacks what it names, and not because of its form.
fn is_about_the_world(told: &str) -> bool {
    let problem: Value = serde_json::from_str(told).unwrap_or_default();
    let about = problem["detail"].as_str().unwrap_or_default();
    let known = ["no such", "is not known", "must stay in its place"];
    let lacks = problem["status"] == 422 && known.iter().any(|part| about.contains(part));
    lacks || problem["type"] == "/docs/problems#wrong-credentials"
}

/// Names of the schemas that a file declares: the type's, or what `schema(as = …)` says.
fn schemas(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in text.split("ToSchema").skip(1) {
        let Some((derived, rest)) = part.split_once(" {") else {
            continue;
        };
        let head = derived.lines().skip(1).map(str::trim);
        let head: Vec<_> = head.filter(|line| !line.starts_with("//")).collect();
        let is_type = rest.starts_with('\n') && derived.starts_with([')', ',']);
        let renamed = head
            .iter()
            .find_map(|line| line.strip_prefix("#[schema(as = "));
        let own = head.last().and_then(|line| line.rsplit(' ').next());
        let name = renamed.map_or(own, |line| line.split(')').next());
        names.extend(name.filter(|_| is_type).map(str::to_owned));
    }
    names
}

fn sources(folder: &std::path::Path, all: &mut Vec<String>) -> Fallible<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, all)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.extend(schemas(&std::fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// The generator keeps one of two schemas of the same name, and the contract lies about the other.
#[test]
fn no_two_types_share_a_name_in_the_contract() -> Outcome {
    let mut names = Vec::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api");
    sources(std::path::Path::new(folder), &mut names)?;
    assert!(names.len() > 80, "{names:?}");
    names.sort();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
    Ok(())
}

#[test]
fn the_contract_tells_the_doors_refusals_and_calls_a_problem_one() {
    let document = openapi();
    let release = &document["paths"]["/api/v1/lots/{id}/release"]["post"];
    for status in [
        "400", "401", "403", "404", "409", "413", "415", "422", "503",
    ] {
        let content = &release["responses"][status]["content"];
        assert!(
            content["application/problem+json"].is_object(),
            "{status}: {content}"
        );
        assert_eq!(content["application/json"], Value::Null, "{status}");
    }
    let example = &release["requestBody"]["content"]["application/json"]["example"];
    assert_eq!(example["reason"], json!("复检合格，解除冻结"));
    assert!(
        example["request_id"]
            .as_str()
            .is_some_and(|id| id.len() == 36)
    );
}

//! Every role on every route, and the table of routes against the contract.

use axum::body::Body;
use axum::http::{Method, StatusCode};

use super::Outcome;
use super::world::World;
use crate::authority::{self, rules};
use crate::openapi;

/// A path with something for each of its variables.
pub(super) fn filled(path: &str) -> String {
    path.replace("{id}", "999")
        .replace("{gateway}", "g")
        .replace("{probe}", "p")
        .replace("{camera}", "c")
        .replace("{sha256}", "0")
        .replace("{gtin}", "09506000134352")
        .replace("{lot}", "A-1")
        .replace("{serial}", "0000000000000")
        .replace("{file}", "x.png")
        .replace("{name}", "40x30mm")
        .replace("{kind}", "products")
        .replace("{instrument}", "np-12")
        .replace("{input}", "00000000-0000-4000-8000-000000000000")
        .replace("{credential}", "00000000-0000-4000-8000-000000000000")
        .replace("{record}", "00000000-0000-4000-8000-000000000000")
}

#[test]
fn every_route_of_the_contract_has_an_authorization_case() -> Outcome {
    let document = openapi();
    let paths = document["paths"].as_object().ok_or("no paths")?;
    let mut documented = Vec::new();
    for (path, methods) in paths {
        for method in methods.as_object().ok_or("no methods")?.keys() {
            let method: Method = method.to_uppercase().parse()?;
            let action = authority::action(&method, path);
            assert!(
                action.is_some(),
                "{method} {path} has no authorization case"
            );
            documented.push((method, path.clone()));
        }
    }
    assert!(documented.len() >= 25, "{} operations", documented.len());
    for (method, path, _) in rules().filter(|(_, path, _)| path.starts_with("/api/")) {
        let is_documented = documented.iter().any(|(m, p)| m == method && p == path);
        assert!(is_documented, "{method} {path} is not in the contract");
    }
    Ok(())
}

#[tokio::test]
async fn every_route_of_the_table_is_there() -> Outcome {
    let world = World::new().await?;
    for (_, path, _) in rules() {
        let request = world.request(None, Method::PATCH, &filled(path)).await?;
        let reply = world.send(request.body(Body::empty())?).await?;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(reply.json()?["type"], "/docs/problems#method-not-allowed");
        assert!(!reply.header("allow").is_empty(), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn an_expired_session_is_nobodys() -> Outcome {
    let world = World::new().await?;
    let token = crate::token::draw_token(&world.state);
    let (hash, now) = (crate::token::hash(&token), super::world::NOW);
    let mut connection = world.connection().await?;
    store::account::insert_session(&mut connection, &hash, 1, now, now).await?;
    let request = world.request(None, Method::GET, "/api/v1/gateways").await?;
    let request = request.header("authorization", format!("Bearer {token}"));
    world
        .send(request.body(Body::empty())?)
        .await?
        .expect(401)?;
    Ok(())
}

//! Accounts over HTTP: made, disabled, signed out, and their passwords changed.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use super::Outcome;
use super::world::{PASSWORD, Reply, World};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn lab_two() -> Value {
    json!({ "login": "lab-2", "name": "快检员二", "role": "lab", "password": "long enough" })
}

async fn sign_in(world: &World, account: &str, password: &str) -> Fallible<Reply> {
    let body = json!({ "account": account, "password": password });
    let request =
        Request::post("/api/v1/sessions").header(header::CONTENT_TYPE, "application/json");
    world
        .send(request.body(Body::from(body.to_string()))?)
        .await
}

async fn with_token(world: &World, token: &Value, path: &str) -> Fallible<Reply> {
    let token = token.as_str().ok_or("no token")?;
    let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    world.send(request.body(Body::empty())?).await
}

#[tokio::test]
async fn an_account_is_made_disabled_and_enabled_and_its_sessions_end() -> Outcome {
    let world = World::new().await?;
    let made = world
        .post("operator", "/api/v1/accounts", &lab_two())
        .await?;
    let made = made.expect(201)?.json()?;
    assert_eq!(
        (&made["role"], &made["disabled"]),
        (&json!("lab"), &json!(false))
    );
    world
        .post("operator", "/api/v1/accounts", &lab_two())
        .await?
        .expect(409)?;
    let session = sign_in(&world, "lab-2", "long enough")
        .await?
        .expect(201)?
        .json()?;
    with_token(&world, &session["token"], "/api/v1/lots")
        .await?
        .expect(200)?;
    let path = format!("/api/v1/accounts/{}", made["id"]);
    let disable = format!("{path}/disable");
    let kept = world
        .post("operator", &disable, &json!({}))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(kept["disabled"], true);
    with_token(&world, &session["token"], "/api/v1/lots")
        .await?
        .expect(401)?;
    sign_in(&world, "lab-2", "long enough").await?.expect(401)?;
    world
        .post("operator", &format!("{path}/enable"), &json!({}))
        .await?
        .expect(200)?;
    let session = sign_in(&world, "lab-2", "long enough")
        .await?
        .expect(201)?
        .json()?;
    let end = world
        .request(
            Some("operator"),
            Method::DELETE,
            &format!("{path}/sessions"),
        )
        .await?;
    world.send(end.body(Body::empty())?).await?.expect(204)?;
    with_token(&world, &session["token"], "/api/v1/lots")
        .await?
        .expect(401)?;
    let log = world
        .get("operator", "/api/v1/audit?table=account&account=operator")
        .await?;
    let log = log.expect(200)?.text();
    assert!(
        log.contains("disabled_at") && !log.contains("argon2"),
        "{log}"
    );
    world
        .post("operator", "/api/v1/accounts/999/disable", &json!({}))
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn an_account_that_cannot_be_is_refused_and_nobody_disables_themselves() -> Outcome {
    let world = World::new().await?;
    let with = |member: &str, value: Value| {
        let mut body = lab_two();
        body[member] = value;
        body
    };
    for (body, field) in [
        (with("login", json!("")), "login"),
        (with("role", json!("instrument")), "role"),
        (with("role", json!("producer")), "producer_id"),
        (
            with("producer_id", json!(world.own.producer)),
            "producer_id",
        ),
        (with("password", json!("1234567")), "password"),
        (with("password", json!("x".repeat(201))), "password"),
    ] {
        let refused = world.post("operator", "/api/v1/accounts", &body).await?;
        assert_eq!(refused.expect(422)?.json()?["field"], field);
    }
    let listed = world
        .get("operator", "/api/v1/accounts")
        .await?
        .expect(200)?
        .json()?;
    let all: Vec<_> = listed["accounts"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(all.len(), 5);
    let own = all
        .iter()
        .find(|account| account["login"] == "operator")
        .ok_or("no operator")?;
    let path = format!("/api/v1/accounts/{}/disable", own["id"]);
    let refused = world
        .post("operator", &path, &json!({}))
        .await?
        .expect(409)?;
    assert_eq!(refused.json()?["type"], "/docs/problems#rule-broken");
    Ok(())
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions() -> Outcome {
    let world = World::new().await?;
    let other = sign_in(&world, "lab", PASSWORD)
        .await?
        .expect(201)?
        .json()?;
    let change = |old: &str, new: &str| json!({ "old": old, "new": new });
    let wrong = world
        .put("lab", "/api/v1/password", &change("wrong", "another one"))
        .await?;
    assert_eq!(wrong.expect(409)?.json()?["field"], "old");
    let short = world
        .put("lab", "/api/v1/password", &change(PASSWORD, "short"))
        .await?;
    assert_eq!(short.expect(422)?.json()?["field"], "new");
    let done = world
        .put("lab", "/api/v1/password", &change(PASSWORD, "another one"))
        .await?;
    done.expect(204)?;
    with_token(&world, &other["token"], "/api/v1/lots")
        .await?
        .expect(401)?;
    sign_in(&world, "lab", PASSWORD).await?.expect(401)?;
    sign_in(&world, "lab", "another one").await?.expect(201)?;
    Ok(())
}

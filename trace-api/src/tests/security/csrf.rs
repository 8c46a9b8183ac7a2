//! Forms of other sites (CSRF): a browser adds our cookie to whatever page sends the form, so every
//! changing route refuses what does not say that it comes from our own page.

use axum::body::Body;
use axum::http::{Method, Request, header};
use store::account::Role;

use crate::authority::rules;
use crate::tests::Outcome;
use crate::tests::authority::filled;
use crate::tests::world::{Reply, World};

/// What browsers say of a form that is not ours, and what says nothing at all.
const FOREIGN: [&[(&str, &str)]; 7] = [
    &[],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    // Longer and shorter than ours.
    &[("origin", "http://127.0.0.1:8080.evil.example")],
    &[("origin", "https://test"), ("sec-fetch-site", "cross-site")],
];

async fn send(
    world: &World,
    (method, path, token): (&Method, &str, &str),
    says: &[(&str, &str)],
) -> Result<Reply, Box<dyn std::error::Error>> {
    let mut request = Request::builder()
        .method(method.clone())
        .uri(filled(path))
        .header(header::HOST, "test")
        .header(header::COOKIE, format!("suyuan_session={token}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in says {
        request = request.header(*name, *value);
    }
    // A token in the form is no help to who only guesses one.
    let body = Body::from("csrf=0123456789abcdef&request=x");
    world.send(request.body(body)?).await
}

#[tokio::test]
async fn no_changing_route_takes_a_form_of_another_site() -> Outcome {
    let world = World::new().await?;
    let mut tried = 0;
    for (method, path, action) in rules() {
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            continue;
        }
        let roles = [Role::Operator, Role::Supervisor, Role::Producer, Role::Lab];
        let role = roles
            .into_iter()
            .find(|role| action.is_allowed(Some(*role)));
        let token = world.token(role.ok_or("nobody may")?.code()).await?;
        for says in FOREIGN {
            let reply = send(&world, (method, path, &token), says).await?;
            let told = reply.text();
            assert_eq!(reply.status, 403, "{method} {path} {says:?}: {told}");
            assert!(told.contains("/docs/problems#cross-site"), "{path}: {told}");
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried}");
    Ok(())
}

#[tokio::test]
async fn our_own_form_gets_past_and_a_stranger_cannot_sign_a_visitor_in() -> Outcome {
    let world = World::new().await?;
    let token = world.token("supervisor").await?;
    let path = "/supervisor/alarms/{id}/acknowledge";
    for says in [("sec-fetch-site", "same-origin"), ("origin", "http://test")] {
        let reply = send(&world, (&Method::POST, path, &token), &[says]).await?;
        assert_eq!(
            reply.status,
            404,
            "there is no such alarm: {}",
            reply.text()
        );
    }
    // Nobody is signed in, so there is no cookie: being signed in as somebody else does harm, too.
    let request = Request::post("/login")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("account=lab&password=correct+horse"))?;
    let reply = world.send(request).await?.expect(403)?;
    assert_eq!(reply.header("set-cookie"), "");
    Ok(())
}

//! Signing in and out, by program and by form.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;

use super::Outcome;
use super::world::{PASSWORD, Reply, World};

async fn sign_in(
    world: &World,
    account: &str,
    password: &str,
) -> Result<Reply, Box<dyn std::error::Error>> {
    let body = json!({ "account": account, "password": password }).to_string();
    let request =
        Request::post("/api/v1/sessions").header(header::CONTENT_TYPE, "application/json");
    world.send(request.body(Body::from(body))?).await
}

#[tokio::test]
async fn a_token_works_until_its_owner_signs_out() -> Outcome {
    let world = World::new().await?;
    let session = sign_in(&world, "operator", PASSWORD)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(session["role"], "operator");
    assert_eq!(session["expires_at"], "2026-11-23T16:00:00Z");
    let bearer = format!("Bearer {}", session["token"].as_str().ok_or("no token")?);
    let ask = |method: Method, path: &str| {
        let request = Request::builder().method(method).uri(path);
        request
            .header(header::AUTHORIZATION, &bearer)
            .body(Body::empty())
    };
    world
        .send(ask(Method::GET, "/api/v1/gateways")?)
        .await?
        .expect(200)?;
    world
        .send(ask(Method::DELETE, "/api/v1/sessions/current")?)
        .await?
        .expect(204)?;
    world
        .send(ask(Method::GET, "/api/v1/gateways")?)
        .await?
        .expect(401)?;
    Ok(())
}

#[tokio::test]
async fn an_unknown_account_and_a_wrong_password_look_the_same() -> Outcome {
    let world = World::new().await?;
    let wrong = sign_in(&world, "operator", "guess").await?.expect(401)?;
    let unknown = sign_in(&world, "nobody\u{0}", "guess").await?.expect(401)?;
    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.header("content-type"), "application/problem+json");
    assert_eq!(wrong.json()?["type"], "/docs/problems#wrong-credentials");
    Ok(())
}

#[tokio::test]
async fn who_guesses_has_to_wait() -> Outcome {
    let world = World::new().await?;
    for _ in 0..6 {
        sign_in(&world, "lab", "guess").await?.expect(401)?;
    }
    let refused = sign_in(&world, "lab", PASSWORD).await?.expect(429)?;
    assert_eq!(refused.header("retry-after"), "2");
    sign_in(&world, "operator", PASSWORD).await?.expect(201)?;
    Ok(())
}

#[tokio::test]
async fn the_form_sets_a_cookie_that_scripts_cannot_read() -> Outcome {
    let world = World::new().await?;
    let form = format!(
        "account=lab&password={}&next=%2Flab",
        PASSWORD.replace(' ', "+")
    );
    let request = Request::post("/login")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let reply = world
        .send(request.body(Body::from(form))?)
        .await?
        .expect(303)?;
    assert_eq!(reply.header("location"), "/lab");
    let cookie = reply.header("set-cookie");
    for part in [
        "suyuan_session=",
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=43200",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let pair = cookie.split(';').next().unwrap_or_default().to_owned();
    let request = Request::get("/lab").header(header::COOKIE, &pair);
    world
        .send(request.body(Body::empty())?)
        .await?
        .expect(200)?;
    let request = Request::post("/logout").header(header::COOKIE, &pair);
    let request = request
        .header("sec-fetch-site", "same-origin")
        .body(Body::empty())?;
    world.send(request).await?.expect(303)?;
    let request = Request::get("/lab")
        .header(header::COOKIE, &pair)
        .body(Body::empty())?;
    world.send(request).await?.expect(401)?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_shows_the_form_again() -> Outcome {
    let world = World::new().await?;
    let request = Request::post("/login")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(
            "account=lab&password=guess&next=%2F%2Fevil.example",
        ))?;
    let reply = world.send(request).await?.expect(401)?;
    let page = reply.text();
    assert!(
        page.contains("value=\"lab\"") && !page.contains("guess"),
        "{page}"
    );
    Ok(())
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() -> Outcome {
    let world = World::new().await?;
    let cookie = format!("suyuan_session={}", world.token("supervisor").await?);
    let request = Request::post("/supervisor/alarms/1/acknowledge")
        .header(header::COOKIE, cookie)
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let reply = world
        .send(request.body(Body::from("note="))?)
        .await?
        .expect(403)?;
    assert_eq!(reply.json()?["type"], "/docs/problems#cross-site");
    Ok(())
}

#[tokio::test]
async fn a_visitor_of_a_desk_is_led_to_the_sign_in_page_and_back() -> Outcome {
    let world = World::new().await?;
    let reply = world.visit("/producer/lots/7?size=a").await?.expect(303)?;
    assert_eq!(
        reply.header("location"),
        "/login?next=/producer/lots/7%3Fsize%3Da"
    );
    let page = world.visit("/login?next=/lab").await?.expect(200)?.text();
    assert!(page.contains("name=\"next\" value=\"/lab\""), "{page}");
    assert!(
        page.contains(PASSWORD),
        "the demonstration shows its accounts"
    );
    Ok(())
}

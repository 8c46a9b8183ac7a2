//! Session fixation: a session that somebody chose for a visitor is worth nothing, before and after
//! the visitor signs in, and the cookie goes nowhere else.

use axum::body::Body;
use axum::http::{Request, header};

use crate::tests::Outcome;
use crate::tests::world::{PASSWORD, Reply, World};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Signs in as the lab, with a cookie that came along.
async fn sign_in(world: &World, chosen: &str) -> Fallible<Reply> {
    let request = Request::post("/login")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header(header::COOKIE, format!("suyuan_session={chosen}"));
    let form = format!("account=lab&password={}", PASSWORD.replace(' ', "+"));
    world
        .send(request.body(Body::from(form))?)
        .await?
        .expect(303)
}

async fn status(world: &World, token: &str, path: &str) -> Fallible<u16> {
    let request = Request::get(path).header(header::COOKIE, format!("suyuan_session={token}"));
    Ok(world
        .send(request.body(Body::empty())?)
        .await?
        .status
        .as_u16())
}

/// The session that an answer gives.
fn given(reply: &Reply) -> Fallible<String> {
    let cookie = reply.header("set-cookie");
    let value = cookie
        .strip_prefix("suyuan_session=")
        .and_then(|rest| rest.split(';').next());
    Ok(value.ok_or("no session")?.to_owned())
}

#[tokio::test]
async fn a_session_that_was_chosen_before_signing_in_is_not_the_one_after() -> Outcome {
    let world = World::new().await?;
    let chosen = "A".repeat(43);
    let token = given(&sign_in(&world, &chosen).await?)?;
    assert_ne!(token, chosen);
    assert_eq!(token.len(), 43, "256 random bits");
    assert_eq!(status(&world, &token, "/lab").await?, 200);
    assert_eq!(status(&world, &chosen, "/lab").await?, 401);
    let again = given(&sign_in(&world, &token).await?)?;
    assert_ne!(again, token, "each sign-in is a session of its own");
    Ok(())
}

#[tokio::test]
async fn a_session_of_the_strangers_own_gains_nothing_when_the_visitor_signs_in() -> Outcome {
    let world = World::new().await?;
    let strangers = world.token("rival").await?;
    let token = given(&sign_in(&world, &strangers).await?)?;
    assert_eq!(status(&world, &token, "/lab").await?, 200);
    assert_eq!(status(&world, &strangers, "/lab").await?, 403);
    assert_eq!(status(&world, &strangers, "/producer").await?, 200);
    Ok(())
}

#[tokio::test]
async fn an_address_or_a_form_cannot_bring_a_session() -> Outcome {
    let world = World::new().await?;
    let token = world.token("lab").await?;
    for path in ["/lab?suyuan_session=", "/lab?token=", "/lab?access_token="] {
        let request = Request::get(format!("{path}{token}"));
        world
            .send(request.body(Body::empty())?)
            .await?
            .expect(401)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_cookie_stays_with_the_browser_and_this_site_and_under_https_on_it() -> Outcome {
    let plain = World::new().await?;
    let cookie = sign_in(&plain, "").await?.header("set-cookie").to_owned();
    assert!(!cookie.contains("Secure"), "{cookie}");
    let behind = World::at("https://trace.example.cn").await?;
    let cookie = sign_in(&behind, "").await?.header("set-cookie").to_owned();
    for flag in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        let mut flags = cookie.split("; ");
        assert!(flags.any(|one| one == flag), "{flag}: {cookie}");
    }
    assert!(
        !cookie.contains("Domain"),
        "no other host gets it: {cookie}"
    );
    Ok(())
}

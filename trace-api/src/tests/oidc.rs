//! Signing in with an identity service that the test runs itself: a real one on a real port, with
//! real signatures, that can be told to lie.

use axum::http::{Request, header};
use serde_json::json;
use url::Url;

use super::Outcome;
use super::world::{Reply, STEM, World};
use crate::OidcConfig;

mod provider;

use provider::{Lie, Provider, SUBJECT};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A county that knows a provider, and the provider.
async fn county(change: impl FnOnce(&mut OidcConfig)) -> Fallible<(World, Provider)> {
    let provider = Provider::start().await?;
    let mut config = provider.config()?;
    change(&mut config);
    Ok((World::with_oidc(config).await?, provider))
}

/// Links the lab's account to the provider's subject.
async fn link_lab(world: &World) -> Outcome {
    let id = world.account("lab").ok_or("no lab")?;
    let path = format!("/api/v1/accounts/{id}/identity");
    let body = json!({ "subject": SUBJECT });
    let linked = world
        .put("operator", &path, &body)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(linked["subject"], SUBJECT);
    Ok(())
}

async fn open(world: &World, path: &str, cookie: &str) -> Fallible<Reply> {
    let request = Request::get(path)
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT, "text/html");
    world.send(request.body(axum::body::Body::empty())?).await
}

fn cookie_of(reply: &Reply, name: &str) -> Option<String> {
    let lines = reply.headers.get_all(header::SET_COOKIE).iter();
    let mut pairs = lines.filter_map(|line| line.to_str().ok()?.split(';').next());
    let found = pairs.find(|pair| pair.starts_with(&format!("{name}=")) && !pair.ends_with('='));
    found.map(str::to_owned)
}

/// A browser that set out: its cookie, and where the provider sent it back to.
async fn set_out(world: &World, provider: &Provider, next: &str) -> Fallible<(String, String)> {
    let sent = open(world, &format!("/login/oidc?next={next}"), "")
        .await?
        .expect(303)?;
    let cookie = cookie_of(&sent, "suyuan_oidc").ok_or("no cookie")?;
    let back = provider.authorize(&sent.header("location").parse()?)?;
    let path = back.strip_prefix(STEM).ok_or("sent elsewhere")?;
    Ok((cookie, path.to_owned()))
}

/// Signs in from the beginning to the end.
async fn sign_in(world: &World, provider: &Provider) -> Fallible<Reply> {
    let (cookie, back) = set_out(world, provider, "%2Flab%3Fx%3D1").await?;
    open(world, &back, &cookie).await
}

#[tokio::test]
async fn a_linked_account_signs_in_over_there_and_is_led_back() -> Outcome {
    for algorithm in ["RS256", "ES256"] {
        let (world, provider) = county(|_| {}).await?;
        provider.sign_with(algorithm);
        let page = world.visit("/login").await?.expect(200)?.text();
        assert!(
            page.contains("/login/oidc?next=") && page.contains("县统一认证"),
            "{page}"
        );
        link_lab(&world).await?;
        let done = sign_in(&world, &provider).await?.expect(303)?;
        assert_eq!(done.header("location"), "/lab?x=1");
        let session = cookie_of(&done, "suyuan_session").ok_or("no session")?;
        let desk = open(&world, "/lab", &session).await?.expect(200)?;
        assert!(desk.text().contains("<h1"), "{algorithm}");
        open(&world, "/operator", &session).await?.expect(403)?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_asked_binds_the_answer_to_browser_and_sign_in() -> Outcome {
    let (world, provider) = county(|_| {}).await?;
    let sent = open(&world, "/login/oidc", "").await?.expect(303)?;
    let line = sent.header("set-cookie");
    assert!(
        line.contains("HttpOnly")
            && line.contains("SameSite=Lax")
            && line.contains("Path=/login/oidc")
    );
    let asked: Url = sent.header("location").parse()?;
    let of = |name: &str| {
        let mut pairs = asked.query_pairs();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(of("response_type").as_deref(), Some("code"));
    assert_eq!(of("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(
        of("redirect_uri"),
        Some(format!("{STEM}/login/oidc/callback"))
    );
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(
            of(name).map(|text| text.len()),
            Some(43),
            "{name}: 256 random bits"
        );
    }
    let second = open(&world, "/login/oidc", "").await?;
    assert_ne!(second.header("location"), asked.as_str());
    drop(provider);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_was_not_asked_for_by_this_browser_signs_nobody_in() -> Outcome {
    let (world, provider) = county(|_| {}).await?;
    link_lab(&world).await?;
    let (cookie, back) = set_out(&world, &provider, "").await?;
    let (_, other) = set_out(&world, &provider, "").await?;
    let strange = back.replace("state=", "state=x");
    let refused = format!("{back}&error=access_denied");
    for (path, cookie) in [
        (&back, ""),
        (&other, cookie.as_str()),
        (&strange, &cookie),
        (&refused, &cookie),
    ] {
        let reply = open(&world, path, cookie).await?.expect(401)?;
        assert!(cookie_of(&reply, "suyuan_session").is_none());
        assert!(reply.text().contains("请重新开始"), "{}", reply.text());
    }
    let done = open(&world, &back, &cookie).await?.expect(303)?;
    assert_eq!(done.header("location"), "/lab");
    open(&world, &back, &cookie).await?.expect(502)?;
    Ok(())
}

#[tokio::test]
async fn a_token_that_lies_signs_nobody_in() -> Outcome {
    let (world, provider) = county(|_| {}).await?;
    link_lab(&world).await?;
    for lie in Lie::ALL {
        provider.lie(Some(lie));
        let reply = sign_in(&world, &provider).await?;
        let reply = reply
            .expect(401)
            .map_err(|error| format!("{lie:?}: {error}"))?;
        assert!(cookie_of(&reply, "suyuan_session").is_none(), "{lie:?}");
        assert!(
            reply.text().contains("凭据无效"),
            "{lie:?}: {}",
            reply.text()
        );
    }
    provider.lie(None);
    sign_in(&world, &provider).await?.expect(303)?;
    Ok(())
}

#[tokio::test]
async fn an_unknown_subject_a_disabled_account_and_a_foreign_issuer_stay_outside() -> Outcome {
    let (world, provider) = county(|_| {}).await?;
    let reply = sign_in(&world, &provider).await?.expect(401)?;
    assert!(reply.text().contains("未关联"), "{}", reply.text());
    link_lab(&world).await?;
    let id = world.account("lab").ok_or("no lab")?;
    let path = format!("/api/v1/accounts/{id}/disable");
    world
        .post("operator", &path, &json!({}))
        .await?
        .expect(200)?;
    sign_in(&world, &provider).await?.expect(401)?;
    let (world, provider) = county(|config| config.issuer.push('/')).await?;
    let failed = open(&world, "/login/oidc", "").await?.expect(502)?;
    assert!(failed.text().contains("id"), "{}", failed.text());
    drop(provider);
    let world = World::new().await?;
    world.visit("/login/oidc").await?.expect(404)?;
    assert!(!world.visit("/login").await?.text().contains("/login/oidc"));
    Ok(())
}

#[tokio::test]
async fn a_claim_says_the_role_and_makes_county_staff_an_account_once() -> Outcome {
    let (world, provider) = county(|config| {
        config.role_claim = Some("groups".to_owned());
        config.roles = vec![
            ("county-watch".to_owned(), store::account::Role::Supervisor),
            ("county-farmers".to_owned(), store::account::Role::Producer),
        ];
    })
    .await?;
    provider.claim("groups", json!(["staff"]));
    sign_in(&world, &provider).await?.expect(401)?;
    provider.claim("groups", json!(["county-farmers"]));
    sign_in(&world, &provider).await?.expect(401)?;
    provider.claim("groups", json!(["staff", "county-watch"]));
    for _ in 0..2 {
        let (cookie, back) = set_out(&world, &provider, "").await?;
        let done = open(&world, &back, &cookie).await?.expect(303)?;
        assert_eq!(done.header("location"), "/supervisor");
    }
    let listed = world
        .get("operator", "/api/v1/accounts")
        .await?
        .expect(200)?
        .json()?;
    let made = listed["accounts"].as_array().into_iter().flatten();
    let made: Vec<_> = made
        .filter(|account| account["name"] == "周主任（演示）")
        .collect();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["role"], "supervisor");
    // Over there they lost the role: the account is of no use any more.
    provider.claim("groups", json!("staff"));
    sign_in(&world, &provider).await?.expect(401)?;
    Ok(())
}

#[tokio::test]
async fn an_identity_belongs_to_one_account_and_the_link_is_in_the_audit_log() -> Outcome {
    let (world, provider) = county(|_| {}).await?;
    link_lab(&world).await?;
    let other = world.account("supervisor").ok_or("no supervisor")?;
    let path = format!("/api/v1/accounts/{other}/identity");
    let body = json!({ "subject": SUBJECT });
    let refused = world
        .put("operator", &path, &body)
        .await?
        .expect(409)?
        .json()?;
    assert_eq!(refused["field"], "subject");
    let lab = world.account("lab").ok_or("no lab")?;
    let path = format!("/api/v1/accounts/{lab}/identity");
    let none = json!({ "subject": null });
    let unlinked = world
        .put("operator", &path, &none)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(unlinked["subject"], serde_json::Value::Null);
    let log = format!("/api/v1/audit?table=account&row={lab}");
    let log = world.get("operator", &log).await?.expect(200)?.json()?;
    assert_eq!(log["changes"][1]["after"]["oidc_subject"], SUBJECT);
    assert_eq!(log["changes"][1]["account"], "operator");
    sign_in(&world, &provider).await?.expect(401)?;
    Ok(())
}

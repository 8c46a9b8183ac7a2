//! One's own account as a page, and how the first account of an installation is made.

use axum::body::Body;
use axum::http::{Request, header};
use store::account;

use super::Outcome;
use super::world::{PASSWORD, Reply, World};
use crate::draw_first_run_code;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// What a browser that has not signed in sends.
async fn send(world: &World, path: &str, form: &str) -> Fallible<Reply> {
    let request = Request::post(path)
        .header(header::ACCEPT, "text/html")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    world.send(request.body(Body::from(form.to_owned()))?).await
}

fn form(code: &str, login: &str) -> String {
    format!("code={code}&login={login}&name=&password=long+enough&again=long+enough")
}

#[tokio::test]
async fn of_two_who_make_the_first_account_at_once_one_is_the_operator() -> Outcome {
    let world = World::without_accounts().await?;
    let code = draw_first_run_code(&world.state).await?.ok_or("no code")?;
    let asked = world.visit("/login").await?.expect(303)?;
    assert_eq!(asked.header("location"), "/welcome");
    let page = world.visit("/welcome").await?.expect(200)?.text();
    assert!(!page.contains(&code), "the code is on the console alone");
    let (one, two) = (form(&code, "one"), form(&code, "two"));
    let (one, two) = tokio::join!(
        send(&world, "/welcome", &one),
        send(&world, "/welcome", &two)
    );
    let mut answers = [one?, two?];
    answers.sort_by_key(|reply| reply.status);
    let statuses = answers.each_ref().map(|reply| reply.status.as_u16());
    assert_eq!(statuses, [303, 404]);
    assert_eq!(answers[0].header("location"), "/operator");
    assert!(answers[0].header("set-cookie").contains("suyuan_session="));
    let mut connection = world.connection().await?;
    let made = account::list(&mut connection).await?;
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].role, account::Role::Operator);
    world.visit("/welcome").await?.expect(404)?;
    send(&world, "/welcome", &form(&code, "three"))
        .await?
        .expect(404)?;
    world.visit("/login").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_code_makes_nobody_and_is_slowed_down() -> Outcome {
    let world = World::without_accounts().await?;
    let code = draw_first_run_code(&world.state).await?.ok_or("no code")?;
    let differs = form(&code, "op").replace("again=long", "again=short");
    let refused = send(&world, "/welcome", &differs)
        .await?
        .expect(422)?
        .text();
    assert!(refused.contains("不一致") && refused.contains("value=\"op\""));
    for _ in 0..6 {
        let refused = send(&world, "/welcome", &form("guess", "op")).await?;
        assert!(refused.expect(422)?.text().contains("启用码"));
    }
    // Even the right code has to wait now.
    let waits = send(&world, "/welcome", &form(&code, "op")).await?;
    assert_eq!(waits.expect(429)?.header("retry-after"), "2");
    let mut connection = world.connection().await?;
    assert_eq!(account::count(&mut connection).await?, 0);
    Ok(())
}

#[tokio::test]
async fn where_somebody_can_sign_in_there_is_no_first_run() -> Outcome {
    let world = World::new().await?;
    assert_eq!(draw_first_run_code(&world.state).await?, None);
    world.visit("/welcome").await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn the_page_of_ones_account_changes_the_password_and_ends_sign_ins() -> Outcome {
    let world = World::new().await?;
    let form = "old=wrong&new=another+one&again=another+one";
    let refused = world.submit("lab", "/account/password", form).await?;
    assert!(refused.expect(409)?.text().contains("原密码不正确"));
    let short = format!("old={PASSWORD}&new=short&again=short");
    let refused = world.submit("lab", "/account/password", &short).await?;
    assert!(refused.expect(422)?.text().contains("密码规则"));
    let form = format!("old={PASSWORD}&new=another+one&again=another+one");
    let done = world
        .submit("lab", "/account/password", &form)
        .await?
        .expect(303)?;
    assert_eq!(done.header("location"), "/account?done=password");
    let page = world.get("lab", "/account").await?.expect(200)?.text();
    let id = page
        .split("id=\"session-")
        .nth(2)
        .and_then(|rest| rest.split('"').next())
        .ok_or("only one sign-in is listed")?;
    let end = format!("/account/sessions/{id}/end");
    // Nobody ends another's.
    world.submit("producer", &end, "").await?.expect(404)?;
    let ended = world.submit("lab", &end, "").await?.expect(303)?;
    assert_eq!(ended.header("location"), "/account?done=ended");
    let page = world.get("lab", "/account").await?.expect(200)?.text();
    assert!(!page.contains(&format!("id=\"session-{id}\"")), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_token_is_shown_once_and_ended_like_a_sign_in() -> Outcome {
    let world = World::new().await?;
    let refused = world
        .submit("lab", "/account/tokens", "name=np-12&days=400")
        .await?;
    let refused = refused.expect(422)?.text();
    assert!(refused.contains("1 至 366 天") && refused.contains("value=\"np-12\""));
    let made = world
        .submit("lab", "/account/tokens", "name=np-12&days=30")
        .await?;
    let made = made.expect(200)?.text();
    let token = made
        .split("<code>")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .ok_or("no token is shown")?;
    let asked = Request::get("/api/v1/methods")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::empty())?;
    world.send(asked).await?.expect(200)?;
    let page = world.get("lab", "/account").await?.expect(200)?.text();
    assert!(page.contains("np-12") && !page.contains(token));
    Ok(())
}

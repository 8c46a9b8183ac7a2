//! What an operator relies on: health, readiness, metrics, an orderly end, clear refusals.

use std::net::TcpListener;
use std::process::Command;

use reqwest::{Method, StatusCode};

use crate::harness::system::System;
use crate::harness::{Folder, SUYUAN};

#[tokio::test]
async fn the_operating_surface_answers_and_the_system_ends_in_order() -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"] {
        let (status, body) = operator.call(Method::GET, path, None).await?;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
    }
    let contract = operator.get("/openapi.json").await?;
    assert!(
        contract["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1"))
    );
    assert!(contract["paths"]["/api/v1/dead-letters"].is_object());
    let data = system.data()?.to_owned();
    let ended = system.stop().await?;
    assert!(ended.success(), "{ended}");
    assert!(!data.join("postgres/data/postmaster.pid").exists());
    Ok(())
}

#[tokio::test]
async fn without_the_demonstration_nobody_can_sign_in() -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let answer = client
        .post(format!("{}/api/v1/sessions", system.http))
        .json(&serde_json::json!({"account": "operator", "password": "suyuan-demo"}))
        .send()
        .await?;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let kind = answer.headers()["content-type"].to_str()?.to_owned();
    assert!(kind.starts_with("application/problem+json"), "{kind}");
    system.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_taken_port_is_named_and_on_wish_the_next_one_is_used() -> anyhow::Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let folder = Folder::new()?;
    let refused = Command::new(SUYUAN)
        .args(["up", "--http", &address, "--data"])
        .arg(folder.path())
        .env_remove("DATABASE_URL")
        .output()?;
    assert_eq!(refused.status.code(), Some(1));
    let reason = String::from_utf8(refused.stderr)?;
    assert!(
        reason.contains(&address) && reason.contains("--http"),
        "{reason}"
    );
    let flags = ["--http", address.as_str(), "--next-free-port"];
    let system = System::start(&flags, &[]).await?;
    assert!(
        !system
            .http
            .ends_with(&format!(":{}", taken.local_addr()?.port()))
    );
    system.stop().await?;
    Ok(())
}

#[test]
fn the_demonstration_is_refused_on_an_open_address() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let refused = Command::new(SUYUAN)
        .args([
            "up",
            "--demo",
            "--http",
            "0.0.0.0:0",
            "--mqtt",
            "127.0.0.1:0",
            "--data",
        ])
        .arg(folder.path())
        .env_remove("DATABASE_URL")
        .output()?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr)?.contains("--i-know"));
    Ok(())
}

#[test]
fn the_doctor_names_what_is_missing_and_help_names_units() -> anyhow::Result<()> {
    let folder = Folder::new()?;
    let doctor = |pg: &str| {
        Command::new(SUYUAN)
            .args([
                "doctor",
                "--http",
                "127.0.0.1:0",
                "--mqtt",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(folder.path())
            .env_remove("DATABASE_URL")
            .env("SUYUAN_PG_BIN", pg)
            .output()
    };
    let ill = doctor("/nonexistent")?;
    assert_eq!(ill.status.code(), Some(1));
    assert!(String::from_utf8(ill.stdout)?.contains("MEND  PostgreSQL"));
    let help = Command::new(SUYUAN).args(["up", "--help"]).output()?;
    let help = String::from_utf8(help.stdout)?;
    for word in [
        "SUYUAN_HTTP",
        "127.0.0.1:8080",
        "SUYUAN_PUBLIC_URL",
        "Milliseconds",
        "DATABASE_URL",
    ] {
        assert!(help.contains(word), "{word} is not in {help}");
    }
    Ok(())
}

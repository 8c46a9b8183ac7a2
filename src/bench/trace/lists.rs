//! Every list of the API and every desk, asked over HTTP one request after the other: how long
//! until the first byte, how long until the last.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Client;
use serde_json::json;
use store::account::{self, NewAccount, Role};
use store::bench::county::{self, County};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use trace_api::AppState;

use super::rounds::Rounds;
use crate::bench::ingest::round;
use crate::bench::print;
use crate::clock;

/// Requests of each address, after one that warms up.
const REQUESTS: usize = 15;
/// How long any request may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Password of every account here.
const PASSWORD: &str = "suyuan-bench";

/// Asks for every list as every role that has one.
pub async fn measure(county: &County, state: &AppState) -> anyhow::Result<()> {
    make_accounts(state).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let stem = format!("http://{}", listener.local_addr()?);
    let stop = CancellationToken::new();
    let serving = tokio::spawn(trace_api::serve(listener, state.clone(), stop.clone()));
    let asked = ask_all(county, &stem).await;
    stop.cancel();
    serving.await??;
    asked
}

async fn make_accounts(state: &AppState) -> anyhow::Result<()> {
    let hash = trace_api::password::hash(PASSWORD, [7; trace_api::password::SALT_BYTES])?;
    let mut connection = state.store().acquire().await?;
    for (login, role, producer_id) in [
        ("operator", Role::Operator, None),
        ("supervisor", Role::Supervisor, None),
        ("producer", Role::Producer, Some(County::PRODUCER)),
        ("lab", Role::Lab, None),
    ] {
        let new = NewAccount {
            login,
            display_name: login,
            role,
            producer_id,
            password_hash: &hash,
        };
        account::insert(&mut connection, &new, clock::now()).await?;
    }
    Ok(())
}

async fn ask_all(county: &County, stem: &str) -> anyhow::Result<()> {
    let client = Client::builder().timeout(PATIENCE).no_proxy().build()?;
    for (login, paths) in [
        ("supervisor", of_county(county)),
        ("producer", of_producer(county)),
        ("lab", vec!["/lab".to_owned()]),
        ("operator", vec!["/operator".to_owned()]),
        ("", of_public(county)),
    ] {
        let token = match login {
            "" => None,
            _ => Some(sign_in(&client, stem, login).await?),
        };
        for path in paths {
            ask(&client, stem, (login, token.as_deref()), &path).await?;
        }
    }
    Ok(())
}

fn of_county(county: &County) -> Vec<String> {
    let (middle, gtin) = (county.size.lots / 2, county.gtin(7));
    let (code, label) = (
        county::code(middle),
        county.labelled() / 2 * county::RUN_LABELS,
    );
    let run = label / county::RUN_LABELS + 1;
    let mut paths: Vec<String> = [
        "/api/v1/producers",
        "/api/v1/products",
        "/api/v1/plots",
        "/api/v1/lots",
        "/api/v1/lots?sort=code",
        "/api/v1/lots?sort=harvested",
        "/api/v1/lots?state=held",
        "/api/v1/lots?state=released&sort=code",
        "/api/v1/lots?q=%E8%8E%93%E8%8C%B6",
        "/api/v1/lots?q=nothing-is-called-so",
        "/api/v1/tests",
        "/api/v1/labels",
        "/api/v1/label-runs",
        "/api/v1/shipments",
        "/api/v1/parties",
        "/api/v1/recalls",
        "/api/v1/messages",
        "/api/v1/audit",
        "/api/v1/alarms",
        "/api/v1/records",
        "/api/v1/scans?from=2025-06-01&to=2025-06-30",
        "/api/v1/scans/suspects",
        "/supervisor",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend([
        format!("/api/v1/lots?q={code}"),
        format!("/api/v1/lots?q={}", &code[..6]),
        format!("/api/v1/lots?q={}&sort=code", county.gtin(3)),
        format!("/api/v1/lots?gtin={gtin}"),
        format!("/api/v1/lots?after={middle}"),
        format!("/api/v1/lots?after={middle}&sort=code"),
        format!("/api/v1/lots?after={middle}&sort=harvested&q=%E5%A4%A7%E7%B1%B3"),
        format!("/api/v1/lots/{middle}"),
        format!("/api/v1/lots/{middle}/graph"),
        format!("/api/v1/lots/{middle}/steps"),
        format!("/api/v1/tests?lot={}", county.labelled() / 2),
        format!("/api/v1/labels?lot={}", county.labelled() / 2),
        format!("/api/v1/labels?after={run}-7"),
        format!("/api/v1/label-runs/{run}"),
    ]);
    paths
}

fn of_producer(county: &County) -> Vec<String> {
    // The first product, and with it this lot, is the first producer's.
    let own = county.size.products * (county.size.lots / county.size.products / 2).max(1);
    vec![
        "/api/v1/products".to_owned(),
        "/api/v1/lots".to_owned(),
        "/api/v1/lots?sort=code".to_owned(),
        "/api/v1/lots?sort=harvested".to_owned(),
        "/api/v1/lots?state=held".to_owned(),
        "/api/v1/lots?q=B0".to_owned(),
        "/api/v1/labels".to_owned(),
        "/api/v1/shipments".to_owned(),
        format!("/api/v1/lots/{own}"),
        "/producer".to_owned(),
        "/producer?sort=code".to_owned(),
        "/producer?q=B0&state=released".to_owned(),
        "/producer/records".to_owned(),
        format!("/producer/lots/{own}"),
        format!("/producer/lots/{own}/check"),
        format!("/producer/lots/{own}/labels"),
    ]
}

fn of_public(county: &County) -> Vec<String> {
    let link = county.link(county.labelled() / 3 * county::RUN_LABELS + 3);
    let lot = link.split("/21/").next().unwrap_or_default().to_owned();
    vec![
        "/".to_owned(),
        "/catalogue".to_owned(),
        "/catalogue?q=%E8%8E%93%E8%8C%B6".to_owned(),
        format!("/01/{}", county.gtin(7)),
        lot,
        format!("{link}?linkType=linkset"),
        link,
        "/kiosk/recent".to_owned(),
        "/wall/panels".to_owned(),
    ]
}

async fn sign_in(client: &Client, stem: &str, login: &str) -> anyhow::Result<String> {
    let body = json!({ "account": login, "password": PASSWORD });
    let reply = client.post(format!("{stem}/api/v1/sessions")).json(&body);
    let reply: serde_json::Value = reply.send().await?.error_for_status()?.json().await?;
    let token = reply["token"].as_str().context("no token")?;
    Ok(token.to_owned())
}

async fn ask(
    client: &Client,
    stem: &str,
    (login, token): (&str, Option<&str>),
    path: &str,
) -> anyhow::Result<()> {
    let (mut first, mut whole, mut bytes) = (Rounds::new(0.0), Rounds::new(0.0), 0);
    for number in 0..=REQUESTS {
        let mut request = client.get(format!("{stem}{path}")).header("accept", "*/*");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let started = clock::instant();
        let reply = request.send().await?;
        let head = clock::instant() - started;
        ensure!(reply.status().is_success(), "{path}: {}", reply.status());
        bytes = reply.bytes().await?.len();
        if number > 0 {
            first.note_all(head);
            whole.note(started);
        }
    }
    print(&json!({
        "bench": "trace",
        "list": path,
        "as": login,
        "first_byte_ms_median": round(first.median_ms()),
        "ms_median": round(whole.median_ms()),
        "bytes": bytes,
    }));
    Ok(())
}

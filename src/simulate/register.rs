//! The operator's part of a simulation, over the HTTP API: signs in, registers gateways and
//! probes, and asks afterwards what is stored. Plain HTTP only; it is a tool for a test bench.

use anyhow::{Context, bail};
use model::time::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::recording::ChannelSpec;

/// A signed-in account at a server.
#[derive(Debug, Clone)]
pub struct Operator {
    client: Client,
    base: String,
    token: String,
}

#[derive(Deserialize)]
struct Session {
    token: String,
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

#[derive(Deserialize)]
struct Count {
    reports: u64,
}

/// What to register as a probe.
#[derive(Debug, Clone, Copy)]
pub struct ProbeSpec<'a> {
    /// The probe's name at its gateway.
    pub name: &'a str,
    /// How often it measures, seconds.
    pub interval_seconds: u32,
    /// What it measures.
    pub channels: &'a [ChannelSpec],
}

impl Operator {
    /// Signs in at `base`, the server's address without a path.
    pub async fn sign_in(base: &str, account: &str, password: &str) -> anyhow::Result<Self> {
        let client = Client::builder()
            .build()
            .context("the HTTP client cannot be built")?;
        let base = base.trim_end_matches('/').to_owned();
        let body = json!({ "account": account, "password": password });
        let request = client.post(format!("{base}/api/v1/sessions")).json(&body);
        let answer = send(request).await.context("cannot sign in")?;
        let session: Session = read(answer).await.context("cannot sign in")?;
        Ok(Self {
            client,
            base,
            token: session.token,
        })
    }

    /// Registers a gateway and gives its key; one that exists already gets a new key.
    pub async fn gateway(&self, id: &str, name: &str) -> anyhow::Result<String> {
        let context = || format!("cannot register gateway {id}");
        let body = json!({ "id": id, "name": name });
        let created = self
            .post("/api/v1/gateways", &body)
            .await
            .with_context(context)?;
        let answer = if created.status() == StatusCode::CONFLICT {
            let path = format!("/api/v1/gateways/{id}/key");
            self.post(&path, &json!({})).await.with_context(context)?
        } else {
            created
        };
        Ok(read::<Key>(answer).await.with_context(context)?.key)
    }

    /// Registers a probe; one that exists already is left as it is.
    pub async fn probe(&self, gateway: &str, probe: ProbeSpec<'_>) -> anyhow::Result<()> {
        let context = || format!("cannot register probe {gateway}/{}", probe.name);
        let path = format!("/api/v1/gateways/{gateway}/probes");
        let answer = self
            .post(&path, &probe_body(probe))
            .await
            .with_context(context)?;
        if answer.status() != StatusCode::CONFLICT {
            read::<Value>(answer).await.with_context(context)?;
        }
        Ok(())
    }

    /// How many readings of a probe are stored from `from` to `to`, both included.
    pub async fn count(
        &self,
        gateway: &str,
        probe: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> anyhow::Result<u64> {
        let context = || format!("cannot ask what is stored of {gateway}/{probe}");
        // One microsecond more, so that it does not matter whether the server counts its end.
        let (from, to) = (rfc3339(from)?, rfc3339(Timestamp(to.0.saturating_add(1)))?);
        let path =
            format!("/api/v1/gateways/{gateway}/probes/{probe}/readings/count?from={from}&to={to}");
        let answer = send(self.request(Method::GET, &path))
            .await
            .with_context(context)?;
        Ok(read::<Count>(answer).await.with_context(context)?.reports)
    }

    /// Registers a camera; one that exists already is left as it is.
    pub async fn camera(&self, gateway: &str, name: &str, interval_s: i64) -> anyhow::Result<()> {
        let context = || format!("cannot register camera {gateway}/{name}");
        let path = format!("/api/v1/gateways/{gateway}/cameras");
        let body = json!({ "name": name, "interval_seconds": interval_s });
        let answer = self.post(&path, &body).await.with_context(context)?;
        if answer.status() != StatusCode::CONFLICT {
            read::<Value>(answer).await.with_context(context)?;
        }
        Ok(())
    }

    /// How many pictures of a camera are stored from `from` on, 500 at most.
    pub async fn count_pictures(
        &self,
        gateway: &str,
        camera: &str,
        from: Timestamp,
    ) -> anyhow::Result<u64> {
        let context = || format!("cannot ask what is stored of {gateway}/{camera}");
        let from = rfc3339(from)?;
        let path = format!("/api/v1/gateways/{gateway}/cameras/{camera}/pictures");
        let request = self.request(Method::GET, &format!("{path}?limit=500&from={from}"));
        let answer = send(request).await.with_context(context)?;
        let listed = read::<Value>(answer).await.with_context(context)?;
        Ok(listed["pictures"].as_array().map_or(0, Vec::len) as u64)
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Response> {
        send(self.request(Method::POST, path).json(body)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token)
    }
}

fn probe_body(probe: ProbeSpec<'_>) -> Value {
    let channels: Vec<Value> = probe
        .channels
        .iter()
        .map(|spec| {
            json!({
                "name": spec.channel.name,
                "quantity": spec.quantity.code(),
                "unit": spec.channel.unit,
                "valid_min": spec.valid_min,
                "valid_max": spec.valid_max,
            })
        })
        .collect();
    json!({
        "name": probe.name,
        "interval_seconds": probe.interval_seconds,
        "channels": channels,
    })
}

async fn send(request: RequestBuilder) -> anyhow::Result<Response> {
    request.send().await.context("the server cannot be reached")
}

/// The body of a success, or the reason of a refusal.
async fn read<T: for<'de> Deserialize<'de>>(answer: Response) -> anyhow::Result<T> {
    let status = answer.status();
    let body = answer.text().await.context("the answer broke off")?;
    if !status.is_success() {
        bail!("{status}: {}", reason(&body));
    }
    serde_json::from_str(&body).context("the answer is not what was agreed on")
}

/// The readable part of an RFC 9457 problem, or the start of whatever else came.
fn reason(body: &str) -> String {
    let problem: Value = serde_json::from_str(body).unwrap_or(Value::Null);
    let text = |name: &str| problem.get(name).and_then(Value::as_str);
    match (text("title"), text("detail")) {
        (Some(title), Some(detail)) => format!("{title}: {detail}"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => body.chars().take(200).collect(),
    }
}

fn rfc3339(time: Timestamp) -> anyhow::Result<String> {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.0) * 1_000)
        .context("the time is outside the calendar")?;
    time.format(&Rfc3339).context("the time cannot be written")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::board::CHANNELS;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;

    /// A server of one answer a connection; gives back what it was asked.
    async fn server(
        answers: Vec<(&'static str, &'static str)>,
    ) -> (String, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let base = format!("http://{}/", listener.local_addr().expect("an address"));
        let task = tokio::spawn(async move {
            let mut asked = Vec::new();
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().await.expect("a client");
                let mut request = String::new();
                while !is_whole(&request) {
                    let mut buffer = [0; 4_096];
                    let read = stream.read(&mut buffer).await.expect("a request");
                    request.push_str(&String::from_utf8_lossy(&buffer[..read]));
                }
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
                let answer = format!("{head}connection: close\r\n\r\n{body}");
                stream
                    .write_all(answer.as_bytes())
                    .await
                    .expect("the client listens");
                asked.push(request);
            }
            asked
        });
        (base, task)
    }

    fn is_whole(request: &str) -> bool {
        let Some((head, body)) = request.split_once("\r\n\r\n") else {
            return false;
        };
        let length = head.to_ascii_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length: ")
                .and_then(|text| text.parse::<usize>().ok())
        });
        body.len() >= length.unwrap_or(0)
    }

    const SIGNED_IN: (&str, &str) = ("201 Created", r#"{"token":"t0"}"#);

    #[tokio::test]
    async fn a_gateway_that_exists_gets_a_new_key() {
        let (base, task) = server(vec![
            SIGNED_IN,
            ("409 Conflict", r#"{"title":"exists"}"#),
            ("200 OK", r#"{"key":"k1"}"#),
        ])
        .await;
        let operator = Operator::sign_in(&base, "a", "p").await.expect("signed in");
        assert_eq!(
            operator
                .gateway("sim-0001", "name")
                .await
                .expect("registered"),
            "k1"
        );
        let asked = task.await.expect("the server ends");
        assert!(asked[0].starts_with("POST /api/v1/sessions HTTP/1.1"));
        assert!(asked[0].ends_with(r#"{"account":"a","password":"p"}"#));
        assert!(asked[1].to_lowercase().contains("authorization: bearer t0"));
        assert!(asked[1].ends_with(r#"{"id":"sim-0001","name":"name"}"#));
        assert!(asked[2].starts_with("POST /api/v1/gateways/sim-0001/key HTTP/1.1"));
    }

    #[tokio::test]
    async fn a_probe_is_described_whole_and_may_exist_already() {
        let (base, task) = server(vec![
            SIGNED_IN,
            ("201 Created", "{}"),
            ("409 Conflict", "{}"),
        ])
        .await;
        let operator = Operator::sign_in(&base, "a", "p").await.expect("signed in");
        let probe = ProbeSpec {
            name: "p",
            interval_seconds: 60,
            channels: &CHANNELS[..1],
        };
        operator.probe("g", probe).await.expect("registered");
        operator.probe("g", probe).await.expect("there already");
        let asked = task.await.expect("the server ends");
        let body = asked[1]
            .split_once("\r\n\r\n")
            .map(|(_, body)| body)
            .unwrap_or_default();
        assert_eq!(
            serde_json::from_str::<Value>(body).expect("JSON"),
            json!({"name": "p", "interval_seconds": 60, "channels": [{
                "name": "temperature", "quantity": "air-temperature", "unit": "Cel",
                "valid_min": -40.0, "valid_max": 85.0
            }]})
        );
    }

    #[tokio::test]
    async fn the_count_is_asked_for_the_whole_time_to_the_microsecond() {
        let (base, task) = server(vec![SIGNED_IN, ("200 OK", r#"{"reports":3,"values":9}"#)]).await;
        let operator = Operator::sign_in(&base, "a", "p").await.expect("signed in");
        let (from, to) = (
            Timestamp(1_736_035_200_000_000),
            Timestamp(1_736_035_200_000_001),
        );
        assert_eq!(
            operator.count("g", "p", from, to).await.expect("counted"),
            3
        );
        let asked = task.await.expect("the server ends");
        let question = "from=2025-01-05T00:00:00Z&to=2025-01-05T00:00:00.000002Z";
        let path = "/api/v1/gateways/g/probes/p/readings/count";
        let expected = format!("GET {path}?{question} HTTP/1.1");
        assert_eq!(asked[1].lines().next(), Some(expected.as_str()));
    }

    #[tokio::test]
    async fn a_refusal_says_what_the_server_said() {
        let problem = r#"{"title":"Unauthorized","detail":"wrong account or password"}"#;
        let (base, task) = server(vec![("401 Unauthorized", problem)]).await;
        let error = Operator::sign_in(&base, "a", "p")
            .await
            .expect_err("refused");
        let expected = "cannot sign in: 401 Unauthorized: Unauthorized: wrong account or password";
        assert_eq!(format!("{error:#}"), expected);
        task.await.expect("the server ends");
    }

    #[test]
    fn what_is_no_problem_document_is_shown_in_part() {
        assert_eq!(reason("<html>").as_str(), "<html>");
        assert_eq!(reason(r#"{"detail":"d"}"#).as_str(), "d");
        assert_eq!(reason(&"x".repeat(500)).len(), 200);
    }
}

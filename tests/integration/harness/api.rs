//! A client of the API that keeps its token and fails with what the server said.

use anyhow::{Context, ensure};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// Somebody signed in.
#[derive(Clone)]
pub struct Api {
    client: Client,
    base: String,
    token: String,
}

impl Api {
    /// Signs in over the API.
    pub async fn sign_in(base: &str, account: &str, password: &str) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().build()?;
        let mut api = Self {
            client,
            base: base.to_owned(),
            token: String::new(),
        };
        let session = api
            .post(
                "/api/v1/sessions",
                &json!({"account": account, "password": password}),
            )
            .await?;
        session["token"]
            .as_str()
            .context("no token")?
            .clone_into(&mut api.token);
        Ok(api)
    }

    /// Reads a resource; anything but success is an error.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.expect(Method::GET, path, None).await
    }

    /// Writes a resource; anything but success is an error.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.expect(Method::POST, path, Some(body)).await
    }

    async fn expect(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let (status, answer) = self.call(method, path, body).await?;
        ensure!(status.is_success(), "{path}: {status} {answer}");
        Ok(answer)
    }

    /// Any call, with its status.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.with_context(|| path.to_owned())?;
        let status = response.status();
        let text = response.text().await?;
        Ok((
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        ))
    }

    /// The bytes of a resource.
    pub async fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let request = self
            .client
            .get(format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        let response = request.send().await?.error_for_status()?;
        Ok(response.bytes().await?.to_vec())
    }

    /// A response whose body is read piece by piece.
    pub async fn stream(&self, path: &str) -> anyhow::Result<reqwest::Response> {
        let request = self
            .client
            .get(format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        Ok(request.send().await?.error_for_status()?)
    }

    /// Registers a gateway with one probe that measures temperature, humidity and soil moisture
    /// every 15 minutes; returns the gateway's key.
    pub async fn register(&self, gateway: &str, probe: &str) -> anyhow::Result<String> {
        let made = self
            .post("/api/v1/gateways", &json!({"id": gateway, "name": gateway}))
            .await?;
        let channel = |name: &str, quantity: &str, unit: &str, min: f32, max: f32| {
            json!({"name": name, "quantity": quantity, "unit": unit,
                   "valid_min": min, "valid_max": max})
        };
        let probe = json!({
            "name": probe,
            "interval_seconds": 900,
            "channels": [
                channel("temperature", "air-temperature", "Cel", -40.0, 85.0),
                channel("humidity", "air-humidity", "%RH", 0.0, 100.0),
                channel("soil-moisture", "soil-moisture", "%", 0.0, 100.0),
            ],
        });
        self.post(&format!("/api/v1/gateways/{gateway}/probes"), &probe)
            .await?;
        Ok(made["key"].as_str().context("no key")?.to_owned())
    }

    /// The raw readings of a probe, newest first.
    pub async fn readings(&self, gateway: &str, probe: &str) -> anyhow::Result<Vec<Value>> {
        let path = format!(
            "/api/v1/gateways/{gateway}/probes/{probe}/readings?from=2020-01-01T00:00:00Z&limit=10000"
        );
        let answer = self.get(&path).await?;
        answer["readings"]
            .as_array()
            .cloned()
            .context("no readings")
    }
}

//! A small county for tests: two producers with a product and a plot each, one account of every
//! role and one of the rival's staff, a fixed clock and seeded chance.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use model::gs1::Gtin;
use rand::rngs::StdRng;
use rand::{RngCore as _, SeedableRng as _};
use serde_json::Value;
use store::account::{self, NewAccount, Role};
use store::picture::{Album, Location};
use store::plot::{self, NewPlot};
use store::producer::{self, NewProducer};
use store::product::{self, NewProduct};
use store::testing::TestDatabase;
use time::OffsetDateTime;
use time::macros::datetime;
use tower::ServiceExt as _;

use crate::mirror::note::Signer;
use crate::state::{AppState, Check, Setup};
use crate::upkeep::Upkeep;
use crate::{OidcConfig, router, token};

/// The present of every test: noon of 23 November in China.
pub(super) const NOW: OffsetDateTime = datetime!(2026-11-23 04:00 UTC);
/// The password of every account.
pub(super) const PASSWORD: &str = "correct horse";
/// Stem of the codes.
pub(super) const STEM: &str = "http://127.0.0.1:8080";

/// The county and its server.
pub(super) struct World {
    pub(super) state: AppState,
    pub(super) router: Router,
    /// The first producer.
    pub(super) own: Farm,
    /// The other one.
    pub(super) rival: Farm,
    accounts: Vec<(&'static str, i64)>,
}

/// A producer with what it needs for a lot.
#[derive(Debug, Clone)]
pub(super) struct Farm {
    pub(super) producer: i64,
    pub(super) plot: i64,
    pub(super) gtin: String,
}

/// What came back.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> Result<Value, Box<dyn Error>> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body of an answer that was to have this status.
    pub(super) fn expect(self, status: u16) -> Result<Self, Box<dyn Error>> {
        if self.status.as_u16() == status {
            return Ok(self);
        }
        Err(format!("{} instead of {status}: {}", self.status, self.text()).into())
    }
}

impl World {
    pub(super) async fn new() -> Result<Self, Box<dyn Error>> {
        Self::with_readiness(true).await
    }

    /// A county whose ingest is ready or not.
    pub(super) async fn with_readiness(ready: bool) -> Result<Self, Box<dyn Error>> {
        Self::with(ready, None, true, STEM).await
    }

    /// A county where nobody can sign in yet.
    pub(super) async fn without_accounts() -> Result<Self, Box<dyn Error>> {
        Self::with(true, None, false, STEM).await
    }

    /// A county that is reached at this address.
    pub(super) async fn at(public_url: &str) -> Result<Self, Box<dyn Error>> {
        Self::with(true, None, true, public_url).await
    }

    /// A county with an identity service.
    pub(super) async fn with_oidc(service: OidcConfig) -> Result<Self, Box<dyn Error>> {
        Self::with(true, Some(service), true, STEM).await
    }

    async fn with(
        ready: bool,
        oidc: Option<OidcConfig>,
        has_accounts: bool,
        public_url: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let database = TestDatabase::new().await?;
        let chance = Mutex::new(StdRng::seed_from_u64(42));
        let check = Check {
            name: "ingest".to_owned(),
            ready,
            detail: String::new(),
            facts: vec![("window_used_percent", 3.0)],
        };
        let state = AppState::new(Setup {
            store: database.store.clone(),
            album: Album::open(database.store.clone(), &Location::Memory)?,
            public_url: format!("{public_url}/"),
            demo: true,
            demo_accounts: vec![("lab".to_owned(), PASSWORD.to_owned())],
            demo_samples: Vec::new(),
            remind_days: 30,
            outline: None,
            oidc,
            label_templates: Some(
                concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/templates").into(),
            ),
            signer: Signer::new("test", [7; 32]).ok().map(Arc::new),
            clock: Arc::new(|| NOW),
            chance: Arc::new(move |bytes| {
                chance
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .fill_bytes(bytes);
            }),
            readiness: Arc::new(move || vec![check.clone()]),
            metrics: Arc::new(|| "suyuan_reports_stored_total 1\n".to_owned()),
            upkeep: Upkeep::default(),
        });
        let own = farm(&state, "莓茶合作社", "91433127000000001X", "0200000000001").await?;
        let rival = farm(&state, "大米公司", "914331270000000028", "0200000000002").await?;
        let mut accounts = Vec::new();
        for (login, role, producer_id) in [
            ("operator", Role::Operator, None),
            ("supervisor", Role::Supervisor, None),
            ("producer", Role::Producer, Some(own.producer)),
            ("lab", Role::Lab, None),
            ("rival", Role::Producer, Some(rival.producer)),
        ]
        .into_iter()
        .filter(|_| has_accounts)
        {
            accounts.push((
                login,
                insert_account(&state, login, role, producer_id).await?,
            ));
        }
        Ok(Self {
            router: router(state.clone()),
            state,
            own,
            rival,
            accounts,
        })
    }

    pub(super) async fn connection(&self) -> Result<store::Connection, store::StoreError> {
        self.state.store().acquire().await
    }

    /// Number of an account.
    pub(super) fn account(&self, login: &str) -> Option<i64> {
        let found = self.accounts.iter().find(|(name, _)| *name == login);
        found.map(|(_, id)| *id)
    }

    /// A fresh session of an account, as its token.
    pub(super) async fn token(&self, login: &str) -> Result<String, Box<dyn Error>> {
        let account = self.account(login).ok_or("no such account")?;
        let token = token::draw_token(&self.state);
        let hash = token::hash(&token);
        let expires = NOW + token::session_length();
        let mut connection = self.connection().await?;
        account::insert_session(&mut connection, &hash, account, NOW, expires).await?;
        Ok(token)
    }

    /// A request of an account, or of nobody.
    pub(super) async fn request(
        &self,
        login: Option<&str>,
        method: Method,
        path: &str,
    ) -> Result<axum::http::request::Builder, Box<dyn Error>> {
        let builder = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "test");
        Ok(match login {
            Some(login) => {
                let token = self.token(login).await?;
                builder.header(header::AUTHORIZATION, format!("Bearer {token}"))
            }
            None => builder,
        })
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Result<Reply, Box<dyn Error>> {
        let response = self.router.clone().oneshot(request).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes().to_vec();
        Ok(Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }

    pub(super) async fn get(&self, login: &str, path: &str) -> Result<Reply, Box<dyn Error>> {
        let request = self.request(Some(login), Method::GET, path).await?;
        self.send(request.body(Body::empty())?).await
    }

    pub(super) async fn post(
        &self,
        login: &str,
        path: &str,
        body: &Value,
    ) -> Result<Reply, Box<dyn Error>> {
        let request = self.request(Some(login), Method::POST, path).await?;
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string()))?).await
    }

    pub(super) async fn put(
        &self,
        login: &str,
        path: &str,
        body: &Value,
    ) -> Result<Reply, Box<dyn Error>> {
        let request = self.request(Some(login), Method::PUT, path).await?;
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string()))?).await
    }

    pub(super) async fn delete(&self, login: &str, path: &str) -> Result<Reply, Box<dyn Error>> {
        let request = self.request(Some(login), Method::DELETE, path).await?;
        self.send(request.body(Body::empty())?).await
    }

    /// What a browser without a session asks.
    pub(super) async fn visit(&self, path: &str) -> Result<Reply, Box<dyn Error>> {
        let request = Request::get(path).header(header::ACCEPT, "text/html,*/*;q=0.8");
        self.send(request.body(Body::empty())?).await
    }

    /// What a program asks for in a media type.
    pub(super) async fn fetch(&self, path: &str, accept: &str) -> Result<Reply, Box<dyn Error>> {
        self.send(
            Request::get(path)
                .header(header::ACCEPT, accept)
                .body(Body::empty())?,
        )
        .await
    }

    /// A form that a signed-in person's browser sends.
    pub(super) async fn submit(
        &self,
        login: &str,
        path: &str,
        form: &str,
    ) -> Result<Reply, Box<dyn Error>> {
        let cookie = format!("suyuan_session={}", self.token(login).await?);
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::ACCEPT, "text/html")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned()))?).await
    }
}

async fn farm(
    state: &AppState,
    name: &str,
    credit_code: &str,
    body: &str,
) -> Result<Farm, Box<dyn Error>> {
    let mut connection = state.store().acquire().await?;
    let new = NewProducer {
        credit_code,
        name,
        name_en: "A farm",
        kind: "cooperative",
        township: "万坪镇",
        address: "万坪镇 1 号",
        contact: "0743-1234567",
    };
    let producer = producer::insert(&mut connection, &new, NOW).await?;
    let new = NewPlot {
        producer_id: producer,
        name: "一号地",
        name_en: "Plot 1",
        township: "万坪镇",
        area_mu: 12.5,
        altitude_m: 620,
        latitude: 29.123_456,
        longitude: 109.654_321,
    };
    let plot = plot::insert(&mut connection, &new).await?;
    let gtin = Gtin::from_body(body)?.to_string();
    let new = NewProduct {
        producer_id: producer,
        gtin: &gtin,
        name: "莓茶",
        name_en: "Vine tea",
        category: "莓茶",
        variety: "显齿蛇葡萄",
        specification: "罐装 100 g",
        unit: "KGM",
        shelf_life_days: 540,
        regime: "promise",
        season: "3–10 月",
    };
    product::insert(&mut connection, &new, NOW).await?;
    Ok(Farm {
        producer,
        plot,
        gtin,
    })
}

async fn insert_account(
    state: &AppState,
    login: &str,
    role: Role,
    producer_id: Option<i64>,
) -> Result<i64, Box<dyn Error>> {
    let password_hash = cheap_hash()?;
    let new = NewAccount {
        login,
        display_name: login,
        role,
        producer_id,
        password_hash: &password_hash,
    };
    let mut connection = state.store().acquire().await?;
    Ok(account::insert(&mut connection, &new, NOW).await?)
}

/// A hash at the least cost: its own test proves the real one.
fn cheap_hash() -> Result<String, Box<dyn Error>> {
    let params = Params::new(8, 1, 1, None).map_err(|error| error.to_string())?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]);
    Ok(hash.map_err(|error| error.to_string())?.to_string())
}

//! The matrix role × route, tried and written down: `docs/roles.md` is what the routes really answer.
//! After a wanted change `just bless` writes it anew.

use std::fmt::Write as _;
use std::io::Write as _;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use store::account::{self, NewAccount, Role};
use tower::ServiceExt as _;

use super::Outcome;
use super::authority::filled;
use super::world::{NOW, World};
use crate::authority::{Action, rules};
use crate::token;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Where the matrix is kept.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/roles.md");

const HEAD: &str = "\
# Who may do what

Every route of the server and who gets past its door: **yes**, or `·` for a refusal (401 or 403).
A test tries each role on each route and compares this page with what came back; `just bless` writes
it anew. What a role may do is decided in `trace_api::authority` and nowhere else.

- **public** is anybody without a session.
- A **producer**'s staff see and change what is their own producer's; anybody else's is not there
  (404).
- An **instrument** never signs in: it signs each upload, and the signature is looked at behind the
  door. Its account is tried here all the same.
- A **gateway** has a key for MQTT alone; over HTTP it is the public. There it may publish below
  `suyuan/v1/{its own id}/` and subscribe to its own `committed` and `status` ([api.md](api.md)).
";

/// Who comes: the heading of a column, the role behind it, and the token that they bring.
struct Comer {
    name: &'static str,
    role: Option<Role>,
    token: Option<String>,
}

/// An account that should never sign in, with a session all the same.
async fn instrument(world: &World) -> Fallible<String> {
    let new = NewAccount {
        login: "instrument:np-12",
        display_name: "np-12",
        role: Role::Instrument,
        producer_id: None,
        password_hash: "!",
    };
    let mut connection = world.connection().await?;
    let id = account::insert(&mut connection, &new, NOW).await?;
    let token = token::draw_token(&world.state);
    let (hash, end) = (token::hash(&token), NOW + token::session_length());
    account::insert_session(&mut connection, &hash, id, NOW, end).await?;
    Ok(token)
}

/// One comer for each role, made anew: some routes end a session.
async fn comers(world: &World, instrument: &str) -> Fallible<Vec<Comer>> {
    let comer = |name, role, token| Comer { name, role, token };
    let mut all = vec![comer("public", None, None)];
    for role in [Role::Operator, Role::Supervisor, Role::Producer, Role::Lab] {
        let token = world.token(role.code()).await?;
        all.push(comer(role.code(), Some(role), Some(token)));
    }
    let device = Some(instrument.to_owned());
    all.push(comer("instrument", Some(Role::Instrument), device));
    all.push(comer("gateway", None, Some("demo-gw:its-key".to_owned())));
    Ok(all)
}

async fn status(
    world: &World,
    method: &axum::http::Method,
    path: &str,
    comer: &Comer,
) -> Fallible<StatusCode> {
    let mut request = Request::builder().method(method.clone()).uri(filled(path));
    if let Some(token) = &comer.token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let answer = world
        .router
        .clone()
        .oneshot(request.body(Body::empty())?)
        .await?;
    Ok(answer.status())
}

#[tokio::test]
async fn every_route_answers_whom_the_table_says_and_the_kept_matrix_is_true() -> Outcome {
    let world = World::new().await?;
    let device = instrument(&world).await?;
    let mut matrix = HEAD.to_owned();
    for (at, (method, path, action)) in rules().enumerate() {
        let comers = comers(&world, &device).await?;
        if at == 0 {
            let names: Vec<_> = comers.iter().map(|comer| comer.name).collect();
            write!(matrix, "\n| route | {} |\n|---|", names.join(" | "))?;
            writeln!(matrix, "{}", ":-:|".repeat(names.len()))?;
        }
        write!(matrix, "| `{method} {path}` |")?;
        for comer in &comers {
            let status = status(&world, method, path, comer).await?;
            let refusal = if comer.role.is_none() {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::FORBIDDEN
            };
            // An upload without a signature is refused with 401 behind the door, whoever brings it.
            let by_signature = *action == Action::UploadSigned;
            let passed = status != refusal || by_signature;
            let allowed = action.is_allowed(comer.role);
            assert_eq!(passed, allowed, "{} {method} {path}: {status}", comer.name);
            write!(matrix, " {} |", if passed { "yes" } else { "·" })?;
        }
        matrix.push('\n');
    }
    // Past cargo's capture: whoever runs the tests sees who may do what.
    writeln!(std::io::stderr(), "\n{matrix}")?;
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(KEPT, &matrix)?;
    }
    let kept = std::fs::read_to_string(KEPT)?;
    assert!(
        kept == matrix,
        "docs/roles.md is not what the routes answer; BLESS=1 writes it anew"
    );
    Ok(())
}

//! Gateways and cameras: registered, given keys, placed. A key is told once, to whoever asked for
//! it; only its hash is kept.

use model::id::{GatewayId, NameError, ProbeName};
use sha2::{Digest as _, Sha256};
use store::account::Account;
use store::camera::{self, CameraKey, NewCamera};
use store::gateway::{self, Credentials};
use store::{AnyConnection, StoreError, plot};
use time::OffsetDateTime;

use crate::act;
use crate::problem::{Answer, Kind, Problem};
use crate::rule::plausible;
use crate::state::AppState;
use crate::token;

/// Longest interval between two pictures: 31 days.
const INTERVAL_SECONDS_MAX: i32 = 31 * 86_400;

/// Registers a gateway; returns its key.
pub(crate) async fn register(
    state: &AppState,
    by: &Account,
    id: &str,
    name: Option<&str>,
) -> Answer<String> {
    let refuse = |error: NameError| {
        Problem::invalid(
            "id",
            error.to_string(),
            "编号须为 1 至 64 个字母、数字或 . _ -",
        )
    };
    let gateway = GatewayId::parse(id).map_err(refuse)?;
    let name = name.unwrap_or(id);
    plausible::text("name", name, 100)?;
    let (key, credentials) = draw_key(state);
    let mut transaction = act::begin(state, by).await?;
    let now = state.now();
    gateway::insert(&mut transaction, &gateway, name.trim(), &credentials, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(key)
}

/// Gives a gateway another key, and returns it; the one before is worth nothing. `seen` is the
/// [`mark`] of the key that the asker wants to replace: where it is another one by now, somebody
/// else was quicker or the form was sent twice, and nothing changes.
pub(crate) async fn renew_key(
    state: &AppState,
    by: &Account,
    id: &str,
    seen: Option<&str>,
) -> Answer<String> {
    let gateway = parse(id)?;
    let (key, credentials) = draw_key(state);
    let mut transaction = act::begin(state, by).await?;
    if let Some(seen) = seen {
        let present = gateway::find_credentials(&mut transaction, &gateway).await?;
        if mark(&present.ok_or_else(no_gateway)?) != seen {
            let en = "the key was changed since this page was shown; look whether it was you";
            let zh = "打开本页后密钥已被更换，请确认是否由您本人操作";
            return Err(Problem::told(Kind::EditConflict, en, zh));
        }
    }
    if !gateway::update_key(&mut transaction, &gateway, &credentials).await? {
        return Err(no_gateway());
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(key)
}

/// Tells one key of a gateway from the next, and nothing about it.
pub(crate) fn mark(credentials: &Credentials) -> String {
    let digest = Sha256::new()
        .chain_update(&credentials.salt)
        .chain_update(&credentials.hash)
        .finalize();
    let mut head = [0; 8];
    head.copy_from_slice(&digest[..8]);
    format!("{:016x}", u64::from_be_bytes(head))
}

/// A fresh key and what is stored of it.
fn draw_key(state: &AppState) -> (String, Credentials) {
    let key = token::draw_key(state);
    let credentials = Credentials::of_key(key.as_bytes(), state.draw());
    (key, credentials)
}

/// The gateway of a path; what is no name is no gateway.
pub(crate) fn parse(id: &str) -> Answer<GatewayId> {
    GatewayId::parse(id).map_err(|_| no_gateway())
}

pub(crate) fn no_gateway() -> Problem {
    Problem::told(Kind::NotFound, "there is no such gateway", "没有这个网关")
}

/// A name of a probe or camera.
pub(crate) fn device_name(name: &str) -> Answer<ProbeName> {
    ProbeName::parse(name).map_err(|error| {
        let zh = "名称须为 1 至 64 个字母、数字或 . _ -";
        Problem::invalid("name", error.to_string(), zh)
    })
}

/// Registers a camera, looking at a plot since a time where one is given.
pub(crate) async fn register_camera(
    state: &AppState,
    by: &Account,
    id: &str,
    (name, interval_seconds): (&str, i32),
    (plot_id, since): (Option<i64>, Option<OffsetDateTime>),
) -> Answer<()> {
    let gateway = parse(id)?;
    let name = device_name(name)?;
    if !(1..=INTERVAL_SECONDS_MAX).contains(&interval_seconds) {
        let en = format!("1 to {INTERVAL_SECONDS_MAX} seconds");
        let zh = "拍摄间隔须为 1 秒至 31 天";
        return Err(Problem::invalid("interval_seconds", en, zh));
    }
    let now = state.now();
    let row = NewCamera {
        gateway: &gateway,
        name: &name,
        interval_seconds,
    };
    let mut transaction = act::begin(state, by).await?;
    let key = camera::insert(&mut transaction, &row, now).await?;
    if let Some(plot_id) = plot_id {
        camera::place(&mut transaction, key, plot_id, since.unwrap_or(now)).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Notes that a camera looks at another plot since a time, now where none is given; returns it.
pub(crate) async fn place_camera(
    state: &AppState,
    by: &Account,
    (id, name): (&str, &str),
    plot_id: i64,
    since: Option<OffsetDateTime>,
) -> Answer<OffsetDateTime> {
    let since = since.unwrap_or_else(|| state.now());
    let mut transaction = act::begin(state, by).await?;
    let key = find_camera(&mut transaction, (id, name)).await?;
    camera::place(&mut transaction, key, plot_id, since).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(since)
}

/// The camera of a path.
pub(crate) async fn find_camera(
    connection: &mut AnyConnection,
    (gateway, name): (&str, &str),
) -> Answer<CameraKey> {
    let nothing = || Problem::told(Kind::NotFound, "there is no such camera", "没有这个摄像头");
    let gateway = GatewayId::parse(gateway).map_err(|_| nothing())?;
    let name = ProbeName::parse(name).map_err(|_| nothing())?;
    let found = camera::find_key(connection, &gateway, &name).await?;
    found.ok_or_else(nothing)
}

/// Where a probe or camera stood, oldest first.
pub(crate) async fn list_placements(
    connection: &mut AnyConnection,
    kind: &str,
    (gateway, name): (&str, &str),
) -> Answer<Vec<plot::Placement>> {
    Ok(plot::list_placements(connection, Some((kind, gateway, name)), None).await?)
}

//! `/operator`: gathers how the server is from everything that knows a part of it.

use axum::extract::State;
use axum::response::Response;
use store::gateway::{self, Gateway};
use store::{backup, dead_letter, print_job, settle};
use time::Duration;

use super::count;
use crate::ops;
use crate::page::operator::gateway::GatewayRow;
use crate::page::operator::health::{CheckRow, HealthView, fragment as part, page};
use crate::problem::Answer;
use crate::state::{AppState, Check, timestamp};
use crate::web::{Here, cameras};

/// A gateway that sent nothing for so long is silent.
const SILENT: Duration = Duration::HOUR;
/// Most silent gateways that are named.
const SILENT_MAX: usize = 20;

/// Shows how the server is.
pub(super) async fn show(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = view(&state).await?;
    here.answer(page(&here.site, &view))
}

/// The same, for the page that is open.
pub(super) async fn fragment(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = view(&state).await?;
    here.answer(part(&here.site, &view))
}

async fn view(state: &AppState) -> Answer<HealthView> {
    let checks = ops::look(state).await;
    let disk = state.setup().upkeep.disk.clone();
    let disk = tokio::task::spawn_blocking(move || disk()).await;
    let mut connection = state.store().acquire().await?;
    let tally = dead_letter::tally(&mut connection).await?;
    let mut gateways = gateway::list(&mut connection).await?;
    gateways.sort_by_key(|gateway| gateway.last_seen_at);
    let heard = state.now() - SILENT;
    let is_silent = |row: &Gateway| row.enabled && row.last_seen_at.is_none_or(|at| at < heard);
    let last = backup::last(&mut connection).await?;
    let failed = backup::last_failure(&mut connection).await?;
    Ok(HealthView {
        checks: checks.into_iter().map(check_row).collect(),
        disk: disk.ok().flatten().map(|disk| (disk.total, disk.free)),
        database_bytes: count(backup::database_bytes(&mut connection).await?),
        backup: last.map(|made| timestamp(made.made_at)),
        backup_failed: failed.map(|failed| timestamp(failed.begun_at)),
        gateways: gateways.len() as u64,
        silent: gateways
            .into_iter()
            .filter(is_silent)
            .take(SILENT_MAX)
            .map(gateway_row)
            .collect(),
        refused: tally.iter().map(|row| count(row.open)).sum(),
        replaying: tally.iter().map(|row| count(row.waiting)).sum(),
        paused: count(print_job::count_paused(&mut connection).await?),
        behind: count(settle::count_waiting(&mut connection).await?),
        cameras: cameras::cards(&mut connection, state.now()).await?,
    })
}

fn check_row(check: Check) -> CheckRow {
    let fact = |name: &str| {
        let mut facts = check.facts.iter();
        facts.find(|(fact, _)| *fact == name).map(|(_, n)| *n)
    };
    CheckRow {
        window_percent: fact("window_used_percent"),
        oldest_s: fact("oldest_unacknowledged_seconds"),
        name: check.name,
        ready: check.ready,
        detail: check.detail,
    }
}

/// A gateway as this desk shows it.
pub(super) fn gateway_row(row: Gateway) -> GatewayRow {
    GatewayRow {
        id: row.id,
        name: row.name,
        online: row.online,
        enabled: row.enabled,
        last_seen: row.last_seen_at.map(timestamp),
        probes: count(row.probes),
    }
}

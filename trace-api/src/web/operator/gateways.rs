//! `/operator/gateways`: registered, given keys that are shown once, and what stands behind them.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use label_printer::code_svg;
use store::camera::{self, Filter};
use store::{AnyConnection, gateway, plot, probe, profile, reading};
use url::Url;

use super::health::gateway_row;
use super::{chosen, moment, number, probes};
use crate::act;
use crate::act::gateway::{mark, no_gateway, parse};
use crate::act::probe::Measures;
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::operator::gateway::{
    CameraPlace, GatewayView, GatewaysView, KeyView, Port, key as key_page, list as list_page,
    page, rows as row_page, state as state_page,
};
use crate::page::operator::{Typed, choice, encoded};
use crate::page::producer::Choice;
use crate::problem::{Answer, Problem};
use crate::state::AppState;
use crate::web::words::words;
use crate::web::{Here, cameras, see_other};

/// Lists gateways.
pub(super) async fn list(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = list_view(&state, Typed::default()).await?;
    here.answer(list_page(&here.site, &view))
}

/// The rows of the list, for the page that is open.
pub(super) async fn rows(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = list_view(&state, Typed::default()).await?;
    here.answer(row_page(&here.site, &view))
}

async fn list_view(state: &AppState, typed: Typed) -> Answer<GatewaysView> {
    let mut connection = state.store().acquire().await?;
    let mut gateways = gateway::list(&mut connection).await?;
    gateways.sort_by_key(|gateway| gateway.last_seen_at);
    Ok(GatewaysView {
        rows: gateways.into_iter().map(gateway_row).collect(),
        typed,
    })
}

/// Registers a gateway and shows its key once.
pub(super) async fn register(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let id = typed.get("id").trim();
    let drawn = act::gateway::register(&state, &caller.account, id, typed.some("name")).await;
    match drawn {
        Ok(key) => {
            let view = key_view(&state, id, key, true);
            here.answer(key_page(&here.site, &view))
        }
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = list_view(&state, typed).await?;
            here.refuse(&problem, list_page(&here.site, &view))
        }
    }
}

/// Draws another key for a gateway and shows it once.
pub(super) async fn renew(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<String>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let seen = Some(typed.get("mark"));
    match act::gateway::renew_key(&state, &caller.account, &id, seen).await {
        Ok(key) => {
            let view = key_view(&state, &id, key, false);
            here.answer(key_page(&here.site, &view))
        }
        Err(problem) => refused((&state, here), &id, problem, typed).await,
    }
}

/// What a gateway's set-up asks for. Devices reach the server by the name that labels have, unless
/// its operator knows better.
fn key_view(state: &AppState, id: &str, key: String, is_new: bool) -> KeyView {
    let url = Url::parse(state.public_url()).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let doors = &state.setup().upkeep.doors;
    let code = doors.first().and_then(|door| {
        let scheme = if door.tls { "mqtts" } else { "mqtt" };
        let (user, password) = (encoded(id), encoded(&key));
        let address = format!("{scheme}://{user}:{password}@{host}:{}", door.port);
        let svg = code_svg(&address)?;
        Some((address, svg))
    });
    let port = |door: &crate::upkeep::Door| Port {
        number: door.port,
        tls: door.tls,
    };
    KeyView {
        id: id.to_owned(),
        host: host.to_owned(),
        ports: doors.iter().map(port).collect(),
        code,
        key,
        is_new,
    }
}

/// Shows a gateway.
pub(super) async fn show(
    State(state): State<AppState>,
    here: Here,
    Named(id): Named<String>,
) -> Answer<Response> {
    let view = view(&state, &id, Typed::default()).await?;
    here.answer(page(&here.site, &view))
}

/// How a gateway is, for the page that is open.
pub(super) async fn state(
    State(state): State<AppState>,
    here: Here,
    Named(id): Named<String>,
) -> Answer<Response> {
    let mut connection = state.store().acquire().await?;
    let view = present(&state, &mut connection, &id).await?;
    here.answer(state_page(&here.site, &view))
}

async fn view(state: &AppState, id: &str, typed: Typed) -> Answer<GatewayView> {
    let mut connection = state.store().acquire().await?;
    let gateway = parse(id)?;
    let credentials = gateway::find_credentials(&mut connection, &gateway).await?;
    let profiles = profile::list(&mut connection).await?;
    let known = profiles.into_iter().filter(|one| !one.name.contains('/'));
    Ok(GatewayView {
        mark: mark(&credentials.ok_or_else(no_gateway)?),
        profiles: known.map(|one| profile_choice(&one)).collect(),
        plots: plots(&mut connection).await?,
        typed,
        ..present(state, &mut connection, id).await?
    })
}

/// What of a gateway's page changes while it is open.
async fn present(
    state: &AppState,
    connection: &mut AnyConnection,
    id: &str,
) -> Answer<GatewayView> {
    let gateway = parse(id)?;
    let row = gateway::find(connection, &gateway).await?;
    let known = probe::list(connection, Some(&gateway)).await?;
    let now = state.now();
    let keys: Vec<_> = known.iter().map(|probe| probe.key).collect();
    let latest = reading::list_latest_of(connection, &keys, now).await?;
    let latest: HashMap<_, _> = latest.into_iter().collect();
    let mut stands: HashMap<String, String> = HashMap::new();
    for probe in &known {
        let device = (id, probe.name.as_str());
        let placed = act::gateway::list_placements(connection, "probe", device).await?;
        let mut placed = placed.into_iter().filter(|one| one.valid_from <= now);
        if let Some(one) = placed.rfind(|one| one.valid_to.is_none_or(|to| to > now)) {
            stands.insert(probe.name.to_string(), one.plot);
        }
    }
    let filter = Filter {
        gateway: Some(id.to_owned()),
        producer: None,
    };
    let found = camera::list(connection, &filter, now).await?;
    let probes = known.iter().map(|probe| {
        let plot = stands.remove(probe.name.as_str());
        probes::row(probe, latest.get(&probe.key), plot)
    });
    Ok(GatewayView {
        row: gateway_row(row.ok_or_else(no_gateway)?),
        probes: probes.collect(),
        cameras: found
            .into_iter()
            .map(|row| CameraPlace {
                name: row.name.clone(),
                interval_s: row.interval_seconds,
                card: cameras::card(row),
            })
            .collect(),
        ..GatewayView::default()
    })
}

/// A profile in a selection.
pub(super) fn profile_choice(profile: &profile::Profile) -> Choice {
    let label = format!("{} v{}", profile.name, profile.version);
    choice(profile.id.to_string(), label)
}

/// Plots in a selection.
pub(super) async fn plots(connection: &mut AnyConnection) -> Answer<Vec<Choice>> {
    let plots = plot::list(connection, None).await?.into_iter();
    let choice = |row: plot::Plot| Choice {
        label: words(
            &format!("{} · {}", row.name, row.township),
            &format!("{} · {}", row.name_en, row.township),
        ),
        value: row.id.to_string(),
    };
    Ok(plots.map(choice).collect())
}

/// Registers a probe.
pub(super) async fn add_probe(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<String>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let register = async {
        let profile = number("profile_id", typed.get("profile"))?;
        let stands = (
            chosen("plot_id", typed.some("plot"))?,
            moment("since", typed.some("since"))?,
        );
        let device = (id.as_str(), typed.get("name").trim());
        let measures = Measures::Known(profile);
        act::probe::register(&state, &caller.account, device, measures, stands).await
    };
    match register.await {
        Ok(_) => Ok(see_other(&format!("/operator/gateways/{id}"), "probe")),
        Err(problem) => refused((&state, here), &id, problem, typed).await,
    }
}

/// Registers a camera.
pub(super) async fn add_camera(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<String>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let register = async {
        let minutes: i32 = number("interval_seconds", typed.get("interval"))?;
        let looks = (
            chosen("plot_id", typed.some("plot"))?,
            moment("since", typed.some("since"))?,
        );
        let camera = (typed.get("name").trim(), minutes.saturating_mul(60));
        act::gateway::register_camera(&state, &caller.account, &id, camera, looks).await
    };
    match register.await {
        Ok(()) => Ok(see_other(&format!("/operator/gateways/{id}"), "camera")),
        Err(problem) => refused((&state, here), &id, problem, Typed::default()).await,
    }
}

/// Notes that a camera looks at another plot.
pub(super) async fn place_camera(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named((id, name)): Named<(String, String)>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let place = async {
        let plot_id = number("plot_id", typed.get("plot"))?;
        let since = moment("since", typed.some("since"))?;
        let device = (id.as_str(), name.as_str());
        act::gateway::place_camera(&state, &caller.account, device, plot_id, since).await
    };
    match place.await {
        Ok(_) => Ok(see_other(&format!("/operator/gateways/{id}"), "placed")),
        Err(problem) => refused((&state, here), &id, problem, Typed::default()).await,
    }
}

/// The page of a gateway with why something was not done.
async fn refused(
    (state, here): (&AppState, Here),
    id: &str,
    problem: Problem,
    typed: Typed,
) -> Answer<Response> {
    let (here, problem) = here.with_refusal(problem)?;
    let view = view(state, id, typed).await?;
    here.refuse(&problem, page(&here.site, &view))
}

//! `/operator/gateways/{gateway}/probes/{probe}`: one probe, and what an operator notes of it.

use axum::extract::State;
use axum::response::Response;
use model::scheme::Scheme;
use store::probe::{self, Probe};
use store::reading::{self, Stored};
use store::{calibration, device, profile};

use super::gateways::{plots, profile_choice};
use super::{chosen, moment, number};
use crate::act;
use crate::act::probe::{NewCalibration, alias_name, find};
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::operator::Typed;
use crate::page::operator::probe::{
    AliasRow, CalibrationRow, ChannelValue, PlacementRow, ProbeRow, ProbeView, page,
};
use crate::problem::{Answer, Kind, Problem};
use crate::state::{AppState, timestamp};
use crate::web::{Here, see_other};

/// A gateway and a probe of it, as the path has them.
type Device = (String, String);

/// A probe in a list, with what it said last.
pub(super) fn row(probe: &Probe, latest: Option<&Stored>, plot: Option<String>) -> ProbeRow {
    let values = probe.channels.iter().enumerate().map(|(at, channel)| {
        let value = latest.and_then(|report| report.values.get(at).copied().flatten());
        ChannelValue {
            name: channel.name.clone(),
            quantity: match channel.quantity {
                model::unit::Quantity::Other => channel.name.clone(),
                known => known.code().to_owned(),
            },
            unit: channel.unit.clone(),
            valid_min: f64::from(channel.valid_min),
            valid_max: f64::from(channel.valid_max),
            outside: value
                .is_some_and(|value| value < channel.valid_min || value > channel.valid_max),
            value: value.map(f64::from),
        }
    });
    ProbeRow {
        name: probe.name.to_string(),
        plot,
        interval_s: probe.interval_seconds,
        last: latest.map(|report| timestamp(report.time)),
        values: values.collect(),
    }
}

/// Shows a probe.
pub(super) async fn show(
    State(state): State<AppState>,
    here: Here,
    Named(device): Named<Device>,
) -> Answer<Response> {
    let view = view(&state, &device, Typed::default()).await?;
    here.answer(page(&here.site, &view))
}

async fn view(state: &AppState, (gateway, name): &Device, typed: Typed) -> Answer<ProbeView> {
    let named = (gateway.as_str(), name.as_str());
    let mut connection = state.store().acquire().await?;
    let probe = find(&mut connection, named).await?;
    let latest = reading::list_latest_of(&mut connection, &[probe.key], state.now()).await?;
    let latest = latest.first().map(|(_, report)| report);
    let placed = act::gateway::list_placements(&mut connection, "probe", named).await?;
    let corrected = calibration::list(&mut connection, Some(probe.key)).await?;
    let aliases = device::list_aliases(&mut connection, Some(probe.key)).await?;
    let mut had = Vec::new();
    for one in probe::list_uses(&mut connection, probe.key).await? {
        let found = profile::find(&mut connection, one.profile_id).await?;
        had.extend(found.map(|found| (found, timestamp(one.valid_from))));
    }
    let own = had.first().map(|(found, _)| found.name.clone());
    let known = profile::list(&mut connection).await?.into_iter();
    let known = known.filter(|one| !one.name.contains('/') || Some(&one.name) == own.as_ref());
    Ok(ProbeView {
        gateway: gateway.clone(),
        placements: placed.into_iter().rev().map(placement_row).collect(),
        calibrations: corrected
            .iter()
            .rev()
            .map(|one| calibration_row(one, &probe))
            .collect(),
        aliases: aliases.iter().map(alias_row).collect(),
        profiles: had
            .into_iter()
            .map(|(found, from)| (format!("{} v{}", found.name, found.version), from))
            .collect(),
        choices: known.map(|one| profile_choice(&one)).collect(),
        plots: plots(&mut connection).await?,
        schemes: Scheme::ALL.iter().map(|scheme| scheme.code()).collect(),
        row: row(&probe, latest, None),
        typed,
    })
}

fn placement_row(row: store::plot::Placement) -> PlacementRow {
    PlacementRow {
        plot: row.plot,
        from: timestamp(row.valid_from),
        to: row.valid_to.map(timestamp),
    }
}

fn calibration_row(row: &calibration::Calibration, probe: &Probe) -> CalibrationRow {
    let mut channels = probe.channels.iter();
    let channel = channels.find(|channel| channel.index == row.channel);
    CalibrationRow {
        channel: channel
            .map(|channel| channel.name.clone())
            .unwrap_or_default(),
        from: row.valid_from,
        gain: row.gain,
        offset: row.offset,
        note: row.note.clone(),
    }
}

fn alias_row(row: &device::Alias) -> AliasRow {
    AliasRow {
        scheme: row.scheme.code(),
        id: alias_name(row).to_owned(),
        online: row.online,
    }
}

/// Notes that a probe stands on another plot, or nowhere.
pub(super) async fn place(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(device): Named<Device>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let outcome = async {
        let plot_id = chosen("plot_id", typed.some("plot"))?;
        let since = moment("since", typed.some("since"))?;
        act::probe::place(&state, &caller.account, both(&device), plot_id, since).await
    };
    let outcome = outcome.await;
    done((&state, here), &device, outcome, typed, "placed").await
}

/// Enters a calibration.
pub(super) async fn calibrate(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(device): Named<Device>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let outcome = async {
        let valid_from = moment("valid_from", typed.some("valid_from"))?;
        let new = NewCalibration {
            channel: typed.get("channel"),
            valid_from: valid_from
                .ok_or_else(|| Problem::invalid("valid_from", "it is missing", "请填写生效时间"))?,
            gain: number("gain", typed.get("gain"))?,
            offset: number("offset", typed.get("offset"))?,
            note: typed.get("note"),
        };
        act::probe::calibrate(&state, &caller.account, both(&device), new).await
    };
    let outcome = outcome.await;
    done((&state, here), &device, outcome, typed, "calibrated").await
}

/// Gives a probe another name.
pub(super) async fn add_alias(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(device): Named<Device>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let alias = (typed.get("scheme"), typed.get("external_id"));
    let outcome = act::probe::add_alias(&state, &caller.account, both(&device), alias).await;
    done((&state, here), &device, outcome, typed, "alias").await
}

/// Takes a name from a probe.
pub(super) async fn remove_alias(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(device): Named<Device>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let alias = (typed.get("scheme"), typed.get("external_id"));
    let outcome = act::probe::remove_alias(&state, &caller.account, both(&device), alias).await;
    done(
        (&state, here),
        &device,
        outcome,
        Typed::default(),
        "alias-gone",
    )
    .await
}

/// Gives a probe another profile.
pub(super) async fn use_profile(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(device): Named<Device>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let outcome = async {
        let wanted = number("profile_id", typed.get("profile"))?;
        act::probe::use_profile(&state, &caller.account, both(&device), wanted, None).await
    };
    let outcome = outcome.await;
    done((&state, here), &device, outcome, typed, "profile-used").await
}

fn both((gateway, name): &Device) -> (&str, &str) {
    (gateway, name)
}

/// The page of a probe again, or with why not.
async fn done<T>(
    (state, here): (&AppState, Here),
    device: &Device,
    outcome: Answer<T>,
    typed: Typed,
    word: &str,
) -> Answer<Response> {
    let (gateway, name) = device;
    match outcome {
        Ok(_) => Ok(see_other(
            &format!("/operator/gateways/{gateway}/probes/{name}"),
            word,
        )),
        // What is not there has no page to say so on.
        Err(problem) if problem.kind == Kind::NotFound => Err(problem),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(state, device, typed).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

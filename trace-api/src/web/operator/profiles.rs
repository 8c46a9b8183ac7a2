//! `/operator/profiles`: what models of probes measure, and the next version of one.

use axum::extract::State;
use axum::response::Response;
use model::unit::Quantity;
use store::probe::Channel;
use store::profile::{self, Profile, ProfileChannel};

use super::number;
use crate::act;
use crate::caller::Caller;
use crate::extract::{FormBody, Named};
use crate::page::operator::Typed;
use crate::page::operator::profile::{
    ChannelRow, ProfileRow, ProfileView, ProfilesView, ROWS_NEW, list as list_page, page,
};
use crate::problem::Answer;
use crate::state::{AppState, timestamp};
use crate::web::{Here, see_other};

/// Lists profiles.
pub(super) async fn list(State(state): State<AppState>, here: Here) -> Answer<Response> {
    let view = list_view(&state, Typed::default()).await?;
    here.answer(list_page(&here.site, &view))
}

async fn list_view(state: &AppState, typed: Typed) -> Answer<ProfilesView> {
    let mut connection = state.store().acquire().await?;
    let rows = profile::list(&mut connection).await?;
    Ok(ProfilesView {
        rows: rows.into_iter().map(row).collect(),
        quantities: quantities(),
        typed,
    })
}

fn quantities() -> Vec<&'static str> {
    Quantity::ALL
        .iter()
        .map(|quantity| quantity.code())
        .collect()
}

fn row(profile: Profile) -> ProfileRow {
    ProfileRow {
        id: profile.id,
        name: profile.name,
        version: profile.version,
        builtin: profile.builtin,
        interval_s: profile.interval_seconds,
        made: profile.created_at.map(timestamp),
        channels: profile.channels.into_iter().map(channel_row).collect(),
    }
}

fn channel_row(row: ProfileChannel) -> ChannelRow {
    let ProfileChannel {
        channel,
        keys,
        register,
    } = row;
    let register = register.map(|register| {
        format!(
            "{} @ {} {}{} × {} + {}",
            register.function,
            register.address,
            register.form.code(),
            if register.low_word_first { " ⇄" } else { "" },
            register.scale,
            register.offset
        )
    });
    ChannelRow {
        name: channel.name,
        quantity: channel.quantity.code().to_owned(),
        unit: channel.unit,
        depth_cm: channel.depth_cm,
        min: channel.valid_min.to_string(),
        max: channel.valid_max.to_string(),
        keys,
        register,
    }
}

/// Makes a profile.
pub(super) async fn make(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let made = async {
        let interval = number("interval_seconds", typed.get("interval"))?;
        let channels = added(&typed, 0)?;
        let says = (interval, channels.as_slice());
        act::profile::make(&state, &caller.account, typed.get("name"), says).await
    };
    match made.await {
        Ok((_, made)) => Ok(see_other(
            &format!("/operator/profiles/{}", made.id),
            "profile",
        )),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = list_view(&state, typed).await?;
            here.refuse(&problem, list_page(&here.site, &view))
        }
    }
}

/// The channels of a form's empty rows that were filled, in slots from `first` on.
fn added(typed: &Typed, first: usize) -> Answer<Vec<ProfileChannel>> {
    let mut channels = Vec::new();
    for at in first..first + ROWS_NEW {
        let field = |name: &str| typed.get(&format!("{name}{at}")).trim().to_owned();
        let name = field("name");
        if name.is_empty() {
            continue;
        }
        let depth = Some(field("depth")).filter(|text| !text.is_empty());
        let channel = Channel {
            index: i16::try_from(first + channels.len()).unwrap_or(i16::MAX),
            name,
            quantity: Quantity::from_code(&field("quantity")).unwrap_or(Quantity::Other),
            unit: field("unit"),
            depth_cm: depth.map(|text| number("channels", &text)).transpose()?,
            valid_min: number("channels", &field("min"))?,
            valid_max: number("channels", &field("max"))?,
        };
        channels.push(ProfileChannel {
            channel,
            keys: keys(&field("keys")),
            register: None,
        });
    }
    Ok(channels)
}

/// Keys of a field, in the order in which they are kept.
fn keys(text: &str) -> Vec<String> {
    let mut keys: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
    keys.sort_unstable();
    keys
}

/// Shows a version of a profile.
pub(super) async fn show(
    State(state): State<AppState>,
    here: Here,
    Named(id): Named<i32>,
) -> Answer<Response> {
    let view = view(&state, id, Typed::default()).await?;
    here.answer(page(&here.site, &view))
}

async fn view(state: &AppState, id: i32, typed: Typed) -> Answer<ProfileView> {
    let mut connection = state.store().acquire().await?;
    let found = act::profile::find(&mut connection, id).await?;
    let newest = profile::list(&mut connection).await?.into_iter();
    let newest = newest
        .filter(|one| one.name == found.name)
        .map(|one| (one.id, one.version))
        .next();
    Ok(ProfileView {
        newest: newest.unwrap_or((found.id, found.version)),
        row: row(found),
        quantities: quantities(),
        typed,
    })
}

/// Makes the next version of a profile.
pub(super) async fn add_version(
    State(state): State<AppState>,
    caller: Caller,
    here: Here,
    Named(id): Named<i32>,
    FormBody(typed): FormBody<Typed>,
) -> Answer<Response> {
    let made = async {
        let interval = number("interval_seconds", typed.get("interval"))?;
        let base = number("base", typed.get("base"))?;
        let mut connection = state.store().acquire().await?;
        let mut channels = act::profile::find(&mut connection, id).await?.channels;
        drop(connection);
        for (at, one) in channels.iter_mut().enumerate() {
            one.channel.valid_min = number("channels", typed.get(&format!("min{at}")))?;
            one.channel.valid_max = number("channels", typed.get(&format!("max{at}")))?;
            one.keys = keys(typed.get(&format!("keys{at}")));
        }
        channels.extend(added(&typed, channels.len())?);
        let says = (interval, channels.as_slice());
        act::profile::add_version(&state, &caller.account, (id, Some(base)), says).await
    };
    match made.await {
        Ok((_, made)) => Ok(see_other(
            &format!("/operator/profiles/{}", made.id),
            "profile-version",
        )),
        Err(problem) => {
            let (here, problem) = here.with_refusal(problem)?;
            let view = view(&state, id, typed).await?;
            here.refuse(&problem, page(&here.site, &view))
        }
    }
}

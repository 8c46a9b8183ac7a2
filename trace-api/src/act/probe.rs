//! Probes: registered, placed by date, calibrated ahead of time, known by other names, and given
//! another profile. What readings were stored with is never changed behind them.

use model::id::{GatewayId, ProbeName};
use model::scheme::{EXTERNAL_ID_BYTES_MAX, Scheme};
use store::account::Account;
use store::calibration::{self, Calibration};
use store::device::{self, Alias};
use store::plot::{self, Placement};
use store::probe::{self, Probe};
use store::profile::{self, ProfileChannel};
use store::{AnyConnection, StoreError};
use time::{Duration, OffsetDateTime};

use super::gateway::{device_name, list_placements, parse};
use super::profile::{find as find_profile, refuse_a_break};
use crate::act;
use crate::problem::{Answer, Kind, Problem};
use crate::state::{AppState, timestamp};

/// How long before it is in force a calibration is entered: every ingest process has read it then.
pub(crate) const LEAD: Duration = Duration::seconds(60);
/// Most characters of a note.
const NOTE_CHARS_MAX: usize = 500;
/// Greatest number of either sign for gain and offset.
const NUMBER_MAX: f64 = 1e6;

/// What a new probe is to measure.
pub(crate) enum Measures {
    /// Interval and channels of its own.
    Own(i32, Vec<ProfileChannel>),
    /// Those of a profile that there is.
    Known(i32),
}

/// Registers a probe, standing on a plot since a time where one is given.
pub(crate) async fn register(
    state: &AppState,
    by: &Account,
    (gateway, name): (&str, &str),
    measures: Measures,
    (plot_id, since): (Option<i64>, Option<OffsetDateTime>),
) -> Answer<Probe> {
    let gateway = parse(gateway)?;
    let name = device_name(name)?;
    let now = state.now();
    let mut transaction = act::begin(state, by).await?;
    let profile = match measures {
        Measures::Own(interval, channels) => {
            let own = format!("{gateway}/{name}");
            profile::insert(&mut transaction, &own, interval, &channels, Some(now)).await?
        }
        Measures::Known(id) => id,
    };
    let key = probe::insert(&mut transaction, &gateway, &name, profile, now).await?;
    if let Some(plot_id) = plot_id {
        let since = since.unwrap_or(now);
        plot::place_probe(&mut transaction, key.0, plot_id, since).await?;
    }
    let made = probe::find(&mut transaction, &gateway, &name).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    made.ok_or_else(|| Problem::of(Kind::NotFound))
}

/// The probe of a path.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    (gateway, name): (&str, &str),
) -> Answer<Probe> {
    let nothing = || Problem::told(Kind::NotFound, "there is no such probe", "没有这个探头");
    let gateway = GatewayId::parse(gateway).map_err(|_| nothing())?;
    let name = ProbeName::parse(name).map_err(|_| nothing())?;
    probe::find(connection, &gateway, &name)
        .await?
        .ok_or_else(nothing)
}

/// Notes that a probe stands on another plot, or nowhere, since a time, now where none is given.
pub(crate) async fn place(
    state: &AppState,
    by: &Account,
    device: (&str, &str),
    plot_id: Option<i64>,
    since: Option<OffsetDateTime>,
) -> Answer<Vec<Placement>> {
    let since = since.unwrap_or_else(|| state.now());
    let mut transaction = act::begin(state, by).await?;
    let key = find(&mut transaction, device).await?.key.0;
    match plot_id {
        Some(plot_id) => plot::place_probe(&mut transaction, key, plot_id, since).await?,
        None => plot::end_probe(&mut transaction, key, since).await?,
    }
    let rows = list_placements(&mut transaction, "probe", device).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(rows)
}

/// A calibration to enter.
pub(crate) struct NewCalibration<'a> {
    /// Name of the channel.
    pub(crate) channel: &'a str,
    /// From when on.
    pub(crate) valid_from: OffsetDateTime,
    /// What the raw value is multiplied by.
    pub(crate) gain: f64,
    /// What is added then.
    pub(crate) offset: f64,
    /// Why and against what.
    pub(crate) note: &'a str,
}

/// Enters a calibration, which then stays; says whether it is new.
pub(crate) async fn calibrate(
    state: &AppState,
    by: &Account,
    device: (&str, &str),
    new: NewCalibration<'_>,
) -> Answer<(bool, Calibration, Probe)> {
    let now = state.now();
    let mut transaction = act::begin(state, by).await?;
    let probe = find(&mut transaction, device).await?;
    let row = checked(&new, &probe)?;
    let known = calibration::list(&mut transaction, Some(probe.key)).await?;
    let from = |r: &Calibration| (r.channel, r.valid_from);
    let mut known = known.into_iter().find(|known| from(known) == from(&row));
    if known.is_none() {
        check_lead(new.valid_from, now)?;
        known = calibration::insert(&mut transaction, &row, now, Some(by.id)).await?;
        transaction.commit().await.map_err(StoreError::from)?;
    }
    match known {
        None => Ok((true, row, probe)),
        Some(known) if known == row => Ok((false, known, probe)),
        Some(_) => {
            let en = "the channel has another calibration from this moment";
            let told = Problem::told(Kind::Conflict, en, "该通道此刻已有另一校准");
            let field = Some("valid_from");
            Err(Problem { field, ..told })
        }
    }
}

fn checked(new: &NewCalibration<'_>, probe: &Probe) -> Answer<Calibration> {
    let mut channels = probe.channels.iter();
    let channel = channels.find(|channel| channel.name == new.channel);
    let channel = channel.ok_or_else(|| {
        Problem::invalid(
            "channel",
            "the probe has no such channel",
            "该探头没有此通道",
        )
    })?;
    let is_sound = |number: f64| number.is_finite() && number.abs() <= NUMBER_MAX;
    if !is_sound(new.gain) || new.gain.abs() < 1.0 / NUMBER_MAX {
        let en = "it must be at least 1e-6 and at most 1e6, of either sign";
        return Err(Problem::invalid("gain", en, "增益须在 1e-6 至 1e6 之间"));
    }
    if !is_sound(new.offset) {
        return Err(Problem::invalid(
            "offset",
            "at most 1e6 of either sign",
            "偏移过大",
        ));
    }
    let note = new.note.trim();
    if note.chars().count() > NOTE_CHARS_MAX || note.contains('\0') {
        let en = format!("at most {NOTE_CHARS_MAX} characters");
        return Err(Problem::invalid("note", en, "备注过长"));
    }
    Ok(Calibration {
        probe: probe.key,
        channel: channel.index,
        valid_from: timestamp(new.valid_from),
        gain: new.gain,
        offset: new.offset,
        note: note.to_owned(),
    })
}

/// What is in force already may have been missed by readings that are stored.
fn check_lead(valid_from: OffsetDateTime, now: OffsetDateTime) -> Answer<()> {
    if valid_from >= now + LEAD {
        return Ok(());
    }
    let en = "it must lie at least a minute ahead, so that a reading's time alone says how it \
              was corrected";
    Err(Problem::invalid(
        "valid_from",
        en,
        "生效时间须至少在一分钟之后",
    ))
}

/// Says that a probe is a device of another make; says whether that is new.
pub(crate) async fn add_alias(
    state: &AppState,
    by: &Account,
    (gateway, name): (&str, &str),
    (scheme, id): (&str, &str),
) -> Answer<(bool, Alias)> {
    let mut transaction = act::begin(state, by).await?;
    let probe = find(&mut transaction, (gateway, name)).await?;
    let (scheme, id) = parse_alias((scheme, id), gateway)?;
    let known = device::list_aliases(&mut transaction, Some(probe.key)).await?;
    let mut known = known.into_iter();
    if let Some(known) = known.find(|a| (a.scheme, &a.external_id) == (scheme, &id)) {
        return Ok((false, known));
    }
    let named = (scheme, id.as_str());
    let owner = device::insert_alias(&mut transaction, named, probe.key, state.now()).await?;
    if owner != probe.key {
        let en = "the device is another probe already; take it from there first";
        let told = Problem::told(Kind::Conflict, en, "该设备已属于另一探头");
        let field = Some("external_id");
        return Err(Problem { field, ..told });
    }
    transaction.commit().await.map_err(StoreError::from)?;
    let made = Alias {
        scheme,
        external_id: id,
        probe: probe.key,
        online: None,
        changed_at: None,
    };
    Ok((true, made))
}

/// Says that a probe is a device no more. What it is not changes nothing.
pub(crate) async fn remove_alias(
    state: &AppState,
    by: &Account,
    (gateway, name): (&str, &str),
    alias: (&str, &str),
) -> Answer<()> {
    let mut transaction = act::begin(state, by).await?;
    let probe = find(&mut transaction, (gateway, name)).await?;
    let (scheme, id) = parse_alias(alias, gateway)?;
    device::delete_alias(&mut transaction, (scheme, &id), probe.key).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Scheme and name as they are stored.
fn parse_alias((scheme, id): (&str, &str), gateway: &str) -> Answer<(Scheme, String)> {
    let scheme = Scheme::from_code(scheme).ok_or_else(|| {
        let words: Vec<_> = Scheme::ALL.iter().map(|scheme| scheme.code()).collect();
        let known = words.join(", ");
        Problem::invalid("scheme", format!("one of {known}"), format!("须为 {known}"))
    })?;
    let refuse = |en: &'static str, zh: &'static str| Problem::invalid("external_id", en, zh);
    let id = id.trim();
    let id = match scheme {
        Scheme::ThingsBoard | Scheme::Tasmota => id.to_owned(),
        Scheme::ChirpStack => {
            if id.len() != 16 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(refuse(
                    "an EUI has 16 hexadecimal digits",
                    "EUI 须为 16 位十六进制",
                ));
            }
            id.to_ascii_lowercase()
        }
        Scheme::Sparkplug => {
            let levels: Vec<_> = id.split('/').collect();
            if !(2..=3).contains(&levels.len()) || levels.iter().any(|level| level.is_empty()) {
                let en = "it is group/edge or group/edge/device";
                return Err(refuse(en, "须为 group/edge 或 group/edge/device"));
            }
            id.to_owned()
        }
        Scheme::Modbus => match id.parse() {
            Ok(unit @ 1..=247_u8) => format!("{gateway}/{unit}"),
            _ => {
                return Err(refuse(
                    "a unit address is 1 to 247",
                    "单元地址须为 1 至 247",
                ));
            }
        },
    };
    let is_sound = (1..=EXTERNAL_ID_BYTES_MAX).contains(&id.len())
        && !id.chars().any(|c| c.is_control() || matches!(c, '+' | '#'));
    if is_sound {
        Ok((scheme, id))
    } else {
        let en = "1 to 200 bytes without control characters, plus and hash";
        Err(refuse(en, "须为 1 至 200 字节，不含控制字符、加号和井号"))
    }
}

/// A device's name as people say it: a unit address is stored with the gateway's id.
pub(crate) fn alias_name(alias: &Alias) -> &str {
    match (alias.scheme, alias.external_id.rsplit_once('/')) {
        (Scheme::Modbus, Some((_, unit))) => unit,
        _ => &alias.external_id,
    }
}

/// Gives a probe another profile since a time, now where none is given. It must keep every slot of
/// the present one. The one it has already changes nothing.
pub(crate) async fn use_profile(
    state: &AppState,
    by: &Account,
    device: (&str, &str),
    profile_id: i32,
    since: Option<OffsetDateTime>,
) -> Answer<Probe> {
    let now = state.now();
    let mut transaction = act::begin(state, by).await?;
    let probe = find(&mut transaction, device).await?;
    let uses = probe::list_uses(&mut transaction, probe.key).await?;
    let present = uses.first().ok_or_else(|| Problem::of(Kind::NotFound))?;
    let is_same_date = since.is_none_or(|from| from == present.valid_from);
    if present.profile_id != profile_id || !is_same_date {
        let valid_from = since.unwrap_or(now);
        check_date(valid_from, present.valid_from, now)?;
        let wanted = find_profile(&mut transaction, profile_id).await;
        let wanted = wanted.map_err(|problem| match problem.kind {
            Kind::NotFound => Problem {
                field: Some("profile_id"),
                kind: Kind::Invalid,
                ..problem
            },
            _ => problem,
        })?;
        let before = find_profile(&mut transaction, present.profile_id).await?;
        refuse_a_break(&wanted, &before, "profile_id")?;
        let use_from = (wanted.id, valid_from);
        probe::use_profile(&mut transaction, probe.key, use_from, now, Some(by.id)).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(probe)
}

/// Profiles follow each other in time, and none is entered ahead of it.
fn check_date(
    valid_from: OffsetDateTime,
    present: OffsetDateTime,
    now: OffsetDateTime,
) -> Answer<()> {
    if valid_from > now {
        let (en, zh) = ("it lies in the future", "日期在将来");
        return Err(Problem::invalid("valid_from", en, zh));
    }
    if valid_from <= present {
        let en = "it must lie after the date of the present profile";
        return Err(Problem::invalid("valid_from", en, "须晚于当前型号的日期"));
    }
    Ok(())
}

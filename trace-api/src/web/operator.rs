//! `/operator`: the operator's desk. Each page's handlers stand in a file of their own; what they do
//! is in `act`, as it is for the API.

use axum::Router;
use axum::routing::{get, post};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::problem::{Answer, Problem};
use crate::rule::plausible::china;
use crate::state::AppState;

mod accounts;
mod backups;
mod dead_letters;
mod gateways;
mod health;
mod jobs;
mod printers;
mod probes;
mod profiles;

/// How a browser sends a date with a time.
const MINUTE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]");

/// The pages of this desk.
pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/operator", get(health::show))
        .route("/operator/health", get(health::fragment))
        .route("/operator/jobs", get(jobs::show))
        .route("/operator/jobs/rows", get(jobs::rows))
        .route("/operator/backups", get(backups::show).post(backups::make))
        .route("/operator/backups/state", get(backups::state))
        .route("/operator/dead-letters", get(dead_letters::list))
        .route(
            "/operator/dead-letters/replay",
            post(dead_letters::replay_all),
        )
        .route("/operator/dead-letters/{id}", get(dead_letters::show))
        .route(
            "/operator/dead-letters/{id}/replay",
            post(dead_letters::replay),
        )
        .merge(account_routes())
        .merge(device_routes())
        .merge(printer_routes())
}

fn account_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/operator/accounts",
            get(accounts::list).post(accounts::make),
        )
        .route("/operator/accounts/{id}", get(accounts::show))
        .route("/operator/accounts/{id}/disable", post(accounts::disable))
        .route("/operator/accounts/{id}/enable", post(accounts::enable))
        .route("/operator/accounts/{id}/sessions", post(accounts::end))
        .route("/operator/accounts/{id}/password", post(accounts::reset))
        .route("/operator/accounts/{id}/identity", post(accounts::link))
}

fn device_routes() -> Router<AppState> {
    let gateway = "/operator/gateways/{gateway}";
    let probe = format!("{gateway}/probes/{{probe}}");
    let camera = format!("{gateway}/cameras/{{camera}}");
    Router::new()
        .route(
            "/operator/gateways",
            get(gateways::list).post(gateways::register),
        )
        .route("/operator/gateway-rows", get(gateways::rows))
        .route(gateway, get(gateways::show))
        .route(&format!("{gateway}/rows"), get(gateways::state))
        .route(&format!("{gateway}/key"), post(gateways::renew))
        .route(&format!("{gateway}/probes"), post(gateways::add_probe))
        .route(&format!("{gateway}/cameras"), post(gateways::add_camera))
        .route(
            &format!("{camera}/placements"),
            post(gateways::place_camera),
        )
        .route(&probe, get(probes::show))
        .route(&format!("{probe}/placements"), post(probes::place))
        .route(&format!("{probe}/calibrations"), post(probes::calibrate))
        .route(&format!("{probe}/aliases"), post(probes::add_alias))
        .route(
            &format!("{probe}/aliases/remove"),
            post(probes::remove_alias),
        )
        .route(&format!("{probe}/profile"), post(probes::use_profile))
        .route(
            "/operator/profiles",
            get(profiles::list).post(profiles::make),
        )
        .route("/operator/profiles/{id}", get(profiles::show))
        .route(
            "/operator/profiles/{id}/versions",
            post(profiles::add_version),
        )
}

fn printer_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/operator/printers",
            get(printers::show).post(printers::register),
        )
        .route("/operator/label-templates", post(printers::keep_template))
        .route(
            "/operator/label-templates/{name}/preview.svg",
            get(printers::preview),
        )
}

/// A moment as a form has it, in China standard time; `None` for an empty field.
fn moment(field: &'static str, text: Option<&str>) -> Answer<Option<OffsetDateTime>> {
    let Some(text) = text else { return Ok(None) };
    // Browsers add the seconds where they are not zero.
    let minute = text.get(..16).unwrap_or(text);
    let parsed = PrimitiveDateTime::parse(minute, MINUTE);
    let parsed = parsed
        .map_err(|_| Problem::invalid(field, "write a date and a time", "请填写日期和时间"))?;
    Ok(Some(parsed.assume_offset(china())))
}

/// A number of a choice; `None` for an empty field.
fn chosen<T: std::str::FromStr>(field: &'static str, text: Option<&str>) -> Answer<Option<T>> {
    let refuse = |_| Problem::invalid(field, "choose one of the list", "请从列表中选择");
    text.map(|text| text.parse().map_err(refuse)).transpose()
}

/// A number that has to be there.
fn number<T: std::str::FromStr>(field: &'static str, text: &str) -> Answer<T> {
    let refuse = |_| Problem::invalid(field, "write a number", "请填写数字");
    text.trim().parse().map_err(refuse)
}

/// A count as pages have it.
fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_moment_is_china_standard_time_with_or_without_seconds() {
        let at = Some(datetime!(2026-11-28 07:04 UTC));
        for text in ["2026-11-28T15:04", "2026-11-28T15:04:30"] {
            assert_eq!(moment("since", Some(text)).ok().flatten(), at, "{text}");
        }
        assert_eq!(moment("since", None).ok(), Some(None));
        for wrong in [
            "2026-11-28",
            "today",
            "2026-13-28T15:04",
            "二〇二六年十一月二十八日",
        ] {
            assert!(moment("since", Some(wrong)).is_err(), "{wrong}");
        }
    }
}

//! Pictures for pages: rows of the store as addresses, sizes and times.

use store::AnyConnection;
use store::camera::{self, Filter};
use store::picture::{Picture, TimeSource};
use time::OffsetDateTime;

use super::pictures::{small_href, whole_href};
use super::words::words;
use crate::page::camera::{CameraCard, Shot};
use crate::problem::Answer;
use crate::state::timestamp;

/// Every camera with the newest that it took.
pub(super) async fn cards(
    connection: &mut AnyConnection,
    now: OffsetDateTime,
) -> Answer<Vec<CameraCard>> {
    let cameras = camera::list(connection, &Filter::default(), now).await?;
    Ok(cameras.into_iter().map(card).collect())
}

/// The cameras that look at a plot, with the newest that each took.
pub(super) async fn of_plot(
    connection: &mut AnyConnection,
    plot_id: i64,
    now: OffsetDateTime,
) -> Answer<Vec<CameraCard>> {
    let cameras = camera::list(connection, &Filter::default(), now).await?;
    let own = cameras
        .into_iter()
        .filter(|camera| camera.plot_id == Some(plot_id));
    Ok(own.map(card).collect())
}

/// A camera with its newest.
pub(super) fn card(row: camera::Camera) -> CameraCard {
    let name = format!("{} / {}", row.gateway, row.name);
    let plot_en = row.plot_en.unwrap_or_default();
    CameraCard {
        plot: row.plot.map(|plot| words(&plot, &plot_en)),
        latest: row.latest.map(|picture| shot(&picture, &name)),
        name,
    }
}

/// A picture of a camera.
pub(super) fn shot(row: &Picture, camera: &str) -> Shot {
    Shot {
        href: whole_href(&row.sha256),
        small: small_href(&row.sha256),
        width: row.width.unsigned_abs(),
        height: row.height.unsigned_abs(),
        at: timestamp(row.taken_at),
        by_arrival: row.time_source == TimeSource::Arrival,
        camera: camera.to_owned(),
    }
}

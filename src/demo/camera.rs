//! The county's cameras and what they took: one picture every few days at a plausible hour, drawn
//! by [`scene`](crate::scene), kept through the album as real ones are.

use anyhow::Context as _;
use bytes::Bytes;
use model::id::{GatewayId, ProbeName};
use model::time::Timestamp;
use store::camera::{self, CameraKey};
use store::picture::{Album, NewPicture, TimeSource};
use time::{Date, Duration, OffsetDateTime};
use tokio::task::{JoinSet, spawn_blocking};

use super::calendar::{at_clock, day_of};
use super::catalog::cameras::{CAMERAS, Camera};
use super::catalog::lots::LOTS;
use super::catalog::plots::PLOTS;
use super::random::Stream;
use super::weather::air::sun_height;
use super::weather::{HOUR_S, Weather, summer};
use crate::scene::{Painter, Scene};

/// Pictures of a camera that has no lot, and before the first one that has.
const DAYS_MIN: i64 = 60;
/// Days that a camera looked at its plot before the first lot it tells about.
const DAYS_AHEAD: i64 = 5;
/// Share of pictures that never came.
const LOST: f32 = 0.04;
/// Seconds that a snapshot takes to arrive.
const WAY_S: i64 = 3;
/// How long before the start the past ends: the visitor's own pictures are newer.
const VISITOR: Duration = Duration::hours(2);
/// Painters at once: a machine of two cores is meant.
const PAINTERS: usize = 2;

/// The first day of a camera.
pub fn first_day(camera: &Camera, today: Date) -> Date {
    let lots = LOTS.iter().filter(|lot| lot.plot == camera.plot);
    let started = lots.map(|lot| lot.period(today).started_on).min();
    let ahead = started.unwrap_or(today) - Duration::days(DAYS_AHEAD);
    ahead.min(today - Duration::days(DAYS_MIN))
}

/// When a camera took pictures, oldest first.
fn moments(camera: &Camera, seed: u64, now: OffsetDateTime) -> Vec<OffsetDateTime> {
    let hours = Stream::new(seed, "picture hour", camera.number());
    let lost = Stream::new(seed, "picture lost", camera.number());
    let first = first_day(camera, day_of(now));
    let count = (day_of(now) - first).whole_days() / camera.every_days;
    // Once in its life a camera was down for a while; where, differs.
    let hole = (count as f32 * lost.between(-1, 0.35, 0.65)) as i64;
    (0..=count)
        .filter(|n| lost.unit(*n) >= LOST && !(hole..hole + 2).contains(n))
        .map(|n| {
            let day = first + Duration::days(n * camera.every_days);
            let (hour, minute) = (
                hours.between(n, 7.2, 17.4),
                hours.between(n + 5_000, 0.0, 59.0),
            );
            at_clock(day, hour as u8, minute as u8)
        })
        .filter(|at| *at <= now - VISITOR)
        .collect()
}

/// Draws and keeps every picture; what is there already stays. Returns how many there are.
pub async fn write(album: &Album, weather: &Weather, now: OffsetDateTime) -> anyhow::Result<usize> {
    let mut painters = JoinSet::new();
    let (mut free, mut count) = (Vec::new(), 0);
    for _ in 0..PAINTERS {
        free.push(Painter::new()?);
    }
    for camera in &CAMERAS {
        let key = key(album, camera).await?;
        for at in moments(camera, weather.seed(), now) {
            let mut painter = match free.pop() {
                Some(painter) => painter,
                None => next(&mut painters).await?,
            };
            let (album, seen) = (album.clone(), Seen::of(camera, weather, at)?);
            count += 1;
            painters.spawn(async move {
                let at_s = seen.at_s;
                let drawn = spawn_blocking(move || {
                    let jpeg = painter.jpeg(&seen.scene(camera));
                    (painter, jpeg)
                });
                let (painter, jpeg) = drawn.await?;
                album.keep(&picture(key, jpeg?.into(), at_s)).await?;
                anyhow::Ok(painter)
            });
        }
    }
    while !painters.is_empty() {
        next(&mut painters).await?;
    }
    Ok(count)
}

/// The next painter that is done.
async fn next(painters: &mut JoinSet<anyhow::Result<Painter>>) -> anyhow::Result<Painter> {
    let done = painters
        .join_next()
        .await
        .context("no painter is at work")?;
    done.context("a painter fell over")?
}

async fn key(album: &Album, camera: &Camera) -> anyhow::Result<CameraKey> {
    let mut connection = album.store().acquire().await?;
    let (gateway, name) = (
        GatewayId::parse(camera.gateway)?,
        ProbeName::parse(camera.name)?,
    );
    let found = camera::find_key(&mut connection, &gateway, &name).await?;
    found.context("a camera of the county is not filed")
}

fn picture(camera: CameraKey, jpeg: Bytes, at_s: i64) -> NewPicture {
    let taken = Timestamp::from_seconds(at_s);
    NewPicture {
        camera,
        jpeg,
        width: 640,
        height: 360,
        taken,
        source: TimeSource::Exif,
        claimed: None,
        arrived: taken.plus_seconds(WAY_S),
    }
}

/// What there was to see.
struct Seen {
    name: String,
    site: u64,
    at_s: i64,
    cloud: f32,
    rain_mm: f32,
}

impl Seen {
    fn of(camera: &Camera, weather: &Weather, at: OffsetDateTime) -> anyhow::Result<Self> {
        let plot = PLOTS.iter().find(|plot| plot.key == camera.plot);
        let site = plot.context("a camera without a plot")?.site();
        let at_s = at.unix_timestamp();
        Ok(Self {
            name: format!("{} / {}", camera.gateway, camera.name),
            site: Stream::new(weather.seed(), "view", site.number).bits(0),
            at_s,
            cloud: weather.sky().cloud_at(at_s),
            rain_mm: weather.sky().rain_at(at_s),
        })
    }

    fn scene(&self, camera: &Camera) -> Scene<'_> {
        Scene {
            subject: camera.subject,
            site: self.site,
            at_s: self.at_s,
            sun: sun_height(self.at_s),
            summer: summer(self.at_s.div_euclid(HOUR_S)),
            cloud: self.cloud,
            rain_mm: self.rain_mm,
            camera: &self.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

    #[test]
    fn there_are_some_hundred_pictures_and_the_same_every_time() {
        let all = |seed| -> Vec<_> {
            CAMERAS
                .iter()
                .flat_map(|camera| moments(camera, seed, NOW))
                .collect()
        };
        let first = all(2026);
        assert!(
            (200..600).contains(&first.len()),
            "{} pictures",
            first.len()
        );
        assert_eq!(all(2026), first);
        assert_ne!(all(2027), first);
        assert!(first.iter().all(|at| *at < NOW));
    }

    #[test]
    fn every_camera_has_a_plot_a_name_of_its_own_and_a_gap() {
        assert!(CAMERAS.len() >= 6);
        let names: BTreeSet<_> = CAMERAS.iter().map(|c| (c.gateway, c.name)).collect();
        assert_eq!(names.len(), CAMERAS.len());
        for camera in &CAMERAS {
            assert!(
                PLOTS.iter().any(|plot| plot.key == camera.plot),
                "{}",
                camera.plot
            );
            let days: Vec<_> = moments(camera, 2026, NOW)
                .iter()
                .map(|at| day_of(*at))
                .collect();
            let widest = days
                .windows(2)
                .map(|pair| (pair[1] - pair[0]).whole_days())
                .max();
            assert!(widest > Some(camera.every_days), "{}", camera.name);
        }
    }
}

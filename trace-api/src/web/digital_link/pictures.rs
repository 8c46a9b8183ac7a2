//! The strip of pictures on a lot's page: of its own plot, in its own time, spread evenly over it,
//! with the days named that have none.

use std::collections::BTreeSet;

use model::time::Timestamp;
use store::AnyConnection;
use store::camera::{self, Placed};
use store::lot::Lot;
use store::picture::{self, PictureDay};
use store::trace::Period;
use time::{Date, Duration, OffsetDateTime};

use crate::page::camera::Shot;
use crate::page::trace::{PictureStrip, Pictures};
use crate::page::{Mark, Source};
use crate::problem::Answer;
use crate::rule::picture_gap::gaps;
use crate::rule::plausible::china;
use crate::state::timestamp;
use crate::web::cameras::shot;
use crate::web::pictures::small_href;
use crate::web::words::day;

/// Most pictures of a strip: more than a thumb wants to push, and a megabyte at most.
const SHOTS_MAX: usize = 12;
/// Most pictures of a time-lapse; they are loaded when it is played.
const FRAMES_MAX: usize = 40;

/// What the page shows of a lot's pictures; `None` where no camera looked at its plot.
pub(super) async fn gather(
    connection: &mut AnyConnection,
    lot: &Lot,
    period: Period,
    now: OffsetDateTime,
) -> Answer<Option<Pictures>> {
    let placed = camera::list_placed(connection, lot.plot_id, period, now).await?;
    let (Some(from), Some(to)) = (
        placed.iter().map(|placed| placed.span.from).min(),
        placed.iter().map(|placed| placed.span.to).max(),
    ) else {
        return Ok(None);
    };
    if !picture::is_shown(lot.state) {
        return Ok(Some(Pictures::Withheld));
    }
    let days = picture::list_days(connection, lot.plot_id, period, now).await?;
    let ends = (date(from), date(to - Duration::MICROSECOND));
    Ok(Some(Pictures::Strip(strip(&placed, &days, ends))))
}

fn strip(placed: &[Placed], days: &[PictureDay], ends: (Date, Date)) -> PictureStrip {
    let with_pictures: BTreeSet<Date> = days.iter().map(|day| day.day).collect();
    let intervals = placed.iter().map(|placed| placed.interval_seconds);
    // Several cameras of one plot stand in for each other.
    let gaps = gaps(
        with_pictures.iter().copied(),
        ends,
        intervals.min().unwrap_or(1),
    );
    let newest = days.iter().max_by_key(|day| day.noon.taken_at);
    PictureStrip {
        from: day(ends.0),
        to: day(ends.1),
        count: days.iter().map(|day| day.count.unsigned_abs()).sum(),
        days: with_pictures.len() as u64,
        shown: spread(days, SHOTS_MAX).map(shown).collect(),
        frames: spread(days, FRAMES_MAX).map(frame).collect(),
        gaps: gaps.into_iter().map(|(a, b)| (day(a), day(b))).collect(),
        source: newest.map(|newest| Source {
            mark: Mark::Measured,
            by: cameras(placed).into(),
            at: timestamp(newest.noon.taken_at),
        }),
    }
}

/// At most so many, the first and the last among them, the others evenly between.
fn spread(days: &[PictureDay], most: usize) -> impl Iterator<Item = &PictureDay> {
    let count = days.len().min(most);
    let last = days.len().saturating_sub(1);
    let gaps = count.saturating_sub(1).max(1);
    (0..count).filter_map(move |place| days.get(place * last / gaps))
}

fn frame(day: &PictureDay) -> (String, Timestamp) {
    (small_href(&day.noon.sha256), timestamp(day.noon.taken_at))
}

fn shown(day: &PictureDay) -> Shot {
    shot(&day.noon, &format!("{} / {}", day.gateway, day.camera))
}

/// The cameras by name, each once.
fn cameras(placed: &[Placed]) -> String {
    let names = placed
        .iter()
        .map(|placed| format!("{} / {}", placed.gateway, placed.camera));
    let names: BTreeSet<String> = names.collect();
    names.into_iter().collect::<Vec<_>>().join("、")
}

/// The calendar day in China.
fn date(at: OffsetDateTime) -> Date {
    at.to_offset(china()).date()
}

#[cfg(test)]
mod tests {
    use store::picture::{Picture, PictureHash, TimeSource};
    use store::reading::Span;
    use time::macros::{date, datetime};

    use super::*;

    fn picture_day(number: u16) -> PictureDay {
        let taken_at = datetime!(2026-06-01 04:00 UTC) + Duration::days(i64::from(number));
        PictureDay {
            gateway: "g".to_owned(),
            camera: "cam1".to_owned(),
            interval_seconds: 86_400,
            day: date!(2026 - 06 - 01) + Duration::days(i64::from(number)),
            count: 2,
            noon: Picture {
                sha256: PictureHash::of(&number.to_be_bytes()),
                bytes: 1,
                width: 640,
                height: 360,
                taken_at,
                time_source: TimeSource::Exif,
                arrived_at: taken_at,
            },
        }
    }

    fn placed() -> Placed {
        Placed {
            gateway: "g".to_owned(),
            camera: "cam1".to_owned(),
            interval_seconds: 86_400,
            span: Span {
                from: datetime!(2026-05-31 16:00 UTC),
                to: datetime!(2026-06-30 16:00 UTC),
            },
        }
    }

    #[test]
    fn a_strip_shows_the_first_the_last_and_some_between() {
        let ends = (date!(2026 - 06 - 01), date!(2026 - 06 - 30));
        let days: Vec<_> = (0..30).map(picture_day).collect();
        let made = strip(&[placed()], &days, ends);
        assert_eq!((made.count, made.days, made.shown.len()), (60, 30, 12));
        assert_eq!(made.frames.len(), 30);
        assert_eq!(
            made.shown.first().map(|s| s.at),
            Some(timestamp(days[0].noon.taken_at))
        );
        assert_eq!(
            made.shown.last().map(|s| s.at),
            Some(timestamp(days[29].noon.taken_at))
        );
        assert!(made.gaps.is_empty() && made.source.is_some());
        for few in 0..12 {
            assert_eq!(spread(&days[..few], SHOTS_MAX).count(), few);
        }
    }

    #[test]
    fn days_without_pictures_are_named() {
        let ends = (date!(2026 - 06 - 01), date!(2026 - 06 - 30));
        let days: Vec<_> = (0..30)
            .filter(|n| !(10..13).contains(n))
            .map(picture_day)
            .collect();
        let made = strip(&[placed()], &days, ends);
        let gap = (day(date!(2026 - 06 - 11)), day(date!(2026 - 06 - 13)));
        assert_eq!(made.gaps, [gap]);
        let nothing = strip(&[placed()], &[], ends);
        assert_eq!(nothing.gaps, [(day(ends.0), day(ends.1))]);
        assert!(nothing.source.is_none() && nothing.shown.is_empty());
    }
}

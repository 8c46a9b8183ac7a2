//! Pictures as they come: whole and spoilt, with and without a time, and what becomes of them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use exif::Tag;
use model::id::{GatewayId, ProbeName};
use model::time::Timestamp;
use proptest::prelude::*;
use store::picture::TimeSource;

use super::sample::{jpeg, promising, with_exif};
use super::*;
use crate::stage::Door;
use crate::testing::{FakeShelf, NOW, gateway, probe_name};

const BOUNDS: TimeBounds = TimeBounds {
    age_max: Duration::from_hours(400 * 24),
    ahead_max: Duration::from_mins(5),
};

/// The time of a picture with these metadata, as seconds since the epoch.
fn exif_time(tags: &[(Tag, &str)]) -> Option<f64> {
    let checked = check(&with_exif(16, 16, tags)).expect("a whole picture");
    checked.exif.map(|at| at.0 as f64 / 1e6)
}

#[test]
fn a_whole_picture_is_known_by_its_size() {
    let whole = |width, height| {
        Ok(Checked {
            width,
            height,
            exif: None,
        })
    };
    assert_eq!(check(&jpeg(64, 48)), whole(64, 48));
    assert_eq!(check(&jpeg(1, 1)), whole(1, 1));
    // Cameras pad their files.
    let padded = [jpeg(64, 48), vec![0; 512]].concat();
    assert_eq!(check(&padded), whole(64, 48));
}

#[test]
fn metadata_without_a_zone_is_china_standard_time() {
    // 2026-06-10 12:00 in China is 04:00 UTC.
    let noon = 1_781_064_000.0;
    let original = (Tag::DateTimeOriginal, "2026:06:10 12:00:00");
    assert_eq!(exif_time(&[original]), Some(noon));
    let zone = (Tag::OffsetTimeOriginal, "+00:00");
    assert_eq!(exif_time(&[original, zone]), Some(noon + 8.0 * 3_600.0));
    let general = (Tag::OffsetTime, "+09:30");
    assert_eq!(exif_time(&[original, general]), Some(noon - 1.5 * 3_600.0));
    let fraction = (Tag::SubSecTimeOriginal, "25");
    assert_eq!(exif_time(&[original, fraction]), Some(noon + 0.25));
    let unreadable = (Tag::OffsetTimeOriginal, "local!");
    assert_eq!(exif_time(&[original, unreadable]), Some(noon));
}

#[test]
fn the_shutters_time_counts_before_the_files() {
    let file = (Tag::DateTime, "2026:06:10 13:00:00");
    let digitized = (Tag::DateTimeDigitized, "2026:06:10 12:30:00");
    let original = (Tag::DateTimeOriginal, "2026:06:10 12:00:00");
    let noon = 1_781_064_000.0;
    assert_eq!(exif_time(&[file]), Some(noon + 3_600.0));
    assert_eq!(exif_time(&[file, digitized]), Some(noon + 1_800.0));
    assert_eq!(exif_time(&[file, digitized, original]), Some(noon));
    let unset = (Tag::DateTimeOriginal, "0000:00:00 00:00:00");
    assert_eq!(exif_time(&[unset]), None);
    assert_eq!(exif_time(&[unset, file]), Some(noon + 3_600.0));
    for nonsense in [
        "",
        "    :  :     :  :  ",
        "2026:13:40 25:61:61",
        "2026:02:30 12:00:00",
    ] {
        let tags = [(Tag::DateTimeOriginal, nonsense)];
        assert_eq!(exif_time(&tags), None, "{nonsense:?}");
    }
}

#[test]
fn what_is_no_jpeg_says_so() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    for foreign in [&b""[..], b"\xff", b"\xff\xd8", png, b"{\"v\":1}", b"GIF89a"] {
        assert_eq!(check(foreign), Err(NotSnapshot::NotJpeg), "{foreign:?}");
    }
    let beginning = check(b"\xff\xd8\xff").map_err(|error| error.reason());
    assert_eq!(beginning, Err(DeadReason::NotPicture));
}

#[test]
fn a_picture_that_was_cut_off_anywhere_is_refused() {
    let whole = with_exif(96, 64, &[(Tag::DateTimeOriginal, "2026:06:10 12:00:00")]);
    for length in 0..whole.len() - 1 {
        let refused = check(&whole[..length]).map_err(|error| error.reason());
        assert_eq!(refused, Err(DeadReason::NotPicture), "cut at {length}");
    }
}

#[test]
fn a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() {
    let small = jpeg(16, 16);
    // It lies about its size, and has an end: the decoder fills up what was never sent.
    let just = check(&promising(small.clone(), 4_000, 3_000));
    assert_eq!(
        just.map(|checked| (checked.width, checked.height)),
        Ok((4_000, 3_000))
    );
    for (width, height) in [(4_000, 3_001), (65_500, 65_500), (65_535, 184)] {
        let refused = check(&promising(small.clone(), width, height));
        let (width, height) = (u64::from(width), u64::from(height));
        assert_eq!(refused, Err(NotSnapshot::TooManyPixels { width, height }));
    }
}

#[test]
fn a_byte_beyond_two_mebibytes_is_too_much() {
    let mut padded = jpeg(16, 16);
    padded.resize(SNAPSHOT_BYTES_MAX, 0);
    assert!(check(&padded).is_ok());
    padded.push(0);
    let bytes = SNAPSHOT_BYTES_MAX + 1;
    assert_eq!(check(&padded), Err(NotSnapshot::TooLarge { bytes }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_the_check_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = check(&bytes);
        let _ = check(&[b"\xff\xd8\xff", bytes.as_slice()].concat());
    }

    #[test]
    fn no_spoilt_picture_makes_the_check_panic(
        spoils in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
    ) {
        let mut bytes = with_exif(48, 32, &[(Tag::DateTimeOriginal, "2026:06:10 12:00:00")]);
        for (place, value) in spoils {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Ok(checked) = check(&bytes) {
            prop_assert!(u64::from(checked.width) * u64::from(checked.height) <= PIXELS_MAX);
        }
    }
}

#[test]
fn the_picture_is_believed_before_its_message_and_both_within_bounds_only() {
    let good = NOW.plus_seconds(-3_600);
    let other = NOW.plus_seconds(-60);
    let reset = Timestamp::from_seconds(946_684_800);
    let ahead = NOW.plus_seconds(5 * 60);
    let beyond = NOW.plus_seconds(5 * 60 + 1);
    let cases = [
        (Some(good), Some(other), good, TimeSource::Exif, None),
        (None, Some(other), other, TimeSource::Property, None),
        (None, None, NOW, TimeSource::Arrival, None),
        (
            Some(reset),
            Some(other),
            other,
            TimeSource::Property,
            Some(reset),
        ),
        (Some(reset), None, NOW, TimeSource::Arrival, Some(reset)),
        (
            Some(beyond),
            Some(reset),
            NOW,
            TimeSource::Arrival,
            Some(beyond),
        ),
        (Some(ahead), None, ahead, TimeSource::Exif, None),
    ];
    for (exif, property, time, source, claimed) in cases {
        let taken = choose(exif, property, NOW, BOUNDS);
        let expected = Taken {
            time,
            source,
            claimed,
        };
        assert_eq!(taken, expected);
    }
}

fn origin(payload: Vec<u8>) -> Origin {
    Origin {
        door: Door::Front,
        gateway: Some("demo-gw".to_owned()),
        topic: "suyuan/v1/demo-gw/cam1/snapshot".to_owned(),
        payload: Bytes::from(payload),
        arrived: NOW,
    }
}

async fn take(
    shelf: &Arc<FakeShelf>,
    (gateway, camera): (GatewayId, ProbeName),
    payload: Vec<u8>,
) -> Result<Shelved, NotStored> {
    let snapshots = Snapshots::new(Arc::clone(shelf) as _, BOUNDS);
    snapshots
        .take(&origin(payload), (&gateway, &camera), None)
        .await
}

fn cam1() -> (GatewayId, ProbeName) {
    (gateway("demo-gw"), probe_name("cam1"))
}

#[tokio::test]
async fn a_picture_is_kept_with_its_bytes_size_and_time() {
    let shelf = FakeShelf::new();
    let payload = jpeg(64, 48);
    let taken = take(&shelf, cam1(), payload.clone()).await;
    assert_eq!(taken, Ok(Shelved::Kept));
    // Again: nothing to refuse, it is there.
    assert_eq!(
        take(&shelf, cam1(), payload.clone()).await,
        Ok(Shelved::Kept)
    );
    let kept = &shelf.pictures()[0];
    assert_eq!(
        (kept.width, kept.height, kept.camera),
        (64, 48, CameraKey(3))
    );
    assert_eq!(kept.jpeg, payload);
    assert_eq!((kept.taken, kept.source), (NOW, TimeSource::Arrival));
}

#[tokio::test]
async fn what_cannot_be_kept_says_why_and_touches_no_shelf() {
    let shelf = FakeShelf::new();
    let stranger = (gateway("demo-gw"), probe_name("cam9"));
    for (camera, payload, reason) in [
        (stranger, jpeg(8, 8), DeadReason::UnknownCamera),
        (cam1(), b"no picture".to_vec(), DeadReason::NotPicture),
        (
            cam1(),
            promising(jpeg(8, 8), 60_000, 60_000),
            DeadReason::Oversized,
        ),
    ] {
        let refused = take(&shelf, camera, payload).await;
        let Ok(Shelved::Refused(given, detail)) = refused else {
            panic!("{refused:?} instead of {reason}");
        };
        assert_eq!(given, reason);
        assert!(!detail.is_empty());
    }
    assert!(shelf.pictures().is_empty());
}

#[tokio::test]
async fn a_shelf_that_is_away_leaves_a_picture_unacknowledged() {
    let shelf = FakeShelf::new();
    shelf.is_away.store(true, Ordering::SeqCst);
    let taken = take(&shelf, cam1(), jpeg(8, 8)).await;
    assert_eq!(taken, Err(NotStored::DatabaseAway));
}

//! Pictures against a real database and a real folder: kept once, found by date, seen by whom
//! they belong to, never swept while they have a row.

use std::error::Error;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use model::id::{GatewayId, ProbeName};
use model::lot::LotState;
use model::time::Timestamp;
use time::OffsetDateTime;
use time::macros::{date, datetime};
use uuid::Uuid;

use super::*;
use crate::camera::{self, NewCamera};
use crate::testing::{self, TestDatabase};
use crate::{from_db, gateway, lot};

type Outcome = Result<(), Box<dyn Error>>;

const NOON: OffsetDateTime = datetime!(2026-06-10 04:00 UTC);

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("suyuan-pictures-{}", Uuid::new_v4())))
    }

    fn files(&self) -> Result<Vec<PathBuf>, std::io::Error> {
        let mut files = Vec::new();
        for folder in std::fs::read_dir(&self.0)? {
            for file in std::fs::read_dir(folder?.path())? {
                files.push(file?.path());
            }
        }
        files.sort();
        Ok(files)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Bench {
    album: Album,
    folder: Folder,
    camera: CameraKey,
    farm: testing::Farm,
}

impl Bench {
    /// A farm with a camera on its plot since the beginning of 2026.
    async fn new() -> Result<Self, Box<dyn Error>> {
        let database = TestDatabase::new().await?;
        let farm = testing::insert_farm(&database.store).await?;
        let mut connection = database.store.acquire().await?;
        let gateway = GatewayId::parse("g1")?;
        let credentials = gateway::Credentials::of_key(b"key", [0; gateway::SALT_BYTES]);
        gateway::insert(&mut connection, &gateway, "G1", &credentials, NOON).await?;
        let new = NewCamera {
            gateway: &gateway,
            name: &ProbeName::parse("cam1")?,
            interval_seconds: 86_400,
        };
        let camera = camera::insert(&mut connection, &new, NOON).await?;
        let since = datetime!(2026-01-01 00:00 UTC);
        camera::place(&mut connection, camera, farm.plot, since).await?;
        drop(connection);
        let folder = Folder::new();
        let album = Album::open(database.store, &Location::Folder(folder.0.clone()))?;
        Ok(Self {
            album,
            folder,
            camera,
            farm,
        })
    }

    async fn keep(&self, bytes: &str, at: OffsetDateTime) -> Result<Kept, AlbumError> {
        self.album.keep(&self.picture(bytes, at)).await
    }

    fn picture(&self, bytes: &str, at: OffsetDateTime) -> NewPicture {
        NewPicture {
            camera: self.camera,
            jpeg: Bytes::from(bytes.to_owned()),
            width: 640,
            height: 360,
            taken: from_db(at),
            source: TimeSource::Exif,
            claimed: None,
            arrived: from_db(at),
        }
    }

    async fn rows(&self) -> Result<Vec<Picture>, Box<dyn Error>> {
        let mut connection = self.album.store().acquire().await?;
        Ok(list(&mut connection, self.camera, &Filter::default(), 100).await?)
    }

    /// A lot of June on the camera's plot, in this state.
    async fn lot(&self, state: LotState) -> Outcome {
        let mut connection = self.album.store().acquire().await?;
        let new = lot::NewLot {
            product_id: self.farm.product,
            plot_id: self.farm.plot,
            code: "L1",
            state,
            started_on: date!(2026 - 06 - 01),
            harvested_on: Some(date!(2026 - 06 - 30)),
            quantity: 10.0,
            recall_reason: (state == LotState::Recalled).then_some("a test"),
            request_id: Uuid::from_u128(1),
            account_id: None,
        };
        lot::insert(&mut connection, &new, NOON).await?;
        Ok(())
    }

    async fn is_public(&self, bytes: &str) -> Result<bool, Box<dyn Error>> {
        let mut connection = self.album.store().acquire().await?;
        Ok(is_public(&mut connection, &PictureHash::of(bytes.as_bytes())).await?)
    }
}

#[test]
fn a_hash_prints_as_it_is_read() {
    let hash = PictureHash::of(b"");
    let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hash.to_string(), text);
    assert_eq!(text.parse(), Ok(hash));
    for bad in [
        "",
        "e3",
        &text.to_uppercase(),
        &format!("{text}0"),
        &text.replace('e', "g"),
    ] {
        assert_eq!(bad.parse::<PictureHash>(), Err(NoHash), "{bad}");
    }
}

#[tokio::test]
async fn the_same_picture_again_changes_nothing() -> Outcome {
    let bench = Bench::new().await?;
    assert_eq!(bench.keep("a", NOON).await?, Kept::New);
    assert_eq!(bench.keep("a", NOON).await?, Kept::Known);
    // Of another time it is another picture of the same file.
    let later = NOON + time::Duration::HOUR;
    assert_eq!(bench.keep("a", later).await?, Kept::New);
    let rows = bench.rows().await?;
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].taken_at, rows[1].taken_at), (later, NOON));
    assert_eq!(bench.folder.files()?.len(), 1);
    let read = bench.album.read(&PictureHash::of(b"a")).await?;
    assert_eq!(read.as_deref(), Some(&b"a"[..]));
    Ok(())
}

#[tokio::test]
async fn without_a_time_of_its_own_a_picture_is_known_by_its_bytes() -> Outcome {
    let bench = Bench::new().await?;
    let mut picture = bench.picture("a", NOON);
    picture.source = TimeSource::Arrival;
    assert_eq!(bench.album.keep(&picture).await?, Kept::New);
    picture.taken = picture.taken.plus_seconds(60);
    picture.arrived = picture.taken;
    assert_eq!(bench.album.keep(&picture).await?, Kept::Known);
    assert_eq!(bench.rows().await?[0].taken_at, NOON);
    Ok(())
}

#[tokio::test]
async fn an_unknown_camera_keeps_no_row_and_its_file_is_swept() -> Outcome {
    let bench = Bench::new().await?;
    bench.keep("kept", NOON).await?;
    let mut stray = bench.picture("stray", NOON);
    stray.camera = CameraKey(999);
    let refused = bench.album.keep(&stray).await;
    let Err(AlbumError::Rows(error)) = refused else {
        return Err("a camera that is not there kept a picture".into());
    };
    assert_eq!(error.constraint(), Some("picture_camera_fkey"));
    let kept = PictureHash::of(b"kept");
    bench
        .album
        .write_small(&kept, 480, Bytes::from("k"))
        .await?;
    assert_eq!(bench.folder.files()?.len(), 3);
    let foreign = bench.folder.0.join("ab/notes.txt");
    std::fs::create_dir_all(foreign.parent().unwrap_or(Path::new("/")))?;
    std::fs::write(&foreign, "not ours")?;
    let swept = bench.album.sweep().await?;
    assert_eq!(
        swept,
        Swept {
            seen: 4,
            removed: 1
        }
    );
    assert!(foreign.exists() && bench.album.read(&kept).await?.is_some());
    assert!(bench.album.read_small(&kept, 480).await?.is_some());
    assert_eq!(bench.album.read(&PictureHash::of(b"stray")).await?, None);
    Ok(())
}

#[tokio::test]
async fn half_a_file_of_an_earlier_try_is_written_anew() -> Outcome {
    let bench = Bench::new().await?;
    let name = PictureHash::of(b"whole").to_string();
    let folder = bench.folder.0.join(&name[..2]);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(format!("{name}.jpg")), "wh")?;
    bench.keep("whole", NOON).await?;
    let read = bench.album.read(&PictureHash::of(b"whole")).await?;
    assert_eq!(read.as_deref(), Some(&b"whole"[..]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sweeping_never_takes_a_picture_that_is_being_kept() -> Outcome {
    let bench = Bench::new().await?;
    let texts: Vec<_> = (0..40).map(|n| format!("picture {n}")).collect();
    let path = |text: &str| {
        let name = PictureHash::of(text.as_bytes()).to_string();
        bench.folder.0.join(&name[..2]).join(format!("{name}.jpg"))
    };
    let keeping = async {
        for text in &texts {
            // A file is there from an earlier try, and a sweep may be looking at it right now.
            std::fs::create_dir_all(path(text).parent().ok_or("no folder")?)?;
            std::fs::write(path(text), text)?;
            bench.keep(text, NOON).await?;
        }
        Ok::<_, Box<dyn Error>>(())
    };
    let sweeping = async {
        for _ in 0..40 {
            bench.album.sweep().await?;
        }
        Ok::<_, AlbumError>(())
    };
    let (kept, swept) = tokio::join!(keeping, sweeping);
    kept?;
    swept?;
    for text in &texts {
        let hash = PictureHash::of(text.as_bytes());
        assert!(bench.album.read(&hash).await?.is_some(), "{text} is gone");
    }
    Ok(())
}

#[tokio::test]
async fn a_picture_is_public_with_a_released_lot_and_no_other() -> Outcome {
    for (state, public) in [
        (LotState::Growing, false),
        (LotState::Harvested, false),
        (LotState::InTest, false),
        (LotState::Held, false),
        (LotState::Recalled, false),
        (LotState::Released, true),
        (LotState::Shipped, true),
        (LotState::SoldOut, true),
    ] {
        let bench = Bench::new().await?;
        bench.keep("june", NOON).await?;
        bench
            .keep("may", datetime!(2026-05-31 15:59:59 UTC))
            .await?;
        bench.keep("july", datetime!(2026-06-30 16:00 UTC)).await?;
        assert_eq!(is_shown(state), public, "{state:?}");
        assert!(!bench.is_public("june").await?, "no lot yet");
        bench.lot(state).await?;
        assert_eq!(bench.is_public("june").await?, public, "{state:?}");
        assert!(!bench.is_public("may").await?, "{state:?}: the day before");
        assert!(!bench.is_public("july").await?, "{state:?}: the day after");
        assert!(!bench.is_public("never taken").await?);
    }
    Ok(())
}

#[tokio::test]
async fn a_picture_belongs_to_the_plot_that_its_camera_looked_at_then() -> Outcome {
    let bench = Bench::new().await?;
    bench.lot(LotState::Released).await?;
    bench
        .keep("before", datetime!(2026-06-10 04:00 UTC))
        .await?;
    bench.keep("after", datetime!(2026-06-20 04:00 UTC)).await?;
    let mut connection = bench.album.store().acquire().await?;
    let other: i64 = sqlx::query_scalar(
        "insert into plot (producer_id, name, name_en, township, area_mu, altitude_m, latitude,
                           longitude)
         select producer_id, 'other', 'other', township, 1, 1, 29, 109 from plot returning id",
    )
    .fetch_one(&mut *connection)
    .await?;
    let moved = datetime!(2026-06-15 00:00 UTC);
    camera::place(&mut connection, bench.camera, other, moved).await?;
    assert!(bench.is_public("before").await?);
    assert!(
        !bench.is_public("after").await?,
        "it looks elsewhere by then"
    );
    let june = Period {
        first: date!(2026 - 06 - 01),
        last: date!(2026 - 06 - 30),
    };
    let now = datetime!(2026-07-01 00:00 UTC);
    let days = list_days(&mut connection, bench.farm.plot, june, now).await?;
    assert_eq!(days.len(), 1);
    assert_eq!(days[0].noon.sha256, PictureHash::of(b"before"));
    let looked = camera::list_placed(&mut connection, bench.farm.plot, june, now).await?;
    let start = datetime!(2026-05-31 16:00 UTC);
    assert_eq!((looked[0].span.from, looked[0].span.to), (start, moved));
    let placed = camera::list(&mut connection, &camera::Filter::default(), now).await?;
    assert_eq!(placed[0].plot.as_deref(), Some("other"));
    Ok(())
}

#[tokio::test]
async fn a_day_shows_the_picture_closest_to_noon_and_counts_all() -> Outcome {
    let bench = Bench::new().await?;
    // 07:00, 13:00 and 23:30 in China; the last one is of the same day there.
    bench.keep("dawn", datetime!(2026-06-09 23:00 UTC)).await?;
    bench.keep("noon", datetime!(2026-06-10 05:00 UTC)).await?;
    bench.keep("night", datetime!(2026-06-10 15:30 UTC)).await?;
    bench.keep("next", datetime!(2026-06-10 16:30 UTC)).await?;
    let june = Period {
        first: date!(2026 - 06 - 01),
        last: date!(2026 - 06 - 30),
    };
    let mut connection = bench.album.store().acquire().await?;
    let now = datetime!(2026-07-01 00:00 UTC);
    let days = list_days(&mut connection, bench.farm.plot, june, now).await?;
    let told: Vec<_> = days
        .iter()
        .map(|day| (day.day, day.count, day.noon.sha256))
        .collect();
    assert_eq!(
        told,
        [
            (date!(2026 - 06 - 10), 3, PictureHash::of(b"noon")),
            (date!(2026 - 06 - 11), 1, PictureHash::of(b"next")),
        ]
    );
    // What was not taken yet is not shown.
    let early = datetime!(2026-06-10 04:00 UTC);
    let days = list_days(&mut connection, bench.farm.plot, june, early).await?;
    assert_eq!(days[0].count, 1);
    Ok(())
}

#[tokio::test]
async fn a_producer_sees_its_own_plots_and_the_county_all() -> Outcome {
    let bench = Bench::new().await?;
    bench.keep("a", NOON).await?;
    let mut connection = bench.album.store().acquire().await?;
    let hash = PictureHash::of(b"a");
    let own = Some(bench.farm.producer);
    assert!(is_seen_by(&mut connection, &hash, own).await?);
    assert!(is_seen_by(&mut connection, &hash, None).await?);
    assert!(!is_seen_by(&mut connection, &hash, Some(999)).await?);
    assert!(!is_seen_by(&mut connection, &PictureHash::of(b"b"), None).await?);
    let of = |producer| Filter {
        producer,
        ..Filter::default()
    };
    assert_eq!(
        list(&mut connection, bench.camera, &of(own), 9)
            .await?
            .len(),
        1
    );
    assert_eq!(
        list(&mut connection, bench.camera, &of(Some(999)), 9)
            .await?
            .len(),
        0
    );
    let cameras = |producer| camera::Filter {
        gateway: Some("g1".to_owned()),
        producer,
    };
    let seen = camera::list(&mut connection, &cameras(own), NOON).await?;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].latest.map(|picture| picture.sha256), Some(hash));
    assert!(
        camera::list(&mut connection, &cameras(Some(999)), NOON)
            .await?
            .is_empty()
    );
    Ok(())
}

#[tokio::test]
async fn pictures_of_a_lot_are_never_dropped() -> Outcome {
    let bench = Bench::new().await?;
    bench.lot(LotState::SoldOut).await?;
    bench.keep("june", NOON).await?;
    bench.keep("march", datetime!(2026-03-10 04:00 UTC)).await?;
    bench.keep("april", datetime!(2026-04-10 04:00 UTC)).await?;
    let mut connection = bench.album.store().acquire().await?;
    let before = datetime!(2030-01-01 00:00 UTC);
    assert_eq!(delete_before(&mut connection, before, 1).await?, 1);
    assert_eq!(delete_before(&mut connection, before, 100).await?, 1);
    assert_eq!(delete_before(&mut connection, before, 100).await?, 0);
    assert_eq!(count(&mut connection).await?, (1, 4));
    assert_eq!(bench.album.sweep().await?.removed, 2);
    assert!(bench.album.read(&PictureHash::of(b"june")).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn pictures_are_listed_from_and_to_newest_first() -> Outcome {
    let bench = Bench::new().await?;
    let at = |hour| NOON + time::Duration::hours(hour);
    for hour in 0..4 {
        bench.keep(&hour.to_string(), at(hour)).await?;
    }
    let mut connection = bench.album.store().acquire().await?;
    let filter = Filter {
        from: Some(at(1)),
        to: Some(at(3)),
        producer: None,
    };
    let listed = list(&mut connection, bench.camera, &filter, 10).await?;
    let times: Vec<_> = listed.iter().map(|picture| picture.taken_at).collect();
    assert_eq!(times, [at(2), at(1)]);
    assert_eq!(
        list(&mut connection, bench.camera, &filter, 1).await?.len(),
        1
    );
    let claimed = NewPicture {
        claimed: Some(Timestamp::from_seconds(0)),
        ..bench.picture("reset clock", at(9))
    };
    assert_eq!(bench.album.keep(&claimed).await?, Kept::New);
    Ok(())
}

//! Profiles, their versions and calibrations against a real PostgreSQL.

use std::error::Error;

use model::time::Timestamp;
use time::macros::datetime;

use super::*;
use crate::calibration::{self, Calibration};
use crate::probe;
use crate::testing::{TestDatabase, insert_probe};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

fn channel(index: i16, name: &str) -> ProfileChannel {
    ProfileChannel {
        channel: Channel {
            index,
            name: name.to_owned(),
            quantity: Quantity::SoilMoisture,
            unit: "%".to_owned(),
            depth_cm: Some(20),
            valid_min: 0.0,
            valid_max: 100.0,
        },
        keys: vec![format!("{name}.a"), format!("{name}.b")],
        register: Some(Register {
            function: 4,
            address: 0x10 + index as u16,
            form: Form::Float32,
            low_word_first: true,
            scale: 0.1,
            offset: -40.0,
        }),
    }
}

#[tokio::test]
async fn a_profile_is_read_back_as_it_was_made_and_its_newest_version_is_listed() -> TestResult {
    let database = TestDatabase::new().await?;
    let mut transaction = database.store.begin().await?;
    let builtin = list(&mut transaction).await?;
    let names: Vec<_> = builtin
        .iter()
        .map(|p| (p.name.as_str(), p.builtin))
        .collect();
    let shipped = [
        "rs485-soil-a",
        "rs485-soil-b",
        "tasmota-am2301",
        "thingsboard-air",
    ];
    assert_eq!(names, shipped.map(|name| (name, true)));
    assert_eq!(
        builtin[0].channels[1].register.map(|r| (r.form, r.scale)),
        Some((Form::Signed16, 0.1))
    );
    assert_eq!(builtin[2].channels[0].keys, ["AM2301.Temperature"]);

    let first = [channel(0, "top")];
    let one = insert(&mut transaction, "pit", 600, &first, Some(NOW)).await?;
    let second = [channel(0, "top"), channel(1, "deep")];
    let two = insert(&mut transaction, "pit", 900, &second, Some(NOW)).await?;
    let before = find(&mut transaction, one)
        .await?
        .ok_or("no first version")?;
    let after = find_newest(&mut transaction, "pit")
        .await?
        .ok_or("no version")?;
    assert_eq!((after.id, after.version, before.version), (two, 2, 1));
    assert!(after.says_the_same(900, &second) && !after.says_the_same(600, &second));
    assert_eq!((before.created_at, before.builtin), (Some(NOW), false));
    let listed = list(&mut transaction).await?;
    assert_eq!(listed.iter().filter(|p| p.name == "pit").count(), 1);
    assert_eq!(find(&mut transaction, 0).await?, None);
    assert_eq!(find_newest(&mut transaction, "nil").await?, None);
    Ok(())
}

#[test]
fn a_version_may_add_channels_and_must_keep_slots() {
    let profile = |channels: Vec<ProfileChannel>| Profile {
        id: 1,
        name: String::new(),
        version: 1,
        builtin: false,
        interval_seconds: 60,
        created_at: None,
        channels,
    };
    let before = profile(vec![channel(0, "top")]);
    let mut wider = channel(0, "top");
    wider.channel.valid_max = 60.0;
    wider.keys.clear();
    assert_eq!(
        profile(vec![wider, channel(1, "deep")]).breaks(&before),
        None
    );
    assert_eq!(
        profile(vec![channel(1, "top")]).breaks(&before),
        Some("top")
    );
    assert_eq!(profile(vec![]).breaks(&before), Some("top"));
    let mut other = channel(0, "top");
    other.channel.unit = "m3/m3".to_owned();
    assert_eq!(profile(vec![other]).breaks(&before), Some("top"));
}

#[tokio::test]
async fn the_profile_with_the_latest_date_is_a_probes_profile() -> TestResult {
    let database = TestDatabase::new().await?;
    let key = insert_probe(&database.store, "gw", "p", &["top"], 600).await?;
    let mut connection = database.store.acquire().await?;
    let (gateway, name) = ("gw".parse()?, "p".parse()?);
    let next = insert(&mut connection, "pit", 900, &[channel(0, "top")], None).await?;
    let old = insert(&mut connection, "old", 1_200, &[channel(0, "top")], None).await?;
    let late = NOW - time::Duration::days(30);
    assert_eq!(
        probe::use_profile(&mut connection, key, (next, NOW), NOW, None).await?,
        next
    );
    assert_eq!(
        probe::use_profile(&mut connection, key, (old, late), NOW, None).await?,
        old
    );
    // The same date twice: what is there stays.
    assert_eq!(
        probe::use_profile(&mut connection, key, (old, NOW), NOW, None).await?,
        next
    );
    let found = probe::find(&mut connection, &gateway, &name)
        .await?
        .ok_or("no probe")?;
    assert_eq!(found.interval_seconds, 900);
    let uses = probe::list_uses(&mut connection, key).await?;
    assert_eq!(
        uses.iter().map(|u| u.profile_id).collect::<Vec<_>>()[..2],
        [next, old]
    );
    assert_eq!(uses.len(), 3);
    let dated = probe::list_all_uses(&mut connection).await?;
    let newest_last: Vec<_> = dated.iter().map(|d| (d.probe, d.profile_id)).collect();
    assert_eq!(newest_last[1..], [(key, old), (key, next)]);
    assert_eq!(dated[1].valid_from, crate::from_db(late));
    let versions = list_used(&mut connection).await?;
    let versions: Vec<_> = versions.iter().map(|p| (p.id, p.name.as_str())).collect();
    assert_eq!(versions[1..], [(next, "pit"), (old, "old")], "no other");
    let names = probe::list_names(&mut connection).await?;
    assert_eq!(names, [probe::Name { key, gateway, name }]);
    Ok(())
}

#[tokio::test]
async fn a_listener_hears_of_a_new_profile_when_it_is_committed() -> TestResult {
    let database = TestDatabase::new().await?;
    let key = insert_probe(&database.store, "gw", "p", &["top"], 600).await?;
    let mut listener = crate::notice::ProbesListener::open(&database.store).await?;
    let mut transaction = database.store.begin().await?;
    let next = insert(&mut transaction, "pit", 900, &[channel(0, "top")], None).await?;
    probe::use_profile(&mut transaction, key, (next, NOW), NOW, None).await?;
    let early = tokio::time::timeout(std::time::Duration::from_millis(100), listener.next());
    assert!(early.await.is_err(), "nothing is committed yet");
    transaction.commit().await?;
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, listener.next()).await??;
    Ok(())
}

#[tokio::test]
async fn a_calibration_is_entered_before_it_is_in_force_and_stays() -> TestResult {
    let database = TestDatabase::new().await?;
    let probe = insert_probe(&database.store, "gw", "p", &["top"], 600).await?;
    let mut connection = database.store.acquire().await?;
    let seconds = NOW.unix_timestamp();
    let calibration = |seconds, gain| Calibration {
        probe,
        channel: 0,
        valid_from: Timestamp::from_seconds(seconds),
        gain,
        offset: -0.5,
        note: "against the reference".to_owned(),
    };
    let one = calibration(seconds + 60, 1.02);
    assert_eq!(
        calibration::insert(&mut connection, &one, NOW, None).await?,
        None
    );
    let twice = calibration(seconds + 60, 2.0);
    let again = calibration::insert(&mut connection, &twice, NOW, None);
    assert_eq!(again.await?, Some(one.clone()), "what is there stays");
    let zero = calibration(seconds + 61, 0.0);
    let zero = calibration::insert(&mut connection, &zero, NOW, None);
    let zero = zero.await.err().ok_or("a gain of nothing")?;
    assert_eq!(zero.constraint(), Some("probe_calibration_gain_not_zero"));
    let past = calibration::insert(&mut connection, &calibration(seconds, 1.0), NOW, None).await;
    let past = past.err().ok_or("in force before it was known")?;
    assert_eq!(past.constraint(), Some("probe_calibration_ahead"));
    let of_probe = calibration::list(&mut connection, Some(probe)).await?;
    assert_eq!(of_probe, [one]);
    assert_eq!(calibration::list(&mut connection, None).await?, of_probe);
    let deleted = sqlx::query("delete from probe_calibration")
        .execute(&mut *connection)
        .await;
    assert!(deleted.is_err(), "a calibration is for good");
    Ok(())
}

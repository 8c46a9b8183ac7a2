//! The county in a real database: filed once, gone on with after an interruption, and what the
//! interface promises of it. Seeding takes seconds, so one county serves several questions.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use model::lot::LotState;
use store::picture::{self, Location};
use store::testing::TestDatabase;
use store::{event, gateway, lot, plot, producer, product, settle, trace};
use time::macros::datetime;

use super::catalog::devices::DEMO_PROBE;
use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00:30.5 UTC);

fn quiet(_: Progress) {}

async fn supervisor_alarms(store: &Store) -> anyhow::Result<Vec<alarm::Alarm>> {
    let mut connection = store.acquire().await?;
    let filter = alarm::Filter::default();
    Ok(alarm::list(&mut connection, &filter, NOW, alarm::LIST_MAX).await?)
}

#[tokio::test]
async fn the_county_holds_what_the_interface_promises() -> anyhow::Result<()> {
    let database = TestDatabase::new().await?;
    let store = &database.store;
    let album = Album::open(store.clone(), &Location::Memory)?;
    seed(&album, SEED, NOW, quiet).await?;
    holds_the_pictures(&album).await?;
    holds_the_registers(store).await?;
    holds_the_demo_probe(store).await?;
    holds_the_shown_lot(store).await?;
    holds_alarms(store).await?;
    holds_a_life_behind_each_state(store).await?;
    let before = supervisor_alarms(store).await?;
    seed(&album, SEED + 1, NOW + time::Duration::days(3), quiet).await?;
    assert_eq!(
        supervisor_alarms(store).await?,
        before,
        "a whole county is left as it is"
    );
    Ok(())
}

async fn holds_the_pictures(album: &Album) -> anyhow::Result<()> {
    let mut connection = album.store().acquire().await?;
    let all = store::camera::Filter::default();
    let cameras = store::camera::list(&mut connection, &all, NOW).await?;
    ensure!(cameras.len() >= 6 && cameras.iter().all(|camera| camera.latest.is_some()));
    let (pictures, bytes) = picture::count(&mut connection).await?;
    ensure!((200..600).contains(&pictures), "{pictures} pictures");
    ensure!(bytes < 60_000_000, "{bytes} bytes");
    Ok(())
}

async fn holds_the_registers(store: &Store) -> anyhow::Result<()> {
    let mut connection = store.acquire().await?;
    ensure!(producer::list(&mut connection).await?.len() >= 12);
    ensure!(product::list(&mut connection, None).await?.len() == 60);
    let all = product::Filter::default();
    let places = product::count(&mut connection, &all).await?;
    for state in model::filing::FilingState::ALL {
        let stands = places
            .iter()
            .any(|(at, _, count)| *at == state && *count > 0);
        ensure!(stands, "no product's filing is {state}");
    }
    ensure!(gateway::list(&mut connection).await?.len() == 14);
    let logins: Vec<String> = account::list(&mut connection)
        .await?
        .into_iter()
        .map(|account| account.login)
        .collect();
    assert_eq!(logins, ["lab", "operator", "producer", "supervisor"]);
    let lots = lot::list(&mut connection, &lot::Filter::default(), lot::LIST_MAX).await?;
    for state in LotState::ALL {
        ensure!(
            lots.iter().any(|lot| lot.state == state),
            "no lot is {state}"
        );
    }
    let codes: BTreeSet<&str> = lots.iter().map(|lot| lot.code.as_str()).collect();
    assert_eq!(codes.len(), lots.len());
    assert_eq!(settle::count_waiting(&mut connection).await?, 0);
    Ok(())
}

async fn holds_the_demo_probe(store: &Store) -> anyhow::Result<()> {
    let mut connection = store.acquire().await?;
    let gateway = GatewayId::parse(DEMO_GATEWAY)?;
    let name = ProbeName::parse(DEMO_PROBE)?;
    let found = probe::find(&mut connection, &gateway, &name).await?;
    let channels: Vec<String> = found
        .context("no demo-probe")?
        .channels
        .into_iter()
        .map(|channel| channel.name)
        .collect();
    assert_eq!(channels, ["temperature", "humidity", "soil-moisture"]);
    let credentials = gateway::find_credentials(&mut connection, &gateway).await?;
    ensure!(credentials.context("no demo-gw")?.matches(KEY.as_bytes()));
    Ok(())
}

async fn holds_the_shown_lot(store: &Store) -> anyhow::Result<()> {
    let mut connection = store.acquire().await?;
    let lots = lot::list(&mut connection, &lot::Filter::default(), lot::LIST_MAX).await?;
    let shown = lots.into_iter().find(|lot| lot.code == "MC261012-01");
    let shown = shown.context("the shown lot is missing")?;
    ensure!(shown.state == LotState::Released && shown.labels == 48 && shown.tests == 1);
    let events = event::list(&mut connection, shown.id).await?;
    let steps: Vec<&str> = events.iter().map(|event| event.biz_step.as_str()).collect();
    assert_eq!(
        steps,
        ["creating_class_instance", "inspecting", "commissioning"]
    );
    let last = shown.harvested_on.context("still growing")?;
    let period = trace::Period {
        first: shown.started_on,
        last,
    };
    let monitored = trace::list_monitored(&mut connection, shown.plot_id, period, NOW).await?;
    let air = monitored
        .iter()
        .find(|m| m.probe == DEMO_PROBE && m.name == "temperature");
    let air = air.context("no temperature was measured")?;
    let days = (last - shown.started_on).whole_days() + 1;
    let measured = i64::try_from(air.steps.len())?;
    ensure!(
        measured < days && measured > days - 15,
        "{measured} of {days} days"
    );
    Ok(())
}

/// Every state has the events that lead to it, and what goes with them.
async fn holds_a_life_behind_each_state(store: &Store) -> anyhow::Result<()> {
    let mut connection = store.acquire().await?;
    let lots = lot::list(&mut connection, &lot::Filter::default(), lot::LIST_MAX).await?;
    let (mut certified, mut sprayed) = (0, 0);
    for lot in &lots {
        let events = event::list(&mut connection, lot.id).await?;
        let has = |step: &str, disposition: &str| {
            let told =
                |row: &event::Event| row.biz_step == step && row.body["disposition"] == disposition;
            events.iter().any(told)
        };
        let gone = matches!(
            lot.state,
            LotState::Shipped | LotState::SoldOut | LotState::Recalled
        );
        let (code, state) = (&lot.code, lot.state);
        assert_eq!(has("shipping", "in_transit"), gone, "{code}");
        assert_eq!(has("receiving", "in_progress"), gone, "{code}");
        assert_eq!(
            has("retail_selling", "retail_sold"),
            state == LotState::SoldOut
        );
        assert_eq!(has("holding", "recalled"), state == LotState::Recalled);
        assert_eq!(
            has("holding", "non_sellable_other"),
            state == LotState::Held
        );
        let times: Vec<_> = events.iter().map(|row| row.event_time).collect();
        ensure!(times.iter().all(|at| *at <= NOW), "{code} lies ahead");
        certified += store::certificate::list(&mut connection, &[lot.id])
            .await?
            .len();
        let own = store::farm_record::Filter {
            plot_id: Some(lot.plot_id),
            lot_id: Some(lot.id),
            ..store::farm_record::Filter::default()
        };
        sprayed += store::farm_record::list(&mut connection, &own, 9)
            .await?
            .len();
    }
    ensure!(certified >= 8 && sprayed >= 10, "{certified} {sprayed}");
    let recalls = store::recall::list(&mut connection, None, None).await?;
    assert_eq!(recalls.len(), 1);
    let all = store::shipment::Filter::default();
    let stations = store::shipment::list(&mut connection, &all, 500).await?;
    let in_time = stations.iter().filter(|s| s.from_kind == "hub").all(|s| {
        s.received_at
            .is_some_and(|at| at - s.shipped_at <= time::Duration::hours(48))
    });
    ensure!(in_time, "the village waited too long");
    Ok(())
}

async fn holds_alarms(store: &Store) -> anyhow::Result<()> {
    let alarms = supervisor_alarms(store).await?;
    let frost = alarms
        .iter()
        .filter(|a| a.probe == DEMO_PROBE && a.rule == "霜冻");
    ensure!(frost.clone().count() > 0, "demo-probe never saw frost");
    ensure!(
        alarms.iter().any(|a| a.acknowledged_at.is_none()),
        "nothing waits"
    );
    ensure!(
        alarms
            .iter()
            .any(|a| a.acknowledged_by.as_deref() == Some("演示监管员"))
    );
    ensure!(
        alarms
            .iter()
            .all(|a| a.detected_at >= a.raised_at && a.detected_at <= NOW)
    );
    Ok(())
}

#[tokio::test]
async fn an_interrupted_county_goes_on_with_its_own_seed_and_day() -> anyhow::Result<()> {
    let database = TestDatabase::new().await?;
    let store = &database.store;
    let begun = begin(store, 5, NOW, &quiet).await?;
    assert_eq!((begun.stage, begun.seed), (Stage::Filed, 5));
    let again = begin(store, 6, NOW + time::Duration::hours(9), &quiet).await?;
    assert_eq!(again, begun);
    let mut connection = store.acquire().await?;
    assert_eq!(product::list(&mut connection, None).await?.len(), 60);
    let plots = plot::list(&mut connection, None).await?;
    assert_eq!(plots.len(), catalog::plots::PLOTS.len());
    Ok(())
}

#[tokio::test]
async fn readings_written_twice_are_stored_once() -> anyhow::Result<()> {
    let database = TestDatabase::new().await?;
    let store = &database.store;
    let begun = begin(store, 5, NOW, &quiet).await?;
    let now = OffsetDateTime::from_unix_timestamp(begun.now_s)?;
    let past = &history::pasts(now)[..1];
    let weather = history::weather(5, past, now);
    let mut writer = Writer::open(store).await?;
    let said = || history::said(&weather, &past[0], now).take(500);
    let key = ProbeKey(1);
    assert_eq!(history::write(&mut writer, key, said()).await?, 500);
    assert_eq!(history::write(&mut writer, key, said()).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_county_of_another_version_or_a_database_in_use_is_refused() -> anyhow::Result<()> {
    let database = TestDatabase::new().await?;
    let mut connection = database.store.acquire().await?;
    let other = "v9999 whole seed 1 at 2";
    setting::set(&mut connection, setting::DEMO, other).await?;
    let refused = seed(
        &Album::open(database.store.clone(), &Location::Memory)?,
        SEED,
        NOW,
        quiet,
    )
    .await;
    ensure!(refused.is_err_and(|error| error.to_string().contains("9999")));
    let database = TestDatabase::new().await?;
    let mut connection = database.store.acquire().await?;
    let role = account::Role::Operator;
    let (login, display_name, password_hash) = ("someone", "Someone", "-");
    let new = account::NewAccount {
        login,
        display_name,
        role,
        producer_id: None,
        password_hash,
    };
    account::insert(&mut connection, &new, NOW).await?;
    let refused = seed(
        &Album::open(database.store.clone(), &Location::Memory)?,
        SEED,
        NOW,
        quiet,
    )
    .await;
    ensure!(refused.is_err_and(|error| error.to_string().contains("in use")));
    ensure!(producer::list(&mut connection).await?.is_empty());
    Ok(())
}

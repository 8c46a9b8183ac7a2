//! Marks against a real database: which changes mark which lots, and that none is lost.

use time::macros::datetime;

use super::*;
use crate::lot::{self, NewLot};
use crate::testing::{self, TestDatabase};

const NOW: OffsetDateTime = datetime!(2026-11-28 08:00 UTC);

async fn a_lot(
    connection: &mut PgConnection,
    farm: &testing::Farm,
    (code, state): (&str, LotState),
) -> i64 {
    let new = NewLot {
        product_id: farm.product,
        plot_id: farm.plot,
        code,
        state,
        started_on: NOW.date(),
        harvested_on: Some(NOW.date()),
        quantity: 1.0,
        recall_reason: (state == LotState::Recalled).then_some("残留超标"),
        request_id: uuid::Uuid::new_v4(),
        account_id: None,
    };
    lot::insert(connection, &new, NOW).await.expect("a lot")
}

async fn waiting(connection: &mut PgConnection, mirror: &Mirror) -> Vec<(i64, bool)> {
    let waiting = list_waiting(connection, mirror.id, WAITING_MAX).await;
    let waiting = waiting.expect("listed").into_iter();
    waiting.map(|one| (one.lot_id, one.urgent)).collect()
}

async fn take_all(connection: &mut PgConnection, mirror: &Mirror) {
    let waiting = list_waiting(connection, mirror.id, WAITING_MAX).await;
    for one in waiting.expect("listed") {
        delete_marks(connection, &one.marks).await.expect("removed");
    }
}

#[tokio::test]
async fn a_new_mirror_waits_for_every_lot_of_the_public_and_none_else() {
    let database = TestDatabase::new().await.expect("a database");
    let farm = testing::insert_farm(&database.store).await.expect("a farm");
    let connection = &mut *database.store.acquire().await.expect("a connection");
    let mut lots = Vec::new();
    for (number, state) in LotState::ALL.into_iter().enumerate() {
        let code = format!("L{number}");
        lots.push((state, a_lot(connection, &farm, (&code, state)).await));
    }
    let mirror = register(connection, "/srv/mirror", NOW).await.expect("new");
    let mut expected: Vec<_> = lots
        .iter()
        .filter(|(state, _)| is_public(*state))
        .map(|(state, id)| (*id, *state == LotState::Recalled))
        .collect();
    expected.sort_by_key(|(id, urgent)| (!urgent, *id));
    assert_eq!(waiting(connection, &mirror).await, expected);
    take_all(connection, &mirror).await;
    let again = register(connection, "/srv/mirror", NOW)
        .await
        .expect("known");
    assert_eq!(again, mirror);
    assert!(waiting(connection, &mirror).await.is_empty());
    assert!(forget(connection, "/srv/mirror").await.expect("forgotten"));
}

#[tokio::test]
async fn a_step_marks_its_lot_and_a_recall_goes_first() {
    let database = TestDatabase::new().await.expect("a database");
    let farm = testing::insert_farm(&database.store).await.expect("a farm");
    let connection = &mut *database.store.acquire().await.expect("a connection");
    let mirror = register(connection, "s3://b", NOW).await.expect("new");
    let first = a_lot(connection, &farm, ("L1", LotState::Released)).await;
    let growing = a_lot(connection, &farm, ("L2", LotState::Growing)).await;
    let second = a_lot(connection, &farm, ("L3", LotState::Released)).await;
    let both = [(first, false), (second, false)];
    assert_eq!(waiting(connection, &mirror).await, both, "not {growing}");
    take_all(connection, &mirror).await;
    sqlx::query("update plot set name = name || '!'")
        .execute(&mut *connection)
        .await
        .expect("a plot with another name");
    assert_eq!(waiting(connection, &mirror).await, both);
    lot::step(connection, second, LotState::Held)
        .await
        .expect("a legal step");
    let urgent = [(second, true), (first, false)];
    assert_eq!(waiting(connection, &mirror).await, urgent);
    assert!(is_urgent(connection, mirror.id).await.expect("asked"));
}

#[tokio::test]
async fn a_mark_that_commits_later_survives_the_taking_of_the_others() {
    let database = TestDatabase::new().await.expect("a database");
    let farm = testing::insert_farm(&database.store).await.expect("a farm");
    let connection = &mut *database.store.acquire().await.expect("a connection");
    let mirror = register(connection, "/srv/m", NOW).await.expect("new");
    let lot_id = a_lot(connection, &farm, ("L1", LotState::Released)).await;
    let mut slow = database.store.begin().await.expect("a transaction");
    sqlx::query("update plot set name = name || '!'")
        .execute(&mut *slow)
        .await
        .expect("a change that is not visible yet");
    take_all(connection, &mirror).await;
    assert!(waiting(connection, &mirror).await.is_empty());
    slow.commit().await.expect("committed");
    assert_eq!(waiting(connection, &mirror).await, [(lot_id, false)]);
}

#[tokio::test]
async fn one_keeper_writes_and_shared_files_go_with_the_last_page() {
    let database = TestDatabase::new().await.expect("a database");
    let farm = testing::insert_farm(&database.store).await.expect("a farm");
    let connection = &mut *database.store.acquire().await.expect("a connection");
    let mirror = register(connection, "/srv/m", NOW).await.expect("new");
    let take = || Keeper::take(&database.store, mirror.id);
    let mut keeper = take().await.expect("asked").expect("free");
    assert!(keeper.is_alive().await);
    assert!(take().await.expect("asked").is_none());
    drop(keeper);

    let lot_id = a_lot(connection, &farm, ("L1", LotState::Released)).await;
    let mut lying = Lying {
        lot_id,
        gtin: "06901234567892".to_owned(),
        code: "L1".to_owned(),
        manifest: [7; 32],
        shared: vec!["pictures/a.jpg".to_owned()],
    };
    for path in ["pictures/a.jpg", "pictures/b.jpg", "assets/c.css"] {
        let saved = save_shared(connection, mirror.id, path, &[1; 32]).await;
        saved.expect("noted");
    }
    let save = save_lying(connection, mirror.id, &lying, NOW).await;
    save.expect("noted");
    let found = find_lying(connection, mirror.id, lot_id).await;
    assert_eq!(found.expect("found").as_ref(), Some(&lying));
    let kept = ["assets/c.css".to_owned()];
    let orphans = list_orphans(connection, mirror.id, &kept).await;
    assert_eq!(orphans.expect("listed"), ["pictures/b.jpg"]);
    lying.shared.clear();
    let save = save_lying(connection, mirror.id, &lying, NOW).await;
    save.expect("noted");
    let orphans = list_orphans(connection, mirror.id, &kept).await;
    assert_eq!(orphans.expect("listed").len(), 2);
    let old = mark_old(connection, mirror.id, NOW, 9).await;
    assert_eq!(old.expect("marked"), 0, "written now");
}

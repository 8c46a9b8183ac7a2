//! The broker door when something goes wrong: a batch that the database refuses, messages of any
//! size, and a broker that will not have us.

use tokio::time::Instant;

use super::*;

#[tokio::test]
async fn one_message_that_the_database_refuses_costs_the_others_nothing() {
    const BAD: f32 = 66.0;
    let bench = bench(Mode::Hold, None).await;
    let (mut reader, _echo) = bench.accept_both().await;
    reader.grant().await;
    for id in 1..=8_u16 {
        let value = if id == 5 { BAD } else { f32::from(id) };
        let time = NOW.seconds() - i64::from(id);
        let pack = format!(r#"[{{"n":"temperature","v":{value},"t":{time}}}]"#);
        reader.publish(id, TELEMETRY, &pack).await;
    }
    bench.database.until_attempts(1).await;
    bench.database.set(Mode::Refuse(BAD));
    for expected in 1..=8 {
        assert_eq!(reader.acknowledged().await, Some(expected));
    }
    let tables = bench.database.tables();
    assert_eq!(tables.reasons(), ["refused_by_database"]);
    let kept = String::from_utf8_lossy(&tables.letters[0].payload).into_owned();
    assert!(kept.contains(r#""v":66"#), "{kept}");
    assert_eq!(tables.reports.len(), 7);
    bench.stop().await;
}

#[tokio::test]
async fn a_message_that_the_librarys_own_limit_would_refuse_is_taken_on_the_same_connection() {
    let bench = bench(Mode::Commit, None).await;
    let (mut reader, _echo) = bench.accept_both().await;
    reader.grant().await;
    // The library takes 10 KiB where nobody says more, and would connect again for ever.
    let snapshot = "x".repeat(2 * 1024 * 1024);
    reader
        .publish(1, "suyuan/v1/demo-gw/demo-cam/snapshot", &snapshot)
        .await;
    reader.publish(2, TELEMETRY, &pack(1)).await;
    assert_eq!(reader.acknowledged().await, Some(1));
    assert_eq!(reader.acknowledged().await, Some(2));
    let tables = bench.database.tables();
    assert_eq!((tables.letters.len(), tables.reports.len()), (1, 1));
    bench.stop().await;
}

/// Waits for the reading client; the other one pauses by its own clock.
async fn accept_reader(bench: &Bench) -> Peer {
    loop {
        let peer = Peer::accept(&bench.listener).await;
        if peer.connect.client_id == "ingest-1" {
            return peer;
        }
    }
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "pauses between real connections are measured by the real clock"
)]
async fn a_broker_that_hangs_up_is_asked_again_at_growing_pauses_until_it_is_well() {
    let step = Duration::from_millis(50);
    let bench = bench_at(Mode::Commit, None, &limits(), (step, 16 * step)).await;
    let mut connects = Vec::new();
    for _ in 0..6 {
        drop(accept_reader(&bench).await);
        connects.push(Instant::now());
    }
    let pauses: Vec<_> = connects.windows(2).map(|two| two[1] - two[0]).collect();
    for (pause, times) in pauses.iter().zip([1, 2, 4, 8, 16]) {
        assert!(*pause >= step * times / 2, "{pauses:?}");
    }
    // A connection that was subscribed begins anew.
    let mut reader = accept_reader(&bench).await;
    reader.grant().await;
    let well = async {
        while bench.health.report(NOW).broker_connected != Some(true) {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(PATIENCE, well).await.is_ok());
    drop(reader);
    let lost = Instant::now();
    drop(accept_reader(&bench).await);
    // The longest pause is at least this long.
    assert!(lost.elapsed() < step * 8, "{:?}", lost.elapsed());
    bench.stop().await;
}

//! Reading back on a real PostgreSQL.

use std::error::Error;

use time::macros::datetime;

use super::*;
use crate::report::{Batch, Report, Writer};
use crate::testing::{TestDatabase, insert_probe};

#[tokio::test]
async fn the_latest_report_is_the_newest_of_each_probe_however_long_ago()
-> Result<(), Box<dyn Error>> {
    const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);
    let database = TestDatabase::new().await?;
    let mut keys = Vec::new();
    for name in ["busy", "silent", "ahead", "new"] {
        keys.push(insert_probe(&database.store, name, "p", &["a"], 900).await?);
    }
    let report = |key: usize, time: OffsetDateTime| {
        let time = from_db(time);
        Report::ordinary(keys[key], time, time, vec![Some(1.0)])
    };
    let busy = NOW - Duration::HOUR;
    let silent = datetime!(2026-02-28 23:59:59 UTC);
    let ahead = NOW + Duration::minutes(50);
    let reports = vec![
        report(0, NOW - Duration::days(90)),
        report(0, busy),
        report(0, NOW - Duration::days(1)),
        report(1, silent),
        report(1, silent - Duration::days(40)),
        report(2, ahead),
        report(2, NOW),
    ];
    let batch = Batch {
        reports,
        dead_letters: Vec::new(),
    };
    Writer::open(&database.store).await?.write(&batch).await?;
    let mut connection = database.store.acquire().await?;
    let latest = list_latest(&mut connection, NOW).await?;
    let times: Vec<_> = latest.iter().map(|(key, row)| (*key, row.time)).collect();
    assert_eq!(
        times,
        [(keys[0], busy), (keys[1], silent), (keys[2], ahead)]
    );
    Ok(())
}

//! Print jobs, printers and the ledger against a real PostgreSQL.

use std::error::Error;

use model::lot::LotState;
use time::macros::{date, datetime};

use super::*;
use crate::label::{self, NewRun};
use crate::label_ledger::{self as ledger, Fate, NewLine};
use crate::lot::{self, NewLot};
use crate::printer::{self, Settings};
use crate::testing::{TestDatabase, insert_farm};

type TestResult = Result<(), Box<dyn Error>>;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);
const LATER: OffsetDateTime = datetime!(2026-11-23 12:05 UTC);

/// A run of five labels and two printers.
struct Shop {
    database: TestDatabase,
    run: i64,
    printers: [i64; 2],
}

fn settings(name: &str) -> Settings {
    Settings {
        producer_id: None,
        name: name.to_owned(),
        address: "tcp://10.0.0.7:9100".to_owned(),
        language: "tspl".to_owned(),
        dpi: 203,
        offset_x_mm: 0.0,
        offset_y_mm: 0.0,
        scale: 1.0,
        gap_mm: 2.0,
        cut: false,
    }
}

impl Shop {
    async fn open() -> Result<Self, Box<dyn Error>> {
        let database = TestDatabase::new().await?;
        let farm = insert_farm(&database.store).await?;
        let mut connection = database.store.acquire().await?;
        let new = NewLot {
            product_id: farm.product,
            plot_id: farm.plot,
            code: "A-1",
            state: LotState::Harvested,
            started_on: date!(2026 - 03 - 01),
            harvested_on: Some(date!(2026 - 10 - 01)),
            quantity: 1.0,
            recall_reason: None,
            request_id: Uuid::from_u128(7),
            account_id: None,
        };
        let lot_id = lot::insert(&mut connection, &new, NOW).await?;
        let serials: Vec<String> = (1..=5).map(|number| format!("S{number}")).collect();
        let new = NewRun {
            goods: label::For::Lot(lot_id),
            on_activation: false,
            size: "40x30mm",
            serials: &serials,
            shorts: &[],
            request_id: Uuid::from_u128(8),
            account_id: None,
        };
        let run = label::insert_run(&mut connection, &new, NOW).await?;
        let one = printer::insert(&mut connection, &settings("one"), None, NOW).await?;
        let two = printer::insert(&mut connection, &settings("two"), None, NOW).await?;
        drop(connection);
        Ok(Self {
            database,
            run,
            printers: [one, two],
        })
    }

    async fn job(&self, request: u128, printer: usize) -> Result<i64, Box<dyn Error>> {
        let new = NewJob {
            run_id: self.run,
            printer_id: self.printers[printer],
            numbers: (1, 5),
            reason: None,
            request_id: Uuid::from_u128(request),
            account_id: None,
        };
        Ok(insert(&mut *self.database.store.acquire().await?, &new, NOW).await?)
    }

    async fn tell(&self, request: u128, fate: Fate, numbers: (i32, i32)) -> TestResult {
        let line = NewLine {
            run_id: self.run,
            numbers,
            fate,
            reason: "jammed",
            request_id: Uuid::from_u128(request),
            account_id: None,
        };
        Ok(ledger::insert(&mut *self.database.store.acquire().await?, &line, NOW).await?)
    }
}

#[tokio::test]
async fn a_printer_gets_one_job_at_a_time_and_the_oldest_first() -> TestResult {
    let shop = Shop::open().await?;
    let (first, second, other) = (
        shop.job(1, 0).await?,
        shop.job(2, 0).await?,
        shop.job(3, 1).await?,
    );
    assert_eq!(
        shop.job(1, 1).await?,
        first,
        "the same request is the same job"
    );
    let mut connection = shop.database.store.acquire().await?;
    assert_eq!(claim(&mut connection, NOW, LATER).await?, Some(first));
    assert_eq!(claim(&mut connection, NOW, LATER).await?, Some(other));
    assert_eq!(claim(&mut connection, NOW, LATER).await?, None);
    assert!(advance(&mut connection, first, 6, NOW, LATER).await?);
    end(&mut connection, first, None, NOW).await?;
    assert_eq!(claim(&mut connection, NOW, LATER).await?, Some(second));
    let done = find(&mut connection, first).await?.ok_or("no job")?;
    assert_eq!((done.state, done.next), (JobState::Done, 6));
    Ok(())
}

#[tokio::test]
async fn a_paused_job_keeps_what_was_taken_and_goes_on_where_it_is_told() -> TestResult {
    let shop = Shop::open().await?;
    let id = shop.job(1, 0).await?;
    let mut connection = shop.database.store.acquire().await?;
    claim(&mut connection, NOW, LATER).await?;
    assert!(pause(&mut connection, id, NOW).await?);
    assert!(
        !advance(&mut connection, id, 4, NOW, LATER).await?,
        "somebody stopped it"
    );
    assert_eq!(
        find(&mut connection, id).await?.map(|job| job.next),
        Some(4)
    );
    for beyond in [0, 6] {
        assert!(!resume(&mut connection, id, beyond, NOW).await?);
    }
    assert!(resume(&mut connection, id, 2, NOW).await?);
    assert!(
        !resume(&mut connection, id, 2, NOW).await?,
        "it is not paused any more"
    );
    assert!(cancel(&mut connection, id, NOW).await?);
    assert!(!cancel(&mut connection, id, NOW).await? && !pause(&mut connection, id, NOW).await?);
    Ok(())
}

#[tokio::test]
async fn a_job_whose_server_is_gone_is_paused_when_its_lease_is_over() -> TestResult {
    let shop = Shop::open().await?;
    let id = shop.job(1, 0).await?;
    let mut connection = shop.database.store.acquire().await?;
    claim(&mut connection, NOW, LATER).await?;
    assert_eq!(pause_lost(&mut connection, "gone", LATER).await?, 0);
    let after = LATER + time::Duration::SECOND;
    assert_eq!(pause_lost(&mut connection, "gone", after).await?, 1);
    let job = find(&mut connection, id).await?.ok_or("no job")?;
    assert_eq!(
        (job.state, job.problem.as_deref()),
        (JobState::Paused, Some("gone"))
    );
    Ok(())
}

#[tokio::test]
async fn the_ledger_counts_each_label_once_a_kind_and_never_changes() -> TestResult {
    let shop = Shop::open().await?;
    let id = shop.job(1, 0).await?;
    let mut connection = shop.database.store.acquire().await?;
    claim(&mut connection, NOW, LATER).await?;
    advance(&mut connection, id, 4, NOW, LATER).await?;
    for (request, fate, numbers) in [
        (10, Fate::Printed, (3, 4)),
        (11, Fate::Spoiled, (2, 3)),
        (11, Fate::Spoiled, (1, 5)),
        (12, Fate::Voided, (5, 5)),
    ] {
        shop.tell(request, fate, numbers).await?;
    }
    let counts = ledger::count(&mut connection, shop.run).await?;
    assert_eq!(
        (counts.issued, counts.printed, counts.spoiled, counts.voided),
        (5, 4, 2, 1)
    );
    assert_eq!(ledger::list(&mut connection, shop.run).await?.len(), 3);
    assert_eq!(
        ledger::touched(&mut connection, shop.run, (5, 5)).await?,
        (true, true)
    );
    let valid = label::list_printable(&mut connection, shop.run, (4, 5), 10).await?;
    let fourth = label::Printable {
        number: 4,
        serial: "S4".to_owned(),
        short: None,
    };
    assert_eq!(valid, [fourth]);
    assert!(ledger::find_void(&mut connection, "S5").await?.is_some());
    assert!(ledger::find_void(&mut connection, "S4").await?.is_none());
    let changed = sqlx::query("update label_ledger set reason = 'nothing'")
        .execute(&mut *connection)
        .await;
    assert!(changed.is_err(), "the ledger is append-only");
    Ok(())
}

#[tokio::test]
async fn printers_have_one_name_each_and_settings_within_limits() -> TestResult {
    let shop = Shop::open().await?;
    let mut connection = shop.database.store.acquire().await?;
    let refused = |result: Result<i64, StoreError>| {
        result
            .err()
            .and_then(|error| error.constraint().map(str::to_owned))
    };
    for (settings, rule) in [
        (settings("one"), "printer_name_key"),
        (
            Settings {
                language: "png".into(),
                ..settings("a")
            },
            "printer_language_known",
        ),
        (
            Settings {
                dpi: 1,
                ..settings("a")
            },
            "printer_dpi_known",
        ),
        (
            Settings {
                offset_x_mm: 21.0,
                ..settings("a")
            },
            "printer_offset_in_range",
        ),
        (
            Settings {
                scale: 1.06,
                ..settings("a")
            },
            "printer_scale_in_range",
        ),
        (
            Settings {
                gap_mm: -1.0,
                ..settings("a")
            },
            "printer_gap_in_range",
        ),
    ] {
        let result = printer::insert(&mut connection, &settings, None, NOW).await;
        assert_eq!(refused(result).as_deref(), Some(rule));
    }
    let moved = Settings {
        offset_x_mm: 1.5,
        ..settings("one")
    };
    assert!(printer::update(&mut connection, shop.printers[0], &moved).await?);
    assert!(!printer::update(&mut connection, 999, &settings("b")).await?);
    let found = printer::find(&mut connection, shop.printers[0]).await?;
    assert_eq!(found.map(|printer| printer.settings), Some(moved));
    assert_eq!(printer::list(&mut connection, Some(1)).await?.len(), 2);
    Ok(())
}

//! How long the questions of pages take on a table that is full and being written: the latest of
//! all probes, a day of one probe, a growing period of 90 days. Wants `DATABASE_URL` of a database
//! with migrations, probes, readings and rollups up to `--until`; adds a farm, a lot's plot, and
//! (with `--load`) reports at that rate a second. Prints one line of JSON.
//!
//! `query_speed --until 2026-11-24T00:00:00Z --rounds 50 --load 5000`

use std::error::Error;
use std::io::Write as _;
use std::time::{Duration as Wait, Instant};

use model::id::ProbeKey;
use model::time::Timestamp;
use store::reading::{self, Span};
use store::report::{Batch, Report, Writer};
use store::trace::{self, Period};
use store::{Store, plot, probe, testing};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Reports in one batch of the load.
const BATCH_REPORTS: u64 = 500;

struct Asked {
    until: OffsetDateTime,
    rounds: usize,
    load: u64,
}

fn asked() -> Outcome<Asked> {
    let mut asked = Asked {
        until: OffsetDateTime::UNIX_EPOCH,
        rounds: 50,
        load: 0,
    };
    let mut words = std::env::args().skip(1);
    while let (Some(flag), Some(value)) = (words.next(), words.next()) {
        match flag.as_str() {
            "--until" => asked.until = OffsetDateTime::parse(&value, &Rfc3339)?,
            "--rounds" => asked.rounds = value.parse()?,
            "--load" => asked.load = value.parse()?,
            other => return Err(format!("{other} is none of --until, --rounds, --load").into()),
        }
    }
    Ok(asked)
}

/// Writes new reports of every probe after `until`, at a rate, until it is aborted.
async fn load(
    store: Store,
    probes: Vec<ProbeKey>,
    until: OffsetDateTime,
    rate: u64,
) -> Outcome<()> {
    let mut writer = Writer::open(&store).await?;
    let pause = Wait::from_secs_f64(BATCH_REPORTS as f64 / rate as f64);
    let mut ticks = tokio::time::interval(pause);
    let start = Timestamp::from_seconds(until.unix_timestamp());
    for batch in 0.. {
        ticks.tick().await;
        let report = |n: u64| {
            let number = batch * BATCH_REPORTS + n;
            let probe = probes[(number % probes.len() as u64) as usize];
            let time = start.plus_seconds((number / probes.len() as u64) as i64);
            Report::ordinary(probe, time, time, vec![Some(21.5); 8])
        };
        let reports = (0..BATCH_REPORTS).map(report).collect();
        let dead_letters = Vec::new();
        writer
            .write(&Batch {
                reports,
                dead_letters,
            })
            .await?;
    }
    Ok(())
}

/// Median of a question's rounds, in milliseconds, and how many rows it answered.
macro_rules! median {
    ($rounds:expr, $round:ident => $question:expr) => {{
        let mut took = Vec::with_capacity($rounds);
        let mut rows = 0;
        for $round in 0..$rounds {
            #[expect(clippy::disallowed_methods, reason = "it measures time")]
            let started = Instant::now();
            rows = $question.len();
            took.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        took.sort_by(f64::total_cmp);
        (took.get($rounds / 2).copied().unwrap_or_default(), rows)
    }};
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let asked = asked()?;
    let store = Store::connect(&std::env::var("DATABASE_URL")?).await?;
    let mut connection = store.acquire().await?;
    let probes: Vec<_> = probe::list(&mut connection, None)
        .await?
        .into_iter()
        .map(|probe| probe.key)
        .collect();
    let farm = testing::insert_farm(&store).await?;
    let lot_probe = probes.get(probes.len() / 2).ok_or("there is no probe")?;
    plot::place_probe(
        &mut connection,
        lot_probe.0,
        farm.plot,
        OffsetDateTime::UNIX_EPOCH,
    )
    .await?;
    let loading = (asked.load > 0).then(|| {
        let load = load(store.clone(), probes.clone(), asked.until, asked.load);
        tokio::spawn(load)
    });
    let latest =
        median!(asked.rounds, _round => reading::list_latest(&mut connection, asked.until).await?);
    let day = Span {
        from: asked.until - Duration::DAY,
        to: asked.until,
    };
    let raw = median!(asked.rounds, round => {
        let probe = probes[round * 37 % probes.len()];
        reading::list_raw(&mut connection, probe, day, reading::ROWS_MAX).await?
    });
    let period = Period {
        first: (asked.until - Duration::days(90)).date(),
        last: asked.until.date(),
    };
    let lot = median!(asked.rounds, _round => {
        trace::list_monitored(&mut connection, farm.plot, period, asked.until).await?
    });
    let hourly = median!(asked.rounds, _round => {
        let when = (period, asked.until);
        let length = reading::StepLength::Hour;
        trace::list_monitored_by(&mut connection, farm.plot, when, length).await?
    });
    let still_loading = loading.as_ref().is_some_and(|task| !task.is_finished());
    writeln!(
        std::io::stdout(),
        "{{\"probes\":{},\"loading\":{still_loading},\"latest_ms_median\":{:.2},\"latest\":{},\
         \"raw_day_ms_median\":{:.2},\"raw_day\":{},\"lot_ms_median\":{:.2},\
         \"lot_hourly_ms_median\":{:.2},\"lot_channels\":{}}}",
        probes.len(),
        latest.0,
        latest.1,
        raw.0,
        raw.1,
        lot.0,
        hourly.0,
        hourly.1
    )?;
    if let Some(loading) = loading {
        loading.abort();
    }
    Ok(())
}

//! The demonstration county of `suyuan up --demo`: 演示数据 throughout, made from a seed and the
//! moment of its first start, and nothing else. It can be interrupted anywhere and goes on at the
//! next start; once whole it is never touched again.

mod calendar;
mod camera;
mod catalog;
mod filing;
mod history;
mod outage;
mod past_alarm;
mod random;
mod reading;
mod seeding;
mod weather;

use core::fmt;

use anyhow::{Context as _, bail};
use model::id::{GatewayId, ProbeKey, ProbeName};
use store::alarm::NewRule;
use store::picture::Album;
use store::report::Writer;
use store::{Store, Transaction, account, alarm, probe, setting, settle};
use time::OffsetDateTime;

use catalog::rules::Rule;
use history::Past;
use past_alarm::PastAlarm;
use seeding::{Seeding, Stage, VERSION};
use weather::Weather;

pub use catalog::devices::{DEMO_GATEWAY, KEY};
pub use filing::ACCOUNTS;

/// The county that everybody sees who asks for no other.
pub const SEED: u64 = 2026;

/// Rounds of settling before it is given up: ten times what the largest past needs.
const ROUNDS_MAX: usize = 400;

/// What the making of the county is busy with, for a person who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Producers, products, plots, devices, lots.
    Filing,
    /// Readings of one probe after the other.
    Readings {
        /// Probes whose past is written.
        probes: usize,
        /// Probes in all.
        of: usize,
    },
    /// Pictures of the cameras.
    Pictures,
    /// Rollups of the readings.
    Settling,
    /// Alarms of the past.
    Alarms,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filing => f.write_str("演示数据 filing producers, products, plots and lots"),
            Self::Readings { probes, of } => {
                write!(f, "演示数据 writing readings, {probes} of {of} probes")
            }
            Self::Pictures => f.write_str("演示数据 drawing the cameras' pictures"),
            Self::Settling => f.write_str("演示数据 summing readings up"),
            Self::Alarms => f.write_str("演示数据 telling past alarms"),
        }
    }
}

/// Makes the county, or what is missing of it. A whole county of this version is left as it is,
/// whatever the seed; one of another version is refused, for it cannot be brought up to date.
pub async fn seed(
    album: &Album,
    seed: u64,
    now: OffsetDateTime,
    progress: impl Fn(Progress),
) -> anyhow::Result<()> {
    let store = album.store();
    let seeding = begin(store, seed, now, &progress).await?;
    if seeding.stage == Stage::Whole {
        return Ok(());
    }
    let now = OffsetDateTime::from_unix_timestamp(seeding.now_s)?;
    let pasts = history::pasts(now);
    let weather = history::weather(seeding.seed, &pasts, now);
    write_readings(store, &weather, &pasts, now, &progress).await?;
    progress(Progress::Pictures);
    // The county is worth showing without pictures too, and their folder may be full or foreign.
    if let Err(error) = camera::write(album, &weather, now).await {
        tracing::warn!(
            error = format!("{error:#}"),
            "the county has not all its pictures"
        );
    }
    progress(Progress::Settling);
    settle_all(store, now).await?;
    progress(Progress::Alarms);
    finish(store, seeding, &weather, &pasts, now).await
}

/// Finds the county that is there, or files a new one.
async fn begin(
    store: &Store,
    seed: u64,
    now: OffsetDateTime,
    progress: &impl Fn(Progress),
) -> anyhow::Result<Seeding> {
    let mut transaction = store.begin().await?;
    if let Some(line) = setting::find(&mut transaction, setting::DEMO).await? {
        let found: Seeding = line.parse()?;
        if found.version != VERSION {
            bail!(
                "the database holds version {} of the demonstration county, this program makes \
                 version {VERSION}: start it with another data directory",
                found.version
            );
        }
        return Ok(found);
    }
    if account::count(&mut transaction).await? > 0 {
        bail!("the database is in use: a demonstration county needs one of its own");
    }
    progress(Progress::Filing);
    // Whole seconds, so that a county that is gone on with has the same present.
    let now = OffsetDateTime::from_unix_timestamp(now.unix_timestamp())?;
    filing::file(&mut transaction, seed, now, &history::pasts(now)).await?;
    let seeding = Seeding {
        version: VERSION,
        seed,
        now_s: now.unix_timestamp(),
        stage: Stage::Filed,
    };
    setting::set(&mut transaction, setting::DEMO, &seeding.to_string()).await?;
    transaction.commit().await.context("filing the county")?;
    Ok(seeding)
}

async fn write_readings(
    store: &Store,
    weather: &Weather,
    pasts: &[Past],
    now: OffsetDateTime,
    progress: &impl Fn(Progress),
) -> anyhow::Result<()> {
    let mut writer = Writer::open(store).await?;
    let mut connection = store.acquire().await?;
    for (past, probes) in pasts.iter().zip(0..) {
        progress(Progress::Readings {
            probes,
            of: pasts.len(),
        });
        let gateway = GatewayId::parse(past.probe.gateway)?;
        let name = ProbeName::parse(past.probe.name)?;
        let found = probe::find(&mut connection, &gateway, &name).await?;
        let key = found.context("a probe of the county is not filed")?.key;
        history::write(&mut writer, key, history::said(weather, past, now)).await?;
    }
    Ok(())
}

/// Settles until nothing waits. Another process may hold the settler's lock for a round.
async fn settle_all(store: &Store, now: OffsetDateTime) -> anyhow::Result<()> {
    for _ in 0..ROUNDS_MAX {
        let settled = settle::round(store, now).await?;
        if settled.busy {
            tokio::time::sleep(core::time::Duration::from_millis(200)).await;
        } else if settled.marks == 0 {
            return Ok(());
        }
    }
    bail!("the readings were not settled after {ROUNDS_MAX} rounds")
}

/// Makes the rules with the alarms that they would have raised, and notes that the county is whole.
async fn finish(
    store: &Store,
    seeding: Seeding,
    weather: &Weather,
    pasts: &[Past],
    now: OffsetDateTime,
) -> anyhow::Result<()> {
    let mut transaction = store.begin().await?;
    let found = account::find_by_login(&mut transaction, "supervisor").await?;
    let supervisor = found.context("the supervisor's account is gone")?.0.id;
    for past in pasts {
        let gateway = GatewayId::parse(past.probe.gateway)?;
        let name = ProbeName::parse(past.probe.name)?;
        let found = probe::find(&mut transaction, &gateway, &name).await?;
        let key = found.context("a probe of the county is not filed")?.key;
        for rule in past.probe.rules() {
            let rule_id = insert_rule(&mut transaction, key, rule).await?;
            let slot = usize::from(rule.channel);
            let values = history::said(weather, past, now)
                .filter_map(|(at_s, values)| Some((at_s, (*values.get(slot)?)?)));
            for told in past_alarm::watch(rule, values, now) {
                insert_alarm(&mut transaction, rule_id, rule, &told, supervisor).await?;
            }
        }
    }
    let whole = Seeding {
        stage: Stage::Whole,
        ..seeding
    };
    setting::set(&mut transaction, setting::DEMO, &whole.to_string()).await?;
    transaction.commit().await.context("finishing the county")
}

async fn insert_rule(
    transaction: &mut Transaction,
    probe: ProbeKey,
    rule: &Rule,
) -> anyhow::Result<i64> {
    let new = NewRule {
        probe,
        channel: i16::from(rule.channel),
        name: rule.name,
        name_en: rule.name_en,
        limit: past_alarm::limit(rule),
        severity: rule.severity,
    };
    Ok(alarm::insert_rule(transaction, &new).await?)
}

async fn insert_alarm(
    transaction: &mut Transaction,
    rule_id: i64,
    rule: &Rule,
    told: &PastAlarm,
    supervisor: i64,
) -> anyhow::Result<()> {
    let past = alarm::PastAlarm {
        rule_id,
        excursion: told.excursion,
        detected_at: told.detected_at,
        cleared_at: told.cleared_at,
    };
    let id = alarm::insert_past(transaction, &past).await?;
    if let Some(at) = told.acknowledged_at {
        alarm::acknowledge(transaction, id, supervisor, rule.answer, at).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

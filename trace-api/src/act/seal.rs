//! Sealing a growing period: its figures as they stand when the lot is released, as one event.
//! Readings that come later make an addendum; a seal is never changed.

use model::event::Step;
use model::event::life::{Answered, Filmed, Sealed};
use serde_json::{Value, json};
use store::account::Account;
use store::lot::Lot;
use store::seal::{self, Alarm, Channel, Seal};
use store::trace::Period;
use store::{AnyConnection, StoreError};
use uuid::Uuid;

use crate::problem::{Answer, Kind, Problem};
use crate::record::{self, Deed};
use crate::rule::plausible;
use crate::state::{AppState, timestamp};

/// Seals a lot's growing period, unless the last seal says the same. The lot is locked by the
/// caller. Returns whether a seal was written.
pub(crate) async fn take(
    connection: &mut AnyConnection,
    lot: &Lot,
    deed: Deed,
    request: &str,
) -> Answer<bool> {
    let last = lot
        .harvested_on
        .unwrap_or_else(|| plausible::today(deed.now));
    let period = Period {
        first: lot.started_on,
        last,
    };
    let channels = seal::channels(connection, lot.plot_id, period, deed.now).await?;
    let alarms = seal::alarms(connection, lot.plot_id, period).await?;
    let pictures = seal::pictures(connection, lot.plot_id, period, deed.now).await?;
    let channels: Vec<Sealed> = channels.iter().map(sealed).collect();
    let alarms: Vec<Answered> = alarms.iter().map(answered).collect();
    let body = body(&channels, &alarms, &pictures);
    let pictures: Vec<Filmed> = pictures.iter().map(filmed).collect();
    let before = seal::list(connection, lot.id).await?;
    // Where no probe stood and no camera looked there is nothing to seal.
    if channels.is_empty() && pictures.is_empty() && before.is_empty() {
        return Ok(false);
    }
    if before.last().is_some_and(|seal| seal.body == body) {
        return Ok(false);
    }
    seal::insert(connection, lot.id, &body, deed.now).await?;
    let step = Step::Sealed {
        plot: lot.plot_id,
        channels: &channels,
        alarms: &alarms,
        pictures: &pictures,
        request,
    };
    record::append(connection, lot, &step, deed).await?;
    Ok(true)
}

/// Writes an addendum where readings came after the last seal; returns all seals of the lot.
pub(crate) async fn renew(
    state: &AppState,
    account: &Account,
    lot_id: i64,
    request_id: Uuid,
) -> Answer<Vec<Seal>> {
    let mut transaction = super::begin(state, account).await?;
    store::lot::lock_state(&mut transaction, lot_id).await?;
    let lot = super::find_lot(&mut transaction, account, lot_id).await?;
    if seal::list(&mut transaction, lot_id).await?.is_empty() {
        let (en, zh) = ("a lot is sealed when it is released", "批次放行时才会封存");
        return Err(Problem::told(Kind::IllegalStep, en, zh));
    }
    let now = state.now();
    let deed = Deed {
        at: now,
        now,
        account_id: account.id,
    };
    take(&mut transaction, &lot, deed, &request_id.to_string()).await?;
    let seals = seal::list(&mut transaction, lot_id).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(seals)
}

fn sealed(row: &Channel) -> Sealed {
    Sealed {
        probe: format!("{}/{}", row.gateway, row.probe),
        channel: row.name.clone(),
        unit: row.unit.clone(),
        from: timestamp(row.from),
        to: timestamp(row.to),
        expected: row.expected.max(row.present),
        present: row.present,
        spread: spread(row),
        hours_outside: row.hours_outside,
    }
}

/// Least, mean, greatest value and the standard deviation of what is present.
fn spread(row: &Channel) -> Option<[f64; 4]> {
    let (min, max) = row.min.zip(row.max)?;
    let n = (row.present > 0).then_some(row.present as f64)?;
    let mean = row.sum / n;
    // Rounding may leave a tiny negative variance where every value is the same.
    let variance = (row.sum_squares / n - mean * mean).max(0.0);
    let figures = [f64::from(min), mean, f64::from(max), variance.sqrt()];
    Some(figures.map(thousandths))
}

/// Three decimals: more than any probe means, and the same text on every machine.
fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

fn answered(row: &Alarm) -> Answered {
    Answered {
        alarm: row.id,
        rule: row.rule.clone(),
        raised: timestamp(row.raised_at),
        by_role: row
            .answered_by
            .clone()
            .filter(|_| row.acknowledged_at.is_some()),
    }
}

fn filmed(row: &seal::Filmed) -> Filmed {
    Filmed {
        camera: format!("{}/{}", row.gateway, row.camera),
        count: row.count,
        from: timestamp(row.from),
        to: timestamp(row.to),
        digest: row.digest.clone(),
    }
}

/// What a seal keeps. The event has the pictures' digest alone; here are their hashes, too.
fn body(channels: &[Sealed], alarms: &[Answered], pictures: &[seal::Filmed]) -> Value {
    let channel = |c: &Sealed| {
        let [min, mean, max, deviation] = c.spread.map_or([None; 4], |s| s.map(Some));
        json!({ "probe": c.probe, "channel": c.channel, "unit": c.unit,
            "from": model::event::rfc3339(c.from), "to": model::event::rfc3339(c.to),
            "expected": c.expected, "present": c.present, "min": min, "mean": mean, "max": max,
            "deviation": deviation, "hours_outside": c.hours_outside })
    };
    let alarm = |a: &Answered| {
        json!({ "alarm": a.alarm, "rule": a.rule, "raised_at": model::event::rfc3339(a.raised),
            "answered_by": a.by_role })
    };
    let picture = |p: &seal::Filmed| {
        let f = filmed(p);
        json!({ "camera": f.camera, "count": f.count, "from": model::event::rfc3339(f.from),
            "to": model::event::rfc3339(f.to), "digest": f.digest, "sha256": p.hashes })
    };
    json!({
        "channels": channels.iter().map(channel).collect::<Vec<_>>(),
        "alarms": alarms.iter().map(alarm).collect::<Vec<_>>(),
        "pictures": pictures.iter().map(picture).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    fn channel(values: &[f64]) -> Channel {
        Channel {
            gateway: "gw".to_owned(),
            probe: "p".to_owned(),
            name: "t".to_owned(),
            quantity: String::new(),
            unit: "Cel".to_owned(),
            from: OffsetDateTime::UNIX_EPOCH,
            to: OffsetDateTime::UNIX_EPOCH,
            expected: 2,
            present: values.len() as i64,
            min: values.iter().copied().reduce(f64::min).map(|v| v as f32),
            max: values.iter().copied().reduce(f64::max).map(|v| v as f32),
            sum: values.iter().sum(),
            sum_squares: values.iter().map(|v| v * v).sum(),
            hours_outside: None,
        }
    }

    #[test]
    fn the_figures_are_those_of_the_values() {
        assert_eq!(spread(&channel(&[1.0, 3.0])), Some([1.0, 2.0, 3.0, 1.0]));
        assert_eq!(
            spread(&channel(&[0.1, 0.1, 0.1])),
            Some([0.1, 0.1, 0.1, 0.0])
        );
        assert_eq!(spread(&channel(&[])), None);
        assert_eq!(sealed(&channel(&[1.0, 2.0, 3.0])).expected, 3);
    }
}

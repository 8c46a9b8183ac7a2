//! What is printed at the end, and whether it is good. Sums only; who counted what is said in
//! each field.

use std::io::{self, Write};

use anyhow::bail;
use serde::Serialize;

use super::camera::Filmed;
use super::gateway::Tally;

/// The sums over all gateways, as the JSON line has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Readings that the nodes sampled and kept.
    readings: u64,
    /// Readings that the server named in `committed`.
    acknowledged: u64,
    /// Readings that the API finds; null where nobody could ask it.
    stored: Option<u64>,
    /// Readings sampled and not stored.
    lost: Option<u64>,
    /// Readings stored more often than sampled.
    duplicates: Option<u64>,
    /// What the cameras did, where there are any.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub filmed: Option<Filmed>,
}

impl Outcome {
    /// Sums of nothing. `can_ask`: whether the API will be asked what is stored.
    pub fn new(can_ask: bool) -> Self {
        let unknown_or_none = can_ask.then_some(0);
        Self {
            readings: 0,
            acknowledged: 0,
            stored: unknown_or_none,
            lost: unknown_or_none,
            duplicates: unknown_or_none,
            filmed: None,
        }
    }

    /// Adds a gateway. `distinct` is how many of its readings differ in their time: a recording
    /// that has a time twice is stored once.
    pub fn add(&mut self, tally: &Tally, distinct: u64, stored: Option<u64>) {
        self.readings += tally.sampled;
        self.acknowledged += tally.acknowledged;
        if let Some(stored) = stored {
            let add = |sum: &mut Option<u64>, more| *sum = Some(sum.unwrap_or(0) + more);
            let expected = distinct.min(tally.sampled);
            add(&mut self.stored, stored);
            add(&mut self.lost, expected.saturating_sub(stored));
            add(&mut self.duplicates, stored.saturating_sub(expected));
        }
    }

    /// Writes the one line.
    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }

    /// An error if anything is missing or too much.
    pub fn verdict(&self) -> anyhow::Result<()> {
        if self.acknowledged != self.readings {
            let missing = self.readings.saturating_sub(self.acknowledged);
            bail!(
                "{missing} of {} readings were not acknowledged",
                self.readings
            );
        }
        self.filmed.map_or(Ok(()), |filmed| filmed.verdict())?;
        match (self.lost, self.duplicates) {
            (Some(lost), _) if lost > 0 => bail!("{lost} readings are not stored"),
            (_, Some(more)) if more > 0 => bail!("{more} readings are stored twice"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(sampled: u64, acknowledged: u64) -> Tally {
        Tally {
            sampled,
            acknowledged,
            ..Tally::default()
        }
    }

    fn line(outcome: &Outcome) -> String {
        let mut out = Vec::new();
        outcome.print(&mut out).expect("memory takes all");
        String::from_utf8(out).expect("JSON is text")
    }

    #[test]
    fn the_line_has_exactly_the_agreed_fields() {
        let mut outcome = Outcome::new(true);
        outcome.add(&tally(10, 10), 10, Some(10));
        outcome.add(&tally(5, 5), 4, Some(4));
        let expected = r#"{"readings":15,"acknowledged":15,"stored":14,"lost":0,"duplicates":0}"#;
        assert_eq!(line(&outcome), format!("{expected}\n"));
        assert!(outcome.verdict().is_ok());
    }

    #[test]
    fn cameras_add_their_sums_to_the_line() {
        let mut outcome = Outcome::new(true);
        outcome.filmed = Some(Filmed {
            pictures: 2,
            pictures_acknowledged: 2,
            pictures_stored: 2,
            pictures_lost: 0,
        });
        let ends = concat!(
            r#""duplicates":0,"pictures":2,"pictures_acknowledged":2,"#,
            r#""pictures_stored":2,"pictures_lost":0}"#,
            "\n"
        );
        assert!(line(&outcome).ends_with(ends), "{}", line(&outcome));
    }

    #[test]
    fn what_nobody_asked_is_unknown_and_no_number() {
        let mut outcome = Outcome::new(false);
        outcome.add(&tally(3, 3), 3, None);
        let expected =
            r#"{"readings":3,"acknowledged":3,"stored":null,"lost":null,"duplicates":null}"#;
        assert_eq!(line(&outcome), format!("{expected}\n"));
        assert!(outcome.verdict().is_ok());
    }

    #[test]
    fn losses_of_one_gateway_are_not_made_up_by_another() {
        let mut outcome = Outcome::new(true);
        outcome.add(&tally(10, 10), 10, Some(8));
        outcome.add(&tally(10, 10), 10, Some(12));
        assert_eq!((outcome.lost, outcome.duplicates), (Some(2), Some(2)));
        let reason = outcome.verdict().map_err(|error| error.to_string());
        assert_eq!(reason, Err("2 readings are not stored".to_owned()));
    }

    #[test]
    fn an_unacknowledged_reading_fails_the_run() {
        let mut outcome = Outcome::new(true);
        outcome.add(&tally(10, 9), 10, Some(10));
        let reason = outcome.verdict().map_err(|error| error.to_string());
        assert_eq!(
            reason,
            Err("1 of 10 readings were not acknowledged".to_owned())
        );
    }
}

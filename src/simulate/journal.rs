//! What a simulated gateway has sampled, kept over its deaths: a line `number time` for each
//! reading, the number that its flash gives it and its time in microseconds, written before the
//! flash is. A line whose reading did not get into the flash any more is struck out at the next
//! start. It is the simulation's book, for counting afterwards; a real node has none.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::Context;
use model::time::Timestamp;

/// The book of one gateway.
#[derive(Debug, Default)]
pub struct Journal {
    file: Option<File>,
    sampled: u64,
    span: Option<(Timestamp, Timestamp)>,
    last: Option<Timestamp>,
}

impl Journal {
    /// A book that ends with the program.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// The book in a file. `head` is the number that the flash gives next: a line with that
    /// number was written just before the program was killed, and its reading is not kept.
    pub fn open(path: &Path, head: u32) -> anyhow::Result<Self> {
        let name = path.display();
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let mut file = options
            .open(path)
            .with_context(|| format!("cannot open {name}"))?;
        let mut text = String::new();
        file.read_to_string(&mut text)
            .with_context(|| format!("cannot read {name}"))?;
        let mut journal = Self::default();
        let mut length = 0;
        for line in text.split_inclusive('\n') {
            let Some((_, time)) = parse(line).filter(|(number, _)| *number < head) else {
                break;
            };
            length += line.len() as u64;
            journal.count(time);
        }
        file.set_len(length)
            .with_context(|| format!("cannot shorten {name}"))?;
        journal.file = Some(file);
        Ok(journal)
    }

    /// Notes a reading that is about to be kept.
    pub fn note(&mut self, number: u32, time: Timestamp) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            // One write: a killed program leaves a whole line or none.
            file.write_all(format!("{number} {}\n", time.0).as_bytes())
                .context("cannot write the journal")?;
        }
        self.count(time);
        Ok(())
    }

    /// Readings noted.
    pub const fn sampled(&self) -> u64 {
        self.sampled
    }

    /// Time of the earliest and the latest reading.
    pub const fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span
    }

    /// Time of the reading noted last.
    pub const fn last(&self) -> Option<Timestamp> {
        self.last
    }

    fn count(&mut self, time: Timestamp) {
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
        self.last = Some(time);
        self.sampled += 1;
    }
}

/// A whole line; `None` for a torn one.
fn parse(line: &str) -> Option<(u32, Timestamp)> {
    let (number, time) = line.strip_suffix('\n')?.split_once(' ')?;
    Some((number.parse().ok()?, Timestamp(time.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_journal_is_read_back_up_to_what_the_flash_has() -> anyhow::Result<()> {
        let folder = Folder::new()?;
        let path = folder.path().join("gw.sampled");
        let mut journal = Journal::open(&path, 1_024)?;
        for (number, time) in [(1_024, 50), (1_025, 40), (1_026, 60)] {
            journal.note(number, Timestamp(time))?;
        }
        drop(journal);
        let journal = Journal::open(&path, 1_026)?;
        assert_eq!(journal.sampled(), 2);
        assert_eq!(journal.span(), Some((Timestamp(40), Timestamp(50))));
        assert_eq!(journal.last(), Some(Timestamp(40)));
        assert_eq!(std::fs::read_to_string(&path)?, "1024 50\n1025 40\n");
        Ok(())
    }

    #[test]
    fn a_torn_line_is_struck_out_and_written_over() -> anyhow::Result<()> {
        let folder = Folder::new()?;
        let path = folder.path().join("gw.sampled");
        std::fs::write(&path, "1024 50\n1025 4")?;
        let mut journal = Journal::open(&path, 2_000)?;
        assert_eq!(journal.sampled(), 1);
        journal.note(1_025, Timestamp(70))?;
        assert_eq!(std::fs::read_to_string(&path)?, "1024 50\n1025 70\n");
        Ok(())
    }
}

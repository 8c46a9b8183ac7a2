//! How far the making of the county has come, as one line among the database's settings. Whoever
//! is interrupted goes on from it: with the seed and the day that the county was begun with, so
//! that what is there already and what is still to come fit together.

use core::fmt;
use core::str::FromStr;

/// The county of these tables; another number is another county.
pub const VERSION: u32 = 3;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Everything on paper is filed; readings are missing, or some of them.
    Filed,
    /// The whole county is there.
    Whole,
}

/// The county that is in the database, or on its way into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeding {
    /// Which tables it was made from.
    pub version: u32,
    /// Which seed.
    pub seed: u64,
    /// Its present: Unix seconds of the moment at which it was begun.
    pub now_s: i64,
    /// What is done.
    pub stage: Stage,
}

/// A line that says nothing about a county.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the setting `demo` holds {0:?}, which is no demonstration county")]
pub struct NoSeeding(String);

impl fmt::Display for Seeding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Filed => "filed",
            Stage::Whole => "whole",
        };
        write!(
            f,
            "v{} {stage} seed {} at {}",
            self.version, self.seed, self.now_s
        )
    }
}

impl FromStr for Seeding {
    type Err = NoSeeding;

    fn from_str(line: &str) -> Result<Self, NoSeeding> {
        let words: Vec<&str> = line.split(' ').collect();
        let [version, stage, "seed", seed, "at", now_s] = words[..] else {
            return Err(NoSeeding(line.to_owned()));
        };
        let stage = match stage {
            "filed" => Some(Stage::Filed),
            "whole" => Some(Stage::Whole),
            _ => None,
        };
        let version = version
            .strip_prefix('v')
            .and_then(|number| number.parse().ok());
        match (version, stage, seed.parse(), now_s.parse()) {
            (Some(version), Some(stage), Ok(seed), Ok(now_s)) => Ok(Self {
                version,
                seed,
                now_s,
                stage,
            }),
            _ => Err(NoSeeding(line.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_all_that_going_on_needs() {
        for stage in [Stage::Filed, Stage::Whole] {
            let seeding = Seeding {
                version: 1,
                seed: 2026,
                now_s: 1_795_435_200,
                stage,
            };
            assert_eq!(seeding.to_string().parse(), Ok(seeding));
        }
        let whole = Seeding {
            version: 3,
            seed: 7,
            now_s: -5,
            stage: Stage::Whole,
        };
        assert_eq!(whole.to_string(), "v3 whole seed 7 at -5");
    }

    #[test]
    fn any_other_line_is_refused_as_it_stands() {
        for line in [
            "",
            "yes",
            "v1 half seed 1 at 2",
            "1 filed seed 1 at 2",
            "v1 filed seed x at 2",
        ] {
            assert_eq!(line.parse::<Seeding>(), Err(NoSeeding(line.to_owned())));
        }
    }
}

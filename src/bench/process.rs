//! What the system knows of a process: how much CPU time it has used. Linux only; elsewhere the
//! figures are left out.

use std::fs;

/// A process whose CPU time is of interest.
#[derive(Debug, Clone, Copy)]
pub enum Watched {
    /// One process with all its threads, those that have ended included.
    One(u32),
    /// A process with the children that it has or had: a database server.
    Family(u32),
}

impl Watched {
    /// CPU time so far, microseconds; `None` where the system does not say.
    pub fn cpu_us(self) -> Option<u64> {
        let ticks = match self {
            Self::One(pid) => Stat::of(pid)?.own,
            Self::Family(parent) => {
                let head = Stat::of(parent)?;
                head.own + head.ended_children + children(parent).map(|s| s.own).sum::<u64>()
            }
        };
        Some(ticks * 1_000_000 / rustix::param::clock_ticks_per_second())
    }
}

/// The server process that a backend belongs to, where both run on this machine.
pub fn parent_of_backend(backend: i32) -> Option<u32> {
    let backend = u32::try_from(backend).ok()?;
    let name = fs::read_to_string(format!("/proc/{backend}/comm")).ok()?;
    (name.trim_end() == "postgres").then(|| Stat::of(backend).map(|stat| stat.parent))?
}

fn children(parent: u32) -> impl Iterator<Item = Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(Stat::of)
        .filter(move |stat| stat.parent == parent)
}

/// A line of `/proc/…/stat`, in clock ticks.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own: u64,
    ended_children: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name stands in brackets and may hold anything; the fields are counted behind it.
    fn parse(line: &str) -> Option<Self> {
        let (_, behind) = line.rsplit_once(')')?;
        let fields: Vec<&str> = behind.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: number(1)?.try_into().ok()?,
            own: number(11)? + number(12)?,
            ended_children: number(13)? + number(14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let line = "7 (a) b (c) S 3 7 7 0 -1 4194560 1 2 3 4 50 60 7 8 20 0 1 0 9 10 11";
        let expected = Stat {
            parent: 3,
            own: 110,
            ended_children: 15,
        };
        assert_eq!(Stat::parse(line), Some(expected));
        assert_eq!(Stat::parse("7 (a) S"), None);
    }

    #[test]
    fn this_process_uses_time_and_is_no_backend() {
        let own = std::process::id();
        let before = Watched::One(own).cpu_us();
        let mut sum = 0_u64;
        while Watched::One(own).cpu_us() == before {
            sum = (0..1_000_000).fold(sum, |sum, n| std::hint::black_box(sum ^ n));
        }
        assert!(Watched::One(own).cpu_us() > before);
        assert_eq!(parent_of_backend(own.cast_signed()), None);
    }
}

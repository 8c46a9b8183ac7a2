//! The kept corpus of fuzzing (`fuzz/corpus`), replayed against every decoder of foreign bytes, as it
//! is and changed at random. What fuzzing once found stays found, without a fuzzer.

#[path = "../../fuzz/src/lib.rs"]
mod decoders;

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rand::Rng;
use rand::rngs::StdRng;

use crate::faults::chance::{seeded, setting};
use crate::harness::repository;

/// Most changes to one input.
const CHANGES_MAX: usize = 8;
/// Longest input that is changed: growing stays cheap.
const BYTES_MAX: usize = 4_096;

fn corpus(name: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let folder = repository("fuzz/corpus").join(name);
    let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut inputs = Vec::new();
    for entry in entries {
        inputs.push(std::fs::read(entry?.path())?);
    }
    ensure!(!inputs.is_empty(), "{name} has no corpus");
    // The order of a folder is nobody's; that of chance must be the same each time.
    inputs.sort();
    Ok(inputs)
}

fn holds(name: &str, decode: decoders::Decoder, bytes: &[u8]) -> anyhow::Result<()> {
    let whole = catch_unwind(|| decode(bytes));
    ensure!(whole.is_ok(), "{name} falls over {bytes:02x?}");
    Ok(())
}

#[test]
fn no_decoder_falls_over_what_fuzzing_kept() -> anyhow::Result<()> {
    for (name, decode) in decoders::DECODERS {
        let inputs = corpus(name)?;
        for bytes in &inputs {
            holds(name, *decode, bytes)?;
        }
        println!("{name}: {} inputs", inputs.len());
    }
    Ok(())
}

/// Changes an input here and there, as a line, a disk or an enemy would.
fn changed(inputs: &[Vec<u8>], chance: &mut StdRng) -> Vec<u8> {
    let pick = |chance: &mut StdRng| &inputs[chance.random_range(0..inputs.len())];
    let mut bytes = pick(chance).clone();
    bytes.truncate(BYTES_MAX);
    for _ in 0..chance.random_range(1..=CHANGES_MAX) {
        let place = chance.random_range(0..=bytes.len());
        match chance.random_range(0..6) {
            0 if place < bytes.len() => bytes[place] ^= 1 << chance.random_range(0..8),
            1 if place < bytes.len() => bytes[place] = chance.random(),
            2 => bytes.insert(place, [0, 1, 0x7f, 0x80, 0xff][chance.random_range(0..5)]),
            3 => bytes.truncate(place),
            4 => {
                let end = bytes.len().min(place + chance.random_range(1..16));
                bytes.drain(place..end);
            }
            _ => {
                let other = pick(chance);
                let from = chance.random_range(0..=other.len());
                bytes.truncate(place);
                bytes.extend(other[from..].iter().take(BYTES_MAX));
            }
        }
    }
    bytes
}

/// Where nobody says how long (`SUYUAN_CHANGE_SECONDS`, for each decoder), each input is changed
/// once. `SUYUAN_CHANGE_SEED` repeats a run.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a run that is to be long is as long as is said"
)]
fn no_decoder_falls_over_what_is_like_it() -> anyhow::Result<()> {
    let mut chance = seeded("SUYUAN_CHANGE_SEED");
    let long = setting("SUYUAN_CHANGE_SECONDS").map(Duration::from_secs);
    for (name, decode) in decoders::DECODERS {
        let inputs = corpus(name)?;
        let (begun, mut tried) = (Instant::now(), 0);
        while long.map_or(tried < inputs.len(), |long| begun.elapsed() < long) {
            holds(name, *decode, &changed(&inputs, &mut chance))?;
            tried += 1;
        }
        println!("{name}: {tried} changed inputs");
    }
    Ok(())
}

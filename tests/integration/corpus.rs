//! The kept corpus of fuzzing (`fuzz/corpus`), replayed against every decoder of foreign bytes.
//! What fuzzing once found stays found, without a fuzzer.

#[path = "../../fuzz/src/lib.rs"]
mod decoders;

use std::panic::catch_unwind;

use anyhow::{Context, ensure};

use crate::harness::repository;

#[test]
fn no_decoder_falls_over_what_fuzzing_kept() -> anyhow::Result<()> {
    for (name, decode) in decoders::DECODERS {
        let folder = repository("fuzz/corpus").join(name);
        let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        let mut inputs = 0;
        for entry in entries {
            let path = entry?.path();
            let bytes = std::fs::read(&path)?;
            let whole = catch_unwind(|| decode(&bytes));
            ensure!(whole.is_ok(), "{name} falls over {}", path.display());
            inputs += 1;
        }
        ensure!(inputs > 0, "{name} has no corpus");
        println!("{name}: {inputs} inputs");
    }
    Ok(())
}

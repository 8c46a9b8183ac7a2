//! Proof that the library needs neither `std` nor a heap: it is linked into a static library that
//! brings its own panic handler and no allocator. With `std` anywhere below, the handler would be
//! there twice; with `alloc`, an allocator would be missing. Both fail the build.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

const PROGRAM: &str = r"
#![no_std]
use gateway_firmware::{backoff::Backoff, committed, driver::sht4x};

#[panic_handler]
fn on_panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Enough calls that the library is really linked.
pub fn board(message: &[u8]) -> Option<u32> {
    let wait = Backoff::new(1, 2).fail(0);
    let measured = sht4x::convert(1, 2);
    let first = committed::sequences(message).ok()?.next()?;
    Some(first + wait + measured.humidity_centi as u32)
}
";

#[test]
fn the_library_links_without_std_and_without_a_heap() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crate_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-std-board");
    fs::create_dir_all(crate_dir.join("src"))?;
    fs::write(crate_dir.join("src/lib.rs"), PROGRAM)?;
    fs::write(crate_dir.join("Cargo.toml"), manifest(here))?;
    // The workspace's lock file keeps the versions; cargo takes out of it what is not used.
    fs::copy(here.join("../Cargo.lock"), crate_dir.join("Cargo.lock"))?;
    let output = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--target-dir"])
        .arg(crate_dir.join("target"))
        .current_dir(&crate_dir)
        .output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn manifest(here: &Path) -> String {
    format!(
        "[package]\nname = \"no-std-board\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [lib]\ncrate-type = [\"staticlib\"]\n\
         [dependencies]\ngateway-firmware = {{ path = '{}' }}\n\
         [profile.dev]\npanic = \"abort\"\n[workspace]\n",
        here.display()
    )
}

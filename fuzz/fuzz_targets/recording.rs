//! Recorded field data as CSV: `suyuan simulate --replay`.
#![no_main]
#![allow(dead_code)]

#[path = "../../src/simulate/recording.rs"]
mod recording;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes) {
        let _ = recording::parse(text);
    }
});

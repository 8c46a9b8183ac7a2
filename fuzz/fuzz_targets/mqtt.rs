//! See `suyuan_fuzz::mqtt`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::mqtt(bytes));

//! See `suyuan_fuzz::committed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::committed(bytes));

//! See `suyuan_fuzz::digital_link`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::digital_link(bytes));

//! See `suyuan_fuzz::tasmota`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::tasmota(bytes));

//! See `suyuan_fuzz::sparkplug`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::sparkplug(bytes));

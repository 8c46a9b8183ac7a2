//! See `suyuan_fuzz::thingsboard`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::thingsboard(bytes));

//! See `suyuan_fuzz::chirpstack`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::chirpstack(bytes));

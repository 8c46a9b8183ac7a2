//! See `suyuan_fuzz::modbus`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::modbus(bytes));

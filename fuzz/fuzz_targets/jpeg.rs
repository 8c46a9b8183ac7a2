//! See `suyuan_fuzz::jpeg`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::jpeg(bytes));

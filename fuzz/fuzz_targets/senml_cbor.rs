//! See `suyuan_fuzz::senml_cbor`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suyuan_fuzz::senml_cbor(bytes));

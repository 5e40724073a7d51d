//! Any bytes to any format: no decoder panics, and nothing is left without an outcome.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::formats::decode(bytes));

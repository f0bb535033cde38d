//! The fuzzer's way in: all there is to it is in the crate above.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| handoff_fuzz::drive(data));

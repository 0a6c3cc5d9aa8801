//! Grades anything.
#![no_main]

#[path = "../grading.rs"]
mod grading;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    grading::exercise(bytes);
});

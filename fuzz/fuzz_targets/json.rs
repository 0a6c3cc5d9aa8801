//! Reads anything as a bank file of the format `json`.
#![no_main]

#[path = "../exercise.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    let format = qianti::formats::find_format("json").expect("the format is known");
    exercise::exercise(format, file);
});

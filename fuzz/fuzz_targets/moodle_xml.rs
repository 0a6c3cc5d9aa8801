//! Reads anything as a bank file of the format `moodle-xml`.
#![no_main]

#[path = "../exercise.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    let format = qianti::formats::find_format("moodle-xml").expect("the format is known");
    exercise::exercise(format, file);
});

//! Every reader over mutated files: no panic, no hang, and what it takes it writes so that it reads back.
//!
//! `QIANTI_FUZZ_EXECUTIONS` sets how often each format is tried (few by default), `QIANTI_FUZZ_FORMATS`
//! which (all), `QIANTI_FUZZ_SEED` where the mutations begin. `fuzz/` has the same as targets for cargo-fuzz.
#![allow(
    clippy::allow_attributes,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking and is steered by the environment"
)]

#[path = "../../fuzz/exercise.rs"]
mod exercise;
#[path = "../../fuzz/grading.rs"]
mod grading;
mod mutator;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use qianti::domain::question::{Draft, Kind, Question};
use qianti::formats::{BankFormat, FORMATS};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng as _};

use self::mutator::{LONGEST, Mutator};

fn sample(kind: Kind, index: usize) -> Question {
    let (options, key): (&[&str], &[&str]) = match kind {
        Kind::Single => (&["甲", "乙 <b>", "丙"], &["B"]),
        Kind::Multiple => (&["一", "二", "三", "四"], &["A", "C"]),
        Kind::Judge => (&[], &["true"]),
        Kind::Blank => (&[], &["北京|北京市", "1921"]),
        Kind::Short => (&[], &["要点一", "要点二"]),
    };
    let stem = match kind {
        Kind::Blank => "首都是____，成立于____年。",
        _ => "题干里有 {花括号}、~波浪线\n和第二行",
    };
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let draft = Draft {
        code: format!("P{index:04}"),
        kind: Some(kind),
        chapter: Some("党章/总纲".to_owned()),
        difficulty: Some(4),
        stem: format!("第 {index} 题：{stem}"),
        options: owned(options),
        key: owned(key),
        explanation: Some("因为 A & B".to_owned()),
        source: Some("《章程》第三条".to_owned()),
        verified_on: Some("2026-08-31".to_owned()),
    };
    draft.check().unwrap()
}

/// Files to begin from: an export of every kind of question, and files that people and other systems made.
fn seeds(format: &dyn BankFormat) -> Vec<Vec<u8>> {
    let kinds = [Kind::Single, Kind::Multiple, Kind::Judge, Kind::Blank, Kind::Short];
    let all: Vec<Question> = kinds.into_iter().enumerate().map(|(index, kind)| sample(kind, index)).collect();
    let mut seeds = vec![format.write("题库", &all).unwrap().content];
    seeds.extend(
        all.iter().map(|question| format.write("题库", std::slice::from_ref(question)).unwrap().content),
    );
    let mut samples = Vec::new();
    files_below(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats"), &mut samples);
    samples.sort();
    let files = samples.iter().map(|path| std::fs::read(path).unwrap());
    seeds.extend(files.filter(|file| file.len() <= LONGEST && format.recognises(file)));
    seeds.retain(|seed| !seed.is_empty());
    seeds
}

fn files_below(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Ends the process when one file takes a minute, far beyond any that is merely slow, and keeps that file.
fn watch(executions: Arc<AtomicU64>, current: Arc<Mutex<Vec<u8>>>) {
    std::thread::spawn(move || {
        let mut seen = u64::MAX;
        loop {
            std::thread::sleep(Duration::from_secs(60));
            let now = executions.load(Ordering::Relaxed);
            if now == seen {
                let path = std::env::temp_dir().join("qianti-fuzz-hang");
                std::fs::write(&path, &*current.lock().unwrap()).unwrap();
                eprintln!("a file took more than a minute; it is kept as {}", path.display());
                std::process::abort();
            }
            seen = now;
        }
    });
}

#[test]
fn no_file_makes_a_reader_panic_or_hang() {
    let wanted: u64 = setting("QIANTI_FUZZ_EXECUTIONS").map_or(200, |text| text.parse().unwrap());
    let names = setting("QIANTI_FUZZ_FORMATS");
    let seed: u64 = setting("QIANTI_FUZZ_SEED").map_or(1, |text| text.parse().unwrap());
    let (executions, current) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
    watch(Arc::clone(&executions), Arc::clone(&current));
    for &format in FORMATS {
        if names.as_ref().is_some_and(|names| !names.split(',').any(|name| name == format.name())) {
            continue;
        }
        let (seeds, mut read) = (seeds(format), 0_u64);
        let mut mutator = Mutator { random: ChaCha8Rng::seed_from_u64(seed) };
        for execution in 0..wanted {
            let file = &seeds[mutator.below(seeds.len())];
            let other = &seeds[mutator.below(seeds.len())];
            let file = if file.starts_with(b"PK") {
                mutator.mutate_archive(file, other)
            } else {
                mutator.mutate(file.clone(), other)
            };
            current.lock().unwrap().clone_from(&file);
            executions.fetch_add(1, Ordering::Relaxed);
            if catch_unwind(AssertUnwindSafe(|| exercise::exercise(format, &file))).is_err() {
                let path = std::env::temp_dir().join(format!("qianti-fuzz-{}", format.name()));
                std::fs::write(&path, &file).unwrap();
                panic!(
                    "{}: execution {execution} panicked; the file is kept as {}",
                    format.name(),
                    path.display()
                );
            }
            read += u64::from(format.read(&file).is_ok_and(|bank| !bank.questions.is_empty()));
        }
        println!(
            "{}: {wanted} executions, {read} of them with questions, from {} seeds",
            format.name(),
            seeds.len()
        );
        assert!(read > 0, "{}: no mutated file was read, so nothing was tried", format.name());
    }
}

#[test]
fn nothing_makes_grading_panic_or_break_a_rule() {
    let wanted: u64 = setting("QIANTI_FUZZ_EXECUTIONS").map_or(20_000, |text| text.parse().unwrap());
    let seed: u64 = setting("QIANTI_FUZZ_SEED").map_or(1, |text| text.parse().unwrap());
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut graded = 0_u64;
    for _ in 0..wanted {
        let mut bytes = vec![0; 8 + random.next_u64() as usize % 200];
        random.fill_bytes(&mut bytes);
        graded += u64::from(grading::exercise(&bytes));
    }
    println!("grading: {wanted} executions, {graded} of them with an item");
    assert!(graded > wanted / 20, "hardly anything was graded: {graded} of {wanted}");
}

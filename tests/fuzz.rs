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

#[path = "../fuzz/exercise.rs"]
mod exercise;
#[path = "../fuzz/grading.rs"]
mod grading;

use std::io::{Cursor, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use qianti::domain::question::{Draft, Kind, Question};
use qianti::formats::{BankFormat, FORMATS};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng as _};
use zip::write::{SimpleFileOptions, ZipWriter};

/// What means something in some format.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "~",
    "=",
    "#",
    "####",
    "->",
    "::",
    "//",
    "$CATEGORY: ",
    "%50%",
    "%-100%",
    "%1e999%",
    "\\",
    "\\n",
    "[html]",
    "[plain]",
    "[markdown]",
    "{T}",
    "{}",
    "{#1:0}",
    "{1:SHORTANSWER:=",
    "{:MC:~%50%",
    "A) ",
    "B. ",
    "ANSWER: ",
    "答案：",
    "答案：ABC",
    "一、单选题",
    "二、判断题（每题2分）",
    "1. ",
    "第1题",
    "（ ）",
    "____",
    "【答案】",
    "解析：",
    "<",
    ">",
    "</text>",
    "<text>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<question type=\"cloze\">",
    "</question>",
    "<answer fraction=\"100\">",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "&b;",
    "&#0;",
    "&#x110000;",
    "&nbsp;",
    "<sup>",
    "</sup>",
    "<br>",
    "<pre>",
    "<script>",
    "<table>",
    "\"",
    "'",
    ",",
    ";",
    "\t",
    "\r",
    "\n",
    "\n\n",
    "\u{feff}",
    "\0",
    "|",
    "，",
    "题干",
    "选项A",
    "true",
    "false",
    "正确",
    "√",
    "×",
    "-1",
    "99999999999999999999",
    "1e308",
    "NaN",
    "null",
    "[",
    "]",
    "{\"a\":",
    "questions",
    "_",
    "__",
    "\u{2f00}",
    "<w:p>",
    "</w:p>",
    "<w:t>",
    "<w:br/>",
    "<w:numPr>",
    "<c t=\"s\"><v>9</v></c>",
    "<mergeCell ref=\"A1:XFD1048576\"/>",
    "r=\"ZZZ9999999\"",
    "../",
    "%20",
    "identifier=\"",
    "<simpleChoice identifier=\"A\">",
    "<textEntryInteraction responseIdentifier=\"GAP1\"/>",
    "cardinality=\"ordered\"",
];

/// Longest file that is tried, in bytes.
const LONGEST: usize = 64 << 10;

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

struct Mutator {
    random: ChaCha8Rng,
}

impl Mutator {
    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        (self.random.next_u64() % end.max(1) as u64) as usize
    }

    /// A place between two characters, so that text stays text.
    fn place(&mut self, file: &[u8]) -> usize {
        let mut at = self.below(file.len() + 1);
        while file.get(at).is_some_and(|byte| byte & 0xC0 == 0x80) {
            at += 1;
        }
        at
    }

    /// A range of up to about `longest` bytes.
    fn range(&mut self, file: &[u8], longest: usize) -> std::ops::Range<usize> {
        let start = self.place(file);
        let length = self.below(longest.min(file.len() - start) + 1);
        let mut end = start + length;
        while file.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
            end += 1;
        }
        start..end
    }

    fn mutate(&mut self, mut file: Vec<u8>, other: &[u8]) -> Vec<u8> {
        let is_xml = file.starts_with(b"<") && self.below(4) > 0;
        for _ in 0..=self.below(5) {
            if is_xml {
                self.mutate_xml(&mut file);
            } else {
                self.mutate_bytes(&mut file, other);
            }
            file.truncate(LONGEST);
        }
        file
    }

    fn mutate_bytes(&mut self, file: &mut Vec<u8>, other: &[u8]) {
        let at = self.place(file);
        let insert = |file: &mut Vec<u8>, content: &[u8]| drop(file.splice(at..at, content.iter().copied()));
        match self.below(16) {
            0 if at < file.len() => file[at] ^= 1 << self.below(8),
            1 => file.truncate(at),
            2..=4 => {
                let range = self.range(file, 64);
                file.drain(range);
            }
            5..=6 => {
                let copied = file[self.range(file, 200)].to_vec();
                insert(file, &copied);
            }
            7..=8 => insert(file, &other[self.range(other, 200)]),
            9 => {
                let times = 1 << self.below(10);
                insert(file, self.token().repeat(times).as_bytes());
            }
            _ => insert(file, self.token().as_bytes()),
        }
    }

    fn token(&mut self) -> &'static str {
        TOKENS[self.below(TOKENS.len())]
    }

    /// Changes XML so that it stays well formed: texts, and whole elements.
    fn mutate_xml(&mut self, file: &mut Vec<u8>) {
        let ends: Vec<usize> = (0..file.len()).filter(|&at| file[at] == b'>').collect();
        let at = ends.get(self.below(ends.len())).map_or(0, |end| end + 1);
        match self.below(4) {
            0 | 1 => {
                let token = self.token().replace('&', "&amp;").replace('<', "&lt;").replace('\0', "");
                file.splice(at..at, token.into_bytes());
            }
            change => {
                let element = element_at(file, at).unwrap_or(at..at);
                if change == 2 {
                    file.drain(element);
                } else {
                    let copied = file[element].to_vec();
                    file.splice(at..at, copied);
                }
            }
        }
    }

    /// Mutates one entry of an archive, so that what is inside is reached; now and then the archive itself.
    fn mutate_archive(&mut self, file: &[u8], other: &[u8]) -> Vec<u8> {
        let entries = unpacked(file);
        if entries.is_empty() || self.below(8) == 0 {
            return self.mutate(file.to_vec(), other);
        }
        let chosen = self.below(entries.len());
        let others = unpacked(other);
        let spliced =
            others.get(self.below(others.len())).map(|(_, content)| content.clone()).unwrap_or_default();
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (index, (name, content)) in entries.into_iter().enumerate() {
            let content = if index == chosen { self.mutate(content, &spliced) } else { content };
            let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            writer.start_file(name, options).unwrap();
            writer.write_all(&content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }
}

/// The first whole element after `from`, if its own name does not stand in it again.
fn element_at(file: &[u8], from: usize) -> Option<std::ops::Range<usize>> {
    let find = |from: usize, wanted: &[u8]| {
        file.get(from..)?.windows(wanted.len()).position(|window| window == wanted).map(|at| from + at)
    };
    let start = find(from, b"<")?;
    let name: Vec<u8> =
        file[start + 1..].iter().copied().take_while(|byte| !b" />\n".contains(byte)).collect();
    let end = [b"</", name.as_slice(), b">"].concat();
    let end = find(start, &end)? + end.len();
    let again = [b"<", name.as_slice()].concat();
    find(start + 1, &again).is_none_or(|at| at > end).then_some(start..end)
}

fn unpacked(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(file)) else {
        return vec![];
    };
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        entries.push((entry.name().unwrap().into_owned(), content));
    }
    entries
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

//! Files of other writers (tests/formats/paper, made by the script there): how many questions each holds, how many
//! of them are rejected, how many warnings there are.

use crate::domain::question::Draft;
use crate::formats::{FoundBank, find_format, recognise, unrecognised};

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/formats/paper/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn counts(bank: &FoundBank) -> (usize, usize, usize) {
    let warnings = super::layout_tests::warnings(bank);
    let rejected = bank.questions.iter().filter(|found| {
        let draft = found.draft.clone().map(|draft| Draft { code: "c".into(), ..draft });
        draft.and_then(Draft::check).is_err()
    });
    (bank.questions.len(), warnings, rejected.count())
}

#[test]
fn files_of_other_writers() {
    let mut wrong = Vec::new();
    for (name, format, wanted) in [
        ("utf8.txt", "txt", (9, 0, 0)),
        ("gbk-windows.txt", "txt", (9, 0, 0)),
        ("utf16.txt", "txt", (9, 0, 0)),
        ("pdf-copy.txt", "txt", (9, 0, 0)),
        ("answers-at-end-gbk.txt", "txt", (7, 1, 0)),
        ("mistakes.txt", "txt", (9, 0, 3)),
        ("python-docx-automatic-numbers.docx", "docx", (5, 0, 0)),
        ("python-docx-styles-and-changes.docx", "docx", (3, 3, 0)),
        ("python-docx-table.docx", "docx", (7, 0, 1)),
        ("libreoffice-lists.docx", "docx", (3, 0, 0)),
        ("libreoffice-paragraphs.docx", "docx", (2, 0, 0)),
        ("libreoffice-table.docx", "docx", (2, 0, 0)),
        ("libreoffice-text.docx", "docx", (9, 0, 0)),
    ] {
        let file = file(name);
        let found = recognise(&file).map(|format| (format.name(), format.read(&file)));
        match found {
            Some((as_format, Ok(bank))) if as_format == format && counts(&bank) == wanted => {}
            Some((as_format, Ok(bank))) => {
                wrong.push(format!("{name} as {as_format}: {:?}, not {wanted:?}\n{bank:#?}", counts(&bank)));
            }
            Some((as_format, Err(message))) => wrong.push(format!("{name} as {as_format}: {message}")),
            None => wrong.push(format!("{name} is not recognised")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_encoding_of_one_paper_says_the_same() {
    let drafts = |name: &str| -> Vec<Draft> {
        let file = file(name);
        let bank = recognise(&file).unwrap().read(&file).unwrap();
        bank.questions.into_iter().map(|found| found.draft.unwrap()).collect()
    };
    let plain = drafts("utf8.txt");
    for name in ["gbk-windows.txt", "utf16.txt", "pdf-copy.txt", "libreoffice-text.docx"] {
        let found = drafts(name);
        for (found, plain) in found.iter().zip(&plain) {
            assert_eq!(found, plain, "{name}");
        }
        assert_eq!(found.len(), plain.len(), "{name}");
    }
}

#[test]
fn old_word_files_are_refused_with_advice() {
    for name in ["old.doc", "old.rtf", "old.odt"] {
        let file = file(name);
        assert!(recognise(&file).is_none(), "{name}");
        assert!(unrecognised(&file).to_string().contains(".docx"), "{name}: {}", unrecognised(&file));
        assert!(find_format("docx").unwrap().read(&file).is_err(), "{name}");
    }
}

//! Tables as other programs write them: `tests/formats/tables`, made by `tests/formats/make_tables.py`.
#![allow(
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use qianti::formats::{FoundBank, FoundQuestion, recognise, unrecognised};

fn file(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/tables");
    std::fs::read(folder.join(name)).unwrap()
}

fn read(name: &str, format: &str) -> FoundBank {
    let file = file(name);
    let found = recognise(&file).unwrap_or_else(|| panic!("{name}: {}", unrecognised(&file)));
    assert_eq!(found.name(), format, "{name}");
    found.read(&file).unwrap()
}

/// `kind|stem|options|key|chapter|difficulty`, or the place and the reason of a rejection.
fn told(found: &FoundQuestion) -> String {
    let question = match found.draft.clone().and_then(qianti::domain::question::Draft::check_found) {
        Ok(question) => question,
        Err(faults) => return format!("{}: {}", faults[0].pointer, faults[0].message),
    };
    let kind = question.kind.as_str();
    let (options, key) = (question.options.join(","), question.written_key().join(";"));
    format!("{kind}|{}|{options}|{key}|{}|{}", question.stem, question.chapter, question.difficulty)
}

fn all(bank: &FoundBank) -> Vec<String> {
    bank.questions.iter().map(told).collect()
}

fn warnings(bank: &FoundBank) -> Vec<String> {
    let of_file = bank.warnings.iter().map(|place| format!("{}: {}", place.at, place.message));
    let of_questions = bank
        .questions
        .iter()
        .flat_map(|found| found.warnings.iter().map(move |message| format!("{}: {message}", found.at)));
    of_file.chain(of_questions).collect()
}

#[test]
fn merged_titles_hidden_sheets_numbers_and_booleans() {
    let bank = read("openpyxl-merged.xlsx", "xlsx");
    assert_eq!(
        all(&bank),
        [
            "single|示例甲的说法（  ）。|一,二,三,四|B|第一章|1",
            "multiple|示例乙包括（  ）。|一,二,三,四,五|A;C;E|第一章|3",
            "judge|示例丙是正确的。||true|第一章|5",
            "judge|示例丁是错误的。||false|第一章|2",
            "single|示例数字题的答案（  ）。|1,2.5,2026,0.1|C|第二章|5",
            "blank|示例戊由____和____组成。||甲;乙|丙|第二章|3",
            "试题内容!H12: the key is missing",
            "试题内容!H13: D is no option; the options are A to B",
            "single|示例辛在第二张表（  ）。|甲,乙|A|未分类|3",
        ]
    );
    let told = warnings(&bank);
    assert!(told[0].starts_with("旧题: the sheet “旧题” is hidden"), "{told:?}");
    assert!(told[1].starts_with("说明: the sheet “说明” has no heading"), "{told:?}");
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(bank.questions[6].original[0], ("题干（必填）".into(), "示例己缺答案（　　）。".into()));
}

#[test]
fn a_row_for_each_option() {
    let bank = read("openpyxl-row-per-option.xlsx", "xlsx");
    assert_eq!(
        all(&bank),
        [
            "single|示例一（  ）。|甲,乙,丙|B|未分类|3",
            "multiple|示例二（  ）。|甲,乙,丙,丁|A;B|未分类|3",
            "judge|示例三的说法。||true|未分类|3",
        ]
    );
}

#[test]
fn kinds_from_sheets_and_sections() {
    let bank = read("openpyxl-sheets-and-sections.xlsx", "xlsx");
    let kinds: Vec<String> =
        all(&bank).iter().map(|line| line.split('|').next().unwrap().to_owned()).collect();
    assert_eq!(kinds, [&["single"; 4][..], &["judge"; 4], &["multiple", "blank"]].concat());
    let keys: Vec<String> =
        all(&bank).iter().map(|line| line.split('|').nth(3).unwrap().to_owned()).collect();
    assert_eq!(keys, ["A", "B", "C", "A", "true", "false", "true", "false", "A;C", "卯"]);
    let sources = bank.questions.iter().filter_map(|found| found.draft.as_ref().unwrap().source.as_deref());
    assert_eq!(
        sources.collect::<Vec<_>>(),
        ["示例文件第1条", "示例文件第2条", "示例文件第3条", "示例文件第4条"]
    );
    assert_eq!(warnings(&bank).len(), 1, "the points: {:?}", warnings(&bank));
}

#[test]
fn an_old_workbook_with_levels_and_options_in_one_cell() {
    let bank = read("xlwt-levels.xls", "xlsx");
    assert_eq!(
        all(&bank),
        [
            "single|老表示例一（  ）。|甲,乙,丙|B|党章/总纲|3",
            "multiple|老表示例二（  ）。|甲,乙,丙,丁|A;B;D|党章/总纲|3",
            "judge|老表示例三成立。||false|党章/组织|3",
            "judge|老表示例四成立。||true|党章/组织|3",
            "题库!J7: the code GW-001 stands already at 题库!F3",
        ]
    );
    assert!(warnings(&bank)[0].starts_with("隐藏: "), "{:?}", warnings(&bank));
}

#[test]
fn the_same_table_from_every_program_and_in_every_encoding() {
    let wanted = [
        "single|通用示例一，取“甲”还是“乙”（  ）。|甲,一,乙;二,丙,丁|A|第一章|1",
        "multiple|通用示例二（  ）。|甲,乙,丙,丁|A;C;D|第一章|3",
        "judge|通用示例三成立。||true|第二章|5",
        "blank|通用示例四填____。||空一|空1|第二章|3",
        "short|通用示例五。||要点一;要点二|第二章|4",
    ];
    for (name, format) in [
        ("utf8.csv", "csv"),
        ("utf8-bom.csv", "csv"),
        ("gb18030.csv", "csv"),
        ("utf16-tabs.txt", "csv"),
        ("semicolons.csv", "csv"),
        ("libreoffice.csv", "csv"),
        ("libreoffice.xlsx", "xlsx"),
        ("libreoffice.xls", "xlsx"),
    ] {
        let bank = read(name, format);
        assert_eq!(all(&bank), wanted, "{name}");
        assert_eq!(warnings(&bank), Vec::<String>::new(), "{name}");
        let explanation = bank.questions[0].draft.as_ref().unwrap().explanation.clone();
        assert_eq!(explanation.unwrap(), "含逗号, 分号; 与\"引号\"", "{name}");
    }
}

#[test]
fn what_is_locked_or_cut_off_is_refused_with_a_reason() {
    let locked = file("encrypted.xlsx");
    assert!(recognise(&locked).is_none());
    assert!(unrecognised(&locked).to_string().contains("password"));
    for name in ["libreoffice.xlsx", "libreoffice.xls", "xlwt-levels.xls", "openpyxl-merged.xlsx"] {
        let whole = file(name);
        for length in (0..whole.len()).step_by(97) {
            let cut = &whole[..length];
            let found = recognise(cut).map(|format| format.read(cut));
            // An old workbook keeps its cells near its beginning; what can still be read of it is whole.
            let is_refused = found.is_none_or(|read| read.is_err());
            assert!(is_refused || name.ends_with(".xls"), "{name} cut at {length}");
        }
    }
}

/// A workbook of LibreOffice with one of its parts replaced.
fn with_part(part: &str, content: &str) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let mut from = zip::ZipArchive::new(Cursor::new(file("libreoffice.xlsx"))).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut entry = from.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut own = Vec::new();
        entry.read_to_end(&mut own).unwrap();
        to.start_file(&name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(if name == part { content.as_bytes() } else { &own }).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn entities_are_not_unfolded_and_far_cells_cost_nothing() {
    let mut entities = String::from("<!ENTITY e0 \"lol\">");
    for level in 1..12 {
        let inner = format!("&e{};", level - 1).repeat(10);
        entities.push_str(&format!("<!ENTITY e{level} \"{inner}\">"));
    }
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let strings = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE sst [{entities}]><sst xmlns=\"{space}\"><si><t>&e11;</t></si></sst>"
    );
    let bomb = with_part("xl/sharedStrings.xml", &strings);
    let length = |bank: FoundBank| format!("{bank:?}").len();
    assert!(recognise(&bomb).unwrap().read(&bomb).map_or(0, length) < 100_000);

    let sheet = |cells: &str| {
        format!(
            "<?xml version=\"1.0\"?><worksheet xmlns=\"{space}\"><sheetData>{cells}</sheetData></worksheet>"
        )
    };
    let cell = |row: u32, place: &str, text: &str| {
        format!("<row r=\"{row}\"><c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c></row>")
    };
    let heading = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>题干</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>答案</t></is></c></row>";
    let far = with_part(
        "xl/worksheets/sheet1.xml",
        &sheet(&format!("{heading}{}", cell(1_048_576, "A1048576", "最后一行"))),
    );
    let bank = recognise(&far).unwrap().read(&far).unwrap();
    assert_eq!(bank.questions[0].at, "Sheet1!A1048576");
    let wide =
        with_part("xl/worksheets/sheet1.xml", &sheet(&format!("{heading}{}", cell(2, "XFD2", "太远"))));
    let refused = recognise(&wide).unwrap().read(&wide).unwrap_err();
    assert!(refused.to_string().contains("column"), "{refused}");
}

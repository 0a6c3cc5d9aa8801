use super::*;
use crate::domain::question::{Draft, Kind};

/// In the style of what Moodle 4 exports: HTML in CDATA, every field there, files inside.
const EXPORTED: &str = include_str!("../../../tests/formats/moodle-xml/moodle-4.xml");

#[test]
fn an_export_of_moodle_is_read_in_full() {
    assert!(MoodleXml.recognises(EXPORTED.as_bytes()));
    let bank = MoodleXml.read(EXPORTED.as_bytes()).unwrap();
    assert_eq!(bank.questions.len(), 11);
    assert_eq!(bank.warnings[0].at, "/quiz/question[11]");
    let draft = |index: usize| -> &Draft { bank.questions[index].draft.as_ref().unwrap() };
    let first = draft(0);
    assert_eq!(bank.questions[0].at, "/quiz/question[2]");
    assert_eq!((first.code.as_str(), first.kind), ("P0001", Some(Kind::Single)));
    assert_eq!(first.stem, "中国共产党的根本宗旨是（  ）。");
    assert_eq!(first.options, ["全心全意为人民服务", "发展生产"]);
    assert_eq!(first.chapter.as_deref(), Some("党章党规"));
    assert_eq!(first.explanation.as_deref(), Some("见总纲。\n发展生产：这是任务"));
    assert_eq!((first.difficulty, first.source.as_deref()), (Some(2), Some("党章总纲")));
    assert_eq!((draft(1).kind, draft(1).key.concat()), (Some(Kind::Multiple), "ABC".into()));
    assert_eq!((draft(1).stem.as_str(), draft(1).code.as_str()), ("看图选择", ""));
    assert_eq!(bank.questions[1].warnings.len(), 3, "{:?}", bank.questions[1].warnings);
    assert_eq!((draft(2).kind, draft(2).key.concat()), (Some(Kind::Judge), "true".into()));
    assert_eq!(draft(2).explanation, None);
    assert_eq!((draft(3).stem.as_str(), draft(3).key.concat()), ("首都是____。", "北京|北京市".into()));
    assert_eq!((draft(4).kind, draft(4).key.concat()), (Some(Kind::Blank), "1921".into()));
    assert_eq!(
        (draft(6).kind, draft(6).key.clone()),
        (Some(Kind::Short), vec!["要点一".into(), "要点二".to_owned()])
    );
    assert_eq!(draft(7).stem, "由____和____组成，共 ____ 部分。");
    assert_eq!(draft(7).key, ["甲|乙", "戊", "3"]);
    assert_eq!(draft(10).key, ["A", "B"]);
    let refused: Vec<&str> =
        bank.questions.iter().filter(|found| found.draft.is_err()).map(|found| found.at.as_str()).collect();
    assert_eq!(refused, ["/quiz/question[7]", "/quiz/question[10]", "/quiz/question[12]"]);
}

#[test]
fn files_that_are_no_export_are_refused() {
    let told = |text: &str| MoodleXml.read(text.as_bytes()).unwrap_err().to_string();
    assert!(told("<html></html>").contains("quiz"));
    assert!(told(&EXPORTED.chars().take(1500).collect::<String>()).contains("cut off"));
    assert!(told("<!DOCTYPE quiz [<!ENTITY a \"b\">]><quiz>&a;</quiz>").contains("entities"));
    assert!(!MoodleXml.recognises(b"<assessmentItem/>"));
}

#[test]
fn names_that_repeat_and_names_from_the_stem_are_no_codes() {
    let question = |name: &str, stem: &str| {
        format!(
            "<question type=\"truefalse\"><name><text>{name}</text></name><questiontext><text>{stem}</text></questiontext>\
             <answer fraction=\"100\"><text>false</text></answer></question>"
        )
    };
    let file = format!(
        "<quiz>{}{}{}</quiz>",
        question("Q", "一"),
        question("Q", "二"),
        question("三好", "三好学生")
    );
    let bank = MoodleXml.read(file.as_bytes()).unwrap();
    assert!(bank.questions.iter().all(|found| found.draft.as_ref().unwrap().code.is_empty()));
}

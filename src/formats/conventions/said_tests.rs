use super::Said;
use crate::domain::question::Kind;

fn said(kind: &str, stem: &str, answer: &str) -> Said {
    Said { kind: kind.into(), stem: stem.into(), answer: answer.into(), ..Said::default() }
}

/// Kind, stem, options and key that a question is read as, and how many warnings there are.
fn read(said: &Said) -> (Kind, String, String, String, usize) {
    let (draft, warnings) = said.clone().read();
    let question =
        draft.and_then(|draft| crate::domain::question::Draft { code: "x".into(), ..draft }.check());
    let question = question.unwrap_or_else(|faults| panic!("{said:?}: {faults:?}"));
    (
        question.kind,
        question.stem.clone(),
        question.options.join("/"),
        question.written_key().join("/"),
        warnings.len(),
    )
}

#[test]
fn questions_as_people_write_them() {
    type Wanted = (Kind, &'static str, &'static str, &'static str, usize);
    let table: [(&str, &str, &str, Wanted); 22] = [
        ("单选题", "首都是（ ）A. 北京 B. 上海", "A", (Kind::Single, "首都是（ ）", "北京/上海", "A", 0)),
        ("单选题", "首都是（B）\nA. 上海\nB. 北京", "", (Kind::Single, "首都是（  ）", "上海/北京", "B", 0)),
        ("单选题", "首都是\nA. 上海\nB. 北京", "北京", (Kind::Single, "首都是", "上海/北京", "B", 1)),
        ("单选题", "首都是\nA. 上海\nB. 北京", "B. 北京", (Kind::Single, "首都是", "上海/北京", "B", 1)),
        ("选择题", "首都是\nA. 上海\nB. 北京", "B", (Kind::Single, "首都是", "上海/北京", "B", 1)),
        ("选择题", "直辖市\nA. 上海\nB. 北京", "AB", (Kind::Multiple, "直辖市", "上海/北京", "A/B", 1)),
        ("", "直辖市（AB）\nA. 上海\nB. 北京", "", (Kind::Multiple, "直辖市（  ）", "上海/北京", "A/B", 1)),
        ("多选题", "直辖市\nA. 上海\nB. 北京", "全选", (Kind::Multiple, "直辖市", "上海/北京", "A/B", 0)),
        ("多选题", "直辖市\nA. 上海\nB. 济南", "A", (Kind::Multiple, "直辖市", "上海/济南", "A", 1)),
        ("判断题", "地球是圆的。（ ）", "√", (Kind::Judge, "地球是圆的。", "", "true", 0)),
        ("判断题", "地球是方的。（×）", "", (Kind::Judge, "地球是方的。", "", "false", 0)),
        ("判断题", "地球是方的。\nA. 正确 B. 错误", "B", (Kind::Judge, "地球是方的。", "", "false", 0)),
        ("判断题", "地球是方的。\nA. 错误 B. 正确", "A", (Kind::Judge, "地球是方的。", "", "false", 0)),
        ("判断题", "地球是方的。", "B", (Kind::Judge, "地球是方的。", "", "false", 1)),
        ("", "地球是方的。", "错", (Kind::Judge, "地球是方的。", "", "false", 1)),
        ("填空题", "由（ ）和【】组成", "甲|乙;丙", (Kind::Blank, "由____和____组成", "", "甲|乙/丙", 0)),
        (
            "填空题",
            "由____和____组成（ ）。",
            "甲；丙",
            (Kind::Blank, "由____和____组成（ ）。", "", "甲/丙", 0),
        ),
        ("填空题", "由____和____组成", "甲、丙", (Kind::Blank, "由____和____组成", "", "甲/丙", 1)),
        ("", "由____组成", "甲", (Kind::Blank, "由____组成", "", "甲", 1)),
        ("简答题", "为什么？", "一\n二", (Kind::Short, "为什么？", "", "一/二", 0)),
        ("简答题", "为什么？", "", (Kind::Short, "为什么？", "", "", 0)),
        ("", "为什么？", "因为这样", (Kind::Short, "为什么？", "", "因为这样", 1)),
    ];
    for (kind, stem, answer, wanted) in table {
        let found = read(&said(kind, stem, answer));
        let found = (found.0, found.1.as_str(), found.2.as_str(), found.3.as_str(), found.4);
        assert_eq!(found, wanted, "{kind} {stem} {answer}");
    }
}

#[test]
fn what_cannot_be_understood_is_rejected() {
    for (kind, stem, answer, pointer) in [
        ("谜语", "s", "A", "/kind"),
        ("连线题", "s", "A", "/kind"),
        ("单选题", "s\nA. 1\nB. 2", "", "/key"),
        ("单选题", "s\nA. 1\nB. 2", "C", "/key/0"),
        ("单选题", "s\nA. 1\nB. 2", "AB", "/key"),
        ("单选题", "s\nA. 1\nB. 2", "别的", "/key"),
        ("单选题", "s", "A", "/options"),
        ("单选题", "s\nA. 1\nB. 2\nD. 4", "A", "/options"),
        ("单选题", "s\nA. 1\nB. 1", "A", "/options/1"),
        ("判断题", "s", "也许", "/key"),
        ("判断题", "s", "", "/key"),
        ("填空题", "一____二____", "甲", "/key"),
        ("填空题", "一____", "甲;乙", "/key"),
        ("填空题", "一____", "", "/key"),
    ] {
        let (draft, _) = said(kind, stem, answer).read();
        let faults =
            draft.and_then(|draft| crate::domain::question::Draft { code: "x".into(), ..draft }.check());
        let faults = faults.expect_err(stem);
        assert_eq!(faults[0].pointer, pointer, "{kind} {stem} {answer}: {faults:?}");
    }
}

#[test]
fn difficulty_and_date_in_words_and_emphasis_as_the_last_resort() {
    let base = Said {
        difficulty: Some("较难".into()),
        verified_on: Some("2026年8月3日".into()),
        ..said("判断题", "s", "对")
    };
    let (draft, warnings) = base.clone().read();
    let draft = draft.unwrap();
    assert_eq!(
        (draft.difficulty, draft.verified_on.as_deref(), warnings.len()),
        (Some(4), Some("2026-08-03"), 0)
    );
    let (draft, warnings) = Said { difficulty: Some("看情况".into()), ..base }.read();
    assert_eq!((draft.unwrap().difficulty, warnings.len()), (None, 1));
    let bold = Said { emphasised: vec![1], ..said("单选题", "s\nA. 1\nB. 2", "") };
    let (draft, warnings) = bold.clone().read();
    assert_eq!((draft.unwrap().key, warnings.len()), (vec!["B".to_owned()], 1));
    let (draft, warnings) = Said { answer: "A".into(), ..bold }.read();
    assert_eq!((draft.unwrap().key, warnings.len()), (vec!["A".to_owned()], 0));
}

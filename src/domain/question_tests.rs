use super::*;

fn draft(kind: Kind, options: &[&str], key: &[&str]) -> Draft {
    Draft {
        code: "t-1".into(),
        kind: Some(kind),
        stem: "题干".into(),
        options: options.iter().map(ToString::to_string).collect(),
        key: key.iter().map(ToString::to_string).collect(),
        ..Draft::default()
    }
}

fn pointers(draft: Draft) -> Vec<String> {
    draft.check().unwrap_err().into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn a_well_formed_question_of_every_kind_passes_and_survives_the_round_trip() {
    for draft in [
        draft(Kind::Single, &["甲", "乙"], &["B"]),
        draft(Kind::Multiple, &["甲", "乙", "丙"], &["C", "A"]),
        draft(Kind::Judge, &[], &["false"]),
        Draft { stem: "由____和____组成".into(), ..draft(Kind::Blank, &[], &["甲|乙", "丙"]) },
        draft(Kind::Short, &[], &[]),
    ] {
        let question = draft.check().unwrap();
        assert_eq!(question.to_draft().check().unwrap(), question);
    }
}

#[test]
fn left_out_fields_take_their_defaults() {
    let question = draft(Kind::Judge, &[], &["true"]).check().unwrap();
    assert_eq!((question.chapter.as_str(), question.difficulty), (NO_CHAPTER, DEFAULT_DIFFICULTY));
}

#[test]
fn faults_name_their_field() {
    for (draft, expected) in [
        (draft(Kind::Single, &["甲", "乙"], &["C"]), "/key/0"),
        (draft(Kind::Single, &["甲", "乙"], &["a"]), "/key/0"),
        (draft(Kind::Single, &["甲", "乙"], &["A", "B"]), "/key"),
        (draft(Kind::Multiple, &["甲", "乙"], &["A", "A"]), "/key/1"),
        (draft(Kind::Single, &["甲", "甲"], &["A"]), "/options/1"),
        (draft(Kind::Single, &["甲"], &["A"]), "/options"),
        (draft(Kind::Judge, &["对", "错"], &["true"]), "/options"),
        (draft(Kind::Judge, &[], &["A"]), "/key"),
        (draft(Kind::Single, &["甲", "乙"], &[]), "/key"),
        (draft(Kind::Blank, &[], &["甲||乙"]), "/key/0"),
        (Draft { stem: "____和____".into(), ..draft(Kind::Blank, &[], &["甲"]) }, "/key"),
        (Draft { code: "a b".into(), ..draft(Kind::Judge, &[], &["true"]) }, "/code"),
        (Draft { kind: None, ..draft(Kind::Judge, &[], &["true"]) }, "/kind"),
        (Draft { difficulty: Some(6), ..draft(Kind::Judge, &[], &["true"]) }, "/difficulty"),
        (
            Draft { verified_on: Some("2026-02-30".into()), ..draft(Kind::Judge, &[], &["true"]) },
            "/verified_on",
        ),
        (Draft { stem: "  ".into(), ..draft(Kind::Judge, &[], &["true"]) }, "/stem"),
    ] {
        let shown = format!("{draft:?}");
        assert_eq!(pointers(draft), [expected], "{shown}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let draft =
        Draft { code: String::new(), difficulty: Some(0), ..draft(Kind::Single, &["甲", "乙"], &["Z"]) };
    assert_eq!(pointers(draft), ["/code", "/difficulty", "/key/0"]);
}

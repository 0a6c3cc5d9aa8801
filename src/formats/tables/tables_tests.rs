use proptest::prelude::*;

use super::*;
use crate::domain::message::Language;
use crate::domain::question::{Draft, Kind};
use crate::formats::{FoundQuestion, RejectedQuestion, random};

fn read(text: &str) -> FoundBank {
    assert!(Csv.recognises(text.as_bytes()), "{text}");
    Csv.read(text.as_bytes()).unwrap()
}

/// The questions, all well formed, as `kind|stem|options|key|chapter`.
fn told(bank: &FoundBank) -> Vec<String> {
    let one = |found: &FoundQuestion| {
        let draft = found.draft.clone().unwrap_or_else(|faults| panic!("{}: {faults:?}", found.at));
        let question = draft.check_found().unwrap();
        let (options, key) = (question.options.join(","), question.written_key().join(";"));
        format!("{}|{}|{options}|{key}|{}", question.kind.as_str(), question.stem, question.chapter)
    };
    bank.questions.iter().map(one).collect()
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
fn the_common_table_reads_in_any_order_of_its_columns() {
    let bank = read(
        "答案,章节,选项B,选项A,题干,题型\nA、C,第一章,乙,甲,题一（ ）,多选题\nB,第一章,乙,甲,题二（ ）,单选\n√,,,,题三,判断\n",
    );
    // A and C of two options: the key is outside of them.
    let faults = bank.questions[0].draft.clone().unwrap_err();
    assert_eq!(faults[0].pointer, "line 2 答案");
    assert_eq!(bank.questions[0].original[4], ("题干".into(), "题一（ ）".into()));
    let rest = FoundBank { questions: bank.questions[1..].to_vec(), ..bank };
    assert_eq!(told(&rest), ["single|题二（ ）|甲,乙|B|第一章", "judge|题三||true|未分类"]);
}

#[test]
fn options_in_one_cell_are_taken_apart() {
    let bank = read(
        "题型,题干,选项,答案\n单选,甲一,A. 一$;$B. 二,A\n单选,甲二,A-一|B-二,B\n多选,甲三,\"A.一\nB.二\nC.三\",AC\n",
    );
    assert_eq!(
        told(&bank),
        ["single|甲一|一,二|A|未分类", "single|甲二|一,二|B|未分类", "multiple|甲三|一,二,三|A;C|未分类"]
    );
}

#[test]
fn each_option_in_a_row_of_its_own() {
    let bank = read(
        "题目序号,题目类型(1单2多3判4主观),题目内容,整体解析,是否正确项(0/1),选项内容\n必填,必填,必填,选填,0或1,必填\n\
         1,2,题一,因为,1,甲\n1,2,题一,,0,乙\n1,,,,1,丙\n2,3,题二,,0,正确\n2,3,题二,,1,错误\n3,1,题三,,0,甲\n,,,,1,乙\n4,4,题四,,1,要点\n",
    );
    assert_eq!(
        told(&bank),
        [
            "multiple|题一|甲,乙,丙|A;C|未分类",
            "judge|题二||false|未分类",
            "single|题三|甲,乙|B|未分类",
            "short|题四||要点|未分类"
        ]
    );
    assert_eq!(bank.questions[1].at, "line 6");
}

#[test]
fn whether_an_option_is_right_may_stand_beside_it() {
    let bank = read(
        "试题类型,题干,选项一内容,选项一是否正确,选项二内容,选项二是否正确\n单选题,题一,甲,否,乙,是\n多选题,题二,甲,1,乙,1\n",
    );
    assert_eq!(told(&bank), ["single|题一|甲,乙|B|未分类", "multiple|题二|甲,乙|A;B|未分类"]);
    let bank = read("name,question,choice_1,choice_1_score,choice_2,choice_2_score\nq1,Which?,one,0,two,1\n");
    assert_eq!(told(&bank), ["single|Which?|one,two|B|未分类"]);
}

#[test]
fn section_rows_and_repeated_headings_are_no_questions() {
    let bank = read(
        "题干,选项A,选项B,答案\n一、单项选择题（每题2分）,,,\n题一,甲,乙,A\n题干,选项A,选项B,答案\n二、判断题,,,\n题二,,,错\n第三部分 填空题,,,\n题三____,,,空\n",
    );
    assert_eq!(
        told(&bank),
        ["single|题一|甲,乙|A|未分类", "judge|题二||false|未分类", "blank|题三____||空|未分类"]
    );
    assert_eq!(warnings(&bank), Vec::<String>::new());
}

#[test]
fn levels_make_a_chapter_and_a_named_chapter_wins() {
    let bank = read(
        "一级纲要,二级纲要,题目分类,题型,题干,答案\n党章,总纲,,判断,题一,对\n党章,总纲,另类,判断,题二,对\n党章,,,判断,题三,对\n",
    );
    let chapters: Vec<String> =
        told(&bank).iter().map(|line| line.rsplit('|').next().unwrap().to_owned()).collect();
    assert_eq!(chapters, ["党章/总纲", "另类", "党章"]);
}

#[test]
fn running_numbers_are_no_codes_and_lasting_ones_are() {
    let running = read("题号,题型,题干,答案\n1,判断,题一,对\n2,判断,题二,对\n1,判断,题三,对\n");
    assert!(running.questions.iter().all(|found| found.draft.as_ref().unwrap().code.is_empty()));
    assert_eq!(running.warnings[0].at, "line 1");
    let lasting = read("题号,题型,题干,答案\nA-7,判断,题一,对\nA-9,判断,题二,对\nA-7,判断,题三,对\n");
    assert_eq!(lasting.questions[0].draft.as_ref().unwrap().code, "A-7");
    assert_eq!(lasting.questions[2].draft.as_ref().unwrap_err()[0].pointer, "line 4 题号");
}

#[test]
fn what_is_guessed_or_dropped_is_told_with_its_place() {
    let bank =
        read("题型,题干,选项A,选项B,答案,分值,颜色\n单选,题一,甲,乙,2,5,红\n,题二,甲,乙,A,,\n,,,,,3,\n");
    assert_eq!(told(&bank), ["single|题一|甲,乙|B|未分类", "single|题二|甲,乙|A|未分类"]);
    let told = warnings(&bank);
    for (at, word) in [
        ("line 1", "颜色"),
        ("line 1", "分值"),
        ("line 4", "skipped"),
        ("line 2", "the number 2"),
        ("line 3", "no kind is named"),
    ] {
        assert!(told.iter().any(|line| line.starts_with(at) && line.contains(word)), "{word}: {told:?}");
    }
    assert_eq!(told.len(), 5);
}

#[test]
fn texts_that_are_no_tables_of_questions_are_left_to_others() {
    for text in ["", "1. 题干（ ）\nA. 甲\n答案：A", "姓名,账号\n张三,zs\n", "a,b\n1,2", "题干"]
    {
        assert!(!Csv.recognises(text.as_bytes()), "{text}");
    }
    assert!(Csv.read("姓名,账号\n张三,zs\n".as_bytes()).is_err());
    assert!(!Csv.recognises(b"\xFF\xFE\x00") && !Xlsx.recognises(b"PK\x03\x04"));
}

#[test]
fn templates_are_read_as_they_are() {
    let file = bank_template().unwrap();
    assert!(Xlsx.recognises(&file));
    let bank = Xlsx.read(&file).unwrap();
    let kinds: Vec<String> =
        told(&bank).iter().map(|line| line.split('|').next().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["single", "multiple", "judge", "blank", "short"]);
    assert_eq!(warnings(&bank).len(), 1, "the sheet of notes: {:?}", warnings(&bank));
    assert_eq!(bank.warnings[0].at, "填写说明");
    let paper = bank_paper().unwrap();
    let format = crate::formats::recognise(&paper).unwrap();
    let read = format.read(&paper).unwrap();
    assert_eq!((format.name(), told(&read)), ("docx", told(&bank)));
    let told = warnings(&read);
    assert!(told.iter().all(|line| line.contains("belongs to no question")), "the notes only: {told:?}");
    for file in [unit_template().unwrap(), member_template().unwrap()] {
        let grid = Grid::read(&file).unwrap();
        assert_eq!((grid.sheets.len(), grid.sheets[0].rows.len()), (2, 3));
    }
}

#[test]
fn a_workbook_of_rejected_rows_is_mended_and_read_again() {
    let bank = read("题型,题干,答案,编注\n判断,题一,也许,x\n判断,题二,,y\n");
    let rejected: Vec<RejectedQuestion> = bank
        .questions
        .iter()
        .map(|found| {
            let fault = &found.draft.as_ref().unwrap_err()[0];
            let (at, message) = (fault.pointer.clone(), fault.message.clone());
            RejectedQuestion { at, message, original: found.original.clone() }
        })
        .collect();
    let file = write_rejected(&rejected, Language::Chinese).unwrap();
    let grid = Grid::read(&file).unwrap();
    let rows: Vec<Vec<&str>> =
        grid.sheets[0].rows.iter().map(|row| row.cells.iter().map(String::as_str).collect()).collect();
    assert_eq!(rows[0], ["位置", "原因", "题型", "题干", "答案", "编注"]);
    assert_eq!((rows[1][0], rows[1][4], rows[2][3]), ("line 2 答案", "也许", "题二"));
    assert!(rows[1][1].contains("也许"));
    let again = Xlsx.read(&file).unwrap();
    assert_eq!(again.questions.len(), 2);
    assert_eq!(again.warnings.len(), 1, "编注 only: {:?}", again.warnings);
    assert!(write_rejected(&[], Language::English).is_ok());
}

#[test]
fn texts_that_tempt_a_spreadsheet_read_back_the_same() {
    let texts = [
        "=1+1",
        "_x0041_",
        "[\"",
        "\r\n一\r\n\t二\r",
        "A. 一 B. 二（ ）",
        "0012",
        "1E5",
        "'",
        "-5%",
        "TRUE",
        "@x",
        "\u{FFFE}",
        "sep=;",
        "\"引\"，；|",
    ];
    let questions: Vec<Question> = texts
        .iter()
        .zip(1..)
        .map(|(text, number)| Draft {
            code: format!("{number:04}"),
            kind: Some(if number % 2 == 0 { Kind::Short } else { Kind::Judge }),
            stem: format!("{text}{number}{text}"),
            key: if number % 2 == 0 { vec![(*text).into(), String::new()] } else { vec!["true".into()] },
            explanation: Some((*text).into()),
            ..Draft::default()
        })
        .map(|draft| draft.check().unwrap())
        .collect();
    assert_eq!(random::read_back(&Csv, "", &questions), questions);
    assert_eq!(random::read_back(&Xlsx, "", &questions), questions);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_reads_back_the_same(questions in random::questions()) {
        prop_assert_eq!(&random::read_back(&Csv, "", &questions), &questions);
        prop_assert_eq!(&random::read_back(&Xlsx, "", &questions), &questions);
    }

    #[test]
    fn nothing_that_is_read_panics(text in "[题干答案选项型ABCD单判断对错,;\t\"\n0-9 ]{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(Csv.read(text.as_bytes()));
        drop(Csv.read(&bytes));
        drop(Xlsx.read(&bytes));
        drop(Csv.read(format!("题型,题干,选项,答案\n{text}").as_bytes()));
    }
}

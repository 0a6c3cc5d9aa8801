use proptest::prelude::*;

use super::*;
use crate::formats::json::Json;
use crate::formats::random;

#[test]
fn a_file_in_gbk_with_windows_line_ends_is_read_and_its_lines_are_counted() {
    let text =
        "一、单选题\r\n1. 首都是（ ）\r\nA. 北京\r\nB. 上海\r\n答案：A\r\n\r\n2. 甲\r\nA. 1\r\nB. 2\r\n";
    let (gbk, _, _) = encoding_rs::GBK.encode(text);
    assert!(Txt.recognises(&gbk));
    let bank = Txt.read(&gbk).unwrap();
    let places: Vec<&str> = bank.questions.iter().map(|found| found.at.as_str()).collect();
    assert_eq!(places, ["line 2", "line 7"]);
    assert_eq!(bank.questions[0].original[0].1, "首都是（ ）\nA. 北京\nB. 上海\n答案：A");
}

#[test]
fn what_holds_no_question_is_refused() {
    for file in [&b""[..], b" \n", "今天天气很好。\n明天也是。".as_bytes(), b"\x89PNG\r\n\x1a\n\0\0"]
    {
        assert!(!Txt.recognises(file));
        assert!(Txt.read(file).is_err());
    }
}

#[test]
fn the_built_in_bank_goes_out_and_comes_back_without_a_backslash() {
    let mut all = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/question_bank"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for path in files.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "json")) {
        let bank = Json.read(&std::fs::read(path).unwrap()).unwrap();
        all.extend(bank.questions.into_iter().map(|found| found.draft.unwrap().check().unwrap()));
    }
    assert_eq!(all.len(), 1000);
    all.sort_by_key(|question| question.kind);
    let file = Txt.write("题库", &all).unwrap().content;
    let escaped = String::from_utf8(file).unwrap().lines().filter(|line| line.contains('\\')).count();
    assert!(escaped < 20, "{escaped} lines of ordinary questions needed a backslash");
    assert_eq!(random::read_back(&Txt, "题库", &all), all);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back_the_same(questions in random::questions(), title in "[ -~一-龟：（）]{0,8}") {
        let title = title.trim();
        prop_assert_eq!(random::read_back(&Txt, title, &questions), questions);
    }

    #[test]
    fn no_text_makes_the_reader_stumble(text in "([一-三、A-D.0-9（）：答案解析单选题\n√|;_ \\\\]|[1-3][.、]|[A-C][.、]|答案：|【|】|\n){0,120}") {
        let _ = Txt.read(text.as_bytes());
    }
}

/// Each of these made an earlier reader look at the same lines again and again.
#[test]
fn monotonous_files_come_to_an_end() {
    for bit in [
        "A. ",
        "A.B.",
        "1. ",
        "（",
        "【答案】",
        "答案：",
        "1-5 ",
        "\n1. 甲",
        "\n答案：A",
        "\n参考答案\n1. A",
        "\nA. 甲",
        "\n一、单选题",
        "\n甲",
        "\n\n甲\nA. 1",
    ] {
        let file = bit.repeat(6_000 / bit.len());
        if let Ok(bank) = Txt.read(file.as_bytes()) {
            assert!(bank.questions.len() <= file.lines().count(), "{bit:?}");
        }
    }
}

use super::*;
use crate::domain::question::{Draft, Kind};
use crate::formats::FoundQuestion;

fn read_one(text: &str) -> FoundQuestion {
    let mut bank = Gift.read(text.as_bytes()).unwrap();
    assert_eq!(bank.questions.len(), 1, "{text}");
    bank.questions.remove(0)
}

fn draft_of(text: &str) -> Draft {
    read_one(text).draft.unwrap_or_else(|faults| panic!("{text}: {faults:?}"))
}

fn refused(text: &str) -> String {
    match read_one(text).draft {
        Err(faults) => faults[0].message.to_string(),
        Ok(draft) => panic!("{text}: {draft:?}"),
    }
}

/// A file as a teacher writes it by hand.
const BY_HAND: &str = include_str!("../../../tests/formats/gift/by-hand.gift");

#[test]
fn a_file_written_by_hand_is_read_in_full() {
    assert!(Gift.recognises(BY_HAND.as_bytes()));
    let bank = Gift.read(BY_HAND.as_bytes()).unwrap();
    let places: Vec<&str> = bank.questions.iter().map(|found| found.at.as_str()).collect();
    assert_eq!(places, ["line 5", "line 12", "line 21", "line 23", "line 25", "line 27", "line 29"]);
    let drafts: Vec<&Draft> = bank.questions.iter().filter_map(|found| found.draft.as_ref().ok()).collect();
    assert_eq!(drafts.len(), 6, "two right options of a single question are refused");
    let first = drafts[0];
    assert_eq!((first.code.as_str(), first.kind), ("P0001", Some(Kind::Single)));
    assert_eq!(first.chapter.as_deref(), Some("总纲"));
    assert_eq!(first.difficulty, Some(1));
    assert_eq!(first.source.as_deref(), Some("《中国共产党章程》总纲"));
    assert_eq!(first.options, ["全心全意为人民服务", "发展经济", "参加选举"]);
    assert_eq!(first.key, ["A"]);
    assert_eq!(
        first.explanation.as_deref(),
        Some("这是党章总纲里的规定。\n全心全意为人民服务：正确，见总纲。\n参加选举：不对")
    );
    assert_eq!(bank.questions[0].warnings.len(), 2, "the feedback and the unknown tag");
    let second = drafts[1];
    assert_eq!((second.code.as_str(), second.kind), ("P0002", Some(Kind::Multiple)));
    assert_eq!(second.stem, "下列属于“四个意识”的有：");
    assert_eq!(second.options[3], "成本意识");
    assert_eq!(second.key, ["A", "B"]);
    assert!(bank.questions[1].warnings.is_empty());
    assert_eq!((drafts[2].key.concat(), drafts[3].key.concat()), ("true".into(), "false".into()));
    assert_eq!(drafts[3].stem, "1+1=3: 对不对？");
    assert_eq!(drafts[2].chapter.as_deref(), Some("历史"));
    assert_eq!(
        (drafts[4].stem.as_str(), drafts[4].key.concat()),
        ("中国的首都是____。", "北京|北京市".into())
    );
    assert_eq!(drafts[5].kind, Some(Kind::Short));
}

#[test]
fn every_way_to_write_an_answer() {
    assert_eq!(draft_of("对吗{TRUE}").key, ["true"]);
    assert_eq!(draft_of("对吗{ f }").key, ["false"]);
    assert_eq!(draft_of("a{=x\\=1}").key, ["x=1"]);
    assert_eq!(draft_of("a { =a\\~b ~c\\}d\\\\e }").options, ["a~b", "c}d\\e"]);
    assert_eq!(draft_of("a{=一\\n二}").key, ["一\n二"]);
    assert_eq!(draft_of("[markdown]**甲**{T}").stem, "甲");
    assert_eq!(draft_of("[plain]<b>甲</b>{T}").stem, "<b>甲</b>");
    assert_eq!(draft_of("<b>甲</b>{T}").stem, "甲");
    assert_eq!(draft_of("a {~%33.33333%一 ~%33.33333%二 ~%33.33333%三 ~%-100%四}").key, ["A", "B", "C"]);
    assert_eq!(draft_of("a{#1921}").key, ["1921"]);
    assert_eq!(draft_of("a{#=1921:0}").key, ["1921"]);
    assert_eq!(draft_of("a{对}").key, ["true"]);
    assert_eq!(draft_of("一 { =x } 二").stem, "一____二");
    assert_eq!(draft_of("一____{ =x }二").stem, "一____二");
    assert_eq!(draft_of("{=x} 是首都").stem, "____是首都");
}

#[test]
fn what_the_product_lacks_is_refused_with_its_reason() {
    for (text, why) in [
        ("连线{=甲 -> 1 =乙 -> 2}", "matching"),
        ("数{#3.14:0.01}", "tolerance"),
        ("数{#1..5}", "tolerance"),
        ("a{=甲 =%50%乙|丙}", ""),
        ("a{~甲 ~乙}", "no option"),
        ("a{=甲 =乙 ~丙}", "2 options"),
        ("a{甲 ~乙}", "="),
        ("a{=甲|乙}", "|"),
        ("a{=甲 ~乙", "} is missing"),
        ("::a b{=甲}", ":: is missing"),
    ] {
        if why.is_empty() {
            assert_eq!(draft_of(text).key, ["甲"]);
        } else {
            assert!(refused(text).contains(why), "{text}: {}", refused(text));
        }
    }
}

#[test]
fn a_broken_question_does_not_take_the_next_with_it() {
    let bank = Gift.read("一 {=甲 ~乙\n\n二 {T}\n\n只是说明\n\n三{=丙}".as_bytes()).unwrap();
    let read: Vec<bool> = bank.questions.iter().map(|found| found.draft.is_ok()).collect();
    assert_eq!(read, [false, true, true]);
    assert_eq!(bank.warnings[0].at, "line 5");
}

#[test]
fn other_files_are_not_gift() {
    for text in [
        "{\"title\": \"T\", \"questions\": []}",
        "[]",
        "题干,选项A,选项B\n甲,乙,丙",
        "题干\nA) 甲\nB) 乙\nANSWER: A",
        "1. 题干（ ）\nA. 甲\n答案：A",
        "<quiz></quiz>",
        "",
    ] {
        assert!(!Gift.recognises(text.as_bytes()), "{text}");
    }
}

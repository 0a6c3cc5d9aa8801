//! The words for kinds, judgements and difficulties.

use super::fold;
use crate::domain::question::Kind;

/// What a word for a kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindWord {
    /// This kind.
    Is(Kind),
    /// Options to choose from, without saying whether one is right or several: 选择题.
    Choice,
}

const KINDS: [(KindWord, &[&str]); 6] = [
    (
        KindWord::Is(Kind::Single),
        &[
            "单选",
            "单项选择",
            "单项",
            "单选选择",
            "single",
            "singlechoice",
            "singleanswer",
            "radio",
            "oneanswer",
        ],
    ),
    (
        KindWord::Is(Kind::Multiple),
        &[
            "多选",
            "多项选择",
            "多项",
            "不定项",
            "不定项选择",
            "任选",
            "任意选择",
            "双选",
            "多选选择",
            "multiple",
            "multi",
            "multipleanswer",
            "multipleanswers",
            "multipleresponse",
            "multiselect",
            "multichoice",
            "checkbox",
        ],
    ),
    (KindWord::Choice, &["选择", "客观选择", "choice", "multiplechoice", "mcq"]),
    (
        KindWord::Is(Kind::Judge),
        &[
            "判断",
            "是非",
            "对错",
            "正误",
            "判断正误",
            "判断对错",
            "是非判断",
            "对错判断",
            "正误判断",
            "judge",
            "judgement",
            "judgment",
            "truefalse",
            "true/false",
            "trueorfalse",
            "tf",
            "t/f",
            "yesno",
            "yes/no",
            "boolean",
        ],
    ),
    (
        KindWord::Is(Kind::Blank),
        &[
            "填空",
            "填充",
            "补全",
            "blank",
            "blanks",
            "fill",
            "fillin",
            "fillblank",
            "fillintheblank",
            "fillintheblanks",
            "fill-in",
            "fill-in-the-blank",
            "gap",
            "gapfill",
            "completion",
        ],
    ),
    (
        KindWord::Is(Kind::Short),
        &[
            "简答",
            "问答",
            "名词解释",
            "论述",
            "案例",
            "案例分析",
            "材料",
            "材料分析",
            "分析",
            "主观",
            "解答",
            "辨析",
            "简述",
            "计算",
            "应用",
            "综合",
            "综合应用",
            "作文",
            "写作",
            "翻译",
            "名词",
            "实务",
            "short",
            "shortanswer",
            "essay",
            "open",
            "openended",
            "subjective",
        ],
    ),
];

/// Kinds of question that the product has not, so that the answer can say so.
const FOREIGN: [&str; 12] = [
    "连线",
    "匹配",
    "配对",
    "排序",
    "完形填空",
    "完型填空",
    "听力",
    "录音",
    "上传",
    "matching",
    "ordering",
    "matrix",
];

/// Every word for a kind, of ours and of others.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = &'static str> {
    KINDS.iter().flat_map(|(_, words)| words.iter()).chain(&FOREIGN).copied()
}

/// A word for a kind without what surrounds it: brackets, the ending 题, white space.
fn stripped(text: &str) -> String {
    let word = fold::word(text);
    let bare = fold::bare(&word);
    let bare = bare.strip_suffix("题型").unwrap_or(bare);
    let bare = bare.strip_suffix("试题").or_else(|| bare.strip_suffix('题')).unwrap_or(bare);
    bare.strip_suffix("questions").or_else(|| bare.strip_suffix("question")).unwrap_or(bare).to_owned()
}

/// The kind that `text` names: `单选题`, `【多选】`, `判断`, `true/false`.
pub fn kind(text: &str) -> Option<KindWord> {
    let bare = stripped(text);
    KINDS.iter().find(|(_, words)| words.contains(&bare.as_str())).map(|(kind, _)| *kind)
}

/// Whether `text` names a kind of question that the product has not: 连线题.
pub fn is_foreign_kind(text: &str) -> bool {
    FOREIGN.contains(&stripped(text).as_str())
}

/// Whether `text` says that a statement is true: 对, 正确, √, T; 错, ×, F; 1 and 0.
pub fn judgement(text: &str) -> Option<bool> {
    match fold::bare(&fold::word(text)) {
        "正确" | "对" | "是" | "对的" | "正确的" | "√" | "✓" | "✔" | "☑" | "✅" | "∨" | "t" | "true"
        | "y" | "yes" | "1" | "right" | "correct" | "v" => Some(true),
        "错误" | "错" | "否" | "错的" | "错误的" | "不正确" | "不对" | "非" | "×" | "✗" | "✘" | "☒" | "✕"
        | "✖" | "❌" | "╳" | "f" | "false" | "n" | "no" | "0" | "wrong" | "incorrect" | "x" => {
            Some(false)
        }
        _ => None,
    }
}

/// The difficulty from 1 to 5 that `text` says: 易, 适中, 困难, `3`, `3星`, ★★★. Another whole number is
/// given as it stands, for the check to refuse.
pub fn difficulty(text: &str) -> Option<i64> {
    let word = fold::word(text);
    let stars = word.chars().filter(|&character| character == '★' || character == '⭐').count();
    if stars > 0 && word.chars().all(|character| "★⭐☆\u{FE0F}".contains(character)) {
        return i64::try_from(stars).ok();
    }
    let bare = fold::bare(&word);
    let bare = bare.strip_prefix("难度").unwrap_or(bare);
    let bare =
        ["颗星", "星级", "星", "级"].iter().find_map(|ending| bare.strip_suffix(ending)).unwrap_or(bare);
    Some(match bare {
        "易" | "容易" | "简单" | "低" | "很易" | "非常容易" | "很简单" | "easy" | "一" => 1,
        "较易" | "较容易" | "较简单" | "较低" | "偏易" | "二" => 2,
        "中" | "中等" | "适中" | "一般" | "普通" | "medium" | "normal" | "moderate" | "三" => 3,
        "较难" | "较高" | "偏难" | "四" => 4,
        "难" | "困难" | "高" | "很难" | "非常难" | "hard" | "difficult" | "五" => 5,
        number => number.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_many_names() {
        for (words, kind) in [
            ("单选 单选题 单项选择题 【单选题】 single （单选） Ｓｉｎｇｌｅ 单项选择", Kind::Single),
            ("多选 多项选择题 不定项选择题 [多选题] multiple", Kind::Multiple),
            ("判断 判断题 是非题 对错题 正误判断题 True/False judge", Kind::Judge),
            ("填空 填空题 blank", Kind::Blank),
            ("简答题 问答题 名词解释 论述题 案例分析题 essay", Kind::Short),
        ] {
            for word in words.split(' ') {
                assert_eq!(super::kind(word), Some(KindWord::Is(kind)), "{word}");
            }
        }
        assert_eq!(super::kind("选择题"), Some(KindWord::Choice));
        assert_eq!(super::kind("Multiple Choice Questions"), Some(KindWord::Choice));
        for word in ["", "题", "党章", "连线题", "选择正确的", "A"] {
            assert_eq!(super::kind(word), None, "{word}");
        }
        assert!(is_foreign_kind("连线题") && !is_foreign_kind("单选题"));
    }

    #[test]
    fn judgements_and_difficulties() {
        for word in "正确 对 是 √ ✓ ✔ T True Y 1 （√） 对。 Ｔ 正 确".split(' ') {
            assert_eq!(judgement(word), (word != "正" && word != "确").then_some(true), "{word}");
        }
        for word in "错误 错 否 × ✗ ✘ F FALSE N 0 (×) 错误。 x".split(' ') {
            assert_eq!(judgement(word), Some(false), "{word}");
        }
        for word in ["", "A", "对错", "10", "正确与否"] {
            assert_eq!(judgement(word), None, "{word}");
        }
        for (words, number) in [
            ("易 简单 1 一星 ★ ★☆☆☆☆", 1),
            ("中 适中 中等 3 3星 ★★★☆☆ ３", 3),
            ("难 困难 5 ★★★★★ 五星", 5),
            ("较易", 2),
            ("7", 7),
        ] {
            for word in words.split(' ') {
                assert_eq!(difficulty(word), Some(number), "{word}");
            }
        }
        assert_eq!(difficulty("看情况"), None);
    }
}
